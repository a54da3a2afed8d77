//! NumPy's arrays.

use super::bounds::{PARAMETERS, room_for};
use super::content::{damaged, values_of};
use super::half::half;
use npyz::{DType, Endianness, NpyFile, NpyHeader, Order, TypeChar};
use std::io::{self, BufReader, Read};

/// First bytes of an NPY file.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// Longest header read; NumPy's own limit.
const HEADER: usize = 10_000;

/// Reads an array's header, after checking what npyz does not check.
pub(crate) fn open<R: Read>(mut reader: R) -> io::Result<NpyFile<R>> {
    let mut bytes = vec![0; 10];
    reader.read_exact(&mut bytes)?;
    let mut length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    if bytes[6] >= 2 {
        let mut high = [0; 2];
        reader.read_exact(&mut high)?;
        length |= usize::from(u16::from_le_bytes(high)) << 16;
        bytes.extend(high);
    }
    if length > HEADER {
        return Err(damaged("an NPY header is too long"));
    }
    let start = bytes.len();
    bytes.resize(start + length, 0);
    reader.read_exact(&mut bytes[start..])?;
    let count = |test: fn(&u8) -> bool| bytes[start..].iter().filter(|&byte| test(byte)).count();
    // The header is parsed by recursion, and the extents are multiplied: fewer than 20 decimal digits in all, and no
    // hexadecimal ones, make no product beyond 2⁶⁴.
    if count(|byte| b"([{".contains(byte)) > 4
        || count(u8::is_ascii_digit) > 19
        || count(|byte| b"xX".contains(byte)) > 0
    {
        return Err(damaged("an NPY header does not describe a plain array of a possible size"));
    }
    let header = NpyHeader::from_reader(bytes.as_slice()).map_err(|error| match error.to_string().contains('\n') {
        // The parser's message has several lines, with a drawing of where it stopped.
        true => damaged("an NPY header is not a dictionary as NumPy writes it"),
        false => error,
    })?;
    Ok(NpyFile::with_header(header, reader))
}

/// Whether numbers of half precision are big-endian; `None` for other types.
pub(crate) fn half_order(dtype: &DType) -> Option<bool> {
    match dtype {
        DType::Plain(kind) if kind.type_char() == TypeChar::Float && kind.size_field() == 2 => {
            Some(kind.endianness() == Endianness::Big)
        }
        _ => None,
    }
}

/// An array of half, single or double precision as single, row after row, with its shape; `length` is that of the file. All
/// of `reader` is read: an archive's checksum is compared at its end.
pub(crate) fn singles<R: Read>(reader: R, name: &str, length: u64) -> io::Result<(Vec<usize>, Vec<f32>)> {
    let array = open(BufReader::new(reader))?;
    let too_large = || damaged(format!("{name} states an impossible size"));
    let shape: Vec<usize> = array.shape().iter().map(|&extent| extent as usize).collect();
    let count = values_of(&shape).ok_or_else(too_large)?;
    let size = match array.dtype() {
        DType::Plain(kind) => kind.num_bytes().unwrap_or(0),
        _ => 0,
    };
    let bytes = count.checked_mul(size).ok_or_else(too_large)? as u64;
    PARAMETERS.check(name, bytes, length)?;
    // Values are collected one by one in a vector that doubles when it is full.
    room_for(name, bytes.saturating_mul(3))?;
    let by_columns = array.order() == Order::Fortran && shape.len() == 2;
    let (values, mut rest) = numbers(array, name, count)?;
    if rest.read(&mut [0])? != 0 || count != values.len() {
        return Err(damaged(format!("{name} does not have as many values as its shape {shape:?}")));
    }
    if !by_columns {
        return Ok((shape, values));
    }
    let (rows, columns) = (shape[0], shape[1]);
    let by_rows = (0..values.len()).map(|index| values[index / columns + index % columns * rows]).collect();
    Ok((shape, by_rows))
}

/// The values of an array in the order of the file, and the bytes that follow. They are collected as results, so that
/// memory grows with what is read and not with what the header states.
fn numbers<R: Read>(array: NpyFile<R>, name: &str, count: usize) -> io::Result<(Vec<f32>, R)> {
    let header = array.header().clone();
    let mut reader = array.into_inner();
    let values: io::Result<Vec<f32>> = if let Some(big_endian) = half_order(&header.dtype()) {
        let mut next = || {
            let mut pair = [0; 2];
            reader.read_exact(&mut pair)?;
            Ok(half(if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }))
        };
        (0..count).map(|_| next()).collect()
    } else if let Ok(values) = NpyFile::with_header(header.clone(), &mut reader).data::<f32>() {
        values.collect()
    } else if let Ok(values) = NpyFile::with_header(header.clone(), &mut reader).data::<f64>() {
        values.map(|value| value.map(|value| value as f32)).collect()
    } else {
        Err(damaged(format!("{name} does not hold numbers of half, single or double precision")))
    };
    Ok((values?, reader))
}
