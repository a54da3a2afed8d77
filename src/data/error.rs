//! Errors of data, which name the file, the place and the value.

use std::path::PathBuf;

/// Errors of reading, fetching or making data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The file system refused.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file system refused to write.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file is not as expected: wrong magic number, shape or length, truncated, or of another kind.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// A value that is neither of {0, 1} nor of ±1, or not finite.
    #[error("{}: sample {sample}, unit {unit} is {value}: {expected}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Number of the sample, from 1.
        sample: usize,
        /// Number of the unit, from 1.
        unit: usize,
        /// The value found.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// Parameters that describe no data: a count of zero, directions that cannot be orthogonal, a balance outside (0, 1).
    #[error("{0}")]
    Parameter(String),
    /// MNIST was not found.
    #[error("{0}")]
    NotFound(String),
    /// A download failed.
    #[error("{0}")]
    Download(String),
}
