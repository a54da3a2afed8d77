//! The program as a child under limits, and what is wrong with how it ended.

use super::seeds::COPIED;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Address space of the program: 2 GB, in kilobytes.
const MEMORY: u64 = 2 << 20;
/// Largest file that it may write: 1 GB at least, in the shell's blocks.
const FILE: u64 = 2 << 20;
/// Longest error message, in lines and in bytes.
const LINES: usize = 3;
const BYTES: usize = 1500;
/// Wall-clock time, in units of the processor time allowed, after which a program that does nothing is ended.
const PATIENCE: u32 = 5;
/// Lines of progress, half a minute from each other at least, after which a program is known to advance, and is ended.
const ADVANCES: usize = 2;

/// Signals: too much processor time, and the end that this file makes.
const SIGXCPU: i32 = 24;
const SIGKILL: i32 = 9;

/// How a run of the program ended.
pub struct Ending {
    status: std::process::ExitStatus,
    /// It neither worked nor ended, and was ended.
    idle: bool,
    /// Lines of progress, each of which tells that more is done than the last one told.
    progress: usize,
    stdout: String,
    /// What else it said.
    pub stderr: String,
}

/// Runs the program in a folder, with one thread and so many seconds of processor time. A count that was asked for may take
/// longer: a program that shows progress is ended without a fault.
pub fn run(arguments: &[String], folder: &Path, seconds: u32) -> Ending {
    let limits = format!("ulimit -c 0; ulimit -v {MEMORY}; ulimit -f {FILE}; ulimit -S -t {seconds}; exec \"$@\"");
    let printed = |name: &str| folder.with_extension(name);
    let (stdout, stderr) = (printed("stdout"), printed("stderr"));
    let mut child = Command::new("sh")
        .args(["-c", &limits, "sh", env!("CARGO_BIN_EXE_spectral-rbm")])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(File::create(&stdout).unwrap())
        .stderr(File::create(&stderr).unwrap())
        .env("RAYON_NUM_THREADS", "1")
        .env("HOME", "/nowhere")
        .env_remove("XDG_DATA_HOME")
        .env_remove("SPECTRAL_RBM_MNIST")
        .spawn()
        .unwrap();
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    let (status, idle) = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break (status, false);
        }
        let idle = start.elapsed() > PATIENCE * Duration::from_secs(seconds.into());
        if idle || told(&text(&stderr)).0 >= ADVANCES {
            child.kill().unwrap();
            break (child.wait().unwrap(), idle);
        }
        std::thread::sleep(pause);
        pause = (pause * 5 / 4).min(Duration::from_millis(50));
    };
    let (progress, said) = told(&text(&stderr));
    Ending { status, idle, progress, stdout: text(&stdout), stderr: said }
}

/// Lines of progress, and all others.
fn told(stderr: &str) -> (usize, String) {
    let (progress, others): (Vec<&str>, Vec<&str>) =
        stderr.split_inclusive('\n').partition(|line| line.starts_with("note: ") && line.contains("% done, "));
    (progress.len(), others.concat())
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
}

impl Ending {
    /// The exit status, if it ended by itself.
    pub fn status(&self) -> Option<i32> {
        self.status.code()
    }

    /// Whether it took all its time without a word of progress.
    pub fn is_silent(&self) -> bool {
        self.status.signal() == Some(SIGXCPU) && self.progress == 0
    }

    /// What is wrong with it, in words that are the same for the same fault; nothing if all is well.
    pub fn fault(&self, folder: &Path) -> Option<String> {
        let advances = match self.status.signal() {
            Some(SIGXCPU) => self.progress > 0,
            Some(SIGKILL) => self.progress >= ADVANCES,
            _ => false,
        };
        if advances {
            return None;
        }
        if self.idle {
            return Some("neither works nor ends".to_owned());
        }
        if let Some(place) = self.stderr.split("panicked at ").nth(1) {
            let place = place.split_whitespace().next().unwrap_or_default().trim_end_matches(':');
            return Some(format!("panic at {}", place.rsplit_once("/src/").map_or(place, |_| shortened(place))));
        }
        let wanted = ["memory allocation of", "stack overflow"].into_iter().find(|&part| self.stderr.contains(part));
        match (self.status.signal(), wanted, self.status.code()) {
            (_, Some(part), _) => Some(format!("abort: {part}")),
            (Some(SIGXCPU), ..) => Some("takes too long".to_owned()),
            (Some(signal), ..) => Some(format!("signal {signal}")),
            (.., Some(0)) => self.not_a_number(folder),
            (.., Some(1 | 2)) => self.told_badly(),
            (.., code) => Some(format!("exit status {code:?}")),
        }
    }

