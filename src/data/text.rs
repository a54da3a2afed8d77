//! Tables of numbers as text.

use super::beside::{DataFile, Labels, label};
use super::drawn::Result;
use super::error::DataError;
use super::input::{Input, failure, wrong};
use super::layout::Layout;
use super::options::{Expect, FileOptions, Missing};
use super::values::ValueReader;
use csv::{ByteRecord, ErrorKind, ReaderBuilder, Trim};
use std::path::Path;

/// Marks of a missing value, in lower case.
const MISSING: [&[u8]; 8] = [b"", b"na", b"n/a", b"#n/a", b"nan", b"null", b"none", b"?"];
/// Names of a column that counts the rows, in lower case; pandas and R leave its name empty.
const INDEX: [&str; 4] = ["", "unnamed: 0", "index", "id"];
/// Names of a column that probably holds labels, in lower case.
const LABEL_COLUMNS: [&str; 5] = ["label", "labels", "class", "target", "digit"];

/// Whether these first bytes can be those of a text: no control characters, and valid UTF-8.
pub(super) fn recognises(start: &[u8]) -> bool {
    let control = start.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace());
    // For a character that is cut off at the end the error has no length.
    !control && std::str::from_utf8(start).err().is_none_or(|error| error.error_len().is_none())
}

/// Reads a table.
///
/// # Errors
/// [`DataError::Format`] for a field that is not a number, rows that differ in length, no rows; [`DataError::Value`];
/// [`DataError::Parameter`] for a label column that is not there.
pub(super) fn read(input: Input, options: &FileOptions) -> Result<DataFile> {
    let path = input.path.clone();
    let separator = separator(&input.start);
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .comment(Some(b'#'))
        .from_reader(input);
    let mut header: Option<Vec<String>> = None;
    let mut table: Option<TextRows> = None;
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| refused(&path, error))? {
        // Columns may be aligned by several spaces.
        let fields: Vec<&[u8]> = record.iter().filter(|field| separator != b' ' || !field.is_empty()).collect();
        if matches!(fields.as_slice(), [] | [[]]) {
            continue;
        }
        if table.is_none() && header.is_none() && is_header(&fields) {
            header = Some(fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect());
            continue;
        }
        if table.is_none() {
            table = Some(TextRows::new(&path, options, header.take(), &fields)?);
        }
        let Some(rows) = &mut table else { continue };
        rows.push(&fields, record.position().map_or(0, csv::Position::line))?;
        if rows.values.is_full() {
            break;
        }
    }
    table.ok_or_else(|| wrong(&path, "there are no samples"))?.finish()
}

/// The rows of a table, taken one by one.
struct TextRows<'a> {
    path: &'a Path,
    options: &'a FileOptions,
    values: ValueReader<'a>,
    /// Fields of a row.
    width: usize,
    /// A row is one word of digits 0 and 1.
    digits: bool,
    /// Name of the first column, if it has to count the rows.
    index: Option<String>,
    /// Number with which it begins to count.
    first: f64,
    /// Whether the first column has counted the rows so far, although its name does not say so.
    ramp: bool,
    rows: usize,
    label_column: Option<usize>,
    labels: Vec<i64>,
    /// Labels that are words; a word's place is its number.
    classes: Vec<String>,
    notes: Vec<String>,
}

