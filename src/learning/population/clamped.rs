//! The data term: every hidden unit responds to its own field, without any assumption on the law of components.
//!
//! ```text
//! ⟨z σ_j⟩ = ⟨z t_j⟩,    t_j = E tanh( a_j·z + theta_j + √n x ),    z = Bᵀ s
//! ```
//!
//! over samples, or over a population in Gaussian components (means μ, covariances Λ of z). For a Gaussian component it is
//! `μ E tanh + Λ a_j E sech²` with a field of variance `a_j·Λ a_j + n`. Here n is the variance of the field from weights outside
//! the directions. Averages over a Gaussian field are Gauss–Hermite sums.

use super::super::data_term::clamped::Clamped;
use crate::learning::data_term::{Mixture, Samples, Source};
use crate::linalg::{
    add_product, columns, columns_mut, mean_of_tanh_in_place, product_of, set_product, tanh_in_place, view, view_mut,
};
use crate::theory::quadrature::{Rule, hermite};
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// Largest number of ranges of samples, each added up on its own, independent of the number of threads.
const GROUPS: usize = 16;
/// Largest number of samples in a block.
const BLOCK: usize = 256;
/// Largest number of nodes in a Gauss–Hermite sum.
const MOST_NODES: usize = 128;

/// The data term of a population of hidden units.
#[derive(Debug)]
pub(in crate::learning) struct PopulationTerm {
    source: Source,
    /// Diagonals of the components' covariances, where they are diagonal.
    diagonals: Vec<Option<DVector<f64>>>,
}

impl PopulationTerm {
    pub fn new(source: Source) -> Self {
        let diagonals = match &source {
            Source::Samples(_) => Vec::new(),
            Source::Mixture(mixture) => mixture.components().iter().map(|part| diagonal(&part.covariance)).collect(),
        };
        Self { source, diagonals }
    }

    /// Approximate number of multiplications in an evaluation.
    pub fn multiplications(&self, directions: f64, hidden: f64) -> f64 {
        match &self.source {
            Source::Samples(samples) => samples.count() as f64 * (2.0 * directions + 10.0) * hidden,
            Source::Mixture(mixture) => mixture.components().len() as f64 * directions * directions * hidden,
        }
    }

    /// `⟨z σᵀ⟩` and ⟨σ⟩.
    pub fn evaluate(&self, weights: &DMatrix<f64>, theta: &DVector<f64>, noise: f64) -> Result<Clamped> {
        match &self.source {
            Source::Samples(samples) => samples_term(samples, weights, theta, noise),
            Source::Mixture(mixture) => self.mixture_term(mixture, weights, theta, noise),
        }
    }

    fn mixture_term(
        &self,
        mixture: &Mixture,
        weights: &DMatrix<f64>,
        theta: &DVector<f64>,
        noise: f64,
    ) -> Result<Clamped> {
        let mut out = Clamped {
            correlation: DMatrix::zeros(weights.nrows(), weights.ncols()),
            hidden: DVector::zeros(theta.len()),
        };
        let mut rules: Vec<Option<Rule>> = vec![None; MOST_NODES + 1];
        for (part, diagonal) in mixture.components().iter().zip(&self.diagonals) {
            let spread = match diagonal {
                Some(variances) => {
                    let mut spread = weights.clone();
                    spread.column_iter_mut().for_each(|mut column| column.component_mul_assign(variances));
                    spread
                }
                None => product_of(&part.covariance, weights),
            };
            let field = weights.tr_mul(&part.mean) + theta;
            let mut mean = DVector::<f64>::zeros(theta.len());
            let mut slope = mean.clone();
            for j in 0..theta.len() {
                let variance = weights.column(j).dot(&spread.column(j)).max(0.0) + noise;
                let rule = rule(&mut rules, variance)?;
                let deviation = variance.sqrt();
                for (x, weight) in rule.nodes.iter().zip(&rule.weights) {
                    let tanh = (field[j] + deviation * x).tanh();
                    mean[j] += weight * tanh;
                    slope[j] += weight * (1.0 - tanh * tanh);
                }
            }
            out.correlation.ger(part.weight, &part.mean, &mean, 1.0);
            for (j, column) in spread.column_iter().enumerate() {
                out.correlation.column_mut(j).axpy(part.weight * slope[j], &column, 1.0);
            }
            out.hidden.axpy(part.weight, &mean, 1.0);
        }
        Ok(out)
    }
}

/// The diagonal, if the matrix is diagonal.
fn diagonal(matrix: &DMatrix<f64>) -> Option<DVector<f64>> {
    let diagonal = matrix.diagonal();
    let off = matrix - DMatrix::from_diagonal(&diagonal);
    (off.amax() <= 4.0 * f64::EPSILON * diagonal.amax()).then_some(diagonal)
}

