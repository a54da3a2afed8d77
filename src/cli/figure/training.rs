//! Singular values of a machine that learns drawn digits, against time.

use super::super::error::CliError;
use super::gallery::Gallery;
use crate::cli::{figures, progress, train};
use crate::data::digits;
use crate::simulator::machine::{Hyperparameters, Machine, Settings, Trainer, Units};
use crate::simulator::run::{Detail, Recorder, Spacing, Store, run, schedule};

/// The run of `train` without options (on a fifth of the data if quick); only its spectrum.
pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let data = digits::generate(if gallery.options.quick { 2_000 } else { 10_000 }, 0)?;
    let spins = data.spins()?;
    let machine = Machine::random(data.units(), 400, 0.01, gallery.common.seed)?.with_mean_of(spins)?;
    let settings = Settings { seed: gallery.common.seed, ..Settings::default() };
    let updates = 20 * (data.len() / settings.batch_size) as u64;
    let mut trainer = Trainer::new(machine, spins, settings)?;
    let folder = tempfile::tempdir().map_err(|error| CliError::Failed(error.to_string()))?;
    let store = Store::create(folder.path(), Hyperparameters::default(), Units::Ising, b"")?;
    let recorder = Recorder::new(&data, Detail::Values)?;
    let bar = progress::updates(gallery.common, "training", updates);
    let times = schedule(updates, 60, Spacing::Log);
    let log = run(&mut trainer, &recorder, &times, &store, &mut |updates, _| bar.set_position(updates))?;
    bar.finish_and_clear();
    if let Some(drawn) = figures::spectrum(&log)? {
        gallery.destination.save(&drawn, "training")?;
    }
    train::write_spectrum(&mut gallery.destination, "training.csv", &log)
}
