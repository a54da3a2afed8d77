//! Averages over independent components, û_1 … û_K of a symmetric law: by characteristic functions, and by tensor rules
//! (`docs/theory.md`, section 4).
//!
//! With `Φ = e^{ibt} e^{−s²t²/2} Π_γ φ(c_γ t)`, prefix and suffix products over the modes give every product that
//! leaves one factor out without dividing (φ may vanish), so the cost is linear in K.

use super::field::{Detail, Field, FieldAverages};
use super::fourier::{self, Cut, DIGITS, Kernel, LogCosh};
use super::scalar::{self, Scalar};
use crate::error::{Error, Result};
use crate::theory::prior::{self, Prior};
use crate::theory::quadrature::{self, Rule};
use nalgebra::{DMatrix, DVectorView, DVectorViewMut};
use std::sync::Arc;

/// Fourier averages under a product of symmetric laws.
#[derive(Clone, Debug)]
pub(super) struct Product {
    prior: Prior,
    modes: usize,
    /// Modes with a non-zero coefficient, and the coefficients; the others only contribute E[û²] = 1.
    active: Vec<usize>,
    coefficients: Vec<f64>,
    kernel: Option<Arc<Kernel>>,
    /// Kernel × Gaussian part × cos(bt) at each node.
    weights: Vec<f64>,
    /// φ(c_γ t), −φ'(c_γ t)/t and −φ''(c_γ t) on the nodes, mode after mode.
    value: Vec<f64>,
    slope: Vec<f64>,
    bend: Vec<f64>,
    /// weights × Π_{γ' < γ} φ and Π_{γ' > γ} φ, mode after mode; the prefix has one row more, the whole product.
    prefix: Vec<f64>,
    suffix: Vec<f64>,
    /// Derivatives of the suffix along a direction.
    suffix_along: Vec<f64>,
    prefix_along: Vec<f64>,
    sech2: f64,
    /// −log of the accuracy of averages, but not of the scalar ones.
    pub digits: f64,
}

impl Product {
    pub fn new(prior: Prior, modes: usize) -> Self {
        Self {
            prior,
            modes,
            active: Vec::new(),
            coefficients: Vec::new(),
            kernel: None,
            weights: Vec::new(),
            value: Vec::new(),
            slope: Vec::new(),
            bend: Vec::new(),
            prefix: Vec::new(),
            suffix: Vec::new(),
            suffix_along: Vec::new(),
            prefix_along: Vec::new(),
            sech2: 0.0,
            digits: DIGITS,
        }
    }

    /// Nodes of the last averages.
    pub fn nodes(&self) -> usize {
        self.weights.len()
    }

    /// Law of the components.
    pub fn prior(&self) -> &Prior {
        &self.prior
    }

    /// Nodes that averages over a field take.
    pub fn count(&self, field: &Field) -> Result<f64> {
        let gaussian = (field.noise * field.noise, field.bias.abs());
        let active: Vec<f64> = field.coefficients.iter().copied().filter(|&c| c != 0.0).collect();
        let (period, end) = fourier::extent(&self.prior, gaussian, &active, Cut::Map, self.digits)?;
        Ok(period * end / std::f64::consts::TAU)
    }

    fn activate(&mut self, field: &Field) {
        self.active.clear();
        self.coefficients.clear();
        for (mode, &c) in field.coefficients.iter().enumerate().filter(|(_, c)| **c != 0.0) {
            self.active.push(mode);
            self.coefficients.push(c);
        }
    }

