//! Machines in NumPy's files: archives of named arrays, and weights alone.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use crate::io::NpzReader;

use super::model_error::ModelError;
use super::parameters::{Numbers, Parameters, RowUnits, wrong};
use super::units::Units;
use crate::io::npy;

/// The names of an archive's arrays, and what they imply.
#[derive(Clone, Copy)]
struct ArrayNames {
    /// Weights, visible and hidden fields or biases.
    names: [&'static str; 3],
    units: Option<Units>,
    rows: RowUnits,
    model_type: Option<&'static str>,
}

const ARRAY_NAMES: [ArrayNames; 3] = [
    ArrayNames { names: ["W", "eta", "theta"], units: Some(Units::Ising), rows: RowUnits::Visible, model_type: None },
    ArrayNames { names: ["weight_matrix", "vbias", "hbias"], units: None, rows: RowUnits::Visible, model_type: None },
    // Attribute names of scikit-learn.
    ArrayNames {
        names: ["components_", "intercept_visible_", "intercept_hidden_"],
        units: Some(Units::Bernoulli),
        rows: RowUnits::Hidden,
        model_type: Some("BernoulliRBM"),
    },
];

/// What an archive contains of a machine.
pub(super) enum NpzMachine {
    /// The whole machine.
    Whole {
        /// The arrays.
        parameters: Parameters,
        /// Units, if the names say which.
        units: Option<Units>,
        /// The type of machine, if the names say which.
        model_type: Option<&'static str>,
    },
    /// The only array, taken as weights.
    Weights(Numbers),
}

/// Reads the arrays of a machine; with `weights_alone`, also a single array.
///
/// # Errors
/// [`ModelError::Format`] if it has other arrays, or damaged ones; [`ModelError::Read`].
pub(super) fn read(path: &Path, weights_alone: bool) -> Result<NpzMachine, ModelError> {
    let failed = |error| ModelError::reading(path, error);
    let mut archive = NpzReader::open(path).map_err(failed)?;
    let length = std::fs::metadata(path).map_err(failed)?.len();
    let names: Vec<String> = archive.arrays();
    let mut read = |name: &str| array(&mut archive, name, length).map_err(failed);
    let layout =
        ARRAY_NAMES.iter().find(|layout| layout.names.iter().all(|wanted| names.iter().any(|name| name == wanted)));
    if let Some(&ArrayNames { names: [weights, visible, hidden], units, rows, model_type }) = layout {
        let parameters =
            Parameters { weights: read(weights)?, visible: read(visible)?, hidden: read(hidden)?, usual: rows };
        return Ok(NpzMachine::Whole { parameters, units, model_type });
    }
    match names.as_slice() {
        [] => Err(wrong(path, without_arrays(&archive))),
        [only] if weights_alone => Ok(NpzMachine::Weights(read(only)?)),
        _ => Err(wrong(path, needed(&names))),
    }
}

/// Reads an NPY file of weights.
///
/// # Errors
/// [`ModelError::Format`] if it is damaged or of another type; [`ModelError::Read`].
pub(super) fn read_weights(path: &Path) -> Result<Numbers, ModelError> {
    let failed = |error| ModelError::reading(path, error);
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    npy::singles(file, "the array", length).map_err(failed)
}

/// Says which arrays are needed, and which an archive has.
fn needed(names: &[String]) -> String {
    let layouts: Vec<String> = ARRAY_NAMES.iter().map(|layout| layout.names.join(", ")).collect();
    format!("arrays {} are needed; it has {names:?}", layouts.join(" or "))
}

/// Describes a zip archive without arrays.
fn without_arrays<R: Read + Seek>(archive: &NpzReader<R>) -> String {
    let kind = if archive.files().any(|name| name.ends_with("data.pkl")) {
        "a file of PyTorch (pickled), which is not read"
    } else {
        "a zip archive without NumPy arrays"
    };
    let [ising, named, _] = ARRAY_NAMES.map(|layout| layout.names.join(", "));
    format!("{kind}: save the parameters with numpy.savez as {ising} (±1 units) or {named}")
}

fn array(archive: &mut NpzReader<BufReader<File>>, name: &str, length: u64) -> std::io::Result<Numbers> {
    npy::singles(archive.array(name)?, name, length)
}
