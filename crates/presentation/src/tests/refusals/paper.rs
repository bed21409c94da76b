//! A presentation of which every part can be another: what was signed, what is disclosed, how it is bound.

use jose::{Signer, SigningKey, base64url, digest, jws};
use serde_json::{Map, Value, json};

use super::super::scene::{Asked, Scene};
use super::with;

#[derive(Clone)]
pub(super) struct Paper<'a> {
    pub(super) header: Value,
    pub(super) payload: Value,
    pub(super) disclosures: Vec<String>,
    pub(super) signer: &'a SigningKey,
    pub(super) binding_header: Value,
    pub(super) binding: Value,
    pub(super) binder: &'a SigningKey,
}

impl<'a> Paper<'a> {
    /// An honest presentation of one disclosed claim.
    pub(super) fn new(
        scene: &'a Scene,
        asked: &Asked,
        header: Value,
        payload: Value,
        claim: &str,
        value: &str,
        signer: &'a SigningKey,
    ) -> Self {
        let now = scene.now().seconds();
        let disclosure = disclosure(&json!(["salt-of-this-test", claim, value]));
        let mut payload = payload;
        payload["iat"] = json!(now);
        payload["exp"] = json!(now + 86_400);
        payload["cnf"] = json!({"jwk": scene.wallet.public_jwk().required_members()});
        payload["_sd_alg"] = json!("sha-256");
        payload["_sd"] = json!([digest::sha256_base64url(&disclosure)]);
        Self {
            header,
            payload,
            disclosures: vec![disclosure],
            signer,
            binding_header: json!({"typ": "kb+jwt"}),
            binding: json!({"iat": now, "aud": asked.text("client_id"), "nonce": asked.text("nonce")}),
            binder: &scene.wallet,
        }
    }

    pub(super) fn header(mut self, name: &str, member: Value) -> Self {
        self.header = with(&self.header, name, member);
        self
    }

    pub(super) fn payload(mut self, name: &str, member: Value) -> Self {
        self.payload = with(&self.payload, name, member);
        self
    }

    pub(super) fn binding(mut self, name: &str, member: Value) -> Self {
        self.binding = with(&self.binding, name, member);
        self
    }

    /// One disclosure more; the payload commits to it if `committed`.
    pub(super) fn disclosing(mut self, content: &Value, committed: bool) -> Self {
        let disclosure = disclosure(content);
        if committed {
            self.payload["_sd"].as_array_mut().unwrap().push(json!(digest::sha256_base64url(&disclosure)));
        }
        self.disclosures.push(disclosure);
        self
    }

    /// What the issuer signed, with what is disclosed.
    pub(super) fn unbound(&self) -> String {
        let jwt = signed(&self.header, &self.payload, self.signer);
        self.disclosures.iter().fold(format!("{jwt}~"), |text, disclosure| format!("{text}{disclosure}~"))
    }

    /// The whole presentation.
    pub(super) fn compact(&self) -> String {
        self.bind(self.unbound())
    }

    /// `unbound` with a key binding that fits it, unless the binding says otherwise.
    pub(super) fn bind(&self, unbound: String) -> String {
        let fitting = json!(digest::sha256_base64url(&unbound));
        let claims = with(&self.binding, "sd_hash", self.binding.get("sd_hash").cloned().unwrap_or(fitting));
        format!("{unbound}{}", signed(&self.binding_header, &claims, self.binder))
    }
}

fn disclosure(content: &Value) -> String {
    base64url::encode(content.to_string())
}

fn signed(header: &Value, claims: &Value, signer: &SigningKey) -> String {
    let header: Map<String, Value> = header.as_object().unwrap().clone();
    jws::sign(header, claims.to_string().as_bytes(), signer).unwrap()
}

/// `jwt` under another `alg`, with the signature that it had or none.
pub(super) fn under(algorithm: &str, jwt: &str, keep_signature: bool) -> String {
    let parts: Vec<&str> = jwt.split('.').collect();
    let mut header: Value = jose::json::parse(base64url::decode(parts[0]).unwrap()).unwrap();
    header["alg"] = json!(algorithm);
    let header = base64url::encode(header.to_string());
    format!("{header}.{}.{}", parts[1], if keep_signature { parts[2] } else { "" })
}

/// The private JWK of a key.
pub(super) fn private(key: &SigningKey) -> Value {
    jose::json::parse(key.to_private_json().as_bytes()).unwrap()
}

/// A key of nobody in particular.
pub(super) fn stranger(scene: &Scene) -> SigningKey {
    SigningKey::generate(scene.wallet.algorithm(), scene.environment.randomness()).unwrap()
}