    pub fn averages(&mut self, field: &Field, detail: Detail, out: &mut FieldAverages) -> Result<()> {
        self.activate(field);
        let variance = field.noise * field.noise;
        let (kernel, nodes) =
            fourier::grid(&self.prior, (variance, field.bias.abs()), &self.coefficients, detail.into(), self.digits)?;
        fourier::damped_weights(&kernel, nodes, variance, &mut self.weights);
        if field.bias != 0.0 {
            self.weights.iter_mut().zip(&kernel.nodes).for_each(|(w, t)| *w *= (field.bias * t).cos());
        }
        self.factors(&kernel, nodes, detail == Detail::Jacobian);
        self.accumulate(nodes);

        let whole = &self.prefix[self.active.len() * nodes..];
        // What rounding takes out of the functions' range is below the accuracy.
        self.sech2 = whole.iter().sum::<f64>().clamp(0.0, 1.0);
        out.sech2 = self.sech2;
        out.component_tanh.clear();
        out.component_tanh.resize(self.modes, 0.0);
        out.component_tanh_sech2.clear();
        if detail == Detail::Jacobian {
            let squares = kernel.nodes.iter().map(|t| t * t);
            let fourth: f64 = whole.iter().zip(squares.clone()).map(|(w, square)| w * (4.0 + square) / 6.0).sum();
            out.sech4 = fourth.clamp(0.0, 1.0);
            out.sech2_bend = whole.iter().zip(squares).map(|(w, square)| -w * square).sum();
            out.component_tanh_sech2.resize(self.modes, 0.0);
        } else {
            (out.sech4, out.sech2_bend) = (f64::NAN, f64::NAN);
        }
        for (slot, &mode) in self.active.iter().enumerate() {
            let row = slot * nodes..(slot + 1) * nodes;
            let others = self.prefix[row.clone()].iter().zip(&self.suffix[row.clone()]);
            let terms = self.slope[row].iter().zip(others).map(|(slope, (before, after))| slope * before * after);
            let (mut tanh, mut tanh_sech2) = (0.0, 0.0);
            for (term, t) in terms.zip(&kernel.nodes) {
                tanh += term;
                tanh_sech2 += 0.5 * t * t * term;
            }
            // Between 0 and the sign of its coefficient.
            let sign = self.coefficients[slot].signum();
            out.component_tanh[mode] = sign * (sign * tanh).clamp(0.0, 1.0);
            if detail == Detail::Jacobian {
                out.component_tanh_sech2[mode] = tanh_sech2;
            }
        }
        self.kernel = Some(kernel);
        Ok(())
    }

    /// φ, −φ'/t and, if asked, −φ'' of every active mode on the nodes.
    fn factors(&mut self, kernel: &Kernel, nodes: usize, second: bool) {
        let size = self.active.len() * nodes;
        self.value.resize(size, 0.0);
        self.slope.resize(size, 0.0);
        self.bend.resize(if second { size } else { 0 }, 0.0);
        for (slot, &c) in self.coefficients.iter().enumerate() {
            let row = slot * nodes..(slot + 1) * nodes;
            let bend = if second { &mut self.bend[row.clone()] } else { &mut [] };
            factor(&self.prior, c, kernel, &mut self.value[row.clone()], &mut self.slope[row], bend);
        }
    }

    /// Prefix and suffix products.
    fn accumulate(&mut self, nodes: usize) {
        let slots = self.active.len();
        self.prefix.clear();
        self.prefix.extend_from_slice(&self.weights);
        self.prefix.resize((slots + 1) * nodes, 0.0);
        self.suffix.resize(slots * nodes, 0.0);
        for slot in 0..slots {
            let (done, next) = self.prefix.split_at_mut((slot + 1) * nodes);
            let value = &self.value[slot * nodes..];
            for ((next, before), value) in next[..nodes].iter_mut().zip(&done[slot * nodes..]).zip(value) {
                *next = before * value;
            }
        }
        if slots > 0 {
            self.suffix[(slots - 1) * nodes..].fill(1.0);
        }
        for slot in (1..slots).rev() {
            let (next, done) = self.suffix.split_at_mut(slot * nodes);
            let value = &self.value[slot * nodes..];
            for ((next, after), value) in next[(slot - 1) * nodes..].iter_mut().zip(&done[..nodes]).zip(value) {
                *next = after * value;
            }
        }
    }

    /// `Σ_β E[û_α û_β sech² S] δ_β` at the last linearized field: dual numbers `φ + ε t² slope δ` in the prefix and
    /// suffix products.
    pub fn product(&mut self, direction: &[f64], out: &mut [f64]) {
        for (out, d) in out.iter_mut().zip(direction) {
            *out = self.sech2 * d;
        }
        let Some(kernel) = self.kernel.clone() else { return };
        let (slots, nodes) = (self.active.len(), self.weights.len());
        self.suffix_along.resize(slots * nodes, 0.0);
        if slots > 0 {
            self.suffix_along[(slots - 1) * nodes..].fill(0.0);
        }
        for slot in (1..slots).rev() {
            let d = direction[self.active[slot]];
            let row = slot * nodes..(slot + 1) * nodes;
            let (next, done) = self.suffix_along.split_at_mut(slot * nodes);
            let (value, slope, after) = (&self.value[row.clone()], &self.slope[row.clone()], &self.suffix[row]);
            let next = &mut next[(slot - 1) * nodes..];
            for n in 0..nodes {
                next[n] = done[n] * value[n] + after[n] * slope[n] * d;
            }
        }
        self.prefix_along.clear();
        self.prefix_along.resize(nodes, 0.0);
        for slot in 0..slots {
            let d = direction[self.active[slot]];
            let row = slot * nodes..(slot + 1) * nodes;
            let (value, slope, bend) = (&self.value[row.clone()], &self.slope[row.clone()], &self.bend[row.clone()]);
            let (before, after) = (&self.prefix[row.clone()], &self.suffix[row.clone()]);
            let after_along = &self.suffix_along[row];
            let mut total = 0.0;
            for n in 0..nodes {
                let t = kernel.nodes[n];
                let others = before[n] * after_along[n] + self.prefix_along[n] * after[n];
                total += bend[n] * d * before[n] * after[n] - t * t * slope[n] * others;
                self.prefix_along[n] = self.prefix_along[n] * value[n] + before[n] * slope[n] * d;
            }
            out[self.active[slot]] = total;
        }
    }

