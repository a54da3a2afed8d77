//! A small machine to look at where none is given.

use crate::data::{Dataset, digits};
use crate::simulator::machine::{Algorithm, Machine, Settings, Trainer};
use crate::study::error::Result;

/// A machine that learns drawn digits in a few seconds: enough for a dozen modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// Samples of the drawn digits.
    pub samples: usize,
    /// Hidden units.
    pub hidden: usize,
    /// Updates, by PCD.
    pub updates: u64,
}

impl Default for Example {
    fn default() -> Self {
        Self { samples: 2000, hidden: 100, updates: 2000 }
    }
}

impl Example {
    /// Draws the digits and trains the machine; `step` is called after each update.
    ///
    /// # Errors
    /// Those of training.
    pub fn train(&self, seed: u64, step: &mut dyn FnMut()) -> Result<(Machine, Dataset)> {
        let data = digits::generate(self.samples, seed)?;
        let spins = data.spins()?;
        let machine = Machine::random(data.units(), self.hidden, 0.01, seed)?.with_mean_of(spins)?;
        let settings = Settings { algorithm: Algorithm::Pcd, seed, learning_rate: 0.02, ..Settings::default() };
        let mut trainer = Trainer::new(machine, spins, settings)?;
        for _ in 0..self.updates {
            trainer.update()?;
            step();
        }
        let machine = trainer.machine().clone();
        Ok((machine, data))
    }
}
