//! Why nothing was refilled.

use openid4vc::vp::wallet::ReplyError;

use crate::flows::accept::AcceptError;
use crate::flows::offices::HandOutError;
use crate::flows::present::PresentError;
use crate::vault::VaultError;

/// Why nothing was refilled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefillError {
    /// There is nothing anybody could renew.
    #[error(
        "the wallet holds no membership, no passport and no profile; get them from a space or an office first"
    )]
    NothingHeld,
    /// The issuer handed out no request.
    #[error(transparent)]
    HandOut(#[from] HandOutError),
    /// The issuer's request was not answered.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// The issuer has refused today, and there is one copy left to ask with.
    #[error(
        "the issuer gave no new copies today, and the last one is kept so that there is one to ask with: try again \
         tomorrow"
    )]
    LastKept,
    /// The issuer took a copy and refused.
    #[error(
        "a present copy was shown to the issuer, but {0}: it gives new ones a limited number of times, and none for what it \
         revoked; try again tomorrow"
    )]
    Refused(ReplyError),
    /// The issuer took the answer and offered nothing.
    #[error("the issuer took the answer and offered nothing yet; try `passport wallet collect` later")]
    NoOffer,
    /// The offer was not accepted.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl RefillError {
    /// Whether a copy was spent for nothing.
    pub(super) const fn cost_a_copy(&self) -> bool {
        matches!(
            self,
            Self::NoOffer
                | Self::Accept(_)
                | Self::Refused(_)
                | Self::Present(
                    PresentError::Unanswered(_) | PresentError::OutcomeUnknown | PresentError::PutOff { .. }
                )
        )
    }

    /// A short name for whoever says it in words of their own.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NothingHeld => "nothing_to_renew",
            Self::HandOut(error) => error.code(),
            Self::Present(error) => error.code(),
            Self::LastKept => "last_copy_kept",
            Self::Refused(_) => "no_new_copies",
            Self::NoOffer => "no_copies_yet",
            Self::Accept(error) => error.code(),
            Self::Vault(_) => "vault",
        }
    }

    /// Whether that is the other side's word.
    #[must_use]
    pub fn is_their_word(&self) -> bool {
        match self {
            Self::Present(error) => error.is_their_word(),
            Self::Accept(error) => error.is_their_word(),
            _ => false,
        }
    }

    /// What happened, as a sentence.
    pub(super) fn told(&self) -> String {
        let cost = if self.cost_a_copy() { "; one copy was spent on it" } else { "" };
        format!("{self}{cost}")
    }
}
