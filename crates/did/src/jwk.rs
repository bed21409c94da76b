//! did:jwk: the identifier is a JWK in base64url.

use jose::{Jwk, KeyError, base64url};
use serde_json::{Value, json};

use crate::document::{Document, DocumentError};
use crate::identifier::{Did, DidError};

/// Why a did:jwk does not resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkDidError {
    /// Not a did:jwk.
    #[error("not a did:jwk")]
    NotDidJwk,
    /// Not canonical base64url of a JSON object.
    #[error("the identifier is not base64url of a JWK")]
    Encoding,
    /// The JWK is malformed, private or symmetric.
    #[error("the JWK is not taken: {0}")]
    Key(#[from] KeyError),
    /// The document could not be built; cannot happen for a well-formed key.
    #[error("the did:jwk has no document: {0}")]
    Document(#[from] DocumentError),
}

/// The did:jwk of `jwk`, with its required members only so that one key has one DID.
///
/// # Errors
/// None for a key that a [`Jwk`] can hold.
pub fn did(jwk: &Jwk) -> Result<Did, DidError> {
    Did::parse(&format!("did:jwk:{}", base64url::encode(jwk.required_members().to_string())))
}

/// The document of a did:jwk. Keys of kinds we do not use are shown, not checked.
///
/// # Errors
/// See [`JwkDidError`].
pub fn resolve(did: &Did) -> Result<Document, JwkDidError> {
    let jwk = public_jwk(did)?;
    let id = format!("{did}#0");
    let mut document = json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"],
        "id": did.as_str(),
        "verificationMethod": [
            {"id": id, "type": "JsonWebKey2020", "controller": did.as_str(), "publicKeyJwk": jwk},
        ],
    });
    let public_key_use = jwk.get("use").and_then(Value::as_str);
    let signing: &[&str] =
        &["assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation"];
    if let Value::Object(members) = &mut document {
        for name in signing.iter().filter(|_| public_key_use != Some("enc")) {
            members.insert((*name).to_owned(), json!([id]));
        }
        if public_key_use != Some("sig") && can_agree(&jwk) {
            members.insert("keyAgreement".to_owned(), json!([id]));
        }
    }
    Ok(Document::from_value(document)?)
}

/// An Ed25519 key cannot agree on keys, whatever it says of itself.
fn can_agree(jwk: &Value) -> bool {
    jwk.get("crv").and_then(Value::as_str) != Some("Ed25519")
}

fn public_jwk(did: &Did) -> Result<Value, JwkDidError> {
    if did.method() != "jwk" {
        return Err(JwkDidError::NotDidJwk);
    }
    let text = base64url::decode(did.method_specific_id()).map_err(|_| JwkDidError::Encoding)?;
    let jwk = Value::Object(jose::json::parse_object(text).map_err(|_| JwkDidError::Encoding)?);
    match Jwk::from_value(&jwk) {
        Ok(_) => Ok(jwk),
        Err(KeyError::Unsupported) if is_public(&jwk) => Ok(jwk),
        Err(KeyError::Unsupported) => Err(JwkDidError::Key(KeyError::Malformed)),
        Err(error) => Err(error.into()),
    }
}

