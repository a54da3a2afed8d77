//! Laws of the singular vectors' components, û and v̂ (`docs/theory.md`, section 1).
//!
//! In the statistical ensemble (10) the components `u_i^α = û/√N_v` and `v_j^α = v̂/√N_h` are independent draws of zero
//! mean and unit variance. Of a law the theory needs the characteristic function `φ(τ) = E[e^{iτx}]` with two
//! derivatives, moments, samples, and a quadrature rule for the textbook backend.
//!
//! | law | density | φ(τ) | E\[x⁴\] |
//! |---|---|---|---|
//! | Gaussian | N(0, 1) | exp(−τ²/2) | 3 |
//! | uniform | flat on \[−√3, √3\] | sin(√3 τ)/(√3 τ) | 9/5 |
//! | Bernoulli | ±1, each 1/2 | cos τ | 1 |
//! | Laplace | scale 1/√2 | 1/(1 + τ²/2) | 6 |
//! | empirical | the given sites | mean of exp(iτ·x) | measured |

use crate::error::{Error, Result};
use crate::theory::quadrature::{self, Rule};
use nalgebra::{DMatrix, DVector};
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const SQRT_3: f64 = 1.732_050_807_568_877_2;

/// Law of the components of the singular vectors on one side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Prior {
    /// Standard normal.
    Gaussian,
    /// Flat on [−√3, √3].
    Uniform,
    /// ±1 with equal probability.
    Bernoulli,
    /// Two-sided exponential of scale 1/√2.
    Laplace,
    /// The components of an actual machine: one joint vector per site, with that site's field.
    Empirical(Arc<Components>),
}

/// Components of an actual machine, for [`Prior::Empirical`].
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    /// û (or v̂) of each site: `sites × modes`, in units where a mode's components have unit variance.
    values: DMatrix<f64>,
    /// Field on each site, added to h (or h̄) as it is.
    fields: DVector<f64>,
}

impl Components {
    /// Components `values` (`sites × modes`, unit variance by convention) with a raw `fields` entry for each site.
    ///
    /// # Errors
    /// Empty matrices, a field vector of another length than the number of sites, entries that are not finite.
    pub fn new(values: DMatrix<f64>, fields: DVector<f64>) -> Result<Self> {
        if values.is_empty() {
            return Err(Error::EmptyComponents { sites: values.nrows(), modes: values.ncols() });
        }
        if fields.len() != values.nrows() {
            return Err(Error::Range {
                name: "site fields",
                reason: format!("{} fields for {} sites", fields.len(), values.nrows()),
            });
        }
        for (name, value) in values.iter().map(|v| ("a component", v)).chain(fields.iter().map(|f| ("a site field", f)))
        {
            if !value.is_finite() {
                return Err(Error::NotFinite { name, value: *value });
            }
        }
        Ok(Self { values, fields })
    }

    /// Components, `sites × modes`.
    pub fn values(&self) -> &DMatrix<f64> {
        &self.values
    }

    /// Field of each site.
    pub fn fields(&self) -> &DVector<f64> {
        &self.fields
    }
}

/// Characteristic function of one component at one argument, with its derivatives; real because the law is symmetric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Characteristic {
    /// φ(τ).
    pub value: f64,
    /// φ'(τ).
    pub first: f64,
    /// φ''(τ).
    pub second: f64,
}

impl Prior {
    /// The four laws that are named (all but the empirical one).
    pub const NAMED: [Prior; 4] = [Prior::Gaussian, Prior::Uniform, Prior::Bernoulli, Prior::Laplace];

