//! What a space stores. Values of people stand in it only sealed; secrets only as hashes.

use environment::Timestamp;
use keyring::Sealed;
use network::claims::Audience;
use network::decision::{Because, DecidedBy, Outcome};
use network::seen_in_team::SeenInTeam;
use openid4vc::secret::{SecretHash, SecretText};
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Reader, Record, StoreFault, Tx};

use crate::form::{CompiledForm, Form};
use crate::outgoing::records::Told;

/// A request that was made, and for whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// A random identifier; it also names the waiting screen.
    pub id: String,
    /// The form as it was asked, whatever becomes of it later.
    pub form: Form,
    /// Which version of the form that is.
    #[serde(default)]
    pub version: u32,
    /// What the answers mean.
    pub compiled: CompiledForm,
    /// Hash of the session of the browser that shows the request.
    #[serde(default)]
    pub screen: Option<SecretHash>,
    /// Hash of the handle that counter-offers to it carry; none where it takes none.
    #[serde(default)]
    pub counter_offers: Option<SecretHash>,
    /// The handle itself, where the request is being made; it is not stored.
    #[serde(skip)]
    pub handle: Option<SecretText>,
    /// How many counter-offers to it were looked at.
    #[serde(default)]
    pub countered: u32,
    /// The sign-up whose place an answer takes: the team asked again.
    #[serde(default)]
    pub in_place_of: Option<String>,
    /// To whom details go on, as the page said where it is asked; nobody where there is no such page.
    #[serde(default)]
    pub told: Vec<Told>,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

impl Record for Asked {
    const CLASS: &'static str = "asked";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("form", FieldClass::Operational),
        ("version", FieldClass::Operational),
        ("compiled", FieldClass::Operational),
        ("screen", FieldClass::Operational),
        ("counter_offers", FieldClass::Operational),
        ("countered", FieldClass::Operational),
        ("in_place_of", FieldClass::Operational),
        ("told", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByScreen::NAME, ByHandle::NAME];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let entry = |screen: SecretHash| ByScreen::entry(Key::from(&screen.as_bytes()[..]).then(self.until));
        let handle = self.counter_offers.map(|handle| ByHandle::entry(&handle.as_bytes()[..]));
        self.screen.map(entry).into_iter().chain(handle).collect()
    }
}

/// Finds the request that a counter-offer is about.
pub struct ByHandle;

impl Index for ByHandle {
    type Record = Asked;
    const NAME: &'static str = "counter-offers";
}

/// Finds what a browser shows, in the order in which it was asked.
pub struct ByScreen;

impl Index for ByScreen {
    type Record = Asked;
    const NAME: &'static str = "screen";
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// The outcome.
    pub outcome: Outcome,
    /// Rule or person.
    pub by: DecidedBy,
    /// The signed decision.
    pub decision: String,
    /// Who of the team, if somebody at the console did, or which program.
    #[serde(default)]
    pub who: Option<String>,
}

/// Who decides about a sign-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decides {
    /// A rule says yes, as soon as the person is known to be there and a place is free.
    Rule,
    /// A rule says no, as soon as the person is known to be there.
    Declined(Because),
    /// A person of the team.
    #[default]
    Person,
    /// The space's own software, or a person of the team.
    Software,
}

/// One sign-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUp {
    /// A random identifier, also that of its contact.
    pub id: String,
    /// The request it answers.
    pub asked: String,
    /// The form's name.
    pub form: String,
    /// To whom details go on, as the person was told before answering.
    #[serde(default)]
    pub told: Vec<Told>,
    /// When the answer came, in seconds since the epoch.
    pub answered_at: i64,
    /// Whether the same device must come back before the sign-up counts.
    pub awaited: bool,
    /// Who decides.
    #[serde(default)]
    pub decides: Decides,
    /// Which version of the form was answered.
    #[serde(default)]
    pub version: u32,
    /// Whether that version took only so many members at a time.
    #[serde(default)]
    pub is_limited: bool,
    /// Whether all places were taken when it was to be approved: then it is as soon as one is free.
    #[serde(default)]
    pub waits_for_a_place: bool,
    /// The decision, once there is one.
    pub decided: Option<Decided>,
    /// base64url hash of the request object.
    pub request_hash: String,
    /// Thumbprint of the answering key.
    pub holder: String,
    /// The proof of sharing.
    pub sharing_proof: String,
    /// Hash of the handle under which the wallet finds what follows.
    pub follow_up: SecretHash,
    /// The membership's `sub`, once approved.
    pub member: Option<String>,
    /// The sign-up whose place it took, because the team had asked again.
    #[serde(default)]
    pub in_place_of: Option<String>,
}

