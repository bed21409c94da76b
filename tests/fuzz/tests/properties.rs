//! Properties over more than one crate: what a holder leaves out occurs nowhere in the bytes that travel, envelopes tell
//! nothing by their length, and a log may hold any document.
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "tests may fail and overflow loudly")]

use std::collections::BTreeSet;

use credentials::sd_jwt::{self, Decoys, Frame, Held, Issuing, SdJwt};
use credentials::{ClaimsPath, Location};
use did::resolution::Version;
use did::web::Location as Place;
use did::webvh::{self, Inception, Settings, Update, resolve_log};
use did::{Document, Relationship};
use environment::SeededRandomness;
use fuzz::fixtures::{NOW, holder, log_keys, opener, signer, verifier};
use fuzz::tree;
use jose::jws::Policy;
use jose::{Signer as _, base64url};
use network::mailbox;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The shape of a tree: what stands where. Names and values are filled in so that each occurs once.
#[derive(Clone, Debug)]
enum Shape {
    Leaf,
    Object(Vec<Shape>),
    Array(Vec<Shape>),
}

fn shape() -> impl Strategy<Value = Shape> {
    Just(Shape::Leaf).prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Shape::Object),
            vec(inner, 0..4).prop_map(Shape::Array),
        ]
    })
}

/// Fills a shape with words that occur nowhere else.
struct Canaries {
    seed: u64,
    count: u64,
}

impl Canaries {
    fn word(&mut self) -> String {
        self.count += 1;
        base64url::encode(jose::digest::sha256(format!("{} {}", self.seed, self.count)))
            .replace(['-', '_'], "x")
    }

    fn value(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Leaf => Value::from(self.word()),
            Shape::Object(shapes) => Value::Object(self.object(shapes)),
            Shape::Array(shapes) => shapes.iter().map(|shape| self.value(shape)).collect(),
        }
    }

    fn object(&mut self, shapes: &[Shape]) -> Map<String, Value> {
        shapes.iter().map(|shape| (self.word(), self.value(shape))).collect()
    }
}

/// Every word that stands at `location` itself: its name, if it has one, and its value, if it is a leaf.
fn words_at(claims: &Map<String, Value>, location: &Location) -> Vec<String> {
    let name = match location.steps().last() {
        Some(credentials::Step::Name(name)) => Some(name.to_string()),
        _ => None,
    };
    let leaf = location.value(claims).and_then(Value::as_str).map(str::to_owned);
    name.into_iter().chain(leaf).collect()
}