    /// Name used in files and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Prior::Gaussian => "gaussian",
            Prior::Uniform => "uniform",
            Prior::Bernoulli => "bernoulli",
            Prior::Laplace => "laplace",
            Prior::Empirical(_) => "empirical",
        }
    }

    /// Whether flipping the sign of any one mode leaves the law unchanged: true of all but the empirical one.
    pub fn is_symmetric(&self) -> bool {
        !matches!(self, Prior::Empirical(_))
    }

    /// φ, φ' and φ'' of a single component at τ; `None` for the empirical law, whose components are joint.
    ///
    /// ```
    /// use spectral_rbm::Prior;
    /// let c = Prior::Bernoulli.characteristic(0.3).unwrap();
    /// assert_eq!((c.value, c.first, c.second), (0.3f64.cos(), -0.3f64.sin(), -0.3f64.cos()));
    /// ```
    pub fn characteristic(&self, tau: f64) -> Option<Characteristic> {
        Some(match self {
            Prior::Gaussian => {
                let value = (-0.5 * tau * tau).exp();
                Characteristic { value, first: -tau * value, second: (tau * tau - 1.0) * value }
            }
            Prior::Uniform => {
                let z = SQRT_3 * tau;
                let (sinc, bend) = spherical_bessel(z, z.sin(), z.cos());
                Characteristic { value: sinc, first: -3.0 * tau * bend, second: 3.0 * (2.0 * bend - sinc) }
            }
            Prior::Bernoulli => {
                let (sin, cos) = tau.sin_cos();
                Characteristic { value: cos, first: -sin, second: -cos }
            }
            Prior::Laplace => {
                let value = 1.0 / (1.0 + 0.5 * tau * tau);
                let square = value * value;
                Characteristic { value, first: -tau * square, second: square * (2.0 * tau * tau * value - 1.0) }
            }
            Prior::Empirical(_) => return None,
        })
    }

    /// Moment `E[x^order]` of one component; for the empirical law, of all its entries together.
    pub fn moment(&self, order: u32) -> f64 {
        if let Prior::Empirical(components) = self {
            return components.values().iter().map(|x| x.powi(order as i32)).sum::<f64>()
                / components.values().len() as f64;
        }
        if order % 2 == 1 {
            return 0.0;
        }
        let n = f64::from(order);
        match self {
            Prior::Gaussian => (1..order).step_by(2).map(f64::from).product(),
            Prior::Uniform => 3f64.powf(n / 2.0) / (n + 1.0),
            Prior::Laplace => (1..=order).map(f64::from).product::<f64>() * 0.5f64.powf(n / 2.0),
            _ => 1.0,
        }
    }

    /// Kurtosis `E[x⁴]/E[x²]²`; 3 for the Gaussian.
    pub fn kurtosis(&self) -> f64 {
        self.moment(4) / self.moment(2).powi(2)
    }

    /// Draws the components of `sites` sites and `modes` modes; the empirical law redraws whole sites with replacement.
    ///
    /// # Errors
    /// [`Error::Length`] if an empirical law has another number of modes.
    pub fn sample(&self, sites: usize, modes: usize, random: &mut impl Rng) -> Result<DMatrix<f64>> {
        if let Prior::Empirical(components) = self {
            self.check_modes(modes)?;
            let rows: Vec<usize> = (0..sites).map(|_| random.random_range(0..components.values().nrows())).collect();
            return Ok(components.values().select_rows(&rows));
        }
        Ok(DMatrix::from_fn(sites, modes, |_, _| self.draw(random)))
    }

    fn draw(&self, random: &mut impl Rng) -> f64 {
        match self {
            Prior::Uniform => SQRT_3 * (2.0 * random.random::<f64>() - 1.0),
            Prior::Bernoulli => {
                if random.random() {
                    1.0
                } else {
                    -1.0
                }
            }
            Prior::Laplace => {
                // 1 − U lies in (0, 1]: the logarithm is finite.
                let magnitude = -(1.0 - random.random::<f64>()).ln() * FRAC_1_SQRT_2;
                if random.random() { magnitude } else { -magnitude }
            }
            _ => random.sample(StandardNormal),
        }
    }

    /// Quadrature rule of one component: Gauss rules of `n` nodes (2n for Laplace, n on each side), two nodes for
    /// Bernoulli; `None` for the empirical law.
    ///
    /// # Errors
    /// [`Error::QuadratureNodes`] unless 1 ≤ n ≤ 1024.
    pub fn quadrature(&self, n: usize) -> Result<Option<Rule>> {
        Ok(Some(match self {
            Prior::Gaussian => quadrature::hermite(n)?,
            Prior::Uniform => {
                let Rule { nodes, weights } = quadrature::legendre(n)?;
                Rule { nodes: nodes.into_iter().map(|x| SQRT_3 * x).collect(), weights }
            }
            Prior::Bernoulli => Rule { nodes: vec![-1.0, 1.0], weights: vec![0.5, 0.5] },
            Prior::Laplace => {
                let half = quadrature::laguerre(n)?;
                let right = half.nodes.iter().map(|y| y * FRAC_1_SQRT_2);
                let nodes = right.clone().rev().map(|x| -x).chain(right).collect();
                let weights = half.weights.iter().rev().chain(&half.weights).map(|w| 0.5 * w).collect();
                Rule { nodes, weights }
            }
            Prior::Empirical(_) => return Ok(None),
        }))
    }

    /// Checks that the law can serve `modes` modes.
    ///
    /// # Errors
    /// [`Error::Length`] if an empirical law has another number of modes.
    pub fn check_modes(&self, modes: usize) -> Result<()> {
        match self {
            Prior::Empirical(components) if components.values().ncols() != modes => {
                Err(Error::Length { name: "the empirical prior", found: components.values().ncols(), expected: modes })
            }
            _ => Ok(()),
        }
    }

    /// Largest |c| λ for which `E[e^{λ c x}]` is finite: √2 for Laplace, no limit for the others.
    pub(crate) fn exponential_moment_limit(&self) -> f64 {
        if matches!(self, Prior::Laplace) { SQRT_2 } else { f64::INFINITY }
    }
}

