//! The closure `cd`: the negative term of the gradient by propagation.

use super::super::averages::Averages;
use super::super::data_term::{Samples, Source};
use super::super::state::Basis;
use super::super::term::{At, FreeTerm, Step};
use super::contrastive::SweepSettings;
use crate::error::{Error, Result};

/// Averages after k Gibbs sweeps from the samples: those of the step's batch, or all.
#[derive(Debug)]
pub(in crate::learning) struct Contrastive {
    settings: SweepSettings,
    samples: Samples,
}

impl Contrastive {
    /// The sweeps start from `samples`, in the basis of the sites.
    ///
    /// # Errors
    /// [`Error::Range`] without sweeps.
    pub fn new(settings: SweepSettings, samples: Samples) -> Result<Self> {
        settings.check()?;
        Ok(Self { settings, samples })
    }
}

impl FreeTerm for Contrastive {
    fn averages(&mut self, at: At<'_>, step: Option<Step<'_>>) -> Result<Averages> {
        if at.layers.basis != Basis::Sites || at.layers.hidden_basis.is_some() {
            let reason =
                "contrastive divergence is propagated through all sites: keep as many as visible units".to_owned();
            return Err(Error::Range { name: "the directions", reason });
        }
        let samples = match step.and_then(|step| step.batch) {
            Some(Source::Samples(samples)) => samples,
            _ => &self.samples,
        };
        self.settings.averages(samples, at.state)
    }

    fn multiplications(&self, at: At<'_>) -> f64 {
        let ((visible, hidden), modes) = (at.state.weights.shape(), self.settings.modes as f64);
        let each = 4.0 * (visible * hidden) as f64 + 2.0 * (visible + hidden) as f64 * modes * modes;
        each * self.samples.count() as f64 * self.settings.gibbs_steps as f64
    }
}
