//! What the letter's figures show and claim, computed (`docs/letter.md`).
//!
//! Each figure of the letter is a plain struct that holds what is drawn. What the letter says about it is a list of [`Claim`]s:
//! what is expected, by the letter or by the theory for the data at hand, and what was found. Nothing here draws:
//! [`study::figures`](crate::study) does.

mod claim;
mod histogram;
mod linear;
mod linear_limit;
mod modes;
mod ranks;
mod training;

pub use claim::Claim;
pub use linear::{LinearDynamics, LinearSettings};
pub use linear_limit::LinearLimit;
pub use training::{LEADING, Portrait, Snapshot, TrainingCourse, TrainingSettings, updates_in};
