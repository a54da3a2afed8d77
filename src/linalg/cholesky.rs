//! Cholesky's factor of a symmetric positive matrix, and solutions by it.

use super::products::{SLAB, product};
use super::view::{ViewMut, columns_mut, view};
use faer::linalg::cholesky::llt::factor::{cholesky_in_place, cholesky_in_place_scratch};
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::{Mat, Par, dyn_stack, prelude::default};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// L of `L Lᵀ = M`.
#[derive(Clone, Debug)]
pub(crate) struct Cholesky(Mat<f64>);

impl Cholesky {
    /// The factor of a matrix, of which the lower triangle is read; `None` if it is not positive.
    pub fn of(matrix: &DMatrix<f64>) -> Option<Self> {
        let size = matrix.nrows();
        let mut lower = Mat::zeros(size, size);
        lower.copy_from_triangular_lower(view(matrix));
        let scratch = cholesky_in_place_scratch::<f64>(size, Par::Seq, default());
        let mut memory = dyn_stack::MemBuffer::new(scratch);
        let stack = dyn_stack::MemStack::new(&mut memory);
        cholesky_in_place(lower.as_mut(), default(), Par::Seq, stack, default()).ok()?;
        for column in 1..size {
            lower.col_mut(column).subrows_mut(0, column).fill(0.0);
        }
        (0..size).all(|i| lower[(i, i)].is_finite() && lower[(i, i)] > 0.0).then_some(Self(lower))
    }

    /// `log det M`.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.0.nrows()).map(|i| self.0[(i, i)].ln()).sum::<f64>()
    }

    /// `L X`.
    pub fn times(&self, matrix: &DMatrix<f64>) -> DMatrix<f64> {
        product(self.0.as_ref(), view(matrix))
    }

    /// `Lᵀ X`.
    pub fn transposed_times(&self, matrix: &DMatrix<f64>) -> DMatrix<f64> {
        product(self.0.as_ref().transpose(), view(matrix))
    }

    /// Lᵀ.
    pub fn transposed(&self) -> DMatrix<f64> {
        DMatrix::from_fn(self.0.ncols(), self.0.nrows(), |row, column| self.0[(column, row)])
    }

    /// `L⁻¹ X`.
    pub fn solve_lower(&self, matrix: DMatrix<f64>) -> DMatrix<f64> {
        self.in_slabs(matrix, |slab| self.lower(slab))
    }

    /// `L⁻ᵀ X`.
    pub fn solve_upper(&self, matrix: DMatrix<f64>) -> DMatrix<f64> {
        self.in_slabs(matrix, |slab| self.upper(slab))
    }

    /// `M⁻¹ X`.
    pub fn solve(&self, matrix: DMatrix<f64>) -> DMatrix<f64> {
        self.in_slabs(matrix, |mut slab| {
            self.lower(slab.as_mut());
            self.upper(slab);
        })
    }

    /// `M⁻¹ x`.
    pub fn solve_vector(&self, mut vector: DVector<f64>) -> DVector<f64> {
        let length = vector.len();
        self.lower(columns_mut(vector.as_mut_slice(), length));
        self.upper(columns_mut(vector.as_mut_slice(), length));
        vector
    }

    fn lower(&self, x: ViewMut<'_>) {
        solve_lower_triangular_in_place(self.0.as_ref(), x, Par::Seq);
    }

    fn upper(&self, x: ViewMut<'_>) {
        solve_upper_triangular_in_place(self.0.as_ref().transpose(), x, Par::Seq);
    }

    /// Changes a matrix in parallel slabs of columns.
    fn in_slabs(&self, mut matrix: DMatrix<f64>, change: impl Fn(ViewMut<'_>) + Sync) -> DMatrix<f64> {
        let rows = self.0.nrows();
        let slabs = matrix.as_mut_slice().par_chunks_mut((rows * SLAB).max(1));
        slabs.for_each(|slab| change(columns_mut(slab, rows)));
        matrix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Products with the matrix give back what was solved for, over several slabs and for one vector.
    #[test]
    fn solutions_solve() {
        let size = 40;
        let half = DMatrix::from_fn(size, size, |i, j| ((3 * i + 7 * j) as f64).sin());
        let matrix = &half * half.transpose() + DMatrix::identity(size, size);
        let right = DMatrix::from_fn(size, 150, |i, j| ((i * i + j) as f64).cos());
        let factor = Cholesky::of(&matrix).unwrap();
        assert!((&matrix * factor.solve(right.clone()) - &right).amax() < 1e-11);
        assert!((factor.times(&factor.solve_lower(right.clone())) - &right).amax() < 1e-11);
        assert!((factor.transposed_times(&factor.solve_upper(right.clone())) - &right).amax() < 1e-11);
        assert!((factor.times(&factor.transposed()) - &matrix).amax() < 1e-12 * matrix.amax());
        let vector = right.column(3).into_owned();
        assert!((&matrix * factor.solve_vector(vector.clone()) - vector).amax() < 1e-11);
        assert!((factor.log_determinant() - matrix.determinant().ln()).abs() < 1e-10);
        assert!(Cholesky::of(&-matrix).is_none());
    }
}
