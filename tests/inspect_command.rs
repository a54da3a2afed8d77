//! `spectral-rbm inspect`: what it reads, prints, writes and refuses.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn output(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spectral-rbm")).args(arguments).output().unwrap()
}

fn succeed(arguments: &[&str]) -> String {
    let output = output(arguments);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&succeed(&[arguments, &["--format", "json"]].concat())).unwrap()
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// Singular values of a ±1 machine in `expected.json`, by nalgebra from the weights read by NumPy.
fn expected(machine: &Value) -> Vec<f64> {
    let shape = floats(&machine["shape"]);
    let weights = floats(&machine["weights"]);
    let matrix = nalgebra::DMatrix::from_row_slice(shape[0] as usize, shape[1] as usize, &weights);
    let mut values: Vec<f64> = matrix.singular_values().iter().copied().collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// For every fixture at every update, the singular values are those of the weights read by h5py and NumPy, and the JSON
/// has all promised entries.
#[test]
fn the_fixtures_give_the_numbers_of_h5py() {
    let table: Value = serde_json::from_slice(&std::fs::read(fixture("expected.json")).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let all = |file: &str| {
        let machines = table[file]["machines"].as_object().unwrap();
        machines.iter().map(|(update, machine)| (Some(update.clone()), machine.clone())).collect::<Vec<_>>()
    };
    for (file, units, machines) in [
        ("rbms-0.5.0-bernoulli.h5", None, all("rbms-0.5.0-bernoulli.h5")),
        ("rbms-0.6.0-ising.h5", None, all("rbms-0.6.0-ising.h5")),
        ("torchrbm.h5", Some("bernoulli"), all("torchrbm.h5")),
        ("newest.h5", None, all("newest.h5")),
        ("ising.npz", None, vec![(None, table["ising.npz"]["machine"].clone())]),
        ("named.npz", Some("ising"), vec![(None, table["named.npz"]["ising"].clone())]),
        ("named.npz", Some("bernoulli"), vec![(None, table["named.npz"]["bernoulli"].clone())]),
    ] {
        for (update, machine) in machines {
            let path = fixture(file);
            let mut arguments = vec!["inspect", text(&path), "--out", text(folder.path())];
            arguments.extend(update.iter().flat_map(|update| ["--update", update]));
            arguments.extend(units.iter().flat_map(|units| ["--units", units]));
            let report = json(&arguments);
            let (found, exact) = (floats(&report["singular_values"]), expected(&machine));
            assert_eq!(found.len(), exact.len());
            for (found, exact_value) in found.iter().zip(&exact) {
                // Weights of {0, 1} machines are rounded to single precision after their conversion.
                assert!((found - exact_value).abs() <= 1e-6 * exact[0], "{file} {update:?}: {found} {exact_value}");
            }
            assert_eq!(report["model"]["visible"], 20);
            assert_eq!(report["model"]["hidden"], 7);
            assert_eq!(report["model"]["kappa"], 7.0 / 20.0);
            assert_eq!(report["model"]["update"].as_u64().map(|update| update.to_string()), update);
            for (part, names) in [
                ("model", &["file", "model_type"][..]),
                ("bulk", &["sigma", "sigma_error", "edge", "ks_distance", "modes", "note"]),
            ] {
                assert!(names.iter().all(|name| report[part].get(name).is_some()), "{file}: {}", report[part]);
            }
            // Seven values are no bulk, so no position is given.
            assert!(report["position"].is_null() && report["bulk"]["note"].is_string(), "{file}: {report}");
            for outlier in report["outliers"].as_array().unwrap() {
                for name in
                    ["rank", "observed", "planted", "planted_error", "kurtosis_u", "kurtosis_v", "prior_u", "prior_v"]
                {
                    assert!(outlier.get(name).is_some(), "{file}: {name}");
                }
                assert!(outlier["log_likelihood_ratios"]["u"]["laplace"].as_f64().unwrap() <= 0.0);
            }
            for name in ["m", "m_bar", "q", "q_bar", "free_energy", "spectral_radius", "stable", "at_number"] {
                assert!(report["fixed_points"][0].get(name).is_some(), "{file}: {name}");
            }
        }
    }
}

/// A file that is not a machine of ±1 or {0, 1} units gives one clear line and exit status 2.
#[test]
fn what_cannot_be_read_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let truncated = folder.path().join("truncated.h5");
    let whole = std::fs::read(fixture("rbms-0.6.0-ising.h5")).unwrap();
    std::fs::write(&truncated, &whole[..whole.len() / 2]).unwrap();
    let foreign = folder.path().join("foreign.txt");
    std::fs::write(&foreign, "not a machine").unwrap();
    let broken = folder.path().join("nan.npz");
    let machine = spectral_rbm::simulator::machine::Machine::random(6, 4, 0.1, 0).unwrap();
    std::fs::write(&broken, npz(&machine.weights, f32::NAN)).unwrap();
    for (arguments, said) in [
        (vec![text(&truncated)], "truncated.h5"),
        (vec![text(&foreign)], "foreign.txt"),
        (vec![text(&broken)], "NaN"),
        (vec![text(&fixture("pbrbm.h5"))], "Potts"),
        (vec![text(&fixture("bgrbm.h5"))], "Gaussian"),
        (vec![text(&fixture("torchrbm.h5"))], "units"),
        (vec![text(&fixture("torchrbm.h5")), "--units", "gaussian"], "linear machine"),
        (vec![text(&fixture("rbms-0.6.0-ising.h5")), "--units", "bernoulli"], "ising"),
        (vec![text(&fixture("rbms-0.6.0-ising.h5")), "--update", "3"], "was not saved"),
        (vec![text(&fixture("rbms-0.6.0-ising.h5")), "--update", "every"], "all"),
        (vec![text(&fixture("rbms-0.6.0-ising.h5")), "--image-shape", "5x5"], "20 visible"),
        (vec![text(&fixture("rbms-0.6.0-ising.h5")), "--data", "digits"], "units"),
        (vec![text(&fixture("rbms-0.6.0-ising.h5")), "--modes", "0"], "--modes"),
        (vec![text(&fixture("ising.npz")), "--update", "all"], "checkpoints"),
        (vec!["absent.h5"], "absent.h5"),
    ] {
        let output = output(&[&["inspect", "--out", text(&out)], &arguments[..]].concat());
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
        assert!(complaint.to_lowercase().contains(&said.to_lowercase()), "{arguments:?}: {complaint}");
        assert!(output.stdout.is_empty());
    }
}

/// An NPZ file W [6, 4], eta, theta, whose last field is `last`.
fn npz(weights: &[f32], last: f32) -> Vec<u8> {
    let mut archive = spectral_rbm::io::Archive::new();
    archive.add("W", &[6, 4], weights).unwrap();
    archive.add("eta", &[6], &[0f32; 6]).unwrap();
    archive.add("theta", &[4], &[0.0, 0.0, 0.0, last]).unwrap();
    archive.finish().unwrap()
}

/// All checkpoints of a run, data, and the run repeated from its file with any number of threads: the same bytes.
#[test]
fn a_run_is_followed_and_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let (run, first, again) = (folder.path().join("run"), folder.path().join("first"), folder.path().join("again"));
    succeed(&[
        "train",
        "--samples",
        "300",
        "--hidden",
        "30",
        "--updates",
        "400",
        "--records",
        "6",
        "--learning-rate",
        "0.05",
        "--out",
        text(&run),
        "--quiet",
    ]);
    let report = json(&[
        "inspect",
        text(&run),
        "--update",
        "all",
        "--data",
        "digits",
        "--samples",
        "300",
        "--modes",
        "2",
        "--out",
        text(&first),
        "--quiet",
    ]);
    let steps = report["trajectory"]["steps"].as_array().unwrap().len();
    assert!(steps >= 5);
    let modes = report["trajectory"]["modes"].as_array().unwrap();
    assert!(!modes.is_empty() && modes[0]["emerged"].as_u64().unwrap() <= 400);
    let shares = floats(&report["data"]["shares"]);
    assert_eq!(shares.len(), report["fixed_points"].as_array().unwrap().len());
    let shares = shares.iter().sum::<f64>() + report["data"]["at_unstable"].as_f64().unwrap();
    let lost = report["data"]["unconverged"].as_f64().unwrap() / report["data"]["samples"].as_f64().unwrap();
    assert!((shares + lost - 1.0).abs() < 1e-12);
    let table = std::fs::read_to_string(first.join("trajectory.csv")).unwrap();
    assert_eq!(table.lines().count(), steps + 1);
    for name in [
        "modes.csv",
        "histogram.png",
        "components.svg",
        "phase-diagram.png",
        "modes.png",
        "trajectory.png",
        "inspection.json",
    ] {
        assert!(first.join(name).is_file(), "{name}");
    }
    succeed(&["run", text(&first), "--out", text(&again), "--threads", "1", "--quiet"]);
    for name in ["trajectory.csv", "modes.csv", "inspection.json", "phase-diagram.svg", "run.toml"] {
        let read = |folder: &Path| std::fs::read(folder.join(name)).unwrap();
        assert!(read(&first) == read(&again), "{name}");
    }
}

