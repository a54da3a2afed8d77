//! The integral of a finite machine: its modes, and its averages.

use super::geometry::{Background, Geometry};
use super::layer::Layer;
use super::relax::Relaxation;
use nalgebra::{DMatrix, DVector};

/// Weights below e^{−32} = 1e-14 of the largest are left out.
pub(super) const SUPPORT: f64 = 32.0;

/// A mode counts as condensed above `L |m̄ m|` = 1/100: below, C and the total derivative differ by less than that.
pub(super) const CONDENSED: f64 = 0.01;

/// Averages that an integral gives, over all modes of the ensemble. Signs that a symmetry makes free are taken positive: the
/// images are counted in `log_partition` but not averaged over.
#[derive(Clone, Debug)]
pub struct IntegralAverages {
    /// log Z, with the constants of the free energy (log 2 per unit).
    pub log_partition: f64,
    /// ⟨m̄_α⟩.
    pub magnetization_bar: DVector<f64>,
    /// ⟨m_α⟩.
    pub magnetization: DVector<f64>,
    /// L ⟨m̄_α m_β⟩, `modes × modes`.
    pub leading: DMatrix<f64>,
    /// The O(1) part of ⟨s_α σ_β⟩: fluctuations of the modes not integrated over, at fixed λ and averaged over λ. On the diagonal
    /// of modes that are integrated over or condensed, it is the derivative of the log of the determinants with respect to w. The
    /// derivative for the spectators is averaged over λ; that for the rest is taken at the stationary points.
    pub order_one: DMatrix<f64>,
    /// With an empirical law of û: averages on its sites.
    pub sites: Option<SiteAverages>,
    /// Modes (from 0) that were held fixed: their fluctuations are not given.
    pub held: Vec<usize>,
    /// Nodes of the integral.
    pub nodes: usize,
    /// Residual of the rest's equations, averaged with the same weights.
    pub residual: f64,
}

/// Averages on the sites of an empirical law of û.
#[derive(Clone, Debug)]
pub struct SiteAverages {
    /// ⟨s_i⟩: tanh h_i in a state; in an integral, the average of tanh h_i with its correction at given m̄.
    pub tanh: DVector<f64>,
    /// ⟨sech² h_i⟩.
    pub sech2: DVector<f64>,
    /// ⟨s_i m_β⟩ for the same s_i, `sites × modes`.
    pub tanh_magnetization: DMatrix<f64>,
}

/// The integral over one or two modes.
#[derive(Clone, Debug)]
pub struct FiniteSize {
    pub(super) geometry: Geometry,
    pub(super) couplings: Couplings,
    pub(super) background: Background,
    /// Whether averages on the sites of an empirical law are taken.
    pub(super) has_sites: bool,
    pub(super) visible: Layer,
    pub(super) hidden: Layer,
    pub(super) relaxation: Relaxation,
}

/// The strengths in f.
#[derive(Clone, Debug)]
pub(super) struct Couplings {
    /// w, η and θ of the active modes.
    pub w: DVector<f64>,
    pub eta: DVector<f64>,
    pub theta: DVector<f64>,
    /// w of the spectators, those outside the ensemble last.
    pub spectators: Vec<f64>,
    pub sigma: f64,
    /// a of [`stiffness`](super::hartree::stiffness).
    pub quartic: f64,
    /// N_v/L.
    pub units: f64,
    /// Σ w m m̄ of the held modes.
    pub held_energy: f64,
}
