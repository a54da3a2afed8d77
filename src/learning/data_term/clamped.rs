//! The result of the data term, and checks of its input.

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

pub(super) fn range(name: &'static str, reason: String) -> Error {
    Error::Range { name, reason }
}

pub(super) fn check_finite(name: &'static str, values: &[f64]) -> Result<()> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(&value) => Err(Error::NotFinite { name, value }),
        None => Ok(()),
    }
}
