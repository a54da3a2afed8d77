//! Stability of a state under rounds of the equations.

use super::ensemble::Symmetry;
use super::equations::Equations;
use super::fixed_point::FixedPoint;
use super::newton::{DENSE, Iteration, KRYLOV};
use crate::error::Result;
use crate::linalg;
use nalgebra::DVector;

/// Largest factor by which a round multiplies small magnetizations of modes that a state lacks.
pub(super) fn growth(iteration: &mut Iteration, state: &DVector<f64>, modes: &[usize]) -> Result<f64> {
    iteration.linearize(&mut state.clone())?;
    if iteration.symmetry == Symmetry::GlobalFlip {
        return Ok(linalg::largest_modulus(iteration.equations.jacobian(modes)).unwrap_or(f64::NAN));
    }
    // Modes are ordered, and under symmetric laws they decouple.
    Ok(iteration.ensemble.modes()[modes[0]].powi(2) * susceptibility(&iteration.equations))
}

/// (1 − q)(1 − q̄) at the last linearized state.
fn susceptibility(equations: &Equations) -> f64 {
    let (visible, hidden) = equations.averages();
    visible.sech2 * hidden.sech2
}

/// Spectral radius of one round at the last linearized state. Modes left out of the unknowns decouple, each with
/// the eigenvalue `w_β² (1 − q)(1 − q̄)`; without any magnetized mode the q block is left out.
pub(super) fn spectral_radius(iteration: &mut Iteration, unknowns: &[usize]) -> Option<f64> {
    let modes = iteration.equations.modes();
    let inactive = (0..modes).find(|a| !unknowns.contains(a)).map_or(0.0, |mode| {
        // Modes are ordered: the first one left out is the most dangerous.
        iteration.ensemble.modes()[mode].powi(2) * susceptibility(&iteration.equations)
    });
    if matches!(iteration.symmetry, Symmetry::GlobalFlip) && unknowns.iter().all(|&e| e == modes) {
        // Nothing is magnetized but the modes do not decouple from each other.
        let all: Vec<usize> = (0..modes).collect();
        return linalg::largest_modulus(iteration.equations.jacobian(&all));
    }
    if unknowns.iter().all(|&entry| entry == modes) {
        return Some(inactive);
    }
    let active = if unknowns.len() <= DENSE {
        linalg::largest_modulus(iteration.equations.jacobian(unknowns))?
    } else {
        linalg::spectral_radius(&mut iteration.restricted(unknowns), unknowns.len(), KRYLOV)?
    };
    Some(active.max(inactive))
}

/// The direction in which rounds leave an unstable point: the most unstable mode that it lacks, or the dominant
/// eigenvector among its own.
pub(super) fn unstable_direction(iteration: &mut Iteration, point: &FixedPoint) -> Result<Option<DVector<f64>>> {
    let modes = iteration.equations.modes();
    let mut state = point.state();
    let unknowns = iteration.unknowns(&state);
    let mut direction = DVector::zeros(modes + 1);
    if let Some(mode) = (0..modes).find(|a| !unknowns.contains(a))
        && iteration.ensemble.modes()[mode].powi(2) * point.susceptibility() > 1.0
    {
        direction[mode] = 1.0;
        return Ok(Some(direction));
    }
    if unknowns.is_empty() {
        return Ok(None);
    }
    // Power iteration: the eigenvalue exceeds 1 and a rough direction is enough.
    iteration.linearize(&mut state)?;
    for (i, &entry) in unknowns.iter().enumerate() {
        direction[entry] = 1.0 + 0.5 * (1.7 * i as f64).sin();
    }
    let mut image = direction.clone();
    for _ in 0..30 {
        iteration.equations.derivative(&direction, &mut image);
        direction = &image / image.norm().max(f64::MIN_POSITIVE);
    }
    Ok(direction.iter().all(|d| d.is_finite()).then_some(direction))
}
