//! All stable states of a machine, followed along the flow.

use super::super::gaussian::Averages;
use super::contribution::{Contribution, Order, Part, contribution};
use super::factors::Factors;
use super::joint;
use super::path::{self, Covered, Integral};
use super::point::{Fluctuations, Point, symmetric};
use super::solver::{NEAR_BY, Solved, solve, switched_on};
use super::weights;
use crate::learning::products::view;
use crate::learning::response::{Change, StateChange};
use crate::learning::state::{Basis, Layers, State};
use crate::{Error, Result};
use faer::Side;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

#[cfg(test)]
mod tests;

/// Rounds of iteration that lead to a state, at most; and without Newton's method after it has failed.
const ROUNDS: usize = 400;
const PAUSE: usize = 20;
/// Residual, against λ, at which Newton's method is tried, if iteration does not halve it, and at which a state is found.
const NEAR: f64 = 1e-2;
const FOUND: f64 = 1e-10;
/// Accuracy of a state with the reaction, in λ and V.
const SOLVED: f64 = 1e-7;
/// Difference of λ, against its size, of two starts that found the same state; and from a stable one that is known, where
/// iteration need not go on.
const SAME: f64 = 1e-6;
const ON_THE_WAY_TO: f64 = 1e-2;
/// Residual above which iteration has not led to a state.
const CONVERGED: f64 = 1e-6;
/// Where `√L` times the smallest eigenvalue of 1 − LᵀBL is below this the integral replaces the Gaussian.
const SOFT: f64 = 12.0;
/// The same where there are many directions, in which integrals are costly, or where the integral has to be cut off.
const VERY_SOFT: f64 = 2.5;
const MOST_INTEGRATED: usize = 64;
/// `√L` times the further eigenvalues below which the integral is over their directions as well, but never above the second
/// number; over so many at most, and where there are so many in all: it has hundreds of points.
const FURTHER: f64 = 6.0;
const FURTHER_STIFF: f64 = 0.5;
const MOST_AT_ONCE: usize = 2;
const MOST_IN_JOINT: usize = 8;
/// An integral goes on up to this multiple of it: it is as good as the Gaussian there.
const GOES_ON: f64 = 2.0;
/// Never above this: fluctuations so stiff are Gaussian, however few units share them.
const STIFF: f64 = 0.8;
/// Softness, against that at which an integral was refused, below which it is tried again.
const AGAIN: f64 = 0.8;
/// Moves of the flow, against the last one, up to which states are expected to go on as they did.
const FARTHEST: f64 = 2.5;
/// Weight of states that are only known approximately from which a call counts as approximate.
const NOTABLE: f64 = 0.01;
/// States below e^{-NEGLIGIBLE} of the most probable one are left out of the averages.
const NEGLIGIBLE: f64 = 40.0;

/// States of one machine, weighted by their free energies.
#[derive(Clone, Debug)]
pub struct PopulationStates {
    order: Order,
    /// The states of the last call.
    known: Vec<Known>,
    /// Where searches start.
    starts: Vec<DVector<f64>>,
    /// What appeared and went since it was last asked for.
    changes: Vec<StateChange>,
    /// What the last search found, for the averages at the same state of the flow.
    searched: Option<(State, (Vec<Found>, bool))>,
    course: Option<Course>,
    reliability: Reliability,
}

/// How often averages were made of states that are known only approximately: in naive mean field, since the equations with the
/// reaction of all others had no solution there; with Gaussian fluctuations that are too soft for it, in the state itself or
/// across what is integrated over; with an integral that leaves out more than `e^{-7}` of its largest weight, where the rest was
/// unstable along the way; or after a search that was ended before it had followed all that it met.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Reliability {
    /// Averages that were made.
    pub evaluations: u64,
    /// Those in which such states had more than a hundredth of the weight, or the search was ended.
    pub approximate: u64,
    /// Those whose search was ended.
    pub unfinished: u64,
    /// The largest weight that they had.
    pub largest_weight: f64,
}

/// Where the flow was at the last call, and how it had moved to there.
#[derive(Clone, Debug)]
struct Course {
    last: State,
    motion: Option<State>,
}

