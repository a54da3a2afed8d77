//! Phases, and the boundaries between them as curves of points.

use crate::error::{Error, Result};
use crate::theory::prior::Prior;
use crate::theory::saddle::{Ensemble, Enumeration, FixedPoint, Kind};

use serde::{Serialize, Serializer};
use std::fmt;

/// Accuracy to which the points of a boundary are found, in the plane's units.
pub const PRECISION: f64 = 1e-10;

/// 1/σ that stands for the edge 1/σ = 0 of the map: order parameters there differ from their limit by about this much. The
/// Almeida–Thouless number is given its limit, infinity.
pub const ZERO_TEMPERATURE: f64 = 1e-6;

/// Phase of the dominant stable state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// m = q = 0.
    Paramagnetic,
    /// Some mode condensed, replica-symmetric stable.
    Ferromagnetic,
    /// m = 0, q > 0.
    SpinGlass,
    /// Some mode condensed, but unstable against breaking replica symmetry (Almeida–Thouless).
    Mixed,
    /// Fields act: they magnetize every mode on which they act, and phases cannot be told apart.
    WithFields,
    /// No stable state was found.
    Unconverged,
}

impl Phase {
    /// Phase of an ensemble whose dominant stable state is `point`.
    pub fn of(ensemble: &Ensemble, point: Option<&FixedPoint>) -> Self {
        match point {
            None => Phase::Unconverged,
            Some(_) if ensemble.has_fields() => Phase::WithFields,
            Some(point) if !point.modes_condensed.is_empty() && point.at_stable => Phase::Ferromagnetic,
            Some(point) if !point.modes_condensed.is_empty() => Phase::Mixed,
            Some(point) if point.kind == Kind::SpinGlass => Phase::SpinGlass,
            Some(_) => Phase::Paramagnetic,
        }
    }

    /// Phase of the dominant state of an enumeration.
    pub fn of_enumeration(ensemble: &Ensemble, found: &Enumeration) -> Self {
        Self::of(ensemble, found.dominant())
    }

    /// Name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Paramagnetic => "paramagnetic",
            Phase::Ferromagnetic => "ferromagnetic",
            Phase::SpinGlass => "spin-glass",
            Phase::Mixed => "mixed",
            Phase::WithFields => "with-fields",
            Phase::Unconverged => "unconverged",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Ensembles that differ in σ and w_max only.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    kappa: f64,
    modes_ratio: Vec<f64>,
    prior_u: Prior,
    prior_v: Prior,
}

impl Family {
    /// Family of κ, of modes `w_α = ratio_α w_max` (first ratio 1, decreasing), and of the laws of û and v̂.
    ///
    /// # Errors
    /// Those of [`Ensemble::new`]; a first ratio other than 1; an empirical law, whose components need not be orthogonal
    /// and whose fields would single out a state.
    pub fn new(kappa: f64, modes_ratio: &[f64], prior_u: Prior, prior_v: Prior) -> Result<Self> {
        Ensemble::new(kappa, 1.0, modes_ratio, prior_u.clone())?.with_priors(prior_u.clone(), prior_v.clone())?;
        if !(prior_u.is_symmetric() && prior_v.is_symmetric()) {
            let reason = "phase diagrams are of the four named laws; solve the ensemble of an empirical one".to_owned();
            return Err(Error::Range { name: "the empirical prior", reason });
        }
        if modes_ratio[0] != 1.0 {
            let reason = format!("the first is {}, it must be 1: the others are relative to it", modes_ratio[0]);
            return Err(Error::Range { name: "the modes' ratios", reason });
        }
        Ok(Self { kappa, modes_ratio: modes_ratio.to_vec(), prior_u, prior_v })
    }

    /// κ.
    pub fn kappa(&self) -> f64 {
        self.kappa
    }

    /// w_α/w_max.
    pub fn modes_ratio(&self) -> &[f64] {
        &self.modes_ratio
    }

    /// Law of û.
    pub fn prior_u(&self) -> &Prior {
        &self.prior_u
    }

    /// Law of v̂.
    pub fn prior_v(&self) -> &Prior {
        &self.prior_v
    }

