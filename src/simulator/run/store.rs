//! The files from which a run goes on.
//!
//! While a run goes on, the folder `checkpoints` beside its results holds one model file for each record, with the state of the
//! chains and the record itself, and `latest.h5`, a state between records. Each file is whole or absent. When the run is done,
//! they become one file, `model.h5`; it can be taken apart again to go on from its end.

use super::error::{Result, SimulationError};
use super::learner::SavedState;
use super::log::{Record, SpectrumLog};
use crate::data::Spins;
use crate::io::Array;
use crate::io::output::{remove_unfinished, write_atomically};
use crate::simulator::machine::{Checkpoint, Hyperparameters, ModelFile, ModelReader, Units};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest time between two saved states.
const SAVE_EVERY: Duration = Duration::from_secs(30);
/// Name of the folder of a run that is not done.
const FOLDER: &str = "checkpoints";
/// Name of the file of the last state between records.
const LATEST: &str = "latest.h5";
/// Name of the model file of a run that is done.
const MODEL: &str = "model.h5";
/// Name of the file that says which run a folder holds.
const RUN: &str = "run.toml";
/// Prefix of the parts of a state other than the machine.
const STATE: &str = "state.";
/// Hidden spins of the chains, in words of 64.
const HIDDEN_CHAINS: &str = "state.hidden_chains";
/// Number of hidden units of the chains.
const HIDDEN_UNITS: &str = "state.hidden_units";

/// The folder `checkpoints` of a run.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    hyperparameters: Hyperparameters,
    units: Units,
    /// How much work, in time, may be lost when a run is killed between records; 30 s by default.
    pub save_every: Duration,
}

impl Store {
    /// Creates an empty store beside the results of a run in `parent`, with `text` for [`Store::run_file`].
    ///
    /// # Errors
    /// [`SimulationError::Foreign`] if a stopped run is there, whose work would be lost; [`SimulationError::Folder`].
    pub fn create(parent: &Path, hyperparameters: Hyperparameters, units: Units, text: &[u8]) -> Result<Self> {
        let store = Self { folder: parent.join(FOLDER), hyperparameters, units, save_every: SAVE_EVERY };
        if store.folder.exists() {
            let reason = "a run was stopped here: go on with it (--resume), or remove the folder checkpoints first";
            return Err(SimulationError::Foreign { path: parent.to_owned(), reason: reason.to_owned() });
        }
        let new = store.in_the_making()?;
        std::fs::create_dir_all(&new.folder).map_err(|source| fault(&new.folder, source))?;
        new.note_run(text)?;
        std::fs::rename(&new.folder, &store.folder).map_err(|source| fault(&store.folder, source))?;
        Ok(store)
    }

