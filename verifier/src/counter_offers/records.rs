//! What a space keeps of counter-offers and of what it asked again: names of claims, no value, and nothing of who it was.

use environment::Timestamp;
use keyring::Sealed;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};

/// For how long the team sees that an applicant did not answer, in seconds.
const REMEMBERED: i64 = 30 * 86_400;

/// One counter-offer and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterOffered {
    /// A random identifier.
    pub id: String,
    /// The request it was about.
    pub asked: String,
    /// The form's name.
    pub form: String,
    /// When it came, in seconds since the epoch.
    pub at: i64,
    /// Of what was asked for: what was offered.
    pub offered: Vec<String>,
    /// What was offered in another's place.
    pub instead: Vec<InPlace>,
    /// Of what was asked for: what was left out.
    pub left_out: Vec<String>,
    /// The request that was made then.
    pub asked_anew: Option<String>,
    /// The reason, where none was made.
    pub declined: Option<String>,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

/// One claim in another's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InPlace {
    /// What was asked for.
    pub of: String,
    /// What was offered for it.
    pub offer: String,
}

impl Record for CounterOffered {
    const CLASS: &'static str = "counter-offer";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("asked", FieldClass::Operational),
        ("form", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("offered", FieldClass::Operational),
        ("instead", FieldClass::Operational),
        ("left_out", FieldClass::Operational),
        ("asked_anew", FieldClass::Operational),
        ("declined", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByTime::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByTime::entry(Timestamp::from_seconds(self.at))]
    }
}

/// Lists counter-offers in the order in which they came.
pub(super) struct ByTime;

impl Index for ByTime {
    type Record = CounterOffered;
    const NAME: &'static str = "time";
}

/// What the team asked an applicant for instead of deciding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedAgain {
    /// The sign-up.
    pub sign_up: String,
    /// The request that the applicant may answer.
    pub asked: String,
    /// Its link, sealed under the applicant's own key: whoever has it can answer.
    pub link: Sealed,
    /// Why, for the applicant.
    pub reason: Option<String>,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// When the request ends, in seconds since the epoch.
    pub ends: i64,
}

impl Record for AskedAgain {
    const CLASS: &'static str = "asked-again";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("sign_up", FieldClass::Operational),
        ("asked", FieldClass::Operational),
        ("link", FieldClass::Operational),
        ("reason", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("ends", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.sign_up)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.ends).plus(REMEMBERED))
    }
}
