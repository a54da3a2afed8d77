//! Refuses options that a command would ignore because of another option, or for want of one.

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

/// Options of some commands that count only with certain others.
struct Idle {
    commands: &'static [&'static str],
    options: &'static [&'static str],
    counts: fn(&Given) -> bool,
    /// When they do not count.
    when: &'static str,
}

/// Commands that learn from data.
const LEARNING: &[&str] = &["learn", "compare", "train"];
/// Commands with data.
const WITH_DATA: &[&str] = &["learn", "compare", "train", "sample", "inspect", "figure"];
/// Options of data other than the number of samples.
const OF_DATA: &[&str] = &[
    "data",
    "visible",
    "amplitudes",
    "balance",
    "prior_u",
    "variances",
    "data_seed",
    "binarization",
    "threshold",
    "transpose",
    "no_weights",
    "label_column",
    "missing",
];
/// Options of mean-field chains.
const OF_CHAINS: &[&str] = &["mean_field_chains", "mean_field_iterations", "correction"];
/// Figures of machines that learn the given data.
const TRAINED: &[&str] = &["all", "spectrum-histogram", "learned-modes", "spectrum-log-log"];
/// Figures of machines that learn clusters.
const CLUSTERED: &[&str] = &["theory-vs-simulation", "trajectory", "closures"];

