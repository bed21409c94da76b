//! What is stored of doors. No detail of a member is; of who opened a door, the identifier of the membership, for a month.

use std::collections::BTreeSet;

use environment::Timestamp;
use keyring::Sealed;
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};

use super::template::DoorTemplate;
use crate::forms::ChangedBy;

/// A door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Door {
    /// A random identifier; it stands in the addresses of the door's pages.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What opens it.
    pub template: Box<DoorTemplate>,
    /// What says who asks, sealed.
    pub secret: Option<Sealed>,
    /// The plans whose members may open it; none: every member's.
    pub plans: BTreeSet<String>,
    /// Who entered it.
    pub by: ChangedBy,
    /// Since when, in seconds since the epoch.
    pub since: i64,
}

impl Door {
    /// Whether a membership of this plan opens it.
    #[must_use]
    pub fn is_for(&self, plan: &str) -> bool {
        self.plans.is_empty() || self.plans.contains(plan)
    }
}

impl Record for Door {
    const CLASS: &'static str = "door";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("name", FieldClass::Operational),
        ("template", FieldClass::Operational),
        ("secret", FieldClass::Operational),
        ("plans", FieldClass::Operational),
        ("by", FieldClass::Operational),
        ("since", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}

/// A screen at a door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorScreen {
    /// A random identifier of 128 bits; it stands in the codes that the screen shows.
    pub id: String,
    /// At which door.
    pub door: String,
    /// Who of the team opened it.
    pub teammate: String,
    /// Hash of what the screen's browser holds.
    pub cookie: SecretHash,
    /// When it was opened, in seconds since the epoch.
    pub opened_at: i64,
    /// When it ends in any case.
    pub until: i64,
}

impl Record for DoorScreen {
    const CLASS: &'static str = "door-screen";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("door", FieldClass::Operational),
        ("teammate", FieldClass::Operational),
        ("cookie", FieldClass::Operational),
        ("opened_at", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ScreensOf::NAME, ByCookie::NAME];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ScreensOf::entry(&self.teammate), ByCookie::entry(&self.cookie.as_bytes()[..])]
    }
}

/// The screens that somebody of the team opened.
pub(crate) struct ScreensOf;

impl Index for ScreensOf {
    type Record = DoorScreen;
    const NAME: &'static str = "teammate";
}

/// Finds a screen by what its browser holds.
pub(super) struct ByCookie;

impl Index for ByCookie {
    type Record = DoorScreen;
    const NAME: &'static str = "cookie";
}

/// What became of an opening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The door was asked, and nothing was heard: for some seconds, or for ever where the server ended meanwhile.
    Asked,
    /// It said yes.
    Opened,
    /// It said no, or nothing.
    NotOpened {
        /// Its status, if it answered.
        status: Option<u16>,
        /// Why there was no answer, as a machine code.
        code: Option<String>,
    },
}

/// That a member opened a door, or tried to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// A random identifier; the door gets it as `Idempotency-Key`.
    pub id: String,
    /// Which door.
    pub door: String,
    /// The membership's `sub`.
    pub sub: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// What became of it.
    pub outcome: Outcome,
}

/// Seconds for which it is known who opened a door.
pub const KNOWN: i64 = 30 * 86_400;

impl Record for Opening {
    const CLASS: &'static str = "door-opening";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("door", FieldClass::Operational),
        ("sub", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("outcome", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[OpeningsByTime::NAME, OpeningsOf::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.at.saturating_add(KNOWN)))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![OpeningsByTime::entry(Timestamp::from_seconds(self.at)), OpeningsOf::entry(&self.sub)]
    }
}

/// Lists openings in the order of their time.
pub(super) struct OpeningsByTime;

impl Index for OpeningsByTime {
    type Record = Opening;
    const NAME: &'static str = "time";
}

/// What one member opened.
pub(super) struct OpeningsOf;

impl Index for OpeningsOf {
    type Record = Opening;
    const NAME: &'static str = "member";
}

/// That a member used a code: it opens nothing for them a second time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeUsed {
    /// HMAC of door, code and member.
    pub mark: SecretHash,
    /// Until when it could be used, in seconds since the epoch.
    pub until: i64,
}

impl Record for CodeUsed {
    const CLASS: &'static str = "door-code-used";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("mark", FieldClass::Operational), ("until", FieldClass::Operational)];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.mark.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}