impl<'a> TextRows<'a> {
    /// Finds out what the columns are, from the header, if there is one, and the first row.
    fn new(path: &'a Path, options: &'a FileOptions, header: Option<Vec<String>>, fields: &[&[u8]]) -> Result<Self> {
        let mut names = header.unwrap_or_default();
        // R names all columns except the one that counts the rows.
        if !names.is_empty() && names.len() + 1 == fields.len() {
            names.insert(0, String::new());
        }
        let mut notes = Vec::new();
        if names.len() > 2 && counts(names.iter().map(String::as_str)) {
            notes.push("the first line counts the columns: it is taken for their names".to_owned());
        }
        let width = fields.len();
        let index = names.first().filter(|name| width > 1 && INDEX.contains(&name.to_lowercase().as_str())).cloned();
        let label_column = label_column(options, &names, width)?;
        if label_column.is_none()
            && let Some(name) = names.iter().find(|name| LABEL_COLUMNS.contains(&name.to_lowercase().as_str()))
        {
            notes.push(format!("the column \"{name}\" is read as a unit: --label-column {name} takes it as labels"));
        }
        if options.transpose && label_column.is_some() {
            let message = "where columns are samples, labels cannot be a column".to_owned();
            return Err(DataError::Parameter(message));
        }
        let word = if let [word] = fields { Some(word) } else { None };
        let digits = options.expect == Expect::Spins
            && word.is_some_and(|word| word.len() > 1 && word.iter().all(|digit| b"01".contains(digit)));
        let beside = usize::from(index.is_some()) + usize::from(label_column.is_some());
        let units = if digits { fields[0].len() } else { width - beside };
        if units == 0 {
            return Err(wrong(path, "it has no column of units"));
        }
        let values = ValueReader::new(path, options, Layout::lines(units, options.transpose))?;
        let (labels, classes, first, rows) = (Vec::new(), Vec::new(), 0.0, 0);
        let ramp = index.is_none() && label_column != Some(0) && width > 2;
        Ok(Self {
            path,
            options,
            values,
            width,
            digits,
            index,
            first,
            ramp,
            rows,
            label_column,
            labels,
            classes,
            notes,
        })
    }

