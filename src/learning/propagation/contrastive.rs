//! The negative term of contrastive divergence: k Gibbs sweeps from samples, propagated (`docs/theory.md`, section 2d).

use super::super::averages::Averages;
use super::super::data_term::Samples;
use super::super::state::State;
use super::coupling::Coupling;
use super::layer::{Correlated, PropagatedLayer, To, each_sample, projected, square, unpacked};
use crate::error::{Error, Result};
use crate::linalg::{product_of, transposed_product};
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// Samples that share covariances. Each group has its own.
const GROUP: usize = 500;

/// Settings of the propagation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepSettings {
    /// Gibbs sweeps, the k of CD-k.
    pub gibbs_steps: usize,
    /// Leading modes along which each sample has its own covariance; along the others samples share one.
    pub modes: usize,
}

impl Default for SweepSettings {
    /// One sweep. On MNIST at t = 6 (784 × 400 units), shared covariances leave an error of 0.6 in a gradient of 8.5, twenty modes
    /// 0.3, forty modes 0.12, for up to twice the time.
    fn default() -> Self {
        Self { gibbs_steps: 1, modes: 40 }
    }
}

impl SweepSettings {
    /// Checks that there are sweeps.
    pub(in crate::learning) fn check(&self) -> Result<()> {
        if self.gibbs_steps == 0 {
            let reason = "there are none: contrastive divergence takes at least one".to_owned();
            return Err(Error::Range { name: "the Gibbs steps", reason });
        }
        Ok(())
    }

    /// Averages after the sweeps from samples, in the basis of all sites:
    ///
    /// ```text
    /// ⟨s_i σ_j⟩ = m_i T_j + (C W)_ij D_j,    ⟨s_i⟩ = m_i,    ⟨σ_j⟩ = T_j,
    /// ```
    ///
    /// averaged over the samples.
    ///
    /// # Errors
    /// [`Error::NoConvergence`] of the singular values of W.
    pub(super) fn averages(&self, samples: &Samples, state: &State) -> Result<Averages> {
        let coupling = Coupling::of(&state.weights, self.modes)?;
        let count = samples.count();
        let (rows, columns) = state.weights.shape();
        let mut sum = Averages {
            correlation: DMatrix::zeros(rows, columns),
            visible: DVector::zeros(rows),
            hidden: DVector::zeros(columns),
        };
        let mut memory = vec![0.0; samples.expansion() * GROUP.min(count)];
        for start in (0..count).step_by(GROUP) {
            let range = start..(start + GROUP).min(count);
            let weight = range.len() as f64 / count as f64;
            let group = DMatrix::from_column_slice(rows, range.len(), samples.columns(range, &mut memory));
            sum.add(weight, &self.of_group(&group, &coupling, state));
        }
        Ok(sum)
    }

    fn of_group(&self, samples: &DMatrix<f64>, coupling: &Coupling, state: &State) -> Averages {
        let mut hidden = PropagatedLayer::given(samples, coupling, &state.theta);
        let mut visible = hidden.pass(coupling, To::Visible, &state.eta);
        for _ in 1..self.gibbs_steps {
            hidden = visible.pass(coupling, To::Hidden, &state.theta);
            visible = hidden.pass(coupling, To::Visible, &state.eta);
        }
        let (means, slopes) = visible.response(coupling, To::Hidden, &state.theta);
        let correlation = correlation(&visible, coupling, (&means, &slopes));
        Averages { correlation, visible: visible.means.column_mean(), hidden: means.column_mean() }
    }
}

/// `⟨s σᵀ⟩`, averaged over the samples of a group, from the visible layer and the hidden means and slopes given it.
fn correlation(
    visible: &PropagatedLayer,
    coupling: &Coupling,
    (means, slopes): (&DMatrix<f64>, &DMatrix<f64>),
) -> DMatrix<f64> {
    let count = means.ncols() as f64;
    let mut out = product_of(&visible.means, &means.transpose());
    let own = product_of(&visible.own, &slopes.transpose());
    out += own.component_mul(&coupling.weights);
    out /= count;
    let Some(correlated) = &visible.correlated else { return out };
    let mean_slopes = slopes.column_mean();
    if let Some(between) = correlated.between() {
        let mut shared = product_of(&between, &coupling.weights);
        shared.column_iter_mut().zip(&mean_slopes).for_each(|(mut column, d)| column *= *d);
        out += shared;
    }
    out + along_modes(correlated, coupling, slopes, &mean_slopes)
}

