//! SD-JWTs: what is parsed, and validly signed ones of any shape.

use std::collections::BTreeSet;

use credentials::sd_jwt::key_binding::{self, KeyBinding};
use credentials::sd_jwt::{self, Decoys, Disclosure, HashAlgorithm, Held, Issuing, SdJwt};
use environment::Randomness;
use jose::jws::Policy;
use jose::{VerifyingKey, base64url};
use serde_json::{Map, Value};

use crate::bytes::{Choices, one_byte_changed, text};
use crate::fixtures::{NOW, holder, randomness, signer, verifier};
use crate::target::{Target, files};
use crate::tree;

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("sd_jwt", compact)
        .published(&[
            files("sd-jwt-spec-testcases", "sd_jwt_issuance.txt"),
            files("sd-jwt-spec-testcases", "sd_jwt_presentation.txt"),
            files("sd-jwt-python-testcases", "sd_jwt_issuance.txt"),
            files("sd-jwt-python-testcases", "sd_jwt_presentation.txt"),
            files("sd-jwt-python-testcases", ".json"),
            files("eudi-openid4vp", ".txt"),
        ])
        .words(&[
            "~",
            "~~",
            "\"_sd\":[",
            "\"...\":",
            "\"_sd_alg\":\"sha-256\"",
            "sha-512",
            "[\"salt\",\"name\",1]",
        ]),
    Target::new("sd_jwt_json", json_serialisation)
        .published(&[
            files("sd-jwt-spec-testcases", "presentation.json"),
            files("sd-jwt-python-testcases", "presentation.json"),
            files("sd-jwt-python-testcases", "issuance.json"),
        ])
        .made(|| vec![br#"{"payload":"e30","protected":"e30","signature":"AA","header":{"disclosures":["WyJhIiwxXQ"],"kb_jwt":"a.b.c"}}"#.to_vec()])
        .words(&["payload", "protected", "signature", "signatures", "header", "disclosures", "kb_jwt", "[", "{"]),
    Target::new("disclosure", disclosure)
        .made(|| vec![base64url::encode(r#"["salt","name",{"_sd":["x"]}]"#).into_bytes()])
        .words(&["[\"", "\",\"", "_sd", "..."]),
    Target::new("sd_jwt_signed", signed),
    Target::new("sd_jwt_one_byte", one_byte),
    Target::new("key_binding", bound),
];

/// What is taken keeps its text; a claim that is shown stands where it is said to stand.
fn compact(input: &[u8]) {
    let Some(compact) = text(input) else { return };
    let Ok(parsed) = SdJwt::parse(compact) else { return };
    for part in parsed.disclosures() {
        assert_eq!(Disclosure::parse(part.encoded()).expect("it was parsed").encoded(), part.encoded());
    }
    let is_bound = parsed.key_binding_jwt().is_some();
    let again = parsed.clone();
    assert!(parsed.verify(verifier(), &Policy::typed(&[])).is_err(), "nobody signed this with our key");
    let Ok(processed) = again.process_unverified() else { return };
    let all: BTreeSet<usize> = (0..processed.disclosed().len()).collect();
    assert_eq!(processed.claims_with(&all), *processed.claims());
    for disclosed in processed.disclosed() {
        assert!(disclosed.location().value(processed.claims()).is_some(), "{:?}", disclosed.location());
    }
    match Held::reopen(compact) {
        Ok(held) => assert_eq!(held.to_compact(), compact),
        Err(_) => assert!(is_bound),
    }
}

/// The JSON serialisation (RFC 9901 §8) is never taken as the compact one, nor the other way round.
fn json_serialisation(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let Ok(parsed) = SdJwt::parse_json(given) else { return };
    assert!(SdJwt::parse(given).is_err());
    assert!(jose::json::parse_object(given).is_ok());
    assert!(
        parsed.clone().verify(verifier(), &Policy::typed(&[])).is_err(),
        "nobody signed this with our key"
    );
    let _ = (parsed.key_binding_jwt(), parsed.disclosures().len());
    let _ = parsed.process_unverified();
}

fn disclosure(input: &[u8]) {
    let Some(encoded) = text(input) else { return };
    let Ok(parsed) = Disclosure::parse(encoded) else { return };
    assert_eq!(parsed.encoded(), encoded);
    assert!(!parsed.name().is_some_and(|name| matches!(name, "_sd" | "..." | "_sd_alg")));
    let hash = HashAlgorithm::from_name("sha-256").unwrap();
    assert_eq!(parsed.digest(hash).as_str(), jose::digest::sha256_base64url(encoded));
}

/// A credential that was issued, and what it says.
pub(crate) struct Issued {
    /// Its text.
    pub(crate) compact: String,
    /// All claims.
    pub(crate) claims: Map<String, Value>,
}

/// Issues a credential of the shape that the choices ask for.
pub(crate) fn issued(choices: &mut Choices<'_>, random: &dyn Randomness) -> Issued {
    let claims = tree::claims(choices);
    let frame = tree::frame(&claims, choices);
    let decoys = Decoys { at_least: choices.byte() % 3, at_most: choices.byte() % 3 + 2 };
    let issuing =
        Issuing { typ: "test+sd-jwt", header: Map::new(), claims: claims.clone(), frame: &frame, decoys };
    Issued {
        compact: sd_jwt::issue(issuing, signer(), random).expect("a tree without reserved names"),
        claims,
    }
}

fn verified(compact: &str) -> Result<sd_jwt::Verified, sd_jwt::SdJwtError> {
    SdJwt::parse(compact)?.verify(verifier(), &Policy::typed(&["test+sd-jwt"]))
}

/// Whatever the shape, what was issued verifies to the same claims; any selection shows its claims and no other.
fn signed(input: &[u8]) {
    let mut choices = Choices::new(input);
    let issued = issued(&mut choices, &randomness(6));
    let received = verified(&issued.compact).expect("just issued");
    assert_eq!(*received.claims(), issued.claims);
    let held = Held::new(received).expect("no key binding");
    let locations: Vec<_> = held.processed().disclosed().iter().map(|one| one.location().clone()).collect();
    let selection = held.select_locations(locations.iter().filter(|_| choices.flag()));
    let presented = held.present(&selection);
    let read = verified(&presented).expect("a presentation of it");
    assert_eq!(*read.claims(), held.revealed(&selection));
    let hidden = presented.matches('~').count();
    assert!(hidden <= issued.compact.matches('~').count());
}

/// After the change of one byte it does not verify, or the text after the last tilde is no longer empty.
fn one_byte(input: &[u8]) {
    let mut choices = Choices::new(input);
    let issued = issued(&mut choices, &randomness(6));
    let Some(changed) = one_byte_changed(&issued.compact, &mut choices) else { return };
    if let Ok(read) = verified(&changed) {
        assert!(read.key_binding_jwt().is_some(), "{changed}");
        assert!(
            Held::new(read).is_err(),
            "what an issuer sent is refused with something after the last tilde"
        );
    }
}

/// A key binding holds for its own request and presentation, and not after the change of one byte.
fn bound(input: &[u8]) {
    let mut choices = Choices::new(input);
    let issued = issued(&mut choices, &randomness(6));
    let held = Held::reopen(&issued.compact).expect("just issued");
    let binding = KeyBinding { audience: "x509_hash:a", nonce: "n", issued_at: NOW };
    let presented = held.present_bound(&held.select_all(), &binding, holder()).expect("a key that signs");
    let key = VerifyingKey::new(jose::Signer::public_jwk(holder())).unwrap();
    let expected =
        key_binding::Expected { audience: "x509_hash:a", nonce: "n", now: NOW, oldest: 60, skew: 60 };
    let takes = |text: &str| {
        verified(text).is_ok_and(|verified| key_binding::verify(&verified, &key, &expected).is_ok())
    };
    assert!(takes(&presented));
    if let Some(changed) = one_byte_changed(&presented, &mut choices) {
        assert!(!takes(&changed), "{changed}");
    }
    let fewer = presented.splitn(3, '~').collect::<Vec<_>>();
    if let [jwt, _, rest] = fewer.as_slice()
        && !rest.is_empty()
    {
        assert!(!takes(&format!("{jwt}~{rest}")), "a disclosure was taken away and the binding still held");
    }
}
