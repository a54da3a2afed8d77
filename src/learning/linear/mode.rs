//! One mode of the linear machine in closed form.
//!
//! A mode of strength w on data of variance Λ̂ along it obeys (`docs/theory.md`, section 5)
//!
//! ```text
//! dw/dt = w σ_h² ( Λ̂ − σ_v²/(1 − σ_v² σ_h² w²) ).
//! ```
//!
//! Its integral is an equation for w at time t, here for unit variances:
//!
//! ```text
//! (Λ̂ − 1) t = [ ln w − (1/2Λ̂) ln |Λ̂ − 1 − Λ̂ w²| ]    between the end points,
//! ```
//!
//! It is solved for w by Newton's method in a coordinate in which nothing cancels. Each case has its own coordinate: growth, fall
//! to the equilibrium, decay, and decay at the margin Λ̂ = σ_v² (`flow.rs`).

use super::flow::{ModeFlow, root};
use crate::{Error, Result};

/// One mode: the variance of the data along it and those of the free units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearMode {
    /// Variance of the data along the mode's direction, Λ̂ = ⟨s_α²⟩.
    pub variance: f64,
    /// Standard deviation σ_v of free visible units.
    pub sigma_v: f64,
    /// Standard deviation σ_h of free hidden units.
    pub sigma_h: f64,
}

impl LinearMode {
    /// A mode on data of the given variance.
    ///
    /// ```
    /// use spectral_rbm::learning::LinearMode;
    /// let mode = LinearMode::new(4.0, 1.0, 1.0)?;
    /// assert_eq!(mode.rate(), 3.0);
    /// assert_eq!(mode.equilibrium(), 0.75f64.sqrt());
    /// let time = mode.time_between(0.01, 0.5)?.expect("0.5 lies below the equilibrium");
    /// assert!((mode.strength_at(0.01, time)? / 0.5 - 1.0).abs() < 1e-12);
    /// # Ok::<(), spectral_rbm::Error>(())
    /// ```
    ///
    /// # Errors
    /// A variance that is negative or not finite; a deviation that is not positive and finite.
    pub fn new(variance: f64, sigma_v: f64, sigma_h: f64) -> Result<Self> {
        check_deviation("sigma_v", sigma_v)?;
        check_deviation("sigma_h", sigma_h)?;
        check_variance(variance)?;
        Ok(Self { variance, sigma_v, sigma_h })
    }

    /// Growth rate of small w: `σ_h² (Λ̂ − σ_v²)`.
    pub fn rate(&self) -> f64 {
        self.sigma_h.powi(2) * (self.variance - self.sigma_v.powi(2))
    }

    /// The strength that the mode tends to: `w² = (Λ̂ − σ_v²)/(σ_v² σ_h² Λ̂)` if Λ̂ > σ_v², else 0.
    pub fn equilibrium(&self) -> f64 {
        let excess = self.variance - self.sigma_v.powi(2);
        if excess > 0.0 { (excess / self.variance).sqrt() / (self.sigma_v * self.sigma_h) } else { 0.0 }
    }

    /// dw/dt at strength w.
    ///
    /// # Errors
    /// w negative, not finite, or not below `1/(σ_v σ_h)`, where the machine cannot be normalised.
    pub fn velocity(&self, w: f64) -> Result<f64> {
        self.check_strength(w)?;
        let variance = self.sigma_v.powi(2) / (1.0 - (self.sigma_v * self.sigma_h * w).powi(2));
        Ok(w * self.sigma_h.powi(2) * (self.variance - variance))
    }

    /// The time in which w goes from `start` to `end`; `None` if w never reaches `end`.
    ///
    /// The closer `end` lies to the equilibrium, the more its last digits matter. The error of the time is the relative error of
    /// the distance between `end` and the equilibrium, divided by the rate.
    ///
    /// # Errors
    /// As [`LinearMode::velocity`], for both strengths.
    pub fn time_between(&self, start: f64, end: f64) -> Result<Option<f64>> {
        self.check_strength(start)?;
        self.check_strength(end)?;
        if start == end {
            return Ok(Some(0.0));
        }
        let Some(flow) = self.flow(start) else { return Ok(None) };
        if (end > start) != matches!(flow, ModeFlow::Growing { .. }) || end == 0.0 {
            return Ok(None);
        }
        let (from, to) = (flow.coordinate(self.log_z(start)), flow.coordinate(self.log_z(end)));
        let time = (flow.time(to).0 - flow.time(from).0) / (flow.scale() * self.unit_rate());
        // NaN where the end lies beyond the equilibrium, infinite at the equilibrium; negative only by rounding.
        Ok(time.is_finite().then_some(time.max(0.0)))
    }

