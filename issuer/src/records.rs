//! What an office stores. Values of people stand in it only sealed; secrets only as hashes.

use did::Did;
use did::webvh::Identifier;
use environment::Timestamp;
use keyring::Sealed;
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};

/// Days for which an application is remembered after its end: longer than any copy that came of it counts.
const REMEMBERED: i64 = 30 * 86_400;

/// What a wallet is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// Membership, statement and e-mail address, for a first passport.
    FirstPassport,
    /// The present passport and a fresh membership, for fresh copies.
    RefillPassport,
    /// The present profile, for fresh copies.
    RefillProfile,
}

/// A request that was made, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// A random identifier; it also names the waiting screen.
    pub id: String,
    /// What is asked for.
    pub kind: RequestKind,
    /// The session of the browser that waits.
    pub session: Option<SecretHash>,
    /// The language that the page spoke, for the mail.
    pub language: String,
    /// The application that came of it, once a wallet has answered.
    pub application: Option<String>,
    /// The authorisation that it is asked for, if a wallet waits for a code.
    #[serde(default)]
    pub authorization: Option<String>,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

impl Record for Asked {
    const CLASS: &'static str = "office-asked";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("kind", FieldClass::Operational),
        ("session", FieldClass::Operational),
        ("language", FieldClass::Operational),
        ("application", FieldClass::Operational),
        ("authorization", FieldClass::Operational),
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

/// What an application is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplicationKind {
    /// A first passport, with its profile.
    FirstPassport,
    /// The passport that a member has already, given again with its profile: it began as a first one.
    Again,
    /// Fresh copies of a passport.
    RefillPassport,
    /// Fresh copies of a passport whose number was replaced.
    Renumbered,
    /// Fresh copies of a profile.
    RefillProfile,
    /// A profile of what the staff checked at the desk.
    Desk,
}

impl ApplicationKind {
    /// Whether a wallet gets what it had no copy of: such applications can be looked at by a person first. Fresh copies
    /// follow from copies that are shown, and at the desk a person has looked already.
    #[must_use]
    pub const fn is_first_time(self) -> bool {
        matches!(self, Self::FirstPassport | Self::Again)
    }
}

/// Where an application stands, by what it awaits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The link in the mail and the wallet's DID log.
    AwaitingLinkAndLog,
    /// The link in the mail.
    AwaitingLink,
    /// The wallet's DID log.
    AwaitingLog,
    /// The wallet fetches what is offered.
    AwaitingIssue,
    /// Everything was issued and the values are gone.
    Issued,
    /// Time was up, and the values are gone.
    Ended,
}

impl Stage {
    /// The stage after the link was confirmed.
    #[must_use]
    pub const fn with_link(self) -> Self {
        match self {
            Self::AwaitingLinkAndLog => Self::AwaitingLog,
            Self::AwaitingLink => Self::AwaitingIssue,
            other => other,
        }
    }

    /// The stage after the DID log was left.
    #[must_use]
    pub const fn with_log(self) -> Self {
        match self {
            Self::AwaitingLinkAndLog => Self::AwaitingLink,
            Self::AwaitingLog => Self::AwaitingIssue,
            other => other,
        }
    }

    /// Whether the application is over.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Issued | Self::Ended)
    }
}

/// How something was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// A link in a mail was opened and confirmed.
    EmailLink,
    /// The home space looked at an identity document.
    Document,
    /// The home space's team knows the person.
    KnownInPerson,
    /// The office's staff looked at it.
    Desk,
    /// A copy that this office had signed before was shown.
    EarlierCopy,
}

/// One check: its kind and day. No value and no space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckDone {
    /// How.
    pub kind: CheckKind,
    /// The day, in seconds since the epoch.
    pub on: i64,
}

/// A wallet that waits for a code, in the browser that its person came with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingWallet {
    /// The authorisation, as `issuance` knows it.
    pub authorization: String,
    /// The session of the browser.
    pub browser: SecretHash,
}

