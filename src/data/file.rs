//! Users' own data: one entry for all formats, and what they share.

use super::beside::{DataFile, Labels, check_weights};

use super::options::{Expect, FileOptions};

use super::dataset::{Dataset, Samples};
use super::drawn::Result;
use super::error::DataError;
use super::idx::{self, Binarization, Idx};
use super::input::{Input, wrong};
use super::layout::Layout;
use super::values::{ReadSamples, ValueReader};
use super::{hdf5, kinds, numpy, text};
use crate::io::npy;
use std::path::Path;

/// Reads a data set by [`read_file`] with default options except for `expect`, and drops the notes.
///
/// # Errors
/// Those of [`read_file`].
pub fn read(path: &Path, expect: Expect) -> Result<Dataset> {
    Ok(read_file(path, &FileOptions::new(expect))?.data)
}

/// Reads a data set, one sample per row, from a file of any of these formats, recognised by content:
///
/// - text: numbers separated by commas, semicolons, tabs or spaces, or lines of digits 0 and 1; lines starting with #
///   are skipped, as are a header line (one without numbers, or one that counts the columns) and a column that the
///   header calls an index and that counts the rows;
/// - NPY: an array of two or three dimensions (images) of booleans, integers or floating-point numbers, in C or Fortran order;
/// - NPZ: the array
///   `samples`, or else the only one of two or three dimensions, or a sparse matrix of SciPy (CSR, CSC, COO); `labels`
///   and `weights` if present;
/// - HDF5: the data set `samples`, of two or three dimensions; `labels` and
///   `weights` if present (the layout of the `rbms` package). If the file shows that MATLAB, Julia or R wrote it, the
///   array is taken as these programs display it;
/// - IDX images: pixels above 127 are +1, or the pixels' values where real numbers are expected.
///
/// Text, NPY and IDX may be gzipped. Weights must be equal, or are ignored on request.
///
/// # Errors
/// [`DataError::Read`] if the system refuses; [`DataError::Format`] for a file that is damaged, truncated, of another
/// kind (which is named), of rows that differ in length, of the wrong number of dimensions, empty, too large for memory, or with
/// unequal weights; [`DataError::Value`] for the first value that is not what is expected; [`DataError::Parameter`] for options
/// that do not fit the file, and if there are fewer samples than asked for.
pub fn read_file(path: &Path, options: &FileOptions) -> Result<DataFile> {
    options.check()?;
    if path.is_dir() {
        return Err(wrong(path, "a folder: data are a file, or a folder with the files of MNIST"));
    }
    let input = Input::open(path)?;
    let zipped = input.length.is_none();
    let text = text::recognises(&input.start);
    if options.label_column.is_some() && !text {
        let message = "a label column is for tables of text: NPZ and HDF5 have an array \"labels\"";
        return Err(DataError::Parameter(message.to_owned()));
    }
    match input.start.as_slice() {
        [] => Err(input.wrong("the file is empty")),
        start if start.starts_with(npy::MAGIC) => numpy::read_npy(input, options),
        start if start.starts_with(&idx::IDX_MAGIC) => read_idx(input, options),
        start if !zipped && hdf5::recognises(path) => hdf5::read(path, start, options),
        start if !zipped && start.starts_with(numpy::ZIP_MAGIC) => numpy::read_npz(path, options),
        start => match kinds::named(start) {
            Some(reason) => Err(input.wrong(reason)),
            None if text => text::read(input, options),
            None => {
                let known = "text, NPY, NPZ, HDF5 and IDX are read (text, NPY and IDX also gzipped)";
                Err(input.wrong(format!("of unknown kind: {known}")))
            }
        },
    }
}

fn read_idx(input: Input, options: &FileOptions) -> Result<DataFile> {
    if options.transpose {
        let message = "IDX images are samples one after the other: there is nothing to transpose";
        return Err(DataError::Parameter(message.to_owned()));
    }
    let path = input.path.clone();
    let file = Idx::<3>::new(input)?;
    let (rows, columns) = file.image_shape();
    let samples = match options.expect {
        Expect::Spins => {
            Samples::Spins(file.spins(options.samples, options.binarization.unwrap_or(Binarization::MIDDLE))?)
        }
        Expect::Real => {
            let layout = Layout::by_sample(file.len(), rows * columns);
            let mut values = ValueReader::new(&path, options, layout)?;
            file.items(options.samples, |_, pixels| pixels.iter().try_for_each(|&pixel| values.push(pixel.into())))?;
            values.finish()?.samples
        }
    };
    let data = Dataset { samples, labels: None, image_shape: Some((rows, columns)) };
    Ok(DataFile { data, notes: Vec::new() })
}

impl ReadSamples {
    /// The data set with the labels of the samples that were kept. Weights must be equal.
    ///
    /// # Errors
    /// [`DataError::Format`] for weights that are not equal.
    pub(super) fn with(self, path: &Path, beside: Labels, mut notes: Vec<String>) -> Result<DataFile> {
        if let Some(weights) = beside.weights {
            check_weights(path, self.kept.iter().map(|&sample| weights[sample]))?;
        }
        let labels = beside.labels.map(|labels| self.kept.iter().map(|&sample| labels[sample]).collect());
        if self.dropped > 0 {
            let all = self.dropped + self.kept.len();
            notes.push(format!("{} of {all} samples have missing values and were left out", self.dropped));
        }
        let data = Dataset { samples: self.samples, labels, image_shape: self.image_shape };
        Ok(DataFile { data, notes })
    }
}
