//! A flow split into a costly and a cheap part, and settings of its integration.

use crate::error::{Error, Result};
use nalgebra::DVector;
use serde::{Deserialize, Serialize};

/// A rate in two parts, `dy/dt = slow(t, y) + fast(t, y)`.
pub trait Split {
    /// The costly part.
    ///
    /// # Errors
    /// Whatever prevents the evaluation.
    fn slow(&self, t: f64, y: &DVector<f64>) -> Result<DVector<f64>>;

    /// The cheap part, which may be stiff.
    ///
    /// # Errors
    /// [`Error::Divergent`] beyond a pole that the flow approaches but does not reach, or [`Error::Unsolved`]: the integrator
    /// then tries the step again, smaller. Any other error ends the integration.
    fn fast(&self, t: f64, y: &DVector<f64>) -> Result<DVector<f64>>;

    /// The rate of a step of the map with the given learning rate: that of the flow, unless it depends on the end of the step.
    ///
    /// # Errors
    /// Errors of both parts.
    fn step(&self, t: f64, y: &DVector<f64>, _learning_rate: f64) -> Result<DVector<f64>> {
        Ok(self.slow(t, y)? + self.fast(t, y)?)
    }
}

/// A step is small below this share of the way to the next requested time.
pub(super) const SMALL_STEP: f64 = 1e-4;

/// Methods of integration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The data term as a polynomial; DOP853 for the rest under it.
    #[default]
    Multirate,
    /// DOP853 for the whole rate.
    Dop853,
    /// Steps of a finite learning rate.
    Map,
}

/// Tolerances: the error of a step in component y stays below `absolute + relative |y|`, in the mean square.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// Part relative to the component.
    pub relative: f64,
    /// Absolute part.
    pub absolute: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { relative: 1e-6, absolute: 1e-9 }
    }
}

impl Tolerance {
    /// Checks that both are finite and positive.
    ///
    /// # Errors
    /// [`Error::Range`] if not, or if the relative tolerance is below 1e-13, which rounding does not allow.
    pub fn check(&self) -> Result<()> {
        if !(self.relative.is_finite() && self.relative >= 1e-13) {
            let reason = format!("it is {}: it must be finite and at least 1e-13", self.relative);
            return Err(Error::Range { name: "the relative tolerance", reason });
        }
        if !(self.absolute.is_finite() && self.absolute > 0.0) {
            let reason = format!("it is {}: it must be finite and positive", self.absolute);
            return Err(Error::Range { name: "the absolute tolerance", reason });
        }
        Ok(())
    }

    /// `(mean (e/(absolute + relative |y|))²)^{1/2}`: at most 1 where the error e is tolerated.
    pub(super) fn norm(&self, error: &DVector<f64>, y: &DVector<f64>) -> f64 {
        let scaled = |(e, y): (&f64, &f64)| (e / (self.absolute + self.relative * y.abs())).powi(2);
        (error.iter().zip(y.iter()).map(scaled).sum::<f64>() / error.len().max(1) as f64).sqrt()
    }
}

/// Cost of an integration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// Evaluations of the slow part: the data term.
    pub data_evaluations: u64,
    /// Evaluations of the fast part: the machine's own term.
    pub machine_evaluations: u64,
    /// Steps taken; for the multirate method, steps of the data term.
    pub steps: u64,
    /// Times from which a step was tried and refused because its error was too large. For DOP853, the requested times before such
    /// steps.
    pub refused_at: Vec<f64>,
    /// The smallest step taken; for DOP853, the smallest mean step between requested times.
    pub smallest_step: Option<f64>,
}

impl Statistics {
    pub(super) fn note_step(&mut self, step: f64) {
        self.steps += 1;
        self.smallest_step = Some(self.smallest_step.map_or(step, |smallest| smallest.min(step)));
    }
}

/// A point of a solution.
#[derive(Clone, Debug, PartialEq)]
pub struct SolutionPoint {
    /// t.
    pub time: f64,
    /// y(t).
    pub y: DVector<f64>,
    /// dy/dt; for a map, its step divided by the learning rate.
    pub rate: DVector<f64>,
}
