//! Data sets in HDF5, as the `rbms` Python package lays them out: `samples` and, optionally, `labels`, in the root group.

use super::input::{failure, wrong};
use super::table::{Expect, Order, Values, check_labels, label, table_shape};
use super::{DataError, Dataset, Result};
use crate::archive::hdf5::Hdf5;
use std::io;
use std::path::Path;

/// Whether it is an HDF5 file.
pub(super) fn recognises(path: &Path) -> bool {
    hdf5_pure::is_hdf5(path).unwrap_or(false)
}

/// What reading can meet: a fault of the file, or values that are not samples.
enum Fault {
    File(io::Error),
    Data(DataError),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Reads `samples`, and `labels` if there.
///
/// # Errors
/// [`DataError::Read`], [`DataError::Format`], [`DataError::Value`].
pub(super) fn read(path: &Path, expect: Expect) -> Result<Dataset> {
    let failed = |error| failure(path, error);
    let file = Hdf5::open(path).map_err(failed)?;
    let names = file.datasets("").map_err(failed)?;
    if !names.iter().any(|name| name == "samples") {
        return Err(wrong(path, format!("it has no data set \"samples\", only {names:?}")));
    }
    let mut values = None;
    let outcome = file.rows(
        "samples",
        |shape| table_shape(path, shape).map_err(Fault::Data).map(|(_, columns)| columns),
        |columns, window| {
            let values = values.get_or_insert_with(|| Values::new(path, expect, columns, Order::BySample));
            window.into_iter().try_for_each(|value| values.push(value)).map_err(Fault::Data)
        },
    );
    outcome.map_err(|fault| match fault {
        Fault::File(error) => failed(error),
        Fault::Data(error) => error,
    })?;
    let values = values.ok_or_else(|| wrong(path, "\"samples\" is empty"))?;
    let mut set = Dataset { samples: values.finish()?, labels: None, image_shape: None };
    if names.iter().any(|name| name == "labels") {
        let (shape, labels) = file.doubles("labels").map_err(failed)?;
        check_labels(path, &shape.iter().map(|&extent| extent as u64).collect::<Vec<_>>(), set.len())?;
        let labels = labels.into_iter().enumerate().map(|(index, value)| label(path, index, value));
        set.labels = Some(labels.collect::<Result<_>>()?);
    }
    Ok(set)
}
