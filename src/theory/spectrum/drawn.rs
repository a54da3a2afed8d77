//! Machines drawn from the ensemble (10) with known strengths, for the tests of this module.

use nalgebra::DMatrix;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// `W = U diag(w) Vᵀ + noise` of entries N(0, σ²/L), U and V orthonormal: the planted part has exactly the strengths w.
pub struct Machine {
    pub weights: DMatrix<f64>,
    pub u: DMatrix<f64>,
    pub v: DMatrix<f64>,
}

impl Machine {
    pub fn draw(visible: usize, hidden: usize, strengths: &[f64], sigma: f64, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let modes = strengths.len();
        let u = normal(visible, modes, &mut random).qr().q();
        let v = normal(hidden, modes, &mut random).qr().q();
        let scale = sigma / ((visible * hidden) as f64).powf(0.25);
        let mut weights = normal(visible, hidden, &mut random) * scale;
        for (mode, &strength) in strengths.iter().enumerate() {
            weights.ger(strength, &u.column(mode), &v.column(mode), 1.0);
        }
        Self { weights, u, v }
    }

    pub fn rows(&self) -> Vec<f64> {
        rows(&self.weights)
    }
}

pub fn normal(rows: usize, columns: usize, random: &mut impl Rng) -> DMatrix<f64> {
    DMatrix::from_fn(rows, columns, |_, _| random.sample(StandardNormal))
}

pub fn rows(matrix: &DMatrix<f64>) -> Vec<f64> {
    matrix.transpose().as_slice().to_vec()
}
