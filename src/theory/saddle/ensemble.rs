//! The statistical ensemble (10) of weight matrices, with the fields on its modes.

use super::fixed_point::list;
use crate::error::{Error, Result};
use crate::theory::average::Backend;
use crate::theory::prior::Prior;
use nalgebra::DVector;
use serde::Serialize;

/// Relative difference up to which two singular values are equal.
const EQUAL: f64 = 1e-10;

/// Largest w, σ and field on a mode: their products and the cubes of their inverses do not overflow.
const LARGEST: f64 = 1e100;
/// Largest κ, and the inverse of the smallest: m scales like κ^{1/4}, and tolerances are absolute.
const LARGEST_KAPPA: f64 = 1e9;

/// Ensemble of machines `w_ij = Σ_α w_α u_i^α v_j^α + r_ij`, `r_ij ~ N(0, σ²/L)`, `L = √(N_v N_h)`, κ = N_h/N_v.
///
/// The fields η_γ and θ_γ are the projections of the sites' fields on the modes divided by √L, so that they compare
/// with `w_γ m_γ` (section 3). An empirical prior brings each site's own field besides.
///
/// ```
/// use spectral_rbm::{Ensemble, Prior};
/// let ensemble = Ensemble::new(0.5, 0.3, &[1.5, 1.3], Prior::Bernoulli)?.with_fields(&[0.1, 0.0], &[0.0, 0.0])?;
/// assert!(ensemble.has_fields());
/// assert!(Ensemble::new(-1.0, 0.3, &[1.5], Prior::Gaussian).is_err());
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ensemble {
    kappa: f64,
    sigma: f64,
    #[serde(serialize_with = "list")]
    modes: DVector<f64>,
    #[serde(serialize_with = "list")]
    eta: DVector<f64>,
    #[serde(serialize_with = "list")]
    theta: DVector<f64>,
    prior_u: Prior,
    prior_v: Prior,
    #[serde(skip)]
    backend: Backend,
}

impl Ensemble {
    /// Ensemble without fields, with one law for û and v̂.
    ///
    /// # Errors
    /// κ outside 1e-9 … 1e9; σ or modes outside 0 … 1e100; no modes, or modes that are not in decreasing order; an empirical
    /// prior with another number of modes.
    pub fn new(kappa: f64, sigma: f64, modes: &[f64], prior: Prior) -> Result<Self> {
        if !(1.0 / LARGEST_KAPPA..=LARGEST_KAPPA).contains(&kappa) {
            return Err(Error::Kappa(kappa));
        }
        if !(0.0..=LARGEST).contains(&sigma) {
            return Err(Error::Sigma(sigma));
        }
        check_modes(modes)?;
        prior.check_modes(modes.len())?;
        let zero = DVector::zeros(modes.len());
        Ok(Self {
            kappa,
            sigma,
            modes: DVector::from_column_slice(modes),
            eta: zero.clone(),
            theta: zero,
            prior_u: prior.clone(),
            prior_v: prior,
            backend: Backend::default(),
        })
    }

    /// The same ensemble with separate laws for û and v̂.
    ///
    /// # Errors
    /// An empirical prior with another number of modes.
    pub fn with_priors(self, prior_u: Prior, prior_v: Prior) -> Result<Self> {
        prior_u.check_modes(self.modes.len())?;
        prior_v.check_modes(self.modes.len())?;
        Ok(Self { prior_u, prior_v, ..self })
    }

