//! tanh of Gaussian fields, averaged (`docs/theory.md`, section 2d): `E tanh(φ + √F x)` and its slope `E sech²(φ + √F x)` for x of
//! variance 1.
//!
//! The trapezoidal rule in x: on an analytic integrand its error falls exponentially with the inverse of the step (Trefethen and
//! Weideman, *SIAM Review* 56, 385 (2014)). The nearest poles lie at `|Im x| = π/(2√F)`.

use super::simd::{Loop, run};
use super::tanh::tanh;
use std::f64::consts::{FRAC_PI_2, TAU};

/// The error is exp(−ACCURATE_DIGITS), 1e-14, times the residue of sech² at its pole, of order 1/(hF): 150 where it counts.
const ACCURATE_DIGITS: f64 = 32.0;
/// Nodes reach this far: the rest of a Gaussian is 2e-12.
const REACH: f64 = 7.0;
/// Smallest step, for variances up to 1e4; beyond, the sum resolves the step of tanh to 1e-3.
const SMALLEST_STEP: f64 = 2e-3;
/// Units that share their nodes.
const AT_ONCE: usize = 64;

/// Replaces fields φ by `E tanh(φ + √F x)`, for the variances F of the units, and writes `E sech²(φ + √F x)` to `slopes`. Absolute
/// error below 5e-11 for variances up to 1e4. Variances that rounding makes negative count as 0.
pub(crate) fn smooth_tanh(fields: &mut [f64], variances: &[f64], slopes: &mut [f64]) {
    run(SmoothTanh { fields, variances, slopes });
}

/// The largest step that is accurate for standard deviations up to `deviation`.
fn step(deviation: f64) -> f64 {
    // The contour is moved by y: a factor exp(y²/2) of the Gaussian, exp(−2πy/h) of the sum.
    let free = (2.0 * ACCURATE_DIGITS).sqrt();
    let pole = FRAC_PI_2 / deviation.max(f64::MIN_POSITIVE);
    let y = pole.min(free);
    (TAU * y / (ACCURATE_DIGITS + 0.5 * y * y)).max(SMALLEST_STEP)
}

struct SmoothTanh<'a> {
    fields: &'a mut [f64],
    variances: &'a [f64],
    slopes: &'a mut [f64],
}

impl Loop for SmoothTanh<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let (mut deviations, mut sums) = ([0.0; AT_ONCE], [0.0; AT_ONCE]);
        let given = self.variances.chunks(AT_ONCE).zip(self.slopes.chunks_mut(AT_ONCE));
        for (fields, (variances, slopes)) in self.fields.chunks_mut(AT_ONCE).zip(given) {
            let (deviations, sums) = (&mut deviations[..fields.len()], &mut sums[..fields.len()]);
            let mut largest = 0.0;
            for (deviation, variance) in deviations.iter_mut().zip(variances) {
                *deviation = if *variance > 0.0 { variance.sqrt() } else { 0.0 };
                largest = if *deviation > largest { *deviation } else { largest };
            }
            let h = step(largest);
            let pairs = (REACH / h).ceil() as usize;
            let weight = |k: usize| (-0.5 * (h * k as f64).powi(2)).exp();
            let total = 1.0 + 2.0 * (1..=pairs).map(weight).sum::<f64>();
            for ((sum, slope), field) in sums.iter_mut().zip(&mut *slopes).zip(&*fields) {
                let t = tanh::<FUSED>(*field);
                *sum = t / total;
                *slope = (1.0 - t * t) / total;
            }
            for k in 1..=pairs {
                let (x, weight) = (h * k as f64, weight(k) / total);
                let units = sums.iter_mut().zip(&mut *slopes).zip(&*fields).zip(&*deviations);
                for (((sum, slope), field), deviation) in units {
                    let shift = deviation * x;
                    let (above, below) = (tanh::<FUSED>(field + shift), tanh::<FUSED>(field - shift));
                    *sum += weight * (above + below);
                    *slope += weight * ((1.0 - above * above) + (1.0 - below * below));
                }
            }
            fields.copy_from_slice(sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// `∫_0^∞ f(t) e^{−F t²/2}/sinh(πt/2) dt` by a fine trapezoidal rule, with f = sin tφ for tanh and t cos tφ for sech².
    fn transform(variance: f64, start: f64, f: impl Fn(f64) -> f64) -> f64 {
        let h = 0.005;
        let term = |n: i32| {
            let t = h * f64::from(n);
            f(t) * (-0.5 * variance * t * t).exp() / (0.5 * PI * t).sinh()
        };
        h * (0.5 * start + (1..6000).map(term).sum::<f64>())
    }

    #[test]
    fn averages_agree_with_their_sine_and_cosine_transforms() {
        let fields: Vec<f64> = (-40..=40).map(|n| 0.25 * f64::from(n)).collect();
        for variance in [0.0, 1e-4, 0.05, 0.5, 1.0, 4.0, 25.0, 400.0] {
            let (mut means, mut slopes) = (fields.clone(), vec![0.0; fields.len()]);
            smooth_tanh(&mut means, &vec![variance; fields.len()], &mut slopes);
            for ((field, mean), slope) in fields.iter().zip(&means).zip(&slopes) {
                let tanh = transform(variance, 2.0 * field / PI, |t| (t * field).sin());
                let sech2 = transform(variance, 2.0 / PI, |t| t * (t * field).cos());
                assert!((mean - tanh).abs() < 5e-11, "{field} {variance}: {mean} {tanh}");
                assert!((slope - sech2).abs() < 5e-11, "{field} {variance}: {slope} {sech2}");
            }
        }
    }

    /// Far in saturation with a variance that reaches back: `E tanh → erf(φ/√(2F))`, up to terms of relative order 1/F.
    #[test]
    fn wide_fields_are_steps_seen_through_noise() {
        let (mut mean, mut slope) = ([40.0], [0.0]);
        smooth_tanh(&mut mean, &[1600.0], &mut slope);
        assert!((mean[0] - libm::erf(0.5f64.sqrt())).abs() < 1e-3, "{mean:?}");
        let density = 2.0 * (-0.5f64).exp() / (2.0 * PI * 1600.0).sqrt();
        assert!((slope[0] / density - 1.0).abs() < 1e-3, "{slope:?}");
    }
}
