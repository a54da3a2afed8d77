//! Random command lines. The options are read from the program's own help, so that none is missing.

use proptest::prelude::*;
use proptest::sample::select;
use std::process::Command;

/// A command, its positional arguments, and options that keep it small.
struct Form {
    weight: u32,
    words: &'static [&'static str],
    /// Possible values of each positional argument.
    positional: &'static [&'static [&'static str]],
    small: &'static [(&'static str, &'static str)],
}

const MODELS: &[&str] = &[
    "seeds/run",
    "seeds/run/model.h5",
    "seeds/ising.npz",
    "seeds/newest.h5",
    "seeds/torchrbm.h5",
    "seeds/rbms-0.6.0-ising.h5",
    "seeds/bgrbm.h5",
    "seeds/strong.npz",
    "seeds/huge.npz",
    "seeds/flat.npz",
    "seeds/u1.npy",
    "seeds",
    "/dev/null",
    "/dev/zero",
    "missing",
    "",
];

const FUNCTIONS: &[&str] = &["V", "V-prime", "tanh", "sech2", "sech4", "tanh-sech2", "log2cosh", "sinh", ""];

const FIGURES: &[&str] = &[
    "spectrum-histogram",
    "learned-modes",
    "spectrum-log-log",
    "trajectory",
    "theory-vs-simulation",
    "closures",
    "digits",
    "training",
    "learning",
    "linear-dynamics",
];

const RUNS: &[&str] = &[
    "seeds/run",
    "seeds/solve",
    "seeds/learn/run.toml",
    "seeds/compare",
    "seeds/diagram",
    "seeds/average",
    "seeds/sample",
    "seeds/inspect",
    "seeds/spectrum",
    "seeds/signs.csv",
    "/dev/null",
    "/dev/zero",
    "missing",
    "",
];

const TINY: [(&str, &str); 4] = [("--data", "clusters"), ("--visible", "12"), ("--samples", "30"), ("--hidden", "4")];

const FORMS: [Form; 19] = [
    Form { weight: 20, words: &["solve"], positional: &[], small: &[("--modes", "1.5")] },
    Form { weight: 10, words: &["solve"], positional: &[], small: &[("--format", "json")] },
    Form { weight: 8, words: &["phase-diagram"], positional: &[], small: &[("--grid", "4")] },
    Form { weight: 20, words: &["average"], positional: &[FUNCTIONS], small: &[("--format", "json")] },
    Form {
        weight: 25,
        words: &["learn"],
        positional: &[],
        small: &[TINY[0], TINY[1], TINY[2], TINY[3], ("--t-end", "0.02"), ("--times", "3")],
    },
    Form {
        weight: 10,
        words: &["learn"],
        positional: &[],
        small: &[
            TINY[0],
            TINY[1],
            TINY[2],
            TINY[3],
            ("--t-end", "0.001"),
            ("--times", "3"),
            ("--learning-rate", "0.0005"),
            ("--response", "finite-size"),
            ("--modes", "2"),
        ],
    },
    Form {
        weight: 10,
        words: &["learn"],
        positional: &[],
        small: &[
            TINY[0],
            TINY[1],
            TINY[2],
            ("--init", "seeds/strong.npz"),
            ("--t-end", "0.1"),
            ("--times", "2"),
            ("--learning-rate", "0.05"),
            ("--closure", "population"),
        ],
    },
    Form {
        weight: 15,
        words: &["learn"],
        positional: &[],
        small: &[
            TINY[0],
            TINY[1],
            TINY[2],
            TINY[3],
            ("--t-end", "0.2"),
            ("--times", "2"),
            ("--learning-rate", "0.05"),
            ("--closure", "population"),
        ],
    },
    Form {
        weight: 12,
        words: &["compare"],
        positional: &[],
        small: &[
            TINY[0],
            TINY[1],
            TINY[2],
            TINY[3],
            ("--runs", "1"),
            ("--updates", "4"),
            ("--records", "3"),
            ("--chains", "10"),
            ("--gibbs-steps", "1"),
            ("--learning-rate", "0.05"),
        ],
    },
    Form {
        weight: 25,
        words: &["train"],
        positional: &[],
        small: &[TINY[0], TINY[1], TINY[2], TINY[3], ("--updates", "4"), ("--records", "3"), ("--batch-size", "10")],
    },
    Form { weight: 4, words: &["train"], positional: &[], small: &[("--resume", "stopped"), ("--updates", "20")] },
    Form { weight: 5, words: &["sample"], positional: &[MODELS], small: &[("--chains", "4"), ("--steps", "3")] },
    Form {
        weight: 10,
        words: &["sample"],
        positional: &[MODELS],
        small: &[
            TINY[0],
            TINY[1],
            TINY[2],
            ("--chains", "4"),
            ("--steps", "3"),
            ("--likelihood", ""),
            ("--temperatures", "10"),
        ],
    },
    Form { weight: 8, words: &["spectrum"], positional: &[MODELS], small: &[] },
    Form { weight: 8, words: &["inspect"], positional: &[MODELS], small: &[("--modes", "1")] },
    Form { weight: 6, words: &["run"], positional: &[RUNS], small: &[("--out", "out")] },
    Form {
        weight: 1,
        words: &["figure"],
        positional: &[FIGURES],
        small: &[TINY[0], TINY[1], TINY[2], TINY[3], ("--epochs", "1"), ("--quick", ""), ("--batch-size", "10")],
    },
    Form { weight: 1, words: &["mnist"], positional: &[], small: &[] },
    Form {
        weight: 1,
        words: &["mnist", "fetch"],
        positional: &[],
        small: &[("--mirror", "nonsense"), ("--dir", "out")],
    },
];