    /// The same ensemble with fields η_γ on the visible and θ_γ on the hidden side of each mode.
    ///
    /// # Errors
    /// Lists of another length than the modes, entries that are not finite or beyond 1e100.
    pub fn with_fields(self, eta: &[f64], theta: &[f64]) -> Result<Self> {
        for (name, values) in [("eta", eta), ("theta", theta)] {
            if values.len() != self.modes.len() {
                return Err(Error::Length { name, found: values.len(), expected: self.modes.len() });
            }
            if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
                return Err(Error::NotFinite { name, value });
            }
            if let Some(value) = values.iter().find(|value| value.abs() > LARGEST) {
                let reason = format!("a field of {value} on a mode: choose between -1e100 and 1e100");
                return Err(Error::Range { name, reason });
            }
        }
        Ok(Self { eta: DVector::from_column_slice(eta), theta: DVector::from_column_slice(theta), ..self })
    }

    /// The same ensemble, its averages computed by `backend`.
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// The ensemble with visible and hidden sides exchanged: u, v, η, θ, κ become v, u, θ, η, 1/κ.
    pub fn exchanged(&self) -> Self {
        Self {
            kappa: 1.0 / self.kappa,
            eta: self.theta.clone(),
            theta: self.eta.clone(),
            prior_u: self.prior_v.clone(),
            prior_v: self.prior_u.clone(),
            ..self.clone()
        }
    }

    /// The ensemble without the fields on its modes.
    pub(crate) fn without_fields(&self) -> Self {
        let zero = DVector::zeros(self.modes.len());
        Self { eta: zero.clone(), theta: zero, ..self.clone() }
    }

    /// The ensemble at another temperature: w, σ and the modes' fields divided by it.
    pub(crate) fn at_temperature(&self, temperature: f64) -> Self {
        Self {
            sigma: self.sigma / temperature,
            modes: &self.modes / temperature,
            eta: &self.eta / temperature,
            theta: &self.theta / temperature,
            ..self.clone()
        }
    }

    /// κ = N_h/N_v.
    pub fn kappa(&self) -> f64 {
        self.kappa
    }

    /// σ, the scale of the noise r.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// w_α, in decreasing order.
    pub fn modes(&self) -> &DVector<f64> {
        &self.modes
    }

    /// η_γ, scaled.
    pub fn eta(&self) -> &DVector<f64> {
        &self.eta
    }

    /// θ_γ, scaled.
    pub fn theta(&self) -> &DVector<f64> {
        &self.theta
    }

    /// Law of û.
    pub fn prior_u(&self) -> &Prior {
        &self.prior_u
    }

    /// Law of v̂.
    pub fn prior_v(&self) -> &Prior {
        &self.prior_v
    }

    /// How the averages are computed.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether any field acts: on a mode, or on a site of an empirical prior.
    pub fn has_fields(&self) -> bool {
        (0..self.modes.len()).any(|mode| self.has_field(mode)) || self.has_site_fields()
    }

    /// Whether η or θ acts on this mode (counted from 0).
    pub fn has_field(&self, mode: usize) -> bool {
        self.eta[mode] != 0.0 || self.theta[mode] != 0.0
    }

    fn has_site_fields(&self) -> bool {
        [&self.prior_u, &self.prior_v]
            .into_iter()
            .any(|prior| matches!(prior, Prior::Empirical(components) if components.fields().iter().any(|&f| f != 0.0)))
    }

    /// The symmetry that maps a fixed point onto others.
    pub fn symmetry(&self) -> Symmetry {
        if self.prior_u.is_symmetric() && self.prior_v.is_symmetric() {
            Symmetry::SignOfEachMode((0..self.modes.len()).map(|mode| !self.has_field(mode)).collect())
        } else if self.has_fields() {
            Symmetry::None
        } else {
            Symmetry::GlobalFlip
        }
    }

    /// Whether û and v̂ are both Gaussian, so that modes without field enter through w_α alone.
    pub(crate) fn is_gaussian(&self) -> bool {
        self.prior_u == Prior::Gaussian && self.prior_v == Prior::Gaussian
    }

    /// Modes (counted from 0) that can be rotated into `mode`: under Gaussian laws on both sides, modes of equal w (to
    /// 1e-10, below which nothing tells them apart) on which no field acts. Their fixed points form a continuum.
    pub fn rotation_group(&self, mode: usize) -> Vec<usize> {
        if !self.is_gaussian() || self.has_field(mode) {
            return vec![mode];
        }
        let w = self.modes[mode];
        let equal = |other: &usize| (self.modes[*other] - w).abs() <= EQUAL * w && !self.has_field(*other);
        (0..self.modes.len()).filter(equal).collect()
    }
}

fn check_modes(modes: &[f64]) -> Result<()> {
    if modes.is_empty() {
        return Err(Error::NoModes);
    }
    for (index, &value) in modes.iter().enumerate() {
        if !(0.0..=LARGEST).contains(&value) {
            return Err(Error::Mode { mode: index + 1, value });
        }
        if index > 0 && value > modes[index - 1] {
            return Err(Error::Unordered { mode: index + 1, value, previous: modes[index - 1] });
        }
    }
    Ok(())
}

/// Symmetry of the saddle-point equations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Symmetry {
    /// Flipping a mode's (m_α, m̄_α) is a symmetry where the entry is true: symmetric laws, no field on that mode.
    SignOfEachMode(Vec<bool>),
    /// Only all signs together: an empirical law without fields.
    GlobalFlip,
    /// None: an empirical law with fields.
    None,
}

impl Symmetry {
    /// Number of images of a state of magnetizations m under the symmetry, itself included.
    pub fn degeneracy(&self, magnetization: &DVector<f64>) -> f64 {
        match self {
            Symmetry::SignOfEachMode(free) => {
                let flipped = magnetization.iter().zip(free).filter(|(m, free)| **free && **m != 0.0).count();
                (flipped as f64).exp2()
            }
            Symmetry::GlobalFlip if magnetization.iter().any(|&m| m != 0.0) => 2.0,
            _ => 1.0,
        }
    }

    /// The signs (±1, one per mode) that turn a state of magnetizations m into the image that stands for all: free
    /// signs positive, or the largest entry positive.
    pub fn signs(&self, magnetization: &DVector<f64>) -> DVector<f64> {
        let sign = |m: f64| if m < 0.0 { -1.0 } else { 1.0 };
        match self {
            Symmetry::SignOfEachMode(free) => {
                magnetization.map_with_location(|mode, _, m| if free[mode] { sign(m) } else { 1.0 })
            }
            Symmetry::GlobalFlip => {
                let largest =
                    magnetization.iter().fold(0.0, |best: f64, &m| if m.abs() > best.abs() { m } else { best });
                DVector::from_element(magnetization.len(), sign(largest))
            }
            Symmetry::None => DVector::from_element(magnetization.len(), 1.0),
        }
    }

    /// Whether the sign of this mode alone is free.
    pub fn is_free(&self, mode: usize) -> bool {
        matches!(self, Symmetry::SignOfEachMode(free) if free[mode])
    }
}