const IDLE: &[Idle] = &[
    Idle {
        commands: LEARNING,
        options: &["hidden", "init_std", "visible_init"],
        counts: |given| !given.has("init"),
        when: "beside --init: the machine is that of the file",
    },
    Idle {
        commands: &["sample"],
        options: OF_DATA,
        counts: |given| given.has("likelihood") || given.has("from_data"),
        when: "without --likelihood or --from-data, which alone need data",
    },
    Idle {
        commands: &["sample"],
        options: &["samples"],
        counts: |given| given.has("likelihood") || given.has("from_data"),
        when: "without --likelihood or --from-data, which alone need data; --chains is the number of samples drawn",
    },
    Idle {
        commands: &["sample"],
        options: &["temperatures"],
        counts: |given| given.has("likelihood"),
        when: "without --likelihood",
    },
    Idle {
        commands: &["figure"],
        options: OF_DATA,
        counts: |given| given.is("name", TRAINED),
        when: "by this figure, which draws its own data: spectrum-histogram, spectrum-log-log, learned-modes and all take data",
    },
    Idle {
        commands: &["figure"],
        options: &["samples"],
        counts: |given| given.is("name", TRAINED) || given.is("name", CLUSTERED),
        when: "by this figure, which has its own number",
    },
    Idle {
        commands: &["figure"],
        options: &["hidden", "epochs", "batch_size"],
        counts: |given| given.is("name", TRAINED),
        when: "by this figure: spectrum-histogram, spectrum-log-log, learned-modes and all train a machine",
    },
    Idle {
        commands: WITH_DATA,
        options: &["visible"],
        counts: |given| given.is("data", &["clusters", "ellipsoid"]),
        when: "with these data: it is for --data clusters and ellipsoid",
    },
    Idle {
        commands: WITH_DATA,
        options: &["amplitudes", "balance"],
        counts: |given| given.is("data", &["clusters"]),
        when: "with these data: it is for --data clusters",
    },
    Idle {
        commands: WITH_DATA,
        options: &["variances"],
        counts: |given| given.is("data", &["ellipsoid"]),
        when: "with these data: it is for --data ellipsoid",
    },
    Idle {
        commands: WITH_DATA,
        options: &["data_seed"],
        counts: |given| !given.is("data", &["mnist"]) || given.is("binarization", &["stochastic"]),
        when: "with these data, which are not drawn",
    },
    Idle {
        commands: &["compare", "train", "sample", "inspect", "figure"],
        options: &["prior_u"],
        counts: |given| given.is("data", &["clusters"]),
        when: "with these data: it is for --data clusters",
    },
    Idle {
        commands: &["learn"],
        options: &["prior_u"],
        counts: |given| {
            given.is("data", &["clusters"])
                || given.is("closure", &["fixed-prior"]) && !given.is("response", &["gaussian"])
        },
        when: "with these data: it is for --data clusters, and for --response mean-field and finite-size",
    },
    Idle {
        commands: LEARNING,
        options: &["visible_init"],
        counts: |given| !given.is("data", &["ellipsoid"]),
        when: "with data that are not ±1",
    },
    Idle {
        commands: &["compare", "train"],
        options: &["visible_init", "algorithm", "gibbs_steps", "chains"],
        counts: |given| given.is("units", &["ising"]),
        when: "by --units gaussian, which have neither fields nor chains",
    },
    Idle {
        commands: &["train"],
        options: &["sigma_v", "sigma_h"],
        counts: |given| given.is("units", &["gaussian"]),
        when: "by ±1 units: it is for --units gaussian",
    },
    Idle {
        commands: &["train"],
        options: &["chains"],
        counts: |given| given.is("algorithm", &["pcd"]),
        when: "without --algorithm pcd, which alone has persistent chains",
    },
    Idle {
        commands: &["train"],
        options: &["gibbs_steps"],
        counts: |given| !given.is("algorithm", &["exact"]),
        when: "by --algorithm exact, which has no chains",
    },
    Idle {
        commands: &["compare"],
        options: &["chains"],
        counts: |given| !given.is("algorithm", &["cd"]),
        when: "by --algorithm cd, which has no persistent chains",
    },
    Idle {
        commands: &["learn"],
        options: &["modes", "noise"],
        counts: |given| !given.is("closure", &["cd"]),
        when: "by --closure cd, which passes through all sites",
    },
    Idle {
        commands: &["learn"],
        options: &["gibbs_steps"],
        counts: |given| given.is("closure", &["cd"]),
        when: "without --closure cd, which alone has sweeps",
    },
    Idle {
        commands: &["learn"],
        options: &["response", "prior_v"],
        counts: |given| given.is("closure", &["fixed-prior"]),
        when: "without --closure fixed-prior",
    },
    Idle {
        commands: &["learn"],
        options: &["noise"],
        counts: |given| !given.is("closure", &["linear", "linear-ising"]),
        when: "by linear closures",
    },
    Idle {
        commands: &["learn"],
        options: OF_CHAINS,
        counts: |given| given.is("closure", &["chains"]),
        when: "without --closure chains",
    },
    Idle {
        commands: &["learn"],
        options: &["rtol", "atol"],
        counts: |given| given.is_zero("learning_rate"),
        when: "beside --learning-rate: the steps of the map have no error",
    },
    Idle {
        commands: &["compare"],
        options: &["response", "prior_v"],
        counts: |given| given.follows(&["fixed-prior"]),
        when: "by these theories: it is for fixed-prior in --closures",
    },
    Idle {
        commands: &["compare"],
        options: &["noise"],
        counts: |given| given.follows(&["fixed-prior", "population"]) || given.is("closures", &["chains"]),
        when: "by linear theories",
    },
    Idle {
        commands: &["compare"],
        options: &["resolved"],
        counts: |given| given.follows(&["population"]),
        when: "by these theories: it is for population in --closures",
    },
    Idle {
        commands: &["compare"],
        options: OF_CHAINS,
        counts: |given| given.is("closures", &["chains"]),
        when: "by these theories: it is for chains in --closures",
    },
    Idle {
        commands: &["solve", "phase-diagram"],
        options: &["prior"],
        counts: |given| !(given.has("prior_u") && given.has("prior_v")),
        when: "beside --prior-u and --prior-v",
    },
    Idle {
        commands: &["average"],
        options: &["prior"],
        counts: |given| !given.has("x") && !given.starts_with("function", "v"),
        when: "by averages over a normal field: leave out --x, and choose another function than V and V-prime",
    },
    Idle { commands: &["mnist"], options: &["out"], counts: |_| false, when: "by this command, which writes nothing" },
    Idle { commands: &["mnist fetch"], options: &["out"], counts: |given| !given.has("dir"), when: "beside --dir" },
];

/// The options of a command as given on the command line.
struct Given<'a>(&'a ArgMatches);

