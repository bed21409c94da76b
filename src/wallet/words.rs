//! What claims and types are called where a person reads them. On the wire and in `--json` they keep their own names.

use ::wallet::shown;
use credentials::types;
use did::number::PassportNumber;

/// What a claim is called, by its path.
pub(super) fn claim(path: &str) -> String {
    let word = match path {
        "sub" => "your member number",
        "since" => "member since",
        "space" => "the space you are a member of",
        "check" => "how you were checked",
        "checked_on" => "when you were checked",
        "number" => "passport number",
        "did" => "your identifier",
        "email" => "e-mail address",
        "email_verified" => "that the e-mail address was confirmed",
        "given_name" => "given name",
        "family_name" => "family name",
        "birthdate" => "birthdate",
        "phone_number" => "phone number",
        "bio" => "about you",
        "age_equal_or_over" => "ages you have reached",
        _ => return age(path).unwrap_or_else(|| shown(path)),
    };
    word.to_owned()
}

fn age(path: &str) -> Option<String> {
    let years: u8 = path.strip_prefix("age_equal_or_over.")?.parse().ok()?;
    Some(format!("that you are {years} or older"))
}

/// What is said for a claim: numbers of passports as they are printed everywhere, words for what machines spell.
pub(super) fn value(path: &str, value: &str) -> String {
    match (path, value) {
        ("number", number) => PassportNumber::parse(number).map_or_else(|_| shown(number), |it| it.printed()),
        ("check", "document") => "by a document".to_owned(),
        ("check", "known-in-person") => "known in person".to_owned(),
        _ => shown(value),
    }
}

/// What a type is called.
pub(super) fn kind(vct: &str) -> String {
    let word = match vct {
        types::PASSPORT => "a passport",
        types::PROFILE => "a profile checked by an office",
        types::MEMBERSHIP => "a membership",
        types::STATEMENT => "a space's statement about you",
        types::OWN => "your own word",
        types::TERMS => "your terms",
        other => return shown(other),
    };
    word.to_owned()
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
    let mut words: Vec<String> = Vec::new();
    for word in claims.iter().map(|path| claim(path)) {
        // Two credentials may hold the same.
        if !words.contains(&word) {
            words.push(word);
        }
    }
    joined_by_commas(words.into_iter())
}

/// Types in words, separated by commas.
pub(super) fn kinds(types: &[String]) -> String {
    joined_by_commas(types.iter().map(|vct| kind(vct)))
}

/// What is to be read in one line.
pub(super) fn joined_by_commas(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "nothing by name".to_owned() } else { names.join(", ") }
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
    fn a_passport_number_is_printed_4_4_5_and_what_is_none_stays_as_it_is() {
        let office = did::number::OfficePrefix::parse("XK0A").unwrap();
        let number = PassportNumber::generate(office, &environment::SeededRandomness::new(1));
        assert_eq!(value("number", &number.canonical()), number.printed());
        assert_eq!(value("number", "XK0ABA6M4DECX").matches('-').count(), 0, "its check symbol does not fit");
        assert_eq!(value("company", &number.canonical()), number.canonical());
    }

    #[test]
    fn names_on_the_wire_become_words_and_unknown_ones_are_made_harmless() {
        assert_eq!(claim("sub"), "your member number");
        assert_eq!(claim("age_equal_or_over.18"), "that you are 18 or older");
        assert_eq!(claim("age_equal_or_over.\u{1b}[2J"), "age_equal_or_over.\\u{1b}[2J");
        assert_eq!(kind(types::PASSPORT), "a passport");
        assert_eq!(kind("urn:other"), "urn:other");
        assert_eq!(type_of("profile"), types::PROFILE);
    }
}
