//! Files that are whole or not there.

use std::io::{self, Write};
use std::path::Path;

/// How the names of files begin that are being written.
const UNFINISHED: &str = ".unfinished-";

/// Writes `bytes` beside `path` and renames, so that a reader sees the old file or the new one; makes the folder if need
/// be.
///
/// # Errors
/// Those of the file system; what stood at `path` is then still as it was.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_atomically_with(path, |file| file.write_all(bytes))
}

/// As [`write_atomically`], with the bytes as `write` puts them out: for files that need not be in memory as a whole.
///
/// # Errors
/// Those of the file system and of `write`; what stood at `path` is then still as it was.
pub fn write_atomically_with(path: &Path, write: impl FnOnce(&mut std::fs::File) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        // A temporary file is private by default; this one gets the permissions of any new file.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Removes what a killed process left half-written in a folder; nothing if there is no such folder.
///
/// # Errors
/// Those of the file system.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Makes `folder` and checks that files can be written there.
///
/// # Errors
/// Those of the file system.
pub fn prepare_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    tempfile::tempfile_in(folder).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the place of the file: the rename must fail.
        let taken = folder.path().join("figure.png");
        std::fs::create_dir(&taken).unwrap();
        std::fs::write(taken.join("old"), "old").unwrap();
        assert!(write_atomically(&taken, b"new").is_err());
        assert_eq!(std::fs::read_to_string(taken.join("old")).unwrap(), "old");
        // And nothing is left beside it.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_write_replaces_and_makes_folders() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.txt");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert!(prepare_folder(&path).is_err());
    }
}
