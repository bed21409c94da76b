//! `client_metadata` of a request (OpenID4VP 1.0 §5.1, §11.1): how the answer is to be encrypted, and the formats.

use jose::jwe::ContentEncryption;
use jose::{Algorithm, Jwk, KeyKind};
use serde_json::{Map, Value, json};

/// The one credential format that is spoken.
pub const FORMAT: &str = "dc+sd-jwt";

/// What a verifier says of itself, as far as it is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientMetadata {
    /// Its name, the verifier's own word.
    pub client_name: Option<String>,
    /// The first key to which an answer can be encrypted.
    pub encryption_key: Option<Jwk>,
    /// The content encryptions it takes that are spoken here; never empty, A128GCM where it does not say.
    pub encryptions: Vec<ContentEncryption>,
    /// `None`: it does not say which formats it takes.
    pub takes_sd_jwt_vc: Option<bool>,
}

impl ClientMetadata {
    /// The metadata of a request of ours; with a key the answer is encrypted to it.
    #[must_use]
    pub fn ours(client_name: Option<String>, encryption_key: Option<Jwk>) -> Self {
        Self {
            client_name,
            encryption_key,
            encryptions: ContentEncryption::ALL.to_vec(),
            takes_sd_jwt_vc: Some(true),
        }
    }

    /// The metadata as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = json!({"vp_formats_supported": formats()});
        if let Value::Object(members) = &mut value {
            if let Some(name) = &self.client_name {
                members.insert("client_name".to_owned(), Value::from(name.as_str()));
            }
            if let Some(key) = &self.encryption_key {
                let names: Vec<&str> = self.encryptions.iter().map(|encryption| encryption.name()).collect();
                members.insert("jwks".to_owned(), json!({"keys": [key.to_value()]}));
                members.insert("encrypted_response_enc_values_supported".to_owned(), json!(names));
            }
        }
        value
    }

    /// Reads metadata; unknown members and unusable keys are passed over. `None` when it is malformed.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        let client_name = match members.get("client_name") {
            None => None,
            Some(name) => Some(name.as_str()?.to_owned()),
        };
        let keys = match members.get("jwks") {
            None => None,
            Some(set) => Some(set.get("keys")?.as_array()?),
        };
        let encryption_key = keys.and_then(|keys| keys.iter().find_map(usable));
        let takes_sd_jwt_vc = match members.get("vp_formats_supported") {
            None => None,
            Some(formats) => Some(takes_sd_jwt_vc(formats.as_object()?)),
        };
        Some(Self { client_name, encryption_key, encryptions: encryptions(members)?, takes_sd_jwt_vc })
    }
}

/// `vp_formats_supported` of both ends.
#[must_use]
pub fn formats() -> Value {
    let algorithms: Vec<&str> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    json!({FORMAT: {"sd-jwt_alg_values": algorithms, "kb-jwt_alg_values": algorithms}})
}

/// §8.3: P-256 for ECDH-ES, with `kid` and `alg`; a key without `use` is for encryption (errata).
fn usable(key: &Value) -> Option<Jwk> {
    let key = Jwk::from_value(key).ok()?;
    let fits = matches!(key.kind(), KeyKind::P256 { .. })
        && key.kid().is_some()
        && key.alg() == Some("ECDH-ES")
        && key.public_key_use().is_none_or(|purpose| purpose == "enc");
    fits.then_some(key)
}

/// §5.1: absent means A128GCM. `Some` of an empty list: none of those named is spoken.
fn encryptions(members: &Map<String, Value>) -> Option<Vec<ContentEncryption>> {
    let Some(list) = members.get("encrypted_response_enc_values_supported") else {
        return Some(vec![ContentEncryption::A128Gcm]);
    };
    let names = list.as_array()?;
    let listed =
        |encryption: &&ContentEncryption| names.iter().any(|name| name.as_str() == Some(encryption.name()));
    Some(ContentEncryption::ALL.iter().filter(listed).copied().collect())
}

/// A verifier that names no algorithm takes any; one that names some must take ours.
fn takes_sd_jwt_vc(formats: &Map<String, Value>) -> bool {
    let Some(format) = formats.get(FORMAT) else { return false };
    let ours = |name: &Value| name.as_str().is_some_and(|name| Algorithm::from_name(name).is_some());
    ["sd-jwt_alg_values", "kb-jwt_alg_values"]
        .into_iter()
        .all(|list| format.get(list).and_then(Value::as_array).is_none_or(|names| names.iter().any(ours)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use environment::SeededRandomness;
    use jose::DecryptionKey;

    fn key() -> Jwk {
        DecryptionKey::generate("k", &SeededRandomness::new(1)).unwrap().public_jwk().clone()
    }

    fn with_keys(keys: Value) -> Option<Jwk> {
        ClientMetadata::from_value(&json!({"jwks": {"keys": keys}})).unwrap().encryption_key
    }

    #[test]
    fn what_is_written_is_read_back() {
        let metadata = ClientMetadata::ours(Some("Kiln".to_owned()), Some(key()));
        assert_eq!(ClientMetadata::from_value(&metadata.to_value()).unwrap(), metadata);
    }

    #[test]
    fn unusable_keys_are_passed_over() {
        let good = key().to_value();
        let with = |name: &str, value: Value| {
            let mut key = good.clone();
            key[name] = value;
            key
        };
        let without = |name: &str| {
            let mut key = good.clone();
            key.as_object_mut().unwrap().remove(name);
            key
        };
        assert!(with_keys(json!([without("use")])).is_some());
        let unusable = [
            with("crv", json!("P-999")),
            with("use", json!("sig")),
            with("alg", json!("FUTURE-1")),
            without("kid"),
            without("alg"),
            json!(1),
        ];
        for key in &unusable {
            assert_eq!(with_keys(json!([key])), None, "{key}");
            assert!(with_keys(json!([key, good])).is_some());
        }
        assert_eq!(with_keys(json!([])), None);
    }

    #[test]
    fn an_absent_list_of_encryptions_means_a128gcm_and_an_unknown_one_none() {
        let read = |value: Value| ClientMetadata::from_value(&value).map(|metadata| metadata.encryptions);
        assert_eq!(read(json!({})), Some(vec![ContentEncryption::A128Gcm]));
        let list = |names: Value| read(json!({"encrypted_response_enc_values_supported": names}));
        assert_eq!(
            list(json!(["A128GCM", "A256GCM", "A128CBC-HS256"])),
            Some(ContentEncryption::ALL.to_vec())
        );
        assert_eq!(list(json!(["A999GCM"])), Some(Vec::new()));
        assert_eq!(list(json!("A128GCM")), None);
    }

    #[test]
    fn formats_must_name_ours_with_an_algorithm_of_ours() {
        let read = |formats: Value| {
            ClientMetadata::from_value(&json!({"vp_formats_supported": formats})).unwrap().takes_sd_jwt_vc
        };
        assert_eq!(read(json!({FORMAT: {}})), Some(true));
        assert_eq!(read(json!({FORMAT: {"sd-jwt_alg_values": ["HS256", "ES256"]}})), Some(true));
        assert_eq!(read(json!({FORMAT: {"sd-jwt_alg_values": ["ES512"]}})), Some(false));
        assert_eq!(read(json!({"mso_mdoc": {}})), Some(false));
    }
}
