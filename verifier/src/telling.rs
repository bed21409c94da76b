//! Telling members what was decided, at the inbox that their terms named (specs/mailbox.md): the decision, and the offer of the
//! membership that follows from it; or that offer alone, where a wallet lost what it had.
//!
//! Where to write lies sealed under a key of its own until it was written: a declined applicant's details are erased with the
//! decision, and are told of it nevertheless. It runs in the background, at least once; what is told twice has one identifier.

use environment::Timestamp;
use issuance::{OfferRequest, Shown};
use keyring::{KeyId, KeyringError, Sealed};
use network::mailbox::{About, Message};
use network::terms::Inbox;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Job, Key, Lease, Record, StoreFault, Tx};

use crate::contact;
use crate::deciding::Deciding;
use crate::invitations::post::Post;
use crate::members::MEMBERSHIP;
use crate::records::{Contact, SignUp};
use crate::space::{Space, SpaceError};

/// The kind of the job; the payload is the sign-up's identifier.
pub const TELL_INBOX: &str = "tell-inbox";
/// For how many seconds it is tried, and what was told counts.
const COUNTS: i64 = 14 * 86_400;
/// Seconds until it is told: a wallet that has just answered fetches the same by itself.
const LATER: i64 = 600;
/// Seconds after which an unfinished job is taken up again: longer than a mailbox is waited for.
const LEASE: i64 = 60;
/// Members that are told in one round.
const AT_ONCE: usize = 20;
/// How often it is tried: for about a day and a half. A member names the inbox, which may be one that never takes anything.
const MOST_TRIES: u32 = 48;
const INBOX: &[u8] = b"inbox to be told";
const OFFER: &[u8] = b"offer to be told";

/// Where somebody is to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToTell {
    /// The sign-up that was decided; one of its own where something else is told.
    id: String,
    /// The identifier of what is told.
    message: String,
    /// The inbox, sealed under a key of its own.
    inbox: Sealed,
    /// The decision, if it is told.
    decision: Option<String>,
    /// An offer that was made already, sealed under the same key as the inbox.
    #[serde(default)]
    offer: Option<Sealed>,
    /// The membership's `sub`, if it was approved.
    member: Option<String>,
    /// The contact whose inbox it is, where nothing is to be told any more once that is gone.
    #[serde(default)]
    contact: Option<String>,
    /// When it was decided, in seconds since the epoch.
    at: i64,
    /// When it is given up, in seconds since the epoch.
    until: i64,
}

impl Record for ToTell {
    const CLASS: &'static str = "inbox-to-tell";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("message", FieldClass::Operational),
        ("inbox", FieldClass::Disclosed),
        ("decision", FieldClass::Operational),
        ("offer", FieldClass::Operational),
        ("member", FieldClass::Operational),
        ("contact", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        // The job comes once more after that, and destroys the key.
        Some(Timestamp::from_seconds(self.until.saturating_add(86_400)))
    }
}

impl ToTell {
    /// Until when what is told counts, in seconds since the epoch.
    pub(crate) const fn until(&self) -> i64 {
        self.until
    }

    /// Has it told, in the transaction that stores what is told.
    pub(crate) async fn write(&self, tx: &mut Tx) -> Result<(), StoreFault> {
        tx.put(self).await?;
        let job = Job::new(TELL_INBOX, format!("{TELL_INBOX}-{}", self.id), &self.id)?;
        let not_before = if self.decision.is_some() { tx.now().plus(LATER) } else { tx.now() };
        let _ = tx.enqueue(job.not_before(not_before)).await?;
        Ok(())
    }
}

/// Nothing is told any more to the inbox that came with a sign-up. The job that was to tell it destroys its key.
pub(crate) async fn forget(tx: &mut Tx, sign_up: &str) -> Result<(), StoreFault> {
    tx.delete::<ToTell>(sign_up).await.map(drop)
}

fn key_of(space: &str, sign_up: &str) -> KeyId {
    KeyId::new(space, sign_up, TELL_INBOX)
}

impl Space {
    /// This decision with word of it to the inbox of a contact, if it has one.
    pub(crate) async fn telling(&self, deciding: Deciding, sign_up: &SignUp) -> Result<Deciding, SpaceError> {
        let Some(contact) = self.tenant.get::<Contact>(&sign_up.id).await? else { return Ok(deciding) };
        let Some(sealed) = &contact.inbox else { return Ok(deciding) };
        let key = contact::key_of(self.identity.did.as_str(), &contact.id, contact.generation);
        let inbox = contact::open_inbox(&self.keyring, &key, sealed)?;
        self.telling_at(deciding, &sign_up.id, Some(&inbox))
    }

    /// This decision with word of it to an inbox, if there is one.
    pub(crate) fn telling_at(
        &self,
        deciding: Deciding,
        sign_up: &str,
        inbox: Option<&Inbox>,
    ) -> Result<Deciding, SpaceError> {
        let Some(inbox) = inbox.filter(|_| self.post.is_some()) else { return Ok(deciding) };
        let text = serde_json::to_vec(inbox).map_err(|_| SpaceError::Unreadable)?;
        let key = key_of(self.identity.did.as_str(), sign_up);
        let now = self.environment().now();
        let to_tell = ToTell {
            id: sign_up.to_owned(),
            message: self.fresh_id(),
            inbox: self.keyring.seal(&key, INBOX, &text)?,
            decision: Some(deciding.decision().to_owned()),
            offer: None,
            member: deciding.member().map(str::to_owned),
            contact: None,
            at: now.seconds(),
            until: now.plus(COUNTS).seconds(),
        };
        Ok(deciding.told(to_tell))
    }

