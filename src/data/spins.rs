//! Samples of ±1 units, one bit each.

use crate::io::Archive;
use std::io;
use std::sync::Arc;

/// Units in a word.
pub(super) const BITS: usize = u64::BITS as usize;

/// `samples × units` values ±1, one bit each (set for +1); every sample starts at a word.
///
/// ```
/// use spectral_rbm::data::Spins;
/// let spins = Spins::from_fn(2, 3, |sample, unit| (sample + unit) % 2 == 0);
/// let mut row = [0.0; 3];
/// spins.expand(1, &mut row);
/// assert_eq!(row, [-1.0, 1.0, -1.0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spins {
    samples: usize,
    units: usize,
    words: Arc<Vec<u64>>,
}

impl Spins {
    /// Samples in which all units are −1.
    pub fn new(samples: usize, units: usize) -> Self {
        Self { samples, units, words: Arc::new(vec![0; samples * units.div_ceil(BITS)]) }
    }

    /// Samples given unit by unit: `up(sample, unit)` says whether the unit is +1.
    pub fn from_fn(samples: usize, units: usize, mut up: impl FnMut(usize, usize) -> bool) -> Self {
        let mut spins = Self::new(samples, units);
        for sample in 0..samples {
            spins.fill(sample, |unit| up(sample, unit));
        }
        spins
    }

    /// Appends a sample: `up(unit)` says whether it is +1.
    pub(super) fn push(&mut self, up: impl FnMut(usize) -> bool) {
        self.samples += 1;
        Arc::make_mut(&mut self.words).resize(self.samples * self.units.div_ceil(BITS), 0);
        self.fill(self.samples - 1, up);
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of units of a sample.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The samples of the given numbers, in that order.
    ///
    /// # Panics
    /// If a number is not that of a sample.
    pub fn select(&self, chosen: &[usize]) -> Self {
        let words: Vec<u64> = chosen.iter().flat_map(|&sample| self.row(sample)).copied().collect();
        Self { samples: chosen.len(), units: self.units, words: Arc::new(words) }
    }

    /// Words of a sample: bit `unit % 64` of word `unit / 64` is unit `unit`; bits beyond the last unit are zero.
    pub fn row(&self, sample: usize) -> &[u64] {
        let width = self.units.div_ceil(BITS);
        &self.words[sample * width..(sample + 1) * width]
    }

    /// Whether a unit is +1.
    pub fn get(&self, sample: usize, unit: usize) -> bool {
        assert!(unit < self.units, "unit {unit} of {}", self.units);
        self.row(sample)[unit / BITS] >> (unit % BITS) & 1 == 1
    }

    /// A unit as ±1.
    pub fn value(&self, sample: usize, unit: usize) -> f64 {
        if self.get(sample, unit) { 1.0 } else { -1.0 }
    }

    /// Sets one sample: `up(unit)` says whether it is +1.
    pub fn fill(&mut self, sample: usize, mut up: impl FnMut(usize) -> bool) {
        let width = self.units.div_ceil(BITS);
        let (units, words) = (self.units, Arc::make_mut(&mut self.words));
        let row = &mut words[sample * width..(sample + 1) * width];
        for (index, word) in row.iter_mut().enumerate() {
            let first = index * BITS;
            *word = (first..units.min(first + BITS)).fold(0, |bits, unit| bits | u64::from(up(unit)) << (unit - first));
        }
    }

    /// Σ over samples of each unit.
    pub fn unit_sums(&self) -> Vec<i64> {
        let mut up = vec![0i64; self.units];
        for sample in 0..self.samples {
            for (counts, &word) in up.chunks_mut(BITS).zip(self.row(sample)) {
                for (bit, count) in counts.iter_mut().enumerate() {
                    *count += (word >> bit & 1) as i64;
                }
            }
        }
        up.into_iter().map(|count| 2 * count - self.samples as i64).collect()
    }

    /// The first `count` samples, or all.
    pub fn first(mut self, count: usize) -> Self {
        if count < self.samples {
            self.samples = count;
            Arc::make_mut(&mut self.words).truncate(count * self.units.div_ceil(BITS));
        }
        self
    }

    /// Bytes of an NPZ file with one array, `samples`: ±1 as 8-bit integers, `samples × units`.
    ///
    /// # Errors
    /// Those of writing the archive.
    pub fn to_npz(&self) -> io::Result<Vec<u8>> {
        let sign = |sample, unit| if self.get(sample, unit) { 1i8 } else { -1 };
        let values: Vec<i8> =
            (0..self.samples).flat_map(|sample| (0..self.units).map(move |unit| sign(sample, unit))).collect();
        let mut archive = Archive::new();
        archive.add("samples", &[self.samples, self.units], &values)?;
        archive.finish()
    }

    /// Writes a sample as ±1 into `row`, which has one place per unit.
    pub fn expand(&self, sample: usize, row: &mut [f32]) {
        assert_eq!(row.len(), self.units, "one place a unit");
        for (chunk, &word) in row.chunks_mut(BITS).zip(self.row(sample)) {
            for (bit, place) in chunk.iter_mut().enumerate() {
                // The sign bit of 1.0, set for −1.
                let down = !(word >> bit) as u32 & 1;
                *place = f32::from_bits(1f32.to_bits() | down << 31);
            }
        }
    }
}
