//! Averages as one integral over the characteristic function.
//!
//! Each function of S has a sine or cosine transform with the kernel `1/sinh(πt/2)`, for instance
//! `sech² S = ∫_0^∞ t cos(tS)/sinh(πt/2) dt`, so its average is an integral of the characteristic function
//! `Φ(t) = E[e^{itS}]`. The integrand is even and analytic up to t = ±2i, and the trapezoidal rule converges
//! exponentially: by Poisson summation the rule with step `2π/P` returns the average of the function made periodic
//! with period P, and the images are below `e^{−λP} E[e^{λ|S|}]` for every λ ≤ 2. The period is the smallest that a
//! search over λ finds sufficient, rounded up on a geometric ladder so that the kernels can be tabulated.

use super::field::Detail;
use super::scalar::{self, Scalar};
use crate::error::{Error, Result};
use crate::theory::prior::Prior;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, LN_2, PI, TAU};
use std::sync::{Arc, OnceLock};

/// Largest number of nodes that one average may take.
pub const MAX_NODES: f64 = 1e7;

/// −log of the accuracy: e^{−37} = 8.5e-17.
pub(super) const DIGITS: f64 = 37.0;
/// Extra decay at the cut-off for kernels that grow like t³: the largest is t(4 + t²)/6 at t = 28, about e^{8.3}.
const KERNEL_GROWTH: f64 = 7.0;

/// Period of the ladder's rung 0; no period is below DIGITS/2.
const FIRST_PERIOD: f64 = 18.5;
/// Rungs below rung 0, used only at lowered accuracy: down to the period 0.6.
const LOWER_RUNGS: usize = 40;
/// Rungs to a doubling of the period.
const RUNGS_PER_OCTAVE: f64 = 8.0;
/// Rungs whose kernels are kept: periods up to 2170.
const RUNGS: usize = 56;
/// End of the tables: (DIGITS + KERNEL_GROWTH)·2/π = 28.01 is the largest cut-off.
const LAST_NODE: f64 = 28.1;

/// The nodes t_n = n h of one step and the kernel `h t/sinh(πt/2)`, halved at t = 0 where it tends to 2/π.
#[derive(Debug)]
pub(super) struct Kernel {
    pub step: f64,
    pub nodes: Vec<f64>,
    pub weights: Vec<f64>,
}

impl Kernel {
    fn new(period: f64, end: f64) -> Self {
        let step = TAU / period;
        let nodes: Vec<f64> = (0..=(end / step) as usize + 1).map(|n| n as f64 * step).collect();
        let weights = nodes.iter().map(|&t| if t == 0.0 { step / PI } else { step * t / (FRAC_PI_2 * t).sinh() });
        Self { step, weights: weights.collect(), nodes }
    }

    /// The kernel, up to t = `end` at least, of the smallest period on the ladder that is not below `period`.
    fn for_period(period: f64, end: f64) -> Arc<Self> {
        static LADDER: [OnceLock<Arc<Kernel>>; LOWER_RUNGS + RUNGS] = [const { OnceLock::new() }; LOWER_RUNGS + RUNGS];
        let lowest = -(LOWER_RUNGS as f64);
        let rung = ((period / FIRST_PERIOD).log2() * RUNGS_PER_OCTAVE).ceil().max(lowest);
        let rounded = FIRST_PERIOD * (rung / RUNGS_PER_OCTAVE).exp2();
        match LADDER.get((rung - lowest) as usize) {
            Some(cell) => cell.get_or_init(|| Arc::new(Kernel::new(rounded, LAST_NODE))).clone(),
            None => Arc::new(Kernel::new(rounded, end)),
        }
    }
}

/// The kernel and the number of its nodes that a field needs.
///
/// `gaussian` is the variance of the Gaussian part of S (noise and Gaussian components), which also cuts the integral
/// off; `bias` a bound on |b|; `coefficients` the other components, under `prior`; `growth` is [`KERNEL_GROWTH`] where
/// kernels beyond t/sinh are used, and the cut-off of log 2cosh follows its [reference](LogCosh). `digits` is −log of the
/// accuracy, at most [`DIGITS`].
pub(super) fn grid(
    prior: &Prior,
    (gaussian, bias): (f64, f64),
    coefficients: &[f64],
    cut: Cut,
    digits: f64,
) -> Result<(Arc<Kernel>, usize)> {
    let (period, end) = extent(prior, (gaussian, bias), coefficients, cut, digits)?;
    let kernel = Kernel::for_period(period, end);
    let nodes = ((end / kernel.step) as usize + 2).min(kernel.nodes.len());
    Ok((kernel, nodes))
}

