//! The store and its tenants: the one place where changes are tried again, and traced.

use std::sync::Arc;
use std::time::{Duration, Instant};

use environment::Environment;
use tracing::{debug, warn};

use crate::change::{Change, View};
use crate::engine::{CommitId, Engine, Mode, Wakes, WriteSet};
use crate::envelope::{self, Header};
use crate::fault::{Fault, StoreFault};
use crate::jobs::Jobs;
use crate::key::{self, Key, Kind, Range, TenantId};
use crate::lanes::LaneTable;
use crate::reader::Reader;
use crate::record::{Index, Page, Record};
use crate::transaction::Tx;

/// How often a change is tried before its caller hears of a conflict.
const ATTEMPTS: u32 = 20;
/// The longest wait between two attempts.
const LONGEST_WAIT_MICROSECONDS: u64 = 40_000;
/// How long a commit marker is kept: one day.
const MARKER_SECONDS: i64 = 86_400;

/// The store of one party. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Arc<dyn Engine>,
    environment: Environment,
    lanes: LaneTable,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Store")
    }
}

impl Store {
    /// A store on an engine, with the clock by which records expire.
    #[must_use]
    pub fn new(engine: Arc<dyn Engine>, environment: Environment) -> Self {
        Self { shared: Arc::new(Shared { engine, environment, lanes: LaneTable::default() }) }
    }

    /// The part of the store that belongs to a tenant.
    #[must_use]
    pub fn tenant(&self, tenant: &TenantId) -> Tenant {
        Tenant { store: self.clone(), tenant: tenant.clone() }
    }

    /// The engine below, for exports and checks.
    #[must_use]
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.shared.engine
    }

    /// The clock and the randomness of this store.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.shared.environment
    }

    /// Notices of commits by any tenant. They may get lost; after one, read again.
    #[must_use]
    pub fn wakes(&self) -> Wakes {
        self.shared.engine.wakes()
    }

    /// The epoch of this store: 1, and one more each time a backup was brought back. Counters and status
    /// indices that were handed out after the backup are not known any more: leap over them when it changes.
    ///
    /// # Errors
    /// The store cannot answer.
    pub async fn epoch(&self) -> Result<u64, StoreFault> {
        let mut transaction = self.shared.engine.begin(Mode::Read).await?;
        crate::epoch::read(transaction.as_mut()).await
    }

    /// Whether the store takes writes: makes a change durable that leaves nothing behind. For those who look after a
    /// server.
    ///
    /// # Errors
    /// The store takes none.
    pub async fn try_writing(&self) -> Result<(), StoreFault> {
        let transaction = self.shared.engine.begin(Mode::Write).await?;
        let mut set = WriteSet::empty(CommitId::random(self.environment().randomness()));
        // The removal of what is never there goes the whole way to the disk.
        set.writes.insert(key::class_prefix(&TenantId::system(), Kind::Marker, "write-check"), None);
        transaction.commit(set).await.map(|_| ())
    }

    async fn pause_before(&self, attempt: u32) {
        let ceiling = 200_u64.checked_shl(attempt).unwrap_or(u64::MAX).min(LONGEST_WAIT_MICROSECONDS);
        // Anything up to the ceiling, so that those who met once do not meet again.
        let wait = self.environment().randomness().below(ceiling);
        tokio::time::sleep(Duration::from_micros(wait)).await;
    }
}

/// The data of one tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    store: Store,
    tenant: TenantId,
}

/// How one attempt of a change ended.
enum Attempt<C: Change> {
    Done(C::Output),
    Refused(C::Refusal),
    Failed(StoreFault),
    /// The commit was sent and its answer lost.
    Uncertain(CommitId, C::Output),
    /// An earlier attempt, whose answer was lost, had been committed after all.
    Earlier(CommitId),
}

impl Tenant {
    /// Whose data this is.
    #[must_use]
    pub const fn id(&self) -> &TenantId {
        &self.tenant
    }

