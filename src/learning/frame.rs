//! The frame of the singular value decomposition and its rotation (`docs/theory.md`, section 2).
//!
//! With `dW/dt = G` and `G_αβ = u^α·G v^β`, `S = (G + Gᵀ)/2`, `A = (G − Gᵀ)/2`,
//!
//! ```text
//! dw_α/dt = G_αα
//! Ω^v_αβ = (du^α/dt)·u^β = S_αβ/(w_α − w_β) − A_αβ/(w_α + w_β)
//! Ω^h_αβ = (dv^α/dt)·v^β = S_αβ/(w_α − w_β) + A_αβ/(w_α + w_β),
//! ```
//!
//! and vectors that do not span their whole space also leave their span, by `(1/w_α) P_⊥ G v^α` and `(1/w_α) P_⊥ Gᵀ u^α`. These
//! equations describe the flow. They are singular where two w meet, although the flow of W is not.

use crate::error::{Error, Result};
use crate::theory::spectrum::Decomposition;
use nalgebra::{DMatrix, DVector};

/// Thin singular value decomposition of the weights in their bases, `Y = Σ_α w_α u^α v^αᵀ`, K = min(D, H) modes.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// w_α, decreasing.
    pub singular_values: DVector<f64>,
    /// u^α in columns, `D × K`.
    pub u: DMatrix<f64>,
    /// v^α in columns, `H × K`.
    pub v: DMatrix<f64>,
}

/// Rates of a frame, with the gradient in the frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameRates {
    /// dw_α/dt = G_αα.
    pub singular_values: DVector<f64>,
    /// Ω^v, `K × K`, antisymmetric. NaN between modes of equal w that G couples, where the frame is not defined.
    pub visible: DMatrix<f64>,
    /// Ω^h, `K × K`, antisymmetric. NaN as for Ω^v.
    pub hidden: DMatrix<f64>,
    /// The part that leaves the span of the u: `(1/w_α) P_⊥ G v^α` in columns, `D × K`.
    pub leaving_u: DMatrix<f64>,
    /// The part that leaves the span of the v: `(1/w_α) P_⊥ Gᵀ u^α` in columns, `H × K`.
    pub leaving_v: DMatrix<f64>,
}

impl Frame {
    /// Decomposes the weights, `D × H`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for weights that are not finite, [`Error::NoConvergence`] if the iteration fails.
    pub fn of(weights: &DMatrix<f64>) -> Result<Self> {
        let (rows, columns) = weights.shape();
        let Decomposition { singular_values, u, v } = Decomposition::of(weights.transpose().as_slice(), rows, columns)?;
        Ok(Self { singular_values: DVector::from_vec(singular_values), u, v })
    }

    /// Number of modes, K.
    pub fn modes(&self) -> usize {
        self.singular_values.len()
    }

    /// The weights, `Σ_α w_α u^α v^αᵀ`.
    pub fn weights(&self) -> DMatrix<f64> {
        let mut scaled = self.u.clone();
        for (mut column, w) in scaled.column_iter_mut().zip(&self.singular_values) {
            column *= *w;
        }
        scaled * self.v.transpose()
    }

    /// Rates of the frame under `dW/dt = G`, `D × H`.
    ///
    /// ```
    /// use nalgebra::DMatrix;
    /// use spectral_rbm::learning::Frame;
    /// // diag(2, 1) and G = (0 1; 1 0): both sides turn by Ω_12 = 1/(2 − 1).
    /// let frame = Frame::of(&DMatrix::from_row_slice(2, 2, &[2.0, 0.0, 0.0, 1.0]))?;
    /// let rates = frame.rates(&DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]))?;
    /// assert!((rates.visible[(0, 1)] - 1.0).abs() < 1e-14 && (rates.hidden[(0, 1)] - 1.0).abs() < 1e-14);
    /// # Ok::<(), spectral_rbm::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Range`] if G has another shape than the weights.
    pub fn rates(&self, gradient: &DMatrix<f64>) -> Result<FrameRates> {
        let shape = (self.u.nrows(), self.v.nrows());
        if gradient.shape() != shape {
            let reason = format!("it is {:?}, and the weights are {shape:?}", gradient.shape());
            return Err(Error::Range { name: "the gradient", reason });
        }
        let onto_v = gradient * &self.v;
        let onto_u = gradient.tr_mul(&self.u);
        let g = self.u.tr_mul(&onto_v);
        let (visible, hidden) = generators(&self.singular_values, &g);
        let mut leaving_u = onto_v - &self.u * &g;
        let mut leaving_v = onto_u - &self.v * g.transpose();
        for (mode, &w) in self.singular_values.iter().enumerate() {
            leaving_u.column_mut(mode).unscale_mut(w);
            leaving_v.column_mut(mode).unscale_mut(w);
        }
        Ok(FrameRates { singular_values: g.diagonal(), visible, hidden, leaving_u, leaving_v })
    }
}

impl FrameRates {
    /// du^α/dt in columns, `D × K`.
    pub fn u(&self, frame: &Frame) -> DMatrix<f64> {
        &frame.u * self.visible.transpose() + &self.leaving_u
    }

    /// dv^α/dt in columns, `H × K`.
    pub fn v(&self, frame: &Frame) -> DMatrix<f64> {
        &frame.v * self.hidden.transpose() + &self.leaving_v
    }

