//! Spectral dynamics of learning restricted Boltzmann machines.
#![deny(missing_docs)]

pub mod average;
pub mod cli;
pub mod error;
pub mod figure;
pub mod output;
pub mod phase;
pub mod prior;
pub mod quadrature;
pub mod saddle;

pub use error::{Error, Result};
pub use prior::Prior;
pub use saddle::{Ensemble, FixedPoint};
