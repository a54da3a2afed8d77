//! The two terms of the gradient: averages with the visible units clamped to data, and averages of the free machine.
//!
//! A closure is an implementation of one or both, and a line in [`Setup::prepare`](super::Setup::prepare).

use super::averages::Averages;
use super::data_term::{Clamped, Source};
use super::population::Reliability;
use super::response::StateChange;
use super::state::{Layers, State};
use crate::error::Result;
use std::fmt::Debug;

/// Multiplications of a search for states: some milliseconds.
const SEARCH_MULTIPLICATIONS: f64 = 1e7;

/// The machine whose averages are taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub layers: &'a Layers,
    pub state: &'a State,
    /// σ of the noise.
    pub sigma: f64,
}

impl At<'_> {
    /// Variance of the noise in the field of a hidden unit, `σ²/√κ`.
    pub fn hidden_noise(&self) -> f64 {
        self.sigma.powi(2) / self.layers.kappa().sqrt()
    }
}

/// A step of the map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub learning_rate: f64,
    /// The averages over the data that the step sees, as a rate.
    pub data: &'a State,
    /// The samples that it sees; `None` if it sees all.
    pub batch: Option<&'a Source>,
}

/// Averages over the data, `⟨s σᵀ⟩_Data` and `⟨σ⟩_Data`.
pub(super) trait ClampedTerm: Debug + Send {
    /// The averages of a machine.
    fn averages(&mut self, at: At<'_>) -> Result<Clamped>;

    /// Multiplications that the averages cost.
    fn multiplications(&self, directions: f64, hidden: f64) -> f64;

    /// The data, where the free term may look for states from them.
    fn source(&self) -> Option<&Source> {
        None
    }
}

/// Averages over the machine's own distribution.
pub(super) trait FreeTerm: Debug + Send {
    /// The averages of a machine; `step` is that of the map, if it is one.
    fn averages(&mut self, at: At<'_>, step: Option<Step<'_>>) -> Result<Averages>;

    /// Looks for states that appeared or vanished.
    fn refresh(&mut self, _at: At<'_>, _data: Option<&Source>) -> Result<Vec<StateChange>> {
        Ok(Vec::new())
    }

    /// How often states were known only approximately so far.
    fn reliability(&self) -> Option<Reliability> {
        None
    }

    /// How far an iteration was from its fixed point when it last ended.
    fn residual(&self) -> Option<f64> {
        None
    }

    /// Multiplications that the averages cost.
    fn multiplications(&self, _at: At<'_>) -> f64 {
        SEARCH_MULTIPLICATIONS
    }
}