    /// The store this tenant is part of.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The clock and the randomness of the store.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        self.store.environment()
    }

    /// Makes a change: all of it or nothing, durable when this returns, tried again when others were faster.
    ///
    /// # Errors
    /// The change refused, or the store could not do it.
    pub async fn commit<C: Change>(&self, change: &C) -> Result<C::Output, Fault<C::Refusal>> {
        let started = Instant::now();
        let _lanes = self.store.shared.lanes.enter(&self.tenant, change.lanes()).await;
        let mut attempts = 0_u32;
        let result = self.try_until_settled(change, &mut attempts).await;
        let outcome = match &result {
            Ok(_) => "committed",
            Err(Fault::Refused(_)) => "refused",
            Err(Fault::Store(StoreFault::Conflict)) => "conflict",
            Err(Fault::Store(_)) => "failed",
        };
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        debug!(change = C::NAME, tenant = %self.tenant, outcome, attempts, micros, "change");
        if let Err(Fault::Store(fault)) = &result {
            warn!(change = C::NAME, tenant = %self.tenant, attempts, %fault, "a change was not made");
        }
        result
    }

    async fn try_until_settled<C: Change>(
        &self,
        change: &C,
        attempts: &mut u32,
    ) -> Result<C::Output, Fault<C::Refusal>> {
        let mut uncertain: Vec<(CommitId, C::Output)> = Vec::new();
        let mut last = StoreFault::Conflict;
        while *attempts < ATTEMPTS {
            if *attempts > 0 {
                self.store.pause_before(*attempts).await;
            }
            *attempts = attempts.saturating_add(1);
            let doubtful: Vec<CommitId> = uncertain.iter().map(|(id, _)| *id).collect();
            match self.attempt(change, &doubtful).await {
                Attempt::Done(output) => return Ok(output),
                Attempt::Refused(refusal) => return Err(Fault::Refused(refusal)),
                Attempt::Failed(StoreFault::Conflict) => last = StoreFault::Conflict,
                Attempt::Failed(StoreFault::Unavailable { .. }) if !uncertain.is_empty() => {
                    last = StoreFault::OutcomeUnknown;
                }
                Attempt::Failed(fault) => return Err(Fault::Store(fault)),
                Attempt::Uncertain(id, output) => {
                    uncertain.push((id, output));
                    last = StoreFault::OutcomeUnknown;
                }
                Attempt::Earlier(id) => {
                    let output = uncertain.into_iter().find(|(earlier, _)| *earlier == id);
                    return output.map(|(_, output)| output).ok_or(Fault::Store(StoreFault::OutcomeUnknown));
                }
            }
        }
        // Conflicts after a lost answer leave it lost.
        let last = if uncertain.is_empty() { last } else { StoreFault::OutcomeUnknown };
        Err(Fault::Store(last))
    }

    async fn attempt<C: Change>(&self, change: &C, doubtful: &[CommitId]) -> Attempt<C> {
        let id = CommitId::random(self.environment().randomness());
        let mut tx = match self.reader(Mode::Write).await {
            Ok(reader) => Tx::new(reader, id),
            Err(fault) => return Attempt::Failed(fault),
        };
        for earlier in doubtful {
            // Read inside this transaction: should the lost commit still arrive, this one conflicts with it.
            let marker = marker_key(&self.tenant, *earlier);
            match tx.raw_get(&marker).await {
                Ok(Some(_)) => return Attempt::Earlier(*earlier),
                Ok(None) => {}
                Err(fault) => return Attempt::Failed(fault),
            }
        }
        let result = change.apply(&mut tx).await;
        if tx.doomed {
            return Attempt::Failed(StoreFault::Conflict);
        }
        match result {
            Ok(output) => match self.finish(tx, id).await {
                Ok(()) => Attempt::Done(output),
                Err(StoreFault::OutcomeUnknown) => Attempt::Uncertain(id, output),
                Err(fault) => Attempt::Failed(fault),
            },
            Err(Fault::Store(fault)) => Attempt::Failed(fault),
            Err(Fault::Refused(refusal)) => {
                // A refusal too speaks only of what is durable.
                let (reader, _) = tx.into_reader();
                match reader.engine.commit(WriteSet::empty(id)).await {
                    Ok(_) => Attempt::Refused(refusal),
                    Err(fault) => Attempt::Failed(fault),
                }
            }
        }
    }

    async fn finish(&self, mut tx: Tx, id: CommitId) -> Result<(), StoreFault> {
        if !tx.writes.is_empty() && self.store.shared.engine.outcome_can_be_unknown() {
            let key = marker_key(&self.tenant, id);
            let expiry = Some(tx.now().plus(MARKER_SECONDS));
            let header = Header { version: 1, survives_restore: false, commit: id, expiry };
            let value = envelope::seal(&key, header, b"{}")?;
            tx.write(key, Some(value))?;
        }
        let (reader, wakes) = tx.into_reader();
        let writes = WriteSet { id, writes: reader.writes, wakes };
        reader.engine.commit(writes).await.map(|_| ())
    }

    /// Commits a change that no rule refuses.
    ///
    /// # Errors
    /// The store's own faults, as [`Self::commit`].
    pub async fn carry_out<C>(&self, change: &C) -> Result<C::Output, StoreFault>
    where
        C: Change<Refusal = std::convert::Infallible>,
    {
        self.commit(change).await.map_err(|fault| match fault {
            Fault::Store(fault) => fault,
            Fault::Refused(never) => match never {},
        })
    }

    /// Answers a question from one state of the store, all of it durable.
    ///
    /// # Errors
    /// The store cannot answer, or a record is damaged.
    pub async fn read<V: View>(&self, view: &V) -> Result<V::Output, StoreFault> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                self.store.pause_before(attempt).await;
            }
            let mut reader = self.reader(Mode::Read).await?;
            let result = view.read(&mut reader).await;
            if reader.doomed {
                continue;
            }
            let output = result?;
            let id = CommitId::random(self.environment().randomness());
            reader.engine.commit(WriteSet::empty(id)).await?;
            return Ok(output);
        }
        warn!(view = V::NAME, tenant = %self.tenant, "a view met conflicts until its attempts were spent");
        Err(StoreFault::Conflict)
    }

    /// The live record with this key.
    ///
    /// # Errors
    /// The store cannot answer, or the record is damaged.
    pub async fn get<R: Record>(&self, key: impl Into<Key>) -> Result<Option<R>, StoreFault> {
        self.read(&Get { key: key.into(), of: std::marker::PhantomData::<fn() -> R> }).await
    }

    /// The live records of a class in the order of their keys, see [`Reader::list`].
    ///
    /// # Errors
    /// The store cannot answer, or a record is damaged.
    pub async fn list<R: Record>(&self, range: Range, limit: usize) -> Result<Page<R>, StoreFault> {
        self.read(&List { range, limit, of: std::marker::PhantomData::<fn() -> R> }).await
    }

    /// The live records that an index holds, see [`Reader::page`].
    ///
    /// # Errors
    /// The store cannot answer, or a record is damaged.
    pub async fn page<I: Index>(&self, range: Range, limit: usize) -> Result<Page<I::Record>, StoreFault> {
        self.read(&PageOf { range, limit, of: std::marker::PhantomData::<fn() -> I> }).await
    }

    /// The first live record of an index with exactly these parts, see [`Reader::find`].
    ///
    /// # Errors
    /// The store cannot answer, or a record is damaged.
    pub async fn find<I: Index>(&self, key: impl Into<Key>) -> Result<Option<I::Record>, StoreFault> {
        Ok(self.page::<I>(Range::prefix(key), 1).await?.items.into_iter().next())
    }

    /// The jobs that changes of this tenant enqueued.
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        Jobs::new(self.clone())
    }

    pub(crate) async fn reader(&self, mode: Mode) -> Result<Reader, StoreFault> {
        let engine = self.store.shared.engine.begin(mode).await?;
        Ok(Reader::new(engine, self.tenant.clone(), self.environment().now()))
    }
}