impl Given<'_> {
    fn has(&self, option: &str) -> bool {
        self.0.value_source(option) == Some(ValueSource::CommandLine)
    }

    /// Whether one of the option's values, given or default, is one of these.
    fn is(&self, option: &str, values: &[&str]) -> bool {
        self.values(option).any(|value| values.contains(&value))
    }

    fn is_zero(&self, option: &str) -> bool {
        self.values(option).all(|value| value.parse() == Ok(0.0))
    }

    fn starts_with(&self, option: &str, start: &str) -> bool {
        self.values(option).all(|value| value.to_lowercase().starts_with(start))
    }

    fn values(&self, option: &str) -> impl Iterator<Item = &str> {
        self.0.get_raw(option).into_iter().flatten().filter_map(|value| value.to_str())
    }

    /// Whether `compare` follows one of these theories of its default ones, those of ±1 units.
    fn follows(&self, theories: &[&str]) -> bool {
        if self.has("closures") { self.is("closures", theories) } else { self.is("units", &["ising"]) }
    }
}

/// Refuses options given on the command line that would be ignored.
pub(super) fn refuse(matches: &ArgMatches, program: &Command) -> Result<(), CliError> {
    let mut program = program.clone();
    program.build();
    let (mut name, mut command, mut matches) = (String::new(), &program, matches);
    while let Some((next, given)) = matches.subcommand() {
        let Some(inner) = command.find_subcommand(next) else { return Ok(()) };
        name = format!("{name} {next}").trim_start().to_owned();
        (command, matches) = (inner, given);
    }
    let given = Given(matches);
    let ignored = settled(&name, command, &given).or_else(|| idle(&name, &given));
    let Some((option, why)) = ignored else { return Ok(()) };
    let long = command
        .get_arguments()
        .find(|argument| argument.get_id().as_str() == option)
        .and_then(|found| found.get_long());
    Err(CliError::Input(format!("--{} would be ignored {why}", long.unwrap_or(&option))))
}

/// An option that is given and ignored, and why.
type Ignored = Option<(String, String)>;

/// An option whose value comes from a file.
fn settled(name: &str, command: &Command, given: &Given) -> Ignored {
    let settled = SETTLING_OPTIONS.iter().find(|one| one.command == name && one.by.is_none_or(|by| given.has(by)))?;
    let Settled { by, counting, why, .. } = settled;
    let ignored = |id: &str| {
        !matches!(id, "help" | "version") && by.is_none_or(|by| by != id) && !counting.contains(&id) && given.has(id)
    };
    let option = command.get_arguments().map(|argument| argument.get_id().as_str()).find(|id| ignored(id))?;
    let beside = by.map_or(name.to_owned(), |by| format!("--{by}"));
    Some((option.to_owned(), format!("beside {beside}: {why}")))
}

