//! Simulated training runs that record the spectrum of W as it learns.
//!
//! A [`Learner`] is what is trained: [`Trainer`](crate::simulator::machine::Trainer) by sampling, [`LinearTrainer`] by the exact gradient.
//! [`run`] takes it through a [`schedule`] of updates at which a [`Record`] is taken, and keeps in a [`Store`] whatever is
//! needed to go on, so that a run that is stopped at any moment and resumed gives the same bits as one that was not.
//!
//! A record holds these quantities (as far as its [`Detail`] goes), one array each; R is the smaller number of units, α counts modes by rank:
//!
//! | name | shape | |
//! |---|---|---|
//! | `singular_values` | R | w_α, decreasing |
//! | `kurtosis_u`, `kurtosis_v` | R | `E[x⁴]/E[x²]²` over the components of u^α and v^α |
//! | `overlaps` | modes × components, at most 50 × 50 | `|u^α·PC_β|` with the data's principal components |
//! | `eta`, `theta` | R | fields on the modes, u^α·eta and v^α·theta |
//! | `bulk_sigma`, `bulk_sigma_error`, `bulk_edge` | 1 | Marchenko–Pastur fit |
//! | `bulk_distance` | 1 | Kolmogorov–Smirnov distance of the bulk from the fit |
//! | `outliers` | 1 | singular values above the bulk |
//! | `reconstruction_error` | 1 | see [`Machine::reconstruction_error`](crate::simulator::machine::Machine::reconstruction_error) |
//! | `pseudo_log_likelihood` | 1 | see [`Machine::pseudo_log_likelihood`](crate::simulator::machine::Machine::pseudo_log_likelihood) |
//! | `log_likelihood` | 1 | of a linear machine, exactly |
//! | `u`, `v` | N_v × R, N_h × R | singular vectors in columns, if they are asked for |

mod linear;
mod log;
mod recorder;
mod run;
mod store;

pub use linear::LinearTrainer;
pub use log::{Record, SpectrumLog};
pub use recorder::{Detail, Recorder};
pub use run::{Learner, Spacing, State, run, schedule};
pub use store::Store;

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
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder that holds no run, or another one.
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