impl Record for SignUp {
    const CLASS: &'static str = "sign-up";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("asked", FieldClass::Operational),
        ("form", FieldClass::Operational),
        ("told", FieldClass::Operational),
        ("answered_at", FieldClass::Operational),
        ("awaited", FieldClass::Operational),
        ("decides", FieldClass::Operational),
        ("version", FieldClass::Operational),
        ("is_limited", FieldClass::Operational),
        ("waits_for_a_place", FieldClass::Operational),
        ("decided", FieldClass::Operational),
        ("request_hash", FieldClass::Operational),
        ("holder", FieldClass::Operational),
        ("sharing_proof", FieldClass::Operational),
        ("follow_up", FieldClass::Operational),
        ("member", FieldClass::Operational),
        ("in_place_of", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] =
        &[ByAsked::NAME, ByFollowUp::NAME, Waiting::NAME, WaitingForAPlace::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let mut entries =
            vec![ByAsked::entry(&self.asked), ByFollowUp::entry(&self.follow_up.as_bytes()[..])];
        if self.decided.is_none() && !self.awaited {
            entries.push(Waiting::entry(Timestamp::from_seconds(self.answered_at)));
            if self.waits_for_a_place {
                let key = Key::from(self.form.as_str()).then(self.answered_at);
                entries.push(WaitingForAPlace::entry(key));
            }
        }
        entries
    }
}

/// Finds the sign-up that answers a request.
pub struct ByAsked;

impl Index for ByAsked {
    type Record = SignUp;
    const NAME: &'static str = "asked";
}

/// Finds a sign-up by the handle that its wallet was given.
pub struct ByFollowUp;

impl Index for ByFollowUp {
    type Record = SignUp;
    const NAME: &'static str = "follow-up";
}

/// Lists the sign-ups that nobody has decided, the oldest first.
pub struct Waiting;

impl Index for Waiting {
    type Record = SignUp;
    const NAME: &'static str = "waiting";
}

/// Lists by form the sign-ups that wait for a place, the oldest first.
pub struct WaitingForAPlace;

impl Index for WaitingForAPlace {
    type Record = SignUp;
    const NAME: &'static str = "waiting-for-a-place";
}

/// Where one value of a contact came from and what may be done with it. Names and rules, no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The claim's path, joined by `.`.
    pub claim: String,
    /// The credential type it came in.
    pub vct: String,
    /// `office DID`, `space DID`, `own` or `foreign SUBJECT`.
    pub word_of: String,
    /// Whether the space needs it.
    pub needed: bool,
    /// The registered purpose.
    pub purpose: String,
    /// Who may see it.
    pub audience: Audience,
    /// Who of the team sees it, as was promised when it was asked for; what the member shows to more than the team, all of it sees.
    #[serde(default)]
    pub seen_in_team: SeenInTeam,
    /// Days for which it is kept when the membership has ended, or from the answer on as long as nobody has become a
    /// member; absent: it goes with the membership.
    pub kept_days: Option<u32>,
    /// When the member takes it back by itself, in seconds since the epoch.
    pub until: Option<i64>,
    /// Since when it is held, in seconds since the epoch; none in a contact of before there was this field.
    #[serde(default)]
    pub since: Option<i64>,
}

impl Provenance {
    /// Whether an office has checked it.
    #[must_use]
    pub fn is_checked(&self) -> bool {
        self.word_of.starts_with("office ")
    }
}

/// What a space knows of one person. All values are sealed under a key of that person at this space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The identifier of the sign-up it came with.
    pub id: String,
    /// What was given, in the order of the proof of sharing.
    pub given: Vec<Provenance>,
    /// The values: JSON of [`crate::ContactValues`], sealed.
    pub values: Sealed,
    /// Where to write to the member, sealed likewise.
    pub inbox: Option<Sealed>,
    /// How often a part was erased: each time the rest got another key.
    #[serde(default)]
    pub generation: u32,
    /// What the team wrote ([`crate::notes`]), sealed likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Sealed>,
}

impl Contact {
    /// The names of what was given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.given.iter().map(|given| given.claim.as_str())
    }
}

