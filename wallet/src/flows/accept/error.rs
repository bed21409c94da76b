//! Why an offer was not accepted.

use openid4vc::vci::authorization::ReturnError;
use openid4vc::vci::offer::OfferError;
use openid4vc::vci::reason::Reason;
use openid4vc::vci::signed_metadata::SignedMetadataError;
use openid4vc::vci::wallet;

use super::Mark;
use crate::provider::ProviderError;
use crate::shown::shown;
use crate::trust::TrustError;
use crate::vault::VaultError;

/// Why an offer was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The offer.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// The issuer's metadata.
    #[error(transparent)]
    Metadata(#[from] openid4vc::vci::metadata::MetadataError),
    /// The issuance.
    #[error(transparent)]
    Issuance(#[from] wallet::WalletError),
    /// A call.
    #[error("the issuer could not be reached: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// The issuer is not trusted.
    #[error("the issuer is not trusted: {0}")]
    Trust(#[from] TrustError),
    /// A credential is not in order.
    #[error("the credential is refused: {0}")]
    Credential(#[from] credentials::vc::VcError),
    /// An issuer sends no key binding.
    #[error(transparent)]
    KeyBinding(#[from] credentials::sd_jwt::ReceivedKeyBinding),
    /// The issuer sent another type than it offered.
    #[error("the issuer sent another type of credential than it offered")]
    OtherType,
    /// A credential is not as its type says.
    #[error("the credential is refused: {0}")]
    NotAsItsType(#[from] credentials::type_metadata::Mismatch),
    /// A credential is bound to a key that is not this wallet's, or to none.
    #[error("the credential is not bound to the key this wallet gave")]
    OtherKey,
    /// Two credentials are bound to one key.
    #[error("two credentials are bound to the same key and could be linked")]
    KeyTwice,
    /// A credential that binds no key is offered.
    #[error(
        "a credential is offered that anybody could show; only those bound to a key of the wallet are taken"
    )]
    Unbound,
    /// Whoever signed is not whoever offered.
    #[error("the credential was not signed by the party that offered it")]
    OtherIssuer,
    /// Whoever was asked hands on an offer of somebody else.
    #[error("the offer that came is not of the party that was asked; it was left alone")]
    OfferOfOther,
    /// The copies would give their holder away.
    #[error("the credentials are refused, since their holder could be recognised by them: {0}")]
    Marked(#[from] Mark),
    /// The issuer's metadata are signed, and not as they have to be.
    #[error(transparent)]
    SignedMetadata(#[from] SignedMetadataError),
    /// The issuer describes several credentials, or none of this name.
    #[error("name what you want of this issuer; it has {0}")]
    NameOne(String),
    /// What is given is not what the person was shown.
    #[error(
        "the issuer has changed what it gives since you agreed: nothing was fetched; begin again to see what it is now"
    )]
    OtherThanAgreed,
    /// An issuer that promised something has not had it for a month.
    #[error("the issuer has not had what it promised for 30 days: it is not asked any more")]
    NeverReady,
    /// What came late is kept, and cannot be judged at this moment.
    #[error(
        "what was promised has come and is kept, and cannot be checked at this moment: {0}; collect again later"
    )]
    NotCheckedYet(#[source] TrustError),
    /// What an issuer gave has no room in a record, as it is written there.
    #[error("what the issuer gave is longer than this wallet keeps")]
    TooLong,
    /// The issuer describes nothing of this name.
    #[error("this issuer has no {}; it has {has}", shown(.wanted))]
    NotThere {
        /// What was named.
        wanted: String,
        /// What it has.
        has: String,
    },
    /// What the browser brought back.
    #[error(transparent)]
    Return(#[from] ReturnError),
    /// Nothing was begun that this would finish, or its time is over.
    #[error(
        "this wallet does not wait for this answer: it was taken up already, has run out, or is another wallet's"
    )]
    NotAwaited,
    /// The offer was taken up already, and something of it is still to come.
    #[error(
        "this offer was taken up already, and what it promised will be ready later: fetch it with `passport wallet collect`"
    )]
    TakenUp,
    /// The wallet provider gives no word.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The member did not want it.
    #[error("the offer was not accepted")]
    Declined,
    /// The member gave no answer; nothing was fetched.
    #[error("nobody said yes or no, and the offer stays: {}", stays(*comes_again))]
    LeftOpen {
        /// Whether collecting offers it again.
        comes_again: bool,
    },
    /// A key could not be made or used.
    #[error("a key of the wallet could not be used")]
    Key,
    /// Whoever holds the holder keys did not use them.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeysError),
    /// The vault.
    #[error(transparent)]
    Vault(VaultError),
}

