//! The data term over a mixture of Gaussians under the Gaussian prior, without sampling.
//!
//! With `V(x) = ∫_0^∞ t e^{−xt²/2}/sinh(πt/2) dt` the average over a component z ~ N(μ, Λ) becomes, at each t, an average over a
//! tilted Gaussian. Let `f̄ = Yᵀμ + θ`, `YᵀΛY = Q diag(ε) Qᵀ`, `ḡ = Qᵀf̄`, `s = t²/N_h` and `d_i = 1/(1 + s ε_i)`. Then
//!
//! ```text
//! A(t) = ⟨e^{−s|f|²/2}⟩ = Π_i d_i^{1/2} e^{−s d_i ḡ_i²/2}
//! ⟨f e^{−s|f|²/2}⟩   = A Q (d ḡ)
//! ⟨z fᵀ e^{−s|f|²/2}⟩ = A [ (μ − s Λ Y Q (d ḡ)) (d ḡ)ᵀ + Λ Y Q diag(d) ] Qᵀ .
//! ```
//!
//! Let ω be the quadrature weights times `e^{−nt²/2} A`, `p_i = Σ_t ω d_i` and `G_ij = Σ_t ω s d_i d_j` (a matrix product). Then
//!
//! ```text
//! ⟨σ⟩ = Q (p ḡ),    ⟨z σᵀ⟩ = μ ⟨σ⟩ᵀ + Λ Y Q ( diag(p) − ḡ_i G_ij ḡ_j ) Qᵀ .
//! ```
//!
//! The trapezoidal rule converges exponentially, as for V itself: the strip around real t in which the integrand is
//! analytic ends at the poles ±2i of the kernel or at `±i √(N_h/ε_max)`, whichever is nearer.

use super::clamped::{Clamped, HiddenLayer, check_finite};
use super::mixture::{Component, Mixture, sandwich};
use crate::linalg::{add_product, columns, product, symmetric_eigen, view, view_mut};
use crate::theory::average::MAX_NODES;
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// −log of the accuracy, with a margin of e^4 for the powers of f and z that the averages carry.
const DIGITS: f64 = 41.0;
/// Number of nodes whose d are kept at once.
const NODES: usize = 512;
/// Number of components processed at once, independent of the number of threads.
const CHUNK: usize = 32;

/// ⟨z σᵀ⟩ and ⟨σ⟩ over the mixture.
pub(super) fn clamped(mixture: &Mixture, layer: HiddenLayer) -> Result<Clamped> {
    let mut total = Clamped::zeros(layer.weights.nrows(), layer.weights.ncols());
    for chunk in mixture.components().chunks(CHUNK) {
        let of = |component| Tilted::new(component, layer)?.clamped();
        let parts: Vec<Clamped> = chunk.par_iter().map(of).collect::<Result<_>>()?;
        for (part, component) in parts.iter().zip(chunk) {
            total.correlation += &part.correlation * component.weight;
            total.hidden += &part.hidden * component.weight;
        }
    }
    check_finite("an average over the mixture", total.correlation.as_slice())?;
    check_finite("an average over the mixture", total.hidden.as_slice())?;
    Ok(total)
}

/// One component, in the eigenbasis of its hidden field's covariance.
struct Tilted<'a> {
    mean: &'a DVector<f64>,
    /// Λ Y, `D × H`.
    covariance_weights: DMatrix<f64>,
    /// Q.
    basis: DMatrix<f64>,
    /// ε/N_h.
    variance: DVector<f64>,
    /// ḡ/√N_h: the field on a hidden unit per unit component.
    field: DVector<f64>,
    root_hidden_units: f64,
    noise: f64,
}

impl<'a> Tilted<'a> {
    fn new(component: &'a Component, layer: HiddenLayer) -> Result<Self> {
        let HiddenLayer { weights, theta, units, noise } = layer;
        let covariance_weights = product(view(&component.covariance), view(weights));
        let field_covariance = sandwich(weights, &covariance_weights);
        check_finite("the variance of a hidden field", field_covariance.as_slice())?;
        let (values, basis) = symmetric_eigen(&field_covariance)?;
        // Rounding may leave a zero slightly negative.
        let variance = values.map(|value| value.max(0.0) / units);
        let root_hidden_units = units.sqrt();
        let field = basis.tr_mul(&(weights.tr_mul(&component.mean) + theta)) / root_hidden_units;
        check_finite("a mean hidden field", field.as_slice())?;
        Ok(Self { mean: &component.mean, covariance_weights, basis, variance, field, root_hidden_units, noise })
    }

