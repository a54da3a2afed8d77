//! Runs of `train` that a comparison reads instead of simulating.

use crate::cli::destination::RunFile;
use crate::cli::error::CliError;
use crate::cli::opening::note_checksum;
use crate::cli::train::TrainOptions;
use crate::simulator::machine::{Machine, ModelReader};
use crate::study::compare::{Course, View, replay};
use std::path::{Path, PathBuf};

/// A finished run: its settings, and its machines at all records.
pub(super) struct RecordedRun {
    folder: PathBuf,
    pub seed: u64,
    pub options: TrainOptions,
    reader: ModelReader,
}

impl RecordedRun {
    /// Opens a folder of `train`, and records or checks the SHA-256 of its machines.
    fn open(folder: &Path, checksum: &mut Option<String>) -> Result<Self, CliError> {
        let (file, _) = RunFile::read(folder)?;
        if file.command != "train" {
            return Err(CliError::Input(format!("{} holds a run of {}, not of train", folder.display(), file.command)));
        }
        let seed = file.seed;
        let options: TrainOptions = file.options()?;
        let path = folder.join("model.h5");
        let reader = ModelReader::open(&path, Some(options.units))?;
        note_checksum(&path, checksum)?;
        Ok(Self { folder: folder.to_owned(), seed, options, reader })
    }

    /// Updates that have a machine.
    pub fn updates(&self) -> &[u64] {
        self.reader.updates()
    }

    /// The machine that the run started from.
    pub fn start(&self) -> Result<Machine, CliError> {
        if self.updates().first() != Some(&0) {
            return Err(CliError::Input(format!("{} has no record of its start", self.folder.display())));
        }
        Ok(self.reader.machine(Some(0))?)
    }

    /// The course of the run in this view.
    pub fn course(&self, view: &View) -> Result<Course, CliError> {
        let read =
            |&update: &u64| Ok(self.reader.read(update).map(|checkpoint| (checkpoint.time, checkpoint.machine))?);
        let machines: Vec<(f64, Machine)> = self.updates().iter().map(read).collect::<Result<_, CliError>>()?;
        Ok(replay(view, machines)?)
    }

    /// The settings that two runs of one simulation must share.
    fn settings(&self) -> [(&'static str, String); 9] {
        let options = &self.options;
        [
            ("data", format!("{:?}", options.data.checksum)),
            ("units", format!("{:?} {} {}", options.units, options.sigma_v, options.sigma_h)),
            ("algorithm", format!("{:?}", options.algorithm)),
            ("Gibbs steps", options.steps().to_string()),
            ("chains", format!("{:?}", options.chains)),
            ("batch size", options.batch_size.to_string()),
            ("learning rate", format!("{:?}", options.learning_rate)),
            ("l2 or centring", format!("{} {}", options.l2, options.centred)),
            ("records", format!("{:?}", self.updates())),
        ]
    }
}

/// Opens runs of one simulation: same data, start, settings and records, and the plain gradient. Makes the folders
/// absolute, so that the resolved command finds them from anywhere.
pub(super) fn open(folders: &mut [PathBuf], checksums: &mut Vec<String>) -> Result<Vec<RecordedRun>, CliError> {
    let mut runs: Vec<RecordedRun> = Vec::new();
    for (index, folder) in folders.iter_mut().enumerate() {
        *folder = folder.canonicalize().unwrap_or_else(|_| folder.clone());
        let mut checksum = checksums.get(index).cloned();
        runs.push(RecordedRun::open(folder, &mut checksum)?);
        if index == checksums.len() {
            checksums.extend(checksum);
        }
    }
    let Some((first, others)) = runs.split_first() else { return Ok(runs) };
    if first.options.l2 != 0.0 || first.options.centred {
        let message = "the runs have a decay of weights or the centred gradient, which are not the theory's".to_owned();
        return Err(CliError::Input(message));
    }
    if first.options.sigma_v != 1.0 || first.options.sigma_h != 1.0 {
        return Err(CliError::Input(
            "the runs have units of other variances than 1, which the theories have".to_owned(),
        ));
    }
    let start = first.start()?;
    for other in others {
        let differing = first.settings().into_iter().zip(other.settings()).find(|(ours, theirs)| ours != theirs);
        let what = differing.map(|((name, _), _)| name);
        if let Some(what) = what.or((other.start()? != start).then_some("initial machine")) {
            let [first, other] = [first, other].map(|run| run.folder.display());
            return Err(CliError::Input(format!(
                "{first} and {other} differ in {what}: runs of one simulation share it"
            )));
        }
    }
    Ok(runs)
}
