//! What is stored of recipients, and of what goes out to them. Secrets and foreign identifiers stand in it only sealed.

use std::collections::BTreeSet;

use environment::Timestamp;
use keyring::Sealed;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};

use super::template::Template;
use crate::forms::ChangedBy;

/// What happened to a person at the space. The word on the wire is the `type` of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Event {
    /// A sign-up counts: it is known who was at the screen, or nobody need be.
    #[serde(rename = "sign_up.received")]
    SignedUp,
    /// It was approved; a membership began.
    #[serde(rename = "sign_up.approved")]
    Approved,
    /// It was declined.
    #[serde(rename = "sign_up.declined")]
    Declined,
    /// Details have new values.
    #[serde(rename = "details.changed")]
    Changed,
    /// Other people may see details, more or fewer.
    #[serde(rename = "details.visibility_changed")]
    Visibility,
    /// The member took details back.
    #[serde(rename = "details.taken_back")]
    TakenBack,
    /// Details need not be kept any longer, and went.
    #[serde(rename = "details.expired")]
    Expired,
    /// The membership ended.
    #[serde(rename = "membership.ended")]
    MembershipEnded,
    /// Nothing is held of the person any more.
    #[serde(rename = "person.erased")]
    Erased,
    /// Nothing happened: the team tries whether it arrives.
    #[serde(rename = "test")]
    Test,
}

impl Event {
    /// Those that an endpoint can be told of. [`Event::Erased`] is told to whoever was told anything of the person.
    pub const ALL: [Self; 9] = [
        Self::SignedUp,
        Self::Approved,
        Self::Declined,
        Self::Changed,
        Self::Visibility,
        Self::TakenBack,
        Self::Expired,
        Self::MembershipEnded,
        Self::Erased,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignedUp => "sign_up.received",
            Self::Approved => "sign_up.approved",
            Self::Declined => "sign_up.declined",
            Self::Changed => "details.changed",
            Self::Visibility => "details.visibility_changed",
            Self::TakenBack => "details.taken_back",
            Self::Expired => "details.expired",
            Self::MembershipEnded => "membership.ended",
            Self::Erased => "person.erased",
            Self::Test => "test",
        }
    }

    /// The event of a word that an endpoint can be told of.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    /// Whether the other side is to forget something by it.
    #[must_use]
    pub const fn erases(self) -> bool {
        matches!(self, Self::TakenBack | Self::Expired | Self::MembershipEnded | Self::Erased)
    }
}

/// How things go out to a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// One address is told what happens, signed.
    Webhook {
        /// The address.
        url: String,
        /// Of what it is told.
        events: BTreeSet<Event>,
    },
    /// Requests by a template.
    Action {
        /// The template.
        template: Box<Template>,
    },
}

/// Where things go out to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// A random identifier.
    pub id: String,
    /// What members read.
    pub name: String,
    /// How.
    pub way: Way,
    /// Which details it may have: of those who answered when this was shown to them.
    pub claims: BTreeSet<String>,
    /// The secret, sealed.
    pub secret: Option<Sealed>,
    /// The one of before, sealed, while it still signs.
    #[serde(default)]
    pub before: Option<Sealed>,
    /// Until when that is, in seconds since the epoch.
    #[serde(default)]
    pub before_until: i64,
    /// Who made it what it is.
    pub by: ChangedBy,
    /// Since when there is this recipient, in seconds since the epoch.
    pub since: i64,
    /// Nobody new goes there; what concerns those who went there still does.
    #[serde(default)]
    pub is_closing: bool,
}

impl Recipient {
    /// Whether it is to be told; `known`: it was told of this person before.
    pub(crate) fn wants(&self, event: Event, known: bool) -> bool {
        if event == Event::Erased {
            return known;
        }
        // Whoever is let go hears what is to be forgotten, and nothing new.
        if self.is_closing && (!known || matches!(event, Event::Changed | Event::Visibility)) {
            return false;
        }
        match &self.way {
            Way::Webhook { events, .. } => events.contains(&event),
            Way::Action { template } => match event {
                Event::Approved => !known,
                Event::Changed | Event::TakenBack | Event::Expired => known,
                Event::MembershipEnded => known && template.erases_at_end(),
                _ => false,
            },
        }
    }
}

impl Record for Recipient {
    const CLASS: &'static str = "recipient";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("name", FieldClass::Operational),
        ("way", FieldClass::Operational),
        ("claims", FieldClass::Operational),
        ("secret", FieldClass::Operational),
        ("before", FieldClass::Operational),
        ("before_until", FieldClass::Operational),
        ("by", FieldClass::Operational),
        ("since", FieldClass::Operational),
        ("is_closing", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}

/// One person at one recipient: what goes out about them goes out one after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The recipient.
    pub recipient: String,
    /// The identifier of the sign-up and contact, or a membership's `sub` where there never was a contact.
    pub person: String,
    /// The number of the next delivery.
    pub next: u32,
    /// The details that may go, by the first names of their paths: those of which the page where the person was asked said that they
    /// go on to this recipient.
    #[serde(default)]
    pub told: BTreeSet<String>,
    /// Whether the other side may have heard of the person.
    pub attempted: bool,
    /// The identifier that the other side gave, sealed under a key of its own.
    pub there: Option<Sealed>,
    /// The names of details that may lie there.
    pub has: BTreeSet<String>,
    /// When details went there last, in seconds since the epoch.
    pub sent_at: Option<i64>,
    /// It was erased there while this space still holds something.
    #[serde(default)]
    pub is_erased: bool,
}

