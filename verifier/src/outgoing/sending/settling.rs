//! What is written before a request goes out, and what after.

use keyring::Sealed;
use ledger::Leaf;
use store::{Change, Fault, Range, StoreFault, Tx};

use super::judging::Verdict;
use super::{BUSY, Deed, Due};
use crate::outgoing::recipients::{close_if_empty, erase_key};
use crate::outgoing::records::{Attempt, Delivery, Event, Line, Recipient, Sendable, State, TEST, key_of};
use crate::records::Contact;

/// Standard Webhooks, *Deliverability and reliability*: seconds between one attempt and the next. It spans three days.
pub(crate) const SCHEDULE: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Seconds between attempts at what is never given up.
const DAILY: i64 = 86_400;
/// Days for which settled deliveries are kept.
const KEPT: i64 = 90 * 86_400;
/// Most deliveries that are settled with a line: each is several writes of the thousand that a commit takes.
const MOST_STALE: usize = 50;

/// Takes a delivery in hand, if everything is still as its request was built from; gives whether it is.
pub(super) struct Begin<'a> {
    pub(super) due: &'a Due,
    pub(super) names: &'a [String],
    pub(super) leaf: Option<Leaf>,
}

impl Change for Begin<'_> {
    const NAME: &'static str = "begin-delivery";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let due = self.due;
        let person = due.delivery.person.as_str();
        let is_same = tx.get::<Delivery>(key_of(&due.delivery)).await?.as_ref() == Some(&due.delivery)
            && tx.get::<Contact>(person).await? == due.contact
            && tx.get::<Recipient>(due.recipient.id.as_str()).await?.as_ref() == Some(&due.recipient);
        if !is_same {
            return Ok(false);
        }
        let now = tx.now().seconds();
        tx.put(&Delivery {
            attempts: due.delivery.attempts.saturating_add(1),
            busy_until: now.saturating_add(BUSY),
            ..due.delivery.clone()
        })
        .await?;
        if person != TEST {
            let mut line = due.line.clone();
            if tx.get::<Line>((due.recipient.id.as_str(), person)).await?.as_ref() != Some(&due.line) {
                // An event came meanwhile and took the next number.
                let Some(found) = tx.get::<Line>((due.recipient.id.as_str(), person)).await? else {
                    return Ok(false);
                };
                line = found;
            }
            line.attempted = true;
            if !self.names.is_empty() {
                // It may arrive, whatever is heard of it.
                line.has.extend(self.names.iter().cloned());
                line.sent_at = Some(now);
            }
            tx.put(&line).await?;
        }
        if let Some(leaf) = &self.leaf {
            tx.log(leaf.clone()).await?;
        }
        Ok(true)
    }
}

/// Writes what became of an attempt; gives when it is tried again.
pub(super) struct Settle<'a> {
    pub(super) due: &'a Due,
    pub(super) verdict: &'a Verdict,
    pub(super) at: i64,
}

