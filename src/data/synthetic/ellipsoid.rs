//! Gaussian data of a given covariance.

use super::super::dataset::{Dataset, Samples};
use super::super::drawn::{Result, check_size};
use super::directions::{check_directions, orthonormal, parameter, stream};
use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Gaussian data of zero mean: variance `variances[α]` along K random orthonormal directions u^α, and 1 along all others.
///
/// The directions are uniform among all orthonormal sets (Haar).
///
/// ```
/// use spectral_rbm::data::Ellipsoid;
/// let ellipsoid = Ellipsoid::new(50, &[4.0, 3.0], 0)?;
/// let u = ellipsoid.directions().column(0);
/// assert!((u.dot(&(ellipsoid.covariance()? * u)) - 4.0).abs() < 1e-12);
/// # Ok::<(), spectral_rbm::data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ellipsoid {
    variances: DVector<f64>,
    directions: DMatrix<f64>,
    seed: u64,
}

impl Ellipsoid {
    /// An ellipsoid of `visible` units with one direction per entry of `variances`.
    ///
    /// # Errors
    /// [`DataError::Parameter`](crate::data::DataError::Parameter) for no variances, a variance that is negative or not finite, or fewer units than
    /// variances.
    pub fn new(visible: usize, variances: &[f64], seed: u64) -> Result<Self> {
        check_directions(visible, variances.len(), "variance")?;
        if let Some(value) = variances.iter().find(|value| !(value.is_finite() && **value >= 0.0)) {
            return parameter(format!("a variance is {value}: it must be finite and not negative"));
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let directions = orthonormal(DMatrix::from_fn(visible, variances.len(), |_, _| random.sample(StandardNormal)))?;
        Ok(Self { variances: DVector::from_column_slice(variances), directions, seed })
    }

    /// The directions u^α, orthonormal columns, `visible × K`.
    pub fn directions(&self) -> &DMatrix<f64> {
        &self.directions
    }

    /// The exact covariance `1 + Σ_α (variance_α − 1) u^α u^αᵀ`.
    ///
    /// # Errors
    /// [`DataError::Parameter`](crate::data::DataError::Parameter) if it exceeds 4 GiB.
    pub fn covariance(&self) -> Result<DMatrix<f64>> {
        let visible = self.directions.nrows();
        check_size(visible, visible, 64)?;
        let scaled = &self.directions * DMatrix::from_diagonal(&self.variances.add_scalar(-1.0));
        Ok(scaled * self.directions.transpose() + DMatrix::identity(visible, visible))
    }

    /// `samples` samples. Sample `n` depends on the parameters and `n` alone, not on the number of threads.
    ///
    /// # Errors
    /// [`DataError::Parameter`](crate::data::DataError::Parameter) for no samples, or more than fit into 4 GiB.
    pub fn generate(&self, samples: usize) -> Result<Dataset> {
        let visible = self.directions.nrows();
        check_size(samples, visible, 64)?;
        let gain = self.variances.map(|variance| variance.sqrt() - 1.0);
        let mut values = vec![0.0; samples * visible];
        values.par_chunks_mut(visible).enumerate().for_each(|(n, row)| {
            let mut random = stream(self.seed, n);
            let mut x = DVector::from_fn(visible, |_, _| random.sample(StandardNormal));
            let stretch = self.directions.tr_mul(&x).component_mul(&gain);
            x.gemv(1.0, &self.directions, &stretch, 1.0);
            row.copy_from_slice(x.as_slice());
        });
        let values = DMatrix::from_row_slice(samples, visible, &values);
        Ok(Dataset { samples: Samples::Real(values), labels: None, image_shape: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Moments;
    use crate::data::synthetic::tests::on_threads;
    use crate::linalg::symmetric_eigen;

    /// Every entry of the sample covariance, whose variance is (Σ_ij² + Σ_ii Σ_jj)/M for Gaussian data.
    #[test]
    fn an_ellipsoid_has_its_covariance() {
        let ellipsoid = Ellipsoid::new(20, &[6.0, 3.0, 0.2], 7).unwrap();
        let exact = ellipsoid.covariance().unwrap();
        let (mut values, _) = symmetric_eigen(&exact).unwrap();
        values.iter_mut().zip([6.0, 3.0].iter().chain(&[1.0; 17]).chain(&[0.2])).for_each(|(value, own)| *value -= own);
        assert!(values.amax() < 1e-13);
        let samples = 20_000.0;
        let found = Moments::of(&ellipsoid.generate(20_000).unwrap()).unwrap();
        for (i, j) in (0..20).flat_map(|j| (0..=j).map(move |i| (i, j))) {
            let error = ((exact[(i, j)].powi(2) + exact[(i, i)] * exact[(j, j)]) / samples).sqrt();
            assert!((found.covariance[(i, j)] - exact[(i, j)]).abs() < 5.0 * error, "{i} {j}");
            assert!(found.mean[i].abs() < 5.0 * (exact[(i, i)] / samples).sqrt());
        }
    }

    #[test]
    fn a_sample_depends_on_its_number_alone() {
        let make = |threads, samples| {
            let data = on_threads(threads, || Ellipsoid::new(9, &[2.0], 1).unwrap().generate(samples).unwrap());
            let Samples::Real(values) = data.samples else { panic!("an ellipsoid is real") };
            values
        };
        let few = make(1, 50);
        assert_eq!(few, make(3, 50));
        assert_eq!(few, make(2, 80).rows(0, 50));
        assert_ne!(few.row(0), few.row(1));
    }

    #[test]
    fn bad_parameters_are_refused() {
        for variances in [&[][..], &[-1.0], &[f64::INFINITY], &[1.0; 6]] {
            assert!(Ellipsoid::new(5, variances, 0).is_err());
        }
        assert!(Ellipsoid::new(5, &[2.0], 0).unwrap().generate(usize::MAX).is_err());
    }
}
