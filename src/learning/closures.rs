//! The closures as terms of the gradient: which averages each takes from the pieces that compute them.

use super::chains::Chains;
use super::data_term::{Clamped, DataTerm, Source};
use super::gaussian::{Averages, SingleState};
use super::linear_terms::solution;
use super::mean_field::{CHAINS, MeanField};
use super::population::{PopulationStates, PopulationTerm, Reliability};
use super::response::StateChange;
use super::state::State;
use super::term::{At, ClampedTerm, FreeTerm};
use crate::error::Result;

/// The letter's data term (9), and its analogues for other laws of v.
impl ClampedTerm for DataTerm {
    fn averages(&mut self, at: At<'_>) -> Result<Clamped> {
        self.evaluate(&at.state.weights, &at.state.theta, at.hidden_noise()).cloned()
    }

    fn multiplications(&self, directions: f64, hidden: f64) -> f64 {
        DataTerm::multiplications(self, directions, hidden)
    }

    fn source(&self) -> Option<&Source> {
        Some(DataTerm::source(self))
    }
}

/// The data term of the population closure: each hidden unit responds by itself.
impl ClampedTerm for PopulationTerm {
    fn averages(&mut self, at: At<'_>) -> Result<Clamped> {
        self.evaluate(&at.state.weights, &at.state.theta, at.hidden_noise())
    }

    fn multiplications(&self, directions: f64, hidden: f64) -> f64 {
        PopulationTerm::multiplications(self, directions, hidden)
    }
}

/// One state and the Gaussian fluctuations around it.
impl FreeTerm for SingleState {
    fn averages(&mut self, at: At<'_>, _step: Option<(f64, &State)>) -> Result<Averages> {
        SingleState::averages(self, at.layers, at.state)
    }

    fn multiplications(&self, at: At<'_>) -> f64 {
        let directions = at.state.weights.nrows() as f64;
        solution(at.state) + at.layers.visible_units as f64 * directions * directions
    }
}

/// All states of the ensemble that the machine belongs to, by their free energies.
impl FreeTerm for MeanField {
    fn averages(&mut self, at: At<'_>, _step: Option<(f64, &State)>) -> Result<Averages> {
        MeanField::averages(self, at.layers, at.state, at.sigma)
    }

    fn refresh(&mut self, at: At<'_>, data: Option<&Source>) -> Result<Vec<StateChange>> {
        let samples = match data {
            Some(Source::Samples(samples)) => Some(samples.first(CHAINS)),
            _ => None,
        };
        MeanField::refresh(self, at.layers, at.state, at.sigma, samples.as_ref())
    }
}

/// All states of the machine itself.
impl FreeTerm for PopulationStates {
    fn averages(&mut self, at: At<'_>, step: Option<(f64, &State)>) -> Result<Averages> {
        PopulationStates::averages(self, at.layers, at.state, step)
    }

    fn refresh(&mut self, at: At<'_>, _data: Option<&Source>) -> Result<Vec<StateChange>> {
        PopulationStates::refresh(self, at.layers, at.state)
    }

    fn reliability(&self) -> Option<Reliability> {
        Some(PopulationStates::reliability(self))
    }
}

/// States that follow from samples.
impl FreeTerm for Chains {
    fn averages(&mut self, at: At<'_>, _step: Option<(f64, &State)>) -> Result<Averages> {
        self.advance(at.layers, at.state)
    }

    fn residual(&self) -> Option<f64> {
        Some(Chains::residual(self))
    }
}
