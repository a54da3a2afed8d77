//! The program as users see it: commands, files, JSON, exit status.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spectral-rbm")).args(arguments).output().unwrap()
}

fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    // There are no progress bars if stderr is not a terminal.
    assert!(complaint.is_empty(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&succeed(&[arguments, &["--format", "json"]].concat())).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn solve_reports_what_the_contract_names() {
    let solution =
        json(&["solve", "--modes", "1.5,1.3", "--sigma", "0.5", "--kappa", "1", "--prior", "bernoulli", "--all"]);
    let ensemble = &solution["ensemble"];
    assert_eq!(ensemble["kappa"], 1.0);
    assert_eq!(floats(&ensemble["modes"]), [1.5, 1.3]);
    assert_eq!(floats(&ensemble["eta"]), [0.0, 0.0]);
    assert_eq!(ensemble["prior_u"], "bernoulli");
    assert_eq!(solution["phase"], "ferromagnetic");
    let points = solution["fixed_points"].as_array().unwrap();
    let first = &points[0];
    assert_eq!(first["kind"], "single");
    assert_eq!(first["modes_condensed"].as_array().unwrap(), &[1]);
    // All published digits.
    assert!((first["m"][0].as_f64().unwrap() - 0.7855491076).abs() < 0.5e-10);
    assert!((first["free_energy"].as_f64().unwrap() + 1.6825290132).abs() < 0.5e-10);
    assert_eq!(first["degeneracy"], 2);
    assert!(first["weight"].is_null());
    for name in ["m_bar", "q", "q_bar", "spectral_radius", "stable", "at_number", "at_stable", "residual"] {
        assert!(!first[name].is_null(), "{name}");
    }
    // Stable points first, by free energy, then the unstable ones.
    let stable: Vec<bool> = points.iter().map(|point| point["stable"].as_bool().unwrap()).collect();
    assert!(stable.windows(2).all(|pair| pair[0] >= pair[1]) && !stable[stable.len() - 1]);
    assert_eq!(solution["search"]["unconverged"], 0);
    assert!(solution["search"]["starts"].as_u64().unwrap() > 10);
}

#[test]
fn solve_with_fields_and_size() {
    let solution =
        json(&["solve", "--modes", "1.8", "--sigma", "0", "--eta", "-0.02", "--theta", "0.0", "--size", "200"]);
    assert_eq!(solution["phase"], "with-fields");
    let points = solution["fixed_points"].as_array().unwrap();
    assert!(points[0]["m"][0].as_f64().unwrap() < 0.0, "the field is negative");
    let total: f64 = points.iter().map(|point| point["weight"].as_f64().unwrap()).sum();
    assert!((total - 1.0).abs() < 1e-12);
}

#[test]
fn solve_says_whether_its_list_is_complete() {
    let one = json(&["solve", "--modes", "1.2", "--sigma", "0.1", "--eta", "0.01", "--all"]);
    let bars: Vec<f64> =
        one["fixed_points"].as_array().unwrap().iter().map(|point| point["m_bar"][0].as_f64().unwrap()).collect();
    assert_eq!(bars.len(), 3);
    assert!(bars.iter().any(|bar| (bar + 0.02281).abs() < 5e-6), "{bars:?}");
    assert_eq!(one["search"]["complete"], true);
    let two = json(&["solve", "--modes", "1.2,1.1", "--sigma", "0.1", "--all"]);
    assert_eq!(two["search"]["complete"], false);
    assert!(two["search"]["note"].as_str().unwrap().contains("that the search met"));
    let text = succeed(&["solve", "--modes", "1.2,1.1", "--sigma", "0.1"]);
    assert!(text.contains("unstable fixed points are those that the search met"), "{text}");
}

/// Strong modes, fields and noise of any size give an answer or one line of error, and quickly.
#[test]
fn extreme_ensembles_are_solved_or_refused() {
    let size = (2.0 / std::f64::consts::PI).sqrt();
    for w in ["1e8", "1e50", "1e100"] {
        let solution = json(&["solve", "--modes", w]);
        let point = &solution["fixed_points"][0];
        assert!((point["m"][0].as_f64().unwrap() - size).abs() < 1e-7, "{w}: {point}");
    }
    for arguments in [
        &["--modes", "1e154"][..],
        &["--modes", "1e308"],
        &["--sigma", "1e154"],
        &["--eta", "1e308,0"],
        &["--theta", "0,-1e200"],
        &["--kappa", "1e-300"],
        &["--kappa", "1e12"],
        &["--modes", "nan"],
        &["--modes=-1"],
        &["--modes", "1e7", "--prior", "bernoulli"],
        &["--modes", "1e4", "--prior", "laplace"],
        &["--modes", "1.5,1.3", "--prior", "laplace", "--backend", "hermite"],
        &["--modes", "1.5", "--size", "1e300"],
        &["--modes", "1.5", "--size", "0"],
    ] {
        let started = std::time::Instant::now();
        let output = run(&[&["solve"], arguments].concat());
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{arguments:?}: {complaint}");
        assert!(started.elapsed().as_secs() < 10, "{arguments:?}");
    }
    for modes in ["0", "0,0", "1.2,1.2", "1e-300", "2,1e-300"] {
        let solution = json(&["solve", "--modes", modes, "--prior", "uniform"]);
        assert_ne!(solution["phase"], "unconverged", "{modes}");
    }
}

#[test]
fn small_averages_are_right_or_said_to_be_small() {
    let value = |arguments: &[&str]| json(&[&["average"], arguments].concat())["values"][0].clone();
    let small = value(&["sech2", "--coefficients", "1e-4", "--noise", "1.2975", "--bias=-29.71"]);
    assert!((small["value"].as_f64().unwrap() / 1.8136640080896e-24 - 1.0).abs() < 1e-10, "{small}");
    // Below the smallest double: e^{−2000}.
    let none = value(&["sech4", "--coefficients", "1", "--prior", "uniform", "--bias", "1000"]);
    assert_eq!(none["value"], 0.0);
    assert!(none["below"].as_f64().unwrap() < 1e-14);
    let text = succeed(&["average", "sech2", "--coefficients", "1", "--bias", "1000"]);
    assert!(text.contains("0 stands for less than"), "{text}");
    assert!(value(&["tanh", "--bias", "0"])["below"].is_null());
}

/// Every row of a map at the edge of the plane has its numbers; otherwise it is called unconverged and counted, and the
/// exit status is 1.
#[test]
fn maps_at_the_edge_have_no_silent_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    for arguments in [
        &["--inv-sigma", "0:50"][..],
        &["--w-over-sigma", "100:200"],
        &["--w-over-sigma", "0:1e6"],
        &["--kappa", "1e-6"],
        &["--kappa", "1e6", "--prior", "uniform"],
        &["--inv-sigma", "0:50", "--prior", "bernoulli", "--modes-ratio", "1,0.9"],
    ] {
        let output = run(&[&["phase-diagram", "--grid", "7", "--format", "json", "--out", out], arguments].concat());
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        let left_out = summary["left_out"].as_array().unwrap().len();
        assert_eq!(output.status.code(), Some(i32::from(left_out > 0)), "{arguments:?}");
        assert_eq!(left_out, 0, "{arguments:?}: {}", summary["left_out"]);
        let map = std::fs::read_to_string(folder.path().join("phase-map.csv")).unwrap();
        assert!(!map.to_lowercase().contains("nan") && map.lines().count() == 50, "{arguments:?}");
    }
    for bad in [
        &["--inv-sigma", "1:1"][..],
        &["--inv-sigma", "2:1"],
        &["--grid", "1"],
        &["--w-over-sigma", "0:1e300"],
        &["--inv-sigma", "1:1.0000000000000002"],
    ] {
        let fresh = folder.path().join("fresh");
        let output = run(&[&["phase-diagram", "--out", fresh.to_str().unwrap()], bad].concat());
        assert_eq!(output.status.code(), Some(2), "{bad:?}");
        assert!(!fresh.exists(), "{bad:?} left a folder");
    }
}

