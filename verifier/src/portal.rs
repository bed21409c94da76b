//! Signing in at the space's own pages: a member shows a copy of the membership, and the browser gets a session.
//!
//! ```text
//! Space::sign_in_request ──► presentation (this device, or QR and six digits) ──► ShownMembership
//!     ──► whoever is known to be at the screen: Space::sign_in ──► MemberSession ──► Space::signed_in
//! ```
//!
//! Which member that is says the copy's place in the status list, as at a refill ([`crate::renewing`]); no number, address or other
//! detail is looked at. Of the membership only `space` is asked, with this space's DID as the one value. A session ends with the
//! membership at once, when nobody has used it for [`IDLE`], and at last after [`LONGEST`].

use credentials::types;
use environment::Timestamp;
use openid4vc::secret::{SecretHash, SecretText};
use presentation::{Answer, BoxFuture, Prepared, Refused, Reply, Way};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Change, Fault, FieldClass, Key, Reader, Record, StoreFault, Take, Tx, View};
use trust::registration::{ClaimPath, RequestedCredential};
use trust::within;

use crate::community::visiting::{ShownElsewhere, Visit, is_about_visiting};
use crate::members::MEMBERSHIP;
use crate::records::{Counted, DailyCount, Member, Standing};
use crate::renewing::own_copy;
use crate::space::{Space, SpaceError};

/// The registered purpose.
pub const SIGN_IN: &str = "sign-in";
/// What these requests are about begins with this; something random follows. No form's request begins so: those are random and
/// have no colon.
const SUBJECT: &str = "sign-in:";
/// Seconds after which a session that nobody uses is over.
pub const IDLE: i64 = 12 * 3_600;
/// Seconds after which every session is over.
pub const LONGEST: i64 = 7 * 86_400;
/// How often within a day one member signs in. Each costs the wallet a copy.
pub const MOST_SIGN_INS: u32 = 48;
/// Seconds for which an answer waits for its person: longer than the three minutes to come back and the two for the digits.
const SHOWN_FOR: i64 = 900;
/// Seconds within which the use of a session is not written again.
const SEEN_EVERY: i64 = 300;

/// What a space asks for when somebody signs in.
#[derive(Clone, Debug, PartialEq)]
pub struct SignInRequest {
    /// What the request is about, for [`presentation::Asking`].
    pub subject: String,
    /// The DCQL query.
    pub query: Value,
}

/// A membership that was shown, until it is known who was at the screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMembership {
    /// What the request was about.
    pub subject: String,
    /// The membership's `sub`.
    pub sub: String,
    /// When the record may go, in seconds since the epoch.
    pub until: i64,
}

impl Record for ShownMembership {
    const CLASS: &'static str = "shown-membership";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("subject", FieldClass::Operational),
        ("sub", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.subject)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// The session of a member's browser at this space. The store holds the hash of what the browser has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberSession {
    /// Hash of the session's name.
    pub session: SecretHash,
    /// The membership's `sub`.
    pub sub: String,
    /// When the member signed in, in seconds since the epoch.
    pub made: i64,
    /// When it was used last, to five minutes.
    pub seen: i64,
}

impl MemberSession {
    /// When it is over if nobody uses it, in seconds since the epoch.
    #[must_use]
    pub fn until(&self) -> i64 {
        self.seen.saturating_add(IDLE).min(self.made.saturating_add(LONGEST))
    }
}

impl Record for MemberSession {
    const CLASS: &'static str = "member-session";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("session", FieldClass::Operational),
        ("sub", FieldClass::Operational),
        ("made", FieldClass::Operational),
        ("seen", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.session.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until()))
    }
}

/// Who is signed in: the session, and the member as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The session.
    pub session: MemberSession,
    /// The member, whose membership counts.
    pub member: Member,
}

/// What a space registers with the network's operator for signing in, beside the uses of its forms.
#[must_use]
pub fn intended_use() -> Value {
    json!({
        "id": SIGN_IN,
        "purpose": {
            "en": "Signing you in at this space's own pages",
            "es": "Iniciar tu sesión en las páginas de este espacio",
        },
        "legal_basis": "contract",
        "claims": [{"path": ["space"], "retention_days": 0}],
        "credential_types": [types::MEMBERSHIP],
    })
}

