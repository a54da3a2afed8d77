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
mod averages;
mod families;
mod finite_size;
mod geometry;
mod hartree;
mod integral;
mod layer;
mod mean_field;
mod node;
mod reduced;
mod relax;
mod seeds;
mod states;
mod sums;

pub use averages::MachineAverages;
pub use integral::{FiniteSize, IntegralAverages, SiteAverages};
pub use reduced::Integrals;
pub use states::{Change, MeanFieldResponse, StateChange};
