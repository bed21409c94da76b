//! The files of a store's folder and their way to the disk.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Makes the folder, readable by its owner only, if it is not there.
pub(crate) fn create(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Whether a new store can be moved to this place.
pub(crate) fn is_absent_or_empty(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Brings every file of the folder, the folder and its place in the parent to the disk.
pub(crate) fn sync_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            sync_files(&entry.path())?;
        } else if kind.is_file() {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()?;
    sync_parent(folder)
}

/// Brings the files of a folder without folders, and itself, to the disk.
pub(crate) fn sync_files(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        File::open(entry?.path())?.sync_all()?;
    }
    File::open(folder)?.sync_all()
}

/// Removes snapshots of its page table that sled had not finished writing when the power went or the process was
/// killed. sled 0.34.7 writes them as `snap.….generating` but takes these for finished ones when it opens, and
/// then calls the whole store corrupt. A snapshot only saves reading the log again, so nothing is lost with it.
/// `false`: another process has the store open, and nothing was done.
pub(crate) fn remove_unfinished_snapshots(folder: &Path) -> io::Result<bool> {
    let database = match File::open(folder.join("db")) {
        Ok(database) => database,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    // The lock that sled itself takes: a running process may be writing its snapshot just now.
    match database.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(false),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(true)
}

/// Brings the name of a file or folder to the disk.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.canonicalize()?.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// The file that says up to which batch everything is known to be durable.
#[derive(Clone, Debug)]
pub(crate) struct SequenceFile {
    path: PathBuf,
    next: PathBuf,
}

impl SequenceFile {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self { path: folder.join("sequence"), next: folder.join("sequence.next") }
    }

    /// The number, 0 when there is no file yet.
    pub(crate) fn read(&self) -> io::Result<u64> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let number = text.strip_suffix('\n').and_then(|line| line.parse().ok());
        number.ok_or_else(|| io::Error::other("the file `sequence` holds no number"))
    }

    /// Replaces the number, whole or not at all.
    pub(crate) fn write(&self, number: u64) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&self.next)?;
        file.write_all(format!("{number}\n").as_bytes())?;
        file.sync_all()?;
        fs::rename(&self.next, &self.path)?;
        sync_parent(&self.path)
    }
}
