//! Averages that are exponentially small, to relative accuracy.
//!
//! Far from S = 0 the functions fall like `A e^{−pS}`, and a Fourier sum over the real axis, whose error is 1e-16, has
//! no correct digit of their averages. On the line `t + iλ` its error is 1e-16 of `M(λ) = E[e^{−λS}]`; at the λ that
//! minimises M no cancellation is left. Beyond the kernel's first pole `t = ip` its residue `A M(p)` is added. The
//! bound on the period is that of the real axis, under the law tilted by `e^{−λS}`.

use super::field::Function;
use crate::theory::prior::Prior;
use nalgebra::Complex;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, TAU};

/// −log of the accuracy, relative to M(λ).
const DIGITS: f64 = 37.0;
/// Largest number of nodes.
const MAX_NODES: f64 = 1e6;
/// Ratio of the sum of |terms| to |sum| above which fewer than ten digits are left.
const CANCELLATION: f64 = 1e5;
/// Bernoulli modes whose signs are summed over one by one.
const MAX_SIGNS: usize = 12;
/// Smallest λ, below b/s² of any field.
const SMALLEST_TILT: f64 = 1e-200;
/// Largest part of the way to a pole that a contour or a bound may go.
const MARGIN: f64 = 0.98;

/// A field `s x + Σ c û + b` under a symmetric law.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tilted<'a> {
    /// Law of the components; Gaussian ones are part of the noise.
    pub prior: &'a Prior,
    /// c, not zero.
    pub coefficients: &'a [f64],
    /// s.
    pub noise: f64,
    /// b.
    pub bias: f64,
}

/// A function of S: its kernel `K(t)` with `f(S) = ∫ K(t) e^{itS} dt`, and how it ends, `A e^{−pS}`.
#[derive(Clone, Copy)]
struct Shape {
    kernel: fn(Complex<f64>) -> Complex<f64>,
    decay: f64,
    amplitude: f64,
    odd: bool,
}

impl Shape {
    fn of(function: Function) -> Option<Self> {
        Some(match function {
            Function::Sech2 => Self { kernel: |t| t * 0.5 / sinh_half_pi(t), decay: 2.0, amplitude: 4.0, odd: false },
            Function::Sech4 => Self { kernel: fourth_kernel, decay: 4.0, amplitude: 16.0, odd: false },
            Function::TanhSech2 => Self {
                kernel: |t| Complex::new(0.0, -1.0) * t * t / (sinh_half_pi(t) * 4.0),
                decay: 2.0,
                amplitude: 4.0,
                odd: true,
            },
            _ => return None,
        })
    }
}

/// `t (4 + t²)/(12 sinh(πt/2))`, where 4 + t² and sinh vanish together at t = 2i: near it, with d = t − 2i, in the form
/// `−t (t + 2i)/12 · d/sinh(πd/2)`.
fn fourth_kernel(t: Complex<f64>) -> Complex<f64> {
    let two = Complex::new(0.0, 2.0);
    let d = t - two;
    if d.norm() > 1.0 {
        return t * d * (t + two) / (sinh_half_pi(t) * 12.0);
    }
    let quotient = if d.norm() > 1e-4 {
        d / sinh_half_pi(d)
    } else {
        Complex::from(FRAC_2_PI) - d * d * (std::f64::consts::PI / 12.0)
    };
    -t * (t + two) / 12.0 * quotient
}

fn sinh_half_pi(t: Complex<f64>) -> Complex<f64> {
    (t * FRAC_PI_2).sinh()
}