    fn push(&mut self, fields: &[&[u8]], line: u64) -> Result<()> {
        if fields.len() != self.width {
            let (found, expected) = (fields.len(), self.width);
            let reason = format!("line {line} has {found} values, where the rows before have {expected}");
            return Err(wrong(self.path, reason));
        }
        if self.digits {
            return self.push_digits(fields[0], line);
        }
        for (column, &field) in fields.iter().enumerate() {
            if column == 0 && self.index.is_some() {
                self.check_index(field, line)?;
            } else if self.label_column == Some(column) {
                self.push_label(field, (line, column))?;
            } else {
                let value = self.number(field, (line, column))?;
                if column == 0 && self.ramp {
                    self.check_ramp(value)?;
                }
                self.values.push(value)?;
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// A value, or NaN where it is missing and missing values are allowed.
    fn number(&self, field: &[u8], (line, column): (u64, usize)) -> Result<f64> {
        let place = format!("line {line}, column {}", column + 1);
        if MISSING.contains(&field.to_ascii_lowercase().as_slice()) {
            return match self.options.missing {
                Missing::Drop => Ok(f64::NAN),
                Missing::Refuse => Err(wrong(
                    self.path,
                    format!("{place} has no value, {:?}: --missing drop leaves out such rows", words(field)),
                )),
            };
        }
        number(field).ok_or_else(|| {
            let remedy = format!("a number is needed (--label-column {} takes the column as labels)", column + 1);
            wrong(self.path, format!("{place} is {:?}: {remedy}", words(field)))
        })
    }

    fn push_digits(&mut self, word: &[u8], line: u64) -> Result<()> {
        let units = word.len();
        if units != self.values.units() || word.iter().any(|digit| !b"01".contains(digit)) {
            let expected = self.values.units();
            let reason = format!(
                "line {line} is {:?}: {expected} digits 0 and 1 are needed, as in the rows before",
                words(word)
            );
            return Err(wrong(self.path, reason));
        }
        word.iter().try_for_each(|digit| self.values.push(f64::from(digit - b'0')))
    }

    /// Follows whether the first column still counts the rows. Refuses it where its values cannot be those of a unit.
    fn check_ramp(&mut self, value: f64) -> Result<()> {
        if self.rows == 0 {
            self.first = value;
        }
        self.ramp = value == self.first + self.rows as f64 && (self.first == 0.0 || self.first == 1.0);
        if self.ramp && value > 1.0 && self.options.expect == Expect::Spins && self.options.binarization.is_none() {
            let reason = "the first column counts the rows: a header line that names it index leaves it out";
            return Err(wrong(self.path, reason));
        }
        Ok(())
    }

    fn check_index(&mut self, field: &[u8], line: u64) -> Result<()> {
        let value = number(field).unwrap_or(f64::NAN);
        if self.rows == 0 && value == 1.0 {
            self.first = 1.0;
        }
        let expected = self.first + self.rows as f64;
        if value == expected {
            return Ok(());
        }
        let (name, found) = (self.index.as_deref().unwrap_or_default(), words(field));
        Err(wrong(
            self.path,
            format!(
                "line {line} has {found:?} in the column \"{name}\", which is named as one that counts the rows, where \
                 {expected} is due: remove that column, or rename it if it is a unit"
            ),
        ))
    }

    fn push_label(&mut self, field: &[u8], place: (u64, usize)) -> Result<()> {
        if number(field).is_none() && !MISSING.contains(&field.to_ascii_lowercase().as_slice()) {
            let class = words(field);
            let known = self.classes.iter().position(|name| *name == class).unwrap_or_else(|| {
                self.classes.push(class);
                self.classes.len() - 1
            });
            self.labels.push(known as i64);
            return Ok(());
        }
        let value = self.number(field, place)?;
        if value.is_nan() {
            self.values.drop_sample();
        }
        self.labels.push(if value.is_nan() { 0 } else { label(self.path, self.rows, value)? });
        Ok(())
    }

    fn finish(mut self) -> Result<DataFile> {
        let table = self.values.finish()?;
        if let Some(name) = self.index {
            self.notes.push(format!("the first column, \"{name}\", counts the rows and is no unit"));
        }
        if self.ramp && self.rows > 2 {
            let remedy = "a header line that names it index leaves it out";
            self.notes.push(format!("the first column counts the rows and is read as a unit: {remedy}"));
        }
        if !self.classes.is_empty() {
            let shown = self.classes.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
            self.notes.push(format!("labels are {} words, numbered as they come: {shown}", self.classes.len()));
        }
        let labels = self.label_column.map(|_| self.labels);
        table.with(self.path, Labels { labels, weights: None }, self.notes)
    }
}

/// Which column holds the labels, counted from 0.
fn label_column(options: &FileOptions, names: &[String], width: usize) -> Result<Option<usize>> {
    let Some(wanted) = &options.label_column else { return Ok(None) };
    let by_name = names.iter().position(|name| name == wanted);
    let by_name = by_name.or_else(|| names.iter().position(|name| name.eq_ignore_ascii_case(wanted)));
    let by_number =
        || wanted.parse().ok().filter(|number| (1..=width).contains(number)).map(|number: usize| number - 1);
    if let Some(column) = by_name.or_else(by_number) {
        return Ok(Some(column));
    }
    let named = match names {
        [] => "there is no header line".to_owned(),
        names => {
            let more = if names.len() > 8 { ", …" } else { "" };
            format!("they are named {:?}{more}", names.iter().take(8).collect::<Vec<_>>())
        }
    };
    let message = format!("there is no column {wanted:?} of labels among the {width}: {named}");
    Err(DataError::Parameter(message))
}

/// The separator of the first line with several fields; a space stands for any number of spaces.
fn separator(start: &[u8]) -> u8 {
    let mut lines = start.split(|&byte| byte == b'\n' || byte == b'\r').map(<[u8]>::trim_ascii);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with(b"#")).unwrap_or_default();
    *b";,\t".iter().find(|&byte| line.contains(byte)).unwrap_or(&b' ')
}

/// Whether a first line is a header: it has text and no numbers, or numbers that count the columns, as programs write
/// them for tables without names.
fn is_header(fields: &[&[u8]]) -> bool {
    let named = |field: &&[u8]| number(field).is_none() && !MISSING.contains(&field.to_ascii_lowercase().as_slice());
    let names = fields.iter().all(|field| number(field).is_none()) && fields.iter().any(named);
    let texts = || fields.iter().map(|field| std::str::from_utf8(field).unwrap_or("?"));
    names || (fields.len() > 2 && counts(texts()))
}

/// Whether the names are 0, 1, 2, …, after the name of an index if there is one.
fn counts<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut names = names.peekable();
    names.next_if(|name| INDEX.contains(&name.to_lowercase().as_str()));
    names.enumerate().all(|(number, name)| name.parse() == Ok(number))
}

fn number(field: &[u8]) -> Option<f64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// A field as shown in a message, shortened to a line.
fn words(field: &[u8]) -> String {
    String::from_utf8_lossy(field).chars().take(40).collect()
}

fn refused(path: &Path, error: csv::Error) -> DataError {
    match error.into_kind() {
        ErrorKind::Io(error) => failure(path, error),
        other => wrong(path, format!("not a table of numbers: {other:?}")),
    }
}
