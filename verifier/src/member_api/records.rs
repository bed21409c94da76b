//! What is kept of the member API. Tokens stand in it as hashes, reasons sealed.

use environment::Timestamp;
use keyring::Sealed;
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};

use super::deeds::{AnsweredByTime, GivenByTime};
use crate::form::{CompiledForm, Form};

/// An access token, and to whom it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberAccess {
    /// The token's hash.
    pub token: SecretHash,
    /// The member.
    pub sub: String,
    /// Thumbprint of the key to which the token is bound.
    pub key: String,
    /// Until when it counts, in seconds since the epoch.
    pub counts_until: i64,
    /// When the record may go, in seconds since the epoch: as long the token gets answers again that it got before.
    pub until: i64,
}

impl MemberAccess {
    /// Whether anything new may be asked with it.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        now.seconds() < self.counts_until
    }
}

impl Record for MemberAccess {
    const CLASS: &'static str = "member-access";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("token", FieldClass::Operational),
        ("sub", FieldClass::Operational),
        ("key", FieldClass::Operational),
        ("counts_until", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.token.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// A DPoP proof that was used (RFC 9449 §11.1).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UsedMemberProof {
    pub(crate) hash: SecretHash,
    /// Until when it would count, in seconds since the epoch.
    pub(crate) until: i64,
}

impl Record for UsedMemberProof {
    const CLASS: &'static str = "member-used-proof";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("hash", FieldClass::Operational), ("until", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.hash.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// What a member was answered, so that the same again gets the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberAnswered {
    pub(crate) sub: String,
    /// The identifier that the wallet gave.
    pub(crate) id: String,
    /// The hash of what was asked.
    pub(crate) asked: SecretHash,
    /// The proof of change: names, no value.
    pub(crate) proof: String,
    /// When the record may go, in seconds since the epoch.
    pub(crate) until: i64,
}

impl Record for MemberAnswered {
    const CLASS: &'static str = "member-answered";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("sub", FieldClass::Operational),
        ("id", FieldClass::Operational),
        ("asked", FieldClass::Operational),
        ("proof", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[AnsweredByTime::NAME];

    fn key(&self) -> Key {
        Key::from((self.sub.as_str(), self.id.as_str()))
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        // Each is kept for as long as every other.
        vec![AnsweredByTime::entry(self.until)]
    }
}

/// A member's objection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// The member.
    pub sub: String,
    /// The identifier that the wallet gave.
    pub id: String,
    /// When it came, in seconds since the epoch.
    pub at: i64,
    /// The claims it is about; empty: everything.
    pub about: Vec<String>,
    /// Why, sealed.
    pub reason: Sealed,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

impl Record for Objection {
    const CLASS: &'static str = "member-objection";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("sub", FieldClass::Operational),
        ("id", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("about", FieldClass::Operational),
        ("reason", FieldClass::Disclosed),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from((self.sub.as_str(), self.id.as_str()))
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// New values were asked for, and of whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NewValuesAsked {
    /// What the request is about.
    pub(crate) id: String,
    pub(crate) sub: String,
    /// The contact that gets them.
    pub(crate) contact: String,
    pub(crate) form: Form,
    pub(crate) compiled: CompiledForm,
    /// The claims that a passport is to show.
    #[serde(default)]
    pub(crate) passport: Vec<String>,
    /// When the record may go, in seconds since the epoch.
    pub(crate) until: i64,
}

impl Record for NewValuesAsked {
    const CLASS: &'static str = "member-new-values-asked";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("sub", FieldClass::Operational),
        ("contact", FieldClass::Operational),
        ("form", FieldClass::Operational),
        ("compiled", FieldClass::Operational),
        ("passport", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// New values came, and where their proof of sharing is fetched.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NewValuesGiven {
    /// Hash of the handle under which the wallet finds it.
    pub(crate) follow_up: SecretHash,
    /// Thumbprint of the answering key.
    pub(crate) holder: String,
    pub(crate) sharing_proof: String,
    /// Of whom; empty in a record of before there was this field.
    #[serde(default)]
    pub(crate) sub: String,
    /// Of which claims.
    #[serde(default)]
    pub(crate) claims: Vec<String>,
    /// When, in seconds since the epoch.
    #[serde(default)]
    pub(crate) at: i64,
    /// When the record may go, in seconds since the epoch.
    pub(crate) until: i64,
}

impl Record for NewValuesGiven {
    const CLASS: &'static str = "member-new-values-given";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("follow_up", FieldClass::Operational),
        ("holder", FieldClass::Operational),
        ("sharing_proof", FieldClass::Operational),
        ("sub", FieldClass::Operational),
        ("claims", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[GivenByTime::NAME];

    fn key(&self) -> Key {
        Key::from(&self.follow_up.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        if self.sub.is_empty() { Vec::new() } else { vec![GivenByTime::entry(self.at)] }
    }
}
