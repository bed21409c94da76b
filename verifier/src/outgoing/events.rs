//! What happens to a person, noted for everybody who is to be told, in the transaction in which it happens.

use environment::Timestamp;
use store::{Job, Range, StoreFault, Tx};

use super::recipients::MOST_RECIPIENTS;
use super::records::{Delivery, Event, Line, Recipient, Sendable, State};
use crate::records::{Contact, Member, SignUp};

/// Settled deliveries that are kept of one line.
const KEPT: u32 = 200;

/// The kind of the job that sends what is due to one recipient; the payload is the person.
pub(super) fn job_kind(recipient: &str) -> String {
    format!("deliver {recipient}")
}

/// Notes that `event` happened to `person`, about the details `names`.
pub(crate) async fn happened<'a>(
    tx: &mut Tx,
    person: &str,
    event: Event,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), StoreFault> {
    let recipients = tx.list::<Recipient>(Range::all(), MOST_RECIPIENTS).await?.items;
    if recipients.is_empty() {
        return Ok(());
    }
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    names.sort();
    names.dedup();
    for recipient in recipients {
        let line = tx.get::<Line>((recipient.id.as_str(), person)).await?;
        if !recipient.wants(event, line.is_some()) {
            continue;
        }
        let mut line = match line {
            Some(line) => line,
            None => new_line(tx, &recipient, person).await?,
        };
        let delivery = delivery(tx, &line, event, names.clone());
        let before = Some(line.next).and_then(|next| next.checked_sub(KEPT));
        if let Some(before) = before {
            forget_settled(tx, &line, before).await?;
        }
        line.next = line.next.saturating_add(1);
        tx.put(&line).await?;
        put_new(tx, &delivery).await?;
    }
    Ok(())
}

/// Stores a delivery, and has it sent.
pub(super) async fn put_new(tx: &mut Tx, delivery: &Delivery) -> Result<(), StoreFault> {
    tx.put(delivery).await?;
    tx.put(&Sendable::of(delivery)).await?;
    let job = Job::new(job_kind(&delivery.recipient), delivery.id.as_str(), &delivery.person)?;
    let _ = tx.enqueue(job).await?;
    Ok(())
}

fn delivery(tx: &Tx, line: &Line, event: Event, names: Vec<String>) -> Delivery {
    let now = tx.now().seconds();
    // The identifiers in it are random, and this is their hash: it tells nobody anything.
    let number = line.next;
    let id = format!("{}\n{}\n{number}", line.recipient, line.person);
    Delivery {
        id: format!("msg_{}", jose::digest::sha256_base64url(id)),
        recipient: line.recipient.clone(),
        person: line.person.clone(),
        number,
        event,
        names,
        at: now,
        state: State::Waiting,
        attempts: 0,
        last: None,
        next: now,
        busy_until: 0,
        sent: Vec::new(),
        until: None,
    }
}

/// A person of whom a recipient was told nothing yet. Details go there as far as the page where the person was asked said so: whoever was
/// asked without such a page was told of nobody.
async fn new_line(tx: &mut Tx, recipient: &Recipient, person: &str) -> Result<Line, StoreFault> {
    let told = tx.get::<SignUp>(person).await?.map(|sign_up| sign_up.told).unwrap_or_default();
    let told = told.into_iter().find(|told| told.recipient == recipient.id);
    Ok(Line {
        recipient: recipient.id.clone(),
        person: person.to_owned(),
        next: 0,
        told: told.map(|told| told.claims).unwrap_or_default(),
        attempted: false,
        there: None,
        has: std::collections::BTreeSet::new(),
        sent_at: None,
        is_erased: false,
    })
}

async fn forget_settled(tx: &mut Tx, line: &Line, number: u32) -> Result<(), StoreFault> {
    let key = || store::Key::from((line.recipient.as_str(), line.person.as_str())).then(number);
    let settled = tx.get::<Delivery>(key()).await?.is_some_and(|found| !found.is_open());
    if settled { tx.delete::<Delivery>(key()).await.map(drop) } else { Ok(()) }
}

/// What became of a contact when another took its place, by who wrote it.
pub(crate) async fn contact_changed(
    tx: &mut Tx,
    before: &Contact,
    after: &Contact,
    taken_back: bool,
) -> Result<(), StoreFault> {
    let gone: Vec<&str> = before.names().filter(|claim| !after.names().any(|name| name == *claim)).collect();
    if !gone.is_empty() {
        let event = if taken_back { Event::TakenBack } else { Event::Expired };
        happened(tx, &before.id, event, gone).await?;
    }
    let seen: Vec<&str> = before
        .given
        .iter()
        .filter(|given| {
            let now = after.given.iter().find(|one| one.claim == given.claim && one.vct == given.vct);
            now.is_some_and(|now| now.audience != given.audience)
        })
        .map(|given| given.claim.as_str())
        .collect();
    if seen.is_empty() { Ok(()) } else { happened(tx, &before.id, Event::Visibility, seen).await }
}

/// That a membership ended. Whoever was entered by the team has no contact, and is named by the membership.
pub(crate) async fn membership_ended(tx: &mut Tx, member: &Member) -> Result<(), StoreFault> {
    match &member.contact {
        Some(contact) => happened(tx, contact, Event::MembershipEnded, []).await,
        None if member.form.is_none() => happened(tx, &member.sub, Event::MembershipEnded, []).await,
        // It was told with the erasure of the contact.
        None => Ok(()),
    }
}

/// Something is sent to a recipient once more, or at once.
pub(super) async fn kick(tx: &mut Tx, recipient: &str, person: &str, fresh: &str) -> Result<(), StoreFault> {
    let _ = tx.enqueue(Job::new(job_kind(recipient), fresh, &person)?).await?;
    Ok(())
}

/// A moment as `2026-11-25T08:30:00Z` (RFC 3339).
pub(super) fn moment(seconds: i64) -> String {
    let date = environment::Date::of(Timestamp::from_seconds(seconds));
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3_600, of_day % 3_600 / 60, of_day % 60);
    format!("{date}T{hour:02}:{minute:02}:{second:02}Z")
}
