//! What a trained machine tells: its place on the phase diagram (`docs/theory.md`, sections 1, 3 and 8).
//!
//! A machine is read as one drawn from the ensemble (10), `W = Σ_α w_α u^α v^αᵀ + r`, `r_ij ~ N(0, σ²/L)`:
//!
//! 1. [`Reading`]: σ from the bulk of the singular values, and for each value above it ([`Outlier`]) the planted strength w by
//!    the inverse of the spiked formula, the law of the components of u and v ([`judge`]), and the projected fields.
//! 2. [`States`]: its position (1/σ, w_max/σ) with the phase there; its fixed points by the replica-symmetric equations (11, 12)
//!    of the ensemble whose laws are the machine's own components with its own site fields; and where the data lie.
//! 3. [`TrainingPath`]: the same through training, with modes followed by their vectors.
//!
//! The components used for the fixed points are free of the noise of the observed vectors, as far as their law is known
//! ([`Reading::planted_components`]).

mod components;
mod example;
mod law;
mod modes;
mod outlier;
mod seen;
mod states;
mod trajectory;

pub use example::Example;
pub use law::{ComponentLaw, DECISIVE, Judgement, LARGEST_DISTANCE, Mixing, Ratios, judge};
pub use modes::{Reading, mixings};
pub use outlier::{BothRatios, Outlier};
pub use seen::Seen;
pub use states::{DataStates, Depth, Position, States};
pub use trajectory::{FollowedMode, Passage, TrainingPath, Waypoint};
