//! Eigenvalues of symmetric matrices. Only the lower triangle is read.

use super::view::{View, ViewMut, view, view_mut};
use crate::error::{Error, Result};
use faer::diag::Diag;
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::prelude::default;
use faer::{Par, dyn_stack};
use nalgebra::{DMatrix, DVector};

/// Eigenvalues in increasing order, and eigenvectors into `vectors` if wanted.
pub(super) fn eigen(matrix: View<'_>, vectors: Option<ViewMut<'_>>) -> Result<Vec<f64>> {
    let size = matrix.nrows();
    let wanted = if vectors.is_some() { ComputeEigenvectors::Yes } else { ComputeEigenvectors::No };
    let mut values = Diag::<f64>::zeros(size);
    let mut memory = dyn_stack::MemBuffer::new(evd::self_adjoint_evd_scratch::<f64>(size, wanted, Par::Seq, default()));
    let stack = dyn_stack::MemStack::new(&mut memory);
    evd::self_adjoint_evd(matrix, values.as_mut(), vectors, Par::Seq, stack, default())
        .map_err(|_| Error::NoConvergence { rows: size, columns: size })?;
    Ok(values.column_vector().iter().copied().collect())
}

/// Eigenvalues in increasing order, with unit eigenvectors of any sign as columns.
///
/// # Errors
/// [`Error::NoConvergence`] if the iteration does not converge.
pub(crate) fn increasing_eigen(matrix: &DMatrix<f64>) -> Result<(Vec<f64>, DMatrix<f64>)> {
    let mut vectors = DMatrix::zeros(matrix.nrows(), matrix.nrows());
    let values = eigen(view(matrix), Some(view_mut(&mut vectors)))?;
    Ok((values, vectors))
}

/// Eigenvalues in decreasing order, with unit eigenvectors as columns; of the components of an eigenvector the largest in
/// magnitude is positive.
///
/// # Errors
/// [`Error::NoConvergence`] if the iteration does not converge.
pub fn symmetric_eigen(matrix: &DMatrix<f64>) -> Result<(DVector<f64>, DMatrix<f64>)> {
    let (mut values, vectors) = increasing_eigen(matrix)?;
    values.reverse();
    let size = values.len();
    let mut vectors = DMatrix::from_fn(size, size, |row, column| vectors[(row, size - 1 - column)]);
    for mut vector in vectors.column_iter_mut() {
        if vector[vector.icamax()] < 0.0 {
            vector.neg_mut();
        }
    }
    Ok((DVector::from_vec(values), vectors))
}
