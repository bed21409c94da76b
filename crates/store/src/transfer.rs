//! Export and import of a whole store as text, between engines and as the way back from a damaged one.
//!
//! The format is described in `specs/store-export.md`: a header line, one JSON object a line for each entry in
//! the order of the keys, and a last line with the count and a SHA-256 over everything before it.
//!
//! An import starts a new [epoch](crate::Store::epoch): entries that do not survive a restore (codes, nonces,
//! sessions, see [`Record::SURVIVES_RESTORE`](crate::Record::SURVIVES_RESTORE)) are left out.

use std::io::{BufRead, Read, Write};

use environment::{Environment, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::engine::{CommitId, Engine, Mode, WriteSet};
use crate::envelope::{self, Header};
use crate::epoch::{self, Epoch};
use crate::fault::StoreFault;
use crate::hex;
use crate::key::{self, Direction, KeyRange, Kind, TenantId};

/// The version of the text form.
pub const FORMAT: u32 = 1;
/// No line is longer than this: the largest value, the longest key in hexadecimal, and their frame.
const MAX_LINE_BYTES: u64 = 512 * 1_024;
/// Entries read or written at a time.
const STEP: usize = 500;

/// Why an export or import did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The store could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The file could not be read or written.
    #[error("the export could not be read or written: {0}")]
    File(#[from] std::io::Error),
    /// The target holds something already.
    #[error("the store to import into is not empty; import into a new folder")]
    NotEmpty,
    /// A line is not as the format says.
    #[error("line {line} of the export is damaged: {problem}; use another export")]
    Damaged {
        /// The line, the header being 1.
        line: usize,
        /// What is wrong with it, without any stored value.
        problem: &'static str,
    },
    /// The text is of a version that this program does not read.
    #[error("the export has format {found}, this program reads {FORMAT}")]
    UnknownFormat {
        /// The version found.
        found: u32,
    },
    /// The text ends before its last line.
    #[error("the export is cut off after {entries} entries; use another export")]
    CutOff {
        /// The entries read so far.
        entries: usize,
    },
}

/// What an export or import moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transferred {
    /// Entries in the text.
    pub entries: usize,
    /// Of these, the ones left out on import because they end at a restore.
    pub left_out: usize,
    /// The epoch of the store that was exported, or that begins with the import.
    pub epoch: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine {
    passport_store_export: u32,
    exported_at: i64,
    epoch: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine {
    tenant: String,
    kind: String,
    class: String,
    key: String,
    version: u16,
    commit: String,
    expiry: Option<i64>,
    survives_restore: bool,
    checksum: String,
    value: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LastLine {
    entries: usize,
    sha256: String,
}

/// Writes the whole store, one state of it, as text.
///
/// # Errors
/// The store cannot be read, an entry is damaged, or the text cannot be written.
pub async fn export(
    engine: &dyn Engine,
    environment: &Environment,
    to: &mut (dyn Write + Send),
) -> Result<Transferred, TransferError> {
    let mut transaction = engine.begin(Mode::Snapshot).await?;
    let epoch = epoch::read(transaction.as_mut()).await?;
    let mut text = Hashed { to, hash: Sha256::new() };
    text.line(&HeaderLine {
        passport_store_export: FORMAT,
        exported_at: environment.now().seconds(),
        epoch,
    })?;
    let mut entries = 0_usize;
    let mut rest = KeyRange::all();
    loop {
        let found = transaction.scan(&rest, STEP, Direction::Ascending).await?;
        for (key, value) in &found {
            text.line(&entry_line(key, value)?)?;
            entries = entries.saturating_add(1);
        }
        match found.last().filter(|_| found.len() >= STEP) {
            Some((last, _)) => rest = rest.remaining(last, Direction::Ascending),
            None => break,
        }
    }
    let sha256 = hex::encode(&text.hash.clone().finalize());
    text.line(&LastLine { entries, sha256 })?;
    text.to.flush()?;
    Ok(Transferred { entries, left_out: 0, epoch })
}

/// Reads a whole text without storing anything, and says what it holds.
///
/// # Errors
/// The text is damaged, cut off, or of another version.
pub fn check(from: &mut (dyn BufRead + Send)) -> Result<Transferred, TransferError> {
    let mut text = Text::open(from)?;
    let mut left_out = 0_usize;
    while let Some(entry) = text.next_entry()? {
        if !entry.header.survives_restore {
            left_out = left_out.saturating_add(1);
        }
    }
    Ok(Transferred { entries: text.entries, left_out, epoch: text.epoch })
}

/// Fills an empty store from a text and starts a new epoch.
///
/// After an error the store may hold a part: throw it away. An engine with a folder imports into a new one and
/// renames it when all is well.
///
/// # Errors
/// The store is not empty or cannot be written, or the text is damaged, cut off, or of another version.
pub async fn import(
    engine: &dyn Engine,
    environment: &Environment,
    from: &mut (dyn BufRead + Send),
) -> Result<Transferred, TransferError> {
    let mut transaction = engine.begin(Mode::Read).await?;
    if !transaction.scan(&KeyRange::all(), 1, Direction::Ascending).await?.is_empty() {
        return Err(TransferError::NotEmpty);
    }
    drop(transaction);
    let mut text = Text::open(from)?;
    let mut left_out = 0_usize;
    let mut set = WriteSet::empty(CommitId::random(environment.randomness()));
    while let Some(entry) = text.next_entry()? {
        if !entry.header.survives_restore || entry.key == epoch::key() {
            left_out = left_out.saturating_add(1);
            continue;
        }
        set.writes.insert(entry.key, Some(entry.value));
        if set.writes.len() >= STEP {
            let next = WriteSet::empty(CommitId::random(environment.randomness()));
            write(engine, std::mem::replace(&mut set, next)).await?;
        }
    }
    write(engine, set).await?;
    // Last, so that a store with a new epoch is a whole one.
    let epoch = Epoch { number: text.epoch.saturating_add(1), began: environment.now().seconds() };
    write(engine, epoch::write_set(&epoch, CommitId::random(environment.randomness()))?).await?;
    Ok(Transferred { entries: text.entries, left_out, epoch: epoch.number })
}

async fn write(engine: &dyn Engine, set: WriteSet) -> Result<(), TransferError> {
    engine.begin(Mode::Write).await?.commit(set).await?;
    Ok(())
}

fn entry_line(key: &[u8], value: &[u8]) -> Result<EntryLine, TransferError> {
    let (header, json) = envelope::open(key, value)?;
    let parsed = key::parse(key).ok_or_else(|| StoreFault::corrupt("a key does not read"))?;
    let json: Box<RawValue> =
        serde_json::from_slice(json).map_err(|_| StoreFault::corrupt("a value is not JSON"))?;
    Ok(EntryLine {
        tenant: parsed.tenant.to_owned(),
        kind: parsed.kind.name().to_owned(),
        class: parsed.class.to_owned(),
        key: hex::encode(parsed.rest),
        version: header.version,
        commit: header.commit.to_string(),
        expiry: header.expiry.map(Timestamp::seconds),
        survives_restore: header.survives_restore,
        checksum: hex::encode(&envelope::checksum_of(value)?),
        value: json,
    })
}

/// Writes lines and hashes them.
struct Hashed<'a> {
    to: &'a mut (dyn Write + Send),
    hash: Sha256,
}

impl Hashed<'_> {
    fn line(&mut self, line: &impl Serialize) -> Result<(), TransferError> {
        let mut bytes = serde_json::to_vec(line).map_err(std::io::Error::from)?;
        bytes.push(b'\n');
        self.hash.update(&bytes);
        Ok(self.to.write_all(&bytes)?)
    }
}

/// An entry that passed its checks.
struct Entry {
    key: Vec<u8>,
    value: Vec<u8>,
    header: Header,
}

/// Reads lines, checks and hashes them.
struct Text<'a> {
    from: &'a mut (dyn BufRead + Send),
    hash: Sha256,
    line: usize,
    entries: usize,
    epoch: u64,
    previous: Vec<u8>,
}

