//! What of that which follows an answer did not go on, for whoever says it in words of their own.

use serde::Serialize;

use super::CollectError;
use crate::flows::accept::AcceptError;
use crate::flows::present::PresentError;

/// Why something did not go on. Each needs other words, and leaves the member something else to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// Nobody was reached, or the other side could not answer.
    Unreachable,
    /// What came is no answer that this wallet can use.
    Unusable,
    /// The other side has ended what was begun, and erased what was given.
    Ended,
    /// What was signed about the answer, or with what comes of it, is not right.
    WrongProof,
    /// Whoever signed is not trusted.
    NotTrusted,
    /// The member said no to what was offered.
    OfferDeclined,
    /// The member said neither yes nor no; it is offered again.
    OfferLeft,
    /// The member said neither yes nor no, and nothing offers it again.
    OfferedOnce,
    /// The other side did not give what it had offered.
    OfferRefused,
    /// What was offered is refused by this wallet.
    OfferUnsound,
    /// An issuer that had promised to look at something said no.
    PromiseDeclined,
    /// What came is kept, and cannot be checked at this moment.
    NotCheckedYet,
    /// The answer was refused.
    AnswerRefused,
    /// It is not known whether the answer was taken.
    AnswerUnknown,
    /// The answer was never taken, and is not sent any more.
    AnswerNeverTaken,
    /// The place for the member's identifier is not at the office that was asked.
    IdentifierPlace,
    /// The member has an identifier at another office.
    IdentifierElsewhere,
    /// The identifier of the wallet before has to be brought back first.
    RecoverFirst,
    /// The office has suspended the passport.
    PassportSuspended,
    /// The other side has to hear of what came before.
    HeldUp,
    /// It is asked for at this moment.
    UnderWay,
    /// Nothing more has come for a month.
    NeverCame,
    /// What came is longer than the wallet keeps.
    TooLong,
    /// This wallet failed.
    Own,
}

impl Problem {
    /// Every one.
    pub const ALL: [Self; 24] = [
        Self::Unreachable,
        Self::Unusable,
        Self::Ended,
        Self::WrongProof,
        Self::NotTrusted,
        Self::OfferDeclined,
        Self::OfferLeft,
        Self::OfferedOnce,
        Self::OfferRefused,
        Self::OfferUnsound,
        Self::PromiseDeclined,
        Self::NotCheckedYet,
        Self::AnswerRefused,
        Self::AnswerUnknown,
        Self::AnswerNeverTaken,
        Self::IdentifierPlace,
        Self::IdentifierElsewhere,
        Self::RecoverFirst,
        Self::PassportSuspended,
        Self::HeldUp,
        Self::UnderWay,
        Self::NeverCame,
        Self::TooLong,
        Self::Own,
    ];
}

impl From<&CollectError> for Problem {
    fn from(error: &CollectError) -> Self {
        match error {
            CollectError::Accept(error) => Self::from(error),
            error if error.is_silence() => Self::Unreachable,
            CollectError::Outbound(_) => Self::Unreachable,
            CollectError::Status(_) | CollectError::Malformed => Self::Unusable,
            CollectError::Ended { .. } => Self::Ended,
            CollectError::Message(_) | CollectError::ForeignSigner => Self::WrongProof,
            CollectError::Trust(_) => Self::NotTrusted,
            CollectError::DidPlace => Self::IdentifierPlace,
            CollectError::DidElsewhere(_) => Self::IdentifierElsewhere,
            CollectError::RecoverFirst => Self::RecoverFirst,
            CollectError::PassportSuspended => Self::PassportSuspended,
            CollectError::HeldUp => Self::HeldUp,
            CollectError::UnderWay => Self::UnderWay,
            CollectError::NeverCame => Self::NeverCame,
            CollectError::TooLong => Self::TooLong,
            CollectError::DidLog(_) | CollectError::Key | CollectError::Keys(_) | CollectError::Vault(_) => {
                Self::Own
            }
        }
    }
}

impl From<&AcceptError> for Problem {
    fn from(error: &AcceptError) -> Self {
        match error {
            error if error.is_silence() => Self::Unreachable,
            error if error.code() == super::REQUEST_DENIED => Self::PromiseDeclined,
            error if error.is_their_word() => Self::OfferRefused,
            AcceptError::Trust(_) => Self::NotTrusted,
            AcceptError::Declined => Self::OfferDeclined,
            AcceptError::LeftOpen { .. } => Self::OfferLeft,
            AcceptError::NotCheckedYet(_) => Self::NotCheckedYet,
            AcceptError::NeverReady => Self::NeverCame,
            AcceptError::TooLong => Self::TooLong,
            AcceptError::Key | AcceptError::Keys(_) | AcceptError::Vault(_) | AcceptError::Provider(_) => {
                Self::Own
            }
            _ => Self::OfferUnsound,
        }
    }
}

impl From<&PresentError> for Problem {
    fn from(error: &PresentError) -> Self {
        match error {
            error if error.is_their_word() => Self::AnswerRefused,
            PresentError::Outbound(_) => Self::Unreachable,
            PresentError::NeverTaken => Self::AnswerNeverTaken,
            PresentError::NotTaken(_) | PresentError::OutcomeUnknown | PresentError::Unanswered(_) => {
                Self::AnswerUnknown
            }
            PresentError::Trust(_) => Self::NotTrusted,
            _ => Self::Own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::accept::AcceptError;

    #[test]
    fn each_problem_is_one_of_all_once() {
        for one in Problem::ALL {
            assert_eq!(Problem::ALL.iter().filter(|other| **other == one).count(), 1, "{one:?}");
        }
    }

    #[test]
    fn silence_is_told_from_a_word_and_a_word_of_the_members_from_one_of_others() {
        let accept = |error| Problem::from(&CollectError::Accept(error));
        assert_eq!(accept(AcceptError::Outbound(outbound::OutboundError::Unreachable)), Problem::Unreachable);
        assert_eq!(accept(AcceptError::Declined), Problem::OfferDeclined);
        assert_eq!(accept(AcceptError::LeftOpen { comes_again: true }), Problem::OfferLeft);
        assert_eq!(accept(AcceptError::OtherKey), Problem::OfferUnsound);
        let refused = openid4vc::vp::wallet::ReplyError::Refused { code: "declined".to_owned() };
        assert_eq!(Problem::from(&PresentError::NotTaken(refused)), Problem::AnswerRefused);
        assert_eq!(Problem::from(&PresentError::NeverTaken), Problem::AnswerNeverTaken);
        assert_eq!(Problem::from(&CollectError::Status(503)), Problem::Unreachable);
        assert_eq!(Problem::from(&CollectError::Status(404)), Problem::Unusable);
    }
}