impl Tilted<'_> {
    /// The average of sech², sech⁴ or tanh sech² to at least ten digits; `None` where this method does not reach that.
    pub fn mean(&self, function: Function) -> Option<f64> {
        let shape = Shape::of(function)?;
        let reach: f64 = self.coefficients.iter().map(|c| c.abs()).sum();
        if *self.prior == Prior::Bernoulli && reach > self.bias.abs() && self.coefficients.len() <= MAX_SIGNS {
            return self.over_signs(function, shape);
        }
        // The functions are even or odd, and the law of S − b is symmetric.
        let sign = if shape.odd && self.bias < 0.0 { -1.0 } else { 1.0 };
        let positive = Tilted { bias: self.bias.abs(), ..*self };
        Some(sign * positive.integral(shape)?)
    }

    /// The average as a sum over all signs of the Bernoulli components: S has both signs, and no tilt fits both.
    fn over_signs(&self, function: Function, shape: Shape) -> Option<f64> {
        let (mut sum, mut size) = (0.0, 0.0);
        for pattern in 0..1u32 << self.coefficients.len() {
            let sign = |mode: usize| if pattern >> mode & 1 == 1 { -1.0 } else { 1.0 };
            let along: f64 = self.coefficients.iter().enumerate().map(|(mode, c)| sign(mode) * c).sum();
            let one = Tilted { coefficients: &[], bias: self.bias + along, ..*self };
            let value = if self.noise == 0.0 { at_point(function, one.bias) } else { one.mean(function)? };
            sum += value;
            size += f64::abs(value);
        }
        // Opposite signs of an odd function may cancel, exactly without a bias.
        let exact = !shape.odd || self.bias == 0.0 || size <= CANCELLATION * f64::abs(sum);
        let value = if shape.odd && self.bias == 0.0 { 0.0 } else { sum };
        exact.then_some(value / f64::from(1u32 << self.coefficients.len()))
    }

    /// log M(λ); infinite where M does not exist.
    fn log_moment(&self, lambda: f64) -> f64 {
        let components: f64 = self.coefficients.iter().map(|c| log_moment(self.prior, (lambda * c).abs())).sum();
        0.5 * (lambda * self.noise).powi(2) - lambda * self.bias + components
    }

    /// Upper end of the λ for which M exists.
    fn limit(&self) -> f64 {
        let largest = self.coefficients.iter().fold(0.0, |largest: f64, c| largest.max(c.abs()));
        self.prior.exponential_moment_limit() / largest
    }

    /// The λ that minimises M below `end`, in log λ: strong noise has it close to 0.
    fn best_tilt(&self, end: f64) -> f64 {
        let (mut low, mut high) = (SMALLEST_TILT.ln(), end.ln());
        for _ in 0..60 {
            let (left, right) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if self.log_moment(left.exp()) <= self.log_moment(right.exp()) {
                high = right;
            } else {
                low = left;
            }
        }
        (0.5 * (low + high)).exp()
    }

    fn integral(&self, shape: Shape) -> Option<f64> {
        let limit = self.limit();
        let pole = shape.decay;
        let mut lambda = self.best_tilt((pole + 1.0).min(limit));
        // At a distance from the pole of the width of the tilted law, on the nearer side.
        let deviation = self.deviation(lambda);
        let gap = 0.5 / deviation.max(1.0);
        if (lambda - pole).abs() < gap {
            lambda = if lambda < pole || pole + gap >= limit { pole - gap } else { pole + gap };
        }
        let beyond = lambda > pole;
        let nearest = if beyond { (lambda - pole).min(pole + 2.0 - lambda) } else { pole - lambda };
        let period = self.period(lambda, nearest.min(MARGIN * (limit - lambda)))?;
        let step = TAU / period;
        let cut = DIGITS + 7.0;
        let end = 2.0 * cut / (FRAC_PI_2 + (FRAC_PI_2 * FRAC_PI_2 + 2.0 * self.noise.powi(2) * cut).sqrt());
        if end / step > MAX_NODES {
            return None;
        }
        let (mut sum, mut size) = (0.0, 0.0);
        for n in 0..=(end / step) as usize + 1 {
            let t = n as f64 * step;
            let term = step * ((shape.kernel)(Complex::new(t, lambda)) * self.ratio(t, lambda)).re;
            sum += if n == 0 { term } else { 2.0 * term };
            size += 2.0 * term.abs();
        }
        let mut scale = self.log_moment(lambda);
        let mut total = sum;
        if beyond {
            // M(p) is the larger of the two.
            let part = (scale - self.log_moment(pole)).exp();
            (total, size, scale) = (shape.amplitude + part * sum, part * size, self.log_moment(pole));
        }
        (total > 0.0 && size <= CANCELLATION * total).then(|| (total.ln() + scale).exp())
    }

    /// Standard deviation of S under the tilted law, from the curvature of log M.
    fn deviation(&self, lambda: f64) -> f64 {
        let step = 1e-3 * (self.limit() - lambda).min(1.0);
        let at = |shift: f64| self.log_moment(lambda + shift);
        ((at(step) - 2.0 * at(0.0) + at(-step)) / (step * step)).max(0.0).sqrt()
    }

    /// Smallest period P over 0 < μ ≤ `nearest` with `e^{−μP} (M(λ − μ) + M(λ + μ))/M(λ) ≤ e^{−DIGITS}`.
    fn period(&self, lambda: f64, nearest: f64) -> Option<f64> {
        let scale = self.log_moment(lambda);
        let bound = |mu: f64| {
            let images = (self.log_moment(lambda - mu) - scale).max(self.log_moment(lambda + mu) - scale).max(0.0);
            (DIGITS + std::f64::consts::LN_2 + images) / mu
        };
        let periods = (0..700).map(|n| bound(nearest * 0.7f64.powi(n)));
        periods.filter(|period| period.is_finite()).min_by(f64::total_cmp)
    }

    /// Φ(t + iλ)/M(λ).
    fn ratio(&self, t: f64, lambda: f64) -> Complex<f64> {
        // e^{iz b − s² z²/2} over its value at t = 0.
        let gaussian =
            Complex::new(-0.5 * (self.noise * t).powi(2), t * (self.bias - self.noise.powi(2) * lambda)).exp();
        self.coefficients.iter().fold(gaussian, |product, c| product * ratio(self.prior, c.abs() * t, c.abs() * lambda))
    }
}

