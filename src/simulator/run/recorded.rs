//! Taking a learner through its updates.

use super::learner::{Learner, SavedState};

use super::error::Result;
use super::log::{Record, SpectrumLog};
use super::recorder::{Detail, Recorder};
use super::store::Store;
use crate::io::Array;
use crate::simulator::machine::Trainer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Instant;

impl Learner for Trainer<'_> {
    fn update(&mut self) -> Result<()> {
        Ok(Trainer::update(self)?)
    }

    fn updates(&self) -> u64 {
        Trainer::updates(self)
    }

    fn time(&self) -> f64 {
        Trainer::time(self)
    }

    fn epoch(&self) -> f64 {
        Trainer::epoch(self)
    }

    fn record(&self, recorder: &Recorder) -> Result<BTreeMap<String, Array>> {
        let machine = self.machine();
        let (shape, fields) = ((machine.visible, machine.hidden), (&machine.eta[..], &machine.theta[..]));
        let mut quantities = recorder.spectrum(&machine.weights, shape, Some(fields))?;
        if recorder.detail() == Detail::Values {
            return Ok(quantities);
        }
        for (name, value) in [
            ("reconstruction_error", machine.reconstruction_error(self.data())?),
            ("pseudo_log_likelihood", machine.pseudo_log_likelihood(self.data(), self.settings().seed)?),
        ] {
            quantities.insert(name.to_owned(), Array::F64(vec![], vec![value]));
        }
        Ok(quantities)
    }

    fn state(&self) -> Result<SavedState> {
        Ok(SavedState { machine: self.machine().clone(), chains: self.chains(), exact: BTreeMap::new() })
    }

    fn restore(&mut self, updates: u64, state: SavedState) -> Result<()> {
        Ok(self.go_on(state.machine, updates, state.chains.as_ref())?)
    }
}

/// Largest number of records; more are a mistake.
pub const MOST_RECORDS: usize = 100_000;

/// How records are spread over a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Spacing {
    /// By the logarithm of the update, since modes emerge early.
    #[default]
    Log,
    /// Evenly.
    Linear,
}

/// The updates after which records are taken: the start, the end, and about `count` in all; fewer where several fall on one
/// update.
///
/// ```
/// use spectral_rbm::simulator::run::{Spacing, schedule};
/// assert_eq!(schedule(100, 6, Spacing::Linear), [0, 20, 40, 60, 80, 100]);
/// assert_eq!(schedule(1000, 5, Spacing::Log), [0, 1, 10, 100, 1000]);
/// ```
pub fn schedule(updates: u64, count: usize, spacing: Spacing) -> Vec<u64> {
    let last = updates as f64;
    // At most as many as there are updates.
    let most = |steps: usize| steps.max(1).min(usize::try_from(updates.saturating_add(1)).unwrap_or(usize::MAX));
    let mut chosen: Vec<u64> = match spacing {
        Spacing::Linear => {
            let steps = most(count.saturating_sub(1));
            (0..=steps).map(|n| (last * n as f64 / steps as f64).round() as u64).collect()
        }
        Spacing::Log => {
            let steps = most(count.saturating_sub(2));
            let at = |n: usize| last.powf(n as f64 / steps as f64).round() as u64;
            std::iter::once(0).chain((0..=steps).map(at)).collect()
        }
    };
    // Rounding must not miss the end, nor pass it.
    chosen.iter_mut().for_each(|update| *update = (*update).min(updates));
    chosen.push(updates);
    chosen.dedup();
    chosen
}

/// Trains until the last update of a schedule, takes records on the way, and returns all of them. What `store` already holds is
/// not repeated: the run goes on from the last state there. After every update, `watch` gets the number of updates and the
/// records so far.
///
/// # Errors
/// Those of training, of the analysis, and of the files.
pub fn run(
    learner: &mut impl Learner,
    recorder: &Recorder,
    schedule: &[u64],
    store: &Store,
    watch: &mut dyn FnMut(u64, &SpectrumLog),
) -> Result<SpectrumLog> {
    let mut log = store.records()?;
    if let Some((updates, state)) = store.latest()? {
        learner.restore(updates, state)?;
    }
    let last = schedule.last().copied().unwrap_or(0);
    let mut saved = Instant::now();
    loop {
        let update = learner.updates();
        let due = schedule.binary_search(&update).is_ok();
        if due && !log.records.iter().any(|record| record.update == update) {
            let quantities = learner.record(recorder)?;
            let record = Record { update, epoch: learner.epoch(), time: learner.time(), quantities };
            store.save_record(&record, &learner.state()?)?;
            log.records.push(record);
            saved = Instant::now();
        } else if saved.elapsed() >= store.save_every && update < last {
            store.save_state(update, learner.time(), &learner.state()?)?;
            saved = Instant::now();
        }
        if update >= last {
            return Ok(log);
        }
        learner.update()?;
        watch(learner.updates(), &log);
    }
}
