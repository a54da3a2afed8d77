//! The linear theory of learning (`docs/theory.md`, section 5): which directions of the data are learnt, how fast, when they
//! emerge, and how strong they are in the linear machine.
//!
//! A linear machine of Gaussian units obeys `dW/dt = σ_h² (C − Λ⁻¹) W` with `Λ = 1/σ_v² − σ_h² W Wᵀ`. Once its frame is that of
//! the data's covariance C, its modes are independent. Each depends on its own variance Λ̂_α = ⟨s_α²⟩ of the data:
//!
//! ```text
//! dw_α/dt = w_α σ_h² ( Λ̂_α − σ_v²/(1 − σ_v² σ_h² w_α²) ) = ∂ℓ/∂w_α,
//! ℓ = ½ log det Λ − ½ tr(ΛC) − (N_v/2) log 2π,    so that dℓ/dt = Σ_α (dw_α/dt)²,
//! ```
//!
//! which [`LinearMode`] solves in closed form. A direction is learnt if Λ̂_α > σ_v²: the letter's criterion.
//!
//! A machine of ±1 units whose visible fields match the data's means starts like `dW/dt = (C − diag C) W`, exactly to first order
//! in W. Its modes grow at the rates given by the eigenvalues of this operator. The operator does not tell where they end.
//!
//! The frame need not be the data's at the start. As long as W is small, `W(t) = exp(t R) W(0)` with the operator R of the growth
//! rates: the part of every mode grows at its own rate, and the frame meanwhile turns to that of the data. For the whole flow
//! from an arbitrary frame we know no closed form: `Λ̇ = CΛ + ΛC − 2C + 2Λ⁻¹ − 2` (unit variances) is neither linear nor a
//! Riccati equation.

mod flow;
mod mode;

pub use mode::LinearMode;

use crate::data::Moments;
use crate::linalg::symmetric_eigen;
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};

/// Modes count as growing above this fraction of the fastest rate. Constant units of ±1 data have the rate 0, up to errors of the
/// eigenvalue iteration of 1e-15 of the largest rate.
const LEAST_RATE: f64 = 1e-10;

/// Learning rate where growth allows it: that of the letter.
pub const LEARNING_RATE: f64 = 0.01;

/// Units of a machine in the linear theory of learning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LinearUnits {
    /// Gaussian units: the theory is exact at all times.
    Gaussian {
        /// Standard deviation σ_v of free visible units.
        sigma_v: f64,
        /// Standard deviation σ_h of free hidden units.
        sigma_h: f64,
    },
    /// ±1 units around independent sites: the theory holds while W is small.
    Ising,
}

/// A learning rate that resolves growth: [`LEARNING_RATE`], or the largest one-digit rate at which a mode that grows at the rate
/// `fastest` gains at most the share `growth` of itself per update.
pub fn resolving_rate(fastest: f64, growth: f64) -> f64 {
    if fastest * LEARNING_RATE <= growth {
        return LEARNING_RATE;
    }
    let largest = growth / fastest;
    let unit = 10f64.powf(largest.log10().floor());
    // Division by a power of ten is exact where multiplication by its inverse is not: 0.002, not 0.0020000000000000005.
    let digit = (largest / unit).floor();
    digit / (1.0 / unit).round()
}

/// The linear theory of learning of one data set.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearTheory {
    /// The machine's units.
    pub units: LinearUnits,
    /// Growth rates of small w along the directions, decreasing: `σ_h² (Λ̂ − σ_v²)`, or the eigenvalues of `C − diag C`.
    pub rates: DVector<f64>,
    /// One unit vector per rate in columns, `N_v × N_v`: eigenvectors of C, or of `C − diag C`.
    pub directions: DMatrix<f64>,
    /// Variances `u·C u` of the data along the directions. They decrease for Gaussian units, not always for ±1 units.
    pub variances: DVector<f64>,
}

