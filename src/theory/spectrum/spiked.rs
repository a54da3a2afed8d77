//! A planted mode seen through noise: the rectangular BBP transition (`docs/theory.md`, section 1).
//!
//! A mode `w u vᵀ` in noise of scale σ shows as a singular value s of its own, above the bulk, exactly when w > σ:
//!
//! ```text
//! s² = (w² + σ² κ^{1/2}) (w² + σ² κ^{-1/2}) / w²
//! ```
//!
//! and its vectors are tilted by the noise. Both hold for large matrices, with corrections of relative order 1/√N to one
//! drawn machine (F. Benaych-Georges and R. R. Nadakuditi, *J. Multivariate Anal.* 111, 120 (2012)).
//! Here κ > 0 and σ ≥ 0; without noise a mode is seen as it is.

/// Singular value s at which a planted mode w is seen; `None` where it is lost in the bulk, w ≤ σ.
///
/// ```
/// use spectral_rbm::theory::spectrum::spiked;
/// assert_eq!(spiked::observed(2.0, 1.0, 1.0), Some(2.5)); // w + σ²/w for square matrices
/// assert_eq!(spiked::observed(0.9, 1.0, 1.0), None);
/// ```
pub fn observed(w: f64, sigma: f64, kappa: f64) -> Option<f64> {
    let (x, root) = ((sigma / w).powi(2), kappa.sqrt());
    (w > sigma).then(|| w * ((1.0 + x * root) * (1.0 + x / root)).sqrt()).filter(|s| s.is_finite())
}

/// Strength w of the planted mode that is seen at the singular value s, the inverse of [`observed`]; `None` inside the
/// bulk, up to its edge `σ(κ^{1/4} + κ^{-1/4})`.
///
/// With `b = s² − σ²(κ^{1/2} + κ^{-1/2})`, `w² = (b + √(b² − 4σ⁴))/2`. At the edge s is stationary in w, so that there a
/// relative error ε of s is one of order √ε in w.
pub fn planted(s: f64, sigma: f64, kappa: f64) -> Option<f64> {
    let (noise, root) = (sigma / s, kappa.sqrt().sqrt());
    let (upper, lower) = (noise * (root + 1.0 / root), noise * (root - 1.0 / root));
    // In units of s: b² − 4σ⁴ = (1 − upper²)(1 − lower²), and b is the mean of the two factors.
    let factors = ((1.0 - upper) * (1.0 + upper), (1.0 - lower) * (1.0 + lower));
    (upper < 1.0)
        .then(|| s * (0.5 * (0.5 * (factors.0 + factors.1) + (factors.0 * factors.1).sqrt())).sqrt())
        .filter(|w| w.is_finite())
}

/// Squared overlaps `(|u_obs·u|², |v_obs·v|²)` of the observed vectors with those of a planted mode w; zero for w ≤ σ.
///
/// With τ = w/σ: `(τ⁴ − 1)/(τ² (τ² + κ^{∓1/2}))`, the upper sign for u.
pub fn squared_overlaps(w: f64, sigma: f64, kappa: f64) -> (f64, f64) {
    if w <= sigma {
        return (0.0, 0.0);
    }
    let (x, root) = ((sigma / w).powi(2), kappa.sqrt());
    let kept = (1.0 - x) * (1.0 + x);
    (kept / (1.0 + x / root), kept / (1.0 + x * root))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::spectrum::drawn::Machine;
    use crate::theory::spectrum::{Decomposition, MarchenkoPastur};

    #[test]
    fn planted_inverts_observed() {
        for kappa in [0.01, 0.25, 1.0, 2.0, 50.0] {
            for sigma in [1e-3, 0.3, 1.0, 40.0] {
                for tau in [1.01, 1.1, 1.5, 2.0, 10.0, 1e6] {
                    let w = tau * sigma;
                    let s = observed(w, sigma, kappa).unwrap();
                    assert!((planted(s, sigma, kappa).unwrap() / w - 1.0).abs() < 1e-12, "{kappa} {sigma} {tau}");
                    // Against the inverse in its textbook form.
                    let b = s * s - sigma * sigma * (kappa.sqrt() + kappa.sqrt().recip());
                    let printed = (0.5 * (b + (b * b - 4.0 * sigma.powi(4)).sqrt())).sqrt();
                    assert!((printed / w - 1.0).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn the_threshold_is_the_edge_of_the_bulk() {
        for kappa in [0.25, 1.0, 2.0] {
            let (_, edge) = MarchenkoPastur::new(0.7, kappa).unwrap().edges();
            let just_above = observed(0.7 * (1.0 + 1e-9), 0.7, kappa).unwrap();
            assert!((just_above / edge - 1.0).abs() < 1e-15);
            assert_eq!((observed(0.7, 0.7, kappa), planted(edge * (1.0 - 1e-9), 0.7, kappa)), (None, None));
            // s leaves the edge quadratically: 1e-12 beyond it, w is of order 1e-6 beyond σ.
            let w = planted(edge * (1.0 + 1e-12), 0.7, kappa).unwrap();
            assert!(w > 0.7 && w < 0.7 * (1.0 + 1e-5));
            assert_eq!(squared_overlaps(0.7, 0.7, kappa), (0.0, 0.0));
            assert_eq!((observed(2.0, 0.0, kappa), planted(2.0, 0.0, kappa)), (Some(2.0), Some(2.0)));
            assert_eq!(squared_overlaps(2.0, 0.0, kappa), (1.0, 1.0));
        }
        assert_eq!((observed(0.0, 0.0, 1.0), planted(0.0, 0.0, 1.0), planted(f64::NAN, 1.0, 1.0)), (None, None, None));
    }

    /// Averages over drawn machines, within four standard errors of their scatter and the 1/N of large-matrix theory.
    #[test]
    fn drawn_machines_follow_the_formulas() {
        let taus = [4.0, 2.0, 1.5];
        for (visible, hidden) in [(800, 200), (200, 400)] {
            let kappa = hidden as f64 / visible as f64;
            let sigma = 0.3;
            let strengths = taus.map(|tau| tau * sigma);
            let machines = 32;
            let mut draws = vec![[const { Vec::new() }; 3]; taus.len()];
            for seed in 0..machines {
                let machine = Machine::draw(visible, hidden, &strengths, sigma, seed);
                let seen = Decomposition::of(&machine.rows(), visible, hidden).unwrap();
                for (mode, draws) in draws.iter_mut().enumerate() {
                    draws[0].push(seen.singular_values[mode]);
                    draws[1].push(seen.u.column(mode).dot(&machine.u.column(mode)).powi(2));
                    draws[2].push(seen.v.column(mode).dot(&machine.v.column(mode)).powi(2));
                }
            }
            for (draws, w) in draws.iter().zip(strengths) {
                let (u, v) = squared_overlaps(w, sigma, kappa);
                for (draws, theory) in draws.iter().zip([observed(w, sigma, kappa).unwrap(), u, v]) {
                    let mean = draws.iter().sum::<f64>() / machines as f64;
                    let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (machines - 1) as f64;
                    let tolerance = 4.0 * (variance / machines as f64).sqrt() + 2.0 * theory / 200.0;
                    assert!((mean - theory).abs() < tolerance, "κ = {kappa}, w = {w}: {mean} {theory} ± {tolerance}");
                    assert!(tolerance < 0.08 * theory, "{tolerance} {theory}");
                }
            }
        }
    }
}
