//! Reading inside a transaction, its own writes included.

use std::collections::BTreeMap;

use environment::Timestamp;

use crate::engine::{EngineTx, Entries};
use crate::envelope::{self, Header};
use crate::fault::StoreFault;
use crate::key::{self, Cursor, Direction, Key, KeyRange, Kind, Range, TenantId};
use crate::record::{self, Index, Page, Record};

/// The most records one page holds.
pub const MAX_PAGE: usize = 1_000;

/// What views read with. A [`Tx`](crate::Tx) is one too, so a query written for `&mut Reader` also serves
/// inside a change.
pub struct Reader {
    pub(crate) engine: Box<dyn EngineTx>,
    pub(crate) tenant: TenantId,
    pub(crate) now: Timestamp,
    pub(crate) writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Of each record that was read in a transaction that writes: the keys of its index entries, so that it is not read again
    /// to be replaced.
    pub(crate) indexed: Option<BTreeMap<Vec<u8>, Vec<Vec<u8>>>>,
    /// A conflict that the caller may have swallowed; the commit fails with it all the same.
    pub(crate) doomed: bool,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Reader({}, {} writes)", self.tenant, self.writes.len())
    }
}

impl Reader {
    pub(crate) fn new(engine: Box<dyn EngineTx>, tenant: TenantId, now: Timestamp) -> Self {
        Self { engine, tenant, now, writes: BTreeMap::new(), indexed: None, doomed: false }
    }

    /// The moment of this attempt, by the store's clock.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whose data this is.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The live record with this key.
    ///
    /// # Errors
    /// The store cannot answer, or the record is damaged.
    pub async fn get<R: Record>(&mut self, key: impl Into<Key> + Send) -> Result<Option<R>, StoreFault> {
        let key = self.record_key::<R>(&key.into())?;
        match self.stored::<R>(&key).await? {
            Some((header, record)) if !header.is_expired(self.now) => Ok(Some(record)),
            _ => Ok(None),
        }
    }

    /// The live records of a class in the order of their keys, at most `limit` (and at most [`MAX_PAGE`]).
    ///
    /// # Errors
    /// The store cannot answer, or a record is damaged.
    pub async fn list<R: Record>(&mut self, range: Range, limit: usize) -> Result<Page<R>, StoreFault> {
        let prefix = key::class_prefix(&self.tenant, Kind::Record, R::CLASS);
        let found = self.live_entries(&prefix, &range, limit).await?;
        let mut items = Vec::with_capacity(found.entries.len());
        for (header, json) in &found.entries {
            items.push(record::from_json(header.version, json)?);
        }
        Ok(Page { items, next: found.next })
    }

    /// The live records that an index holds in the order of its keys, at most `limit` (and at most
    /// [`MAX_PAGE`]).
    ///
    /// # Errors
    /// The store cannot answer, or a record is damaged.
    pub async fn page<I: Index>(
        &mut self,
        range: Range,
        limit: usize,
    ) -> Result<Page<I::Record>, StoreFault> {
        let prefix = key::index_prefix(&self.tenant, I::Record::CLASS, I::NAME);
        let found = self.live_entries(&prefix, &range, limit).await?;
        let mut items = Vec::with_capacity(found.entries.len());
        for (_, json) in &found.entries {
            let key = self.record_key::<I::Record>(&indexed_key(json)?)?;
            match self.stored::<I::Record>(&key).await? {
                Some((header, record)) if !header.is_expired(self.now) => items.push(record),
                Some(_) => {}
                None => {
                    return Err(StoreFault::corrupt(format!(
                        "the index {} of {} points at nothing",
                        I::NAME,
                        I::Record::CLASS
                    )));
                }
            }
        }
        Ok(Page { items, next: found.next })
    }

    /// The first live record of an index that has exactly these parts, for indexes that are unique by design.
    ///
    /// # Errors
    /// The store cannot answer, or a record is damaged.
    pub async fn find<I: Index>(
        &mut self,
        key: impl Into<Key> + Send,
    ) -> Result<Option<I::Record>, StoreFault> {
        let page = self.page::<I>(Range::prefix(key), 1).await?;
        Ok(page.items.into_iter().next())
    }

    pub(crate) fn record_key<R: Record>(&self, key: &Key) -> Result<Vec<u8>, StoreFault> {
        let mut full = key::class_prefix(&self.tenant, Kind::Record, R::CLASS);
        full.extend_from_slice(key.as_bytes());
        key::checked(full)
    }

