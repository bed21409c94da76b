//! Entries and leaves.

use std::fmt;

use environment::{Randomness, Timestamp};
use jose::{base64url, digest};
use serde::{Deserialize, Serialize};

use crate::commitment::Commitment;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EntryKind {
    /// A request was made ready for somebody.
    Asked,
    /// An answer was accepted and stored.
    Answered,
    /// An answer was refused; nothing of it was stored.
    Refused,
    /// A sign-up was decided, by a rule or by a person.
    Decided,
    /// A credential was offered or issued.
    Issued,
    /// A credential was revoked.
    Revoked,
    /// Values were deleted.
    Deleted,
    /// A rule or form was changed.
    RuleChanged,
    /// A member of the team looked at personal data.
    Looked,
    /// A member set or lifted an end for details.
    Changed,
    /// A member chose who may see details, more people or fewer.
    Published,
    /// A member took details back.
    TakenBack,
    /// A member objected to what is done with details.
    Objected,
    /// A member left, and the details went.
    Left,
    /// Somebody was invited.
    Invited,
    /// A wallet offered something else than was asked for.
    CounterOffered,
    /// Details came from a table of another program.
    Imported,
    /// Details went out to other software of the space.
    HandedOn,
    /// The team wrote something about a member, which the member can read, or deleted it.
    Noted,
    /// A member said hello to another, or answered, blocked or reported one; never who, to whom or what.
    SaidHello,
    /// A member wanted a door opened: which one, and whether it was asked.
    DoorAsked,
    /// Somebody of the team made a device the screen of a door: of which.
    DoorScreen,
    /// Screens at doors ended: of which door, or with what of whoever had opened them.
    DoorScreenEnded,
}

/// One claim an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The claim's path, joined by `.`; a name, never a value.
    pub claim: String,
    /// The commitment to the value, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Commitment>,
}

/// An entry before it is encoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What happened.
    pub kind: EntryKind,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// For which registered purpose; an identifier, not prose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// A machine code that explains the kind, such as the reason of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The claims concerned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
}

impl Entry {
    /// An entry of `kind` at `at` about no claims yet.
    #[must_use]
    pub const fn new(kind: EntryKind, at: Timestamp) -> Self {
        Self { kind, at: at.seconds(), purpose: None, code: None, items: Vec::new() }
    }

    /// This entry with a purpose.
    #[must_use]
    pub fn with_purpose(mut self, purpose: impl Into<String>) -> Self {
        self.purpose = Some(purpose.into());
        self
    }

    /// This entry with an explaining machine code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// This entry about the claims named `claims`, without commitments.
    #[must_use]
    pub fn about<'a>(mut self, claims: impl IntoIterator<Item = &'a str>) -> Self {
        self.items.extend(claims.into_iter().map(|claim| Item { claim: claim.to_owned(), commitment: None }));
        self
    }

    /// This entry with one more claim and the commitment to its value.
    #[must_use]
    pub fn committing(mut self, claim: impl Into<String>, commitment: Commitment) -> Self {
        self.items.push(Item { claim: claim.into(), commitment: Some(commitment) });
        self
    }
}

/// A random identifier by which a leaf is stored before it has a place in the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeafId([u8; 16]);

impl LeafId {
    /// A fresh identifier.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        Self(randomness.bytes())
    }

    /// The identifier's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for LeafId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&base64url::encode(self.0))
    }
}

impl fmt::Debug for LeafId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LeafId({self})")
    }
}

/// The hash by which the log's tree knows a leaf (RFC 6962 §2.1: SHA-256 over 0x00 and the leaf).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct LeafHash([u8; 32]);

impl LeafHash {
    /// The hash's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<LeafHash> for String {
    fn from(hash: LeafHash) -> Self {
        base64url::encode(hash.0)
    }
}

impl TryFrom<String> for LeafHash {
    type Error = base64url::NotBase64Url;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        base64url::decode_exact(text).map(Self)
    }
}

/// An encoded entry. Its bytes are fixed once and never encoded again, since the hash is over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    id: String,
    bytes: String,
}

impl Leaf {
    /// Encodes `entry` under `id`.
    ///
    /// A random 16-byte `salt` member (the identifier) makes leaves of equal entries differ.
    #[must_use]
    pub fn new(id: LeafId, entry: &Entry) -> Self {
        #[derive(Serialize)]
        struct Encoded<'a> {
            format: u8,
            salt: String,
            #[serde(flatten)]
            entry: &'a Entry,
        }
        let encoded = Encoded { format: 1, salt: id.to_string(), entry };
        // An entry holds only strings and integers, for which encoding cannot fail.
        let bytes = serde_json::to_string(&encoded).unwrap_or_default();
        Self { id: id.to_string(), bytes }
    }

    /// The identifier, as text.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The leaf's bytes: one line of JSON.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_bytes()
    }

    /// The leaf's hash.
    #[must_use]
    pub fn hash(&self) -> LeafHash {
        LeafHash(digest::sha256([&[0_u8][..], self.bytes.as_bytes()].concat()))
    }

    /// What the leaf says.
    ///
    /// # Errors
    /// [`jose::json::JsonError`] when the stored bytes are not a leaf.
    pub fn entry(&self) -> Result<Entry, jose::json::JsonError> {
        jose::json::parse_as(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;

    use super::*;
    use crate::CommitmentNonce;

    fn entry() -> Entry {
        let commitment =
            Commitment::new(&CommitmentNonce::generate(&SeededRandomness::new(2)), &digest::sha256("value"));
        Entry::new(EntryKind::Answered, Timestamp::from_seconds(5))
            .with_purpose("sign-up")
            .committing("email", commitment)
            .about(["given_name"])
    }

    #[test]
    fn a_leaf_says_what_its_entry_said() {
        let leaf = Leaf::new(LeafId::generate(&SeededRandomness::new(1)), &entry());
        assert_eq!(leaf.entry().unwrap(), entry());
        let stored: Leaf = serde_json::from_str(&serde_json::to_string(&leaf).unwrap()).unwrap();
        assert_eq!(stored.hash(), leaf.hash());
    }

    #[test]
    fn equal_entries_become_different_leaves() {
        let randomness = SeededRandomness::new(1);
        let leaf = || Leaf::new(LeafId::generate(&randomness), &entry());
        assert_ne!(leaf().hash(), leaf().hash());
    }

    #[test]
    fn the_hash_is_that_of_rfc_6962() {
        let leaf = Leaf { id: String::new(), bytes: String::new() };
        // SHA-256 of the single byte 0x00, the hash of an empty leaf in RFC 6962 §2.1.
        let expected = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        let hex: String = leaf.hash().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected);
    }
}
