//! All stable states of a machine, followed along the flow (`docs/theory.md`, section 2c).

use super::contribution::Order;
use super::factors::Factors;
use crate::learning::averages::Averages;
use crate::learning::response::StateChange;
use crate::learning::state::{Layers, State};
use crate::{Error, Result};
use follow::{Course, changes};
use nalgebra::{DMatrix, DVector};
use search::{StateSearch, settle};
use state::FoundState;

mod follow;
mod relax;
mod search;
mod state;
#[cfg(test)]
mod tests;
mod weigh;

pub use weigh::Reliability;

/// States of one machine, weighted by their free energies.
#[derive(Clone, Debug)]
pub struct PopulationStates {
    order: Order,
    /// The states of the last call.
    known: Vec<FoundState>,
    /// Configurations from which searches start.
    starts: Vec<DVector<f64>>,
    /// States that appeared or vanished since the last call of `refresh`.
    changes: Vec<StateChange>,
    /// Result of the last search, for the averages at the same state of the flow.
    searched: Option<(State, (Vec<FoundState>, bool))>,
    course: Course,
    reliability: Reliability,
    /// Counts at the last search.
    at_search: Reliability,
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
            course: Course::default(),
            reliability: Reliability::default(),
            at_search: Reliability::default(),
        }
    }

    /// Reliability of the averages so far.
    pub fn reliability(&self) -> Reliability {
        self.reliability
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
                let found = match self.settle(&factors, layers, self.course.to(state), starts) {
                    // All states have vanished at once.
                    Err(Error::Unsolved { .. }) => {
                        self.settle(&factors, layers, 0.0, self.where_searches_begin(&factors))?
                    }
                    found => found?,
                };
                self.course.moved(state);
                found
            }
        };
        let (mean, weights) = weigh::average(&found, step)?;
        self.reliability.count(&found, &weights, finished);
        self.remember(layers, &found);
        Ok(mean)
    }

    /// Stores the states that were found, and notes which are new and which have vanished.
    fn remember(&mut self, layers: &Layers, found: &[FoundState]) {
        let before = std::mem::replace(&mut self.known, found.iter().map(FoundState::to_follow).collect());
        self.changes.extend(changes(&before, &self.known, layers.size()));
    }

    /// Searches again from the starts, and returns the states that appeared or vanished since the last call. States that are
    /// found enter the next averages.
    ///
    /// # Errors
    /// [`Error::Unsolved`] if no state is found, or fluctuations cannot be computed.
    pub fn refresh(&mut self, layers: &Layers, state: &State) -> Result<Vec<StateChange>> {
        let factors = Factors::of(layers, state);
        let (found, finished) =
            self.settle(&factors, layers, self.course.to(state), self.where_searches_begin(&factors))?;
        self.course.moved(state);
        if !self.known.is_empty() {
            self.reliability.count_search(&found, &self.at_search);
        }
        self.at_search = self.reliability;
        self.remember(layers, &found);
        self.searched = Some((state.clone(), (found, finished)));
        Ok(std::mem::take(&mut self.changes))
    }

    /// λ where searches begin: opposite to each known state, and from the configurations through their fields on the hidden units
    /// and back.
    fn where_searches_begin(&self, factors: &Factors) -> Vec<DVector<f64>> {
        let from = |start: &DVector<f64>| {
            let hidden = (factors.hidden.fields(&factors.visible.sum(start)) + &factors.theta).map(f64::tanh);
            factors.hidden.sum(&hidden)
        };
        let opposite = self.known.iter().flat_map(|state| state.naive.iter().map(|lambda| -lambda));
        opposite.chain(self.starts.iter().map(from)).collect()
    }

    /// The known states as they are now, and all different states that the given λ lead to, as in [`settle`].
    pub(super) fn settle(
        &self,
        factors: &Factors,
        layers: &Layers,
        moved: f64,
        starts: Vec<DVector<f64>>,
    ) -> Result<(Vec<FoundState>, bool)> {
        settle(StateSearch::new(factors, layers, self.order), &self.known, moved, starts)
    }
}
