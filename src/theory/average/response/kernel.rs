//! The polynomial of V, for one number and for many.
//!
//! V √x has a series in 1/x at infinity, so P(2t − 1) = V/√t is smooth at both ends; but the series is asymptotic, and the
//! Chebyshev coefficients of P fall a little slower than geometrically, with this c about the fastest: 22 of them leave
//! 8e-12, 26 leave 3e-13, 30 leave 2e-14, and 34 less than rounding does. Powers of 2t − 1 serve as well as Chebyshev
//! polynomials here: no coefficient of theirs exceeds 1.
//!
//! The loop is vectorised ([`Loop`]). Root and quotient are rounded correctly, so that its results are the same bits on every
//! machine with fused multiply-add.

use super::exact;
use crate::linalg::{Loop, run};
use std::f64::consts::PI;
use std::sync::OnceLock;

/// Coefficients of P.
const COEFFICIENTS: usize = 34;
/// The scale c of the map.
const SCALE: f64 = 1.4;
/// Numbers that the loop takes at a time: enough independent chains of multiply-add to fill the pipelines.
const BLOCK: usize = 32;

#[inline(always)]
fn multiply_add<const FUSED: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// V of one x ≥ 0. The coefficients are those of P/2, highest power first.
#[inline(always)]
fn v_of<const FUSED: bool>(half: &[f64; COEFFICIENTS], x: f64) -> f64 {
    // 2√t: the quarter keeps c x from overflowing.
    let root = 1.0 / multiply_add::<FUSED>(x, 0.25 * SCALE, 0.25).sqrt();
    let u = multiply_add::<FUSED>(0.5 * root, root, -1.0);
    // Odd and even powers apart: two chains of half the length.
    const { assert!(COEFFICIENTS.is_multiple_of(2)) };
    let square = u * u;
    let (mut odd, mut even) = (half[0], half[1]);
    for [next_odd, next_even] in half[2..].as_chunks().0 {
        odd = multiply_add::<FUSED>(odd, square, *next_odd);
        even = multiply_add::<FUSED>(even, square, *next_even);
    }
    root * multiply_add::<FUSED>(odd, u, even)
}

/// V of one x ≥ 0, without fused multiply-add, which is slow where the compiler may not assume the instruction.
pub(super) fn v(x: f64) -> f64 {
    v_of::<false>(coefficients(), x)
}

/// V of every entry of `x` ≥ 0 into `out`, of the same length.
pub(super) fn v_into(x: &[f64], out: &mut [f64]) {
    run(Slice { half: coefficients(), x, out });
}

struct Slice<'a> {
    half: &'a [f64; COEFFICIENTS],
    x: &'a [f64],
    out: &'a mut [f64],
}

impl Loop for Slice<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let (blocks, rest) = self.x.as_chunks::<BLOCK>();
        let (out_blocks, out_rest) = self.out.as_chunks_mut::<BLOCK>();
        for (out, x) in out_blocks.iter_mut().zip(blocks) {
            // A plain loop: a closure given to `map` would be compiled without the instructions chosen.
            for k in 0..BLOCK {
                out[k] = v_of::<FUSED>(self.half, x[k]);
            }
        }
        for (out, &x) in out_rest.iter_mut().zip(rest) {
            *out = v_of::<FUSED>(self.half, x);
        }
    }
}

/// Coefficients of P/2 in powers of 2t − 1, highest first: the Chebyshev interpolant of the integral.
fn coefficients() -> &'static [f64; COEFFICIENTS] {
    static TABLE: OnceLock<[f64; COEFFICIENTS]> = OnceLock::new();
    TABLE.get_or_init(|| {
        let chebyshev = chebyshev(|u| {
            let t = 0.5 * (u + 1.0);
            // Every zero of T_n gives a finite x that is not negative.
            0.5 * exact((1.0 - t) / (SCALE * t)).unwrap_or(f64::NAN) / t.sqrt()
        });
        let mut powers = powers(&chebyshev);
        powers.reverse();
        powers
    })
}

