//! Files that are either complete or absent.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// File that is locked while a folder is written to.
const LOCK: &str = ".spectral-rbm.lock";
/// Beginning of the names of files that are being written.
const UNFINISHED: &str = ".unfinished-";

/// Writes `bytes` to a temporary file beside `path` and renames it, so that a reader sees either the old file or the
/// new one. Makes the folder if it does not exist.
///
/// # Errors
/// Those of the file system; the file at `path` is then unchanged.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_atomically_with(path, |file| file.write_all(bytes))
}

/// As [`write_atomically`], for content that `write` produces piece by piece and that need not be in memory as a whole.
///
/// # Errors
/// Those of the file system and of `write`; the file at `path` is then unchanged.
pub fn write_atomically_with(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
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

/// Removes files that a killed process left half-written in a folder; does nothing if there is no such folder.
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

/// The right to write to a folder, which one process at a time can hold: a lock of the operating system on a file in
/// the folder.
///
/// The file is removed when the lock is released. The file of a killed process locks nothing, and the next process
/// removes it. Where the file system has no locks, none is taken.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    /// Locked as long as it is open.
    _file: File,
}

impl FolderLock {
    /// Makes the folder, checks that files can be written there, and locks it; `None` if another process holds the
    /// lock.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn take(folder: &Path) -> io::Result<Option<Self>> {
        std::fs::create_dir_all(folder)?;
        tempfile::tempfile_in(folder)?;
        let path = folder.join(LOCK);
        loop {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                return Ok(None);
            }
            // The process that held the lock may have removed the file after it was opened here: a lock on it would
            // lock nothing.
            if is_file_at(&file, &path)? {
                return Ok(Some(Self { path, _file: file }));
            }
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Removed while it is locked and so belongs to this process. A file that stays behind locks nothing.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether an open file is the file at a path.
#[cfg(unix)]
fn is_file_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let open = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(found) => Ok((open.dev(), open.ino()) == (found.dev(), found.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// On other systems the name of an open file cannot pass to another file.
#[cfg(not(unix))]
fn is_file_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
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
        assert!(FolderLock::take(&path).is_err());
    }

    /// One lock at a time, by whatever path the folder is named; no file stays behind; the file of a killed process
    /// does not block the next one.
    #[test]
    fn a_folder_is_locked_until_the_lock_is_given_up() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        let lock = FolderLock::take(&folder).unwrap().unwrap();
        assert!(FolderLock::take(&folder).unwrap().is_none());
        assert!(FolderLock::take(&parent.path().join("a/./b/../b")).unwrap().is_none());
        assert!(FolderLock::take(&parent.path().join("a")).unwrap().is_some());
        drop(lock);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        std::fs::write(folder.join(LOCK), "").unwrap();
        drop(FolderLock::take(&folder).unwrap().unwrap());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    }

    /// Many threads take and release the lock of one folder, and never two hold it.
    #[test]
    fn never_two_have_the_lock() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let folder = tempfile::tempdir().unwrap();
        let (holders, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..300 {
                        let Some(lock) = FolderLock::take(folder.path()).unwrap() else { continue };
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        holders.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert!(taken.into_inner() > 100);
    }
}
