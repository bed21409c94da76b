//! Invitations: to sign up, and *Here I am*.
//!
//! Whoever invites names a passport number or an e-mail address. That lies sealed until a job has sent the invitation
//! ([`sending`]) and is erased then; whether the number is known is learned by nobody, not even by the job's log. The link
//! opens a fresh request ([`opening`]); its answer fills the invitation. *Here I am* ([`here_i_am`]) finds the account by
//! the membership in the answer and by nothing else.

mod courier;
pub mod here_i_am;
mod marks;
pub mod opening;
pub mod pace;
pub mod post;
pub mod records;
pub mod sending;

use did::number::{OfficePrefix, PassportNumber};
use keyring::KeyId;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use network::member_api::is_id;
use openid4vc::secret::SecretText;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, Job, Tx};

pub use courier::NetworkCourier;

use crate::api_keys::{Before, Once};
use crate::importing::Invited;
use crate::space::{Space, SpaceError};
use post::{Obstacle, Place};
use records::{Channel, Invitation, InvitedBy, OpenFor, Outgoing, Purpose, Spent, by_key};

/// Seconds for which an invitation to sign up is open if nothing else is said: 14 days, as long as a message may live.
pub const SIGN_UP_LIFETIME: i64 = 14 * 86_400;
/// Seconds for which *Here I am* is open: somebody stands at the desk.
pub const HERE_LIFETIME: i64 = 900;
/// Seconds for which an invitation is open that somebody typed at the page. It is short, because whoever types another's
/// number keeps that member from being invited at the page for so long.
pub const PAGE_LIFETIME: i64 = 3_600;
/// How many invitations the team makes within an hour. Together with those of the page they are fewer than an office answers
/// an hour, so that the office's own limit is not met.
pub const MOST_BY_TEAM: u32 = 30;
/// How many are made at the page within an hour, whoever types.
pub const MOST_AT_PAGE: u32 = 20;
const HOUR: i64 = 3_600;
/// Context of the sealed values.
const VALUES: &[u8] = b"invitation values";

/// Whom to invite.
#[derive(Clone)]
pub enum Whom {
    /// The member with this number.
    Number(PassportNumber),
    /// The member with this number, if the wallet has this e-mail address.
    NumberAndEmail(PassportNumber, String),
    /// Whoever reads mail at this address.
    Mail(String),
}

impl std::fmt::Debug for Whom {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Whom")
    }
}

/// An invitation to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Whom to invite.
    pub whom: Whom,
    /// What to.
    pub purpose: Purpose,
    /// The form, for a sign-up.
    pub form: Option<String>,
    /// Who has it sent.
    pub by: InvitedBy,
    /// For how many seconds it is open, if not as usual.
    pub seconds: Option<i64>,
    /// The language of a mail.
    pub language: String,
}

/// Why nothing was sent. None of these says anything about a number.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// No form.
    #[error("name a form: this space has several, or none")]
    NoForm,
    /// *Here I am* is not registered.
    #[error(
        "this space has not registered the use here-i-am: write a new request for admission and hand it to the network's operator"
    )]
    NotRegistered,
    /// *Here I am* by mail.
    #[error("Here I am is asked by number: the answer comes from the member's wallet")]
    HereByMail,
    /// For too long, or for no time.
    #[error("an invitation is open for one minute to 14 days")]
    Lifetime,
    /// The space cannot send.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// There is one.
    #[error(
        "the team has an open invitation for this already; it can be repeated when that was answered or has expired"
    )]
    AlreadyOpen,
    /// Too many within an hour.
    #[error("too many invitations within an hour; try again later")]
    TooMany,
    /// Our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

/// What lies sealed until an invitation was sent.
#[derive(Clone, Serialize, Deserialize)]
struct Values {
    number: Option<String>,
    email: Option<String>,
    token: SecretText,
    language: String,
    /// Where the number led, so that it is asked for once.
    place: Option<Place>,
}

impl Values {
    fn of(new: &NewInvitation, token: SecretText) -> Self {
        let (number, email) = match &new.whom {
            Whom::Number(number) => (Some(number), None),
            Whom::NumberAndEmail(number, email) => (Some(number), Some(email)),
            Whom::Mail(email) => (None, Some(email)),
        };
        Self {
            number: number.map(PassportNumber::canonical),
            email: email.cloned(),
            token,
            language: new.language.clone(),
            place: None,
        }
    }
}

impl Whom {
    const fn channel(&self) -> Channel {
        match self {
            Self::Mail(_) => Channel::Mail,
            Self::Number(_) | Self::NumberAndEmail(..) => Channel::Mailbox,
        }
    }

    fn office(&self) -> Option<OfficePrefix> {
        match self {
            Self::Number(number) | Self::NumberAndEmail(number, _) => Some(number.office()),
            Self::Mail(_) => None,
        }
    }
}

