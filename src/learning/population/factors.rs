//! The machine in two factors of D columns, `w_ij = x_i·a_j`, and sums over the units of a layer.

use crate::learning::state::{Basis, Layers, State};
use crate::linalg::{product, product_with, view, view_mut};
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{Accum, Mat, MatMut, Par};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::borrow::Cow;

/// A vector of D components for each unit of a layer.
#[derive(Clone, Debug)]
pub(super) enum Rows {
    /// The unit vectors: D is the number of units.
    Identity(usize),
    /// `D × units`, and its transpose: products with vectors are fastest with the long side in columns.
    Dense { columns: DMatrix<f64>, rows: DMatrix<f64> },
}

impl Rows {
    /// From r_i in columns.
    fn dense(columns: DMatrix<f64>) -> Self {
        Self::Dense { rows: columns.transpose(), columns }
    }

    /// D.
    pub fn dimension(&self) -> usize {
        match self {
            Self::Identity(units) => *units,
            Self::Dense { columns, .. } => columns.nrows(),
        }
    }

    /// Largest component of `Σ_i r_i²`.
    pub fn largest_square(&self) -> f64 {
        match self {
            Self::Identity(_) => 1.0,
            Self::Dense { rows, .. } => rows.column_iter().map(|column| column.norm_squared()).fold(0.0, f64::max),
        }
    }

    /// `r_i·v` for every unit.
    pub fn fields(&self, v: &DVector<f64>) -> DVector<f64> {
        match self {
            Self::Identity(_) => v.clone(),
            Self::Dense { rows, .. } => product_with(view(rows), v),
        }
    }

    /// `Σ_i r_i f_i`.
    pub fn sum(&self, f: &DVector<f64>) -> DVector<f64> {
        match self {
            Self::Identity(_) => f.clone(),
            Self::Dense { rows, .. } => product_with(view(rows).transpose(), f),
        }
    }

    /// `Σ_i r_i r_iᵀ d_i`, `D × D`.
    pub fn gram(&self, d: &DVector<f64>) -> DMatrix<f64> {
        match self {
            Self::Identity(_) => DMatrix::from_diagonal(d),
            Self::Dense { columns, .. } => gram(columns, d),
        }
    }

    /// r_i in columns.
    pub fn columns(&self) -> Cow<'_, DMatrix<f64>> {
        match self {
            Self::Identity(units) => Cow::Owned(DMatrix::identity(*units, *units)),
            Self::Dense { columns, .. } => Cow::Borrowed(columns),
        }
    }
}

/// `Σ_i c_i c_iᵀ d_i` of columns c_i.
pub(super) fn gram(columns: &DMatrix<f64>, d: &DVector<f64>) -> DMatrix<f64> {
    let mut scaled = columns.clone();
    for (mut column, d) in scaled.column_iter_mut().zip(d) {
        column *= *d;
    }
    let size = columns.nrows();
    let mut out = DMatrix::zeros(size, size);
    triangular::matmul(
        view_mut(&mut out),
        BlockStructure::TriangularLower,
        Accum::Replace,
        view(&scaled),
        BlockStructure::Rectangular,
        view(columns).transpose(),
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
    out.fill_upper_triangle_with_lower_triangle();
    out
}

/// The machine at a state of the flow.
#[derive(Clone, Debug)]
pub(super) struct Factors {
    /// x_i.
    pub visible: Rows,
    /// a_j.
    pub hidden: Rows,
    pub eta: DVector<f64>,
    pub theta: DVector<f64>,
}

impl Factors {
    /// Factors of a flow whose hidden basis is that of the units. They are in the visible directions, or along the hidden units
    /// if there are no more of them than sites.
    pub fn of(layers: &Layers, state: &State) -> Self {
        let (eta, theta) = (state.eta.clone(), state.theta.clone());
        let hidden = state.weights.ncols();
        let (visible, hidden) = match &layers.basis {
            Basis::Directions(directions) => (Rows::dense(directions.transpose()), Rows::dense(state.weights.clone())),
            _ if hidden <= state.weights.nrows() => (Rows::dense(state.weights.transpose()), Rows::Identity(hidden)),
            _ => (Rows::Identity(state.weights.nrows()), Rows::dense(state.weights.clone())),
        };
        Self { visible, hidden, eta, theta }
    }

    /// D.
    pub fn dimension(&self) -> usize {
        self.visible.dimension()
    }
}

/// Lower factor of a symmetric positive matrix; `None` if it is not positive.
pub(super) fn cholesky(matrix: &DMatrix<f64>) -> Option<Lower> {
    let factor = view(matrix).llt(faer::Side::Lower).ok()?;
    let lower = factor.L().to_owned();
    (0..lower.nrows()).all(|i| lower[(i, i)].is_finite() && lower[(i, i)] > 0.0).then_some(Lower(lower))
}

/// A lower triangular matrix.
#[derive(Clone, Debug)]
pub(super) struct Lower(Mat<f64>);

impl Lower {
    /// `log det(L Lᵀ)`.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.0.nrows()).map(|i| self.0[(i, i)].ln()).sum::<f64>()
    }

    /// `L M`.
    pub fn times(&self, matrix: &DMatrix<f64>) -> DMatrix<f64> {
        product(self.0.as_ref(), view(matrix))
    }

    /// `Lᵀ M`.
    pub fn transposed_times(&self, matrix: &DMatrix<f64>) -> DMatrix<f64> {
        product(self.0.as_ref().transpose(), view(matrix))
    }

    /// Lᵀ.
    pub fn transposed(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.0.ncols(), self.0.nrows(), |row, column| self.0[(column, row)])
    }

    /// `L⁻ᵀ M`.
    pub fn solve_transposed(&self, matrix: &DMatrix<f64>) -> DMatrix<f64> {
        slabs(matrix, |slab| solve_upper_triangular_in_place(self.0.as_ref().transpose(), slab, Par::Seq))
    }

    /// `L⁻¹ M`.
    pub fn solve(&self, matrix: &DMatrix<f64>) -> DMatrix<f64> {
        slabs(matrix, |slab| solve_lower_triangular_in_place(self.0.as_ref(), slab, Par::Seq))
    }

    /// `(L Lᵀ)⁻¹ M`.
    pub fn solve_both(&self, matrix: &DMatrix<f64>) -> DMatrix<f64> {
        self.solve_transposed(&self.solve(matrix))
    }
}

/// Number of columns solved for together. Fixed, so that results do not depend on the number of threads.
const SLAB: usize = 64;

/// A copy of the matrix, changed in parallel slabs of columns.
fn slabs(matrix: &DMatrix<f64>, change: impl Fn(MatMut<'_, f64>) + Sync) -> DMatrix<f64> {
    let rows = matrix.nrows();
    let mut out = matrix.clone();
    out.as_mut_slice().par_chunks_mut((rows * SLAB).max(1)).for_each(|slab| {
        let columns = slab.len() / rows.max(1);
        change(MatMut::from_column_major_slice_mut(slab, rows, columns));
    });
    out
}
