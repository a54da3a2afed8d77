//! `inspect`: a trained machine on the phase diagram.

use super::data::DataOptions;
use super::destination::{Destination, write_json};
use super::inspect_figures as drawn;
use super::model::{ModelOptions, Source, UnitsName, parse_shape};
use super::options::{Common, Format};
use super::report::{exact, number};
use super::{CliError, progress, report};
use crate::data::{Dataset, Expect};
use crate::inspect::{DataStates, Depth, Followed, Outlier, Position, Reading, States, Step, Trajectory};
use crate::rbm::Machine;
use crate::saddle::FixedPoint;
use crate::spectrum::BulkFit;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::str::FromStr;

const DEFAULT_FOLDER: &str = "results/inspect";
/// Files of `--update all` alone.
const TRAJECTORY_FILES: [&str; 2] = ["trajectory.csv", "modes.csv"];
/// Files of images.
const MODE_FILES: [&str; 2] = ["modes.png", "modes.svg"];
/// Outliers and fixed points shown in a table.
const SHOWN: usize = 20;
/// More modes than this make the search for fixed points take hours.
const MOST_MODES: usize = 10;

/// A trained machine on the phase diagram: sigma, planted modes, laws of their components, phase, fixed points.
///
/// Reads models of this program, of the rbms package (0.5, 0.6), of TorchRBM, and NPZ. Writes inspection.json, figures
/// (histogram, components, phase-diagram, and modes where the visible layer is an image) and run.toml; with --update all also
/// trajectory.csv (a row a checkpoint) and modes.csv (a row a mode and checkpoint, modes followed by their vectors).
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm inspect
  spectral-rbm inspect model.h5 --format json
  spectral-rbm inspect results/mnist --update all --data mnist --out results/inspection
  spectral-rbm inspect machine.npz --units bernoulli --image-shape 28x28")]
#[serde(deny_unknown_fields)]
pub(super) struct InspectOptions {
    /// A model file, NPZ, or the folder of a run [default: results/train if it is there, else a small machine is trained on
    /// drawn digits]
    model: Option<PathBuf>,
    /// The checkpoint after so many updates, or all: the last, and how the machine came there [default: the last]
    #[arg(long, value_name = "N|all")]
    update: Option<Update>,
    /// Units of the machine, where its file does not say
    #[arg(long, value_enum, value_name = "UNITS")]
    units: Option<UnitsName>,
    /// Rows and columns of the visible layer as an image, for instance 28x28 [default: a square, if it is one]
    #[arg(long, value_name = "RxC", value_parser = parse_shape)]
    image_shape: Option<(usize, usize)>,
    /// Leading modes that enter the fixed points
    #[arg(long, default_value_t = Depth::default().modes, value_name = "K")]
    modes: usize,
    /// What the model was when the command was first run: SHA-256 of the file, or that it was trained on the spot.
    #[arg(skip)]
    #[serde(default)]
    model_checksum: Option<String>,
    /// Data whose states are looked for; none without.
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

/// The result, as printed and written.
#[derive(Serialize)]
struct Report<'a> {
    model: Model,
    singular_values: &'a [f64],
    bulk: &'a BulkFit,
    outliers: &'a [Outlier],
    position: &'a Position,
    fixed_points: Vec<&'a FixedPoint>,
    modes_in_fixed_points: usize,
    search: Search,
    data: &'a Option<DataStates>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trajectory: Option<Way<'a>>,
}

#[derive(Clone, Serialize)]
struct Model {
    file: Option<PathBuf>,
    model_type: Option<String>,
    update: Option<u64>,
    visible: usize,
    hidden: usize,
    kappa: f64,
}

#[derive(Serialize)]
struct Search {
    starts: usize,
    found: usize,
    unconverged: usize,
}

#[derive(Serialize)]
struct Way<'a> {
    steps: &'a [Step],
    modes: &'a [Followed],
}

