//! Samples in a visible basis: `z = Bᵀ s`, one per column.

use super::clamped::{check_finite, range};
use crate::data::{self, Dataset, Moments, Spins};
use crate::linalg::{columns, columns_mut, product, set_product, view};
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::ops::Range;

/// Number of samples projected at a time.
const BLOCK: usize = 512;
/// Largest deviation of BᵀB from the identity for an orthonormal B. Rounding in the usual constructions is far smaller.
const ORTHONORMAL: f64 = 1e-8;
/// Number of units in a word of [`Spins`].
const WORD: usize = u64::BITS as usize;

/// Projections of samples: `D × M` real numbers, or ±1 units where B is the identity.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Real(DMatrix<f64>),
    /// One bit per unit, expanded block by block: MNIST takes 6 MB instead of 376.
    Spins(Spins),
}

impl Samples {
    /// Projections `z`, `D × M`: one sample per column.
    ///
    /// # Errors
    /// [`Error::Range`] without directions or samples, [`Error::NotFinite`] for a value that is not finite.
    pub fn new(projections: DMatrix<f64>) -> Result<Self> {
        if projections.is_empty() {
            let (directions, samples) = projections.shape();
            return Err(range("samples", format!("{samples} samples of {directions} directions: none may be 0")));
        }
        check_finite("a sample", projections.as_slice())?;
        Ok(Self(Kind::Real(projections)))
    }

    /// ±1 samples in the basis of the sites, D = N_v.
    ///
    /// # Errors
    /// [`Error::Range`] without units or samples.
    pub fn spins(spins: Spins) -> Result<Self> {
        if spins.samples() == 0 || spins.units() == 0 {
            let reason = format!("{} samples of {} units: none may be 0", spins.samples(), spins.units());
            return Err(Error::Range { name: "samples", reason });
        }
        Ok(Self(Kind::Spins(spins)))
    }

    /// Projections `z = Bᵀ s` of every sample on the orthonormal columns of B (`N_v × D`).
    ///
    /// # Errors
    /// [`Error::Range`] for a basis that does not have one row per unit or is not orthonormal to 1e-8, and without samples;
    /// [`Error::NotFinite`] for data that are not finite.
    pub fn project(data: &Dataset, basis: &DMatrix<f64>) -> Result<Self> {
        check_basis(basis, data.units())?;
        let (units, directions) = basis.shape();
        let mut projections = DMatrix::zeros(directions, data.len());
        let blocks = projections.as_mut_slice().par_chunks_mut(BLOCK * directions);
        match &data.samples {
            data::Samples::Spins(spins) => blocks.enumerate().for_each_init(Vec::new, |expanded, (index, out)| {
                let count = out.len() / directions;
                expanded.resize(units * BLOCK, 0.0);
                expand(spins, index * BLOCK..index * BLOCK + count, &mut expanded[..units * count]);
                let block = columns(&expanded[..units * count], units);
                set_product(columns_mut(out, directions), view(basis).transpose(), block);
            }),
            data::Samples::Real(values) => blocks.enumerate().for_each(|(index, out)| {
                let count = out.len() / directions;
                let block = view(values).subrows(index * BLOCK, count).transpose();
                set_product(columns_mut(out, directions), view(basis).transpose(), block);
            }),
        }
        Self::new(projections)
    }

    /// Number of directions, D.
    pub fn dimension(&self) -> usize {
        match &self.0 {
            Kind::Real(values) => values.nrows(),
            Kind::Spins(spins) => spins.units(),
        }
    }

    /// Number of samples, M.
    pub fn count(&self) -> usize {
        match &self.0 {
            Kind::Real(values) => values.ncols(),
            Kind::Spins(spins) => spins.samples(),
        }
    }

    /// ⟨z⟩, of length D.
    pub fn mean(&self) -> DVector<f64> {
        match &self.0 {
            Kind::Real(values) => values.column_sum() / values.ncols() as f64,
            Kind::Spins(spins) => {
                let count = spins.samples() as f64;
                DVector::from_iterator(spins.units(), spins.unit_sums().iter().map(|&sum| sum as f64 / count))
            }
        }
    }

    /// ⟨z zᵀ⟩, `D × D`: about zero, not about the mean.
    ///
    /// # Errors
    /// [`Error::Range`] if it would take more than 4 GiB, [`Error::NotFinite`] if squares overflow.
    pub fn second_moment(&self) -> Result<DMatrix<f64>> {
        match &self.0 {
            Kind::Real(values) => {
                let mut moment = product(view(values), view(values).transpose());
                moment /= values.ncols() as f64;
                check_finite("a second moment of the data", moment.as_slice())?;
                Ok(moment)
            }
            Kind::Spins(spins) => {
                let moments = Dataset::of_spins(spins.clone()).and_then(|data| Moments::of(&data));
                let moments = moments.map_err(|error| range("the data", error.to_string()))?;
                Ok(&moments.covariance + &moments.mean * moments.mean.transpose())
            }
        }
    }

    /// How many numbers [`columns`](Self::columns) needs in memory to expand one sample.
    pub(in crate::learning) fn expansion(&self) -> usize {
        match &self.0 {
            Kind::Real(_) => 0,
            Kind::Spins(spins) => spins.units(),
        }
    }

    /// The first `count` samples (or all there are), `D × count`.
    pub fn first(&self, count: usize) -> DMatrix<f64> {
        let count = count.min(self.count());
        let mut memory = vec![0.0; self.expansion() * count];
        let columns = self.columns(0..count, &mut memory);
        DMatrix::from_column_slice(self.dimension(), count, columns)
    }

    /// The samples of a range, column after column. Samples that must be expanded go to `memory`.
    pub(in crate::learning) fn columns<'a>(&'a self, range: Range<usize>, memory: &'a mut [f64]) -> &'a [f64] {
        match &self.0 {
            Kind::Real(values) => &values.as_slice()[range.start * values.nrows()..range.end * values.nrows()],
            Kind::Spins(spins) => {
                let memory = &mut memory[..range.len() * spins.units()];
                expand(spins, range, memory);
                memory
            }
        }
    }
}

/// Samples as ±1, one after the other.
fn expand(spins: &Spins, range: Range<usize>, out: &mut [f64]) {
    for (column, sample) in out.chunks_exact_mut(spins.units()).zip(range) {
        for (chunk, &word) in column.chunks_mut(WORD).zip(spins.row(sample)) {
            for (bit, place) in chunk.iter_mut().enumerate() {
                // The sign bit of 1.0, set for −1.
                *place = f64::from_bits(1f64.to_bits() | (!(word >> bit) & 1) << 63);
            }
        }
    }
}

/// Checks that `basis` has one row per unit and orthonormal columns.
pub(super) fn check_basis(basis: &DMatrix<f64>, units: usize) -> Result<()> {
    let (rows, directions) = basis.shape();
    if rows != units || directions == 0 {
        let reason = format!("it is {rows} × {directions}: a row for each of {units} units, and a column, are needed");
        return Err(range("the visible basis", reason));
    }
    let gram = product(view(basis).transpose(), view(basis));
    let off = (gram - DMatrix::identity(directions, directions)).iter().fold(0.0f64, |off, x| off.max(x.abs()));
    // The maximum ignores NaN.
    if off > ORTHONORMAL || basis.iter().any(|x| !x.is_finite()) {
        return Err(range("the visible basis", format!("its columns are not orthonormal: BᵀB − 1 reaches {off:.1e}")));
    }
    Ok(())
}
