//! Roots of a scalar function, by Brent's method, with a certificate (`docs/theory.md`, section 3f).

use super::curve::PRECISION;
use crate::error::Result;
use crate::linalg::bracketed_root;

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

/// The root of `function` in [low, high], by argmin's Brent method, and the function on both sides of it.
///
/// # Errors
/// [`Error::NoBracket`] if the function has the same sign at both ends; the function's own errors.
pub(super) fn find(function: impl Fn(f64) -> Result<f64>, low: f64, high: f64) -> Result<Root> {
    let (at_low, at_high) = (function(low)?, function(high)?);
    let at = bracketed_root(&function, (low, high), (at_low, at_high), 0.02 * PRECISION)?;
    Ok(Root { at, below: function(at - 0.5 * PRECISION)?, above: function(at + 0.5 * PRECISION)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn roots_of_cosine_and_of_a_line_are_found() {
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