#[test]
fn phases_by_name() {
    let phase = |arguments: &[&str]| json(&[&["solve", "--prior", "uniform"], arguments].concat())["phase"].clone();
    assert_eq!(phase(&["--modes", "0.8", "--sigma", "0.5"]), "paramagnetic");
    assert_eq!(phase(&["--modes", "1.0", "--sigma", "0.5"]), "paramagnetic");
    assert_eq!(phase(&["--modes", "0.8", "--sigma", "1.5"]), "spin-glass");
    assert_eq!(phase(&["--modes", "2.4", "--sigma", "1.25"]), "ferromagnetic");
    assert_eq!(phase(&["--modes", "1.28", "--sigma", "1.25"]), "mixed");
}

#[test]
fn backends_agree_on_the_command_line() {
    let solve = |backend| json(&["solve", "--modes", "1.2", "--sigma", "0.3", "--backend", backend]);
    let m = |solution: Value| solution["fixed_points"][0]["m"][0].as_f64().unwrap();
    assert!((m(solve("fourier")) - m(solve("hermite"))).abs() < 1e-11);
}

/// A Gauss–Hermite rule that has not converged says so on stderr, and the result is still printed.
#[test]
fn hermite_says_when_it_has_not_converged() {
    let arguments =
        ["average", "sech2", "--noise", "30", "--prior", "uniform", "--coefficients", "3", "--backend", "hermite"];
    let output = run(&arguments);
    assert!(output.status.success() && !output.stdout.is_empty());
    let note = String::from_utf8(output.stderr).unwrap();
    assert!(note.starts_with("note: ") && note.lines().count() == 1, "{note}");
    assert!(run(&[&arguments[..], &["--quiet"]].concat()).stderr.is_empty());
}