/// A machine of two hidden units with w = 1.9 and 1.4 has too few values for a bulk; `inspect`, `spectrum` and `train`
/// say so.
#[test]
fn too_few_units_for_a_bulk_are_told_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let (model, out) = (folder.path().join("two.npz"), folder.path().join("out"));
    // Columns of ±1 over √50, orthogonal.
    let weight = |entry: usize| {
        let (site, unit) = (entry / 2, entry % 2);
        let sign = if unit == 0 || site % 2 == 0 { 1.0 } else { -1.0 };
        sign * [1.9, 1.4][unit] / 50f32.sqrt()
    };
    let mut archive = spectral_rbm::io::Archive::new();
    archive.add("W", &[50, 2], &(0..100).map(weight).collect::<Vec<f32>>()).unwrap();
    archive.add("eta", &[50], &[0f32; 50]).unwrap();
    archive.add("theta", &[2], &[0f32; 2]).unwrap();
    std::fs::write(&model, archive.finish().unwrap()).unwrap();
    let options = [text(&model), "--units", "ising", "--out", text(&out), "--quiet"];
    for command in ["inspect", "spectrum"] {
        let report = json(&[&[command], &options[..]].concat());
        assert!(report["bulk"]["note"].as_str().unwrap().contains("2 singular values are too few"), "{report}");
        assert!(report["bulk"]["sigma"].is_null() && report["outliers"][1]["planted"].is_null());
        assert!(command == "spectrum" || report["outliers"][0]["prior_u"] == "unclaimed", "{report}");
        let observed: Vec<f64> =
            report["outliers"].as_array().unwrap().iter().map(|mode| mode["observed"].as_f64().unwrap()).collect();
        assert!(observed.iter().zip([1.9, 1.4]).all(|(found, w)| (found - w).abs() < 1e-6), "{observed:?}");
        assert!(command == "spectrum" || report["position"].is_null());
        let shown = succeed(&[&[command], &options[..]].concat());
        assert!(shown.contains("sigma unknown") && shown.contains("too few"), "{shown}");
        assert!(command == "spectrum" || shown.contains("no law is claimed"), "{shown}");
        assert!(!["undecided", "gaussian"].iter().any(|law| shown.contains(law)), "{shown}");
        assert!(!["paramagnetic", "ferromagnetic", "spin-glass"].iter().any(|phase| shown.contains(phase)), "{shown}");
    }
    assert!(!out.join("phase-diagram.png").exists());
    let run = folder.path().join("run");
    let train =
        ["train", "--data", "clusters", "--visible", "50", "--samples", "100", "--hidden", "2", "--updates", "20"];
    let shown = succeed(&[&train[..], &["--out", text(&run), "--quiet"]].concat());
    assert!(shown.contains("too few to tell a bulk"), "{shown}");
    let report = json(&[&train[..], &["--out", text(&folder.path().join("again")), "--quiet"]].concat());
    assert!(report["bulk_note"].as_str().unwrap().contains("too few") && report["bulk_sigma"].is_null());
}
