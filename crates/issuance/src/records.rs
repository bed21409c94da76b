//! What the store keeps of offers, tokens and issued copies. No code, token or nonce stands in it, only hashes.

use environment::Timestamp;
use openid4vc::secret::SecretHash;
use openid4vc::vci::authorization::Authorization;
use openid4vc::vci::issuer::{Flow, TakenUp};
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};

use crate::asking_again::Shown;
use crate::attesting::AttestedWallet;

/// One offer and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FlowRecord {
    /// A random identifier.
    pub id: String,
    /// Counts the changes of the state, so that two requests cannot both continue from one state.
    pub revision: u64,
    /// The state.
    pub flow: Flow,
    /// Whom the domain offered it to: an opaque name.
    pub subject: String,
    /// What the offer names.
    pub configurations: Vec<String>,
    /// Digits of the transaction code, if one is needed.
    pub tx_code_length: Option<u8>,
    /// The code's hash.
    pub code: SecretHash,
    /// The access token's hash, once there is one.
    pub token: Option<SecretHash>,
    /// Where the offer is shown, if it is made again whenever somebody asks.
    #[serde(default)]
    pub shown: Option<Shown>,
    /// Hash of the `issuer_state` by which an authorisation finds the offer, if it may be taken up so.
    #[serde(default)]
    pub issuer_state: Option<SecretHash>,
    /// How the offer may be taken up.
    #[serde(default)]
    pub taken_up: TakenUp,
    /// The attested wallet that took it up, where wallets are attested: nobody else goes on with it.
    #[serde(default)]
    pub attested: Option<AttestedWallet>,
    /// What was promised and given, and of which the wallet has not said yet that it came.
    #[serde(default)]
    pub unconfirmed: Vec<Unconfirmed>,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

/// Copies that were promised and given: when they are given again because the answer was lost, these count no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// The configuration.
    pub configuration: String,
    /// What is stored of each copy when it counts no more.
    pub copies: Vec<RevokedEntry>,
}

impl FlowRecord {
    /// Notes what was given; gives what was given of it before.
    pub(crate) fn note_given(&mut self, given: Unconfirmed) -> Vec<RevokedEntry> {
        let before = self.confirm(&given.configuration);
        self.unconfirmed.push(given);
        before
    }

    /// What was given of `configuration` is not given again; gives its copies.
    pub(crate) fn confirm(&mut self, configuration: &str) -> Vec<RevokedEntry> {
        let all = std::mem::take(&mut self.unconfirmed).into_iter();
        let (given, others): (Vec<Unconfirmed>, _) = all.partition(|one| one.configuration == configuration);
        self.unconfirmed = others;
        given.into_iter().flat_map(|one| one.copies).collect()
    }
}

impl Record for FlowRecord {
    const CLASS: &'static str = "issuance-flow";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("revision", FieldClass::Operational),
        ("flow", FieldClass::Operational),
        ("subject", FieldClass::Operational),
        ("configurations", FieldClass::Operational),
        ("tx_code_length", FieldClass::Operational),
        ("code", FieldClass::Operational),
        ("token", FieldClass::Operational),
        ("shown", FieldClass::Operational),
        ("issuer_state", FieldClass::Operational),
        ("taken_up", FieldClass::Operational),
        ("attested", FieldClass::Operational),
        ("unconfirmed", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] =
        &[ByCode::NAME, ByToken::NAME, ByOfferedTo::NAME, ByIssuerState::NAME];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let mut entries = vec![ByCode::entry(&self.code.as_bytes()[..])];
        entries.extend(self.token.map(|token| ByToken::entry(&token.as_bytes()[..])));
        entries.extend(self.issuer_state.map(|state| ByIssuerState::entry(&state.as_bytes()[..])));
        if matches!(self.flow, Flow::Offered(_) | Flow::Granted(_) | Flow::TokenIssued(_)) {
            entries.push(ByOfferedTo::entry(Key::from(&self.subject).then(&self.id)));
        }
        entries
    }
}

/// Finds a flow by the hash of its code.
pub(crate) struct ByCode;

impl Index for ByCode {
    type Record = FlowRecord;
    const NAME: &'static str = "code";
}

/// Finds a flow by the hash of its access token.
pub(crate) struct ByToken;

impl Index for ByToken {
    type Record = FlowRecord;
    const NAME: &'static str = "token";
}

/// Finds the flows of a subject in which something is still to be fetched.
pub(crate) struct ByOfferedTo;

impl Index for ByOfferedTo {
    type Record = FlowRecord;
    const NAME: &'static str = "offered-to";
}

/// Finds an offer by the hash of its `issuer_state`.
pub(crate) struct ByIssuerState;