    /// The full keys of a record's index entries.
    pub(crate) fn index_keys<R: Record>(&self, record: &R) -> Result<Vec<Vec<u8>>, StoreFault> {
        let full_key = |entry: record::IndexEntry| {
            let mut key = key::index_prefix(&self.tenant, R::CLASS, entry.name);
            key.extend_from_slice(entry.key.as_bytes());
            key.extend_from_slice(record.key().as_bytes());
            key::checked(key)
        };
        record::index_entries(record)?.into_iter().map(full_key).collect()
    }

    /// The record under a full key, live or not.
    pub(crate) async fn stored<R: Record>(&mut self, key: &[u8]) -> Result<Option<(Header, R)>, StoreFault> {
        let Some(value) = self.raw_get(key).await? else { return Ok(None) };
        let (header, json) = envelope::open(key, &value)?;
        let record = record::from_json::<R>(header.version, json)?;
        if self.indexed.is_some() && !R::INDEXES.is_empty() {
            let keys = self.index_keys(&record)?;
            self.note_indexed(key, keys);
        }
        Ok(Some((header, record)))
    }

    /// Notes where the record under `key` stands in its indexes, by what this transaction has read and written.
    pub(crate) fn note_indexed(&mut self, key: &[u8], keys: Vec<Vec<u8>>) {
        if let Some(indexed) = &mut self.indexed {
            indexed.insert(key.to_vec(), keys);
        }
    }

    pub(crate) async fn raw_get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreFault> {
        if let Some(written) = self.writes.get(key) {
            return Ok(written.clone());
        }
        let found = self.engine.get(key).await;
        self.note(found)
    }

    async fn live_entries(
        &mut self,
        prefix: &[u8],
        range: &Range,
        limit: usize,
    ) -> Result<LiveEntries, StoreFault> {
        let limit = limit.min(MAX_PAGE);
        let mut rest = range.under(prefix);
        let mut entries = Vec::new();
        while entries.len() < limit {
            let wanted = limit.saturating_sub(entries.len());
            let found = self.raw_scan(&rest, wanted, range.direction).await?;
            let Some((last, _)) = found.last() else { return Ok(LiveEntries { entries, next: None }) };
            let (last, at_end) = (last.clone(), found.len() < wanted);
            for (key, value) in found {
                let (header, json) = envelope::open(&key, &value)?;
                if !header.is_expired(self.now) {
                    entries.push((header, json.to_vec()));
                }
            }
            if at_end {
                return Ok(LiveEntries { entries, next: None });
            }
            rest = rest.remaining(&last, range.direction);
            if entries.len() >= limit {
                let cursor = last.get(prefix.len()..).map(|relative| Cursor(relative.to_vec()));
                return Ok(LiveEntries { entries, next: cursor });
            }
        }
        Ok(LiveEntries { entries, next: None })
    }

    /// The first `limit` entries of the engine with the transaction's own writes laid over them.
    pub(crate) async fn raw_scan(
        &mut self,
        range: &KeyRange,
        limit: usize,
        direction: Direction,
    ) -> Result<Entries, StoreFault> {
        let mut result = Entries::new();
        let mut rest = range.clone();
        while result.len() < limit && !rest.is_empty() {
            let found = self.engine.scan(&rest, limit, direction).await;
            let found = self.note(found)?;
            let last = found.last().filter(|_| found.len() >= limit).map(|(key, _)| key.clone());
            let covered = rest.covered(last.as_deref(), direction);
            result.extend(self.overlay(found, &covered, direction));
            match last {
                Some(last) => rest = rest.remaining(&last, direction),
                None => break,
            }
        }
        result.truncate(limit);
        Ok(result)
    }

    fn overlay(&self, found: Entries, covered: &KeyRange, direction: Direction) -> Entries {
        let Some(bounds) = covered.bounds() else { return found };
        let mut own = self.writes.range::<[u8], _>(bounds).peekable();
        if own.peek().is_none() {
            return found;
        }
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = found.into_iter().collect();
        for (key, value) in own {
            match value {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
        match direction {
            Direction::Ascending => merged.into_iter().collect(),
            Direction::Descending => merged.into_iter().rev().collect(),
        }
    }

    fn note<T>(&mut self, result: Result<T, StoreFault>) -> Result<T, StoreFault> {
        self.doomed |= matches!(result, Err(StoreFault::Conflict));
        result
    }
}

struct LiveEntries {
    entries: Vec<(Header, Vec<u8>)>,
    next: Option<Cursor>,
}

/// An index entry's JSON is the record's key as hexadecimal text.
fn indexed_key(json: &[u8]) -> Result<Key, StoreFault> {
    let text: String =
        serde_json::from_slice(json).map_err(|_| StoreFault::corrupt("an index entry does not read"))?;
    let bytes = crate::hex::decode(&text).ok_or_else(|| StoreFault::corrupt("an index entry is no key"))?;
    Ok(Key::from_raw(bytes))
}