    /// dη_α/dt of the projections `η_α = u^α·eta` of visible fields with the rate `field_rate` (both have D components):
    /// `u^α·(deta/dt) + Σ_β Ω^v_αβ η_β + (1/w_α) eta·P_⊥ G v^α`.
    pub fn visible_fields(&self, frame: &Frame, eta: &DVector<f64>, field_rate: &DVector<f64>) -> DVector<f64> {
        let projected = frame.u.tr_mul(eta);
        frame.u.tr_mul(field_rate) + &self.visible * projected + self.leaving_u.tr_mul(eta)
    }

    /// Same for hidden fields with Ω^h: dθ_α/dt of the projections `θ_α = v^α·theta` (H components).
    pub fn hidden_fields(&self, frame: &Frame, theta: &DVector<f64>, field_rate: &DVector<f64>) -> DVector<f64> {
        let projected = frame.v.tr_mul(theta);
        frame.v.tr_mul(field_rate) + &self.hidden * projected + self.leaving_v.tr_mul(theta)
    }
}

/// (Ω^v, Ω^h) from the gradient in the frame, G_αβ.
fn generators(w: &DVector<f64>, g: &DMatrix<f64>) -> (DMatrix<f64>, DMatrix<f64>) {
    let modes = w.len();
    let (mut visible, mut hidden) = (DMatrix::zeros(modes, modes), DMatrix::zeros(modes, modes));
    // Where numerator and denominator both vanish nothing rotates.
    let ratio = |numerator: f64, denominator: f64| match (numerator, denominator) {
        (0.0, _) => 0.0,
        (_, 0.0) => f64::NAN,
        _ => numerator / denominator,
    };
    for alpha in 0..modes {
        for beta in 0..alpha {
            let symmetric = 0.5 * (g[(alpha, beta)] + g[(beta, alpha)]);
            let antisymmetric = 0.5 * (g[(alpha, beta)] - g[(beta, alpha)]);
            let along = ratio(symmetric, w[alpha] - w[beta]);
            let against = ratio(antisymmetric, w[alpha] + w[beta]);
            for (omega, value) in [(&mut visible, along - against), (&mut hidden, along + against)] {
                omega[(alpha, beta)] = value;
                omega[(beta, alpha)] = -value;
            }
        }
    }
    (visible, hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::spectrum::drawn::normal;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// The frame of W + t G, with the signs of its vectors as in `reference`.
    fn moved(weights: &DMatrix<f64>, gradient: &DMatrix<f64>, t: f64, reference: &Frame) -> Frame {
        let mut frame = Frame::of(&(weights + gradient * t)).unwrap();
        for mode in 0..frame.modes() {
            if frame.u.column(mode).dot(&reference.u.column(mode)) < 0.0 {
                frame.u.column_mut(mode).neg_mut();
                frame.v.column_mut(mode).neg_mut();
            }
        }
        frame
    }

    /// Uses square, tall and wide matrices: the frame spans both spaces, or one of them. All its rates agree with finite
    /// differences, also those of projected fields that change themselves. Central differences with a step of 1e-5 have errors of
    /// 1e-10 times third derivatives, which are of order 1/gap³, and of rounding, 1e-16/1e-5.
    #[test]
    fn rates_are_finite_differences_of_the_decomposition() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        for (rows, columns) in [(5, 5), (9, 4), (4, 9)] {
            let weights = normal(rows, columns, &mut random);
            let gradient = normal(rows, columns, &mut random) / 10.0;
            let vector = |length: usize, random: &mut ChaCha8Rng| normal(length, 1, random).column(0).into_owned();
            let (eta, eta_rate) = (vector(rows, &mut random), vector(rows, &mut random));
            let (theta, theta_rate) = (vector(columns, &mut random), vector(columns, &mut random));
            let frame = Frame::of(&weights).unwrap();
            let rates = frame.rates(&gradient).unwrap();
            let step = 1e-5;
            let [after, before] = [step, -step].map(|t| moved(&weights, &gradient, t, &frame));
            let slope = |f: &dyn Fn(&Frame, f64) -> DMatrix<f64>| (f(&after, step) - f(&before, -step)) / (2.0 * step);
            let column = |vector: DVector<f64>| DMatrix::from_column_slice(vector.len(), 1, vector.as_slice());
            let pairs = [
                (slope(&|frame, _| column(frame.singular_values.clone())), column(rates.singular_values.clone())),
                (slope(&|frame, _| frame.u.clone()), rates.u(&frame)),
                (slope(&|frame, _| frame.v.clone()), rates.v(&frame)),
                (
                    slope(&|frame, t| column(frame.u.tr_mul(&(&eta + &eta_rate * t)))),
                    column(rates.visible_fields(&frame, &eta, &eta_rate)),
                ),
                (
                    slope(&|frame, t| column(frame.v.tr_mul(&(&theta + &theta_rate * t)))),
                    column(rates.hidden_fields(&frame, &theta, &theta_rate)),
                ),
            ];
            for (index, (difference, rate)) in pairs.iter().enumerate() {
                let error = (difference - rate).amax();
                assert!(error < 2e-8, "{rows}×{columns}, {index}: {error:e}");
                assert!(rate.amax() > 1e-3);
            }
        }
    }

    #[test]
    fn modes_of_equal_strength_have_no_frame_unless_nothing_couples_them() {
        let frame = Frame::of(&DMatrix::identity(2, 2)).unwrap();
        let coupled = frame.rates(&DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0])).unwrap();
        assert!(coupled.visible[(0, 1)].is_nan());
        let uncoupled = frame.rates(&DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 2.0])).unwrap();
        assert_eq!(uncoupled.visible, DMatrix::zeros(2, 2));
        assert!(frame.rates(&DMatrix::zeros(2, 3)).is_err());
    }
}
