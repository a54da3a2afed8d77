//! Sparse matrices of SciPy (`scipy.sparse.save_npz`): CSR, CSC and COO, which store only the values that are not 0.

use super::drawn::Result;
use super::input::{failure, wrong};
use super::layout::Layout;
use super::numpy_array::{entry, numbers};
use super::options::FileOptions;
use super::values::{LARGEST_FILE, ReadSamples, ValueReader};
use crate::io::NpzReader;
use std::io::{Read, Seek};
use std::path::Path;

/// Largest number of stored values: each takes 24 bytes with its place.
const MOST: usize = LARGEST_FILE / 24;

/// Whether an archive of these arrays is a sparse matrix.
pub(super) fn recognises(names: &[String]) -> bool {
    ["format", "shape", "data"].iter().all(|wanted| names.iter().any(|name| name == wanted))
}

/// The values of each sample that are stored.
struct SparseRows {
    /// Index of the first value of each sample, and the end of the last.
    starts: Vec<usize>,
    units: Vec<usize>,
    values: Vec<f64>,
}

/// Reads the matrix as samples; values that are not stored are 0.
///
/// # Errors
/// [`DataError::Format`](super::DataError::Format) for other kinds, indices out of range, or a matrix that is too large.
pub(super) fn read<R: Read + Seek>(
    path: &Path,
    archive: &mut NpzReader<R>,
    options: &FileOptions,
) -> Result<(Layout, ReadSamples)> {
    let format = format(path, archive)?;
    let mut array = |name: &str, most: usize| {
        let array = entry(archive, name).map_err(|error| failure(path, error))?;
        numbers(path, array, most)
    };
    let shape = array("shape", 3)?;
    let &[rows, columns] = shape.as_slice() else {
        return Err(wrong(path, format!("a sparse matrix of shape {shape:?}: two dimensions are needed")));
    };
    let shape = if options.transpose { [columns, rows] } else { [rows, columns] };
    let layout = Layout::of_array(path, &shape.map(|extent| extent as u64), false, false)?;
    let mut values = ValueReader::new(path, options, layout)?;
    // The rows of a CSC matrix's transpose are its columns.
    let by_rows = match (format.as_str(), options.transpose) {
        ("csr", transpose) => Some(!transpose),
        ("csc", transpose) => Some(transpose),
        ("coo", _) => None,
        _ => {
            let reason = format!("a sparse matrix of format {format}: csr, csc and coo are read (x.tocsr() in Python)");
            return Err(wrong(path, reason));
        }
    };
    let (samples, units) = (layout.samples(), layout.units());
    let data = array("data", MOST + 1)?;
    if data.len() > MOST {
        return Err(wrong(path, format!("a sparse matrix of more than {MOST} stored values")));
    }
    let names = if options.transpose { ["col", "row"] } else { ["row", "col"] };
    let rows = match by_rows {
        Some(by_rows) => {
            let (major, minor) = if by_rows { (samples, units) } else { (units, samples) };
            let starts = whole(path, "indptr", array("indptr", major + 2)?, data.len() + 1)?;
            let inner = whole(path, "indices", array("indices", data.len() + 1)?, minor)?;
            check_starts(path, &starts, (major, data.len(), inner.len()))?;
            let rows = SparseRows { starts, units: inner, values: data };
            if by_rows { rows } else { rows.turned(samples) }
        }
        None => {
            let places = [(names[0], samples), (names[1], units)];
            let [rows, columns] = places.map(|(name, extent)| whole(path, name, array(name, data.len() + 1)?, extent));
            let (rows, columns) = (rows?, columns?);
            if rows.len() != data.len() || columns.len() != data.len() {
                return Err(wrong(path, "a sparse matrix with not as many places as values"));
            }
            SparseRows::sorted(samples, &rows, columns.into_iter().zip(data))
        }
    };
    rows.push(units, &mut values)?;
    Ok((layout, values.finish()?))
}

/// The name of the format.
fn format<R: Read + Seek>(path: &Path, archive: &mut NpzReader<R>) -> Result<String> {
    let array = entry(archive, "format").map_err(|error| failure(path, error))?;
    let is_name = array.shape().is_empty() && array.dtype().num_bytes().is_some_and(|bytes| bytes <= 16);
    let bytes = match is_name.then(|| array.data::<Vec<u8>>()) {
        Some(Ok(mut names)) => names.next().transpose().map_err(|error| failure(path, error))?,
        _ => None,
    };
    bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).ok_or_else(|| wrong(path, "the format is no name"))
}

/// Whole numbers from 0 to below `extent`.
fn whole(path: &Path, name: &str, values: Vec<f64>, extent: usize) -> Result<Vec<usize>> {
    let of = |value: f64| (value.fract() == 0.0 && value >= 0.0 && value < extent as f64).then_some(value as usize);
    let refused =
        |value: f64| wrong(path, format!("{name} has {value}: whole numbers from 0 to below {extent} are needed"));
    values.into_iter().map(|value| of(value).ok_or_else(|| refused(value))).collect()
}

/// Checks that lines fill the stored values one after the other.
fn check_starts(path: &Path, starts: &[usize], (lines, stored, inner): (usize, usize, usize)) -> Result<()> {
    let sound = starts.len() == lines + 1 && starts[0] == 0 && starts.is_sorted() && starts[lines] == stored;
    if sound && inner == stored {
        return Ok(());
    }
    Err(wrong(path, "indptr, indices and data of the sparse matrix do not fit together"))
}

impl SparseRows {
    /// Sorts values in any order by their sample.
    fn sorted(samples: usize, rows: &[usize], entries: impl Iterator<Item = (usize, f64)>) -> Self {
        let mut starts = vec![0; samples + 1];
        rows.iter().for_each(|&row| starts[row + 1] += 1);
        (0..samples).for_each(|row| starts[row + 1] += starts[row]);
        let mut next = starts.clone();
        let (mut units, mut values) = (vec![0; rows.len()], vec![0.0; rows.len()]);
        for (&row, (unit, value)) in rows.iter().zip(entries) {
            (units[next[row]], values[next[row]]) = (unit, value);
            next[row] += 1;
        }
        Self { starts, units, values }
    }

    /// Turns lines that are units, with samples as inner places, into rows that are samples.
    fn turned(self, samples: usize) -> Self {
        let lines = self.starts.windows(2).enumerate().flat_map(|(line, ends)| (ends[0]..ends[1]).map(move |_| line));
        Self::sorted(samples, &self.units, lines.zip(self.values.iter().copied()))
    }

    /// Passes on whole samples, as many as are asked for; values stored twice are added, as SciPy does.
    fn push(&self, units: usize, values: &mut ValueReader) -> Result<()> {
        let mut row = Vec::new();
        for ends in self.starts.windows(2) {
            row.clear();
            row.extend((ends[0]..ends[1]).map(|stored| (self.units[stored], self.values[stored])));
            row.sort_by_key(|&(unit, _)| unit);
            let mut stored = row.iter().peekable();
            for unit in 0..units {
                let mut value = 0.0;
                while let Some((_, part)) = stored.next_if(|(place, _)| *place == unit) {
                    value += part;
                }
                values.push(value)?;
            }
            if values.is_full() {
                break;
            }
        }
        Ok(())
    }
}