/// An option that counts only with others.
fn idle(name: &str, given: &Given) -> Ignored {
    IDLE.iter().filter(|idle| idle.commands.contains(&name) && !(idle.counts)(given)).find_map(|idle| {
        let option = idle.options.iter().find(|option| given.has(option))?;
        Some(((*option).to_owned(), idle.when.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::program::Cli;
    use clap::CommandFactory;

    /// Names in the tables are those of commands and options.
    #[test]
    fn commands_and_options_exist() {
        let mut program = Cli::command();
        program.build();
        let named = |path: &str| path.split(' ').fold(&program, |command, name| command.find_subcommand(name).unwrap());
        let check = |path: &str, options: &[&str]| {
            for option in options {
                assert!(named(path).get_arguments().any(|argument| argument.get_id() == option), "{path}: {option}");
            }
        };
        for settled in &SETTLING_OPTIONS {
            check(settled.command, settled.counting);
            check(settled.command, settled.by.as_slice());
        }
        for idle in IDLE {
            for command in idle.commands {
                check(command, idle.options);
            }
        }
    }

    fn refused(line: &str) -> Option<String> {
        let words = std::iter::once("spectral-rbm").chain(line.split(' '));
        let matches = Cli::command().try_get_matches_from(words).unwrap();
        refuse(&matches, &Cli::command()).err().map(|error| error.to_string())
    }

    #[test]
    fn an_option_that_would_be_ignored_is_named() {
        for (line, option) in [
            ("train --init a.h5 --hidden 5", "--hidden"),
            ("learn --init a.h5 --init-std 0.1", "--init-std"),
            ("compare --init a.h5 --visible-init null", "--visible-init"),
            ("sample --data mnist", "--data"),
            ("sample --samples 5", "--samples"),
            ("sample --data-seed 5", "--data-seed"),
            ("sample --temperatures 10", "--temperatures"),
            ("sample --from-data --temperatures 10", "--temperatures"),
            ("figure phase-diagrams --epochs 3", "--epochs"),
            ("figure closures --data mnist", "--data"),
            ("figure learning --samples 3", "--samples"),
            ("train --visible 12", "--visible"),
            ("train --data mnist --amplitudes 0.5", "--amplitudes"),
            ("compare --variances 4", "--variances"),
            ("learn --data mnist --data-seed 3", "--data-seed"),
            ("learn --data mnist --prior-u uniform", "--prior-u"),
            ("train --data a.csv --prior-u uniform", "--prior-u"),
            ("learn --closure linear --data ellipsoid --visible-init null", "--visible-init"),
            ("train --units gaussian --gibbs-steps 3", "--gibbs-steps"),
            ("compare --units gaussian --algorithm cd", "--algorithm"),
            ("train --sigma-v 2", "--sigma-v"),
            ("train --algorithm cd --chains 20", "--chains"),
            ("train --algorithm exact --gibbs-steps 3", "--gibbs-steps"),
            ("compare --algorithm cd --chains 20", "--chains"),
            ("learn --closure population --response gaussian", "--response"),
            ("learn --closure linear --noise fixed", "--noise"),
            ("learn --correction none", "--correction"),
            ("learn --learning-rate 0.01 --rtol 1e-3", "--rtol"),
            ("compare --closures population --response gaussian", "--response"),
            ("compare --units gaussian --noise none", "--noise"),
            ("compare --closures fixed-prior,chains --resolved sites", "--resolved"),
            ("compare --mean-field-chains 5", "--mean-field-chains"),
            ("solve --prior uniform --prior-u laplace --prior-v laplace", "--prior"),
            ("average --prior laplace", "--prior"),
            ("average tanh --x 1 --prior laplace", "--prior"),
            ("mnist --out a", "--out"),
            ("mnist --out a fetch --dir b", "--out"),
            ("train --resume a --seed 3", "--seed"),
            ("run a --seed 3", "--seed"),
        ] {
            let said = refused(line).unwrap_or_else(|| panic!("{line}: not refused"));
            assert!(said.starts_with(&format!("{option} would be ignored ")) && !said.contains('\n'), "{line}: {said}");
        }
    }

    #[test]
    fn options_that_count_are_taken() {
        for line in [
            "train --init a.h5 --updates 3",
            "train --hidden 5 --init-std 0.1 --visible-init null",
            "sample --likelihood --data mnist --temperatures 10",
            "sample --from-data --data clusters --visible 12",
            "figure spectrum-histogram --data clusters --visible 12 --hidden 5 --epochs 1 --batch-size 3",
            "figure closures --samples 1000 --quick",
            "compare --visible 12 --amplitudes 0.5,0.4 --balance 0.5,0.5 --prior-u uniform",
            "learn --data ellipsoid --closure linear --visible 12 --variances 3 --data-seed 3",
            "learn --data mnist --prior-u uniform --response mean-field",
            "learn --data mnist --binarization stochastic --data-seed 3",
            "learn --closure chains --correction none --noise fixed --rtol 1e-3",
            "learn --learning-rate 0 --rtol 1e-3 --prior-v uniform --response finite-size",
            "train --algorithm pcd --chains 20 --gibbs-steps 3",
            "train --units gaussian --sigma-v 2 --sigma-h 2 --data ellipsoid",
            "compare --chains 20 --gibbs-steps 3 --response gaussian --noise none --resolved sites --prior-v uniform",
            "compare --closures linear-ising,chains --noise none --mean-field-chains 5",
            "solve --prior uniform --prior-u laplace",
            "average sech2 --prior laplace",
            "mnist --out a fetch",
            "train --resume a --updates 3",
            "compare --simulation a b --closures population --resolved sites",
            "run a --out b",
        ] {
            assert_eq!(refused(line), None, "{line}");
        }
    }
}
