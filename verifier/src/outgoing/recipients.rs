//! Where things go out to: each recipient's name, what it may have, and its secret. Each change is a leaf in the audit log.

use std::collections::BTreeSet;

use keyring::KeyId;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::SecretText;
use outbound::OutboundError;
use store::{Change, Fault, Job, Range, StoreFault, Tx};
use url::Url;
use verifier_connect::{address, claims};

use super::ERASE_LINE;
use super::records::{Delivery, Event, Line, Recipient, State, TEST, Way};
use super::signing::WebhookSecret;
use super::template::{Auth, Template, TemplateError};
use crate::forms::ChangedBy;
use crate::space::{Space, SpaceError};

/// Most recipients of a space.
pub const MOST_RECIPIENTS: usize = 20;
/// Longest name that members read, in characters.
const LONGEST_NAME: usize = 64;
/// Longest secret of other software, in bytes.
const LONGEST_SECRET: usize = 4_096;
/// For how many seconds the secret of before signs beside the new one.
pub const BOTH_SIGN: i64 = 86_400;
/// Seals a secret.
pub(super) const SECRET: &[u8] = b"outgoing secret";

/// An endpoint to be told what happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewWebhook {
    /// What members read.
    pub name: String,
    /// The address.
    pub url: String,
    /// Of what it is told.
    pub events: BTreeSet<Event>,
    /// Which details it gets with it; none: their names alone.
    pub claims: BTreeSet<String>,
}

/// Why a recipient is not entered or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipientError {
    /// The name.
    #[error("say in 1 to {LONGEST_NAME} characters who gets it: members read this")]
    BadName,
    /// The address.
    #[error("the address is https (or http on localhost), without a part behind #")]
    BadAddress,
    /// This server calls no such address.
    #[error(
        "nothing would be sent to this address: {0}. Give the name of a host on the public internet, by https; http on localhost is for trying out, and passport serve --resolve names a device in your own network"
    )]
    NotCalled(OutboundError),
    /// There is a recipient of that name.
    #[error("another recipient has this name already: members tell them apart by it")]
    SameName,
    /// It is told of nothing.
    #[error("choose at least one thing that it is told of")]
    NoEvents,
    /// The space does not ask members for it.
    #[error("no form of this space asks for {0}, so it cannot go anywhere")]
    NotAsked(String),
    /// The registration does not cover it.
    #[error("the registration does not cover {0}: ask the network's operator to register it")]
    BeyondRegistration(String),
    /// The template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The secret is none that could be sent.
    #[error("this software wants a secret: {0}")]
    BadSecret(&'static str),
    /// There are as many as there may be.
    #[error("a space has at most {MOST_RECIPIENTS} recipients")]
    TooMany,
    /// It signs nothing.
    #[error("this recipient has no secret of ours: end it, and enter it anew with another")]
    NoSecret,
    /// There is nothing to be sent again, or said to be done.
    #[error("this was confirmed already, or is gone")]
    NothingToDo,
    /// Whoever says that something was done elsewhere says how they know.
    #[error("say in 3 to 200 characters how you know that it was done there")]
    BadReason,
    /// Our side failed, or there is no such recipient.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl From<StoreFault> for RecipientError {
    fn from(fault: StoreFault) -> Self {
        Self::Space(fault.into())
    }
}

impl Space {
    /// Where things go out to, by identifier.
    ///
    /// # Errors
    /// The store.
    pub async fn recipients(&self) -> Result<Vec<Recipient>, SpaceError> {
        Ok(self.tenant.list::<Recipient>(Range::all(), MOST_RECIPIENTS).await?.items)
    }

    /// Enters an endpoint; its secret is shown this once.
    ///
    /// # Errors
    /// See [`RecipientError`].
    pub async fn add_webhook(
        &self,
        new: NewWebhook,
        by: ChangedBy,
    ) -> Result<(Recipient, SecretText), RecipientError> {
        check_name(&new.name)?;
        let url = address::checked(&new.url).ok_or(RecipientError::BadAddress)?;
        self.check_called([url]).map_err(RecipientError::NotCalled)?;
        if new.events.is_empty() {
            return Err(RecipientError::NoEvents);
        }
        self.check_claims(&new.claims).await?;
        let secret = WebhookSecret::fresh(self.environment().randomness());
        let text = SecretText::new(secret.text().as_str());
        let way = Way::Webhook { url: new.url, events: new.events };
        let recipient = self.new_recipient(&new.name, way, new.claims, Some(text.expose()), by)?;
        self.add_recipient(&recipient).await?;
        Ok((recipient, text))
    }

