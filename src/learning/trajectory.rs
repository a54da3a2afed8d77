//! A learning flow followed in time: spectrum, frame and fields at given times, and the events between them.

use super::events::{Event, Knot, between};
use super::flow::Flow;
use super::frame::{Frame, FrameRates};
use super::integrate::{Integrator, Method, SolutionPoint, Statistics};
use super::population::Reliability;
use super::reliability::{ReliabilityLog, Unreliable};
use super::state::State;
use crate::error::{Error, Result};
use crate::theory::spectrum::{Decomposition, track};
use nalgebra::DMatrix;

/// Smallest number of intervals in the search for events: over each of them w_α is a cubic to the accuracy that is reported.
const FEWEST_INTERVALS: usize = 200;
/// Number of modes whose vectors are kept and followed.
pub const FOLLOWED: usize = 64;

/// Settings of a trajectory.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Times of the snapshots, increasing from 0. For the map, whole numbers of steps.
    pub times: Vec<f64>,
    /// Method and accuracy of the integration.
    pub integrator: Integrator,
    /// Upper edge of the bulk that modes may leave, if there is one.
    pub bulk_edge: Option<f64>,
}

/// The machine at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// t.
    pub time: f64,
    /// w_α, decreasing.
    pub singular_values: Vec<f64>,
    /// w by identity: modes have their order at t = 0, and are followed by continuity of their vectors. The leading [`FOLLOWED`]
    /// modes are followed; the others are in order of rank.
    pub by_identity: Vec<f64>,
    /// η_α = u^α·eta, by rank.
    pub eta: Vec<f64>,
    /// θ_α = v^α·theta, by rank.
    pub theta: Vec<f64>,
    /// u^α of the leading modes in columns, by rank, in the visible basis.
    pub u: DMatrix<f64>,
    /// Same for v^α, in the hidden basis.
    pub v: DMatrix<f64>,
    /// Kurtosis of the components of u^α over the sites, for the leading modes. It tells which law is nearest
    /// ([`nearest_by_kurtosis`](crate::theory::spectrum::nearest_by_kurtosis)).
    pub kurtosis_u: Vec<f64>,
    /// Same for v^α over the hidden units.
    pub kurtosis_v: Vec<f64>,
    /// Ω^v between the leading modes; NaN between modes of equal w.
    pub visible_rotation: DMatrix<f64>,
    /// Same for Ω^h.
    pub hidden_rotation: DMatrix<f64>,
    /// σ of the noise.
    pub sigma: f64,
    /// Mean log-likelihood of a sample; for linear machines only.
    pub log_likelihood: Option<f64>,
}

/// The result of [`follow`].
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// One snapshot at each time of the plan.
    pub snapshots: Vec<Snapshot>,
    /// Events in order of time.
    pub events: Vec<Event>,
    /// How often the states of the population closure were known only approximately; `None` for other responses.
    pub reliability: Option<Reliability>,
    /// When the states became approximate too often; `None` if never, or for other responses.
    pub unreliable: Option<Unreliable>,
    /// Cost of the integration.
    pub statistics: Statistics,
    /// State at the end of the flow.
    pub last: State,
}

/// Follows a flow from its start.
///
/// `progress` is called with each time that is reached.
///
/// # Errors
/// [`Error::Range`] for times that do not increase from 0; errors of the integration.
pub fn follow(flow: &Flow, start: &State, plan: &Plan, progress: &mut dyn FnMut(f64)) -> Result<Trajectory> {
    let (times, shown) = knots(plan)?;
    let mut state = start.clone();
    let mut rate = start.zeros_like();
    let mut trajectory = Trajectory {
        snapshots: Vec::with_capacity(plan.times.len()),
        events: Vec::new(),
        reliability: None,
        unreliable: None,
        statistics: Statistics::default(),
        last: start.clone(),
    };
    let mut followed: Option<Followed> = None;
    let mut log = ReliabilityLog::default();
    let mut shown = shown.into_iter();
    let mut visit = |point: SolutionPoint| {
        state.copy_from(&point.y);
        rate.copy_from(&point.rate);
        let next = Followed::at(point.time, &state, &rate, followed.as_ref())?;
        if let Some(last) = &followed {
            trajectory.events.extend(between(&last.knot, &next.knot, plan.bulk_edge)?);
        }
        log.note(point.time, flow.reliability());
        let changes = flow.refresh(point.time, &state)?;
        log.searched(point.time, flow.reliability());
        trajectory.events.extend(changes.iter().map(|change| Event::of(change, point.time)));
        if shown.next() == Some(true) {
            trajectory.snapshots.push(next.snapshot(flow, &state)?);
        }
        followed = Some(next);
        progress(point.time);
        Ok(!changes.is_empty())
    };
    trajectory.statistics = plan.integrator.run(flow, &times, start.to_vector(), &mut visit)?;
    trajectory.last = state;
    trajectory.reliability = flow.reliability();
    if let Some(unreliable) = log.unreliable() {
        let place = trajectory.events.partition_point(|event| event.time < unreliable.from);
        trajectory.events.insert(place, Event::unreliable(&unreliable));
        trajectory.unreliable = Some(unreliable);
    }
    Ok(trajectory)
}

