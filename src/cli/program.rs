//! The program: its commands, and the exit status of an error.

use super::error::one_line;
use super::options::Common;
use super::{ignored, report};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
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
pub(super) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Solve(super::solve::Solve),
    PhaseDiagram(super::phase_diagram::PhaseDiagramOptions),
    Average(super::average::Average),
    Learn(super::learn::LearnOptions),
    Compare(super::compare_options::CompareOptions),
    Train(super::train::TrainOptions),
    Sample(super::sample::SampleOptions),
    Spectrum(super::spectrum::SpectrumOptions),
    Inspect(super::inspect::InspectOptions),
    Mnist(super::mnist::Mnist),
    Figure(super::figure::FigureOptions),
    Run(super::run::Run),
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
            eprintln!("{}", one_line(&error));
            return ExitCode::from(2);
        }
    };
    let ready = ignored::refuse(&matches, &Cli::command()).and_then(|()| cli.common.start_threads());
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