impl LinearTheory {
    /// Theory of a machine of Gaussian units: directions and variances are the principal components of the data.
    ///
    /// ```
    /// use nalgebra::{DMatrix, DVector};
    /// use spectral_rbm::{data::Moments, learning::LinearTheory};
    /// let covariance = DMatrix::from_diagonal(&DVector::from_vec(vec![0.5, 4.0, 1.25]));
    /// let theory = LinearTheory::of_gaussian(&Moments { mean: DVector::zeros(3), covariance }, 1.0, 1.0)?;
    /// assert_eq!(theory.unstable(), 2);
    /// assert_eq!(theory.rates.as_slice(), [3.0, 0.25, -0.5]);
    /// assert_eq!(theory.equilibrium()?.as_slice(), [0.75f64.sqrt(), 0.2f64.sqrt(), 0.0]);
    /// # Ok::<(), spectral_rbm::Error>(())
    /// ```
    ///
    /// # Errors
    /// Deviations that are not positive and finite; a covariance that is not square, symmetric and finite, or has a negative
    /// variance; [`Error::NoConvergence`] if its eigenvalues do not converge.
    pub fn of_gaussian(moments: &Moments, sigma_v: f64, sigma_h: f64) -> Result<Self> {
        mode::check_deviation("sigma_v", sigma_v)?;
        mode::check_deviation("sigma_h", sigma_h)?;
        check_covariance(&moments.covariance)?;
        let (mut variances, directions) = symmetric_eigen(&moments.covariance)?;
        let blur = LEAST_RATE * variances.amax();
        if let Some(&value) = variances.iter().find(|&&variance| variance < -blur) {
            return Err(Error::Negative { name: "an eigenvalue of the covariance", value });
        }
        // Remaining values below 0 are rounded zeros.
        variances.apply(|variance| *variance = variance.max(0.0));
        let rates = variances.map(|variance| sigma_h.powi(2) * (variance - sigma_v.powi(2)));
        Ok(Self { units: LinearUnits::Gaussian { sigma_v, sigma_h }, rates, directions, variances })
    }

    /// Theory of the start of a machine of ±1 units, by the operator `C − diag C`.
    ///
    /// # Errors
    /// As [`LinearTheory::of_gaussian`], except for the deviations.
    pub fn of_ising(moments: &Moments) -> Result<Self> {
        check_covariance(&moments.covariance)?;
        let (rates, directions) = symmetric_eigen(&moments.growth_operator())?;
        let own = moments.covariance.diagonal();
        // u·C u = rate + Σ_i u_i² C_ii.
        let variances = DVector::from_iterator(
            rates.len(),
            directions.column_iter().zip(&rates).map(|(u, rate)| rate + u.component_mul(&u).dot(&own)),
        );
        Ok(Self { units: LinearUnits::Ising, rates, directions, variances })
    }

    /// Number of visible units, and of modes.
    pub fn len(&self) -> usize {
        self.rates.len()
    }

    /// Whether there are no units. Always false for a theory made from moments.
    pub fn is_empty(&self) -> bool {
        self.rates.is_empty()
    }

    /// The rate above which a mode counts as growing: 1e-10 of the largest rate in magnitude. It is above 0 because constant ±1
    /// units have the rate 0 only up to rounding.
    pub fn threshold(&self) -> f64 {
        LEAST_RATE * self.rates.amax()
    }

    /// Number of growing directions.
    pub fn unstable(&self) -> usize {
        let threshold = self.threshold();
        self.rates.iter().take_while(|&&rate| rate > threshold).count()
    }

    /// The directions of the `count` fastest modes, `N_v × count`.
    ///
    /// # Errors
    /// More directions than there are.
    pub fn leading(&self, count: usize) -> Result<DMatrix<f64>> {
        self.check_count("the leading directions", count)?;
        Ok(self.directions.columns(0, count).into_owned())
    }

    /// The closed form of mode `index`, from 0 in the order of decreasing rates.
    ///
    /// # Errors
    /// ±1 units, where the linear theory covers only the start; an index beyond the last mode.
    pub fn mode(&self, index: usize) -> Result<LinearMode> {
        let LinearUnits::Gaussian { sigma_v, sigma_h } = self.units else {
            let reason = "the linear theory of ±1 units holds while W is small: it has no strengths in the long run";
            return Err(Error::Range { name: "the closed form of a mode", reason: reason.to_owned() });
        };
        self.check_count("the modes", index + 1)?;
        LinearMode::new(self.variances[index], sigma_v, sigma_h)
    }

    /// The spectrum that a linear machine tends to, decreasing, one entry per mode: `w² = (Λ̂ − σ_v²)/(σ_v² σ_h² Λ̂)`, or 0 for
    /// the stable modes. A machine of N_h hidden units can only have the first N_h.
    ///
    /// # Errors
    /// ±1 units, whose equilibrium the linear theory does not give.
    pub fn equilibrium(&self) -> Result<DVector<f64>> {
        let strengths: Result<Vec<_>> = (0..self.len()).map(|index| Ok(self.mode(index)?.equilibrium())).collect();
        strengths.map(DVector::from_vec)
    }

