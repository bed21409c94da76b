//! Taking offers back.

use openid4vc::vci::issuer::Flow;
use store::{Range, StoreFault, Tx};

use crate::records::ByOfferedTo;

/// Offers that are looked at in one go.
const PAGE: usize = 100;

/// Takes back whatever was offered to `subject` and not fetched to the end: codes that nobody used and access tokens that
/// are in use. Gives how many offers that were. What was issued stays. For use inside a domain's change.
///
/// # Errors
/// The store.
pub async fn withdraw(tx: &mut Tx, subject: &str) -> Result<usize, StoreFault> {
    let mut withdrawn = 0_usize;
    loop {
        let open = tx.page::<ByOfferedTo>(Range::prefix(subject), PAGE).await?.items;
        if open.is_empty() {
            return Ok(withdrawn);
        }
        for mut record in open {
            // A step that was prepared on the earlier revision finds that it was overtaken.
            record.revision = record.revision.saturating_add(1);
            record.flow = Flow::Dead;
            tx.put(&record).await?;
            withdrawn = withdrawn.saturating_add(1);
        }
    }
}
