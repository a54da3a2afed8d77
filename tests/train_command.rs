//! The commands `train`, `sample`, `spectrum` and `mnist` as users see them: files, resumption, bad input.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spectral-rbm"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env_remove("SPECTRAL_RBM_MNIST")
        .env("HOME", "/nowhere")
        .env_remove("XDG_DATA_HOME");
    command
}

fn output(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn succeed(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Name and content of every file in a folder without subfolders.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
        })
        .collect()
}

fn assert_same(found: &Path, expected: &Path) {
    let (found, expected) = (files(found), files(expected));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

/// Number of records that a run has saved so far.
fn checkpoints(run: &Path) -> usize {
    let entries = std::fs::read_dir(run.join("checkpoints")).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("update_")).count()
}

/// Options of a small training run on clusters.
const CLUSTERS: [&str; 13] = [
    "train",
    "--data",
    "clusters",
    "--visible",
    "60",
    "--samples",
    "400",
    "--hidden",
    "30",
    "--amplitudes",
    "0.9,0.5",
    "--batch-size",
    "40",
];

#[test]
fn twenty_kills_and_resumptions_end_in_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for (name, more) in [
        ("pcd", &["--algorithm", "pcd", "--chains", "70", "--updates", "12000", "--vectors"][..]),
        ("cd", &["--updates", "20000", "--seed", "5"]),
        ("gaussian", &["--units", "gaussian", "--updates", "8000", "--learning-rate", "0.003"]),
    ] {
        let (whole, killed) = (folder.path().join(name), folder.path().join(format!("{name}-killed")));
        let (whole_name, killed_name) = (whole.to_str().unwrap(), killed.to_str().unwrap());
        let start = |out| {
            [&CLUSTERS[..], more, &["--quiet", "--records", "80", "--record-spacing", "linear", "--out", out]].concat()
        };
        succeed(&start(whole_name));
        let (mut kills, mut with_progress) = (0, 0);
        let mut arguments = start(killed_name);
        while kills < 20 {
            let before = checkpoints(&killed);
            let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Every second kill comes after a new checkpoint, the others at any moment.
            if kills % 2 == 1 {
                let started = Instant::now();
                while checkpoints(&killed) <= before && started.elapsed() < Duration::from_secs(20) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            std::thread::sleep(Duration::from_millis(random.random_range(0..25)));
            assert!(child.try_wait().unwrap().is_none(), "{name}: the run was done before it was killed {kills} times");
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            with_progress += usize::from(checkpoints(&killed) > before);
            // There is nothing to resume before the run has written its run.toml.
            if killed.join("checkpoints/run.toml").exists() || killed.join("run.toml").exists() {
                arguments = vec!["train", "--quiet", "--resume", killed_name];
            }
        }
        assert!(with_progress >= 10, "{name}: only {with_progress} kills after progress");
        succeed(&arguments);
        assert_same(&killed, &whole);
    }
}

#[test]
fn a_run_that_is_extended_is_the_longer_run() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (long, short) = (name("long"), name("short"));
    let spacing = ["--record-spacing", "linear", "--records", "3", "--algorithm", "pcd", "--quiet"];
    succeed(&[&CLUSTERS[..], &spacing, &["--updates", "200", "--out", &long]].concat());
    succeed(&[&CLUSTERS[..], &spacing, &["--updates", "100", "--out", &short]].concat());
    succeed(&["train", "--resume", &short, "--updates", "200", "--quiet"]);
    let last = |folder: &str| {
        let csv = std::fs::read_to_string(Path::new(folder).join("spectrum.csv")).unwrap();
        csv.lines().last().unwrap().to_owned()
    };
    assert_eq!(last(&short), last(&long));
    // Its run.toml repeats all of it, including the records of the shorter run.
    let again = name("again");
    succeed(&["run", &short, "--out", &again]);
    assert_same(Path::new(&again), Path::new(&short));
    // The refused run is not shortened, and is unchanged.
    assert_eq!(output(&["train", "--resume", &short, "--updates", "150"]).status.code(), Some(2));
    succeed(&["train", "--resume", &short, "--quiet"]);
    assert_same(Path::new(&again), Path::new(&short));
    // Nothing is left to do, so the files stay the same.
    let before = files(Path::new(&short));
    succeed(&["train", "--resume", &short, "--quiet"]);
    assert!(files(Path::new(&short)) == before);
}

