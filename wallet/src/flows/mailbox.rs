//! The member's mail: what spaces left at the host of its inboxes (specs/mailbox.md).
//!
//! - [`inboxes`]: which inboxes there are, and a new one for a space that is answered.
//! - [`polling`]: fetching, one inbox after the other in random order, when the member asks.
//! - [`checking`]: from an envelope to a message that is kept, or to the reason why it is not.
//! - [`deciding`]: a decision is kept beside the answer it is about.
//! - [`opening`]: an invitation is opened at its space, an offer accepted.
//! - [`acting`]: listing, deleting, blocking, reporting.
//! - [`greeting`]: what another member said through a space, and what the member says to that.
//! - [`belling`]: whoever keeps the wallet is told that something came.
//!
//! The host is trusted with nothing: whatever it drops, repeats, reorders, invents or moves from one inbox into another, the
//! wallet keeps at most one copy of a message that its space really signed for this member.

mod acting;
mod belling;
mod checking;
mod deciding;
mod greeting;
mod inboxes;
mod opening;
mod polling;

use outbound::OutboundError;

use super::accept::AcceptError;
use super::present::PresentError;
use crate::trust::TrustError;
use crate::vault::VaultError;

pub use acting::{MailItem, MailKind, SpaceBlocked};
pub use belling::Bells;
pub use checking::RefusedMail;
pub(in crate::flows) use checking::is_page_of;
pub use greeting::Greeter;
pub use opening::OpenedMail;
pub use polling::{HeldCount, MailRound, RefusedCount};

/// Why something about the mail was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// No kept message has this identifier.
    #[error("there is no message with this identifier; `passport wallet mailbox list` shows what there is")]
    NoSuchMail,
    /// It counts no more.
    #[error("this message has expired; ask the space to write again")]
    Expired,
    /// Nothing was chosen to be shared, or something that is not there.
    #[error("choose at least one way to reach you")]
    NothingChosen,
    /// What was chosen does not go into one answer.
    #[error("that is too much for one answer; choose less")]
    TooMuchChosen,
    /// An answer was sent already, and the space has not confirmed it.
    #[error("you have answered already, and the space has not confirmed it; send the same once more")]
    AnswerUnconfirmed,
    /// There is nothing in it to open.
    #[error("there is nothing to open in this message: no page and no offer")]
    NothingToOpen,
    /// Whoever sent it is no longer in good standing.
    #[error("the sender is not taken any more: {0}")]
    Trust(#[from] TrustError),
    /// The link does not lead to the sender.
    #[error("the link in this message does not lead to its sender")]
    LinkElsewhere,
    /// A call.
    #[error("the other side could not be reached: {0}")]
    Outbound(#[from] OutboundError),
    /// The other side answered with an error.
    #[error("the other side answered with the status {0}{meaning}", meaning = meaning(*.0))]
    Status(u16),
    /// The other side's answer cannot be read.
    #[error("the other side's answer is malformed")]
    Malformed,
    /// The request lies elsewhere than the invitation.
    #[error("the request behind this invitation lies at another address than its space's; it was left alone")]
    RequestElsewhere,
    /// The request was not answered.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// The offer was not accepted.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// A key of the wallet.
    #[error("a key of the wallet could not be used")]
    Key,
    /// Whoever holds the holder keys did not use them.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeysError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

const fn meaning(status: u16) -> &'static str {
    match status {
        404 => ": there is nothing there any more",
        410 => ": this invitation was answered already",
        429 => ": too many calls; try again later",
        _ => "",
    }
}

impl From<jose::KeyError> for MailError {
    fn from(_: jose::KeyError) -> Self {
        Self::Key
    }
}

impl From<jose::SigningFailed> for MailError {
    fn from(_: jose::SigningFailed) -> Self {
        Self::Key
    }
}

impl MailError {
    /// A short name for machine-readable output.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NoSuchMail => "no_such_message",
            Self::Expired => "expired",
            Self::NothingChosen => "nothing_chosen",
            Self::TooMuchChosen => "too_much_chosen",
            Self::AnswerUnconfirmed => "answer_unconfirmed",
            Self::NothingToOpen => "nothing_to_open",
            Self::Trust(error) => checking::trust_code(error),
            Self::LinkElsewhere => "link_elsewhere",
            Self::Outbound(_) => "unreachable",
            Self::Status(_) => "other_side",
            Self::Malformed => "malformed_response",
            Self::RequestElsewhere => "request_elsewhere",
            Self::Present(error) => error.code(),
            Self::Accept(error) => error.code(),
            Self::Key => "key",
            Self::Keys(error) => error.code(),
            Self::Vault(_) => "vault",
        }
    }
}
