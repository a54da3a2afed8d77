//! ±1 data in clusters along planted directions.

use super::super::dataset::Dataset;
use super::super::drawn::{Result, spins_in_parallel};
use super::super::error::DataError;
use super::directions::{check_directions, orthonormal, parameter, stream};
use crate::Prior;
use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// ±1 data that cluster along K planted directions u^α (`visible × K`, orthonormal).
///
/// A sample draws `z_α = ±1` with `P(z_α = +1)` = `balance[α]`, and then its units independently, with means
///
/// ```text
/// ⟨s_i⟩_z = tanh( √N Σ_α a_α u_i^α z_α ).
/// ```
///
/// The directions are components û of a prior, orthonormalised in the order of the modes (Gram–Schmidt), so that
/// `u^α·û^α > 0`. One Bernoulli mode keeps `u_i = ±1/√N`: all units then have means `± tanh a`.
///
/// ```
/// use spectral_rbm::{Prior, data::Clusters};
/// let clusters = Clusters::new(100, &[0.6931], &[0.5], &Prior::Bernoulli, 0)?;
/// let data = clusters.generate(10)?;
/// assert_eq!((data.len(), data.units()), (10, 100));
/// assert!(Clusters::new(100, &[0.6931], &[1.5], &Prior::Bernoulli, 0).is_err());
/// # Ok::<(), spectral_rbm::data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    balance: Vec<f64>,
    directions: DMatrix<f64>,
    /// `√N a_α u_i^α`, `visible × K`.
    fields: DMatrix<f64>,
    seed: u64,
}

/// Largest number of modes for which [`Clusters::mean`] visits all 2^K patterns.
const ENUMERABLE: usize = 10;

impl Clusters {
    /// Clusters of `visible` units along one direction per entry of `amplitudes` (a_α) and
    /// `balance`; the components of the directions are drawn from `prior_u`.
    ///
    /// # Errors
    /// [`DataError::Parameter`] for no amplitudes, amplitudes that are not finite (or overflow times √N), a list of balances of another length,
    /// a balance outside (0, 1), fewer units than directions, an empirical prior with another number of modes, or drawn
    /// components that are linearly dependent (which happens to few ±1 units).
    pub fn new(visible: usize, amplitudes: &[f64], balance: &[f64], prior_u: &Prior, seed: u64) -> Result<Self> {
        check_directions(visible, amplitudes.len(), "amplitude")?;
        if balance.len() != amplitudes.len() {
            let (found, expected) = (balance.len(), amplitudes.len());
            return parameter(format!("{found} balances for {expected} amplitudes: one per direction is needed"));
        }
        let scale = DVector::from_column_slice(amplitudes) * (visible as f64).sqrt();
        // The largest possible field, since |u_i| ≤ 1.
        if !scale.lp_norm(1).is_finite() {
            return parameter(format!("the amplitudes are {amplitudes:?}: they and their sum times √N must be finite"));
        }
        if let Some(value) = balance.iter().find(|value| !(0.0 < **value && **value < 1.0)) {
            return parameter(format!("a balance is {value}: P(z = +1) must lie strictly between 0 and 1"));
        }
        let drawn = prior_u
            .sample(visible, amplitudes.len(), &mut ChaCha8Rng::seed_from_u64(seed))
            .map_err(|error| DataError::Parameter(error.to_string()))?;
        let directions = orthonormal(drawn)?;
        let fields = &directions * DMatrix::from_diagonal(&scale);
        Ok(Self { balance: balance.to_vec(), directions, fields, seed })
    }

    /// The directions u^α, orthonormal columns, `visible × K`.
    pub fn directions(&self) -> &DMatrix<f64> {
        &self.directions
    }

    /// Probability that z_α is +1, for each direction.
    pub fn balance(&self) -> &[f64] {
        &self.balance
    }

    /// `√N a_α u_i^α`, `visible × K`: with z_α = ±1 they add up to the field on a site.
    pub fn fields(&self) -> &DMatrix<f64> {
        &self.fields
    }

    /// The exact mean of each unit, `Σ_z P(z) tanh( √N Σ_α a_α u_i^α z_α )`, over all 2^K patterns of z.
    ///
    /// # Errors
    /// [`DataError::Parameter`] for more than ten directions.
    pub fn mean(&self) -> Result<DVector<f64>> {
        let modes = self.balance.len();
        if modes > ENUMERABLE {
            return parameter(format!("the exact mean takes at most {ENUMERABLE} directions, there are {modes}"));
        }
        let mut mean = DVector::zeros(self.fields.nrows());
        for pattern in 0..1usize << modes {
            let up = |mode: usize| pattern >> mode & 1 == 1;
            let weight = |(mode, up_weight): (usize, &f64)| if up(mode) { *up_weight } else { 1.0 - up_weight };
            let probability: f64 = self.balance.iter().enumerate().map(weight).product();
            let z = DVector::from_fn(modes, |mode, _| if up(mode) { 1.0 } else { -1.0 });
            mean += (&self.fields * z).map(|field| probability * field.tanh());
        }
        Ok(mean)
    }

