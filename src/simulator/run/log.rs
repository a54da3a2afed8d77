//! What a run has recorded.

use crate::io::Archive;
use crate::io::Array;
use std::collections::BTreeMap;
use std::io;

/// The quantities recorded after an update; they are listed at the [module](super).
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Number of updates made.
    pub update: u64,
    /// Passes through the data.
    pub epoch: f64,
    /// Σ learning rate × updates.
    pub time: f64,
    /// Arrays by name.
    pub quantities: BTreeMap<String, Array>,
}

impl Record {
    /// Values of a quantity in double precision; empty if it was not recorded.
    pub fn values(&self, name: &str) -> &[f64] {
        match self.quantities.get(name) {
            Some(Array::F64(_, values)) => values,
            _ => &[],
        }
    }

    /// A quantity that is one number; NaN if it was not recorded.
    pub fn value(&self, name: &str) -> f64 {
        self.values(name).first().copied().unwrap_or(f64::NAN)
    }

    /// Singular values of W, decreasing.
    pub fn singular_values(&self) -> &[f64] {
        self.values("singular_values")
    }
}

/// All records of a run, in the order of their updates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpectrumLog {
    /// The records.
    pub records: Vec<Record>,
}

impl SpectrumLog {
    /// Stacks every quantity that all records have, with the record as first index. Returns the bytes of an NPZ file that also
    /// holds `update`, `epoch` and `time`.
    ///
    /// # Errors
    /// Those of writing the archive.
    pub fn to_npz(&self) -> io::Result<Vec<u8>> {
        let count = self.records.len();
        let mut archive = Archive::new();
        archive.add("update", &[count], &self.records.iter().map(|record| record.update).collect::<Vec<u64>>())?;
        archive.add("epoch", &[count], &self.records.iter().map(|record| record.epoch).collect::<Vec<f64>>())?;
        archive.add("time", &[count], &self.records.iter().map(|record| record.time).collect::<Vec<f64>>())?;
        for name in self.records.first().iter().flat_map(|record| record.quantities.keys()) {
            let arrays: Option<Vec<&Array>> = self.records.iter().map(|record| record.quantities.get(name)).collect();
            let Some(arrays) = arrays else { continue };
            let shape = |shape: &[usize]| [&[count], shape].concat();
            match arrays[0] {
                Array::F32(one, _) => {
                    let values = arrays.iter().filter_map(|array| match array {
                        Array::F32(_, values) => Some(values.as_slice()),
                        _ => None,
                    });
                    archive.add(name, &shape(one), &values.collect::<Vec<_>>().concat())?;
                }
                Array::F64(one, _) => {
                    let values = arrays.iter().filter_map(|array| match array {
                        Array::F64(_, values) => Some(values.as_slice()),
                        _ => None,
                    });
                    archive.add(name, &shape(one), &values.collect::<Vec<_>>().concat())?;
                }
                _ => {}
            }
        }
        archive.finish()
    }
}
