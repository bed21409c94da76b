use environment::SeededRandomness;
use jose::{Algorithm, Signer, SigningKey};

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const URL: &str = "https://office.example/credential";

struct Wallet {
    key: SigningKey,
    nonces: NonceKey,
    randomness: SeededRandomness,
}

fn wallet() -> Wallet {
    let randomness = SeededRandomness::new(7);
    let key = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    Wallet { key, nonces: NonceKey::generate(&randomness), randomness }
}

impl Wallet {
    fn proof(&self) -> NewProof<'_> {
        NewProof {
            key: self.key.public_jwk(),
            method: Method::Post,
            url: URL,
            access_token: Some("token"),
            nonce: None,
        }
    }

    fn sign(&self, proof: &NewProof<'_>) -> String {
        proof.to_sign(NOW, &self.randomness).sign(&self.key).unwrap()
    }

    fn expected(&self) -> Expected<'_> {
        Expected {
            method: Method::Post,
            url: URL,
            access_token: Some("token"),
            bound_to: Some(self.key.public_jwk().thumbprint()),
            nonces: &self.nonces,
            nonce_required: false,
            now: NOW,
        }
    }

    fn refusal(&self, proof: &str) -> DpopError {
        verify([proof], &self.expected()).unwrap_err()
    }
}

#[test]
fn a_proof_that_fits_is_taken_once_per_jti() {
    let wallet = wallet();
    let first = verify([wallet.sign(&wallet.proof()).as_str()], &wallet.expected()).unwrap();
    let second = verify([wallet.sign(&wallet.proof()).as_str()], &wallet.expected()).unwrap();
    assert_eq!(first.thumbprint(), wallet.key.public_jwk().thumbprint());
    assert_ne!(first.use_hash(), second.use_hash());
    assert!(first.expires_at() > NOW.plus(OLDEST));
}

#[test]
fn the_url_is_compared_without_query_and_in_normal_form() {
    let wallet = wallet();
    let proof = NewProof { url: "HTTPS://Office.Example:443/x/../credential?a=b#c", ..wallet.proof() };
    assert!(verify([wallet.sign(&proof).as_str()], &wallet.expected()).is_ok());
    let other = NewProof { url: "https://office.example/credential/", ..wallet.proof() };
    assert_eq!(wallet.refusal(&wallet.sign(&other)), DpopError::WrongUrl);
}

#[test]
fn a_proof_for_another_method_or_token_is_refused() {
    let wallet = wallet();
    let get = NewProof { method: Method::Get, ..wallet.proof() };
    assert_eq!(wallet.refusal(&wallet.sign(&get)), DpopError::WrongMethod);
    let other = NewProof { access_token: Some("other"), ..wallet.proof() };
    assert_eq!(wallet.refusal(&wallet.sign(&other)), DpopError::WrongTokenHash);
    let none = NewProof { access_token: None, ..wallet.proof() };
    assert_eq!(wallet.refusal(&wallet.sign(&none)), DpopError::WrongTokenHash);
}

#[test]
fn a_proof_by_another_key_is_refused() {
    let (mine, mut thief) = (wallet(), wallet());
    thief.key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(8)).unwrap();
    let error = mine.refusal(&thief.sign(&thief.proof()));
    assert_eq!((error.code(), error.status()), ("invalid_token", 401));
    assert_eq!(error, DpopError::OtherKey);
}

#[test]
fn an_old_or_future_proof_is_refused() {
    let wallet = wallet();
    let proof = wallet.sign(&wallet.proof());
    let at = |now: Timestamp| verify([proof.as_str()], &Expected { now, ..wallet.expected() });
    assert!(at(NOW.plus(OLDEST)).is_ok() && at(NOW.minus(SKEW)).is_ok());
    for outside in [NOW.plus(OLDEST + 1), NOW.minus(SKEW + 1)] {
        let refused = at(outside).unwrap_err();
        assert!(matches!(refused, DpopError::Claim(ClaimError::IssuedAtOutsideWindow { .. })), "{refused:?}");
    }
}

#[test]
fn the_header_must_be_one_proof_of_the_right_type_with_a_public_key() {
    let wallet = wallet();
    let good = wallet.sign(&wallet.proof());
    assert_eq!(verify([], &wallet.expected()).unwrap_err(), DpopError::Missing);
    assert!(verify_if_present(&[], &wallet.expected()).unwrap().is_none());
    assert!(verify_if_present(&[&good], &wallet.expected()).unwrap().is_some());
    assert!(verify_if_present(&["x"], &wallet.expected()).is_err());
    assert_eq!(verify([good.as_str(), good.as_str()], &wallet.expected()).unwrap_err(), DpopError::Repeated);
    let signed = |header: Value| {
        let payload = Unverified::parse(&good).unwrap().payload().to_vec();
        jose::jws::sign(header.as_object().unwrap().clone(), &payload, &wallet.key).unwrap()
    };
    let jwk = wallet.key.public_jwk().required_members();
    let typ = wallet.refusal(&signed(json!({"typ": "JWT", "jwk": jwk})));
    assert!(matches!(typ, DpopError::Jws(JwsError::WrongType { .. })), "{typ:?}");
    assert_eq!(wallet.refusal(&signed(json!({"typ": TYPE}))), DpopError::NoKey);
    let private: Value = serde_json::from_str(&wallet.key.to_private_json()).unwrap();
    assert_eq!(wallet.refusal(&signed(json!({"typ": TYPE, "jwk": private}))), DpopError::NoKey);
    let crit = wallet.refusal(&signed(json!({"typ": TYPE, "jwk": jwk, "crit": ["x"], "x": 1})));
    assert_eq!(crit, DpopError::Jws(JwsError::UnknownExtension));
}

#[test]
fn a_nonce_is_asked_for_where_required_and_checked_where_given() {
    let wallet = wallet();
    let required = Expected { nonce_required: true, ..wallet.expected() };
    let without = verify([wallet.sign(&wallet.proof()).as_str()], &required).unwrap_err();
    assert_eq!((without.clone(), without.code()), (DpopError::NonceNeeded, "use_dpop_nonce"));
    let nonce = wallet.nonces.issue(Purpose::Dpop, NOW, &wallet.randomness);
    let with = NewProof { nonce: Some(&nonce), ..wallet.proof() };
    assert!(verify([wallet.sign(&with).as_str()], &required).is_ok());
    let foreign = wallet.nonces.issue(Purpose::Credential, NOW, &wallet.randomness);
    let with = NewProof { nonce: Some(&foreign), ..wallet.proof() };
    assert_eq!(wallet.refusal(&wallet.sign(&with)), DpopError::NonceNeeded);
}
