//! What details and types are called where a person reads them. On the wire they keep their own names.

use credentials::types;
use did::number::PassportNumber;
use serde_json::{Map, Value};
use wallet::{Picture, shown};
use web::Words;

/// What a detail is called, by its path.
#[must_use]
pub fn detail(words: Words, path: &str) -> String {
    if let Some(years) = path.strip_prefix("age_equal_or_over.").and_then(|years| years.parse::<u8>().ok()) {
        return words.say_with("detail-age-over", &[("years", &years.to_string())]);
    }
    let key = match path {
        "age_equal_or_over" => "detail-age".to_owned(),
        _ => format!("detail-{}", path.replace(['_', '.'], "-")),
    };
    if words.knows(&key) { words.say(&key) } else { shown(path) }
}

/// A sentence of others in which details are spelled as machines spell them, with the words for those of `names`.
pub(crate) fn without_raw_names(words: Words, said: &str, names: &[&str]) -> String {
    let is_of_a_name = |symbol: char| symbol.is_alphanumeric() || matches!(symbol, '_' | '.' | '-');
    let worded = |token: &str| {
        let name = token.trim_end_matches('.');
        let rest = token.get(name.len()..).unwrap_or_default();
        if names.contains(&name) { format!("{}{rest}", detail(words, name)) } else { token.to_owned() }
    };
    let mut sentence = String::new();
    let mut token = String::new();
    for symbol in shown(said).chars() {
        if is_of_a_name(symbol) {
            token.push(symbol);
        } else {
            sentence.push_str(&worded(&std::mem::take(&mut token)));
            sentence.push(symbol);
        }
    }
    sentence.push_str(&worded(&token));
    sentence
}

/// What is said for a detail: numbers of passports as they are printed everywhere, words for what machines spell.
#[must_use]
pub fn value(words: Words, path: &str, value: &str) -> String {
    match (path, value) {
        ("number", number) => PassportNumber::parse(number).map_or_else(|_| shown(number), |it| it.printed()),
        ("check", "document") => words.say("checked-by-document"),
        ("check", "known-in-person") => words.say("checked-in-person"),
        ("age_equal_or_over", ages) => ages_in(words, ages).unwrap_or_else(|| shown(ages)),
        (path, "true") if is_yes_or_no(path) => words.say("space-value-yes"),
        (path, "false") if is_yes_or_no(path) => words.say("space-value-no"),
        ("picture", value) if value.starts_with("data:") => words.say("picture-alt"),
        ("address" | "billing" | "skills" | "links", value) => {
            serde_json::from_str(value).map_or_else(|_| shown(value), |parts| shown(&spoken(&parts)))
        }
        _ => shown(value),
    }
}

/// The same text as the beginning of a sentence.
pub(crate) fn begun(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + letters.as_str()
}

/// The same text inside a sentence.
pub(crate) fn inside(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_lowercase).collect();
    first + letters.as_str()
}

/// Whether a detail is a fact that holds or does not.
fn is_yes_or_no(path: &str) -> bool {
    path.starts_with("age_equal_or_over.") || path == "email_verified"
}

/// The ages that somebody has reached, of all that are spoken of; none where it is no such list.
fn ages_in(words: Words, ages: &str) -> Option<String> {
    let ages: Map<String, Value> = serde_json::from_str(ages).ok()?;
    let reached = ages.iter().filter(|(_, is_reached)| **is_reached == Value::Bool(true));
    let mut reached: Vec<u8> = reached.filter_map(|(age, _)| age.parse().ok()).collect();
    reached.sort_unstable();
    Some(and_list(words, &reached.iter().map(u8::to_string).collect::<Vec<_>>()))
}

/// The tag of a language that is not the page's. What is no tag is not said to be one (RFC 5646 §2.1).
pub(crate) fn foreign(words: Words, language: &str) -> Option<String> {
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_tag = language.len() <= 35 && language.split('-').all(is_part);
    (is_tag && !language.eq_ignore_ascii_case(words.tag())).then(|| language.to_owned())
}

/// The picture that a value is, as an address that a page may show: of the kinds that this wallet makes itself, and nothing
/// that is drawn by instructions or lies elsewhere (decision 0031).
pub(crate) fn picture(path: &str, value: &str) -> Option<String> {
    (path == "picture").then(|| Picture::of_data_url(value).ok()).flatten().map(|picture| picture.data_url())
}

/// What several lines or members say, without what they are called.
fn spoken(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace('\n', ", "),
        Value::Array(all) => joined(all.iter()),
        Value::Object(members) => joined(members.values()),
        other => other.to_string(),
    }
}

fn joined<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    values.map(spoken).collect::<Vec<_>>().join(", ")
}

/// What a type is called.
#[must_use]
pub fn kind(words: Words, vct: &str) -> String {
    key_of(vct).map_or_else(|| shown(vct), |key| words.say(key))
}

/// Whether there is a word for a type.
#[must_use]
pub fn is_known(vct: &str) -> bool {
    key_of(vct).is_some()
}

