//! The response function of the letter's data term (9): `V(x) = ∫ Dy sech²(√x y)`, the mean slope of a unit that feels
//! a Gaussian field of variance x.
//!
//! [`exact`] is the Fourier integral of section 4 (12 to 74 nodes). The data term needs V at every sample of every step,
//! so [`v`] and [`v_slice`] read it off one polynomial, made of 34 of these integrals at first use:
//!
//! ```text
//! V(x) = √t P(2t − 1),    t = 1/(1 + c x),    c = 7/5
//! ```
//!
//! t falls from 1 at x = 0 to 0 at infinity, where V/√t tends to √(2c/π): P is the bounded function left. Both agree to
//! 5e-15 relative for every x ≥ 0.

mod kernel;

use super::fourier::{self, Cut, DIGITS};
use crate::error::{Error, Result};
use crate::theory::prior::Prior;

/// V(x) for x ≥ 0.
///
/// ```
/// use spectral_rbm::theory::average::response::v;
/// assert!((v(0.0)? - 1.0).abs() < 1e-14);
/// assert!((v(1e12)? / (2.0 / (std::f64::consts::PI * 1e12)).sqrt() - 1.0).abs() < 1e-11);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
///
/// # Errors
/// x negative, NaN or infinite.
pub fn v(x: f64) -> Result<f64> {
    check(x)?;
    Ok(kernel::v(x))
}

/// V of every entry of `x`, into `out`: 5e-15 relative, as [`v`], by the widest instructions of the processor.
///
/// An entry's value depends on nothing but the entry: neither on its place in the slice nor on the number of threads, and
/// it is the same on every machine with fused multiply-add. It may differ by rounding (1e-15) from that of [`v`], which does
/// without.
///
/// ```
/// use spectral_rbm::theory::average::response::{v, v_slice};
/// let x = [0.0, 0.5, 3.0];
/// let mut slopes = [0.0; 3];
/// v_slice(&x, &mut slopes)?;
/// for (&x, slope) in x.iter().zip(slopes) {
///     assert!((slope / v(x)? - 1.0).abs() < 2e-15);
/// }
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
///
/// # Errors
/// Slices of different length; an entry that is negative, NaN or infinite (nothing is written then).
pub fn v_slice(x: &[f64], out: &mut [f64]) -> Result<()> {
    if x.len() != out.len() {
        return Err(Error::Length { name: "the output of V", found: out.len(), expected: x.len() });
    }
    // Without an early exit, which would keep the compiler from taking several at a time.
    let good = x.iter().fold(true, |good, &x| good & (0.0..f64::INFINITY).contains(&x));
    if !good {
        x.iter().try_for_each(|&x| check(x))?;
    }
    kernel::v_into(x, out);
    Ok(())
}

/// V(x) by its Fourier integral, `∫ t e^{−xt²/2}/sinh(πt/2) dt`.
///
/// # Errors
/// As [`v`].
pub fn exact(x: f64) -> Result<f64> {
    integral(x, |_| 1.0)
}

/// V'(x) = `2 E sech² − 3 E sech⁴`, computed as `−½ ∫ t³ e^{−xt²/2}/sinh(πt/2) dt`, where nothing cancels.
///
/// # Errors
/// As [`v`].
pub fn v_prime(x: f64) -> Result<f64> {
    integral(x, |t| -0.5 * t * t)
}

/// 1 − V(x) = `E tanh²` of a normal variable of variance x, with its relative accuracy also where x is small.
///
/// # Errors
/// As [`v`].
pub fn one_minus_v(x: f64) -> Result<f64> {
    if x >= 1.0 {
        return Ok(1.0 - exact(x)?);
    }
    check(x)?;
    let (kernel, nodes) = fourier::grid(&Prior::Gaussian, (x, 0.0), &[], Cut::Constant, DIGITS)?;
    let nodes = kernel.nodes[..nodes].iter().zip(&kernel.weights);
    Ok(nodes.map(|(&t, weight)| -weight * (-0.5 * x * t * t).exp_m1()).sum())
}

fn integral(x: f64, factor: impl Fn(f64) -> f64) -> Result<f64> {
    check(x)?;
    let (kernel, nodes) = fourier::grid(&Prior::Gaussian, (x, 0.0), &[], Cut::Jacobian, DIGITS)?;
    let nodes = kernel.nodes[..nodes].iter().zip(&kernel.weights);
    Ok(nodes.map(|(&t, weight)| weight * factor(t) * (-0.5 * x * t * t).exp()).sum())
}

