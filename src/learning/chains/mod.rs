//! The machine's own averages from a set of mean-field chains, for data with many modes and states (`docs/theory.md`,
//! section 2c).
//!
//! Chain c has the magnetisations m (visible) and t (hidden) of one state. Chains start from samples of the data. After every
//! change of the machine they are iterated a few times, the hidden layer first:
//!
//! ```text
//! t_j = tanh( theta_j + Σ_i m_i w_ij − t_j Σ_i w_ij² (1 − m_i²) ),
//! m_i = tanh( eta_i + Σ_j w_ij t_j − m_i Σ_j w_ij² (1 − t_j²) ),
//! ```
//!
//! where the last sums are Onsager's correction (TAP), absent in naive mean field. All C chains have the same weight:
//!
//! ```text
//! ⟨s_i σ_j⟩ = (1/C) Σ_c [ m_i t_j + (1 − m_i²) w_ij (1 − t_j²) + … ],    ⟨s_i⟩ = (1/C) Σ_c m_i,    ⟨σ_j⟩ = (1/C) Σ_c t_j,
//! ```
//!
//! where the dots stand for the fluctuations of higher order in W along the leading modes. They are summed to all orders
//! (`fluctuations`): near w = 1 the first order, w, is far from w/(1 − w²). Chains need not have reached their fixed point:
//! [`Chains::residual`] says how far they are from it.

mod fluctuations;
mod followed;

pub use followed::{ChainSettings, Chains, Correction};
