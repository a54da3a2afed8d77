//! Matrices as faer sees them, without copies.

use faer::{MatMut, MatRef};
use nalgebra::DMatrix;

/// A matrix, part of one or its transpose.
pub(crate) type View<'a> = MatRef<'a, f64>;
/// The same, to be written.
pub(crate) type ViewMut<'a> = MatMut<'a, f64>;
/// The same in single precision.
pub(crate) type Singles<'a> = MatRef<'a, f32>;
/// The same in single precision, to be written.
pub(crate) type SinglesMut<'a> = MatMut<'a, f32>;

/// A whole matrix.
pub(crate) fn view(matrix: &DMatrix<f64>) -> View<'_> {
    MatRef::from_column_major_slice(matrix.as_slice(), matrix.nrows(), matrix.ncols())
}

/// A whole matrix, to be written.
pub(crate) fn view_mut(matrix: &mut DMatrix<f64>) -> ViewMut<'_> {
    let (rows, columns) = matrix.shape();
    MatMut::from_column_major_slice_mut(matrix.as_mut_slice(), rows, columns)
}

/// Columns of `rows` numbers, one after the other.
pub(crate) fn columns(values: &[f64], rows: usize) -> View<'_> {
    MatRef::from_column_major_slice(values, rows, values.len() / rows.max(1))
}

/// The same, to be written.
pub(crate) fn columns_mut(values: &mut [f64], rows: usize) -> ViewMut<'_> {
    let count = values.len() / rows.max(1);
    MatMut::from_column_major_slice_mut(values, rows, count)
}

/// Rows of `columns` numbers, one after the other.
pub(crate) fn single_rows(values: &[f32], columns: usize) -> Singles<'_> {
    MatRef::from_row_major_slice(values, values.len() / columns.max(1), columns)
}

/// The same, to be written.
pub(crate) fn single_rows_mut(values: &mut [f32], columns: usize) -> SinglesMut<'_> {
    let count = values.len() / columns.max(1);
    MatMut::from_row_major_slice_mut(values, count, columns)
}
