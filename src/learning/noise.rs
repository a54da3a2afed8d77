//! What the flow does not resolve: the rest r of the weights, of scale σ(t) (`docs/theory.md`, sections 2 and 6).
//!
//! Along a visible direction b that is left out, with the growth rate μ of the linear theory, `bᵀ W` changes as e^{μt}. Its share
//! of the noise decays if the direction is below threshold, μ < 0. A direction above threshold that is left out keeps its share.

use crate::error::{Error, Result};
use nalgebra::DVector;

/// σ as a function of time: `σ² = (1/L) Σ_γ |b_γᵀ W(0)|² e^{2 min(μ_γ, 0) t}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Noise {
    /// `|b_γᵀ W(0)|²/L`.
    shares: Vec<f64>,
    /// min(μ_γ, 0).
    rates: Vec<f64>,
}

impl Noise {
    /// No noise.
    pub fn none() -> Self {
        Self::default()
    }

    /// Noise of a constant σ.
    ///
    /// # Errors
    /// [`Error::Sigma`] if σ is negative or not finite.
    pub fn fixed(sigma: f64) -> Result<Self> {
        if !(sigma.is_finite() && sigma >= 0.0) {
            return Err(Error::Sigma(sigma));
        }
        Ok(Self { shares: vec![sigma * sigma], rates: vec![0.0] })
    }

    /// Noise of the directions that are left out: `squares` are `|b_γᵀ W(0)|²`, `rates` the growth rates μ_γ, and `size` is L.
    ///
    /// # Errors
    /// [`Error::Length`] if there is not one rate per square; [`Error::NotFinite`] for squares or rates that are not finite;
    /// [`Error::Negative`] for negative squares; [`Error::Size`] for a size that is not positive and finite.
    pub fn decaying(squares: &[f64], rates: &[f64], size: f64) -> Result<Self> {
        if squares.len() != rates.len() {
            return Err(Error::Length { name: "rates", found: rates.len(), expected: squares.len() });
        }
        for (name, &value) in squares.iter().map(|v| ("a square", v)).chain(rates.iter().map(|v| ("a rate", v))) {
            if !value.is_finite() {
                return Err(Error::NotFinite { name, value });
            }
        }
        if let Some(&value) = squares.iter().find(|square| **square < 0.0) {
            return Err(Error::Negative { name: "a square", value });
        }
        if !(size.is_finite() && size > 0.0) {
            return Err(Error::Size(size));
        }
        let shares = squares.iter().map(|square| square / size).collect();
        Ok(Self { shares, rates: rates.iter().map(|rate| rate.min(0.0)).collect() })
    }

    /// σ at time t.
    pub fn sigma(&self, t: f64) -> f64 {
        let shares = self.shares.iter().zip(&self.rates);
        shares.map(|(share, rate)| share * (2.0 * rate * t).exp()).sum::<f64>().sqrt()
    }
}

/// Growth rates of a flow equivalent to a map of learning rate γ: `ln(1 + γμ)/γ`. Rates that the map overshoots (γμ ≤ −1) become
/// very fast decay.
pub fn rates_of_map(rates: &DVector<f64>, learning_rate: f64) -> DVector<f64> {
    if learning_rate == 0.0 {
        return rates.clone();
    }
    rates.map(|rate| (learning_rate * rate).max(f64::EPSILON - 1.0).ln_1p() / learning_rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two directions: one decays; the other would grow and keeps its share.
    #[test]
    fn noise_decays_direction_by_direction() {
        let noise = Noise::decaying(&[0.5, 0.3], &[-2.0, 7.0], 10.0).unwrap();
        for t in [0.0, 0.4, 3.0f64] {
            let expected = (0.05 * (-4.0 * t).exp() + 0.03).sqrt();
            assert!((noise.sigma(t) - expected).abs() < 1e-15);
        }
        assert_eq!(Noise::none().sigma(1.0), 0.0);
        assert_eq!(Noise::fixed(0.2).unwrap().sigma(5.0), 0.2);
    }

    /// After n steps of 0.01 the map has multiplied by (1 + 0.01 μ)^n, which the rate reproduces at t = 0.01 n.
    #[test]
    fn a_map_decays_by_its_own_rate() {
        let rates = rates_of_map(&DVector::from_vec(vec![-3.0, -150.0]), 0.01);
        assert!((rates[0].exp() - 0.97f64.powi(100)).abs() < 1e-14);
        assert!(rates[1] < -3000.0 && rates[1].is_finite());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(Noise::fixed(-0.1).is_err() && Noise::fixed(f64::NAN).is_err());
        assert!(Noise::decaying(&[1.0], &[], 1.0).is_err());
        assert!(Noise::decaying(&[-1.0], &[0.0], 1.0).is_err());
        assert!(Noise::decaying(&[1.0], &[f64::INFINITY], 1.0).is_err());
        assert!(Noise::decaying(&[1.0], &[0.0], 0.0).is_err());
    }
}