/// A state, or the states along a path, as last seen.
#[derive(Clone, Debug)]
struct Known {
    lambda: DVector<f64>,
    /// V and U.
    reaction: DVector<f64>,
    /// How both moved with the flow.
    motion: Option<(DVector<f64>, DVector<f64>)>,
    /// Its softness when an integral was last tried, and would have had to be cut off.
    refused: Option<f64>,
    /// λ in naive mean field, or near it, of all that it stands for.
    naive: Vec<DVector<f64>>,
    /// The directions of its integral, in columns.
    directions: Option<DMatrix<f64>>,
    /// What its integral covers, if it has one.
    along: Covered,
    /// −log Z of the state, by L.
    free_energy: f64,
    /// In the average.
    weight: f64,
}

/// One state, or the states along a path.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub lambda: DVector<f64>,
    reaction: DVector<f64>,
    motion: Option<(DVector<f64>, DVector<f64>)>,
    refused: Option<f64>,
    naive: Vec<DVector<f64>>,
    directions: Option<DMatrix<f64>>,
    pub along: Covered,
    pub parts: Vec<Part>,
    pub log_weight: f64,
    /// Not so where an approximation had to do.
    exact: bool,
}

impl PopulationStates {
    /// Knows the state that iteration leads to without magnetization; `starts` are visible configurations (real numbers, one
    /// a column, `N_v` rows) that searches begin at.
    pub fn new(order: Order, starts: Option<&DMatrix<f64>>) -> Self {
        let starts = starts.map_or(Vec::new(), |starts| starts.column_iter().map(|s| s.into_owned()).collect());
        Self {
            order,
            known: Vec::new(),
            starts,
            changes: Vec::new(),
            searched: None,
            course: None,
            reliability: Reliability::default(),
        }
    }

    /// How far the averages so far can be relied on.
    pub fn reliability(&self) -> Reliability {
        self.reliability
    }

    /// Weights of the states at the last call.
    pub fn weights(&self) -> Vec<f64> {
        self.known.iter().map(|state| state.weight).collect()
    }

    /// Averages at a state of the flow. With `step`, the learning rate of a map and the averages over the data there, the
    /// weights are those at the end of the step (`docs/theory.md`, section 2c).
    ///
    /// # Errors
    /// [`Error::Unsolved`] if no state is found.
    pub fn averages(&mut self, layers: &Layers, state: &State, step: Option<(f64, &State)>) -> Result<Averages> {
        let (found, finished) = match self.searched.take() {
            Some((before, found)) if before == *state => found,
            _ => {
                let factors = Factors::of(layers, state);
                let unmagnetized = vec![DVector::zeros(factors.dimension())];
                let starts = if self.known.is_empty() { unmagnetized } else { Vec::new() };
                let found = match self.settle(&factors, layers, self.moves_to(state), starts) {
                    // All have vanished at once.
                    Err(Error::Unsolved { .. }) => {
                        self.settle(&factors, layers, 0.0, self.where_searches_begin(&factors))?
                    }
                    found => found?,
                };
                self.moved_to(state);
                found
            }
        };
        let parts = || found.iter().flat_map(|state| &state.parts);
        let logs: Vec<f64> = parts().map(|part| part.log_weight).collect();
        let means: Vec<&Contribution> = parts().map(|part| &part.mean).collect();
        let weights = match step {
            Some((rate, data)) if logs.len() > 1 => {
                let data = Contribution {
                    correlation: data.weights.clone(),
                    visible: data.eta.clone(),
                    hidden: data.theta.clone(),
                };
                weights::at_end_of_step(&logs, &means, &data, rate)?
            }
            _ => weights::of(&logs),
        };
        let mut mean = Contribution::zeros_like(means[0]);
        for (weight, part) in weights.iter().zip(&means) {
            mean.add(*weight, part);
        }
        let mut weights = weights.iter();
        let of_states: Vec<f64> = found.iter().map(|state| weights.by_ref().take(state.parts.len()).sum()).collect();
        self.remember(layers, &found, &of_states);
        let approximate =
            found.iter().zip(&of_states).filter(|(state, _)| !state.exact).map(|(_, weight)| weight).sum();
        self.reliability.evaluations += 1;
        self.reliability.approximate += u64::from(approximate > NOTABLE || !finished);
        self.reliability.unfinished += u64::from(!finished);
        self.reliability.largest_weight = self.reliability.largest_weight.max(approximate);
        Ok(Averages { correlation: mean.correlation, visible: mean.visible, hidden: mean.hidden })
    }