/// Ordinary values of an option; they depend on the command where the option's name is ambiguous.
fn ordinary(command: &str, option: &str) -> &'static [&'static str] {
    match (command, option) {
        ("solve", "--modes") => &["1.5", "1.2", "0.8", "1.5,1.3", "1,1", "1.8,1.7,1.6", "3", "0"],
        (_, "--modes" | "--directions") => &["1", "2", "3", "12"],
        (_, "--sigma" | "--noise") => &["0.5", "0", "0.1", "1.2", "3"],
        (_, "--kappa") => &["1", "0.5", "2", "0.01", "100"],
        (_, "--eta" | "--theta" | "--bias") => &["0", "0.1", "-0.1", "0.1,0", "0,0.2,0", "3"],
        (_, "--size") => &["200", "10", "1e6"],
        (_, "--prior" | "--prior-u" | "--prior-v") => &["gaussian", "uniform", "bernoulli", "laplace", "cauchy"],
        (_, "--grid") => &["2", "3", "5"],
        (_, "--inv-sigma" | "--w-over-sigma") => &["0:2", "0.4:1.6", "1:3", "0:50", "100:200", "2:1"],
        (_, "--modes-ratio") => &["1", "1,0.9", "1,0.9,0.8", "1,1"],
        (_, "--x") => &["0.5", "0", "1", "0,10,1e6"],
        (_, "--coefficients" | "--amplitudes") => &["0.5", "1", "0.9,0.5", "0.6,0.59", "0", "2,1,0.5"],
        (_, "--balance") => &["0.5", "0.3", "1", "0.5,0.5"],
        (_, "--variances") => &["4", "1", "4,3,2", "0.5"],
        (_, "--data") => &[
            "clusters",
            "ellipsoid",
            "seeds/signs.csv",
            "seeds/spaces.txt",
            "seeds/u1.npy",
            "seeds/labels.npz",
            "seeds/rbms.h5",
            "seeds/reals.h5",
            "seeds/images-idx3-ubyte",
            "seeds/images-idx3-ubyte.gz",
            "seeds/digits",
            "seeds/ising.npz",
            "seeds/run/model.h5",
            "mnist",
        ],
        (_, "--init") => &[
            "seeds/run/model.h5",
            "seeds/ising.npz",
            "seeds/named.npz",
            "seeds/strong.npz",
            "seeds/huge.npz",
            "seeds/flat.npz",
        ],
        (_, "--simulation") => &["seeds/run", "seeds", "seeds/solve"],
        (_, "--resume") => &["stopped", "done", "seeds/solve", "missing"],
        (_, "--visible") => &["12", "1", "2", "5", "16"],
        (_, "--hidden") => &["4", "1", "2", "9"],
        (_, "--samples") => &["30", "1", "2", "10"],
        (_, "--init-std") => &["0.01", "0", "0.1", "1"],
        (_, "--t-end") => &["0.01", "0.1", "0.5"],
        (_, "--rtol" | "--atol") => &["1e-6", "1e-3", "1e-9"],
        (_, "--learning-rate") => &["0.01", "0.1", "1"],
        (_, "--closures") => &["population", "fixed-prior", "linear,chains", "linear-ising,fixed-prior"],
        (_, "--epochs") => &["1", "0.5", "2"],
        (_, "--update") => &["1", "0", "4", "all"],
        (_, "--image-shape") => &["3x4", "4x3", "1x12", "12x1", "28x28"],
        (_, "--threads") => &["1", "2"],
        // Never a folder of the user, since the program writes there.
        (_, "--out" | "--dir") => &["out", "out/deeper", "", "seeds/signs.csv", "/dev/null", "/proc/out", "π"],
        (_, "--mirror") => &["", "nonsense", "ftp://localhost", "file:///dev/zero"],
        _ => &["1", "2", "3", "10"],
    }
}

