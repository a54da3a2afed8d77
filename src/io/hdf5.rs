//! HDF5 files.

use super::array::Array;
use super::bounds::{PARAMETERS, UNPACKED_SAMPLES, megabytes, room_for};
use super::content::{damaged, values_of};
use super::half::halves;
use hdf5_pure::{
    DType, Dataset, Datatype, DatatypeByteOrder, Error, File, FloatingPointLayout, Group, Layout, VlenStringReadOptions,
};
use std::collections::HashSet;
use std::io;
use std::path::Path;

/// Deflate's largest ratio: a compressed data set cannot have more bytes than this many times the file's length.
const MOST_COMPRESSION: u64 = 1032;
/// Bytes of text that are allowed even if the file is shorter.
const SHORT_TEXT: usize = 1 << 12;

/// Values read at a time.
const READ_WINDOW: u64 = 1 << 16;
/// Values read at a time where chunks are larger: a chunk is unpacked as a whole each time that a part of it is read.
const LARGE_READ_WINDOW: u64 = 1 << 22;
/// Largest chunk, unpacked.
const MOST_CHUNK: u64 = 1 << 29;
/// Memory that unpacking takes, in chunks.
const CHUNK_COPIES: u64 = 3;

/// IEEE 754 binary16.
const HALF: FloatingPointLayout = FloatingPointLayout {
    bit_offset: 0,
    bit_precision: 16,
    exponent_location: 10,
    exponent_size: 5,
    mantissa_location: 0,
    mantissa_size: 10,
    exponent_bias: 15,
};

/// An open file. Only what is asked for is read.
#[derive(Debug)]
pub(crate) struct Hdf5 {
    file: File,
}