    /// Strength at time t ≥ 0 of a mode that starts at `start`, to a relative accuracy of 1e-12: the root of the closed form.
    /// (Within 1e-4 of `z = σ_v² σ_h² w² = 1`, where the flow has a pole, the error is of order 1e-16/(1 − z).)
    ///
    /// # Errors
    /// As [`LinearMode::velocity`]; t negative or not finite.
    pub fn strength_at(&self, start: f64, t: f64) -> Result<f64> {
        self.check_strength(start)?;
        check_time(t)?;
        let Some(flow) = self.flow(start).filter(|_| t > 0.0) else { return Ok(start) };
        let log_start = self.log_z(start);
        let from = flow.coordinate(log_start);
        let span = flow.scale() * (self.unit_rate() * t);
        if !span.is_finite() {
            return Ok(self.equilibrium());
        }
        let target = flow.time(from).0 + span;
        let (low, high) = flow.bracket(log_start, span, target);
        let at = root(|x| flow.time(x), target, low, high);
        let strength = (0.5 * (flow.log_z(at) - self.log_unit())).exp();
        // Rounding must neither reverse the flow nor carry it across the equilibrium.
        let equilibrium = self.equilibrium();
        Ok(strength.clamp(start.min(equilibrium), start.max(equilibrium)))
    }

    /// Contribution of the mode to the mean log-likelihood per sample: `½ ln Λ − ½ Λ Λ̂ − ½ ln 2π` with the precision
    /// `Λ = 1/σ_v² − σ_h² w²`. Its derivative in w is the velocity: the flow climbs the likelihood.
    ///
    /// # Errors
    /// As [`LinearMode::velocity`].
    pub fn log_likelihood(&self, w: f64) -> Result<f64> {
        self.check_strength(w)?;
        let precision = (1.0 - (self.sigma_v * self.sigma_h * w).powi(2)) / self.sigma_v.powi(2);
        Ok(0.5 * (precision.ln() - precision * self.variance - std::f64::consts::TAU.ln()))
    }

    /// τ/t.
    fn unit_rate(&self) -> f64 {
        (self.sigma_v * self.sigma_h).powi(2)
    }

    /// ln(z/w²).
    fn log_unit(&self) -> f64 {
        2.0 * (self.sigma_v.ln() + self.sigma_h.ln())
    }

    fn log_z(&self, w: f64) -> f64 {
        2.0 * w.ln() + self.log_unit()
    }

    /// The case that holds from `start` on; `None` where w does not move: at 0 and at the equilibrium.
    fn flow(&self, start: f64) -> Option<ModeFlow> {
        let (ratio, excess) = (self.variance / self.sigma_v.powi(2), self.rate() / self.unit_rate());
        if start == 0.0 {
            return None;
        }
        let log_z = self.log_z(start);
        if excess > 0.0 {
            let log_fixed = (excess / ratio).ln();
            return match log_z - log_fixed {
                0.0 => None,
                distance if distance < 0.0 => Some(ModeFlow::Growing { ratio, excess, log_fixed }),
                _ => Some(ModeFlow::Falling { ratio, excess, log_fixed }),
            };
        }
        let deficit = -excess;
        let z = log_z.exp();
        if deficit == 0.0 && z == 0.0 {
            // dz/dτ = −2z² is below the smallest double.
            None
        } else if deficit >= z.min(0.5) {
            Some(ModeFlow::Decaying { ratio, deficit })
        } else {
            Some(ModeFlow::Marginal { ratio, deficit, reference: log_z })
        }
    }

    fn check_strength(&self, w: f64) -> Result<()> {
        if !w.is_finite() {
            return Err(Error::NotFinite { name: "the strength of a mode", value: w });
        }
        if w < 0.0 {
            return Err(Error::Negative { name: "the strength of a mode", value: w });
        }
        if self.sigma_v * self.sigma_h * w >= 1.0 {
            let limit = 1.0 / (self.sigma_v * self.sigma_h);
            let reason = format!("{w} is not below {limit} = 1/(sigma_v sigma_h): the machine cannot be normalised");
            return Err(Error::Range { name: "the strength of a mode", reason });
        }
        Ok(())
    }
}

pub(super) fn check_deviation(name: &'static str, sigma: f64) -> Result<()> {
    if sigma.is_finite() && sigma > 0.0 {
        return Ok(());
    }
    Err(Error::Range { name, reason: format!("it is {sigma}: it must be positive and finite") })
}

fn check_variance(variance: f64) -> Result<()> {
    if !variance.is_finite() {
        return Err(Error::NotFinite { name: "the variance of a mode", value: variance });
    }
    if variance < 0.0 {
        return Err(Error::Negative { name: "the variance of a mode", value: variance });
    }
    Ok(())
}

