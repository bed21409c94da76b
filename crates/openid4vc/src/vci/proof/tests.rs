use environment::SeededRandomness;
use jose::{Signer, SigningKey};

use super::*;

mod attested;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://office.example";

struct Setting {
    key: SigningKey,
    nonces: NonceKey,
    nonce: String,
}

fn setting() -> Setting {
    let randomness = SeededRandomness::new(11);
    let nonces = NonceKey::generate(&randomness);
    let nonce = nonces.issue(Purpose::Credential, NOW, &randomness);
    Setting { key: SigningKey::generate(Algorithm::Es256, &randomness).unwrap(), nonces, nonce }
}

impl Setting {
    fn rules(&self) -> Rules<'_> {
        Rules {
            credential_issuer: ISSUER,
            nonces: &self.nonces,
            nonce_lifetime: 60,
            client_id: None,
            key_of: &self_contained_key,
            attested: None,
            now: NOW,
        }
    }

    fn honest(&self) -> (Map<String, Value>, Map<String, Value>) {
        let header = json!({"typ": TYPE, "jwk": self.key.public_jwk().required_members()});
        let claims = json!({"aud": ISSUER, "iat": NOW.seconds(), "nonce": self.nonce});
        (header.as_object().unwrap().clone(), claims.as_object().unwrap().clone())
    }

    fn signed(&self, header: &[(&str, Value)], claims: &[(&str, Value)]) -> String {
        let (mut head, mut body) = self.honest();
        let change = |members: &mut Map<String, Value>, changes: &[(&str, Value)]| {
            for (name, value) in changes {
                if value.is_null() {
                    members.remove(*name);
                } else {
                    members.insert((*name).to_owned(), value.clone());
                }
            }
        };
        change(&mut head, header);
        change(&mut body, claims);
        jose::jws::sign(head, Value::Object(body).to_string().as_bytes(), &self.key).unwrap()
    }

    fn header(&self, name: &str, value: Value) -> ProofError {
        verify(&self.signed(&[(name, value)], &[]), &self.rules()).unwrap_err()
    }

    fn claim(&self, name: &str, value: Value) -> ProofError {
        verify(&self.signed(&[], &[(name, value)]), &self.rules()).unwrap_err()
    }
}

#[test]
fn a_proof_made_here_is_taken_here() {
    let setting = setting();
    let proof = NewProof {
        key: setting.key.public_jwk(),
        credential_issuer: ISSUER,
        nonce: Some(&setting.nonce),
        client_id: None,
        key_attestation: None,
    };
    let compact = proof.to_sign(NOW).sign(&setting.key).unwrap();
    let verified = verify(&compact, &setting.rules()).unwrap();
    assert_eq!(verified.key(), setting.key.public_jwk());
    assert_eq!(verified.nonce().expires_at, NOW.plus(60));
}

#[test]
fn the_audience_is_the_issuer_as_one_string() {
    let setting = setting();
    for other in [json!("https://other.example"), json!([ISSUER]), json!(format!("{ISSUER}/")), Value::Null] {
        assert_eq!(setting.claim("aud", other), ProofError::WrongAudience);
    }
}

#[test]
fn the_key_is_named_exactly_once_and_public() {
    let setting = setting();
    let kid = format!("{}#0", did::jwk::did(setting.key.public_jwk()).unwrap());
    assert_eq!(setting.header("kid", json!(kid)), ProofError::KeyNotNamedOnce);
    assert_eq!(setting.header("x5c", json!(["AAAA"])), ProofError::KeyNotNamedOnce);
    assert_eq!(setting.header("jwk", Value::Null), ProofError::KeyNotNamedOnce);
    let chain = setting.signed(&[("jwk", Value::Null), ("x5c", json!(["AAAA"]))], &[]);
    assert_eq!(verify(&chain, &setting.rules()).unwrap_err(), ProofError::CertificateChain);
    let private: Value = serde_json::from_str(&setting.key.to_private_json()).unwrap();
    for unusable in [private, json!({}), json!({"kty": "oct", "k": "AAAA"})] {
        assert_eq!(setting.header("jwk", unusable), ProofError::NoKey);
    }
}

