//! Data: samples of ±1 units (or of real numbers, for linear machines), where they come from, and their moments.
//!
//! A [`Dataset`] holds its samples as [`Samples`]: bits for ±1 units, since sixty thousand images of 784 pixels then take
//! 6 MB instead of 190, or a matrix of real numbers for linear machines.
//!
//! [`mnist`] fetches and loads MNIST, [`read_file`] reads users' own files. Readers do not trust the lengths that a
//! file states: the memory they allocate grows with what they have read. [`digits`], [`Clusters`] and [`Ellipsoid`] are
//! made here.

mod beside;
mod dataset;
pub mod digits;
#[cfg(feature = "download")]
mod download;
mod drawn;
mod error;
mod file;
mod hdf5;
mod idx;
mod input;
mod kinds;
mod layout;
pub mod mnist;
mod moments;
mod numpy;
mod numpy_array;
mod options;
mod sparse;
mod spins;
mod synthetic;
mod text;
mod values;

pub use beside::DataFile;
pub use dataset::{Dataset, Samples};
#[cfg(feature = "download")]
pub use download::Progress;
pub use drawn::Result;
pub use error::DataError;
pub use file::{read, read_file};
pub use idx::Binarization;
pub use moments::{Moments, PrincipalComponents};
pub use options::{Expect, FileOptions, Missing};
pub use spins::Spins;
pub use synthetic::{Clusters, Ellipsoid};