/// One application, from the answer until its values are gone, and a while longer for what is still to be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// A random identifier; `issuance` knows the copies by it.
    pub id: String,
    /// What for.
    pub kind: ApplicationKind,
    /// Where it stands.
    pub stage: Stage,
    /// The passport's number, if it is about one.
    pub number: Option<String>,
    /// The handle of the desk's check that it rests on, if it rests on one.
    #[serde(default)]
    pub desk: Option<String>,
    /// The label of the DID to come.
    pub label: Option<String>,
    /// Thumbprint of the answering key; none at the desk.
    pub holder: Option<String>,
    /// The proof of sharing.
    pub sharing_proof: Option<String>,
    /// Hash of the handle under which the wallet finds what follows.
    pub follow_up: Option<SecretHash>,
    /// The values, sealed, until they are erased.
    pub values: Option<Sealed>,
    /// What was checked.
    pub checks: Vec<CheckDone>,
    /// The wallet that gets what is issued, if it is not the one that answered: the link in the mail counts only in its
    /// browser, and nothing is offered. Gone when the application is over.
    #[serde(default)]
    pub for_wallet: Option<WaitingWallet>,
    /// When the values are erased at the latest, in seconds since the epoch.
    pub until: i64,
}

impl Record for Application {
    const CLASS: &'static str = "office-application";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("kind", FieldClass::Operational),
        ("stage", FieldClass::Operational),
        ("number", FieldClass::Operational),
        ("desk", FieldClass::Operational),
        ("label", FieldClass::Operational),
        ("holder", FieldClass::Operational),
        ("sharing_proof", FieldClass::Operational),
        ("follow_up", FieldClass::Operational),
        ("values", FieldClass::Disclosed),
        ("checks", FieldClass::Operational),
        ("for_wallet", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] =
        &[ByFollowUp::NAME, ByNumber::NAME, ByDesk::NAME, ByFirstTime::NAME, ByAuthorization::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until).plus(REMEMBERED))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let mut entries = Vec::new();
        entries.extend(self.follow_up.map(|handle| ByFollowUp::entry(&handle.as_bytes()[..])));
        entries.extend(self.number.iter().map(ByNumber::entry));
        entries.extend(self.desk.iter().map(ByDesk::entry));
        if self.stage == Stage::AwaitingIssue && self.kind.is_first_time() {
            entries.push(ByFirstTime::entry(self.until));
        }
        entries.extend(self.for_wallet.iter().map(|waiting| ByAuthorization::entry(&waiting.authorization)));
        entries
    }
}

/// Finds what is to be given to somebody for the first time, the oldest first.
pub struct ByFirstTime;

impl Index for ByFirstTime {
    type Record = Application;
    const NAME: &'static str = "first-time";
}

/// Finds the applications for a wallet that waits, by its authorisation.
pub struct ByAuthorization;

impl Index for ByAuthorization {
    type Record = Application;
    const NAME: &'static str = "authorization";
}

/// Finds an application by the handle that its wallet was given.
pub struct ByFollowUp;

impl Index for ByFollowUp {
    type Record = Application;
    const NAME: &'static str = "follow-up";
}

/// Finds the applications about a passport, so that its copies can be revoked.
pub struct ByNumber;

impl Index for ByNumber {
    type Record = Application;
    const NAME: &'static str = "number";
}

/// Finds the applications that rest on a check at the desk, likewise.
pub struct ByDesk;

impl Index for ByDesk {
    type Record = Application;
    const NAME: &'static str = "desk";
}

/// A profile of what the staff checked at the desk: by its handle it is refilled and revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskProfile {
    /// The handle, which is also that of the first application.
    pub handle: String,
    /// Until when it is refilled, in seconds since the epoch.
    pub refilled_until: i64,
    /// Whether the staff has revoked it.
    pub revoked: bool,
}

impl Record for DeskProfile {
    const CLASS: &'static str = "office-desk-profile";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("handle", FieldClass::Operational),
        ("refilled_until", FieldClass::Operational),
        ("revoked", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.handle)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.refilled_until).plus(REMEMBERED))
    }
}

