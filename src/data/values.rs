//! The values of a table: checked as they are read, and kept as samples.

use super::dataset::Samples;
use super::drawn::Result;
use super::error::DataError;
use super::idx::Binarization;
use super::input::wrong;
use super::layout::Layout;
use super::options::{Expect, FileOptions, Missing};
use super::spins::Spins;
use nalgebra::DMatrix;
use std::collections::BTreeSet;
use std::path::Path;

/// Largest number of bytes that the values of a file may take while they are read; the samples made of them take as
/// many again.
pub(super) const LARGEST_FILE: usize = 1 << 29;
/// Largest number of values kept as bits: more would take minutes.
const MOST_SPINS: usize = 1 << 30;

/// What is expected of values, and what is known of them so far.
#[derive(Debug)]
enum ValueRule {
    /// 0 and 1, or −1 and 1.
    Pair { has_zero: bool, has_minus: bool },
    /// A value above `at` is +1; `range` is the range of the values so far.
    Threshold { at: f64, range: (f64, f64) },
    /// Whole numbers from 0 to 255; `largest` is the largest so far.
    Levels { largest: f64 },
    /// Finite.
    Real,
}

/// Values as they stand in the file.
#[derive(Debug)]
enum ValueStore {
    /// One bit per value.
    Bits(Vec<u64>),
    Levels(Vec<u8>),
    Reals(Vec<f64>),
}

/// The values of a table, checked and kept as they are read.
#[derive(Debug)]
pub(super) struct ValueReader<'a> {
    path: &'a Path,
    options: &'a FileOptions,
    layout: Layout,
    count: usize,
    /// Largest number of values that fit into memory.
    most: usize,
    rule: ValueRule,
    store: ValueStore,
    /// Samples with missing values.
    dropped: BTreeSet<usize>,
}

/// The samples of a table.
#[derive(Debug)]
pub(super) struct ReadSamples {
    pub samples: Samples,
    /// Numbers, in the file, of the samples that were kept.
    pub kept: Vec<usize>,
    /// Number of samples that were left out.
    pub dropped: usize,
    pub image_shape: Option<(usize, usize)>,
}

impl<'a> ValueReader<'a> {
    /// Starts without values.
    ///
    /// # Errors
    /// [`DataError::Format`] if what is to be read does not fit into memory.
    pub fn new(path: &'a Path, options: &'a FileOptions, layout: Layout) -> Result<Self> {
        let (rule, store, most) = match (options.expect, options.binarization) {
            (Expect::Real, _) => (ValueRule::Real, ValueStore::Reals(Vec::new()), LARGEST_FILE / 8),
            (_, None) => {
                (ValueRule::Pair { has_zero: false, has_minus: false }, ValueStore::Bits(Vec::new()), MOST_SPINS)
            }
            (_, Some(Binarization::Threshold(at))) => {
                let range = (f64::INFINITY, f64::NEG_INFINITY);
                (ValueRule::Threshold { at, range }, ValueStore::Bits(Vec::new()), MOST_SPINS)
            }
            (_, Some(Binarization::Stochastic { .. })) => {
                (ValueRule::Levels { largest: 0.0 }, ValueStore::Levels(Vec::new()), LARGEST_FILE)
            }
        };
        // A sample takes a whole number of words, and a few bytes of bookkeeping.
        let samples = LARGEST_FILE / 8 / layout.units().div_ceil(64).saturating_add(3);
        let most = most.min(samples.max(1).saturating_mul(layout.units()));
        let values = Self { path, options, layout, count: 0, most, rule, store, dropped: BTreeSet::new() };
        // The number of lines of a text is not known in advance.
        let known = layout.samples() != usize::MAX && layout.units() != usize::MAX;
        let read = if layout.is_by_sample() { options.samples } else { None };
        let samples = read.map_or(layout.samples(), |count| count.min(layout.samples()));
        if known && samples.saturating_mul(layout.units()) > most {
            return Err(values.too_large());
        }
        Ok(values)
    }

    fn too_large(&self) -> DataError {
        let size = match (self.layout.samples(), self.layout.units()) {
            (usize::MAX, units) => format!("samples of {units} units"),
            (samples, usize::MAX) => format!("{samples} samples"),
            (samples, units) => format!("{samples} samples of {units} units"),
        };
        wrong(self.path, format!("{size} are more than the {} values that fit: take fewer with --samples", self.most))
    }

    /// Units of a sample.
    pub fn units(&self) -> usize {
        self.layout.units()
    }

    /// Whether all samples that are asked for have been read, so that the rest of the file is not needed.
    pub fn is_full(&self) -> bool {
        let units = self.layout.units();
        self.options.samples.is_some_and(|wanted| {
            self.layout.is_by_sample()
                && self.count.is_multiple_of(units)
                && self.count / units - self.dropped.len() >= wanted
        })
    }