/// Period and cut-off of [`grid`], which takes `period · end / 2π` nodes.
///
/// # Errors
/// [`Error::FieldTooLarge`] beyond [`MAX_NODES`].
pub(super) fn extent(
    prior: &Prior,
    (gaussian, bias): (f64, f64),
    coefficients: &[f64],
    cut: Cut,
    digits: f64,
) -> Result<(f64, f64)> {
    let end = match cut {
        Cut::Map => decay_end(digits, gaussian),
        Cut::Jacobian => decay_end(digits + KERNEL_GROWTH, gaussian),
        Cut::Constant => decay_end(digits + KERNEL_GROWTH, 0.0),
        Cut::LogCosh => decay_end(digits, LogCosh::new(gaussian).reference),
    };
    let period = period(prior, gaussian, bias, coefficients, digits);
    let nodes = period * end / TAU;
    if nodes.is_nan() || nodes > MAX_NODES {
        // Where the square of the field overflows, no number of nodes is enough.
        return Err(Error::FieldTooLarge { nodes: if nodes.is_nan() { f64::INFINITY } else { nodes } });
    }
    Ok((period, end))
}

/// Which kernels an average uses, for its cut-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// t/sinh(πt/2) only.
    Map,
    /// Also t²/sinh and t(4 + t²)/sinh.
    Jacobian,
    /// (1 − Φ) t/sinh: the 1 does not decay with the field.
    Constant,
    /// (1 − Φ)/(t sinh), or the difference of Φ from a Gaussian one, see [`LogCosh`].
    LogCosh,
}

impl From<Detail> for Cut {
    fn from(detail: Detail) -> Self {
        match detail {
            Detail::Map => Cut::Map,
            Detail::Jacobian => Cut::Jacobian,
        }
    }
}

/// T with πT/2 + variance T²/2 = digits.
fn decay_end(digits: f64, variance: f64) -> f64 {
    // The root in the form that does not cancel for small variance.
    2.0 * digits / (FRAC_PI_2 + (FRAC_PI_2 * FRAC_PI_2 + 2.0 * variance * digits).sqrt())
}

/// Smallest period over 0 < λ ≤ 2 with `e^{−λP} E[e^{λ|S|}] ≤ e^{−digits}`, by a golden-section search: the exponent
/// is convex in λ, its quotient by λ therefore has one minimum.
fn period(prior: &Prior, gaussian: f64, bias: f64, coefficients: &[f64], digits: f64) -> f64 {
    let exponent = |lambda: f64| {
        let moments: f64 = log_moments(prior, lambda, coefficients);
        (digits + lambda * bias + 0.5 * lambda * lambda * gaussian + moments) / lambda
    };
    let largest = coefficients.iter().fold(0.0, |largest: f64, c| largest.max(c.abs()));
    // A Laplace component has exponential moments only up to its own scale.
    let high = 2f64.min(prior.exponential_moment_limit() * (1.0 - 1e-3) / largest);
    let variance = gaussian + coefficients.iter().map(|c| c * c).sum::<f64>();
    // Below this the Gaussian bound on the exponent already falls.
    let low = high.min((2.0 * digits / variance).sqrt())
        * if prior.exponential_moment_limit().is_finite() { 0.5 } else { 1.0 };
    if low == high {
        return exponent(high);
    }
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut a, mut b) = (low, high);
    let (mut left, mut right) = (b - GOLDEN * (b - a), a + GOLDEN * (b - a));
    let (mut at_left, mut at_right) = (exponent(left), exponent(right));
    let mut best = exponent(high).min(exponent(low));
    for _ in 0..6 {
        best = best.min(at_left).min(at_right);
        if at_left < at_right {
            (b, right, at_right) = (right, left, at_left);
            left = b - GOLDEN * (b - a);
            at_left = exponent(left);
        } else {
            (a, left, at_left) = (left, right, at_right);
            right = a + GOLDEN * (b - a);
            at_right = exponent(right);
        }
    }
    best
}

