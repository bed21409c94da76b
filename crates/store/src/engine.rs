//! The port that engines implement: bytes in, bytes out, one atomic commit.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;

use environment::Randomness;
use tokio::sync::broadcast;

use crate::fault::StoreFault;
use crate::jobs::StoredJob;
use crate::key::{Direction, KeyRange};
use crate::record::Record as _;

/// The most writes one commit may hold.
pub const MAX_WRITES: usize = 1_000;

/// A future that an object-safe trait can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Keys with their values, in the order asked for.
pub type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// A place that keeps bytes under keys, changes them in serialisable transactions, and has made a commit
/// durable before it says so.
pub trait Engine: Send + Sync {
    /// Starts a transaction. Everything it reads is one state of the store: that of some moment between
    /// this call and its first read.
    fn begin(&self, mode: Mode) -> BoxFuture<'_, Result<Box<dyn EngineTx>, StoreFault>>;

    /// Notices of commits. They may get lost; after one, read again.
    fn wakes(&self) -> Wakes;

    /// Whether a commit may end in [`StoreFault::OutcomeUnknown`] while the engine goes on working. The store
    /// then leaves a marker in each commit and looks for it before it tries again.
    fn outcome_can_be_unknown(&self) -> bool {
        true
    }
}

/// A transaction of an engine. Dropping it gives it up.
pub trait EngineTx: Send {
    /// The value under `key`.
    ///
    /// A [`StoreFault::Conflict`] says that the transaction met something newer than itself.
    fn get<'a>(&'a mut self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Vec<u8>>, StoreFault>>;

    /// The first `limit` entries of `range` in `direction`. What was asked for takes part in the check for
    /// conflicts, also where nothing was found.
    fn scan<'a>(
        &'a mut self,
        range: &'a KeyRange,
        limit: usize,
        direction: Direction,
    ) -> BoxFuture<'a, Result<Entries, StoreFault>>;

    /// Writes everything or nothing, if nobody has changed what was read since. With an empty set it waits
    /// until what was read is durable.
    fn commit(self: Box<Self>, writes: WriteSet) -> BoxFuture<'static, Result<CommitId, StoreFault>>;
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reads and writes.
    Write,
    /// Reads only.
    Read,
    /// Reads one state for as long as it takes, never meeting a conflict; an engine may hold writers back
    /// meanwhile: never commit anything while holding one. For exports.
    Snapshot,
}

/// The name of one commit, drawn at random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId([u8; 16]);

impl CommitId {
    /// Draws a name.
    #[must_use]
    pub fn random(randomness: &dyn Randomness) -> Self {
        Self(randomness.bytes())
    }

    /// The name with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&crate::hex::encode(&self.0))
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CommitId({self})")
    }
}

/// Everything one commit writes, under each key once.
#[derive(Clone, Debug)]
pub struct WriteSet {
    /// The commit's name.
    pub id: CommitId,
    /// The new value of each key; absent where the key is deleted.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// What to tell those who wait.
    pub wakes: Vec<Wake>,
}

impl WriteSet {
    /// A set without any writes.
    #[must_use]
    pub const fn empty(id: CommitId) -> Self {
        Self { id, writes: BTreeMap::new(), wakes: Vec::new() }
    }
}

/// A notice that something changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Wake {
    /// Records of a class were written.
    Class {
        /// Whose records.
        tenant: crate::key::TenantId,
        /// Their class.
        class: &'static str,
    },
    /// Jobs of a kind were enqueued.
    Jobs {
        /// Whose jobs.
        tenant: crate::key::TenantId,
        /// Their kind.
        kind: String,
    },
    /// Notices were lost: anything may have changed.
    Anything,
}

impl Wake {
    /// Whether jobs of `tenant` may be due now that were not, or earlier than they were.
    #[must_use]
    pub fn is_about_jobs_of(&self, tenant: &crate::key::TenantId) -> bool {
        match self {
            Self::Class { tenant: whose, class } => whose == tenant && *class == StoredJob::CLASS,
            Self::Jobs { tenant: whose, .. } => whose == tenant,
            Self::Anything => true,
        }
    }
}

/// Where an engine announces commits and others wait for them.
#[derive(Clone, Debug)]
pub struct WakeBoard(broadcast::Sender<Wake>);

impl WakeBoard {
    /// A board that keeps the newest notices for those who are slow.
    #[must_use]
    pub fn new() -> Self {
        Self(broadcast::Sender::new(256))
    }

    /// Tells everybody who waits now.
    pub fn announce(&self, wakes: Vec<Wake>) {
        for wake in wakes {
            // An error only says that nobody waits.
            let _ = self.0.send(wake);
        }
    }

    /// The notices from now on.
    #[must_use]
    pub fn listen(&self) -> Wakes {
        Wakes(self.0.subscribe())
    }
}

impl Default for WakeBoard {
    fn default() -> Self {
        Self::new()
    }
}

/// Notices of commits, one after the other.
#[derive(Debug)]
pub struct Wakes(broadcast::Receiver<Wake>);

impl Wakes {
    /// Waits for the next notice; `None` when the engine is gone.
    pub async fn next(&mut self) -> Option<Wake> {
        match self.0.recv().await {
            Ok(wake) => Some(wake),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Wake::Anything),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