#[test]
fn a_run_is_repeated_from_its_run_file_and_by_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name);
    let out = |name: &Path| name.to_str().unwrap().to_owned();
    let (first, again) = (name("first"), name("again"));
    succeed(&[&CLUSTERS[..], &["--updates", "50", "--threads", "1", "--seed", "3", "--out", &out(&first)]].concat());
    succeed(&["run", &out(&first), "--out", &out(&again), "--threads", "3"]);
    assert_same(&again, &first);
    // The linear machine, with layers large enough for threads to matter, at a learning rate chosen by the program.
    let (linear, linear_again) = (name("linear"), name("linear-again"));
    let gaussian =
        ["train", "--units", "gaussian", "--samples", "300", "--hidden", "200", "--updates", "20", "--values-only"];
    succeed(&[&gaussian[..], &["--threads", "1", "--out", &out(&linear)]].concat());
    succeed(&["run", &out(&linear), "--out", &out(&linear_again), "--threads", "3"]);
    assert_same(&linear_again, &linear);
    // Changed data are recognised.
    let run = std::fs::read_to_string(first.join("run.toml")).unwrap();
    let other = name("other.toml");
    std::fs::write(&other, run.replace("data_seed = 0", "data_seed = 1")).unwrap();
    let failed = output(&["run", &out(&other), "--out", &out(&name("other"))]);
    assert_eq!(failed.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&failed.stderr).contains("SHA-256"));
}

#[test]
fn machines_are_sampled_and_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (run, samples, spectrum) = (name("run"), name("samples"), name("spectrum"));
    succeed(&[&CLUSTERS[..], &["--updates", "300", "--export", "bernoulli", "--out", &run]].concat());
    let text = succeed(&[
        "sample",
        &run,
        "--steps",
        "50",
        "--chains",
        "20",
        "--likelihood",
        "--data",
        "clusters",
        "--visible",
        "60",
        "--samples",
        "400",
        "--amplitudes",
        "0.9,0.5",
        "--format",
        "json",
        "--out",
        &samples,
    ]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((json["visible"].as_u64(), json["hidden"].as_u64()), (Some(60), Some(30)));
    // Without --data the data of the run are used, here the same data, also when the command is repeated.
    let own = name("own");
    let sample = ["sample", &run, "--steps", "50", "--chains", "20", "--likelihood", "--format", "json", "--out", &own];
    let found: serde_json::Value = serde_json::from_str(&succeed(&sample)).unwrap();
    let shared = ["data", "log_partition", "log_likelihood"];
    assert!(shared.iter().all(|part| !found[part].is_null() && found[part] == json[part]), "{found} {json}");
    let again: serde_json::Value = serde_json::from_str(&succeed(&["run", &own, "--format", "json"])).unwrap();
    assert!(again == found, "{again} {found}");
    let estimate = &json["log_partition"];
    assert!(estimate["error"].as_f64().unwrap() < 0.5, "{json}");
    // Independent fair coins have −60 ln 2 = −41.6.
    assert!(json["log_likelihood"].as_f64().unwrap() > -41.6, "{json}");
    assert!(files(Path::new(&samples)).contains_key("samples.npz"));

    let look = |model: &str| -> serde_json::Value {
        let text = succeed(&["spectrum", model, "--format", "json", "--out", &spectrum]);
        serde_json::from_str(&text).unwrap()
    };
    let (ising, bernoulli) = (look(&run), look(&format!("{run}/model-bernoulli.h5")));
    let csv = std::fs::read_to_string(Path::new(&run).join("spectrum.csv")).unwrap();
    let last: Vec<f64> = csv.lines().last().unwrap().split(',').map(|x| x.parse().unwrap()).collect();
    for rank in 0..30 {
        let found = ising["singular_values"][rank].as_f64().unwrap();
        assert_eq!(found, last[3 + rank]);
        // The conversion multiplies by four, which is exact; so is the inverse.
        assert_eq!(found, bernoulli["singular_values"][rank].as_f64().unwrap());
    }
}