fn marker_key(tenant: &TenantId, id: CommitId) -> Vec<u8> {
    let mut key = key::class_prefix(tenant, Kind::Marker, "commit");
    key.extend_from_slice(id.as_bytes());
    key
}

struct Get<R> {
    key: Key,
    of: std::marker::PhantomData<fn() -> R>,
}

impl<R: Record> View for Get<R> {
    const NAME: &'static str = "get";
    type Output = Option<R>;

    async fn read(&self, reader: &mut Reader) -> Result<Option<R>, StoreFault> {
        reader.get::<R>(&self.key).await
    }
}

struct List<R> {
    range: Range,
    limit: usize,
    of: std::marker::PhantomData<fn() -> R>,
}

impl<R: Record> View for List<R> {
    const NAME: &'static str = "list";
    type Output = Page<R>;

    async fn read(&self, reader: &mut Reader) -> Result<Page<R>, StoreFault> {
        reader.list::<R>(self.range.clone(), self.limit).await
    }
}

struct PageOf<I> {
    range: Range,
    limit: usize,
    of: std::marker::PhantomData<fn() -> I>,
}

impl<I: Index> View for PageOf<I> {
    const NAME: &'static str = "page";
    type Output = Page<I::Record>;

    async fn read(&self, reader: &mut Reader) -> Result<Page<I::Record>, StoreFault> {
        reader.page::<I>(self.range.clone(), self.limit).await
    }
}
