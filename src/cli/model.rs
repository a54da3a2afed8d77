//! The trained machine that a command looks at.

use super::opening::{note_checksum, open_model, open_with};

use super::data::DataOptions;
use super::destination::{RUN_FILE, RunFile};
use super::error::CliError;
use super::options::{Common, defaults};
use super::train::TrainOptions;
use super::{progress, train};
use crate::data::Dataset;
use crate::io::bounds::room_for;
use crate::simulator::machine::{Machine, ModelError, ModelReader, Units};
use crate::study::drawing::fits_on_a_page;
use crate::study::inspect::Example;
use clap::Args;
use serde::{Deserialize, Serialize};

use std::path::{Path, PathBuf};

/// Recorded instead of a checksum if the machine was trained by the command.
const TRAINED: &str = "trained on the spot";
/// Bytes per weight for the modes of a machine; measured at 2000 × 2000.
const BYTES_OF_MODES: u64 = 80;

/// Which machine.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(super) struct ModelOptions {
    /// A model file, NPZ, weights alone in NPY, or the folder of a run [default: results/train if it is there, else a small machine is trained on
    /// drawn digits]
    pub model: Option<PathBuf>,
    /// The checkpoint after so many updates [default: the last]
    #[arg(long, value_name = "N")]
    pub update: Option<u64>,
    /// Units of the machine, where its file does not say
    #[arg(long, value_enum, value_name = "UNITS")]
    pub units: Option<Units>,
    /// For a machine with labels: the machine given this label, counted from 0
    #[arg(long, value_name = "K")]
    #[serde(default)]
    pub label: Option<usize>,
    /// Rows and columns of the visible layer as an image, for instance 28x28 [default: a square, if it is one]
    #[arg(long, value_name = "RxC", value_parser = parse_shape)]
    pub image_shape: Option<(usize, usize)>,
    /// What the model was when the command was first run: SHA-256 of the file, or that it was trained on the spot.
    #[arg(skip)]
    #[serde(default)]
    pub model_checksum: Option<String>,
}

pub(super) fn parse_shape(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('x').and_then(|(rows, columns)| Some((rows.parse().ok()?, columns.parse().ok()?)));
    match parts {
        Some((rows, columns)) if rows > 0 && columns > 0 => Ok((rows, columns)),
        _ => Err("a shape is written rows x columns, for instance 28x28".to_owned()),
    }
}

/// The machines of a file, by update, or a single machine.
pub(super) enum ModelSource {
    /// A model file.
    File(Box<ModelReader>),
    /// A machine trained by the command, and its data.
    Trained(Machine, Dataset),
}

impl ModelOptions {
    /// Opens the file, or trains a small machine and says so. Linear machines are accepted only if `linear`.
    pub fn open(&mut self, common: &Common, linear: bool) -> Result<ModelSource, CliError> {
        if self.model.is_none() && self.model_checksum.as_deref() != Some(TRAINED) {
            // The model of the last run, if it can be used.
            let usual = Path::new(train::DEFAULT_FOLDER).join("model.h5");
            self.model = Some(usual).filter(|path| open_model(path, None, linear).is_ok());
        }
        let Some(path) = &mut self.model else {
            if self.units.is_some() || self.label.is_some() {
                let message =
                    "--units and --label are of a model file, and none is given: a machine is trained instead";
                return Err(CliError::Input(message.to_owned()));
            }
            self.model_checksum = Some(TRAINED.to_owned());
            let (machine, data) = trained(common)?;
            return Ok(ModelSource::Trained(machine, data));
        };
        if path.is_dir() {
            *path = path.join("model.h5");
        }
        *path = path.canonicalize().unwrap_or_else(|_| path.clone());
        let reader = open_with(ModelReader::open_weights, path, self.units, linear)?.with_label(self.label);
        note_checksum(path, &mut self.model_checksum)?;
        Ok(ModelSource::File(Box::new(reader)))
    }