/// log E[e^{xû}], x ≥ 0.
fn log_moment(prior: &Prior, x: f64) -> f64 {
    match prior {
        Prior::Bernoulli => super::scalar::log_2cosh(x) - std::f64::consts::LN_2,
        Prior::Uniform => {
            let z = 3f64.sqrt() * x;
            // sinh z/z = e^z (1 − e^{−2z})/(2z).
            if z < 1e-4 { z * z / 6.0 } else { z + (-(-2.0 * z).exp_m1() / (2.0 * z)).ln() }
        }
        Prior::Laplace if 0.5 * x * x >= 1.0 => f64::INFINITY,
        Prior::Laplace => -(-0.5 * x * x).ln_1p(),
        _ => 0.5 * x * x,
    }
}

/// φ(x + ia)/φ(ia), a > 0.
fn ratio(prior: &Prior, x: f64, a: f64) -> Complex<f64> {
    match prior {
        Prior::Bernoulli => Complex::new(x.cos(), -x.sin() * a.tanh()),
        Prior::Uniform => {
            let (x, a) = (3f64.sqrt() * x, 3f64.sqrt() * a);
            let sin = Complex::new(x.sin(), x.cos() * a.tanh());
            sin * a / (Complex::new(x, a) * a.tanh())
        }
        Prior::Laplace => {
            let z = Complex::new(x, a);
            Complex::from(1.0 - 0.5 * a * a) / (z * z * 0.5 + 1.0)
        }
        _ => Complex::new(-0.5 * x * x, -x * a).exp(),
    }
}

/// The function itself at one S.
fn at_point(function: Function, s: f64) -> f64 {
    let at = super::scalar::Scalar::at(s);
    match function {
        Function::Sech2 => at.sech2,
        Function::Sech4 => at.sech4,
        _ => at.tanh_sech2,
    }
}
