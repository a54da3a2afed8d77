//! Fixed points of a smooth map by Broyden's method, with a warm start from one parameter value to the next.
//!
//! The inverse Jacobian of `G(y) − y` is learnt from the steps themselves (C. G. Broyden, *Math. Comp.* 19, 577 (1965)) and
//! kept: along the nodes of an integral the map changes little, and two or three evaluations are enough.

use crate::Result;
use nalgebra::{DMatrix, DVector};

/// Largest |G(y) − y| of a solution. The free energy is stationary in y, and the averages are needed to 1e-6.
const LARGEST_DEFECT: f64 = 1e-10;
/// Largest number of evaluations in a solve.
const MOST_EVALUATIONS: usize = 80;

#[derive(Clone, Debug)]
pub(super) struct Relaxation {
    /// Estimate of the inverse Jacobian of G(y) − y; that of plain iteration is −1.
    inverse: DMatrix<f64>,
}

impl Relaxation {
    pub fn new(unknowns: usize) -> Self {
        Self { inverse: -DMatrix::identity(unknowns, unknowns) }
    }

    /// Moves `y` to the fixed point of `map`, within the limits of `clamp`. Returns the final residual.
    pub fn solve(
        &mut self,
        y: &mut DVector<f64>,
        clamp: impl Fn(&mut DVector<f64>),
        mut map: impl FnMut(&DVector<f64>) -> Result<DVector<f64>>,
    ) -> Result<f64> {
        if y.is_empty() {
            return Ok(0.0);
        }
        let mut defect = map(y)? - &*y;
        for step in 0..MOST_EVALUATIONS {
            if defect.amax() <= LARGEST_DEFECT {
                break;
            }
            // After many steps without success the estimate is useless: start again with plain iteration.
            if step % 20 == 19 {
                self.inverse = -DMatrix::identity(y.len(), y.len());
            }
            let mut next = &*y - &self.inverse * &defect;
            clamp(&mut next);
            let moved = &next - &*y;
            let found = map(&next)? - &next;
            self.update(&moved, &(&found - &defect));
            (*y, defect) = (next, found);
        }
        Ok(defect.amax())
    }

    /// Rank-one update of the inverse, which then maps the change of the defect to the step.
    fn update(&mut self, moved: &DVector<f64>, change: &DVector<f64>) {
        let predicted = &self.inverse * change;
        let denominator = moved.dot(&predicted);
        if denominator.abs() > 1e-10 * moved.norm_squared() {
            let row = self.inverse.tr_mul(moved);
            self.inverse.ger(1.0 / denominator, &(moved - predicted), &row, 1.0);
        }
    }
}
