//! Credentials of any shape: what one issues and presents, the other reads.

use pollster::block_on;
use second_opinion::claims::{Choices, Place, places, pointer, seen, some, tree};
use second_opinion::{Comparison, Kind, Ours};
use serde_json::{Map, Value, json};
use ssi_claims_core::SignatureError;
use ssi_jwk::JWK;
use ssi_jws::JwsPayload as _;
use ssi_jwt::{AnyClaims, JWTClaims};
use ssi_sd_jwt::{ConcealJwtClaims as _, JsonPointerBuf, KbJwtPayload, SdAlg, SdJwt, SdJwtBuf};

use crate::{AUDIENCE, NONCE, SD_JWT, jwk, public, read, verify};

const SEEDS: u64 = 150;

const NO_ALGORITHM: Kind = (
    "without `_sd_alg`",
    "we are right: where nothing is disclosable no `_sd_alg` is needed, and sha-256 is the default (RFC 9901 §4.1.1); ssi calls it an error",
);
const INSIDE_AN_ARRAY: Kind = (
    "a claim inside an array element",
    "we issue it; ssi looks for it at the wrong place and issues nothing (RFC 9901 §4.2.6 allows it)",
);

const NULL_TIME: Kind = (
    "`exp` and `nbf` are null",
    "we are right: where they stand they are numbers (RFC 7519 §4.1.4); ssi writes `null` where it has none",
);

/// A tree with the holder's key, and which of its claims are disclosable.
fn shape(seed: u64, holder: &Value) -> (Map<String, Value>, Vec<Place>, Choices) {
    let mut choices = Choices::new(seed);
    let tree = tree(&mut choices);
    let disclosable = some(&places(&tree), &mut choices);
    let mut claims = tree;
    claims.insert("iss".to_owned(), json!("https://office.example.org"));
    claims.insert("cnf".to_owned(), json!({"jwk": public(holder)}));
    (claims, disclosable, choices)
}

#[test]
fn what_we_issue_and_present_says_the_same_to_ssi() {
    let mut ours = Ours::start();
    let (issuer, holder) = (ours.key("ES256"), ours.key("ES256"));
    let mut issued = Comparison::new(SD_JWT, "SD-JWTs that we issue", &[NO_ALGORITHM]);
    let mut presented = Comparison::new(SD_JWT, "SD-JWTs that we present, with key binding", &[NO_ALGORITHM]);
    for seed in 0..SEEDS {
        let (claims, disclosable, mut choices) = shape(seed, &holder);
        let question = json!({"do": "issue", "key": issuer, "claims": claims, "disclosable": disclosable, "decoys": seed % 3});
        let credential = ours.ask(&question).unwrap();
        let credential = credential.as_str().unwrap();
        judge(&mut issued, seed, &claims, read(credential, &issuer, None), disclosable.is_empty());
        let shown = some(&disclosable, &mut choices);
        let question = json!({"do": "present", "credential": credential, "shown": shown, "holder": holder,
            "audience": AUDIENCE, "nonce": NONCE, "now": crate::now()});
        let presentation = ours.ask(&question).unwrap();
        let told = read(presentation.as_str().unwrap(), &issuer, Some(&holder));
        // Who shows a claim shows all that is in it.
        let inside = |place: &&Place| shown.iter().any(|one| place.starts_with(one));
        let sent: Vec<Place> = disclosable.iter().filter(inside).cloned().collect();
        judge(&mut presented, seed, &seen(&claims, &disclosable, &sent), told, disclosable.is_empty());
    }
    issued.finish();
    presented.finish();
}

fn judge(
    seen: &mut Comparison,
    seed: u64,
    expected: &Map<String, Value>,
    told: Result<Value, String>,
    plain: bool,
) {
    match told {
        Err(_) if plain => seen.differs(NO_ALGORITHM.0),
        told => seen.equal(&format!("seed {seed}"), &Ok(Value::Object(expected.clone())), &told),
    }
}

