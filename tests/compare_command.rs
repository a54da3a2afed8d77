//! The command `compare` as users see it: files, JSON, repetition, bad input, and one comparison that must be exact.

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

/// Data and initial machine: four clusters of 60 units.
const DATA: [&str; 11] = [
    "--data",
    "clusters",
    "--visible",
    "60",
    "--hidden",
    "30",
    "--amplitudes",
    "0.9,0.6",
    "--samples",
    "400",
    "--quiet",
];
/// Options for training.
const TRAINING: [&str; 8] = ["--batch-size", "100", "--chains", "50", "--updates", "40", "--learning-rate", "0.01"];

/// The options of data and training with others, which replace them or leave them nothing to say.
fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut options: Vec<&str> = [&DATA[..], &TRAINING].concat();
    let idle = [("--init", "--hidden"), ("cd", "--chains")].into_iter().filter(|(given, _)| more.contains(given));
    let names = more.iter().copied().filter(|name| name.starts_with("--") && *name != "--quiet");
    for name in names.chain(idle.map(|(_, idle)| idle)) {
        if let Some(place) = options.iter().position(|option| *option == name) {
            options.drain(place..place + 2);
        }
    }
    options.extend(more);
    options
}

fn compare(folder: &Path, more: &[&str]) -> String {
    let out = ["--out", folder.to_str().unwrap()];
    succeed(&[&["compare"], &with(more)[..], &out].concat())
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn json(folder: &Path) -> Value {
    serde_json::from_str(&read(folder, "report.json")).unwrap()
}

fn rows(text: &str) -> Vec<Vec<f64>> {
    text.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
}

#[test]
fn files_are_what_is_documented() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--runs", "3", "--response", "gaussian", "--closures", "linear-ising,fixed-prior", "--format", "json"];
    let printed = compare(folder.path(), &more);
    let report = json(folder.path());
    assert_eq!(report, serde_json::from_str::<Value>(&printed).unwrap());
    for name in ["report.md", "comparison.png", "comparison.svg", "run.toml"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    let simulation = &report["simulation"];
    assert_eq!((&simulation["algorithm"], &simulation["gibbs_steps"]), (&"pcd".into(), &10.into()));
    assert_eq!((&simulation["runs"], &simulation["t_end"]), (&3.into(), &0.4.into()));
    assert_eq!(simulation["seeds"], Value::from(vec![0, 1, 2]));
    assert!(report["compared"].as_str().unwrap().contains("PCD-10 with 50 persistent chains"));
    let text = read(folder.path(), "curves.csv");
    let header = "time,bulk_edge,w_1,error_1,linear-ising_1,fixed-prior_1,w_2,error_2,linear-ising_2,fixed-prior_2";
    assert_eq!(text.lines().next().unwrap(), header);
    let rows = rows(&text);
    let theories = report["theories"].as_array().unwrap();
    for (index, theory) in theories.iter().enumerate() {
        let above = &theory["modes_above_bulk"];
        for name in ["times", "simulation", "theory", "simulation_whole"] {
            assert_eq!(above[name].as_array().unwrap().len(), rows.len(), "{name}");
        }
        let modes = theory["modes"].as_array().unwrap();
        assert_eq!(modes.len(), 2);
        for (mode, found) in modes.iter().enumerate() {
            assert_eq!(found["mode"], mode + 1);
            for quantity in ["growth_rate", "emergence_time", "plateau"] {
                assert!(found[quantity]["simulation"].is_number(), "{quantity}: {found}");
                assert!(found[quantity]["error"].is_number(), "{quantity}: {found}");
            }
            // The largest deviation is that of the curves, from 20 % above the edge to the end of the theory.
            let column = 2 + 4 * mode;
            let emerged = rows.iter().position(|row| row[column] >= 1.2 * row[1]).unwrap();
            let deviations = rows[emerged..].iter().map(|row| (row[column + 2 + index] / row[column] - 1.0).abs());
            let largest = deviations.filter(|value| value.is_finite()).reduce(f64::max);
            match largest {
                Some(largest) => assert!((found["max_relative_deviation"].as_f64().unwrap() - largest).abs() < 1e-12),
                None => assert!(found["max_relative_deviation"].is_null()),
            }
        }
        // A theory that cannot continue says so, and where it ended.
        let ended = theory["status"] != "complete";
        assert_eq!(ended, rows[rows.len() - 1][4 + index].is_nan());
        assert_eq!(ended, theory["ended_at"].is_number());
    }
    // Linear units cannot exceed w = 1, which the simulation passes. Their theory has ended, and the report contains
    // the rest.
    assert_ne!(theories[0]["status"], "complete");
    assert!(read(folder.path(), "report.md").contains("The theory ended at t = "));
}

/// All curves start from one machine: at t = 0 simulation and theories agree to rounding, and the runs have no spread.
#[test]
fn all_start_alike() {
    let folder = tempfile::tempdir().unwrap();
    compare(folder.path(), &["--runs", "2", "--closures", "linear-ising,fixed-prior", "--response", "gaussian"]);
    let rows = rows(&read(folder.path(), "curves.csv"));
    for mode in 0..2 {
        let start = &rows[0][2 + 4 * mode..6 + 4 * mode];
        assert_eq!(start[1], 0.0);
        assert!((start[2] / start[0] - 1.0).abs() < 1e-12 && (start[3] / start[0] - 1.0).abs() < 1e-12, "{start:?}");
        assert!(rows.iter().skip(1).all(|row| row[3 + 4 * mode] > 0.0));
    }
}

/// The exact gradient of a linear machine against the map of the linear closure: one equation in two programs. They
/// differ by the rounding of two ways to the response, 1e-16 per update, amplified by growth by a factor 30.
#[test]
fn a_linear_machine_follows_the_linear_theory_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let out = ["--out", folder.path().to_str().unwrap(), "--quiet"];
    let data = ["--data", "ellipsoid", "--visible", "40", "--hidden", "15", "--variances", "4,3,2", "--samples", "500"];
    let training = ["--units", "gaussian", "--directions", "3", "--learning-rate", "0.02", "--updates", "500"];
    succeed(&[&["compare"], &data[..], &training, &out].concat());
    let report = json(folder.path());
    assert_eq!((&report["simulation"]["algorithm"], &report["simulation"]["runs"]), (&"exact".into(), &1.into()));
    let theory = &report["theories"][0];
    assert_eq!((&theory["closure"], &theory["status"]), (&"linear".into(), &"complete".into()));
    let rows = rows(&read(folder.path(), "curves.csv"));
    for mode in 0..3 {
        let found = &theory["modes"][mode];
        assert!(found["max_relative_deviation"].as_f64().unwrap() < 1e-11, "{found}");
        assert!(found["smallest_overlap"].as_f64().unwrap() > 1.0 - 1e-10, "{found}");
        assert!(rows.iter().all(|row| (row[4 + 3 * mode] / row[2 + 3 * mode] - 1.0).abs() < 1e-11));
        // A single run has no errors.
        assert!(found["max_deviation_in_errors"].is_null() && found["plateau"]["error"].is_null());
        for quantity in ["growth_rate", "emergence_time", "plateau"] {
            let value = |of: &str| found[quantity][of].as_f64().unwrap();
            assert!((value("theory") / value("simulation") - 1.0).abs() < 1e-9, "{found}");
        }
    }
    // The flow is a different curve: with (1 + γλ) for e^{γλ} at γλ = 0.06 a mode grows 3 % more slowly.
    let flow = tempfile::tempdir().unwrap();
    let out = ["--out", flow.path().to_str().unwrap(), "--quiet", "--flow"];
    succeed(&[&["compare"], &data[..], &training, &out].concat());
    let rate = &json(flow.path())["theories"][0]["modes"][0]["growth_rate"];
    let ratio = rate["theory"].as_f64().unwrap() / rate["simulation"].as_f64().unwrap();
    assert!((1.01..1.06).contains(&ratio), "{rate}");
}

