//! Data of known law: clusters of ±1 samples along planted directions, and Gaussian ellipsoids for linear machines.

mod clusters;
mod directions;
mod ellipsoid;

pub use clusters::Clusters;
pub use ellipsoid::Ellipsoid;

#[cfg(test)]
mod tests {
    use crate::Prior;
    use crate::data::synthetic::directions::orthonormal;
    use nalgebra::DMatrix;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// The result of `work` on a pool of `threads` threads.
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
