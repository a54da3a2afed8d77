//! Whether a run learns: warnings, with the numbers that raise them.

use super::error::Result;
use super::log::{Record, SpectrumLog};
use crate::data::Spins;
use crate::simulator::machine::{Machine, Sampler};
use std::fmt;

/// Limits beyond which a run is doubted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Share by which a measure may be worse than at the start. The pseudo-log-likelihood is an estimate: on a thousand samples
    /// it scatters by less than a per cent.
    pub worse: f64,
    /// Share by which a measure may be worse than its best, once half of the updates lie after the best.
    pub falling: f64,
    /// Learning rate times growth rate beyond which a mode above 1 overshoots: an update changes it by this share of itself.
    pub step: f64,
    /// Variance of samples over that of the data below which chains have collapsed.
    pub spread: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { worse: 0.02, falling: 0.05, step: 0.3, spread: 0.3 }
    }
}

/// A measure of how well a machine fits its data, as [`Record`]s have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Share of units that one Gibbs step from the data changes, `reconstruction_error`.
    Reconstruction,
    /// `pseudo_log_likelihood`, per sample.
    PseudoLikelihood,
    /// `log_likelihood`, per sample.
    Likelihood,
}

/// Something that a run's numbers show to be wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// The machine fits its data worse than before it learnt.
    Worse {
        /// What is worse.
        fit: Fit,
        /// Its value before the first update.
        first: f64,
        /// Its value at the last record.
        last: f64,
        /// Updates made at the last record.
        update: u64,
    },
    /// The machine fits its data worse than after half of its updates or fewer.
    Falling {
        /// What is worse.
        fit: Fit,
        /// Its best value.
        best: f64,
        /// Updates made at the best.
        best_update: u64,
        /// Its value at the last record.
        last: f64,
        /// Updates made at the last record.
        update: u64,
    },
    /// Updates are too large: a mode above 1 jumps across its fixed point.
    Overshoot {
        /// The largest singular value w.
        strength: f64,
        /// Learning rate times the largest growth rate of the data, the share by which an update changes the mode.
        step: f64,
        /// Updates made.
        update: u64,
    },
    /// Chains from random starts end in far fewer states than the data have.
    Collapsed {
        /// Variance of the samples, Σ_i (1 − ⟨s_i⟩²), over that of the data.
        spread: f64,
    },
}

impl Fit {
    const ALL: [Self; 3] = [Self::Reconstruction, Self::PseudoLikelihood, Self::Likelihood];

    /// The quantity's name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reconstruction => "reconstruction_error",
            Self::PseudoLikelihood => "pseudo_log_likelihood",
            Self::Likelihood => "log_likelihood",
        }
    }

    /// By how much a value is worse than another, as a share of the latter; negative if it is better.
    fn loss(self, value: f64, than: f64) -> f64 {
        let difference = if self == Self::Reconstruction { value - than } else { than - value };
        difference / than.abs().max(f64::MIN_POSITIVE)
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().replace('_', " ").replace("pseudo log likelihood", "pseudo-log-likelihood"))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worse { fit, first, last, update } => {
                write!(f, "the {fit} is {last:.4} after {update} updates and was {first:.4} before the first: ")?;
                f.write_str("the machine fits its data worse than without learning; try a smaller --learning-rate")
            }
            Self::Falling { fit, best, best_update, last, update } => {
                write!(f, "the {fit} was {best:.4} after {best_update} updates and is {last:.4} after {update}: ")?;
                f.write_str("learning makes the machine worse; try a smaller --learning-rate or more --gibbs-steps")
            }
            Self::Overshoot { strength, step, update } => {
                write!(
                    f,
                    "after {update} updates w_1 is {strength:.3}, and an update changes it by up to {:.0} %: ",
                    100.0 * step
                )?;
                f.write_str("steps are too large to settle; try a smaller --learning-rate")
            }
            Self::Collapsed { spread } => {
                write!(f, "samples from random starts have {:.0} % of the variance of the data: ", 100.0 * spread)?;
                f.write_str("chains end in a few states; train with --algorithm pcd or more --gibbs-steps to sample")
            }
        }
    }
}

/// The warnings that the records of a run raise, the first of each kind; `growth` is the largest growth rate of a mode from small
/// weights, per unit of time, see [`LinearTheory`](crate::learning::LinearTheory).
pub fn warnings(log: &SpectrumLog, growth: f64, limits: &Limits) -> Vec<Warning> {
    let fits = Fit::ALL.into_iter().filter_map(|fit| fit_warning(&log.records, fit, limits));
    fits.chain(overshoot(&log.records, growth, limits)).collect()
}

fn fit_warning(records: &[Record], fit: Fit, limits: &Limits) -> Option<Warning> {
    let values: Vec<(u64, f64)> = records.iter().map(|record| (record.update, record.value(fit.name()))).collect();
    let (&(_, first), &(update, last)) = (values.first()?, values.last()?);
    if !(first.is_finite() && last.is_finite()) {
        return None;
    }
    if fit.loss(last, first) > limits.worse {
        return Some(Warning::Worse { fit, first, last, update });
    }
    let better = |a: &(u64, f64), b: &(u64, f64)| fit.loss(a.1, b.1).total_cmp(&0.0);
    let &(best_update, best) = values.iter().min_by(|a, b| better(a, b))?;
    let falling = 2 * best_update <= update && fit.loss(last, best) > limits.falling;
    falling.then_some(Warning::Falling { fit, best, best_update, last, update })
}

fn overshoot(records: &[Record], growth: f64, limits: &Limits) -> Option<Warning> {
    let last = records.last()?;
    // Time is the learning rate times the updates.
    let step = last.time / last.update.max(1) as f64 * growth;
    let strength = *last.singular_values().first()?;
    (strength > 1.0 && step > limits.step).then_some(Warning::Overshoot { strength, step, update: last.update })
}

/// Variance of samples from random starts over that of the data, `Σ_i (1 − ⟨s_i⟩²)` of both: of 100 chains after 100 Gibbs steps.
///
/// # Errors
/// Those of the [`Sampler`].
pub fn sample_spread(machine: &Machine, data: &Spins, seed: u64) -> Result<f64> {
    const CHAINS: usize = 100;
    const STEPS: usize = 100;
    let mut sampler = Sampler::new(machine, CHAINS, seed)?;
    sampler.advance(STEPS);
    Ok(variance(&sampler.visible_spins()) / variance(data).max(f64::MIN_POSITIVE))
}

fn variance(spins: &Spins) -> f64 {
    let count = spins.samples() as f64;
    spins.unit_sums().iter().map(|&sum| 1.0 - (sum as f64 / count).powi(2)).sum()
}
