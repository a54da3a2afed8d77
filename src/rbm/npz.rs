//! Machines in NumPy's archives: `W`, `eta`, `theta` (±1 units) or `weight_matrix`, `vbias`, `hbias` (units to be stated).

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use npyz::Order;
use npyz::npz::{NpzArchive, file_name_from_array_name};

use super::ModelError;
use crate::archive::{damaged, npy, values_of};

/// What a zip archive starts with.
pub(super) const MAGIC: &[u8] = b"PK";

/// Arrays of a machine: each with its shape.
pub(super) struct Parameters {
    /// Whether the names are those of ±1 units.
    pub(super) ising: bool,
    /// Weights, visible and hidden fields or biases.
    pub(super) arrays: [(Vec<usize>, Vec<f32>); 3],
}

/// Reads the arrays of a machine.
pub(super) fn read(path: &Path) -> Result<Parameters, ModelError> {
    let mut archive = NpzArchive::open(path).map_err(|error| ModelError::reading(path, error))?;
    let names: Vec<String> = archive.array_names().map(String::from).collect();
    let has = |wanted: [&str; 3]| wanted.iter().all(|wanted| names.iter().any(|name| name == wanted));
    let (ising, wanted) = if has(["W", "eta", "theta"]) {
        (true, ["W", "eta", "theta"])
    } else if has(["weight_matrix", "vbias", "hbias"]) {
        (false, ["weight_matrix", "vbias", "hbias"])
    } else {
        let reason = format!("arrays W, eta, theta or weight_matrix, vbias, hbias are needed; it has {names:?}");
        return Err(ModelError::Format { path: path.into(), reason });
    };
    let mut read = |name| array(&mut archive, name).map_err(|error| ModelError::reading(path, error));
    Ok(Parameters { ising, arrays: [read(wanted[0])?, read(wanted[1])?, read(wanted[2])?] })
}

fn array(archive: &mut NpzArchive<BufReader<File>>, name: &str) -> io::Result<(Vec<usize>, Vec<f32>)> {
    let entry = archive.zip_archive().by_name(&file_name_from_array_name(name));
    let mut entry = entry.map_err(|error| damaged(error.to_string()))?;
    let array = npy::open(&mut entry)?;
    let shape: Vec<usize> = array.shape().iter().map(|&extent| extent as usize).collect();
    let by_columns = array.order() == Order::Fortran && shape.len() == 2;
    // Collected as results: the space grows with what is there, not with what the header states.
    let values: Vec<f32> = match array.try_data::<f32>() {
        Ok(values) => values.collect::<io::Result<_>>()?,
        Err(array) => match array.try_data::<f64>() {
            Ok(values) => values.map(|value| value.map(|value| value as f32)).collect::<io::Result<_>>()?,
            Err(_) => return Err(damaged(format!("{name} does not hold numbers of single or double precision"))),
        },
    };
    // The archive's checksum is compared at the end.
    if entry.read(&mut [0])? != 0 || values_of(&shape) != Some(values.len()) {
        return Err(damaged(format!("{name} does not have as many values as its shape {shape:?}")));
    }
    if !by_columns {
        return Ok((shape, values));
    }
    let (rows, columns) = (shape[0], shape[1]);
    let by_rows = (0..values.len()).map(|index| values[index / columns + index % columns * rows]).collect();
    Ok((shape, by_rows))
}
