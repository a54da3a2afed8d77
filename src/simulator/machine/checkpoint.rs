//! Writing model files: HDF5 in the layout of the `rbms` Python package, which loads them.
//!
//! ```text
//! /model_type                      "IIRBM" (±1) or "BBRBM" ({0, 1}); "GGRBM" for linear machines, which `rbms` does not have
//! /update_N/params/weight_matrix   [visible, hidden], with vbias [visible] and hbias [hidden]; single precision
//! /update_N/effective_time         [1], Σ learning rate × updates
//! /update_N/time                   0: seconds of training are not recorded, so that the same run gives the same bytes
//! /update_N/flags/checkpoint       true
//! /parallel_chains                 [chains, visible], persistent chains in the units' values; no rows if there are none
//! /hyperparameters/…               num_visibles, num_hiddens, num_chains, batch_size, gibbs_steps, learning_rate, L1, L2
//! /spectral_rbm/…                  the writer's own arrays
//! ```
//!
//! An `IIRBM` of `rbms` has the energy −v·W h − vbias·v − hbias·h with units ±1. This is the form of section 1, so the file holds
//! W, eta and theta unchanged. The file does not hold the second names that `rbms` gives the parameters
//! (`/update_N/weight_matrix`), nor the state of PyTorch's random numbers, without which `rbms` does not resume.

use std::collections::BTreeMap;
use std::path::Path;

use hdf5_pure::{DatasetBuilder, EnumTypeBuilder, Error, FileBuilder, GroupBuilder, make_i8_type};

use super::model_error::ModelError;
use super::rbm::Machine;
use super::units::{BernoulliMachine, Units};
use crate::data::Spins;
use crate::io::Array;
use crate::io::output::write_atomically_with;

/// Group of the writer's own arrays.
pub(super) const EXTRA: &str = "spectral_rbm";

/// A machine as it was after a number of updates.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Number of updates made.
    pub update: u64,
    /// Σ learning rate × updates.
    pub time: f64,
    /// The parameters.
    pub machine: Machine,
}

/// How the machine was trained, in the terms of `rbms`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hyperparameters {
    /// Samples per mini-batch.
    pub batch_size: u64,
    /// Gibbs sweeps between updates.
    pub gibbs_steps: u64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Factor of the L2 regularisation.
    pub l2: f64,
}

/// Contents of a model file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelFile {
    /// The machine at different updates, all of the same shape, in any order.
    pub checkpoints: Vec<Checkpoint>,
    /// Visible units of persistent chains, if there are any.
    pub chains: Option<Spins>,
    /// How it was trained.
    pub hyperparameters: Hyperparameters,
    /// Other arrays by name, such as those needed to resume.
    pub extra: BTreeMap<String, Array>,
}

impl ModelFile {
    /// Writes the file whole or not at all. The same content gives the same bytes. With [`Units::Bernoulli`], parameters and
    /// chains are first converted to {0, 1} units. Needs memory for one more copy of the content.
    ///
    /// # Errors
    /// [`ModelError::Parameter`] if there is no checkpoint, if shapes do not fit together, if parameters or times are not finite,
    /// or if a name in `extra` is empty, consists of dots or contains a slash; [`ModelError::Write`].
    pub fn write(&self, path: &Path, units: Units) -> Result<(), ModelError> {
        self.check()?;
        let file = self.stage(units)?;
        write_atomically_with(path, |out| file.finish_to(out).map_err(io_error))
            .map_err(|source| ModelError::Write { path: path.into(), source })
    }

