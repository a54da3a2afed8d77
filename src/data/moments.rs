//! Mean and covariance of data, principal components, and the growth operator of ±1 units (`docs/theory.md`, sections 2b and 5).
//!
//! The moments of ±1 units follow from counts. With n_i the number of samples in which unit i is +1, n_ij the number in
//! which units i and j both are, and M the number of samples,
//!
//! ```text
//! m_i = 2 n_i/M − 1,    C_ij = 4 (M n_ij − n_i n_j)/M²,
//! ```
//!
//! where n_ij is the number of common bits of two columns of bits. These are whole numbers: the only error is the
//! rounding of the result, and the order of the additions does not matter.

use super::dataset::{Dataset, Samples};
use super::drawn::{Result, check_size};
use super::error::DataError;
use super::spins::{BITS, Spins};
use crate::linalg::{scaled_product, symmetric_eigen, view};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// Mean and covariance of the samples of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// `m_i = ⟨s_i⟩` of each unit.
    pub mean: DVector<f64>,
    /// `C_ij = ⟨s_i s_j⟩ − m_i m_j`, `units × units`: about the mean, divided by the number of samples.
    pub covariance: DMatrix<f64>,
}

/// Variances of data along the directions that diagonalise their covariance.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalComponents {
    /// Variances, decreasing.
    pub variances: DVector<f64>,
    /// One column of unit length per variance, `units × units`; the component of largest magnitude is positive.
    pub directions: DMatrix<f64>,
}

impl Moments {
    /// Moments of all samples; the same for every number of threads.
    ///
    /// ```
    /// use spectral_rbm::data::{Dataset, Moments, Spins};
    /// // Unit 1 is always +1; unit 0 is in one sample of four.
    /// let spins = Spins::from_fn(4, 2, |sample, unit| unit == 1 || sample == 2);
    /// let moments = Moments::of(&Dataset::of_spins(spins)?)?;
    /// assert_eq!(moments.mean.as_slice(), [-0.5, 1.0]);
    /// assert_eq!(moments.covariance.as_slice(), [0.75, 0.0, 0.0, 0.0]);
    /// # Ok::<(), spectral_rbm::data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// [`DataError::Parameter`] for data without samples or units, of so many units that their covariance exceeds 4 GiB,
    /// or so large that their squares overflow.
    pub fn of(data: &Dataset) -> Result<Self> {
        check_size(data.len(), data.units(), 1)?;
        check_size(data.units(), data.units(), 64)
            .map_err(|_| DataError::Parameter(format!("the covariance of {} units exceeds 4 GiB", data.units())))?;
        match &data.samples {
            Samples::Spins(spins) => Ok(of_spins(spins)),
            Samples::Real(values) => of_reals(values),
        }
    }

    /// Principal components of the covariance.
    ///
    /// # Errors
    /// [`DataError::Parameter`] if the eigenvalue iteration fails, which should not happen for a finite covariance.
    pub fn principal_components(&self) -> Result<PrincipalComponents> {
        let (variances, directions) =
            symmetric_eigen(&self.covariance).map_err(|error| DataError::Parameter(error.to_string()))?;
        Ok(PrincipalComponents { variances, directions })
    }

    /// `C − diag(C)`: a direction of W grows from small weights at the rate of its eigenvalue, for ±1 units whose fields
    /// match the data's means (section 5). Constant units have the rate 0, which rounding may make positive: count growing
    /// directions above a threshold of order 1e-10, not above 0.
    pub fn growth_operator(&self) -> DMatrix<f64> {
        let mut operator = self.covariance.clone();
        operator.fill_diagonal(0.0);
        operator
    }
}

fn of_spins(spins: &Spins) -> Moments {
    let (samples, units) = (spins.samples(), spins.units());
    let words = samples.div_ceil(BITS);
    let bits = columns(spins);
    let column = |unit: usize| &bits[unit * words..(unit + 1) * words];
    let up: Vec<i128> = (0..units).map(|unit| common(column(unit), column(unit))).collect();
    let total = samples as i128;
    let mut covariance = DMatrix::zeros(units, units);
    covariance.as_mut_slice().par_chunks_mut(units).enumerate().for_each(|(j, chunk)| {
        for (i, entry) in chunk.iter_mut().enumerate().skip(j) {
            let numerator = total * common(column(i), column(j)) - up[i] * up[j];
            *entry = 4.0 * numerator as f64 / (samples as f64 * samples as f64);
        }
    });
    covariance.fill_upper_triangle_with_lower_triangle();
    let mean = DVector::from_iterator(units, up.iter().map(|&up| (2 * up - total) as f64 / samples as f64));
    Moments { mean, covariance }
}

/// Number of bits set in both.
fn common(a: &[u64], b: &[u64]) -> i128 {
    a.iter().zip(b).map(|(a, b)| i128::from((a & b).count_ones())).sum()
}

