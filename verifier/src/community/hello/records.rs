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
/// Records of hellos that are deleted in one commit, which may hold other things, too.
const AT_ONCE: usize = 60;
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

/// That an answer was taken, so that the same bytes sent once more are, too: their first 200 may have been lost. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenAnswer {
    /// Hash of the hello's identifier.
    pub hello: String,
    /// Hash of the envelope.
    pub answer: String,
    /// Until when it is kept, in seconds since the epoch.
    pub until: i64,
}

impl TakenAnswer {
    /// What is kept of an answer that is taken `now`.
    pub(super) fn of(hello: &str, envelope: &str, now: Timestamp) -> Self {
        let answer = jose::digest::sha256_base64url(envelope);
        Self { hello: hello.to_owned(), answer, until: now.plus(CARRIED_FOR).seconds() }
    }
}

impl Record for TakenAnswer {
    const CLASS: &'static str = "taken-answer";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("hello", FieldClass::Operational),
        ("answer", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.hello)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// Deletes of a person's hellos as much as one commit takes: what was said either way, blocks, and reports about them. Gives whether
/// that was all. The jobs that wait destroy the keys.
pub(super) async fn forget_some(tx: &mut Tx, contact: &str) -> Result<bool, StoreFault> {
    let mut left = AT_ONCE;
    left = delete_some::<OfPerson>(tx, contact, left).await?;
    left = delete_some::<ReportsOf>(tx, contact, left).await?;
    left = delete_some::<BlocksOf>(tx, contact, left).await?;
    if left > 0 {
        let by = tx.list::<HelloBlock>(Range::prefix(contact), left).await?.items;
        for one in &by {
            tx.delete::<HelloBlock>(one.key()).await?;
        }
        left = left.saturating_sub(by.len());
    }
    Ok(left > 0)
}

/// Deletes `most` of what an index lists of somebody; gives how many fewer than that there were.
async fn delete_some<I: Index>(tx: &mut Tx, contact: &str, most: usize) -> Result<usize, StoreFault> {
    if most == 0 {
        return Ok(0);
    }
    let found = tx.page::<I>(Range::prefix(contact), most).await?.items;
    for record in &found {
        tx.delete::<I::Record>(record.key()).await?;
    }
    Ok(most.saturating_sub(found.len()))
}