    /// Keeps what was found, and notes what is new and what has gone.
    fn remember(&mut self, layers: &Layers, found: &[Found], weights: &[f64]) {
        let known = found.iter().zip(weights).map(|(state, &weight)| Known {
            free_energy: -state.log_weight / layers.size(),
            lambda: state.lambda.clone(),
            reaction: state.reaction.clone(),
            motion: state.motion.clone(),
            refused: state.refused,
            naive: state.naive.clone(),
            directions: state.directions.clone(),
            along: state.along.clone(),
            weight,
        });
        let before = std::mem::replace(&mut self.known, known.collect());
        // States move from call to call, but each remains the nearest to where it was.
        for state in nearest_missing(&before, &self.known) {
            self.changes.push(change(Change::Vanished, state.free_energy));
        }
        if !before.is_empty() {
            for state in nearest_missing(&self.known, &before) {
                self.changes.push(change(Change::Appeared, state.free_energy));
            }
        }
    }

    /// Searches again from the starts, and says what appeared and went since the last call. States that are found enter the
    /// next averages.
    ///
    /// # Errors
    /// [`Error::Unsolved`] if fluctuations cannot be had.
    pub fn refresh(&mut self, layers: &Layers, state: &State) -> Result<Vec<StateChange>> {
        let factors = Factors::of(layers, state);
        let (found, finished) =
            self.settle(&factors, layers, self.moves_to(state), self.where_searches_begin(&factors))?;
        self.moved_to(state);
        let logs: Vec<f64> = found.iter().map(|state| state.log_weight).collect();
        self.remember(layers, &found, &weights::of(&logs));
        self.searched = Some((state.clone(), (found, finished)));
        Ok(std::mem::take(&mut self.changes))
    }

    /// λ from the configurations that searches begin at: their fields on the hidden units, and those back.
    fn where_searches_begin(&self, factors: &Factors) -> Vec<DVector<f64>> {
        let from = |start: &DVector<f64>| {
            let hidden = (factors.hidden.fields(&factors.visible.sum(start)) + &factors.theta).map(f64::tanh);
            factors.hidden.sum(&hidden)
        };
        self.starts.iter().map(from).collect()
    }

    /// How far the flow goes from the last call to this one, against its move to the last one and along it.
    fn moves_to(&self, state: &State) -> f64 {
        let Some(Course { last, motion: Some(motion) }) = &self.course else { return 0.0 };
        let mut step = state.clone();
        step.add(-1.0, last);
        step.dot(motion) / motion.dot(motion)
    }

    fn moved_to(&mut self, state: &State) {
        match &mut self.course {
            None => self.course = Some(Course { last: state.clone(), motion: None }),
            Some(course) if course.last == *state => {}
            Some(course) => {
                let mut motion = state.clone();
                motion.add(-1.0, &course.last);
                *course = Course { last: state.clone(), motion: Some(motion) };
            }
        }
    }

    /// The states of the last call as they are now, where the flow has `moved` by so many times its last move, and all
    /// different ones that the given λ lead to; and whether all that was met on the way was followed.
    pub(super) fn settle(
        &self,
        factors: &Factors,
        layers: &Layers,
        moved: f64,
        starts: Vec<DVector<f64>>,
    ) -> Result<(Vec<Found>, bool)> {
        let sites = !matches!(layers.basis, Basis::Directions(_));
        let soft = if factors.dimension() > MOST_INTEGRATED { VERY_SOFT } else { SOFT };
        let softest = (soft / layers.size().sqrt()).min(STIFF);
        let mut search = Search { factors, size: layers.size(), softest, sites, order: self.order, found: Vec::new() };
        let mut queue = Vec::new();
        let followed: Result<Vec<_>> = self.known.par_iter().map(|state| search.followed(state, moved)).collect();
        for (state, now) in self.known.iter().zip(followed?) {
            match now {
                Some(now) if search.knows(&now.lambda) => {}
                Some(now) => search.add(now),
                None => queue.extend(state.naive.iter().cloned()),
            }
        }
        let mut seen: Vec<DVector<f64>> = Vec::new();
        if !starts.is_empty() {
            // So that others need not be followed to the same ones.
            let naive = search.found.par_iter_mut().flat_map(|state| state.naive.par_iter_mut());
            naive.for_each(|lambda| *lambda = relax(factors, lambda.clone(), &[]).lambda);
            seen.extend(search.found.iter().flat_map(|state| state.naive.iter().cloned()));
        }
        queue.extend(starts);
        let mut queue: Vec<Point> = queue.into_par_iter().map(|start| relax(factors, start, &seen)).collect();
        queue.reverse();
        let mut budget = 4 * queue.len() + 64;
        while budget > 0
            && let Some(point) = queue.pop()
        {
            budget -= 1;
            if !contains(&seen, &point.lambda) && !search.knows(&point.lambda) {
                seen.push(point.lambda.clone());
                let further = search.examine(&point)?;
                queue.extend(further.into_iter().map(|start| relax(factors, start, &[])));
            }
        }
        let mut found = search.found;
        found.retain(|state| state.log_weight.is_finite());
        if found.is_empty() {
            let reason = "no stable state was found from those before, the samples, or no magnetization".to_owned();
            return Err(Error::Unsolved { what: "the states of the machine", reason });
        }
        let best = found.iter().map(|state| state.log_weight).fold(f64::NEG_INFINITY, f64::max);
        found.retain(|state| state.log_weight >= best - NEGLIGIBLE);
        Ok((found, queue.is_empty()))
    }
}