#[test]
fn a_kid_of_did_jwk_or_did_key_names_the_key_and_other_dids_do_not() {
    let setting = setting();
    let signed = |kid: &str| setting.signed(&[("jwk", Value::Null), ("kid", json!(kid))], &[]);
    let jwk = did::jwk::did(setting.key.public_jwk()).unwrap();
    let key = did::key::did(setting.key.public_jwk()).unwrap();
    for kid in [format!("{jwk}#0"), format!("{key}#{}", key.method_specific_id())] {
        assert_eq!(verify(&signed(&kid), &setting.rules()).unwrap().key(), setting.key.public_jwk(), "{kid}");
    }
    let other = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(12)).unwrap();
    let other = format!("{}#0", did::jwk::did(other.public_jwk()).unwrap());
    assert_eq!(
        verify(&signed(&other), &setting.rules()).unwrap_err(),
        ProofError::Jws(JwsError::BadSignature)
    );
    for unknown in ["did:web:nobody.invalid#key-1", "#0", &format!("{jwk}#1"), &jwk.to_string()] {
        assert_eq!(verify(&signed(unknown), &setting.rules()).unwrap_err(), ProofError::NoKey, "{unknown}");
    }
}

#[test]
fn type_algorithm_extensions_and_signature_are_checked() {
    let setting = setting();
    for typ in [json!("JWT"), json!("kb+jwt"), Value::Null] {
        assert!(matches!(setting.header("typ", typ), ProofError::Jws(JwsError::WrongType { .. })));
    }
    let crit = setting.signed(&[("crit", json!(["x-must"])), ("x-must", json!(true))], &[]);
    assert_eq!(verify(&crit, &setting.rules()).unwrap_err(), ProofError::Jws(JwsError::UnknownExtension));
    let good = setting.signed(&[], &[]);
    let (input, _) = good.rsplit_once('.').unwrap();
    for signature in ["", &jose::base64url::encode([0; 64])] {
        let error = verify(&format!("{input}.{signature}"), &setting.rules()).unwrap_err();
        assert_eq!(error, ProofError::Jws(JwsError::BadSignature));
    }
    assert_eq!(verify("not-a-jwt", &setting.rules()).unwrap_err(), ProofError::Jws(JwsError::Malformed));
}

#[test]
fn times_are_checked() {
    let setting = setting();
    for iat in [json!(NOW.seconds() - OLDEST - 1), json!(NOW.seconds() + SKEW + 1), Value::Null] {
        assert!(matches!(setting.claim("iat", iat), ProofError::Claim(_)));
    }
    let expired = setting.claim("exp", json!(NOW.seconds() - 3_600));
    assert!(matches!(expired, ProofError::Claim(ClaimError::Expired { .. })));
    assert_eq!(expired.code(), "invalid_proof");
}

#[test]
fn a_missing_nonce_is_an_invalid_proof_and_a_foreign_or_stale_one_an_invalid_nonce() {
    let setting = setting();
    let missing = setting.claim("nonce", Value::Null);
    assert_eq!(
        (&missing, missing.code()),
        (&ProofError::Claim(ClaimError::Missing("nonce")), "invalid_proof")
    );
    let foreign = setting.claim("nonce", json!("AAAA"));
    assert_eq!((&foreign, foreign.code()), (&ProofError::Nonce(NonceError::Foreign), "invalid_nonce"));
    let late = Rules { now: NOW.plus(60), ..setting.rules() };
    let stale = verify(&setting.signed(&[], &[]), &late).unwrap_err();
    assert_eq!((&stale, stale.code()), (&ProofError::Nonce(NonceError::Stale), "invalid_nonce"));
}

#[test]
fn iss_is_the_client_id_and_absent_for_an_anonymous_wallet() {
    let setting = setting();
    assert_eq!(setting.claim("iss", json!("wallet")), ProofError::WrongIssuer);
    assert_eq!(setting.claim("iss", json!(7)), ProofError::WrongIssuer);
    let named = Rules { client_id: Some("wallet"), ..setting.rules() };
    assert!(verify(&setting.signed(&[], &[("iss", json!("wallet"))]), &named).is_ok());
    assert!(verify(&setting.signed(&[], &[]), &named).is_ok());
    let other = verify(&setting.signed(&[], &[("iss", json!("other"))]), &named).unwrap_err();
    assert_eq!(other, ProofError::WrongIssuer);
}

#[test]
fn a_batch_needs_a_key_for_each_proof() {
    let (one, mut two) = (setting(), setting());
    two.key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(13)).unwrap();
    let first = one.signed(&[], &[]);
    let again = one.signed(&[], &[("jti", json!("x"))]);
    let other = two.signed(&[], &[]);
    assert_eq!(verify_all(&[first.clone(), other.clone()], &one.rules()).unwrap().len(), 2);
    assert_eq!(verify_all(&[first.clone(), again], &one.rules()).unwrap_err(), ProofError::SameKey);
    let broken = format!("{}A", other.get(..other.len() - 1).unwrap());
    assert!(verify_all(&[first, broken], &one.rules()).is_err());
}