impl Record for Line {
    const CLASS: &'static str = "outgoing-line";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("recipient", FieldClass::Operational),
        ("person", FieldClass::Operational),
        ("next", FieldClass::Operational),
        ("told", FieldClass::Operational),
        ("attempted", FieldClass::Operational),
        ("there", FieldClass::Operational),
        ("has", FieldClass::Operational),
        ("sent_at", FieldClass::Operational),
        ("is_erased", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[LinesOf::NAME];

    fn key(&self) -> Key {
        Key::from((self.recipient.as_str(), self.person.as_str()))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![LinesOf::entry(&self.person)]
    }
}

/// Lists where a person went out to.
pub struct LinesOf;

impl Index for LinesOf {
    type Record = Line;
    const NAME: &'static str = "person";
}

/// What a page said of a recipient to whoever was asked there, as it is kept with the request and with the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The recipient.
    pub recipient: String,
    /// Which details go on to it, by the first names of their paths.
    pub claims: BTreeSet<String>,
}

/// How a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It goes out, or is tried again.
    Waiting,
    /// The other side said that it has it.
    Confirmed,
    /// When it was to go out there was nothing to say any more.
    NothingToSend,
    /// It was tried for days.
    GivenUp,
    /// This software cannot say it: a person has to do it there.
    ByHand,
    /// Somebody says that it is done.
    Said {
        /// Who of the team; none at the terminal.
        by: Option<String>,
        /// Why they know.
        reason: String,
    },
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// The status of the answer, if one came.
    pub status: Option<u16>,
    /// A machine code, where it is no success.
    pub code: Option<String>,
}

/// One thing that goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The `webhook-id`: the same at each attempt.
    pub id: String,
    /// To whom.
    pub recipient: String,
    /// About whom; [`TEST`] about nobody.
    pub person: String,
    /// Its place in the line.
    pub number: u32,
    /// What happened.
    pub event: Event,
    /// Which details it is about, by name.
    pub names: Vec<String>,
    /// When it happened, in seconds since the epoch.
    pub at: i64,
    /// How it stands.
    pub state: State,
    /// How often it was tried, since it was last asked for.
    pub attempts: u32,
    /// How the last attempt ended.
    pub last: Option<Attempt>,
    /// When it is tried next, in seconds since the epoch.
    pub next: i64,
    /// One process is at it until then, in seconds since the epoch.
    pub busy_until: i64,
    /// Which details went out with it, by name.
    pub sent: Vec<String>,
    /// When the record may go, in seconds since the epoch; none while it is open.
    pub until: Option<i64>,
}

/// The key of a delivery: its line, and its place in it.
pub(super) fn key_of(delivery: &Delivery) -> Key {
    Key::from((delivery.recipient.as_str(), delivery.person.as_str())).then(delivery.number)
}

/// Stands in the place of a person where nothing happened to anybody.
pub const TEST: &str = "test";

impl Delivery {
    /// Whether it still goes out by itself.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == State::Waiting
    }

    /// Whether somebody should look at it: it went wrong, or waits for a person.
    #[must_use]
    pub fn is_unconfirmed(&self) -> bool {
        match self.state {
            _ if self.event == Event::Test => false,
            State::GivenUp | State::ByHand => true,
            State::Waiting => self.last.is_some(),
            State::Confirmed | State::NothingToSend | State::Said { .. } => false,
        }
    }
}

impl Record for Delivery {
    const CLASS: &'static str = "delivery";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("recipient", FieldClass::Operational),
        ("person", FieldClass::Operational),
        ("number", FieldClass::Operational),
        ("event", FieldClass::Operational),
        ("names", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("state", FieldClass::Operational),
        ("attempts", FieldClass::Operational),
        ("last", FieldClass::Operational),
        ("next", FieldClass::Operational),
        ("busy_until", FieldClass::Operational),
        ("sent", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] =
        &[ById::NAME, Recent::NAME, OfPerson::NAME, Open::NAME, Unconfirmed::NAME];

    fn key(&self) -> Key {
        key_of(self)
    }

    fn expiry(&self) -> Option<Timestamp> {
        self.until.map(Timestamp::from_seconds)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let mut entries = vec![
            ById::entry(&self.id),
            Recent::entry(self.at),
            OfPerson::entry(Key::from(self.person.as_str()).then(self.at)),
        ];
        if self.is_open() {
            entries.push(Open::entry(self.key()));
        }
        if self.is_unconfirmed() {
            entries.push(Unconfirmed::entry(self.at));
        }
        entries
    }
}

/// That a delivery goes out by itself. It is no part of what a restored backup brings back: what was to go out before it may have gone out
/// since, so that a person looks first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sendable {
    /// To whom.
    recipient: String,
    /// About whom.
    person: String,
    /// Its place in the line.
    number: u32,
}

impl Sendable {
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            recipient: delivery.recipient.clone(),
            person: delivery.person.clone(),
            number: delivery.number,
        }
    }
}

impl Record for Sendable {
    const CLASS: &'static str = "delivery-sendable";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("recipient", FieldClass::Operational),
        ("person", FieldClass::Operational),
        ("number", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from((self.recipient.as_str(), self.person.as_str())).then(self.number)
    }
}

/// Finds a delivery.
pub struct ById;

impl Index for ById {
    type Record = Delivery;
    const NAME: &'static str = "id";
}

/// Lists deliveries by time.
pub struct Recent;

impl Index for Recent {
    type Record = Delivery;
    const NAME: &'static str = "recent";
}

/// Lists what went out about a person, by time.
pub struct OfPerson;

impl Index for OfPerson {
    type Record = Delivery;
    const NAME: &'static str = "of-person";
}

/// Lists what still goes out, by line.
pub struct Open;

impl Index for Open {
    type Record = Delivery;
    const NAME: &'static str = "open";
}

/// Lists what somebody should look at, the oldest first.
pub struct Unconfirmed;

impl Index for Unconfirmed {
    type Record = Delivery;
    const NAME: &'static str = "unconfirmed";
}
