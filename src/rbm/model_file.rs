//! Reading machines, whoever wrote them, as machines of ±1 units.
//!
//! | file | layout |
//! |---|---|
//! | HDF5 of this crate, of `rbms` 0.5 and 0.6 | `/update_N/params/{weight_matrix, vbias, hbias}`, `/model_type` "IIRBM" or "BBRBM" |
//! | HDF5 of TorchRBM | `/update_N/{weight_matrix, vbias, hbias}`, units to be stated if there is no `/model_type` |
//! | NPZ | `W`, `eta`, `theta` of ±1 units, or `weight_matrix`, `vbias`, `hbias` of units to be stated |
//!
//! Weights are `[visible, hidden]` in all of them; numbers are of single precision, or rounded to it.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::checkpoint::{EXTRA, fault};
use super::{BernoulliMachine, Checkpoint, Machine, ModelError, Units, npz};
use crate::archive::Array;
use crate::archive::hdf5::Hdf5;
use crate::data::Spins;
use crate::input::open_regular;

/// An open model file: it knows which updates there are, and reads the one asked for.
#[derive(Debug)]
pub struct ModelReader {
    path: PathBuf,
    model_type: Option<String>,
    units: Units,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// An HDF5 file, and its updates.
    Hdf5(Hdf5, Vec<u64>),
    /// The one machine of an archive.
    Npz(Machine),
}

impl ModelReader {
    /// Opens a file of any of the layouts above. `units` are needed where the file does not state them.
    ///
    /// # Errors
    /// [`ModelError::Read`]; [`ModelError::Format`] for files of no such layout; [`ModelError::ModelType`];
    /// [`ModelError::Units`] if the units are neither stated nor given, or not those given.
    pub fn open(path: &Path, units: Option<Units>) -> Result<Self, ModelError> {
        let mut start = Vec::new();
        let read = open_regular(path).and_then(|file| file.take(npz::MAGIC.len() as u64).read_to_end(&mut start));
        read.map_err(|source| ModelError::Read { path: path.into(), source })?;
        if start == npz::MAGIC { Self::open_npz(path, units) } else { Self::open_hdf5(path, units) }
    }

    fn open_npz(path: &Path, given: Option<Units>) -> Result<Self, ModelError> {
        let npz::Parameters { ising, arrays } = npz::read(path)?;
        let units = agree(path, ising.then_some(Units::Ising), given)?;
        let machine = assemble(path, units, arrays)?;
        Ok(Self { path: path.into(), model_type: None, units, content: Content::Npz(machine) })
    }

    fn open_hdf5(path: &Path, given: Option<Units>) -> Result<Self, ModelError> {
        let failed = |error| ModelError::reading(path, error);
        let file = Hdf5::open(path).map_err(failed)?;
        let number = |name: String| name.strip_prefix("update_").and_then(|number| number.parse().ok());
        let mut updates: Vec<u64> = file.groups("").map_err(failed)?.into_iter().filter_map(number).collect();
        updates.sort_unstable();
        updates.dedup();
        if updates.is_empty() {
            return Err(wrong(path, "not a model file: it has no groups update_N".into()));
        }
        let typed = file.datasets("").map_err(failed)?.iter().any(|name| name == "model_type");
        let model_type = if typed { Some(file.text("model_type").map_err(failed)?) } else { None };
        let stated = match model_type.as_deref() {
            None => None,
            Some("IIRBM") => Some(Units::Ising),
            Some("BBRBM") => Some(Units::Bernoulli),
            Some("GGRBM") if given == Some(Units::Gaussian) => given,
            Some(other) => return Err(ModelError::ModelType { path: path.into(), found: other.into() }),
        };
        let units = agree(path, stated, given)?;
        Ok(Self { path: path.into(), model_type, units, content: Content::Hdf5(file, updates) })
    }

    /// What the file says of its type: "IIRBM", "BBRBM" or nothing.
    pub fn model_type(&self) -> Option<&str> {
        self.model_type.as_deref()
    }

    /// Units of the machine in the file.
    pub fn units(&self) -> Units {
        self.units
    }

    /// The updates that were saved, in increasing order; none for an NPZ file, whose one machine has no number.
    pub fn updates(&self) -> &[u64] {
        match &self.content {
            Content::Hdf5(_, updates) => updates,
            Content::Npz(_) => &[],
        }
    }

    /// The machine after `update` updates, or the last one there is.
    ///
    /// # Errors
    /// [`ModelError::Update`]; [`ModelError::Read`]; [`ModelError::Format`] for damaged files, shapes that do not fit
    /// together, and parameters that are not finite.
    pub fn machine(&self, update: Option<u64>) -> Result<Machine, ModelError> {
        match &self.content {
            Content::Npz(machine) if update.is_none() => Ok(machine.clone()),
            Content::Npz(_) => Err(self.no_update(update.unwrap_or_default())),
            Content::Hdf5(file, updates) => {
                let last = updates.last().copied().unwrap_or_default();
                let group = self.group(update.unwrap_or(last))?;
                let nested =
                    file.groups(&group).map_err(|error| self.failed(error))?.iter().any(|name| name == "params");
                let folder = if nested { format!("{group}/params") } else { group };
                let read = |name| file.singles(&format!("{folder}/{name}")).map_err(|error| self.failed(error));
                assemble(&self.path, self.units, [read("weight_matrix")?, read("vbias")?, read("hbias")?])
            }
        }
    }

