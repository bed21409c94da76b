//! What is stored of invitations. Whom one went to stands nowhere: number and address lie sealed in [`Outgoing`] until the
//! invitation was sent, and are erased then.

use environment::Timestamp;
use keyring::Sealed;
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};

/// Seconds for which an invitation is remembered after its end.
const REMEMBERED: i64 = 30 * 86_400;

/// What somebody is invited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To sign up.
    SignUp,
    /// To tell the team which member stands there.
    HereIAm,
}

impl Purpose {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up",
            Self::HereIAm => "here-i-am",
        }
    }
}

/// How an invitation goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// To the mailbox of the member with a number.
    Mailbox,
    /// By e-mail.
    Mail,
}

/// Who had it sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvitedBy {
    /// A person of the team.
    Team,
    /// Whoever typed the number on the space's page.
    Page,
}

impl InvitedBy {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Page => "page",
        }
    }
}

/// What the team may know of an invitation. That a number is unknown is no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was made; whether it reached anybody is not said.
    Sent,
    /// Its link was opened.
    Opened,
    /// Somebody answered.
    Answered,
    /// Its time is up.
    Expired,
}

impl State {
    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Opened => "opened",
            Self::Answered => "answered",
            Self::Expired => "expired",
        }
    }
}

/// The answer to an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// For *Here I am*: the `sub` of the membership that was shown. The only way to an account.
    pub sub: Option<String>,
}

/// One invitation, without whom it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// A random identifier, also the `jti` of the message.
    pub id: String,
    /// What for.
    pub purpose: Purpose,
    /// How it goes out.
    pub channel: Channel,
    /// Who had it sent.
    pub by: InvitedBy,
    /// The form, for a sign-up.
    pub form: Option<String>,
    /// When it was made, in seconds since the epoch.
    pub made_at: i64,
    /// When its time is up, in seconds since the epoch.
    pub until: i64,
    /// Hash of what stands in the link.
    pub token: SecretHash,
    /// When the link was first opened, in seconds since the epoch.
    pub opened_at: Option<i64>,
    /// The first answer.
    pub answered: Option<Answered>,
}

impl Invitation {
    /// What the team sees.
    #[must_use]
    pub const fn state(&self, now: Timestamp) -> State {
        if self.answered.is_some() {
            State::Answered
        } else if now.seconds() >= self.until {
            State::Expired
        } else if self.opened_at.is_some() {
            State::Opened
        } else {
            State::Sent
        }
    }
}

impl Record for Invitation {
    const CLASS: &'static str = "invitation";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("purpose", FieldClass::Operational),
        ("channel", FieldClass::Operational),
        ("by", FieldClass::Operational),
        ("form", FieldClass::Operational),
        ("made_at", FieldClass::Operational),
        ("until", FieldClass::Operational),
        ("token", FieldClass::Operational),
        ("opened_at", FieldClass::Operational),
        ("answered", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByToken::NAME, ByAge::NAME];
    // What is in a backup was sent long ago.
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until.saturating_add(REMEMBERED)))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByToken::entry(&self.token.as_bytes()[..]), ByAge::entry(Key::from(self.made_at))]
    }
}

/// Finds the invitation behind a link.
pub struct ByToken;

impl Index for ByToken {
    type Record = Invitation;
    const NAME: &'static str = "token";
}

/// Lists invitations in the order in which they were made.
pub struct ByAge;

impl Index for ByAge {
    type Record = Invitation;
    const NAME: &'static str = "age";
}

/// What is needed to send an invitation, until it was sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outgoing {
    /// The invitation.
    pub id: String,
    /// Number or address and the link's secret, sealed under a key of this invitation alone.
    pub values: Sealed,
    /// Whether [`OpenFor`] was taken for it.
    pub counted: bool,
    /// When its number may be looked up, in seconds since the epoch, if it has to wait for that.
    pub turn: Option<i64>,
    /// How often the member's own place did not answer.
    pub tries: u32,
    /// When it need not be sent any more, in seconds since the epoch.
    pub until: i64,
}

impl Record for Outgoing {
    const CLASS: &'static str = "invitation-outgoing";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        // Typed by the team or at the page; for the sending alone.
        ("values", FieldClass::Imported),
        ("counted", FieldClass::Operational),
        ("turn", FieldClass::Operational),
        ("tries", FieldClass::Operational),
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

/// That somebody has an open invitation: one for each member and purpose. It leads to no account, and to no invitation but
/// through a link that was opened ([`MadeFor`]). It goes when that is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenFor {
    /// HMAC of purpose and number or address, under a key of the space's keyring.
    pub mark: SecretHash,
    /// Who had it sent: the team's counts more than one that was typed at the page.
    pub by: InvitedBy,
    /// Until when, in seconds since the epoch.
    pub until: i64,
    /// HMAC of the secret in the invitation's link, by which an answer finds this; none in what an earlier version stored.
    pub freed_by: Option<SecretHash>,
}

impl OpenFor {
    /// Whether it was taken for the very invitation of which `other` was made.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        match self.freed_by {
            Some(_) => self.freed_by == other.freed_by,
            None => self.by == other.by,
        }
    }
}

impl Record for OpenFor {
    const CLASS: &'static str = "invitation-open-for";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("mark", FieldClass::Operational),
        ("by", FieldClass::Operational),
        ("until", FieldClass::Operational),
        ("freed_by", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByAnswer::NAME];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.mark.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        self.freed_by.iter().map(|hash| ByAnswer::entry(&hash.as_bytes()[..])).collect()
    }
}

/// Finds what an answer frees.
pub struct ByAnswer;

impl Index for ByAnswer {
    type Record = OpenFor;
    const NAME: &'static str = "answer";
}

/// A request that was made because an invitation was opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MadeFor {
    /// What was asked ([`crate::records::Asked`]), or what a request of *Here I am* is about.
    pub asked: String,
    /// The invitation.
    pub invitation: String,
    /// What an answer frees ([`OpenFor::freed_by`]); none in what an earlier version stored.
    pub frees: Option<SecretHash>,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

impl Record for MadeFor {
    const CLASS: &'static str = "invitation-request";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("asked", FieldClass::Operational),
        ("invitation", FieldClass::Operational),
        ("frees", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.asked)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// How many invitations were made within an hour.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spent {
    /// By whom.
    pub by: InvitedBy,
    /// How many, since the first.
    pub times: u32,
    /// When the count begins anew, in seconds since the epoch.
    pub until: i64,
}

impl Record for Spent {
    const CLASS: &'static str = "invitations-spent";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("by", FieldClass::Operational),
        ("times", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        by_key(self.by)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// How fast numbers of an office were looked up (a generic cell rate: one moment says it all).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pace {
    /// For whom. What strangers type at the page takes nothing of the team's.
    pub by: InvitedBy,
    /// The office's prefix: each answers within a budget of its own.
    pub office: String,
    /// When everything looked up so far would have been, one after the other, in seconds since the epoch.
    pub through: i64,
}

impl Pace {
    pub(super) fn key_of(by: InvitedBy, office: &str) -> Key {
        Key::from((by.name(), office))
    }
}

impl Record for Pace {
    const CLASS: &'static str = "invitations-pace";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("by", FieldClass::Operational),
        ("office", FieldClass::Operational),
        ("through", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Self::key_of(self.by, &self.office)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.through))
    }
}

pub(crate) fn by_key(by: InvitedBy) -> Key {
    Key::from(by.name())
}
