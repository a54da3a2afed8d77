//! Random command lines and damaged files for the whole program. Whatever its input, the program ends with exit status
//! 0, 1 or 2 and one clear message. It does not panic, stays within 2 GB, shows progress at least every minute, and
//! never prints a value that is not a number without a note.
//!
//! A failure prints each distinct fault with its smallest example. `SPECTRAL_RBM_FUZZ_SEED`, `_COMMANDS`, `_FILES` and
//! `_SECONDS` (processor time per run of the program) choose other cases. Damaged files that fail are kept in
//! `target/tmp/fuzz`.

mod child;
mod files;
mod hunt;
mod lines;
mod seeds;

use files::Mutant;
use hunt::{Verdict, hunt};
use lines::Line;
use seeds::{COPIED, Seeds, copy};
use std::path::Path;

/// Processor time per run of the program, in seconds.
const SECONDS: u64 = 60;

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(format!("SPECTRAL_RBM_FUZZ_{name}"));
    value.map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("SPECTRAL_RBM_FUZZ_{name} is {value:?}")))
}

fn seconds() -> u32 {
    setting("SECONDS", SECONDS).try_into().unwrap()
}

/// A folder to run the program in, with a link to the seeds and copies of the runs that the arguments continue.
fn workplace(seeds: &Seeds, arguments: &[String]) -> (tempfile::TempDir, std::path::PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("work");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(seeds.root(), folder.join("seeds")).unwrap();
    for name in COPIED.iter().filter(|name| arguments.iter().any(|argument| argument == **name)) {
        copy(&seeds.root().join(name), &folder.join(name));
    }
    (temporary, folder)
}

/// Runs the program and judges it. Faults are distinguished by the command, panics by their place.
fn verdict(command: &str, arguments: &[String], folder: &Path) -> Verdict {
    let mut ending = child::run(arguments, folder, seconds());
    // Long work must show its progress unless --quiet is given.
    if ending.is_silent() && arguments.iter().any(|argument| argument == "--quiet") {
        let loud: Vec<String> = arguments.iter().filter(|argument| *argument != "--quiet").cloned().collect();
        ending = child::run(&loud, folder, seconds());
    }
    let fault = ending.fault(folder);
    let fault = fault.map(|fault| if fault.starts_with("panic") { fault } else { format!("{command}: {fault}") });
    Verdict { status: ending.status(), fault }
}

fn judge_line(seeds: &Seeds, line: &Line) -> Verdict {
    let arguments = line.arguments();
    let (_temporary, folder) = workplace(seeds, &arguments);
    verdict(line.command(), &arguments, &folder)
}

fn judge_mutant(seeds: &Seeds, mutant: &Mutant) -> Verdict {
    let path = &mutant.path;
    let bytes = mutant.apply(&std::fs::read(seeds.root().join(path)).unwrap());
    let copied = COPIED.iter().any(|name| Path::new(path).starts_with(name));
    let name = if copied { path.clone() } else { format!("damaged/{}", file_name(path)) };
    let arguments = mutant.arguments(&name);
    let (_temporary, folder) = workplace(seeds, &arguments);
    // A folder of digits is read as a whole.
    let digits = path.strip_prefix("digits/").map(|_| copy(&seeds.root().join("digits"), &folder.join("damaged")));
    std::fs::create_dir_all(folder.join(&name).parent().unwrap()).unwrap();
    std::fs::write(folder.join(&name), &bytes).unwrap();
    let folder_of_digits = |word: &String| if *word == name { "damaged".to_owned() } else { word.clone() };
    let arguments = if digits.is_some() { arguments.iter().map(folder_of_digits).collect() } else { arguments };
    let verdict = verdict(mutant.command.split(' ').next().unwrap(), &arguments, &folder);
    if let Some(fault) = &verdict.fault {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
        std::fs::create_dir_all(&kept).unwrap();
        let fault: String = fault.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '-' }).collect();
        std::fs::write(kept.join(format!("{fault}.{}", file_name(path))), bytes).unwrap();
    }
    verdict
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn hunt_lines(count: u64) {
    let seeds = Seeds::new();
    let describe = |line: &Line| format!("`{}`", shell(&line.arguments()));
    let found = hunt((setting("SEED", 1), count), lines::line, |line| judge_line(&seeds, line), describe);
    found.assert_none();
    // If all lines were refused, or none, the test would be weak.
    assert!(found.share(0) > 0.2 && found.share(2) > 0.2, "{:?}", found.statuses);
}

fn hunt_files(count: u64) {
    let seeds = Seeds::new();
    let describe = |mutant: &Mutant| format!("{mutant:?}");
    let strategy = || files::mutant(&seeds);
    let found = hunt((setting("SEED", 1), count), strategy, |mutant| judge_mutant(&seeds, mutant), describe);
    found.assert_none();
    assert!(found.share(0) > 0.1 && found.share(2) > 0.2, "{:?}", found.statuses);
}

/// The arguments in shell syntax.
fn shell(arguments: &[String]) -> String {
    let plain = |word: &str| {
        !word.is_empty() && word.chars().all(|letter| letter.is_alphanumeric() || "-_./,:+".contains(letter))
    };
    let word = |word: &String| if plain(word) { word.clone() } else { format!("'{word}'") };
    arguments.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn some_command_lines_end_well() {
    hunt_lines(40);
}

#[test]
fn some_damaged_files_end_well() {
    hunt_files(100);
}

#[test]
#[ignore = "two minutes"]
fn many_command_lines_end_well() {
    hunt_lines(setting("COMMANDS", 300));
}

#[test]
#[ignore = "two minutes"]
fn many_damaged_files_end_well() {
    hunt_files(setting("FILES", 10_000));
}
