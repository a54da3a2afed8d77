//! A data set: samples, labels, shape.

use super::drawn::Result;
use super::error::DataError;
use super::spins::Spins;
use nalgebra::DMatrix;
use sha2::{Digest, Sha256};

/// The samples of a data set.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// ±1 units.
    Spins(Spins),
    /// Real units, `samples × units`: for linear machines.
    Real(DMatrix<f64>),
}

/// Samples, with their labels and shape where they have them.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The samples.
    pub samples: Samples,
    /// One label per sample, if there are labels.
    pub labels: Option<Vec<i64>>,
    /// Rows and columns of a sample that is an image: unit `row * columns + column` is its pixel.
    pub image_shape: Option<(usize, usize)>,
}

impl Dataset {
    /// A data set of ±1 samples without labels or shape.
    ///
    /// # Errors
    /// [`DataError::Parameter`] if there are no samples or no units.
    pub fn of_spins(spins: Spins) -> Result<Self> {
        let set = Self { samples: Samples::Spins(spins), labels: None, image_shape: None };
        if set.is_empty() || set.units() == 0 {
            let message = format!("the data set is empty: {} samples of {} units", set.len(), set.units());
            return Err(DataError::Parameter(message));
        }
        Ok(set)
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        match &self.samples {
            Samples::Spins(spins) => spins.samples(),
            Samples::Real(values) => values.nrows(),
        }
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of units of a sample.
    pub fn units(&self) -> usize {
        match &self.samples {
            Samples::Spins(spins) => spins.units(),
            Samples::Real(values) => values.ncols(),
        }
    }

    /// The first `count` samples, if it is given.
    ///
    /// # Errors
    /// [`DataError::Parameter`] if there are fewer.
    pub fn first(self, count: Option<usize>) -> Result<Self> {
        let Some(count) = count else { return Ok(self) };
        if count > self.len() {
            return Err(DataError::Parameter(format!("{count} samples are asked for, and there are {}", self.len())));
        }
        let samples = match self.samples {
            Samples::Spins(spins) => Samples::Spins(spins.first(count)),
            Samples::Real(values) => Samples::Real(values.rows(0, count).into_owned()),
        };
        let labels = self.labels.map(|labels| labels[..count].to_vec());
        Ok(Self { samples, labels, image_shape: self.image_shape })
    }

    /// SHA-256 of the number of samples, the number of units and the samples, in hexadecimal digits. Equal data have
    /// equal checksums.
    pub fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        for size in [self.len(), self.units()] {
            hash.update((size as u64).to_le_bytes());
        }
        match &self.samples {
            Samples::Spins(spins) => {
                (0..spins.samples()).flat_map(|n| spins.row(n)).for_each(|word| hash.update(word.to_le_bytes()));
            }
            Samples::Real(values) => values.iter().for_each(|value| hash.update(value.to_le_bytes())),
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The ±1 samples.
    ///
    /// # Errors
    /// [`DataError::Parameter`] for real samples, which only linear machines take.
    pub fn spins(&self) -> Result<&Spins> {
        match &self.samples {
            Samples::Spins(spins) => Ok(spins),
            Samples::Real(_) => Err(DataError::Parameter(
                "the data are real numbers: machines of ±1 units need ±1 (or 0, 1) data".into(),
            )),
        }
    }
}