    /// Enters an action; gives also the details that its template names and no form of this space asks for: they are left out.
    ///
    /// # Errors
    /// See [`RecipientError`].
    pub async fn add_action(
        &self,
        name: &str,
        template: Template,
        secret: &SecretText,
        by: ChangedBy,
    ) -> Result<(Recipient, Vec<String>), RecipientError> {
        let name = if name.trim().is_empty() { template.name.clone() } else { name.to_owned() };
        check_name(&name)?;
        let template = Template { name: name.trim().to_owned(), ..template };
        template.check_replaced()?;
        self.check_called(template.addresses()).map_err(RecipientError::NotCalled)?;
        check_secret(&template.auth, secret.expose())?;
        let (asked, covered) = (self.asked_claims().await?, self.covered_claims());
        let may = |claim: &str| asked.contains(top(claim)) && covered.contains(top(claim));
        for needed in template.needed() {
            let is_there = may(&needed) || (needed == "name" && may("given_name"));
            if !is_there {
                let is_asked = asked.contains(top(&needed));
                return Err(if is_asked {
                    RecipientError::BeyondRegistration(needed)
                } else {
                    RecipientError::NotAsked(needed)
                });
            }
        }
        let (claims, left_out): (BTreeSet<String>, BTreeSet<String>) =
            template.claims().into_iter().partition(|claim| may(claim));
        let claims = claims.iter().map(|claim| top(claim).to_owned()).collect();
        let kept = Some(secret.expose()).filter(|_| template.auth != Auth::None);
        let recipient =
            self.new_recipient(&name, Way::Action { template: Box::new(template) }, claims, kept, by)?;
        self.add_recipient(&recipient).await?;
        Ok((recipient, left_out.into_iter().collect()))
    }

    fn new_recipient(
        &self,
        name: &str,
        way: Way,
        claims: BTreeSet<String>,
        secret: Option<&str>,
        by: ChangedBy,
    ) -> Result<Recipient, SpaceError> {
        let id = self.fresh_id();
        Ok(Recipient {
            name: name.trim().to_owned(),
            way,
            claims,
            secret: secret.map(|text| self.seal_secret(&id, text)).transpose()?,
            before: None,
            before_until: 0,
            by,
            since: self.environment().now().seconds(),
            is_closing: false,
            id,
        })
    }

    /// Looks whether this server would call these addresses, before anything waits to be sent there.
    pub(crate) fn check_called(&self, urls: impl IntoIterator<Item = Url>) -> Result<(), OutboundError> {
        let Some(fetch) = &self.outgoing else { return Ok(()) };
        urls.into_iter().try_for_each(|url| fetch.permits(&url))
    }

