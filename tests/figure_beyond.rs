//! The command `figure` for what goes beyond the letter's figures: files, claims, repetition.

use std::path::Path;
use std::process::Command;

fn figure(arguments: &[&str], folder: &Path) {
    let program = env!("CARGO_BIN_EXE_spectral-rbm");
    let output = Command::new(program).args(arguments).args(["--quiet", "--out"]).arg(folder).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every file of one folder is in the other, byte by byte.
fn assert_same(one: &Path, other: &Path) {
    for entry in std::fs::read_dir(one).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        assert!(std::fs::read(&path).unwrap() == std::fs::read(other.join(name)).unwrap(), "{name:?} differs");
    }
}

/// With few samples a figure is made from beginning to end, and again, on another number of threads, from its run.toml.
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
fn figures_of_states_and_averages_have_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    figure(&["figure", "stable-states", "--quick"], folder.path());
    for prior in ["gaussian", "uniform", "bernoulli", "laplace"] {
        let map = read(folder.path(), &format!("stable-states-map-{prior}.csv"));
        let rows: Vec<Vec<&str>> = map.lines().skip(1).map(|line| line.split(',').collect()).collect();
        assert!(rows.len() == 41 && rows.iter().all(|row| row.len() == 42));
        // Deep in the paramagnet, w_max/σ = 0 and 1/σ = 2, there is one state.
        assert_eq!(rows[40][1], "1");
        assert!(read(folder.path(), &format!("stable-states-{prior}.csv")).contains("almeida-thouless"));
    }
    figure(&["figure", "averages", "--quick"], folder.path());
    let csv = read(folder.path(), "averages.csv");
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    // At the strictest tolerance every Fourier average is right to 1e-12, and times are those of the same rows.
    let strict: Vec<f64> = rows
        .iter()
        .filter(|row| row[2] == "fourier" && row[3].parse::<f64>().unwrap() < 2e-16)
        .map(|row| row[5].parse().unwrap())
        .collect();
    assert!(strict.len() == 12 && strict.iter().all(|error| *error < 1e-12), "{strict:?}");
    assert_eq!(read(folder.path(), "averages-times.csv").lines().count(), rows.len() + 1);
}