/// What has been found so far at one state of the flow.
struct Search<'a> {
    factors: &'a Factors,
    /// L.
    size: f64,
    /// Softness below which a state is integrated over.
    softest: f64,
    sites: bool,
    order: Order,
    found: Vec<Found>,
}

impl Search<'_> {
    /// Whether λ is that of a state, or on the path of an integral.
    fn knows(&self, lambda: &DVector<f64>) -> bool {
        self.found.iter().any(|state| state.along.has(lambda) || distance(&state.lambda, lambda) < SAME)
    }

    /// A state of the last call as it is now, if it is still there.
    fn followed(&self, known: &Known, moved: f64) -> Result<Option<Found>> {
        let start = (known.lambda.clone(), known.reaction.clone());
        let before = Point::at(self.factors, start.0.clone(), start.1.clone());
        if let Some(directions) = &known.directions {
            let Some(soft) = softest_modes(self.factors, &before)? else { return Ok(None) };
            let along = |f: &DMatrix<f64>| self.factors.visible.fields(&f.column(0).into_owned()).normalize();
            // Several turn within their span.
            let turned = directions.ncols() == 1 && along(directions).dot(&along(&soft.directions)).powi(2) < 0.5;
            let goes_on = !turned && soft.first() < GOES_ON * self.softest;
            return Ok(if goes_on { self.integral(&before, &soft, false) } else { None });
        }
        // As it moved before, so that little is left to be found.
        let ahead = known.motion.as_ref().filter(|_| moved.abs() < FARTHEST);
        let ahead = ahead.map(|(lambda, reaction)| (&start.0 + lambda * moved, &start.1 + reaction * moved));
        let solved = |start| solve(self.factors, start, None, self.order.share(), SOLVED);
        let Some(state) = ahead.and_then(solved).or_else(|| solved(start)) else { return Ok(None) };
        if before.distance(&state.point) > NEAR_BY {
            return Ok(None);
        }
        let (mut softness, mut exact) = (None, true);
        if !state.fluctuations.stiffer_than(self.softest) {
            let Some(soft) = softest_modes(self.factors, &state.point)? else { return Ok(None) };
            let now = soft.first();
            softness = known.refused.filter(|before| now > AGAIN * before);
            exact = now > self.very_soft();
            if softness.is_none() {
                match self.integral(&state.point, &soft, false) {
                    Some(integral) => return Ok(Some(integral)),
                    None => softness = Some(now),
                }
            }
        }
        let motion = if moved == 0.0 && known.motion.is_some() {
            known.motion.clone()
        } else {
            Some((&state.point.lambda - &known.lambda, &state.point.reaction - &known.reaction))
        };
        Ok(Some(Found { motion, refused: softness, ..self.gaussian(state, known.naive.clone(), exact) }))
    }

    /// Adds what a point of naive mean field leads to, and returns where to go on if it is not stable.
    fn examine(&mut self, naive: &Point) -> Result<Vec<DVector<f64>>> {
        let Some(soft) = softest_modes(self.factors, naive)? else { return Ok(Vec::new()) };
        let softness = soft.first();
        let unstable = softness <= 0.0 || naive.error() > CONVERGED;
        if softness < self.softest
            && let Some(integral) = self.integral(naive, &soft, unstable)
        {
            self.add(integral);
            return Ok(Vec::new());
        }
        if softness <= 0.0 {
            // On to either side of it.
            let push = soft.directions.column(0) * self.size.powf(0.25);
            return Ok(vec![&naive.lambda + &push, &naive.lambda - &push]);
        }
        let start = (naive.lambda.clone(), naive.reaction.clone());
        let continued = match self.order {
            Order::Full => switched_on(self.factors, naive, SOLVED),
            _ => solve(self.factors, start.clone(), None, 0.0, SOLVED).ok_or_else(|| Box::new(naive.clone())),
        };
        let point = continued.as_ref().map_or_else(|last| &**last, |state| &state.point);
        if self.knows(&point.lambda) {
            return Ok(Vec::new());
        }
        let Some(soft) = softest_modes(self.factors, point)? else { return Ok(Vec::new()) };
        let vanished = continued.is_err();
        if (soft.first() < self.softest || vanished)
            && let Some(integral) = self.integral(point, &soft, vanished)
        {
            self.add(integral);
            return Ok(Vec::new());
        }
        // Where it has vanished, the one that it has merged with; if all fails, naive mean field.
        let merged =
            |last: Box<Point>| solve(self.factors, (last.lambda, last.reaction), None, self.order.share(), SOLVED);
        let state = continued.or_else(|last| merged(last).ok_or(()));
        let (state, exact) = match state {
            Ok(state) => {
                let exact = state.fluctuations.stiffer_than(self.very_soft());
                (Some(state), exact)
            }
            Err(()) => (solve(self.factors, start, None, 0.0, SOLVED), false),
        };
        if let Some(state) = state
            && !self.knows(&state.point.lambda)
        {
            self.add(self.gaussian(state, vec![naive.lambda.clone()], exact));
        }
        Ok(Vec::new())
    }

    /// A state with its Gaussian fluctuations.
    fn gaussian(&self, state: Solved, naive: Vec<DVector<f64>>, exact: bool) -> Found {
        let log_weight = state.log_weight;
        let parts = vec![Part { log_weight, mean: contribution(&state, self.sites, self.order) }];
        let Point { lambda, reaction, .. } = state.point;
        Found {
            lambda,
            reaction,
            motion: None,
            refused: None,
            naive,
            directions: None,
            along: Covered::Nothing,
            parts,
            log_weight,
            exact,
        }
    }

    /// Softness below which fluctuations are not Gaussian, in however many directions.
    fn very_soft(&self) -> f64 {
        VERY_SOFT / self.size.sqrt()
    }

    /// The integral along what is softest, if it can be had: over two directions where the second is soft as well, or the path
    /// along the first meets it. One that had to be cut off will do if it is `needed`, or the Gaussian is worse.
    fn integral(&self, start: &Point, soft: &Soft, needed: bool) -> Option<Found> {
        let further = (FURTHER / self.size.sqrt()).min(FURTHER_STIFF);
        let wanted = soft.eigenvalues.iter().filter(|softness| **softness < further).count();
        let mut joint = (2..=wanted).rev().find_map(|count| Some((self.joint(start, soft, count)?, count)));
        let path = if joint.is_none() { self.path(start, soft) } else { None };
        let falls_short = match &joint {
            Some((integral, _)) => integral.soft,
            None => path.as_ref().is_none_or(|path| path.cut || path.soft),
        };
        if falls_short {
            let next = joint.as_ref().map_or(1, |(_, count)| *count) + 1;
            joint =
                if next > wanted { self.joint(start, soft, next).map(|found| (found, next)) } else { None }.or(joint);
        }
        if let Some((integral, count)) = joint {
            return Some(self.integrated(integral, soft.directions.columns(0, count).into_owned()));
        }
        let path = path.filter(|path| !path.cut || needed || soft.first() <= self.very_soft())?;
        Some(self.integrated(path, soft.directions.columns(0, 1).into_owned()))
    }

    fn path(&self, start: &Point, soft: &Soft) -> Option<Integral> {
        let f = soft.directions.column(0).into_owned();
        let scale = (self.size, soft.first(), self.very_soft());
        let start = (start.lambda.clone(), start.reaction.clone());
        path::integrate(self.factors, start, &f, scale, (self.sites, self.order)).ok()
    }

    /// The integral over the softest `count` directions, if none of it has to be cut off.
    fn joint(&self, start: &Point, soft: &Soft, count: usize) -> Option<Integral> {
        if count > soft.eigenvalues.len() || self.factors.dimension() > MOST_IN_JOINT {
            return None;
        }
        let directions = soft.directions.columns(0, count).into_owned();
        let kind = (self.sites, self.order);
        let integral = joint::integrate(self.factors, start, &directions, self.very_soft(), kind).ok()?;
        (!integral.cut).then_some(integral)
    }

    fn integrated(&self, integral: Integral, directions: DMatrix<f64>) -> Found {
        let Integral { parts, highest: (lambda, reaction), peaks, cut, soft, along } = integral;
        Found {
            lambda,
            reaction,
            motion: None,
            refused: None,
            naive: peaks,
            directions: Some(directions),
            along,
            log_weight: weights::log_of_sum(&parts),
            parts,
            exact: !cut && !soft,
        }
    }

    /// Takes the place of what was found on its path.
    fn add(&mut self, new: Found) {
        self.found.retain(|state| !new.along.has(&state.lambda));
        self.found.push(new);
    }
}