/// Whether `subject` is one of a request to sign in.
#[must_use]
pub fn is_about_signing_in(subject: &str) -> bool {
    subject.starts_with(SUBJECT)
}

impl Space {
    /// What to ask of whoever signs in; none where the registration does not cover it. The membership must be of this very space
    /// (DCQL `values`, OpenID4VP 1.0 §6.3): who is a member of several spaces shows no other.
    #[must_use]
    pub fn sign_in_request(&self) -> Option<SignInRequest> {
        let requested = RequestedCredential {
            credential_types: vec![types::MEMBERSHIP.to_owned()],
            claims: vec![ClaimPath::name("space")],
        };
        within(&self.registration, Some(SIGN_IN), &[requested]).ok()?;
        let claim = json!({"path": ["space"], "values": [self.identity.did.as_str()]});
        let query = json!({"credentials": [{
            "id": MEMBERSHIP, "format": "dc+sd-jwt", "meta": {"vct_values": [types::MEMBERSHIP]}, "claims": [claim],
        }]});
        Some(SignInRequest { subject: format!("{SUBJECT}{}", self.fresh_id()), query })
    }

    /// Gives the browser with the new session named `session` what the answer to the request about `subject` showed. It is for
    /// whoever is known to be at the screen ([`presentation::ScreenState::SignedIn`]), and it works once: `session` is fresh, and none that
    /// the browser had before.
    ///
    /// # Errors
    /// The store. None without such an answer, or one that was used, or when the membership has ended meanwhile.
    pub async fn sign_in(
        &self,
        subject: &str,
        session: &SecretText,
    ) -> Result<Option<MemberSession>, SpaceError> {
        let change = SignIn { subject, session: session.hash(), at: self.environment().now().seconds() };
        Ok(self.tenant.carry_out(&change).await?)
    }

    /// Who is signed in in the browser whose session is named `session`: nobody once the session is over or the membership has
    /// ended, were it a moment ago.
    ///
    /// # Errors
    /// The store.
    pub async fn signed_in(&self, session: &SecretText) -> Result<Option<SignedIn>, SpaceError> {
        let found = self.tenant.read(&Who { session: session.hash() }).await?;
        let now = self.environment().now().seconds();
        if let Some(found) = &found
            && now.saturating_sub(found.session.seen) >= SEEN_EVERY
        {
            self.tenant.carry_out(&Seen { session: found.session.session, at: now }).await?;
        }
        Ok(found)
    }

    /// Ends the session named `session`; whether there was one.
    ///
    /// # Errors
    /// The store.
    pub async fn sign_out(&self, session: &SecretText) -> Result<bool, SpaceError> {
        Ok(self.tenant.carry_out(&SignOut(session.hash())).await?)
    }

    /// Looks at a copy that was verified: whether it is ours, and its membership counts; or of another space of the brand.
    pub(crate) async fn prepare_sign_in(&self, answer: &Answer) -> Result<Box<dyn Prepared>, Refused> {
        let page = match answer.way {
            Way::SameDevice { .. } => "/sign-in/return",
            Way::OtherDevice { .. } => "/sign-in/phone",
            // Nobody is at a screen, so there is nobody to be signed in.
            Way::NoScreen => {
                return Err(Refused::rejected("invalid_request", "nobody signs in without a screen"));
            }
        };
        if is_about_visiting(&answer.subject) {
            return Ok(Box::new(self.prepare_visit(answer, page)?));
        }
        let sub = self.membership_behind(own_copy(answer, self.identity.did.as_str())?).await?;
        self.tenant.read(&MaySignIn { sub: &sub }).await??;
        let shown = ShownMembership {
            subject: answer.subject.clone(),
            sub,
            until: self.environment().now().plus(SHOWN_FOR).seconds(),
        };
        Ok(Box::new(PreparedSignIn { shown, redirect_uri: self.identity.address(page) }))
    }
}

