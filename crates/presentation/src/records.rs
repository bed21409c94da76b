//! What the store keeps of a request. Its secrets are sealed; identifiers and sessions are hashes.

use environment::Timestamp;
use openid4vc::secret::SecretHash;
use openid4vc::vp::verifier::Flow;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};

/// One request and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RequestRecord {
    /// Hash of the identifier that stands in `request_uri` and `response_uri`.
    pub id: SecretHash,
    /// Counts the changes of the state, so that two answers cannot both continue from one state.
    pub revision: u64,
    /// The state.
    pub flow: Flow,
    /// What the domain says that the request is about.
    pub subject: String,
    /// Hash of the session of the browser that waits.
    pub session: Option<SecretHash>,
    /// base64url of [`openid4vc::vp::request::digest_of`] the request object that everybody gets.
    #[serde(default)]
    pub object_digest: Option<String>,
    /// The sealed request object of a request from before those had records of their own ([`RequestObject`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) object: Option<String>,
    /// Why the last answer was refused, if one was, or the wallet's own error. For the team: it may have been sent by anybody.
    pub refused: Option<String>,
    /// The same of the last that carried a `state` of the request. For whoever waits at the screen.
    #[serde(default)]
    pub refused_with_state: Option<String>,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

impl Record for RequestRecord {
    const CLASS: &'static str = "presentation-request";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("revision", FieldClass::Operational),
        ("flow", FieldClass::Operational),
        ("subject", FieldClass::Operational),
        ("session", FieldClass::Operational),
        ("object_digest", FieldClass::Operational),
        ("object", FieldClass::Operational),
        ("refused", FieldClass::Operational),
        ("refused_with_state", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[BySession::NAME, BySubject::NAME];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let mut entries = vec![BySubject::entry(&self.subject)];
        entries.extend(self.session.map(|session| BySession::entry(&session.as_bytes()[..])));
        entries
    }
}

/// The request object of a request, signed once. It is long and read by few, so it is no part of what moves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RequestObject {
    /// As that of the request.
    pub(crate) id: SecretHash,
    /// Sealed, for nonce and state stand in it. The objects of wallets that send a wallet_nonce are made of it, and none of
    /// them is kept.
    pub(crate) sealed: String,
    /// As that of the request when it was made: an answer from its last seconds is still looked at after its end.
    pub(crate) until: i64,
}

impl Record for RequestObject {
    const CLASS: &'static str = "presentation-request-object";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("sealed", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// Finds the request for which a browser waits.
pub(crate) struct BySession;

impl Index for BySession {
    type Record = RequestRecord;
    const NAME: &'static str = "session";
}

/// Finds the request about something of the domain's.
pub(crate) struct BySubject;

impl Index for BySubject {
    type Record = RequestRecord;
    const NAME: &'static str = "subject";
}

/// A DPoP proof that was used at a follow-up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UsedProof {
    /// Its hash.
    pub(crate) hash: SecretHash,
    /// Until when it would count, in seconds since the epoch.
    pub(crate) until: i64,
}

impl Record for UsedProof {
    const CLASS: &'static str = "presentation-used-proof";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("hash", FieldClass::Operational), ("until", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.hash.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}
