//! The mailbox service: envelopes that spaces leave and wallets fetch (specs/mailbox.md).
//!
//! An inbox is a key pair of some wallet. The service knows its thumbprint, which spaces wrote there and how many envelopes
//! of which size wait; it does not know whose it is. It has nothing to do with who runs it: of the office it takes the
//! store's tenant alone, and nothing in here names a member.
//!
//! - [`records`]: what is kept, and until when.
//! - [`Mailbox::deposit`], [`Mailbox::waiting`], [`Mailbox::done`]: in and out.
//! - [`Mailbox::hang_bell`], [`Mailbox::ring`]: how whoever keeps a wallet is told that something came.
//! - [`Mailbox::block`], [`Mailbox::report`], [`Mailbox::reports`]: what a member may do about a space.

mod depositing;
mod erasing;
mod reading;
pub mod records;
mod reporting;
mod ringing;

pub use depositing::{MOST_BYTES, MOST_DEPOSITS, MOST_INVITATIONS, MOST_MESSAGES, MOST_OPEN, NotDeposited};
pub use reporting::Complaints;
pub use ringing::Hung;

use store::{Lanes, Tenant};

/// The mailboxes in one tenant of a store.
#[derive(Clone, Debug)]
pub struct Mailbox {
    tenant: Tenant,
}

impl Mailbox {
    /// The mailboxes in `tenant`.
    #[must_use]
    pub const fn new(tenant: Tenant) -> Self {
        Self { tenant }
    }

    fn fresh_id(&self) -> String {
        jose::base64url::encode(self.tenant.environment().randomness().bytes::<16>())
    }
}

/// Everything that changes an inbox waits for its turn there: many spaces may write to one member at once.
fn lane(inbox: &network::mailbox::Address) -> Lanes {
    Lanes::of(format!("mailbox-inbox {inbox}"))
}

/// What one space has waiting in all inboxes is counted in one place.
fn space_lane(space: &str) -> String {
    format!("mailbox-space {space}")
}
