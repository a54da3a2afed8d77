//! Products of matrices by faer: on the calling thread, or in parallel slabs of columns.

use super::view::{Singles, SinglesMut, View, ViewMut, columns, columns_mut, view, view_mut};
use faer::linalg::matmul::matmul;
use faer::{Accum, Par};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

fn multiply(out: ViewMut<'_>, accumulate: Accum, a: View<'_>, b: View<'_>, scale: f64) {
    matmul(out, accumulate, a, b, scale, Par::Seq);
}

/// `out = a b`.
pub(crate) fn set_product(out: ViewMut<'_>, a: View<'_>, b: View<'_>) {
    multiply(out, Accum::Replace, a, b, 1.0);
}

/// `out += a b`.
pub(crate) fn add_product(out: ViewMut<'_>, a: View<'_>, b: View<'_>) {
    multiply(out, Accum::Add, a, b, 1.0);
}

/// `out += scale a b`.
pub(crate) fn add_scaled_product(out: ViewMut<'_>, a: View<'_>, b: View<'_>, scale: f64) {
    multiply(out, Accum::Add, a, b, scale);
}

/// `out = a b` or `out += a b`, times `scale`, in single precision.
pub(crate) fn single_product(out: SinglesMut<'_>, add: bool, a: Singles<'_>, b: Singles<'_>, scale: f32) {
    matmul(out, if add { Accum::Add } else { Accum::Replace }, a, b, scale, Par::Seq);
}

/// `scale a b` as a new matrix.
pub(crate) fn scaled_product(a: View<'_>, b: View<'_>, scale: f64) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(a.nrows(), b.ncols());
    multiply(view_mut(&mut out), Accum::Replace, a, b, scale);
    out
}

/// `a b` as a new matrix.
pub(crate) fn product(a: View<'_>, b: View<'_>) -> DMatrix<f64> {
    scaled_product(a, b, 1.0)
}

/// `a v`.
pub(crate) fn product_with(a: View<'_>, v: &DVector<f64>) -> DVector<f64> {
    let mut out = DVector::zeros(a.nrows());
    let rows = out.len();
    set_product(columns_mut(out.as_mut_slice(), rows), a, columns(v.as_slice(), v.len()));
    out
}

/// Columns of a product that are made together. Fixed, so that results do not depend on the number of threads.
pub(super) const SLAB: usize = 64;

/// `a b`, in parallel slabs of columns.
pub(crate) fn product_of(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    product_in_slabs(view(a), b)
}

/// `aᵀ b`, in parallel slabs of columns: nalgebra's own is several times slower.
pub(crate) fn transposed_product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    product_in_slabs(view(a).transpose(), b)
}

fn product_in_slabs(a: View<'_>, b: &DMatrix<f64>) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(a.nrows(), b.ncols());
    slabs(&mut out, Accum::Replace, a, b, 1.0);
    out
}

/// `out += scale a b`, in parallel slabs of columns.
pub(crate) fn add_product_in_slabs(out: &mut DMatrix<f64>, a: &DMatrix<f64>, b: &DMatrix<f64>, scale: f64) {
    slabs(out, Accum::Add, view(a), b, scale);
}

fn slabs(out: &mut DMatrix<f64>, accumulate: Accum, a: View<'_>, b: &DMatrix<f64>, scale: f64) {
    let (rows, inner) = a.shape();
    let outs = out.as_mut_slice().par_chunks_mut((rows * SLAB).max(1));
    let parts = outs.zip(b.as_slice().par_chunks((inner * SLAB).max(1)));
    parts.for_each(|(out, b)| multiply(columns_mut(out, rows), accumulate, a, columns(b, inner), scale));
}
