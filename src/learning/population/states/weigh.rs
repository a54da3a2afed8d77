//! Averages over the states by their weights, and how far they can be trusted.

use super::state::FoundState;
use crate::Result;
use crate::learning::averages::Averages;
use crate::learning::population::weights;
use crate::learning::state::State;

/// A call counts as approximate if states that are known only approximately have more than this weight.
const NOTABLE: f64 = 0.01;
/// A state that a search finds with more than this weight was there before: new states begin with little.
const LATE: f64 = 0.05;

/// How often averages were over states that are known only approximately. These are states in naive mean field, where the
/// equations with the reaction of all other units had no solution; states with fluctuations that are too soft for a Gaussian, in
/// the state itself or across the directions of its integral; and integrals that leave out more than `e^{-7}` of their largest
/// weight, where the rest was unstable along the way. Searches that ended before they had followed everything they met count as
/// well, and so does every average between a search that finds a state late and the search before.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Reliability {
    /// Number of averages.
    pub evaluations: u64,
    /// Number of averages in which such states had more than a hundredth of the weight, or the search was ended.
    pub approximate: u64,
    /// Number of averages whose search was ended.
    pub unfinished: u64,
    /// Number of searches that found a state with so much weight that it must have been there before.
    pub late: u64,
    /// Largest weight of such states.
    pub largest_weight: f64,
}

impl Reliability {
    /// Counts averages over states with the given weights, from a search that had followed everything or not.
    pub(super) fn count(&mut self, found: &[FoundState], weights: &[f64], finished: bool) {
        let approximate = found.iter().zip(weights).filter(|(state, _)| !state.exact).map(|(_, weight)| weight).sum();
        self.evaluations += 1;
        self.approximate += u64::from(approximate > NOTABLE || !finished);
        self.unfinished += u64::from(!finished);
        self.largest_weight = self.largest_weight.max(approximate);
    }

    /// Counts a search. If it has met states that must have been there before, averages since the last search, when the counts were
    /// `before`, were approximate.
    pub(super) fn count_search(&mut self, found: &[FoundState], before: &Self) {
        let logs: Vec<f64> = found.iter().map(|state| state.log_weight).collect();
        let late: f64 =
            found.iter().zip(weights::of(&logs)).filter(|(state, _)| state.new).map(|(_, weight)| weight).sum();
        if late > LATE {
            self.late += 1;
            self.approximate = before.approximate + (self.evaluations - before.evaluations);
        }
    }
}

/// Averages over the parts of states, and the weight of each state. At a `step` of the map, its learning rate and the averages
/// over the data, the weights are those at its end.
pub(super) fn average(found: &[FoundState], step: Option<(f64, &State)>) -> Result<(Averages, Vec<f64>)> {
    let parts = || found.iter().flat_map(|state| &state.parts);
    let logs: Vec<f64> = parts().map(|part| part.log_weight).collect();
    let means: Vec<&Averages> = parts().map(|part| &part.mean).collect();
    let weights = match step {
        Some((rate, data)) if logs.len() > 1 => {
            let State { weights, eta, theta } = data.clone();
            let data = Averages { correlation: weights, visible: eta, hidden: theta };
            weights::at_end_of_step(&logs, &means, &data, rate)?
        }
        _ => weights::of(&logs),
    };
    let mut mean = Averages::zeros_like(means[0]);
    for (weight, part) in weights.iter().zip(&means) {
        mean.add(*weight, part);
    }
    let mut weights = weights.iter();
    Ok((mean, found.iter().map(|state| weights.by_ref().take(state.parts.len()).sum()).collect()))
}
