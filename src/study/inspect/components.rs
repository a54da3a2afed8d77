//! The components of planted vectors, as far as observed vectors determine them.
//!
//! Seen through noise, `y = c x + √(1 − c²) z`, components no longer follow the law of x: ±1 smears out, and fixed points with
//! the observed ones as empirical prior are off (w = 3 σ, ±1: m by −12 %, q by −20 %; Laplace: m by 5 %, q by 10 %). Neither the
//! most likely x nor their means given y follow the law of x. Draws from the posterior do:
//!
//! ```text
//! p(x | y) ∝ p(x) e^{−(y − c x)²/(2 (1 − c²))},
//! ```
//!
//! Its mean over y is p(x) again. So each site stands for [`COPIES`] draws, one from each part of equal weight of its posterior,
//! at levels fixed once and for all; modes are independent. p(x) is the mean of the four laws weighted by their likelihoods, each
//! turned into other modes as far as its likelihood says. The observed components are kept if the law is none of the four, if it
//! is Gaussian (which noise does not change), or if the noise is below 2 %.

use super::law::{ComponentLaw, Ratios};
use super::outlier::Outlier;
use super::seen::Seen;
use nalgebra::DMatrix;
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Draws for each site.
pub(super) const COPIES: usize = 2;
/// Noise below which components are kept as observed: the laws are not known more finely.
const NOTABLE_NOISE: f64 = 0.02;
/// Largest x.
const LARGEST_DRAW: f64 = 10.0;
/// Step of x: a quarter of the finest noise.
const DRAW_STEP: f64 = 0.005;

/// A vector and the verdict on it.
pub(super) struct Vector<'a> {
    /// Observed components at unit mean square.
    observed: &'a [f64],
    /// The verdict.
    law: ComponentLaw,
    /// Log-likelihoods of the four laws.
    ratios: Ratios,
    /// The four laws as seen through noise.
    seen: &'a [Seen; 4],
    /// c² of the noise alone, without other modes.
    squared_overlap: f64,
}

impl<'a> Vector<'a> {
    /// The vector u of a mode.
    pub fn of_u((outlier, observed): (&'a Outlier, &'a [f64])) -> Self {
        let (law, ratios) = (outlier.prior_u, outlier.log_likelihood_ratios.u);
        Self { observed, law, ratios, seen: &outlier.seen.0, squared_overlap: outlier.squared_overlap_u }
    }

    /// The vector v of a mode.
    pub fn of_v((outlier, observed): (&'a Outlier, &'a [f64])) -> Self {
        let (law, ratios) = (outlier.prior_v, outlier.log_likelihood_ratios.v);
        Self { observed, law, ratios, seen: &outlier.seen.1, squared_overlap: outlier.squared_overlap_v }
    }

    /// Whether the observed components are kept.
    fn is_kept(&self) -> bool {
        let (c2, largest) =
            (self.squared_overlap, self.observed.iter().fold(0.0, |largest: f64, y| largest.max(y.abs())));
        let noise = (1.0 - c2).max(0.0).sqrt();
        matches!(self.law, ComponentLaw::Other | ComponentLaw::Gaussian)
            || noise < NOTABLE_NOISE
            || largest > LARGEST_DRAW * c2.sqrt()
    }

    /// Draws of x, copy by copy.
    fn draws(&self, mode: usize) -> Vec<f64> {
        let sites = self.observed.len();
        let count = (2.0 * LARGEST_DRAW / DRAW_STEP) as usize + 1;
        let xs: Vec<f64> = (0..count).map(|n| DRAW_STEP * n as f64 - LARGEST_DRAW).collect();
        let prior: Vec<f64> = xs.iter().map(|&x| self.prior(x)).collect();
        let (c, twice) = (self.squared_overlap.sqrt(), 2.0 * (1.0 - self.squared_overlap));
        let mut random = ChaCha8Rng::seed_from_u64(mode as u64);
        let mut draws = vec![0.0; COPIES * sites];
        for (site, &y) in self.observed.iter().enumerate() {
            let mut total = 0.0;
            let below: Vec<f64> = xs
                .iter()
                .zip(&prior)
                .map(|(x, p)| {
                    total += p * (-(y - c * x).powi(2) / twice).exp();
                    total
                })
                .collect();
            // Which copy gets which part of the posterior differs from mode to mode: modes are independent.
            let mut parts: [usize; COPIES] = std::array::from_fn(|part| part);
            parts.shuffle(&mut random);
            let shift: f64 = random.random();
            for (copy, part) in parts.into_iter().enumerate() {
                let level = total * (part as f64 + shift) / COPIES as f64;
                let above = below.partition_point(|&weight| weight < level).min(count - 1);
                let start = if above == 0 { 0.0 } else { below[above - 1] };
                let fraction = ((level - start) / (below[above] - start)).clamp(0.0, 1.0);
                draws[copy * sites + site] = xs[above] + DRAW_STEP * (fraction - 0.5);
            }
        }
        draws
    }

    /// p(x): the laws with their probabilities, without noise but with the parts turned into other modes.
    fn prior(&self, x: f64) -> f64 {
        let ratios = [self.ratios.gaussian, self.ratios.uniform, self.ratios.bernoulli, self.ratios.laplace];
        let weights = ratios.map(f64::exp);
        let density = |(weight, seen): (&f64, &Seen)| weight * seen.without_noise(self.squared_overlap).density(x);
        weights.iter().zip(self.seen).map(density).sum::<f64>() / weights.iter().sum::<f64>()
    }
}

/// Components of some modes at unit mean square, `(copies · sites) × modes`; there is one copy if all vectors are kept as
/// observed.
pub(super) fn planted(vectors: &[Vector<'_>]) -> (DMatrix<f64>, usize) {
    let copies = if vectors.iter().all(Vector::is_kept) { 1 } else { COPIES };
    let column = |(mode, vector): (usize, &Vector<'_>)| {
        let mut values = if vector.is_kept() { vector.observed.repeat(copies) } else { vector.draws(mode) };
        let square = values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64;
        values.iter_mut().for_each(|x| *x /= square.sqrt());
        values
    };
    let columns: Vec<Vec<f64>> = vectors.par_iter().enumerate().map(column).collect();
    let rows = columns.first().map_or(0, Vec::len);
    (DMatrix::from_vec(rows, columns.len(), columns.concat()), copies)
}
