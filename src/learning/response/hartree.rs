//! Fluctuations of modes that are not integrated over, renormalised so that they stay finite (Hartree).

use crate::Ensemble;
use nalgebra::{Cholesky, DMatrix, SymmetricEigen};

/// Coefficient a of [`stiffness`]: `κ^{1/2} E[û⁴] + κ^{-1/2} E[v̂⁴]`, 12 times the coefficient of m̄⁴ in f at w = 1.
pub(super) fn quartic(ensemble: &Ensemble) -> f64 {
    let root = ensemble.kappa().sqrt();
    root * ensemble.prior_u().moment(4) + ensemble.prior_v().moment(4) / root
}

/// Renormalised `r = 1 − w²χ`: the positive root of `x² − r x − (1 − r) a/L = 0`.
///
/// The one-mode integral below its transition expands as `⟨s σ⟩ = (w/r)(1 − w² a/(L r²) + …)`. w/x agrees to this order, is exact
/// for w → 0, and stays finite (∝ √L) at r = 0, where the integral is 17 % larger. Where r is negative the mode would condense.
/// That is another state, counted elsewhere; here it is replaced by r = 0.
pub(super) fn stiffness(r: f64, quartic: f64, size: f64) -> f64 {
    let r = r.clamp(0.0, 1.0);
    0.5 * (r + (r * r + 4.0 * (1.0 - r) * quartic / size).sqrt())
}

/// The log of a mode's fluctuation factor: `−½ log r`, renormalised. Its derivative is −1/(2x) with x the [`stiffness`], so that
/// averages stay derivatives of log Z. With u = 1 − r, b = a/L, R² = u² + (4b − 2)u + 1:
/// `∫_r^1 dr/(2x) = ∫_0^u (R − 1 + u)/(4bu) du`, in closed form.
pub(super) fn log_factor(r: f64, quartic: f64, size: f64) -> f64 {
    let (u, b) = (1.0 - r.clamp(0.0, 1.0), quartic / size);
    let root = (u * u + (4.0 * b - 2.0) * u + 1.0).sqrt();
    // R − 1 + u = 4bu/(R + 1 − u): only the logs, of order 1, still cancel, with an error of 1e-16/b.
    let sum = root + 1.0 - u;
    let logs = (2.0 * b - 1.0) * (2.0 * u / sum).ln_1p() - (0.5 * sum + b * u).ln();
    u / sum + logs / (4.0 * b)
}

/// (S_RR)⁻¹ and −½ log det S_RR with the eigenvalues of S relative to P_RR renormalised by [`stiffness`].
pub(super) fn inverse_of_rest(precision: &DMatrix<f64>, s: &DMatrix<f64>, quartic: f64) -> (DMatrix<f64>, f64) {
    let size = s.nrows();
    let Some(factor) = Cholesky::new(precision.clone()) else {
        return (DMatrix::zeros(size, size), -0.5 * f64::MAX.ln());
    };
    let lower = factor.l();
    let Some(inverse) = lower.solve_lower_triangular(&DMatrix::identity(size, size)) else {
        return (DMatrix::zeros(size, size), -0.5 * f64::MAX.ln());
    };
    let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(&inverse * s * inverse.transpose());
    let renormalised = eigenvalues.map(|r| stiffness(r, quartic, 1.0));
    let vectors = inverse.transpose() * eigenvectors;
    let weighted = DMatrix::from_fn(size, size, |i, j| vectors[(i, j)] / renormalised[j]);
    let factors: f64 = eigenvalues.iter().map(|&r| log_factor(r, quartic, 1.0)).sum();
    (weighted * vectors.transpose(), factors - lower.diagonal().iter().map(|x| x.ln()).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_is_the_integral_of_the_fluctuation() {
        for (quartic, size) in [(2.0, 20.0), (6.4, 283.0), (13.0, 1e4)] {
            for r in [0.01, 0.1, 0.5, 0.9, 0.99] {
                let step = 1e-5;
                let slope = (log_factor(r + step, quartic, size) - log_factor(r - step, quartic, size)) / (2.0 * step);
                let expected = -0.5 / stiffness(r, quartic, size);
                // The errors are step² times the third derivative, and rounding of 1e-16 (L/a)/step.
                assert!((slope / expected - 1.0).abs() < 1e-5, "{r}: {slope} {expected}");
            }
            assert!(log_factor(1.0, quartic, size).abs() < 1e-12);
            assert_eq!(log_factor(-1.0, quartic, size), log_factor(0.0, quartic, size));
        }
        // Far from critical it is the Gaussian factor.
        assert!((log_factor(0.5, 2.0, 1e6) + 0.5 * 0.5f64.ln()).abs() < 1e-5);
    }
}