/// The same command without --resume does not overwrite a stopped run.
#[test]
fn a_stopped_run_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let arguments = [&CLUSTERS[..], &["--updates", "1000000", "--quiet", "--out", out.to_str().unwrap()]].concat();
    let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while checkpoints(&out) < 3 && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = checkpoints(&out);
    assert!(before >= 3);
    for more in [&[][..], &["--data-seed", "18446744073709551615"]] {
        let refused = output(&[&arguments[..], more].concat());
        assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
        assert_eq!(checkpoints(&out), before);
    }
}

/// Runs a command that must be refused at once, with exit status 2 and one line on stderr; returns the line.
fn refuse(arguments: &[&str]) -> String {
    let started = Instant::now();
    let output = output(arguments);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
    assert!(output.stdout.is_empty() && started.elapsed() < Duration::from_secs(20), "{arguments:?}");
    message
}

/// Waits until a run has saved more records than `before`.
fn wait_for_progress(run: &Path, before: usize) {
    let started = Instant::now();
    while checkpoints(run) <= before {
        assert!(started.elapsed() < Duration::from_secs(60), "no progress");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// While one command writes to a folder, others are refused at once and do not touch it. A killed process does not
/// block the folder. The run ends with the same files as an undisturbed one, and no lock is left.
#[test]
fn one_command_at_a_time_writes_to_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (alone, shared) = (folder.path().join("alone"), folder.path().join("shared"));
    let (alone_name, shared_name) = (alone.to_str().unwrap(), shared.to_str().unwrap());
    let options = ["--updates", "20000", "--records", "80", "--record-spacing", "linear", "--quiet", "--out"];
    let start = |out| [&CLUSTERS[..], &options, &[out]].concat();
    succeed(&start(alone_name));
    let others = || {
        for arguments in [
            &start(shared_name)[..],
            &["train", "--resume", shared_name],
            &["solve", "--out", shared_name],
            &["sample", alone_name, "--out", shared_name],
            &["inspect", alone_name, "--out", shared_name],
            &["spectrum", alone_name, "--out", shared_name],
            &["figure", "averages", "--quick", "--out", shared_name],
            &["phase-diagram", "--out", shared_name],
            &["run", alone_name, "--out", shared_name],
        ] {
            assert!(refuse(arguments).contains("another command is writing to the folder"), "{arguments:?}");
        }
    };
    let spawn = |arguments: &[&str]| command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut first = spawn(&start(shared_name));
    wait_for_progress(&shared, 0);
    others();
    assert!(first.try_wait().unwrap().is_none(), "the run was done before others were refused");
    first.kill().unwrap();
    first.wait().unwrap();
    // The lock of the killed process is released.
    let before = checkpoints(&shared);
    let mut resumed = spawn(&["train", "--resume", shared_name, "--quiet"]);
    wait_for_progress(&shared, before);
    others();
    assert!(resumed.try_wait().unwrap().is_none(), "the run was done before others were refused");
    assert!(resumed.wait().unwrap().success());
    assert_same(&shared, &alone);
}

/// Of several runs that start together one runs, and the others report the reason why they do not.
#[test]
fn of_runs_that_start_together_one_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let arguments = [&CLUSTERS[..], &["--updates", "3000", "--quiet", "--out", out.to_str().unwrap()]].concat();
    let run = || command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..4).map(|_| run()).collect();
    let outputs: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    assert!(outputs.iter().any(|output| output.status.success()));
    for output in outputs.iter().filter(|output| !output.status.success()) {
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains("another command is writing to the folder"), "{message}");
    }
    assert!(files(&out).contains_key("model.h5"));
}

