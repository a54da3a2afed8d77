//! The command line: one file a command, each a thin layer over the library.
//!
//! A command parses its options, calls the library, and hands the result to `report`. Exit status: 0 done, 1 the result
//! could not be had, 2 bad input or usage; errors are one line on stderr.

mod average;
mod budget;
mod compare;
mod compare_report;
mod compare_runs;
mod compare_verdict;
mod data;
mod destination;
mod figure;
mod figures;
mod ignored;
mod inspect;
mod inspect_figures;
mod inspect_report;
mod learn;
mod learn_components;
mod mnist;
mod model;
mod options;
mod phase_diagram;
mod progress;
mod report;
mod run;
mod sample;
mod solve;
mod spectrum;
mod train;

use crate::data::DataError;
use crate::figure::FigureError;
use crate::rbm::{ModelError, RbmError};
use crate::simulation::SimulationError;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use options::Common;
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

#[derive(Debug, Subcommand)]
enum Command {
    Solve(solve::Solve),
    PhaseDiagram(phase_diagram::PhaseDiagramOptions),
    Average(average::Average),
    Learn(learn::LearnOptions),
    Compare(compare::CompareOptions),
    Train(train::TrainOptions),
    Sample(sample::SampleOptions),
    Spectrum(spectrum::SpectrumOptions),
    Inspect(inspect::InspectOptions),
    Mnist(mnist::Mnist),
    Figure(figure::FigureOptions),
    Run(run::Run),
}

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// Bad input or usage: exit status 2.
    #[error("{0}")]
    Input(String),
    /// The result could not be had: exit status 1.
    #[error("{0}")]
    Failed(String),
}

impl From<crate::Error> for CliError {
    fn from(error: crate::Error) -> Self {
        match error {
            // An integration that cannot go on, not input that was wrong.
            crate::Error::Divergent
            | crate::Error::Step { .. }
            | crate::Error::Unsolved { .. }
            | crate::Error::NoConvergence { .. } => CliError::Failed(error.to_string()),
            _ => CliError::Input(error.to_string()),
        }
    }
}

impl From<DataError> for CliError {
    fn from(error: DataError) -> Self {
        CliError::Input(error.to_string())
    }
}

impl From<RbmError> for CliError {
    fn from(error: RbmError) -> Self {
        match error {
            // Training that diverged, not input that was wrong.
            RbmError::NotFinite { .. } => CliError::Failed(error.to_string()),
            _ => CliError::Input(error.to_string()),
        }
    }
}

impl From<ModelError> for CliError {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Write { .. } => CliError::Failed(error.to_string()),
            _ => CliError::Input(error.to_string()),
        }
    }
}

impl From<SimulationError> for CliError {
    fn from(error: SimulationError) -> Self {
        match error {
            SimulationError::Training(error) => error.into(),
            SimulationError::Spectrum(error) => error.into(),
            SimulationError::Model(error) => error.into(),
            SimulationError::Data(error) => error.into(),
            SimulationError::Folder { .. } => CliError::Failed(error.to_string()),
            SimulationError::Foreign { .. } => CliError::Input(error.to_string()),
        }
    }
}

impl From<FigureError> for CliError {
    fn from(error: FigureError) -> Self {
        CliError::Failed(error.to_string())
    }
}

impl CliError {
    fn status(&self) -> ExitCode {
        ExitCode::from(match self {
            CliError::Input(_) => 2,
            CliError::Failed(_) => 1,
        })
    }
}

/// Runs the program on the process's arguments.
pub fn main() -> ExitCode {
    let parsed = Cli::command().try_get_matches().and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(cli) => cli,
        Err(error) if !error.use_stderr() => {
            report::print(&error.render().to_string());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{}", one_line(&error));
            return ExitCode::from(2);
        }
    };
    // Products are made in parallel where this crate says so, in parts that do not depend on the number of threads.
    faer::set_global_parallelism(faer::Par::Seq);
    let ready = ignored::refuse(&matches).and_then(|()| cli.common.start_threads());
    let outcome = ready.and_then(|()| match cli.command {
        Command::Solve(command) => command.execute(&cli.common),
        Command::PhaseDiagram(command) => command.execute(&cli.common),
        Command::Average(command) => command.execute(&cli.common),
        Command::Learn(command) => command.execute(&cli.common),
        Command::Compare(command) => command.execute(&cli.common),
        Command::Train(command) => command.execute(&cli.common),
        Command::Sample(command) => command.execute(&cli.common),
        Command::Spectrum(command) => command.execute(&cli.common),
        Command::Inspect(command) => command.execute(&cli.common),
        Command::Mnist(command) => command.execute(&cli.common),
        Command::Figure(command) => command.execute(&cli.common),
        Command::Run(command) => command.execute(&cli.common),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            error.status()
        }
    }
}

/// A usage error without the usage: its first sentence, the tip if there is one, and where to read on.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let told = |line: &&str| !line.is_empty() && !line.starts_with("For more information");
    let message: Vec<&str> =
        text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:")).filter(told).collect();
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "error: a command is needed: solve, phase-diagram, average, learn, compare, train, sample, spectrum, inspect, mnist, figure or run (see --help)".to_owned();
    }
    format!("{} (see --help)", message.join(" "))
}
