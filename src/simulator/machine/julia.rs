//! Machines of the Julia package RestrictedBoltzmannMachines.jl, as written by its `save_rbm` (version 1.0.0).
//!
//! ```text
//! /rbm_hdf5_file_format_version    "1.0.0"
//! /rbm_type                        "RBM", "CenteredRBM" or "StandardizedRBM"
//! /visible_type, /hidden_type      "Spin" (±1) or "Binary" ({0, 1}); others are refused
//! /weights                         [hidden…, visible…]: HDF5 lists the extents of Julia's arrays in the opposite order
//! /visible_par, /hidden_par        [visible…, 1], [hidden…, 1]
//! /offset_v, /scale_v              [visible…]; with offset_h, scale_h [hidden…]; scales are 1 in a CenteredRBM
//! ```
//!
//! The energy is −a·v − b·h − Σ w_ij (v_i − o_i)/c_i · (h_j − o_j)/c_j. Layers with more dimensions are read in the order of
//! Julia's memory.

use super::model_error::ModelError;
use super::parameters::{checked, transposed, wrong};
use super::rbm::Machine;
use super::units::Units;
use super::units::{LayerUnits, ising};
use crate::io::hdf5::Hdf5;
use std::io;
use std::path::Path;

/// The data set that identifies these files.
pub(super) const VERSION: &str = "rbm_hdf5_file_format_version";
/// The version supported.
const READ: &str = "1.0.0";

/// A machine, and what its file says about it.
pub(super) struct JuliaMachine {
    pub(super) machine: Machine,
    pub(super) model_type: String,
    /// Units of the visible layer in the file.
    pub(super) units: Units,
}

/// A layer as stored in the file.
struct Stored {
    kind: String,
    units: Units,
    /// Extents, in the order of the file.
    extents: Vec<usize>,
    bias: Vec<f64>,
    offset: Vec<f64>,
    scale: Vec<f64>,
}

/// Reads the machine.
///
/// # Errors
/// [`ModelError::Format`] for another version, damaged files, shapes that do not fit together or parameters that are not finite;
/// [`ModelError::ModelType`] for layers whose units are not two-valued; [`ModelError::Read`].
pub(super) fn read(path: &Path, file: &Hdf5) -> Result<JuliaMachine, ModelError> {
    let failed = |error| ModelError::reading(path, error);
    let version = file.text(VERSION).map_err(failed)?;
    if version != READ {
        return Err(wrong(
            path,
            format!("version {version} of RestrictedBoltzmannMachines.jl's files: {READ} is read"),
        ));
    }
    let kind = file.text("rbm_type").map_err(failed)?;
    if !["RBM", "CenteredRBM", "StandardizedRBM"].contains(&kind.as_str()) {
        return Err(ModelError::ModelType { path: path.into(), found: kind });
    }
    let (visible, hidden) = (layer(path, file, &kind, "visible")?, layer(path, file, &kind, "hidden")?);
    let (shape, weights) = file.doubles("weights").map_err(failed)?;
    if shape != [hidden.extents.as_slice(), &visible.extents].concat() {
        let (v, h) = (&visible.extents, &hidden.extents);
        let found = format!("weights {shape:?} for layers {v:?} and {h:?}");
        return Err(wrong(path, format!("{found} (extents in the order of HDF5): [hidden…, visible…] are needed")));
    }
    let model_type = format!("{kind} ({}, {})", visible.kind, hidden.kind);
    let units = visible.units;
    let machine = checked(path, plain(visible, hidden, &weights))?;
    Ok(JuliaMachine { machine, model_type, units })
}

fn layer(path: &Path, file: &Hdf5, kind: &str, side: &str) -> Result<Stored, ModelError> {
    let failed = |error: io::Error| ModelError::reading(path, error);
    let name = file.text(&format!("{side}_type")).map_err(failed)?;
    let units = match name.as_str() {
        "Spin" => Units::Ising,
        "Binary" => Units::Bernoulli,
        _ => {
            return Err(ModelError::ModelType { path: path.into(), found: format!("{kind} with {name} {side} units") });
        }
    };
    let (mut extents, bias) = file.doubles(&format!("{side}_par")).map_err(failed)?;
    if extents.pop() != Some(1) || extents.is_empty() {
        return Err(wrong(
            path,
            format!("{side}_par: one parameter per unit is needed, [units…, 1] in the order of HDF5"),
        ));
    }
    let more = |name: &str| {
        let letter = if side == "visible" { "v" } else { "h" };
        let name = format!("{name}_{letter}");
        let (shape, values) = file.doubles(&name).map_err(failed)?;
        if shape != extents {
            return Err(wrong(path, format!("{name} is {shape:?}, and the layer {extents:?}")));
        }
        Ok(values)
    };
    let offset = if kind == "RBM" { vec![0.0; bias.len()] } else { more("offset")? };
    let scale = if kind == "StandardizedRBM" { more("scale")? } else { vec![1.0; bias.len()] };
    Ok(Stored { kind: name, units, extents, bias, offset, scale })
}

/// The machine in ±1 units, without offsets and scales.
fn plain(visible: Stored, hidden: Stored, weights: &[f64]) -> Machine {
    let (rows, columns) = (visible.bias.len(), hidden.bias.len());
    let mut weights = transposed(weights, columns, rows);
    let (mut a, mut b) = (visible.bias, hidden.bias);
    for i in 0..rows {
        for j in 0..columns {
            let weight = &mut weights[i * columns + j];
            *weight /= visible.scale[i] * hidden.scale[j];
            a[i] -= *weight * hidden.offset[j];
            b[j] -= *weight * visible.offset[i];
        }
    }
    ising(LayerUnits { units: visible.units, bias: &a }, LayerUnits { units: hidden.units, bias: &b }, &weights)
}
