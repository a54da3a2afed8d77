//! Means and covariances of a layer, sample by sample, and their way to the other layer (`docs/theory.md`, section 2d).
//!
//! The covariance of the units of a layer, given a sample, is
//!
//! ```text
//! C = diag(c) + d̄ ∘ Ḡ ∘ d̄ + (d X) g (d X)ᵀ − (d̄ X) ḡ (d̄ X)ᵀ,
//! ```
//!
//! with X the layer's leading singular vectors, G the covariance of the fields, g its part along these modes, d the slopes
//! `E sech²`, and c what is left of the variance `1 − m²`. A bar is the mean over samples, or what the same steps give for mean
//! slopes. Where the modes are all of W, the second and the fourth term cancel and are left out.

use super::coupling::{Coupling, Vectors, pairs};
use crate::linalg::{gram_of_rows, product_of, smooth_tanh, tanh_in_place, transposed_product};
use nalgebra::{DMatrix, DMatrixView, DVector};
use rayon::prelude::*;

/// Which layer comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    Visible,
    Hidden,
}

/// A layer, one sample a column.
pub(super) struct PropagatedLayer {
    /// m, `units × B`.
    pub means: DMatrix<f64>,
    /// c, `units × B`.
    pub own: DMatrix<f64>,
    /// The rest of the covariance; `None` where units are independent.
    pub correlated: Option<Correlated>,
}

/// Covariances between units, through their fields.
pub(super) struct Correlated {
    /// d, `units × B`.
    pub slopes: DMatrix<f64>,
    /// d̄.
    pub mean_slopes: DVector<f64>,
    /// Ḡ, `units × units`; `None` where the modes are all.
    pub fields: Option<DMatrix<f64>>,
    /// g of each sample, `P² × B`.
    pub modes: DMatrix<f64>,
    /// ḡ, `P × P`.
    pub mean_modes: DMatrix<f64>,
}

/// The fields of the other layer: their means and variances, and what their covariances are made of.
struct Fields {
    means: DMatrix<f64>,
    variances: DMatrix<f64>,
    /// `J g J` of each sample with `J = Xᵀ d X`, `P² × B`, and for the means; `None` where units are independent.
    along: Option<(DMatrix<f64>, DMatrix<f64>)>,
    /// `d̄ ∘ Ḡ ∘ d̄`.
    between: Option<DMatrix<f64>>,
}

impl Correlated {
    /// `d̄ ∘ Ḡ ∘ d̄`.
    pub fn between(&self) -> Option<DMatrix<f64>> {
        let d = &self.mean_slopes;
        self.fields.as_ref().map(|fields| DMatrix::from_fn(d.len(), d.len(), |i, l| d[i] * fields[(i, l)] * d[l]))
    }
}

impl PropagatedLayer {
    /// The hidden layer given ±1 samples, `N_v × B`: its units are independent.
    pub fn given(samples: &DMatrix<f64>, coupling: &Coupling, theta: &DVector<f64>) -> Self {
        let mut means = transposed_product(&coupling.weights, samples);
        add_to_columns(&mut means, theta);
        tanh_in_place(means.as_mut_slice());
        let own = means.map(|mean| 1.0 - mean * mean);
        Self { means, own, correlated: None }
    }

    /// The other layer, given this one.
    pub fn pass(&self, coupling: &Coupling, to: To, field: &DVector<f64>) -> Self {
        let fields = self.fields(coupling, to, field);
        let correlated_fields = self.covariance(coupling, to, &fields);
        let (means, slopes) = respond(fields.means, &fields.variances);
        let own = DMatrix::from_iterator(
            means.nrows(),
            means.ncols(),
            means.iter().zip(&slopes).zip(&fields.variances).map(|((m, d), variance)| 1.0 - m * m - d * d * variance),
        );
        let mean_slopes = slopes.column_mean();
        let (shared, modes, mean_modes) = correlated_fields;
        let correlated = Some(Correlated { slopes, mean_slopes, fields: shared, modes, mean_modes });
        Self { means, own, correlated }
    }

    /// Means and slopes of the other layer alone, `units × B` each.
    pub fn response(&self, coupling: &Coupling, to: To, field: &DVector<f64>) -> (DMatrix<f64>, DMatrix<f64>) {
        let fields = self.fields(coupling, to, field);
        respond(fields.means, &fields.variances)
    }

