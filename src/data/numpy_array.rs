//! Numbers of one NumPy array, of any element type.

use super::drawn::Result;
use super::input::{failure, wrong};
use crate::io::NpzReader;
use crate::io::half::half;
use crate::io::npy;
use npyz::NpyFile;
use std::io::{self, BufReader, Read, Seek};
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::Path;

/// An array of an archive.
pub(super) fn entry<'a, R: Read + Seek>(
    archive: &'a mut NpzReader<R>,
    name: &str,
) -> io::Result<NpyFile<impl Read + 'a>> {
    npy::open(archive.array(name)?)
}

/// The first `most` numbers of an array, or all.
pub(super) fn numbers<R: Read>(path: &Path, array: NpyFile<R>, most: usize) -> Result<Vec<f64>> {
    let mut values = Vec::new();
    if most > 0 {
        each(path, array, |value| {
            values.push(value);
            Ok(if values.len() == most { Break(()) } else { Continue(()) })
        })?;
    }
    Ok(values)
}

/// Passes the values of an array to `take`, in the order of the file, until it needs no more. If all are read, checks
/// that nothing follows, and with that an archive's checksum.
pub(super) fn each<R: Read>(
    path: &Path,
    array: NpyFile<R>,
    mut take: impl FnMut(f64) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let failed = |error| failure(path, error);
    let header = array.header().clone();
    let count = array.len();
    let mut reader = BufReader::with_capacity(1 << 16, array.into_inner());
    let end = |reader: &mut BufReader<R>| match reader.read(&mut [0]).map_err(failed)? {
        0 => Ok(()),
        _ => Err(wrong(path, "the file goes on after the array's last value: it is damaged")),
    };
    macro_rules! read_elements {
        ($($element:ty: $convert:expr),*) => {$(
            if let Ok(values) = NpyFile::with_header(header.clone(), &mut reader).data::<$element>() {
                let mut left = count;
                for value in values {
                    left -= 1;
                    if take($convert(value.map_err(failed)?))?.is_break() && left > 0 {
                        return Ok(());
                    }
                }
                return end(&mut reader);
            }
        )*};
    }
    read_elements!(
        bool: |value| f64::from(u8::from(value)),
        i8: f64::from, u8: f64::from, i16: f64::from, u16: f64::from, i32: f64::from, u32: f64::from,
        i64: |value| value as f64, u64: |value| value as f64,
        f32: f64::from, f64: |value| value
    );
    if let Some(big_endian) = npy::half_order(&header.dtype()) {
        for left in (0..count).rev() {
            let mut bytes = [0; 2];
            reader.read_exact(&mut bytes).map_err(failed)?;
            let bits = if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
            if take(half(bits).into())?.is_break() && left > 0 {
                return Ok(());
            }
        }
        return end(&mut reader);
    }
    let found = header.dtype().descr();
    Err(wrong(path, format!("elements of type {found}: booleans, integers and floats of 16, 32 or 64 bits are read")))
}
