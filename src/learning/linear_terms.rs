//! Both terms of linear machines, and their likelihood (`docs/theory.md`, section 5).

use super::averages::Averages;
use super::data_term::Clamped;
use super::frame::Frame;
use super::gaussian::{Covariance, linear_response};
use super::state::State;
use super::term::{At, ClampedTerm, FreeTerm, Step};
use crate::data::Moments;
use crate::error::{Error, Result};
use crate::linalg::product_of;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::TAU;
use std::sync::Arc;

/// Averages over the data: `σ_h² C Y`.
#[derive(Debug)]
pub(super) struct LinearClamped(pub Arc<DMatrix<f64>>);

impl ClampedTerm for LinearClamped {
    fn averages(&mut self, at: At<'_>) -> Result<Clamped> {
        let State { weights, theta, .. } = at.state;
        Ok(Clamped { correlation: product_of(&self.0, weights), hidden: DVector::zeros(theta.len()) })
    }

    fn multiplications(&self, directions: f64, hidden: f64) -> f64 {
        directions * directions * hidden
    }
}

/// Averages of the machine: `A Y (1/σ_h² − Yᵀ A Y)⁻¹` with the visible covariance A of the machine without weights.
#[derive(Debug)]
pub(super) struct LinearFree {
    pub covariance: Covariance,
    pub hidden_variance: f64,
}

impl FreeTerm for LinearFree {
    fn averages(&mut self, at: At<'_>, _step: Option<Step<'_>>) -> Result<Averages> {
        let correlation = linear_response(&at.state.weights, &self.covariance, self.hidden_variance)?;
        let State { eta, theta, .. } = at.state;
        Ok(Averages { correlation, visible: DVector::zeros(eta.len()), hidden: DVector::zeros(theta.len()) })
    }

    fn multiplications(&self, at: At<'_>) -> f64 {
        solution(at.state)
    }
}

/// Multiplications of one solution of a system in the space of the hidden units.
pub(super) fn solution(state: &State) -> f64 {
    let (directions, hidden) = (state.weights.nrows() as f64, state.weights.ncols() as f64);
    directions * hidden * hidden + hidden.powi(3)
}

/// The likelihood of linear machines.
#[derive(Clone, Debug)]
pub(super) struct Likelihood {
    /// `σ_h² C` in the directions.
    operator: Arc<DMatrix<f64>>,
    /// tr C.
    trace: f64,
    visible_variance: f64,
    hidden_variance: f64,
    units: f64,
}

impl Likelihood {
    pub fn new(operator: Arc<DMatrix<f64>>, moments: &Moments, (sigma_v, sigma_h): (f64, f64)) -> Self {
        Self {
            operator,
            trace: moments.covariance.trace(),
            visible_variance: sigma_v * sigma_v,
            hidden_variance: sigma_h * sigma_h,
            units: moments.covariance.nrows() as f64,
        }
    }

    /// Mean of a sample, `½ log det Λ − ½ tr(ΛC) − (N_v/2) log 2π`.
    pub fn mean_log(&self, frame: &Frame, state: &State) -> Result<f64> {
        let coupling = self.visible_variance * self.hidden_variance;
        let free = -self.units * (self.visible_variance * TAU).ln();
        if frame.singular_values.iter().any(|w| coupling * w * w >= 1.0) {
            return Err(Error::Divergent);
        }
        let log_determinant: f64 = frame.singular_values.iter().map(|w| (-coupling * w * w).ln_1p()).sum();
        let explained = state.weights.dot(&product_of(&self.operator, &state.weights));
        Ok(0.5 * (free + log_determinant - self.trace / self.visible_variance + explained))
    }
}