/// Options that do not go together are refused before the first file is written.
#[test]
fn refused_commands_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (run, out) = (name("run"), name("out"));
    succeed(&[&CLUSTERS[..], &["--updates", "20", "--quiet", "--out", &run]].concat());
    let other_size = ["--data", "clusters", "--visible", "50", "--samples", "200"];
    let same_size = ["--data", "clusters", "--visible", "60", "--samples", "200"];
    let bare = name("bare.h5");
    std::fs::copy(Path::new(&run).join("model.h5"), &bare).unwrap();
    for (arguments, reason) in [
        (&[&["sample", &run, "--likelihood"], &other_size[..]].concat()[..], "50 units"),
        (&[&["sample", &run, "--from-data"], &other_size[..]].concat(), "50 units"),
        (&[&["sample", &run, "--from-data", "--chains", "201"], &same_size[..]].concat(), "201 samples"),
        (&["sample", &bare, "--likelihood"], "--data FILE"),
        (&["sample", &bare, "--likelihood", "--samples", "10"], "--data digits has 784 units"),
        (&["sample", &run, "--likelihood", "--temperatures", "0"], "--temperatures is 0"),
        (&["sample", &run, "--image-shape", "7x7"], "7x7"),
        (&["spectrum", &run, "--image-shape", "7x7"], "7x7"),
        (&[&["inspect", &run], &other_size[..]].concat(), "50 units"),
        (&["figure", "all", "--quick", "--epochs", "nan"], "--epochs is NaN"),
        (&["figure", "all", "--quick", "--samples", "2"], "--samples is 2"),
        (&["figure", "all", "--quick", "--hidden", "0"], "hidden"),
        (&["figure", "all", "--quick", "--data", "nowhere.csv"], "nowhere.csv"),
        (&["train", "--resume", &name("no")], "no folder"),
    ] {
        let mut arguments = arguments.to_vec();
        if arguments[1] != "--resume" {
            arguments.extend(["--out", &out]);
        }
        let message = refuse(&arguments);
        assert!(message.contains(reason), "{arguments:?}: {message}");
        assert!(!Path::new(&out).exists() || files(Path::new(&out)).is_empty(), "{arguments:?}");
    }
    // Options that would be ignored are refused, at any place in the command.
    let before = files(Path::new(&run));
    for (arguments, option) in [
        (&["train", "--resume", &run, "--out", &out][..], "--out"),
        (&["--out", &out, "train", "--resume", &run], "--out"),
        (&["train", "--resume", &run, "--seed", "0"], "--seed"),
        (&["train", "--resume", &run, "--learning-rate", "0.1", "--epochs", "9"], "--learning-rate"),
        (&["train", "--resume", &run, "--data", "digits"], "--data"),
        (&["run", &run, "--seed", "3", "--out", &out], "--seed"),
        (&["compare", "--simulation", &run, "--hidden", "7", "--out", &out], "--hidden"),
        (&["train", "--init", &run, "--hidden", "7", "--out", &out], "--hidden"),
        (&["learn", "--init", &run, "--init-std", "0.1", "--out", &out], "--init-std"),
        (&["sample", &run, "--data", "clusters", "--out", &out], "--data"),
        (&["sample", &run, "--from-data", "--temperatures", "10", "--out", &out], "--temperatures"),
        (&["solve", "--prior", "uniform", "--prior-u", "laplace", "--prior-v", "laplace", "--out", &out], "--prior"),
    ] {
        let message = refuse(arguments);
        assert!(message.starts_with(&format!("error: {option} would be ignored")), "{arguments:?}: {message}");
        assert!(!Path::new(&out).exists() || files(Path::new(&out)).is_empty(), "{arguments:?}");
    }
    // A run that cannot be shortened is left unchanged.
    refuse(&["train", "--resume", &run, "--updates", "10"]);
    assert!(files(Path::new(&run)) == before);
}

