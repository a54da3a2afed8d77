//! tanh over many numbers.
//!
//! `tanh x = e/(e + 2)` with `e = exp(2|x|) − 1`, which keeps its relative accuracy down to x = 0.

use super::simd::{Loop, run};
use std::f32::consts::LOG2_E as SINGLE_LOG2_E;
use std::f64::consts::LOG2_E;

/// What tanh is made of, in one precision.
struct Constants<T, const TERMS: usize> {
    /// Beyond this field tanh is 1.
    saturation: T,
    log2_e: T,
    /// 1.5·2^(bits of the mantissa): adding it rounds to a whole number, which ends up in the low bits.
    rounder: T,
    /// ln 2 in two parts, the first short enough that its small multiples are exact (Cody and Waite).
    ln_2: (T, T),
    /// Taylor coefficients 1/2!, 1/3!, … of (e^r − 1 − r)/r². At |r| ≤ ln 2/2 the first one left out is below the accuracy.
    expm1: [T; TERMS],
}

const DOUBLE: Constants<f64, 13> = Constants {
    saturation: 20.0,
    log2_e: LOG2_E,
    rounder: 6_755_399_441_055_744.0,
    ln_2: (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10),
    expm1: [
        0.5,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
        1.0 / 362_880.0,
        1.0 / 3_628_800.0,
        1.0 / 39_916_800.0,
        1.0 / 479_001_600.0,
        1.0 / 6_227_020_800.0,
        1.0 / 87_178_291_200.0,
    ],
};

const SINGLE: Constants<f32, 6> = Constants {
    saturation: 10.0,
    log2_e: SINGLE_LOG2_E,
    rounder: 12_582_912.0,
    ln_2: (0.693_359_4, -2.121_944_4e-4),
    expm1: [0.5, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0],
};

macro_rules! tanh {
    ($(#[$doc:meta])* $name:ident, $real:ty, $constants:expr, $mantissa:expr) => {
        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name<const FUSED: bool>(x: $real) -> $real {
            #[inline(always)]
            fn multiply_add<const FUSED: bool>(a: $real, b: $real, c: $real) -> $real {
                if FUSED { a.mul_add(b, c) } else { a * b + c }
            }
            const OF: Constants<$real, { $constants.expm1.len() }> = $constants;
            let doubled = 2.0 * x.abs();
            // Not `min`, which would hide a NaN.
            let doubled = if doubled > 2.0 * OF.saturation { 2.0 * OF.saturation } else { doubled };
            let shifted = multiply_add::<FUSED>(doubled, OF.log2_e, OF.rounder);
            let halvings = shifted - OF.rounder;
            let rest = multiply_add::<FUSED>(halvings, -OF.ln_2.0, doubled);
            let rest = multiply_add::<FUSED>(halvings, -OF.ln_2.1, rest);
            let [lower @ .., mut series] = OF.expm1;
            for &coefficient in lower.iter().rev() {
                series = multiply_add::<FUSED>(series, rest, coefficient);
            }
            let series = multiply_add::<FUSED>(rest * rest, series, rest);
            const ONE: $real = 1.0;
            let power = <$real>::from_bits((shifted.to_bits() << $mantissa).wrapping_add(ONE.to_bits()));
            let exponential = multiply_add::<FUSED>(power, series, power - 1.0);
            (exponential / (exponential + 2.0)).copysign(x)
        }
    };
}

tanh!(
    /// tanh in double precision, for the body of a [`Loop`].
    tanh, f64, DOUBLE, f64::MANTISSA_DIGITS - 1
);
tanh!(
    /// tanh in single precision, for the body of a [`Loop`].
    single_tanh, f32, SINGLE, f32::MANTISSA_DIGITS - 1
);

/// Replaces fields by their tanh.
pub(crate) fn tanh_in_place(fields: &mut [f64]) {
    run(Tanh { fields });
}

/// Replaces fields x by `Σ_k weight_k tanh(x + shift_k)`, for pairs (shift, weight) of a symmetric rule. With t = tanh x and
/// `c = 1/cosh² shift` two opposite shifts have the sum `2 t c/(1 − t² + c t²)`, so one tanh is enough for all.
pub(crate) fn mean_of_tanh_in_place(fields: &mut [f64], shifts: &[(f64, f64)]) {
    // The middle shift, if there is one, and one shift of each pair.
    let halves: Vec<(f64, f64)> = shifts[..shifts.len().div_ceil(2)]
        .iter()
        .enumerate()
        .map(|(k, (shift, weight))| {
            let weight = if 2 * k + 1 == shifts.len() { *weight } else { 2.0 * weight };
            let c = shift.cosh().powi(-2);
            (c, weight * c)
        })
        .collect();
    run(MeanOfTanh { fields, halves: &halves });
}

struct MeanOfTanh<'a> {
    fields: &'a mut [f64],
    /// c, and the weights times c.
    halves: &'a [(f64, f64)],
}

/// Number of fields processed at a time, in registers and the nearest cache.
const AT_ONCE: usize = 64;

impl Loop for MeanOfTanh<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let mut sum = [0.0; AT_ONCE];
        for fields in self.fields.chunks_mut(AT_ONCE) {
            let sum = &mut sum[..fields.len()];
            sum.fill(0.0);
            fields.iter_mut().for_each(|field| *field = tanh::<FUSED>(*field));
            for &(c, weight) in self.halves {
                for (sum, t) in sum.iter_mut().zip(&*fields) {
                    let square = t * t;
                    *sum += weight / ((1.0 - square) + c * square);
                }
            }
            fields.iter_mut().zip(&*sum).for_each(|(t, sum)| *t *= sum);
        }
    }
}

