//! The folder that a command writes to, and the `run.toml` that repeats it.

use super::error::CliError;
use super::options::Common;
use super::report;
use crate::io::Table;
use crate::io::input::read_text;
use crate::io::output::{FolderLock, write_atomically};
use crate::plot::Figure;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Name of the file that holds the resolved command.
pub(super) const RUN_FILE: &str = "run.toml";
/// Largest size of this file in bytes: a list of a hundred thousand numbers.
const MOST_BYTES: u64 = 1 << 20;

/// A whole resolved command.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunFile {
    /// Version of the program that wrote the file.
    pub version: String,
    /// Name of the command.
    pub command: String,
    /// Seed.
    pub seed: u64,
    /// The command's own options.
    pub options: toml::Table,
}

impl RunFile {
    /// Reads `run.toml`, or the one in a folder.
    pub fn read(path: &Path) -> Result<(Self, PathBuf), CliError> {
        let path = if path.is_dir() { path.join(RUN_FILE) } else { path.to_path_buf() };
        let text = read_text(&path, MOST_BYTES)
            .map_err(|error| CliError::Input(format!("cannot read {}: {error}", path.display())))?;
        let file = toml::from_str(&text).map_err(|error| {
            let reason = error.message().lines().next().unwrap_or_default();
            CliError::Input(format!("{} is not a resolved command: {reason}", path.display()))
        })?;
        Ok((file, path))
    }

    /// The options of the command.
    pub fn options<T: DeserializeOwned>(self) -> Result<T, CliError> {
        parsed(&self.command, self.options)
    }

    /// The command with its options, as a variant of the same name.
    pub fn tagged<T: DeserializeOwned>(self) -> Result<T, CliError> {
        parsed(&self.command, toml::Table::from_iter([(self.command.clone(), self.options.into())]))
    }
}

fn parsed<T: DeserializeOwned>(command: &str, table: toml::Table) -> Result<T, CliError> {
    table.try_into().map_err(|error: toml::de::Error| {
        let reason = error.message().lines().next().unwrap_or_default().to_owned();
        CliError::Input(format!("the options of {command} cannot be read: {reason}"))
    })
}

/// A folder that is writable, and locked against other commands.
#[derive(Debug)]
pub(super) struct Destination {
    folder: PathBuf,
    written: Vec<PathBuf>,
    /// Files written that hold measured times.
    timings: Vec<PathBuf>,
    _lock: FolderLock,
}

impl Destination {
    /// Prepares `--out`, or `default` without it; refused if another command is writing there.
    pub fn new(common: &Common, default: &str) -> Result<Self, CliError> {
        let folder = common.out.clone().unwrap_or_else(|| PathBuf::from(default));
        let lock = FolderLock::take(&folder)
            .map_err(|error| CliError::Input(format!("cannot write to the folder {}: {error}", folder.display())))?;
        let Some(lock) = lock else {
            let message = format!(
                "another command is writing to the folder {}: wait until it is done, or give another --out",
                folder.display()
            );
            return Err(CliError::Input(message));
        };
        Ok(Self { folder, written: Vec::new(), timings: Vec::new(), _lock: lock })
    }

    /// Prepares `--out`, if given.
    pub fn requested(common: &Common) -> Result<Option<Self>, CliError> {
        common.out.as_ref().map(|_| Self::new(common, "")).transpose()
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files written so far.
    pub fn written(&self) -> &[PathBuf] {
        &self.written
    }

    /// Files written that hold measured times, and so differ from run to run.
    pub fn timings(&self) -> &[PathBuf] {
        &self.timings
    }

    /// Marks the files written by `write` as holding measured times.
    pub fn measured(&mut self, write: impl FnOnce(&mut Self) -> Result<(), CliError>) -> Result<(), CliError> {
        let before = self.written.len();
        write(self)?;
        self.timings.extend_from_slice(&self.written[before..]);
        Ok(())
    }

    /// Saves a figure as PNG and SVG.
    pub fn save(&mut self, name: &str, figure: &Figure) -> Result<(), CliError> {
        self.written.extend(figure.save(&self.folder, name)?);
        Ok(())
    }

    /// Saves figures, each under its name.
    pub fn save_all(&mut self, figures: &[(&str, Figure)]) -> Result<(), CliError> {
        figures.iter().try_for_each(|(name, figure)| self.save(name, figure))
    }

    /// Removes those of the named files that were not written this time: they belong to an older result.
    pub fn remove_stale<N: AsRef<Path>>(&self, names: &[N]) -> Result<(), CliError> {
        for path in names.iter().map(|name| self.folder.join(name)).filter(|path| !self.written.contains(path)) {
            if path.is_file() {
                std::fs::remove_file(&path)
                    .map_err(|error| CliError::Failed(format!("cannot remove {}: {error}", path.display())))?;
            }
        }
        Ok(())
    }

    /// Records files that other code wrote.
    pub fn note(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.written.extend(paths);
    }

    /// Writes one file.
    pub fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), CliError> {
        let path = self.folder.join(name);
        write_atomically(&path, bytes)
            .map_err(|error| CliError::Failed(format!("cannot write {}: {error}", path.display())))?;
        self.written.push(path);
        Ok(())
    }

    /// Writes a table as CSV.
    pub fn table(&mut self, name: &str, table: &Table) -> Result<(), CliError> {
        let bytes = table.csv().map_err(|error| CliError::Failed(format!("cannot write {name}: {error}")))?;
        self.write(name, &bytes)
    }

    /// Writes `run.toml`: the command with all its options resolved.
    pub fn write_run(&mut self, common: &Common, command: &str, options: &impl Serialize) -> Result<(), CliError> {
        let text = run_text(common, command, options)?;
        self.write(RUN_FILE, text.as_bytes())
    }

    /// The list of files, to be printed.
    pub fn summary(&self) -> String {
        let told = |path: &PathBuf| {
            let timing =
                if self.timings.contains(path) { " (measured times, which differ from run to run)" } else { "" };
            format!("wrote {}{timing}\n", path.display())
        };
        self.written.iter().map(told).collect()
    }
}

/// The content of `run.toml` for a command.
pub(super) fn run_text(common: &Common, command: &str, options: &impl Serialize) -> Result<String, CliError> {
    // Integers in TOML have 63 bits.
    let failed = |error: toml::ser::Error| CliError::Input(format!("the options do not fit into {RUN_FILE}: {error}"));
    let run = RunFile {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: command.to_owned(),
        seed: common.seed,
        options: toml::Table::try_from(options).map_err(failed)?,
    };
    toml::to_string(&run).map_err(failed)
}

/// Writes a JSON file.
pub(super) fn write_json(destination: &mut Destination, name: &str, value: &impl Serialize) -> Result<(), CliError> {
    destination.write(name, report::json(value).as_bytes())
}
