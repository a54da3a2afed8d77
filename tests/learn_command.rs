//! The command `learn` as users see it: files, JSON, repetition, bad input.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn output(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spectral-rbm")).args(arguments).output().unwrap()
}

fn succeed(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A small flow: two clusters of 60 units.
const SMALL: [&str; 17] = [
    "learn",
    "--data",
    "clusters",
    "--visible",
    "60",
    "--hidden",
    "30",
    "--amplitudes",
    "0.8,0.5",
    "--samples",
    "400",
    "--t-end",
    "0.1",
    "--times",
    "10",
    "--seed",
    "3",
];

fn learn(folder: &Path, more: &[&str]) -> String {
    succeed(&[&SMALL[..], more, &["--out", folder.to_str().unwrap()]].concat())
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn rows(text: &str) -> Vec<Vec<f64>> {
    text.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
}

#[test]
fn files_are_what_is_documented() {
    let folder = tempfile::tempdir().unwrap();
    let report: Value = serde_json::from_str(&learn(folder.path(), &["--modes", "4", "--format", "json"])).unwrap();
    let text = read(folder.path(), "trajectory.csv");
    let header = text.lines().next().unwrap();
    assert_eq!(header, "time,w_1,w_2,w_3,w_4,eta_1,eta_2,eta_3,eta_4,theta_1,theta_2,theta_3,theta_4");
    let rows = rows(&text);
    assert_eq!(rows.len(), 11);
    for (index, row) in rows.iter().enumerate() {
        assert!((row[0] - 0.01 * index as f64).abs() < 1e-15);
        assert!(row[1..5].is_sorted_by(|a, b| a >= b) && row.iter().all(|value| value.is_finite()));
    }
    let last: Vec<f64> = report["singular_values"].as_array().unwrap().iter().map(|w| w.as_f64().unwrap()).collect();
    assert_eq!(last, rows[10][1..5]);
    assert!(read(folder.path(), "events.csv").starts_with("time,event,mode,value\n"));
    let components = read(folder.path(), "components.csv");
    assert!(components.starts_with("time,mode,kurtosis_u,nearest_u,kurtosis_v,nearest_v\n"));
    assert_eq!(components.lines().count(), 1 + 11 * 4);
    // The first mode at the start. Its law is the nearest by the ratio of the kurtosis (1, 1.8, 3 and 6).
    let row: Vec<&str> = components.lines().nth(1).unwrap().split(',').collect();
    for (kurtosis, name) in [(row[2], row[3]), (row[4], row[5])] {
        let kurtosis: f64 = kurtosis.parse().unwrap();
        let bounds = [1.8f64.sqrt(), (1.8f64 * 3.0).sqrt(), 18f64.sqrt()];
        let expected =
            ["bernoulli", "uniform", "gaussian", "laplace"][bounds.iter().filter(|&&b| kurtosis > b).count()];
        assert_eq!((row[1], name), ("1", expected), "{row:?}");
    }
    for name in ["trajectory.npz", "trajectory.png", "trajectory.svg", "run.toml"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    for name in ["closure", "response", "directions", "unstable", "growth_rates", "events", "statistics", "files"] {
        assert!(!report[name].is_null(), "{name}");
    }
}

/// A flow repeated from its run file on another number of threads has the same files.
#[test]
fn a_flow_is_repeated() {
    let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    learn(first.path(), &["--modes", "5", "--threads", "1"]);
    let [from, to] = [&first, &second].map(|folder| folder.path().to_str().unwrap());
    succeed(&["run", from, "--out", to, "--threads", "3"]);
    for name in ["trajectory.csv", "trajectory.npz", "events.csv", "components.csv", "trajectory.svg", "run.toml"] {
        let [a, b] = [&first, &second].map(|folder| std::fs::read(folder.path().join(name)).unwrap());
        assert!(a == b, "{name} differs");
    }
}

#[test]
fn every_closure_response_and_law_runs() {
    let options: [&[&str]; 12] = [
        &["--closure", "linear", "--data", "ellipsoid", "--modes", "10"],
        &["--closure", "linear-ising"],
        &["--prior-v", "bernoulli", "--modes", "2"],
        &["--prior-v", "laplace", "--modes", "2", "--noise", "fixed"],
        &["--prior-v", "uniform", "--modes", "2", "--noise", "none"],
        &["--response", "finite-size", "--modes", "1", "--prior-u", "bernoulli"],
        &["--response", "mean-field", "--modes", "2", "--prior-u", "gaussian", "--t-end", "0.05"],
        &["--response", "mean-field", "--modes", "1", "--noise", "none", "--t-end", "0.05"],
        &["--learning-rate", "0.01", "--modes", "3"],
        &["--method", "dop853", "--modes", "3"],
        &["--closure", "population", "--learning-rate", "0.01", "--modes", "3"],
        &["--closure", "chains", "--learning-rate", "0.01", "--mean-field-chains", "20", "--correction", "none"],
    ];
    for more in options {
        let folder = tempfile::tempdir().unwrap();
        // A repeated option would be refused, so remove those that are replaced, and those of other data.
        let mut arguments: Vec<&str> = SMALL.to_vec();
        let of_clusters = ["--amplitudes"].iter().filter(|_| more.contains(&"ellipsoid"));
        for name in more.iter().filter(|name| name.starts_with("--")).chain(of_clusters) {
            if let Some(place) = arguments.iter().position(|argument| argument == name) {
                arguments.drain(place..place + 2);
            }
        }
        let out = ["--out", folder.path().to_str().unwrap()];
        succeed(&[&arguments[..], more, &out].concat());
        let rows = rows(&read(folder.path(), "trajectory.csv"));
        assert!(rows.len() > 1 && rows.iter().flatten().all(|value| value.is_finite()), "{more:?}");
        // The first mode grows in every case.
        assert!(rows[rows.len() - 1][1] > 1.1 * rows[0][1], "{more:?}");
    }
}

/// Events do not depend on the number of snapshots, for the map as for the flow.
#[test]
fn events_do_not_depend_on_the_snapshots() {
    let events = |times: &str| {
        let folder = tempfile::tempdir().unwrap();
        let arguments: Vec<&str> = SMALL.iter().map(|&word| if word == "10" { times } else { word }).collect();
        let out = ["--modes", "5", "--learning-rate", "0.002", "--out", folder.path().to_str().unwrap()];
        succeed(&[&arguments[..], &out].concat());
        read(folder.path(), "events.csv")
    };
    let every = events("50");
    assert!(every.lines().count() > 1 && every == events("3"));
}

/// Ten updates of the map at rate 0.01 multiply w by ten powers of one plus the rate, as in the linear theory of a
/// small machine.
#[test]
fn the_map_multiplies_where_the_flow_exponentiates() {
    let start = ["--modes", "1", "--init-std", "1e-6", "--visible-init", "mean", "--closure", "linear-ising"];
    let growth = |more: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let report = learn(folder.path(), &[&start, more, &["--format", "json"]].concat());
        let report: Value = serde_json::from_str(&report).unwrap();
        let rows = rows(&read(folder.path(), "trajectory.csv"));
        (rows[rows.len() - 1][1] / rows[0][1], report["growth_rates"][0].as_f64().unwrap())
    };
    let (map, rate) = growth(&["--learning-rate", "0.01"]);
    let (flow, _) = growth(&[]);
    assert!((map / (1.0 + 0.01 * rate).powi(10) - 1.0).abs() < 1e-6);
    assert!((flow / (0.1 * rate).exp() - 1.0).abs() < 1e-4);
}

#[test]
fn bad_input_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let cases: [(&[&str], i32); 15] = [
        (&["--t-end", "0"], 2),
        (&["--t-end", "nan"], 2),
        (&["--times", "0"], 2),
        (&["--modes", "0"], 2),
        (&["--modes", "61"], 2),
        (&["--rtol", "0"], 2),
        (&["--rtol", "-1e-6"], 2),
        (&["--atol", "inf"], 2),
        (&["--learning-rate", "-0.1"], 2),
        (&["--learning-rate", "5"], 2),
        (&["--learning-rate", "0.01", "--method", "dop853"], 2),
        (&["--prior-v", "cauchy"], 2),
        (&["--closure", "linear-ising", "--response", "mean-field"], 2),
        (&["--closure", "chains", "--mean-field-chains", "0"], 2),
        // The linear machine cannot be normalised beyond w = 1.
        (&["--closure", "linear", "--learning-rate", "0.09", "--t-end", "9"], 1),
    ];
    for (more, status) in cases {
        let mut arguments: Vec<&str> = SMALL.to_vec();
        for name in more.iter().filter(|name| name.starts_with("--")) {
            if let Some(place) = arguments.iter().position(|argument| argument == name) {
                arguments.drain(place..place + 2);
            }
        }
        let output = output(&[&arguments[..], more, &["--out", out]].concat());
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{more:?}: {complaint}");
        assert_eq!(complaint.trim_end().lines().count(), 1, "{more:?}: {complaint}");
    }
    assert!(!folder.path().join("trajectory.csv").exists());
}

/// A machine of 40 and 17 units whose states separate too early for their expansions. All outputs mark the time from
/// which the curves are unreliable. Other closures have no such mark.
#[test]
fn curves_that_cannot_be_relied_on_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let data =
        ["--data", "clusters", "--visible", "40", "--hidden", "17", "--amplitudes", "1.2,1.1", "--samples", "1000"];
    let flow = ["--closure", "population", "--learning-rate", "0.01", "--t-end", "1", "--times", "60"];
    let out = ["--out", folder.path().to_str().unwrap(), "--quiet"];
    let printed = succeed(&[&["learn"], &data[..], &flow, &out, &["--format", "json"]].concat());
    let summary: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let count = |name: &str| summary["reliability"][name].as_u64().unwrap();
    assert!(20 * count("approximate") > count("evaluations"), "{}", summary["reliability"]);
    let from = summary["unreliable_from"].as_f64().unwrap();
    let event = summary["events"].as_array().unwrap().iter().find(|event| event["kind"] == "unreliable").unwrap();
    assert_eq!((&event["time"], &event["mode"]), (&summary["unreliable_from"], &0.into()));
    assert!(event["value"].as_f64().unwrap() > 0.05, "{event}");
    assert!(read(folder.path(), "events.csv").contains(",unreliable,0,"));
    let text = read(folder.path(), "trajectory.csv");
    assert!(text.lines().next().unwrap().ends_with(",unreliable"), "{text}");
    let rows = rows(&text);
    assert!(rows.iter().all(|row| row[row.len() - 1] == f64::from(u8::from(row[0] >= from))), "{from}");
    assert!(from > 0.0 && read(folder.path(), "trajectory.svg").contains("unreliable"));
    // It is the first line of the printed output.
    let told = succeed(&[&["learn"], &data[..], &flow, &out].concat());
    assert!(told.starts_with("The curves cannot be relied on from t = "), "{told}");
    // The report of a comparison marks it too, and its table has the reliable part as well.
    let more = ["--closures", "population", "--runs", "1", "--learning-rate", "0.01", "--updates", "100"];
    let report = succeed(&[&["compare"], &data[..], &more, &out, &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let theory = &report["theories"][0];
    let from = theory["unreliable_from"].as_f64().unwrap();
    assert_eq!(theory["modes_while_reliable"].as_array().unwrap().len(), 2);
    assert_eq!(report["simulation"]["algorithm"], "exact");
    let text = read(folder.path(), "curves.csv");
    assert!(text.lines().next().unwrap().ends_with(",population_unreliable"));
    let flagged = text.lines().skip(1).map(|line| {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        (cells[0], cells[cells.len() - 1])
    });
    assert!(flagged.into_iter().all(|(time, flag)| flag == f64::from(u8::from(time >= from))));
    let text = read(folder.path(), "report.md");
    assert!(text.starts_with("**Unreliable:** the curves of population cannot be relied on from t = "), "{text}");
    assert!(text.contains("where its states could be relied on"));
    // Other closures have no such column.
    let other = tempfile::tempdir().unwrap();
    learn(other.path(), &["--modes", "2"]);
    assert!(!read(other.path(), "trajectory.csv").lines().next().unwrap().contains("unreliable"));
}

/// Initial weights so large that sums over sites do not resolve the noise of the directions left out give one line of
/// error at once.
#[test]
fn noise_that_is_too_strong_for_sums_over_sites_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let common = ["learn", "--data", "clusters", "--visible", "14", "--samples", "40", "--hidden", "4"];
    let common = [&common[..], &["--t-end", "0.001", "--out", out.to_str().unwrap()]].concat();
    let cases: [&[&str]; 2] = [
        &["--response", "mean-field", "--modes", "3", "--init-std", "1"],
        &["--closure", "fixed-prior", "--response", "finite-size", "--init-std", "10", "--modes", "2", "--times", "3"],
    ];
    for case in cases {
        let found = output(&[&common[..], case].concat());
        let error = String::from_utf8_lossy(&found.stderr).into_owned();
        assert_eq!(found.status.code(), Some(2), "{case:?}: {error}");
        assert!(error.lines().count() == 1 && error.contains("noise of the directions left out"), "{case:?}: {error}");
    }
}

/// Weights, fields and rates from large to the limit of single precision, in every closure and response: an answer or
/// one line of error, and no panic.
#[test]
fn huge_weights_and_rates_are_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    let common = ["learn", "--data", "clusters", "--visible", "14", "--samples", "40", "--hidden", "4", "--modes", "2"];
    let common = [&common[..], &["--times", "3", "--out", out]].concat();
    let kinds: [&[&str]; 7] = [
        &["--closure", "linear"],
        &["--closure", "linear-ising"],
        &["--closure", "population"],
        &["--closure", "chains"],
        &["--closure", "fixed-prior"],
        &["--closure", "fixed-prior", "--response", "mean-field"],
        &["--closure", "fixed-prior", "--response", "finite-size"],
    ];
    for kind in kinds {
        for size in ["1e3", "1e10", "1e30", "1e39", "1e300"] {
            let found = output(&[&common[..], kind, &["--t-end", "0.001", "--init-std", size]].concat());
            let error = String::from_utf8_lossy(&found.stderr).into_owned();
            let code = found.status.code();
            // For weights of 1e3 the directions left out have too much noise for responses that sum over sites, so
            // these refuse.
            let sums = kind.contains(&"--response");
            let allowed: &[i32] = if size == "1e3" && !sums { &[0, 1] } else { &[2] };
            assert!(code.is_some_and(|code| allowed.contains(&code)), "{kind:?} {size}: {code:?} {error}");
            assert!(
                code == Some(0) || error.starts_with("error: ") && error.lines().count() == 1,
                "{kind:?} {size}: {error}"
            );
        }
        for rate in ["1e10", "1e19", "1e150", "1e300"] {
            let found = output(&[&common[..], kind, &["--learning-rate", rate, "--t-end", rate]].concat());
            let error = String::from_utf8_lossy(&found.stderr).into_owned();
            assert!(matches!(found.status.code(), Some(0..=2)), "{kind:?} {rate}: {error}");
            assert!(!error.contains("panicked"), "{kind:?} {rate}: {error}");
        }
    }
}
