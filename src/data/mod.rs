//! Data: samples of ±1 units (or of real numbers, for linear machines), where they come from, and their moments.
//!
//! A [`Dataset`] holds its samples as [`Samples`]: bits for ±1 units, since sixty thousand images of 784 pixels then take
//! 6 MB instead of 190, or a matrix of real numbers for linear machines.
//!
//! [`mnist`] fetches and loads MNIST, [`read_file`] reads users' own files. Readers trust no length that a file states: what
//! they allocate grows with what they have read. [`digits`], [`Clusters`] and [`Ellipsoid`] are made here.

mod dataset;
pub mod digits;
mod download;
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
mod sparse;
mod spins;
mod synthetic;
mod text;
mod values;

pub use dataset::{Dataset, Samples};
pub use download::Progress;
pub use error::DataError;
pub use file::{DataFile, Expect, FileOptions, Missing, read, read_file};
pub use idx::Binarization;
pub use moments::{Moments, PrincipalComponents, symmetric_eigen};
pub use spins::Spins;
pub use synthetic::{Clusters, Ellipsoid};

use rayon::prelude::*;

/// Result with the module's [`DataError`].
pub type Result<T> = std::result::Result<T, DataError>;

/// Bytes that samples made here, or their covariance, may take.
const LARGEST: u128 = 1 << 32;

/// Whether `samples × units` values of `bits` bits each, every sample a whole number of words, are worth making.
fn check_size(samples: usize, units: usize, bits: u128) -> Result<()> {
    if samples == 0 || units == 0 {
        return Err(DataError::Parameter(format!(
            "{samples} samples of {units} units: at least one of each is needed"
        )));
    }
    let bytes = 8 * (units as u128 * bits).div_ceil(64);
    if samples as u128 > LARGEST / bytes {
        return Err(DataError::Parameter(format!("{samples} samples of {units} units do not fit into 4 GiB")));
    }
    Ok(())
}

/// Samples made in parallel: `draw(n)` says of each unit of sample `n` whether it is +1.
fn spins_in_parallel(samples: usize, units: usize, draw: impl Fn(usize) -> Vec<bool> + Sync) -> Result<Spins> {
    /// Samples in flight, a byte a unit.
    const BLOCK: usize = 4096;
    check_size(samples, units, 1)?;
    let mut spins = Spins::new(samples, units);
    for first in (0..samples).step_by(BLOCK) {
        let rows: Vec<_> = (first..samples.min(first + BLOCK)).into_par_iter().map(&draw).collect();
        for (row, sample) in rows.iter().zip(first..) {
            spins.fill(sample, |unit| row[unit]);
        }
    }
    Ok(spins)
}
