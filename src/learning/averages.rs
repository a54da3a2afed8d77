//! Averages over the units of both layers.

use nalgebra::{DMatrix, DVector};

/// Averages of the machine's own distribution, in the bases of the flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Averages {
    /// `⟨z_a σ_β⟩`, `D × H`.
    pub correlation: DMatrix<f64>,
    /// `⟨s⟩`, in the components of the visible fields.
    pub visible: DVector<f64>,
    /// `⟨σ⟩`, H components.
    pub hidden: DVector<f64>,
}

impl Averages {
    pub(super) fn zeros_like(other: &Self) -> Self {
        Self {
            correlation: DMatrix::zeros(other.correlation.nrows(), other.correlation.ncols()),
            visible: DVector::zeros(other.visible.len()),
            hidden: DVector::zeros(other.hidden.len()),
        }
    }

    /// Adds `weight` times another.
    pub(super) fn add(&mut self, weight: f64, other: &Self) {
        self.correlation.zip_apply(&other.correlation, |a, b| *a += weight * b);
        self.visible.axpy(weight, &other.visible, 1.0);
        self.hidden.axpy(weight, &other.hidden, 1.0);
    }

    /// Scalar product of all components.
    pub(super) fn dot(&self, other: &Self) -> f64 {
        self.correlation.dot(&other.correlation) + self.visible.dot(&other.visible) + self.hidden.dot(&other.hidden)
    }
}