/// Follows a flow for its states only. `visit` gets the time and the state at each time of the plan as it is reached, so that
/// results before a failure are not lost. States of the machine are searched for as often as in [`follow`], and `progress` is
/// called as often. The log has the counts of the flow at the times of the plan, and those of all searches.
///
/// # Errors
/// As [`follow`]; errors of `visit`.
pub fn follow_states(
    flow: &Flow,
    start: &State,
    plan: &Plan,
    log: &mut ReliabilityLog,
    visit: &mut dyn FnMut(f64, &State) -> Result<()>,
    progress: &mut dyn FnMut(f64),
) -> Result<Statistics> {
    let (times, shown) = knots(plan)?;
    let mut state = start.clone();
    let mut shown = shown.into_iter();
    plan.integrator.run(flow, &times, start.to_vector(), &mut |point: SolutionPoint| {
        state.copy_from(&point.y);
        let counts = flow.reliability();
        let changed = !flow.refresh(point.time, &state)?.is_empty();
        log.searched(point.time, flow.reliability());
        if shown.next() == Some(true) {
            log.note(point.time, counts);
            visit(point.time, &state)?;
        }
        progress(point.time);
        Ok(changed)
    })
}

/// Times to stop at, and whether they are the plan's.
fn knots(plan: &Plan) -> Result<(Vec<f64>, Vec<bool>)> {
    let times = &plan.times;
    if times.first() != Some(&0.0) || !times.is_sorted_by(|a, b| a < b) || !times.iter().all(|t| t.is_finite()) {
        let reason = "they must be finite and increase from 0".to_owned();
        return Err(Error::Range { name: "the times", reason });
    }
    let mut knots = vec![(0.0, true)];
    let parts = FEWEST_INTERVALS.div_ceil(times.len().max(2) - 1);
    for window in times.windows(2) {
        let between = |part: usize| window[0] + (window[1] - window[0]) * part as f64 / parts as f64;
        let mut inner: Vec<f64> = (1..parts).map(between).collect();
        if plan.integrator.method == Method::Map {
            // Whole steps, each once.
            let rate = plan.integrator.learning_rate;
            inner.iter_mut().for_each(|time| *time = (*time / rate).round() * rate);
            inner.dedup();
            inner.retain(|time| *time > window[0] + 0.5 * rate && *time < window[1] - 0.5 * rate);
        }
        knots.extend(inner.into_iter().map(|time| (time, false)));
        knots.push((window[1], true));
    }
    Ok(knots.into_iter().unzip())
}

/// The frame at a knot, with the identities of its leading modes.
struct Followed {
    frame: Frame,
    rates: FrameRates,
    /// The leading modes, for the comparison with the next ones.
    leading: Decomposition,
    /// Identity of each leading mode by rank: its rank at the start.
    identities: Vec<usize>,
    knot: Knot,
}

impl Followed {
    /// The modes at a knot, each continuing one of the modes before.
    fn at(t: f64, state: &State, rate: &State, before: Option<&Self>) -> Result<Self> {
        let mut frame = Frame::of(&state.weights)?;
        let count = frame.modes().min(FOLLOWED);
        let mut leading = Decomposition {
            singular_values: frame.singular_values.as_slice()[..count].to_vec(),
            u: frame.u.columns(0, count).into_owned(),
            v: frame.v.columns(0, count).into_owned(),
        };
        let mut identities: Vec<usize> = (0..count).collect();
        if let Some(before) = before {
            for (rank, mode) in track(&before.leading, &leading)?.into_iter().enumerate() {
                identities[mode.index] = before.identities[rank];
                if mode.sign < 0.0 {
                    for vectors in [&mut frame.u, &mut frame.v, &mut leading.u, &mut leading.v] {
                        vectors.column_mut(mode.index).neg_mut();
                    }
                }
            }
        }
        let rates = frame.rates(&rate.weights)?;
        let knot = Knot::new(t, &frame.singular_values, &rates.singular_values, &identities);
        Ok(Self { frame, rates, leading, identities, knot })
    }

    fn snapshot(&self, flow: &Flow, state: &State) -> Result<Snapshot> {
        let count = self.identities.len();
        let singular_values: Vec<f64> = self.frame.singular_values.iter().copied().collect();
        let mut by_identity = singular_values.clone();
        for (rank, &identity) in self.identities.iter().enumerate() {
            by_identity[identity] = singular_values[rank];
        }
        let (u, v) = (self.frame.u.columns(0, count).into_owned(), self.frame.v.columns(0, count).into_owned());
        let (kurtosis_u, kurtosis_v) = flow.layers().kurtosis(&u, &v);
        Ok(Snapshot {
            time: self.knot.time,
            kurtosis_u,
            kurtosis_v,
            by_identity,
            eta: self.frame.u.tr_mul(&flow.layers().project(&state.eta)).iter().copied().collect(),
            theta: self.frame.v.tr_mul(&state.theta).iter().copied().collect(),
            u,
            v,
            visible_rotation: self.rates.visible.view((0, 0), (count, count)).into_owned(),
            hidden_rotation: self.rates.hidden.view((0, 0), (count, count)).into_owned(),
            sigma: flow.sigma(self.knot.time),
            log_likelihood: flow.log_likelihood(&self.frame, state)?,
            singular_values,
        })
    }
}
