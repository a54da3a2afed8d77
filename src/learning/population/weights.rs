//! Weights of the states (`docs/theory.md`, section 2c).
//!
//! `p_q ∝ Z_q`. Learning drives the weights quickly to the shares of the data. A step γ of the map changes `log Z_q` by
//! `γ ⟨A_q, G⟩`, where A_q are the averages in state q and G is the gradient. This change is large, of the order of γ N_v N_h.
//! The explicit map would throw all weight from one state to the other with every step. The chains of a simulation cannot follow,
//! and keep their shares. So in a step the weights are those at its end, the solution of
//!
//! ```text
//! log p_q = log Z_q + γ ⟨A_q, G_Data − Σ_q′ p_q′ A_q′⟩ + const,
//! ```
//!
//! which is the minimum of a convex function. For γ → 0 the weights are the same as before.

use super::contribution::Part;
use crate::learning::averages::Averages;
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};

/// Largest number of Newton steps.
const MOST_WEIGHT_STEPS: usize = 2000;
/// Largest change of log p in a step.
const LARGEST_LOG_CHANGE: f64 = 4.0;
/// Error at which the steps end.
const WEIGHT_ERROR: f64 = 1e-12;

/// `p_q ∝ e^{logs_q}`.
pub(super) fn of(logs: &[f64]) -> Vec<f64> {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// `log Σ e^{log_weight}`.
pub(super) fn log_of_sum(parts: &[Part]) -> f64 {
    let largest = parts.iter().map(|part| part.log_weight).fold(f64::NEG_INFINITY, f64::max);
    largest + parts.iter().map(|part| (part.log_weight - largest).exp()).sum::<f64>().ln()
}

/// The weights at the end of a step `rate` of the map.
pub(super) fn at_end_of_step(logs: &[f64], means: &[&Averages], data: &Averages, rate: f64) -> Result<Vec<f64>> {
    let count = logs.len();
    let gram = DMatrix::from_fn(count, count, |a, b| rate * means[a].dot(means[b]));
    let drive: Vec<f64> = logs.iter().zip(means).map(|(log, mean)| log + rate * mean.dot(data)).collect();
    solve(&drive, &gram)
}

/// Solves `log p = drive − gram p + const`, `Σ p = 1`.
fn solve(drive: &[f64], gram: &DMatrix<f64>) -> Result<Vec<f64>> {
    let count = drive.len();
    let mut log_p = DVector::from_element(count, -(count as f64).ln());
    for _ in 0..MOST_WEIGHT_STEPS {
        let p = log_p.map(f64::exp);
        let force = DVector::from_fn(count, |q, _| log_p[q] - drive[q]) + gram * &p;
        let level = force.dot(&p) / p.sum();
        let error = force.map(|value| value - level);
        let weighted = error.iter().zip(&p).map(|(e, p)| (e * p).abs()).fold(0.0, f64::max);
        if weighted < WEIGHT_ERROR && (p.sum() - 1.0).abs() < WEIGHT_ERROR {
            return Ok((&p / p.sum()).as_slice().to_vec());
        }
        // [1 + K diag(p), 1; pᵀ, 0] (du, dν) = −(force, Σp − 1)
        let mut jacobian = DMatrix::zeros(count + 1, count + 1);
        let mut target = DVector::zeros(count + 1);
        for q in 0..count {
            for other in 0..count {
                jacobian[(q, other)] = gram[(q, other)] * p[other];
            }
            jacobian[(q, q)] += 1.0;
            jacobian[(q, count)] = 1.0;
            jacobian[(count, q)] = p[q];
            target[q] = -force[q];
        }
        target[count] = 1.0 - p.sum();
        let Some(step) = jacobian.lu().solve(&target) else { break };
        for q in 0..count {
            log_p[q] += step[q].clamp(-LARGEST_LOG_CHANGE, LARGEST_LOG_CHANGE);
        }
    }
    Err(Error::Unsolved {
        what: "the weights of the states",
        reason: format!("{count} states, {MOST_WEIGHT_STEPS} steps of Newton's method did not find them"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the equation itself, also where one state has almost no weight, and the plain weights without a step.
    #[test]
    fn weights_solve_their_equation() {
        let drive = [3.0, 250.0, -900.0, 251.0];
        let vectors = DMatrix::from_fn(6, 4, |i, q| 8.0 * ((i * 4 + q) as f64 * 1.7).sin());
        let gram = vectors.tr_mul(&vectors);
        let p = solve(&drive, &gram).unwrap();
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let force = &gram * DVector::from_column_slice(&p);
        let levels: Vec<f64> = (0..4).filter(|&q| p[q] > 1e-10).map(|q| p[q].ln() - drive[q] + force[q]).collect();
        assert!(levels.len() > 1);
        assert!(levels.iter().all(|level| (level - levels[0]).abs() < 1e-6), "{levels:?}");
        let free = solve(&drive[..2], &DMatrix::zeros(2, 2)).unwrap();
        let plain = of(&drive[..2]);
        assert!((free[1] - plain[1]).abs() < 1e-12 && (free[0] - plain[0]).abs() < 1e-12);
    }
}
