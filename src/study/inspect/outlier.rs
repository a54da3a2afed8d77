//! One singular value outside the bulk, and what it says about the planted mode behind it.

use serde::Serialize;

use super::law::{ComponentLaw, Ratios};
use super::seen::Seen;

/// A mode of the machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outlier {
    /// Rank by singular value, from 1.
    pub rank: usize,
    /// Singular value.
    pub observed: f64,
    /// Strength w of the planted mode; `None` if the bulk is not the ensemble's noise, so that nothing can be concluded.
    pub planted: Option<f64>,
    /// Standard error of w. With x = σ²/w², `σ²/(L (1 − x))` is the variance from the noise of the one machine, with the planted
    /// part fixed (measured: its variance within 16 % for x < 0.4 and κ from 1/4 to 2); the error of σ adds to it. `None` if
    /// there is no noise, or if it is not the ensemble's.
    pub planted_error: Option<f64>,
    /// Whether w exceeds σ by less than six errors: just above the threshold, where w is biased and vectors are noise.
    pub near_threshold: bool,
    /// Squared overlap of the observed vector u with the planted one, by the spiked formula; NaN if w is not known.
    pub squared_overlap_u: f64,
    /// Same for v.
    pub squared_overlap_v: f64,
    /// Kurtosis of the observed components of u, noise included.
    pub kurtosis_u: f64,
    /// Same for v.
    pub kurtosis_v: f64,
    /// Law of the components of û; [`ComponentLaw::Unclaimed`] if no strength is known, and hence not the noise of the vectors.
    pub prior_u: ComponentLaw,
    /// Law of the components of v̂.
    pub prior_v: ComponentLaw,
    /// Log-likelihoods of the four laws; if the bulk is not the ensemble's noise, computed as if it were.
    pub log_likelihood_ratios: BothRatios,
    /// Kolmogorov–Smirnov distance of the components of u from the likeliest law.
    pub distance_u: f64,
    /// Same for v.
    pub distance_v: f64,
    /// Projected visible field u·eta, unscaled.
    pub eta: f64,
    /// Projected hidden field v·theta, unscaled.
    pub theta: f64,
    /// The four laws as they are most likely seen, in the order of [`Prior::NAMED`](crate::Prior::NAMED), on u and on v.
    #[serde(skip)]
    pub seen: ([Seen; 4], [Seen; 4]),
}

/// Log-likelihoods of the laws on both sides, minus the largest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BothRatios {
    /// For u.
    pub u: Ratios,
    /// For v.
    pub v: Ratios,
}
