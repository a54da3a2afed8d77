//! The two inner loops of Gibbs sampling, in single precision: tanh of a field, and the choice of a spin.
//!
//! A unit with field h is +1 with probability (1 + tanh h)/2, that is, when a uniform number r in (−1, 1) lies below tanh h. The
//! loops are vectorised ([`Loop`]): their results are the same bits on every machine with fused multiply-add, and the same up to
//! rounding on others.

use super::random::{LANES, Lanes};
use crate::linalg::{Loop, run, single_tanh, vectorized};

/// An odd multiple of 2⁻²³ in (−1, 1), every one equally likely: symmetric, never ±1, exact in single precision.
#[inline(always)]
fn uniform(bits: u32) -> f32 {
    (((bits >> 9 << 1) as i32) - ((1 << 23) - 1)) as f32 * (1.0 / 8_388_608.0)
}

/// Replaces the fields of one layer by `tanh(field + bias)`, row after row of `bias.len()` units.
pub(super) fn means(fields: &mut [f32], bias: &[f32]) {
    run(Means { fields, bias });
}

struct Means<'a> {
    fields: &'a mut [f32],
    bias: &'a [f32],
}

impl Loop for Means<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        for row in self.fields.chunks_exact_mut(self.bias.len()) {
            for (field, &bias) in row.iter_mut().zip(self.bias) {
                *field = single_tanh::<FUSED>(*field + bias);
            }
        }
    }
}

/// Replaces the fields of one layer by spins ±1 drawn in the field plus bias, row after row of `bias.len()` units.
pub(super) fn sample(fields: &mut [f32], bias: &[f32], random: &mut Lanes) {
    run(Sample { fields, bias, random });
}

struct Sample<'a> {
    fields: &'a mut [f32],
    bias: &'a [f32],
    random: &'a mut Lanes,
}

impl Loop for Sample<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        // A copy on the stack, so that the lanes stay in registers.
        let mut lanes = self.random.clone();
        for row in self.fields.chunks_exact_mut(self.bias.len()) {
            let (chunks, rest) = row.as_chunks_mut::<CHUNK>();
            let (bias_chunks, bias_rest) = self.bias.as_chunks::<CHUNK>();
            for (chunk, bias) in chunks.iter_mut().zip(bias_chunks) {
                let bits = lanes.next();
                for k in 0..CHUNK {
                    chunk[k] = spin::<FUSED>(chunk[k] + bias[k], bits[k]);
                }
            }
            if !rest.is_empty() {
                let bits = lanes.next();
                for ((field, &bias), bits) in rest.iter_mut().zip(bias_rest).zip(bits) {
                    *field = spin::<FUSED>(*field + bias, bits);
                }
            }
        }
        *self.random = lanes;
    }
}

/// Units served by one step of the generator.
const CHUNK: usize = 2 * LANES;

/// Draws spins ±1 of given means into `spins`.
pub(super) fn sample_means(means: &[f32], spins: &mut [f32], random: &mut Lanes) {
    vectorized(
        #[inline(always)]
        || {
            let mut lanes = random.clone();
            for (spins, means) in spins.chunks_mut(CHUNK).zip(means.chunks(CHUNK)) {
                for ((spin, &mean), bits) in spins.iter_mut().zip(means).zip(lanes.next()) {
                    *spin = choose(mean, bits);
                }
            }
            *random = lanes;
        },
    );
}

/// +1 with probability (1 + mean)/2, else −1.
#[inline(always)]
fn choose(mean: f32, bits: u32) -> f32 {
    if uniform(bits) < mean { 1.0 } else { -1.0 }
}

#[inline(always)]
fn spin<const FUSED: bool>(field: f32, bits: u32) -> f32 {
    choose(single_tanh::<FUSED>(field), bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::machine::random::{Purpose, Stream};

    /// Every power of two of the field, with some mantissas: 256 × 4096 numbers of both signs.
    fn whole_range() -> Vec<f32> {
        (0..=u32::MAX).step_by(4093).map(f32::from_bits).filter(|x| x.is_finite()).collect()
    }

    fn units_in_the_last_place(found: f32, exact: f64) -> f64 {
        let near = exact as f32;
        let ulp = f64::from(f32::from_bits(near.abs().to_bits() + 1)) - f64::from(near.abs());
        (f64::from(found) - exact).abs() / ulp
    }

    #[test]
    fn tanh_agrees_with_libm_over_the_whole_range() {
        let xs = whole_range();
        let mut dispatched = xs.clone();
        means(&mut dispatched, &[0.0]);
        let mut worst = [0f64; 3];
        for (&x, &found) in xs.iter().zip(&dispatched) {
            let exact = f64::from(x).tanh();
            for (worst, found) in worst.iter_mut().zip([found, single_tanh::<true>(x), single_tanh::<false>(x)]) {
                *worst = worst.max(units_in_the_last_place(found, exact));
            }
        }
        // Two roundings in the reduction and the series; one each in the sum, the quotient's terms and the quotient.
        println!("worst errors in units of the last place: {worst:?}");
        assert!(worst[0] < 3.0 && worst[1] < 3.0 && worst[2] < 4.0, "{worst:?}");
        assert_eq!(single_tanh::<true>(f32::INFINITY), 1.0);
        assert_eq!(single_tanh::<true>(-f32::INFINITY), -1.0);
        assert!(single_tanh::<true>(f32::NAN).is_nan() && single_tanh::<false>(f32::NAN).is_nan());
    }

    #[test]
    fn uniform_numbers_are_odd_multiples_symmetric_about_zero() {
        assert_eq!(uniform(0), -1.0 + 2f32.powi(-23));
        assert_eq!(uniform(u32::MAX), 1.0 - 2f32.powi(-23));
        for bits in (0..u32::MAX).step_by(65_521) {
            assert_eq!(uniform(bits), -uniform(!bits));
        }
    }

    #[test]
    fn spins_have_the_mean_of_their_field() {
        let units = 37; // two chunks and a rest
        let rows = 20_000;
        let bias: Vec<f32> = (0..units).map(|i| 0.15 * (i as f32 - 18.0)).collect();
        let mut states = vec![0.1; rows * units];
        sample(&mut states, &bias, &mut Stream::new(3, Purpose::Chains).lanes(0, 0));
        for (unit, bias) in bias.iter().enumerate() {
            let sum: f32 = states.iter().skip(unit).step_by(units).sum();
            let exact = f64::from(bias + 0.1).tanh();
            let error = ((1.0 - exact * exact) / rows as f64).sqrt();
            let mean = f64::from(sum) / rows as f64;
            assert!((mean - exact).abs() < 4.0 * error, "unit {unit}: {mean} for {exact} ± {error}");
        }
        assert!(states.iter().all(|s| s.abs() == 1.0));
    }
}
