//! `figure`: the letter's figures, those beyond it, and the table of what the letter claims.
//!
//! One file a figure or family; each computes by the library, draws by [`crate::plot`], and leaves PNG, SVG and the CSV of
//! what is drawn in the [`Gallery`]'s folder. Data and training runs that several figures need are made once.

mod averages;
mod claims;
mod closures;
mod digits;
mod learned_modes;
mod learning;
mod linear_dynamics;
mod outcomes;
mod phase_diagrams;
mod runs;
mod spectrum_histogram;
mod spectrum_log_log;
mod stable_states;
mod theory_vs_simulation;
mod training;
mod trajectory;

use super::data::DataOptions;
use super::destination::Destination;
use super::options::{Common, Format};
use super::{CliError, report};
use crate::study::letter::Claim;
use clap::{Args, ValueEnum};
use runs::Runs;
use serde::{Deserialize, Serialize};

/// Folder used without --out.
const DEFAULT_FOLDER: &str = "figures";
/// Data of the options where none are given.
const DEFAULT_DATA: &str = "digits";

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
pub(super) struct FigureOptions {
    /// Which figure
    #[arg(value_enum, default_value_t)]
    name: FigureName,
    #[command(flatten)]
    #[serde(flatten)]
    data: DataOptions,
    /// Hidden units of the machines that learn the data
    #[arg(long, default_value_t = 400, value_name = "H")]
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FigureName {
    /// Every figure
    #[default]
    All,
    /// The letter's figure 1: a linear machine learns Gaussian data, mode by mode
    LinearDynamics,
    /// The letter's figure 2: singular values at the start, early and after long training
    SpectrumHistogram,
    /// The letter's figure 3: learnt modes and principal components as images
    LearnedModes,
    /// The letter's figure 4: singular values against rank, and modes against epochs
    SpectrumLogLog,
    /// Phase diagrams of one mode under the four priors
    PhaseDiagrams,
    /// w(t) of theory and simulation on the same axes
    TheoryVsSimulation,
    /// Number of stable states of three modes, by prior
    StableStates,
    /// A learning trajectory on the phase diagram
    Trajectory,
    /// The closures of the theory against simulation
    Closures,
    /// Cost and accuracy of the averages
    Averages,
    /// Phase diagrams of three modes, with the limits of metastability
    Metastability,
    /// Drawn digits, and the spectrum of their covariance beside MNIST's where that is at hand
    Digits,
    /// Singular values of a machine that learns drawn digits, against time
    Training,
    /// The same by the deterministic flow, in the thirty directions that grow fastest
    Learning,
}

/// What draws a figure.
type Draw = fn(&mut Gallery) -> Result<(), CliError>;

impl FigureName {
    /// Whether it shows the data of the options, or one of those does that it stands for.
    fn takes_data(self) -> bool {
        self == Self::All || self.trains()
    }

    /// Whether it needs the training run of the options.
    fn trains(self) -> bool {
        matches!(self, Self::SpectrumHistogram | Self::LearnedModes | Self::SpectrumLogLog)
    }

    /// Whether it simulates machines that learn clusters.
    fn simulates_clusters(self) -> bool {
        matches!(self, Self::TheoryVsSimulation | Self::Trajectory | Self::Closures)
    }

    /// What draws it; nothing draws all of them.
    fn draw(self) -> Option<Draw> {
        Some(match self {
            Self::All => return None,
            Self::LinearDynamics => linear_dynamics::draw,
            Self::SpectrumHistogram => spectrum_histogram::draw,
            Self::LearnedModes => learned_modes::draw,
            Self::SpectrumLogLog => spectrum_log_log::draw,
            Self::PhaseDiagrams => phase_diagrams::one_mode,
            Self::TheoryVsSimulation => theory_vs_simulation::draw,
            Self::StableStates => stable_states::draw,
            Self::Trajectory => trajectory::draw,
            Self::Closures => closures::draw,
            Self::Averages => averages::draw,
            Self::Metastability => phase_diagrams::metastability,
            Self::Digits => digits::draw,
            Self::Training => training::draw,
            Self::Learning => learning::draw,
        })
    }
}

/// Everything that the figures of one invocation share.
struct Gallery<'a> {
    common: &'a Common,
    options: FigureOptions,
    destination: Destination,
    /// Data and training runs, made when a figure first asks for them.
    runs: Runs,
    /// What the figures drawn so far claim.
    claims: Vec<Claim>,
}

impl FigureOptions {
    /// Refuses data where a figure makes its own.
    fn check(&self) -> Result<(), CliError> {
        let name = self.name.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned());
        if self.data.data != DEFAULT_DATA && !self.name.takes_data() {
            return Err(CliError::Input(format!(
                "figure {name} draws its own data and takes no --data (\"{}\"): spectrum-histogram, spectrum-log-log, learned-modes and all do",
                self.data.data
            )));
        }
        Ok(())
    }

    pub fn execute(self, common: &Common) -> Result<(), CliError> {
        self.check()?;
        let destination = Destination::new(common, DEFAULT_FOLDER)?;
        let mut gallery = Gallery { common, options: self, destination, runs: Runs::default(), claims: Vec::new() };
        let names: &[FigureName] = match gallery.options.name {
            FigureName::All => FigureName::value_variants(),
            ref one => &[*one],
        };
        // What cannot be is refused before the first figure is written.
        if names.iter().any(|name| name.trains()) {
            gallery.check_training()?;
        }
        if names.iter().any(|name| name.simulates_clusters()) {
            gallery.check_clusters()?;
        }
        for draw in names.iter().filter_map(|name| name.draw()) {
            draw(&mut gallery)?;
        }
        let loaded = gallery.runs.data().map(|data| gallery.options.data.report(data));
        let Gallery { options, mut destination, claims, .. } = gallery;
        claims::write(
            &mut destination,
            &claims,
            &format!("What the figures claim, on the data \"{}\".", options.data.data),
        )?;
        destination.write_run(common, "figure", &options)?;
        match common.format {
            Format::Json => {
                let summary = serde_json::json!({
                    "data": loaded, "files": destination.written(), "timings": destination.timings(), "claims": claims
                });
                report::print(&report::json(&summary));
            }
            Format::Table => {
                let loaded = loaded.map_or(String::new(), |loaded| loaded.text());
                report::print(&(loaded + &claims::text(&claims) + &destination.summary()));
            }
        }
        Ok(())
    }
}
