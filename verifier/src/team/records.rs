//! What is stored of the team. Secrets stand here only as hashes; nothing here is of a member.

use environment::Timestamp;
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};
use webauthn_rs::prelude::{DiscoverableAuthentication, Passkey, PasskeyRegistration};

use super::Role;

/// Somebody of the team. Whoever has left stays known by name to what they did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teammate {
    /// A random UUID; authenticators keep it as the handle of the user.
    pub id: String,
    /// What the team calls them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when, in seconds since the epoch.
    pub since: i64,
    /// Since when not any more.
    #[serde(default)]
    pub ended: Option<i64>,
}

impl Record for Teammate {
    const CLASS: &'static str = "teammate";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("name", FieldClass::Operational),
        ("role", FieldClass::Operational),
        ("since", FieldClass::Operational),
        ("ended", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByName::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let entry = || ByName::entry(name_key(&self.name));
        self.ended.is_none().then(entry).into_iter().collect()
    }
}

/// Names that differ in case alone are one.
pub(super) fn name_key(name: &str) -> String {
    name.to_lowercase()
}

/// Finds who is in the team by name.
pub(super) struct ByName;

impl Index for ByName {
    type Record = Teammate;
    const NAME: &'static str = "name";
}

/// A link by which somebody makes a passkey, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamLink {
    /// Hash of the token in the link.
    pub token: SecretHash,
    /// Whose it is.
    pub teammate: String,
    /// Until when it counts, in seconds since the epoch.
    pub until: i64,
}

impl Record for TeamLink {
    const CLASS: &'static str = "team-link";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("token", FieldClass::Operational),
        ("teammate", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[LinksOf::NAME];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.token.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![LinksOf::entry(&self.teammate)]
    }
}

/// The links of one of the team.
pub(super) struct LinksOf;

impl Index for LinksOf {
    type Record = TeamLink;
    const NAME: &'static str = "teammate";
}

/// A passkey of one of the team.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TeamPasskey {
    /// Identifier of the credential, base64url.
    pub id: String,
    /// Whose it is.
    pub teammate: String,
    /// What it is called in a list.
    pub label: String,
    /// Its public key, and how often it has signed.
    pub passkey: Passkey,
    /// When it was made, in seconds since the epoch.
    pub made_at: i64,
    /// When it was last used.
    pub used_at: Option<i64>,
}

impl Record for TeamPasskey {
    const CLASS: &'static str = "team-passkey";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("teammate", FieldClass::Operational),
        ("label", FieldClass::Operational),
        ("passkey", FieldClass::Operational),
        ("made_at", FieldClass::Operational),
        ("used_at", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[PasskeysOf::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![PasskeysOf::entry(&self.teammate)]
    }
}

/// The passkeys of one of the team.
pub(super) struct PasskeysOf;

impl Index for PasskeysOf {
    type Record = TeamPasskey;
    const NAME: &'static str = "teammate";
}

/// A browser that acts for one of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamSession {
    /// Hash of what the cookie holds.
    pub id: String,
    /// Whose it is.
    pub teammate: String,
    /// What the passkey is called that opened it.
    pub opened_with: String,
    /// When it began, in seconds since the epoch.
    pub began_at: i64,
    /// When it was last used, a few minutes forgiven.
    pub seen_at: i64,
}

/// Seconds without use after which a session ends.
pub const IDLE: i64 = 8 * 3_600;
/// Seconds after which it ends in any case.
pub const LONGEST: i64 = 7 * 86_400;

impl Record for TeamSession {
    const CLASS: &'static str = "team-session";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("teammate", FieldClass::Operational),
        ("opened_with", FieldClass::Operational),
        ("began_at", FieldClass::Operational),
        ("seen_at", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[SessionsOf::NAME];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        let end = self.seen_at.saturating_add(IDLE).min(self.began_at.saturating_add(LONGEST));
        Some(Timestamp::from_seconds(end))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![SessionsOf::entry(&self.teammate)]
    }
}

/// The sessions of one of the team.
pub(super) struct SessionsOf;

impl Index for SessionsOf {
    type Record = TeamSession;
    const NAME: &'static str = "teammate";
}

/// What an authenticator was asked, until it has answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ceremony {
    /// Hash of what the browser names it by.
    pub id: SecretHash,
    /// What it is for.
    pub state: CeremonyState,
    /// Until when it may answer, in seconds since the epoch.
    pub until: i64,
}

/// What a ceremony is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CeremonyState {
    /// Signing in, whoever that will be.
    SignIn(Box<DiscoverableAuthentication>),
    /// Making a passkey.
    Make {
        /// What the authenticator was asked.
        asked: Box<PasskeyRegistration>,
        /// For whom.
        teammate: String,
        /// The link that is used up by it; none where somebody is signed in.
        link: Option<SecretHash>,
    },
}

impl Record for Ceremony {
    const CLASS: &'static str = "team-ceremony";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("state", FieldClass::Operational),
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

/// A look at what members gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Identifier. The same look within a few minutes has the same one.
    pub id: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Who of the team; none at the terminal.
    pub by: Option<String>,
    /// How: `contact`, `sign-ups`, `members`, `search`.
    pub how: String,
    /// Whose, if it was one contact.
    pub whose: Option<String>,
    /// Which details.
    pub names: Vec<String>,
    /// Of how many people.
    pub people: u32,
}

/// For how long it is known who looked, in seconds.
const KNOWN: i64 = 365 * 86_400;

impl Record for Look {
    const CLASS: &'static str = "look";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("by", FieldClass::Operational),
        ("how", FieldClass::Operational),
        ("whose", FieldClass::Operational),
        ("names", FieldClass::Operational),
        ("people", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[LooksByTime::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.at.saturating_add(KNOWN)))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![LooksByTime::entry(Timestamp::from_seconds(self.at))]
    }
}

/// Lists looks in the order of their time.
pub(super) struct LooksByTime;

impl Index for LooksByTime {
    type Record = Look;
    const NAME: &'static str = "time";
}