/// Work that would take years or too much memory gives one line of error before it starts, within 2 GB of memory.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_done_is_refused_before_work_starts() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (run, out) = (name("run"), name("out"));
    succeed(&[&CLUSTERS[..], &["--updates", "20", "--quiet", "--out", &run]].concat());
    let (most, data) = (u64::MAX.to_string(), ["--data", "clusters", "--visible", "60", "--samples", "200"]);
    let train = ["train", "--samples", "100"];
    let many_updates = ["figure", "spectrum-histogram", "--epochs", "1e6", "--batch-size", "1", "--hidden", "20000"];
    for (arguments, option) in [
        (&["sample", &run, "--steps", &most][..], "--steps"),
        (&["sample", &run, "--chains", &most], "--chains"),
        (&["sample", &run, "--chains", "20000000"], "--chains"),
        (&[&["sample", &run, "--likelihood", "--temperatures", &most], &data[..]].concat(), "--temperatures"),
        (&[&train[..], &["--updates", &most]].concat(), "--updates"),
        (&[&train[..], &["--epochs", "1e14"]].concat(), "--epochs"),
        (&[&train[..], &["--epochs", "1e300"]].concat(), "--epochs"),
        (&[&train[..], &["--gibbs-steps", &most]].concat(), "--gibbs-steps"),
        (&[&train[..], &["--hidden", "4", "--gibbs-steps", "2147483648"]].concat(), "--gibbs-steps"),
        (&["compare", "--visible", "12", "--hidden", "4", "--gibbs-steps", "2147483648"], "--gibbs-steps"),
        (&[&train[..], &["--algorithm", "pcd", "--chains", &most]].concat(), "--chains"),
        (&[&train[..], &["--hidden", &most]].concat(), "--hidden"),
        (&[&train[..], &["--hidden", "1000000"]].concat(), "--hidden"),
        (&[&train[..], &["--records", &most]].concat(), "--records"),
        (&[&train[..], &["--records", "90000", "--updates", "1000000"]].concat(), "the number of records (--records)"),
        (&["train", "--samples", "40000000"], "--samples"),
        (&["learn", "--samples", "100", "--hidden", "1000000"], "--hidden"),
        (&["figure", "spectrum-histogram", "--samples", "100", "--hidden", "1000000"], "--hidden"),
        (&[&many_updates[..], &["--data", "clusters", "--samples", "20000"]].concat(), "--epochs"),
    ] {
        let started = Instant::now();
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -v 2000000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_spectral-rbm")]);
        let output = shell.args(arguments).args(["--out", &out, "--quiet", "--threads", "2"]).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
        assert!(message.starts_with(&format!("error: {option}")) && message.contains("at most"), "{message}");
        assert!(files(Path::new(&out)).is_empty() && started.elapsed() < Duration::from_secs(20), "{arguments:?}");
    }
}

/// Linear machines can be inspected and continued, but not sampled. Files of an older run are not taken for those of
/// the new one.
#[test]
fn linear_machines_and_stale_files() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (run, other) = (name("run"), name("other"));
    succeed(&[&CLUSTERS[..], &["--updates", "5", "--export", "bernoulli", "--out", &run]].concat());
    assert!(files(Path::new(&run)).contains_key("model-bernoulli.h5"));
    let small: Vec<&str> = CLUSTERS.into_iter().filter(|word| !["--hidden", "30"].contains(word)).collect();
    let linear = ["--updates", "50", "--units", "gaussian"];
    succeed(&[&CLUSTERS[..], &linear, &["--out", &run]].concat());
    assert!(!files(Path::new(&run)).contains_key("model-bernoulli.h5"));
    let model = format!("{run}/model.h5");
    succeed(&["spectrum", &run, "--out", &other]);
    succeed(&[&small[..], &linear, &["--init", &model, "--out", &name("on")]].concat());
    assert_eq!(output(&["sample", &run, "--out", &other]).status.code(), Some(2));
    assert_eq!(output(&[&small[..], &["--init", &model, "--out", &other]].concat()).status.code(), Some(2));
    // A command repeated on another file is refused.
    std::fs::copy(Path::new(&name("on")).join("model.h5"), &model).unwrap();
    assert_eq!(output(&["run", &other]).status.code(), Some(2));
}

/// Exact samples of a small machine as data, and a machine as the start of training.
#[test]
fn a_machine_can_be_data_and_start() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (teacher, student) = (name("teacher"), name("student"));
    let small = ["train", "--data", "clusters", "--visible", "12", "--samples", "200", "--hidden", "4"];
    succeed(&[&small[..], &["--updates", "200", "--out", &teacher]].concat());
    let model = format!("{teacher}/model.h5");
    succeed(&["train", "--data", &model, "--samples", "300", "--init", &model, "--updates", "10", "--out", &student]);
    let first = |folder: &str, line: usize| {
        let csv = std::fs::read_to_string(Path::new(folder).join("spectrum.csv")).unwrap();
        csv.lines().nth(line).unwrap().split(',').nth(3).unwrap().to_owned()
    };
    let teacher_lines = std::fs::read_to_string(Path::new(&teacher).join("spectrum.csv")).unwrap().lines().count();
    assert_eq!(first(&student, 1), first(&teacher, teacher_lines - 1));
}

