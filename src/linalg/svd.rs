//! Singular values of a matrix given row after row, on one thread: two are no faster at the sizes of a machine.

use super::eigen::eigen;
use super::gram::lower_product;
use super::view::{View, view_mut};
use crate::error::{Error, Result};
use faer::diag::Diag;
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::prelude::default;
use faer::{MatRef, Par, dyn_stack};
use nalgebra::DMatrix;

/// The thin decomposition `A = U diag(w) Vᵀ` of `rows × columns` values: w decreasing, U `rows × rank`, V `columns × rank`.
/// Of the components of a column of U the largest in magnitude is positive.
///
/// # Errors
/// [`Error::NoConvergence`] if the iteration does not converge.
pub(crate) fn thin_svd(
    values: &[f64],
    (rows, columns): (usize, usize),
) -> Result<(Vec<f64>, DMatrix<f64>, DMatrix<f64>)> {
    let rank = rows.min(columns);
    let mut singular_values = Diag::<f64>::zeros(rank);
    let (mut u, mut v) = (DMatrix::zeros(rows, rank), DMatrix::zeros(columns, rank));
    let thin = ComputeSvdVectors::Thin;
    let mut memory = dyn_stack::MemBuffer::new(svd_scratch::<f64>(rows, columns, thin, thin, Par::Seq, default()));
    svd(
        matrix(values, (rows, columns)),
        singular_values.as_mut(),
        Some(view_mut(&mut u)),
        Some(view_mut(&mut v)),
        Par::Seq,
        dyn_stack::MemStack::new(&mut memory),
        default(),
    )
    .map_err(|_| Error::NoConvergence { rows, columns })?;
    for (mut u, mut v) in u.column_iter_mut().zip(v.column_iter_mut()) {
        if u[u.icamax()] < 0.0 {
            u.neg_mut();
            v.neg_mut();
        }
    }
    Ok((singular_values.column_vector().iter().copied().collect(), u, v))
}

/// Singular values alone, decreasing: the roots of the eigenvalues of the smaller of AᵀA and AAᵀ.
///
/// # Errors
/// [`Error::NoConvergence`] if the iteration does not converge.
pub(crate) fn singular_values(values: &[f64], shape: (usize, usize)) -> Result<Vec<f64>> {
    let matrix = matrix(values, shape);
    let tall = if shape.1 <= shape.0 { matrix } else { matrix.transpose() };
    let rank = tall.ncols();
    let mut gram = DMatrix::zeros(rank, rank);
    lower_product(view_mut(&mut gram), tall.transpose(), tall);
    let squares =
        eigen(super::view(&gram), None).map_err(|_| Error::NoConvergence { rows: shape.0, columns: shape.1 })?;
    // Rounding may leave a zero slightly negative.
    Ok(squares.into_iter().rev().map(|square| square.max(0.0).sqrt()).collect())
}

fn matrix(values: &[f64], (rows, columns): (usize, usize)) -> View<'_> {
    MatRef::from_row_major_slice(values, rows, columns)
}
