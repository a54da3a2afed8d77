//! Users' own data: one entry for all formats, and what they share.

use super::dataset::{Dataset, Samples};
use super::drawn::Result;
use super::error::DataError;
use super::idx::{self, Binarization, Idx};
use super::input::{Input, wrong};
use super::layout::Layout;
use super::values::{Table, Values};
use super::{hdf5, kinds, numpy, text};
use std::path::Path;

/// What the values of a file are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Units of two values: 0 and 1, or −1 and 1. Which of the two is recognised over the whole file; where all are 1
    /// either reading gives +1. With a [`Binarization`] they are grey levels, of any value.
    Spins,
    /// Finite real numbers.
    Real,
}

/// What becomes of samples with missing values: empty fields of text, `NA` and the like, and NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// The file is refused, with the place of the first.
    #[default]
    Refuse,
    /// They are left out.
    Drop,
}

/// How a data file is read.
#[derive(Clone, Debug, PartialEq)]
pub struct FileOptions {
    /// What the values are to be.
    pub expect: Expect,
    /// The first so many samples (all, if none). Where the samples follow each other in the file, no more is read.
    pub samples: Option<usize>,
    /// Samples are the columns, not the rows: the last dimension of an array, not the first.
    pub transpose: bool,
    /// Weights of samples are not looked at.
    pub ignore_weights: bool,
    /// Column of a table of text that holds labels: its name, or its number from 1.
    pub label_column: Option<String>,
    /// Samples with missing values.
    pub missing: Missing,
    /// How grey levels become ±1. None: those of IDX images by [`Binarization::MIDDLE`], and other files hold two values.
    pub binarization: Option<Binarization>,
}

impl FileOptions {
    /// Everything in the file, rows as samples, nothing missing.
    pub fn new(expect: Expect) -> Self {
        Self {
            expect,
            samples: None,
            transpose: false,
            ignore_weights: false,
            label_column: None,
            missing: Missing::default(),
            binarization: None,
        }
    }

    /// Options that cannot be, or do not go together.
    fn check(&self) -> Result<()> {
        let bad = |message: &str| Err(DataError::Parameter(message.to_owned()));
        match (self.expect, self.binarization) {
            _ if self.samples == Some(0) => bad("0 samples are asked for: at least one is needed"),
            (Expect::Real, Some(_)) => bad("a threshold makes ±1 units, and real numbers are to be read"),
            (_, Some(Binarization::Threshold(threshold))) if !threshold.is_finite() => {
                bad("the threshold must be finite")
            }
            _ => Ok(()),
        }
    }
}

/// A data set that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFile {
    /// The samples.
    pub data: Dataset,
    /// What was done beside reading them, or looks odd: one sentence each.
    pub notes: Vec<String>,
}

/// Reads a data set by [`read_file`] with nothing but `expect` said, and leaves out the notes.
///
/// # Errors
/// Those of [`read_file`].
pub fn read(path: &Path, expect: Expect) -> Result<Dataset> {
    Ok(read_file(path, &FileOptions::new(expect))?.data)
}

/// Reads a data set, one sample a row, from a file of any of these formats, recognised by content:
///
/// - text: numbers separated by commas, semicolons, tabs or spaces, or lines of digits 0 and 1; lines starting with # and a
///   header line (no field of which is a number, or which counts the columns) are skipped, and so is a column that the header
///   calls an index and that counts the rows;
/// - NPY: an array of two or three dimensions (images) of booleans, integers or floating-point numbers, in C or Fortran order;
/// - NPZ: the array `samples`, or else the only one of two or three dimensions, or a sparse matrix of SciPy (CSR, CSC, COO);
///   `labels` and `weights` if there;
/// - HDF5: the data set `samples`, of two or three dimensions; `labels` and `weights` if there (the layout of the `rbms`
///   package). Of files that say that MATLAB, Julia or R wrote them the array is taken as these programs show it;
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
        start if start.starts_with(numpy::MAGIC) => numpy::read_npy(input, options),
        start if start.starts_with(&idx::MAGIC) => read_idx(input, options),
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
            let mut values = Values::new(&path, options, layout)?;
            file.items(options.samples, |_, pixels| pixels.iter().try_for_each(|&pixel| values.push(pixel.into())))?;
            values.finish()?.samples
        }
    };
    let data = Dataset { samples, labels: None, image_shape: Some((rows, columns)) };
    Ok(DataFile { data, notes: Vec::new() })
}

/// What belongs to the samples of a file, one of each a sample.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub labels: Option<Vec<i64>>,
    pub weights: Option<Vec<f64>>,
}

impl Table {
    /// The data set, with what is kept of labels, if the weights allow it.
    ///
    /// # Errors
    /// [`DataError::Format`] for weights that are not equal.
    pub(super) fn with(self, path: &Path, beside: Beside, mut notes: Vec<String>) -> Result<DataFile> {
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

/// Note that weights are there and are not used.
pub(super) const WEIGHTS_IGNORED: &str = "the file has weights of the samples: they are ignored";

/// Largest difference of weights that are equal, relative: rounding of single precision.
const SAME_WEIGHT: f64 = 1e-6;

/// Batches and moments count every sample once, so that weights must not differ.
fn check_weights(path: &Path, weights: impl Iterator<Item = f64>) -> Result<()> {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for weight in weights {
        if !(weight.is_finite() && weight > 0.0) {
            return Err(wrong(path, format!("a sample has the weight {weight}: --no-weights ignores weights")));
        }
        (least, most) = (least.min(weight), most.max(weight));
    }
    if most - least > SAME_WEIGHT * most {
        let reason = format!(
            "the samples have weights from {least} to {most}, and all count alike here: --no-weights ignores weights"
        );
        return Err(wrong(path, reason));
    }
    Ok(())
}

/// A whole number that a file gives as a label.
///
/// # Errors
/// [`DataError::Format`] if it is none.
pub(super) fn label(path: &Path, index: usize, value: f64) -> Result<i64> {
    // Up to 2⁵³ a floating-point number says which whole number it is.
    if value.fract() == 0.0 && value.abs() <= (1_u64 << f64::MANTISSA_DIGITS) as f64 {
        Ok(value as i64)
    } else {
        Err(wrong(path, format!("label {} is {value}: labels must be whole numbers", index + 1)))
    }
}

/// Checks that there is one of what stands beside the samples a sample, as a vector or a column.
///
/// # Errors
/// [`DataError::Format`] if not.
pub(super) fn check_beside(path: &Path, name: &str, shape: &[u64], layout: &Layout) -> Result<()> {
    let count = match *shape {
        [count] | [count, 1] | [1, count] => Some(count),
        _ => None,
    };
    if count == Some(layout.samples() as u64) {
        return Ok(());
    }
    let hint = match count == Some(layout.units() as u64) {
        true => ". There is one a column: with --transpose the columns are the samples",
        false => "",
    };
    let samples = layout.samples();
    Err(wrong(path, format!("the {name} have shape {shape:?}: one a sample is needed, [{samples}]{hint}")))
}