impl InspectOptions {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        self.check()?;
        let mut choice = ModelOptions {
            model: self.model.clone(),
            update: None,
            units: self.units,
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
        let shape = choice.shape(machine.visible)?;
        let data = self.load_data(machine.visible)?;
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        let depth = Depth { modes: self.modes, seed: common.seed, ..Depth::default() };
        let trajectory = match self.update {
            Some(Update::All) => Some(follow(common, &source, &depth)?),
            _ => None,
        };
        let spinner = progress::spinner(common, "looking for fixed points");
        let reading = Reading::of(&machine)?;
        let spins = data.as_ref().map(Dataset::spins).transpose()?;
        let states = States::of(&machine, &reading, &depth, spins)?;
        spinner.finish_and_clear();

        let model = self.describe(&source, update, &machine);
        let report = Report::new(model, &reading, &states, trajectory.as_ref());
        write_json(&mut destination, "inspection.json", &report)?;
        if let Some(trajectory) = &trajectory {
            write_trajectory(&mut destination, trajectory)?;
        }
        drawn::all(&mut destination, &reading, &states, trajectory.as_ref(), shape)?;
        destination.remove_stale(&TRAJECTORY_FILES)?;
        destination.remove_stale(&MODE_FILES)?;
        destination.remove_stale(&drawn::COMPONENT_FILES)?;
        destination.remove_stale(&drawn::PLACE_FILES)?;
        destination.write_run(common, "inspect", &self)?;
        match common.format {
            Format::Json => report::print(&report::json(&report)),
            Format::Table => report::print(&(report.text() + &destination.summary())),
        }
        if states.found.dominant().is_none() {
            let message = format!(
                "no stable fixed point was found in {} starts, of which {} did not converge",
                states.found.starts, states.found.unconverged
            );
            return Err(CliError::Failed(message));
        }
        Ok(())
    }