/// Σ_γ log E[e^{λ c_γ û}], or a cheap bound above it that is within log 2 a component.
fn log_moments(prior: &Prior, lambda: f64, coefficients: &[f64]) -> f64 {
    let scaled = coefficients.iter().map(|c| lambda * c.abs());
    match prior {
        Prior::Bernoulli => scaled.map(|x| (0.5 * x * x).min(x)).sum(),
        Prior::Uniform => {
            let edge = 3f64.sqrt();
            scaled
                .map(|x| if x < 1.5 { 0.5 * x * x } else { (0.5 * x * x).min(edge * x - (2.0 * edge * x).ln()) })
                .sum()
        }
        Prior::Laplace => scaled.map(|x| -(-0.5 * x * x).ln_1p()).sum(),
        _ => scaled.map(|x| 0.5 * x * x).sum(),
    }
}

/// Averages over S = s x + b: one normal variable.
#[derive(Clone, Debug)]
pub(super) struct FourierLine {
    damped: Vec<f64>,
    /// −log of the accuracy.
    pub digits: f64,
}

impl Default for FourierLine {
    fn default() -> Self {
        Self { damped: Vec::new(), digits: DIGITS }
    }
}

impl FourierLine {
    /// The scalar averages at every bias, on one grid that serves the largest.
    pub fn averages(&mut self, noise: f64, biases: &[f64], detail: Detail, out: &mut Vec<Scalar>) -> Result<()> {
        out.clear();
        if noise == 0.0 {
            out.extend(biases.iter().map(|&b| Scalar::at(b)));
            return Ok(());
        }
        let saturated = saturation(noise);
        let largest = biases.iter().map(|b| b.abs()).filter(|&b| b < saturated).fold(0.0, f64::max);
        let variance = noise * noise;
        let (kernel, nodes) = grid(&Prior::Gaussian, (variance, largest), &[], detail.into(), self.digits)?;
        self.damp(&kernel, nodes, variance);
        out.extend(biases.iter().map(|&b| {
            if b.abs() >= saturated {
                Scalar { tanh: b.signum(), ..Scalar::default() }
            } else {
                sum(&kernel, &self.damped, b)
            }
        }));
        Ok(())
    }

    /// `E[log 2cosh(s x + b)]`.
    pub fn log_2cosh(&mut self, noise: f64, bias: f64) -> Result<f64> {
        if noise == 0.0 {
            return Ok(scalar::log_2cosh(bias));
        }
        if bias.abs() >= saturation(noise) {
            return Ok(bias.abs());
        }
        let variance = noise * noise;
        let (kernel, nodes) = grid(&Prior::Gaussian, (variance, bias.abs()), &[], Cut::LogCosh, DIGITS)?;
        let phi = |t: f64| (-0.5 * variance * t * t).exp() * shift(bias, t);
        Ok(LogCosh::new(variance).sum(&kernel, nodes, variance + bias * bias, phi))
    }

    /// Nodes of the last averages.
    pub fn nodes(&self) -> usize {
        self.damped.len()
    }

    fn damp(&mut self, kernel: &Kernel, nodes: usize, variance: f64) {
        damped_weights(kernel, nodes, variance, &mut self.damped);
    }
}

/// cos(bt), the factor that a bias puts on the characteristic function of a symmetric S.
pub(super) fn shift(bias: f64, t: f64) -> f64 {
    if bias == 0.0 { 1.0 } else { (bias * t).cos() }
}

/// The |b| from which S = s x + b may be taken as infinite: nine standard deviations, and twenty units in which tanh saturates.
fn saturation(noise: f64) -> f64 {
    20.0 + 9.0 * noise
}