impl fmt::Display for Prior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Prior> for String {
    fn from(prior: Prior) -> Self {
        prior.name().to_owned()
    }
}

impl TryFrom<String> for Prior {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

impl FromStr for Prior {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Prior::NAMED
            .into_iter()
            .find(|prior| prior.name() == name.to_lowercase())
            .ok_or_else(|| Error::UnknownPrior(name.to_owned()))
    }
}

/// Coefficients of `Σ_j (−z²)^j/(2j+1)!` and `Σ_j (−z²)^j (2j+2)/(2j+3)!`; at |z| ≤ 1 ten terms leave 1/21! < 1e-19.
const SERIES: ([f64; 10], [f64; 10]) = {
    let (mut sinc, mut bend) = ([0.0; 10], [0.0; 10]);
    let (mut term, mut j) = (1.0, 0);
    while j < 10 {
        let odd = (2 * j + 1) as f64;
        sinc[j] = term;
        bend[j] = term / (odd + 2.0);
        term /= -(odd + 1.0) * (odd + 2.0);
        j += 1;
    }
    (sinc, bend)
};

/// `sin z / z` and `(sin z / z − cos z)/z²`, the latter from its series where the difference would cancel.
pub(crate) fn spherical_bessel(z: f64, sin: f64, cos: f64) -> (f64, f64) {
    let square = z * z;
    if square > 1.0 {
        let sinc = sin / z;
        return (sinc, (sinc - cos) / square);
    }
    let (mut sinc, mut bend) = (0.0, 0.0);
    for term in (0..SERIES.0.len()).rev() {
        sinc = SERIES.0[term] + square * sinc;
        bend = SERIES.1[term] + square * bend;
    }
    (sinc, bend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// φ and its derivatives against the quadrature average of e^{iτx}, −x sin τx and −x² cos τx.
    #[test]
    fn characteristic_functions_are_the_averages_they_name() {
        for prior in Prior::NAMED {
            let rule = prior.quadrature(120).unwrap().unwrap();
            for tau in [0.0, 1e-3, 0.2, 0.57, 0.58, 0.9, 1.4] {
                let c = prior.characteristic(tau).unwrap();
                // Gauss–Laguerre converges only geometrically on cos τx: 1e-11 is what 120 nodes give at τ = 1.4.
                assert!((c.value - rule.mean(|x| (tau * x).cos())).abs() < 1e-11, "{prior} {tau}");
                assert!((c.first + rule.mean(|x| x * (tau * x).sin())).abs() < 1e-11, "{prior} {tau}");
                assert!((c.second + rule.mean(|x| x * x * (tau * x).cos())).abs() < 1e-10, "{prior} {tau}");
            }
        }
    }

    #[test]
    fn moments_agree_with_quadrature() {
        for prior in Prior::NAMED {
            let rule = prior.quadrature(20).unwrap().unwrap();
            for order in 0..8 {
                let exact = prior.moment(order);
                let found = rule.mean(|x| x.powi(order as i32));
                assert!((found - exact).abs() < 1e-11 * exact.max(1.0), "{prior} {order}: {found} {exact}");
            }
            assert!((prior.moment(2) - 1.0).abs() < 1e-15);
        }
        let kurtosis = Prior::NAMED.map(|p| p.kurtosis());
        for (found, exact) in kurtosis.into_iter().zip([3.0, 1.8, 1.0, 6.0]) {
            assert!((found - exact).abs() < 1e-14);
        }
    }

    /// Sample moments within five standard errors, from the exact moments of twice the order.
    #[test]
    fn samples_have_the_moments_of_the_law() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let n = 200_000;
        for prior in Prior::NAMED {
            let x = prior.sample(n, 1, &mut random).unwrap();
            for order in 1..5 {
                let mean = x.iter().map(|v| v.powi(order)).sum::<f64>() / n as f64;
                let order = order as u32;
                let error = ((prior.moment(2 * order) - prior.moment(order).powi(2)) / n as f64).sqrt();
                assert!((mean - prior.moment(order)).abs() <= 5.0 * error + 1e-12, "{prior} order {order}");
            }
        }
    }

    /// Kolmogorov–Smirnov against the distribution functions of statrs: √n D exceeds 1.95 once in a thousand times.
    #[test]
    fn samples_follow_the_distribution_function() {
        use statrs::distribution::{ContinuousCDF, Laplace, Normal, Uniform};
        let mut random = ChaCha8Rng::seed_from_u64(11);
        let n = 50_000;
        let mut distance = |prior: Prior, cdf: &dyn Fn(f64) -> f64| {
            let mut x: Vec<f64> = prior.sample(n, 1, &mut random).unwrap().iter().copied().collect();
            x.sort_by(f64::total_cmp);
            let steps = x.iter().enumerate().map(|(i, &x)| (cdf(x) - i as f64 / n as f64).abs());
            steps.fold(0.0, f64::max) * (n as f64).sqrt()
        };
        let (normal, laplace) = (Normal::new(0.0, 1.0).unwrap(), Laplace::new(0.0, FRAC_1_SQRT_2).unwrap());
        let uniform = Uniform::new(-SQRT_3, SQRT_3).unwrap();
        assert!(distance(Prior::Gaussian, &|x| normal.cdf(x)) < 1.95);
        assert!(distance(Prior::Laplace, &|x| laplace.cdf(x)) < 1.95);
        assert!(distance(Prior::Uniform, &|x| uniform.cdf(x)) < 1.95);
        // The wrong law is told apart.
        assert!(distance(Prior::Laplace, &|x| normal.cdf(x)) > 5.0);
    }

    #[test]
    fn empirical_laws_are_checked() {
        let values = DMatrix::from_row_slice(3, 2, &[1.0, -1.0, 0.5, 2.0, -1.5, 0.0]);
        let prior = Prior::Empirical(Arc::new(Components::new(values, DVector::zeros(3)).unwrap()));
        assert!(prior.check_modes(3).is_err());
        assert!(Components::new(DMatrix::zeros(0, 2), DVector::zeros(0)).is_err());
        assert!(Components::new(DMatrix::zeros(2, 2), DVector::zeros(3)).is_err());
        assert!(Components::new(DMatrix::from_element(1, 1, f64::NAN), DVector::zeros(1)).is_err());
    }

    #[test]
    fn names_parse_back() {
        for prior in Prior::NAMED {
            assert_eq!(prior.name().parse::<Prior>().unwrap(), prior);
        }
        assert!("cauchy".parse::<Prior>().is_err());
    }
}
