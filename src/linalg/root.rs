//! Roots of a function of one number.

use crate::error::{Error, Result};
use argmin::core::{CostFunction, Executor};
use argmin::solver::brent::BrentRoot;

struct Target<'a>(&'a dyn Fn(f64) -> Result<f64>);

impl CostFunction for Target<'_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, at: &f64) -> std::result::Result<f64, argmin::core::Error> {
        Ok((self.0)(*at)?)
    }
}

/// The root of `function` in [low, high], to `accuracy`, by argmin's Brent method. Its values at both ends are `ends`.
///
/// # Errors
/// [`Error::NoBracket`] if the function has the same sign at both ends, or NaN; the function's own errors.
pub(crate) fn bracketed_root(
    function: &dyn Fn(f64) -> Result<f64>,
    (low, high): (f64, f64),
    ends: (f64, f64),
    accuracy: f64,
) -> Result<f64> {
    let no_bracket = Error::NoBracket { low, high };
    match ends {
        (0.0, _) => Ok(low),
        (_, 0.0) => Ok(high),
        // NaN at an end is no bracket either.
        (at_low, at_high) if at_low.is_nan() || at_high.is_nan() || at_low * at_high > 0.0 => Err(no_bracket),
        _ => {
            let solver = BrentRoot::new(low, high, accuracy);
            let run = Executor::new(Target(function), solver).configure(|state| state.param(low).max_iters(200)).run();
            match run {
                Ok(result) => result.state.best_param.ok_or(no_bracket),
                Err(error) => Err(error.downcast::<Error>().unwrap_or(no_bracket)),
            }
        }
    }
}
