//! What waits goes: fetched, replaced, blocked or crowded out.

use std::collections::BTreeSet;
use std::mem;

use store::{StoreFault, Tx};

use super::records::{Envelope, Inbox, Occupied, Waiting, envelope_key};

/// Erases what is meant of that which waits in `inbox`, and gives the spaces it is of their room back.
pub(super) async fn erase(
    tx: &mut Tx,
    inbox: &mut Inbox,
    is_meant: impl Fn(&Waiting) -> bool,
) -> Result<(), StoreFault> {
    let (gone, left): (Vec<Waiting>, Vec<Waiting>) =
        mem::take(&mut inbox.waiting).into_iter().partition(|one| is_meant(one));
    inbox.waiting = left;
    for one in &gone {
        tx.delete::<Envelope>(envelope_key(&inbox.address, &one.id)).await?;
    }
    for from in gone.iter().map(|one| one.from).collect::<BTreeSet<usize>>() {
        let Some(sender) = inbox.senders.get(from) else { continue };
        let Some(mut occupied) = tx.get::<Occupied>(sender.space.as_str()).await? else { continue };
        for one in gone.iter().filter(|one| one.from == from) {
            occupied.give_back(one.size, one.until);
        }
        tx.put(&occupied).await?;
    }
    Ok(())
}
