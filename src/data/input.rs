//! Files read from the front, gzipped or not, with errors that name the file.

use super::drawn::Result;
use super::error::DataError;
use crate::io::input::open_regular;
use flate2::bufread::MultiGzDecoder;

use std::fs::File;

use std::io::{BufReader, Cursor, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

/// Bytes by which the kind of a file is recognised.
const INSPECTED: u64 = 1 << 16;

/// An open file; gzip, recognised by its magic bytes, is unpacked on the way.
pub(super) struct Input {
    /// Path of the file.
    pub path: PathBuf,
    /// Its first bytes (unpacked), which [`Input::read`] returns again.
    pub start: Vec<u8>,
    /// Length of the content; unknown for a gzipped file.
    pub length: Option<u64>,
    reader: Box<dyn Read>,
}

impl Input {
    /// Opens a file.
    ///
    /// # Errors
    /// [`DataError::Read`]; [`DataError::Format`] if it starts as gzip and is damaged.
    pub fn open(path: &Path) -> Result<Self> {
        Self::new(path, open_regular(path).map_err(|source| DataError::Read { path: path.into(), source })?)
    }

    /// Reads an open file from its start.
    ///
    /// # Errors
    /// As [`Input::open`].
    pub fn new(path: &Path, mut file: File) -> Result<Self> {
        let failed = |error| failure(path, error);
        file.rewind().map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let mut magic = Vec::new();
        (&mut file).take(2).read_to_end(&mut magic).map_err(failed)?;
        file.rewind().map_err(failed)?;
        let zipped = magic == [0x1f, 0x8b];
        let mut reader: Box<dyn Read> =
            if zipped { Box::new(MultiGzDecoder::new(BufReader::new(file))) } else { Box::new(file) };
        let mut start = Vec::new();
        reader.by_ref().take(INSPECTED).read_to_end(&mut start).map_err(failed)?;
        Ok(Self {
            path: path.into(),
            length: (metadata.is_file() && !zipped).then_some(metadata.len()),
            reader: Box::new(BufReader::with_capacity(1 << 16, Cursor::new(start.clone()).chain(reader))),
            start,
        })
    }

    /// Replaces the content of `buffer` by the next `length` bytes, or by fewer if the file ends: the caller compares.
    /// Memory grows with what is read, whatever `length` the file has claimed.
    pub fn next(&mut self, length: u64, buffer: &mut Vec<u8>) -> Result<()> {
        buffer.clear();
        let read = self.reader.by_ref().take(length).read_to_end(buffer);
        read.map(|_| ()).map_err(|error| failure(&self.path, error))
    }

    /// Checks that nothing is left (and with that, gzip's checksum).
    pub fn end(&mut self) -> Result<()> {
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.wrong("the file goes on after its last value: it is damaged, or of another kind")),
            Err(error) => Err(failure(&self.path, error)),
        }
    }

    /// An error for content that is wrong.
    pub fn wrong(&self, reason: impl Into<String>) -> DataError {
        wrong(&self.path, reason)
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.reader.read(buffer)
    }
}

/// An error for a file whose content is wrong.
pub(super) fn wrong(path: &Path, reason: impl Into<String>) -> DataError {
    DataError::Format { path: path.into(), reason: reason.into() }
}

/// Turns an error of a decoder or of the file system into one of the content or one of the system.
pub(super) fn failure(path: &Path, error: std::io::Error) -> DataError {
    match error.kind() {
        ErrorKind::UnexpectedEof => wrong(path, "the file ends too early: it is truncated"),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => wrong(path, format!("the content is damaged: {error}")),
        _ => DataError::Read { path: path.into(), source: error },
    }
}

/// The file
/// `name` in a folder, under any of its usual names: gzipped or not, and with a dot instead of the hyphen before `idx`.
pub(super) fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let dotted = name.replace("-idx", ".idx");
    [format!("{name}.gz"), name.into(), format!("{dotted}.gz"), dotted]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
}