/// Whether a member may sign in.
struct MaySignIn<'a> {
    sub: &'a str,
}

impl View for MaySignIn<'_> {
    const NAME: &'static str = "may-sign-in";
    type Output = Result<(), Refused>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        if active(reader, self.sub).await?.is_none() {
            let sentence = "this membership does not count here any more; ask the space";
            return Ok(Err(Refused::rejected("revoked", sentence)));
        }
        if DailyCount::times(reader, Counted::SignedIn, self.sub).await? >= MOST_SIGN_INS {
            let sentence = "this membership was shown too often today; try again tomorrow";
            return Ok(Err(Refused::rejected("too_many", sentence)));
        }
        Ok(Ok(()))
    }
}

async fn active(reader: &mut Reader, sub: &str) -> Result<Option<Member>, StoreFault> {
    let member = reader.get::<Member>(sub).await?;
    Ok(member.filter(|member| member.standing == Standing::Active))
}

/// A membership that was shown and waits to be stored.
pub(crate) struct PreparedSignIn {
    shown: ShownMembership,
    redirect_uri: String,
}

impl Prepared for PreparedSignIn {
    /// The team may have ended the membership meanwhile.
    fn still_holds<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(async move { Ok(MaySignIn { sub: &self.shown.sub }.read(tx).await?.is_ok()) })
    }

    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            DailyCount::add(tx, Counted::SignedIn, &self.shown.sub).await?;
            tx.put(&self.shown).await
        })
    }

    /// The space learned nothing that it had not given itself, so there is no proof of sharing.
    fn reply(&self) -> Reply {
        Reply { redirect_uri: Some(self.redirect_uri.clone()), ..Reply::default() }
    }
}

/// The answer came from somebody else than the person at the screen, or nobody came: what it showed goes.
pub(crate) struct Forgotten(pub(crate) String);

impl Prepared for Forgotten {
    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move {
            tx.delete::<ShownMembership>(&self.0).await?;
            tx.delete::<ShownElsewhere>(&self.0).await?;
            Ok(())
        })
    }

    fn reply(&self) -> Reply {
        Reply::default()
    }
}

struct SignIn<'a> {
    subject: &'a str,
    session: SecretHash,
    at: i64,
}

impl Change for SignIn<'_> {
    const NAME: &'static str = "sign-member-in";
    type Output = Option<MemberSession>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Self::Output, Fault<Self::Refusal>> {
        let Take::Live(shown) = tx.take::<ShownMembership>(self.subject).await? else { return Ok(None) };
        if active(tx, &shown.sub).await?.is_none() {
            return Ok(None);
        }
        let session = MemberSession { session: self.session, sub: shown.sub, made: self.at, seen: self.at };
        tx.put(&session).await?;
        Ok(Some(session))
    }
}

struct Who {
    session: SecretHash,
}

impl View for Who {
    const NAME: &'static str = "who-is-signed-in";
    type Output = Option<SignedIn>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        let Some(session) = reader.get::<MemberSession>(&self.session.as_bytes()[..]).await? else {
            return Ok(None);
        };
        if reader.now().seconds() >= session.until() {
            return Ok(None);
        }
        let member = active(reader, &session.sub).await?;
        Ok(member.map(|member| SignedIn { session, member }))
    }
}

/// Notes that a session was used. One that ended meanwhile stays so.
struct Seen {
    session: SecretHash,
    at: i64,
}

impl Change for Seen {
    const NAME: &'static str = "member-session-seen";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if let Some(mut session) = tx.get::<MemberSession>(&self.session.as_bytes()[..]).await? {
            session.seen = session.seen.max(self.at);
            tx.put(&session).await?;
        }
        Ok(())
    }
}

struct SignOut(SecretHash);

impl Change for SignOut {
    const NAME: &'static str = "sign-member-out";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let was_visit = tx.delete::<Visit>(&self.0.as_bytes()[..]).await?;
        Ok(tx.delete::<MemberSession>(&self.0.as_bytes()[..]).await? || was_visit)
    }
}