/// A comparison repeated from its run file on another number of threads has the same files.
#[test]
fn a_comparison_is_repeated() {
    let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    compare(first.path(), &["--runs", "2", "--threads", "1", "--seed", "5"]);
    let [from, to] = [&first, &second].map(|folder| folder.path().to_str().unwrap());
    succeed(&["run", from, "--out", to, "--threads", "3", "--quiet"]);
    for name in ["report.json", "report.md", "curves.csv", "comparison.svg", "comparison.png", "run.toml"] {
        let [a, b] = [&first, &second].map(|folder| std::fs::read(folder.path().join(name)).unwrap());
        assert!(a == b, "{name} differs");
    }
}

/// Mean-field chains can be compared like any theory.
#[test]
fn chains_are_a_theory() {
    let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let more = ["--runs", "2", "--closures", "chains", "--mean-field-chains", "40", "--threads", "1"];
    compare(first.path(), &more);
    let report = json(first.path());
    let theory = &report["theories"][0];
    assert_eq!((&theory["closure"], &theory["response"]), (&"chains".into(), &"tap".into()));
    assert_eq!(theory["status"], "complete");
    let [from, to] = [&first, &second].map(|folder| folder.path().to_str().unwrap());
    succeed(&["run", from, "--out", to, "--threads", "3", "--quiet"]);
    for name in ["report.json", "curves.csv", "run.toml"] {
        let [a, b] = [&first, &second].map(|folder| std::fs::read(folder.path().join(name)).unwrap());
        assert!(a == b, "{name} differs");
    }
}

