//! Variance and entropy of a ±1 unit with a given mean.

use crate::theory::average::log_2cosh;

pub(super) fn variance(mean: f64) -> f64 {
    1.0 - mean * mean
}

/// Entropy of a unit of a given mean: `log 2cosh h − m h` with m = tanh h.
pub(super) fn entropy(mean: f64) -> f64 {
    if mean.abs() >= 1.0 {
        return 0.0;
    }
    let field = mean.atanh();
    log_2cosh(field) - mean * field
}
