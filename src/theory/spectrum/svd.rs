//! Singular value decomposition of a weight matrix, `W = Σ_α w_α u^α v^αᵀ` (`docs/theory.md`, section 1).
//!
//! All arithmetic is in f64, whatever the weights are stored in. The weights are first divided by a power of two, so that
//! squares neither overflow nor vanish.

use crate::error::{Error, Result};
use crate::linalg;
use nalgebra::DMatrix;

/// Thin singular value decomposition, with `R = min(N_v, N_h)` modes.
#[derive(Clone, Debug, PartialEq)]
pub struct Decomposition {
    /// w_α, decreasing.
    pub singular_values: Vec<f64>,
    /// u^α of unit length in columns, `N_v × R`. Of its components the largest in magnitude is positive, which fixes the
    /// common sign of u^α and v^α.
    pub u: DMatrix<f64>,
    /// v^α of unit length in columns, `N_h × R`.
    pub v: DMatrix<f64>,
}

impl Decomposition {
    /// Decomposes W, `visible × hidden` weights in f32 or f64, row after row.
    ///
    /// ```
    /// use spectral_rbm::theory::spectrum::Decomposition;
    /// let modes = Decomposition::of(&[0.0f32, -3.0, 2.0, 0.0], 2, 2)?;
    /// assert!((modes.singular_values[0] - 3.0).abs() < 1e-14);
    /// assert!((modes.u[(0, 0)] - 1.0).abs() < 1e-14 && (modes.v[(1, 0)] + 1.0).abs() < 1e-14);
    /// # Ok::<(), spectral_rbm::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] if there are no weights or not `visible × hidden` of them, [`Error::NotFinite`] if a weight or a
    /// singular value is not finite, [`Error::NoConvergence`] if the iteration fails.
    pub fn of<T: Copy + Into<f64>>(weights: &[T], visible: usize, hidden: usize) -> Result<Self> {
        let Scaled { values, scale } = Scaled::new(weights, visible, hidden)?;
        let (singular_values, u, v) = linalg::thin_svd(&values, (visible, hidden))?;
        let singular_values = rescaled(singular_values, scale)?;
        Ok(Self { singular_values, u, v })
    }
}

/// Singular values alone of `visible × hidden` weights, row after row, in decreasing order.
///
/// They are the roots of the eigenvalues of the smaller of WᵀW and WWᵀ, at less than half the cost of bidiagonalisation.
/// Squaring costs accuracy: rounding moves a value w by about `1e-15 w_1²/w`, that is 1e-11 of itself where it is a
/// hundredth of the largest one, w_1; and a value that should be zero comes out at up to about `1e-7 w_1`. The rounding
/// of weights to f32 alone does more, unless w < 1e-7 w_1. [`Decomposition`] has no such limit: about `1e-15 w_1` for all.
///
/// # Errors
/// As [`Decomposition::of`].
pub fn singular_values<T: Copy + Into<f64>>(weights: &[T], visible: usize, hidden: usize) -> Result<Vec<f64>> {
    let Scaled { values, scale } = Scaled::new(weights, visible, hidden)?;
    rescaled(linalg::singular_values(&values, (visible, hidden))?, scale)
}

/// Weights divided by a power of two, to magnitudes below 2.
struct Scaled {
    values: Vec<f64>,
    scale: f64,
}

impl Scaled {
    fn new<T: Copy + Into<f64>>(weights: &[T], visible: usize, hidden: usize) -> Result<Self> {
        if weights.is_empty() || visible.checked_mul(hidden) != Some(weights.len()) {
            let reason = format!("{} weights for {visible} × {hidden} units", weights.len());
            return Err(Error::Range { name: "the weight matrix", reason });
        }
        let mut values: Vec<f64> = weights.iter().map(|&weight| weight.into()).collect();
        if let Some(&value) = values.iter().find(|value| !value.is_finite()) {
            return Err(Error::NotFinite { name: "a weight", value });
        }
        let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let scale = if largest > 0.0 { largest.log2().floor().min(1023.0).exp2() } else { 1.0 };
        values.iter_mut().for_each(|value| *value /= scale);
        Ok(Self { values, scale })
    }
}

