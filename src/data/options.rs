//! How a data file is to be read.

use super::drawn::Result;
use super::error::DataError;
use super::idx::Binarization;
use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
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
    pub(super) fn check(&self) -> Result<()> {
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