/// `(d U) g (d U)ᵀ W D`, averaged over samples, less the same of the means. The product over the units that both layers' modes
/// leave out is known on one side at a time, so its projections on U and on V are added, and that on both subtracted.
fn along_modes(
    visible: &Correlated,
    coupling: &Coupling,
    slopes: &DMatrix<f64>,
    mean_slopes: &DVector<f64>,
) -> DMatrix<f64> {
    let (count, samples) = (coupling.modes(), slopes.ncols());
    let (u, v) = (&coupling.visible.columns, &coupling.hidden.columns);
    let strengths = DVector::from_column_slice(&coupling.strengths);
    let responses = unpacked(&transposed_product(&coupling.hidden.pairs, slopes), count);
    let projections = visible.projected_slopes(&coupling.visible);
    let complete = coupling.is_complete();
    let j = visible.mean_projected_slopes(&coupling.visible);
    // g J S, and with the mean slopes.
    let along = |g: &DMatrix<f64>, j: &DMatrix<f64>| scaled_columns(g * j, &strengths);
    let mean_along = along(&visible.mean_modes, &j);
    let mean_response = projected(&coupling.hidden, mean_slopes);

    // d U [g J S J_h] Vᵀ: exact on the left.
    let mut right = visible.modes.clone();
    each_sample(&mut right, count, |sample, g| {
        let j = square(&projections, sample, count).clone_owned();
        along(&g.clone_owned(), &j) * square(&responses, sample, count)
    });
    let mut left = contracted_left(&visible.slopes, &right, u) / samples as f64;
    if !complete {
        let mut scaled = u.clone();
        scaled.column_iter_mut().for_each(|mut column| column.component_mul_assign(&visible.mean_slopes));
        left -= scaled * (&mean_along * &mean_response);
    }
    let mut out = product_of(&left, &v.transpose());
    if complete && v.is_square() {
        return out;
    }

    // U [J g J S] Vᵀ D: exact on the right; and what both projections have, twice counted.
    let mut both = right;
    each_sample(&mut both, count, |sample, y| square(&projections, sample, count) * y);
    let mut mean_both = mean_of(&both, count);
    let mut stack = visible.modes.clone();
    each_sample(&mut stack, count, |sample, g| {
        let j = square(&projections, sample, count).clone_owned();
        &j * along(&g.clone_owned(), &j)
    });
    let mut right = contracted_right(&stack, slopes, v) / samples as f64;
    if !complete {
        let mut scaled = v.transpose();
        scaled.column_iter_mut().zip(mean_slopes).for_each(|(mut column, d)| column *= *d);
        right -= (&j * &mean_along) * scaled;
        mean_both -= &j * &mean_along * &mean_response;
    }
    right -= mean_both * v.transpose();
    out += product_of(u, &right);
    out
}

fn scaled_columns(mut matrix: DMatrix<f64>, factors: &DVector<f64>) -> DMatrix<f64> {
    matrix.column_iter_mut().zip(factors).for_each(|(mut column, factor)| column *= *factor);
    matrix
}

fn mean_of(stack: &DMatrix<f64>, count: usize) -> DMatrix<f64> {
    DMatrix::from_column_slice(count, count, stack.column_mean().as_slice())
}

/// `Σ_s d_s U Y_s`, `N_v × P`, for the columns d_s and the matrices Y_s.
fn contracted_left(d: &DMatrix<f64>, stack: &DMatrix<f64>, u: &DMatrix<f64>) -> DMatrix<f64> {
    let count = u.ncols();
    let sums = product_of(d, &stack.transpose());
    DMatrix::from_fn(u.nrows(), count, |i, b| (0..count).map(|a| u[(i, a)] * sums[(i, a + count * b)]).sum())
}

/// `Σ_s Z_s Vᵀ D_s`, `P × N_h`.
fn contracted_right(stack: &DMatrix<f64>, d: &DMatrix<f64>, v: &DMatrix<f64>) -> DMatrix<f64> {
    let count = v.ncols();
    let sums = product_of(stack, &d.transpose());
    DMatrix::from_fn(count, v.nrows(), |a, j| (0..count).map(|b| sums[(a + count * b, j)] * v[(j, b)]).sum())
}
