//! Simulated training runs that record the spectrum of W as it learns.
//!
//! A [`Learner`] is trained: [`Trainer`](crate::simulator::machine::Trainer) by sampling, [`LinearTrainer`] by the exact
//! gradient. [`run`] takes it through a [`schedule`] of updates, takes a [`Record`] at each of them, and keeps in a [`Store`]
//! everything needed to go on. A run that is stopped at any moment and resumed thus gives the same bits as one that was not
//! stopped.
//!
//! A record holds these quantities (as far as its [`Detail`] goes), one array each; R is the smaller number of units, α counts
//! modes by rank:
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

mod error;
mod health;
mod learner;
mod linear;
mod log;
mod recorded;
mod recorder;
mod store;
mod training;

pub use error::{Result, SimulationError};
pub use health::{Fit, Limits, Warning, sample_spread, warnings};
pub use learner::{Learner, SavedState};
pub use linear::LinearTrainer;
pub use log::{Record, SpectrumLog};
pub use recorded::{MOST_RECORDS, Spacing, run, schedule};
pub use recorder::{Detail, Recorder};
pub use store::Store;
pub use training::{TRAINED_GROWTH, Training};