    fn told_badly(&self) -> Option<String> {
        let errors = self.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        let lines = self.stderr.lines().filter(|line| !line.starts_with("note: ")).count();
        if errors != 1 {
            return Some(format!("{errors} error messages"));
        }
        let long = lines > LINES || self.stderr.len() > BYTES;
        long.then(|| "a long error message".to_owned())
    }

    /// Results that are no numbers, without a word.
    fn not_a_number(&self, folder: &Path) -> Option<String> {
        if !self.stderr.is_empty() {
            return None;
        }
        if let Ok(value) = serde_json::from_str(&self.stdout) {
            return absent(&value, "").map(|name| format!("null for a number in {name}"));
        }
        // Not what lay there before, which may be damaged.
        let own = |path: &Path| !COPIED.iter().any(|name| path.starts_with(folder.join(name)));
        csv_files(folder).into_iter().filter(|path| own(path)).find_map(|path| {
            let table = std::fs::read_to_string(&path).ok()?;
            let mut lines = table.lines();
            let header: Vec<&str> = lines.next()?.split(',').collect();
            let name = path.file_name().unwrap_or_default().display();
            let notes = header.last().is_some_and(|column| column.ends_with("note"));
            lines.find_map(|line| {
                // A row may say itself why it lacks a number.
                let noted = notes && line.split(',').nth(header.len() - 1).is_some_and(|note| !note.is_empty());
                let known = |column: &str, cell: &str| noted && cell == "NaN" || documented(&path, column, cell);
                let cells = header.iter().zip(line.split(','));
                let mut wrong =
                    cells.filter(|(column, cell)| matches!(*cell, "NaN" | "inf" | "-inf") && !known(column, cell));
                wrong.next().map(|(column, cell)| format!("{cell} in {name}, column {column}"))
            })
        })
    }
}

/// What may not be a number, as the guide says.
fn documented(path: &Path, column: &str, cell: &str) -> bool {
    // Theories that ended, single runs, machines without a bulk, files without times, a first checkpoint, the edge 1/sigma = 0.
    let absent = [
        "epoch",
        "time",
        "bulk_edge",
        "sigma",
        "sigma_error",
        "edge",
        "ks_distance",
        "inv_sigma",
        "w_over_sigma",
        "overlap",
        "bulk_sigma_error",
    ];
    match cell {
        "NaN" => path.ends_with("curves.csv") || column.starts_with("planted") || absent.contains(&column),
        _ => column == "at_number",
    }
}

/// The file within its crate.
fn shortened(place: &str) -> &str {
    let start = place.rfind("/src/").unwrap_or(0);
    let start = place[..start].rfind('/').map_or(start, |slash| slash + 1);
    &place[start..]
}

/// Name of a number that is null: in a list of numbers, or where the documentation has no null.
fn absent(value: &serde_json::Value, name: &str) -> Option<String> {
    use serde_json::Value::{Array, Null, Object};
    const ALWAYS: [&str; 6] = ["value", "free_energy", "q", "q_bar", "mean_spin", "spectral_radius"];
    match value {
        Null => ALWAYS.contains(&name).then(|| name.to_owned()),
        Array(values) if values.iter().any(serde_json::Value::is_number) && values.contains(&Null) => {
            Some(name.to_owned())
        }
        Array(values) => values.iter().filter(|value| !value.is_null()).find_map(|value| absent(value, name)),
        Object(fields) => fields.iter().find_map(|(name, value)| absent(value, name)),
        _ => None,
    }
}

/// CSV files of a folder and of those in it.
fn csv_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()));
    paths
        .map(|entry| entry.path())
        .flat_map(|path| match path.is_dir() {
            true => csv_files(&path),
            false => Vec::from_iter(path.extension().is_some_and(|kind| kind == "csv").then_some(path)),
        })
        .collect()
}