#[test]
fn v_is_its_asymptotic_series_at_large_x() {
    let values = json(&["average", "V", "--x", "0.5,10,1e6"]);
    let of = |index: usize| values["values"][index]["value"].as_f64().unwrap();
    // V(1e6) = √(2/πx)(1 − π²/24x + …).
    let asymptote = (2.0 / (std::f64::consts::PI * 1e6)).sqrt() * (1.0 - std::f64::consts::PI.powi(2) / 24e6);
    assert!((of(2) / asymptote - 1.0).abs() < 1e-11);
    assert!(0.0 < of(1) && of(1) < of(0) && of(0) < 1.0);
    let tanh = json(&["average", "tanh", "--prior", "bernoulli", "--coefficients", "1,0.5", "--bias", "0.25"]);
    let exact = [1.75f64, 0.75, -0.25, -1.25].iter().map(|s| s.tanh()).sum::<f64>() / 4.0;
    assert!((tanh["values"][0]["value"].as_f64().unwrap() - exact).abs() < 1e-14);
    let component = [1.75f64.tanh(), 0.75f64.tanh(), 0.25f64.tanh(), 1.25f64.tanh()].iter().sum::<f64>() / 4.0;
    assert!((tanh["component_values"][0].as_f64().unwrap() - component).abs() < 1e-14);
    assert!(succeed(&["average"]).contains('V'));
}

