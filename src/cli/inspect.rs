//! `inspect`: places a trained machine on the phase diagram.

use super::data::DataOptions;
use super::destination::{Destination, write_json};
use super::error::CliError;
use super::inspect_report::{InspectReport, Model, TRAJECTORY_FILES, write_trajectory};
use super::model::{ModelOptions, ModelSource, parse_shape, room_for_modes};
use super::options::Common;
use super::{progress, report};
use crate::data::{Dataset, Expect};
use crate::simulator::machine::{Machine, Units};
use crate::study::drawing::{COMPONENTS, PLACE, inspection};
use crate::study::inspect::{Depth, Reading, States, TrainingPath};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::str::FromStr;

const DEFAULT_FOLDER: &str = "results/inspect";
/// Largest number of modes; with more, the search for fixed points takes hours.
const MOST_MODES: usize = 10;

/// A trained machine on the phase diagram: sigma, planted modes, laws of their components, phase, fixed points.
///
/// Reads models of this program, of the rbms package (0.5, 0.6), of TorchRBM, annaDCA, RestrictedBoltzmannMachines.jl and
/// scikit-learn, and weights alone (docs/formats.md). Writes inspection.json, figures
/// (histogram, components, phase-diagram, and modes where the visible layer is an image) and run.toml; with --update all also
/// trajectory.csv (one row per checkpoint), modes.csv (one row per mode and checkpoint, modes followed by their vectors) and
/// trajectory.png, .svg.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm inspect
  spectral-rbm inspect model.h5 --format json
  spectral-rbm inspect results/mnist --update all --data mnist --out results/inspection
  spectral-rbm inspect machine.npz --units bernoulli --image-shape 28x28")]
#[serde(deny_unknown_fields)]
pub(super) struct InspectOptions {
    /// A model file, NPZ, weights alone in NPY, or the folder of a run [default: results/train if it is there, else a small machine is trained on
    /// drawn digits]
    model: Option<PathBuf>,
    /// The checkpoint after so many updates, or all: the last, and how the machine came there [default: the last]
    #[arg(long, value_name = "N|all")]
    update: Option<Update>,
    /// Units of the machine, where its file does not say
    #[arg(long, value_enum, value_name = "UNITS")]
    units: Option<Units>,
    /// For a machine with labels: the machine given this label, counted from 0
    #[arg(long, value_name = "K")]
    #[serde(default)]
    label: Option<usize>,
    /// Rows and columns of the visible layer as an image, for instance 28x28 [default: a square, if it is one]
    #[arg(long, value_name = "RxC", value_parser = parse_shape)]
    image_shape: Option<(usize, usize)>,
    /// Leading modes that enter the fixed points, at most 10: the search for them grows with the square of their number
    #[arg(long, default_value_t = Depth::default().modes, value_name = "K")]
    modes: usize,
    /// What the model was when the command was first run: SHA-256 of the file, or that it was trained on the spot.
    #[arg(skip)]
    #[serde(default)]
    model_checksum: Option<String>,
    /// Data whose states are looked for; without, those that a machine trained on the spot has learnt, else none.
    #[command(flatten)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<DataOptions>,
}

/// Which checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
enum Update {
    Number(u64),
    All,
}

impl FromStr for Update {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Update::All),
            number => {
                number.parse().map(Update::Number).map_err(|_| "a number of updates, or all, is needed".to_owned())
            }
        }
    }
}

