//! What claims and types are called in the terminal: by the one catalogue, in English. On the wire and in `--json` they keep their
//! own names.

use credentials::types;
use web::{Language, Words};

/// What is said of a list with nothing in it.
const NOTHING: &str = "nothing by name";

/// The catalogue's words, as the terminal says them.
pub(super) fn catalogue() -> Words {
    Words::new(Language::English)
}

/// What a claim is called, by its path.
pub(super) fn claim(path: &str) -> String {
    wallet_web::words::detail(catalogue(), path)
}

/// What is said for a claim.
pub(super) fn value(path: &str, value: &str) -> String {
    wallet_web::words::value(catalogue(), path, value)
}

/// What a type is called.
pub(super) fn kind(vct: &str) -> String {
    wallet_web::words::kind(catalogue(), vct)
}

/// A sentence of a page within one of the terminal's.
pub(super) fn within(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The type that a person means.
pub(super) fn type_of(word: &str) -> &str {
    match word {
        "passport" => types::PASSPORT,
        "profile" => types::PROFILE,
        "membership" => types::MEMBERSHIP,
        "statement" => types::STATEMENT,
        other => other,
    }
}

/// Claims in words, separated by commas.
pub(super) fn list(claims: &[String]) -> String {
    let said = wallet_web::words::list(catalogue(), claims);
    if said.is_empty() { NOTHING.to_owned() } else { said }
}

/// Types in words, separated by commas.
pub(super) fn kinds(types: &[String]) -> String {
    joined_by_commas(types.iter().map(|vct| kind(vct)))
}

/// What is to be read in one line.
pub(super) fn joined_by_commas(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { NOTHING.to_owned() } else { names.join(", ") }
}

/// A number of days.
pub(super) fn in_days(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// For how long something is kept at most.
pub(super) fn kept_at_most(days: u32) -> String {
    if days == 0 { "not kept".to_owned() } else { format!("kept at most {}", in_days(days)) }
}

/// Until when something is kept whose days count from the end of a membership.
pub(super) fn after_that(days: u32) -> String {
    if days == 0 { "not after that".to_owned() } else { format!("{} after that", in_days(days)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_day_is_said_in_words_and_one_day_is_not_days() {
        assert_eq!([0, 1, 2].map(kept_at_most), ["not kept", "kept at most 1 day", "kept at most 2 days"]);
        assert_eq!([0, 1, 2].map(after_that), ["not after that", "1 day after that", "2 days after that"]);
    }

    #[test]
    fn the_terminal_says_what_the_catalogue_says_and_says_so_of_an_empty_list() {
        assert_eq!(claim("birthdate"), "date of birth");
        assert_eq!(kind(types::PASSPORT), "a network passport");
        assert_eq!(list(&["email".to_owned(), "email".to_owned()]), "e-mail address");
        assert_eq!(list(&[]), "nothing by name");
        assert_eq!(type_of("profile"), types::PROFILE);
        assert_eq!(within("You said no."), "you said no");
        assert_eq!(within(""), "");
    }
}
