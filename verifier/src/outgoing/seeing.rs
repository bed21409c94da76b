//! What went out and what is not confirmed: for the team, and for the member whom it is about.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Entry, EntryKind, Leaf, LeafId};
use network::member_api::HandedOn;
use serde_json::{Value, json};
use store::{Change, Fault, Key, Range, Tx};

use super::events::kick;
use super::filling::Person;
use super::recipients::{RecipientError, top};
use super::records::{
    ById, Delivery, Event, Line, LinesOf, OfPerson, Recent, Recipient, State, TEST, Unconfirmed, Way,
};
use super::sending::{Shown, filled, forget_line};
use super::template::{Auth, Step, Template};
use crate::records::{Contact, Member, SignUp};
use crate::space::{Space, SpaceError};
use crate::team::looks::Looking;

/// Most lines of one person that are looked through.
const MOST_LINES: usize = 100;
/// Most sign-ups that are looked through for the last one, and how many are read at once.
const MOST_SIGN_UPS: usize = 10_000;
const PAGE: usize = 500;
/// Fewest and most characters of a reason.
const REASON: std::ops::RangeInclusive<usize> = 3..=200;
/// Seconds for which something that was said to be done is kept.
const KEPT: i64 = 90 * 86_400;

/// What an action would send, request by request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// Whose sign-up it is; none where nobody signed up, and names of details stand in the place of values.
    pub person: Option<String>,
    /// For each of `create`, `change`, `erase` that there is: the request, or why there would be none, as a machine code.
    pub steps: Vec<(&'static str, Result<Shown, String>)>,
}

/// Who gets something that members give, as it is said to them before they answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldRecipient {
    /// The name.
    pub name: String,
    /// Which details, as far as they give them.
    pub claims: Vec<String>,
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
            .map(|one| ToldRecipient { name: one.name, claims: one.claims.into_iter().collect() })
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

    /// What an action would send of the last sign-up. That somebody looks is noted before; nothing is sent.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or our side failed.
    pub async fn dry_run(&self, recipient: &str, by: Option<&str>) -> Result<DryRun, SpaceError> {
        let found = self.tenant.get::<Recipient>(recipient).await?.ok_or(SpaceError::NoSuch("recipient"))?;
        let Way::Action { template } = &found.way else { return Err(SpaceError::NoSuch("action")) };
        let last = self.last_sign_up().await?;
        let (person, values) = match &last {
            Some((_, contact)) => {
                let may = |claim: &&str| found.claims.contains(top(claim));
                let names: Vec<&str> = contact.names().filter(may).collect();
                let looking =
                    Looking { by, how: "dry-run", whose: &[&contact.id], names: &names, again: true };
                let is_there = self.look(looking).await?;
                let values =
                    if is_there { self.outgoing_values(contact, &found.claims)? } else { BTreeMap::new() };
                (Some(contact.id.clone()), values)
            }
            None => (None, examples(&found.claims)),
        };
        let member = match last.as_ref().and_then(|(sign_up, _)| sign_up.member.as_deref()) {
            Some(sub) => self.tenant.get::<Member>(sub).await?,
            None => None,
        };
        let shown = Person {
            values: &values,
            id: person.as_deref().unwrap_or("person"),
            there: Some("IDENTIFIER-OF-THEIRS"),
            since: member.map(|member| member.since),
            now: self.environment().now().seconds(),
        };
        let steps = would_send(template, &shown);
        Ok(DryRun { person, steps })
    }

    /// The last sign-up that counts and of which something is held.
    async fn last_sign_up(&self) -> Result<Option<(SignUp, Contact)>, SpaceError> {
        let (mut range, mut all, mut seen) = (Range::all(), Vec::new(), 0_usize);
        loop {
            let page = self.tenant.list::<SignUp>(range, PAGE).await?;
            seen = seen.saturating_add(page.items.len());
            all.extend(page.items.into_iter().filter(|one| !one.awaited));
            all.sort_by_key(|one| std::cmp::Reverse(one.answered_at));
            // A declined one has no contact any more.
            all.truncate(PAGE);
            match page.next {
                Some(next) if seen < MOST_SIGN_UPS => range = Range::all().after(&next),
                _ => break,
            }
        }
        for sign_up in all {
            if let Some(contact) = self.tenant.get::<Contact>(sign_up.id.as_str()).await? {
                return Ok(Some((sign_up, contact)));
            }
        }
        Ok(None)
    }
}

/// Names of details in the place of values.
fn examples(claims: &BTreeSet<String>) -> BTreeMap<String, Value> {
    let example = |claim: &String| {
        let value = if claim == "birthdate" { json!("1990-01-02") } else { json!(format!("‹{claim}›")) };
        (claim.clone(), value)
    };
    claims.iter().map(example).collect()
}

fn would_send(template: &Template, person: &Person<'_>) -> Vec<(&'static str, Result<Shown, String>)> {
    let all: [(&'static str, Option<&Step>, bool); 3] = [
        ("create", Some(&template.create), false),
        ("change", template.change.as_ref(), true),
        ("erase", template.erase.as_ref(), false),
    ];
    let shown = |step: &Step, is_change| {
        let (request, _) = filled(step, template, person, is_change, "msg_IDENTIFIER-OF-THE-DELIVERY")?;
        Ok(Shown::of(&request, shown_auth(template)))
    };
    all.into_iter().filter_map(|(name, step, is_change)| Some((name, shown(step?, is_change)))).collect()
}

fn shown_auth(template: &Template) -> &Auth {
    &template.auth
}

fn key_of(delivery: &Delivery) -> Key {
    Key::from((delivery.recipient.as_str(), delivery.person.as_str())).then(delivery.number)
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
