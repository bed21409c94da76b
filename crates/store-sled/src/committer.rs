//! The one thread that writes: group commit.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sled::Batch;
use store::{CommitId, Reads, Recent, StoreFault, WakeBoard, WriteSet};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{error, warn};

use crate::chunks;
use crate::folder::{self, SequenceFile};

/// The most commits that share one fsync.
const LARGEST_GROUP: usize = 512;
/// How often the number in the file `sequence` is brought up to date while there are writes.
const SEQUENCE_EVERY: Duration = Duration::from_secs(5);

/// A commit that waits.
pub(crate) struct Waiting {
    pub(crate) start: u64,
    pub(crate) reads: Reads,
    pub(crate) writes: WriteSet,
    pub(crate) answer: oneshot::Sender<Result<CommitId, StoreFault>>,
}

/// What readers and the committer share.
#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) recent: Mutex<Recent>,
    /// The last commit that sled has applied.
    pub(crate) applied: AtomicU64,
    /// The last commit that is on the disk.
    pub(crate) durable: watch::Sender<Durable>,
    /// Held by a group while it is written, and by a snapshot while it is read.
    pub(crate) gate: Arc<tokio::sync::Mutex<()>>,
}

/// How far the disk has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durable {
    UpTo(u64),
    /// Writing failed. What of it reached the disk is unknown until the store is opened again.
    Failed,
}

impl Progress {
    pub(crate) fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of the committer thread.
pub(crate) struct Committer {
    pub(crate) tree: sled::Db,
    /// Our own descriptor of sled's file.
    pub(crate) file: File,
    pub(crate) blobs: PathBuf,
    pub(crate) sequence_file: SequenceFile,
    /// The number of the last batch on the disk.
    pub(crate) sequence: u64,
    pub(crate) progress: Arc<Progress>,
    pub(crate) wakes: WakeBoard,
}

impl Committer {
    /// Works until nobody can send commits any more.
    pub(crate) fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        let mut noted = Instant::now();
        while let Some(first) = waiting.blocking_recv() {
            let mut group = vec![first];
            while group.len() < LARGEST_GROUP
                && let Ok(next) = waiting.try_recv()
            {
                group.push(next);
            }
            self.commit(group);
            if noted.elapsed() > SEQUENCE_EVERY {
                self.note_sequence();
                noted = Instant::now();
            }
        }
        if *self.progress.durable.borrow() != Durable::Failed {
            self.note_sequence();
        }
    }

    fn note_sequence(&self) {
        if let Err(error) = self.sequence_file.write(self.sequence) {
            if error.kind() == std::io::ErrorKind::NotFound {
                // The whole folder was removed while the store was open: there is nothing left to guard.
                tracing::debug!("the store's folder is gone");
                return;
            }
            warn!(%error, "the file `sequence` could not be written; lost writes may go unnoticed");
        }
    }

    fn commit(&mut self, group: Vec<Waiting>) {
        if *self.progress.durable.borrow() == Durable::Failed {
            for waiting in group {
                let _ = waiting.answer.send(Err(failed()));
            }
            return;
        }
        let progress = Arc::clone(&self.progress);
        let gate = progress.gate.blocking_lock();
        let (accepted, last) = self.admit(group);
        let written = self.write(&accepted, last);
        drop(gate);
        match written {
            Ok(()) => {
                for waiting in accepted {
                    self.wakes.announce(waiting.writes.wakes);
                    // An error only says that the caller has gone.
                    let _ = waiting.answer.send(Ok(waiting.writes.id));
                }
            }
            Err(error) => {
                error!(%error, "writing failed; the store stops until it is opened again");
                self.progress.durable.send_replace(Durable::Failed);
                for waiting in accepted {
                    let _ = waiting.answer.send(Err(StoreFault::OutcomeUnknown));
                }
            }
        }
    }

    /// Those whose reads nobody has changed, in their order; the others hear of a conflict at once.
    fn admit(&self, group: Vec<Waiting>) -> (Vec<Waiting>, u64) {
        let mut recent = self.progress.recent();
        let mut accepted = Vec::with_capacity(group.len());
        for waiting in group {
            if recent.changed_since(waiting.start, &waiting.reads) {
                let _ = waiting.answer.send(Err(StoreFault::Conflict));
                continue;
            }
            // Recorded before sled shows any of it, so that no reader mistakes it for old.
            recent.record(waiting.writes.writes.keys().map(Vec::as_slice));
            accepted.push(waiting);
        }
        (accepted, recent.last())
    }

    fn write(&mut self, accepted: &[Waiting], last: u64) -> Result<(), WriteError> {
        if accepted.is_empty() {
            return Ok(());
        }
        let mut merged: BTreeMap<&[u8], Option<&[u8]>> = BTreeMap::new();
        for waiting in accepted {
            let writes = waiting.writes.writes.iter();
            merged.extend(writes.map(|(key, value)| (key.as_slice(), value.as_deref())));
        }
        let sequence = self.sequence.saturating_add(1);
        let mut batch = Batch::default();
        for (key, value) in merged {
            chunks::write(&mut batch, &self.tree, key, value)?;
        }
        batch.insert(chunks::SEQUENCE_KEY, &sequence.to_be_bytes());
        self.tree.apply_batch(batch)?;
        self.progress.applied.store(last, Ordering::SeqCst);
        self.tree.flush()?;
        self.file.sync_all()?;
        // Chunked values keep this folder empty; should sled put something there, it goes to the disk too.
        if std::fs::read_dir(&self.blobs)?.next().is_some() {
            folder::sync_files(&self.blobs)?;
        }
        self.sequence = sequence;
        self.progress.durable.send_replace(Durable::UpTo(last));
        Ok(())
    }
}

/// sled or the file system failed while writing.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Sled(#[from] sled::Error),
    #[error(transparent)]
    File(#[from] std::io::Error),
}

pub(crate) fn failed() -> StoreFault {
    StoreFault::unavailable("writing to the disk failed; start the server again to see what was kept")
}
