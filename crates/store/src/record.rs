//! Typed records, their declared fields and indexes.

use environment::Timestamp;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserializer as _, Serialize};
use serde_json::Value;

use crate::fault::StoreFault;
use crate::key::Key;

/// Why a field is stored. Every field of every record has one class; deletion, export and the audit go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// A member disclosed it in an answer.
    Disclosed,
    /// It came from elsewhere, with a source and a legal basis.
    Imported,
    /// The system needs it to work; it says nothing about a person that they did not cause here.
    Operational,
    /// The law makes the space keep it, also after a member left.
    LegallyKept,
}

impl FieldClass {
    pub(crate) const NAMES: &'static str = "disclosed, imported, operational or legally kept";
}

/// A stored type. Give it a class name, declare every top-level field of its JSON object, and name its key.
///
/// See the [crate documentation](crate) for an example.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of the class, for ever: lower-case letters, digits, `_` and `-`.
    const CLASS: &'static str;

    /// The schema version that this program writes. Raise it when the JSON changes so that old records do not
    /// read, and translate in [`Record::upgrade`].
    const VERSION: u16 = 1;

    /// Every top-level member that the JSON object may have. A record with another one is not stored.
    const FIELDS: &'static [(&'static str, FieldClass)];

    /// The names of the indexes that [`Record::indexes`] may return. Without any, a `put` needs no read.
    const INDEXES: &'static [&'static str] = &[];

    /// Whether the record lives on when a backup is brought back. Codes, nonces and sessions do not: a restore
    /// must not make a used code good again.
    const SURVIVES_RESTORE: bool = true;

    /// The key, unique within class and tenant. It never changes for one record.
    fn key(&self) -> Key;

    /// From this moment on the record counts as absent.
    fn expiry(&self) -> Option<Timestamp> {
        None
    }

    /// The places of the record in the declared indexes, made by [`Index::entry`].
    fn indexes(&self) -> Vec<IndexEntry> {
        Vec::new()
    }

    /// Translates a stored object of an older `version` into the present shape. `None` when that version is
    /// not known.
    #[must_use]
    fn upgrade(version: u16, value: Value) -> Option<Value> {
        let _ = (version, value);
        None
    }
}

/// A declared index over the records of one class: `struct ByEmail; impl Index for ByEmail { .. }`.
pub trait Index: 'static {
    /// The records it finds.
    type Record: Record;
    /// The index's name, listed in [`Record::INDEXES`].
    const NAME: &'static str;

    /// The place of a record in this index. Several records may share one `key`.
    fn entry(key: impl Into<Key>) -> IndexEntry
    where
        Self: Sized,
    {
        IndexEntry { name: Self::NAME, key: key.into() }
    }
}

/// One place of one record in an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    pub(crate) name: &'static str,
    pub(crate) key: Key,
}

/// What [`Tx::take`](crate::Tx::take) found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Take<R> {
    /// It was there, and is now gone.
    Live(R),
    /// It was there, but its time had passed.
    Expired,
    /// It was never there, was taken before, or was swept away.
    Absent,
}

impl<R> Take<R> {
    /// The record, if it was live.
    #[must_use]
    pub fn live(self) -> Option<R> {
        match self {
            Self::Live(record) => Some(record),
            Self::Expired | Self::Absent => None,
        }
    }
}

/// What [`Tx::insert_new`](crate::Tx::insert_new) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Insertion {
    /// The record is new.
    Inserted,
    /// A live record has that key already; nothing was written.
    AlreadyThere,
}

/// Some records of a range, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<R> {
    /// The live records.
    pub items: Vec<R>,
    /// Where to go on with [`Range::after`](crate::Range::after); absent when the range came to its end.
    pub next: Option<crate::key::Cursor>,
}

/// Serialises a record after checking its declarations.
pub(crate) fn to_json<R: Record>(record: &R) -> Result<Vec<u8>, StoreFault> {
    let unstorable = |detail: &str| StoreFault::Unstorable { class: R::CLASS, detail: detail.to_owned() };
    check_name(R::CLASS).map_err(|detail| unstorable(&detail))?;
    // Messages of serde may quote values, so they do not travel on.
    let json = serde_json::to_vec(record).map_err(|_| unstorable("it has no JSON form"))?;
    let mut names = Names(Vec::new());
    let mut reader = serde_json::Deserializer::from_slice(&json);
    reader.deserialize_map(&mut names).map_err(|_| unstorable("its JSON form is not an object"))?;
    let undeclared = |name: &String| R::FIELDS.iter().all(|(declared, _)| declared != name);
    match names.0.into_iter().find(undeclared) {
        Some(field) => Err(StoreFault::Undeclared { class: R::CLASS, field }),
        None => Ok(json),
    }
}

/// The names of a JSON object's members; what they hold is passed over.
struct Names(Vec<String>);

impl<'de> Visitor<'de> for &mut Names {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key()? {
            self.0.push(name);
            members.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// The index entries of a record, each of a declared index.
pub(crate) fn index_entries<R: Record>(record: &R) -> Result<Vec<IndexEntry>, StoreFault> {
    let entries = record.indexes();
    for entry in &entries {
        let declared = R::INDEXES.contains(&entry.name) && check_name(entry.name).is_ok();
        if !declared {
            let detail = format!("its index {} is not in INDEXES", entry.name);
            return Err(StoreFault::Unstorable { class: R::CLASS, detail });
        }
    }
    Ok(entries)
}

/// Reads a stored JSON object, of this or an older version.
pub(crate) fn from_json<R: Record>(version: u16, json: &[u8]) -> Result<R, StoreFault> {
    let unreadable = |_| StoreFault::corrupt(format!("a record of class {} does not read", R::CLASS));
    if version == R::VERSION {
        return serde_json::from_slice(json).map_err(unreadable);
    }
    let value = serde_json::from_slice(json).map_err(unreadable)?;
    let unknown = StoreFault::UnknownVersion { class: R::CLASS, version };
    let value = R::upgrade(version, value).ok_or(unknown)?;
    serde_json::from_value(value).map_err(unreadable)
}

fn check_name(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
        return Err(format!("{name:?} is no name: lower-case letters, digits, _ and -"));
    }
    Ok(())
}
