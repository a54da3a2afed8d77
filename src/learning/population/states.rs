//! All stable states of a machine, followed along the flow.

use known::{Found, Known};

use super::super::gaussian::Averages;
use super::contribution::{Contribution, Order};
use super::factors::Factors;

use super::point::Point;

use super::weights;

use crate::learning::response::{Change, StateChange};
use crate::learning::state::{Layers, State};
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use relax::{contains, relax};
use search::Search;

mod known;
mod relax;
mod search;
#[cfg(test)]
mod tests;

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
        let mut search = Search::new(factors, layers, self.order);
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
