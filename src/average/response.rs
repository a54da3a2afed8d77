//! The response function of the data term (9): `V(x) = ∫ Dy sech²(√x y)`, the mean slope of a unit that feels a
//! Gaussian field of variance x.
//!
//! [`exact`] is the Fourier integral of section 4 (12 to 74 nodes). The data term needs V at every sample of every step,
//! so [`v`] and [`v_slice`] read it off a table: `V(x) √(1 + πx/2)` tends to 1 at both ends and varies slowly, and a
//! Chebyshev polynomial on each octave of x gives it to rounding. Beyond the table the asymptotic series
//! `V = √(2/πx) (1 − π²/24x + …)` is exact in double precision. Both agree to
//! 5e-15 relative for every x ≥ 0.

use super::fourier::{self, Cut};
use crate::error::{Error, Result};
use crate::prior::Prior;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, PI};
use std::sync::OnceLock;

/// Chebyshev coefficients on each segment.
const COEFFICIENTS: usize = 18;
/// The first segment is [0, 2^FIRST]; then one segment an octave up to 2^LAST, where the next asymptotic term is 1e-17.
const FIRST: i32 = -8;
const LAST: i32 = 28;
const SEGMENTS: usize = (LAST - FIRST + 1) as usize;

/// V(x) for x ≥ 0.
///
/// ```
/// use spectral_rbm::average::response::v;
/// assert!((v(0.0)? - 1.0).abs() < 1e-14);
/// assert!((v(1e12)? / (2.0 / (std::f64::consts::PI * 1e12)).sqrt() - 1.0).abs() < 1e-11);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
///
/// # Errors
/// x negative, NaN or infinite.
pub fn v(x: f64) -> Result<f64> {
    check(x)?;
    Ok(tabulated(table(), x))
}

/// V of every entry of `x`, into `out`.
///
/// # Errors
/// Slices of different length; an entry that is negative, NaN or infinite (nothing is written then).
pub fn v_slice(x: &[f64], out: &mut [f64]) -> Result<()> {
    if x.len() != out.len() {
        return Err(Error::Length { name: "the output of V", found: out.len(), expected: x.len() });
    }
    x.iter().try_for_each(|&x| check(x))?;
    let table = table();
    for (out, &x) in out.iter_mut().zip(x) {
        *out = tabulated(table, x);
    }
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
    let (kernel, nodes) = fourier::grid(&Prior::Gaussian, x, 0.0, &[], Cut::Constant)?;
    let nodes = kernel.nodes[..nodes].iter().zip(&kernel.weights);
    Ok(nodes.map(|(&t, weight)| -weight * (-0.5 * x * t * t).exp_m1()).sum())
}

fn integral(x: f64, factor: impl Fn(f64) -> f64) -> Result<f64> {
    check(x)?;
    let (kernel, nodes) = fourier::grid(&Prior::Gaussian, x, 0.0, &[], Cut::Jacobian)?;
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

type Table = [[f64; COEFFICIENTS]; SEGMENTS];

fn tabulated(table: &Table, x: f64) -> f64 {
    if x >= f64::from(LAST).exp2() {
        return (FRAC_2_PI / x).sqrt() * (1.0 - PI * PI / (24.0 * x));
    }
    // The exponent of x names its octave; position in it from −1 to 1.
    let exponent = (x.to_bits() >> 52) as i32 - 1023;
    let segment = (exponent - FIRST + 1).max(0);
    let low = if segment == 0 { 0.0 } else { f64::from_bits(((exponent + 1023) as u64) << 52) };
    let width = if segment == 0 { f64::from(FIRST).exp2() } else { low };
    let u = 2.0 * (x - low) / width - 1.0;
    clenshaw(&table[segment as usize], u) / (1.0 + FRAC_PI_2 * x).sqrt()
}

fn clenshaw(coefficients: &[f64; COEFFICIENTS], u: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &c in coefficients[1..].iter().rev() {
        (b1, b2) = (2.0 * u * b1 - b2 + c, b1);
    }
    u * b1 - b2 + coefficients[0]
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Box<Table>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Box::new([[0.0; COEFFICIENTS]; SEGMENTS]);
        for (segment, row) in table.iter_mut().enumerate() {
            let high = f64::from(FIRST + segment as i32).exp2();
            let low = if segment == 0 { 0.0 } else { 0.5 * high };
            *row = chebyshev(|u| {
                let x = low + 0.5 * (u + 1.0) * (high - low);
                // Every x of the table is finite and not negative.
                exact(x).unwrap_or(f64::NAN) * (1.0 + FRAC_PI_2 * x).sqrt()
            });
        }
        table
    })
}

/// Chebyshev interpolation coefficients on [−1, 1], from the zeros of T_n.
fn chebyshev(function: impl Fn(f64) -> f64) -> [f64; COEFFICIENTS] {
    let n = COEFFICIENTS as f64;
    let angles: [f64; COEFFICIENTS] = std::array::from_fn(|k| PI * (k as f64 + 0.5) / n);
    let values = angles.map(|angle| function(angle.cos()));
    std::array::from_fn(|j| {
        let sum: f64 = angles.iter().zip(&values).map(|(angle, value)| value * (j as f64 * angle).cos()).sum();
        if j == 0 { sum / n } else { 2.0 * sum / n }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quadrature;

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

    #[test]
    fn the_table_is_the_integral() {
        let mut worst: f64 = 0.0;
        for k in 0..20_000 {
            let x = 10f64.powf(-6.0 + 18.0 * f64::from(k) / 20_000.0);
            worst = worst.max((v(x).unwrap() / exact(x).unwrap() - 1.0).abs());
        }
        // Each side is a sum of some fifty rounded terms.
        assert!(worst < 5e-15, "{worst:e}");
    }

    #[test]
    fn the_slope_is_the_derivative() {
        for x in [0.0, 0.2, 2.0, 50.0] {
            let (mut line, mut out) = (fourier::FourierLine::default(), Vec::new());
            line.averages(f64::sqrt(x), &[0.0], super::super::Detail::Jacobian, &mut out).unwrap();
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
        let mut out = [7.0; 2];
        assert!(v_slice(&[1.0, -1.0], &mut out).is_err());
        assert_eq!(out, [7.0; 2]);
    }
}
