//! What is said where something did not work: a sentence for each code that a person can do something about.

use wallet::shown;
use web::Words;

use crate::flows::{LinkKind, Stopped};

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
        (LinkKind::Request | LinkKind::Awaited | LinkKind::Message, Stopped::Theirs(code)) => {
            refused(words, "refused-answer", code)
        }
        (LinkKind::Offer | LinkKind::Renewal, Stopped::Theirs(code)) => refused(words, "refused-offer", code),
        (LinkKind::Offer, Stopped::Own(code)) if is_about_offers(words, code) => {
            sentence(words, &format!("offer-{code}"))
        }
        (LinkKind::Renewal, Stopped::Own(code)) if words.knows(&format!("failed-renew-{code}")) => {
            sentence(words, &format!("renew-{code}"))
        }
        (_, Stopped::Own(code)) => sentence(words, code),
    }
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
        let file = include_str!("../../../crates/web/messages/en.ftl");
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
    fn an_offer_that_was_left_is_not_said_to_be_a_request() {
        let words = Words::default();
        let stopped = Stopped::Own("left_open".to_owned());
        assert_ne!(why(words, LinkKind::Offer, &stopped), why(words, LinkKind::Request, &stopped));
        let unknown = why(words, LinkKind::Offer, &Stopped::Own("marked_copies".to_owned()));
        assert!(unknown.contains("marked_copies"), "{unknown}");
    }
}