/// A public key of a kind we do not use: at least it says what it is.
fn is_public(jwk: &Value) -> bool {
    matches!(jwk.get("kty").and_then(Value::as_str), Some("EC" | "OKP" | "RSA" | "AKP"))
        && jwk.get("use").is_none_or(Value::is_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Relationship;
    use environment::SeededRandomness;
    use jose::{Algorithm, Signer, SigningKey};

    fn of(jwk: &Value) -> Did {
        Did::parse(&format!("did:jwk:{}", base64url::encode(jwk.to_string()))).unwrap()
    }

    fn p256() -> Value {
        SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1))
            .unwrap()
            .public_jwk()
            .required_members()
    }

    fn purposes(jwk: &Value) -> Vec<&'static str> {
        let document = resolve(&of(jwk)).unwrap();
        let listed = |relationship: &&Relationship| !document.references(**relationship).is_empty();
        Relationship::ALL.iter().filter(listed).map(|relationship| relationship.name()).collect()
    }

    #[test]
    fn a_key_survives_the_way_through_its_did() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        let did = did(key.public_jwk()).unwrap();
        let document = resolve(&did).unwrap();
        let url = did.with_fragment("0").unwrap();
        assert_eq!(document.key(&url, Relationship::AssertionMethod).as_ref(), Ok(key.public_jwk()));
    }

    #[test]
    fn the_declared_use_decides_the_purposes() {
        let mut jwk = p256();
        assert_eq!(purposes(&jwk).len(), 5);
        jwk["use"] = json!("enc");
        assert_eq!(purposes(&jwk), ["keyAgreement"]);
        jwk["use"] = json!("sig");
        assert_eq!(purposes(&jwk).len(), 4);
        assert!(!purposes(&jwk).contains(&"keyAgreement"));
    }

    #[test]
    fn an_ed25519_key_agrees_on_nothing_whatever_it_says() {
        let key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
        let mut jwk = key.public_jwk().required_members();
        for public_key_use in [None, Some("sig"), Some("enc")] {
            if let Some(public_key_use) = public_key_use {
                jwk["use"] = json!(public_key_use);
            }
            assert!(!purposes(&jwk).contains(&"keyAgreement"), "{public_key_use:?}");
        }
        jwk = key.public_jwk().required_members();
        assert_eq!(purposes(&jwk).len(), 4);
    }

    #[test]
    fn a_public_key_of_another_kind_is_in_its_document_and_is_no_key_here() {
        for jwk in [
            json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}),
            json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
            json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
            json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
        ] {
            let document = resolve(&of(&jwk)).unwrap();
            assert_eq!(document.verification_methods()[0].members()["publicKeyJwk"], jwk);
            assert_eq!(document.keys(Relationship::AssertionMethod), []);
            assert!(purposes(&jwk).contains(&"keyAgreement"));
            let mut odd = jwk;
            odd["use"] = json!(7);
            assert_eq!(resolve(&of(&odd)), Err(JwkDidError::Key(KeyError::Malformed)));
        }
    }

    #[test]
    fn private_symmetric_and_malformed_keys_are_refused() {
        let mut private = p256();
        private["d"] = json!("AA");
        assert_eq!(resolve(&of(&private)), Err(JwkDidError::Key(KeyError::Private)));
        let secret = json!({"kty": "oct", "k": "AA"});
        assert_eq!(resolve(&of(&secret)), Err(JwkDidError::Key(KeyError::Private)));
        let private_other = json!({"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA", "d": "AA"});
        assert_eq!(resolve(&of(&private_other)), Err(JwkDidError::Key(KeyError::Private)));
        let mut off_curve = p256();
        off_curve["x"] = off_curve["y"].clone();
        assert_eq!(resolve(&of(&off_curve)), Err(JwkDidError::Key(KeyError::NotOnCurve)));
        assert_eq!(resolve(&of(&json!({"kty": "?"}))), Err(JwkDidError::Key(KeyError::Malformed)));
    }

    #[test]
    fn other_encodings_are_refused() {
        let text = of(&p256()).to_string();
        let refusal = |text: &str| resolve(&Did::parse(text).unwrap());
        assert_eq!(refusal(&format!("{text}%3D")), Err(JwkDidError::Encoding));
        assert_eq!(refusal("did:jwk:AAAA"), Err(JwkDidError::Encoding));
        assert_eq!(refusal("did:key:AAAA"), Err(JwkDidError::NotDidJwk));
        let twice = base64url::encode(r#"{"kty":"EC","kty":"EC"}"#);
        assert_eq!(refusal(&format!("did:jwk:{twice}")), Err(JwkDidError::Encoding));
    }
}