fn rescaled(values: Vec<f64>, scale: f64) -> Result<Vec<f64>> {
    values
        .into_iter()
        .map(|value| value * scale)
        .map(
            |value| {
                if value.is_finite() { Ok(value) } else { Err(Error::NotFinite { name: "a singular value", value }) }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::spectrum::drawn::{Machine, normal, rows};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// U diag(w) Vᵀ = W, UᵀU = VᵀV = 1, order and signs; both sides of faer's switches at 128 and at 11/6.
    #[test]
    fn modes_are_orthonormal_and_make_up_the_matrix() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for (visible, hidden) in [(1, 1), (1, 5), (5, 1), (30, 12), (12, 30), (20, 20), (300, 140), (140, 200)] {
            let weights = normal(visible, hidden, &mut random);
            let modes = Decomposition::of(&rows(&weights), visible, hidden).unwrap();
            check(&modes, &weights, 1e-13);
            let alone = singular_values(&rows(&weights), visible, hidden).unwrap();
            // The smallest of the square ones is about 1/20 of a unit, w_1 below 30: 1e-15 w_1²/w < 1e-11.
            assert!(alone.iter().zip(&modes.singular_values).all(|(a, b)| (a - b).abs() < 1e-11));
        }
    }

    fn check(modes: &Decomposition, weights: &DMatrix<f64>, tolerance: f64) {
        let rank = modes.singular_values.len();
        let values = DMatrix::from_diagonal(&modes.singular_values.clone().into());
        assert!((&modes.u * values * modes.v.transpose() - weights).amax() < tolerance * weights.amax().max(1e-300));
        for vectors in [&modes.u, &modes.v] {
            assert!((vectors.tr_mul(vectors) - DMatrix::identity(rank, rank)).amax() < 1e-13);
        }
        assert!(modes.singular_values.windows(2).all(|pair| pair[0] >= pair[1] && pair[1] >= 0.0));
        assert!(modes.u.column_iter().all(|u| u.max() >= -u.min()));
    }

    /// Ties, zeros and extreme scales, where iterations are known to stumble.
    #[test]
    fn ties_zeros_and_extreme_scales_decompose() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let column = normal(200, 1, &mut random);
        let rank_one = &column * normal(1, 150, &mut random);
        let twins = DMatrix::from_fn(200, 150, |i, j| column[(i + j / 2) % 200]);
        for weights in [DMatrix::zeros(200, 150), DMatrix::identity(200, 150), rank_one, twins] {
            for scale in [1.0, 1e-300, 1e300] {
                let scaled = &weights * scale;
                let modes = Decomposition::of(&rows(&scaled), 200, 150).unwrap();
                check(&modes, &scaled, 2e-12);
                let alone = singular_values(&rows(&scaled), 200, 150).unwrap();
                let largest = modes.singular_values[0];
                for (a, b) in alone.iter().zip(&modes.singular_values) {
                    assert!((a - b).abs() <= 3e-7 * largest, "{a} {b} {largest}");
                }
            }
        }
    }

    /// The Gram matrix loses no more digits than documented, for a spectrum over five decades.
    #[test]
    fn accuracy_of_values_alone() {
        let strengths: Vec<f64> = (0..50).map(|mode| 10f64.powf(-0.1 * f64::from(mode))).collect();
        let machine = Machine::draw(120, 50, &strengths, 0.0, 3);
        let found = singular_values(&machine.rows(), 120, 50).unwrap();
        for (found, exact) in found.iter().zip(&strengths) {
            assert!((found - exact).abs() < 3e-15 / exact, "{found} {exact}");
        }
    }

    #[test]
    fn what_is_no_matrix_is_refused() {
        for value in [f64::NAN, f64::INFINITY] {
            assert!(matches!(Decomposition::of(&[1.0, value], 1, 2), Err(Error::NotFinite { name: "a weight", .. })));
            assert!(matches!(singular_values(&[1.0, value], 2, 1), Err(Error::NotFinite { name: "a weight", .. })));
        }
        assert!(matches!(singular_values(&[1.0], 1, 2), Err(Error::Range { .. })));
        assert!(matches!(singular_values::<f32>(&[], 0, 2), Err(Error::Range { .. })));
        assert!(matches!(Decomposition::of(&[1.0], usize::MAX, 2), Err(Error::Range { .. })));
        let overflowing = [f64::MAX; 4];
        assert!(matches!(singular_values(&overflowing, 2, 2), Err(Error::NotFinite { name: "a singular value", .. })));
        assert!(matches!(Decomposition::of(&overflowing, 2, 2), Err(Error::NotFinite { .. })));
    }
}
