//! The programs in `examples/` run, and print the known results of their problems.

use std::path::Path;
use std::process::Command;

/// The output of an example; `cargo test` builds the examples beside the program.
fn run(name: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_spectral-rbm")).parent().unwrap().join("examples");
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "no {}: `cargo test` builds it, or `cargo build --examples`", program.display());
    let output = Command::new(program).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The numbers in the last line that starts with `start`.
fn numbers(text: &str, start: &str) -> Vec<f64> {
    let line = text.lines().rfind(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start} in {text}"));
    line.split(|c: char| c.is_whitespace() || ",[]:".contains(c)).filter_map(|word| word.parse().ok()).collect()
}

/// Each of the two modes has a state; at σ = 0.3 both are nearly saturated.
#[test]
fn fixed_points_finds_a_state_of_each_mode() {
    let text = run("fixed_points");
    let (first, second) = (numbers(&text, "[1]"), numbers(&text, "[2]"));
    assert!(first[1] > 0.9 && second[1] > 0.85 && first[1] > second[1], "{text}");
    assert!(first[3] < second[3], "the stronger mode has the lower free energy: {text}");
}

/// The paramagnet ends at w = 1 under every law.
#[test]
fn phase_boundaries_has_the_paramagnet_end_at_one() {
    let text = run("phase_boundaries");
    let points: Vec<Vec<f64>> = text
        .lines()
        .filter(|line| line.starts_with("paramagnetic-ferromagnetic"))
        .map(|line| line.split(',').skip(1).map(|word| word.parse().unwrap()).collect())
        .collect();
    assert!(!points.is_empty(), "{text}");
    assert!(points.iter().all(|point| (point[1] - point[0]).abs() < 1e-9), "{text}");
}

/// The mode grows from the noise and condenses at w = 1.
#[test]
fn learning_flow_condenses() {
    let text = run("learning_flow");
    assert!(numbers(&text, "0.00")[1] < 0.1 && numbers(&text, "0.30")[1] > 1.0, "{text}");
    assert!(text.contains("ExceedsOne"), "{text}");
}

/// Two clusters span one direction, so one mode leaves the bulk.
#[test]
fn train_learns_the_direction_of_the_clusters() {
    let text = run("train");
    let last = numbers(&text, "  60");
    assert!(last[2] > 1.0 && last[3] >= 1.0, "{text}");
}

/// The planted σ = 0.3 and w = 1.5 are found within their errors of a few per cent, and the phase is correct.
#[test]
fn inspect_machine_reads_what_was_planted() {
    let text = run("inspect_machine");
    let read = numbers(&text.replace('=', " "), "sigma");
    assert!((read[0] / 0.3 - 1.0).abs() < 0.05 && (read[1] / 1.5 - 1.0).abs() < 0.05, "{text}");
    assert!(text.contains("erromagnetic") && text.contains("stable states: 2"), "{text}");
}
