//! The machine itself: sampling, training, exact sums for small machines (`docs/theory.md`, sections 1 and 6).
//!
//! ```text
//! p(s, σ) ∝ exp( s·W σ + eta·s + theta·σ ),    s_i, σ_j = ±1
//! ```

mod annealing;
mod chains;
mod checkpoint;
mod error;
mod estimates;
mod exact;
mod gradient;
mod julia;
mod kernel;
mod kind;
mod linear;
mod model_error;
mod model_file;
mod npz;
pub(crate) mod order;
mod parameters;
mod probe;
mod random;
mod rbm;
mod result;
mod sampler;
mod train;
mod units;

pub use annealing::{Annealing, PartitionEstimate};
pub use checkpoint::{Checkpoint, Hyperparameters, ModelFile};
pub use error::RbmError;
pub use exact::{Exact, Gradient, MOST_EXACT_UNITS, QUICK_EXACT_UNITS};
pub use linear::LinearMachine;
pub use model_error::ModelError;
pub use model_file::ModelReader;
pub use probe::{ChainStates, Probe};
pub use random::{Purpose, Stream};
pub use rbm::Machine;
pub use result::Result;
pub use sampler::Sampler;
pub use train::{Algorithm, Settings, Trainer};
pub use units::{BernoulliMachine, Units};