/// What is too long for the vault is so by what the issuer gave: its failure, where another one is the wallet's own.
impl From<VaultError> for AcceptError {
    fn from(error: VaultError) -> Self {
        if error.is_too_large() { Self::TooLong } else { Self::Vault(error) }
    }
}

impl From<jose::KeyError> for AcceptError {
    fn from(_: jose::KeyError) -> Self {
        Self::Key
    }
}

impl From<jose::SigningFailed> for AcceptError {
    fn from(_: jose::SigningFailed) -> Self {
        Self::Key
    }
}

impl AcceptError {
    /// Why the issuer declined, in its words.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Issuance(wallet::WalletError::Denied { reason }) => reason.as_ref().map(Reason::as_str),
            _ => None,
        }
    }

    /// Whether the issuer was not reached, or has not been able to answer: it has said nothing.
    pub(in crate::flows) fn is_silence(&self) -> bool {
        match self {
            Self::Outbound(_) | Self::Issuance(wallet::WalletError::Busy { .. }) => true,
            Self::Issuance(wallet::WalletError::Status(status)) => *status >= 500,
            Self::Trust(error) => error.tells_nothing(),
            _ => false,
        }
    }

    /// Whether the code is what the issuer said, and no word of this wallet. That somebody declined on the issuer's page is known
    /// by the way it came, through their browser (RFC 6749 §4.1.2.1).
    #[must_use]
    pub fn is_their_word(&self) -> bool {
        match self {
            Self::Issuance(wallet::WalletError::Refused { .. }) => true,
            Self::Return(ReturnError::Refused { code }) => code != "access_denied",
            _ => false,
        }
    }

    /// A short name for the history and for machine-readable output.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Offer(error) => error.code(),
            Self::Metadata(_) => "metadata_refused",
            Self::Issuance(error) => error.code(),
            Self::Outbound(_) => "unreachable",
            Self::Trust(error) => error.code(),
            Self::Credential(error) => error.code(),
            Self::KeyBinding(_) => "issued_with_key_binding",
            Self::OtherType => "other_type",
            Self::NotAsItsType(_) => "not_as_its_type",
            Self::OtherKey => "other_key",
            Self::KeyTwice => "key_twice",
            Self::Unbound => "not_key_bound",
            Self::OtherIssuer => "other_issuer",
            Self::OfferOfOther => "offer_of_other",
            Self::Marked(_) => "marked_copies",
            Self::SignedMetadata(_) => "signed_metadata_refused",
            Self::NameOne(_) | Self::NotThere { .. } => "name_one",
            Self::OtherThanAgreed => "other_than_agreed",
            Self::NeverReady => "never_ready",
            Self::NotCheckedYet(_) => "not_checked_yet",
            Self::TooLong => "too_long",
            Self::Return(error) => error.code(),
            Self::NotAwaited => "not_awaited",
            Self::TakenUp => "taken_up",
            Self::Provider(_) => "provider",
            Self::Declined => "declined",
            Self::LeftOpen { .. } => "left_open",
            Self::Key => "key",
            Self::Keys(error) => error.code(),
            Self::Vault(_) => "vault",
        }
    }
}

/// How an offer is taken that nobody answered.
const fn stays(comes_again: bool) -> &'static str {
    if comes_again {
        "`passport wallet collect` offers it again, and takes it without a question with `--yes`"
    } else {
        "the same command asks again as long as the offer is open, and takes it without a question with `--yes`"
    }
}