/// Chebyshev interpolation coefficients on [−1, 1], from the zeros of T_n.
fn chebyshev(function: impl Fn(f64) -> f64) -> [f64; COEFFICIENTS] {
    let n = COEFFICIENTS;
    // Reduced by whole turns: the rounding of a large angle would be the error of the high coefficients.
    let cosine = |j: usize, k: usize| (PI * (j * (2 * k + 1) % (4 * n)) as f64 / (2 * n) as f64).cos();
    let values: [f64; COEFFICIENTS] = std::array::from_fn(|k| function(cosine(1, k)));
    std::array::from_fn(|j| {
        let sum: f64 = values.iter().enumerate().map(|(k, value)| value * cosine(j, k)).sum();
        if j == 0 { sum / n as f64 } else { 2.0 * sum / n as f64 }
    })
}

/// The coefficients of the powers of u, lowest first, of a sum of Chebyshev polynomials, by `T_{j+1} = 2u T_j − T_{j−1}`.
fn powers(chebyshev: &[f64; COEFFICIENTS]) -> [f64; COEFFICIENTS] {
    let (mut before, mut now) = ([0.0; COEFFICIENTS], [0.0; COEFFICIENTS]);
    let mut sum = [0.0; COEFFICIENTS];
    // T_{−1} = T_1 = u and T_0 = 1.
    (before[1], now[0]) = (1.0, 1.0);
    for &coefficient in chebyshev {
        let mut next = before.map(|p| -p);
        for k in 0..COEFFICIENTS {
            sum[k] += coefficient * now[k];
            if k > 0 {
                next[k] += 2.0 * now[k - 1];
            }
        }
        (before, now) = (now, next);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries over 30 decades, in slices that fill blocks, leave some over, or are shorter than a block.
    #[test]
    fn an_entry_has_the_same_bits_wherever_it_stands() {
        let x: Vec<f64> = (0..200).map(|k| 10f64.powf(-10.0 + 0.15 * f64::from(k))).collect();
        let alone: Vec<f64> = x
            .iter()
            .map(|&x| {
                let mut out = [f64::NAN];
                v_into(&[x], &mut out);
                out[0]
            })
            .collect();
        for length in (0..=2 * BLOCK + 1).chain([200]) {
            for start in [0, 1, 3] {
                let part = start..(start + length).min(200);
                let mut out = vec![f64::NAN; part.len()];
                v_into(&x[part.clone()], &mut out);
                assert_eq!(out, alone[part]);
            }
        }
    }

    /// Whatever instructions are chosen give the bits of the formula with multiply-add fused, or of that without.
    #[test]
    fn lanes_do_not_matter() {
        let x: Vec<f64> = (0..5000).map(|k| 10f64.powf(-8.0 + 0.004 * f64::from(k))).collect();
        let mut out = vec![f64::NAN; x.len()];
        v_into(&x, &mut out);
        let by = |v: fn(&[f64; COEFFICIENTS], f64) -> f64| x.iter().map(|&x| v(coefficients(), x)).collect::<Vec<_>>();
        let (fused, unfused) = (by(v_of::<true>), by(v_of::<false>));
        assert!(out == fused || out == unfused);
        // Rounding of the last few steps of either sum, of the root and of the quotient.
        assert!(fused.iter().zip(&unfused).all(|(a, b)| (a / b - 1.0).abs() < 1e-15));
        assert_ne!(fused, unfused);
    }

    /// The interpolant of a polynomial of low degree is that polynomial, and powers are as good as Chebyshev's.
    #[test]
    fn interpolation_in_powers_is_exact_for_polynomials() {
        let found = powers(&chebyshev(|u| 3.0 - u + 0.5 * u.powi(3) + 4.0 * u.powi(6)));
        let mut expected = [0.0; COEFFICIENTS];
        (expected[0], expected[1], expected[3], expected[6]) = (3.0, -1.0, 0.5, 4.0);
        // Values, not coefficients: those of T_33 reach 1e12 and multiply the rounding of the interpolant.
        for u in [-1.0, -0.7, 0.0, 0.3, 1.0f64] {
            let value = |powers: &[f64; COEFFICIENTS]| powers.iter().rev().fold(0.0, |sum, c| sum * u + c);
            assert!((value(&found) - value(&expected)).abs() < 1e-13, "{u}");
        }
    }
}
