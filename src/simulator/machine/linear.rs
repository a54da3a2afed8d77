//! The linear machine: Gaussian units, whose likelihood and gradient are closed forms (`docs/theory.md`, section 5).
//!
//! ```text
//! p(s, σ) ∝ exp( s·W σ − |s|²/(2σ_v²) − |σ|²/(2σ_h²) ),    p(s) normal of precision Λ = 1/σ_v² − σ_h² W Wᵀ
//! ```

use super::error::RbmError;
use super::rbm::Machine;
use super::result::Result;
use crate::linalg::{Cholesky, add_product_in_slabs, add_scaled_product, product, thin_svd, view, view_mut};
use nalgebra::DMatrix;

/// A linear machine, in double precision.
#[derive(Clone, Debug)]
pub struct LinearMachine {
    /// W, `visible × hidden`.
    pub weights: DMatrix<f64>,
    /// Standard deviation σ_v of free visible units.
    pub sigma_v: f64,
    /// Standard deviation σ_h of free hidden units.
    pub sigma_h: f64,
}

impl LinearMachine {
    /// A machine with given weights.
    ///
    /// # Errors
    /// [`RbmError::Setting`] unless the deviations are positive and finite and the machine is normalisable, that is unless
    /// the largest singular value of W stays below `1/(σ_v σ_h)`.
    pub fn new(weights: DMatrix<f64>, sigma_v: f64, sigma_h: f64) -> Result<Self> {
        for (name, value) in [("sigma_v", sigma_v), ("sigma_h", sigma_h)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(RbmError::Setting { name, value, reason: "it must be positive and finite".to_owned() });
            }
        }
        let machine = Self { weights, sigma_v, sigma_h };
        machine.reduced_precision()?;
        Ok(machine)
    }

    /// A machine with the weights of a machine of ±1 units, without its fields.
    ///
    /// # Errors
    /// As [`LinearMachine::new`].
    pub fn with_weights_of(machine: &Machine, sigma_v: f64, sigma_h: f64) -> Result<Self> {
        Self::new(machine.weight_matrix(), sigma_v, sigma_h)
    }

    /// `1/σ_v² − σ_h² Wᵀ W`, factorised: the precision as the hidden layer sees it. It has the eigenvalues of Λ that are not
    /// simply 1/σ_v².
    fn reduced_precision(&self) -> Result<Cholesky> {
        let hidden = self.weights.ncols();
        let floor = 1.0 / (self.sigma_v * self.sigma_v);
        let mut reduced = DMatrix::from_diagonal_element(hidden, hidden, floor);
        let weights = view(&self.weights);
        add_scaled_product(view_mut(&mut reduced), weights.transpose(), weights, -self.sigma_h * self.sigma_h);
        Cholesky::of(&reduced).ok_or_else(|| {
            let (transposed, shape) = (self.weights.transpose(), self.weights.shape());
            let largest = thin_svd(transposed.as_slice(), shape).ok().and_then(|(values, ..)| values.first().copied());
            RbmError::Setting {
                name: "the largest singular value of W",
                value: largest.unwrap_or(f64::NAN),
                reason: format!(
                    "the linear machine cannot be normalised from 1/(sigma_v sigma_h) = {} on: a smaller learning rate or \
                     start is needed",
                    1.0 / (self.sigma_v * self.sigma_h)
                ),
            }
        })
    }

    /// Gradient of the mean log-likelihood per sample of data with second moments C (`visible × visible`):
    /// `σ_h² (C − Λ⁻¹) W`, where `Λ⁻¹ W = W (1/σ_v² − σ_h² Wᵀ W)⁻¹`.
    ///
    /// # Errors
    /// [`RbmError::Setting`] once the machine cannot be normalised, [`RbmError::Units`] if C does not fit.
    pub fn gradient(&self, second_moments: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        self.check(second_moments)?;
        let scale = self.sigma_h * self.sigma_h;
        let response = self.reduced_precision()?.solve(self.weights.transpose());
        let mut gradient = response.transpose() * -scale;
        add_product_in_slabs(&mut gradient, second_moments, &self.weights, scale);
        Ok(gradient)
    }

    /// Mean log-likelihood per sample: `½ log det Λ − ½ tr(ΛC) − (N_v/2) log 2π`.
    ///
    /// # Errors
    /// As [`LinearMachine::gradient`].
    pub fn log_likelihood(&self, second_moments: &DMatrix<f64>) -> Result<f64> {
        self.check(second_moments)?;
        let (visible, hidden) = (self.weights.nrows() as f64, self.weights.ncols() as f64);
        let floor = 1.0 / (self.sigma_v * self.sigma_v);
        let factor = self.reduced_precision()?;
        let log_determinant = (visible - hidden) * floor.ln() + factor.log_determinant();
        let projected = product(view(second_moments), view(&self.weights));
        let explained = self.weights.dot(&projected);
        let variance: f64 = second_moments.diagonal().iter().sum();
        let trace = floor * variance - self.sigma_h * self.sigma_h * explained;
        Ok(0.5 * (log_determinant - trace - visible * std::f64::consts::TAU.ln()))
    }

    /// One update along the exact gradient: `W += rate · σ_h² (C − Λ⁻¹) W`.
    ///
    /// # Errors
    /// As [`LinearMachine::gradient`]; the machine is then unchanged.
    pub fn update(&mut self, second_moments: &DMatrix<f64>, rate: f64) -> Result<()> {
        let gradient = self.gradient(second_moments)?;
        self.weights += gradient * rate;
        Ok(())
    }

    fn check(&self, second_moments: &DMatrix<f64>) -> Result<()> {
        let visible = self.weights.nrows();
        if second_moments.shape() != (visible, visible) {
            return Err(RbmError::Units { samples: second_moments.nrows(), machine: visible });
        }
        Ok(())
    }
}