    /// Strengths at time t of the first modes, which start at `starts`. They are exact for Gaussian units in the data's frame.
    /// For ±1 units they are `w e^{rate t}`, which holds as long as they are small.
    ///
    /// # Errors
    /// More starts than modes; starts or t negative or not finite; for Gaussian units a start of `1/(σ_v σ_h)` or more.
    pub fn strengths_at(&self, starts: &[f64], t: f64) -> Result<DVector<f64>> {
        self.check_count("the starts", starts.len())?;
        mode::check_time(t)?;
        let strength = |(index, &start): (usize, &f64)| match self.units {
            LinearUnits::Gaussian { .. } => self.mode(index)?.strength_at(start, t),
            LinearUnits::Ising => {
                check_level("the start of a mode", start)?;
                Ok(if start == 0.0 { 0.0 } else { start * (self.rates[index] * t).exp() })
            }
        };
        Ok(DVector::from_vec(starts.iter().enumerate().map(strength).collect::<Result<_>>()?))
    }

    /// Time at which each mode, starting at `start`, reaches `level`: for example the edge of the bulk, or 1, where it condenses.
    /// 0 if it starts at `level` or above; `None` if it does not grow, or settles at `level` or below. For ±1 units the time is
    /// `ln(level/start)/rate`, which the linear theory guarantees only for small levels.
    ///
    /// # Errors
    /// Start or level negative or not finite; for Gaussian units one of `1/(σ_v σ_h)` or more.
    pub fn emergence_times(&self, start: f64, level: f64) -> Result<Vec<Option<f64>>> {
        check_level("the start of a mode", start)?;
        check_level("the level to be reached", level)?;
        let threshold = self.threshold();
        let time = |index: usize| match self.units {
            LinearUnits::Gaussian { .. } => {
                // Also where the level is below the start, so that a strength out of range is always refused.
                let time = self.mode(index)?.time_between(start, level)?;
                Ok(if level <= start { Some(0.0) } else { time })
            }
            LinearUnits::Ising if level <= start => Ok(Some(0.0)),
            LinearUnits::Ising => {
                let grows = start > 0.0 && self.rates[index] > threshold;
                Ok(grows.then(|| (level / start).ln() / self.rates[index]))
            }
        };
        (0..self.len()).map(time).collect()
    }

    /// Mean log-likelihood per sample of a linear machine in the data's frame: `½ log det Λ − ½ tr(ΛC) − (N_v/2) log 2π` with
    /// the strengths of its first modes; the others are 0. The data are taken about their mean.
    ///
    /// # Errors
    /// ±1 units; more strengths than modes; one that is negative, not finite, or `1/(σ_v σ_h)` or more.
    pub fn log_likelihood(&self, strengths: &[f64]) -> Result<f64> {
        self.check_count("the strengths", strengths.len())?;
        let strengths = strengths.iter().copied().chain(std::iter::repeat(0.0));
        (0..self.len()).zip(strengths).map(|(index, w)| self.mode(index)?.log_likelihood(w)).sum()
    }

    /// Rate at which learning raises the likelihood: `dℓ/dt = Σ_α (dw_α/dt)²`.
    ///
    /// # Errors
    /// As [`LinearTheory::log_likelihood`].
    pub fn log_likelihood_rate(&self, strengths: &[f64]) -> Result<f64> {
        self.check_count("the strengths", strengths.len())?;
        strengths.iter().enumerate().map(|(index, &w)| Ok(self.mode(index)?.velocity(w)?.powi(2))).sum()
    }

    fn check_count(&self, name: &'static str, count: usize) -> Result<()> {
        if count <= self.len() {
            return Ok(());
        }
        Err(Error::Range { name, reason: format!("{count} are asked for and the theory has {} modes", self.len()) })
    }
}

fn check_level(name: &'static str, value: f64) -> Result<()> {
    if !value.is_finite() {
        return Err(Error::NotFinite { name, value });
    }
    if value < 0.0 {
        return Err(Error::Negative { name, value });
    }
    Ok(())
}

fn check_covariance(covariance: &DMatrix<f64>) -> Result<()> {
    let name = "the covariance";
    let (rows, columns) = covariance.shape();
    if rows != columns || rows == 0 {
        return Err(Error::Range { name, reason: format!("it is {rows} × {columns}: it must be square, with units") });
    }
    if let Some(&value) = covariance.iter().find(|entry| !entry.is_finite()) {
        return Err(Error::NotFinite { name: "an entry of the covariance", value });
    }
    // The matrix comes from products in either order, so it may be asymmetric by rounding.
    let asymmetry = (covariance - covariance.transpose()).amax();
    if asymmetry > LEAST_RATE * covariance.amax() {
        return Err(Error::Range { name, reason: format!("it is not symmetric: entries differ by {asymmetry:e}") });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
