//! `mnist`: where the MNIST digits are, and how to get them.

use super::error::CliError;
use super::options::Common;
use super::{progress, report};
use crate::data::mnist;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The MNIST digits: where they are, or get them.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  spectral-rbm mnist
  spectral-rbm mnist fetch
  spectral-rbm mnist fetch --dir data/mnist")]
pub(super) struct Mnist {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    Fetch(Fetch),
}

/// Download the four files and verify them; a transfer that was broken off goes on.
#[derive(Clone, Debug, Args)]
struct Fetch {
    /// Folder for the files [default: the user's data folder]
    #[arg(long, value_name = "D")]
    dir: Option<PathBuf>,
    /// Address under which the files are
    #[arg(long, default_value = mnist::MIRROR, value_name = "URL")]
    mirror: String,
}

impl Mnist {
    pub fn execute(self, common: &Common) -> Result<(), CliError> {
        let folder = match self.action {
            None => mnist::locate(None).map_err(|error| CliError::Failed(error.to_string()))?,
            Some(Action::Fetch(fetch)) => fetch.execute(common)?,
        };
        let text = || {
            format!(
                "MNIST is in {}
",
                folder.display()
            )
        };
        report::show(common, &serde_json::json!({ "folder": folder }), text);
        Ok(())
    }
}

impl Fetch {
    fn execute(self, common: &Common) -> Result<PathBuf, CliError> {
        let folder = self
            .dir
            .or(common.out.clone())
            .or_else(mnist::default_folder)
            .ok_or_else(|| CliError::Input("there is no home folder to put the files in: give --dir".to_owned()))?;
        let bar = progress::bytes(common);
        let outcome = mnist::fetch(&self.mirror, &folder, &mut |progress| {
            bar.set_message(progress.file.to_owned());
            bar.set_length(progress.total.unwrap_or(progress.done));
            bar.set_position(progress.done);
        });
        bar.finish_and_clear();
        // Files that cannot be fetched are not the user's mistake.
        outcome.map_err(|error| CliError::Failed(error.to_string()))?;
        Ok(folder)
    }
}