/// One step of Newton's method for `y + V tanh y = x`, unit by unit.
pub(crate) struct ReactionStep<'a> {
    /// y.
    pub fields: &'a mut [f64],
    /// x.
    pub given: &'a [f64],
    /// V.
    pub reaction: &'a [f64],
    /// y is kept between this and x.
    pub bound: &'a [f64],
}

impl ReactionStep<'_> {
    /// Takes the step, and returns its largest size, relative to 1 + |y|.
    pub fn take(self) -> f64 {
        run(self)
    }
}

impl Loop for ReactionStep<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<const FUSED: bool>(self) -> f64 {
        let (mut means, mut largest) = ([0.0; AT_ONCE], [0.0; AT_ONCE]);
        let given = self.given.chunks(AT_ONCE).zip(self.reaction.chunks(AT_ONCE)).zip(self.bound.chunks(AT_ONCE));
        for (fields, ((given, reaction), bound)) in self.fields.chunks_mut(AT_ONCE).zip(given) {
            let (means, largest) = (&mut means[..fields.len()], &mut largest[..fields.len()]);
            means.copy_from_slice(fields);
            means.iter_mut().for_each(|mean| *mean = tanh::<FUSED>(*mean));
            let units = given.iter().zip(reaction).zip(bound);
            for (((y, t), largest), ((&x, &v), &bound)) in fields.iter_mut().zip(&*means).zip(largest).zip(units) {
                let step = (x - *y - v * t) / (1.0 + v * (1.0 - t * t));
                let size = step.abs() / (1.0 + y.abs());
                // These comparisons vectorise. A NaN stays NaN, and shows in the means.
                *largest = if size > *largest { size } else { *largest };
                let (low, high) = if x < bound { (x, bound) } else { (bound, x) };
                let next = *y + step;
                let next = if next < low { low } else { next };
                *y = if next > high { high } else { next };
            }
        }
        largest.iter().fold(0.0, |largest, size| if *size > largest { *size } else { largest })
    }
}

struct Tanh<'a> {
    fields: &'a mut [f64],
}

impl Loop for Tanh<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        self.fields.iter_mut().for_each(|field| *field = tanh::<FUSED>(*field));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the equation itself, for both signs of V and of x, with more units than are processed at a time. From the bounds it
    /// is solved in a few steps.
    #[test]
    fn fields_solve_their_equation() {
        let given: Vec<f64> = (-150..150).map(|n| 0.05 * f64::from(n)).collect();
        let reaction: Vec<f64> = (0..300).map(|n| [-0.5, 0.0, 0.3, 4.0][n % 4]).collect();
        let bound: Vec<f64> = given
            .iter()
            .zip(&reaction)
            .map(|(x, v)| {
                let (linear, saturated) = (x.abs() / (1.0 + v), x.abs() - v);
                (if *v > 0.0 { linear.max(saturated) } else { linear.min(saturated) }).copysign(*x)
            })
            .collect();
        let mut fields = bound.clone();
        let steps = (0..60).take_while(|_| {
            let step = ReactionStep { fields: &mut fields, given: &given, reaction: &reaction, bound: &bound };
            step.take() > 1e-7
        });
        assert!(steps.count() < 12);
        for ((y, x), v) in fields.iter().zip(&given).zip(&reaction) {
            assert!((y + v * y.tanh() - x).abs() < 1e-13 * (1.0 + x.abs()), "{y} {x} {v}");
        }
    }

    /// Compares sums by the addition theorem with one tanh per node, also for an odd rule and far in saturation.
    #[test]
    fn means_agree_with_their_sums() {
        let rules =
            [vec![(-0.4, 0.5), (0.4, 0.5)], vec![(-6.0, 0.2), (-1.1, 0.25), (0.0, 0.1), (1.1, 0.25), (6.0, 0.2)]];
        for shifts in rules {
            let fields: Vec<f64> = (-3_000..3_000).map(|n| f64::from(n) * 0.01).collect();
            let mut found = fields.clone();
            mean_of_tanh_in_place(&mut found, &shifts);
            for (x, found) in fields.iter().zip(found) {
                let expected: f64 = shifts.iter().map(|(shift, weight)| weight * (x + shift).tanh()).sum();
                // 1 − t² + c t² has a rounding error of the order of that of 1, relative to c.
                assert!((found - expected).abs() < 2e-11, "{x}: {found} {expected}");
            }
        }
    }

    /// Compares with the system's tanh over the whole range: a few rounding errors.
    #[test]
    fn tanh_agrees_with_libm() {
        let fields: Vec<f64> = (-300_000..300_000).map(|n| f64::from(n) * 1e-4).chain([1e-300, -1e-9, 1e9]).collect();
        let mut found = fields.clone();
        tanh_in_place(&mut found);
        for (x, found) in fields.iter().zip(found) {
            for found in [found, tanh::<false>(*x)] {
                assert!((found - x.tanh()).abs() <= 6.0 * f64::EPSILON * x.tanh().abs(), "{x}: {found} {}", x.tanh());
            }
        }
        let mut special = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.0];
        tanh_in_place(&mut special);
        assert!(special[0] == 1.0 && special[1] == -1.0 && special[2].is_nan() && special[3] == 0.0);
    }
}
