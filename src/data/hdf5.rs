//! Data sets in HDF5, as the `rbms` Python package lays them out: `samples` and, optionally, `labels` and `weights`, in the root
//! group.

use super::beside::{DataFile, Labels, WEIGHTS_IGNORED, check_beside, label};
use super::drawn::Result;
use super::error::DataError;
use super::input::{failure, wrong};
use super::layout::Layout;
use super::options::FileOptions;
use super::values::ValueReader;
use crate::io::hdf5::Hdf5;
use std::io;
use std::path::Path;

/// Programs that store arrays by columns, so that HDF5 has their dimensions in reverse, and the first bytes of their files.
const WRITERS: [(&[u8], &str); 3] = [
    (b"MATLAB 7.3 MAT-file", "MATLAB"),
    (b"HDF5-based Julia Data Format", "Julia"),
    (b"Julia data file (HDF5)", "Julia"),
];
/// Attributes by which these programs mark their data sets.
const MARKS: [(&str, &str); 3] = [("MATLAB_class", "MATLAB"), ("julia type", "Julia"), ("rhdf5-NA.OK", "R")];

/// Whether it is an HDF5 file.
pub(super) fn recognises(path: &Path) -> bool {
    hdf5_pure::is_hdf5(path).unwrap_or(false)
}

/// Why reading ends: a fault of the file, values that are no samples, or enough samples.
enum End {
    File(io::Error),
    Data(DataError),
    Enough,
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Reads `samples`, and `labels` and `weights` if present. `start` holds the first bytes of the file.
///
/// # Errors
/// [`DataError::Read`], [`DataError::Format`], [`DataError::Value`].
pub(super) fn read(path: &Path, start: &[u8], options: &FileOptions) -> Result<DataFile> {
    let failed = |error| failure(path, error);
    let file = Hdf5::open(path).map_err(failed)?;
    let names = file.datasets("").map_err(failed)?;
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    if !has("samples") {
        return Err(wrong(path, format!("it has no data set \"samples\", only {names:?}")));
    }
    let writer = writer(start, &file.attributes("samples"));
    let mut notes = Vec::new();
    let (layout, table) = samples(path, &file, writer, options)?;
    if let Some(writer) = writer {
        let (samples, units) = (layout.samples(), layout.units());
        notes.push(format!(
            "written by {writer}, which stores arrays by columns: read as {writer} shows it, {samples} samples of {units} units"
        ));
    }
    let mut beside = Labels::default();
    if has("labels") {
        let values = column(path, &file, "labels", &layout)?;
        let labels = values.into_iter().enumerate().map(|(index, value)| label(path, index, value));
        beside.labels = Some(labels.collect::<Result<_>>()?);
    }
    match has("weights") {
        true if options.ignore_weights => notes.push(WEIGHTS_IGNORED.to_owned()),
        true => beside.weights = Some(column(path, &file, "weights", &layout)?),
        false => {}
    }
    let told = writer.is_some() || options.transpose || beside.labels.is_some() || beside.weights.is_some();
    if !told && layout.samples() < layout.units() {
        let (samples, units) = (layout.samples(), layout.units());
        notes.push(format!(
            "{samples} samples are fewer than the {units} units: Julia, MATLAB and R leave arrays in HDF5 transposed, which \
             --transpose turns back"
        ));
    }
    table.with(path, beside, notes)
}

fn samples(
    path: &Path,
    file: &Hdf5,
    writer: Option<&str>,
    options: &FileOptions,
) -> Result<(Layout, super::values::ReadSamples)> {
    let mut table = None;
    let layout_of = |shape: &[u64]| {
        // The dimensions as the program that wrote the file displays them.
        let mut shape = shape.to_vec();
        if writer.is_some() {
            shape.reverse();
        }
        let layout = Layout::of_array(path, &shape, writer.is_some(), options.transpose)?;
        ValueReader::new(path, options, layout).map(|_| layout)
    };
    let outcome = file.rows(
        "samples",
        |shape| layout_of(shape).map_err(End::Data),
        |layout, window| {
            if table.is_none() {
                table = Some((layout, ValueReader::new(path, options, layout).map_err(End::Data)?));
            }
            let Some((_, values)) = &mut table else { return Ok(()) };
            for value in window {
                if values.is_full() {
                    return Err(End::Enough);
                }
                values.push(value).map_err(End::Data)?;
            }
            Ok(())
        },
    );
    match outcome {
        Ok(()) | Err(End::Enough) => {}
        Err(End::File(error)) => return Err(failure(path, error)),
        Err(End::Data(error)) => return Err(error),
    }
    let (layout, values) = table.ok_or_else(|| wrong(path, "\"samples\" is empty"))?;
    Ok((layout, values.finish()?))
}

/// One number per sample.
fn column(path: &Path, file: &Hdf5, name: &str, layout: &Layout) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    let outcome = file.rows(
        name,
        |shape| check_beside(path, name, shape, layout).map_err(End::Data),
        |(), window| {
            values.extend(window);
            Ok(())
        },
    );
    match outcome {
        Err(End::File(error)) => Err(failure(path, error)),
        Err(End::Data(error)) => Err(error),
        Ok(()) | Err(End::Enough) => Ok(values),
    }
}

/// The program that wrote the file, if it is recognised as one that stores arrays by columns.
fn writer(start: &[u8], attributes: &[String]) -> Option<&'static str> {
    let by_start = WRITERS.iter().find(|(magic, _)| start.starts_with(magic)).map(|&(_, name)| name);
    let marked = || MARKS.iter().find(|(mark, _)| attributes.iter().any(|name| name == mark)).map(|&(_, name)| name);
    by_start.or_else(marked)
}
