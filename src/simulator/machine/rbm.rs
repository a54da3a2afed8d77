//! A machine's parameters.

use super::error::RbmError;
use super::random::{Purpose, Stream};
use super::result::Result;
use crate::data::Spins;
use crate::linalg::{Singles, single_rows};
use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;

/// Largest standard deviation of the weights: values ten deviations out still fit in single precision.
const LARGEST_DEVIATION: f64 = 3e37;
/// Maximum number of weights of a new machine: 8 GiB.
const MOST_WEIGHTS: usize = 1 << 31;

/// A machine of ±1 units: `p(s, σ) ∝ exp(s·W σ + eta·s + theta·σ)`, with fields entering with a plus sign.
///
/// Single precision is all that training by sampling can use.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Number of visible units, N_v.
    pub visible: usize,
    /// Number of hidden units, N_h.
    pub hidden: usize,
    /// W, `visible × hidden`, row after row: `weights[i * hidden + j]` couples s_i and σ_j.
    pub weights: Vec<f32>,
    /// Visible fields.
    pub eta: Vec<f32>,
    /// Hidden fields.
    pub theta: Vec<f32>,
}

impl Machine {
    /// A machine with independent normal weights of standard deviation `deviation` and no fields.
    ///
    /// # Errors
    /// [`RbmError::Shape`] without units, [`RbmError::Setting`] for a deviation that is negative, not finite or beyond single
    /// precision, or for more than 2³¹ weights.
    pub fn random(visible: usize, hidden: usize, deviation: f64, seed: u64) -> Result<Self> {
        if !(0.0..=LARGEST_DEVIATION).contains(&deviation) {
            let reason = format!("it must be between 0 and {LARGEST_DEVIATION:e}");
            return Err(RbmError::Setting {
                name: "the standard deviation of the initial weights",
                value: deviation,
                reason,
            });
        }
        if visible.checked_mul(hidden).is_none_or(|weights| weights > MOST_WEIGHTS) {
            let reason = format!("with {visible} visible units, more than {MOST_WEIGHTS} weights");
            return Err(RbmError::Setting { name: "the number of hidden units", value: hidden as f64, reason });
        }
        let mut random = Stream::new(seed, Purpose::Weights).generator(0, 0);
        let mut draw = || (deviation * random.sample::<f64, _>(StandardNormal)) as f32;
        let weights = (0..visible * hidden).map(|_| draw()).collect();
        Self::new(visible, hidden, weights, vec![0.0; visible], vec![0.0; hidden])
    }

    /// A machine with given parameters; `weights` row after row.
    ///
    /// # Errors
    /// [`RbmError::Shape`] if the length of an array does not match the numbers of units, or there are no units;
    /// [`RbmError::NotFinite`] for a parameter that is NaN or infinite.
    pub fn new(visible: usize, hidden: usize, weights: Vec<f32>, eta: Vec<f32>, theta: Vec<f32>) -> Result<Self> {
        let machine = Self { visible, hidden, weights, eta, theta };
        machine.check()?;
        Ok(machine)
    }

    /// Sets the visible fields so that independent sites have the means of the data: `eta_i = atanh( Σ s_i/(M + 1) )` over the M
    /// samples, which stays finite for constant units.
    ///
    /// # Errors
    /// [`RbmError::Shape`] if the data have another number of units.
    pub fn with_mean_of(mut self, data: &Spins) -> Result<Self> {
        self.check_data(data)?;
        let sums = data.unit_sums();
        self.eta = sums.iter().map(|&sum| (sum as f64 / (data.samples() + 1) as f64).atanh() as f32).collect();
        Ok(self)
    }

    /// W as a matrix, `visible × hidden`.
    pub(crate) fn matrix(&self) -> Singles<'_> {
        single_rows(&self.weights, self.hidden)
    }

    /// W in double precision, `visible × hidden`.
    pub fn weight_matrix(&self) -> DMatrix<f64> {
        let weights = self.weights.iter().map(|&w| f64::from(w));
        DMatrix::from_row_iterator(self.visible, self.hidden, weights)
    }

    /// Checks that samples have one value for each visible unit.
    pub(crate) fn check_data(&self, data: &Spins) -> Result<()> {
        if data.units() != self.visible {
            return Err(RbmError::Units { samples: data.units(), machine: self.visible });
        }
        Ok(())
    }

    /// Checks that the arrays fit the numbers of units, and that all parameters are finite.
    pub(crate) fn check(&self) -> Result<()> {
        let (visible, hidden) = (self.visible, self.hidden);
        for (name, found, expected) in [
            ("weights", self.weights.len(), visible * hidden),
            ("visible fields", self.eta.len(), visible),
            ("hidden fields", self.theta.len(), hidden),
        ] {
            if found != expected || expected == 0 {
                return Err(RbmError::Shape { name, found, visible, hidden });
            }
        }
        self.check_finite()
    }

    /// Checks that no parameter is NaN or infinite.
    pub(crate) fn check_finite(&self) -> Result<()> {
        for (name, values) in
            [("weights", &self.weights), ("visible fields", &self.eta), ("hidden fields", &self.theta)]
        {
            if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                return Err(RbmError::NotFinite { name, index, value: values[index] });
            }
        }
        Ok(())
    }
}