#[test]
fn what_ssi_issues_and_presents_says_the_same_to_us() {
    let mut ours = Ours::start();
    let (issuer, holder) = (ours.key("ES256"), ours.key("ES256"));
    let mut issued = Comparison::new(SD_JWT, "SD-JWTs that it issues", &[INSIDE_AN_ARRAY]);
    let mut presented = Comparison::new(SD_JWT, "SD-JWTs that it presents", &[]);
    let mut bound = Comparison::new(SD_JWT, "key bindings that it makes", &[NULL_TIME]);
    for seed in 0..SEEDS {
        let (claims, disclosable, mut choices) = shape(seed, &holder);
        let credential = match issue(&claims, &disclosable, &jwk(&issuer)) {
            Ok(credential) => credential,
            Err(_) if disclosable.iter().any(inside_an_array) => {
                issued.differs(INSIDE_AN_ARRAY.0);
                continue;
            }
            Err(error) => {
                issued.unexplained(&format!("seed {seed}"), &error.to_string());
                continue;
            }
        };
        let told = ours.ask(&verify(&credential.to_string(), &issuer, false));
        issued.equal(&format!("seed {seed}"), &told, &Ok(Value::Object(claims.clone())));
        let shown = some(&disclosable, &mut choices);
        let mut presentation = present(&credential, &with_what_they_stand_in(&shown, &disclosable));
        let told = ours.ask(&verify(&presentation.to_string(), &issuer, false));
        let expected = Value::Object(seen(&claims, &disclosable, &shown));
        presented.equal(&format!("seed {seed}"), &told, &Ok(expected));
        bind(&mut presentation, &jwk(&holder));
        match ours.ask(&verify(&presentation.to_string(), &issuer, true)) {
            Ok(_) => bound.unexplained(&format!("seed {seed}"), "we take it"),
            Err(reason) if reason.ends_with("the claim exp has the wrong type") => bound.differs(NULL_TIME.0),
            Err(reason) => bound.unexplained(&format!("seed {seed}"), &reason),
        }
        // All else in it is as it should be: the signature, the hash, the audience.
        bound.equal(
            "what ssi says of it",
            &read(&presentation.to_string(), &issuer, Some(&holder)).map(drop),
            &Ok(()),
        );
    }
    issued.finish();
    presented.finish();
    bound.finish();
}

fn inside_an_array(place: &Place) -> bool {
    place.iter().rev().skip(1).any(Value::is_number)
}

fn pointers(places: &[Place]) -> Vec<JsonPointerBuf> {
    places.iter().map(|place| JsonPointerBuf::new(pointer(place)).unwrap()).collect()
}

fn issue(claims: &Map<String, Value>, disclosable: &[Place], key: &JWK) -> Result<SdJwtBuf, SignatureError> {
    let claims: JWTClaims<AnyClaims> = serde_json::from_value(Value::Object(claims.clone())).unwrap();
    block_on(claims.conceal_and_sign(SdAlg::Sha256, &pointers(disclosable), key))
}

/// ssi sends what it is told to and leaves it to the caller that a claim is not shown without what it stands in.
fn with_what_they_stand_in(shown: &[Place], disclosable: &[Place]) -> Vec<Place> {
    let needed = |place: &&Place| shown.iter().any(|one| one.starts_with(place));
    disclosable.iter().filter(needed).cloned().collect()
}

fn present(credential: &SdJwtBuf, shown: &[Place]) -> SdJwtBuf {
    let revealed = SdJwt::new(credential.as_str()).unwrap().decode_reveal_any().unwrap();
    revealed.retaining(&pointers(shown)).into_encoded()
}

fn bind(presentation: &mut SdJwtBuf, key: &JWK) {
    let payload = KbJwtPayload::new(AUDIENCE.to_owned(), NONCE.to_owned(), SdAlg::Sha256, presentation);
    presentation.set_kb(&block_on(payload.sign(key)).unwrap());
}