    fn check(&self) -> Result<(), CliError> {
        if self.units == Some(UnitsName::Gaussian) {
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

    fn load_data(&mut self, visible: usize) -> Result<Option<Dataset>, CliError> {
        let Some(options) = &mut self.data else { return Ok(None) };
        let data = options.load(Expect::Spins)?;
        if data.units() != visible {
            let message = format!("the data have {} units, and the machine {visible} visible ones", data.units());
            return Err(CliError::Input(message));
        }
        Ok(Some(data))
    }

    fn describe(&self, source: &Source, update: Option<u64>, machine: &Machine) -> Model {
        Model {
            file: self.model.clone(),
            model_type: match source {
                Source::File(reader) => reader.model_type().map(str::to_owned),
                Source::Trained(_) => None,
            },
            update: update.or(source.updates().last().copied()),
            visible: machine.visible,
            hidden: machine.hidden,
            kappa: machine.hidden as f64 / machine.visible as f64,
        }
    }
}

/// All checkpoints of a file.
fn follow(common: &Common, source: &Source, depth: &Depth) -> Result<Trajectory, CliError> {
    let updates = source.updates();
    if updates.is_empty() {
        return Err(CliError::Input(
            "--update all needs a model file with checkpoints, and there is one machine".to_owned(),
        ));
    }
    let bar = progress::updates(common, "checkpoints", updates.len() as u64);
    let mut trajectory = Trajectory::default();
    for &update in updates {
        trajectory.push(update, source.time(update), &source.machine(Some(update))?, depth)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(trajectory)
}

/// `trajectory.csv` and `modes.csv`; what is not known is NaN.
fn write_trajectory(destination: &mut Destination, trajectory: &Trajectory) -> Result<(), CliError> {
    let or_nan = |value: Option<f64>| exact(value.unwrap_or(f64::NAN));
    let header = [
        "update",
        "time",
        "sigma",
        "sigma_error",
        "edge",
        "ks_distance",
        "outliers",
        "inv_sigma",
        "w_over_sigma",
        "phase",
        "note",
    ];
    let rows = trajectory.steps.iter().map(|step| {
        let (bulk, position) = (&step.bulk, &step.position);
        let mut row = vec![step.update.to_string()];
        row.extend([step.time, bulk.sigma, bulk.sigma_error, bulk.edge, bulk.ks_distance].map(exact));
        row.push(bulk.outliers.to_string());
        row.extend([or_nan(position.inv_sigma), or_nan(position.w_over_sigma), position.phase.to_string()]);
        row.push(bulk.note.clone().unwrap_or_default());
        row
    });
    destination.write_csv("trajectory.csv", &header, rows)?;
    let header = [
        "update",
        "mode",
        "rank",
        "observed",
        "overlap",
        "planted",
        "planted_error",
        "kurtosis_u",
        "kurtosis_v",
        "prior_u",
        "prior_v",
        "eta",
        "theta",
    ];
    let rows = trajectory.modes.iter().flat_map(|mode| {
        mode.course.iter().map(move |passage| {
            let outlier = passage.outlier.as_ref();
            let value = |of: fn(&Outlier) -> f64| exact(outlier.map_or(f64::NAN, of));
            let mut row = vec![trajectory.steps[passage.step].update.to_string(), mode.mode.to_string()];
            row.extend([passage.rank.to_string(), exact(passage.observed), exact(passage.overlap)]);
            row.push(or_nan(outlier.and_then(|outlier| outlier.planted)));
            row.push(or_nan(outlier.and_then(|outlier| outlier.planted_error)));
            row.extend([value(|outlier| outlier.kurtosis_u), value(|outlier| outlier.kurtosis_v)]);
            row.extend(["u", "v"].map(|side| {
                let law = outlier.map(|outlier| if side == "u" { outlier.prior_u } else { outlier.prior_v });
                law.map_or("bulk", |law| law.name()).to_owned()
            }));
            row.extend([value(|outlier| outlier.eta), value(|outlier| outlier.theta)]);
            row
        })
    });
    destination.write_csv("modes.csv", &header, rows)
}

impl<'a> Report<'a> {
    fn new(model: Model, reading: &'a Reading, states: &'a States, trajectory: Option<&'a Trajectory>) -> Self {
        let found = &states.found;
        Self {
            model,
            singular_values: &reading.modes.singular_values,
            bulk: &reading.bulk,
            outliers: &reading.outliers,
            position: &states.position,
            fixed_points: found.points.iter().filter(|point| point.stable).collect(),
            modes_in_fixed_points: states.ensemble.modes().len().min(reading.outliers.len()),
            search: Search { starts: found.starts, found: found.points.len(), unconverged: found.unconverged },
            data: &states.data,
            trajectory: trajectory.map(|way| Way { steps: &way.steps, modes: &way.modes }),
        }
    }

    fn text(&self) -> String {
        let (model, bulk, position) = (&self.model, self.bulk, self.position);
        let maybe = |value: Option<f64>| value.map_or("-".to_owned(), number);
        let mut text = report::bulk((model.visible, model.hidden), model.update, bulk);
        text += &format!(
            "position: 1/sigma {}, w_max/sigma {}: {}\n",
            maybe(position.inv_sigma),
            maybe(position.w_over_sigma),
            position.phase
        );
        text += &self.outlier_table();
        text += &self.state_table();
        if let Some(way) = &self.trajectory {
            text += &format!("\n{} checkpoints, {} modes emerged:\n\n", way.steps.len(), way.modes.len());
            let row = |mode: &Followed| {
                let rank = mode.last_rank.map_or("lost".to_owned(), |rank| rank.to_string());
                vec![mode.mode.to_string(), mode.emerged.to_string(), rank]
            };
            text += &report::table(
                &["mode", "emerged at update", "rank at the end"],
                way.modes.iter().take(SHOWN).map(row),
            );
        }
        text + "\n"
    }

    fn outlier_table(&self) -> String {
        let count = self.outliers.len();
        let mut text = format!("{count} singular values above the bulk");
        text += &if count > SHOWN { format!(", the first {SHOWN}:\n\n") } else { ":\n\n".to_owned() };
        let rows = self.outliers.iter().take(SHOWN).map(|outlier| {
            let (planted, error) = (outlier.planted, outlier.planted_error);
            let mark = if outlier.near_threshold { " (near the threshold)" } else { "" };
            vec![
                outlier.rank.to_string(),
                number(outlier.observed),
                planted.zip(error).map_or("-".to_owned(), |(w, error)| format!("{w:.4} ± {error:.4}{mark}")),
                format!("{:.3}", outlier.kurtosis_u),
                format!("{:.3}", outlier.kurtosis_v),
                outlier.prior_u.name().to_owned(),
                outlier.prior_v.name().to_owned(),
                format!("{:.3}", outlier.eta),
                format!("{:.3}", outlier.theta),
            ]
        });
        let header = ["rank", "observed", "planted", "kurtosis u", "kurtosis v", "law u", "law v", "eta", "theta"];
        text + &report::table(&header, rows)
    }

    fn state_table(&self) -> String {
        let mut text = format!(
            "\n{} stable fixed points of the first {} modes with the machine's components and fields",
            self.fixed_points.len(),
            self.modes_in_fixed_points
        );
        text += &if self.fixed_points.len() > SHOWN { format!(", the first {SHOWN}:\n\n") } else { ":\n\n".to_owned() };
        let list = |values: &nalgebra::DVector<f64>| {
            values.iter().map(|value| format!("{value:.4}")).collect::<Vec<_>>().join(" ")
        };
        let rows = self.fixed_points.iter().take(SHOWN).enumerate().map(|(index, point)| {
            vec![
                (index + 1).to_string(),
                list(&point.magnetization),
                list(&point.magnetization_bar),
                format!("{:.4}", point.overlap),
                format!("{:.4}", point.overlap_bar),
                number(point.free_energy),
                format!("{:.4}", point.spectral_radius),
                format!("{:.4}", point.at_number),
                point.weight.map_or("-".to_owned(), |weight| format!("{weight:.2e}")),
                self.data.as_ref().map_or("-".to_owned(), |data| format!("{:.3}", data.shares[index])),
            ]
        });
        let header =
            ["state", "m", "m_bar", "q", "q_bar", "free energy", "radius", "AT number", "weight", "share of data"];
        text += &report::table(&header, rows);
        if let Some(data) = self.data {
            text += &format!("of {} samples, {} led to no solution\n", data.samples, data.unconverged);
        }
        text
    }
}
