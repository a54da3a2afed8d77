//! Gaussian fluctuations around mean-field states, to all orders in W along its leading modes.
//!
//! Linear response around magnetisations m and t, with `A = diag(1 − m²)`, `B = diag(1 − t²)`, gives
//!
//! ```text
//! ⟨s σᵀ⟩ − m tᵀ = A W (1 − B Wᵀ A W)⁻¹ B = A W B + A W B Wᵀ A W B + …
//! ```
//!
//! Beyond the first order only modes that are not small count. Let `U = (√w_α u^α)` and `V = (√w_α v^α)` hold these modes, and
//! let `R Rᵀ = Vᵀ B V` define the Cholesky factor R. The symmetric matrix `Rᵀ (Uᵀ A U) R` has the eigenvalues l_a and
//! eigenvectors P. Then the orders beyond the first are
//!
//! ```text
//! Σ_a (g_a − 1) (A φ_a)(B χ_a)ᵀ,    φ = U R P,    χ = V R⁻ᵀ P,    g_a = 1/(1 − l_a).
//! ```
//!
//! A combination of modes may be soft (l_a → 1), or the state unstable. Its own fluctuations then weaken it: fields of variance
//! `g φ_ia²` lower `1 − m_i²`, on average, by `g φ_ia² (1 − m_i²)(1 − 3 m_i²)`. Self-consistency (Hartree) gives
//!
//! ```text
//! 1/g_a = 1 − l_a + b_a g_a,    b_a = Σ_i φ_ia⁴ A_i (1 − 3 m_i²) + l_a² Σ_j χ_ja⁴ B_j (1 − 3 t_j²),
//! ```
//!
//! where g is finite at l = 1 and beyond: of the order of √N at l = 1, and of N where a magnetisation is about to appear. (For
//! one mode the integral over its quartic potential is 17 % larger than Hartree's value at l = 1.)

use crate::error::{Error, Result};
use crate::learning::frame::Frame;
use crate::linalg::{gram_of_rows, increasing_eigen, product, product_of, view};
use nalgebra::{Cholesky, DMatrix, DVector, DVectorView};
use rayon::prelude::*;

/// Modes with smaller w keep the first order only: the second order is w² of the first, or less.
const SMALL: f64 = 0.4;
/// Largest number of modes.
const MOST: usize = 64;
/// Number of states that are added up together. Fixed, so that results do not depend on the number of threads.
const BLOCK: usize = 8;
/// Shift of the diagonal, relative to its largest element: keeps the matrix positive definite where units saturate.
const ROUNDING: f64 = 1e-12;

/// The leading modes, in columns: `√w_α u^α` and `√w_α v^α`.
pub(super) struct Leading {
    u: DMatrix<f64>,
    v: DMatrix<f64>,
}

/// Magnetisations of a state, and its weight.
pub(super) struct Weighted<'a> {
    pub m: DVectorView<'a, f64>,
    pub t: DVectorView<'a, f64>,
    pub weight: f64,
}

impl Leading {
    pub fn of(weights: &DMatrix<f64>) -> Result<Self> {
        let frame = Frame::of(weights)?;
        let count = frame.singular_values.iter().take(MOST).take_while(|&&w| w >= SMALL).count();
        let root = |vectors: &DMatrix<f64>| {
            let mut scaled = vectors.columns(0, count).into_owned();
            for (mut column, w) in scaled.column_iter_mut().zip(frame.singular_values.iter()) {
                column *= w.sqrt();
            }
            scaled
        };
        Ok(Self { u: root(&frame.u), v: root(&frame.v) })
    }

    /// The orders beyond the first, averaged over states: `N_v × N_h`.
    pub fn beyond_first_order(&self, states: &[Weighted]) -> Result<DMatrix<f64>> {
        let (visible, hidden, modes) = (self.u.nrows(), self.v.nrows(), self.u.ncols());
        let mut sum = DMatrix::zeros(visible, hidden);
        if modes == 0 {
            return Ok(sum);
        }
        let blocks: Vec<DMatrix<f64>> = states
            .par_chunks(BLOCK)
            .map(|block| {
                let mut left = DMatrix::zeros(visible, modes * block.len());
                let mut right = DMatrix::zeros(hidden, modes * block.len());
                for (index, state) in block.iter().enumerate() {
                    let (a, b) = self.factors(state)?;
                    left.columns_mut(index * modes, modes).copy_from(&a);
                    right.columns_mut(index * modes, modes).copy_from(&b);
                }
                Ok(product(view(&left), view(&right).transpose()))
            })
            .collect::<Result<_>>()?;
        blocks.iter().for_each(|block| sum += block);
        Ok(sum)
    }

    /// `weight (g_a − 1) A φ_a` and `B χ_a` in columns.
    fn factors(&self, state: &Weighted) -> Result<(DMatrix<f64>, DMatrix<f64>)> {
        let (a, b) = (state.m.map(variance), state.t.map(variance));
        if a.sum().min(b.sum()) < f64::EPSILON {
            // A saturated layer does not fluctuate.
            let modes = self.u.ncols();
            return Ok((DMatrix::zeros(a.len(), modes), DMatrix::zeros(b.len(), modes)));
        }
        let (visible, mut hidden) = (gram_of_rows(&self.u, &a), gram_of_rows(&self.v, &b));
        let floor = ROUNDING * hidden.diagonal().amax().max(f64::MIN_POSITIVE);
        (0..hidden.nrows()).for_each(|mode| hidden[(mode, mode)] += floor);
        let failed = || Error::Unsolved {
            what: "the fluctuations around mean-field chains",
            reason: "a matrix of variances is not positive".to_owned(),
        };
        let root = Cholesky::new(hidden).ok_or_else(failed)?.l();
        let coupling = root.tr_mul(&product_of(&visible, &root));
        let (eigenvalues, vectors) = increasing_eigen(&coupling).map_err(|_| failed())?;
        let mut phi = product_of(&self.u, &product_of(&root, &vectors));
        let back = root.tr_solve_lower_triangular(&vectors).ok_or_else(failed)?;
        let mut chi = product_of(&self.v, &back);
        for (mode, l) in eigenvalues.into_iter().enumerate() {
            let l = l.max(0.0);
            let quartic = quartic(phi.column(mode), &state.m, &a) + l * l * quartic(chi.column(mode), &state.t, &b);
            // Smallest value for a mode spread over all units. Where magnetisations make it negative the next order decides.
            let least = l * l * (1.0 / a.sum() + 1.0 / b.sum());
            let g = softened(1.0 - l, quartic.max(least));
            phi.column_mut(mode).component_mul_assign(&(&a * (state.weight * (g - 1.0))));
            chi.column_mut(mode).component_mul_assign(&b);
        }
        Ok((phi, chi))
    }
}

/// The positive solution of `1/g = x + b g`.
fn softened(x: f64, b: f64) -> f64 {
    2.0 / (x + (x * x + 4.0 * b).sqrt())
}

/// `Σ_i φ_i⁴ (1 − m_i²)(1 − 3 m_i²)`.
fn quartic(pattern: DVectorView<f64>, means: &DVectorView<f64>, variances: &DVector<f64>) -> f64 {
    let terms = pattern.iter().zip(means.iter()).zip(variances.iter());
    terms.map(|((phi, mean), variance)| phi.powi(4) * variance * (1.0 - 3.0 * mean * mean)).sum()
}

pub(super) fn variance(mean: f64) -> f64 {
    1.0 - mean * mean
}