#[test]
fn phase_diagram_writes_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("diagram");
    let arguments = ["phase-diagram", "--grid", "21", "--prior", "bernoulli", "--modes-ratio", "1,0.9"];
    let summary = json(&[&arguments[..], &["--out", out.to_str().unwrap()]].concat());
    assert_eq!(summary["prior_u"], "bernoulli");
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let map = read("phase-map.csv");
    let header = "inv_sigma,w_over_sigma,phase,q,q_bar,m,m_bar,at_number,stable_fixed_points";
    assert_eq!(map.lines().next(), Some(header));
    assert_eq!(map.lines().count(), 1 + 21 * 21);
    let boundaries = read("boundaries.csv");
    assert_eq!(boundaries.lines().next(), Some("curve,inv_sigma,w_over_sigma,bracket,status"));
    let named = [
        "paramagnetic-ferromagnetic",
        "paramagnetic-spin-glass",
        "spin-glass-ferromagnetic",
        "almeida-thouless",
        "metastable-2",
    ];
    for curve in named {
        assert!(boundaries.lines().any(|line| line.starts_with(&format!("{curve},"))), "{curve}");
    }
    let png = std::fs::read(out.join("phase-diagram.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG") && read("phase-diagram.svg").contains("<svg"));
    assert!(read("run.toml").contains("command = \"phase-diagram\""));
    // No partly written file is left beside them.
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 5);
}

