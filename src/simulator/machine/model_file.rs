//! Reading machines from files of several programs, as machines of ±1 units.
//!
//! | file | layout |
//! |---|---|
//! | HDF5 of this crate, of `rbms` 0.5 and 0.6 | `/update_N/params/{weight_matrix, vbias, hbias}`, `/model_type` "IIRBM" or "BBRBM" |
//! | HDF5 of TorchRBM | `/update_N/{weight_matrix, vbias, hbias}`; units must be given if there is no `/model_type` |
//! | HDF5 of annaDCA | same, with {0, 1} units and a label unit (`label_matrix`, `lbias`), whose state must be given |
//! | HDF5 of RestrictedBoltzmannMachines.jl | `/weights`, `/visible_par`, `/hidden_par`; layers "Spin" and "Binary" |
//! | NPZ | `W`, `eta`, `theta` of ±1 units, or `weight_matrix`, `vbias`, `hbias` of units that must be given |
//! | NPZ of scikit-learn's BernoulliRBM | `components_` `[hidden, visible]`, `intercept_visible_`, `intercept_hidden_` |
//! | NPY, or NPZ of one array | the weights alone ([`ModelReader::open_weights`]) |
//!
//! Weights are `[visible, hidden]` unless stated otherwise. If the numbers of biases show the other orientation, weights are
//! transposed. Numbers may have half, single or double precision; they are rounded to single.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::checkpoint::EXTRA;
use super::model_error::ModelError;
use super::parameters::{Numbers, Parameters, RowUnits, ising, wrong};
use super::rbm::Machine;
use super::units::Units;
use super::{julia, kind, npz};
use crate::data::Spins;
use crate::io::hdf5::Hdf5;
use crate::io::input::open_regular;
use crate::io::{Array, npy};

/// First bytes of a zip archive.
const ZIP: &[u8] = b"PK";
/// How many names of an HDF5 file an error message lists.
const NAMES_SHOWN: usize = 8;

/// An open model file: it knows which updates there are, and reads the one asked for.
#[derive(Debug)]
pub struct ModelReader {
    path: PathBuf,
    model_type: Option<String>,
    units: Units,
    /// State of the label unit, if given.
    label: Option<usize>,
    /// Assumptions made in reading.
    notes: Vec<String>,
    content: StoredMachines,
}

#[derive(Debug)]
enum StoredMachines {
    /// An HDF5 file, and its updates.
    Hdf5(Hdf5, Vec<u64>),
    /// A file of one machine.
    Single(Machine),
}

impl ModelReader {
    /// Opens a file of any layout above except weights alone. `units` are needed if the file does not state them.
    ///
    /// # Errors
    /// [`ModelError::Read`]; [`ModelError::Format`] for a file of another layout (the message says what it is);
    /// [`ModelError::ModelType`]; [`ModelError::Units`] if the units are neither stated nor given, or if the two disagree.
    pub fn open(path: &Path, units: Option<Units>) -> Result<Self, ModelError> {
        Self::open_any(path, units, false)
    }

