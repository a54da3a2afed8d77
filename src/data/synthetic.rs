//! Data of known law: clusters of ±1 samples along planted directions, and Gaussian ellipsoids for linear machines.

mod clusters;
mod ellipsoid;

use super::drawn::{Result, check_size};
use super::error::DataError;
use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use clusters::Clusters;
pub use ellipsoid::Ellipsoid;

/// The random numbers of sample `n`; the directions take stream 0.
fn stream(seed: u64, n: usize) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(n as u64 + 1);
    random
}

fn parameter<T>(message: String) -> Result<T> {
    Err(DataError::Parameter(message))
}

fn check_directions(visible: usize, directions: usize, name: &str) -> Result<()> {
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

/// Least part of a drawn column, of its whole length, that the columns before it may leave: the direction of that part
/// is then accurate to 1e-12.
const INDEPENDENT: f64 = 1e-4;

/// Q of `drawn` = QR with a positive diagonal of R, as Gram–Schmidt has it: Haar-distributed if `drawn` is Gaussian.
fn orthonormal(drawn: DMatrix<f64>) -> Result<DMatrix<f64>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Prior;

    /// What `work` gives on a pool of `threads` threads.
    pub(super) fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
    }

    /// `QᵀX` is upper triangular with a positive diagonal, and Q has orthonormal columns: also where it is square.
    #[test]
    fn directions_are_gram_schmidt() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        for (visible, prior) in [(30, Prior::Gaussian), (6, Prior::Laplace), (40, Prior::Bernoulli)] {
            let drawn = prior.sample(visible, 6, &mut random).unwrap();
            let q = orthonormal(drawn.clone()).unwrap();
            assert!((q.tr_mul(&q) - DMatrix::identity(6, 6)).amax() < 1e-14);
            let r = q.tr_mul(&drawn);
            assert!((r.lower_triangle() - DMatrix::from_diagonal(&r.diagonal())).amax() < 1e-13);
            assert!(r.diagonal().min() > 0.0);
        }
        let twice = DMatrix::from_row_slice(3, 2, &[1.0, -1.0, 1.0, -1.0, -1.0, 1.0]);
        assert!(orthonormal(twice).is_err() && orthonormal(DMatrix::zeros(3, 1)).is_err());
    }
}
