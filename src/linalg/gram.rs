//! Products of a matrix with its own transpose.

use super::products::transposed_product;
use super::view::{View, ViewMut, view, view_mut};
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Par};
use nalgebra::{DMatrix, DVector};

/// The lower triangle of `a b`, where that is symmetric.
pub(super) fn lower_product(out: ViewMut<'_>, a: View<'_>, b: View<'_>) {
    let whole = BlockStructure::Rectangular;
    triangular::matmul(out, BlockStructure::TriangularLower, Accum::Replace, a, whole, b, whole, 1.0, Par::Seq);
}

/// `Σ_i c_i c_iᵀ d_i` of columns c_i.
pub(crate) fn gram(columns: &DMatrix<f64>, d: &DVector<f64>) -> DMatrix<f64> {
    let mut scaled = columns.clone();
    for (mut column, d) in scaled.column_iter_mut().zip(d) {
        column *= *d;
    }
    let size = columns.nrows();
    let mut out = DMatrix::zeros(size, size);
    lower_product(view_mut(&mut out), view(&scaled), view(columns).transpose());
    out.fill_upper_triangle_with_lower_triangle();
    out
}

/// `Σ_i r_i r_iᵀ d_i` of rows r_i, in parallel slabs of columns.
pub(crate) fn gram_of_rows(rows: &DMatrix<f64>, d: &DVector<f64>) -> DMatrix<f64> {
    transposed_product(rows, &scaled_rows(rows, d))
}

/// `d_i r_i` for every row r_i.
pub(crate) fn scaled_rows(rows: &DMatrix<f64>, d: &DVector<f64>) -> DMatrix<f64> {
    let mut scaled = rows.clone();
    scaled.column_iter_mut().for_each(|mut column| column.component_mul_assign(d));
    scaled
}