/// A theory that passes through the same small batches follows their effect on the simulation.
#[test]
fn theories_can_pass_through_the_batches() {
    let deviation = |more: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let common =
            ["--runs", "2", "--closures", "chains", "--batch-size", "10", "--chains", "2000", "--updates", "15"];
        compare(folder.path(), &[&common[..], more].concat());
        let text = read(folder.path(), "curves.csv");
        let names: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let place = |name: &str| names.iter().position(|other| *other == name).unwrap();
        let (simulation, theory) = (place("w_1"), place("chains_1"));
        rows(&text).iter().map(|row| (row[theory] / row[simulation] - 1.0).abs()).fold(0.0, f64::max)
    };
    let (with, without) = (deviation(&["--batches"]), deviation(&[]));
    println!("largest deviation {with:.4}, and {without:.4} on the mean of all data");
    // Two thousand chains scatter the gradient by 2 %, ten samples by 30 %.
    assert!(3.0 * with < without, "{with} {without}");
}

/// CD is compared with the same theory, and its bias is shown beside it.
#[test]
fn the_bias_of_cd_is_visible() {
    let folder = tempfile::tempdir().unwrap();
    let printed = compare(folder.path(), &["--runs", "1", "--algorithm", "cd", "--closures", "linear-ising"]);
    let report = json(folder.path());
    assert_eq!(report["simulation"]["gibbs_steps"], 1);
    assert!(report["compared"].as_str().unwrap().contains("bias of CD"));
    let reference = &report["reference"];
    assert_eq!((&reference["algorithm"], &reference["gibbs_steps"]), (&"pcd".into(), &10.into()));
    let bias = reference["modes"][0]["max_relative_deviation"].as_f64().unwrap();
    assert!(bias > 0.0);
    assert!(printed.contains("The bias of CD-1"));
    assert!(read(folder.path(), "curves.csv").lines().next().unwrap().ends_with("pcd-10_2"));
    assert!(report["theories"][0]["modes"][0]["growth_rate"]["error"].is_null());
}

