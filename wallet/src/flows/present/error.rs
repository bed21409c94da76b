//! Why a request is not answered.

use openid4vc::vp::request::RequestError;
use openid4vc::vp::wallet;
use outbound::OutboundError;

use super::checking::LONGEST_REQUEST;
use crate::question::{Answer, NoCounterOffer, NotSatisfied};
use crate::shown::shown;
use crate::trust::TrustError;
use crate::vault::VaultError;

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The request.
    #[error("the request is refused: {0}")]
    Request(#[from] RequestError),
    /// The address of a page, without anything of a request in it.
    #[error("this is a page and not a request: open it in a browser, and copy the link that it shows")]
    Page,
    /// A call.
    #[error("the other side could not be reached: {0}")]
    Outbound(#[from] OutboundError),
    /// Whoever asks is not trusted.
    #[error("whoever asks is not trusted: {0}")]
    Trust(#[from] TrustError),
    /// In the network an answer goes to the host of whoever asks.
    #[error("the answer would go to another host than that of whoever asks")]
    AnswerElsewhere,
    /// Whoever was asked for a request handed on that of somebody else.
    #[error("the request is not of the party that was asked for it")]
    OtherAsker,
    /// A request of the network ends within a known time.
    #[error("a request of this network says when it ends, at most {} days from now", LONGEST_REQUEST / 86_400)]
    Endless,
    /// The member said no.
    #[error("nothing was given: the answer was declined")]
    Declined,
    /// What is needed lies beyond what the asker registered.
    #[error(
        "nothing was given: something that is needed goes beyond what the asker registered with the network"
    )]
    BeyondRegistration,
    /// The member wants to see nothing of whoever asks.
    #[error("nothing was sent: you muted {0}; `passport wallet space mute --off` shows again what it asks")]
    Muted(String),
    /// The member gave no answer; nothing was sent.
    #[error("nothing was sent, and the request stays open: the same link can be answered until it runs out")]
    LeftOpen,
    /// The member chose when the request had ended; nothing was sent, and no copy was shown for it.
    #[error(
        "nothing was given: the request had run out before it was answered; open the page again for a new one"
    )]
    RanOut,
    /// A counter-offer cannot be made.
    #[error("nothing was offered: {0}")]
    NoCounterOffer(#[from] NoCounterOffer),
    /// The asker declined a counter-offer.
    #[error("nothing was given: less is not enough for whoever asks: {}", shown(.0))]
    OfferDeclined(String),
    /// The asker does not take the counter-offer.
    #[error(
        "nothing was given: the counter-offer was refused with the status {0}: the request may have ended, or was offered less too often"
    )]
    OfferNotTaken(u16),
    /// What came back to a counter-offer is no answer.
    #[error("nothing was given: the answer to the counter-offer is malformed")]
    OfferUnanswered,
    /// The wallet does not have what is needed.
    #[error("nothing was given: the wallet does not have what is needed")]
    CannotBeSatisfied {
        /// The parts that it does not have.
        missing: Vec<Answer>,
    },
    /// It has it, but no copy can be shown.
    #[error(
        "nothing was given: every copy of {} was shown before, has expired or was revoked; {}",
        types.join(", "),
        ways.join("; "),
    )]
    NoFreshCopy {
        /// Of which types.
        types: Vec<String>,
        /// How the member gets new ones, in sentences.
        ways: Vec<String>,
    },
    /// The choice does not fit the question.
    #[error("nothing was given: {0}")]
    Choice(#[from] NotSatisfied),
    /// The answer would not be accepted.
    #[error(transparent)]
    Answer(#[from] wallet::AnswerError),
    /// The answer was given and not taken.
    #[error("the answer was given, but {0}{remedy}", remedy = remedy(.0))]
    NotTaken(#[from] wallet::ReplyError),
    /// The answer was given and could not be taken yet. It is kept, and the very same one goes again.
    #[error(
        "the answer was given and could not be taken yet: the same one goes again, with `passport wallet collect` in {seconds} seconds \
         or later, as long as the request is open"
    )]
    PutOff {
        /// In how many seconds, at the earliest.
        seconds: i64,
    },
    /// It could not be taken as long as it counted, or something of it was given anew since.
    #[error("the answer was never taken, and is not sent any more")]
    NeverTaken,
    /// It left before without a reply, and is not taken now: that is so, too, if it was taken then. Or the other side failed.
    #[error("it is not known whether the answer was taken, and it is not sent any more")]
    OutcomeUnknown,
    /// The answer was sent and it is not known whether it arrived.
    #[error("the answer was sent, but what came back is unusable: {0}")]
    Unanswered(OutboundError),
    /// What the member says itself could not be signed.
    #[error("the member's own word could not be signed")]
    Minting,
    /// A key could not be used.
    #[error("a key of the wallet could not be used")]
    Key,
    /// Whoever holds the holder keys did not use them.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeysError),
    /// A copy that was chosen is gone.
    #[error("a copy that was chosen is not there any more; try again")]
    Damaged,
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl From<jose::SigningFailed> for PresentError {
    fn from(_: jose::SigningFailed) -> Self {
        Self::Key
    }
}

impl From<jose::KeyError> for PresentError {
    fn from(_: jose::KeyError) -> Self {
        Self::Key
    }
}

impl PresentError {
    /// Whether the code is what the asker said, and no word of this wallet.
    #[must_use]
    pub const fn is_their_word(&self) -> bool {
        matches!(self, Self::NotTaken(wallet::ReplyError::Refused { .. }))
    }

    /// A short name for the history and for machine-readable output.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Request(error) => error.code(),
            Self::Page => "invalid_request",
            Self::Outbound(_) => "unreachable",
            Self::Trust(error) => error.code(),
            Self::AnswerElsewhere => "answer_elsewhere",
            Self::OtherAsker => "other_asker",
            Self::Endless => "endless_request",
            Self::Declined => "declined",
            Self::BeyondRegistration => "beyond_registration",
            Self::Muted(_) => "muted",
            Self::LeftOpen => "left_open",
            Self::RanOut => "request_ran_out",
            Self::NoCounterOffer(_) => "no_counter_offer",
            Self::OfferDeclined(_) => "counter_offer_declined",
            Self::OfferNotTaken(_) | Self::OfferUnanswered => "counter_offer_not_taken",
            Self::CannotBeSatisfied { .. } => "cannot_be_satisfied",
            Self::NoFreshCopy { .. } => "no_fresh_copy",
            Self::Choice(_) | Self::Answer(_) => "not_satisfied",
            Self::NotTaken(wallet::ReplyError::Refused { code }) => code,
            Self::NotTaken(_) | Self::NeverTaken => "not_taken",
            Self::PutOff { .. } => "put_off",
            Self::OutcomeUnknown | Self::Unanswered(_) => "outcome_unknown",
            Self::Minting | Self::Key => "key",
            Self::Keys(error) => error.code(),
            Self::Damaged => "copy_gone",
            Self::Vault(_) => "vault",
        }
    }
}

/// What the member can do about a refusal. No list is fetched because of one, so that nobody can match the two moments.
fn remedy(error: &wallet::ReplyError) -> &'static str {
    match error {
        wallet::ReplyError::Refused { .. } => {
            "; in case the copies count no longer, `passport wallet refill` finds out and tells how to get new ones"
        }
        _ => "",
    }
}