    async fn add_recipient(&self, recipient: &Recipient) -> Result<(), RecipientError> {
        let add = AddRecipient { recipient, leaf: self.recipient_leaf(recipient, "recipient") };
        match self.tenant.commit(&add).await {
            Ok(()) => Ok(()),
            Err(Fault::Refused(NotAdded::TooMany)) => Err(RecipientError::TooMany),
            Err(Fault::Refused(NotAdded::SameName)) => Err(RecipientError::SameName),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }

    /// Gives an endpoint another secret, shown this once; for a day the one of before signs, too.
    ///
    /// # Errors
    /// See [`RecipientError`].
    pub async fn renew_webhook_secret(&self, id: &str, by: ChangedBy) -> Result<SecretText, RecipientError> {
        let found = self.tenant.get::<Recipient>(id).await?.ok_or(SpaceError::NoSuch("recipient"))?;
        if !matches!(found.way, Way::Webhook { .. }) {
            return Err(RecipientError::NoSecret);
        }
        let secret = WebhookSecret::fresh(self.environment().randomness());
        let text = SecretText::new(secret.text().as_str());
        let next = Recipient {
            before: found.secret.clone(),
            before_until: self.environment().now().plus(BOTH_SIGN).seconds(),
            secret: Some(self.seal_secret(id, text.expose())?),
            by,
            ..found.clone()
        };
        self.replace_recipient(&found, next, "recipient-secret").await?;
        Ok(text)
    }

    /// Ends a recipient: nobody new goes there. What concerns those who went there still does, until they are erased there; then it is
    /// gone. Gives how many those are.
    ///
    /// # Errors
    /// See [`RecipientError`].
    pub async fn end_recipient(&self, id: &str, by: ChangedBy) -> Result<usize, RecipientError> {
        let found = self.tenant.get::<Recipient>(id).await?.ok_or(SpaceError::NoSuch("recipient"))?;
        let next = Recipient { is_closing: true, by, ..found.clone() };
        self.replace_recipient(&found, next, "recipient-ended").await
    }

    async fn replace_recipient(
        &self,
        found: &Recipient,
        next: Recipient,
        code: &str,
    ) -> Result<usize, RecipientError> {
        let leaf = self.recipient_leaf(&next, code);
        let change = ReplaceRecipient { found, next: &next, leaf };
        match self.tenant.commit(&change).await {
            Ok(people) => Ok(people),
            Err(Fault::Refused(Moved)) => Err(SpaceError::Store(StoreFault::Conflict).into()),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }

    /// Sends a test to an endpoint: nothing happened to anybody.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or the store.
    pub async fn send_test(&self, id: &str) -> Result<String, RecipientError> {
        let found = self.tenant.get::<Recipient>(id).await?.ok_or(SpaceError::NoSuch("recipient"))?;
        if !matches!(found.way, Way::Webhook { .. }) {
            return Err(SpaceError::NoSuch("endpoint").into());
        }
        let now = self.environment().now().seconds();
        let [a, b, c, d] = self.environment().randomness().bytes::<4>();
        let delivery = Delivery {
            id: format!("msg_{}", self.fresh_id()),
            recipient: found.id,
            person: TEST.to_owned(),
            number: u32::from_be_bytes([a, b, c, d]),
            event: Event::Test,
            names: Vec::new(),
            at: now,
            state: State::Waiting,
            attempts: 0,
            last: None,
            next: now,
            busy_until: 0,
            sent: Vec::new(),
            until: None,
        };
        self.tenant.carry_out(&PutDelivery(&delivery)).await?;
        Ok(delivery.id)
    }

    fn recipient_leaf(&self, recipient: &Recipient, code: &str) -> Leaf {
        let names = recipient.claims.iter().map(String::as_str);
        let entry = Entry::new(EntryKind::RuleChanged, self.environment().now()).with_code(code).about(names);
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }

    async fn check_claims(&self, wanted: &BTreeSet<String>) -> Result<(), RecipientError> {
        let (asked, covered) = (self.asked_claims().await?, self.covered_claims());
        for claim in wanted {
            if !claims::known().any(|known| known == claim) || !asked.contains(claim) {
                return Err(RecipientError::NotAsked(claim.clone()));
            }
            if !covered.contains(claim) {
                return Err(RecipientError::BeyondRegistration(claim.clone()));
            }
        }
        Ok(())
    }

    /// The details that can go out: what this space's forms ask for and the registration covers.
    ///
    /// # Errors
    /// The store.
    pub async fn claims_for_recipients(&self) -> Result<Vec<&'static str>, SpaceError> {
        let (asked, covered) = (self.asked_claims().await?, self.covered_claims());
        Ok(claims::known().filter(|claim| asked.contains(*claim) && covered.contains(*claim)).collect())
    }

    pub(super) fn secret_key(&self, recipient: &str) -> KeyId {
        KeyId::new(self.identity.did.as_str(), recipient, "outgoing-secret")
    }

    fn seal_secret(&self, recipient: &str, text: &str) -> Result<keyring::Sealed, SpaceError> {
        Ok(self.keyring.seal(&self.secret_key(recipient), SECRET, text.as_bytes())?)
    }

    pub(super) fn open_secret(
        &self,
        recipient: &str,
        sealed: &keyring::Sealed,
    ) -> Result<SecretText, SpaceError> {
        let text = self.keyring.open_sealed(&self.secret_key(recipient), SECRET, sealed)?;
        let text = std::str::from_utf8(&text).map_err(|_| SpaceError::Unreadable)?;
        Ok(SecretText::new(text))
    }

    /// Destroys the key that a job names.
    pub(crate) fn destroy_line_key(&self, named: &str) -> Result<(), SpaceError> {
        match named.split_once(' ') {
            Some((person, recipient)) => self.keyring.destroy(&self.line_key(person, recipient))?,
            None => self.keyring.destroy(&self.secret_key(named))?,
        };
        Ok(())
    }

    /// The key under which the identifier lies that a recipient gave to somebody.
    pub(super) fn line_key(&self, person: &str, recipient: &str) -> KeyId {
        KeyId::new(self.identity.did.as_str(), person, format!("outgoing-{recipient}"))
    }
}

/// The first name of a path.
pub(super) fn top(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

fn check_name(name: &str) -> Result<(), RecipientError> {
    let fits = (1..=LONGEST_NAME).contains(&name.trim().chars().count());
    if fits && !name.chars().any(char::is_control) { Ok(()) } else { Err(RecipientError::BadName) }
}

pub(crate) fn check_secret(auth: &Auth, secret: &str) -> Result<(), RecipientError> {
    let can_be_sent =
        secret.len() <= LONGEST_SECRET && secret.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let is_pair =
        secret.split_once(':').is_some_and(|(first, second)| !first.is_empty() && !second.is_empty());
    match auth {
        Auth::None => Ok(()),
        _ if !can_be_sent || secret.is_empty() => {
            Err(RecipientError::BadSecret("1 to 4,096 visible characters"))
        }
        Auth::Basic if !is_pair => Err(RecipientError::BadSecret("user:password")),
        Auth::ClientCredentials { .. } if !is_pair => {
            Err(RecipientError::BadSecret("client_id:client_secret"))
        }
        _ => Ok(()),
    }
}

enum NotAdded {
    TooMany,
    SameName,
}

struct AddRecipient<'a> {
    recipient: &'a Recipient,
    leaf: Leaf,
}

impl Change for AddRecipient<'_> {
    const NAME: &'static str = "add-recipient";
    type Output = ();
    type Refusal = NotAdded;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotAdded>> {
        let there = tx.list::<Recipient>(Range::all(), MOST_RECIPIENTS).await?.items;
        if there.len() >= MOST_RECIPIENTS {
            return Err(Fault::Refused(NotAdded::TooMany));
        }
        // One that ends makes way for whoever is entered in its place.
        let name = self.recipient.name.to_lowercase();
        if there.iter().any(|one| !one.is_closing && one.name.to_lowercase() == name) {
            return Err(Fault::Refused(NotAdded::SameName));
        }
        tx.put(self.recipient).await?;
        Ok(tx.log(self.leaf.clone()).await?)
    }
}

