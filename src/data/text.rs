//! Tables of numbers as text.

use super::input::{Input, failure, wrong};
use super::table::{Expect, Order, Values};
use super::{DataError, Dataset, Result};
use csv::{ByteRecord, ErrorKind, ReaderBuilder, Trim};
use std::path::Path;

/// Whether a file that starts so can be text: no control characters, and UTF-8 as far as it goes.
pub(super) fn recognises(start: &[u8]) -> bool {
    let control = start.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace());
    // A character that is cut off at the end has no error length.
    !control && std::str::from_utf8(start).err().is_none_or(|error| error.error_len().is_none())
}

/// Reads a table.
///
/// # Errors
/// [`DataError::Format`] for a field that is not a number, rows that differ in length, no rows; [`DataError::Value`].
pub(super) fn read(input: Input, expect: Expect) -> Result<Dataset> {
    let path = input.path.clone();
    let separator = separator(&input.start);
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .comment(Some(b'#'))
        .from_reader(input);
    let mut table: Option<Values> = None;
    let mut header_seen = false;
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| refused(&path, error))? {
        // Columns may be aligned by several spaces.
        let fields: Vec<&[u8]> = record.iter().filter(|field| separator != b' ' || !field.is_empty()).collect();
        if matches!(fields.as_slice(), [] | [[]]) {
            continue;
        }
        if table.is_none() && !header_seen && is_header(&fields) {
            header_seen = true;
            continue;
        }
        let values = table.get_or_insert_with(|| Values::new(&path, expect, fields.len(), Order::BySample));
        if fields.len() != values.width() {
            let line = record.position().map_or(0, csv::Position::line);
            let (found, expected) = (fields.len(), values.width());
            return Err(wrong(&path, format!("line {line} has {found} values, where the rows before have {expected}")));
        }
        for field in fields {
            let Some(value) = number(field) else {
                let ((sample, unit), field) = (values.place(), String::from_utf8_lossy(field));
                return Err(wrong(&path, format!("sample {sample}, unit {unit} is {field:?}: a number is needed")));
            };
            values.push(value)?;
        }
    }
    let Some(values) = table else { return Err(wrong(&path, "there are no samples")) };
    Ok(Dataset { samples: values.finish()?, labels: None, image_shape: None })
}

/// What separates the numbers of the first line that has any; a space stands for any number of them.
fn separator(start: &[u8]) -> u8 {
    let mut lines = start.split(|&byte| byte == b'\n' || byte == b'\r').map(<[u8]>::trim_ascii);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with(b"#")).unwrap_or_default();
    *b";,\t".iter().find(|&byte| line.contains(byte)).unwrap_or(&b' ')
}

/// Whether a first line is names: something, and nowhere a number.
fn is_header(fields: &[&[u8]]) -> bool {
    fields.iter().any(|field| !field.is_empty()) && fields.iter().all(|field| number(field).is_none())
}

fn number(field: &[u8]) -> Option<f64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

fn refused(path: &Path, error: csv::Error) -> DataError {
    match error.into_kind() {
        ErrorKind::Io(error) => failure(path, error),
        other => wrong(path, format!("not a table of numbers: {other:?}")),
    }
}
