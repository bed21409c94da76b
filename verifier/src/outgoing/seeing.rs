//! What went out and what is not confirmed: for the team, and for the member whom it is about.

use std::collections::BTreeSet;

use ledger::{Entry, EntryKind, Leaf, LeafId};
use network::member_api::HandedOn;
use store::{Change, Fault, Range, Tx};

use super::events::kick;
use super::recipients::{RecipientError, top};
use super::records::{
    ById, Delivery, Event, Line, LinesOf, OfPerson, Recent, Recipient, Sendable, State, TEST, Told,
    Unconfirmed, Way, key_of,
};
use super::sending::settling::forget_line;
use crate::form::Form;
use crate::records::Contact;
use crate::space::{Space, SpaceError};

/// Most lines of one person that are looked through.
const MOST_LINES: usize = 100;
/// Fewest and most characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 3..=200;
/// Seconds for which something that was said to be done is kept.
const KEPT: i64 = 90 * 86_400;

/// Who gets something that members give, as it is said to them before they answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldRecipient {
    /// Its identifier.
    pub id: String,
    /// The name.
    pub name: String,
    /// Which details, as far as they give them.
    pub claims: Vec<String>,
}

impl ToldRecipient {
    /// Those of its details for which `form` asks: what a page that asks it says.
    pub fn asked_by<'a>(&'a self, form: &'a Form) -> impl Iterator<Item = &'a str> {
        let asks = |claim: &&str| form.fields.iter().any(|field| top(&field.claim) == *claim);
        self.claims.iter().map(String::as_str).filter(asks)
    }

    /// The same as it is kept with the request; nothing where nothing of the form goes on to it.
    pub(crate) fn said_with(&self, form: &Form) -> Option<Told> {
        let claims: BTreeSet<String> = self.asked_by(form).map(str::to_owned).collect();
        (!claims.is_empty()).then(|| Told { recipient: self.id.clone(), claims })
    }
}

impl Space {
    /// Who gets something that members give, by name: said on the pages where they are asked.
    ///
    /// # Errors
    /// The store.
    pub async fn recipients_told(&self) -> Result<Vec<ToldRecipient>, SpaceError> {
        let all = self.recipients().await?;
        let open = all.into_iter().filter(|one| !one.is_closing && !one.claims.is_empty());
        let mut told: Vec<ToldRecipient> = open
            .map(|one| ToldRecipient { id: one.id, name: one.name, claims: one.claims.into_iter().collect() })
            .collect();
        told.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(told)
    }

    /// What went out last, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn deliveries(&self, limit: usize) -> Result<Vec<Delivery>, SpaceError> {
        Ok(self.tenant.page::<Recent>(Range::all().descending(), limit).await?.items)
    }

    /// What somebody should look at, the oldest first.
    ///
    /// # Errors
    /// The store.
    pub async fn unconfirmed(&self, limit: usize) -> Result<Vec<Delivery>, SpaceError> {
        Ok(self.tenant.page::<Unconfirmed>(Range::all(), limit).await?.items)
    }

    /// What went out about a person, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn went_out(&self, person: &str, limit: usize) -> Result<Vec<Delivery>, SpaceError> {
        Ok(self.tenant.page::<OfPerson>(Range::prefix(person).descending(), limit).await?.items)
    }

    /// To whom details of a contact went, for its member: names alone, and whether everything since was confirmed there.
    ///
    /// # Errors
    /// The store.
    pub async fn handed_on(&self, contact: &str) -> Result<Vec<HandedOn>, SpaceError> {
        let lines = self.tenant.page::<LinesOf>(Range::prefix(contact), MOST_LINES).await?.items;
        let lines = lines.into_iter().filter(|line| !line.has.is_empty());
        let mut all = Vec::new();
        for line in lines {
            let Some(recipient) = self.tenant.get::<Recipient>(line.recipient.as_str()).await? else {
                continue;
            };
            let range = Range::prefix((line.recipient.as_str(), contact));
            let deliveries = self.tenant.list::<Delivery>(range, MOST_LINES.saturating_mul(3)).await?.items;
            let is_settled = |one: &Delivery| !one.is_open() && !one.is_unconfirmed();
            all.push(HandedOn {
                to: recipient.name,
                details: line.has.iter().cloned().collect(),
                at: line.sent_at.unwrap_or_default(),
                confirmed: deliveries.iter().all(is_settled),
            });
        }
        Ok(all)
    }

    /// Has something sent again now: what is not confirmed, or, to an endpoint, what is.
    ///
    /// # Errors
    /// [`RecipientError::NothingToDo`], or the store.
    pub async fn send_again(&self, id: &str) -> Result<(), RecipientError> {
        let change = Again { id, fresh: &self.fresh_id() };
        if self.tenant.carry_out(&change).await? { Ok(()) } else { Err(RecipientError::NothingToDo) }
    }

    /// Somebody says that it was done at the other software by hand.
    ///
    /// # Errors
    /// [`RecipientError::BadReason`], [`RecipientError::NothingToDo`], or the store.
    pub async fn confirm_by_hand(
        &self,
        id: &str,
        reason: &str,
        by: Option<&str>,
    ) -> Result<(), RecipientError> {
        let reason = reason.trim();
        if !REASON.contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
            return Err(RecipientError::BadReason);
        }
        let found = self.tenant.find::<ById>(id).await?.ok_or(RecipientError::NothingToDo)?;
        let entry = Entry::new(EntryKind::HandedOn, self.environment().now())
            .with_code("confirmed-by-hand")
            .about(found.names.iter().map(String::as_str));
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        let said = State::Said { by: by.map(str::to_owned), reason: reason.to_owned() };
        let change = Said { id, said, leaf, fresh: &self.fresh_id() };
        if self.tenant.carry_out(&change).await? { Ok(()) } else { Err(RecipientError::NothingToDo) }
    }
}

