//! The frame of Y's singular vectors, in which the components of a prior are independent (`docs/theory.md`, section 2a).
//!
//! `Y = Σ_γ w_γ u^γ r^γᵀ`: along r^γ the hidden field is `w_γ (u^γ·z) + θ·r^γ`. One rotation of Y and θ, to `Y R` and `Rᵀθ`,
//! gives the field of every sample in the frame. A part of θ outside the singular vectors with w_γ > 0 is one further mode along
//! itself. Its components follow the prior too.
//!
//! Under a prior that is not Gaussian the closure itself jumps where the frame jumps: at equal singular values, and where a
//! singular value vanishes with θ along its vector. The Gaussian prior has no preferred frame and does not use this one.

use super::clamped::Clamped;
use crate::Result;
use crate::linalg::{product, set_product, view, view_mut};
use crate::theory::spectrum::Decomposition;
use nalgebra::{DMatrix, DVector};

pub(super) struct PriorFrame {
    /// R, `H × K`, orthonormal columns.
    rotation: DMatrix<f64>,
    /// Y R, `D × K`.
    pub weights: DMatrix<f64>,
    /// Rᵀθ, of length K.
    pub theta: DVector<f64>,
}

impl PriorFrame {
    pub fn of(weights: &DMatrix<f64>, theta: &DVector<f64>) -> Result<Self> {
        let (directions, hidden) = weights.shape();
        // The columns of Y are the rows of Yᵀ, row after row.
        let modes = Decomposition::of(weights.as_slice(), hidden, directions)?;
        // A singular value below this is a rounded zero, and its vector is arbitrary.
        let rounding = f64::EPSILON * directions.max(hidden) as f64 * modes.singular_values[0];
        let rank = modes.singular_values.iter().take_while(|&&w| w > rounding).count();
        let mut rotation = modes.u.columns(0, rank).into_owned();
        if let Some(outside) = outside(&rotation, theta) {
            rotation = rotation.insert_column(rank, 0.0);
            rotation.set_column(rank, &outside);
        } else if rank == 0 {
            // No field at all: any direction will do, all averages are zero.
            rotation = DMatrix::from_fn(hidden, 1, |row, _| if row == 0 { 1.0 } else { 0.0 });
        }
        let weights = product(view(weights), view(&rotation));
        let theta = rotation.tr_mul(theta);
        Ok(Self { rotation, weights, theta })
    }

    /// From the frame to the hidden basis: `⟨z σᵀ⟩ Rᵀ` and `R ⟨σ⟩`.
    pub fn rotate_back(&self, clamped: &mut Clamped) {
        let mut correlation = DMatrix::zeros(clamped.correlation.nrows(), self.rotation.nrows());
        set_product(view_mut(&mut correlation), view(&clamped.correlation), view(&self.rotation).transpose());
        clamped.hidden = &self.rotation * &clamped.hidden;
        clamped.correlation = correlation;
    }
}

/// Direction of the part of θ that is orthogonal to the columns of `rotation`, if there is one beyond rounding.
fn outside(rotation: &DMatrix<f64>, theta: &DVector<f64>) -> Option<DVector<f64>> {
    if rotation.ncols() == rotation.nrows() {
        return None;
    }
    let mut rest = theta.clone();
    // Twice is enough for orthogonality to rounding.
    for _ in 0..2 {
        rest -= rotation * rotation.tr_mul(&rest);
    }
    let length = rest.norm();
    (length > 1e-13 * theta.norm()).then(|| rest / length)
}
