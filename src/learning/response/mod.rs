//! The averages of the machine's own distribution: the RBM term of the learning dynamics (`docs/theory.md`, section 2b).
//!
//! ```text
//! ⟨s_α σ_β⟩ = Σ_q p_q [ L m̄_α m_β + O(1) ],    ⟨s_α⟩ = Σ_q p_q √L m̄_α,    ⟨σ_α⟩ = Σ_q p_q √L m_α
//! ```
//!
//! [`FiniteSize`] is the integral over one or two modes that holds through their transition; [`MeanFieldResponse`] follows
//! the states of an ensemble along a trajectory and averages over them, with such integrals where a mode is critical
//! ([`Integrals::AtTransitions`]) or always ([`Integrals::Always`]).

mod assembly;
mod families;
mod finite_size;
mod hartree;
mod layer;
mod mean_field;
mod node;
mod relax;
mod seeds;
mod states;
mod sums;

pub use finite_size::{FiniteSize, IntegralAverages, SiteAverages};
pub use states::{Change, Integrals, MeanFieldResponse, StateChange};

use nalgebra::{DMatrix, DVector};

/// What the machine's own distribution averages to, in the frame of its modes.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineAverages {
    /// ⟨s_α σ_β⟩, `modes × modes`: raw projections, not scaled.
    pub correlation: DMatrix<f64>,
    /// ⟨s_α⟩ = √L m̄_α averaged over states, one a mode.
    pub visible: DVector<f64>,
    /// ⟨σ_α⟩ = √L m_α averaged over states, one a mode.
    pub hidden: DVector<f64>,
    /// ⟨s_i⟩, N_v values; only with an empirical law of û.
    pub sites: Option<DVector<f64>>,
    /// ⟨s_i σ_β⟩, `N_v × modes`; only with an empirical law of û. uᵀ of it (u = û/√N_v) is `correlation`.
    pub site_correlation: Option<DMatrix<f64>>,
}