/// Kernel weights times the characteristic function `e^{−variance t²/2}` of the Gaussian part.
pub(super) fn damped_weights(kernel: &Kernel, nodes: usize, variance: f64, out: &mut Vec<f64>) {
    out.clear();
    let half = 0.5 * variance;
    let weights = kernel.weights[..nodes].iter();
    if variance == 0.0 {
        out.extend(weights);
    } else {
        out.extend(weights.zip(&kernel.nodes).map(|(w, t)| w * (-half * t * t).exp()));
    }
}

/// The scalar averages from `weights[n] = kernel × |Φ(t_n)|` for a symmetric S shifted by b.
pub(super) fn sum(kernel: &Kernel, weights: &[f64], bias: f64) -> Scalar {
    let mut out = Scalar::default();
    for (&t, &weight) in kernel.nodes.iter().zip(weights) {
        let square = t * t;
        // At b = 0 the odd averages vanish and no cosine is needed.
        let (even, odd) = if bias == 0.0 {
            (weight, 0.0)
        } else {
            let (sin, cos) = (bias * t).sin_cos();
            (weight * cos, weight * if t == 0.0 { bias } else { sin / t })
        };
        out.sech2 += even;
        out.sech4 += even * (4.0 + square) / 6.0;
        out.sech2_bend -= even * square;
        out.tanh += odd;
        out.tanh_sech2 += odd * square * 0.5;
    }
    out.in_range()
}

/// `E[log 2cosh S] = log 2 + ∫ (1 − Re Φ)/(t sinh(πt/2)) dt`.
///
/// Under strong noise Φ lives on t ~ 1/s and the 1 on t ~ 1: instead of resolving both, the average over the noise alone
/// is taken in closed form, and the integral is of the difference of the characteristic functions.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogCosh {
    /// Variance of the Gaussian whose average is known, 0 for the constant log 2.
    reference: f64,
    base: f64,
}

impl LogCosh {
    /// For a field whose Gaussian part has variance `gaussian`.
    pub fn new(gaussian: f64) -> Self {
        if gaussian < STRONG_NOISE * STRONG_NOISE {
            Self { reference: 0.0, base: LN_2 }
        } else {
            Self { reference: gaussian, base: strong_noise_log_2cosh(gaussian.sqrt()) }
        }
    }

    /// The average, from φ on the nodes; at t = 0 the integrand tends to `(E[S²] − reference)/π`.
    pub fn sum(&self, kernel: &Kernel, nodes: usize, second_moment: f64, mut phi: impl FnMut(f64) -> f64) -> f64 {
        let mut total = self.base + 0.5 * (second_moment - self.reference) * kernel.weights[0];
        for (&t, &weight) in kernel.nodes[..nodes].iter().zip(&kernel.weights).skip(1) {
            total += weight * ((-0.5 * self.reference * t * t).exp() - phi(t)) / (t * t);
        }
        total
    }
}

/// Noise from which [`strong_noise_log_2cosh`] is exact: its smallest term there is below 1e-17.
const STRONG_NOISE: f64 = 10.0;

/// `E[log 2cosh(s x)] = s√(2/π) + E[log(1 + e^{−2s|x|})]` for s ≥ 10, by the asymptotic series of the second term,
/// `√(2/π)/s Σ_k (−1)^k (2k)! η(2k+2) / (k! 2^{3k+1} s^{2k})` with η the Dirichlet eta function.
fn strong_noise_log_2cosh(s: f64) -> f64 {
    let eta = |n: i32| {
        // Alternating sum; the mean of two partial sums leaves n/2 · 100^{−n−1}, below 1e-8 at n = 2.
        let terms = |last: i32| {
            (1..=last).map(|j| f64::from(if j % 2 == 1 { 1 } else { -1 }) / f64::from(j).powi(n)).sum::<f64>()
        };
        match n {
            2 => PI * PI / 12.0,
            4 => 7.0 * PI.powi(4) / 720.0,
            _ => 0.5 * (terms(100) + terms(101)),
        }
    };
    let (mut sum, mut factor) = (0.0, 0.5);
    for k in 0..12 {
        sum += factor * eta(2 * k + 2);
        let k = f64::from(k);
        factor *= -(2.0 * k + 1.0) / (4.0 * s * s);
    }
    FRAC_2_PI.sqrt() * (s + sum / s)
}