fn key_of(vct: &str) -> Option<&'static str> {
    Some(match vct {
        types::PASSPORT => "kind-passport",
        types::PROFILE => "kind-profile",
        types::MEMBERSHIP => "kind-membership",
        types::STATEMENT => "kind-statement",
        types::OWN => "kind-own",
        types::TERMS => "kind-terms",
        _ => return None,
    })
}

/// Details in words, each once, separated by commas.
#[must_use]
pub fn list(words: Words, paths: &[String]) -> String {
    let mut said: Vec<String> = Vec::new();
    for word in paths.iter().map(|path| detail(words, path)) {
        if !said.contains(&word) {
            said.push(word);
        }
    }
    said.join(", ")
}

/// Most names in a sentence: of more the rest is counted.
const MOST_NAMES: usize = 5;

/// Names as a sentence lists them, "and" before the last one.
#[must_use]
pub fn and_list(words: Words, names: &[String]) -> String {
    let rest = names.len().saturating_sub(MOST_NAMES);
    let mut named: Vec<String> = names.iter().take(MOST_NAMES).cloned().collect();
    if rest > 0 {
        named.push(words.count("list-more", "count", u32::try_from(rest).unwrap_or(u32::MAX)));
    }
    match named.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => words.say_with("list-and", &[("names", &before.join(", ")), ("last", last)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_in_a_sentence_and_a_crowd_is_counted() {
        let listed = |count: usize| {
            let names: Vec<String> = (1..=count).map(|number| format!("S{number}")).collect();
            and_list(Words::default(), &names)
        };
        assert_eq!(listed(0), "");
        assert_eq!(listed(1), "S1");
        assert_eq!(listed(2), "S1 and S2");
        assert_eq!(listed(5), "S1, S2, S3, S4 and S5");
        assert_eq!(listed(6), "S1, S2, S3, S4, S5 and 1 other");
        assert_eq!(listed(40), "S1, S2, S3, S4, S5 and 35 others");
    }

    #[test]
    fn what_has_several_parts_is_said_without_the_signs_of_machines() {
        let words = Words::default();
        let address = r#"{"locality":"Bilbao","street_address":"One\nTwo"}"#;
        assert_eq!(value(words, "address", address), "Bilbao, One, Two");
        assert_eq!(value(words, "skills", r#"["felt","glaze\u202e"]"#), "felt, glaze\\u{202e}");
        assert_eq!(value(words, "links", "{not"), "{not");
        assert_eq!(value(words, "bio", r#"["felt"]"#), r#"["felt"]"#);
        assert_eq!(value(words, "picture", "data:image/jpeg;base64,AAAA"), "Your picture");
        assert_eq!(detail(words, "address.street_address"), "street and number");
    }

    #[test]
    fn what_holds_or_does_not_and_ages_are_said_in_words() {
        for (language, yes, no, ages) in [
            (web::Language::English, "yes", "no", "16 and 18"),
            (web::Language::Spanish, "sí", "no", "16 y 18"),
        ] {
            let words = Words::new(language);
            assert_eq!(value(words, "age_equal_or_over.18", "true"), yes);
            assert_eq!(value(words, "email_verified", "false"), no);
            assert_eq!(value(words, "age_equal_or_over", r#"{"18":true,"16":true,"21":false}"#), ages);
            // What somebody says of themselves stays as it is.
            assert_eq!(value(words, "bio", "true"), "true");
            assert_eq!(value(words, "age_equal_or_over", "{18"), "{18");
        }
    }

    #[test]
    fn a_passport_number_is_printed_4_4_5_and_what_is_none_stays_as_it_is() {
        let words = Words::default();
        let office = did::number::OfficePrefix::parse("XK0A").unwrap();
        let number = PassportNumber::generate(office, &environment::SeededRandomness::new(1));
        assert_eq!(value(words, "number", &number.canonical()), number.printed());
        assert_eq!(
            value(words, "number", "XK0ABA6M4DECX").matches('-').count(),
            0,
            "its check symbol does not fit"
        );
        assert_eq!(value(words, "company", &number.canonical()), number.canonical());
    }

    #[test]
    fn names_of_people_are_called_as_in_the_forms_of_spaces() {
        for vct in [types::OWN, types::PROFILE] {
            let described = credentials::type_metadata::built_in(vct).unwrap();
            for (name, english) in [("given_name", "First name"), ("family_name", "Last name")] {
                let path = credentials::ClaimsPath::name(name);
                for language in web::Language::ALL {
                    let words = Words::new(language);
                    let said = begun(&detail(words, name));
                    assert_eq!(Some(said.as_str()), described.label_of(&path, words.tag()));
                    assert_eq!(said == english, language == web::Language::English);
                }
            }
        }
    }

    #[test]
    fn names_on_the_wire_become_words_and_unknown_ones_are_made_harmless() {
        let words = Words::default();
        assert_eq!(detail(words, "sub"), "your member number");
        assert_eq!(detail(words, "age_equal_or_over.18"), "that you are 18 or older");
        assert_eq!(detail(words, "age_equal_or_over.\u{1b}[2J"), "age_equal_or_over.\\u{1b}[2J");
        assert_eq!(kind(words, types::PASSPORT), "a network passport");
        assert_eq!(kind(words, "urn:other"), "urn:other");
    }
}
