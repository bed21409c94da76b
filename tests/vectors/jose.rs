//! JOSE: what is accepted (ES256, EdDSA, ECDH-ES on P-256 with AES-GCM) holds, and the rest is refused for what it is.

mod cookbook;
mod wycheproof;

use jose::jwe::{self, ContentEncryption, JweError};
use jose::jws::{self, JwsError, Policy};
use jose::{Algorithm, DecryptionKey, Jwk, KeyError, VerifyingKey, base64url, json};
use serde_json::{Map, Value};

/// Any type: these tokens are of none of ours.
const ANY_TYPE: Policy<'static> = Policy { types: &[], algorithms: Algorithm::ALL };

/// Why a token or its key is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Refusal {
    Key(KeyError),
    Jws(JwsError),
    Jwe(JweError),
}

/// What a key that we do not use is refused as: a secret where a public key belongs, or unsupported.
fn refusal_of_key(jwk: &Value) -> Option<KeyError> {
    let text = |name: &str| jwk[name].as_str();
    if jwk.get("k").is_some() {
        return Some(KeyError::Private);
    }
    let ours =
        matches!((text("kty"), text("crv")), (Some("EC"), Some("P-256")) | (Some("OKP"), Some("Ed25519")));
    (!ours).then_some(KeyError::Unsupported)
}

/// Checks a compact JWS with a public key in JSON; the payload.
fn verified(token: &str, jwk: &Value) -> Result<Vec<u8>, Refusal> {
    let key = Jwk::from_value(jwk).and_then(|jwk| VerifyingKey::new(&jwk)).map_err(Refusal::Key)?;
    let verified = jws::Unverified::parse(token).and_then(|token| token.verify(&key, &ANY_TYPE));
    Ok(verified.map_err(Refusal::Jws)?.payload().to_vec())
}

/// Opens a compact JWE with a private key in JSON; the plaintext.
fn opened(token: &str, jwk: &Value) -> Result<Vec<u8>, Refusal> {
    let key = DecryptionKey::from_private_json(jwk.to_string()).map_err(Refusal::Key)?;
    Ok(jwe::decrypt(token, &key).map_err(Refusal::Jwe)?.to_vec())
}

/// The protected header of a compact token; empty if there is none to be read.
fn header(token: &str) -> Map<String, Value> {
    let part = token.split('.').next().unwrap_or_default();
    base64url::decode(part).ok().and_then(|bytes| json::parse_object(bytes).ok()).unwrap_or_default()
}

/// As what a well-formed JWS under this header is refused before its signature is looked at, if it is.
fn refusal_of_jws(header: &Map<String, Value>) -> Option<JwsError> {
    if header.contains_key("crit") || header.contains_key("b64") {
        return Some(JwsError::UnknownExtension);
    }
    let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::from_name);
    algorithm.is_none().then_some(JwsError::WrongAlgorithm)
}

/// As what a well-formed JWE under this header is refused before anything is decrypted, if it is.
fn refusal_of_jwe(header: &Map<String, Value>) -> Option<JweError> {
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    if text("alg") != Some("ECDH-ES") {
        return Some(JweError::WrongAlgorithm);
    }
    if text("enc").and_then(ContentEncryption::from_name).is_none() {
        return Some(JweError::WrongEncryption);
    }
    let curve = header.get("epk").map(|epk| &epk["crv"]);
    (curve.and_then(Value::as_str) != Some("P-256")).then_some(JweError::BadEphemeralKey)
}

/// Bytes in hexadecimal.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
}