    fn check(&self) -> Result<(), ModelError> {
        let wrong = |message: String| Err(ModelError::Parameter(message));
        let Some(Checkpoint { machine: first, .. }) = self.checkpoints.first() else {
            return wrong("there is no checkpoint to write".into());
        };
        let mut updates: Vec<u64> = self.checkpoints.iter().map(|checkpoint| checkpoint.update).collect();
        updates.sort_unstable();
        if let Some(twice) = updates.windows(2).find(|pair| pair[0] == pair[1]) {
            return wrong(format!("there are two checkpoints of update {}", twice[0]));
        }
        for Checkpoint { update, time, machine } in &self.checkpoints {
            if let Some(fault) = fault(machine) {
                return wrong(format!("update {update}: {fault}"));
            }
            if (machine.visible, machine.hidden) != (first.visible, first.hidden) {
                return wrong(format!("update {update} has another number of units than update {}", updates[0]));
            }
            if !time.is_finite() {
                return wrong(format!("update {update} has time {time}: it must be finite"));
            }
        }
        if let Some(chains) = self.chains.as_ref().filter(|chains| chains.units() != first.visible) {
            return wrong(format!("chains of {} units for {} visible units", chains.units(), first.visible));
        }
        for (name, array) in &self.extra {
            if name.chars().all(|letter| letter == '.') || name.contains(['/', '\0']) {
                return wrong(format!("{name:?} cannot name an array: it must not be empty, dots or contain a slash"));
            }
            if let Some(fault) = array.fault() {
                return wrong(format!("{name}: {fault}"));
            }
        }
        Ok(())
    }

    /// Passes everything to the HDF5 writer, with checkpoints in the order of their updates.
    fn stage(&self, units: Units) -> Result<FileBuilder, ModelError> {
        let mut file = FileBuilder::new();
        let name = match units {
            Units::Ising => "IIRBM",
            Units::Bernoulli => "BBRBM",
            Units::Gaussian => "GGRBM",
        };
        file.create_dataset("model_type").with_vlen_strings(&[name]).with_shape(&[]);
        let Machine { visible, hidden, .. } = self.checkpoints[0].machine;
        let samples = self.chains.as_ref().map_or(0, Spins::samples);
        stage_chains(file.create_dataset("parallel_chains"), self.chains.as_ref(), visible, units);
        let sizes = [visible, hidden, samples].map(|size| size as u64);
        let mut group = file.create_group("hyperparameters");
        self.hyperparameters.stage(sizes, &mut group);
        file.add_group(group.finish());
        let mut checkpoints: Vec<&Checkpoint> = self.checkpoints.iter().collect();
        checkpoints.sort_unstable_by_key(|checkpoint| checkpoint.update);
        for checkpoint in checkpoints {
            let mut group = file.create_group(&format!("update_{}", checkpoint.update));
            checkpoint.stage(units, &mut group)?;
            file.add_group(group.finish());
        }
        if !self.extra.is_empty() {
            let mut group = file.create_group(EXTRA);
            self.extra.iter().for_each(|(name, array)| stage_array(group.create_dataset(name), array));
            file.add_group(group.finish());
        }
        Ok(file)
    }
}

impl Hyperparameters {
    fn stage(&self, [visible, hidden, chains]: [u64; 3], group: &mut GroupBuilder) {
        let whole = [
            ("num_visibles", visible),
            ("num_hiddens", hidden),
            ("num_chains", chains),
            ("batch_size", self.batch_size),
            ("gibbs_steps", self.gibbs_steps),
        ];
        for (name, value) in whole {
            group.create_dataset(name).with_u64_data(&[value]).with_shape(&[]);
        }
        for (name, value) in [("learning_rate", self.learning_rate), ("L1", 0.0), ("L2", self.l2)] {
            group.create_dataset(name).with_f64_data(&[value]).with_shape(&[]);
        }
    }
}