impl Change for Settle<'_> {
    const NAME: &'static str = "settle-delivery";
    type Output = Option<i64>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<i64>, Fault<Self::Refusal>> {
        let before = &self.due.delivery;
        let Some(mut delivery) = tx.get::<Delivery>(key_of(before)).await? else { return Ok(None) };
        if !delivery.is_open() {
            return Ok(None);
        }
        delivery.busy_until = 0;
        let line = tx.get::<Line>((before.recipient.as_str(), before.person.as_str())).await?;
        match self.verdict {
            Verdict::Confirmed { status, names, there } => {
                delivery.state = State::Confirmed;
                delivery.sent.clone_from(names);
                delivery.last = Some(Attempt { at: self.at, status: Some(*status), code: None });
                if let Some(line) = line {
                    self.confirmed(tx, line, names, there.as_ref()).await?;
                }
            }
            Verdict::Nothing => {
                delivery.state = State::NothingToSend;
                if let Some(line) = line.filter(|_| before.event == Event::Erased) {
                    forget_line(tx, &line).await?;
                }
            }
            Verdict::ByHand { code, names } => {
                delivery.state = State::ByHand;
                delivery.sent = names.clone().unwrap_or_default();
                if let Some((mut line, names)) = line.zip(names.as_ref()) {
                    // It may lie there, whatever this side knows of it.
                    line.attempted = true;
                    line.has.extend(names.iter().cloned());
                    tx.put(&line).await?;
                }
                delivery.last = Some(Attempt { at: self.at, status: None, code: Some(code.clone()) });
            }
            Verdict::Failed { status, code, for_good } => {
                delivery.last = Some(Attempt { at: self.at, status: *status, code: code.clone() });
                match self.next(&delivery, line.as_ref(), *for_good) {
                    Some(next) => delivery.next = next,
                    None => delivery.state = State::GivenUp,
                }
                if let Some(line) = line.filter(|line| {
                    !delivery.is_open() && before.event == Event::Erased && line.has.is_empty()
                }) {
                    // It was told of nobody's details, so there is nothing to erase.
                    forget_line(tx, &line).await?;
                }
            }
        }
        delivery.until =
            (!delivery.is_open() && !delivery.is_unconfirmed()).then(|| self.at.saturating_add(KEPT));
        tx.put(&delivery).await?;
        if !delivery.is_open() {
            tx.delete::<Sendable>(key_of(&delivery)).await?;
        }
        Ok(delivery.is_open().then_some(delivery.next))
    }
}

impl Settle<'_> {
    async fn confirmed(
        &self,
        tx: &mut Tx,
        mut line: Line,
        names: &[String],
        there: Option<&Sealed>,
    ) -> Result<(), StoreFault> {
        let deed = self.due.deed();
        if self.due.delivery.event == Event::Erased {
            return forget_line(tx, &line).await;
        }
        match deed {
            Deed::Erase => {
                line.is_erased = true;
                line.has.clear();
            }
            Deed::Change => line.has = names.iter().cloned().collect(),
            Deed::Tell if self.due.delivery.event.erases() => {
                line.has.retain(|name| !self.due.delivery.names.contains(name) || names.contains(name));
            }
            Deed::Create | Deed::Tell => {}
        }
        if let Some(there) = there {
            line.there = Some(there.clone());
        }
        tx.put(&line).await
    }

    /// When a failed delivery is tried again. What the other side is to forget is never given up while something may lie there.
    fn next(&self, delivery: &Delivery, line: Option<&Line>, for_good: bool) -> Option<i64> {
        let owed = delivery.event.erases() && line.is_some_and(|line| !line.has.is_empty());
        let place = usize::try_from(delivery.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let delay = match SCHEDULE.get(place) {
            _ if delivery.event == Event::Test || (for_good && !owed) => None,
            Some(delay) => Some(*delay),
            None if owed => Some(DAILY),
            None => None,
        };
        delay.map(|delay| self.at.saturating_add(delay))
    }
}

/// Nothing of a person lies at a recipient any more, so that nothing that went wrong before matters.
pub(in crate::outgoing) async fn forget_line(tx: &mut Tx, line: &Line) -> Result<(), StoreFault> {
    let at = tx.now().seconds();
    let all =
        tx.list::<Delivery>(Range::prefix((line.recipient.as_str(), line.person.as_str())), 200).await?;
    let stale = all.items.into_iter().filter(|one| !one.is_open() && one.is_unconfirmed());
    for mut delivery in stale.take(MOST_STALE) {
        delivery.state = State::NothingToSend;
        delivery.until = Some(at.saturating_add(KEPT));
        tx.put(&delivery).await?;
    }
    tx.delete::<Line>((line.recipient.as_str(), line.person.as_str())).await?;
    if line.there.is_some() {
        erase_key(tx, &format!("{} {}", line.person, line.recipient)).await?;
    }
    close_if_empty(tx, &line.recipient).await
}
