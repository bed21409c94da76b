//! Why something about the team is not done.

use store::{Fault, StoreFault};

use crate::space::SpaceError;

/// Why something about the team is not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TeamError {
    /// The name.
    #[error("a name has 1 to 64 letters, digits, spaces, and - _ . '")]
    BadName,
    /// There is somebody of that name.
    #[error("there is somebody of this name in the team: end that access first, or take another name")]
    Taken,
    /// Nobody of that name.
    #[error("there is nobody of this name in the team")]
    Nobody,
    /// Nobody could change the team any more.
    #[error("the last owner stays: make somebody else an owner first")]
    LastOwner,
    /// As many as there may be.
    #[error("there are as many as there may be; remove one that is not used any more")]
    TooMany,
    /// The link was used, has expired, or was never one.
    #[error("this link counts no more")]
    NoLink,
    /// What the authenticator said is not accepted, or came too late.
    #[error("the passkey was not accepted")]
    NotAccepted,
    /// Without it nobody comes in.
    #[error("the last passkey stays: add another one first")]
    LastPasskey,
    /// Our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl From<StoreFault> for TeamError {
    fn from(fault: StoreFault) -> Self {
        Self::Space(fault.into())
    }
}

impl From<Fault<Self>> for TeamError {
    fn from(fault: Fault<Self>) -> Self {
        match fault {
            Fault::Store(fault) => fault.into(),
            Fault::Refused(error) => error,
        }
    }
}