impl Hdf5 {
    /// Opens a file; fails if it is no HDF5 file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open_streaming(path).map_err(|error| refused("the file", error))? })
    }

    /// Names of the groups in a group (the root: `""`).
    pub(crate) fn groups(&self, group: &str) -> io::Result<Vec<String>> {
        self.group(group)?.groups().map_err(|error| refused_in(group, error))
    }

    /// Names of the data sets in a group (the root: `""`).
    pub(crate) fn datasets(&self, group: &str) -> io::Result<Vec<String>> {
        self.group(group)?.datasets().map_err(|error| refused_in(group, error))
    }

    fn group(&self, name: &str) -> io::Result<Group> {
        if name.is_empty() {
            return Ok(self.file.root());
        }
        self.file.group(name).map_err(|error| refused_in(name, error))
    }

    /// Whether there is a data set of that name in a group (the root: `""`).
    pub(crate) fn has(&self, group: &str, name: &str) -> io::Result<bool> {
        Ok(self.datasets(group)?.iter().any(|found| found == name))
    }

    /// The shape that a data set states, without reading the data.
    pub(crate) fn shape(&self, name: &str) -> io::Result<Vec<usize>> {
        let shape = self.file.dataset(name).and_then(|dataset| dataset.shape());
        let extents = shape.map_err(|error| refused_in(name, error))?.into_iter().map(usize::try_from);
        extents.collect::<Result<_, _>>().map_err(|_| too_large(name))
    }

    /// Names of the attributes of a data set; none where they cannot be read.
    pub(crate) fn attributes(&self, name: &str) -> Vec<String> {
        let attributes = self.file.dataset(name).and_then(|dataset| dataset.attrs());
        attributes.map(|found| found.into_keys().collect()).unwrap_or_default()
    }

    /// Passes the rows of a data set of numbers of any type, as double precision, to
    /// `take` in order, a window at a time. `admit` checks the shape before anything is read; its result is passed on.
    pub(crate) fn rows<S: Copy, E: From<io::Error>>(
        &self,
        name: &str,
        admit: impl FnOnce(&[u64]) -> Result<S, E>,
        mut take: impl FnMut(S, Vec<f64>) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |error| refused_in(name, error);
        let dataset = self.file.dataset(name).map_err(failed)?;
        let shape: Vec<u64> = self.checked_shape(name, &dataset)?.into_iter().map(|extent| extent as u64).collect();
        let admitted = admit(&shape)?;
        UNPACKED_SAMPLES.check(name, self.bytes(name, &dataset)?, self.file.file_size())?;
        let rows = shape.first().copied().unwrap_or(0);
        let columns = shape.iter().skip(1).product::<u64>().max(1);
        let chunk = dataset.chunk_shape().map_err(failed)?.and_then(|chunk| chunk.first().copied());
        let window = (READ_WINDOW / columns).max(chunk.unwrap_or(0).min(LARGE_READ_WINDOW / columns)).max(1);
        let half = half_order(&dataset).map_err(failed)?;
        let mut start = 0;
        while start < rows {
            let count = window.min(rows - start);
            let values = match half {
                None => dataset.read_f64_rows(start, count).map_err(failed)?,
                Some(big_endian) => {
                    let bytes = dataset.read_raw_rows(start, count).map_err(failed)?;
                    halves(&bytes, big_endian).map(f64::from).collect()
                }
            };
            if values.len() as u64 != count * columns {
                return Err(damaged(format!("{name} is truncated in rows {} and after", start + 1)).into());
            }
            take(admitted, values)?;
            start += count;
        }
        Ok(())
    }

    /// A data set of one text.
    pub(crate) fn text(&self, name: &str) -> io::Result<String> {
        let failed = |error| refused_in(name, error);
        let dataset = self.file.dataset(name).map_err(failed)?;
        self.checked_shape(name, &dataset)?;
        let texts = match dataset.dtype().map_err(failed)? {
            DType::VariableLengthString => {
                let most = SHORT_TEXT.max(usize::try_from(self.file.file_size()).unwrap_or(usize::MAX));
                dataset.read_vlen_strings(VlenStringReadOptions::new().with_max_payload_bytes(most))
            }
            DType::String => dataset.read_string(),
            other => return Err(damaged(format!("{name} is of type {other}, not text"))),
        };
        match <[String; 1]>::try_from(texts.map_err(failed)?) {
            Ok([text]) => Ok(text),
            Err(texts) => Err(damaged(format!("{name} has {} texts, not one", texts.len()))),
        }
    }

    /// A data set of half, single or double precision as single, with its shape.
    pub(crate) fn singles(&self, name: &str) -> io::Result<(Vec<usize>, Vec<f32>)> {
        match self.array(name)? {
            Array::F32(shape, values) => Ok((shape, values)),
            Array::F64(shape, values) => Ok((shape, values.into_iter().map(|value| value as f32).collect())),
            _ => Err(damaged(format!("{name} does not hold numbers of half, single or double precision"))),
        }
    }

    /// A data set of numbers of any type as double precision, with its shape.
    pub(crate) fn doubles(&self, name: &str) -> io::Result<(Vec<usize>, Vec<f64>)> {
        let failed = |error| refused_in(name, error);
        let dataset = self.file.dataset(name).map_err(failed)?;
        let shape = self.parameters_shape(name, &dataset)?;
        let values = match half_order(&dataset).map_err(failed)? {
            None => dataset.read_f64().map_err(failed)?,
            Some(big_endian) => halves(&dataset.read_raw().map_err(failed)?, big_endian).map(f64::from).collect(),
        };
        self.filled(name, shape, values)
    }

    /// A data set in its own precision; half precision as single.
    pub(crate) fn array(&self, name: &str) -> io::Result<Array> {
        let failed = |error| refused_in(name, error);
        let dataset = self.file.dataset(name).map_err(failed)?;
        let shape = self.parameters_shape(name, &dataset)?;
        if let Some(big_endian) = half_order(&dataset).map_err(failed)? {
            let values = halves(&dataset.read_raw().map_err(failed)?, big_endian).collect();
            let (shape, values) = self.filled(name, shape, values)?;
            return Ok(Array::F32(shape, values));
        }
        Ok(match dataset.dtype().map_err(failed)? {
            DType::F32 => {
                let (shape, values) = self.filled(name, shape, dataset.read_f32().map_err(failed)?)?;
                Array::F32(shape, values)
            }
            DType::F64 => {
                let (shape, values) = self.filled(name, shape, dataset.read_f64().map_err(failed)?)?;
                Array::F64(shape, values)
            }
            DType::U64 => {
                let (shape, values) = self.filled(name, shape, dataset.read_u64().map_err(failed)?)?;
                Array::U64(shape, values)
            }
            DType::String | DType::VariableLengthString => Array::Text(self.text(name)?),
            other => return Err(damaged(format!("{name} is of type {other}: f32, f64, u64 or a text is needed"))),
        })
    }

    /// The shape of a data set that is read whole, and may take the memory for it.
    fn parameters_shape(&self, name: &str, dataset: &Dataset) -> io::Result<Vec<usize>> {
        let shape = self.checked_shape(name, dataset)?;
        let bytes = self.bytes(name, dataset)?;
        PARAMETERS.check(name, bytes, self.file.file_size())?;
        // The bytes, and the numbers made of them, which may take twice as many.
        room_for(name, bytes.saturating_mul(3))?;
        Ok(shape)
    }

    /// Length of a data set, unpacked.
    fn bytes(&self, name: &str, dataset: &Dataset) -> io::Result<u64> {
        let failed = |error| refused_in(name, error);
        let size = dataset.element_size().map_err(failed)?;
        let shape = dataset.shape().map_err(failed)?;
        shape.iter().try_fold(size, |product, &extent| product.checked_mul(extent)).ok_or_else(|| too_large(name))
    }

    /// The shape of a data set, after checking that it can be as large as it states and is complete: parts that were
    /// never written would be read as zeros.
    fn checked_shape(&self, name: &str, dataset: &Dataset) -> io::Result<Vec<usize>> {
        let failed = |error| refused_in(name, error);
        let too_large = || too_large(name);
        let length = self.file.file_size();
        let size = dataset.element_size().map_err(failed)?;
        let bytes = |extents: &[u64]| extents.iter().try_fold(size, |product, &extent| product.checked_mul(extent));
        let shape = dataset.shape().map_err(failed)?;
        let needed = bytes(&shape).ok_or_else(too_large)?;
        let (most, whole) = match dataset.layout().map_err(failed)? {
            Layout::Compact { .. } => (length, true),
            Layout::Contiguous { address, .. } => (length, address.is_some() || needed == 0),
            Layout::Chunked { chunk_shape, .. } => {
                let most = length.saturating_mul(MOST_COMPRESSION);
                let chunk = bytes(&chunk_shape).filter(|&chunk| chunk <= most).ok_or_else(too_large)?;
                if chunk > MOST_CHUNK {
                    return Err(damaged(format!(
                        "{name} is kept in chunks of {}, which are unpacked whole: write it in chunks of less than {}",
                        megabytes(chunk),
                        megabytes(MOST_CHUNK)
                    )));
                }
                room_for(name, chunk.saturating_mul(CHUNK_COPIES))?;
                (most, self.chunks_tile(name, dataset, &shape, &chunk_shape)?)
            }
            _ => return Err(damaged(format!("{name} refers to other files"))),
        };
        if needed > most {
            return Err(too_large());
        }
        if !whole {
            return Err(damaged(format!("{name} is not wholly in the file")));
        }
        shape.iter().map(|&extent| usize::try_from(extent).map_err(|_| too_large())).collect()
    }

    /// Checks that the chunks in the file are those of the shape. The library trusts the sizes and places that chunks
    /// state: it allocates and computes with them.
    fn chunks_tile(&self, name: &str, dataset: &Dataset, shape: &[u64], chunk: &[u64]) -> io::Result<bool> {
        let stored = dataset.chunks().map_err(|error| refused_in(name, error))?;
        if shape.len() != chunk.len() || chunk.contains(&0) {
            return Ok(false);
        }
        let mut extents = shape.iter().zip(chunk);
        let needed = extents.try_fold(1u64, |product, (extent, chunk)| product.checked_mul(extent.div_ceil(*chunk)));
        let within = |offset: &[u64]| {
            let mut places = offset.iter().zip(shape).zip(chunk);
            offset.len() == shape.len() && places.all(|((place, extent), chunk)| place < extent && place % chunk == 0)
        };
        let sound = stored.iter().all(|chunk| chunk.storage_size <= self.file.file_size() && within(&chunk.offset));
        let places: HashSet<&[u64]> = stored.iter().map(|chunk| chunk.offset.as_slice()).collect();
        Ok(sound && needed == Some(places.len() as u64))
    }

    fn filled<T>(&self, name: &str, shape: Vec<usize>, values: Vec<T>) -> io::Result<(Vec<usize>, Vec<T>)> {
        if values_of(&shape) == Some(values.len()) {
            return Ok((shape, values));
        }
        Err(damaged(format!("{name} has {} values for the shape {shape:?}", values.len())))
    }
}

fn too_large(name: &str) -> io::Error {
    damaged(format!("{name} states a size that a file of this length cannot hold"))
}

/// Whether a data set of half precision is big-endian; `None` for other types.
fn half_order(dataset: &Dataset) -> Result<Option<bool>, Error> {
    Ok(match dataset.datatype()? {
        Datatype::FloatingPoint { size: 2, byte_order: DatatypeByteOrder::LittleEndian, layout: HALF } => Some(false),
        Datatype::FloatingPoint { size: 2, byte_order: DatatypeByteOrder::BigEndian, layout: HALF } => Some(true),
        _ => None,
    })
}

fn refused_in(name: &str, error: Error) -> io::Error {
    refused(if name.is_empty() { "the root group" } else { name }, error)
}

fn refused(what: &str, error: Error) -> io::Error {
    match error {
        Error::Io(source) => source,
        other => damaged(format!("cannot read {what}: {other}")),
    }
}
