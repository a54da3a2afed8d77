//! The program: its commands, and the exit status of an error.

use super::error::{CliError, one_line};
use super::options::{Common, defaults};
use super::run::Run;
use super::{ignored, report};
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use serde::Deserialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Theory of restricted Boltzmann machines: saddle points and phase diagrams of the RBM ensemble.
///
/// Equations: docs/theory.md. Every command runs without arguments.
#[derive(Debug, Parser)]
#[command(name = "spectral-rbm", version, max_term_width = 110)]
#[command(after_help = "Examples:
  spectral-rbm phase-diagram --prior bernoulli --out results/bernoulli
  spectral-rbm solve --modes 1.5,1.3 --sigma 0.5 --prior bernoulli --format json
  spectral-rbm average V --x 0.5,10,1e6
  spectral-rbm run results/bernoulli/run.toml --out results/again")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

macro_rules! commands {
    ($($(#[$attribute:meta])* $command:ident($options:ty),)*) => {
        /// What the program does.
        #[derive(Debug, Subcommand, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Command { $($(#[$attribute])* $command($options),)* }

        impl Command {
            fn execute(self, common: &Common) -> Result<(), CliError> {
                match self { $(Self::$command(command) => command.execute(common),)* }
            }
        }
    };
}

// What is skipped cannot be repeated from a file.
commands! {
    Solve(super::solve::Solve),
    PhaseDiagram(super::phase_diagram::PhaseDiagramOptions),
    Average(super::average::Average),
    Learn(super::learn::LearnOptions),
    Compare(super::compare::CompareOptions),
    Train(super::train::TrainOptions),
    Sample(super::sample::SampleOptions),
    Spectrum(super::spectrum::SpectrumOptions),
    Inspect(super::inspect::InspectOptions),
    #[serde(skip)]
    Mnist(super::mnist::Mnist),
    Figure(super::figure::FigureOptions),
    #[serde(skip)]
    Run(Run),
}

/// Names of the commands.
fn names() -> Vec<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

impl Run {
    fn execute(self, common: &Common) -> Result<(), CliError> {
        let default = PathBuf::from(super::phase_diagram::DEFAULT_FOLDER);
        let Some((file, path, common)) = self.read(common, default)? else {
            return defaults::<super::phase_diagram::PhaseDiagramOptions>().execute(common);
        };
        let name = file.command.clone();
        let repeated: Vec<String> = names().into_iter().filter(|name| name != "mnist" && name != "run").collect();
        if !repeated.contains(&name) {
            let message =
                format!("{}: unknown command \"{name}\": {} can be repeated", path.display(), and(&repeated, "and"));
            return Err(CliError::Input(message));
        }
        file.tagged::<Command>()?.execute(&common)
    }
}

/// A list in a sentence.
fn and(words: &[String], last: &str) -> String {
    match words {
        [all @ .., end] if !all.is_empty() => format!("{} {last} {end}", all.join(", ")),
        _ => words.concat(),
    }
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let parsed = Cli::command().try_get_matches().and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            report::print(&error.render().to_string());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
                eprintln!("error: a command is needed: {} (see --help)", and(&names(), "or"));
            } else {
                eprintln!("{}", one_line(&error));
            }
            return ExitCode::from(2);
        }
    };
    let ready = ignored::refuse(&matches, &Cli::command()).and_then(|()| cli.common.start_threads());
    let outcome = ready.and_then(|()| cli.command.execute(&cli.common));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            error.status()
        }
    }
}