/// The comparison for one pair of strong clusters, with additional options.
fn strong(folder: &Path, more: &[&str]) -> Value {
    let data = ["--data", "clusters", "--visible", "60", "--hidden", "12", "--amplitudes", "1.5", "--samples", "1000"];
    let common = ["--closures", "fixed-prior", "--response", "gaussian", "--learning-rate", "0.01", "--quiet"];
    let out = ["--out", folder.to_str().unwrap()];
    succeed(&[&["compare"], &data[..], &common, more, &out].concat());
    json(folder)
}

/// The states of twelve hidden units can be summed, so the exact gradient is the reference. With batches of all samples
/// nothing is random, and a machine at its plateau has the correlations of its data.
#[test]
fn a_small_machine_is_held_against_its_exact_gradient() {
    let folder = tempfile::tempdir().unwrap();
    let report = strong(folder.path(), &["--batch-size", "1000", "--updates", "60"]);
    let simulation = &report["simulation"];
    assert_eq!((&simulation["algorithm"], &simulation["runs"]), (&"exact".into(), &1.into()));
    assert!(simulation["gibbs_steps"].is_null() && simulation["chains"].is_null());
    assert_eq!((&report["reference_trusted"], &report["deviations_are"]), (&true.into(), &"theory-error".into()));
    assert!(report.get("chains").is_none() && report.get("reference").is_none());
    assert!(report["compared"].as_str().unwrap().contains("exact gradient"));
    assert!(read(folder.path(), "report.md").starts_with("# Theory against simulation"));
    // The run file gives the same result.
    let again = tempfile::tempdir().unwrap();
    succeed(&[
        "run",
        folder.path().to_str().unwrap(),
        "--out",
        again.path().to_str().unwrap(),
        "--quiet",
        "--threads",
        "1",
    ]);
    assert_eq!(read(folder.path(), "curves.csv"), read(again.path(), "curves.csv"));
    // More runs would all be the same.
    let out = folder.path().join("no");
    let refused = output(&[
        "compare",
        "--data",
        "clusters",
        "--visible",
        "20",
        "--hidden",
        "4",
        "--samples",
        "50",
        "--runs",
        "2",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("all runs are the same"));
}

/// Three chains per run cannot have the right shares of two states; the exact gradient beside them shows the effect.
#[test]
fn chains_that_are_no_reference_are_told_by_the_exact_gradient_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let report = strong(folder.path(), &["--runs", "1", "--chains", "3", "--batch-size", "200", "--updates", "200"]);
    assert_eq!(
        (&report["simulation"]["algorithm"], &report["reference"]["algorithm"]),
        (&"pcd".into(), &"exact".into())
    );
    assert!(report["reference"]["gibbs_steps"].is_null() && report["reference"]["chains"].is_null());
    let apart = report["reference"]["modes"][0]["rms_relative_deviation"].as_f64().unwrap();
    assert!(apart > 0.02, "{apart}");
    assert_eq!((&report["reference_trusted"], &report["deviations_are"]), (&false.into(), &"difference".into()));
    let doubts = report["reference_doubts"].as_array().unwrap();
    assert!(
        doubts.iter().any(|doubt| doubt.as_str().unwrap().contains("exact gradient on the same batches")),
        "{doubts:?}"
    );
    let text = read(folder.path(), "report.md");
    assert!(text.starts_with("**The reference is not to be trusted:** "), "{text}");
    assert!(text.contains("largest difference") && !text.contains("largest deviation"), "{text}");
    assert!(read(folder.path(), "curves.csv").lines().next().unwrap().ends_with("exact_1"));
}

/// Compares clusters and returns the report: one mode whose two states mirror each other, or two modes of nearly the
/// same strength, so that chains have to choose between their states.
fn judged(visible: &str, hidden: &str, amplitudes: &str) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let data = ["--data", "clusters", "--samples", "5000", "--amplitudes", amplitudes];
    let size = ["--visible", visible, "--hidden", hidden];
    let common = ["--closures", "linear-ising", "--runs", "1", "--quiet", "--out", folder.path().to_str().unwrap()];
    succeed(&[&["compare"], &data[..], &size, &common].concat());
    (json(folder.path()), read(folder.path(), "report.md"))
}

