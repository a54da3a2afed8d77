//! The input of the data term with its checks, and the result.

use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};

/// Averages with the data clamped.
#[derive(Clone, Debug, PartialEq)]
pub struct Clamped {
    /// ⟨z_a σ_β⟩, `D × H`: the data term of dY/dt.
    pub correlation: DMatrix<f64>,
    /// ⟨σ_β⟩, of length H: the data term of dθ/dt.
    pub hidden: DVector<f64>,
}

impl Clamped {
    pub(super) fn zeros(directions: usize, hidden: usize) -> Self {
        Self { correlation: DMatrix::zeros(directions, hidden), hidden: DVector::zeros(hidden) }
    }
}

/// What the hidden units respond to a sample with: the field `f = Yᵀz + θ`, and noise.
#[derive(Clone, Copy)]
pub(super) struct HiddenLayer<'a> {
    /// Y, `D × H`.
    pub weights: &'a DMatrix<f64>,
    pub theta: &'a DVector<f64>,
    /// N_h.
    pub units: f64,
    /// n, the variance on each unit.
    pub noise: f64,
}

pub(super) fn range(name: &'static str, reason: String) -> Error {
    Error::Range { name, reason }
}

pub(super) fn check_finite(name: &'static str, values: &[f64]) -> Result<()> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(&value) => Err(Error::NotFinite { name, value }),
        None => Ok(()),
    }
}
