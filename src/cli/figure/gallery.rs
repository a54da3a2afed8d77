//! The options of `figure`, and what the figures of one invocation share.

use super::super::data::DataOptions;
use super::super::destination::Destination;
use super::super::options::Common;
use crate::data::Dataset;
use crate::study::letter::TrainingCourse;
use std::rc::Rc;

use crate::study::letter::Claim;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// Folder used without --out.
pub(super) const DEFAULT_FOLDER: &str = "figures";

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
    #[arg(value_enum, default_value_t)]
    pub(super) name: FigureName,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) data: DataOptions,
    /// Hidden units of the machines that learn the data
    #[arg(long, default_value_t = 400, value_name = "H")]
    pub(super) hidden: usize,
    /// Passes of the letter's machine through the data [default: 100, 20 if quick]
    #[arg(long, allow_negative_numbers = true, value_name = "E")]
    #[serde(default)]
    pub(super) epochs: Option<f64>,
    /// Samples of a batch of the letter's machine [default: 500, or a hundredth of the data if that is less]
    #[arg(long, value_name = "N")]
    #[serde(default)]
    pub(super) batch_size: Option<usize>,
    /// Coarse grids and short runs, for a first look
    #[arg(long)]
    #[serde(default)]
    pub(super) quick: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum FigureName {
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

/// Everything that the figures of one invocation share.
pub(super) struct Gallery<'a> {
    pub(super) common: &'a Common,
    pub(super) options: FigureOptions,
    pub(super) destination: Destination,
    /// Data and training runs, made when a figure first asks for them.
    pub(super) runs: Runs,
    /// Claims of the figures drawn so far.
    pub(super) claims: Vec<Claim>,
}

/// Data and runs made so far.
#[derive(Default)]
pub(super) struct Runs {
    pub(super) data: Option<Rc<Dataset>>,
    pub(super) training: Option<Rc<TrainingCourse>>,
}

impl Runs {
    /// The data, if a figure has asked for them.
    pub fn data(&self) -> Option<&Dataset> {
        self.data.as_deref()
    }
}
