//! What can be wrong with a model file.

use crate::io::is_content;
use std::io;
use std::path::{Path, PathBuf};

/// Errors of reading and writing machines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file system refused to read.
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
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file is not a model file, or is damaged, or its arrays have invalid shapes or values.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with the file, and what is expected.
        reason: String,
    },
    /// A machine whose units are neither ±1 nor {0, 1}.
    #[error(
        "{}: its machine is of type \"{found}\"{}; machines of ±1 (\"IIRBM\", Spin) and of {{0, 1}} units (\"BBRBM\", Binary) are read",
        path.display(), meaning(found)
    )]
    ModelType {
        /// The file.
        path: PathBuf,
        /// Its `model_type`.
        found: String,
    },
    /// The file does not say which values its units take, or says other values than the caller.
    #[error("{}: {reason}", path.display())]
    Units {
        /// The file.
        path: PathBuf,
        /// What it says, and what is needed.
        reason: String,
    },
    /// The machine has a label unit but the label is missing or invalid, or a label is given and there is no label unit.
    #[error("{}: {reason}", path.display())]
    Labels {
        /// The file.
        path: PathBuf,
        /// What it has, and what is needed.
        reason: String,
    },
    /// The file has no such update.
    #[error("{}: update {update} was not saved; there are {saved}", path.display())]
    Update {
        /// The file.
        path: PathBuf,
        /// The update asked for.
        update: u64,
        /// The updates in the file.
        saved: String,
    },
    /// The content to write is not a machine: shapes do not fit together, or parameters are not finite.
    #[error("{0}")]
    Parameter(String),
}

impl ModelError {
    /// An error met in reading, from the content or from the system.
    pub(super) fn reading(path: &Path, error: io::Error) -> Self {
        if is_content(&error) {
            return Self::Format { path: path.into(), reason: error.to_string() };
        }
        Self::Read { path: path.into(), source: error }
    }
}

/// What the model types of `rbms` mean that are not read; the types of other packages explain themselves.
fn meaning(model_type: &str) -> &'static str {
    match model_type {
        "PBRBM" => " (Potts visible units)",
        "GGRBM" => " (a linear machine)",
        "BGRBM" | "IGRBM" => " (Gaussian hidden units)",
        "PBM" => " (a Boltzmann machine of Potts units, without hidden ones)",
        _ => "",
    }
}
