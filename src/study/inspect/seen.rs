//! The laws of components as they are seen through noise.
//!
//! Each law of x, convolved with the noise of `y = c x + √(1 − c²) z`, has a density in closed form.

use crate::Prior;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Smallest standard deviation of the noise: components are read in single precision, and c is not known better.
pub(super) const LEAST_NOISE: f64 = 0.02;
/// Below this share of signal, every law is Gaussian up to rounding.
const LEAST_SIGNAL: f64 = 1e-4;
/// Number of polynomials that the components are tested with.
const POLYNOMIALS: usize = 8;

/// A law as it is seen: components x under noise, perhaps mixed with other modes.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    law: Prior,
    /// c.
    cosine: f64,
    /// Angles into a second and a third mode of the same law; used for ±1 components only.
    angles: (f64, f64),
}

impl Seen {
    /// The law of `c x + √(1 − c²) z` for x of this law; `c²` is clamped to [0, 1].
    pub fn new(law: Prior, squared_cosine: f64) -> Self {
        Self { law, cosine: squared_cosine.clamp(0.0, 1.0).sqrt(), angles: (0.0, 0.0) }
    }

    /// The same, turned by angles into a second and a third mode.
    pub(super) fn turned(self, angles: (f64, f64)) -> Self {
        Self { angles, ..self }
    }

    /// The law of x.
    pub fn law(&self) -> &Prior {
        &self.law
    }

    /// c².
    pub fn squared_cosine(&self) -> f64 {
        self.cosine * self.cosine
    }

    /// Density at y.
    pub fn density(&self, y: f64) -> f64 {
        self.log_density(y).exp()
    }

    /// Logarithm of the density at y, finite for all finite y.
    pub fn log_density(&self, y: f64) -> f64 {
        let c = self.cosine;
        let noise = ((1.0 - c) * (1.0 + c)).max(0.0).sqrt().max(LEAST_NOISE);
        if c < LEAST_SIGNAL {
            return log_normal(y, 1.0);
        }
        let y = y.abs();
        match self.law {
            Prior::Uniform => {
                // Φ at both ends, taken from the side where they are small.
                let (low, high) = ((y - 3f64.sqrt() * c) / noise, (y + 3f64.sqrt() * c) / noise);
                let (from_low, from_high) = (log_erfc(low * FRAC_1_SQRT_2), log_erfc(high * FRAC_1_SQRT_2));
                from_low + (-(from_high - from_low).exp_m1()).ln() - (4.0 * 3f64.sqrt() * c).ln()
            }
            Prior::Bernoulli => {
                let (first, second) = self.angles;
                let one = c * first.cos() * second.cos();
                let (two, three) = (c * first.sin() * second.cos(), c * second.sin());
                let pair = |x: f64| log_sum(log_normal(y - x, noise), log_normal(y + x, noise));
                let four = |x: f64| log_sum(pair(one + two + x), pair(one - two + x)) - 4f64.ln();
                // Without a third mode, the eight values reduce to four.
                if three == 0.0 { four(0.0) } else { log_sum(four(three), four(-three)) - 2f64.ln() }
            }
            Prior::Laplace => {
                // Scale b of c x; e^{∓y/b} erfc((s/b ∓ y/s)/√2), each with its e^{s²/2b²}.
                let scale = c * FRAC_1_SQRT_2;
                let (r, t) = (noise / scale, y / noise);
                let side = |sign: f64| 0.5 * r * r + sign * y / scale + log_erfc((r + sign * t) * FRAC_1_SQRT_2);
                log_sum(side(-1.0), side(1.0)) - (4.0 * scale).ln()
            }
            Prior::Gaussian | Prior::Empirical(_) => log_normal(y, 1.0),
        }
    }

    /// The law of x itself, with the parts turned into other modes; `squared_overlap` is the c² of the noise alone.
    pub(super) fn without_noise(&self, squared_overlap: f64) -> Self {
        let kept = if squared_overlap > 0.0 { (self.squared_cosine() / squared_overlap).min(1.0) } else { 1.0 };
        Self { cosine: kept.sqrt(), ..self.clone() }
    }

    pub(super) fn log_likelihood(&self, components: &[f64]) -> f64 {
        components.iter().map(|&y| self.log_density(y)).sum()
    }

