//! Products of nalgebra matrices by faer. Those on the calling thread and those in slabs of a fixed size alike give results
//! that do not depend on the number of threads.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// A matrix as faer sees it.
pub(crate) fn view(matrix: &DMatrix<f64>) -> MatRef<'_, f64> {
    MatRef::from_column_major_slice(matrix.as_slice(), matrix.nrows(), matrix.ncols())
}

/// The same, to be written.
pub(crate) fn view_mut(matrix: &mut DMatrix<f64>) -> MatMut<'_, f64> {
    let (rows, columns) = matrix.shape();
    MatMut::from_column_major_slice_mut(matrix.as_mut_slice(), rows, columns)
}

/// `out = a b`.
pub(crate) fn set_product(out: MatMut<'_, f64>, a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    matmul(out, Accum::Replace, a, b, 1.0, Par::Seq);
}

/// `out += a b`.
pub(crate) fn add_product(out: MatMut<'_, f64>, a: MatRef<'_, f64>, b: MatRef<'_, f64>) {
    matmul(out, Accum::Add, a, b, 1.0, Par::Seq);
}

/// `a b` as a new matrix.
pub(crate) fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(a.nrows(), b.ncols());
    set_product(view_mut(&mut out), a, b);
    out
}

/// `a v`.
pub(crate) fn product_with(a: MatRef<'_, f64>, v: &DVector<f64>) -> DVector<f64> {
    let mut out = DVector::zeros(a.nrows());
    let rows = out.len();
    set_product(
        MatMut::from_column_major_slice_mut(out.as_mut_slice(), rows, 1),
        a,
        MatRef::from_column_major_slice(v.as_slice(), v.len(), 1),
    );
    out
}

/// Columns of a product that are made together. Fixed, so that results do not depend on the number of threads.
const SLAB: usize = 64;

/// `a b`, in parallel slabs of columns.
pub(crate) fn product_of(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    slabs(view(a), b)
}

/// `aᵀ b`, in parallel slabs of columns: nalgebra's own is several times slower.
pub(crate) fn transposed_product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    slabs(view(a).transpose(), b)
}

fn slabs(a: MatRef<'_, f64>, b: &DMatrix<f64>) -> DMatrix<f64> {
    let (rows, inner, columns) = (a.nrows(), a.ncols(), b.ncols());
    let mut out = DMatrix::zeros(rows, columns);
    let parts =
        out.as_mut_slice().par_chunks_mut((rows * SLAB).max(1)).zip(b.as_slice().par_chunks((inner * SLAB).max(1)));
    parts.for_each(|(out, b)| {
        let columns = out.len() / rows.max(1);
        let out = MatMut::from_column_major_slice_mut(out, rows, columns);
        let b = MatRef::from_column_major_slice(b, inner, columns);
        matmul(out, Accum::Replace, a, b, 1.0, Par::Seq);
    });
    out
}
