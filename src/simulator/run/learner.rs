//! Machines that learn: updates, states, and what is stored of them.

use super::error::Result;
use super::recorder::Recorder;
use crate::data::Spins;
use crate::io::Array;
use crate::simulator::machine::Machine;
use std::collections::BTreeMap;

/// A machine that learns, update by update.
pub trait Learner {
    /// One update.
    ///
    /// # Errors
    /// Those of training.
    fn update(&mut self) -> Result<()>;
    /// Updates made.
    fn updates(&self) -> u64;
    /// Σ learning rate × updates.
    fn time(&self) -> f64;
    /// Passes through the data.
    fn epoch(&self) -> f64;
    /// The quantities to record of the current machine.
    ///
    /// # Errors
    /// Those of the analysis.
    fn record(&self, recorder: &Recorder) -> Result<BTreeMap<String, Array>>;
    /// Everything needed to go on from here.
    ///
    /// # Errors
    /// If the parameters are not finite.
    fn state(&self) -> Result<SavedState>;
    /// Goes on from a state after `updates` updates.
    ///
    /// # Errors
    /// If the state does not fit.
    fn restore(&mut self, updates: u64, state: SavedState) -> Result<()>;
}

/// State of a learner between two updates.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedState {
    /// The machine, in single precision.
    pub machine: Machine,
    /// Visible and hidden spins of the chains, if they persist.
    pub chains: Option<(Spins, Spins)>,
    /// What the machine in single precision does not hold.
    pub exact: BTreeMap<String, Array>,
}
