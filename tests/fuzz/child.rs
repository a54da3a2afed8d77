//! Runs the program as a child process under limits, and finds faults in how it ended.

use super::seeds::COPIED;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Address space of the program: 2 GB, in kilobytes.
const MEMORY: u64 = 2 << 20;
/// Largest file that the program may write: at least 1 GB, in blocks of the shell.
const FILE: u64 = 2 << 20;
/// Largest number of lines in an error message.
const LINES: usize = 3;
/// Largest number of bytes in an error message.
const BYTES: usize = 1500;
/// Wall-clock time after which an idle program is killed, in units of the allowed processor time.
const PATIENCE: u32 = 5;
/// Number of progress lines, at least half a minute apart, after which a program is known to advance and is killed.
const ADVANCES: usize = 2;

/// Signal for too much processor time.
const SIGXCPU: i32 = 24;
/// Signal with which this file kills the program.
const SIGKILL: i32 = 9;

/// How a run of the program ended.
pub struct Ending {
    status: std::process::ExitStatus,
    /// The program was killed because it neither worked nor ended.
    idle: bool,
    /// Number of progress lines, each of which reports more progress than the one before.
    progress: usize,
    stdout: String,
    /// The other lines on stderr.
    pub stderr: String,
}

/// Runs the program in a folder, with one thread and a limit on processor time in seconds. A large requested count may
/// take longer: a program that shows progress is killed without a fault.
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

/// The number of lines that report a share, and the text of all lines but these and those that report the time so far.
fn told(stderr: &str) -> (usize, String) {
    let (mut shares, mut others) = (0, String::new());
    for line in stderr.split_inclusive('\n') {
        match line.trim_end().strip_prefix("note: ") {
            Some(note) if note.contains("% done, ") => shares += 1,
            Some(note) if note.ends_with(" so far") => {}
            _ => others += line,
        }
    }
    (shares, others)
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()
}

impl Ending {
    /// The exit status, if it ended by itself.
    pub fn status(&self) -> Option<i32> {
        self.status.code()
    }

    /// Whether the program used all its time without any progress line.
    pub fn is_silent(&self) -> bool {
        self.status.signal() == Some(SIGXCPU) && self.progress == 0
    }

    /// A description of the fault, the same for the same fault; `None` if there is none.
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
        // Work that goes on tells its progress and its doubts.
        let told = |line: &&str| !line.starts_with("note: ") && !line.starts_with("warning: ");
        let (lines, bytes) =
            self.stderr.lines().filter(told).fold((0, 0), |(lines, bytes), line| (lines + 1, bytes + line.len()));
        if errors != 1 {
            return Some(format!("{errors} error messages"));
        }
        let long = lines > LINES || bytes > BYTES;
        long.then(|| "a long error message".to_owned())
    }

    /// Results that are not numbers, without a note.
    fn not_a_number(&self, folder: &Path) -> Option<String> {
        if !self.stderr.is_empty() {
            return None;
        }
        if let Ok(value) = serde_json::from_str(&self.stdout) {
            return absent(&value, "").map(|name| format!("null for a number in {name}"));
        }
        // Only new files: the copied ones may be damaged.
        let own = |path: &Path| !COPIED.iter().any(|name| path.starts_with(folder.join(name)));
        csv_files(folder).into_iter().filter(|path| own(path)).find_map(|path| {
            let table = std::fs::read_to_string(&path).ok()?;
            let mut lines = table.lines();
            let header: Vec<&str> = lines.next()?.split(',').collect();
            let name = path.file_name().unwrap_or_default().display();
            let notes = header.last().is_some_and(|column| column.ends_with("note"));
            lines.find_map(|line| {
                // A row may state itself why a number is missing.
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

/// Whether the guide allows this value not to be a number.
fn documented(path: &Path, column: &str, cell: &str) -> bool {
    // Theories that ended, single runs, machines without a bulk, files without times, a first checkpoint, the edge
    // 1/sigma = 0.
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

/// The path of a source file within its crate.
fn shortened(place: &str) -> &str {
    let start = place.rfind("/src/").unwrap_or(0);
    let start = place[..start].rfind('/').map_or(start, |slash| slash + 1);
    &place[start..]
}

/// Name of a null value that should be a number: in a list of numbers, or where the documentation allows no null.
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

/// CSV files in a folder and its subfolders.
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
