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
        /// What the system said.
        source: std::io::Error,
    },
    /// The file system refused to write.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a model file, or a damaged one, or arrays in it have shapes or values they cannot have.
    #[error("{}: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what would be right.
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
    /// The file does not say which values its units take, or not those that it was said to have.
    #[error("{}: {reason}", path.display())]
    Units {
        /// The file.
        path: PathBuf,
        /// What it says, and what is needed.
        reason: String,
    },
    /// The machine has a unit of labels, and the label is not given, or is none of them; or it has none.
    #[error("{}: {reason}", path.display())]
    Labels {
        /// The file.
        path: PathBuf,
        /// What it has, and what is needed.
        reason: String,
    },
    /// There is no such update in the file.
    #[error("{}: update {update} was not saved; there are {saved}", path.display())]
    Update {
        /// The file.
        path: PathBuf,
        /// The update asked for.
        update: u64,
        /// Those that the file has.
        saved: String,
    },
    /// What is to be written is no machine: shapes that do not fit together, parameters that are not finite.
    #[error("{0}")]
    Parameter(String),
}

impl ModelError {
    /// What was met in reading: the fault of the content, or of the system.
    pub(super) fn reading(path: &Path, error: io::Error) -> Self {
        if is_content(&error) {
            return Self::Format { path: path.into(), reason: error.to_string() };
        }
        Self::Read { path: path.into(), source: error }
    }
}

/// What the model types of the `rbms` package mean that are not read; those of others say it.
fn meaning(model_type: &str) -> &'static str {
    match model_type {
        "PBRBM" => " (Potts visible units)",
        "GGRBM" => " (a linear machine)",
        "BGRBM" | "IGRBM" => " (Gaussian hidden units)",
        "PBM" => " (a Boltzmann machine of Potts units, without hidden ones)",
        _ => "",
    }
}