fn change(change: Change, free_energy: f64) -> StateChange {
    StateChange { change, modes_condensed: Vec::new(), free_energy }
}

/// Those of `states` that are nobody's nearest one among `others` ... each of which has gone on from, or to, one of them.
fn nearest_missing<'a>(states: &'a [Known], others: &[Known]) -> Vec<&'a Known> {
    let nearest = |other: &Known| {
        let distance = |state: &Known| {
            let path = std::iter::once(&state.lambda).chain(state.along.points());
            path.map(|lambda| (lambda - &other.lambda).norm()).fold(f64::INFINITY, f64::min)
        };
        (0..states.len()).min_by(|&a, &b| distance(&states[a]).total_cmp(&distance(&states[b])))
    };
    let reached: Vec<usize> = others.iter().filter_map(nearest).collect();
    states.iter().enumerate().filter(|(index, _)| !reached.contains(index)).map(|(_, state)| state).collect()
}

/// Plain iteration, which leads to a stable state, and Newton's method where it is slow and the state near. Ends at one that is
/// `known` once it is on the way to it.
fn relax(factors: &Factors, start: DVector<f64>, known: &[DVector<f64>]) -> Point {
    let naive = |lambda| Point::naive(factors, lambda);
    let mut point = naive(start);
    let (mut newton, mut before) = (0, f64::INFINITY);
    for round in 0..ROUNDS {
        let error = point.error();
        if error < FOUND {
            break;
        }
        if error < NEAR {
            let same = known.iter().find(|known| distance(known, &point.lambda) < ON_THE_WAY_TO);
            if let Some(known) = same {
                return naive(known.clone());
            }
        }
        if error < NEAR
            && error > 0.5 * before
            && round >= newton
            && let Some(fluctuations) = Fluctuations::of(factors, &point, None)
        {
            let next = naive(&point.lambda + fluctuations.step(&point, None));
            if next.error() < 0.5 * error {
                before = next.error();
                point = next;
                continue;
            }
            newton = round + PAUSE;
        }
        before = error;
        point = naive(point.next());
    }
    point
}

