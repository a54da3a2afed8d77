//! NumPy's formats: NPY, one array, and NPZ, a zip archive of NPY files.

use super::numpy_array::{each, entry, numbers};

use super::beside::{DataFile, Labels, WEIGHTS_IGNORED, check_beside, label};
use super::drawn::Result;
use super::input::{Input, failure, wrong};
use super::layout::Layout;
use super::options::FileOptions;
use super::sparse;
use super::values::{ReadSamples, ValueReader};
use crate::io::NpzReader;
use crate::io::npy;
use npyz::NpyFile;
use std::io::{Read, Seek};
use std::ops::ControlFlow::{Break, Continue};
use std::path::Path;

/// First bytes of a zip archive.
pub(super) const ZIP_MAGIC: &[u8] = b"PK";

/// Arrays of an archive that belong to the samples.
const BESIDE: [&str; 2] = ["labels", "weights"];

/// Reads one array of samples.
///
/// # Errors
/// [`DataError::Format`](super::DataError::Format), [`DataError::Value`](super::DataError::Value).
pub(super) fn read_npy(input: Input, options: &FileOptions) -> Result<DataFile> {
    let path = input.path.clone();
    let array = npy::open(input).map_err(|error| failure(&path, error))?;
    let (_, table) = samples(&path, array, options)?;
    table.with(&path, Labels::default(), Vec::new())
}

/// Reads `samples`, a sparse matrix, or the only array of two or three dimensions of an archive, and `labels` and
/// `weights` if present.
///
/// # Errors
/// [`DataError::Format`](super::DataError::Format), [`DataError::Value`](super::DataError::Value).
pub(super) fn read_npz(path: &Path, options: &FileOptions) -> Result<DataFile> {
    let failed = |error| failure(path, error);
    let mut archive = NpzReader::open(path).map_err(failed)?;
    let names: Vec<String> = archive.arrays();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    if names.is_empty() {
        return Err(wrong(path, "a zip archive without arrays of NumPy: in Python, numpy.savez(file, samples=x)"));
    }
    let (layout, table) = if has("samples") || !sparse::recognises(&names) {
        let name = samples_name(path, &mut archive, &names)?;
        samples(path, entry(&mut archive, &name).map_err(failed)?, options)?
    } else {
        sparse::read(path, &mut archive, options)?
    };
    let mut notes = Vec::new();
    let mut beside = Labels::default();
    if has("labels") {
        let values = column(path, &mut archive, "labels", &layout)?;
        let labels = values.into_iter().enumerate().map(|(index, value)| label(path, index, value));
        beside.labels = Some(labels.collect::<Result<_>>()?);
    }
    match has("weights") {
        true if options.ignore_weights => notes.push(WEIGHTS_IGNORED.to_owned()),
        true => beside.weights = Some(column(path, &mut archive, "weights", &layout)?),
        false => {}
    }
    table.with(path, beside, notes)
}

/// Which array of an archive holds the samples.
fn samples_name<R: Read + Seek>(path: &Path, archive: &mut NpzReader<R>, names: &[String]) -> Result<String> {
    if names.iter().any(|name| name == "samples") {
        return Ok("samples".into());
    }
    let mut tables = Vec::new();
    for name in names.iter().filter(|name| !BESIDE.contains(&name.as_str())) {
        if (2..=4).contains(&entry(archive, name).map_err(|error| failure(path, error))?.shape().len()) {
            tables.push(name);
        }
    }
    match tables.as_slice() {
        [name] => Ok(name.to_string()),
        _ => Err(wrong(
            path,
            format!(
                "which array has the samples? One named \"samples\" is needed, or only one of two or three dimensions: \
                 {tables:?}"
            ),
        )),
    }
}

/// Checks and keeps an array of samples.
fn samples<R: Read>(path: &Path, array: NpyFile<R>, options: &FileOptions) -> Result<(Layout, ReadSamples)> {
    let by_columns = array.order() == npyz::Order::Fortran;
    let layout = Layout::of_array(path, array.shape(), by_columns, options.transpose)?;
    let mut values = ValueReader::new(path, options, layout)?;
    each(path, array, |value| {
        values.push(value)?;
        Ok(if values.is_full() { Break(()) } else { Continue(()) })
    })?;
    Ok((layout, values.finish()?))
}

/// One number per sample.
fn column<R: Read + Seek>(path: &Path, archive: &mut NpzReader<R>, name: &str, layout: &Layout) -> Result<Vec<f64>> {
    let array = entry(archive, name).map_err(|error| failure(path, error))?;
    check_beside(path, name, array.shape(), layout)?;
    numbers(path, array, usize::MAX)
}
