//! Sending invitations in the background: at least once, and idempotent by the letter's identifier. When an invitation was
//! sent, or its time is up, whom it was for is erased.

use did::number::PassportNumber;
use environment::Timestamp;
use keyring::{KeyringError, Sealed};
use outbound::mail::{Mail, MailError};
use store::{Change, Fault, Job, Lease, StoreFault, Tx};

use super::pace::{AskFor, Turn};
use super::post::{Letter, NotYet, Place, Post};
use super::records::{Channel, Invitation, InvitedBy, OpenFor, Outgoing};
use super::{VALUES, Values};
use crate::space::{Space, SpaceError};

/// The kinds of the jobs, of the team's invitations and of those of the page; the payload is the invitation's identifier.
const SEND: &str = "send-invitation";
const SEND_OF_PAGE: &str = "page-invitation";
/// Seconds after which an unfinished job is taken up again: longer than the waits for office, mailbox or mail server.
const LEASE: i64 = 120;
/// Invitations that are sent in one round.
const AT_ONCE: usize = 5;
/// Seconds until what a member named is tried again, each time; then it is given up.
const TRIED_AFTER: [i64; 6] = [5, 60, 300, 1_800, 7_200, 21_600];
/// How often a number whose DID does not answer is looked up again: each time costs a question.
const LOOK_UPS_AGAIN: usize = 3;

const fn kind(by: InvitedBy) -> &'static str {
    match by {
        InvitedBy::Team => SEND,
        InvitedBy::Page => SEND_OF_PAGE,
    }
}

/// The job that sends the invitation `id`.
pub(super) fn job_for(by: InvitedBy, id: &str) -> Result<Job, StoreFault> {
    let kind = kind(by);
    Job::new(kind, format!("{kind}-{id}"), &id)
}