impl Checkpoint {
    fn stage(&self, units: Units, group: &mut GroupBuilder) -> Result<(), ModelError> {
        match units {
            Units::Ising | Units::Gaussian => stage_parameters(&self.machine, group),
            Units::Bernoulli => {
                let BernoulliMachine { visible, hidden, weights, visible_bias, hidden_bias } = (&self.machine).into();
                let converted = Machine { visible, hidden, weights, eta: visible_bias, theta: hidden_bias };
                if let Some(fault) = fault(&converted) {
                    return Err(ModelError::Parameter(format!("update {}, in {{0, 1}} units: {fault}", self.update)));
                }
                stage_parameters(&converted, group);
            }
        }
        group.create_dataset("effective_time").with_f64_data(&[self.time]);
        group.create_dataset("time").with_f64_data(&[0.0]).with_shape(&[]);
        let mut flags = group.create_group("flags");
        // h5py's booleans.
        let boolean = EnumTypeBuilder::with_base(make_i8_type()).value("FALSE", 0).value("TRUE", 1).build();
        let boolean = boolean.map_err(|error| ModelError::Parameter(error.to_string()))?;
        flags.create_dataset("checkpoint").with_enum_u8_data(boolean, &[1]).with_shape(&[]);
        group.add_group(flags.finish());
        Ok(())
    }
}

fn stage_parameters(machine: &Machine, group: &mut GroupBuilder) {
    let mut params = group.create_group("params");
    let shape = [machine.visible as u64, machine.hidden as u64];
    params.create_dataset("weight_matrix").with_f32_data(&machine.weights).with_shape(&shape);
    params.create_dataset("vbias").with_f32_data(&machine.eta);
    params.create_dataset("hbias").with_f32_data(&machine.theta);
    group.add_group(params.finish());
}

fn stage_chains(dataset: &mut DatasetBuilder, chains: Option<&Spins>, visible: usize, units: Units) {
    let low = match units {
        Units::Ising | Units::Gaussian => -1,
        Units::Bernoulli => 0,
    };
    let samples = chains.map_or(0, Spins::samples);
    let values: Vec<i8> = chains
        .iter()
        .flat_map(|chains| (0..samples).flat_map(move |k| (0..visible).map(move |i| chains.get(k, i))))
        .map(|up| if up { 1 } else { low })
        .collect();
    dataset.with_i8_data(&values).with_shape(&[samples as u64, visible as u64]);
}

fn stage_array(dataset: &mut DatasetBuilder, array: &Array) {
    let extents = |shape: &[usize]| shape.iter().map(|&extent| extent as u64).collect::<Vec<_>>();
    match array {
        Array::F32(shape, values) => dataset.with_f32_data(values).with_shape(&extents(shape)),
        Array::F64(shape, values) => dataset.with_f64_data(values).with_shape(&extents(shape)),
        Array::U64(shape, values) => dataset.with_u64_data(values).with_shape(&extents(shape)),
        Array::Text(text) => dataset.with_vlen_strings(&[text]).with_shape(&[]),
    };
}

/// What is wrong with a machine's shapes or values, if anything.
pub(super) fn fault(machine: &Machine) -> Option<String> {
    let Machine { visible, hidden, weights, eta, theta } = machine;
    if *visible == 0 || *hidden == 0 {
        return Some(format!("a machine of {visible} visible and {hidden} hidden units: there must be some of both"));
    }
    if visible.checked_mul(*hidden) != Some(weights.len()) || eta.len() != *visible || theta.len() != *hidden {
        let found = (weights.len(), eta.len(), theta.len());
        return Some(format!(
            "{visible} visible and {hidden} hidden units, but {found:?} weights, visible and hidden fields"
        ));
    }
    let all = [("weight", weights), ("visible field", eta), ("hidden field", theta)];
    all.into_iter().find_map(|(name, values)| {
        let index = values.iter().position(|value| !value.is_finite())?;
        let place = if name == "weight" {
            format!("({}, {})", index / hidden + 1, index % hidden + 1)
        } else {
            (index + 1).to_string()
        };
        Some(format!("{name} {place} is {}: parameters must be finite", values[index]))
    })
}

fn io_error(error: Error) -> std::io::Error {
    match error {
        Error::Io(error) => error,
        other => std::io::Error::other(other.to_string()),
    }
}
