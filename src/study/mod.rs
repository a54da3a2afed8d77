//! Questions asked of theory and simulation: do they agree, where is a trained machine on the phase diagram, what do the
//! letter's figures claim.

pub mod compare;
#[cfg(feature = "plot")]
pub mod drawing;
mod error;
#[cfg(feature = "plot")]
pub mod figures;
pub mod inspect;
pub mod tables;

pub use error::{Result, StudyError};