impl Record for Contact {
    const CLASS: &'static str = "contact";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("given", FieldClass::Operational),
        ("values", FieldClass::Disclosed),
        ("inbox", FieldClass::Disclosed),
        ("generation", FieldClass::Operational),
        ("notes", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}

/// Whether a membership counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It counts.
    Active,
    /// It was ended and revoked.
    Ended,
}

/// A member of the space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The random `sub` of the membership; the member is never matched by anything else.
    pub sub: String,
    /// The contact, if the member signed up with a passport.
    pub contact: Option<String>,
    /// The day on which it began, in seconds since the epoch.
    pub since: i64,
    /// The plan's name.
    pub plan: String,
    /// Whether it counts.
    pub standing: Standing,
    /// When it ended, in seconds since the epoch.
    #[serde(default)]
    pub ended: Option<i64>,
    /// What the space vouches for towards an office, sealed, until it has been issued.
    pub statement: Option<Sealed>,
    /// The form by which they signed up; none for those whom the team entered.
    #[serde(default)]
    pub form: Option<String>,
}

impl Record for Member {
    const CLASS: &'static str = "member";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("sub", FieldClass::Operational),
        ("contact", FieldClass::Operational),
        ("since", FieldClass::Operational),
        ("plan", FieldClass::Operational),
        ("standing", FieldClass::Operational),
        ("ended", FieldClass::Operational),
        ("statement", FieldClass::Imported),
        ("form", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByForm::NAME];

    fn key(&self) -> Key {
        Key::from(&self.sub)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        let active = self.form.as_ref().filter(|_| self.standing == Standing::Active);
        active.map(|form| ByForm::entry(form.as_str())).into_iter().collect()
    }
}

/// Lists the members that signed up by a form and whose membership counts.
pub struct ByForm;

impl Index for ByForm {
    type Record = Member;
    const NAME: &'static str = "form";
}

/// What is counted for a member, each within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// The same was offered again by the team.
    OfferedAgain,
    /// The membership was refilled.
    Refilled,
    /// Access to the member API was given.
    GivenAccess,
    /// The member had something changed.
    Changed,
    /// The membership was shown to sign in.
    SignedIn,
    /// A door was asked to open.
    OpenedDoor,
    /// A hello was said. Counted is the contact.
    SaidHello,
    /// A hello was told. Counted is the contact.
    HeardHello,
}

impl Counted {
    const fn name(self) -> &'static str {
        match self {
            Self::OfferedAgain => "offered-again",
            Self::Refilled => "refilled",
            Self::GivenAccess => "given-access",
            Self::Changed => "changed",
            Self::SignedIn => "signed-in",
            Self::OpenedDoor => "opened-door",
            Self::SaidHello => "said-hello",
            Self::HeardHello => "heard-hello",
        }
    }
}

/// How often something was done for a member within a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyCount {
    /// What.
    pub of: Counted,
    /// The member.
    pub sub: String,
    /// How often, since the first time.
    pub times: u32,
    /// When the count begins anew, in seconds since the epoch.
    pub until: i64,
}

impl DailyCount {
    /// How often it was done so far.
    ///
    /// # Errors
    /// The store.
    pub async fn times(reader: &mut Reader, of: Counted, sub: &str) -> Result<u32, StoreFault> {
        Ok(reader.get::<Self>((of.name(), sub)).await?.map_or(0, |count| count.times))
    }

    /// Nothing is counted any more.
    ///
    /// # Errors
    /// The store.
    pub async fn forget(tx: &mut Tx, of: Counted, sub: &str) -> Result<(), StoreFault> {
        tx.delete::<Self>((of.name(), sub)).await.map(drop)
    }

    /// Counts once more. The day begins with the first time.
    ///
    /// # Errors
    /// The store.
    pub async fn add(tx: &mut Tx, of: Counted, sub: &str) -> Result<(), StoreFault> {
        let until = tx.now().plus(86_400).seconds();
        let new = || Self { of, sub: sub.to_owned(), times: 0, until };
        let mut count = tx.get::<Self>((of.name(), sub)).await?.unwrap_or_else(new);
        count.times = count.times.saturating_add(1);
        tx.put(&count).await
    }
}

impl Record for DailyCount {
    const CLASS: &'static str = "member-daily-count";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("of", FieldClass::Operational),
        ("sub", FieldClass::Operational),
        ("times", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from((self.of.name(), self.sub.as_str()))
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}
