//! What is said where something did not work: a sentence for each code that a person can do something about.

use wallet::shown;
use web::Words;

use crate::flows::{LessDeclined, LinkKind, Stopped};
use crate::words::without_raw_names;

/// Most characters that are shown of a code of others.
const LONGEST_CODE: usize = 60;

/// The sentence of a code of this wallet.
pub(crate) fn sentence(words: Words, code: &str) -> String {
    let key = format!("failed-{code}");
    if words.knows(&key) {
        words.say(&key)
    } else {
        words.say_with("failed-other", &[("code", &shown(code))])
    }
}

/// The sentence of why a flow went no further. What others say chooses none of ours: whoever was given something could have this
/// wallet say that they were not.
pub(crate) fn why(words: Words, kind: LinkKind, stopped: &Stopped) -> String {
    match (kind, stopped) {
        (
            LinkKind::Request | LinkKind::Awaited | LinkKind::Message | LinkKind::Passport,
            Stopped::Theirs(code),
        ) => refused(words, "refused-answer", code),
        (LinkKind::Offer | LinkKind::Renewal, Stopped::Theirs(code)) => refused(words, "refused-offer", code),
        (LinkKind::Offer, Stopped::Own(code)) if is_about_offers(words, code) => {
            sentence(words, &format!("offer-{code}"))
        }
        (LinkKind::Renewal | LinkKind::Passport, Stopped::Own(code))
            if words.knows(&format!("failed-renew-{code}")) =>
        {
            sentence(words, &format!("renew-{code}"))
        }
        (_, Stopped::LessDeclined(less)) => less_declined(words, less),
        (_, Stopped::Own(code)) => sentence(words, code),
    }
}

/// That less is not enough, and why, in the asker's words.
fn less_declined(words: Words, less: &LessDeclined) -> String {
    let said = words.say_with("less-declined-text", &[("asker", &shown(&less.asker))]);
    let names: Vec<&str> = less.names.iter().map(String::as_str).collect();
    let reason = without_raw_names(words, &less.reason, &names);
    if reason.is_empty() {
        return said;
    }
    format!("{said} {}", words.say_with("asks-changed-reason", &[("reason", &reason)]))
}

/// A code is a word; what is none of those would be read as a sentence of ours.
fn refused(words: Words, key: &str, code: &str) -> String {
    let is_of_a_word = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '_' | '-');
    let word = code.chars().take(LONGEST_CODE).map(|symbol| if is_of_a_word(symbol) { symbol } else { '?' });
    words.say_with(key, &[("code", &word.collect::<String>())])
}

fn is_about_offers(words: Words, code: &str) -> bool {
    words.knows(&format!("failed-offer-{code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes of every sentence of ours, as they stand in the catalogue.
    fn codes() -> Vec<&'static str> {
        let file = include_str!("../../../crates/web/messages/en/wallet.ftl");
        let keys = file.lines().filter_map(|line| line.split_once(" =")).map(|(key, _)| key);
        keys.filter_map(|key| key.strip_prefix("failed-")).collect()
    }

    #[test]
    fn a_code_of_others_chooses_no_sentence_of_this_wallet() {
        let codes = codes();
        assert!(codes.len() > 12 && codes.contains(&"declined"), "{codes:?}");
        for language in web::Language::ALL {
            let words = Words::new(language);
            let own: Vec<String> = codes.iter().map(|code| sentence(words, code)).collect();
            for code in &codes {
                for kind in [LinkKind::Request, LinkKind::Offer] {
                    let said = why(words, kind, &Stopped::Theirs((*code).to_owned()));
                    assert!(!own.contains(&said), "{code}: {said}");
                    assert!(said.contains(code), "{code}: {said}");
                }
            }
        }
    }

    #[test]
    fn a_code_of_others_is_a_word_and_no_sentence() {
        let code = format!("x). You said no.\n{}", "y".repeat(500));
        let said = why(Words::default(), LinkKind::Request, &Stopped::Theirs(code));
        assert!(said.contains("(x???You?said?no??yyy"), "{said}");
        assert!(said.len() < 300, "{said}");
    }

    #[test]
    fn that_less_is_not_enough_is_said_with_their_reason_and_without_a_code_or_a_raw_name() {
        let stopped = |reason: &str| {
            let names = ["email", "birthdate", "age_equal_or_over.18"].map(str::to_owned).into();
            Stopped::LessDeclined(LessDeclined { asker: "Kiln".to_owned(), reason: reason.to_owned(), names })
        };
        let said = |reason: &str| why(Words::default(), LinkKind::Request, &stopped(reason));
        let reason = "what was offered in the place of birthdate is not taken there; in its place \
                      age_equal_or_over.18 would be taken";
        assert_eq!(
            said(reason),
            "Kiln wants all that is needed. Nothing was shared. They say: \u{201c}what was offered in the place of date of \
             birth is not taken there; in its place that you are 18 or older would be taken\u{201d}"
        );
        assert_eq!(said(""), "Kiln wants all that is needed. Nothing was shared.");
        // Words of theirs that name nothing of the question stay as they are, and part of a word is no name.
        let own = said("Ask by emails, not by company.");
        assert!(own.ends_with("\u{201c}Ask by emails, not by company.\u{201d}"), "{own}");
    }

    #[test]
    fn an_offer_that_was_left_is_not_said_to_be_a_request() {
        let words = Words::default();
        let stopped = Stopped::Own("left_open".to_owned());
        assert_ne!(why(words, LinkKind::Offer, &stopped), why(words, LinkKind::Request, &stopped));
        let unknown = why(words, LinkKind::Offer, &Stopped::Own("marked_copies".to_owned()));
        assert!(unknown.contains("marked_copies"), "{unknown}");
    }
}