    fn fields(&self, coupling: &Coupling, to: To, field: &DVector<f64>) -> Fields {
        let across = |matrix: &DMatrix<f64>, other: &DMatrix<f64>| match to {
            To::Visible => product_of(matrix, other),
            To::Hidden => transposed_product(matrix, other),
        };
        let mut means = across(&coupling.weights, &self.means);
        add_to_columns(&mut means, field);
        let mut variances = across(&coupling.squares, &self.own);
        let (from, onto) = sides(coupling, to);
        let along = self.correlated.as_ref().map(|correlated| correlated.along(from));
        let between = self.correlated.as_ref().and_then(Correlated::between);
        if let Some((samples, mean)) = &along {
            let mean = (!coupling.is_complete()).then_some(mean);
            variances += product_of(&onto.pairs, &contributions(samples, mean, &coupling.strengths));
        }
        if let Some(between) = &between {
            let shared = shared_variances(coupling, to, between);
            variances.column_iter_mut().for_each(|mut column| column += &shared);
        }
        Fields { means, variances, along, between }
    }

    /// Covariances of the other layer's fields: the shared one, that of each sample along the modes, and its mean.
    fn covariance(
        &self,
        coupling: &Coupling,
        to: To,
        fields: &Fields,
    ) -> (Option<DMatrix<f64>>, DMatrix<f64>, DMatrix<f64>) {
        let (from, _) = sides(coupling, to);
        let count = coupling.modes();
        let mean_own = self.own.column_mean();
        let mut modes = unpacked(&transposed_product(&from.pairs, &self.own), count);
        let mean = DMatrix::from_column_slice(mean_own.len(), 1, mean_own.as_slice());
        let mut mean_modes = unpacked(&transposed_product(&from.pairs, &mean), count);
        if let Some((along, mean)) = &fields.along {
            modes += along;
            mean_modes += DMatrix::from_column_slice(count * count, 1, mean.as_slice());
        }
        scale_modes(&mut modes, &coupling.strengths);
        scale_modes(&mut mean_modes, &coupling.strengths);
        let shared = (!coupling.is_complete()).then(|| {
            let mut covariance =
                fields.between.clone().unwrap_or_else(|| DMatrix::zeros(mean_own.len(), mean_own.len()));
            mean_own.iter().enumerate().for_each(|(i, own)| covariance[(i, i)] += own);
            match to {
                To::Visible => {
                    let half = product_of(&coupling.weights, &covariance);
                    product_of(&half, &coupling.weights.transpose())
                }
                To::Hidden => {
                    let half = transposed_product(&coupling.weights, &covariance);
                    product_of(&half, &coupling.weights)
                }
            }
        });
        (shared, modes, mean_modes.reshape_generic(nalgebra::Dyn(count), nalgebra::Dyn(count)))
    }
}

impl Correlated {
    /// `J g J` of each sample, `P² × B`, and of the means, `P × P`.
    fn along(&self, from: &Vectors) -> (DMatrix<f64>, DMatrix<f64>) {
        let count = self.mean_modes.nrows();
        let mut along = self.projected_slopes(from);
        each_sample(&mut along, count, |sample, jgj| {
            let j = jgj.clone_owned();
            let g = square(&self.modes, sample, count);
            (&j * g) * j
        });
        let j = self.mean_projected_slopes(from);
        (along, &j * &self.mean_modes * &j)
    }

    /// `J = Xᵀ d X` of each sample, `P² × B`.
    pub fn projected_slopes(&self, from: &Vectors) -> DMatrix<f64> {
        unpacked(&transposed_product(&from.pairs, &self.slopes), self.mean_modes.nrows())
    }

    /// `J̄ = Xᵀ d̄ X`, `P × P`.
    pub fn mean_projected_slopes(&self, from: &Vectors) -> DMatrix<f64> {
        projected(from, &self.mean_slopes)
    }
}

/// `Xᵀ diag(d) X`.
pub(super) fn projected(vectors: &Vectors, d: &DVector<f64>) -> DMatrix<f64> {
    gram_of_rows(&vectors.columns, d)
}

