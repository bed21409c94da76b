//! What is kept of a hello: who said it to whom, and what waits to be left, sealed.

use environment::Timestamp;
use keyring::{KeyId, Keyring, Sealed};
use network::hello::{HelloId, HelloText};
use network::mailbox::Reason;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Range, Record, StoreFault, Tx};

use super::carrying::CARRIED_FOR;
use crate::space::SpaceError;

/// For how many seconds a report waits for the team.
const REPORT_KEPT: i64 = 90 * 86_400;
/// Records that are deleted in one step.
const AT_ONCE: usize = 200;
const HELLO: &[u8] = b"hello";
const ANSWER: &[u8] = b"answer to a hello";

/// That somebody said hello to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidHello {
    /// Hash of the identifier, which the receiver's wallet has.
    pub id: String,
    /// The sender's contact.
    pub from: String,
    /// The receiver's contact.
    pub to: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// Until when it is open, in seconds since the epoch.
    pub until: i64,
    /// Whether it was answered or blocked, or is not carried: no answer is taken any more.
    pub is_closed: bool,
    /// Whether it was reported: of each hello there is one report, which does not say of which.
    #[serde(default)]
    pub is_reported: bool,
    /// What is still to be left at an inbox.
    pub waits: Option<Waiting>,
}

/// What is still to be left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Whether it is the answer, to the sender; else the hello, to the receiver.
    pub is_answer: bool,
    /// The words with the identifier, or the answer as the wallet sealed it with the identifier.
    pub sealed: Sealed,
    /// When it is given up, in seconds since the epoch.
    pub until: i64,
}

/// A hello that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Words {
    pub(super) id: HelloId,
    pub(super) text: HelloText,
}

/// An answer that waits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) id: HelloId,
    pub(super) envelope: String,
}

impl Waiting {
    pub(super) fn hello(
        keyring: &Keyring,
        key: &KeyId,
        words: &Words,
        now: Timestamp,
    ) -> Result<Self, SpaceError> {
        Self::seal(keyring, key, HELLO, words, now)
    }

    pub(super) fn answer(
        keyring: &Keyring,
        key: &KeyId,
        answer: &Answer,
        now: Timestamp,
    ) -> Result<Self, SpaceError> {
        Self::seal(keyring, key, ANSWER, answer, now)
    }

    fn seal(
        keyring: &Keyring,
        key: &KeyId,
        what: &'static [u8],
        content: &impl Serialize,
        now: Timestamp,
    ) -> Result<Self, SpaceError> {
        let text = serde_json::to_vec(content).map_err(|_| SpaceError::Unreadable)?;
        let sealed = keyring.seal(key, what, &text)?;
        Ok(Self { is_answer: what == ANSWER, sealed, until: now.plus(CARRIED_FOR).seconds() })
    }

    pub(super) fn words(&self, keyring: &Keyring, key: &KeyId) -> Result<Words, SpaceError> {
        let text = keyring.open_sealed(key, HELLO, &self.sealed)?;
        jose::json::parse_as(text.as_slice()).map_err(|_| SpaceError::Unreadable)
    }

    pub(super) fn answered(&self, keyring: &Keyring, key: &KeyId) -> Result<Answer, SpaceError> {
        let text = keyring.open_sealed(key, ANSWER, &self.sealed)?;
        jose::json::parse_as(text.as_slice()).map_err(|_| SpaceError::Unreadable)
    }
}

impl Record for SaidHello {
    const CLASS: &'static str = "said-hello";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("from", FieldClass::Operational),
        ("to", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("until", FieldClass::Operational),
        ("is_closed", FieldClass::Operational),
        ("is_reported", FieldClass::Operational),
        ("waits", FieldClass::Disclosed),
    ];
    const INDEXES: &'static [&'static str] = &[ByPair::NAME, OfPerson::NAME];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        // An answer of the last moment is still left.
        Some(Timestamp::from_seconds(self.until.saturating_add(CARRIED_FOR)))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let of = |contact: &str| OfPerson::entry((contact, self.id.as_str()));
        vec![ByPair::entry((self.from.as_str(), self.to.as_str())), of(&self.from), of(&self.to)]
    }
}

/// Finds the hello of a sender to a receiver.
pub struct ByPair;

impl Index for ByPair {
    type Record = SaidHello;
    const NAME: &'static str = "pair";
}

/// Lists what somebody said and was told.
pub struct OfPerson;

impl Index for OfPerson {
    type Record = SaidHello;
    const NAME: &'static str = "person";
}

/// Nothing more of one person to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloBlock {
    /// The contact of whoever blocked.
    pub by: String,
    /// The contact of who was blocked.
    pub of: String,
}

impl Record for HelloBlock {
    const CLASS: &'static str = "hello-block";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("by", FieldClass::Operational), ("of", FieldClass::Operational)];
    const INDEXES: &'static [&'static str] = &[BlocksOf::NAME];

    fn key(&self) -> Key {
        Key::from((self.by.as_str(), self.of.as_str()))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![BlocksOf::entry((self.of.as_str(), self.by.as_str()))]
    }
}

/// Lists who blocked somebody.
pub struct BlocksOf;

impl Index for BlocksOf {
    type Record = HelloBlock;
    const NAME: &'static str = "blocked";
}

/// That a member reported another: whom and why, and no word of what was said. Who did is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloReport {
    /// Random. By that of the hello it could be found who reported, as long as the hello is kept.
    pub id: String,
    /// The contact of who was reported.
    pub about: String,
    /// Why.
    pub reason: Reason,
    /// When, in seconds since the epoch.
    pub at: i64,
}

impl Record for HelloReport {
    const CLASS: &'static str = "hello-report";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("about", FieldClass::Operational),
        ("reason", FieldClass::Operational),
        ("at", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ReportsOf::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.at.saturating_add(REPORT_KEPT)))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ReportsOf::entry((self.about.as_str(), self.id.as_str()))]
    }
}

/// Lists the reports about somebody.
pub struct ReportsOf;

impl Index for ReportsOf {
    type Record = HelloReport;
    const NAME: &'static str = "about";
}

/// Everything of a person's hellos goes, however much there is: what was said either way, blocks, and reports about them. The jobs that
/// wait destroy the keys.
pub(super) async fn forget(tx: &mut Tx, contact: &str) -> Result<(), StoreFault> {
    delete_all::<OfPerson>(tx, contact).await?;
    delete_all::<ReportsOf>(tx, contact).await?;
    delete_all::<BlocksOf>(tx, contact).await?;
    loop {
        let by = tx.list::<HelloBlock>(Range::prefix(contact), AT_ONCE).await?.items;
        if by.is_empty() {
            return Ok(());
        }
        for one in &by {
            tx.delete::<HelloBlock>(one.key()).await?;
        }
    }
}

async fn delete_all<I: Index>(tx: &mut Tx, contact: &str) -> Result<(), StoreFault> {
    loop {
        let found = tx.page::<I>(Range::prefix(contact), AT_ONCE).await?.items;
        if found.is_empty() {
            return Ok(());
        }
        for record in &found {
            tx.delete::<I::Record>(record.key()).await?;
        }
    }
}
