//! Users' own data: one entry for all formats, and what they share, the check of values.

use super::idx::{self, Binarization, Idx};
use super::input::{Input, wrong};
use super::{DataError, Dataset, Result, Samples, Spins, hdf5, numpy, text};
use nalgebra::DMatrix;
use std::path::Path;

/// What the values of a file are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Units of two values: 0 and 1, or −1 and 1. Which of the two is recognised over the whole file; where all are 1
    /// either reading gives +1.
    Spins,
    /// Finite real numbers.
    Real,
}

/// Reads a data set, one sample a row, from a file of any of these formats, recognised by content:
///
/// - text: numbers separated by commas, semicolons, tabs or spaces; lines starting with # and a header line (no field of
///   which is a number) are skipped;
/// - NPY: a two-dimensional array of booleans, integers or floating-point numbers, in C or Fortran order;
/// - NPZ: the array `samples`, or else the only two-dimensional one; `labels` if there;
/// - HDF5: the data set `samples`; `labels` if there (the layout of the `rbms` package);
/// - IDX images: pixels above 127 are +1, or the pixels' values where real numbers are expected.
///
/// Text, NPY and IDX may be gzipped.
///
/// # Errors
/// [`DataError::Read`] if the system refuses; [`DataError::Format`] for a file that is damaged, truncated, of unknown
/// kind, of rows that differ in length, of the wrong number of dimensions, or empty; [`DataError::Value`] for the first
/// value that is not what is expected.
pub fn read(path: &Path, expect: Expect) -> Result<Dataset> {
    let input = Input::open(path)?;
    let zipped = input.length.is_none();
    match input.start.as_slice() {
        [] => Err(input.wrong("the file is empty")),
        start if start.starts_with(numpy::MAGIC) => numpy::read_npy(input, expect),
        start if start.starts_with(&idx::MAGIC) => read_idx(input, expect),
        _ if !zipped && hdf5::recognises(path) => hdf5::read(path, expect),
        start if !zipped && start.starts_with(numpy::ZIP_MAGIC) => numpy::read_npz(path, expect),
        start if text::recognises(start) => text::read(input, expect),
        _ => {
            Err(input.wrong("of unknown kind: text, NPY, NPZ, HDF5 and IDX are read (text, NPY and IDX also gzipped)"))
        }
    }
}

fn read_idx(input: Input, expect: Expect) -> Result<Dataset> {
    let path = input.path.clone();
    let file = Idx::<3>::new(input)?;
    let (rows, columns) = file.image_shape();
    let samples = match expect {
        Expect::Spins => Samples::Spins(file.spins(None, Binarization::Threshold)?),
        Expect::Real => {
            let mut values = Values::new(&path, expect, rows * columns, Order::BySample);
            file.items(None, |_, pixels| pixels.iter().try_for_each(|&pixel| values.push(pixel.into())))?;
            values.finish()?
        }
    };
    Ok(Dataset { samples, labels: None, image_shape: Some((rows, columns)) })
}

/// Which values of a table follow each other in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The units of a sample.
    BySample,
    /// The samples of a unit.
    ByUnit,
}

/// The values of a table, checked and kept as they come.
pub(super) struct Values<'a> {
    path: &'a Path,
    expect: Expect,
    /// Values that make a line: units of a sample, or samples of a unit.
    width: usize,
    order: Order,
    count: usize,
    has_zero: bool,
    has_minus: bool,
    /// One bit a value, where spins are expected.
    bits: Vec<u64>,
    /// The values, where real numbers are.
    reals: Vec<f64>,
}

impl<'a> Values<'a> {
    /// None yet, of lines of `width` values.
    pub fn new(path: &'a Path, expect: Expect, width: usize, order: Order) -> Self {
        let (bits, reals) = (Vec::new(), Vec::new());
        Self { path, expect, width, order, count: 0, has_zero: false, has_minus: false, bits, reals }
    }

    /// Values that make a line.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Sample and unit, from 1, of the value that comes next.
    pub fn place(&self) -> (usize, usize) {
        let (line, place) = (self.count / self.width + 1, self.count % self.width + 1);
        match self.order {
            Order::BySample => (line, place),
            Order::ByUnit => (place, line),
        }
    }

    /// Takes the next value.
    ///
    /// # Errors
    /// [`DataError::Value`] if it is not what is expected.
    pub fn push(&mut self, value: f64) -> Result<()> {
        let refuse = |values: &Self, expected| {
            let (sample, unit) = values.place();
            Err(DataError::Value { path: values.path.into(), sample, unit, value, expected })
        };
        match self.expect {
            Expect::Spins => {
                self.has_zero |= value == 0.0;
                self.has_minus |= value == -1.0;
                if ![-1.0, 0.0, 1.0].contains(&value) {
                    return refuse(self, "units must be 0 or 1, or else -1 or 1");
                }
                if self.has_zero && self.has_minus {
                    return refuse(self, "the values before it are of the other kind, units of 0 and 1 or of -1 and 1");
                }
                if self.count.is_multiple_of(64) {
                    self.bits.push(0);
                }
                self.bits[self.count / 64] |= u64::from(value == 1.0) << (self.count % 64);
            }
            Expect::Real if value.is_finite() => self.reals.push(value),
            Expect::Real => return refuse(self, "values must be finite"),
        }
        self.count += 1;
        Ok(())
    }

    /// The samples.
    ///
    /// # Errors
    /// [`DataError::Format`] if there are none.
    pub fn finish(self) -> Result<Samples> {
        if self.count == 0 {
            return Err(wrong(self.path, "there are no samples"));
        }
        let lines = self.count / self.width;
        let (samples, units) = match self.order {
            Order::BySample => (lines, self.width),
            Order::ByUnit => (self.width, lines),
        };
        Ok(match (self.expect, self.order) {
            (Expect::Spins, order) => Samples::Spins(Spins::from_fn(samples, units, |sample, unit| {
                let index = if order == Order::BySample { sample * units + unit } else { unit * samples + sample };
                self.bits[index / 64] >> (index % 64) & 1 == 1
            })),
            (Expect::Real, Order::BySample) => Samples::Real(DMatrix::from_row_slice(samples, units, &self.reals)),
            (Expect::Real, Order::ByUnit) => Samples::Real(DMatrix::from_vec(samples, units, self.reals)),
        })
    }
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

/// Rows and columns of an array of samples.
///
/// # Errors
/// [`DataError::Format`] if it has other than two dimensions, or one of them is 0.
pub(super) fn table_shape(path: &Path, shape: &[u64]) -> Result<(usize, usize)> {
    match *shape {
        [rows, columns] if rows > 0 && columns > 0 => match (rows.try_into(), columns.try_into()) {
            (Ok(rows), Ok(columns)) => Ok((rows, columns)),
            _ => Err(wrong(path, format!("the samples have shape {shape:?}: it is too large"))),
        },
        _ => Err(wrong(
            path,
            format!(
                "the samples have shape {shape:?}: two dimensions are needed, samples and units, neither of them 0"
            ),
        )),
    }
}

/// Checks that labels are one a sample.
///
/// # Errors
/// [`DataError::Format`] if they are not.
pub(super) fn check_labels(path: &Path, shape: &[u64], samples: usize) -> Result<()> {
    if *shape == [samples as u64] {
        return Ok(());
    }
    Err(wrong(path, format!("the labels have shape {shape:?}: one a sample is needed, [{samples}]")))
}
