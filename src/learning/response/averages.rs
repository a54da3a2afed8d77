//! The averages that the response gives.

use nalgebra::{DMatrix, DVector};

/// Averages of the machine's own distribution, in the frame of its modes.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineAverages {
    /// ⟨s_α σ_β⟩, `modes × modes`: raw projections, not scaled.
    pub correlation: DMatrix<f64>,
    /// ⟨s_α⟩ = √L m̄_α averaged over states, one per mode.
    pub visible: DVector<f64>,
    /// ⟨σ_α⟩ = √L m_α averaged over states, one per mode.
    pub hidden: DVector<f64>,
    /// ⟨s_i⟩, N_v values; only with an empirical law of û.
    pub sites: Option<DVector<f64>>,
    /// ⟨s_i σ_β⟩, `N_v × modes`; only with an empirical law of û. Its product with uᵀ (u = û/√N_v) is `correlation`.
    pub site_correlation: Option<DMatrix<f64>>,
}
