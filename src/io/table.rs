//! Tables of text, written as CSV.

use std::io;

/// A table: a line of names, and rows of as many cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub header: Vec<String>,
    /// Cells, row after row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of rows.
    pub fn new<N: Into<String>>(
        header: impl IntoIterator<Item = N>,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Self {
        Self { header: header.into_iter().map(N::into).collect(), rows: rows.into_iter().collect() }
    }

    /// The table as CSV.
    ///
    /// # Errors
    /// If a row has another number of cells than the header.
    pub fn csv(&self) -> io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.header)?;
        for row in &self.rows {
            writer.write_record(row)?;
        }
        writer.into_inner().map_err(|error| error.into_error())
    }
}