fn same_files(one: &Path, other: &Path, names: &[&str]) {
    for name in names {
        assert_eq!(std::fs::read(one.join(name)).unwrap(), std::fs::read(other.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn a_run_is_repeated_from_its_file_with_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    succeed(&[
        "phase-diagram",
        "--grid",
        "11",
        "--prior-u",
        "laplace",
        "--kappa",
        "0.5",
        "--threads",
        "1",
        "--out",
        &text("a"),
    ]);
    succeed(&["run", &(text("a") + "/run.toml"), "--threads", "2", "--out", &text("b")]);
    same_files(
        &path("a"),
        &path("b"),
        &["phase-map.csv", "boundaries.csv", "phase-diagram.png", "phase-diagram.svg", "run.toml"],
    );
    succeed(&[
        "solve",
        "--modes",
        "1.5,1.4,1.3",
        "--prior",
        "laplace",
        "--eta",
        "-0.1,0,0.2",
        "--seed",
        "7",
        "--out",
        &text("c"),
    ]);
    succeed(&["run", &text("c"), "--out", &text("d")]);
    same_files(&path("c"), &path("d"), &["solution.json", "run.toml"]);
}

#[test]
fn bad_input_is_one_line_and_status_2() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let inside_a_file = format!("{}/out", file.path().display());
    let cases: [&[&str]; 31] = [
        &["solve", "--kappa", "0"],
        &["solve", "--kappa", "-1"],
        &["solve", "--kappa", "nan"],
        &["solve", "--sigma", "-0.5"],
        &["solve", "--sigma", "inf"],
        &["solve", "--modes", "1.3,1.5"],
        &["solve", "--modes", "-1"],
        &["solve", "--modes", "nan"],
        &["solve", "--modes", ""],
        &["solve", "--modes"],
        &["solve", "--modes", "1,x"],
        &["solve", "--eta", "1"],
        &["solve", "--theta", "0,inf"],
        &["solve", "--size", "0"],
        &["solve", "--prior", "cauchy"],
        &["solve", "--modes", "2,2,2,2", "--prior", "uniform", "--backend", "hermite"],
        &["solve", "--bogus"],
        &["solve", "--out", &inside_a_file],
        &["phase-diagram", "--out", &inside_a_file],
        &["phase-diagram", "--grid", "1"],
        &["phase-diagram", "--inv-sigma", "2:1"],
        &["phase-diagram", "--modes-ratio", "0.9,0.8"],
        &["phase-diagram", "--modes-ratio", "1,1.1"],
        &["average", "sinh"],
        &["average", "V", "--x", "-1"],
        &["average", "tanh", "--x", "1", "--coefficients", "5"],
        &["solve", "--modes", "1e300"],
        &["solve", "--threads", "100000"],
        &["average", "tanh", "--noise", "-1"],
        &["run", "/no/such/file"],
        &[],
    ];
    for arguments in cases {
        let output = run(arguments);
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{arguments:?}: {complaint}");
        assert!(complaint.starts_with("error: ") && complaint.len() < 200, "{complaint}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_bad_run_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.toml");
    let good = "version = \"0.1.0\"\ncommand = \"solve\"\nseed = 0\n[options]\n";
    for bad in [
        "not toml",
        &good.replace("solve", "train"),
        &(good.to_owned() + "modes = \"a\"\n"),
        &(good.to_owned() + "bogus = 1\n"),
    ] {
        std::fs::write(&file, bad).unwrap();
        let output = run(&["run", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{bad}");
        assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1, "{bad}");
    }
}

/// Devices, pipes and folders in place of files, and files that are far too long, are refused. The program does not
/// wait for them or read them until memory runs out.
#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (pipe, long, out) = (name("pipe"), name("long.toml"), name("out"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Takes no space on the disk.
    std::fs::File::create(&long).unwrap().set_len(8 << 30).unwrap();
    let mut cases = vec![vec!["run", &long]];
    for path in ["/dev/zero", &pipe] {
        cases.extend([
            vec!["run", path],
            vec!["sample", path],
            vec!["spectrum", path],
            vec!["inspect", path],
            vec!["train", "--data", path],
            vec!["train", "--samples", "10", "--batch-size", "10", "--init", path],
            vec!["learn", "--data", path],
        ]);
    }
    for arguments in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spectral-rbm"));
        command.args(&arguments).args(["--out", &out]).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let started = std::time::Instant::now();
        while child.try_wait().unwrap().is_none() {
            if started.elapsed().as_secs() >= 20 {
                child.kill().unwrap();
                panic!("{arguments:?} goes on");
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let output = child.wait_with_output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{arguments:?}: {complaint}");
        let reason = if arguments[1] == long { "bytes, and at most" } else { "a pipe or device" };
        assert!(complaint.contains(reason), "{arguments:?}: {complaint}");
    }
}

#[test]
fn what_stood_there_survives_a_refused_command() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    succeed(&["solve", "--out", out]);
    let before = std::fs::read(folder.path().join("solution.json")).unwrap();
    assert_eq!(run(&["solve", "--kappa", "-1", "--out", out]).status.code(), Some(2));
    assert_eq!(std::fs::read(folder.path().join("solution.json")).unwrap(), before);
}

#[test]
fn help_has_examples() {
    for command in ["solve", "phase-diagram", "average", "figure", "run"] {
        assert!(succeed(&[command, "--help"]).contains("Example"), "{command}");
    }
    assert!(succeed(&["--version"]).starts_with("spectral-rbm "));
}

fn table(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tables").join(name).display().to_string()
}

/// Seven samples of five units, stored transposed by MATLAB.
#[test]
fn every_command_says_how_many_samples_of_how_many_units_it_read_and_what_is_odd() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (data, model) = (table("matlab.h5"), at("train/model.h5"));
    let commands = [
        ("train", "--hidden 3 --updates 2 --records 2", true),
        ("learn", "--hidden 3 --closure linear-ising --t-end 0.01 --times 2", false),
        ("learn", "--hidden 3 --closure chains --learning-rate 0.01 --t-end 0.02 --times 2 --batch-size 9", true),
        (
            "compare",
            "--hidden 3 --runs 1 --closures linear-ising --updates 4 --records 3 --directions 1 --gibbs-steps 1",
            true,
        ),
        ("sample", &format!("{model} --chains 7 --steps 2 --from-data"), false),
        ("inspect", &format!("{model} --modes 1"), false),
    ];
    for (command, more, batch) in commands {
        let more: Vec<&str> = more.split(' ').chain(["--data", &data, "--quiet"]).collect();
        let (json_out, text_out) = (at(command), at(&format!("{command}-text")));
        let report = json(&[&[command], more.as_slice(), &["--out", &json_out]].concat());
        let found = &report[if command == "inspect" { "data_set" } else { "data" }];
        assert_eq!((found["samples"].as_u64(), found["visible"].as_u64()), (Some(7), Some(5)), "{command}");
        let notes: Vec<&str> = found["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
        assert!(notes[0].starts_with("written by MATLAB"), "{command}: {notes:?}");
        assert_eq!(
            notes.get(1).is_some_and(|note| note.contains("a batch is all 7 samples")),
            batch,
            "{command}: {notes:?}"
        );
        let text = succeed(&[&[command], more.as_slice(), &["--out", &text_out]].concat());
        assert!(
            text.contains("matlab.h5, 7 samples of 5 units") && notes.iter().all(|note| text.contains(note)),
            "{text}"
        );
    }
    // The note also comes at once on stderr.
    let spoken = run(&[
        "learn",
        "--data",
        &data,
        "--hidden",
        "3",
        "--closure",
        "linear-ising",
        "--t-end",
        "0.01",
        "--out",
        &at("a"),
    ]);
    assert!(String::from_utf8_lossy(&spoken.stderr).contains("note: written by MATLAB"));
}

#[test]
fn options_of_data_files_are_in_the_run_file_and_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grey.csv");
    std::fs::write(&path, "label,a,b,c\n1,3,9,\n2,8,1,9\n3,1,7,8\n4,9,9,1\n").unwrap();
    let (first, again) = (folder.path().join("first"), folder.path().join("again"));
    let options = ["--threshold", "5", "--missing", "drop", "--label-column", "label", "--no-weights"];
    let data = path.display().to_string();
    let fixed =
        ["train", "--data", &data, "--hidden", "2", "--updates", "3", "--records", "2", "--batch-size", "2", "--quiet"];
    let report = json(&[&fixed, options.as_slice(), &["--out", first.to_str().unwrap()]].concat());
    assert_eq!((report["data"]["samples"].as_u64(), report["data"]["visible"].as_u64()), (Some(3), Some(3)));
    assert_eq!(report["data"]["notes"][0], "1 of 4 samples have missing values and were left out");
    let text = std::fs::read_to_string(first.join("run.toml")).unwrap();
    for line in
        ["threshold = 5.0", "missing = \"drop\"", "label_column = \"label\"", "no_weights = true", "transpose = false"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    succeed(&["run", first.to_str().unwrap(), "--out", again.to_str().unwrap(), "--quiet"]);
    same_files(&first, &again, &["spectrum.csv", "records.npz", "model.h5", "run.toml"]);
    // The same three samples from a plain file.
    std::fs::write(&path, "1 -1 1\n-1 1 1\n1 1 -1\n").unwrap();
    let plain = json(&[&fixed, ["--out", again.to_str().unwrap()].as_slice()].concat());
    assert_eq!(plain["data"]["checksum"], report["data"]["checksum"]);
}

#[test]
fn data_that_cannot_be_used_as_they_are_are_refused_with_the_option_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out").display().to_string();
    let refused = |arguments: &[&str]| {
        let output = run(&[&["learn", "--out", &out, "--hidden", "3", "--t-end", "0.01"], arguments].concat());
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{arguments:?}: {complaint}");
        complaint
    };
    let [weights, grey, missing, one] = ["weights.npz", "grey.npy", "missing.npy", "u1.npy"].map(table);
    for (arguments, words) in [
        (&["--data", &weights] as &[&str], "weights from 1 to 7, and all count alike here: --no-weights"),
        (&["--data", &grey], "grey levels need --threshold"),
        (&["--data", &missing], "sample 3, unit 4 is NaN: it is missing: --missing drop"),
        (&["--data", &one, "--label-column", "1"], "a label column is for tables of text"),
        (&["--data", &one, "--samples", "8"], "8 samples are asked for"),
        (&["--data", &grey, "--threshold", "100", "--binarization", "stochastic"], "choose one"),
        (&["--data", &one, "--threshold", "0.5", "--closure", "linear"], "real numbers are to be read"),
        (&["--transpose"], "--transpose is for files of samples, and --data is \"digits\""),
        (&["--data", "clusters", "--threshold", "3"], "--threshold is for files of grey levels"),
        (&["--data", &folder.path().display().to_string()], "no train-images-idx3-ubyte"),
    ] {
        let complaint = refused(arguments);
        assert!(complaint.contains(words), "{complaint}");
    }
}