    /// Same as [`open`](Self::open), but also opens files of weights alone, `[visible, hidden]`. Fields are then 0, units are ±1
    /// if not given, and [`notes`](Self::notes) say so.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_weights(path: &Path, units: Option<Units>) -> Result<Self, ModelError> {
        Self::open_any(path, units, true)
    }

    fn open_any(path: &Path, units: Option<Units>, weights_alone: bool) -> Result<Self, ModelError> {
        let start = start(path)?;
        if start.starts_with(ZIP) {
            return match npz::read(path, weights_alone)? {
                npz::NpzMachine::Whole { parameters, units: stated, model_type } => {
                    Self::of_arrays(path, parameters, model_type, agree(path, stated, units)?)
                }
                npz::NpzMachine::Weights(weights) => Self::of_weights(path, weights, units),
            };
        }
        if start.starts_with(npy::MAGIC) {
            if weights_alone {
                return Self::of_weights(path, npz::read_weights(path)?, units);
            }
            let reason = "a NumPy array alone, without the fields of a machine: save W, eta and theta with numpy.savez";
            return Err(wrong(path, reason.into()));
        }
        if hdf5_pure::is_hdf5(path).map_err(|error| ModelError::reading(path, error))? {
            return Self::open_hdf5(path, units);
        }
        Err(wrong(path, kind::describe(&start)))
    }

    fn of_arrays(
        path: &Path,
        parameters: Parameters,
        model_type: Option<&str>,
        units: Units,
    ) -> Result<Self, ModelError> {
        let usual = parameters.usual;
        let (machine, rows) = parameters.machine(path, units)?;
        let notes = rows.note(usual).into_iter().collect();
        Ok(Self::single(path, machine, model_type.map(str::to_owned), units, notes))
    }

    /// A machine from weights alone.
    fn of_weights(path: &Path, weights: Numbers, given: Option<Units>) -> Result<Self, ModelError> {
        let &[visible, hidden] = weights.0.as_slice() else {
            let found = format!("one array of shape {:?}", weights.0);
            return Err(wrong(path, format!("{found}: weights have two dimensions, [visible, hidden]")));
        };
        let units = given.unwrap_or(Units::Ising);
        let stored = Machine { visible, hidden, weights: weights.1, eta: vec![0.0; visible], theta: vec![0.0; hidden] };
        let fields = match units {
            Units::Ising | Units::Gaussian => "fields are taken to be 0",
            Units::Bernoulli => "biases of the {0, 1} units are taken to be 0",
        };
        let assumed = if given.is_none() { ", units to be ±1" } else { "" };
        let note = format!(
            "the file has weights alone, one array of {visible} × {hidden}: its rows are taken for visible units, {fields}{assumed}"
        );
        Ok(Self::single(path, ising(path, units, stored)?, None, units, vec![note]))
    }

    fn single(path: &Path, machine: Machine, model_type: Option<String>, units: Units, notes: Vec<String>) -> Self {
        Self { path: path.into(), model_type, units, label: None, notes, content: StoredMachines::Single(machine) }
    }

    fn open_hdf5(path: &Path, given: Option<Units>) -> Result<Self, ModelError> {
        let failed = |error| ModelError::reading(path, error);
        let file = Hdf5::open(path).map_err(failed)?;
        let (groups, names) = (file.groups("").map_err(failed)?, file.datasets("").map_err(failed)?);
        if names.iter().any(|name| name == julia::VERSION) {
            let julia::JuliaMachine { machine, model_type, units } = julia::read(path, &file)?;
            let units = agree(path, Some(units), given)?;
            return Ok(Self::single(path, machine, Some(model_type), units, Vec::new()));
        }
        let number = |name: &String| name.strip_prefix("update_").and_then(|number| number.parse().ok());
        let mut updates: Vec<u64> = groups.iter().filter_map(number).collect();
        updates.sort_unstable();
        updates.dedup();
        let Some(last) = updates.last() else {
            let there = groups.iter().chain(&names).take(NAMES_SHOWN).collect::<Vec<_>>();
            return Err(wrong(path, format!("not a model file: it has no groups update_N; it has {there:?}")));
        };
        let typed = names.iter().any(|name| name == "model_type");
        let model_type = if typed { Some(file.text("model_type").map_err(failed)?) } else { None };
        let stated = match model_type.as_deref() {
            // annaDCA has only these units in such files.
            None if labelled(&file, &format!("update_{last}")).unwrap_or(false) => Some(Units::Bernoulli),
            None => None,
            Some("IIRBM") => Some(Units::Ising),
            Some("BBRBM") => Some(Units::Bernoulli),
            Some("GGRBM") if given == Some(Units::Gaussian) => given,
            Some(other) => return Err(ModelError::ModelType { path: path.into(), found: other.into() }),
        };
        let units = agree(path, stated, given)?;
        let content = StoredMachines::Hdf5(file, updates);
        Ok(Self { path: path.into(), model_type, units, label: None, notes: Vec::new(), content })
    }

    /// Fixes the label unit in the given state, counted from 0. The other units then form a machine of two-valued units; the
    /// weights of the label are added to its hidden fields.
    pub fn with_label(mut self, label: Option<usize>) -> Self {
        self.label = label;
        self
    }

    /// What the file says of its type: "IIRBM", "BBRBM" or nothing.
    pub fn model_type(&self) -> Option<&str> {
        self.model_type.as_deref()
    }

    /// Units of the machine in the file.
    pub fn units(&self) -> Units {
        self.units
    }

    /// The saved updates, in increasing order; empty for a file of one machine, which has no update number.
    pub fn updates(&self) -> &[u64] {
        match &self.content {
            StoredMachines::Hdf5(_, updates) => updates,
            StoredMachines::Single(_) => &[],
        }
    }

    /// The machine after `update` updates, or the last one.
    ///
    /// # Errors
    /// [`ModelError::Update`]; [`ModelError::Read`]; [`ModelError::Labels`] for a label unit without a given state, or a given
    /// state without a label unit; [`ModelError::Format`] for damaged files, shapes that do not fit together, and parameters that
    /// are not finite.
    pub fn machine(&self, update: Option<u64>) -> Result<Machine, ModelError> {
        match &self.content {
            StoredMachines::Single(_) if self.label.is_some() => Err(self.no_labels()),
            StoredMachines::Single(machine) if update.is_none() => Ok(machine.clone()),
            StoredMachines::Single(_) => Err(self.no_update(update.unwrap_or_default())),
            StoredMachines::Hdf5(file, updates) => {
                let last = updates.last().copied().unwrap_or_default();
                Ok(self.stored(file, &self.group(update.unwrap_or(last))?)?.0)
            }
        }
    }

    /// Assumptions made in reading the machine of an update, or the last: one sentence each, to be reported with every result.
    ///
    /// # Errors
    /// Those of [`machine`](Self::machine).
    pub fn notes(&self, update: Option<u64>) -> Result<Vec<String>, ModelError> {
        let StoredMachines::Hdf5(file, updates) = &self.content else { return Ok(self.notes.clone()) };
        let folder = self.folder(file, &self.group(update.or(updates.last().copied()).unwrap_or_default())?)?;
        let extents = |name| file.shape(&format!("{folder}/{name}")).map_err(|error| self.failed(error));
        let (shape, visible, hidden) = (extents("weight_matrix")?, extents("vbias")?, extents("hbias")?);
        let count = |shape: &[usize]| shape.iter().product();
        let rows = RowUnits::of(&shape, count(&visible), count(&hidden), RowUnits::Visible);
        let label =
            self.label.map(|label| format!("the machine given label {label}, whose weights are in the hidden fields"));
        Ok(rows.and_then(|rows| rows.note(RowUnits::Visible)).into_iter().chain(label).collect())
    }

    /// The machine in a group.
    fn stored(&self, file: &Hdf5, group: &str) -> Result<(Machine, RowUnits), ModelError> {
        let folder = self.folder(file, group)?;
        let read = |name| file.singles(&format!("{folder}/{name}")).map_err(|error| self.failed(error));
        let mut hidden = read("hbias")?;
        let labels = labelled(file, &folder).map_err(|error| self.failed(error))?;
        match self.label {
            Some(_) if !labels => return Err(self.no_labels()),
            Some(label) => self.add_label(label, read("label_matrix")?, &mut hidden.1)?,
            None if labels => {
                let shape = file.shape(&format!("{folder}/label_matrix")).map_err(|error| self.failed(error))?;
                let count = shape.first().copied().unwrap_or(0);
                return Err(ModelError::Labels { path: self.path.clone(), reason: one_unit(count) });
            }
            None => (),
        }
        let parameters =
            Parameters { weights: read("weight_matrix")?, visible: read("vbias")?, hidden, usual: RowUnits::Visible };
        parameters.machine(&self.path, self.units)
    }

    /// Adds the row of weights of a label to the hidden biases.
    fn add_label(&self, label: usize, (shape, weights): Numbers, hidden: &mut [f32]) -> Result<(), ModelError> {
        match *shape.as_slice() {
            [labels, units] if units == hidden.len() && label < labels => {
                let row = &weights[label * units..][..units];
                hidden.iter_mut().zip(row).for_each(|(bias, weight)| *bias += weight);
                Ok(())
            }
            [labels, units] if units == hidden.len() => {
                let reason = format!("there is no label {label}: its {labels} labels are counted from 0");
                Err(ModelError::Labels { path: self.path.clone(), reason })
            }
            _ => {
                let found = format!("label_matrix {shape:?}, and {} hidden units", hidden.len());
                Err(wrong(&self.path, format!("{found}: [labels, hidden] is needed")))
            }
        }
    }

    /// The folder with the parameters of a group.
    fn folder(&self, file: &Hdf5, group: &str) -> Result<String, ModelError> {
        let nested = file.groups(group).map_err(|error| self.failed(error))?.iter().any(|name| name == "params");
        Ok(if nested { format!("{group}/params") } else { group.to_owned() })
    }

    /// The checkpoint of an update, for files that record its time Σ learning rate × updates: those of this crate, and of `rbms`
    /// 0.6, which counts time from the last restart.
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
    /// [`ModelError::Read`]; [`ModelError::Format`] for damaged files, and for values that the units cannot take.
    pub fn chains(&self) -> Result<Option<Spins>, ModelError> {
        let StoredMachines::Hdf5(file, _) = &self.content else { return Ok(None) };
        let failed = |error| self.failed(error);
        if !file.has("", "parallel_chains").map_err(failed)? {
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

    /// Arrays that the writer stored besides the parameters; empty for files of other programs.
    ///
    /// # Errors
    /// [`ModelError::Read`]; [`ModelError::Format`] for damaged files.
    pub fn extra(&self) -> Result<BTreeMap<String, Array>, ModelError> {
        let StoredMachines::Hdf5(file, _) = &self.content else { return Ok(BTreeMap::new()) };
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
            StoredMachines::Hdf5(file, _) => Ok(file),
            StoredMachines::Single(_) => Err(wrong(&self.path, "the file has a machine alone".into())),
        }
    }

    /// The group of an update, if the file has it.
    fn group(&self, update: u64) -> Result<String, ModelError> {
        if self.updates().binary_search(&update).is_err() {
            return Err(self.no_update(update));
        }
        Ok(format!("update_{update}"))
    }

    fn no_labels(&self) -> ModelError {
        let reason = "it has no unit of labels, and a label is given".into();
        ModelError::Labels { path: self.path.clone(), reason }
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

/// The first bytes of a file.
fn start(path: &Path) -> Result<Vec<u8>, ModelError> {
    let mut start = Vec::new();
    let read = open_regular(path).and_then(|file| file.take(kind::MODEL_START).read_to_end(&mut start));
    read.map_err(|source| ModelError::Read { path: path.into(), source })?;
    Ok(start)
}

/// Whether a group has the parameters of a unit of labels.
fn labelled(file: &Hdf5, group: &str) -> io::Result<bool> {
    Ok(file.has(group, "label_matrix")? || file.has(group, "lbias")?)
}

/// Why a label unit cannot be read without its state.
fn one_unit(labels: usize) -> String {
    format!(
        "its labels (label_matrix, lbias) are one unit of {labels} states, of which one is taken at a time, not units of two \
         values, which are all that is read; the machine given a label is such"
    )
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
