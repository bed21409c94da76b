//! A passkey in a few lines (WebAuthn Level 3 §6), by which the bench enters the console of a space of its own: made and not used again.

use anyhow::{Context, Result};
use environment::{Randomness, SystemRandomness};
use jose::digest::sha256;
use jose::{Algorithm, Signer, SigningKey, base64url};
use serde_json::{Value, json};

/// Somebody is there and was looked at, and a key comes with it (§6.1).
const FLAGS: u8 = 0x01 | 0x04 | 0x40;
/// Bytes of a coordinate of P-256.
const COORDINATE: usize = 32;

/// What a browser sends when it was asked for a passkey by `options` on a page of `origin`.
///
/// # Errors
/// The options are not those of a creation.
pub(super) fn passkey(options: &Value, origin: &str) -> Result<String> {
    let text = |pointer: &str| {
        options.pointer(pointer).and_then(Value::as_str).with_context(|| format!("options without {pointer}"))
    };
    let key = SigningKey::generate(Algorithm::Es256, &SystemRandomness)?;
    let jwk = key.public_jwk().to_value();
    let coordinate = |name: &str| {
        let text = jwk.get(name).and_then(Value::as_str).unwrap_or_default();
        base64url::decode(text).ok().filter(|bytes| bytes.len() == COORDINATE).context("a key without points")
    };
    let id: [u8; 16] = (&SystemRandomness as &dyn Randomness).bytes();
    // Authenticator data: host, flags, counter, model, credential, and its key as COSE (RFC 9053 §7.1.1).
    let mut data = sha256(text("/rp/id")?).to_vec();
    data.push(FLAGS);
    data.extend([0, 0, 0, 1]);
    data.extend([0; 16]);
    data.extend([0, 16]);
    data.extend(id);
    data.extend([0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
    data.extend(coordinate("x")?);
    data.extend([0x22, 0x58, 0x20]);
    data.extend(coordinate("y")?);
    // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR.
    let mut object = b"\xA3\x63fmt\x64none\x67attStmt\xA0\x68authData\x58".to_vec();
    object.push(u8::try_from(data.len())?);
    object.extend(data);
    let client = json!({
        "type": "webauthn.create",
        "challenge": text("/challenge")?,
        "origin": origin,
        "crossOrigin": false,
    });
    let id = base64url::encode(id);
    let response = json!({
        "attestationObject": base64url::encode(object),
        "clientDataJSON": base64url::encode(client.to_string()),
    });
    Ok(json!({"id": id, "rawId": id, "type": "public-key", "extensions": {}, "response": response})
        .to_string())
}
