//! Opening a store, refusing a damaged one, and the way back.

use std::fs;
use std::io::{self, BufRead};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use environment::Environment;
use store::transfer::{self, TransferError, Transferred};
use store::{Recent, StoreFault, WakeBoard};
use tokio::sync::{mpsc, watch};

use crate::chunks;
use crate::committer::{Committer, Durable, Progress};
use crate::engine::{Shared, Sled};
use crate::folder::{self, OpenFiles, SequenceFile};

/// A page of sled is at most a quarter of this, see [`chunks`].
const SEGMENT_BYTES: usize = 2 * 1_024 * 1_024;
const CACHE_BYTES: u64 = 64 * 1_024 * 1_024;
/// The layout of [`chunks`].
const FORMAT: &[u8] = b"1";
/// How many writes the check for conflicts looks back.
const REMEMBERED_WRITES: usize = 65_536;
/// How many commits may wait before the next must wait to wait.
const QUEUE: usize = 4_096;
/// How often and how long to wait for a lock: sled lets go of it a moment after it was closed.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open.
    #[error(
        "the store in {folder} is in use by another process; stop that one, or let the command reach it through its admin socket"
    )]
    Locked {
        /// The store's folder.
        folder: PathBuf,
    },
    /// It is damaged. Nothing was changed.
    #[error(
        "the store in {folder} is damaged ({detail}) and was not opened; move the folder away, keep it, and bring back the last export with `passport store import`"
    )]
    Damaged {
        /// The store's folder.
        folder: PathBuf,
        /// What gave it away, without any stored value.
        detail: String,
    },
    /// It was written by a version of the program that laid it out otherwise.
    #[error(
        "the store in {folder} has another layout than this version of the program; export it with the version that wrote it and use `passport store import`"
    )]
    UnknownFormat {
        /// The store's folder.
        folder: PathBuf,
    },
    /// The file system failed.
    #[error("the store in {folder} cannot be opened: {source}")]
    File {
        /// The store's folder.
        folder: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

/// Why an import did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// There is something at the target already.
    #[error("{folder} is there already; move it away first")]
    Exists {
        /// The target.
        folder: PathBuf,
    },
    /// The new store could not be made.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The text could not be brought in.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The file system failed.
    #[error("the store could not be put in its place: {0}")]
    File(#[from] io::Error),
}

/// Makes the store in `folder`, which must not exist, from the text of an export. It is whole or not there.
///
/// # Errors
/// The folder exists, the text is damaged, or the file system fails.
pub async fn import_folder(
    folder: &Path,
    environment: &Environment,
    from: &mut (dyn BufRead + Send),
) -> Result<Transferred, ImportError> {
    if folder.exists() {
        return Err(ImportError::Exists { folder: folder.to_owned() });
    }
    let mut staging = folder.as_os_str().to_owned();
    staging.push(".importing");
    let staging = PathBuf::from(staging);
    if staging.exists() {
        // What an interrupted import left; it was never a store.
        fs::remove_dir_all(&staging)?;
    }
    let engine = Sled::open(&staging)?;
    let result = transfer::import(&engine, environment, from).await;
    drop(engine);
    match result {
        Ok(transferred) => {
            fs::rename(&staging, folder)?;
            folder::sync_parent(folder)?;
            Ok(transferred)
        }
        Err(error) => {
            fs::remove_dir_all(&staging)?;
            Err(error.into())
        }
    }
}

pub(crate) fn open(folder: &Path) -> Result<Sled, OpenError> {
    recovered(folder)?.start().map_err(|source| OpenError::File { folder: folder.to_owned(), source })
}

/// A store that was recovered, checked and brought to the disk; nothing works on it yet.
pub(crate) struct Recovered {
    tree: sled::Db,
    pub(crate) files: OpenFiles,
    sequence_file: SequenceFile,
    sequence: u64,
}

pub(crate) fn recovered(folder: &Path) -> Result<Recovered, OpenError> {
    let file_fault = |source| OpenError::File { folder: folder.to_owned(), source };
    if folder::is_absent_or_empty(folder).map_err(file_fault)? {
        create(folder)?;
    }
    let expected = SequenceFile::read(folder).map_err(|error| damaged(folder, error))?;
    let tree = recover(folder)?;
    let sequence = check(folder, &tree, expected)?;
    tree.flush().map_err(|error| sled_fault(folder, error))?;
    folder::sync_tree(folder).map_err(file_fault)?;
    let sequence_file = SequenceFile::create(folder, sequence).map_err(file_fault)?;
    let files = OpenFiles::of(folder).map_err(file_fault)?;
    Ok(Recovered { tree, files, sequence_file, sequence })
}

/// Makes an empty store beside its place and moves it there when all of it is on the disk: sled does not
/// open a folder that it was interrupted in making.
fn create(folder: &Path) -> Result<(), OpenError> {
    let file_fault = |source| OpenError::File { folder: folder.to_owned(), source };
    let mut unborn = folder.as_os_str().to_owned();
    unborn.push(".new");
    let unborn = PathBuf::from(unborn);
    if unborn.exists() {
        fs::remove_dir_all(&unborn).map_err(file_fault)?;
    }
    folder::create(&unborn).map_err(file_fault)?;
    let tree = recover(&unborn)?;
    check(&unborn, &tree, 0)?;
    tree.flush().map_err(|error| sled_fault(&unborn, error))?;
    drop(tree);
    folder::sync_tree(&unborn).map_err(file_fault)?;
    fs::rename(&unborn, folder).map_err(file_fault)?;
    folder::sync_parent(folder).map_err(file_fault)
}

/// Lets sled recover, waiting a moment for a lock that is being given up.
fn recover(folder: &Path) -> Result<sled::Db, OpenError> {
    let mut tries = 0_u32;
    loop {
        let file_fault = |source| OpenError::File { folder: folder.to_owned(), source };
        if !folder::remove_unfinished_snapshots(folder).map_err(file_fault)? {
            pause(folder, &mut tries)?;
            continue;
        }
        let config = sled::Config::new()
            .path(folder)
            .segment_size(SEGMENT_BYTES)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None);
        // sled asserts some of what it reads from the disk.
        let result = catch_unwind(AssertUnwindSafe(|| config.open()));
        match result {
            Ok(Ok(tree)) => return Ok(tree),
            Ok(Err(sled::Error::Io(error))) if error.to_string().contains("could not acquire lock") => {
                pause(folder, &mut tries)?;
            }
            Ok(Err(error)) => return Err(sled_fault(folder, error)),
            Err(_) => return Err(damaged(folder, "sled gave up while recovering")),
        }
    }
}