    /// The checkpoint of an update, for files that note its time Σ learning rate × updates: this crate's, and those of
    /// `rbms` 0.6, which counts it from the last restart.
    ///
    /// # Errors
    /// Those of [`machine`](Self::machine), and [`ModelError::Format`] if there is no time.
    pub fn read(&self, update: u64) -> Result<Checkpoint, ModelError> {
        let machine = self.machine(Some(update))?;
        let name = format!("{}/effective_time", self.group(update)?);
        match self.hdf5()?.doubles(&name).map_err(|error| self.failed(error))?.1.as_slice() {
            &[time] if time.is_finite() => Ok(Checkpoint { update, time, machine }),
            other => Err(wrong(&self.path, format!("{name} is {other:?}: one finite time is needed"))),
        }
    }

    /// Visible units of the persistent chains, if there are any.
    ///
    /// # Errors
    /// [`ModelError::Read`]; [`ModelError::Format`] for damaged files, and for values that are not the units'.
    pub fn chains(&self) -> Result<Option<Spins>, ModelError> {
        let Content::Hdf5(file, _) = &self.content else { return Ok(None) };
        let failed = |error| self.failed(error);
        if !file.datasets("").map_err(failed)?.iter().any(|name| name == "parallel_chains") {
            return Ok(None);
        }
        let (shape, values) = file.doubles("parallel_chains").map_err(failed)?;
        let &[samples, units] = shape.as_slice() else {
            return Err(wrong(&self.path, format!("parallel_chains has shape {shape:?}, not [chains, visible]")));
        };
        let low = match self.units {
            Units::Ising | Units::Gaussian => -1.0,
            Units::Bernoulli => 0.0,
        };
        if let Some(index) = values.iter().position(|&value| value != 1.0 && value != low) {
            let (chain, unit, value) = (index / units + 1, index % units + 1, values[index]);
            return Err(wrong(&self.path, format!("chain {chain}, unit {unit} is {value}, neither {low} nor 1")));
        }
        let up = |sample, unit| values[sample * units + unit] == 1.0;
        Ok((samples > 0 && units > 0).then(|| Spins::from_fn(samples, units, up)))
    }

    /// What the writer kept beside the parameters; empty for files of others.
    ///
    /// # Errors
    /// [`ModelError::Read`]; [`ModelError::Format`] for damaged files.
    pub fn extra(&self) -> Result<BTreeMap<String, Array>, ModelError> {
        let Content::Hdf5(file, _) = &self.content else { return Ok(BTreeMap::new()) };
        let failed = |error| self.failed(error);
        if !file.groups("").map_err(failed)?.iter().any(|name| name == EXTRA) {
            return Ok(BTreeMap::new());
        }
        let names = file.datasets(EXTRA).map_err(failed)?;
        names
            .into_iter()
            .map(|name| Ok((name.clone(), file.array(&format!("{EXTRA}/{name}")).map_err(failed)?)))
            .collect()
    }

    fn failed(&self, error: io::Error) -> ModelError {
        ModelError::reading(&self.path, error)
    }

    fn hdf5(&self) -> Result<&Hdf5, ModelError> {
        match &self.content {
            Content::Hdf5(file, _) => Ok(file),
            Content::Npz(_) => Err(wrong(&self.path, "an NPZ file has a machine alone".into())),
        }
    }

    /// The group of an update that is there.
    fn group(&self, update: u64) -> Result<String, ModelError> {
        if self.updates().binary_search(&update).is_err() {
            return Err(self.no_update(update));
        }
        Ok(format!("update_{update}"))
    }

    fn no_update(&self, update: u64) -> ModelError {
        let saved = match self.updates() {
            [] => "none, only a machine without a number".into(),
            [only] => only.to_string(),
            [first, .., last] => format!("{} between {first} and {last}", self.updates().len()),
        };
        ModelError::Update { path: self.path.clone(), update, saved }
    }
}

/// The units, from what the file states and what the caller says.
fn agree(path: &Path, stated: Option<Units>, given: Option<Units>) -> Result<Units, ModelError> {
    let failed = |reason: &str| Err(ModelError::Units { path: path.into(), reason: reason.into() });
    match (stated, given) {
        (Some(stated), Some(given)) if stated != given => failed(match stated {
            Units::Ising => "its units are ±1, not {0, 1}",
            Units::Bernoulli => "its units are {0, 1}, not ±1",
            Units::Gaussian => "its units are Gaussian",
        }),
        (Some(units), _) | (None, Some(units)) => Ok(units),
        (None, None) => failed("it does not say whether its units are ±1 (ising) or {0, 1} (bernoulli): state it"),
    }
}

/// A machine from its arrays as the file has them.
fn assemble(path: &Path, units: Units, arrays: [(Vec<usize>, Vec<f32>); 3]) -> Result<Machine, ModelError> {
    let [(shape, weights), (eta_shape, eta), (theta_shape, theta)] = arrays;
    let (visible, hidden) = (eta.len(), theta.len());
    if eta_shape.len() != 1 || theta_shape.len() != 1 || shape != [visible, hidden] {
        let found = format!("weights {shape:?}, visible fields {eta_shape:?}, hidden fields {theta_shape:?}");
        return Err(wrong(path, format!("{found}: the shapes [visible, hidden], [visible], [hidden] are needed")));
    }
    // Before the conversion, whose sums would spread what is not finite.
    let check = |machine: Machine| match fault(&machine) {
        Some(fault) => Err(wrong(path, fault)),
        None => Ok(machine),
    };
    let stored = check(Machine { visible, hidden, weights, eta, theta })?;
    match units {
        Units::Ising | Units::Gaussian => Ok(stored),
        Units::Bernoulli => {
            let Machine { visible, hidden, weights, eta: visible_bias, theta: hidden_bias } = stored;
            check(Machine::from(&BernoulliMachine { visible, hidden, weights, visible_bias, hidden_bias }))
        }
    }
}

fn wrong(path: &Path, reason: String) -> ModelError {
    ModelError::Format { path: path.into(), reason }
}
