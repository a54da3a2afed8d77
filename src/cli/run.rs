//! `run`: repeats the command in a `run.toml`.

use super::destination::RunFile;
use super::error::CliError;
use super::options::Common;
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
    /// The file with its path, and the options that the command is repeated with; `None` if none is given and the `default` is not
    /// there.
    pub fn read(self, common: &Common, default: PathBuf) -> Result<Option<(RunFile, PathBuf, Common)>, CliError> {
        if self.file.is_none() && !default.exists() {
            return Ok(None);
        }
        let (file, path) = RunFile::read(&self.file.unwrap_or(default))?;
        let out = common.out.clone().or_else(|| path.parent().map(PathBuf::from));
        let common = Common { out, seed: file.seed, ..common.clone() };
        Ok(Some((file, path, common)))
    }
}