/// Replaces the `P × P` matrix of each sample.
pub(super) fn each_sample(
    stack: &mut DMatrix<f64>,
    count: usize,
    new: impl Fn(usize, DMatrixView<'_, f64>) -> DMatrix<f64> + Sync,
) {
    stack.as_mut_slice().par_chunks_mut((count * count).max(1)).enumerate().for_each(|(sample, values)| {
        let result = new(sample, DMatrixView::from_slice(values, count, count));
        values.copy_from_slice(result.as_slice());
    });
}

/// The `P × P` matrix of one sample.
pub(super) fn square(stack: &DMatrix<f64>, sample: usize, count: usize) -> DMatrixView<'_, f64> {
    let size = count * count;
    DMatrixView::from_slice(&stack.as_slice()[sample * size..(sample + 1) * size], count, count)
}

/// Symmetric matrices from their pairs: `P(P+1)/2 × B` to `P² × B`.
pub(super) fn unpacked(packed: &DMatrix<f64>, count: usize) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(count * count, packed.ncols());
    let columns = out
        .as_mut_slice()
        .par_chunks_mut((count * count).max(1))
        .zip(packed.as_slice().par_chunks(packed.nrows().max(1)));
    columns.for_each(|(out, packed)| {
        for ((a, b), value) in pairs(count).zip(packed) {
            out[a + count * b] = *value;
            out[b + count * a] = *value;
        }
    });
    out
}

/// What `S J g J S` of each sample, less that of the means, adds to variances, as coefficients of the pairs: those off the
/// diagonal count twice.
fn contributions(samples: &DMatrix<f64>, mean: Option<&DMatrix<f64>>, strengths: &[f64]) -> DMatrix<f64> {
    let count = strengths.len();
    let mut out = DMatrix::zeros(count * (count + 1) / 2, samples.ncols());
    for (mut out, sample) in out.column_iter_mut().zip(samples.column_iter()) {
        for (out, (a, b)) in out.iter_mut().zip(pairs(count)) {
            let both = if a == b { 1.0 } else { 2.0 };
            let value = sample[a + count * b] - mean.map_or(0.0, |mean| mean[(a, b)]);
            *out = both * strengths[a] * strengths[b] * value;
        }
    }
    out
}

/// `S R S` of each column.
fn scale_modes(stack: &mut DMatrix<f64>, strengths: &[f64]) {
    let count = strengths.len();
    for mut column in stack.column_iter_mut() {
        for (index, value) in column.iter_mut().enumerate() {
            *value *= strengths[index % count] * strengths[index / count];
        }
    }
}

/// `diag(M E Mᵀ)` with M from this layer to the other.
fn shared_variances(coupling: &Coupling, to: To, between: &DMatrix<f64>) -> DVector<f64> {
    match to {
        To::Visible => {
            let half = product_of(&coupling.weights, between);
            DVector::from_iterator(
                half.nrows(),
                half.row_iter().zip(coupling.weights.row_iter()).map(|(a, b)| a.dot(&b)),
            )
        }
        To::Hidden => {
            let half = product_of(between, &coupling.weights);
            let columns = half.column_iter().zip(coupling.weights.column_iter());
            DVector::from_iterator(half.ncols(), columns.map(|(a, b)| a.dot(&b)))
        }
    }
}

fn sides(coupling: &Coupling, to: To) -> (&Vectors, &Vectors) {
    match to {
        To::Visible => (&coupling.hidden, &coupling.visible),
        To::Hidden => (&coupling.visible, &coupling.hidden),
    }
}

fn add_to_columns(matrix: &mut DMatrix<f64>, field: &DVector<f64>) {
    matrix.column_iter_mut().for_each(|mut column| column += field);
}

/// `E tanh` and `E sech²` of Gaussian fields.
fn respond(mut means: DMatrix<f64>, variances: &DMatrix<f64>) -> (DMatrix<f64>, DMatrix<f64>) {
    let rows = means.nrows().max(1);
    let mut slopes = DMatrix::zeros(means.nrows(), means.ncols());
    let columns = means.as_mut_slice().par_chunks_mut(rows).zip(slopes.as_mut_slice().par_chunks_mut(rows));
    let columns = columns.zip(variances.as_slice().par_chunks(rows));
    columns.for_each(|((means, slopes), variances)| smooth_tanh(means, variances, slopes));
    (means, slopes)
}
