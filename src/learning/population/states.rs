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

/// A call counts as approximate if states that are known only approximately have more than this weight.
const NOTABLE: f64 = 0.01;
/// States below e^{-NEGLIGIBLE} of the most probable one are left out of the averages.
const NEGLIGIBLE: f64 = 40.0;

/// States of one machine, weighted by their free energies.
#[derive(Clone, Debug)]
pub struct PopulationStates {
    order: Order,
    /// The states of the last call.
    known: Vec<Known>,
    /// Configurations from which searches start.
    starts: Vec<DVector<f64>>,
    /// States that appeared or vanished since the last call of `refresh`.
    changes: Vec<StateChange>,
    /// Result of the last search, for the averages at the same state of the flow.
    searched: Option<(State, (Vec<Found>, bool))>,
    course: Option<Course>,
    reliability: Reliability,
}

/// How often averages were over states that are known only approximately. These are states in naive mean field, where the
/// equations with the reaction of all other units had no solution; states with fluctuations that are too soft for a Gaussian, in
/// the state itself or across the directions of its integral; and integrals that leave out more than `e^{-7}` of their largest
/// weight, where the rest was unstable along the way. Searches that ended before they had followed everything they met count as
/// well.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Reliability {
    /// Number of averages.
    pub evaluations: u64,
    /// Number of averages in which such states had more than a hundredth of the weight, or the search was ended.
    pub approximate: u64,
    /// Number of averages whose search was ended.
    pub unfinished: u64,
    /// Largest weight of such states.
    pub largest_weight: f64,
}

/// State of the flow at the last call, and its move to this state.
#[derive(Clone, Debug)]
struct Course {
    last: State,
    motion: Option<State>,
}

impl PopulationStates {
    /// Starts from the state that iteration leads to without magnetization. Searches begin at `starts`, visible configurations
    /// (real numbers, one per column, `N_v` rows).
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

    /// Reliability of the averages so far.
    pub fn reliability(&self) -> Reliability {
        self.reliability
    }

    /// Weights of the states at the last call.
    pub fn weights(&self) -> Vec<f64> {
        self.known.iter().map(|state| state.weight).collect()
    }

    /// Averages at a state of the flow. `step` is the learning rate of a map and the averages over the data at this state; the
    /// weights are then those at the end of the step (`docs/theory.md`, section 2c).
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
                    // All states have vanished at once.
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

    /// Stores the states that were found, and notes which are new and which have vanished.
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

    /// Searches again from the starts, and returns the states that appeared or vanished since the last call. States that are
    /// found enter the next averages.
    ///
    /// # Errors
    /// [`Error::Unsolved`] if no state is found, or fluctuations cannot be computed.
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

    /// λ from the configurations where searches begin: through their fields on the hidden units, and back.
    fn where_searches_begin(&self, factors: &Factors) -> Vec<DVector<f64>> {
        let from = |start: &DVector<f64>| {
            let hidden = (factors.hidden.fields(&factors.visible.sum(start)) + &factors.theta).map(f64::tanh);
            factors.hidden.sum(&hidden)
        };
        self.starts.iter().map(from).collect()
    }

    /// Move of the flow from the last call to this one, along its move before and in units of it.
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

    /// The states of the last call as they are now, and all different states that the given λ lead to. `moved` is the move of the
    /// flow in units of its last one. The flag is true if everything that the search met was followed.
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
            // Then other starts need not be followed to the same states.
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
            let reason =
                "no stable state was found from the previous ones, the samples, or zero magnetization".to_owned();
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

/// Those of `states` that are not the nearest to any of `others`. Each of `others` continues its nearest state, or is continued
/// by it.
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
