//! Newton's method beside known solutions (P. E. Farrell, Á. Birkisson and S. W. Funke, *SIAM J. Sci. Comput.* 37, A2026
//! (2015)): on the equations multiplied by `Π_i (1 + 1/d_i²)`, where d_i is the distance to the i-th of them. It cannot
//! converge to any of them.

use crate::error::Result;
use nalgebra::DVector;

/// Steps of a search before it is given up.
const MOST_STEPS: usize = 60;
/// Residual at which a solution is so near that the plain method finishes.
const NEAR: f64 = 1e-9;

/// Equations that Newton's method solves.
pub(super) trait Problem {
    /// Linearizes the equations at a state, and returns the residual.
    fn linearize(&mut self, state: &mut DVector<f64>) -> Result<f64>;

    /// Newton's step at the last linearized state, for every entry of the state; `None` if there is none.
    fn step(&mut self, state: &DVector<f64>) -> Option<DVector<f64>>;

    /// Takes the last step, divided by `shrink`. False if it is not finite.
    fn advance(&mut self, state: &mut DVector<f64>, shrink: f64) -> bool;

    /// The coordinate in which distances are measured for one entry of a state, and its slope.
    fn coordinate(&self, state: &DVector<f64>, entry: usize) -> (f64, f64);
}

/// A state near a solution that is none of the `known` ones; `None` if the method converges to nothing else.
///
/// # Errors
/// Those of the equations.
pub(super) fn solve_beside(
    problem: &mut impl Problem,
    mut state: DVector<f64>,
    known: &[DVector<f64>],
) -> Result<Option<DVector<f64>>> {
    for _ in 0..MOST_STEPS {
        if problem.linearize(&mut state)? <= NEAR {
            return Ok(Some(state));
        }
        let Some(step) = problem.step(&state) else { return Ok(None) };
        let along: f64 = gradient(problem, &state, known).iter().zip(&step).map(|(slope, step)| slope * step).sum();
        // Sherman–Morrison: the deflated step is the plain one, stretched.
        if !problem.advance(&mut state, 1.0 - along) {
            return Ok(None);
        }
    }
    Ok(None)
}

/// ∇ log Π_i (1 + 1/d_i²).
fn gradient(problem: &impl Problem, state: &DVector<f64>, known: &[DVector<f64>]) -> DVector<f64> {
    let mut gradient = DVector::zeros(state.len());
    for other in known {
        let difference = |entry: usize, _| problem.coordinate(state, entry).0 - problem.coordinate(other, entry).0;
        let differences = DVector::from_fn(state.len(), difference);
        let square = differences.norm_squared();
        for entry in 0..state.len() {
            let slope = problem.coordinate(state, entry).1;
            gradient[entry] -= 2.0 * differences[entry] * slope / (square * (square + 1.0));
        }
    }
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x³ = x, with the slope at the last state.
    struct Cubic(f64);

    impl Problem for Cubic {
        fn linearize(&mut self, state: &mut DVector<f64>) -> Result<f64> {
            self.0 = (state[0].powi(3) - state[0]) / (3.0 * state[0] * state[0] - 1.0);
            Ok((state[0].powi(3) - state[0]).abs())
        }

        fn step(&mut self, _: &DVector<f64>) -> Option<DVector<f64>> {
            Some(DVector::from_element(1, -self.0))
        }

        fn advance(&mut self, state: &mut DVector<f64>, shrink: f64) -> bool {
            state[0] -= self.0 / shrink;
            state[0].is_finite()
        }

        fn coordinate(&self, state: &DVector<f64>, entry: usize) -> (f64, f64) {
            (state[entry], 1.0)
        }
    }

    /// From one start the three roots are found one after the other, each to the square of the residual.
    #[test]
    fn all_roots_of_a_cubic_are_found_from_one_start() {
        let mut known: Vec<DVector<f64>> = Vec::new();
        for _ in 0..3 {
            let found = solve_beside(&mut Cubic(0.0), DVector::from_element(1, 1.4), &known).unwrap().unwrap();
            known.push(found);
        }
        let mut roots: Vec<f64> = known.iter().map(|root| root[0]).collect();
        roots.sort_by(f64::total_cmp);
        assert!(roots.iter().zip([-1.0, 0.0, 1.0]).all(|(found, root)| (found - root).abs() < 1e-8), "{roots:?}");
    }
}
