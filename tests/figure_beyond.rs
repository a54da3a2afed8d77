//! The command `figure` for figures beyond those of the letter: files, claims, repetition.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

fn figure(arguments: &[&str], folder: &Path) -> String {
    let program = env!("CARGO_BIN_EXE_spectral-rbm");
    let output = Command::new(program).args(arguments).args(["--quiet", "--out"]).arg(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Asserts that every file of one folder is in the other, byte by byte.
fn assert_same(one: &Path, other: &Path) {
    for entry in std::fs::read_dir(one).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        assert!(std::fs::read(&path).unwrap() == std::fs::read(other.join(name)).unwrap(), "{name:?} differs");
    }
}

/// Makes a figure from few samples, and again from its run.toml on another number of threads.
fn repeat(name: &str, curves: &[&str]) {
    let folders = [0, 1].map(|_| tempfile::tempdir().unwrap());
    let [first, again] = folders.each_ref().map(|folder| folder.path());
    figure(&["figure", name, "--quick", "--samples", "300", "--threads", "2"], first);
    let run = first.join("run.toml");
    figure(&["run", run.to_str().unwrap(), "--threads", "1"], again);
    assert_same(first, again);
    let csv = read(first, &format!("{name}.csv"));
    assert!(curves.iter().all(|curve| csv.contains(curve)), "{csv}");
    assert!(read(first, "claims.csv").contains(name));
    for extension in ["png", "svg"] {
        assert!(std::fs::metadata(first.join(format!("{name}.{extension}"))).unwrap().len() > 10_000);
    }
}

#[test]
fn theory_vs_simulation_can_be_repeated() {
    repeat("theory-vs-simulation", &["simulation", "population closure", "fixed prior, (9)"]);
}

#[test]
#[ignore = "twenty seconds"]
fn closures_and_trajectories_can_be_repeated() {
    repeat("closures", &["simulation", "fixed prior, Gaussian", "population, full"]);
    repeat("trajectory", &["theory", "simulation"]);
}

#[test]
fn figures_of_states_have_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    figure(&["figure", "stable-states", "--quick"], folder.path());
    for prior in ["gaussian", "uniform", "bernoulli", "laplace"] {
        let map = read(folder.path(), &format!("stable-states-map-{prior}.csv"));
        let rows: Vec<Vec<&str>> = map.lines().skip(1).map(|line| line.split(',').collect()).collect();
        assert!(rows.len() == 41 && rows.iter().all(|row| row.len() == 42));
        // Deep in the paramagnet, at w_max/σ = 0 and 1/σ = 2, there is one state.
        assert_eq!(rows[40][1], "1");
        assert!(read(folder.path(), &format!("stable-states-{prior}.csv")).contains("almeida-thouless"));
    }
}

/// Files of a folder without measured times, with their bytes.
fn lasting(folder: &Path, timings: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = paths.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path));
    named
        .filter(|(name, _)| !timings.contains(&name.as_str()))
        .map(|(name, path)| (name, std::fs::read(path).unwrap()))
        .collect()
}

/// Measured times are in separate files, which the program names; all other files are the same in every run.
#[test]
fn averages_have_their_numbers_and_measured_times_apart() {
    let folders = [0, 1].map(|_| tempfile::tempdir().unwrap());
    let program = Command::new(env!("CARGO_BIN_EXE_spectral-rbm"))
        .args(["figure", "averages", "--quick", "--quiet", "--format", "json", "--out"])
        .arg(folders[0].path())
        .output()
        .unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&program.stdout).unwrap();
    let base = |path: &serde_json::Value| Path::new(path.as_str().unwrap()).file_name().unwrap().to_owned();
    let named: Vec<_> = summary["timings"].as_array().unwrap().iter().map(base).collect();
    let timings = ["averages-times.png", "averages-times.svg", "averages-times.csv"];
    assert_eq!(named, timings);
    let printed = figure(&["run", folders[0].path().to_str().unwrap(), "--threads", "1"], folders[1].path());
    let marked = printed.lines().filter(|line| line.contains("(measured times")).count();
    assert_eq!(marked, timings.len(), "{printed}");
    let [one, other] = folders.each_ref().map(|folder| lasting(folder.path(), &timings));
    assert_eq!(one.keys().collect::<Vec<_>>(), ["averages.csv", "averages.png", "averages.svg", "run.toml"]);
    assert!(one == other);
    let folder = &folders[0];
    let csv = read(folder.path(), "averages.csv");
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    // At the strictest tolerance every Fourier average is accurate to 1e-12, and the table of times has the same rows.
    let strict: Vec<f64> = rows
        .iter()
        .filter(|row| row[2] == "fourier" && row[3].parse::<f64>().unwrap() < 2e-16)
        .map(|row| row[5].parse().unwrap())
        .collect();
    assert!(strict.len() == 12 && strict.iter().all(|error| *error < 1e-12), "{strict:?}");
    assert_eq!(read(folder.path(), "averages-times.csv").lines().count(), rows.len() + 1);
}