    fn clamped(&self) -> Result<Clamped> {
        let (p, mut inner) = self.integrals()?;
        for (j, mut column) in inner.column_iter_mut().enumerate() {
            column.component_mul_assign(&self.field);
            column *= -self.field[j];
            column[j] += p[j];
        }
        let hidden = &self.basis * p.component_mul(&self.field) * self.root_hidden_units;
        // Q (…) Qᵀ first: its matrices are H × H, while Λ Y has D rows.
        let inner = product(view(&self.basis), view(&inner));
        let inner = product(view(&inner), view(&self.basis).transpose());
        let mut correlation = self.mean * hidden.transpose();
        add_product(view_mut(&mut correlation), view(&self.covariance_weights), view(&inner));
        Ok(Clamped { correlation, hidden })
    }

    /// p, and N_h G (which multiplies two fields per unit component).
    fn integrals(&self) -> Result<(DVector<f64>, DMatrix<f64>)> {
        let size = self.field.len();
        let (step, end) = (TAU / self.period(), self.end());
        let count = end / step;
        if count.is_nan() || count > MAX_NODES {
            return Err(Error::FieldTooLarge { nodes: if count.is_nan() { f64::INFINITY } else { count } });
        }
        let count = count as usize + 2;
        let (mut p, mut g) = (DVector::zeros(size), DMatrix::zeros(size, size));
        // d, and ω t² d, node after node.
        let (mut left, mut right) = (vec![0.0; size * NODES.min(count)], vec![0.0; size * NODES.min(count)]);
        for first in (0..count).step_by(NODES) {
            let nodes = (count - first).min(NODES);
            let rows = left.chunks_exact_mut(size).zip(right.chunks_exact_mut(size));
            for (node, (left, right)) in (first..first + nodes).zip(rows) {
                let t = node as f64 * step;
                // At t = 0 the kernel tends to 2/π, and the rule takes half of it.
                let kernel = if node == 0 { step / PI } else { step * t / (FRAC_PI_2 * t).sinh() };
                let weight = kernel * self.log_average(t).exp();
                for (i, (left, right)) in left.iter_mut().zip(right).enumerate() {
                    *left = 1.0 / (1.0 + t * t * self.variance[i]);
                    p[i] += weight * *left;
                    *right = weight * t * t * *left;
                }
            }
            let (left, right) = (columns(&left[..size * nodes], size), columns(&right[..size * nodes], size));
            add_product(view_mut(&mut g), left, right.transpose());
        }
        Ok((p, g))
    }

    /// log of `e^{−nt²/2} A(t)`.
    fn log_average(&self, t: f64) -> f64 {
        let square = t * t;
        let (mut exponent, mut log_determinant, mut determinant) = (self.noise * square, 0.0, 1.0f64);
        for (variance, field) in self.variance.iter().zip(&self.field) {
            let widened = 1.0 + square * variance;
            exponent += square * field * field / widened;
            determinant *= widened;
            // One logarithm for many factors.
            if determinant > 1e150 {
                log_determinant += determinant.ln();
                determinant = 1.0;
            }
        }
        -0.5 * (exponent + log_determinant + determinant.ln())
    }

    /// Point T where the integrand falls below the accuracy: `πT/2 − log(e^{−nT²/2} A(T)) = DIGITS`, by bisection.
    fn end(&self) -> f64 {
        let (mut low, mut high) = (0.0, DIGITS / FRAC_PI_2);
        // To a part in a thousand.
        while high - low > 1e-3 * high {
            let middle = 0.5 * (low + high);
            if FRAC_PI_2 * middle - self.log_average(middle) > DIGITS { high = middle } else { low = middle }
        }
        high
    }

    /// Smallest sufficient period: the minimum of `(DIGITS + log⟨e^{λ|S|}⟩)/λ` over `0 < λ < min(2, (N_h/ε_max)^{1/2})`. S is the
    /// field of a hidden unit, normal with variance |f|²/N_h + n for each f.
    fn period(&self) -> f64 {
        let largest = self.variance.iter().fold(0.0f64, |largest, &variance| largest.max(variance));
        // Inside the strip, and far enough from the singularity at its edge.
        let high = 2f64.min((1.0 - 1e-3) / largest.sqrt());
        let exponent = |lambda: f64| {
            let square = lambda * lambda;
            let mut sum = DIGITS + 0.5 * square * self.noise;
            for (variance, field) in self.variance.iter().zip(&self.field) {
                let narrowed = 1.0 - square * variance;
                sum += 0.5 * (square * field * field / narrowed - narrowed.ln());
            }
            // The averages carry two more powers of 1/(1 − λ² ε).
            (sum - 2.0 * (1.0 - square * largest).ln()) / lambda
        };
        let total = self.noise + self.variance.sum() + self.field.norm_squared();
        // Below this λ the quotient still falls, even for the Gaussian of the same second moment, which has the lightest tail.
        let low = high.min(0.2 * (2.0 * DIGITS / total).sqrt());
        // The quotient is unimodal, since the exponent is convex. A geometric scan is within 1 % of the minimum.
        const SCAN: i32 = 64;
        (0..=SCAN)
            .map(|n| exponent(low * (high / low).powf(f64::from(n) / f64::from(SCAN))))
            .fold(f64::INFINITY, f64::min)
    }
}
