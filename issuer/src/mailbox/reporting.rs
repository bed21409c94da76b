//! What members complain of, for whoever runs the mailboxes and for the network's operator.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::convert::Infallible;

use network::mailbox::{Address, Reason};
use serde::Serialize;
use store::{Change, Fault, Lanes, Range, StoreFault, Tx};

use super::reading::infallible;
use super::records::{Complaint, Inbox, complaint_key};
use super::{Mailbox, lane, space_lane};

/// What is complained of about one space for one reason, counted, so that a flood about one hides no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaints {
    /// The space's DID.
    pub space: String,
    /// What is complained of.
    pub reason: Reason,
    /// How often.
    pub count: u32,
    /// The last day, in seconds since the epoch.
    pub day: i64,
}

impl Mailbox {
    /// The holder of an inbox complains of `space`. It counts once a day, and only of a space that wrote there: nobody
    /// brings a space into disrepute that never wrote.
    ///
    /// # Errors
    /// The store.
    pub async fn report(&self, inbox: &Address, space: &str, reason: Reason) -> Result<(), StoreFault> {
        infallible(self.tenant.commit(&Complain { inbox, space, reason }).await)
    }

    /// The complaints of the last 90 days, one entry for each space and reason, those with the latest first.
    ///
    /// # Errors
    /// The store.
    pub async fn reports(&self) -> Result<Vec<Complaints>, StoreFault> {
        let mut found = BTreeMap::<(String, Reason), (i64, u32)>::new();
        let mut range = Some(Range::all());
        while let Some(next) = range {
            let page = self.tenant.list::<Complaint>(next, store::MAX_PAGE).await?;
            for one in page.items {
                let (day, count) = found.entry((one.space, one.reason)).or_default();
                *day = one.day.max(*day);
                *count = count.saturating_add(one.count);
            }
            range = page.next.map(|next| Range::all().after(&next));
        }
        let of = |((space, reason), (day, count))| Complaints { space, reason, count, day };
        let mut all: Vec<Complaints> = found.into_iter().map(of).collect();
        all.sort_by_key(|one| Reverse(one.day));
        Ok(all)
    }
}

struct Complain<'a> {
    inbox: &'a Address,
    space: &'a str,
    reason: Reason,
}

impl Change for Complain<'_> {
    const NAME: &'static str = "mailbox-report";
    type Output = ();
    type Refusal = Infallible;

    fn lanes(&self) -> Lanes {
        lane(self.inbox).and(space_lane(self.space))
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Infallible>> {
        let Some(mut inbox) = tx.get::<Inbox>(self.inbox.as_str()).await? else { return Ok(()) };
        let today = tx.now().start_of_day().seconds();
        let sender = inbox.senders.iter_mut().find(|sender| sender.space == self.space);
        let Some(sender) = sender.filter(|sender| sender.reported != Some(today)) else { return Ok(()) };
        sender.reported = Some(today);
        let known = tx.get::<Complaint>(complaint_key(today, self.space, self.reason)).await?;
        let count = known.map_or(0, |known| known.count).saturating_add(1);
        let complaint = Complaint { space: self.space.to_owned(), reason: self.reason, day: today, count };
        tx.put(&complaint).await?;
        Ok(tx.put(&inbox).await?)
    }
}