fn check(x: f64) -> Result<()> {
    if !x.is_finite() {
        return Err(Error::NotFinite { name: "x in V(x)", value: x });
    }
    if x < 0.0 {
        return Err(Error::Negative { name: "x in V(x)", value: x });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::quadrature;
    use std::f64::consts::PI;

    /// Against 200-node Gauss–Hermite where that converges (small x).
    #[test]
    fn small_arguments_agree_with_hermite() {
        let rule = quadrature::hermite(400).unwrap();
        for x in [0.0, 1e-6, 1e-3, 0.05, 0.3, 1.0f64] {
            let reference = rule.mean(|y| (x.sqrt() * y).cosh().powi(-2));
            assert!((exact(x).unwrap() - reference).abs() < 2e-15, "{x}");
        }
    }

    /// Against the same average as a sum over the variable itself: V = ∫ sech²(u) e^{−u²/2x} du/√(2πx), by the
    /// trapezoidal rule with step 1/40, which is exact to e^{−π²·40}.
    #[test]
    fn large_arguments_agree_with_the_integral_over_the_field() {
        for x in [0.7, 3.0, 40.0, 1e4, 1e8, 1e12] {
            let step = 0.025;
            let sum: f64 = (-1600..=1600)
                .map(|n| f64::from(n) * step)
                .map(|u| u.cosh().powi(-2) * (-u * u / (2.0 * x)).exp())
                .sum();
            let reference = sum * step / (2.0 * PI * x).sqrt();
            assert!((exact(x).unwrap() / reference - 1.0).abs() < 5e-15, "{x}");
        }
    }

    /// Both ways to evaluate the polynomial, against the integral, from 0 to 1e12.
    #[test]
    fn the_polynomial_is_the_integral() {
        let x: Vec<f64> = (0..=20_000)
            .map(|k| if k == 0 { 0.0 } else { 10f64.powf(-6.0 + 18.0 * f64::from(k) / 20_000.0) })
            .collect();
        let mut slopes = vec![0.0; x.len()];
        v_slice(&x, &mut slopes).unwrap();
        let mut worst = [0f64; 2];
        for (&x, &slope) in x.iter().zip(&slopes) {
            let exact = exact(x).unwrap();
            for (worst, found) in worst.iter_mut().zip([v(x).unwrap(), slope]) {
                *worst = worst.max((found / exact - 1.0).abs());
            }
        }
        // Each side is a sum of some fifty rounded terms.
        println!("worst relative errors: {worst:?}");
        assert!(worst[0] < 5e-15 && worst[1] < 5e-15, "{worst:?}");
    }

    /// Against `√(2/πx) (1 − π²/24x + …)`, whose next term is 1.1/x², where x is so large that the integral would be narrow.
    #[test]
    fn the_asymptotic_series_holds_up_to_the_largest_number() {
        for x in [1e9, 1e15, 1e100, 1e307, f64::MAX] {
            let series = (2.0 / PI).sqrt() / x.sqrt() * (1.0 - PI * PI / 24.0 / x);
            let mut slope = [0.0];
            v_slice(&[x], &mut slope).unwrap();
            assert!((slope[0] / series - 1.0).abs() < 5e-15 && (v(x).unwrap() / series - 1.0).abs() < 5e-15, "{x:e}");
        }
    }

    #[test]
    fn the_slope_is_the_derivative() {
        for x in [0.0, 0.2, 2.0, 50.0] {
            let (mut line, mut out) = (fourier::FourierLine::default(), Vec::new());
            line.averages(f64::sqrt(x), &[0.0], crate::theory::average::field::Detail::Jacobian, &mut out).unwrap();
            let identity = 2.0 * out[0].sech2 - 3.0 * out[0].sech4;
            assert!((v_prime(x).unwrap() - identity).abs() < 1e-14);
        }
        let (x, step) = (1.7, 1e-4);
        let difference = (exact(x + step).unwrap() - exact(x - step).unwrap()) / (2.0 * step);
        assert!((v_prime(x).unwrap() - difference).abs() < 1e-8);
    }

    #[test]
    fn the_complement_keeps_its_digits() {
        for x in [1e-3, 0.7, 40.0, 1e5] {
            assert!((one_minus_v(x).unwrap() - (1.0 - exact(x).unwrap())).abs() < 2e-15, "{x}");
        }
        // E tanh² = x − 2x² + 17/3 x³ − 62/3 x⁴ + …
        for x in [1e-12, 1e-8, 1e-5f64] {
            let series = x - 2.0 * x * x + 17.0 / 3.0 * x.powi(3) - 62.0 / 3.0 * x.powi(4);
            assert!((one_minus_v(x).unwrap() / series - 1.0).abs() < 5e-15, "{x}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_variance() {
        assert!(v(-1e-9).is_err() && v(f64::NAN).is_err() && v(f64::INFINITY).is_err());
        assert!(v_slice(&[1.0], &mut []).is_err());
        // One bad entry, in a block of the loop or in what is left over.
        for place in [0, 17, 63, 64, 76] {
            for (bad, error) in [
                (-1.0, Error::Negative { name: "x in V(x)", value: -1.0 }),
                (f64::NEG_INFINITY, Error::NotFinite { name: "x in V(x)", value: f64::NEG_INFINITY }),
                (f64::INFINITY, Error::NotFinite { name: "x in V(x)", value: f64::INFINITY }),
            ] {
                let (mut x, mut out) = ([1.0; 77], [7.0; 77]);
                x[place] = bad;
                assert_eq!(v_slice(&x, &mut out).unwrap_err(), error);
                assert_eq!(out, [7.0; 77]);
                x[place] = f64::NAN;
                assert!(v_slice(&x, &mut out).is_err());
                assert_eq!(out, [7.0; 77]);
            }
        }
        assert_eq!(v(-0.0).unwrap(), v(0.0).unwrap());
    }
}
