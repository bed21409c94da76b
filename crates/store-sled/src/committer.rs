//! The one thread that writes: group commit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, io};

use sled::Batch;
use store::{CommitId, Reads, Recent, StoreFault, WakeBoard, WriteSet};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{error, warn};

use crate::folder::{OpenFiles, SequenceFile};
use crate::{chunks, engine};

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
    /// What must be on the disk before a commit is, if anything.
    pub(crate) first: OnceLock<First>,
}

/// Brings to the disk what commits build upon.
pub(crate) struct First(pub(crate) Box<dyn Fn() -> io::Result<()> + Send + Sync>);

impl fmt::Debug for First {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("First")
    }
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
    pub(crate) files: OpenFiles,
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

    fn note_sequence(&mut self) {
        if let Err(error) = self.sequence_file.note(self.sequence) {
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
        if accepted.is_empty() {
            return;
        }
        match self.prepare(&accepted) {
            Ok(batch) => {
                let written = self.write(batch, last);
                drop(gate);
                self.answer(accepted, written);
            }
            Err(error) => give_up(&self.progress, accepted, last, error),
        }
    }

    fn answer(&self, accepted: Vec<Waiting>, written: Result<(), WriteError>) {
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

    /// What the commits write, as one batch. Only reads.
    fn prepare(&self, accepted: &[Waiting]) -> Result<Batch, sled::Error> {
        let mut merged: BTreeMap<&[u8], Option<&[u8]>> = BTreeMap::new();
        for waiting in accepted {
            let writes = waiting.writes.writes.iter();
            merged.extend(writes.map(|(key, value)| (key.as_slice(), value.as_deref())));
        }
        let mut batch = Batch::default();
        for (key, value) in merged {
            chunks::write(&mut batch, &self.tree, key, value)?;
        }
        Ok(batch)
    }

    /// Applies a batch and brings it to the disk.
    ///
    /// After an error here the store is not used until it was opened again. sled may hold half the batch in memory; and
    /// when an fsync fails, the kernel marks the pages that it could not write as clean: the next fsync succeeds
    /// without writing them ("fsyncgate", PostgreSQL 2018), so trying again would call lost changes durable.
    fn write(&mut self, mut batch: Batch, last: u64) -> Result<(), WriteError> {
        if let Some(First(bring)) = self.progress.first.get() {
            bring()?;
        }
        let sequence = self.sequence.saturating_add(1);
        batch.insert(chunks::SEQUENCE_KEY, &sequence.to_be_bytes());
        self.tree.apply_batch(batch)?;
        self.progress.applied.store(last, Ordering::SeqCst);
        self.tree.flush()?;
        self.files.sync()?;
        self.sequence = sequence;
        self.progress.durable.send_replace(Durable::UpTo(last));
        Ok(())
    }
}

/// Nothing of these commits was written: they fail, and the store goes on as if they had written nothing.
fn give_up(progress: &Progress, accepted: Vec<Waiting>, last: u64, error: sled::Error) {
    warn!(%error, "a change could not be prepared; nothing of it was written");
    // Their keys are remembered as written by the commit `last`: transactions that start now have seen it.
    progress.applied.store(last, Ordering::SeqCst);
    progress.durable.send_replace(Durable::UpTo(last));
    let fault = engine::fault(error);
    for waiting in accepted {
        let _ = waiting.answer.send(Err(fault.clone()));
    }
}

/// sled or the file system failed while writing.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Sled(#[from] sled::Error),
    #[error(transparent)]
    File(#[from] io::Error),
}

pub(crate) fn failed() -> StoreFault {
    StoreFault::unavailable("writing to the disk failed; start the server again to see what was kept")
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::atomic::AtomicU32;

    use environment::Environment;
    use store::{Engine, Mode, Store, WriteSet};
    use tempfile::TempDir;

    use super::*;
    use crate::{Sled, open};

    async fn put(engine: &Sled, key: &[u8]) -> Result<CommitId, StoreFault> {
        let mut transaction = engine.begin(Mode::Write).await?;
        transaction.get(key).await?;
        let writes = BTreeMap::from([(key.to_vec(), Some(b"value".to_vec()))]);
        let id = CommitId::from_bytes([0; 16]);
        transaction.commit(WriteSet { id, writes, wakes: vec![] }).await
    }

    async fn get(engine: &Sled, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        engine.begin(Mode::Read).await?.get(key).await
    }

    #[tokio::test]
    async fn a_failed_fsync_stops_the_store_for_good() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path().join("store");
        // A device without a disk: fsync fails on it (EINVAL).
        let device = File::open("/dev/null").unwrap();
        let mut recovered = open::recovered(&folder).unwrap();
        recovered.files = recovered.files.with_database(device);
        let engine = recovered.start().unwrap();
        assert_eq!(put(&engine, b"a").await, Err(StoreFault::OutcomeUnknown));
        for _ in 0..2 {
            assert_eq!(put(&engine, b"b").await, Err(failed()));
            assert_eq!(get(&engine, b"a").await, Err(failed()));
        }
        let store = Store::new(Arc::new(engine), Environment::system());
        assert_eq!(store.try_writing().await, Err(failed()));
        drop(store);
        let engine = Sled::open(&folder).unwrap();
        put(&engine, b"b").await.unwrap();
    }

    #[tokio::test]
    async fn what_commits_build_upon_is_on_the_disk_before_they_are() {
        let folder = TempDir::new().unwrap();
        let engine = Sled::open(&folder.path().join("store")).unwrap();
        let (seen, tree) = (Arc::new(AtomicU32::new(0)), engine.shared.tree.clone());
        let counted = Arc::clone(&seen);
        engine.first(move || {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            // Nothing of the commit is there yet, in memory neither.
            assert!(tree.get(chunks::head_key(format!("{number}").as_bytes())).unwrap().is_none());
            Ok(())
        });
        for number in 0..3 {
            put(&engine, format!("{number}").as_bytes()).await.unwrap();
        }
        assert_eq!(seen.load(Ordering::SeqCst), 3);
        get(&engine, b"0").await.unwrap();
        assert_eq!(seen.load(Ordering::SeqCst), 3, "reading builds upon nothing new");
    }

    #[tokio::test]
    async fn a_commit_whose_ground_did_not_get_to_the_disk_stops_the_store() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path().join("store");
        let engine = Sled::open(&folder).unwrap();
        put(&engine, b"a").await.unwrap();
        engine.first(|| Err(io::Error::from_raw_os_error(rustix::io::Errno::IO.raw_os_error())));
        assert_eq!(put(&engine, b"b").await, Err(StoreFault::OutcomeUnknown));
        assert_eq!(put(&engine, b"c").await, Err(failed()));
        drop(engine);
        let engine = Sled::open(&folder).unwrap();
        assert_eq!(get(&engine, b"a").await.unwrap(), Some(b"value".to_vec()));
        assert_eq!(get(&engine, b"b").await.unwrap(), None);
    }

    #[tokio::test]
    async fn commits_that_could_not_be_prepared_fail_alone_and_leave_their_keys_usable() {
        let folder = TempDir::new().unwrap();
        let engine = Sled::open(&folder.path().join("store")).unwrap();
        put(&engine, b"a").await.unwrap();
        let progress = Arc::clone(&engine.shared.progress);
        let (answer, answered) = oneshot::channel();
        let writes = BTreeMap::from([(b"a".to_vec(), None), (b"b".to_vec(), Some(b"value".to_vec()))]);
        let writes = WriteSet { id: CommitId::from_bytes([1; 16]), writes, wakes: vec![] };
        let start = progress.applied.load(Ordering::SeqCst);
        let waiting = Waiting { start, reads: Reads::default(), writes, answer };
        let last = progress.recent().record(waiting.writes.writes.keys().map(Vec::as_slice));
        let missing = io::Error::from_raw_os_error(rustix::io::Errno::MFILE.raw_os_error());
        give_up(&progress, vec![waiting], last, missing.into());
        assert!(matches!(answered.await.unwrap(), Err(StoreFault::Unavailable { .. })));
        assert_eq!(get(&engine, b"a").await.unwrap(), Some(b"value".to_vec()));
        assert_eq!(get(&engine, b"b").await.unwrap(), None);
        // One that only reads what they had wanted to write waits for nothing.
        let mut reading = engine.begin(Mode::Read).await.unwrap();
        reading.get(b"b").await.unwrap();
        reading.commit(WriteSet::empty(CommitId::from_bytes([2; 16]))).await.unwrap();
        put(&engine, b"b").await.unwrap();
    }
}
