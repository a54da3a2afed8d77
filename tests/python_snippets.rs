//! The guide's page on Python, run from top to bottom: its commands and its snippets, in one folder.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// What the page asks to be run.
enum Part {
    Command(String),
    Snippet(String),
}

/// Indented lines that begin with the program's name, and fenced Python, in order.
fn parts(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut snippet: Option<String> = None;
    for line in page.lines() {
        match (line.trim_end(), &mut snippet) {
            ("```python", None) => snippet = Some(String::new()),
            ("```", Some(code)) => {
                parts.push(Part::Snippet(std::mem::take(code)));
                snippet = None;
            }
            (line, Some(code)) => {
                code.push_str(line);
                code.push('\n');
            }
            (line, None) => {
                if let Some(arguments) = line.strip_prefix("    spectral-rbm ") {
                    parts.push(Part::Command(arguments.to_owned()));
                }
            }
        }
    }
    assert!(snippet.is_none(), "a snippet is not closed");
    parts
}

/// Runs a command of the page; `> FILE` keeps what it prints.
fn run(arguments: &str, folder: &Path) {
    let (arguments, file) = arguments.split_once(" > ").map_or((arguments, None), |(a, b)| (a, Some(b)));
    let output = Command::new(env!("CARGO_BIN_EXE_spectral-rbm"))
        .args(arguments.split_whitespace())
        .arg("--quiet")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    if let Some(file) = file {
        std::fs::write(folder.join(file), output.stdout).unwrap();
    }
}

#[test]
fn the_snippets_of_the_guide_run() {
    let Some(python): Option<OsString> = std::env::var_os("SPECTRAL_RBM_PYTHON") else {
        eprintln!("SKIPPED: SPECTRAL_RBM_PYTHON is not set: the snippets of docs/python.md are not run");
        return;
    };
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/python.md")).unwrap();
    let parts = parts(&page);
    let commands = parts.iter().filter(|part| matches!(part, Part::Command(_))).count();
    assert!(commands >= 5 && parts.len() - commands >= 7, "{commands} commands, {} parts", parts.len());
    let folder = tempfile::tempdir().unwrap();
    // One session: a later snippet knows what an earlier one has read, and waits for the command between them.
    let mut session = String::new();
    for part in parts {
        match part {
            Part::Command(arguments) => run(&arguments, folder.path()),
            Part::Snippet(code) => {
                session.push_str(&code);
                let script = folder.path().join("session.py");
                std::fs::write(&script, &session).unwrap();
                let output = Command::new(&python).arg(&script).current_dir(folder.path()).output().unwrap();
                assert!(output.status.success(), "{session}\n{}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
    for figure in ["boundaries.png", "learning.png", "training.png"] {
        assert!(std::fs::metadata(folder.path().join(figure)).unwrap().len() > 5_000, "{figure}");
    }
}
