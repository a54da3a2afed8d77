//! The averages that the response gives.

use crate::learning::averages::Averages;
use nalgebra::{DMatrix, DVector};

/// Averages of the machine's own distribution, in the frame of its modes.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineAverages {
    /// ⟨s_α σ_β⟩ (`modes × modes`), ⟨s_α⟩ = √L m̄_α and ⟨σ_α⟩ = √L m_α averaged over states: raw projections, not scaled.
    pub modes: Averages,
    /// With an empirical law of û, averages of its sites.
    pub sites: Option<OnSites>,
}

/// Averages of the visible units, one row each.
#[derive(Clone, Debug, PartialEq)]
pub struct OnSites {
    /// ⟨s_i⟩, N_v values.
    pub mean: DVector<f64>,
    /// ⟨s_i σ_β⟩, `N_v × modes`. Its product with uᵀ (u = û/√N_v) is the correlation of the modes.
    pub correlation: DMatrix<f64>,
}