/// Whether a passport counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassportStanding {
    /// It counts.
    Active,
    /// It does not count for now.
    Suspended,
    /// Its holder has another number.
    Replaced,
}

/// A passport: what stays when the values are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passport {
    /// The number, thirteen symbols.
    pub number: String,
    /// The member's DID, once its log is there.
    pub did: Option<String>,
    /// The label under which the log lies here.
    pub label: String,
    /// The day on which it was given, in seconds since the epoch.
    pub since: i64,
    /// Whether it counts.
    pub standing: PassportStanding,
    /// What was checked before it was given.
    pub checks: Vec<CheckDone>,
    /// The number that took the place of this one, if one did.
    #[serde(default)]
    pub successor: Option<String>,
    /// The number whose place this one took.
    #[serde(default)]
    pub predecessor: Option<String>,
}

impl Record for Passport {
    const CLASS: &'static str = "office-passport";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("number", FieldClass::Operational),
        ("did", FieldClass::Operational),
        ("label", FieldClass::Operational),
        ("since", FieldClass::Operational),
        ("standing", FieldClass::Operational),
        ("checks", FieldClass::Operational),
        ("successor", FieldClass::Operational),
        ("predecessor", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByLabel::NAME];

    fn key(&self) -> Key {
        Key::from(&self.number)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByLabel::entry(&self.label)]
    }
}

/// Finds a passport by the label under which its DID began.
pub struct ByLabel;

impl Index for ByLabel {
    type Record = Passport;
    const NAME: &'static str = "label";
}

impl HostedDid {
    /// Whether the member has continued the log: then others may know the DID.
    pub(crate) fn is_continued(&self) -> bool {
        self.log.as_ref().is_some_and(|log| log.lines().count() > 1)
    }
}

/// A place for a member's DID, and the log once the member has left it. A log is public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostedDid {
    /// The random label, a segment of the DID and of the address.
    pub label: String,
    /// Thumbprint of the key whose holder may write here.
    pub holder: String,
    /// The application it was reserved for.
    pub application: String,
    /// The DID, once there is a log. Without one: a DID whose log lies under another label, and whose passport is given
    /// again.
    pub did: Option<String>,
    /// The log.
    pub log: Option<String>,
}

impl Record for HostedDid {
    const CLASS: &'static str = "office-hosted-did";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("label", FieldClass::Operational),
        ("holder", FieldClass::Operational),
        ("application", FieldClass::Operational),
        ("did", FieldClass::Operational),
        ("log", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByScid::NAME];

    fn key(&self) -> Key {
        Key::from(&self.label)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let did = self.log.as_ref().and(self.did.as_ref()).and_then(|did| Did::parse(did).ok());
        let identifier = did.and_then(|did| Identifier::of(&did).ok());
        identifier.iter().map(|identifier| ByScid::entry(identifier.scid())).collect()
    }
}

/// Finds the places at which logs of one DID lie, by what stays the same wherever it moves.
pub struct ByScid;

impl Index for ByScid {
    type Record = HostedDid;
    const NAME: &'static str = "scid";
}

/// A link that was mailed; it works once, and only as long as no other was mailed after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailCheck {
    /// Hash of the token in the link.
    pub token: SecretHash,
    /// The application it confirms.
    pub application: String,
    /// Which link of this application it is, counted from 1.
    pub number: u32,
    /// When it was made, in seconds since the epoch.
    pub at: i64,
    /// When it ends, in seconds since the epoch.
    pub until: i64,
}

impl Record for EmailCheck {
    const CLASS: &'static str = "office-email-check";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("token", FieldClass::Operational),
        ("application", FieldClass::Operational),
        ("number", FieldClass::Operational),
        ("at", FieldClass::Operational),
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

/// How often something was asked for within a day, under a hash that names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Hash of what is counted.
    pub of: SecretHash,
    /// How often since the first time.
    pub times: u32,
    /// When the count begins anew, in seconds since the epoch.
    pub until: i64,
}

impl Record for Spent {
    const CLASS: &'static str = "office-spent";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("of", FieldClass::Operational),
        ("times", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.of.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}
