//! NumPy's arrays.

use super::damaged;
use npyz::{NpyFile, NpyHeader};
use std::io::{self, Read};

/// Longest header read; NumPy's own limit.
const HEADER: usize = 10_000;

/// Reads an array's header, after a look at what npyz takes from it without a check.
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
        return Err(damaged("an NPY header describes no plain array of a size that can be"));
    }
    let header = NpyHeader::from_reader(bytes.as_slice()).map_err(|error| match error.to_string().contains('\n') {
        // The parser shows where it stopped in a drawing of several lines.
        true => damaged("an NPY header is not a dictionary as NumPy writes it"),
        false => error,
    })?;
    Ok(NpyFile::with_header(header, reader))
}
