//! What can go wrong in a comparison.

use crate::data::DataError;
use crate::simulator::machine::RbmError;
use crate::simulator::run::SimulationError;

/// Errors of comparisons.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// A choice of the [`Design`](super::Design) that cannot be made.
    #[error("{field} {reason}")]
    Choice {
        /// Name of its field.
        field: &'static str,
        /// Its value, and what would be right.
        reason: String,
    },
    /// Data, machine or training.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    /// A theory, or the view of a machine.
    #[error(transparent)]
    Theory(#[from] crate::Error),
}

impl From<RbmError> for CompareError {
    fn from(error: RbmError) -> Self {
        Self::Simulation(error.into())
    }
}

impl From<DataError> for CompareError {
    fn from(error: DataError) -> Self {
        Self::Simulation(error.into())
    }
}

/// Result with the module's [`CompareError`].
pub type Result<T> = std::result::Result<T, CompareError>;

/// Refuses a choice.
pub(super) fn refuse<T>(field: &'static str, reason: String) -> Result<T> {
    Err(CompareError::Choice { field, reason })
}
