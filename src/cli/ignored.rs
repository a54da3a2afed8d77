//! Refuses options that a command would ignore because of another option.

use super::error::CliError;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

/// An option that takes the settings of a command from a file.
struct Settled {
    command: &'static str,
    /// The option; `None` if the command always does.
    by: Option<&'static str>,
    /// Options that still count.
    counting: &'static [&'static str],
    why: &'static str,
}

const SETTLING_OPTIONS: [Settled; 3] = [
    Settled {
        command: "train",
        by: Some("resume"),
        counting: &["epochs", "updates", "threads", "format", "quiet"],
        why: "a run goes on in its own folder, with its own options and seed; only --epochs or --updates make it longer",
    },
    Settled {
        command: "compare",
        by: Some("simulation"),
        counting: &[
            "out",
            "seed",
            "threads",
            "format",
            "quiet",
            "closures",
            "mean_field_chains",
            "mean_field_iterations",
            "correction",
            "response",
            "noise",
            "prior_v",
            "modes",
            "directions",
            "resolved",
            "batches",
            "flow",
            "record_spacing",
        ],
        why: "data, start and settings of training are those of the runs that are read",
    },
    Settled {
        command: "run",
        by: None,
        counting: &["file", "out", "threads", "format", "quiet"],
        why: "a command is repeated with the seed of its file",
    },
];

/// Refuses options given on the command line that would be ignored.
pub(super) fn refuse(matches: &ArgMatches, program: &Command) -> Result<(), CliError> {
    let Some((name, given)) = matches.subcommand() else { return Ok(()) };
    let on_the_line = |id: &str| given.value_source(id) == Some(ValueSource::CommandLine);
    let settled = SETTLING_OPTIONS.iter().find(|one| one.command == name && one.by.is_none_or(on_the_line));
    let Some(Settled { by, counting, why, .. }) = settled else { return Ok(()) };
    let mut program = program.clone();
    program.build();
    let Some(command) = program.find_subcommand(name) else { return Ok(()) };
    let ignored = |id: &str| by.is_none_or(|by| by != id) && !counting.contains(&id) && on_the_line(id);
    let options = command.get_arguments().filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version"));
    let ignored = options.into_iter().find(|argument| ignored(argument.get_id().as_str()));
    let Some(option) = ignored.and_then(|argument| argument.get_long()) else { return Ok(()) };
    let beside = by.map_or(name.to_owned(), |by| format!("--{by}"));
    Err(CliError::Input(format!("--{option} would be ignored beside {beside}: {why}")))
}
