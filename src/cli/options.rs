//! Options shared by the commands.

use super::error::CliError;
use crate::Prior;
use crate::simulator::machine::Units;
use crate::theory::average::Backend;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::str::FromStr;

/// Largest number of threads: more than any machine has cores.
const MAX_THREADS: usize = 1024;

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(super) struct Common {
    /// Folder for files; made if it does not exist
    #[arg(long, global = true, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, global = true, default_value_t = 0, value_name = "N", allow_negative_numbers = true)]
    pub seed: u64,
    /// Threads to use [default: all cores]; results do not depend on it
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true)]
    pub threads: Option<usize>,
    /// What is printed: a table for people, or JSON for programs
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// No progress and no notes
    #[arg(long, global = true)]
    pub quiet: bool,
}

impl Common {
    /// Sets up the pool that parallel computations run on.
    pub fn start_threads(&self) -> Result<(), CliError> {
        let Some(threads) = self.threads else { return Ok(()) };
        if !(1..=MAX_THREADS).contains(&threads) {
            return Err(CliError::Input(format!("--threads is {threads}: choose between 1 and {MAX_THREADS}")));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|error| CliError::Failed(format!("cannot start {threads} threads: {error}")))
    }
}

/// Options of a command without arguments.
pub(super) fn defaults<T: Args>() -> T {
    let matches = T::augment_args(clap::Command::new("defaults")).get_matches_from(["defaults"]);
    T::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Format of the printed result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Table,
    Json,
}

/// Name of a backend; the number of nodes follows from the number of modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum BackendName {
    /// Characteristic functions: any number of modes
    #[default]
    Fourier,
    /// The textbook tensor product, for up to three modes
    Hermite,
}

impl BackendName {
    /// Error of the hermite backend above which the user gets a note.
    pub const NOTABLE_ERROR: f64 = 1e-8;

    /// The backend for this number of modes under these laws.
    pub fn resolve(self, priors: [&Prior; 2], modes: usize) -> Backend {
        match self {
            BackendName::Fourier => Backend::Fourier,
            BackendName::Hermite => {
                let harder = priors.into_iter().find(|prior| **prior != Prior::Gaussian).unwrap_or(priors[0]);
                Backend::hermite_for(harder, modes)
            }
        }
    }
}

/// Units of machines that are trained.
pub(super) const TRAINED_UNITS: [Units; 2] = [Units::Ising, Units::Gaussian];

/// Reads such units from a file.
pub(super) fn trained<'de, D: serde::Deserializer<'de>>(file: D) -> Result<Units, D::Error> {
    let units = Units::deserialize(file)?;
    let known = TRAINED_UNITS.contains(&units).then_some(units);
    known.ok_or_else(|| serde::de::Error::custom("units of trained machines are ising or gaussian"))
}

/// Reads an option that takes some of the values of an enum.
pub(super) fn one_of<T: ValueEnum + Send + Sync + 'static>(values: &[T]) -> impl TypedValueParser<Value = T> {
    let names: Vec<PossibleValue> = values.iter().filter_map(T::to_possible_value).collect();
    PossibleValuesParser::new(names).try_map(|name| T::from_str(&name, false))
}

/// Laws of û and v̂.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(super) struct PriorOptions {
    /// Law of the components of both sides: gaussian, uniform, bernoulli or laplace
    #[arg(long, default_value = "gaussian", value_name = "PRIOR")]
    pub prior: Prior,
    /// Law of the visible components û, if it differs
    #[arg(long, value_name = "PRIOR")]
    pub prior_u: Option<Prior>,
    /// Law of the hidden components v̂, if it differs
    #[arg(long, value_name = "PRIOR")]
    pub prior_v: Option<Prior>,
}

impl PriorOptions {
    /// The laws of û and v̂; an omitted law is that of `--prior`.
    pub fn resolve(&mut self) -> (Prior, Prior) {
        let prior_u = self.prior_u.get_or_insert_with(|| self.prior.clone()).clone();
        let prior_v = self.prior_v.get_or_insert_with(|| self.prior.clone()).clone();
        (prior_u, prior_v)
    }
}

/// An interval, written low:high.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct AxisRange {
    pub low: f64,
    pub high: f64,
}

impl FromStr for AxisRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = |part: &str| part.trim().parse::<f64>().map_err(|_| format!("\"{part}\" is not a number"));
        let (low, high) = text.split_once(':').ok_or("an interval is written low:high, for instance 0:2")?;
        let (low, high) = (parse(low)?, parse(high)?);
        if !(low.is_finite() && high.is_finite() && 0.0 <= low && low < high) {
            return Err("an interval runs from a number that is not negative to a larger one".to_owned());
        }
        Ok(Self { low, high })
    }
}

impl TryFrom<String> for AxisRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<AxisRange> for String {
    fn from(interval: AxisRange) -> Self {
        format!("{}:{}", interval.low, interval.high)
    }
}

impl AxisRange {
    /// Equally spaced points, including both ends.
    pub fn points(&self, count: usize) -> Vec<f64> {
        let step = |n: usize| n as f64 / (count - 1) as f64;
        (0..count).map(|n| self.low + (self.high - self.low) * step(n)).collect()
    }
}
