//! `run`: repeats the command that a `run.toml` holds.

use super::destination::RunFile;
use super::options::Common;
use super::{CliError, average, figure, phase_diagram, solve};
use clap::Args;
use serde::de::DeserializeOwned;
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
            "solve" => options::<solve::Solve>(file)?.execute(&common),
            "phase-diagram" => options::<phase_diagram::PhaseDiagramOptions>(file)?.execute(&common),
            "average" => options::<average::Average>(file)?.execute(&common),
            "figure" => options::<figure::FigureOptions>(file)?.execute(&common),
            other => {
                let known = "solve, phase-diagram, average and figure";
                Err(CliError::Input(format!(
                    "{}: unknown command \"{other}\": {known} can be repeated",
                    path.display()
                )))
            }
        }
    }
}

fn options<T: DeserializeOwned>(file: RunFile) -> Result<T, CliError> {
    let command = file.command;
    file.options.try_into().map_err(|error: toml::de::Error| {
        let reason = error.message().lines().next().unwrap_or_default().to_owned();
        CliError::Input(format!("the options of {command} cannot be read: {reason}"))
    })
}