/// The transpose of the samples' bits: unit after unit, bit `sample % 64` of word `sample / 64`.
fn columns(spins: &Spins) -> Vec<u64> {
    let words = spins.samples().div_ceil(BITS);
    let mut bits = vec![0; words * spins.units()];
    for sample in 0..spins.samples() {
        for (index, &word) in spins.row(sample).iter().enumerate() {
            let mut left = word;
            while left != 0 {
                let unit = index * BITS + left.trailing_zeros() as usize;
                bits[unit * words + sample / BITS] |= 1 << (sample % BITS);
                left &= left - 1;
            }
        }
    }
    bits
}

fn of_reals(values: &DMatrix<f64>) -> Result<Moments> {
    let mean = values.row_mean().transpose();
    let mut centred = values.clone();
    for (mut column, mean) in centred.column_iter_mut().zip(&mean) {
        column.add_scalar_mut(-mean);
    }
    let covariance = scaled_product(view(&centred).transpose(), view(&centred), 1.0 / values.nrows() as f64);
    if covariance.iter().any(|entry| !entry.is_finite()) {
        return Err(DataError::Parameter("the data are not finite, or so large that their squares overflow".into()));
    }
    Ok(Moments { mean, covariance })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Correlated bits of unequal means, one unit constant; samples and units that fill no whole number of words.
    fn example() -> Spins {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut common = false;
        Spins::from_fn(1001, 70, |_, unit| {
            if unit == 0 {
                common = random.random();
            }
            unit != 3 && random.random_bool(if common { 0.9 } else { 0.01 * unit as f64 })
        })
    }

    fn as_reals(spins: &Spins) -> Dataset {
        let values = DMatrix::from_fn(spins.samples(), spins.units(), |sample, unit| spins.value(sample, unit));
        Dataset { samples: Samples::Real(values), labels: None, image_shape: None }
    }

    /// Counting bits, the product of centred matrices, and the definition, sample by sample.
    #[test]
    fn both_ways_agree_with_the_definition() {
        let spins = example();
        let reals = Moments::of(&as_reals(&spins)).unwrap();
        let counted = Moments::of(&Dataset::of_spins(spins.clone()).unwrap()).unwrap();
        let m = spins.samples();
        let average = |f: &dyn Fn(usize) -> f64| (0..m).map(f).sum::<f64>() / m as f64;
        for i in 0..spins.units() {
            let mean = average(&|n| spins.value(n, i));
            assert!((counted.mean[i] - mean).abs() < 1e-15 && (reals.mean[i] - mean).abs() < 1e-14);
            for j in 0..spins.units() {
                let product = average(&|n| (spins.value(n, i) - mean) * spins.value(n, j));
                // A thousand additions of numbers of order 1, each off by 1e-16 at most.
                assert!((counted.covariance[(i, j)] - product).abs() < 1e-13, "{i} {j}");
                assert!((reals.covariance[(i, j)] - product).abs() < 1e-13, "{i} {j}");
            }
        }
        assert_eq!((counted.mean[3], counted.covariance[(3, 3)], counted.covariance[(3, 5)]), (-1.0, 0.0, 0.0));
    }

    #[test]
    fn principal_components_diagonalise() {
        let moments = Moments::of(&Dataset::of_spins(example()).unwrap()).unwrap();
        let PrincipalComponents { variances, directions } = moments.principal_components().unwrap();
        assert!(variances.as_slice().is_sorted_by(|a, b| a >= b));
        let rebuilt = &directions * DMatrix::from_diagonal(&variances) * directions.transpose();
        assert!((rebuilt - &moments.covariance).amax() < 1e-13);
        assert!((directions.tr_mul(&directions) - DMatrix::identity(70, 70)).amax() < 1e-13);
        assert!(directions.column_iter().all(|direction| direction.max() >= -direction.min()));
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let on = |threads: usize, data: &Dataset| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let moments = Moments::of(data).unwrap();
                (moments.principal_components().unwrap(), moments)
            })
        };
        for data in [Dataset::of_spins(example()).unwrap(), as_reals(&example())] {
            assert_eq!(on(1, &data), on(3, &data));
        }
    }

    #[test]
    fn bad_data_are_refused() {
        let real = |values| Dataset { samples: Samples::Real(values), labels: None, image_shape: None };
        for values in [
            DMatrix::zeros(0, 3),
            DMatrix::zeros(3, 0),
            DMatrix::from_row_slice(2, 1, &[1e200, -1e200]),
            DMatrix::from_element(2, 2, f64::NAN),
            DMatrix::zeros(1, 1 << 15),
        ] {
            assert!(Moments::of(&real(values)).is_err());
        }
    }
}
