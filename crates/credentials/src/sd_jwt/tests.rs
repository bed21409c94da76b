mod any_claims;
mod binding;
mod compact_form;
mod holding;
mod issuing;
mod json_serialisation;
mod processing;

use environment::{Randomness, SeededRandomness, Timestamp};
use jose::jws::{JwsError, Policy};
use jose::jwt::ClaimError;
use jose::{Algorithm, Signer, SigningKey, VerifyingKey, base64url, jws};
use serde_json::{Map, Value, json};

use super::key_binding::{Expected, KeyBinding, KeyBindingError};
use super::*;
use crate::claims_path::{ClaimsPath, PathError, Step};

const TYP: &str = "example+sd-jwt";

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn verifying(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(key.public_jwk()).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn path(value: Value) -> ClaimsPath {
    ClaimsPath::from_value(&value).unwrap()
}

/// Encodes a disclosure as written.
fn disclose(value: &Value) -> String {
    base64url::encode(value.to_string())
}

fn digest(disclosure: &str) -> String {
    HashAlgorithm::Sha256.base64url(disclosure.as_bytes())
}

/// Signs any payload and appends any disclosures, as no honest issuer would.
fn forge(payload: Value, disclosures: &[&str]) -> String {
    let header = object(json!({"typ": TYP}));
    let jwt = jws::sign(header, payload.to_string().as_bytes(), &key(1)).unwrap();
    let mut compact = format!("{jwt}~");
    for disclosure in disclosures {
        compact.push_str(disclosure);
        compact.push('~');
    }
    compact
}

fn verify(compact: &str) -> Result<Verified, SdJwtError> {
    SdJwt::parse(compact)?.verify(&verifying(&key(1)), &Policy::typed(&[TYP]))
}

fn claims(compact: &str) -> Result<Value, SdJwtError> {
    verify(compact).map(|verified| Value::Object(verified.claims().clone()))
}

fn person() -> Value {
    json!({
        "iss": "https://harbour.example.org",
        "name": "Ada Example",
        "email": "ada@example.org",
        "address": {"locality": "Harbour", "country": "XX", "lines": ["a", "b"]},
        "nationalities": ["one", "two", "three"],
        "nothing": null
    })
}

fn issued(frame: &Frame, decoys: Decoys) -> String {
    let issuing = Issuing { typ: TYP, header: Map::new(), claims: object(person()), frame, decoys };
    issue(issuing, &key(1), &SeededRandomness::new(9)).unwrap()
}

fn held(frame: &Frame) -> Held {
    Held::new(verify(&issued(frame, Decoys::default())).unwrap()).unwrap()
}

fn everything() -> Frame {
    Frame::Everything { except: vec!["iss".to_owned()] }
}