impl TryFrom<String> for Update {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Update> for String {
    fn from(update: Update) -> Self {
        match update {
            Update::Number(number) => number.to_string(),
            Update::All => "all".to_owned(),
        }
    }
}

impl InspectOptions {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        self.check()?;
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        let mut choice = ModelOptions {
            model: self.model.clone(),
            update: None,
            units: self.units,
            label: self.label,
            image_shape: self.image_shape,
            model_checksum: self.model_checksum.clone(),
        };
        let source = choice.open(common, false)?;
        (self.model, self.model_checksum) = (choice.model.clone(), choice.model_checksum.clone());
        let update = match self.update {
            Some(Update::Number(number)) => Some(number),
            _ => None,
        };
        let machine = source.machine(update)?;
        room_for_modes(&machine)?;
        let shape = choice.shape(machine.visible)?;
        let data = self.load_data(common, machine.visible)?;
        let given = data.as_ref().zip(self.data.as_ref()).map(|(data, options)| options.report(data));
        let depth = Depth { modes: self.modes, seed: common.seed, ..Depth::default() };
        let trajectory = match self.update {
            Some(Update::All) => Some(follow(common, &source, &depth)?),
            _ => None,
        };
        let spinner = progress::spinner(common, "looking for fixed points");
        let reading = Reading::of(&machine)?;
        let data = match (&data, &source) {
            (None, ModelSource::Trained(_, training)) => Some(training),
            _ => data.as_ref(),
        };
        let spins = data.map(Dataset::spins).transpose()?;
        let states = States::of(&machine, &reading, &depth, spins)?;
        spinner.finish_and_clear();

        let model = self.describe(&source, update, &machine)?;
        let mut report = InspectReport::new(model, &reading, &states, trajectory.as_ref());
        report.data_set = given;
        write_json(&mut destination, "inspection.json", &report)?;
        if let Some(trajectory) = &trajectory {
            write_trajectory(&mut destination, trajectory)?;
        }
        destination.save_all(&inspection(&reading, &states, trajectory.as_ref(), shape)?)?;
        destination.remove_stale(&TRAJECTORY_FILES)?;
        for drawn in ["modes", COMPONENTS, PLACE] {
            destination.remove_stale(&[format!("{drawn}.png"), format!("{drawn}.svg")])?;
        }
        destination.write_run(common, "inspect", &self)?;
        report::show(common, &report, || {
            let data = report.data_set.as_ref().map_or(String::new(), |given| given.text());
            data + &report.text() + &destination.summary()
        });
        if states.found.dominant().is_none() {
            let message = format!(
                "no stable fixed point was found in {} starts; {} of them did not converge",
                states.found.starts, states.found.unconverged
            );
            return Err(CliError::Failed(message));
        }
        Ok(())
    }

    fn check(&self) -> Result<(), CliError> {
        if self.units == Some(Units::Gaussian) {
            let message =
                "--units gaussian: a linear machine has no phases; machines of ±1 and of {0, 1} units are inspected";
            return Err(CliError::Input(message.to_owned()));
        }
        if !(1..=MOST_MODES).contains(&self.modes) {
            let message = format!("--modes is {}: choose between 1 and {MOST_MODES}", self.modes);
            return Err(CliError::Input(message));
        }
        Ok(())
    }

    fn load_data(&mut self, common: &Common, visible: usize) -> Result<Option<Dataset>, CliError> {
        let Some(options) = &mut self.data else { return Ok(None) };
        let data = options.load(common, Expect::Spins)?;
        if data.units() != visible {
            let message = format!("the data have {} units, and the machine {visible} visible ones", data.units());
            return Err(CliError::Input(message));
        }
        Ok(Some(data))
    }

    fn describe(&self, source: &ModelSource, update: Option<u64>, machine: &Machine) -> Result<Model, CliError> {
        Ok(Model {
            file: self.model.clone(),
            model_type: match source {
                ModelSource::File(reader) => reader.model_type().map(str::to_owned),
                ModelSource::Trained(..) => None,
            },
            update: update.or(source.updates().last().copied()),
            visible: machine.visible,
            hidden: machine.hidden,
            kappa: machine.hidden as f64 / machine.visible as f64,
            notes: source.notes(update)?,
        })
    }
}

/// All checkpoints of a file.
fn follow(common: &Common, source: &ModelSource, depth: &Depth) -> Result<TrainingPath, CliError> {
    let updates = source.updates();
    if updates.is_empty() {
        return Err(CliError::Input(
            "--update all needs a model file with checkpoints, and there is one machine".to_owned(),
        ));
    }
    let bar = progress::updates(common, "checkpoints", updates.len() as u64);
    let mut trajectory = TrainingPath::default();
    for &update in updates {
        trajectory.push(update, source.time(update), &source.machine(Some(update))?, depth)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(trajectory)
}