    /// The store under a temporary name until it is complete, so that a store is whole or absent.
    fn in_the_making(&self) -> Result<Self> {
        let folder = self.folder.with_extension("part");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|source| fault(&folder, source))?;
        }
        Ok(Self { folder, ..self.clone() })
    }

    /// Updates made by the run in `parent`, stopped or done; its files are not changed. `None` before the first state, or without
    /// a run.
    ///
    /// # Errors
    /// Those of reading.
    pub fn made(parent: &Path, units: Units) -> Result<Option<u64>> {
        let (folder, model) = (parent.join(FOLDER), parent.join(MODEL));
        if folder.exists() {
            return Self { folder, hyperparameters: Hyperparameters::default(), units, save_every: SAVE_EVERY }.done();
        }
        if !model.exists() {
            return Ok(None);
        }
        Ok(ModelReader::open(&model, Some(units))?.updates().last().copied())
    }

    /// Opens the store of a stopped run in `parent`, or makes one from the `model.h5` of a run that is done.
    ///
    /// # Errors
    /// [`SimulationError::Foreign`] if there is neither; [`SimulationError::Folder`]; those of reading.
    pub fn open(parent: &Path, hyperparameters: Hyperparameters, units: Units) -> Result<Self> {
        let folder = parent.join(FOLDER);
        let store = Self { folder: folder.clone(), hyperparameters, units, save_every: SAVE_EVERY };
        for folder in [parent, &folder] {
            remove_unfinished(folder).map_err(|source| fault(folder, source))?;
        }
        if folder.exists() {
            return Ok(store);
        }
        let model = parent.join(MODEL);
        if !model.exists() {
            let reason = "there is no run to resume: neither checkpoints nor model.h5".to_owned();
            return Err(SimulationError::Foreign { path: parent.to_owned(), reason });
        }
        let unpacked = store.in_the_making()?;
        let reader = ModelReader::open(&model, Some(units))?;
        let (chains, extra) = (reader.chains()?, reader.extra()?);
        for &update in reader.updates() {
            let own = format!("update_{update}.");
            let last = reader.updates().last() == Some(&update);
            let of_update = |name: &str| name.starts_with(&own) || last && name.starts_with(STATE);
            let file = ModelFile {
                checkpoints: vec![reader.read(update)?],
                chains: chains.clone().filter(|_| last),
                hyperparameters,
                extra: extra.iter().filter(|(name, _)| of_update(name)).map(|(n, a)| (n.clone(), a.clone())).collect(),
            };
            file.write(&unpacked.path(update), units)?;
        }
        std::fs::rename(&unpacked.folder, &folder).map_err(|source| fault(&folder, source))?;
        Ok(store)
    }

    /// The file that says which run a folder holds: a stopped one, else one that is done.
    pub fn run_file(parent: &Path) -> PathBuf {
        let stopped = parent.join(FOLDER).join(RUN);
        if stopped.exists() { stopped } else { parent.join(RUN) }
    }

    /// Notes which run this is, for [`Store::run_file`].
    ///
    /// # Errors
    /// [`SimulationError::Folder`].
    pub fn note_run(&self, text: &[u8]) -> Result<()> {
        let path = self.folder.join(RUN);
        write_atomically(&path, text).map_err(|source| fault(&path, source))
    }

    /// Saves a record with the state that it describes.
    ///
    /// # Errors
    /// Those of writing.
    pub fn save_record(&self, record: &Record, state: &SavedState) -> Result<()> {
        let mut file = self.file(record.update, record.time, state);
        let own = |name: &str| format!("update_{}.{name}", record.update);
        file.extra.insert(own("epoch"), Array::F64(vec![], vec![record.epoch]));
        file.extra.extend(record.quantities.iter().map(|(name, array)| (own(name), array.clone())));
        Ok(file.write(&self.path(record.update), self.units)?)
    }

    /// Saves a state without a record.
    ///
    /// # Errors
    /// Those of writing.
    pub fn save_state(&self, update: u64, time: f64, state: &SavedState) -> Result<()> {
        Ok(self.file(update, time, state).write(&self.folder.join(LATEST), self.units)?)
    }

    fn file(&self, update: u64, time: f64, state: &SavedState) -> ModelFile {
        let exact = state.exact.iter().map(|(name, array)| (format!("{STATE}{name}"), array.clone()));
        let mut extra: BTreeMap<String, Array> = exact.collect();
        if let Some((_, hidden)) = &state.chains {
            let words: Vec<u64> = (0..hidden.samples()).flat_map(|chain| hidden.row(chain)).copied().collect();
            extra.insert(
                HIDDEN_CHAINS.to_owned(),
                Array::U64(vec![hidden.samples(), words.len() / hidden.samples()], words),
            );
            extra.insert(HIDDEN_UNITS.to_owned(), Array::U64(vec![], vec![hidden.units() as u64]));
        }
        ModelFile {
            checkpoints: vec![Checkpoint { update, time, machine: state.machine.clone() }],
            chains: state.chains.as_ref().map(|(visible, _)| visible.clone()),
            hyperparameters: self.hyperparameters,
            extra,
        }
    }

    /// Updates done up to the last state, without reading it; `None` in an empty store.
    ///
    /// # Errors
    /// Those of reading.
    pub fn done(&self) -> Result<Option<u64>> {
        Ok(self.candidates()?.into_iter().map(|(update, _)| update).max())
    }

    /// Updates with a saved state, and their files.
    fn candidates(&self) -> Result<Vec<(u64, PathBuf)>> {
        let mut candidates: Vec<(u64, PathBuf)> = self.updates()?.into_iter().map(|n| (n, self.path(n))).collect();
        let between = self.folder.join(LATEST);
        if between.exists() {
            let updates = ModelReader::open(&between, Some(self.units))?.updates().to_vec();
            candidates.extend(updates.last().map(|&update| (update, between)));
        }
        Ok(candidates)
    }

    /// The last state, with its number of updates; `None` in an empty store.
    ///
    /// # Errors
    /// Those of reading.
    pub fn latest(&self) -> Result<Option<(u64, SavedState)>> {
        let Some((update, path)) = self.candidates()?.into_iter().max() else { return Ok(None) };
        let reader = ModelReader::open(&path, Some(self.units))?;
        let mut extra = reader.extra()?;
        let hidden = hidden_chains(extra.remove(HIDDEN_CHAINS), extra.remove(HIDDEN_UNITS));
        let exact = extra.into_iter().filter_map(|(name, array)| Some((name.strip_prefix(STATE)?.to_owned(), array)));
        let chains = reader.chains()?.zip(hidden);
        Ok(Some((update, SavedState { machine: reader.machine(Some(update))?, chains, exact: exact.collect() })))
    }

    /// All records, in the order of their updates.
    ///
    /// # Errors
    /// Those of reading.
    pub fn records(&self) -> Result<SpectrumLog> {
        let mut records = Vec::new();
        for update in self.updates()? {
            let reader = ModelReader::open(&self.path(update), Some(self.units))?;
            let own = format!("update_{update}.");
            let extra = reader.extra()?.into_iter();
            let mut quantities: BTreeMap<String, Array> =
                extra.filter_map(|(name, array)| Some((name.strip_prefix(&own)?.to_owned(), array))).collect();
            let epoch = match quantities.remove("epoch") {
                Some(Array::F64(_, values)) if values.len() == 1 => values[0],
                _ => {
                    let reason = format!("there is no record of update {update}");
                    return Err(SimulationError::Foreign { path: self.path(update), reason });
                }
            };
            records.push(Record { update, epoch, time: reader.read(update)?.time, quantities });
        }
        Ok(SpectrumLog { records })
    }

    /// Everything in one model file: the machine of each record, and the last state.
    ///
    /// # Errors
    /// Those of reading.
    pub fn collect(&self) -> Result<ModelFile> {
        let mut all = ModelFile { hyperparameters: self.hyperparameters, ..ModelFile::default() };
        for update in self.updates()? {
            let reader = ModelReader::open(&self.path(update), Some(self.units))?;
            // A later state replaces an earlier one.
            all.extra.retain(|name, _| !name.starts_with(STATE));
            all.extra.append(&mut reader.extra()?);
            all.chains = reader.chains()?;
            all.checkpoints.push(reader.read(update)?);
        }
        Ok(all)
    }

    /// Removes the folder if it exists. It is renamed first, so that a store is never there in part.
    ///
    /// # Errors
    /// [`SimulationError::Folder`].
    pub fn remove(&self) -> Result<()> {
        let aside = self.folder.with_extension("removed");
        if aside.exists() {
            std::fs::remove_dir_all(&aside).map_err(|source| fault(&aside, source))?;
        }
        if self.folder.exists() {
            let moved = std::fs::rename(&self.folder, &aside);
            moved.and_then(|()| std::fs::remove_dir_all(&aside)).map_err(|source| fault(&self.folder, source))?;
        }
        Ok(())
    }

    fn path(&self, update: u64) -> PathBuf {
        self.folder.join(format!("update_{update}.h5"))
    }

    /// Updates with a record, in increasing order.
    fn updates(&self) -> Result<Vec<u64>> {
        let mut updates = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(|source| fault(&self.folder, source))? {
            let name = entry.map_err(|source| fault(&self.folder, source))?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("update_")?.strip_suffix(".h5"));
            updates.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        updates.sort_unstable();
        Ok(updates)
    }
}

fn hidden_chains(words: Option<Array>, units: Option<Array>) -> Option<Spins> {
    let (Array::U64(shape, words), Array::U64(_, units)) = (words?, units?) else { return None };
    let (&[chains, width], &[units]) = (shape.as_slice(), units.as_slice()) else { return None };
    let bit = |chain: usize, unit: usize| words[chain * width + unit / 64] >> (unit % 64) & 1 == 1;
    (units as usize <= 64 * width).then(|| Spins::from_fn(chains, units as usize, bit))
}

fn fault(path: &Path, source: io::Error) -> SimulationError {
    SimulationError::Folder { path: path.to_owned(), source }
}
