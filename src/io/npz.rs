//! Archives of NumPy arrays: zip files with an NPY file for each.

use super::content::damaged;
use npyz::{AutoSerialize, WriteOptions, WriterBuilder};
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;
use zip::read::ZipFile;
use zip::write::FileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// Ending of the names of array files.
const ENDING: &str = ".npy";

/// An NPZ archive to read.
pub(crate) struct NpzReader<R> {
    zip: ZipArchive<R>,
}

impl NpzReader<BufReader<File>> {
    /// Opens a file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let zip = ZipArchive::new(BufReader::new(File::open(path)?))?;
        Ok(Self { zip })
    }
}

impl<R: Read + Seek> NpzReader<R> {
    /// The names of all files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.zip.file_names()
    }

    /// The names of the arrays.
    pub fn arrays(&self) -> Vec<String> {
        self.files().filter_map(|file| file.strip_suffix(ENDING)).map(str::to_owned).collect()
    }

    /// The file of an array.
    pub fn array(&mut self, name: &str) -> io::Result<ZipFile<'_>> {
        self.zip.by_name(&format!("{name}{ENDING}")).map_err(|error| damaged(error.to_string()))
    }
}

/// An NPZ archive being written; the same arrays give the same bytes.
pub struct Archive {
    zip: ZipWriter<Cursor<Vec<u8>>>,
}

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())) }
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
        // No time stamp, so that the same numbers give the same file.
        let options = FileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .large_file(true);
        self.zip.start_file(format!("{name}{ENDING}"), options)?;
        let mut array = WriteOptions::new().default_dtype().shape(&shape).writer(&mut self.zip).begin_nd()?;
        array.extend(values.iter().copied())?;
        array.finish()
    }

    /// The bytes of the archive.
    ///
    /// # Errors
    /// Those of writing.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        Ok(self.zip.finish().map_err(io::Error::other)?.into_inner())
    }
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}