/// Enough nodes for an error of 1e-8 of E tanh, and 1e-7 of its slope, as tabulated for variances from 0.001 to 3. The poles of
/// tanh at ±iπ/2 lie `π/(2√v)` deviations from the axis, so the number grows as v.
fn nodes(variance: f64) -> usize {
    tabulated(variance, 38.0, 3.0, 6.5)
}

/// Enough nodes for an error of 1e-6 of E tanh: the variance of the weights that are left out is not known more accurately.
fn nodes_for_noise(variance: f64) -> usize {
    tabulated(variance, 22.0, 2.0, 6.0)
}

fn tabulated(variance: f64, slope: f64, least: f64, bend: f64) -> usize {
    if variance == 0.0 {
        return 1;
    }
    let wanted = slope * variance + least + bend * variance.min(2.0).sqrt();
    (wanted.ceil() as usize).min(MOST_NODES)
}

fn rule(rules: &mut [Option<Rule>], variance: f64) -> Result<&Rule> {
    if !variance.is_finite() {
        return Err(Error::NotFinite { name: "the variance of a hidden field", value: variance });
    }
    let place = &mut rules[nodes(variance)];
    if place.is_none() {
        *place = Some(hermite(nodes(variance))?);
    }
    place.as_ref().ok_or(Error::QuadratureNodes(0))
}

/// The sums of one range of samples.
struct Sums {
    correlation: DMatrix<f64>,
    hidden: DVector<f64>,
}

fn samples_term(samples: &Samples, weights: &DMatrix<f64>, theta: &DVector<f64>, noise: f64) -> Result<Clamped> {
    let (directions, hidden) = weights.shape();
    let count = samples.count();
    let rule = hermite(nodes_for_noise(noise))?;
    let shifts: Vec<(f64, f64)> = rule.nodes.iter().map(|x| noise.sqrt() * x).zip(rule.weights.clone()).collect();
    let groups = count.div_ceil(BLOCK).min(GROUPS);
    let group = |index: usize| {
        let mut sums = Sums { correlation: DMatrix::zeros(directions, hidden), hidden: DVector::zeros(hidden) };
        let (mut expanded, mut field) = (vec![0.0; samples.expansion() * BLOCK], vec![0.0; hidden * BLOCK]);
        let (mut start, end) = (index * count / groups, (index + 1) * count / groups);
        while start < end {
            let size = BLOCK.min(end - start);
            let z = columns(samples.columns(start..start + size, &mut expanded), directions);
            let field = &mut field[..hidden * size];
            set_product(columns_mut(field, hidden), view(weights).transpose(), z);
            for column in field.chunks_exact_mut(hidden) {
                column.iter_mut().zip(theta.as_slice()).for_each(|(field, theta)| *field += theta);
            }
            if noise == 0.0 {
                tanh_in_place(field);
            } else {
                mean_of_tanh_in_place(field, &shifts);
            }
            add_product(view_mut(&mut sums.correlation), z, columns(field, hidden).transpose());
            for column in field.chunks_exact(hidden) {
                sums.hidden.as_mut_slice().iter_mut().zip(column).for_each(|(sum, t)| *sum += t);
            }
            start += size;
        }
        sums
    };
    let parts: Vec<Sums> = (0..groups).into_par_iter().map(group).collect();
    let mut out = Clamped { correlation: DMatrix::zeros(directions, hidden), hidden: DVector::zeros(hidden) };
    for part in parts {
        out.correlation += part.correlation;
        out.hidden += part.hidden;
    }
    out.correlation /= count as f64;
    out.hidden /= count as f64;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with a rule of more than twice as many nodes, over fields from 0 to 8.
    #[test]
    fn nodes_are_enough() {
        let mean = |nodes: usize, variance: f64, field: f64| {
            let rule = hermite(nodes).unwrap();
            let tanh = rule.nodes.iter().map(|x| (field + variance.sqrt() * x).tanh());
            tanh.zip(&rule.weights).map(|(t, weight)| weight * t).sum::<f64>()
        };
        for variance in [1e-4, 1e-3, 0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 0.8, 1.5, 2.9] {
            for (count, allowed) in [(nodes(variance), 1.1e-8), (nodes_for_noise(variance), 1e-6)] {
                let error = (0..=80).map(|step| {
                    let field = 0.1 * f64::from(step);
                    (mean(count, variance, field) - mean(2 * count + 40, variance, field)).abs()
                });
                let error = error.fold(0.0, f64::max);
                assert!(error < allowed, "variance {variance}, {count} nodes: {error:e}");
            }
        }
    }
}