/// Opens a delivery again.
struct Again<'a> {
    id: &'a str,
    fresh: &'a str,
}

impl Change for Again<'_> {
    const NAME: &'static str = "send-again";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let Some(found) = tx.find::<ById>(self.id).await? else { return Ok(false) };
        let Some(delivery) = tx.get::<Delivery>(key_of(&found)).await? else { return Ok(false) };
        let Some(recipient) = tx.get::<Recipient>(found.recipient.as_str()).await? else { return Ok(false) };
        let has_line = tx.get::<Line>((found.recipient.as_str(), found.person.as_str())).await?.is_some();
        let may = match delivery.state {
            _ if !has_line && found.person != TEST => false,
            State::Waiting | State::GivenUp | State::ByHand => true,
            State::Confirmed => matches!(recipient.way, Way::Webhook { .. }),
            State::NothingToSend | State::Said { .. } => false,
        };
        if !may {
            return Ok(false);
        }
        let last = delivery.last.clone().filter(|_| delivery.is_unconfirmed());
        let again = Delivery {
            state: State::Waiting,
            attempts: 0,
            last,
            next: tx.now().seconds(),
            until: None,
            ..delivery
        };
        tx.put(&again).await?;
        tx.put(&Sendable::of(&again)).await?;
        kick(tx, &again.recipient, &again.person, self.fresh).await?;
        Ok(true)
    }
}

/// Writes that something was done by hand.
struct Said<'a> {
    id: &'a str,
    said: State,
    leaf: Leaf,
    fresh: &'a str,
}

impl Change for Said<'_> {
    const NAME: &'static str = "confirm-by-hand";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let Some(mut found) = tx.find::<ById>(self.id).await? else { return Ok(false) };
        if !found.is_unconfirmed() {
            return Ok(false);
        }
        found.state = self.said.clone();
        found.until = Some(tx.now().plus(KEPT).seconds());
        tx.put(&found).await?;
        tx.delete::<Sendable>(key_of(&found)).await?;
        tx.log(self.leaf.clone()).await?;
        if let Some(mut line) = tx.get::<Line>((found.recipient.as_str(), found.person.as_str())).await? {
            match found.event {
                Event::Erased => forget_line(tx, &line).await?,
                Event::MembershipEnded => {
                    line.is_erased = true;
                    line.has.clear();
                    tx.put(&line).await?;
                }
                Event::TakenBack | Event::Expired => {
                    let held = tx.get::<Contact>(found.person.as_str()).await?;
                    let held: BTreeSet<String> =
                        held.iter().flat_map(Contact::names).map(str::to_owned).collect();
                    line.has.retain(|name| held.contains(name));
                    tx.put(&line).await?;
                }
                _ => {}
            }
        }
        // What came after it need not wait any longer.
        kick(tx, &found.recipient, &found.person, self.fresh).await?;
        Ok(true)
    }
}