    /// The scalar averages, which an odd part of the field makes non-trivial.
    pub fn scalar(&mut self, field: &Field) -> Result<Scalar> {
        self.activate(field);
        let variance = field.noise * field.noise;
        let (kernel, nodes) =
            fourier::grid(&self.prior, (variance, field.bias.abs()), &self.coefficients, Cut::Jacobian, DIGITS)?;
        fourier::damped_weights(&kernel, nodes, variance, &mut self.weights);
        self.factors(&kernel, nodes, false);
        self.accumulate(nodes);
        Ok(fourier::sum(&kernel, &self.prefix[self.active.len() * nodes..], field.bias))
    }

    pub fn log_2cosh(&mut self, field: &Field) -> Result<f64> {
        self.activate(field);
        let variance = field.noise * field.noise;
        let bias = field.bias.abs();
        let (kernel, nodes) = fourier::grid(&self.prior, (variance, bias), &self.coefficients, Cut::LogCosh, DIGITS)?;
        self.factors(&kernel, nodes, false);
        let second_moment = variance + field.bias * field.bias + self.coefficients.iter().map(|c| c * c).sum::<f64>();
        let mut node = 0;
        Ok(LogCosh::new(variance).sum(&kernel, nodes, second_moment, |t| {
            node += 1;
            let modes: f64 = self.value.iter().skip(node).step_by(nodes).product();
            modes * (-0.5 * variance * t * t).exp() * fourier::shift(field.bias, t)
        }))
    }
}

/// φ(ct), −φ'(ct)/t (with the limit c at t = 0) and −φ''(ct) on the kernel's nodes; `bend` may be empty.
fn factor(prior: &Prior, c: f64, kernel: &Kernel, value: &mut [f64], slope: &mut [f64], bend: &mut [f64]) {
    let nodes = value.len();
    match prior {
        Prior::Bernoulli => {
            sin_cos_grid(c * kernel.step, slope, value);
            slope.iter_mut().zip(&kernel.nodes).for_each(|(s, t)| *s /= t);
            bend.copy_from_slice(&value[..bend.len()]);
        }
        Prior::Uniform => {
            let scale = 3f64.sqrt() * c;
            sin_cos_grid(scale * kernel.step, slope, value);
            for n in 0..nodes {
                let (sinc, curve) = prior::spherical_bessel(scale * kernel.nodes[n], slope[n], value[n]);
                value[n] = sinc;
                slope[n] = 3.0 * c * curve;
                if let Some(bend) = bend.get_mut(n) {
                    *bend = 3.0 * (sinc - 2.0 * curve);
                }
            }
        }
        // Laplace; Gaussian and empirical laws have their own averages.
        _ => {
            for n in 0..nodes {
                let square = (c * kernel.nodes[n]).powi(2);
                let phi = 1.0 / (1.0 + 0.5 * square);
                value[n] = phi;
                slope[n] = c * phi * phi;
                if let Some(bend) = bend.get_mut(n) {
                    *bend = phi * phi * (1.0 - 2.0 * square * phi);
                }
            }
        }
    }
    // −φ'(ct)/t tends to c E[û²] = c.
    slope[0] = c;
}

