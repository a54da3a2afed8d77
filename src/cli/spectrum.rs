//! `spectrum`: singular values of a trained machine, over the course of its training.

use super::destination::Destination;
use super::error::CliError;
use super::model::{ModelOptions, room_for_modes};
use super::options::Common;
use super::report;
use super::report::number;
use crate::io::Array;
use crate::simulator::machine::Machine;
use crate::simulator::run::{Record, SpectrumLog};
use crate::study::{drawing, tables};
use crate::theory::spectrum::{BulkFit, Decomposition, fit, fit_weights, kurtosis, singular_values};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

const DEFAULT_FOLDER: &str = "results/spectrum";
/// Number of outliers shown.
const OUTLIERS_SHOWN: usize = 20;

/// Singular values of a machine: bulk, outliers, modes.
///
/// Writes spectrum.csv (one row per checkpoint; epochs, and times that the file does not state, are NaN), figures of the
/// spectrum against time where times are known, of its histogram beside the Marchenko–Pastur law and of the modes where the
/// visible layer is an image, and run.toml.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm spectrum
  spectral-rbm spectrum results/mnist --update 1000
  spectral-rbm spectrum model.h5 --image-shape 28x28 --format json")]
#[serde(deny_unknown_fields)]
pub(super) struct SpectrumOptions {
    #[command(flatten)]
    #[serde(flatten)]
    model: ModelOptions,
}

#[derive(Serialize)]
struct SpectrumReport {
    update: Option<u64>,
    visible: usize,
    hidden: usize,
    /// Assumptions made in reading the model.
    model_notes: Vec<String>,
    singular_values: Vec<f64>,
    bulk: BulkFit,
    outliers: Vec<OutlierRow>,
    files: Vec<PathBuf>,
}

#[derive(Serialize)]
struct OutlierRow {
    rank: usize,
    observed: f64,
    planted: Option<f64>,
    kurtosis_u: f64,
    kurtosis_v: f64,
}

impl SpectrumOptions {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        let source = self.model.open(common, true)?;
        let updates: Vec<u64> = match self.model.update {
            Some(update) => vec![update],
            None => source.updates().to_vec(),
        };
        let machine = source.machine(self.model.update)?;
        room_for_modes(&machine)?;
        let shape = self.model.shape(machine.visible)?;
        let mut log = SpectrumLog::default();
        for &update in &updates {
            log.records.push(record(update, source.time(update), &source.machine(Some(update))?)?);
        }
        if log.records.is_empty() {
            log.records.push(record(0, f64::NAN, &machine)?);
        }
        destination.table("spectrum.csv", &tables::spectrum(&log))?;
        destination.save_all(&drawing::of_run(&log, (machine.visible, machine.hidden))?)?;
        if let Some(shape) = shape {
            let modes = Decomposition::of(&machine.weights, machine.visible, machine.hidden)?;
            destination.save("modes", &drawing::modes(&modes, shape)?)?;
        }
        destination.write_run(common, "spectrum", &self)?;
        let mut summary = SpectrumReport::new(updates.last().copied(), &machine, destination.written().to_vec())?;
        summary.model_notes = source.notes(self.model.update)?;
        report::show(common, &summary, || summary.text() + &destination.summary());
        Ok(())
    }
}

/// The data of a checkpoint that the figures need.
fn record(update: u64, time: f64, machine: &Machine) -> Result<Record, CliError> {
    let values = singular_values(&machine.weights, machine.visible, machine.hidden)?;
    let edge = fit(&values, machine.visible, machine.hidden)?.edge;
    let quantities = BTreeMap::from([
        ("singular_values".to_owned(), Array::F64(vec![values.len()], values)),
        ("bulk_edge".to_owned(), Array::F64(vec![], vec![edge])),
    ]);
    Ok(Record { update, epoch: f64::NAN, time, quantities })
}

impl SpectrumReport {
    fn new(update: Option<u64>, machine: &Machine, files: Vec<PathBuf>) -> Result<Self, CliError> {
        let (visible, hidden) = (machine.visible, machine.hidden);
        let modes = Decomposition::of(&machine.weights, visible, hidden)?;
        let bulk = fit_weights(&machine.weights, &modes)?;
        let (kurtosis_u, kurtosis_v) = (kurtosis(&modes.u), kurtosis(&modes.v));
        let outlier = |index: usize| OutlierRow {
            rank: index + 1,
            observed: modes.singular_values[index],
            planted: bulk.planted(modes.singular_values[index]),
            kurtosis_u: kurtosis_u[index],
            kurtosis_v: kurtosis_v[index],
        };
        let outliers = (0..bulk.outliers).map(outlier).collect();
        let (model_notes, singular_values) = (Vec::new(), modes.singular_values);
        Ok(Self { update, visible, hidden, model_notes, outliers, bulk, singular_values, files })
    }

    fn text(&self) -> String {
        let bulk = &self.bulk;
        let mut text = report::model_notes(&self.model_notes);
        text += &report::bulk((self.visible, self.hidden), self.update, bulk);
        text += &report::outliers(bulk, bulk.outliers);
        text += &if bulk.outliers > OUTLIERS_SHOWN {
            format!(", the first {OUTLIERS_SHOWN}:\n\n")
        } else {
            ":\n\n".to_owned()
        };
        let rows = self.outliers.iter().take(OUTLIERS_SHOWN).map(|outlier| {
            vec![
                outlier.rank.to_string(),
                number(outlier.observed),
                outlier.planted.map_or("-".to_owned(), number),
                number(outlier.kurtosis_u),
                number(outlier.kurtosis_v),
            ]
        });
        text += &report::table(&["rank", "observed", "planted", "kurtosis u", "kurtosis v"], rows);
        text + "\n"
    }
}