#[test]
fn chains_are_judged() {
    let (good, text) = judged("60", "30", "0.6931");
    let of = |report: &Value, mode: usize, key: &str| report["chains"]["summary"][mode][key].as_f64().unwrap();
    println!("{}", good["chains"]["summary"]);
    assert_eq!(
        (&good["reference_trusted"], &good["reference_doubts"]),
        (&true.into(), &Value::from(Vec::<Value>::new()))
    );
    assert!(text.starts_with("# Theory against simulation") && text.contains("## The chains of the first run"));
    // Chains do not pass between the two states, and see the full range of ⟨sσ⟩ in either.
    assert!(of(&good, 0, "memory") < 0.5 && of(&good, 0, "looks") > 5.0);
    assert!((of(&good, 0, "positive") - 0.5).abs() < 0.15 && (of(&good, 0, "positive_data") - 0.5).abs() < 0.05);
    let (stuck, text) = judged("150", "75", "1,0.98");
    println!("{}", stuck["chains"]["summary"]);
    assert_eq!((&stuck["reference_trusted"], &stuck["deviations_are"]), (&false.into(), &"difference".into()));
    assert!(text.lines().next().unwrap().starts_with("**The reference is not to be trusted:** "), "{text}");
    assert!(of(&stuck, 0, "memory").max(of(&stuck, 1, "memory")) > 0.8);
    // Every look at the chains has both modes.
    for look in stuck["chains"]["looks"].as_array().unwrap() {
        assert_eq!(look["modes"].as_array().unwrap().len(), 2, "{look}");
    }
}

/// Learning rates at which weights diverge give one line of error, whatever fails first.
#[test]
fn rates_beyond_all_bounds_are_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    for rate in ["1e5", "1e19", "1e30", "1e300"] {
        for closure in ["population", "fixed-prior", "chains"] {
            let data = ["--visible", "14", "--hidden", "4", "--samples", "40", "--updates", "5", "--runs", "1"];
            let more =
                ["--closures", closure, "--learning-rate", rate, "--out", folder.path().to_str().unwrap(), "--quiet"];
            let done = output(&[&["compare"], &data[..], &more].concat());
            let errors = String::from_utf8_lossy(&done.stderr);
            assert!(matches!(done.status.code(), Some(0..=2)), "{rate}, {closure}: {errors}");
            assert!(
                done.status.success() == errors.is_empty() && errors.lines().count() <= 1,
                "{rate}, {closure}: {errors}"
            );
        }
    }
}

/// Runs read from `train` give the same result as runs of the same seeds made by `compare`.
#[test]
fn runs_of_train_can_be_read() {
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let path = |index: usize| folders[index].path().to_str().unwrap();
    succeed(&[&["train"], &DATA[..], &["--learning-rate", "0", "--updates", "1", "--out", path(2)]].concat());
    let start = folders[2].path().join("model.h5");
    let start = ["--init", start.to_str().unwrap()];
    let settings = ["--algorithm", "pcd", "--gibbs-steps", "10", "--records", "20", "--record-spacing", "log"];
    for (run, seed) in ["7", "8"].into_iter().enumerate() {
        let seed = ["--seed", seed, "--out", path(run)];
        succeed(&[&["train"], &with(&[&settings[..], &start, &seed].concat())[..]].concat());
    }
    let [there, here] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let theory = ["--closures", "fixed-prior", "--response", "gaussian", "--quiet"];
    let out = ["--out", there.path().to_str().unwrap()];
    succeed(&[&["compare", "--simulation", path(0), path(1)], &theory[..], &out].concat());
    let more = [&start[..], &["--runs", "2", "--seed", "7"], &theory[..3]].concat();
    let more = [&more[..], &["gaussian", "--records", "20", "--record-spacing", "log"]].concat();
    compare(here.path(), &more);
    assert_eq!(read(there.path(), "curves.csv"), read(here.path(), "curves.csv"));
    assert_eq!(json(there.path())["theories"], json(here.path())["theories"]);
    assert_eq!(json(there.path())["simulation"], json(here.path())["simulation"]);
    // Read again through run.toml.
    let again = tempfile::tempdir().unwrap();
    let [from, to] = [&there, &again].map(|folder| folder.path().to_str().unwrap());
    succeed(&["run", from, "--out", to, "--quiet"]);
    assert_eq!(read(there.path(), "report.json"), read(again.path(), "report.json"));
    // Runs that differ in more than their seed are not runs of one simulation.
    let failed = output(&["compare", "--simulation", path(0), path(2), "--out", to]);
    assert_eq!(failed.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("differ in"));
}

