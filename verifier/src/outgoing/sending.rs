//! From a delivery to a request, and from its answer to what is known.
//!
//! ```text
//! first open delivery of a line ──► Due ──► Prepared ──► Begin (nothing has changed since) ──► request ──► Settle
//! ```
//!
//! - [`preparing`]: which request a delivery is, from what is held at that moment; [`authorizing`]: what says in it who asks.
//! - [`judging`]: what an answer means. [`settling`]: what is written before and after.
//!
//! What is due about one person to one recipient goes out in its order, one at a time over all processes. A process that ends between
//! [`settling::Begin`] and [`settling::Settle`] leaves a delivery that is tried again: at least once, under the same identifier.

use std::collections::BTreeSet;

use environment::Timestamp;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use outbound::Fetch;
use store::{Lease, Range, Reader, StoreFault, View};

use super::events::job_kind;
use super::records::{Delivery, Event, Line, Open, Recipient, Sendable, TEST, Way, key_of};
use crate::records::{Contact, Member, SignUp};
use crate::space::{Space, SpaceError};
use judging::{NoAnswer, Verdict};
use preparing::Prepared;
use settling::{Begin, Settle};

pub(crate) mod authorizing;
pub(crate) mod judging;
pub(crate) mod preparing;
pub(crate) mod settling;

/// Seconds for which a process has a delivery to itself: longer than it takes.
const BUSY: i64 = 60;
/// Deliveries that are taken at once, and how often in one round.
const AT_ONCE: usize = 5;
const TIMES: usize = 20;

/// A delivery with everything that its request is built from.
struct Due {
    recipient: Recipient,
    line: Line,
    delivery: Delivery,
    contact: Option<Contact>,
    member: Option<Member>,
    /// Whether it was made, or asked for again, since a backup was brought back.
    is_sendable: bool,
}

/// Reads the first open delivery of a line.
struct ReadDue<'a> {
    recipient: &'a str,
    person: &'a str,
}

impl View for ReadDue<'_> {
    const NAME: &'static str = "due-delivery";
    type Output = Option<Due>;

    async fn read(&self, reader: &mut Reader) -> Result<Option<Due>, StoreFault> {
        let line = Range::prefix((self.recipient, self.person));
        let Some(delivery) = reader.page::<Open>(line, 1).await?.items.pop() else { return Ok(None) };
        let Some(recipient) = reader.get::<Recipient>(self.recipient).await? else { return Ok(None) };
        let is_sendable = reader.get::<Sendable>(key_of(&delivery)).await?.is_some();
        let line = match reader.get::<Line>((self.recipient, self.person)).await? {
            Some(line) => line,
            None if self.person == TEST => test_line(self.recipient),
            None => return Ok(None),
        };
        let sign_up = reader.get::<SignUp>(self.person).await?;
        let sub = sign_up.and_then(|sign_up| sign_up.member).unwrap_or_else(|| self.person.to_owned());
        let member = reader.get::<Member>(sub.as_str()).await?;
        let contact = reader.get::<Contact>(self.person).await?;
        Ok(Some(Due { recipient, line, delivery, contact, member, is_sendable }))
    }
}

fn test_line(recipient: &str) -> Line {
    Line {
        recipient: recipient.to_owned(),
        person: TEST.to_owned(),
        next: 0,
        told: BTreeSet::new(),
        attempted: false,
        there: None,
        has: BTreeSet::new(),
        sent_at: None,
        is_erased: false,
    }
}

/// What a delivery asks of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    /// To hear of something.
    Tell,
    /// To make somebody.
    Create,
    /// To change somebody.
    Change,
    /// To forget somebody.
    Erase,
}

impl Due {
    fn deed(&self) -> Deed {
        match (&self.recipient.way, self.delivery.event) {
            (Way::Webhook { .. }, _) => Deed::Tell,
            (Way::Action { .. }, Event::Approved) => Deed::Create,
            (Way::Action { .. }, Event::Erased | Event::MembershipEnded) => Deed::Erase,
            (Way::Action { .. }, _) => Deed::Change,
        }
    }

    /// Whether it may be made twice: what is told carries the identifier of before, and a change or an erasure is the same twice. Who is
    /// created twice is there twice, unless the other side knows the second request for the first.
    fn can_be_repeated(&self) -> bool {
        match &self.recipient.way {
            Way::Action { template } => self.deed() != Deed::Create || template.creates_once(),
            Way::Webhook { .. } => true,
        }
    }

