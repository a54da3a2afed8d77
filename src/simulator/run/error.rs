//! What can end a run early.

use crate::simulator::machine::{ModelError, RbmError};
use std::path::PathBuf;

/// What can end a run early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// The machine or its training.
    #[error(transparent)]
    Training(#[from] RbmError),
    /// The analysis of its spectrum.
    #[error(transparent)]
    Spectrum(#[from] crate::Error),
    /// A file of parameters.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The data.
    #[error(transparent)]
    Data(#[from] crate::data::DataError),
    /// The folder of the run.
    #[error("cannot use the folder {}: {source}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The folder holds no run, or a different one.
    #[error("{}: {reason}", path.display())]
    Foreign {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Result with the module's [`SimulationError`].
pub type Result<T> = std::result::Result<T, SimulationError>;
