//! What is said where something of what follows an answer did not go on: a sentence for each reason.

use wallet::{Problem, shown};
use web::Words;

use crate::flows::Hitch;

/// The sentence, with whom it was where several were asked.
pub(crate) fn sentence(words: Words, Hitch { party, problem }: &Hitch) -> String {
    let why = words.say(key(*problem));
    match party {
        Some(party) => words.say_with("done-problem-of", &[("party", &shown(party)), ("why", &why)]),
        None => words.say_with("done-problem", &[("why", &why)]),
    }
}

const fn key(problem: Problem) -> &'static str {
    match problem {
        Problem::Unreachable => "problem-unreachable",
        Problem::Unusable => "problem-unusable",
        Problem::Ended => "problem-ended",
        Problem::WrongProof => "problem-wrong-proof",
        Problem::NotTrusted => "problem-not-trusted",
        Problem::OfferDeclined => "problem-offer-declined",
        Problem::OfferLeft => "problem-offer-left",
        Problem::OfferedOnce => "problem-offered-once",
        Problem::OfferRefused => "problem-offer-refused",
        Problem::OfferUnsound => "problem-offer-unsound",
        Problem::PromiseDeclined => "problem-promise-declined",
        Problem::NotCheckedYet => "problem-not-checked-yet",
        Problem::AnswerRefused => "problem-answer-refused",
        Problem::AnswerUnknown => "problem-answer-unknown",
        Problem::AnswerNeverTaken => "problem-answer-never-taken",
        Problem::IdentifierPlace => "problem-identifier-place",
        Problem::IdentifierElsewhere => "problem-identifier-elsewhere",
        Problem::RecoverFirst => "problem-recover-first",
        Problem::PassportSuspended => "problem-passport-suspended",
        Problem::HeldUp => "problem-held-up",
        Problem::UnderWay => "problem-under-way",
        Problem::NeverCame => "problem-never-came",
        Problem::TooLong => "problem-too-long",
        Problem::Own => "problem-own",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_words_of_its_own_in_every_language() {
        for language in web::Language::ALL {
            let words = Words::new(language);
            let said: Vec<String> = Problem::ALL.iter().map(|one| words.say(key(*one))).collect();
            for (position, sentence) in said.iter().enumerate() {
                assert!(words.knows(key(Problem::ALL[position])), "{:?}", Problem::ALL[position]);
                assert!(sentence.ends_with('.'), "{sentence}");
                assert!(!said[..position].contains(sentence), "{sentence}");
            }
        }
    }
}
