//! Roots of a scalar function, by Brent's method, with a certificate.

use super::curve::PRECISION;
use crate::error::{Error, Result};
use argmin::core::{CostFunction, Executor};
use argmin::solver::brent::BrentRoot;

/// A root with the values of the function just below and just above it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root {
    pub at: f64,
    /// Function values at `at ∓ PRECISION/2`.
    pub below: f64,
    pub above: f64,
}

impl Root {
    /// Whether the function changes sign across the root.
    pub fn is_bracketed(&self) -> bool {
        self.below * self.above <= 0.0
    }
}

struct Scalar<F>(F);

impl<F: Fn(f64) -> Result<f64>> CostFunction for Scalar<F> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, at: &f64) -> std::result::Result<f64, argmin::core::Error> {
        Ok((self.0)(*at)?)
    }
}

/// The root of `function` in [low, high], by argmin's Brent method, and the function on both sides of it.
///
/// # Errors
/// [`Error::NoBracket`] if the function has the same sign at both ends; the function's own errors.
pub(super) fn find(function: impl Fn(f64) -> Result<f64>, low: f64, high: f64) -> Result<Root> {
    let (at_low, at_high) = (function(low)?, function(high)?);
    // NaN at an end is no bracket either.
    if at_low.is_nan() || at_high.is_nan() || at_low * at_high > 0.0 {
        return Err(Error::NoBracket { low, high });
    }
    let at = if at_low == 0.0 {
        low
    } else if at_high == 0.0 {
        high
    } else {
        let solver = BrentRoot::new(low, high, 0.02 * PRECISION);
        let run = Executor::new(Scalar(&function), solver).configure(|state| state.param(low).max_iters(200)).run();
        match run {
            Ok(result) => result.state.best_param.ok_or(Error::NoBracket { low, high })?,
            Err(error) => return Err(error.downcast::<Error>().unwrap_or(Error::NoBracket { low, high })),
        }
    };
    Ok(Root { at, below: function(at - 0.5 * PRECISION)?, above: function(at + 0.5 * PRECISION)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_roots() {
        let root = find(|x| Ok(x.cos()), 1.0, 2.0).unwrap();
        assert!((root.at - std::f64::consts::FRAC_PI_2).abs() < 0.5 * PRECISION && root.is_bracketed());
        assert_eq!(find(|x| Ok(x - 1.0), 1.0, 2.0).unwrap().at, 1.0);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(find(Ok, 1.0, 2.0).unwrap_err(), Error::NoBracket { low: 1.0, high: 2.0 });
        let own = Error::Kappa(0.0);
        assert_eq!(
            find(|x| if x == 1.0 || x == 2.0 { Ok(x - 1.5) } else { Err(own.clone()) }, 1.0, 2.0).unwrap_err(),
            own
        );
    }
}