/// All that can be read out of a presentation: the text, and every part of it decoded.
fn readable(presentation: &str) -> String {
    let parts = presentation.split(['~', '.']);
    let decoded = parts.filter_map(|part| base64url::decode(part).ok());
    let decoded: Vec<String> = decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    format!("{presentation}\n{}", decoded.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_is_left_out_occurs_nowhere_in_the_presentation(
        shapes in vec(shape(), 1..5),
        concealed in vec(any::<bool>(), 40),
        chosen in vec(any::<bool>(), 40),
        seed in any::<u64>(),
    ) {
        let claims = Canaries { seed, count: 0 }.object(&shapes);
        let places = tree::locations(&claims);
        let pick = |flags: &[bool]| -> Vec<Location> {
            places.iter().zip(flags).filter(|(_, flag)| **flag).map(|(place, _)| place.clone()).collect()
        };
        let (disclosable, wanted) = (pick(&concealed), pick(&chosen));
        let paths: Vec<ClaimsPath> = disclosable.iter().map(tree::path).collect();
        let frame = Frame::Paths(paths);
        let issuing = Issuing {
            typ: "test+sd-jwt",
            header: Map::new(),
            claims: claims.clone(),
            frame: &frame,
            decoys: Decoys { at_least: 1, at_most: 3 },
        };
        let compact = sd_jwt::issue(issuing, signer(), &SeededRandomness::new(seed)).unwrap();
        let verify = |text: &str| SdJwt::parse(text).and_then(|read| read.verify(verifier(), &Policy::typed(&["test+sd-jwt"])));
        let held = Held::new(verify(&compact).unwrap()).unwrap();
        prop_assert_eq!(held.claims(), &claims);
        let presentation = held.present(&held.select_locations(&wanted));
        let read = verify(&presentation).unwrap();
        let readable = readable(&presentation);

        // A place is shown if every disclosable place that it lies in is wanted, lies in a wanted one or holds one.
        let sent = |place: &Location| wanted.iter().any(|one| one.holds(place) || place.holds(one));
        let is_shown = |place: &Location| disclosable.iter().filter(|one| one.holds(place)).all(sent);
        for place in &places {
            for word in words_at(&claims, place) {
                prop_assert_eq!(readable.contains(&word), is_shown(place), "{} at {}", word, place);
                let in_claims = Value::Object(read.claims().clone()).to_string().contains(&word);
                prop_assert_eq!(in_claims, is_shown(place), "{} at {}", word, place);
            }
        }
        // Neither the text of a disclosure that is left out, nor its salt.
        let parts: BTreeSet<&str> = presentation.split('~').collect();
        for disclosure in compact.split('~').skip(1).filter(|part| !part.is_empty() && !parts.contains(part)) {
            let decoded: Value = serde_json::from_slice(&base64url::decode(disclosure).unwrap()).unwrap();
            let salt = decoded.get(0).and_then(Value::as_str).unwrap();
            prop_assert!(!presentation.contains(disclosure) && !readable.contains(salt));
        }
    }

    #[test]
    fn the_path_of_a_place_selects_that_place_and_no_other(shapes in vec(shape(), 1..5), seed in any::<u64>()) {
        let claims = Canaries { seed, count: 0 }.object(&shapes);
        for place in tree::locations(&claims) {
            let path = tree::path(&place);
            prop_assert_eq!(ClaimsPath::from_value(&path.to_value()), Ok(path.clone()));
            let found = path.select(&claims).unwrap();
            prop_assert_eq!(found, vec![(place.clone(), place.value(&claims).unwrap())]);
        }
    }

    #[test]
    fn an_envelope_opens_to_what_was_sealed_and_tells_no_more_than_one_of_three_lengths(
        length in 1_usize..12_000,
        seed in any::<u64>(),
    ) {
        let message = "a".repeat(length);
        let sealed = mailbox::seal(&message, opener().public_jwk(), &SeededRandomness::new(seed));
        if length > mailbox::room(mailbox::SIZES[2]) {
            prop_assert!(sealed.is_err());
            return Ok(());
        }
        let sealed = sealed.unwrap();
        let smallest = mailbox::SIZES.into_iter().find(|size| length <= mailbox::room(*size));
        prop_assert_eq!(Some(sealed.len()), smallest);
        prop_assert_eq!(mailbox::open(&sealed, opener()), Ok(message));
    }

    #[test]
    fn a_document_of_any_values_is_written_and_resolved_as_it_was(
        values in vec(shape(), 0..4),
        odd in vec(any::<String>(), 0..4),
        number in any::<f64>().prop_filter("JSON has finite numbers alone", |number| number.is_finite()),
        seed in any::<u64>(),
    ) {
        let extra = json!({"tree": Canaries { seed, count: 0 }.object(&values), "odd": odd, "number": number, "int": seed >> 12});
        // Whoever writes a document may use what JSON has; a text that stands for the SCID is refused by name.
        prop_assume!(!extra.to_string().contains("{SCID}"));
        let place = Place::new("kiln.example", None, &["ana"]).unwrap();
        let document = |did: &did::Did| {
            let plain = did::DocumentBuilder::new(did)
                .key("sign", holder().public_jwk(), &[Relationship::Authentication])
                .build()?;
            let mut members = plain.members().clone();
            members.insert("extra".to_owned(), extra.clone());
            Document::from_members(members)
        };
        let inception = Inception { location: &place, document: &document, settings: Settings::default() };
        let key = &log_keys()[0];
        let mut created = webvh::create(&inception, key, NOW).unwrap();
        created.text.push_str(&created.log.append(&Update::default(), key, NOW.plus(60)).unwrap());
        // Another writer may order and space JSON otherwise: what is signed is its one canonical form.
        let respelled: Vec<String> = created.text.lines().map(respelled).collect();
        for text in [created.text.clone(), respelled.join("\n")] {
            let found = resolve_log(&created.did, text.as_bytes(), None, &Version::Latest, NOW.plus(60)).unwrap();
            prop_assert_eq!(found.document.members().get("extra"), Some(&extra));
        }
    }
}

/// The same JSON with its members in another order, white space, and escapes that it does not need.
fn respelled(line: &str) -> String {
    fn write(value: &Value, text: &mut String) {
        match value {
            Value::Object(members) => {
                text.push_str("{ ");
                for (place, (name, value)) in members.iter().rev().enumerate() {
                    text.push_str(if place == 0 { "" } else { " ,\t" });
                    write(&Value::from(name.as_str()), text);
                    text.push_str(" : ");
                    write(value, text);
                }
                text.push('}');
            }
            Value::Array(items) => {
                text.push_str("[ ");
                for (place, value) in items.iter().enumerate() {
                    text.push_str(if place == 0 { "" } else { " , " });
                    write(value, text);
                }
                text.push(']');
            }
            Value::String(string) => {
                text.push('"');
                for unit in string.encode_utf16() {
                    text.push_str(&format!("\\u{unit:04X}"));
                }
                text.push('"');
            }
            other => text.push_str(&other.to_string()),
        }
    }
    let mut text = String::new();
    write(&serde_json::from_str(line).unwrap(), &mut text);
    text
}