/// Unusual values.
const EDGES: [&str; 29] = [
    "0",
    "-1",
    "1e-300",
    "1e3",
    "1000",
    "1e19",
    "1e30",
    "1e154",
    "1e308",
    "nan",
    "inf",
    "-inf",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "",
    "π",
    "1,1e30",
    "1e154,1",
    "0,0",
    "1e-300,1e-300",
    "/",
    "/dev/null",
    "/dev/zero",
    "missing/file",
    "0:1e308",
    "1:1e-6",
];

/// Options that write files or use the network. They get no other unusual values than those among their ordinary ones.
const GUARDED: [&str; 4] = ["--out", "--dir", "--mirror", "--resume"];

/// An option as listed in the help.
#[derive(Clone, Debug)]
struct Opt {
    name: String,
    takes: bool,
    /// Possible values, if the help lists them.
    values: Vec<String>,
}

fn options(command: &[&str]) -> Vec<Opt> {
    let output = Command::new(env!("CARGO_BIN_EXE_spectral-rbm")).args(command).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let mut found: Vec<Opt> = Vec::new();
    for line in help.lines().skip_while(|line| *line != "Options:") {
        let line = line.trim();
        if line.starts_with("--") {
            let mut words = line.split_whitespace();
            let name = words.next().unwrap_or_default().to_owned();
            let takes = words.next().is_some_and(|word| word.starts_with('<'));
            found.push(Opt { name, takes, values: Vec::new() });
        } else if let Some(last) = found.last_mut() {
            let listed = line.strip_prefix("[possible values: ").and_then(|list| list.strip_suffix(']'));
            last.values.extend(listed.into_iter().flat_map(|list| list.split(", ").map(str::to_owned)));
            let item = line.strip_prefix("- ").and_then(|item| item.split(':').next());
            last.values.extend(item.map(str::to_owned));
        }
    }
    found
}

/// A value of an option. Ordinary values are more frequent, and other values shrink to them.
fn value(command: &str, option: &Opt) -> BoxedStrategy<Option<String>> {
    if !option.takes {
        return Just(None).boxed();
    }
    let usual = match option.values.is_empty() {
        true => ordinary(command, &option.name).iter().map(|&value| value.to_owned()).collect(),
        false => option.values.clone(),
    };
    if GUARDED.contains(&option.name.as_str()) {
        return select(usual).prop_map(Some).boxed();
    }
    let edge = select(&EDGES[..]).prop_map(str::to_owned);
    prop_oneof![3 => select(usual), 1 => edge].prop_map(Some).boxed()
}

