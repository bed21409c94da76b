//! What all types of this crate promise.

use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey};
use serde_json::{Map, json};

use crate::dcql::{Answer, Candidate, Candidates, ExpectedValue};
use crate::issuer_key::SignAs;
use crate::sd_jwt::key_binding::KeyBinding;
use crate::sd_jwt::{Decoys, Disclosure, Frame, HashAlgorithm};
use crate::status_list::{Bits, StatusList};
use crate::vc::{self, StatusReference};

/// A log may print any of these; it must then tell nothing about a person.
#[test]
fn debug_of_whatever_holds_claims_shows_kinds_places_and_counts_and_no_value() {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let status = StatusReference { uri: "https://office.example.org/status/1".to_owned(), index: 7 };
    let issuing = vc::Issuing {
        vct: "urn:t",
        claims: Map::from_iter([("name".to_owned(), json!("Ada"))]),
        frame: Frame::Everything { except: vec![] },
        decoys: Decoys::default(),
        holder: Some(key.public_jwk()),
        issued_at: None,
        not_before: None,
        expires: None,
        status: Some(&status),
    };
    let chain = [vec![0x30, 0]];
    let compact = vc::issue(issuing, SignAs::X5c(&chain), &key, &SeededRandomness::new(2)).unwrap();
    let disclosure = Disclosure::parse(compact.split('~').nth(1).unwrap()).unwrap();
    assert_eq!(disclosure.value(), "Ada");
    let held = vc::Held::reopen(&compact).unwrap();
    let processed = held.sd_jwt().processed();
    let binding = KeyBinding { audience: "v", nonce: "n", issued_at: Timestamp::from_seconds(1) };
    let prepared = held.sd_jwt().prepare(&held.sd_jwt().select_all(), &binding, Algorithm::Es256);
    let candidate =
        Candidate { vct: "urn:t", claims: held.claims(), holder_bound: true, authority_key_identifiers: &[] };
    let answer = Answer {
        vct: "urn:t",
        claims: held.claims(),
        shortened: &[],
        holder_bound: true,
        authority_key_identifiers: &[],
    };
    let digest = HashAlgorithm::Sha256.digest(b"");
    for (shown, expected) in [
        (format!("{disclosure:?}"), "Disclosure"),
        (format!("{processed:?}"), "Processed(1 disclosed)"),
        (format!("{:?}", processed.disclosed()[0]), "Disclosed(Location([Name(\"name\")]))"),
        (format!("{digest:?}"), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"),
        (format!("{:?}", held.sd_jwt()), "Held"),
        (format!("{prepared:?}"), "Prepared"),
        (format!("{:?}", held.facts()), "Facts(urn:t)"),
        (format!("{status:?}"), "StatusReference"),
        (format!("{:?}", ExpectedValue::new(json!("Ada")).unwrap()), "ExpectedValue"),
        (format!("{candidate:?}"), "Candidate(urn:t)"),
        (format!("{:?}", Candidates::new(vec![candidate, candidate])), "Candidates(2)"),
        (format!("{answer:?}"), "Answer(urn:t)"),
        (format!("{:?}", StatusList::new(Bits::One, 16).unwrap()), "StatusList(16 entries)"),
    ] {
        assert_eq!(shown, expected);
    }
}
