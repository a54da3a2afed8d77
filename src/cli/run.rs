//! `run`: repeats the command in a `run.toml`.

use super::destination::RunFile;
use super::error::CliError;
use super::options::Common;
use super::{average, compare, figure, inspect, learn, phase_diagram, sample, solve, spectrum, train};
use clap::Args;
use std::path::PathBuf;

/// Repeat the command that a run.toml holds, with the same result.
///
/// Writes into the folder of the file, or into --out. The seed is the file's.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  spectral-rbm run results/phase-diagram/run.toml --out results/again")]
pub(super) struct Run {
    /// A run.toml, or the folder it lies in [default: results/phase-diagram, run with default options if it is not there]
    file: Option<PathBuf>,
}

impl Run {
    pub fn execute(self, common: &Common) -> Result<(), CliError> {
        let default = PathBuf::from(phase_diagram::DEFAULT_FOLDER);
        if self.file.is_none() && !default.exists() {
            return phase_diagram::PhaseDiagramOptions::defaults().execute(common);
        }
        let (file, path) = RunFile::read(&self.file.unwrap_or(default))?;
        let out = common.out.clone().or_else(|| path.parent().map(PathBuf::from));
        let common = Common { out, seed: file.seed, ..common.clone() };
        match file.command.as_str() {
            "solve" => file.options::<solve::Solve>()?.execute(&common),
            "phase-diagram" => file.options::<phase_diagram::PhaseDiagramOptions>()?.execute(&common),
            "average" => file.options::<average::Average>()?.execute(&common),
            "figure" => file.options::<figure::FigureOptions>()?.execute(&common),
            "learn" => file.options::<learn::LearnOptions>()?.execute(&common),
            "compare" => file.options::<compare::CompareOptions>()?.execute(&common),
            "train" => file.options::<train::TrainOptions>()?.execute(&common),
            "sample" => file.options::<sample::SampleOptions>()?.execute(&common),
            "inspect" => file.options::<inspect::InspectOptions>()?.execute(&common),
            "spectrum" => file.options::<spectrum::SpectrumOptions>()?.execute(&common),
            other => {
                let known =
                    "solve, phase-diagram, average, figure, learn, compare, train, sample, spectrum and inspect";
                Err(CliError::Input(format!(
                    "{}: unknown command \"{other}\": {known} can be repeated",
                    path.display()
                )))
            }
        }
    }
}
