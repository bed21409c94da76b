//! What a member does with what the space holds (specs/member-api.md): see it, say who sees it and until when, take it back,
//! give new values, leave, object.
//!
//! - [`access`]: the token that a presentation of the membership gives.
//! - [`seeing`]: everything that is held.
//! - [`planning`], [`carrying`]: from what was asked to what follows, and all of it in one transaction: the details, the leaf, the
//!   proof of change, and that it was asked.
//! - [`new_values`]: a request for new values, and what its answer replaces.
//! - [`objections`]: what members object to, for the team; [`deeds`]: what else they did.
//!
//! Everything that changes something is asked under an identifier, and the same again gets the same answer.

pub mod access;
mod carrying;
mod deeds;
mod new_values;
mod objections;
mod planning;
mod records;
mod seeing;

use network::MessageError;
use openid4vc::secret::SecretHash;
use store::StoreFault;

pub(crate) use access::SUBJECT as ACCESS;
pub use access::{Caller, MOST_ACCESSES, ProofUse};
pub use carrying::MOST_CHANGES;
pub use deeds::{Done, MemberDeed};
pub use new_values::{ChangeAsked, is_about as is_about_new_values};
pub(crate) use objections::ERASE_OBJECTIONS;
pub use objections::{MOST_OBJECTIONS, ReadObjection};
pub use records::{MemberAccess, Objection};
pub(crate) use seeing::plain;

use crate::space::SpaceError;

/// How often something is prepared anew because another change came first.
const TRIES: usize = 8;
const DAY: i64 = 86_400;

/// Why something that a member asks is not done. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotDone {
    /// The request says nothing that could be done.
    #[error("{0}")]
    Malformed(&'static str),
    /// The space does not hold these.
    #[error("this space does not hold what is named; `GET /member/details` says what it holds")]
    NotHeld(Vec<String>),
    /// There is nobody of that kind here.
    #[error("this space belongs to no brand, so nothing can be shown to one")]
    UnknownAudience(Vec<String>),
    /// The end is less than a day away.
    #[error("an end lies at least a day ahead; take the detail back to have it gone now")]
    UntilTooSoon(Vec<String>),
    /// The end lies behind the one that is registered.
    #[error("the space may not keep it for as long as that; choose an earlier end, or none")]
    UntilTooLate(Vec<String>),
    /// A form does not ask for these, so no request can.
    #[error("new values cannot be asked for what is named; take it back, or sign up anew")]
    NotChangeable(Vec<String>),
    /// The identifier was used for something else.
    #[error("this identifier was used for another request; choose a new one")]
    IdUsed,
    /// Too much within a day.
    #[error("this was asked too often today; try again tomorrow")]
    TooMany,
    /// The membership has ended.
    #[error("this membership has ended")]
    MembershipEnded,
    /// The token counts no more.
    #[error("the access token is unknown or has expired")]
    TokenExpired,
    /// The DPoP proof was used before.
    #[error("the DPoP proof was used before")]
    Replayed,
    /// Our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl NotDone {
    /// The machine code on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "invalid_request",
            Self::NotHeld(_) => "not_held",
            Self::UnknownAudience(_) => "unknown_audience",
            Self::UntilTooSoon(_) => "until_too_soon",
            Self::UntilTooLate(_) => "until_too_late",
            Self::NotChangeable(_) => "not_changeable",
            Self::IdUsed => "id_used",
            Self::TooMany => "too_many",
            Self::MembershipEnded => "membership_ended",
            Self::TokenExpired => "invalid_token",
            Self::Replayed => "invalid_dpop_proof",
            Self::Space(_) => "temporarily_unavailable",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::IdUsed => 409,
            Self::TooMany => 429,
            Self::MembershipEnded => 403,
            Self::TokenExpired | Self::Replayed => 401,
            Self::Space(_) => 503,
            _ => 400,
        }
    }

    /// The claims that are the reason.
    #[must_use]
    pub fn claims(&self) -> &[String] {
        match self {
            Self::NotHeld(claims)
            | Self::UnknownAudience(claims)
            | Self::UntilTooSoon(claims)
            | Self::UntilTooLate(claims)
            | Self::NotChangeable(claims) => claims,
            _ => &[],
        }
    }
}

impl From<StoreFault> for NotDone {
    fn from(fault: StoreFault) -> Self {
        Self::Space(fault.into())
    }
}

impl From<MessageError> for NotDone {
    fn from(_: MessageError) -> Self {
        Self::Space(SpaceError::Unreadable)
    }
}

/// The hash of what was asked, to tell it from something else under the same identifier.
fn fingerprint(what: &str, asked: &impl serde::Serialize) -> Result<SecretHash, NotDone> {
    let text = serde_json::to_string(asked).map_err(|_| SpaceError::Unreadable)?;
    Ok(SecretHash::of(&format!("{what} {text}")))
}
