//! Training of the linear machine by its exact gradient.

use super::error::Result;
use super::learner::{Learner, SavedState};
use super::recorder::Recorder;
use crate::data::{Dataset, Moments};
use crate::io::Array;
use crate::simulator::machine::{LinearMachine, Machine, RbmError};
use nalgebra::DMatrix;
use std::collections::BTreeMap;

/// Default learning rate where a larger one would be stable.
const LARGEST_DEFAULT: f64 = 0.01;
/// Name of the exact weights in a saved state.
const WEIGHTS: &str = "weights";

/// A linear machine in training: `W += learning rate · σ_h² (C − Λ⁻¹) W`, with the data's covariance C.
#[derive(Clone, Debug)]
pub struct LinearTrainer {
    machine: LinearMachine,
    covariance: DMatrix<f64>,
    learning_rate: f64,
    updates: u64,
    updates_per_epoch: f64,
}

impl LinearTrainer {
    /// Starts training on the covariance of data about their mean. Every update sees all data. An epoch counts as
    /// `updates_per_epoch` updates, so that times can be compared with those of training by batches.
    ///
    /// The mode of the largest variance Λ₁ settles only if the learning rate stays below `σ_v²/(σ_h² Λ₁ (Λ₁ − σ_v²))`. The
    /// default is half of that, and at most 0.01.
    ///
    /// # Errors
    /// [`RbmError::Units`] if the data do not fit the machine; [`RbmError::Setting`] for a learning rate that is negative or
    /// not finite; those of the data's [`Moments`].
    pub fn new(
        machine: LinearMachine,
        data: &Dataset,
        learning_rate: Option<f64>,
        updates_per_epoch: f64,
    ) -> Result<Self> {
        if data.units() != machine.weights.nrows() {
            return Err(RbmError::Units { samples: data.units(), machine: machine.weights.nrows() }.into());
        }
        let moments = Moments::of(data)?;
        let (v, h) = (machine.sigma_v.powi(2), machine.sigma_h.powi(2));
        let stable = || -> Result<f64> {
            let largest = moments.principal_components()?.variances[0];
            Ok(if largest > v { v / (h * largest * (largest - v)) } else { f64::INFINITY })
        };
        let learning_rate = match learning_rate {
            Some(rate) => rate,
            None => LARGEST_DEFAULT.min(0.5 * stable()?),
        };
        if !(learning_rate.is_finite() && learning_rate >= 0.0) {
            let reason = "it must be finite and not negative".to_owned();
            return Err(RbmError::Setting { name: "the learning rate", value: learning_rate, reason }.into());
        }
        Ok(Self { machine, covariance: moments.covariance, learning_rate, updates: 0, updates_per_epoch })
    }

    /// Factor of the gradient in each update.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// The machine as it is now.
    pub fn machine(&self) -> &LinearMachine {
        &self.machine
    }

    /// W, row after row.
    fn rows(&self) -> Vec<f64> {
        self.machine.weights.transpose().as_slice().to_vec()
    }
}

impl Learner for LinearTrainer {
    fn update(&mut self) -> Result<()> {
        self.machine.update(&self.covariance, self.learning_rate)?;
        self.updates += 1;
        Ok(())
    }

    fn updates(&self) -> u64 {
        self.updates
    }

    fn time(&self) -> f64 {
        self.learning_rate * self.updates as f64
    }

    fn epoch(&self) -> f64 {
        self.updates as f64 / self.updates_per_epoch
    }

    fn record(&self, recorder: &Recorder) -> Result<BTreeMap<String, Array>> {
        let shape = (self.machine.weights.nrows(), self.machine.weights.ncols());
        let mut quantities = recorder.spectrum(&self.rows(), shape, None)?;
        let likelihood = self.machine.log_likelihood(&self.covariance)?;
        quantities.insert("log_likelihood".to_owned(), Array::F64(vec![], vec![likelihood]));
        Ok(quantities)
    }

    fn state(&self) -> Result<SavedState> {
        let (visible, hidden) = (self.machine.weights.nrows(), self.machine.weights.ncols());
        let rows = self.rows();
        let singles = rows.iter().map(|&w| w as f32).collect();
        let machine = Machine::new(visible, hidden, singles, vec![0.0; visible], vec![0.0; hidden])?;
        let exact = BTreeMap::from([(WEIGHTS.to_owned(), Array::F64(vec![visible, hidden], rows))]);
        Ok(SavedState { machine, chains: None, exact })
    }

    fn restore(&mut self, updates: u64, state: SavedState) -> Result<()> {
        let (visible, hidden) = (self.machine.weights.nrows(), self.machine.weights.ncols());
        let weights = match state.exact.get(WEIGHTS) {
            Some(Array::F64(shape, values)) if *shape == [visible, hidden] => {
                DMatrix::from_row_slice(visible, hidden, values)
            }
            _ => {
                let found = state.machine.weights.len();
                return Err(RbmError::Shape { name: "saved weights", found, visible, hidden }.into());
            }
        };
        self.machine = LinearMachine::new(weights, self.machine.sigma_v, self.machine.sigma_h)?;
        self.updates = updates;
        Ok(())
    }
}
