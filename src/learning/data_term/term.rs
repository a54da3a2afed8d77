//! The data term: averages of clamped hidden units over a source of samples.

use super::clamped::{Clamped, HiddenLayer, check_finite, range};
use super::exact;
use super::frame::Frame;
use super::source::Source;
use super::sums::Sums;
use crate::{Error, Prior, Result};
use nalgebra::{DMatrix, DVector};
use std::sync::Arc;

/// Evaluates the data term for one source and one prior, and keeps its memory from one step to the next.
///
/// Over samples it holds, besides the source, at most 16 partial sums of `D × H` numbers (or `D × D`, if smaller or about the
/// same) and 16 blocks of samples. A block takes 0.5 MB or 128 samples.
///
/// ```
/// use spectral_rbm::learning::{DataTerm, Samples, Source};
/// use nalgebra::{DMatrix, DVector, dmatrix};
/// use spectral_rbm::Prior;
/// // Two samples ±2 along one direction; weights so small that tanh is linear: ⟨z σ⟩ = ⟨z²⟩ Y.
/// let source = Source::from(Samples::new(dmatrix![2.0, -2.0])?);
/// let mut term = DataTerm::new(source, &Prior::Gaussian, 100)?;
/// let clamped = term.evaluate(&dmatrix![1e-3], &DVector::zeros(1), 0.0)?;
/// assert!((clamped.correlation[(0, 0)] - 4e-3).abs() < 1e-9);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DataTerm {
    source: Arc<Source>,
    prior: Prior,
    hidden_units: usize,
    sums: Sums,
    clamped: Clamped,
}

impl DataTerm {
    /// The data term of `source` for N_h = `hidden_units` hidden units whose components follow `prior`.
    ///
    /// An empirical prior holds the rows of `√N_h V₀`, that is, components in the *hidden basis*, and for each unit the field
    /// that is not in θ (for example outside the span of V₀). The average over the hidden units is then that of the machine
    /// itself. The other priors are laws of the components of Y's singular vectors.
    ///
    /// # Errors
    /// [`Error::Range`] for no hidden units, or a mixture under a prior that is not Gaussian.
    pub fn new(source: impl Into<Arc<Source>>, prior: &Prior, hidden_units: usize) -> Result<Self> {
        let source = source.into();
        if hidden_units == 0 {
            return Err(range("hidden units", "there are none: at least one is needed".into()));
        }
        if matches!(*source, Source::Mixture(_)) && *prior != Prior::Gaussian {
            let reason = format!(
                "a mixture is averaged exactly under the gaussian prior only, not under the {prior} one: draw samples \
                 from it (Mixture::draw) and average over those"
            );
            return Err(range("the data", reason));
        }
        let sums = Sums::new(&source);
        Ok(Self { source, prior: prior.clone(), hidden_units, sums, clamped: Clamped::zeros(0, 0) })
    }

    /// Approximate number of multiplications in an evaluation with weights of `directions × hidden`.
    pub(in crate::learning) fn multiplications(&self, directions: f64, hidden: f64) -> f64 {
        match &*self.source {
            Source::Mixture(mixture) => mixture.components().len() as f64 * (directions + hidden) * hidden * hidden,
            Source::Samples(samples) => {
                let products = 2.0 * directions * hidden;
                // Integrals with about thirty nodes over all modes, and their sines.
                let averages = if self.prior == Prior::Gaussian { 0.0 } else { 600.0 * hidden };
                samples.count() as f64 * (products + averages)
            }
        }
    }

    /// What is known of the data.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Prior of the hidden components.
    pub fn prior(&self) -> &Prior {
        &self.prior
    }

    /// ⟨z σᵀ⟩ and ⟨σ⟩ for weights Y (`D × H`), fields θ in the hidden basis (raw projections `V₀ᵀ theta`, of length H)
    /// and noise of variance n = κ^{-1/2} σ² on each hidden unit. H may differ from one call to the next.
    ///
    /// # Errors
    /// [`Error::Range`] for weights without columns or with a number of rows other than the data's directions, [`Error::Length`]
    /// for fields that are not one per column (or an empirical prior of another number of modes), [`Error::NotFinite`] for
    /// weights, fields or noise that are not finite, or overflow in the field, [`Error::Negative`] for negative noise,
    /// [`Error::FieldTooLarge`] for fields beyond the Fourier representation (not under a Gaussian prior over samples).
    pub fn evaluate(&mut self, weights: &DMatrix<f64>, theta: &DVector<f64>, noise: f64) -> Result<&Clamped> {
        self.check(weights, theta, noise)?;
        let (source, prior) = (self.source.clone(), self.prior.clone());
        let layer = HiddenLayer { weights, theta, units: self.hidden_units as f64, noise };
        match (&*source, &prior) {
            (Source::Mixture(mixture), _) => self.clamped = exact::clamped(mixture, layer)?,
            (Source::Samples(samples), Prior::Gaussian) => {
                self.sums.gaussian(samples, layer, &mut self.clamped)?;
            }
            (Source::Samples(samples), Prior::Empirical(_)) => {
                self.sums.averaged(samples, &prior, layer, &mut self.clamped)?;
            }
            (Source::Samples(samples), _) => {
                let frame = Frame::of(weights, theta)?;
                let layer = HiddenLayer { weights: &frame.weights, theta: &frame.theta, ..layer };
                self.sums.averaged(samples, &prior, layer, &mut self.clamped)?;
                frame.rotate_back(&mut self.clamped);
            }
        }
        Ok(&self.clamped)
    }

    fn check(&self, weights: &DMatrix<f64>, theta: &DVector<f64>, noise: f64) -> Result<()> {
        let directions = self.source.dimension();
        if weights.nrows() != directions || weights.ncols() == 0 {
            let (rows, columns) = weights.shape();
            let reason = format!(
                "they are {rows} × {columns}: a row for each of the data's {directions} directions is needed, and at \
                 least one column"
            );
            return Err(range("the weights", reason));
        }
        if theta.len() != weights.ncols() {
            return Err(Error::Length { name: "theta", found: theta.len(), expected: weights.ncols() });
        }
        self.prior.check_modes(weights.ncols())?;
        check_finite("a weight", weights.as_slice())?;
        check_finite("a hidden field", theta.as_slice())?;
        check_finite("the noise", &[noise])?;
        if noise < 0.0 {
            return Err(Error::Negative { name: "the noise", value: noise });
        }
        Ok(())
    }
}
