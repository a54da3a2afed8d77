//! Contrastive divergence itself: Gaussian propagation of means and covariances through Gibbs sweeps (`docs/theory.md`,
//! section 2d).
//!
//! A sweep forgets nothing that a Gaussian does not hold, since each field is a sum over many independent units. There are no
//! states to search for, and nothing diverges at w = 1.

mod contrastive;
mod coupling;
mod layer;
mod term;
#[cfg(test)]
mod tests;

pub use contrastive::SweepSettings;
pub(super) use term::Contrastive;