/// A command line in pieces, which are dropped one by one when it is shrunk.
#[derive(Clone, Debug)]
pub struct Line {
    words: Vec<String>,
    options: Vec<(String, Option<String>)>,
    small: Vec<(String, Option<String>)>,
}

impl Line {
    /// The arguments, each option once: random options override those that keep the command small.
    pub fn arguments(&self) -> Vec<String> {
        let mut seen: Vec<(&str, Option<&str>)> = Vec::new();
        for (name, value) in self.options.iter().chain(&self.small) {
            let mut add = |name, value| {
                if !seen.iter().any(|&drawn| drawn.0 == name || excludes(drawn, name)) {
                    seen.push((name, value));
                }
            };
            add(name, value.as_deref());
            for &(name, value) in needed(self.command(), name) {
                add(name, Some(value).filter(|value| !value.is_empty()));
            }
        }
        let words = seen.into_iter().flat_map(|(name, value)| std::iter::once(name).chain(value)).map(str::to_owned);
        self.words.iter().cloned().chain(words).collect()
    }

    /// Name of the command.
    pub fn command(&self) -> &str {
        &self.words[0]
    }
}

/// Whether an option would be refused beside a drawn one.
fn excludes(drawn: (&str, Option<&str>), other: &str) -> bool {
    match drawn {
        ("--epochs", _) => other == "--updates",
        ("--init", _) => ["--hidden", "--init-std", "--visible-init"].contains(&other),
        ("--data", Some("clusters" | "ellipsoid")) => false,
        ("--data", _) => other == "--visible",
        ("--resume", _) => other != "--updates",
        ("--simulation", _) => !["--closures", "--modes", "--out"].contains(&other),
        _ => false,
    }
}

/// Options without which another would be refused.
fn needed(command: &str, option: &str) -> &'static [(&'static str, &'static str)] {
    match (command, option) {
        ("learn", "--variances") => &[("--data", "ellipsoid"), ("--closure", "linear")],
        ("train" | "compare", "--variances") => &[("--data", "ellipsoid"), ("--units", "gaussian")],
        (_, "--variances") => &[("--data", "ellipsoid")],
        ("learn", "--mean-field-chains" | "--mean-field-iterations" | "--correction") => &[("--closure", "chains")],
        ("compare", "--mean-field-chains" | "--mean-field-iterations" | "--correction") => &[("--closures", "chains")],
        ("train", "--chains") => &[("--algorithm", "pcd")],
        ("train", "--sigma-v" | "--sigma-h") => &[("--units", "gaussian")],
        ("sample", "--data" | "--samples") => &[("--from-data", "")],
        ("sample", "--temperatures") => &[("--likelihood", "")],
        _ => &[],
    }
}

fn form(form: &'static Form) -> impl Strategy<Value = Line> {
    let command = form.words[0];
    let known = options(form.words);
    assert!(known.len() >= 5 && known.iter().any(|option| option.name == "--threads"), "{known:?}");
    let names = known.into_iter().map(|option| {
        let name = option.name.clone();
        value(command, &option).prop_map(move |value| (name.clone(), value)).boxed()
    });
    let one = proptest::strategy::Union::new(names);
    let positional: Vec<_> = form.positional.iter().map(|values| select(*values)).collect();
    (positional, proptest::collection::vec(one, 0..5)).prop_map(move |(positional, options)| {
        let words = form.words.iter().copied().chain(positional).map(str::to_owned).collect();
        let small = form.small.iter().map(|&(name, value)| (name, Some(value).filter(|value| !value.is_empty())));
        let small = small.map(|(name, value)| (name.to_owned(), value.map(str::to_owned))).collect();
        Line { words, options, small }
    })
}

/// A random command line.
pub fn line() -> impl Strategy<Value = Line> {
    proptest::strategy::Union::new_weighted(FORMS.iter().map(|each| (each.weight, form(each).boxed())).collect())
}
