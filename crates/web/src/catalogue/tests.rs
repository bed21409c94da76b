use std::collections::{BTreeMap, BTreeSet};

use http::HeaderValue;

use super::*;

/// Every key of a language with the names of its places.
fn inventory(files: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    for text in files {
        FluentResource::try_new((*text).to_owned())
            .map_err(|(_, errors)| errors)
            .expect("the file reads without errors");
    }
    let mut found = BTreeMap::new();
    let mut current = String::new();
    for line in files.iter().flat_map(|text| text.lines()) {
        if let Some((key, _)) = line.split_once(" =")
            && !line.starts_with([' ', '#', '['])
        {
            current = key.to_owned();
            let fresh = found.insert(current.clone(), BTreeSet::new()).is_none();
            assert!(fresh, "{current} is there twice");
        }
        let mut rest = line;
        while let Some((_, after)) = rest.split_once('$') {
            let ends = |symbol: char| !symbol.is_ascii_alphanumeric() && symbol != '-';
            let place = after.split(ends).next().unwrap_or_default();
            found.entry(current.clone()).or_default().insert(place.to_owned());
            rest = after;
        }
    }
    found
}

#[test]
fn every_language_has_the_same_keys_with_the_same_places() {
    let english = inventory(&ENGLISH);
    assert!(english.len() > 40);
    assert_eq!(english, inventory(&SPANISH));
}

#[test]
fn a_key_stands_in_the_file_of_the_same_place_in_every_language() {
    let keys = |text: &str| inventory(&[text]).into_keys().collect::<Vec<_>>();
    for (english, spanish) in ENGLISH.iter().zip(SPANISH) {
        assert_eq!(keys(english), keys(spanish));
    }
}

#[test]
fn words_that_screens_must_not_use_are_in_no_message() {
    for text in ENGLISH.into_iter().chain(SPANISH) {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let said = line.split_once(" = ").map_or(line, |(_, said)| said);
            assert!(!said.contains("DID"), "{line:?}");
            for word in said.to_lowercase().split(|symbol: char| !symbol.is_alphanumeric()) {
                let banned = [
                    "credential",
                    "credencial",
                    "claim",
                    "verifier",
                    "holder",
                    "mandate",
                    "vault",
                    "pairwise",
                    "disclose",
                ];
                assert!(!banned.contains(&word), "{word:?} in {line:?}");
            }
        }
    }
}

#[test]
fn every_key_that_our_templates_say_is_known() {
    let mut said = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for opening in ["say(\"", "say_with(\"", "count(\""] {
            for after in text.split(opening).skip(1) {
                let key = after.split('"').next().unwrap();
                assert!(Words::default().knows(key), "{key}");
                said += 1;
            }
        }
    }
    assert!(said > 10);
}

fn asked(text: &str) -> Language {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(text).unwrap());
    Language::of_request(&headers)
}

#[test]
fn the_reader_gets_the_best_liked_language_that_is_spoken() {
    for (text, language) in [
        ("es", Language::Spanish),
        ("es-AR,es;q=0.9,en;q=0.8", Language::Spanish),
        ("en-GB,es;q=0.9", Language::English),
        ("de,es;q=0.3,en;q=0.2", Language::Spanish),
        ("en;q=0.4, ES;q=0.45", Language::Spanish),
        ("es;q=0", Language::English),
        ("es;q=nonsense,en;q=0.1", Language::English),
        ("es;q=0.9999,en;q=0.1", Language::English),
        ("*", Language::English),
        ("fr,de", Language::English),
        ("", Language::English),
    ] {
        assert_eq!(asked(text), language, "{text}");
    }
    assert_eq!(Language::of_request(&HeaderMap::new()), Language::English);
}

#[test]
fn places_are_filled_and_numbers_take_their_plural() {
    let english = Words::new(Language::English);
    let spanish = Words::new(Language::Spanish);
    assert_eq!(english.say_with("asked-by", &[("space", "Kiln North")]), "Kiln North asks");
    assert_eq!(spanish.say_with("asked-by", &[("space", "Kiln North")]), "Kiln North pide");
    assert_eq!(english.count("minutes-left", "minutes", 1), "1 minute left");
    assert_eq!(english.count("minutes-left", "minutes", 3), "3 minutes left");
    assert_eq!(spanish.count("minutes-left", "minutes", 1), "Queda 1 minuto");
    assert_eq!(spanish.count("minutes-left", "minutes", 3), "Quedan 3 minutos");
}

#[test]
fn an_unknown_key_is_said_as_itself_and_not_known() {
    assert_eq!(Words::default().say("no-such-key"), "no-such-key");
    assert!(!Words::default().knows("no-such-key"));
}
