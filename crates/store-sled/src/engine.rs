//! The engine and its transactions.

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use store::{
    BoxFuture, CommitId, Direction, Engine, EngineTx, Entries, KeyRange, Mode, Reads, StoreFault, WakeBoard,
    Wakes, WriteSet,
};
use tokio::sync::{OwnedMutexGuard, mpsc, oneshot};

use crate::chunks;
use crate::committer::{self, Durable, First, Progress, Waiting};
use crate::open::{self, OpenError};

/// The store of one party in a folder of its own. Clones are the same store; when the last is gone, it is
/// closed.
#[derive(Clone, Debug)]
pub struct Sled {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) tree: sled::Db,
    pub(crate) progress: Arc<Progress>,
    pub(crate) wakes: WakeBoard,
    /// Taken away to end the committer.
    pub(crate) commits: Option<mpsc::Sender<Waiting>>,
    pub(crate) committer: Mutex<Option<JoinHandle<()>>>,
}

impl Sled {
    /// Opens the store in `folder`, or makes one.
    ///
    /// # Errors
    /// Another process has it open, it is damaged, or the file system fails.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        open::open(folder)
    }

    /// Calls `bring` before every group of commits is written: it brings to the disk what they build upon, such as the keys
    /// under which their values are sealed. When it fails the store stops, as when its own writing fails. The first call of
    /// this counts.
    pub fn first(&self, bring: impl Fn() -> io::Result<()> + Send + Sync + 'static) {
        let _ = self.shared.progress.first.set(First(Box::new(bring)));
    }

    /// Bytes on the disk.
    ///
    /// # Errors
    /// The file system does not say.
    pub fn size_on_disk(&self) -> Result<u64, StoreFault> {
        self.shared.tree.size_on_disk().map_err(StoreFault::unavailable)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Without senders the committer finishes what waits, notes its sequence and ends.
        self.commits = None;
        let committer = self.committer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(committer) = committer {
            let _ = committer.join();
        }
    }
}

impl Engine for Sled {
    fn begin(&self, mode: Mode) -> BoxFuture<'_, Result<Box<dyn EngineTx>, StoreFault>> {
        Box::pin(async move {
            let gate = match mode {
                Mode::Snapshot => Some(Arc::clone(&self.shared.progress.gate).lock_owned().await),
                Mode::Read | Mode::Write => None,
            };
            if *self.shared.progress.durable.borrow() == Durable::Failed {
                return Err(committer::failed());
            }
            let start = self.shared.progress.applied.load(Ordering::SeqCst);
            let reads = Reads::default();
            let transaction = Transaction { shared: Arc::clone(&self.shared), start, reads, mode, gate };
            Ok(Box::new(transaction) as Box<dyn EngineTx>)
        })
    }

    fn wakes(&self) -> Wakes {
        self.shared.wakes.listen()
    }

    fn outcome_can_be_unknown(&self) -> bool {
        // When writing fails the engine stops for good, so there is never anybody to look for a marker.
        false
    }
}

struct Transaction {
    shared: Arc<Shared>,
    start: u64,
    reads: Reads,
    mode: Mode,
    gate: Option<OwnedMutexGuard<()>>,
}

impl Transaction {
    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        if self.mode == Mode::Write {
            self.reads.keys.push(key.to_vec());
        }
        let tree = &self.shared.tree;
        let head = tree.get(chunks::head_key(key)).map_err(fault)?;
        let value = head.map(|head| chunks::assemble(tree, key, &head)).transpose();
        // First read, then ask whether it was new: the other way round a write could slip in between.
        if self.shared.progress.recent().key_changed_since(self.start, key) {
            return Err(StoreFault::Conflict);
        }
        value
    }

    fn read_range(
        &mut self,
        range: &KeyRange,
        limit: usize,
        direction: Direction,
    ) -> Result<Entries, StoreFault> {
        let found = self.select(range, limit, direction);
        let last = found.as_ref().ok().and_then(|found| found.last().filter(|_| found.len() >= limit));
        let covered = range.covered(last.map(|(key, _)| key.as_slice()), direction);
        let changed = self.shared.progress.recent().range_changed_since(self.start, &covered);
        if self.mode == Mode::Write {
            self.reads.ranges.push(covered);
        }
        if changed { Err(StoreFault::Conflict) } else { found }
    }

    fn select(&self, range: &KeyRange, limit: usize, direction: Direction) -> Result<Entries, StoreFault> {
        let tree = &self.shared.tree;
        let heads = chunks::head_range(range);
        let Some(bounds) = heads.bounds() else { return Ok(Entries::new()) };
        let mut iterator = tree.range::<&[u8], _>(bounds);
        let mut found = Entries::new();
        while found.len() < limit {
            let next = match direction {
                Direction::Ascending => iterator.next(),
                Direction::Descending => iterator.next_back(),
            };
            let Some(entry) = next else { break };
            let (head_key, head) = entry.map_err(fault)?;
            let key = chunks::logical_key(&head_key).to_vec();
            let value = chunks::assemble(tree, &key, &head)?;
            found.push((key, value));
        }
        Ok(found)
    }

    async fn settle(self, writes: WriteSet) -> Result<CommitId, StoreFault> {
        let Self { shared, start, reads, mode, gate } = self;
        drop(gate);
        if writes.writes.is_empty() {
            let mut durable = shared.progress.durable.subscribe();
            let reached = |state: &Durable| match state {
                Durable::UpTo(number) => *number >= start,
                Durable::Failed => true,
            };
            let state = durable.wait_for(reached).await.map(|state| *state);
            return match state {
                Ok(Durable::UpTo(_)) => Ok(writes.id),
                _ => Err(committer::failed()),
            };
        }
        if mode != Mode::Write {
            return Err(StoreFault::unavailable("a transaction that only reads cannot write"));
        }
        let (answer, answered) = oneshot::channel();
        let commits = shared.commits.as_ref().ok_or_else(committer::failed)?;
        let waiting = Waiting { start, reads, writes, answer };
        commits.send(waiting).await.map_err(|_| committer::failed())?;
        answered.await.unwrap_or(Err(StoreFault::OutcomeUnknown))
    }
}

impl EngineTx for Transaction {
    fn get<'a>(&'a mut self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreFault>> {
        let found = self.read(key);
        Box::pin(async move { found })
    }

    fn scan<'a>(
        &'a mut self,
        range: &'a KeyRange,
        limit: usize,
        direction: Direction,
    ) -> BoxFuture<'a, Result<Entries, StoreFault>> {
        let found = self.read_range(range, limit, direction);
        Box::pin(async move { found })
    }

    fn commit(self: Box<Self>, writes: WriteSet) -> BoxFuture<'static, Result<CommitId, StoreFault>> {
        Box::pin(self.settle(writes))
    }
}

pub(crate) fn fault(error: sled::Error) -> StoreFault {
    match error {
        sled::Error::Corruption { .. } => StoreFault::Corrupt { detail: "sled says so".to_owned() },
        other => StoreFault::unavailable(other),
    }
}