    /// The data that the machine was trained on, once it is opened. For a file they are those of the `run.toml` beside
    /// it, if `train` wrote it; for a machine trained by the command they are the same drawn digits.
    pub fn training_data(&self, common: &Common) -> Result<Option<DataOptions>, CliError> {
        let Some(path) = &self.model else {
            let mut digits: DataOptions = defaults();
            (digits.samples, digits.data_seed, digits.visible) = (Some(Example::default().samples), common.seed, 784);
            (digits.amplitudes, digits.variances) = (Vec::new(), Vec::new());
            return Ok(Some(digits));
        };
        let run = path.with_file_name(RUN_FILE);
        if !run.is_file() {
            return Ok(None);
        }
        let (file, _) = RunFile::read(&run)?;
        let options = if file.command == "train" { Some(file.options::<TrainOptions>()?) } else { None };
        Ok(options.map(|options| options.data))
    }

    /// Rows and columns of the visible layer, if it is an image.
    pub fn shape(&self, visible: usize) -> Result<Option<(usize, usize)>, CliError> {
        if let Some((rows, columns)) = self.image_shape {
            let bad = |reason: String| Err(CliError::Input(format!("--image-shape is {rows}x{columns}{reason}")));
            if rows.checked_mul(columns) != Some(visible) {
                return bad(format!(", and the machine has {visible} visible units"));
            }
            if !fits_on_a_page((rows, columns)) {
                return bad(": images that are so long do not fit on a page".to_owned());
            }
            return Ok(self.image_shape);
        }
        let side = visible.isqrt();
        Ok((side * side == visible && side > 3).then_some((side, side)))
    }
}

impl ModelSource {
    /// The machine after this update, or the last one.
    pub fn machine(&self, update: Option<u64>) -> Result<Machine, CliError> {
        match self {
            ModelSource::File(reader) => reader.machine(update).map_err(|error| match error {
                ModelError::Labels { .. } => CliError::Input(format!("{error} (--label K)")),
                other => other.into(),
            }),
            ModelSource::Trained(machine, _) if update.is_none() => Ok(machine.clone()),
            ModelSource::Trained(..) => Err(CliError::Input("--update needs a model file".to_owned())),
        }
    }

    /// Assumptions made in reading the machine of an update.
    pub fn notes(&self, update: Option<u64>) -> Result<Vec<String>, CliError> {
        match self {
            ModelSource::File(reader) => Ok(reader.notes(update)?),
            ModelSource::Trained(..) => Ok(Vec::new()),
        }
    }

    /// Time of an update, Σ learning rate × updates; NaN if the file does not state it.
    pub fn time(&self, update: u64) -> f64 {
        match self {
            ModelSource::File(reader) => reader.read(update).map_or(f64::NAN, |checkpoint| checkpoint.time),
            ModelSource::Trained(..) => f64::NAN,
        }
    }

    /// Updates that have a machine; empty for a single machine.
    pub fn updates(&self) -> &[u64] {
        match self {
            ModelSource::File(reader) => reader.updates(),
            ModelSource::Trained(..) => &[],
        }
    }
}

/// Checks that there is memory for the singular vectors of a machine and for computing them.
pub(super) fn room_for_modes(machine: &Machine) -> Result<(), CliError> {
    let name = format!("the singular value decomposition of {} × {} weights", machine.visible, machine.hidden);
    room_for(&name, BYTES_OF_MODES.saturating_mul(machine.weights.len() as u64))
        .map_err(|error| CliError::Input(error.to_string()))
}

/// A small machine trained on drawn digits in a few seconds.
fn trained(common: &Common) -> Result<(Machine, Dataset), CliError> {
    let example = Example::default();
    let Example { samples, hidden, updates } = example;
    if !common.quiet {
        eprintln!("note: no model is given: a machine of {hidden} hidden units is trained on {samples} drawn digits");
    }
    let bar = progress::updates(common, "training", updates);
    let made = example.train(common.seed, &mut || bar.inc(1))?;
    bar.finish_and_clear();
    Ok(made)
}
