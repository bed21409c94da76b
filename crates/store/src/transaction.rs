//! Writing inside a transaction.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use crate::engine::{CommitId, MAX_WRITES, Wake};
use crate::envelope::{self, Header};
use crate::fault::StoreFault;
use crate::jobs::{Job, StoredJob};
use crate::key::Key;
use crate::leaf::PendingLeaf;
use crate::reader::Reader;
use crate::record::{self, Insertion, Record, Take};

/// What a [`Change`](crate::Change) reads and writes with. Writes are gathered here and made together at the
/// end, or not at all; the transaction itself sees them at once.
///
/// Everything a [`Reader`] can do, it can do too.
#[derive(Debug)]
pub struct Tx {
    reader: Reader,
    id: CommitId,
    leaves: u32,
    pub(crate) wakes: Vec<Wake>,
}

impl Deref for Tx {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }
}

impl Tx {
    pub(crate) fn new(mut reader: Reader, id: CommitId) -> Self {
        reader.indexed = Some(BTreeMap::new());
        Self { reader, id, leaves: 0, wakes: Vec::new() }
    }

    pub(crate) fn into_reader(self) -> (Reader, Vec<Wake>) {
        (self.reader, self.wakes)
    }

    /// Stores a record in place of any earlier one with its key.
    ///
    /// # Errors
    /// A field is not declared, something is too large, or the store cannot answer.
    pub async fn put<R: Record>(&mut self, record: &R) -> Result<(), StoreFault> {
        let key = self.record_key::<R>(&record.key())?;
        if !R::INDEXES.is_empty() {
            self.remove_index_entries::<R>(&key).await?;
        }
        self.write_record(key, record)
    }

    /// Stores a record if no live one has its key.
    ///
    /// # Errors
    /// A field is not declared, something is too large, or the store cannot answer.
    pub async fn insert_new<R: Record>(&mut self, record: &R) -> Result<Insertion, StoreFault> {
        let key = self.record_key::<R>(&record.key())?;
        if let Some((header, old)) = self.stored::<R>(&key).await? {
            if !header.is_expired(self.now()) {
                return Ok(Insertion::AlreadyThere);
            }
            self.drop_index_entries(&key, &old)?;
        }
        self.write_record(key, record)?;
        Ok(Insertion::Inserted)
    }

    /// Deletes the record with this key, and says whether a live one was there.
    ///
    /// # Errors
    /// The store cannot answer, or the record is damaged.
    pub async fn delete<R: Record>(&mut self, key: impl Into<Key> + Send) -> Result<bool, StoreFault> {
        Ok(self.take::<R>(key).await?.live().is_some())
    }

    /// Takes the record with this key out of the store: of those who try, one gets it.
    ///
    /// # Errors
    /// The store cannot answer, or the record is damaged.
    pub async fn take<R: Record>(&mut self, key: impl Into<Key> + Send) -> Result<Take<R>, StoreFault> {
        let key = self.record_key::<R>(&key.into())?;
        let Some((header, record)) = self.stored::<R>(&key).await? else { return Ok(Take::Absent) };
        self.drop_index_entries(&key, &record)?;
        self.write(key, None)?;
        self.wake::<R>();
        Ok(if header.is_expired(self.now()) { Take::Expired } else { Take::Live(record) })
    }

    /// Adds a leaf to the audit log of this tenant: it waits as a [`PendingLeaf`] until a sequencer gives it
    /// its place. This is the only way to an audit entry.
    ///
    /// # Errors
    /// The leaf is too large, or the store cannot answer.
    pub async fn log(&mut self, leaf: ledger::Leaf) -> Result<(), StoreFault> {
        let pending = PendingLeaf::new(self.now(), self.id, self.leaves, leaf);
        self.leaves = self.leaves.saturating_add(1);
        self.put(&pending).await
    }

    /// Asks for an effect outside the store, after and only if this change is committed. A job whose id is
    /// known already is not enqueued again. This is the only way to an effect.
    ///
    /// # Errors
    /// The job is too large, or the store cannot answer.
    pub async fn enqueue(&mut self, job: Job) -> Result<Insertion, StoreFault> {
        let kind = job.kind().to_owned();
        let insertion = self.insert_new(&StoredJob::waiting(job, self.now())).await?;
        if insertion == Insertion::Inserted {
            let wake = Wake::Jobs { tenant: self.tenant().clone(), kind };
            self.note_wake(wake);
        }
        Ok(insertion)
    }

    fn write_record<R: Record>(&mut self, key: Vec<u8>, record: &R) -> Result<(), StoreFault> {
        let header = Header {
            version: R::VERSION,
            survives_restore: R::SURVIVES_RESTORE,
            commit: self.id,
            expiry: record.expiry(),
        };
        let json = record::to_json(record)?;
        let value = envelope::seal(&key, header, &json)?;
        let pointer = format!("\"{}\"", crate::hex::encode(record.key().as_bytes()));
        let indexed = self.index_keys(record)?;
        for key in &indexed {
            let value = envelope::seal(key, header, pointer.as_bytes())?;
            self.write(key.clone(), Some(value))?;
        }
        if !R::INDEXES.is_empty() {
            self.note_indexed(&key, indexed);
        }
        self.write(key, Some(value))?;
        self.wake::<R>();
        Ok(())
    }

    async fn remove_index_entries<R: Record>(&mut self, key: &[u8]) -> Result<(), StoreFault> {
        if self.indexed.as_ref().is_none_or(|indexed| !indexed.contains_key(key)) {
            // Reading it notes where it stands.
            let _ = self.stored::<R>(key).await?;
        }
        let indexed = self.indexed.as_mut().and_then(|indexed| indexed.remove(key)).unwrap_or_default();
        for key in indexed {
            self.write(key, None)?;
        }
        Ok(())
    }

    fn drop_index_entries<R: Record>(&mut self, key: &[u8], old: &R) -> Result<(), StoreFault> {
        if let Some(indexed) = &mut self.indexed {
            indexed.remove(key);
        }
        for key in self.index_keys(old)? {
            self.write(key, None)?;
        }
        Ok(())
    }

    pub(crate) fn write(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> Result<(), StoreFault> {
        self.writes.insert(key, value);
        let size = self.writes.len();
        if size > MAX_WRITES {
            return Err(StoreFault::TooLarge { what: "a commit", size, limit: MAX_WRITES });
        }
        Ok(())
    }

    fn wake<R: Record>(&mut self) {
        let wake = Wake::Class { tenant: self.tenant().clone(), class: R::CLASS };
        self.note_wake(wake);
    }

    fn note_wake(&mut self, wake: Wake) {
        if !self.wakes.contains(&wake) {
            self.wakes.push(wake);
        }
    }
}