    /// Distribution function at the components in increasing order.
    fn distribution(&self, components: &[f64]) -> Vec<f64> {
        /// No law has weight beyond this.
        const END: f64 = 16.0;
        /// Step: a fifth of the least noise.
        const STEP: f64 = 0.2 * LEAST_NOISE;
        let mut sorted: Vec<f64> = components.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (mut below, mut density, mut y) = (0.0, self.density(-END), -END);
        for component in &mut sorted {
            // By the trapezoidal rule up to the next component.
            let end = component.clamp(-END, END);
            while y < end {
                let next = (y + STEP).min(end);
                let after = self.density(next);
                below += 0.5 * (density + after) * (next - y);
                (density, y) = (after, next);
            }
            *component = below;
        }
        sorted
    }

    /// Distance of components from the law: the largest difference of the distribution functions, and the smooth statistic
    /// `Σ_k (Σ_i P_k(F(y_i)))²/N` with the orthonormal Legendre polynomials of degree 1 to 8 on [0, 1]. Skew, several peaks and
    /// tails all add to it.
    pub(super) fn fit(&self, components: &[f64]) -> (f64, f64) {
        let below = self.distribution(components);
        let count = below.len() as f64;
        let gap = |(rank, share): (usize, &f64)| {
            (share - rank as f64 / count).abs().max((share - (rank as f64 + 1.0) / count).abs())
        };
        let distance = below.iter().enumerate().map(gap).fold(0.0, f64::max);
        let mut sums = [0.0; POLYNOMIALS];
        for share in below {
            let x = 2.0 * share.clamp(0.0, 1.0) - 1.0;
            let (mut before, mut polynomial) = (1.0, x);
            for (index, sum) in sums.iter_mut().enumerate() {
                let degree = index as f64 + 1.0;
                *sum += (2.0 * degree + 1.0).sqrt() * polynomial;
                let next = ((2.0 * degree + 1.0) * x * polynomial - degree * before) / (degree + 1.0);
                (before, polynomial) = (polynomial, next);
            }
        }
        (distance, sums.iter().map(|sum| sum * sum).sum::<f64>() / count)
    }
}

pub(super) fn log_normal(y: f64, deviation: f64) -> f64 {
    -0.5 * (y / deviation).powi(2) - deviation.ln() - 0.5 * (2.0 * PI).ln()
}

/// log(e^a + e^b).
pub(super) fn log_sum(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

/// log erfc x, also where erfc underflows.
fn log_erfc(x: f64) -> f64 {
    /// From here on, the asymptotic series to y⁴ is exact to 1e-10: the next term is 945 y⁵.
    const LARGE: f64 = 15.0;
    if x < LARGE {
        return libm::erfc(x).ln();
    }
    let y = 0.5 / (x * x);
    -x * x - (x * PI.sqrt()).ln() + (y * (-1.0 + y * (3.0 + y * (-15.0 + 105.0 * y)))).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the inverse Fourier transform of the characteristic functions, `p = (1/π) ∫ cos(ty) φ(ct) e^{−s²t²/2} dt`,
    /// by the trapezoidal rule, whose error is far below 1e-9 at this step.
    #[test]
    fn densities_are_the_transforms_of_the_characteristic_functions() {
        for law in Prior::NAMED {
            for c2 in [0.01, 0.3, 0.8, 0.95] {
                let seen = Seen::new(law.clone(), c2);
                for y in [0.0, 0.4, -1.0, 1.7, 3.0] {
                    let (step, c, s2) = (2e-3, f64::sqrt(c2), 1.0 - c2);
                    let term = |n: i32| {
                        let t = step * f64::from(n);
                        (t * y).cos() * law.characteristic(c * t).unwrap().value * (-0.5 * s2 * t * t).exp()
                    };
                    let sum = 0.5 * term(0) + (1..30_000).map(term).sum::<f64>();
                    let exact = sum * step / PI;
                    assert!((seen.density(y) - exact).abs() < 1e-9, "{law} {c2} {y}: {} {exact}", seen.density(y));
                }
            }
        }
    }

    /// Far out, and with hardly any noise or signal, logarithms stay finite; log erfc joins its series.
    #[test]
    fn log_densities_are_finite() {
        for law in Prior::NAMED {
            for c2 in [0.0, 1e-9, 1e-7, 0.5, 0.9999, 1.0] {
                for y in [0.0, 1.0, 5.0, 40.0] {
                    let value = Seen::new(law.clone(), c2).log_density(y);
                    assert!(value.is_finite(), "{law} {c2} {y}: {value}");
                }
            }
        }
        assert!((log_erfc(15.0 - 1e-12) - log_erfc(15.0)).abs() < 1e-9);
    }
}