    /// `samples` samples. Sample `n` depends on the parameters and `n` alone, not on the number of threads.
    ///
    /// # Errors
    /// [`DataError::Parameter`] for no samples, or more than fit into 4 GiB.
    pub fn generate(&self, samples: usize) -> Result<Dataset> {
        let visible = self.fields.nrows();
        let spins = spins_in_parallel(samples, visible, |n| {
            let mut random = stream(self.seed, n);
            let up = |&balance: &f64| if random.random::<f64>() < balance { 1.0 } else { -1.0 };
            let z = DVector::from_iterator(self.balance.len(), self.balance.iter().map(up));
            let fields = &self.fields * z;
            // P(s = +1) = (1 + tanh field)/2.
            fields.iter().map(|field| 2.0 * random.random::<f64>() - 1.0 < field.tanh()).collect()
        })?;
        Dataset::of_spins(spins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Moments;
    use crate::data::synthetic::tests::on_threads;
    use std::f64::consts::LN_2;

    fn clusters() -> Clusters {
        Clusters::new(40, &[0.9, -0.5, 0.3], &[0.7, 0.2, 0.5], &Prior::Laplace, 4).unwrap()
    }

    /// One Bernoulli mode of amplitude ln 2 = artanh 0.6.
    #[test]
    fn one_bernoulli_mode_is_a_mattis_state() {
        let (visible, balance) = (400, 0.8);
        let clusters = Clusters::new(visible, &[LN_2], &[balance], &Prior::Bernoulli, 3).unwrap();
        let exact = 1.0 / (visible as f64).sqrt();
        assert!(clusters.directions().iter().all(|u| (u.abs() - exact).abs() < 1e-15));
        let mean = clusters.mean().unwrap();
        for (mean, u) in mean.iter().zip(clusters.directions()) {
            assert!((mean - (2.0 * balance - 1.0) * 0.6 * u.signum()).abs() < 1e-13);
        }
        // |u·s|/√N is 0.6 in every sample, up to √(1 − 0.6²)/√N; its sign is z.
        let data = clusters.generate(2000).unwrap();
        let spins = data.spins().unwrap();
        let overlap =
            |n: usize| (0..visible).map(|i| clusters.directions()[i] * spins.value(n, i) * exact).sum::<f64>();
        let overlaps: Vec<f64> = (0..2000).map(overlap).collect();
        let magnitude = overlaps.iter().map(|overlap| overlap.abs()).sum::<f64>() / 2000.0;
        assert!((magnitude - 0.6).abs() < 4.0 * 0.8 * exact / 2000f64.sqrt(), "{magnitude}");
        let up = overlaps.iter().filter(|&&overlap| overlap > 0.0).count() as f64 / 2000.0;
        assert!((up - balance).abs() < 4.0 * (balance * (1.0 - balance) / 2000.0).sqrt(), "{up}");
    }

    /// Sample means against the exact ones, and all pairs against `Σ_z P(z) tanh tanh` of the definition.
    #[test]
    fn sample_moments_are_the_exact_ones() {
        let clusters = clusters();
        let samples = 40_000;
        let found = Moments::of(&clusters.generate(samples).unwrap()).unwrap();
        let mean = clusters.mean().unwrap();
        let error = |expected: f64| ((1.0 - expected * expected) / samples as f64).sqrt();
        for (found, expected) in found.mean.iter().zip(&mean) {
            assert!((found - expected).abs() < 4.0 * error(*expected), "{found} {expected}");
        }
        let u = clusters.directions();
        for (i, j) in (0..40).flat_map(|j| (j + 1..40).map(move |i| (i, j))) {
            let mut product = 0.0;
            for pattern in 0..8 {
                let z = [1, 2, 4].map(|bit| if pattern & bit == 0 { -1.0 } else { 1.0 });
                let probability = (0.5 + 0.2 * z[0]) * (0.5 - 0.3 * z[1]) * 0.5;
                let field = |i: usize| {
                    40f64.sqrt() * (0.9 * u[(i, 0)] * z[0] - 0.5 * u[(i, 1)] * z[1] + 0.3 * u[(i, 2)] * z[2])
                };
                product += probability * field(i).tanh() * field(j).tanh();
            }
            let found = found.covariance[(i, j)] + found.mean[i] * found.mean[j];
            // 780 pairs: five standard errors are exceeded once in 2000 times.
            assert!((found - product).abs() < 5.0 * error(product), "{i} {j}: {found} {product}");
        }
    }

    #[test]
    fn a_sample_depends_on_its_number_alone() {
        let few = on_threads(1, || clusters().generate(50).unwrap());
        assert_eq!(few, on_threads(3, || clusters().generate(50).unwrap()));
        let (few, many) = (few.spins().unwrap(), clusters().generate(80).unwrap());
        assert!((0..50).all(|n| few.row(n) == many.spins().unwrap().row(n)));
        assert_ne!(few.row(0), few.row(1));
    }

    #[test]
    fn bad_parameters_are_refused() {
        let clusters = |visible, amplitudes: &[f64], balance: &[f64]| {
            Clusters::new(visible, amplitudes, balance, &Prior::Gaussian, 0).is_err()
        };
        assert!(!clusters(2, &[0.5, 0.5], &[0.5, 0.5]));
        assert!(clusters(1, &[0.5, 0.5], &[0.5, 0.5]) && clusters(5, &[], &[]) && clusters(5, &[0.5], &[0.5, 0.5]));
        assert!(clusters(5, &[f64::NAN], &[0.5]) && clusters(5, &[1e308], &[0.5]));
        assert!(clusters(5, &[f64::INFINITY], &[0.5]) && clusters(usize::MAX, &[0.5], &[0.5]));
        for balance in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(clusters(5, &[0.5], &[balance]));
        }
        let many = Clusters::new(20, &[0.5; 11], &[0.5; 11], &Prior::Gaussian, 0).unwrap();
        assert!(many.mean().is_err() && many.generate(0).is_err() && many.generate(usize::MAX).is_err());
    }
}