/// sin(n δ) and cos(n δ) for n = 0, 1, …: one exact pair every BLOCK nodes, the rest by the addition theorem.
fn sin_cos_grid(delta: f64, sin: &mut [f64], cos: &mut [f64]) {
    const BLOCK: usize = 8;
    let (step_sin, step_cos) = delta.sin_cos();
    let (mut base_sin, mut base_cos) = ([0.0; BLOCK], [1.0; BLOCK]);
    for n in 1..BLOCK {
        base_sin[n] = base_sin[n - 1] * step_cos + base_cos[n - 1] * step_sin;
        base_cos[n] = base_cos[n - 1] * step_cos - base_sin[n - 1] * step_sin;
    }
    for (block, (sin, cos)) in sin.chunks_mut(BLOCK).zip(cos.chunks_mut(BLOCK)).enumerate() {
        let (start_sin, start_cos) = ((block * BLOCK) as f64 * delta).sin_cos();
        for n in 0..sin.len() {
            sin[n] = start_sin * base_cos[n] + start_cos * base_sin[n];
            cos[n] = start_cos * base_cos[n] - start_sin * base_sin[n];
        }
    }
}

/// Most modes that a tensor rule takes.
const TENSOR_MODES: usize = 3;

/// Tensor product of Gauss rules over x and the components.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    noise: Rule,
    component: Rule,
    pair: DMatrix<f64>,
}

impl Tensor {
    pub fn new(prior: &Prior, modes: usize, nodes: usize) -> Result<Self> {
        let component = prior.quadrature(nodes)?.filter(|_| modes <= TENSOR_MODES).ok_or(Error::HermiteModes(modes))?;
        Ok(Self { noise: quadrature::hermite(nodes)?, component, pair: DMatrix::zeros(modes, modes) })
    }

    /// Nodes of the whole rule, with noise.
    pub fn nodes(&self) -> usize {
        self.component.nodes.len().pow(self.pair.nrows() as u32) * self.noise.nodes.len()
    }

    /// Calls `visit(weight, û, S)` at every node of the tensor rule; the noise is left out where there is none.
    fn visit(&self, field: &Field, mut visit: impl FnMut(f64, &[f64], f64)) {
        let modes = field.coefficients.len();
        let size = self.component.nodes.len();
        let mut u = [0.0; TENSOR_MODES];
        for index in 0..size.pow(modes as u32) {
            let (mut weight, mut s, mut rest) = (1.0, field.bias, index);
            for (u, c) in u.iter_mut().zip(field.coefficients) {
                *u = self.component.nodes[rest % size];
                weight *= self.component.weights[rest % size];
                s += c * *u;
                rest /= size;
            }
            if field.noise == 0.0 {
                visit(weight, &u[..modes], s);
                continue;
            }
            for (x, w) in self.noise.nodes.iter().zip(&self.noise.weights) {
                visit(weight * w, &u[..modes], s + field.noise * x);
            }
        }
    }

    pub fn averages(&mut self, field: &Field, out: &mut FieldAverages) -> Result<()> {
        let modes = field.coefficients.len();
        let mut sums = FieldAverages {
            component_tanh: vec![0.0; modes],
            component_tanh_sech2: vec![0.0; modes],
            ..FieldAverages::default()
        };
        let mut pair = DMatrix::zeros(modes, modes);
        self.visit(field, |weight, u, s| {
            let at = Scalar::at(s);
            sums.sech2 += weight * at.sech2;
            sums.sech4 += weight * at.sech4;
            sums.sech2_bend += weight * at.sech2_bend;
            for (alpha, x) in u.iter().enumerate() {
                sums.component_tanh[alpha] += weight * x * at.tanh;
                sums.component_tanh_sech2[alpha] += weight * x * at.tanh_sech2;
                for (beta, y) in u.iter().enumerate() {
                    pair[(alpha, beta)] += weight * x * y * at.sech2;
                }
            }
        });
        // A component without coefficient is independent of S: its averages vanish exactly, not up to rounding.
        for alpha in (0..modes).filter(|&alpha| field.coefficients[alpha] == 0.0) {
            sums.component_tanh[alpha] = 0.0;
            sums.component_tanh_sech2[alpha] = 0.0;
        }
        self.pair = pair;
        *out = sums;
        Ok(())
    }

    pub fn product(&self, direction: &[f64], out: &mut [f64]) {
        let modes = direction.len();
        DVectorViewMut::from_slice(out, modes).copy_from(&(&self.pair * DVectorView::from_slice(direction, modes)));
    }

    pub fn scalar(&self, field: &Field) -> Result<Scalar> {
        let mut mean = Scalar::default();
        self.visit(field, |weight, _, s| mean.add(weight, &Scalar::at(s)));
        Ok(mean)
    }

    pub fn log_2cosh(&self, field: &Field) -> f64 {
        let mut mean = 0.0;
        self.visit(field, |weight, _, s| mean += weight * scalar::log_2cosh(s));
        mean
    }
}
