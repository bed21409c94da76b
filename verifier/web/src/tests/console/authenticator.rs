//! An authenticator in a few lines (WebAuthn Level 3 §6), which does also what a good one would not.

use environment::SystemRandomness;
use jose::digest::sha256;
use jose::{Algorithm, Signer, SigningKey, base64url};
use serde_json::{Value, json};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

/// One passkey.
#[derive(Clone)]
pub(crate) struct Authenticator {
    key: std::sync::Arc<SigningKey>,
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) counter: u32,
    pub(crate) host: String,
    /// Whether it looks who touches it.
    pub(crate) verifies: bool,
}

impl Authenticator {
    /// Makes a passkey; gives what the browser sends.
    pub(crate) fn make(options: &Value, origin: &str) -> (Self, String) {
        Self::make_looking(options, origin, true)
    }

    pub(crate) fn make_looking(options: &Value, origin: &str, verifies: bool) -> (Self, String) {
        let key = SigningKey::generate(Algorithm::Es256, &SystemRandomness).unwrap();
        let raw: [u8; 16] = (&SystemRandomness as &dyn environment::Randomness).bytes();
        let made = Self {
            id: base64url::encode(raw),
            user: options["user"]["id"].as_str().unwrap().to_owned(),
            counter: 1,
            host: options["rp"]["id"].as_str().unwrap().to_owned(),
            verifies,
            key: std::sync::Arc::new(key),
        };
        let jwk = made.key.public_jwk().to_value();
        let coordinate = |name: &str| base64url::decode(jwk[name].as_str().unwrap()).unwrap();
        let mut data = made.data(ATTESTED);
        data.extend([0; 16]);
        data.extend([0, 16]);
        data.extend(raw);
        data.extend([0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(coordinate("x"));
        data.extend([0x22, 0x58, 0x20]);
        data.extend(coordinate("y"));
        let mut object = vec![0xA3, 0x63];
        object.extend(b"fmt");
        object.push(0x64);
        object.extend(b"none");
        object.push(0x67);
        object.extend(b"attStmt");
        object.push(0xA0);
        object.push(0x68);
        object.extend(b"authData");
        object.extend([0x58, u8::try_from(data.len()).unwrap()]);
        object.extend(data);
        let client = client_data("webauthn.create", options, origin);
        let answer = json!({"id": made.id, "rawId": made.id, "type": "public-key", "extensions": {},
            "response": {"attestationObject": base64url::encode(object), "clientDataJSON": base64url::encode(client)}});
        (made, answer.to_string())
    }

    /// Signs in; gives what the browser sends.
    pub(crate) fn sign(&mut self, options: &Value, origin: &str) -> String {
        self.counter += 1;
        let client = client_data("webauthn.get", options, origin);
        let data = self.data(0);
        let signed = self.key.sign(&[data.as_slice(), &sha256(&client)].concat()).unwrap();
        let answer = json!({"id": self.id, "rawId": self.id, "type": "public-key", "extensions": {},
            "response": {"authenticatorData": base64url::encode(data), "clientDataJSON": base64url::encode(client),
                "signature": base64url::encode(der(&signed)), "userHandle": self.user}});
        answer.to_string()
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = sha256(&self.host).to_vec();
        data.push(PRESENT | verified | more);
        data.extend(self.counter.to_be_bytes());
        data
    }
}

fn client_data(kind: &str, options: &Value, origin: &str) -> String {
    json!({"type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false})
        .to_string()
}

/// A signature of JWS as one of X9.62.
fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let mut number: Vec<u8> = half.iter().copied().skip_while(|byte| *byte == 0).collect();
        if number.first().is_none_or(|byte| byte & 0x80 != 0) {
            number.insert(0, 0);
        }
        [&[0x02, u8::try_from(number.len()).unwrap()], number.as_slice()].concat()
    };
    let body = [integer(&raw[..32]), integer(&raw[32..])].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], body.as_slice()].concat()
}
