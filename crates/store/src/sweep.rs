//! Freeing the space of expired records, and checking indexes against their records.

use crate::engine::{CommitId, EngineTx, Mode, WriteSet};
use crate::envelope;
use crate::fault::StoreFault;
use crate::key::{self, Direction, KeyRange};
use crate::record::Record;
use crate::store::{Store, Tenant};

/// How many entries one step of a sweep looks at.
const STEP: usize = 500;
/// How often a step is tried again when others write meanwhile.
const TRIES: usize = 20;

/// How long an entry stays after it expired: should the clock be set back a little, a record and its index
/// entries still come and go together.
const GRACE_SECONDS: i64 = 3_600;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many entries it looked at.
    pub seen: usize,
    /// How many expired ones it removed.
    pub removed: usize,
}

impl Store {
    /// Removes all entries of all tenants that expired an hour ago or earlier, some at a time. What is expired is absent anyway; this only
    /// frees the space. Run it every hour or so.
    ///
    /// # Errors
    /// The store cannot answer, or an entry is damaged.
    pub async fn sweep(&self) -> Result<Swept, StoreFault> {
        let mut swept = Swept::default();
        let mut rest = Some(KeyRange::all());
        while let Some(range) = rest {
            let step = self.look(&range).await?;
            swept.seen = swept.seen.saturating_add(step.seen);
            if !step.expired.is_empty() {
                swept.removed = swept.removed.saturating_add(self.remove(&step.expired).await?);
            }
            rest = step.last.map(|last| range.remaining(&last, Direction::Ascending));
        }
        Ok(swept)
    }

    async fn look(&self, range: &KeyRange) -> Result<Step, StoreFault> {
        let long_ago = self.environment().now().minus(GRACE_SECONDS);
        let mut engine = self.engine().begin(Mode::Read).await?;
        let mut tries = 0_usize;
        let found = loop {
            match engine.scan(range, STEP, Direction::Ascending).await {
                Err(StoreFault::Conflict) if tries < TRIES => {
                    tries = tries.saturating_add(1);
                    tokio::task::yield_now().await;
                    engine = self.engine().begin(Mode::Read).await?;
                }
                other => break other?,
            }
        };
        let last = found.last().filter(|_| found.len() >= STEP).map(|(key, _)| key.clone());
        let seen = found.len();
        let mut expired = Vec::new();
        for (key, value) in found {
            if envelope::open(&key, &value)?.0.is_expired(long_ago) {
                expired.push(key);
            }
        }
        Ok(Step { seen, expired, last })
    }

    async fn remove(&self, expired: &[Vec<u8>]) -> Result<usize, StoreFault> {
        for _ in 0..TRIES {
            let engine = self.engine().begin(Mode::Write).await?;
            match self.try_remove(engine, expired).await {
                Err(StoreFault::Conflict) => tokio::task::yield_now().await,
                other => return other,
            }
        }
        // Whoever writes these keys all the time keeps them alive; the next sweep looks again.
        Ok(0)
    }

    async fn try_remove(
        &self,
        mut engine: Box<dyn EngineTx>,
        expired: &[Vec<u8>],
    ) -> Result<usize, StoreFault> {
        let long_ago = self.environment().now().minus(GRACE_SECONDS);
        let mut set = WriteSet::empty(CommitId::random(self.environment().randomness()));
        for key in expired {
            let Some(value) = engine.get(key).await? else { continue };
            if envelope::open(key, &value)?.0.is_expired(long_ago) {
                set.writes.insert(key.clone(), None);
            }
        }
        let removed = set.writes.len();
        engine.commit(set).await?;
        Ok(removed)
    }
}

struct Step {
    seen: usize,
    expired: Vec<Vec<u8>>,
    last: Option<Vec<u8>>,
}

/// Where the stored index entries of a class differ from those its records ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexDifference {
    /// How many records were looked at.
    pub records: usize,
    /// Entries that a live record asks for and that are not stored.
    pub missing: usize,
    /// Stored entries, not expired, that no live record asks for.
    pub surplus: usize,
}

impl Tenant {
    /// Builds the index entries of a class anew from its records and compares them with the stored ones. It reads
    /// a snapshot, so writers may have to wait meanwhile.
    ///
    /// # Errors
    /// The store cannot answer, or an entry is damaged.
    pub async fn compare_indexes<R: Record>(&self) -> Result<IndexDifference, StoreFault> {
        let mut reader = self.reader(Mode::Snapshot).await?;
        let mut wanted = std::collections::BTreeSet::new();
        let mut difference = IndexDifference::default();
        let mut range = key::Range::all();
        loop {
            let page = reader.list::<R>(range, STEP).await?;
            for record in &page.items {
                difference.records = difference.records.saturating_add(1);
                wanted.extend(reader.index_keys(record)?);
            }
            match page.next {
                Some(next) => range = key::Range::all().after(&next),
                None => break,
            }
        }
        let prefix = key::class_prefix(self.id(), key::Kind::Index, R::CLASS);
        let mut rest = KeyRange::prefix(&prefix);
        loop {
            let found = reader.raw_scan(&rest, STEP, Direction::Ascending).await?;
            for (key, value) in &found {
                let live = !envelope::open(key, value)?.0.is_expired(reader.now());
                if live && !wanted.remove(key) {
                    difference.surplus = difference.surplus.saturating_add(1);
                }
            }
            match found.last().filter(|_| found.len() >= STEP) {
                Some((last, _)) => rest = rest.remaining(last, Direction::Ascending),
                None => break,
            }
        }
        difference.missing = wanted.len();
        Ok(difference)
    }
}