fn pause(folder: &Path, tries: &mut u32) -> Result<(), OpenError> {
    if *tries >= LOCK_TRIES {
        return Err(OpenError::Locked { folder: folder.to_owned() });
    }
    *tries = tries.saturating_add(1);
    std::thread::sleep(LOCK_PAUSE);
    Ok(())
}

/// Checks layout and sequence; a new store gets both.
fn check(folder: &Path, tree: &sled::Db, expected: u64) -> Result<u64, OpenError> {
    let note = |key: &[u8]| tree.get(key).map_err(|error| sled_fault(folder, error));
    match note(chunks::FORMAT_KEY)? {
        Some(format) if format == FORMAT => {}
        Some(_) => return Err(OpenError::UnknownFormat { folder: folder.to_owned() }),
        None if expected > 0 || !tree.is_empty() => {
            return Err(damaged(folder, "what was written is gone"));
        }
        None => {
            let mut batch = sled::Batch::default();
            batch.insert(chunks::FORMAT_KEY, FORMAT);
            batch.insert(chunks::SEQUENCE_KEY, &1_u64.to_be_bytes());
            tree.apply_batch(batch).map_err(|error| sled_fault(folder, error))?;
        }
    }
    let sequence = note(chunks::SEQUENCE_KEY)?
        .and_then(|bytes| <[u8; 8]>::try_from(bytes.as_ref()).ok())
        .map(u64::from_be_bytes)
        .ok_or_else(|| damaged(folder, "its sequence number is gone"))?;
    if sequence < expected {
        return Err(damaged(folder, format!("batch {expected} was durable, only {sequence} can be read")));
    }
    Ok(sequence)
}

impl Recovered {
    /// Lets the committer work on it.
    pub(crate) fn start(self) -> io::Result<Sled> {
        let Self { tree, files, sequence_file, sequence } = self;
        let progress = Arc::new(Progress {
            recent: Mutex::new(Recent::new(REMEMBERED_WRITES)),
            applied: AtomicU64::new(0),
            durable: watch::Sender::new(Durable::UpTo(0)),
            gate: Arc::new(tokio::sync::Mutex::new(())),
            first: OnceLock::new(),
        });
        let wakes = WakeBoard::new();
        let (commits, waiting) = mpsc::channel(QUEUE);
        let committer = Committer {
            tree: tree.clone(),
            files,
            sequence_file,
            sequence,
            progress: Arc::clone(&progress),
            wakes: wakes.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("store-committer".to_owned())
            .spawn(move || committer.run(waiting))?;
        let committer = Mutex::new(Some(thread));
        Ok(Sled { shared: Arc::new(Shared { tree, progress, wakes, commits: Some(commits), committer }) })
    }
}

fn sled_fault(folder: &Path, error: sled::Error) -> OpenError {
    match error {
        sled::Error::Io(source) => OpenError::File { folder: folder.to_owned(), source },
        other => damaged(folder, other),
    }
}

fn damaged(folder: &Path, detail: impl std::fmt::Display) -> OpenError {
    OpenError::Damaged { folder: folder.to_owned(), detail: detail.to_string() }
}

impl From<OpenError> for StoreFault {
    fn from(error: OpenError) -> Self {
        Self::unavailable(error)
    }
}
