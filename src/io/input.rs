//! Files named by users, which must be regular ones.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Opens a regular file: reading a pipe may wait for ever, and a device may never end.
///
/// # Errors
/// Those of the file system, and [`io::ErrorKind::InvalidInput`] for anything but a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let kind = std::fs::metadata(path)?.file_type();
    if !kind.is_file() {
        let found = if kind.is_dir() { "a folder" } else { "a pipe or device" };
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("a regular file is needed, not {found}")));
    }
    File::open(path)
}

/// The text of a regular file of at most `most` bytes.
///
/// # Errors
/// As [`open_regular`], and [`io::ErrorKind::InvalidData`] for a longer file or one that is no UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let mut text = String::new();
    let file = open_regular(path)?;
    let length = file.metadata()?.len();
    // The file may have grown since its length was read.
    if length > most || file.take(most + 1).read_to_string(&mut text)? as u64 > most {
        let reason = format!("it has {length} bytes, and at most {most} are read");
        return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_files_up_to_a_length_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        std::fs::write(&path, "12345678").unwrap();
        assert_eq!(read_text(&path, 8).unwrap(), "12345678");
        assert!(read_text(&path, 7).unwrap_err().to_string().contains("8 bytes, and at most 7"));
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert_eq!(read_text(&path, 8).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(read_text(folder.path(), 8).unwrap_err().to_string().contains("not a folder"));
        assert_eq!(read_text(&folder.path().join("no"), 8).unwrap_err().kind(), io::ErrorKind::NotFound);
        #[cfg(unix)]
        assert!(open_regular(Path::new("/dev/zero")).unwrap_err().to_string().contains("not a pipe or device"));
    }
}