/// Data from a file are resolved site by site. With directions, the report says what they leave out. Its times are free
/// of rounding: 95 steps of 0.01 are 0.9500000000000001 in binary.
#[test]
fn what_a_theory_resolves_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (table, out) = (path("samples.csv"), path("out"));
    // Two patterns of 12 units, with one unit of each sample flipped.
    let sample = |k: usize| -> String {
        let spin = |unit: usize| k.is_multiple_of(3) ^ unit.is_multiple_of(3) ^ (unit == k % 12);
        (0..12).map(|unit| if spin(unit) { "1," } else { "0," }).collect::<String>().trim_end_matches(',').to_owned()
            + "\n"
    };
    std::fs::write(&table, (0..60).map(sample).collect::<String>()).unwrap();
    let start = ["compare", "--data", &table, "--hidden", "4", "--directions", "1", "--closures", "population"];
    let start =
        [&start[..], &["--learning-rate", "0.01", "--updates", "95", "--runs", "1", "--quiet", "--out", &out]].concat();
    for (more, directions) in [(&[][..], 12), (&["--resolved", "directions"], 1)] {
        let shown = succeed(&[&start[..], more].concat());
        let report = json(Path::new(&out));
        assert_eq!(report["theories"][0]["directions"], directions);
        assert_eq!(shown.contains("resolves these directions alone"), directions == 1, "{shown}");
        assert!(shown.contains("95 updates to t = 0.95,"), "{shown}");
    }
}

#[test]
fn bad_input_is_told_in_one_line_and_spoils_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join("report.json"), "an older one").unwrap();
    let cases: [&[&str]; 20] = [
        &["--runs", "0"],
        &["--runs", "100000"],
        &["--modes", "0"],
        &["--modes", "3"],
        &["--directions", "0"],
        &["--directions", "61"],
        &["--closures", "fixed"],
        &["--closures", "fixed-prior,fixed-prior"],
        &["--units", "gaussian", "--closures", "fixed-prior"],
        &["--units", "gaussian", "--runs", "2"],
        &["--learning-rate", "0"],
        &["--learning-rate", "nan"],
        &["--updates", "0"],
        &["--batch-size", "0"],
        &["--records", "1"],
        &["--gibbs-steps", "0"],
        &["--simulation", "/nowhere"],
        &["--batches", "--closures", "fixed-prior"],
        &["--algorithm", "exact", "--gibbs-steps", "3"],
        &["--algorithm", "exact", "--chains", "3"],
    ];
    for more in cases {
        let mut arguments: Vec<&str> = [&DATA[..], &TRAINING].concat();
        for name in more.iter().filter(|name| name.starts_with("--")) {
            if let Some(place) = arguments.iter().position(|argument| argument == name) {
                arguments.drain(place..place + 2);
            }
        }
        let output = output(&[&["compare"], &arguments[..], more, &["--out", out]].concat());
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{more:?}: {complaint}");
        assert_eq!(complaint.trim_end().lines().count(), 1, "{more:?}: {complaint}");
    }
    assert_eq!(read(folder.path(), "report.json"), "an older one");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
