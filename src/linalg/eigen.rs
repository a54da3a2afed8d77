//! Eigenvalues of symmetric matrices.

use crate::error::{Error, Result};
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::prelude::default;
use faer::{Mat, MatRef, Par, dyn_stack};
use nalgebra::{DMatrix, DVector};

/// Eigenvalues of a symmetric matrix in decreasing order, with unit eigenvectors as columns; of the components of an
/// eigenvector the largest in magnitude is positive. Only the lower triangle is read.
///
/// # Errors
/// [`Error::NoConvergence`] if the iteration does not converge.
pub fn symmetric_eigen(matrix: &DMatrix<f64>) -> Result<(DVector<f64>, DMatrix<f64>)> {
    let n = matrix.nrows();
    // One thread, so that the result does not depend on their number.
    let parallel = Par::Seq;
    let (mut values, mut vectors) = (faer::diag::Diag::<f64>::zeros(n), Mat::<f64>::zeros(n, n));
    let scratch = evd::self_adjoint_evd_scratch::<f64>(n, ComputeEigenvectors::Yes, parallel, default());
    let mut memory = dyn_stack::MemBuffer::new(scratch);
    let stack = dyn_stack::MemStack::new(&mut memory);
    let lower = MatRef::from_column_major_slice(matrix.as_slice(), n, n);
    evd::self_adjoint_evd(lower, values.as_mut(), Some(vectors.as_mut()), parallel, stack, default())
        .map_err(|_| Error::NoConvergence { rows: n, columns: n })?;
    // Increasing in faer, decreasing here.
    let values = DVector::from_fn(n, |i, _| values[n - 1 - i]);
    let mut vectors = DMatrix::from_fn(n, n, |row, column| vectors[(row, n - 1 - column)]);
    for mut vector in vectors.column_iter_mut() {
        if vector[vector.icamax()] < 0.0 {
            vector.neg_mut();
        }
    }
    Ok((values, vectors))
}
