//! Singular values of a machine that learns drawn digits, against time.

use super::made::Made;
use super::studio::Studio;
use crate::data::digits;
use crate::simulator::machine::{Hyperparameters, Machine, Settings, Trainer, Units};
use crate::simulator::run::{Detail, Recorder, SimulationError, Spacing, SpectrumLog, Store, Training, run, schedule};
use crate::study::drawing::spectrum;
use crate::study::error::Result;
use crate::study::tables;

/// Name of the figure and of its files.
pub(super) const NAME: &str = "training";

/// The run of `train` without options (on a fifth of the data if quick); only its spectrum.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let data = digits::generate(studio.choose(2_000, 10_000), 0)?;
    let spins = data.spins()?;
    let Training { hidden, deviation, epochs, records, settings } = Training::default();
    let machine = Machine::random(data.units(), hidden, deviation, studio.seed)?.with_mean_of(spins)?;
    let updates = epochs as u64 * (data.len() / settings.batch_size) as u64;
    let mut trainer = Trainer::new(machine, spins, Settings { seed: studio.seed, ..settings })?;
    let path = std::env::temp_dir();
    let folder = tempfile::tempdir().map_err(|source| SimulationError::Folder { path, source })?;
    let store = Store::create(folder.path(), Hyperparameters::default(), Units::Ising, b"")?;
    let recorder = Recorder::new(&data, Detail::Values)?;
    let times = schedule(updates, records, Spacing::Log);
    let step = &mut |made: u64, _: &SpectrumLog| (studio.progress)(NAME, made as f64 / updates as f64);
    let log = run(&mut trainer, &recorder, &times, &store, step)?;
    let mut made = Made::default();
    if let Some(drawn) = spectrum(&log) {
        made.draw(NAME, drawn);
    }
    made.table(NAME, tables::spectrum(&log));
    Ok(made)
}
