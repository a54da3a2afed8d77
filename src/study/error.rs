//! What can go wrong in a study.

use crate::data::DataError;
use crate::simulator::machine::RbmError;
use crate::simulator::run::SimulationError;

/// Errors of studies.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// A choice of the [`Design`](super::compare::Design) that cannot be made.
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
    /// A drawing.
    #[cfg(feature = "plot")]
    #[error(transparent)]
    Figure(#[from] crate::plot::FigureError),
}

impl From<RbmError> for StudyError {
    fn from(error: RbmError) -> Self {
        Self::Simulation(error.into())
    }
}

impl From<DataError> for StudyError {
    fn from(error: DataError) -> Self {
        Self::Simulation(error.into())
    }
}

/// Result with the module's [`StudyError`].
pub type Result<T> = std::result::Result<T, StudyError>;

/// Refuses a choice.
pub(super) fn refuse<T>(field: &'static str, reason: String) -> Result<T> {
    Err(StudyError::Choice { field, reason })
}
