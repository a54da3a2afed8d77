//! The reference for the theories: how simulations learn, how many there are, and the additional run that shows their
//! error.

use super::super::compare_options::{CompareOptions, Problem, RUNS, STEPS};
use crate::cli::compare_report::Beside;
use crate::cli::error::CliError;
use crate::cli::options::Common;
use crate::cli::progress;
use crate::simulator::machine::{Algorithm, Settings, Trainer, Units};
use crate::study::compare::{Course, Reference, simulate, weights_of};

/// Largest size of the smaller layer at which the exact gradient is the default reference.
const EXACT_UNITS: usize = 20;
/// Largest size of the smaller layer at which the exact gradient can be chosen.
const MOST_EXACT_UNITS: usize = 24;

impl CompareOptions {
    /// Chooses how simulations learn, by the size of the machine unless an option says it, and fills in the Gibbs
    /// steps.
    pub(super) fn choose_algorithm(&mut self, smaller_layer: usize) -> Result<(), CliError> {
        let sampled = self.gibbs_steps.is_some() || self.chains.is_some() || self.units == Units::Gaussian;
        let exact = smaller_layer <= EXACT_UNITS && !sampled;
        match *self.algorithm.get_or_insert(if exact { Algorithm::Exact } else { Algorithm::Pcd }) {
            Algorithm::Exact if smaller_layer > MOST_EXACT_UNITS => Err(CliError::Input(format!(
                "--algorithm exact sums over all states of the smaller layer, which has {smaller_layer} units: at most \
                 {MOST_EXACT_UNITS} can be"
            ))),
            Algorithm::Exact if sampled => Err(CliError::Input(
                "--algorithm exact is of ±1 units and has no chains: leave out --gibbs-steps, --chains and --units gaussian".to_owned(),
            )),
            Algorithm::Exact => Ok(()),
            Algorithm::Pcd => {
                self.gibbs_steps.get_or_insert(STEPS);
                Ok(())
            }
            Algorithm::Cd => {
                self.gibbs_steps.get_or_insert(1);
                Ok(())
            }
        }
    }

    /// The algorithm, once chosen.
    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm.unwrap_or(Algorithm::Pcd)
    }

    /// Fills in the number of runs: one if all runs would be the same.
    pub(super) fn choose_runs(&mut self, samples: usize) -> Result<(), CliError> {
        let reason = match (self.units, self.algorithm()) {
            (Units::Gaussian, _) => Some("Gaussian units learn by their exact gradient"),
            (_, Algorithm::Exact) if self.batch_size.is_some_and(|size| size >= samples) => {
                Some("the gradient is exact, and every batch has all samples")
            }
            _ => None,
        };
        let runs = *self.runs.get_or_insert(if reason.is_some() { 1 } else { RUNS });
        match reason {
            Some(reason) if runs > 1 && self.simulation.is_empty() => {
                Err(CliError::Input(format!("--runs is {runs}: {reason}, all runs are the same")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn trainer<'a>(&self, settings: Settings, problem: &'a Problem) -> Result<Trainer<'a>, CliError> {
        Ok(Trainer::new(problem.machine.clone(), problem.data.spins()?, settings)?)
    }

    /// Settings of an additional run that shows the error of the simulations: the exact gradient where it can be
    /// computed, or PCD, which shows the bias of CD. It sees the batches of the first run.
    pub(super) fn beside(&self, problem: &Problem, simulated: bool, seed: u64) -> Option<Settings> {
        if self.units == Units::Gaussian || self.algorithm() == Algorithm::Exact {
            return None;
        }
        let settings = self.settings(seed);
        if problem.machine.visible.min(problem.machine.hidden) <= EXACT_UNITS {
            return Some(Settings { algorithm: Algorithm::Exact, ..settings });
        }
        let gibbs_steps = STEPS.max(settings.gibbs_steps);
        let biased = simulated && self.algorithm() == Algorithm::Cd;
        biased.then_some(Settings { algorithm: Algorithm::Pcd, gibbs_steps, ..settings })
    }

    pub(super) fn run_beside(
        &self,
        common: &Common,
        problem: &Problem,
        reference: &Reference<'_>,
        settings: Settings,
    ) -> Result<Beside, CliError> {
        let what = if settings.algorithm == Algorithm::Exact { "exact gradient" } else { "PCD for comparison" };
        let bar = progress::updates(common, what, self.updates.unwrap_or_default());
        let mut trainer = self.trainer(settings.clone(), problem)?;
        let course = sampled(&mut trainer, problem, &mut |updates| bar.set_position(updates))?;
        bar.finish_and_clear();
        Ok(Beside { settings, followed: reference.follow(&course)? })
    }
}

/// The course of a trainer.
pub(super) fn sampled(
    trainer: &mut Trainer<'_>,
    problem: &Problem,
    step: &mut dyn FnMut(u64),
) -> Result<Course, CliError> {
    Ok(simulate(trainer, |trainer| weights_of(trainer.machine()), &problem.view, &problem.schedule, step)?)
}
