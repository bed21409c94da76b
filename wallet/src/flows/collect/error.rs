//! Why something could not be collected.

use crate::flows::accept::AcceptError;
use crate::trust::TrustError;
use crate::vault::VaultError;

/// Why something could not be collected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// A call.
    #[error("the other side could not be reached: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// Another status than 200.
    #[error("the other side answered with the status {0}")]
    Status(u16),
    /// Whoever got the answer knows nothing of it any more, and had decided nothing.
    #[error(
        "{party} has ended this {} and erased what you gave; open its page again",
        if *.is_office { "application" } else { "sign-up" }
    )]
    Ended {
        /// Its name.
        party: String,
        /// Whether it is a passport office.
        is_office: bool,
    },
    /// The answer is not a follow-up.
    #[error("the other side's answer is malformed")]
    Malformed,
    /// A message of the network does not verify.
    #[error(transparent)]
    Message(#[from] network::MessageError),
    /// A message is not signed by whoever got the answer.
    #[error("the message is not signed by a key of whoever got the answer")]
    ForeignSigner,
    /// The signer is not trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The offer.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// The office names a place for the DID that is not its own.
    #[error("the place offered for the DID is malformed or is not at the office that was asked")]
    DidPlace,
    /// The wallet's DID lies at another office.
    #[error(
        "this wallet has an identifier at another office already, and one is enough: get new copies at {0}, move it here with \
         `passport wallet did move` and the recovery code, or use another wallet here"
    )]
    DidElsewhere(String),
    /// The wallet was made for the recovery code of an earlier one, whose DID is not here.
    #[error(
        "this wallet was made for the recovery code of an earlier one: bring its identifier back first, with \
         `passport wallet did recover`, or, if it had none or that was given up, begin another with `passport wallet did new`; \
         then collect again"
    )]
    RecoverFirst,
    /// The office has suspended the passport of the wallet's DID.
    #[error("your passport does not count at present: ask this office, and apply again when it says so")]
    PassportSuspended,
    /// The DID log could not be written.
    #[error(transparent)]
    DidLog(#[from] did::webvh::WriteError),
    /// A key could not be used.
    #[error("a key of the wallet could not be used")]
    Key,
    /// Whoever holds the holder keys did not use them.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeysError),
    /// What came of an earlier offer is not confirmed yet.
    #[error(
        "the other side has to hear first what became of what it gave: it is asked for the rest then, collect again later"
    )]
    HeldUp,
    /// Somebody asks at this moment.
    #[error(
        "the other side is being asked for this at this moment: what it offers is shown where that was begun"
    )]
    UnderWay,
    /// A party has given nothing more for a month.
    #[error("nothing more has come for 30 days: the other side is not asked any more")]
    NeverCame,
    /// What came has no room in a record, as it is written there.
    #[error("what the other side gave is longer than this wallet keeps")]
    TooLong,
    /// The vault.
    #[error(transparent)]
    Vault(VaultError),
}

impl CollectError {
    /// Whether the other side was not reached, or has not been able to answer: it has said nothing.
    pub(super) fn is_silence(&self) -> bool {
        match self {
            Self::Outbound(_) => true,
            Self::Status(status) => *status == 429 || *status >= 500,
            Self::Trust(error) => error.tells_nothing(),
            Self::Accept(error) => error.is_silence(),
            _ => false,
        }
    }
}

/// What is too long for the vault is so by what the other side gave, and keeps nobody else from being asked.
impl From<VaultError> for CollectError {
    fn from(error: VaultError) -> Self {
        if error.is_too_large() { Self::TooLong } else { Self::Vault(error) }
    }
}

impl From<jose::SigningFailed> for CollectError {
    fn from(_: jose::SigningFailed) -> Self {
        Self::Key
    }
}

impl From<jose::KeyError> for CollectError {
    fn from(_: jose::KeyError) -> Self {
        Self::Key
    }
}
