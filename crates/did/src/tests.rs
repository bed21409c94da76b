//! What the tests beside the code left open, found by changing the code and seeing that no test minded.

use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, Signer as _, SigningKey};
use serde_json::json;

use crate::web::Location;
use crate::webvh::{self, EntryFault, Inception, Log, LogError, Settings, Update};
use crate::{Did, Document, DocumentBuilder, DocumentError, canonical};

#[test]
fn a_control_character_is_escaped_also_where_nothing_else_needs_it() {
    for code in 0_u8..0x20 {
        let members = json!({"a": char::from(code).to_string()});
        let mut text = Vec::new();
        canonical::write_object(members.as_object().unwrap(), &mut text).unwrap();
        // RFC 8785 §3.2.2.2: the short form where there is one, else \u and four digits in lower case.
        let escaped = match code {
            0x08 => "\\b".to_owned(),
            0x09 => "\\t".to_owned(),
            0x0a => "\\n".to_owned(),
            0x0c => "\\f".to_owned(),
            0x0d => "\\r".to_owned(),
            other => format!("\\u{other:04x}"),
        };
        assert_eq!(String::from_utf8(text).unwrap(), format!(r#"{{"a":"{escaped}"}}"#));
    }
}

#[test]
fn what_a_relationship_refers_to_is_a_did_url_or_the_document_is_none() {
    let read = |reference: &str| {
        Document::from_value(json!({"id": "did:web:a.example", "authentication": [reference]})).map(drop)
    };
    assert_eq!(read("#key"), Ok(()));
    assert_eq!(read("did:web:b.example#key"), Ok(()));
    for other in ["https://a.example/#key", "key of mine", "did:", ""] {
        assert_eq!(read(other), Err(DocumentError::VerificationMethod), "{other:?}");
    }
}

#[test]
fn a_log_says_what_its_parameters_say() {
    let key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
    let now = Timestamp::from_seconds(1_790_000_000);
    let place = Location::new("kiln.example", None, &["ana"]).unwrap();
    let document = |did: &Did| DocumentBuilder::new(did).build();
    let created = |settings: Settings| {
        webvh::create(&Inception { location: &place, document: &document, settings }, &key, now).unwrap()
    };
    let plain = created(Settings::default());
    assert!(!plain.log.is_portable() && !plain.log.is_deactivated() && !plain.log.needs_witnesses());
    assert_eq!(plain.log.ttl(), 3_600);
    assert_eq!(plain.log.last_document().map(|document| document.id().clone()), Some(plain.did.clone()));
    // It holds at least the document and the key, and is no larger than all that was read several times over.
    assert!(
        (plain.text.len() / 2..64 * plain.text.len()).contains(&plain.log.weight()),
        "{}",
        plain.log.weight()
    );

    let witness = crate::key::did(key.public_jwk()).unwrap();
    let witness = Some(webvh::witness::Witnesses::new(1, &[witness]).unwrap());
    let mut other = created(Settings { portable: true, ttl: Some(7), witness, ..Settings::default() });
    assert!(other.log.is_portable() && other.log.needs_witnesses());
    assert!(plain.log.witnesses().is_none());
    let named = other.log.witnesses().map(|list| (list.threshold(), list.ids()));
    assert_eq!(named, Some((1, vec![crate::key::did(key.public_jwk()).unwrap().to_string()])));
    assert_eq!(other.log.ttl(), 7);
    let deactivate = Update { deactivate: true, ..Update::default() };
    other.log.append(&deactivate, &key, now.plus(60)).unwrap();
    assert!(other.log.is_deactivated());
    assert!(other.log.last_document().is_some(), "also of a DID that was given up");
}

#[test]
fn the_did_of_a_log_is_read_off_its_last_line() {
    let line = |id: &str| format!("{}\n", json!({"state": {"id": id}}));
    let (first, last) = (Did::parse("did:web:a.example").unwrap(), Did::parse("did:web:b.example").unwrap());
    let log = format!("{}{}", line(first.as_str()), line(last.as_str()));
    assert_eq!(webvh::last_did(log.as_bytes()), Some(last.clone()));
    assert_eq!(webvh::last_did(log.trim_end().as_bytes()), Some(last));
    assert_eq!(webvh::last_did(line("no DID").as_bytes()), None);
    assert_eq!(webvh::last_did(b""), None);
}

#[test]
fn a_log_of_the_greatest_size_is_read_and_a_larger_one_is_not() {
    let read = |length: usize| Log::verify(&vec![b' '; length], Timestamp::from_seconds(0)).map(drop);
    assert_eq!(read(webvh::LARGEST_LOG), Err(LogError::Entry { number: 1, fault: EntryFault::Json }));
    assert_eq!(read(webvh::LARGEST_LOG + 1), Err(LogError::TooLarge));
}
