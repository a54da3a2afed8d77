//! The state without magnetization: its overlap does not depend on w or on the priors, only on σ and κ (`docs/theory.md`,
//! section 3f).
//!
//! ```text
//! q̄ = 1 − V(κ^{1/2} σ² q),    q = 1 − V(κ^{-1/2} σ² q̄)
//! ```
//!
//! One round q → G(q) is increasing and concave from G(0) = 0 with slope σ⁴: q = 0 is the only solution for σ ≤ 1, and
//! for σ > 1 there is exactly one more, the spin glass. Close to σ = 1 it is small; G(q)/q = 1 is solved in log q, with
//! averages that keep their relative accuracy: q is then as accurate as σ − 1 is, to about 1e-15/(σ − 1) relative.

use super::ensemble::Ensemble;
use crate::error::Result;
use crate::theory::average::response::{one_minus_v, v_prime};

/// Steps before the iteration is given up; each gains a factor e at least until it converges quadratically, and the
/// smallest σ − 1 > 0 of double precision is e^{−36}.
const MOST_NEWTON_STEPS: usize = 80;

/// q of the spin glass, 0 for σ ≤ 1, and the Newton steps taken.
pub(super) fn spin_glass_overlap(ensemble: &Ensemble) -> Result<(f64, usize)> {
    let sigma = ensemble.sigma();
    if sigma <= 1.0 {
        return Ok((0.0, 0));
    }
    let scale = ensemble.kappa().sqrt();
    let (visible, hidden) = (scale * sigma * sigma, sigma * sigma / scale);
    let (mut q, mut last) = (1.0, f64::INFINITY);
    for step in 1..=MOST_NEWTON_STEPS {
        let bar = one_minus_v(visible * q)?;
        let image = one_minus_v(hidden * bar)?;
        let slope = v_prime(hidden * bar)? * hidden * v_prime(visible * q)? * visible;
        // Newton on log(G/q) = 0 in log q, whose derivative q G'/G − 1 is negative.
        let change = (image / q).ln() / (1.0 - q * slope / image);
        q = (q * change.exp()).min(1.0);
        // Converged, or down to the rounding of log(G/q).
        if change.abs() <= 4.0 * f64::EPSILON || change.abs() < 1e-3 && change.abs() >= last {
            return Ok((q, step));
        }
        last = change.abs();
    }
    Ok((q, MOST_NEWTON_STEPS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Prior;

    fn overlap(kappa: f64, sigma: f64) -> f64 {
        spin_glass_overlap(&Ensemble::new(kappa, sigma, &[0.0], Prior::Gaussian).unwrap()).unwrap().0
    }

    #[test]
    fn overlap_is_the_reference_value() {
        assert!((overlap(1.0, 1.25) - 0.20893701).abs() < 0.5e-8);
    }

    /// From 1 − V(x) = x − 2x² + …: log(G/q) = 4 log σ − 2(1 + κ^{1/2}) q + O(q²) at σ → 1.
    #[test]
    fn onset_keeps_relative_accuracy() {
        for kappa in [1.0, 0.2, 7.0f64] {
            for excess in [1e-3, 1e-6, 1e-9, 1e-12] {
                let sigma = 1.0 + excess;
                let expected = 4.0 * f64::ln_1p(sigma - 1.0) / (2.0 * (1.0 + kappa.sqrt()));
                let found = overlap(kappa, sigma);
                // The next order of the expansion, and the accuracy of 1 − V against the distance from the transition.
                let tolerance = 10.0 * excess + 5e-15 / excess;
                assert!((found / expected - 1.0).abs() < tolerance, "{kappa} {excess} {found} {expected}");
            }
        }
    }

    #[test]
    fn overlap_is_one_under_strong_noise_and_zero_at_the_threshold() {
        assert!((overlap(0.3, 1e6) - 1.0).abs() < 1e-5);
        assert_eq!(overlap(1.0, 1.0), 0.0);
    }
}