    /// Word of an offer to the inbox of a contact, if it has one and something can be left there.
    pub(crate) fn telling_offer(&self, contact: &Contact, offer: &str) -> Result<Option<ToTell>, SpaceError> {
        let Some(sealed) = contact.inbox.as_ref().filter(|_| self.post.is_some()) else { return Ok(None) };
        let key = contact::key_of(self.identity.did.as_str(), &contact.id, contact.generation);
        let inbox = contact::open_inbox(&self.keyring, &key, sealed)?;
        let text = serde_json::to_vec(&inbox).map_err(|_| SpaceError::Unreadable)?;
        let (id, now) = (self.fresh_id(), self.environment().now());
        let key = key_of(self.identity.did.as_str(), &id);
        Ok(Some(ToTell {
            message: self.fresh_id(),
            inbox: self.keyring.seal(&key, INBOX, &text)?,
            decision: None,
            offer: Some(self.keyring.seal(&key, OFFER, offer.as_bytes())?),
            member: None,
            contact: Some(contact.id.clone()),
            at: now.seconds(),
            until: now.plus(COUNTS).seconds(),
            id,
        }))
    }

    /// Tells members who are to be told; gives how many jobs were seen to. What cannot be left yet is tried again, less and less
    /// often, until its time is up. Safe to run in several processes.
    ///
    /// # Errors
    /// The store; what was not done stays.
    pub async fn tell_inboxes(&self) -> Result<usize, SpaceError> {
        let Some(post) = self.post.as_deref() else { return Ok(0) };
        let now = self.environment().now();
        let jobs = self.tenant.jobs();
        let leases = jobs.lease(TELL_INBOX, now, LEASE, AT_ONCE).await?;
        for lease in &leases {
            match self.tell(lease, post).await {
                Ok(()) => {
                    let _ = jobs.complete(lease).await?;
                }
                Err(failure) => {
                    tracing::info!(attempt = lease.attempt(), %failure, "an inbox could not be told yet");
                    let _ = jobs.fail(lease, Some(now.plus(lease.backoff_seconds()))).await?;
                }
            }
        }
        Ok(leases.len())
    }

    async fn tell(&self, lease: &Lease, post: &Post) -> Result<(), SpaceError> {
        let id: String = lease.payload().map_err(|_: StoreFault| SpaceError::Unreadable)?;
        let now = self.environment().now().seconds();
        let to_tell = self.tenant.get::<ToTell>(&id).await?;
        let is_due = |to_tell: &ToTell| now < to_tell.until && lease.attempt() <= MOST_TRIES;
        if let Some(to_tell) = to_tell.filter(is_due)
            && !self.is_forgotten(&to_tell).await?
            && let Some(inbox) = self.inbox_to_tell(&to_tell)?
        {
            let message = self.message(&to_tell, &inbox).await?;
            let left = post.courier.leave(&inbox, &message).await;
            left.map_err(|not_yet| SpaceError::Store(StoreFault::unavailable(not_yet)))?;
        }
        self.tenant.carry_out(&Told(&id)).await?;
        self.keyring.destroy(&key_of(self.identity.did.as_str(), &id))?;
        Ok(())
    }

    /// Whether whoever is to be told has left meanwhile.
    async fn is_forgotten(&self, to_tell: &ToTell) -> Result<bool, SpaceError> {
        let Some(contact) = &to_tell.contact else { return Ok(false) };
        Ok(self.tenant.get::<Contact>(contact.as_str()).await?.is_none())
    }

    /// Where to; nothing once the key is gone.
    fn inbox_to_tell(&self, to_tell: &ToTell) -> Result<Option<Inbox>, SpaceError> {
        let key = key_of(self.identity.did.as_str(), &to_tell.id);
        match self.keyring.open_sealed(&key, INBOX, &to_tell.inbox) {
            Ok(text) => jose::json::parse_as(text.as_slice()).map(Some).map_err(|_| SpaceError::Unreadable),
            Err(KeyringError::NoKey) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn message(&self, to_tell: &ToTell, inbox: &Inbox) -> Result<Message, SpaceError> {
        let now = self.environment().now().seconds();
        let credential_offer = match (&to_tell.member, &to_tell.offer) {
            (Some(sub), _) => self.offer_to_inbox(sub, to_tell.until.saturating_sub(now)).await?,
            (None, Some(offer)) => {
                let key = key_of(self.identity.did.as_str(), &to_tell.id);
                let offer = self.keyring.open_sealed(&key, OFFER, offer)?;
                Some(String::from_utf8(offer.to_vec()).map_err(|_| SpaceError::Unreadable)?)
            }
            (None, None) => None,
        };
        Ok(Message {
            space: self.identity.did.as_str().to_owned(),
            inbox: inbox.address.clone(),
            id: to_tell.message.clone(),
            issued_at: now,
            expires_at: to_tell.until,
            about: if to_tell.decision.is_some() { About::Decision } else { About::Offer },
            decision: to_tell.decision.clone(),
            credential_offer,
            link: None,
            text: None,
            hello: None,
            hello_answer: None,
        })
    }

    /// An offer that is open as long as the message counts; none if a wallet has the membership already.
    async fn offer_to_inbox(&self, sub: &str, lifetime: i64) -> Result<Option<String>, SpaceError> {
        let request = OfferRequest {
            subject: sub.to_owned(),
            configurations: vec![MEMBERSHIP.to_owned()],
            tx_code: false,
            lifetime,
        };
        let offered = self.issuance.offer_again(&request, Shown::InInbox).await?;
        Ok(offered.map(|offered| offered.by_value))
    }
}

/// It was told, or is not told any more.
struct Told<'a>(&'a str);

impl Change for Told<'_> {
    const NAME: &'static str = "inbox-told";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(forget(tx, self.0).await?)
    }
}