impl<'a> Text<'a> {
    fn open(from: &'a mut (dyn BufRead + Send)) -> Result<Self, TransferError> {
        #[derive(Deserialize)]
        struct AnyVersion {
            passport_store_export: u32,
        }
        let mut text =
            Self { from, hash: Sha256::new(), line: 0, entries: 0, epoch: 0, previous: Vec::new() };
        let bytes = text.read_line()?;
        let version: AnyVersion =
            serde_json::from_slice(&bytes).map_err(|_| text.damaged("it is not the header of an export"))?;
        if version.passport_store_export != FORMAT {
            return Err(TransferError::UnknownFormat { found: version.passport_store_export });
        }
        let header: HeaderLine =
            serde_json::from_slice(&bytes).map_err(|_| text.damaged("the header does not read"))?;
        text.hash.update(&bytes);
        text.epoch = header.epoch;
        Ok(text)
    }

    fn next_entry(&mut self) -> Result<Option<Entry>, TransferError> {
        let bytes = self.read_line()?;
        if let Ok(last) = serde_json::from_slice::<LastLine>(&bytes) {
            self.check_end(&last)?;
            return Ok(None);
        }
        let line: EntryLine =
            serde_json::from_slice(&bytes).map_err(|_| self.damaged("it is neither an entry nor the end"))?;
        let entry = self.checked(&line)?;
        if !self.previous.is_empty() && entry.key <= self.previous {
            return Err(self.damaged("its key does not follow the one before"));
        }
        self.hash.update(&bytes);
        self.previous.clone_from(&entry.key);
        self.entries = self.entries.saturating_add(1);
        Ok(Some(entry))
    }

