//! What a space leaves. It learns nothing of the inbox: not whether it is known, blocks the space or is full.

use network::mailbox::{Address, Deposit, Kind};
use store::{Change, Fault, Lanes, StoreFault, Tx};

use super::erasing::erase;
use super::records::{Envelope, Inbox, Occupied, Waiting};
use super::ringing::ask_for_ring;
use super::{Mailbox, lane, space_lane};
use crate::budget::Budget;

pub use crate::budget::MOST_DEPOSITS;

/// How many messages of one space wait in one inbox at most.
pub const MOST_MESSAGES: usize = 32;
/// How many invitations of one space wait in one inbox at most, each in a slot of its own.
pub const MOST_INVITATIONS: usize = 4;
/// How many bytes of one space wait at most in all inboxes together: a space can leave things at addresses that nobody reads.
pub const MOST_BYTES: usize = 64 << 20;
/// How many envelopes wait in one inbox at most, whoever left them.
pub const MOST_OPEN: usize = 256;
/// Seconds of a day.
const A_DAY: i64 = 86_400;

/// Why a space is told that its deposit was not taken. That depends on the space alone.
#[derive(Debug, thiserror::Error)]
pub enum NotDeposited {
    /// The space left too much today.
    #[error("too many deposits today; try again tomorrow")]
    OverBudget,
    /// Our side failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl Mailbox {
    /// Takes what the admitted space with the DID `space` leaves at an inbox. What the inbox does not want is dropped, and
    /// nobody is told.
    ///
    /// # Errors
    /// See [`NotDeposited`].
    pub async fn deposit(&self, space: &str, inbox: &Address, deposit: Deposit) -> Result<(), NotDeposited> {
        let change = LeaveEnvelope { space, inbox, deposit, id: self.fresh_id() };
        self.tenant.commit(&change).await.map_err(|fault| match fault {
            Fault::Refused(OverBudget) => NotDeposited::OverBudget,
            Fault::Store(fault) => fault.into(),
        })
    }
}

struct OverBudget;

struct LeaveEnvelope<'a> {
    space: &'a str,
    inbox: &'a Address,
    deposit: Deposit,
    id: String,
}

impl Change for LeaveEnvelope<'_> {
    const NAME: &'static str = "mailbox-deposit";
    type Output = ();
    type Refusal = OverBudget;

    fn lanes(&self) -> Lanes {
        lane(self.inbox).and(space_lane(self.space))
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<OverBudget>> {
        let now = tx.now();
        let budget = Budget::deposits(self.space);
        if !budget.is_left(tx).await? {
            return Err(Fault::Refused(OverBudget));
        }
        budget.spend(tx, now.plus(A_DAY).seconds()).await?;
        let found = tx.get::<Inbox>(self.inbox.as_str()).await?;
        let mut inbox = found.unwrap_or_else(|| Inbox::new(self.inbox, now));
        // The envelopes themselves go by their own time.
        inbox.waiting.retain(|one| now.seconds() < one.until);
        let from = inbox.place_for(self.space);
        let replaced = self.replaced(&inbox, from).cloned();
        let is_wanted = self.is_wanted(tx, &inbox, from, replaced.as_ref()).await?;
        ask_for_ring(tx, self.inbox, is_wanted).await?;
        let until = if is_wanted {
            self.make_room(tx, &mut inbox, replaced.as_ref()).await?;
            inbox.waiting.push(self.waiting(from));
            self.deposit.expires
        } else {
            // Written as if it were taken, and gone at once: a deposit costs the same whatever becomes of it.
            now.seconds()
        };
        self.occupy(tx, until).await?;
        inbox.written_at = now.seconds();
        let envelope = Envelope {
            inbox: self.inbox.clone(),
            id: self.id.clone(),
            message: self.deposit.message.clone(),
            day: now.start_of_day().seconds(),
            until,
        };
        tx.put(&envelope).await?;
        Ok(tx.put(&inbox).await?)
    }
}

impl LeaveEnvelope<'_> {
    fn waiting(&self, from: usize) -> Waiting {
        Waiting {
            id: self.id.clone(),
            from,
            kind: self.deposit.kind,
            slot: self.deposit.slot,
            size: self.deposit.message.len(),
            until: self.deposit.expires,
        }
    }

    /// The invitation of this space that this one takes the place of.
    fn replaced<'a>(&self, inbox: &'a Inbox, from: usize) -> Option<&'a Waiting> {
        if self.deposit.kind != Kind::Invitation {
            return None;
        }
        inbox.of_kind(from, Kind::Invitation).find(|one| one.slot == self.deposit.slot)
    }

    /// Whether it is kept: not of a blocked space, nor what is too much of one space here or in all inboxes together.
    async fn is_wanted(
        &self,
        tx: &mut Tx,
        inbox: &Inbox,
        from: usize,
        replaced: Option<&Waiting>,
    ) -> Result<bool, StoreFault> {
        let is_blocked = inbox.senders.get(from).is_some_and(|sender| sender.blocked);
        let most = match self.deposit.kind {
            Kind::Invitation => MOST_INVITATIONS,
            Kind::Message => MOST_MESSAGES,
        };
        let has_room = replaced.is_some() || inbox.of_kind(from, self.deposit.kind).count() < most;
        let occupied = tx.get::<Occupied>(self.space).await?.map_or(0, |one| one.bytes(tx.now()));
        let freed = replaced.map_or(0, |one| one.size);
        let needed = occupied.saturating_sub(freed).saturating_add(self.deposit.message.len());
        Ok(!is_blocked && has_room && needed <= MOST_BYTES)
    }

    /// What it takes the place of goes; in a full inbox something of the space that has most there.
    async fn make_room(
        &self,
        tx: &mut Tx,
        inbox: &mut Inbox,
        replaced: Option<&Waiting>,
    ) -> Result<(), StoreFault> {
        let crowding = || inbox.crowding().filter(|_| inbox.waiting.len() >= MOST_OPEN);
        if let Some(gone) = replaced.or_else(crowding).map(|one| one.id.clone()) {
            erase(tx, inbox, |one| one.id == gone).await?;
        }
        Ok(())
    }

    /// Counts the envelope among the bytes of its space; written also where nothing is kept.
    async fn occupy(&self, tx: &mut Tx, until: i64) -> Result<(), StoreFault> {
        let now = tx.now();
        let mut occupied = tx.get::<Occupied>(self.space).await?.unwrap_or_else(|| Occupied::new(self.space));
        let size = if now.seconds() < until { self.deposit.message.len() } else { 0 };
        occupied.take(size, until, now);
        tx.put(&occupied).await
    }
}
