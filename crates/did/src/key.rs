//! did:key: the identifier is the key (W3C CCG did:key 0.9).

use jose::{Jwk, KeyKind};
use serde_json::{Value, json};

use crate::document::{Document, DocumentError};
use crate::identifier::{Did, DidError};
use crate::multikey::{self, MultikeyError, PublicKey};

/// Why a did:key does not resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyDidError {
    /// Not a did:key.
    #[error("not a did:key")]
    NotDidKey,
    /// The key is malformed or of a kind that is not used here.
    #[error("the did:key's key is not taken: {0}")]
    Key(#[from] MultikeyError),
    /// The document could not be built; cannot happen for a well-formed key.
    #[error("the did:key has no document: {0}")]
    Document(#[from] DocumentError),
}

/// The did:key of `jwk`.
///
/// # Errors
/// None for a key that a [`Jwk`] can hold.
pub fn did(jwk: &Jwk) -> Result<Did, DidError> {
    Did::parse(&format!("did:key:{}", multikey::encode(jwk)))
}

/// The key of a did:key.
///
/// # Errors
/// See [`KeyDidError`].
pub fn public_key(did: &Did) -> Result<PublicKey, KeyDidError> {
    if did.method() != "key" {
        return Err(KeyDidError::NotDidKey);
    }
    Ok(multikey::decode(did.method_specific_id())?)
}

/// The document of a did:key.
///
/// # Errors
/// See [`KeyDidError`].
pub fn resolve(did: &Did) -> Result<Document, KeyDidError> {
    let key = public_key(did)?;
    let text = did.method_specific_id();
    let own = format!("{did}#{text}");
    let method = |id: &str, text: &str| -> Value {
        json!({"id": id, "type": "Multikey", "controller": did.as_str(), "publicKeyMultibase": text})
    };
    let mut document = json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did.as_str(),
        "verificationMethod": [method(&own, text)],
        "keyAgreement": [own],
    });
    if let PublicKey::Jwk(jwk) = &key {
        for name in ["authentication", "assertionMethod", "capabilityDelegation", "capabilityInvocation"] {
            insert(&mut document, name, json!([own]));
        }
        if let KeyKind::Ed25519(bytes) = jwk.kind() {
            // An Ed25519 key does not agree on keys; its Montgomery form does.
            let agreement = PublicKey::X25519(to_x25519(bytes)?).to_multikey();
            let id = format!("{did}#{agreement}");
            insert(&mut document, "verificationMethod", json!([method(&own, text), method(&id, &agreement)]));
            insert(&mut document, "keyAgreement", json!([id]));
        }
    }
    Ok(Document::from_value(document)?)
}

fn insert(document: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = document {
        members.insert(name.to_owned(), value);
    }
}

fn to_x25519(bytes: &[u8; 32]) -> Result<[u8; 32], MultikeyError> {
    let point = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| MultikeyError::NotOnCurve)?;
    Ok(point.to_montgomery().to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Relationship;
    use environment::SeededRandomness;
    use jose::{Algorithm, Signer, SigningKey};

    #[test]
    fn a_key_survives_the_way_through_its_did() {
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
            let key = SigningKey::generate(algorithm, &SeededRandomness::new(1)).unwrap();
            let did = did(key.public_jwk()).unwrap();
            let document = resolve(&did).unwrap();
            for relationship in [Relationship::Authentication, Relationship::AssertionMethod] {
                let keys = document.keys(relationship);
                assert_eq!(keys.len(), 1);
                assert_eq!(&keys[0].1, key.public_jwk());
                assert_eq!(keys[0].0.fragment(), Some(did.method_specific_id()));
            }
        }
    }

    /// did:key method, test vectors "ed25519-x25519".
    #[test]
    fn an_ed25519_key_agrees_by_its_montgomery_form_and_a_did_may_be_of_that_alone() {
        let did = Did::parse("did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp").unwrap();
        let agreement = "z6LShs9GGnqk85isEBzzshkuVWrVKsRp24GnDuHk8QWkARMW";
        let document = resolve(&did).unwrap();
        assert_eq!(document.references(Relationship::KeyAgreement), [did.with_fragment(agreement).unwrap()]);
        let alone = Did::parse(&format!("did:key:{agreement}")).unwrap();
        let public = public_key(&alone).unwrap();
        assert!(matches!(public, PublicKey::X25519(_)) && public.to_multikey() == agreement);
        let document = resolve(&alone).unwrap();
        assert_eq!(
            document.references(Relationship::KeyAgreement),
            [alone.with_fragment(agreement).unwrap()]
        );
        assert_eq!(document.references(Relationship::Authentication), []);
    }

    #[test]
    fn other_methods_and_versioned_spellings_are_refused() {
        let key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
        let multikey = multikey::encode(key.public_jwk());
        let refusal = |text: String| resolve(&Did::parse(&text).unwrap()).unwrap_err();
        assert_eq!(refusal(format!("did:kez:{multikey}")), KeyDidError::NotDidKey);
        assert_eq!(refusal(format!("did:key:1.1:{multikey}")), KeyDidError::Key(MultikeyError::NotBase58));
        assert_eq!(refusal(format!("did:key:{multikey}:a")), KeyDidError::Key(MultikeyError::NotBase58));
        assert_eq!(refusal(format!("did:key:z1{multikey}")), KeyDidError::Key(MultikeyError::Unsupported));
    }
}
