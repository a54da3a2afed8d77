//! The population closure: every hidden unit is a particle `a_j ∈ R^D` with its own field, and all states are those of this
//! machine, not of an ensemble (`docs/theory.md`, section 2c).
//!
//! The fixed-prior closure averages over a law of the components of v, which learning changes. Here nothing is
//! averaged. The data term is ⟨z tanh(a_j·z + theta_j)⟩ unit by unit. The machine's own term is that of its mean-field
//! states with their Gaussian fluctuations, weighted by their free energies, and of integrals over one or two
//! directions where modes condense.
//!
//! In the basis of all sites only the machine's term is closed. In fewer directions the span is that of the data's leading modes.
//! Learning keeps this span only approximately, unless components are ±1.

mod clamped;
mod contribution;
mod factors;
mod joint;
mod path;
mod point;
mod solver;
mod states;
#[cfg(test)]
mod tests;
mod weights;

pub(super) use clamped::PopulationTerm;
pub use contribution::Order;
pub use states::{PopulationStates, Reliability};
