//! The command: makes the figures of the library's list, and writes them.

use super::claims;
use crate::cli::data::DataOptions;
use crate::cli::destination::Destination;
use crate::cli::error::CliError;
use crate::cli::options::Common;
use crate::cli::progress::{self, Bar};
use crate::cli::{budget, report};
use crate::data::{Dataset, Expect};
use crate::simulator::machine::{Machine, Settings, Trainer};
use crate::simulator::run::Training;
use crate::study::figures::{FIGURES, Named, Shown, Shows, Studio};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::sync::Mutex;

/// Folder used without --out.
const DEFAULT_FOLDER: &str = "figures";
/// Default data.
const DEFAULT_DATA: &str = "digits";
/// Name that stands for every figure.
const ALL: &str = "all";
/// Largest number of passes; more are a mistake.
const MOST_EPOCHS: f64 = 1e6;

/// The letter's figures and others, each as PNG and SVG with its data as CSV, and the table of what they claim.
///
/// Figures of training learn from the data options, the drawn digits without any; --data mnist with the letter's parameters
/// takes several minutes. Writes claims.md, .csv and .json (claim, expected, found) beside the figures, and run.toml.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm figure all --quick
  spectral-rbm figure spectrum-log-log --data mnist --out results/letter
  spectral-rbm figure phase-diagrams --quick --out results/figures")]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct FigureOptions {
    /// Which figure
    #[arg(value_parser = PossibleValuesParser::new(names()), default_value = ALL)]
    name: String,
    #[command(flatten)]
    #[serde(flatten)]
    data: DataOptions,
    /// Hidden units of the machines that learn the data
    #[arg(long, default_value_t = Training::default().hidden, value_name = "H")]
    hidden: usize,
    /// Passes of the letter's machine through the data [default: 100, 20 if quick]
    #[arg(long, allow_negative_numbers = true, value_name = "E")]
    #[serde(default)]
    epochs: Option<f64>,
    /// Samples of a batch of the letter's machine [default: 500, or a hundredth of the data if that is less]
    #[arg(long, value_name = "N")]
    #[serde(default)]
    batch_size: Option<usize>,
    /// Coarse grids and short runs, for a first look
    #[arg(long)]
    #[serde(default)]
    quick: bool,
}

/// Names of the figures, with what they show.
fn names() -> Vec<PossibleValue> {
    let all = PossibleValue::new(ALL).help("Every figure");
    std::iter::once(all).chain(FIGURES.iter().map(|one| PossibleValue::new(one.name).help(one.about))).collect()
}