    /// Whether a process ended between sending it and writing what came of it.
    const fn was_cut_short(&self) -> bool {
        self.delivery.busy_until != 0
    }
}

impl Space {
    /// The recipients to which something may be due: each is served by itself, so that one that does not answer is waited for by
    /// nobody else.
    ///
    /// # Errors
    /// The store.
    pub async fn recipients_to_serve(&self) -> Result<Vec<String>, SpaceError> {
        if self.outgoing.is_none() {
            return Ok(Vec::new());
        }
        Ok(self.recipients().await?.into_iter().map(|recipient| recipient.id).collect())
    }

    /// Sends what is due to one recipient; gives how many jobs were seen to. Safe to run in several processes.
    ///
    /// # Errors
    /// The store; what was not done stays.
    pub async fn send_to(&self, recipient: &str) -> Result<usize, SpaceError> {
        let Some(fetch) = self.outgoing.clone() else { return Ok(0) };
        let (jobs, kind) = (self.tenant.jobs(), job_kind(recipient));
        let mut seen = 0_usize;
        for _ in 0..TIMES {
            let leases = jobs.lease(&kind, self.environment().now(), BUSY, AT_ONCE).await?;
            let count = leases.len();
            for lease in leases {
                seen = seen.saturating_add(1);
                let again = match self.serve(recipient, &lease, fetch.as_ref()).await {
                    Ok(again) => again,
                    Err(failure) => {
                        tracing::warn!(%failure, "a delivery was left for later");
                        Some(self.environment().now().plus(lease.backoff_seconds()))
                    }
                };
                let _ = match again {
                    Some(again) => jobs.fail(&lease, Some(again)).await?,
                    None => jobs.complete(&lease).await?,
                };
            }
            if count < AT_ONCE {
                break;
            }
        }
        Ok(seen)
    }

    /// Sees to the first open delivery of a line; gives when there is more to do.
    async fn serve(
        &self,
        recipient: &str,
        lease: &Lease,
        fetch: &dyn Fetch,
    ) -> Result<Option<Timestamp>, SpaceError> {
        let person: String = lease.payload().map_err(|_: StoreFault| SpaceError::Unreadable)?;
        let Some(due) = self.tenant.read(&ReadDue { recipient, person: &person }).await? else {
            return Ok(None);
        };
        if !due.is_sendable {
            let verdict = self.of_before_a_restore(&due).await?;
            return self.settle_delivery(&due, &verdict).await;
        }
        let now = self.environment().now();
        let not_before = due.delivery.next.max(due.delivery.busy_until);
        if not_before > now.seconds() {
            return Ok(Some(Timestamp::from_seconds(not_before)));
        }
        let verdict = match self.prepare(&due).await? {
            Prepared::Request { .. } if due.was_cut_short() && !due.can_be_repeated() => {
                Verdict::outcome_unknown(due.line.has.iter().cloned().collect())
            }
            Prepared::Request { request, names } => {
                let begin = Begin { due: &due, names: &names, leaf: self.leaf_of(&due, &names) };
                if !self.tenant.carry_out(&begin).await? {
                    // Something changed meanwhile: what goes out is built anew.
                    return Ok(Some(now));
                }
                let answer = match self.authorized(&due, *request, fetch).await {
                    Ok(request) => fetch.fetch(request).await.map_err(NoAnswer::of),
                    Err(error) => Err(NoAnswer::before_it_was_sent(error)),
                };
                self.judge(&due, names, answer)?
            }
            Prepared::Nothing => Verdict::Nothing,
            Prepared::ByHand(code) => Verdict::ByHand { code, names: None },
        };
        self.settle_delivery(&due, &verdict).await
    }

    async fn settle_delivery(&self, due: &Due, verdict: &Verdict) -> Result<Option<Timestamp>, SpaceError> {
        let settle = Settle { due, verdict, at: self.environment().now().seconds() };
        Ok(self.tenant.carry_out(&settle).await?.map(Timestamp::from_seconds))
    }

    fn leaf_of(&self, due: &Due, names: &[String]) -> Option<Leaf> {
        if names.is_empty() || due.delivery.attempts > 0 {
            return None;
        }
        let entry = Entry::new(EntryKind::HandedOn, self.environment().now())
            .with_code(due.recipient.id.as_str())
            .about(names.iter().map(String::as_str));
        Some(Leaf::new(LeafId::generate(self.environment().randomness()), &entry))
    }
}