impl Space {
    /// Makes an invitation and has it sent. What is answered, and how long it takes, is the same whether or not anybody has
    /// the number: nothing is looked up here.
    ///
    /// # Errors
    /// See [`InviteError`]. Whoever types at the page is told of [`InviteError::TooMany`] alone.
    pub async fn invite(&self, new: &NewInvitation) -> Result<Invitation, InviteError> {
        self.invite_for(new, SecretText::new(self.fresh_id()), None).await
    }

    /// The same for a program that may ask twice: what was invited under `once` before is given again.
    ///
    /// # Errors
    /// As [`Self::invite`]; [`SpaceError::OtherRequest`].
    pub async fn invite_once(
        &self,
        new: &NewInvitation,
        once: Option<&Once>,
    ) -> Result<Invitation, InviteError> {
        if let Some(once) = once
            && let Some(before) = self.done_before(once).await?
        {
            return self.invited_before(before).await;
        }
        let prepared = self.prepare_invitation(new, SecretText::new(self.fresh_id())).await?;
        self.make(Make { once, ..prepared }).await
    }

    async fn invited_before(&self, before: Before) -> Result<Invitation, InviteError> {
        match before {
            Before::Same(id) => Ok(self.invitation(&id).await?),
            Before::Other => Err(SpaceError::OtherRequest.into()),
        }
    }

    /// The same, with the secret of its link, and for somebody who was taken in from a table.
    pub(crate) async fn invite_for(
        &self,
        new: &NewInvitation,
        token: SecretText,
        imported: Option<Invited<'_>>,
    ) -> Result<Invitation, InviteError> {
        let prepared = self.prepare_invitation(new, token).await?;
        self.make(Make { imported, ..prepared }).await
    }

    async fn prepare_invitation<'a>(
        &self,
        new: &NewInvitation,
        token: SecretText,
    ) -> Result<Make<'a>, InviteError> {
        self.check_here().await?;
        let purpose = self.check_invitation(new).await?;
        let now = self.environment().now();
        let until = now.plus(lifetime(new)?).seconds();
        let invitation = Invitation {
            id: self.fresh_id(),
            purpose: new.purpose,
            channel: new.whom.channel(),
            by: new.by,
            form: new.form.clone(),
            made_at: now.seconds(),
            until,
            token: token.hash(),
            opened_at: None,
            answered: None,
        };
        let values = Values::of(new, token);
        let freed_by = Some(self.freed_by(&values.token)?);
        let open = OpenFor { mark: self.mark(new.purpose, &values)?, by: new.by, until, freed_by };
        let key = self.invitation_key(&invitation.id);
        let text = serde_json::to_vec(&values).map_err(|_| SpaceError::Unreadable)?;
        let sealed = self.keyring.seal(&key, VALUES, &text).map_err(SpaceError::from)?;
        let outgoing = Outgoing {
            id: invitation.id.clone(),
            values: sealed,
            counted: false,
            turn: None,
            tries: 0,
            until,
        };
        let job = sending::job_for(new.by, &invitation.id).map_err(SpaceError::from)?;
        let leaf = self.invited_leaf(&invitation, &purpose);
        let counted_until = now.plus(HOUR).seconds();
        Ok(Make { leaf, invitation, outgoing, open, job, counted_until, imported: None, once: None })
    }

    async fn make(&self, change: Make<'_>) -> Result<Invitation, InviteError> {
        match self.tenant.commit(&change).await {
            Ok(()) => Ok(change.invitation),
            Err(fault) => {
                let key = self.invitation_key(&change.invitation.id);
                self.keyring.destroy(&key).map_err(SpaceError::from)?;
                Err(match fault {
                    Fault::Refused(NotMade::Before(before)) => return self.invited_before(before).await,
                    Fault::Store(fault) => SpaceError::from(fault).into(),
                    Fault::Refused(NotMade::AlreadyOpen) => InviteError::AlreadyOpen,
                    Fault::Refused(NotMade::TooMany) => InviteError::TooMany,
                    Fault::Refused(NotMade::Gone) => SpaceError::NoSuch("person who was taken in").into(),
                })
            }
        }
    }

    /// What stands in the way, as far as it has nothing to do with whom to invite. At the page it is not told: there the
    /// invitation waits, and expires. Gives the purpose for which is asked.
    async fn check_invitation(&self, new: &NewInvitation) -> Result<String, InviteError> {
        let purpose = match (new.purpose, &new.form) {
            (Purpose::SignUp, Some(form)) => {
                let found = self.form(form).await?.ok_or_else(|| SpaceError::NoSuchForm(form.clone()))?;
                found.form.purpose
            }
            (Purpose::SignUp, None) => return Err(InviteError::NoForm),
            (Purpose::HereIAm, _) if matches!(new.whom, Whom::Mail(_)) => {
                return Err(InviteError::HereByMail);
            }
            (Purpose::HereIAm, _) if self.here_i_am("").is_none() => return Err(InviteError::NotRegistered),
            (Purpose::HereIAm, _) => here_i_am::HERE.to_owned(),
        };
        if new.by == InvitedBy::Page {
            return Ok(purpose);
        }
        let post = self.post.as_deref().ok_or(Obstacle::NoNetwork)?;
        match new.whom.office() {
            Some(office) => post.courier.way_to(office)?,
            None if post.mailer.is_none() => return Err(Obstacle::NoMailServer.into()),
            None => {}
        }
        Ok(purpose)
    }

    /// The invitations, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn invitations(&self, limit: usize) -> Result<Vec<Invitation>, SpaceError> {
        let range = store::Range::all().descending();
        Ok(self.tenant.page::<records::ByAge>(range, limit).await?.items)
    }

    /// One invitation.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or the store.
    pub async fn invitation(&self, id: &str) -> Result<Invitation, SpaceError> {
        if !is_id(id) {
            return Err(SpaceError::NoSuch("invitation"));
        }
        self.tenant.get::<Invitation>(id).await?.ok_or(SpaceError::NoSuch("invitation"))
    }

    /// That somebody was invited, for what, and by whom: the team, or whoever typed at the page.
    fn invited_leaf(&self, invitation: &Invitation, purpose: &str) -> Leaf {
        let entry = Entry::new(EntryKind::Invited, self.environment().now())
            .with_purpose(purpose)
            .with_code(invitation.by.name());
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }

    /// The key under which one invitation's values lie.
    fn invitation_key(&self, id: &str) -> KeyId {
        KeyId::new(self.identity.did.as_str(), id, "invitation")
    }
}