impl FigureOptions {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        let chosen: Vec<&Named> = FIGURES.iter().filter(|one| self.name == ALL || self.name == one.name).collect();
        let shows = |source: Shows| chosen.iter().any(|one| one.data == source);
        self.check(shows(Shows::Given))?;
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        // Impossible options are refused before the first figure is written.
        let data = if shows(Shows::Given) { Some(self.data.load(common, Expect::Spins)?) } else { None };
        let given =
            data.as_ref().map(|data| Ok::<_, CliError>((data, self.training(data, common.seed)?))).transpose()?;
        let stages = Stages::new(common);
        let studio = Studio {
            quick: self.quick,
            seed: common.seed,
            samples: self.data.samples,
            given,
            progress: &|stage, share| stages.reach(stage, share),
            course: OnceCell::new(),
        };
        if shows(Shows::Clusters) {
            self.check_clusters(studio.cluster_batch())?;
        }
        let mut claims = Vec::new();
        for figure in chosen {
            let made = (figure.make)(&studio)?;
            stages.end();
            for note in made.notes.iter().filter(|_| !common.quiet) {
                eprintln!("note: {note}");
            }
            for file in &made.files {
                let write = |destination: &mut Destination| match &file.content {
                    Shown::Drawing(drawn) => destination.save(&file.name, drawn),
                    Shown::Table(table) => destination.table(&format!("{}.csv", file.name), table),
                };
                if file.timed { destination.measured(write)? } else { write(&mut destination)? }
            }
            claims.extend(made.claims);
        }
        let loaded = data.as_ref().map(|data| self.data.report(data));
        let title = format!("What the figures claim, on the data \"{}\".", self.data.data);
        claims::write(&mut destination, &claims, &title)?;
        destination.write_run(common, "figure", &self)?;
        let result = serde_json::json!({
            "data": loaded, "files": destination.written(), "timings": destination.timings(), "claims": claims
        });
        report::show(common, &result, || {
            let loaded = loaded.map_or(String::new(), |loaded| loaded.text());
            loaded + &claims::text(&claims) + &destination.summary()
        });
        Ok(())
    }

    /// Refuses unknown figures, and data options for a figure that makes its own data.
    fn check(&self, takes_data: bool) -> Result<(), CliError> {
        let name = &self.name;
        if !names().iter().any(|known| known.matches(name, false)) {
            return Err(CliError::Input(format!("there is no figure \"{name}\"")));
        }
        if self.data.data != DEFAULT_DATA && !takes_data {
            let given = FIGURES.iter().filter(|one| one.data == Shows::Given).map(|one| one.name);
            return Err(CliError::Input(format!(
                "figure {name} draws its own data and takes no --data (\"{}\"): {} and all do",
                self.data.data,
                given.collect::<Vec<_>>().join(", ")
            )));
        }
        Ok(())
    }

    /// Refuses fewer samples of clusters than a batch needs.
    fn check_clusters(&self, batch: usize) -> Result<(), CliError> {
        match self.data.samples {
            Some(samples) if samples < batch => Err(CliError::Input(format!(
                "--samples is {samples}: figures of clusters learn from batches of {batch} samples, and need as many at least"
            ))),
            _ => Ok(()),
        }
    }

    /// How the letter's machine learns the data, if that is possible and takes reasonable time.
    fn training(&mut self, data: &Dataset, seed: u64) -> Result<Training, CliError> {
        let usual = Training::of_figures(data.len(), self.quick);
        let epochs = *self.epochs.get_or_insert(usual.epochs);
        if !(epochs > 0.0 && epochs <= MOST_EPOCHS) {
            let message = format!("--epochs is {epochs}: it must be above 0, and at most {MOST_EPOCHS}");
            return Err(CliError::Input(message));
        }
        let batch_size = self.batch_size.unwrap_or(usual.settings.batch_size);
        if batch_size == 0 {
            return Err(CliError::Input("--batch-size is 0: a batch has at least one sample".to_owned()));
        }
        let batch_size = self.data.batch(batch_size, data.len());
        self.batch_size = Some(batch_size);
        let settings = Settings { batch_size, chains: batch_size, seed, ..usual.settings };
        let training = Training { hidden: self.hidden, epochs, settings, ..usual };
        budget::check_memory("--hidden", self.hidden, 32.0 * data.units() as f64)?;
        let update = budget::update_seconds(5.0 * batch_size as f64 * data.units() as f64 * self.hidden as f64);
        budget::check_time("--epochs", epochs, update * training.updates_in(1.0, data.len()) as f64)?;
        let machine = Machine::random(data.units(), self.hidden, 0.0, 0)?;
        Trainer::new(machine, data.spins()?, training.settings.clone())?;
        Ok(training)
    }
}

/// A bar for each stage of a figure.
struct Stages<'a> {
    common: &'a Common,
    bar: Mutex<Option<(&'static str, Bar)>>,
}

impl<'a> Stages<'a> {
    fn new(common: &'a Common) -> Self {
        Self { common, bar: Mutex::new(None) }
    }

    fn reach(&self, stage: &'static str, share: f64) {
        // Progress is shown even if a thread panicked while it was.
        let mut shown = self.bar.lock().unwrap_or_else(|error| error.into_inner());
        if shown.as_ref().is_none_or(|(name, _)| *name != stage)
            && let Some((_, ended)) = shown.replace((stage, progress::share(self.common, stage)))
        {
            ended.finish_and_clear();
        }
        if let Some((_, bar)) = &*shown {
            bar.set_share(share);
        }
    }

    fn end(&self) {
        if let Some((_, bar)) = self.bar.lock().unwrap_or_else(|error| error.into_inner()).take() {
            bar.finish_and_clear();
        }
    }
}
