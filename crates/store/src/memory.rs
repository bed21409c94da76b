//! An engine that keeps everything in memory and nothing after the process ends.
//!
//! For tests, and the reference the other engines are compared with: it starts, conflicts and commits exactly
//! like them. It can also be told to lose a connection while committing, which they cannot.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::engine::{BoxFuture, CommitId, Engine, EngineTx, Entries, Mode, WakeBoard, Wakes, WriteSet};
use crate::fault::StoreFault;
use crate::key::{Direction, KeyRange};
use crate::recent::{Reads, Recent};

/// How a commit is to be interrupted, see [`Memory::interrupt_next_commit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The connection is lost before the writes are made.
    BeforeWriting,
    /// The connection is lost after the writes were made.
    AfterWriting,
}

/// The engine in memory; clones share their content.
#[derive(Clone, Debug)]
pub struct Memory {
    shared: Arc<Mutex<State>>,
    wakes: WakeBoard,
}

#[derive(Debug)]
struct State {
    entries: Arc<BTreeMap<Vec<u8>, Vec<u8>>>,
    recent: Recent,
    interruption: Option<Interruption>,
}

impl Memory {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        let state =
            State { entries: Arc::new(BTreeMap::new()), recent: Recent::new(10_000), interruption: None };
        Self { shared: Arc::new(Mutex::new(state)), wakes: WakeBoard::new() }
    }

    /// Makes the next commit with writes end in [`StoreFault::OutcomeUnknown`].
    pub fn interrupt_next_commit(&self, interruption: Interruption) {
        lock(&self.shared).interruption = Some(interruption);
    }

    /// All stored entries, for tests that look for traces of a value.
    #[must_use]
    pub fn entries(&self) -> Entries {
        let entries = Arc::clone(&lock(&self.shared).entries);
        entries.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Overwrites one stored value without any check, for tests of damaged records.
    pub fn dangerous_overwrite(&self, key: &[u8], value: Vec<u8>) {
        Arc::make_mut(&mut lock(&self.shared).entries).insert(key.to_vec(), value);
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for Memory {
    fn begin(&self, mode: Mode) -> BoxFuture<'_, Result<Box<dyn EngineTx>, StoreFault>> {
        let state = lock(&self.shared);
        let start = state.recent.last();
        let snapshot = (mode == Mode::Snapshot).then(|| Arc::clone(&state.entries));
        drop(state);
        let transaction = Transaction { engine: self.clone(), start, snapshot, reads: Reads::default() };
        Box::pin(async move { Ok(Box::new(transaction) as Box<dyn EngineTx>) })
    }

    fn wakes(&self) -> Wakes {
        self.wakes.listen()
    }
}

struct Transaction {
    engine: Memory,
    start: u64,
    snapshot: Option<Arc<BTreeMap<Vec<u8>, Vec<u8>>>>,
    reads: Reads,
}

impl Transaction {
    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        if let Some(entries) = &self.snapshot {
            return Ok(entries.get(key).cloned());
        }
        self.reads.keys.push(key.to_vec());
        let state = lock(&self.engine.shared);
        if state.recent.key_changed_since(self.start, key) {
            return Err(StoreFault::Conflict);
        }
        Ok(state.entries.get(key).cloned())
    }

    fn read_range(
        &mut self,
        range: &KeyRange,
        limit: usize,
        direction: Direction,
    ) -> Result<Entries, StoreFault> {
        if let Some(entries) = &self.snapshot {
            return Ok(select(entries, range, limit, direction));
        }
        let state = lock(&self.engine.shared);
        let found = select(&state.entries, range, limit, direction);
        let last = found.last().filter(|_| found.len() >= limit);
        let covered = range.covered(last.map(|(key, _)| key.as_slice()), direction);
        let changed = state.recent.range_changed_since(self.start, &covered);
        drop(state);
        self.reads.ranges.push(covered);
        if changed { Err(StoreFault::Conflict) } else { Ok(found) }
    }

    fn write(self, set: WriteSet) -> Result<CommitId, StoreFault> {
        if set.writes.is_empty() || self.snapshot.is_some() {
            return Ok(set.id);
        }
        let mut state = lock(&self.engine.shared);
        if state.recent.changed_since(self.start, &self.reads) {
            return Err(StoreFault::Conflict);
        }
        let interruption = state.interruption.take();
        if interruption == Some(Interruption::BeforeWriting) {
            return Err(StoreFault::OutcomeUnknown);
        }
        state.recent.record(set.writes.keys().map(Vec::as_slice));
        let entries = Arc::make_mut(&mut state.entries);
        for (key, value) in set.writes {
            match value {
                Some(value) => entries.insert(key, value),
                None => entries.remove(&key),
            };
        }
        drop(state);
        self.engine.wakes.announce(set.wakes);
        if interruption.is_some() { Err(StoreFault::OutcomeUnknown) } else { Ok(set.id) }
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
        // The work is done when the future is polled, so a dropped commit changes nothing.
        Box::pin(async move { self.write(writes) })
    }
}

fn select(
    entries: &BTreeMap<Vec<u8>, Vec<u8>>,
    range: &KeyRange,
    limit: usize,
    direction: Direction,
) -> Entries {
    let Some(bounds) = range.bounds() else { return Vec::new() };
    let copy = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
    let found = entries.range::<[u8], _>(bounds);
    match direction {
        Direction::Ascending => found.take(limit).map(copy).collect(),
        Direction::Descending => found.rev().take(limit).map(copy).collect(),
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