fn lifetime(new: &NewInvitation) -> Result<i64, InviteError> {
    let (usual, longest) = match (new.by, new.purpose) {
        (InvitedBy::Page, _) => (PAGE_LIFETIME, PAGE_LIFETIME),
        (InvitedBy::Team, Purpose::SignUp) => (SIGN_UP_LIFETIME, SIGN_UP_LIFETIME),
        (InvitedBy::Team, Purpose::HereIAm) => (HERE_LIFETIME, SIGN_UP_LIFETIME),
    };
    let seconds = new.seconds.unwrap_or(usual);
    if (60..=longest).contains(&seconds) { Ok(seconds) } else { Err(InviteError::Lifetime) }
}

/// Why an invitation was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotMade {
    Before(Before),
    AlreadyOpen,
    TooMany,
    Gone,
}

/// Stores an invitation, and the job that sends it.
struct Make<'a> {
    invitation: Invitation,
    outgoing: Outgoing,
    open: OpenFor,
    job: Job,
    leaf: Leaf,
    counted_until: i64,
    imported: Option<Invited<'a>>,
    once: Option<&'a Once>,
}

impl Change for Make<'_> {
    const NAME: &'static str = "invite";
    type Output = ();
    type Refusal = NotMade;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotMade>> {
        if let Some(once) = self.once {
            if let Some(before) = once.before(tx).await? {
                return Err(Fault::Refused(NotMade::Before(before)));
            }
            once.done(tx, &self.invitation.id).await?;
        }
        match &self.imported {
            Some(imported) => imported.write(tx, &self.invitation).await?,
            None => self.spend(tx).await?,
        }
        let mut outgoing = self.outgoing.clone();
        // The team is told at once that there is one. At the page that would tell whoever types about others, so there it is
        // found out when the invitation is sent.
        if self.invitation.by == InvitedBy::Team {
            let found = tx.get::<OpenFor>(&self.open.mark.as_bytes()[..]).await?;
            if found.is_some_and(|found| found.by == InvitedBy::Team) {
                return Err(Fault::Refused(NotMade::AlreadyOpen));
            }
            tx.put(&self.open).await?;
            outgoing.counted = true;
        }
        tx.put(&self.invitation).await?;
        tx.put(&outgoing).await?;
        let _ = tx.enqueue(self.job.clone()).await?;
        Ok(tx.log(self.leaf.clone()).await?)
    }
}

impl Make<'_> {
    async fn spend(&self, tx: &mut Tx) -> Result<(), Fault<NotMade>> {
        let by = self.invitation.by;
        let most = if by == InvitedBy::Team { MOST_BY_TEAM } else { MOST_AT_PAGE };
        let found = tx.get::<Spent>(by_key(by)).await?;
        let mut spent = found.unwrap_or(Spent { by, times: 0, until: self.counted_until });
        if spent.times >= most {
            return Err(Fault::Refused(NotMade::TooMany));
        }
        spent.times = spent.times.saturating_add(1);
        Ok(tx.put(&spent).await?)
    }
}