    fn checked(&self, line: &EntryLine) -> Result<Entry, TransferError> {
        let damaged = |problem| self.damaged(problem);
        let tenant = TenantId::from_stored(&line.tenant).map_err(|_| damaged("its tenant is no tenant"))?;
        let kind = Kind::from_name(&line.kind).ok_or_else(|| damaged("its kind is unknown"))?;
        let rest = hex::decode(&line.key).ok_or_else(|| damaged("its key is not hexadecimal"))?;
        let commit = hex::decode(&line.commit)
            .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
            .ok_or_else(|| damaged("its commit is not 16 bytes"))?;
        let mut key = key::class_prefix(&tenant, kind, &line.class);
        key.extend_from_slice(&rest);
        let key = key::checked(key)?;
        let header = Header {
            version: line.version,
            survives_restore: line.survives_restore,
            commit: CommitId::from_bytes(commit),
            expiry: line.expiry.map(Timestamp::from_seconds),
        };
        let value = envelope::seal(&key, header, line.value.get().as_bytes())?;
        if hex::encode(&envelope::checksum_of(&value)?) != line.checksum {
            return Err(self.damaged("its checksum is wrong"));
        }
        Ok(Entry { key, value, header })
    }

    fn check_end(&mut self, last: &LastLine) -> Result<(), TransferError> {
        if last.entries != self.entries {
            return Err(self.damaged("the count of entries is wrong"));
        }
        if last.sha256 != hex::encode(&self.hash.clone().finalize()) {
            return Err(self.damaged("the SHA-256 of the text is wrong"));
        }
        if !self.from.fill_buf()?.is_empty() {
            return Err(self.damaged("something follows the end"));
        }
        Ok(())
    }

    /// One line with its end.
    fn read_line(&mut self) -> Result<Vec<u8>, TransferError> {
        self.line = self.line.saturating_add(1);
        let mut bytes = Vec::new();
        (&mut *self.from).take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes)?;
        if bytes.last() == Some(&b'\n') {
            return Ok(bytes);
        }
        if u64::try_from(bytes.len()).is_ok_and(|length| length < MAX_LINE_BYTES) {
            return Err(TransferError::CutOff { entries: self.entries });
        }
        Err(self.damaged("it is too long"))
    }

    const fn damaged(&self, problem: &'static str) -> TransferError {
        TransferError::Damaged { line: self.line, problem }
    }
}