impl Index for ByIssuerState {
    type Record = FlowRecord;
    const NAME: &'static str = "issuer-state";
}

/// One authorisation, until its code is given out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuthorizationRecord {
    /// A random identifier.
    pub id: String,
    /// Counts the changes of the state.
    pub revision: u64,
    /// The state.
    pub state: Authorization,
    /// Hash of the secret in `request_uri`.
    pub request: SecretHash,
    /// The offer that the wallet read, if it read one.
    pub offer: Option<String>,
    /// To whom that was made.
    pub offered_to: Option<String>,
    /// Hash of the secret of the browser's session, once a browser has come: no other one goes on.
    pub browser: Option<SecretHash>,
    /// The attested wallet that pushed it, where wallets are attested: no other one gets the token.
    #[serde(default)]
    pub attested: Option<AttestedWallet>,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

impl AuthorizationRecord {
    /// This record in its next state.
    pub(crate) fn with(&self, state: Authorization) -> Self {
        Self { revision: self.revision.saturating_add(1), state, ..self.clone() }
    }
}

impl Record for AuthorizationRecord {
    const CLASS: &'static str = "issuance-authorization";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("revision", FieldClass::Operational),
        ("state", FieldClass::Operational),
        ("request", FieldClass::Operational),
        ("offer", FieldClass::Operational),
        ("offered_to", FieldClass::Operational),
        ("browser", FieldClass::Operational),
        ("attested", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByRequestUri::NAME, ByUnopened::NAME];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let mut entries = vec![ByRequestUri::entry(&self.request.as_bytes()[..])];
        if let Authorization::Pushed(_) = &self.state {
            entries.push(ByUnopened::entry(self.until));
        }
        entries
    }
}

/// Finds the pushed requests to which no browser has come, the oldest first.
pub(crate) struct ByUnopened;

impl Index for ByUnopened {
    type Record = AuthorizationRecord;
    const NAME: &'static str = "unopened";
}

/// Finds an authorisation by the hash of the secret in its `request_uri`.
pub(crate) struct ByRequestUri;

impl Index for ByRequestUri {
    type Record = AuthorizationRecord;
    const NAME: &'static str = "request-uri";
}

/// Something that was used and may not be used again: a c_nonce or a DPoP proof.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Used {
    /// Its hash.
    pub(crate) hash: SecretHash,
    /// Until when it would count, in seconds since the epoch.
    pub(crate) until: i64,
}

impl Record for Used {
    const CLASS: &'static str = "issuance-used";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("hash", FieldClass::Operational), ("until", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.hash.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// A place in a status list that was given to one copy of a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEntry {
    /// The list.
    pub list: String,
    /// The place.
    pub index: u64,
    /// Whom the copy was issued to: the domain's opaque name.
    pub subject: String,
    /// The configuration it was issued under.
    pub configuration: String,
    /// When the copy expires, in seconds since the epoch.
    pub until: i64,
}

impl Record for StatusEntry {
    const CLASS: &'static str = "status-entry";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("list", FieldClass::Operational),
        ("index", FieldClass::Operational),
        ("subject", FieldClass::Operational),
        ("configuration", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[BySubject::NAME];

    fn key(&self) -> Key {
        Key::from(&self.list).then(self.index)
    }

    fn expiry(&self) -> Option<Timestamp> {
        // A place is not given again for a day after its copy has expired, so that no late reader is misled.
        Some(Timestamp::from_seconds(self.until).plus(86_400))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![BySubject::entry(Key::from(&self.subject).then(&self.configuration))]
    }
}

/// Finds the copies of a subject.
pub(crate) struct BySubject;

impl Index for BySubject {
    type Record = StatusEntry;
    const NAME: &'static str = "subject";
}

/// A copy that no longer counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedEntry {
    /// The list.
    pub list: String,
    /// The place.
    pub index: u64,
    /// When the copy would have expired, in seconds since the epoch.
    pub until: i64,
}

impl From<StatusEntry> for RevokedEntry {
    fn from(entry: StatusEntry) -> Self {
        Self { list: entry.list, index: entry.index, until: entry.until }
    }
}

impl Record for RevokedEntry {
    const CLASS: &'static str = "status-revoked";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("list", FieldClass::Operational),
        ("index", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.list).then(self.index)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until).plus(86_400))
    }
}

/// Counts the revocations of a list, so that a replica notices those of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListHead {
    /// The list.
    pub(crate) list: String,
    /// Grows with every revocation.
    pub(crate) version: u64,
}

impl Record for ListHead {
    const CLASS: &'static str = "status-head";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("list", FieldClass::Operational), ("version", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.list)
    }
}
