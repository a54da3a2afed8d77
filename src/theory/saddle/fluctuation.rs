//! Around a fixed point: the free energy of any order parameters, the Gaussian fluctuations and the linear response
//! (`docs/theory.md`, section 3).

use super::ensemble::Ensemble;
use super::equations::Equations;
use super::fixed_point::FixedPoint;
use crate::error::{Error, Result};
use nalgebra::{DMatrix, DVector};

/// Free energy per L at any order parameters (m, q; m̄, q̄), solutions or not:
/// `f = Σ w m m̄ − (σ²/2)(1−q)(1−q̄) − κ^{-1/2} E log 2cosh h − κ^{1/2} E log 2cosh h̄`.
///
/// It is stationary in all of them at a fixed point, and there `∂f/∂η_γ = −m̄_γ`, `df/dw_α = −m_α m̄_α`.
///
/// # Errors
/// Magnetizations of another length than the modes, overlaps outside [0, 1], anything not finite.
pub fn free_energy(
    ensemble: &Ensemble,
    magnetization: &DVector<f64>,
    overlap: f64,
    magnetization_bar: &DVector<f64>,
    overlap_bar: f64,
) -> Result<f64> {
    for (name, vector) in [("m", magnetization), ("m_bar", magnetization_bar)] {
        if vector.len() != ensemble.modes().len() {
            return Err(Error::Length { name, found: vector.len(), expected: ensemble.modes().len() });
        }
    }
    for (name, value) in [("q", overlap), ("q_bar", overlap_bar)] {
        if !(0.0..=1.0).contains(&value) {
            return Err(Error::Range { name, reason: format!("an overlap lies between 0 and 1, {value} does not") });
        }
    }
    Equations::new(ensemble)?.free_energy(&magnetization.push(overlap), &magnetization_bar.push(overlap_bar))
}

/// One round of the equations (11, 12): (m, q) through (m̄, q̄) to (m, q). A fixed point is what a round leaves alone.
///
/// # Errors
/// Magnetizations of another length than the modes; a failure of the averages.
pub fn round(ensemble: &Ensemble, magnetization: &DVector<f64>, overlap: f64) -> Result<(DVector<f64>, f64)> {
    if magnetization.len() != ensemble.modes().len() {
        return Err(Error::Length { name: "m", found: magnetization.len(), expected: ensemble.modes().len() });
    }
    let mut image = DVector::zeros(magnetization.len() + 1);
    Equations::new(ensemble)?.round(&magnetization.push(overlap), &mut image)?;
    let overlap = image[magnetization.len()];
    Ok((image.remove_row(magnetization.len()), overlap))
}

/// `log det(1 − Ā D B D)` at a fixed point, D = diag(w), Ā = E[û û sech² h], B = E[v̂ v̂ sech² h̄]: half of it is the
/// O(1) correction to L f from the fluctuations of the magnetizations. Exact as L → ∞ for σ = 0; with noise it leaves
/// out the fluctuations of the overlaps. NaN at a point that is unstable in an odd number of directions.
///
/// # Errors
/// Those of the averages.
pub fn log_determinant(ensemble: &Ensemble, point: &FixedPoint) -> Result<f64> {
    let mut equations = linearized(ensemble, point)?;
    let (visible, hidden) = equations.component_pairs();
    let modes = DMatrix::from_diagonal(ensemble.modes());
    let size = ensemble.modes().len();
    Ok((DMatrix::identity(size, size) - visible * &modes * hidden * &modes).determinant().ln())
}

/// Linear response `C_αβ = dm_β/dη_α` of the hidden magnetizations to fields on the visible modes, `modes × modes`:
/// `C_α· = [(1 − J_h J_v)^{-1} J_h R_α]`, with `R_α = (Ā_·α, 2κ^{1/4} E[û_α tanh h sech² h])`. It is the O(1) part of
/// `⟨s_α σ_β⟩` along modes that are not condensed.
///
/// `None` where the response diverges.
///
/// # Errors
/// Those of the averages.
pub fn response(ensemble: &Ensemble, point: &FixedPoint) -> Result<Option<DMatrix<f64>>> {
    let mut equations = linearized(ensemble, point)?;
    let modes = ensemble.modes().len();
    let all: Vec<usize> = (0..=modes).collect();
    let factors = (DMatrix::identity(modes + 1, modes + 1) - equations.jacobian(&all)).lu();
    let mut matrix = DMatrix::zeros(modes, modes);
    let mut driven = DVector::zeros(modes + 1);
    for alpha in 0..modes {
        equations.visible_field_derivative(alpha, &mut driven);
        let Some(row) = factors.solve(&driven) else { return Ok(None) };
        matrix.row_mut(alpha).copy_from(&row.rows(0, modes).transpose());
    }
    Ok(Some(matrix))
}

fn linearized(ensemble: &Ensemble, point: &FixedPoint) -> Result<Equations> {
    let mut equations = Equations::new(ensemble)?;
    let mut image = DVector::zeros(ensemble.modes().len() + 1);
    equations.linearize(&point.state(), &mut image)?;
    Ok(equations)
}
