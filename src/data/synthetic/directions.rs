//! Random numbers and orthonormal directions of synthetic data.

use super::super::drawn::{Result, check_size};
use super::super::error::DataError;
use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The random numbers of sample `n`; the directions take stream 0.
pub(super) fn stream(seed: u64, n: usize) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(n as u64 + 1);
    random
}

pub(super) fn parameter<T>(message: String) -> Result<T> {
    Err(DataError::Parameter(message))
}

pub(super) fn check_directions(visible: usize, directions: usize, name: &str) -> Result<()> {
    if directions == 0 {
        return parameter(format!("no {name} is given: at least one is needed"));
    }
    if directions > visible {
        return parameter(format!(
            "{directions} directions in {visible} units cannot be orthogonal: give at least as many units"
        ));
    }
    check_size(visible, directions, 64)
}

/// Smallest part of a drawn column, relative to its length, that must be orthogonal to the columns before it: the
/// direction of that part is then accurate to 1e-12.
pub(super) const INDEPENDENT: f64 = 1e-4;

/// Q of `drawn` = QR with a positive diagonal of R, as in Gram–Schmidt: Haar-distributed if `drawn` is Gaussian.
pub(super) fn orthonormal(drawn: DMatrix<f64>) -> Result<DMatrix<f64>> {
    let lengths: Vec<f64> = drawn.column_iter().map(|column| column.norm()).collect();
    // The library's R has a diagonal that is not negative.
    let (q, r) = drawn.qr().unpack();
    match lengths.iter().zip(&r.diagonal()).position(|(length, own)| *own <= INDEPENDENT * length) {
        None => Ok(q),
        Some(mode) => parameter(format!(
            "the drawn direction {} depends linearly on those before it: take another seed, or more units",
            mode + 1
        )),
    }
}