    /// Takes the next value.
    ///
    /// # Errors
    /// [`DataError::Value`] if it is not as expected, or is missing where missing values are refused.
    pub fn push(&mut self, value: f64) -> Result<()> {
        if self.count == self.most {
            return Err(self.too_large());
        }
        if value.is_nan() {
            match self.options.missing {
                Missing::Refuse => {
                    return Err(self.refused(value, "it is missing: --missing drop leaves out such samples"));
                }
                Missing::Drop => self.drop_sample(),
            }
        } else if let Some(expected) = self.rule.fault(value) {
            return Err(self.refused(value, expected));
        }
        match &mut self.store {
            ValueStore::Bits(bits) => {
                if self.count.is_multiple_of(64) {
                    bits.push(0);
                }
                let up = match self.rule {
                    ValueRule::Threshold { at, .. } => value > at,
                    _ => value == 1.0,
                };
                bits[self.count / 64] |= u64::from(up) << (self.count % 64);
            }
            ValueStore::Levels(levels) => levels.push(value as u8),
            ValueStore::Reals(reals) => reals.push(value),
        }
        self.count += 1;
        Ok(())
    }

    /// Leaves out the sample to which the next value belongs.
    pub fn drop_sample(&mut self) {
        self.dropped.insert(self.layout.place(self.count).0);
    }

    fn refused(&self, value: f64, expected: &'static str) -> DataError {
        let (sample, unit) = self.layout.place(self.count);
        DataError::Value { path: self.path.into(), sample: sample + 1, unit: unit + 1, value, expected }
    }

    /// The samples, with their numbers in the file.
    ///
    /// # Errors
    /// [`DataError::Format`] if there are none, or all values lie on one side of the threshold; [`DataError::Parameter`]
    /// if there are fewer than asked for.
    pub fn finish(self) -> Result<ReadSamples> {
        if self.count == 0 {
            return Err(wrong(self.path, "there are no samples"));
        }
        self.check_range()?;
        let layout = self.layout.filled(self.count);
        let there = if layout.is_by_sample() { self.count / layout.units() } else { layout.samples() };
        let mut kept: Vec<usize> = (0..there).filter(|sample| !self.dropped.contains(sample)).collect();
        if kept.is_empty() {
            return Err(wrong(self.path, format!("all {there} samples have missing values")));
        }
        if let Some(wanted) = self.options.samples {
            if kept.len() < wanted {
                let (path, found) = (self.path.display(), kept.len());
                return Err(DataError::Parameter(format!("{wanted} samples are asked for: {path} has {found}")));
            }
            kept.truncate(wanted);
        }
        let last = kept.last().copied().unwrap_or_default();
        let dropped = self.dropped.range(..last).count();
        let dropped = if self.options.samples.is_none() { self.dropped.len() } else { dropped };
        let samples = self.samples(&layout, &kept);
        Ok(ReadSamples { samples, kept, dropped, image_shape: layout.image_shape() })
    }

    fn samples(&self, layout: &Layout, kept: &[usize]) -> Samples {
        let units = layout.units();
        match &self.store {
            ValueStore::Bits(bits) => Samples::Spins(Spins::from_fn(kept.len(), units, |sample, unit| {
                let index = layout.index(kept[sample], unit);
                bits[index / 64] >> (index % 64) & 1 == 1
            })),
            ValueStore::Levels(levels) => {
                let mut spins = Spins::new(0, units);
                let binarization = self.options.binarization.unwrap_or(Binarization::MIDDLE);
                let mut row = vec![0; units];
                for &sample in kept {
                    row.iter_mut().enumerate().for_each(|(unit, level)| *level = levels[layout.index(sample, unit)]);
                    binarization.push(&mut spins, sample as u64, &row);
                }
                Samples::Spins(spins)
            }
            ValueStore::Reals(reals) => Samples::Real(DMatrix::from_fn(kept.len(), units, |sample, unit| {
                reals[layout.index(kept[sample], unit)]
            })),
        }
    }

    /// Refuses a threshold beyond all values, and stochastic binarization of values that are already 0 and 1.
    fn check_range(&self) -> Result<()> {
        match self.rule {
            ValueRule::Threshold { at, range: (least, most) } if !(least <= at && at < most) && least <= most => Err(
                wrong(self.path, format!("all values, from {least} to {most}, lie on one side of the threshold {at}")),
            ),
            ValueRule::Levels { largest } if largest <= 1.0 => Err(wrong(
                self.path,
                "there is no grey level above 1: stochastic binarization takes levels from 0 to 255",
            )),
            _ => Ok(()),
        }
    }
}

impl ValueRule {
    /// The fault of a value, if it has one.
    fn fault(&mut self, value: f64) -> Option<&'static str> {
        match self {
            Self::Pair { has_zero, has_minus } => {
                *has_zero |= value == 0.0;
                *has_minus |= value == -1.0;
                if ![-1.0, 0.0, 1.0].contains(&value) {
                    return Some("units must be 0 or 1, or else -1 or 1; grey levels need --threshold");
                }
                let both = *has_zero && *has_minus;
                both.then_some("the values before it are of the other kind, units of 0 and 1 or of -1 and 1")
            }
            _ if !value.is_finite() => Some("values must be finite"),
            Self::Threshold { range, .. } => {
                *range = (range.0.min(value), range.1.max(value));
                None
            }
            Self::Levels { largest } => {
                *largest = largest.max(value);
                let level = value.fract() == 0.0 && (0.0..=255.0).contains(&value);
                (!level).then_some("grey levels are whole numbers from 0 to 255")
            }
            Self::Real => None,
        }
    }
}