struct Moved;

/// Puts a recipient in its place; one that is closing and of whom nobody is left goes. Gives how many people are there.
struct ReplaceRecipient<'a> {
    found: &'a Recipient,
    next: &'a Recipient,
    leaf: Leaf,
}

impl Change for ReplaceRecipient<'_> {
    const NAME: &'static str = "change-recipient";
    type Output = usize;
    type Refusal = Moved;

    async fn apply(&self, tx: &mut Tx) -> Result<usize, Fault<Moved>> {
        if tx.get::<Recipient>(self.next.id.as_str()).await?.as_ref() != Some(self.found) {
            return Err(Fault::Refused(Moved));
        }
        tx.put(self.next).await?;
        tx.log(self.leaf.clone()).await?;
        let lines = tx.list::<Line>(Range::prefix(self.next.id.as_str()), MOST_COUNTED).await?.items;
        // Whoever was not told of it is not there.
        let people = lines.iter().filter(|line| line.attempted).count();
        close_if_empty(tx, &self.next.id).await?;
        Ok(people)
    }
}

/// Most people that are counted at a recipient that ends.
const MOST_COUNTED: usize = 1_000;

/// A recipient that ends goes with the last person who is there, and its secret with it.
pub(super) async fn close_if_empty(tx: &mut Tx, recipient: &str) -> Result<(), StoreFault> {
    let is_closing = tx.get::<Recipient>(recipient).await?.is_some_and(|found| found.is_closing);
    if is_closing && tx.list::<Line>(Range::prefix(recipient), 1).await?.items.is_empty() {
        tx.delete::<Recipient>(recipient).await?;
        erase_key(tx, recipient).await?;
    }
    Ok(())
}

/// Asks for the end of the key of a recipient, or of a person at one.
pub(super) async fn erase_key(tx: &mut Tx, named: &str) -> Result<(), StoreFault> {
    let job = Job::new(ERASE_LINE, format!("{ERASE_LINE}-{named}"), &named)?;
    let _ = tx.enqueue(job).await?;
    Ok(())
}

struct PutDelivery<'a>(&'a Delivery);

impl Change for PutDelivery<'_> {
    const NAME: &'static str = "put-delivery";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(super::events::put_new(tx, self.0).await?)
    }
}