/// Why an invitation has not been sent. No reason tells anything about whom it is for.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error("others go first")]
    NotItsTurn(i64),
    #[error("{0}")]
    Way(&'static str),
    #[error("{why}")]
    Place { why: &'static str, most: usize },
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl NotSent {
    /// What a member named, which is tried as often as that.
    const fn of(not_yet: NotYet, most: usize) -> Self {
        match not_yet {
            NotYet::Way(why) => Self::Way(why),
            NotYet::Place(why) => Self::Place { why, most },
        }
    }
}

impl Space {
    /// Sends invitations that are due, those of the team first; gives how many jobs were seen to. One that cannot go out yet is
    /// tried again, less and less often, until its time is up. Safe to run in several processes.
    ///
    /// # Errors
    /// The store; what was not done stays.
    pub async fn send_invitations(&self) -> Result<usize, SpaceError> {
        let of_team = self.send_invitations_by(InvitedBy::Team).await?;
        Ok(of_team.saturating_add(self.send_invitations_by(InvitedBy::Page).await?))
    }

    /// As [`Space::send_invitations`], of one kind alone: what strangers had sent need not be waited for.
    ///
    /// # Errors
    /// The store; what was not done stays.
    pub async fn send_invitations_by(&self, by: InvitedBy) -> Result<usize, SpaceError> {
        let Some(post) = self.post.as_deref() else { return Ok(0) };
        // What waited when the space left waits on, and expires.
        if self.has_left().await? {
            return Ok(0);
        }
        let now = self.environment().now();
        let jobs = self.tenant.jobs();
        let leases = jobs.lease(kind(by), now, LEASE, AT_ONCE).await?;
        for lease in &leases {
            let again = match self.send_and_erase(lease, post).await {
                Ok(again) => again,
                Err(failure) => {
                    tracing::info!(%failure, "an invitation was left for later");
                    Some(now.plus(lease.backoff_seconds()))
                }
            };
            let _ = match again {
                None => jobs.complete(lease).await?,
                Some(_) => jobs.fail(lease, again).await?,
            };
        }
        Ok(leases.len())
    }

    /// When it is to be tried again, unless it is over.
    async fn send_and_erase(&self, lease: &Lease, post: &Post) -> Result<Option<Timestamp>, SpaceError> {
        let id: String = lease.payload().map_err(|_: StoreFault| SpaceError::Unreadable)?;
        if let Err(failure) = self.send(&id, post).await {
            let again = self.again(&id, lease, &failure).await?;
            let (attempt, is_given_up) = (lease.attempt(), again.is_none());
            tracing::info!(attempt, is_given_up, %failure, "an invitation could not be sent");
            if again.is_some() {
                return Ok(again);
            }
        }
        self.erase_outgoing(&id).await?;
        Ok(None)
    }

    async fn again(
        &self,
        id: &str,
        lease: &Lease,
        failure: &NotSent,
    ) -> Result<Option<Timestamp>, SpaceError> {
        let now = self.environment().now();
        let backoff = Some(now.plus(lease.backoff_seconds()));
        Ok(match failure {
            NotSent::NotItsTurn(at) => Some(Timestamp::from_seconds(*at)),
            NotSent::Way(_) | NotSent::Space(_) => backoff,
            NotSent::Mail(error) if is_passing(error) => backoff,
            NotSent::Mail(_) => None,
            NotSent::Place { most, .. } => {
                let tries = self.tenant.carry_out(&Tried(id)).await?;
                let after = TRIED_AFTER.iter().take(*most).nth(tries);
                after.map(|seconds| now.plus(*seconds))
            }
        })
    }

    /// Sends the invitation `id`, unless it was sent, is over, or need not be sent.
    async fn send(&self, id: &str, post: &Post) -> Result<(), NotSent> {
        let Some((invitation, outgoing)) = self.unsent(id).await? else { return Ok(()) };
        let Some(values) = self.values_of(&outgoing)? else { return Ok(()) };
        let mark = self.mark(invitation.purpose, &values)?;
        let freed_by = Some(self.freed_by(&values.token)?);
        let open = OpenFor { mark, by: invitation.by, until: invitation.until, freed_by };
        let counts = CountOnce { id, open };
        if !self.tenant.carry_out(&counts).await.map_err(SpaceError::from)? {
            return Ok(());
        }
        if invitation.channel == Channel::Mail {
            return self.mail(values, post).await;
        }
        let Some(place) = self.place(&invitation, &outgoing, &values, post).await? else { return Ok(()) };
        // The team may have invited the same member while the number was looked up.
        if !self.tenant.carry_out(&counts).await.map_err(SpaceError::from)? {
            return Ok(());
        }
        let letter = Letter {
            slot: self.slot(invitation.purpose, &place.member)?,
            link: self.invitation_link(&values),
            id: invitation.id,
            purpose: invitation.purpose,
            email: values.email,
            made_at: invitation.made_at,
            until: invitation.until,
        };
        let carried = post.courier.carry(&place, &letter).await;
        carried.map_err(|not_yet| NotSent::of(not_yet, TRIED_AFTER.len()))
    }

    fn invitation_link(&self, values: &Values) -> String {
        self.identity.address(&format!("/join/invited/{}", values.token.expose()))
    }

    async fn mail(&self, values: Values, post: &Post) -> Result<(), NotSent> {
        // Without a mail server now, as after a change of the settings: it may come back.
        let mailer = post.mailer.as_ref().ok_or(NotSent::Way("there is no mail server"))?;
        let link = self.invitation_link(&values);
        let Some(to) = values.email else { return Ok(()) };
        let (subject, text) = post.letters.invitation(&values.language, &self.identity.name, &link);
        Ok(mailer.deliver(Mail { to, subject, text, unsubscribe: None }).await?)
    }

    /// Where the letter goes. The number is looked up once; what was found lies sealed beside it as long as it counts.
    async fn place(
        &self,
        invitation: &Invitation,
        outgoing: &Outgoing,
        values: &Values,
        post: &Post,
    ) -> Result<Option<Place>, NotSent> {
        let now = self.environment().now().seconds();
        if let Some(place) = values.place.as_ref().filter(|place| now < place.until) {
            return Ok(Some(place.clone()));
        }
        let Some(number) = &values.number else { return Ok(None) };
        let number = PassportNumber::parse(number).map_err(|_| SpaceError::Unreadable)?;
        let ask = AskFor { id: &invitation.id, by: invitation.by, office: number.office() };
        if let Turn::At(at) = self.tenant.carry_out(&ask).await.map_err(SpaceError::from)? {
            return Err(NotSent::NotItsTurn(at));
        }
        let found = post.courier.find(&number).await;
        let found = found.map_err(|not_yet| NotSent::of(not_yet, LOOK_UPS_AGAIN))?;
        if let Some(place) = &found {
            let values = Values { place: Some(place.clone()), ..values.clone() };
            let text = serde_json::to_vec(&values).map_err(|_| SpaceError::Unreadable)?;
            let sealed = self.keyring.seal(&self.invitation_key(&outgoing.id), VALUES, &text);
            let keep = KeepPlace { id: &outgoing.id, values: sealed.map_err(SpaceError::from)? };
            self.tenant.carry_out(&keep).await.map_err(SpaceError::from)?;
        }
        Ok(found)
    }

    async fn unsent(&self, id: &str) -> Result<Option<(Invitation, Outgoing)>, SpaceError> {
        let outgoing = self.tenant.get::<Outgoing>(id).await?;
        let invitation = self.tenant.get::<Invitation>(id).await?;
        let now = self.environment().now().seconds();
        Ok(invitation.filter(|one| one.answered.is_none() && now < one.until).zip(outgoing))
    }

    /// What was sealed; nothing once the key is gone.
    fn values_of(&self, outgoing: &Outgoing) -> Result<Option<Values>, SpaceError> {
        match self.keyring.open_sealed(&self.invitation_key(&outgoing.id), VALUES, &outgoing.values) {
            Ok(text) => jose::json::parse_as(text.as_slice()).map(Some).map_err(|_| SpaceError::Unreadable),
            Err(KeyringError::NoKey) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The key first: what is left of a record then opens with nothing.
    async fn erase_outgoing(&self, id: &str) -> Result<(), SpaceError> {
        self.keyring.destroy(&self.invitation_key(id))?;
        Ok(self.tenant.carry_out(&EraseOutgoing(id)).await?)
    }
}

const fn is_passing(error: &MailError) -> bool {
    matches!(error, MailError::Unreachable | MailError::TimedOut | MailError::Later { .. } | MailError::Tls)
}

/// Takes the one place that a member has for open invitations of a purpose. `false`: another is open, and this one goes
/// nowhere. Run again for the same invitation it says the same, unless the team has invited that member meanwhile, as what was
/// typed at the page does not go out over that, or the invitation was answered: then its place is free, and stays so.
struct CountOnce<'a> {
    id: &'a str,
    open: OpenFor,
}

impl Change for CountOnce<'_> {
    const NAME: &'static str = "count-invitation";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let Some(mut outgoing) = tx.get::<Outgoing>(self.id).await? else { return Ok(false) };
        let invitation = tx.get::<Invitation>(self.id).await?;
        if invitation.is_none_or(|invitation| invitation.answered.is_some()) {
            return Ok(false);
        }
        if let Some(found) = tx.get::<OpenFor>(&self.open.mark.as_bytes()[..]).await? {
            return Ok(outgoing.counted && found.is_of(&self.open));
        }
        tx.put(&self.open).await?;
        outgoing.counted = true;
        tx.put(&outgoing).await?;
        Ok(true)
    }
}

/// Keeps where the number led.
struct KeepPlace<'a> {
    id: &'a str,
    values: Sealed,
}

impl Change for KeepPlace<'_> {
    const NAME: &'static str = "keep-place-of-invitation";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if let Some(outgoing) = tx.get::<Outgoing>(self.id).await? {
            tx.put(&Outgoing { values: self.values.clone(), ..outgoing }).await?;
        }
        Ok(())
    }
}

/// Counts that what a member named did not answer; gives how often it had not before.
struct Tried<'a>(&'a str);

impl Change for Tried<'_> {
    const NAME: &'static str = "invitation-tried";
    type Output = usize;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<usize, Fault<Self::Refusal>> {
        let Some(mut outgoing) = tx.get::<Outgoing>(self.0).await? else { return Ok(usize::MAX) };
        let before = outgoing.tries;
        outgoing.tries = before.saturating_add(1);
        tx.put(&outgoing).await?;
        Ok(usize::try_from(before).unwrap_or(usize::MAX))
    }
}

struct EraseOutgoing<'a>(&'a str);

impl Change for EraseOutgoing<'_> {
    const NAME: &'static str = "erase-outgoing-invitation";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        tx.delete::<Outgoing>(self.0).await?;
        Ok(())
    }
}