/// The softest directions at a point.
struct Soft {
    /// The smallest eigenvalues of 1 − LᵀBL, [`MOST_AT_ONCE`] of them at most.
    eigenvalues: Vec<f64>,
    /// `f = L⁻ᵀ n` of their eigenvectors n, in columns.
    directions: DMatrix<f64>,
}

impl Soft {
    fn first(&self) -> f64 {
        self.eigenvalues[0]
    }
}

/// `None` where fluctuations are no numbers.
fn softest_modes(factors: &Factors, point: &Point) -> Result<Option<Soft>> {
    let Some((root, _, coupling)) = symmetric(factors, point) else { return Ok(None) };
    let failed = |_| Error::Unsolved {
        what: "the fluctuations of a state",
        reason: "their eigenvalues could not be had".to_owned(),
    };
    let eigen = view(&coupling).self_adjoint_eigen(Side::Lower).map_err(failed)?;
    let size = coupling.nrows();
    let count = size.min(MOST_AT_ONCE);
    let vectors = DMatrix::from_fn(size, count, |i, k| eigen.U()[(i, size - 1 - k)]);
    let eigenvalues = (0..count).map(|k| 1.0 - eigen.S()[size - 1 - k]).collect();
    Ok(Some(Soft { eigenvalues, directions: root.solve_transposed(&vectors) }))
}

fn distance(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    (a - b).amax() / a.amax().max(b.amax()).max(1e-3)
}

fn contains(seen: &[DVector<f64>], lambda: &DVector<f64>) -> bool {
    seen.iter().any(|other| distance(other, lambda) < SAME)
}
