//! Samples made in parallel, and the largest size that is made.

use super::error::DataError;
use super::spins::Spins;
use rayon::prelude::*;

/// Result with the module's [`DataError`].
pub type Result<T> = std::result::Result<T, DataError>;

/// Bytes that samples made here, or their covariance, may take.
pub(super) const LARGEST_DRAWN: u128 = 1 << 32;

/// Checks that `samples × units` values of `bits` bits each, every sample a whole number of words, are not too large.
pub(super) fn check_size(samples: usize, units: usize, bits: u128) -> Result<()> {
    if samples == 0 || units == 0 {
        return Err(DataError::Parameter(format!(
            "{samples} samples of {units} units: at least one of each is needed"
        )));
    }
    let bytes = 8 * (units as u128 * bits).div_ceil(64);
    if samples as u128 > LARGEST_DRAWN / bytes {
        return Err(DataError::Parameter(format!("{samples} samples of {units} units do not fit into 4 GiB")));
    }
    Ok(())
}

/// Samples made in parallel: `draw(n)` says of each unit of sample `n` whether it is +1.
pub(super) fn spins_in_parallel(
    samples: usize,
    units: usize,
    draw: impl Fn(usize) -> Vec<bool> + Sync,
) -> Result<Spins> {
    /// Samples in flight, one byte per unit.
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