pub(super) fn check_time(t: f64) -> Result<()> {
    if !t.is_finite() {
        return Err(Error::NotFinite { name: "the time", value: t });
    }
    if t < 0.0 {
        return Err(Error::Negative { name: "the time", value: t });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Classical Runge–Kutta on ln w. Its error at these steps is below 1e-12.
    fn integrated(mode: &LinearMode, start: f64, time: f64) -> f64 {
        let steps = 40_000;
        let step = time / f64::from(steps);
        let slope = |log: f64| mode.velocity(log.exp()).unwrap() / log.exp();
        let mut log = start.ln();
        for _ in 0..steps {
            let a = slope(log);
            let b = slope(log + 0.5 * step * a);
            let c = slope(log + 0.5 * step * b);
            let d = slope(log + step * c);
            log += step / 6.0 * (a + 2.0 * (b + c) + d);
        }
        log.exp()
    }

    /// λ, w σ_v σ_h at the start, τ: growth, fall to the equilibrium, decay, and both sides of the margin.
    const CASES: [(f64, f64, f64); 17] = [
        (4.0, 1e-3, 1.0),
        (4.0, 0.3, 2.0),
        (20.0, 1e-2, 0.3),
        (1.2, 1e-4, 30.0),
        (1.0001, 1e-3, 100.0),
        (1.0001, 0.5, 50.0),
        (1.000_000_1, 0.2, 40.0),
        (4.0, 0.95, 1.0),
        (1.5, 0.9, 3.0),
        (1.0, 0.6, 5.0),
        (1.0, 1e-3, 1e4),
        (0.999_999_9, 0.4, 20.0),
        (0.9999, 0.3, 60.0),
        (0.8, 0.7, 4.0),
        (0.3, 0.6, 5.0),
        (0.3, 1e-3, 2.0),
        (0.0, 0.5, 3.0),
    ];

    fn case(ratio: f64, start: f64, time: f64) -> (LinearMode, f64, f64) {
        let (sigma_v, sigma_h) = (0.8, 1.3);
        let mode = LinearMode::new(ratio * sigma_v * sigma_v, sigma_v, sigma_h).unwrap();
        (mode, start / (sigma_v * sigma_h), time / (sigma_v * sigma_h).powi(2))
    }

    #[test]
    fn the_closed_form_is_the_integral_of_the_flow() {
        for (ratio, start, time) in CASES {
            let (mode, start, time) = case(ratio, start, time);
            let reference = integrated(&mode, start, time);
            let found = mode.strength_at(start, time).unwrap();
            assert!((found / reference - 1.0).abs() < 1e-11, "{ratio} {start} {time}: {found} for {reference}");
            // The error of the time is that of w divided by the relative velocity of w.
            let again = mode.time_between(start, reference).unwrap().unwrap();
            let error = 1e-11 * reference / mode.velocity(reference).unwrap().abs();
            assert!((again - time).abs() < error, "{ratio} {start}: {again} for {time} ± {error:e}");
        }
    }

    /// Compares, to 1e-12, two successive spans with one, and the time recovered from the strength.
    #[test]
    fn spans_add_up() {
        let mut worst = [0f64; 2];
        for (ratio, start, time) in CASES {
            let (mode, start, time) = case(ratio, start, time);
            for part in [1e-9, 0.1, 0.5, 1.0] {
                let middle = mode.strength_at(start, part * time).unwrap();
                let (once, twice) = (mode.strength_at(start, time), mode.strength_at(middle, (1.0 - part) * time));
                worst[0] = worst[0].max((twice.unwrap() / once.unwrap() - 1.0).abs());
                let back = mode.time_between(start, middle).unwrap().unwrap();
                let sensitivity = mode.velocity(middle).unwrap().abs() / middle;
                worst[1] = worst[1].max((back - part * time).abs() * sensitivity);
            }
        }
        println!("strengths differ by {:e} relative, times by as much as {:e} of strength", worst[0], worst[1]);
        assert!(worst[0] < 1e-12 && worst[1] < 1e-12, "{worst:?}");
    }

    /// Unit variances: (Λ̂ − 1) t = [ ln w − (1/2Λ̂) ln |Λ̂ − 1 − Λ̂ w²| ], evaluated directly.
    #[test]
    fn unit_variances_give_the_textbook_form() {
        for (variance, start, end) in [(4.0, 0.01, 0.7), (4.0, 0.95, 0.9), (0.4, 0.6, 0.01), (1.5, 0.1, 0.5f64)] {
            let side = |w: f64| w.ln() - (variance - 1.0 - variance * w * w).abs().ln() / (2.0 * variance);
            let expected = (side(end) - side(start)) / (variance - 1.0);
            let mode = LinearMode::new(variance, 1.0, 1.0).unwrap();
            let found = mode.time_between(start, end).unwrap().unwrap();
            assert!((found / expected - 1.0).abs() < 1e-13, "{variance}: {found} for {expected}");
        }
    }

    #[test]
    fn the_equilibrium_is_the_fixed_point() {
        for ratio in [1.000_001, 1.3, 4.0, 1e3, 1e9] {
            let (mode, start, _) = case(ratio, 0.1, 0.0);
            let fixed = mode.equilibrium();
            let velocity = mode.velocity(fixed).unwrap();
            // One rounding of w changes the velocity by its slope 2 σ_h² Λ̂ (λ − 1) there.
            let slope = 2.0 * mode.sigma_h.powi(2) * mode.variance * (ratio - 1.0);
            assert!(
                velocity.abs() < 1e-15 * fixed * slope.max(mode.sigma_h.powi(2) * mode.variance),
                "{ratio}: {velocity}"
            );
            for start in [start, 0.5 * (fixed + 1.0 / (mode.sigma_v * mode.sigma_h))] {
                let settled = mode.strength_at(start, 100.0 / mode.rate()).unwrap();
                assert!((settled / fixed - 1.0).abs() < 1e-14, "{ratio}: {settled} for {fixed}");
                assert_eq!(mode.strength_at(start, f64::MAX).unwrap(), fixed);
            }
            let (below, above) = (fixed * (1.0 - 1e-10), fixed * (1.0 + 1e-10));
            for (from, to) in [(below, above), (above, below), (fixed, below), (below, 0.5 * below)] {
                assert_eq!(mode.time_between(from, to).unwrap(), None, "{ratio}: {from} {to}");
            }
        }
        let (mode, ..) = case(0.7, 0.1, 0.0);
        assert_eq!(mode.equilibrium(), 0.0);
        assert_eq!(mode.velocity(0.0).unwrap(), 0.0);
    }

    #[test]
    fn small_weights_grow_exponentially_and_zero_stays() {
        for ratio in [0.0, 0.5, 3.0] {
            let (mode, ..) = case(ratio, 0.1, 0.0);
            // The correction is of order w² = 1e-60; the rounding of ln w = −69 is 1e-14.
            let found = mode.strength_at(1e-30, 7.0).unwrap();
            assert!((found / (1e-30 * (7.0 * mode.rate()).exp()) - 1.0).abs() < 1e-13, "{ratio}");
            assert_eq!(mode.strength_at(0.0, 5.0).unwrap(), 0.0);
            assert_eq!(mode.time_between(0.0, 0.1).unwrap(), None);
            assert_eq!(mode.time_between(0.2, 0.0).unwrap(), None);
            assert_eq!(mode.time_between(0.2, 0.2).unwrap(), Some(0.0));
            // The smallest strengths work too.
            assert!(mode.strength_at(1e-200, 1.0).unwrap() > 0.0);
        }
        let (marginal, ..) = case(1.0, 0.1, 0.0);
        assert!((marginal.strength_at(1e-200, 1e3).unwrap() / 1e-200 - 1.0).abs() < 1e-12);
    }

    /// dℓ/dw = dw/dt, by a central difference whose error is of order step².
    #[test]
    fn the_flow_climbs_the_likelihood() {
        for (ratio, w) in [(4.0, 0.2), (4.0, 0.9), (0.5, 0.4)] {
            let (mode, w, _) = case(ratio, w, 0.0);
            let step = 1e-5;
            let difference = mode.log_likelihood(w + step).unwrap() - mode.log_likelihood(w - step).unwrap();
            assert!((difference / (2.0 * step) - mode.velocity(w).unwrap()).abs() < 1e-7, "{ratio} {w}");
        }
    }

    #[test]
    fn refuses_what_is_no_mode() {
        for (variance, sigma_v, sigma_h) in
            [(-1.0, 1.0, 1.0), (f64::NAN, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, f64::INFINITY)]
        {
            assert!(LinearMode::new(variance, sigma_v, sigma_h).is_err());
        }
        let mode = LinearMode::new(2.0, 1.0, 1.0).unwrap();
        for w in [-0.1, 1.0, f64::NAN] {
            assert!(mode.velocity(w).is_err() && mode.strength_at(w, 1.0).is_err() && mode.log_likelihood(w).is_err());
            assert!(mode.time_between(w, 0.1).is_err() && mode.time_between(0.1, w).is_err());
        }
        assert!(mode.strength_at(0.1, -1.0).is_err() && mode.strength_at(0.1, f64::INFINITY).is_err());
    }
}
