//! What the wallet that holds an inbox's key does there. That it holds the key was proven before.

use std::convert::Infallible;

use network::mailbox::{Address, LISTING_SIZES, Listed, Listing};
use store::{Change, Fault, Lanes, Reader, StoreFault, Tx, View};

use super::erasing::erase;
use super::records::{Envelope, Inbox, envelope_key};
use super::{Mailbox, lane, space_lane};

impl Mailbox {
    /// Whether anybody has written to the inbox of late: only there a proof of possession has to be remembered, since at
    /// every other inbox there is nothing to be had or changed.
    ///
    /// # Errors
    /// The store.
    pub async fn is_known(&self, inbox: &Address) -> Result<bool, StoreFault> {
        Ok(self.tenant.get::<Inbox>(inbox.as_str()).await?.is_some())
    }

    /// What waits in an inbox, the oldest first, as much as one answer holds. In an unknown one nothing does.
    ///
    /// # Errors
    /// The store.
    pub async fn waiting(&self, inbox: &Address) -> Result<Listing, StoreFault> {
        self.tenant.read(&WhatWaits { inbox }).await
    }

    /// The wallet has these: they are erased. What is not there is passed over.
    ///
    /// # Errors
    /// The store.
    pub async fn done(&self, inbox: &Address, ids: &[String]) -> Result<(), StoreFault> {
        // Whose they are, so that it is not counted at the same time as what these spaces leave elsewhere.
        let known = self.tenant.get::<Inbox>(inbox.as_str()).await?;
        let spaces = known.map_or_else(Vec::new, |known| known.spaces_of(ids));
        infallible(self.tenant.commit(&Erase { inbox, ids, spaces }).await)
    }

    /// Nothing more from `space` in this inbox, or again: what waits of it goes. A space that has not written there is not
    /// noted, so that nobody fills the store with names.
    ///
    /// # Errors
    /// The store.
    pub async fn block(&self, inbox: &Address, space: &str, blocked: bool) -> Result<(), StoreFault> {
        infallible(self.tenant.commit(&SetBlock { inbox, space, blocked }).await)
    }
}

pub(super) fn infallible<T>(outcome: Result<T, Fault<Infallible>>) -> Result<T, StoreFault> {
    outcome.map_err(|fault| match fault {
        Fault::Store(fault) => fault,
        Fault::Refused(never) => match never {},
    })
}

struct WhatWaits<'a> {
    inbox: &'a Address,
}

impl View for WhatWaits<'_> {
    const NAME: &'static str = "mailbox-waiting";
    type Output = Listing;

    async fn read(&self, reader: &mut Reader) -> Result<Listing, StoreFault> {
        let Some(inbox) = reader.get::<Inbox>(self.inbox.as_str()).await? else {
            return Ok(Listing::default());
        };
        let (now, largest) = (reader.now(), LISTING_SIZES.iter().copied().max().unwrap_or_default());
        let mut found = Vec::new();
        let mut length = 0_usize;
        for one in inbox.open(now) {
            // One more than fits, so that it is seen that more wait.
            if length > largest {
                break;
            }
            if let Some(envelope) = reader.get::<Envelope>(envelope_key(self.inbox, &one.id)).await? {
                length = length.saturating_add(envelope.message.len());
                found.push(Listed { id: envelope.id, message: envelope.message, day: envelope.day });
            }
        }
        Ok(Listing::of(found))
    }
}

struct Erase<'a> {
    inbox: &'a Address,
    ids: &'a [String],
    spaces: Vec<String>,
}

impl Change for Erase<'_> {
    const NAME: &'static str = "mailbox-done";
    type Output = ();
    type Refusal = Infallible;

    fn lanes(&self) -> Lanes {
        self.spaces.iter().fold(lane(self.inbox), |lanes, space| lanes.and(space_lane(space)))
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Infallible>> {
        let Some(mut inbox) = tx.get::<Inbox>(self.inbox.as_str()).await? else { return Ok(()) };
        erase(tx, &mut inbox, |one| self.ids.contains(&one.id)).await?;
        Ok(tx.put(&inbox).await?)
    }
}

struct SetBlock<'a> {
    inbox: &'a Address,
    space: &'a str,
    blocked: bool,
}

impl Change for SetBlock<'_> {
    const NAME: &'static str = "mailbox-block";
    type Output = ();
    type Refusal = Infallible;

    fn lanes(&self) -> Lanes {
        lane(self.inbox).and(space_lane(self.space))
    }

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Infallible>> {
        let Some(mut inbox) = tx.get::<Inbox>(self.inbox.as_str()).await? else { return Ok(()) };
        let Some(from) = inbox.place_of(self.space) else { return Ok(()) };
        if let Some(sender) = inbox.senders.get_mut(from) {
            sender.blocked = self.blocked;
        }
        if self.blocked {
            erase(tx, &mut inbox, |one| one.from == from).await?;
        }
        Ok(tx.put(&inbox).await?)
    }
}
