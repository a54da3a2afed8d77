//! The theory of one machine or an ensemble of them: laws of components, averages, states, phases, singular values
//! (`docs/theory.md`, sections 1, 3, 4 and 8).

pub mod average;
pub mod phase;
pub mod prior;
pub mod quadrature;
pub mod saddle;
pub mod spectrum;
