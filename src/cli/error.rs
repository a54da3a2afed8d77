//! Errors that end a command early, and their exit status.

use crate::data::DataError;
use crate::plot::FigureError;
use crate::simulator::machine::{ModelError, RbmError};
use crate::simulator::run::SimulationError;
use crate::study::StudyError;
use std::process::ExitCode;

/// An error that ends a command early.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// Bad input or usage: exit status 2.
    #[error("{0}")]
    Input(String),
    /// The result could not be computed: exit status 1.
    #[error("{0}")]
    Failed(String),
}

impl From<crate::Error> for CliError {
    fn from(error: crate::Error) -> Self {
        match error {
            // An integration that cannot continue is not bad input.
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
            // Training that diverged is not bad input.
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

impl From<StudyError> for CliError {
    fn from(error: StudyError) -> Self {
        match error {
            // The fields of a design are named as the options are.
            StudyError::Choice { field, reason } => CliError::Input(format!("--{} {reason}", field.replace('_', "-"))),
            StudyError::Simulation(error) => error.into(),
            StudyError::Theory(error) => error.into(),
            StudyError::Figure(error) => error.into(),
        }
    }
}

impl From<FigureError> for CliError {
    fn from(error: FigureError) -> Self {
        CliError::Failed(error.to_string())
    }
}

impl CliError {
    pub(super) fn status(&self) -> ExitCode {
        ExitCode::from(match self {
            CliError::Input(_) => 2,
            CliError::Failed(_) => 1,
        })
    }
}

/// A usage error without the usage text: its first sentence, the tip if there is one, and where to read more.
pub(super) fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let told = |line: &&str| !line.is_empty() && !line.starts_with("For more information");
    let message: Vec<&str> =
        text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:")).filter(told).collect();
    format!("{} (see --help)", message.join(" "))
}
