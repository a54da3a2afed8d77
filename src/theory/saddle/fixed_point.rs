//! A solution of the saddle-point equations, as plain data.

use nalgebra::DVector;
use serde::{Serialize, Serializer};

/// What kind of state a fixed point is, by its magnetized modes. Where fields act, a mode counts if |m| or |m̄| exceeds
/// 1e-6, whether it condenses by itself or through its field; the overlaps of the first two kinds are then those that
/// weak fields cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// m = q = 0.
    Paramagnet,
    /// m = 0, q > 0: for σ > 1 only.
    SpinGlass,
    /// One mode condensed.
    Single,
    /// Several modes condensed.
    Mixture,
    /// A point of a continuum: modes of equal w under Gaussian laws can be rotated into each other freely.
    Continuum,
}

/// How a solve ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The residual is below the tolerance.
    Converged,
    /// The residual is above the tolerance: the numbers are the last iterate and must not be used as a solution.
    Unconverged,
}

/// A fixed point of the replica-symmetric equations (11, 12) of an [`Ensemble`](super::Ensemble).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FixedPoint {
    /// Kind of state.
    pub kind: Kind,
    /// Ranks (from 1) of the modes with m ≠ 0.
    pub modes_condensed: Vec<usize>,
    /// m_α = ⟨σ_α⟩/√L, hidden magnetizations, one per mode.
    #[serde(rename = "m", serialize_with = "list")]
    pub magnetization: DVector<f64>,
    /// m̄_α = ⟨s_α⟩/√L, visible magnetizations, one per mode.
    #[serde(rename = "m_bar", serialize_with = "list")]
    pub magnetization_bar: DVector<f64>,
    /// q = E[tanh² h̄], hidden overlap.
    #[serde(rename = "q")]
    pub overlap: f64,
    /// q̄ = E[tanh² h], visible overlap.
    #[serde(rename = "q_bar")]
    pub overlap_bar: f64,
    /// f = −(1/L) E log Z.
    pub free_energy: f64,
    /// Spectral radius of one round of the equations at the point. Where m = 0 decouples from q, that of the m block:
    /// `w_max² (1 − q)(1 − q̄)`. NaN if the eigenvalues could not be computed.
    pub spectral_radius: f64,
    /// Spectral radius below 1, or equal to it within 1e-10 (marginal: at a transition, along a continuum); and, for the
    /// paramagnet, σ ≤ 1: beyond, the q = 0 solution is superseded by the spin glass.
    pub stable: bool,
    /// Almeida–Thouless number `σ⁴ E[sech⁴ h] E[sech⁴ h̄]`.
    pub at_number: f64,
    /// `at_number < 1`: stable against breaking replica symmetry.
    pub at_stable: bool,
    /// Number of fixed points that the symmetries make of this one (of a continuum: of its isolated directions).
    #[serde(serialize_with = "count")]
    pub degeneracy: f64,
    /// Thermodynamic weight of the point with all its images at a given size; set by
    /// [`Enumeration::weigh`](super::Enumeration::weigh).
    pub weight: Option<f64>,
    /// Largest |change| of an order parameter in one round of the equations.
    pub residual: f64,
    /// Whether that is small enough.
    pub status: Status,
    /// Rounds and Newton steps taken.
    pub iterations: usize,
    /// `1 − q` and `1 − q̄`, to full accuracy where q is close to 1.
    #[serde(skip)]
    pub(crate) complements: (f64, f64),
}

impl FixedPoint {
    /// Whether it is a solution.
    pub fn is_converged(&self) -> bool {
        self.status == Status::Converged
    }

    /// `(1 − q)(1 − q̄)`: a mode β on which the state has no component grows iff w_β² times this exceeds 1.
    pub fn susceptibility(&self) -> f64 {
        self.complements.0 * self.complements.1
    }

    /// The state `(m_1, …, m_K, q)` that the solver iterates.
    pub(crate) fn state(&self) -> DVector<f64> {
        self.magnetization.push(self.overlap)
    }
}

/// A vector as a plain list.
pub(super) fn list<S: Serializer>(vector: &DVector<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(vector.iter())
}

/// A count, as an integer where it fits one.
fn count<S: Serializer>(count: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if *count < EXACT { serializer.serialize_u64(*count as u64) } else { serializer.serialize_f64(*count) }
}
