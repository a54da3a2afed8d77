//! Archives of NumPy arrays.

use npyz::npz::NpzWriter;
use npyz::zip::write::FileOptions;
use npyz::zip::{CompressionMethod, DateTime};
use npyz::{AutoSerialize, WriterBuilder};
use std::io::{self, Cursor, Write};

/// An NPZ archive in the making; the same arrays give the same bytes.
pub struct Archive {
    writer: NpzWriter<Cursor<Vec<u8>>>,
}

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        Self { writer: NpzWriter::new(Cursor::new(Vec::new())) }
    }

    /// Adds an array, its values row after row.
    ///
    /// # Errors
    /// Those of writing, and [`io::ErrorKind::InvalidInput`] if the values do not fill the shape.
    pub fn add<T: AutoSerialize + Copy>(&mut self, name: &str, shape: &[usize], values: &[T]) -> io::Result<()> {
        if shape.iter().product::<usize>() != values.len() {
            let message = format!("{name}: {} values do not fill the shape {shape:?}", values.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let shape: Vec<u64> = shape.iter().map(|&extent| extent as u64).collect();
        // No time of the day, so that the same numbers give the same file.
        let options = FileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .large_file(true);
        let mut array = self.writer.array(name, options)?.default_dtype().shape(&shape).begin_nd()?;
        array.extend(values.iter().copied())?;
        array.finish()
    }

    /// The bytes of the archive.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        let mut cursor = self.writer.zip_writer().finish().map_err(io::Error::other)?;
        cursor.flush()?;
        Ok(cursor.into_inner())
    }
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}