#[test]
fn bad_input_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let out = out.to_str().unwrap();
    let truncated = folder.path().join("bad.h5");
    std::fs::write(&truncated, b"\x89HDF\r\n\x1a\n and no more").unwrap();
    let table = folder.path().join("bad.csv");
    std::fs::write(&table, "1,0,1\n0,2,1\n").unwrap();
    let (truncated, table) = (truncated.to_str().unwrap(), table.to_str().unwrap());
    for arguments in [
        &["train", "--data", "nowhere.csv"][..],
        &["train", "--data", "mnist"],
        &["train", "--data", table],
        &["train", "--data", truncated],
        &["train", "--data", "ellipsoid"],
        &["train", "--data", "clusters", "--balance", "1.5"],
        &["train", "--samples", "0"],
        &["train", "--samples", "100", "--hidden", "0"],
        &["train", "--samples", "100", "--init-std", "-1"],
        &["train", "--samples", "100", "--init-std", "nan"],
        &["train", "--samples", "100", "--learning-rate", "inf"],
        &["train", "--samples", "100", "--epochs", "-3"],
        &["train", "--samples", "100", "--init", truncated],
        &["train", "--samples", "100", "--hidden", "100000000000"],
        &["train", "--samples", "100", "--algorithm", "pcd", "--chains", "100000000000"],
        &["sample", "--steps", "0"],
        &["train", "--records", "18446744073709551615"],
        &["train", "--units", "gaussian", "--l2", "0.1"],
        &["train", "--units", "gaussian", "--batch-size", "0"],
        &["train", "--resume", "nowhere"],
        &["train", "--units", "gaussian", "--samples", "100", "--init-std", "0.5"],
        &["sample", "nowhere"],
        &["sample", truncated],
        &["spectrum", truncated],
        &["spectrum", table],
    ] {
        let output = output(&[arguments, &["--out", out, "--quiet"]].concat());
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
        assert!(output.stdout.is_empty());
    }
    // Divergence is not bad input: the result could not be computed.
    let diverging = [&CLUSTERS[..], &["--learning-rate", "3e38", "--updates", "100", "--out", out, "--quiet"]].concat();
    assert_eq!(output(&diverging).status.code(), Some(1));
    assert_eq!(output(&["mnist"]).status.code(), Some(1));
}

/// With more updates than fit into a minute and no terminal, a line every half minute reports the finished share.
#[test]
#[ignore = "a minute"]
fn long_work_tells_its_progress_off_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let tiny = ["train", "--data", "clusters", "--visible", "12", "--samples", "30", "--hidden", "4", "--records", "3"];
    let start = Instant::now();
    let mut child =
        command(&[&tiny[..], &["--epochs", "4294967296", "--out", folder.path().to_str().unwrap()]].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines().take(2);
    let told: Vec<(f64, String)> = lines.map(|line| (start.elapsed().as_secs_f64(), line.unwrap())).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let share = |line: &str| -> f64 {
        let percent = line.strip_prefix("note: training: ").and_then(|rest| rest.split_once(" % done, ")).unwrap();
        assert!(percent.1.ends_with(" left"), "{line}");
        percent.0.parse().unwrap()
    };
    // Updates are quick, so a line comes when it is due, or later on a busy machine.
    assert!((30.0..45.0).contains(&told[0].0) && (60.0..90.0).contains(&told[1].0), "{told:?}");
    assert!(share(&told[0].1) > 0.0 && share(&told[1].1) > share(&told[0].1), "{told:?}");
}

/// The pseudo-log-likelihood of untrained machines is what learning has to beat: it does at the defaults, and not in steps in which
/// the first mode nearly doubles.
#[test]
fn defaults_learn_and_large_steps_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, more: &[&str]| -> serde_json::Value {
        let out = folder.path().join(name);
        let options = ["train", "--samples", "1000", "--hidden", "64", "--epochs", "20", "--records", "8"];
        let rest = ["--format", "json", "--out", out.to_str().unwrap()];
        serde_json::from_str(&succeed(&[&options[..], &rest, more].concat())).unwrap()
    };
    let usual = run("usual", &[]);
    assert_eq!(usual["warnings"], serde_json::json!([]), "{usual}");
    assert!(usual["singular_values"][0].as_f64().unwrap() > 1.0, "it has learnt: {usual}");
    let large = run("large", &["--learning-rate", "0.05"]);
    let warnings = large["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|warning| warning.as_str().unwrap().contains("steps are too large")), "{warnings:?}");
}