    /// Whether û and v̂ are both Gaussian: only the largest mode can then be condensed in a stable state.
    pub(super) fn is_gaussian(&self) -> bool {
        self.prior_u == Prior::Gaussian && self.prior_v == Prior::Gaussian
    }

    /// The ensemble at a point of the plane; 1/σ below [`ZERO_TEMPERATURE`] is taken to be that.
    ///
    /// # Errors
    /// Negative or infinite coordinates.
    pub fn ensemble(&self, inv_sigma: f64, w_over_sigma: f64) -> Result<Ensemble> {
        let sigma = 1.0 / inv_sigma.max(ZERO_TEMPERATURE);
        let modes: Vec<f64> = self.modes_ratio.iter().map(|ratio| ratio * w_over_sigma * sigma).collect();
        Ensemble::new(self.kappa, sigma, &modes, self.prior_u.clone())?
            .with_priors(self.prior_u.clone(), self.prior_v.clone())
    }
}

/// A line of the plane on which something changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Curve {
    /// The paramagnet becomes unstable to a mode: w_max = 1 for σ < 1.
    ParamagneticFerromagnetic,
    /// The paramagnet becomes a spin glass: σ = 1 for w_max < 1.
    ParamagneticSpinGlass,
    /// The spin glass becomes unstable to a mode: `w_max² (1 − q)(1 − q̄) = 1`.
    SpinGlassFerromagnetic,
    /// The dominant condensed state becomes unstable against replica-symmetry breaking.
    AlmeidaThouless,
    /// Limit of stability of the state in which this mode alone (rank from 1) is condensed.
    Metastable(usize),
    /// Limit of stability of the mixture of the first k modes, k being this number.
    Mixture(usize),
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Curve::ParamagneticFerromagnetic => f.write_str("paramagnetic-ferromagnetic"),
            Curve::ParamagneticSpinGlass => f.write_str("paramagnetic-spin-glass"),
            Curve::SpinGlassFerromagnetic => f.write_str("spin-glass-ferromagnetic"),
            Curve::AlmeidaThouless => f.write_str("almeida-thouless"),
            Curve::Metastable(mode) => write!(f, "metastable-{mode}"),
            Curve::Mixture(modes) => write!(f, "mixture-{modes}"),
        }
    }
}

impl Serialize for Curve {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How a point of a boundary was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PointStatus {
    /// A root, with a change of sign across the bracket.
    Converged,
    /// A limit known in closed form: the multicritical point, the edge 1/σ = 0.
    ClosedForm,
    /// The quantity jumps across its critical value: the dominant state changes discontinuously there.
    Jump,
    /// Not certified: do not use.
    Unconverged,
}

impl PointStatus {
    /// Name used in files.
    pub fn name(self) -> &'static str {
        match self {
            PointStatus::Converged => "converged",
            PointStatus::ClosedForm => "closed-form",
            PointStatus::Jump => "jump",
            PointStatus::Unconverged => "unconverged",
        }
    }
}

/// A point of a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BoundaryPoint {
    /// 1/σ.
    pub inv_sigma: f64,
    /// w_max/σ.
    pub w_over_sigma: f64,
    /// Width of the interval, along the direction of the search, across which the change was seen; 0 in closed form.
    pub bracket: f64,
    /// How it was found.
    pub status: PointStatus,
}

/// A boundary, or a connected piece of one, as an ordered line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Boundary {
    /// What changes there.
    pub curve: Curve,
    /// The points in order along the line.
    pub points: Vec<BoundaryPoint>,
}

/// The dominant stable state at a point of the map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MapPoint {
    /// 1/σ.
    pub inv_sigma: f64,
    /// w_max/σ.
    pub w_over_sigma: f64,
    /// Phase.
    pub phase: Phase,
    /// Hidden overlap.
    pub q: f64,
    /// Visible overlap.
    pub q_bar: f64,
    /// Hidden magnetization of the leading condensed mode, 0 if none.
    pub m: f64,
    /// Visible magnetization of the same mode.
    pub m_bar: f64,
    /// Almeida–Thouless number.
    pub at_number: f64,
    /// Stable fixed points found, modulo signs.
    pub stable_fixed_points: usize,
    /// Searches for a condensed state that ended without convergence: unless it is 0, there may be more stable fixed points.
    pub unconverged: usize,
}
