//! The files of a store's folder and their way to the disk.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::Dir;

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

/// What a commit needs of the file system, open for as long as the store is: a commit opens nothing, for a server in a
/// flood of connections may have no descriptor left.
pub(crate) struct OpenFiles {
    /// Our own descriptor of sled's file, for the fsync that sled leaves out.
    database: File,
    /// The folder in which sled keeps values that are too large for it.
    blobs: Dir,
    blobs_path: PathBuf,
}

impl OpenFiles {
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let blobs_path = folder.join("blobs");
        let blobs = Dir::new(File::open(&blobs_path)?)?;
        Ok(Self { database: File::open(folder.join("db"))?, blobs, blobs_path })
    }

    /// Brings what sled has written to the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.database.sync_all()?;
        // Chunked values keep this folder empty; should sled put something there, it goes to the disk too. sled needed
        // a descriptor of its own for that.
        if self.has_blobs()? { sync_files(&self.blobs_path) } else { Ok(()) }
    }

    fn has_blobs(&mut self) -> io::Result<bool> {
        self.blobs.rewind();
        while let Some(entry) = self.blobs.read() {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// These files with another in the place of sled's, for tests of disks that fail.
    #[cfg(test)]
    pub(crate) fn with_database(self, database: File) -> Self {
        Self { database, ..self }
    }
}

/// The file that says up to which batch everything is known to be durable.
///
/// It holds the number in two places that are written in turn, so that a power cut while one is written leaves the other.
/// A place holds the number twice: one that was torn shows two numbers and does not count.
#[derive(Debug)]
pub(crate) struct SequenceFile {
    file: File,
    /// Where the next number goes.
    place: u64,
}

/// How far apart the two places are: the largest block that disks write at once.
const PLACE_BYTES: usize = 4_096;

impl SequenceFile {
    fn path(folder: &Path) -> PathBuf {
        folder.join("sequence")
    }

    /// The number, 0 when there is no file yet.
    pub(crate) fn read(folder: &Path) -> io::Result<u64> {
        let bytes = match fs::read(Self::path(folder)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let numbers = bytes.chunks(PLACE_BYTES).filter_map(number_in);
        numbers.max().ok_or_else(|| io::Error::other("the file `sequence` holds no number"))
    }

    /// Makes the file with this number, whole or not at all, and leaves it open.
    pub(crate) fn create(folder: &Path, number: u64) -> io::Result<Self> {
        let path = Self::path(folder);
        let next = folder.join("sequence.next");
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&next)?;
        let mut content = place_with(number);
        content.resize(PLACE_BYTES, 0);
        content.extend(place_with(number));
        file.write_all(&content)?;
        file.sync_all()?;
        fs::rename(&next, &path)?;
        sync_parent(&path)?;
        Ok(Self { file, place: 0 })
    }

    /// Notes a later number.
    pub(crate) fn note(&mut self, number: u64) -> io::Result<()> {
        self.file.write_all_at(&place_with(number), self.place)?;
        self.file.sync_all()?;
        self.place = if self.place == 0 { PLACE_BYTES as u64 } else { 0 };
        Ok(())
    }
}

fn place_with(number: u64) -> Vec<u8> {
    format!("{number:020} {number:020}\n").into_bytes()
}

/// The number in a place, if it is whole. Earlier versions wrote it once, in a file that was replaced.
fn number_in(place: &[u8]) -> Option<u64> {
    let line = place.split(|byte| *byte == b'\n').next()?;
    let text = std::str::from_utf8(line).ok()?;
    let (first, second) = text.split_once(' ').unwrap_or((text, text));
    if first == second { first.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, content: &[u8]) -> io::Result<u64> {
        fs::write(SequenceFile::path(folder), content).unwrap();
        SequenceFile::read(folder)
    }

    #[test]
    fn the_last_number_noted_is_read() {
        let folder = tempfile::TempDir::new().unwrap();
        assert_eq!(SequenceFile::read(folder.path()).unwrap(), 0);
        let mut file = SequenceFile::create(folder.path(), 7).unwrap();
        assert_eq!(SequenceFile::read(folder.path()).unwrap(), 7);
        for number in [8, 9, 1_000] {
            file.note(number).unwrap();
            assert_eq!(SequenceFile::read(folder.path()).unwrap(), number);
        }
        assert_eq!(SequenceFile::read(folder.path()).unwrap(), 1_000);
    }

    #[test]
    fn wherever_a_power_cut_tears_a_note_the_number_before_or_the_new_one_is_read() {
        let folder = tempfile::TempDir::new().unwrap();
        let mut file = SequenceFile::create(folder.path(), 198).unwrap();
        file.note(199).unwrap();
        let before = fs::read(SequenceFile::path(folder.path())).unwrap();
        // 900 leaves digits that, torn into 198, would make a larger number than either.
        file.note(900).unwrap();
        let after = fs::read(SequenceFile::path(folder.path())).unwrap();
        for cut in (0..=64).chain(PLACE_BYTES..=after.len()) {
            let torn = [&after[..cut], &before[cut..]].concat();
            let found = written(folder.path(), &torn).unwrap();
            assert!([199, 900].contains(&found), "torn at {cut}: {found}");
        }
    }

    #[test]
    fn a_number_that_was_written_once_reads_and_none_does_not() {
        let folder = tempfile::TempDir::new().unwrap();
        assert_eq!(written(folder.path(), b"12\n").unwrap(), 12);
        for content in [&b""[..], b"\n", b"twelve\n", b"12 13\n", b"-1\n", &[0; 8_192]] {
            let refused = written(folder.path(), content).unwrap_err();
            assert_eq!(refused.to_string(), "the file `sequence` holds no number");
        }
    }

    #[test]
    fn a_file_that_sled_puts_beside_its_own_is_noticed() {
        let folder = tempfile::TempDir::new().unwrap();
        fs::create_dir(folder.path().join("blobs")).unwrap();
        fs::write(folder.path().join("db"), "").unwrap();
        let mut files = OpenFiles::of(folder.path()).unwrap();
        assert!(!files.has_blobs().unwrap());
        fs::write(folder.path().join("blobs/4096"), "large").unwrap();
        assert!(files.has_blobs().unwrap());
        files.sync().unwrap();
        fs::remove_file(folder.path().join("blobs/4096")).unwrap();
        assert!(!files.has_blobs().unwrap());
    }
}
