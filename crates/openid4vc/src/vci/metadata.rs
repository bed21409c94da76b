//! Metadata of a credential issuer (OpenID4VCI 1.0 §12.2).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::encryption::{self, RequestEncryption, ResponseEncryption};
use crate::address::{self, AddressError};
use crate::http::{AnswerError, Request, Response};

/// Where it is, between host and path of the issuer.
pub const WELL_KNOWN: &str = "openid-credential-issuer";
/// The one credential format that is spoken.
pub const FORMAT: &str = "dc+sd-jwt";

/// Why metadata is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// It could not be fetched.
    #[error("the metadata could not be fetched: {0}")]
    Fetch(#[from] AnswerError),
    /// An address in it, or the issuer's own, is refused.
    #[error("an address in the metadata is refused: {0}")]
    Address(#[from] AddressError),
    /// It belongs to another issuer: identifiers are compared as they are written.
    #[error("the metadata belongs to another issuer")]
    OtherIssuer,
    /// A member is missing or has the wrong type.
    #[error("{0} of the metadata is missing or malformed")]
    Member(&'static str),
    /// `batch_size` is below 2 (§12.2.4).
    #[error("batch_size must be at least 2")]
    BatchSize,
    /// The issuer insists on encrypted requests or responses in a way that is not spoken.
    #[error("the issuer requires requests or responses to be encrypted in a way that is not spoken here")]
    EncryptionRequired,
}

/// A name in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Display {
    /// The name.
    pub name: String,
    /// Its language (BCP 47).
    pub locale: Option<String>,
    /// A logo, an https or data URI.
    pub logo_uri: Option<String>,
    /// Background colour (CSS hexadecimal).
    pub background_color: Option<String>,
    /// Text colour (CSS hexadecimal).
    pub text_color: Option<String>,
}

impl Display {
    /// A name without further decoration.
    #[must_use]
    pub fn named(name: impl Into<String>, locale: Option<&str>) -> Self {
        Self {
            name: name.into(),
            locale: locale.map(str::to_owned),
            logo_uri: None,
            background_color: None,
            text_color: None,
        }
    }

    fn to_value(&self) -> Value {
        let mut members = Map::new();
        members.insert("name".to_owned(), Value::from(self.name.as_str()));
        let others = [
            ("locale", &self.locale),
            ("background_color", &self.background_color),
            ("text_color", &self.text_color),
        ];
        for (name, value) in others {
            if let Some(value) = value {
                members.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        if let Some(uri) = &self.logo_uri {
            members.insert("logo".to_owned(), json!({"uri": uri}));
        }
        Value::Object(members)
    }

    fn from_value(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let name = text("name")?;
        let logo_uri = value.pointer("/logo/uri").and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            name,
            locale: text("locale"),
            logo_uri,
            background_color: text("background_color"),
            text_color: text("text_color"),
        })
    }
}

/// One kind of credential (§12.2.4, Appendix A.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialConfiguration {
    /// `scope`, which HAIP asks for.
    pub scope: Option<String>,
    /// `vct`.
    pub vct: String,
    /// `cryptographic_binding_methods_supported`; empty: not bound to a key.
    pub binding_methods: Vec<String>,
    /// `alg` values taken in `jwt` proofs; empty: no proofs.
    pub proof_algorithms: Vec<String>,
    /// `alg` values taken in proofs of type `attestation`; empty: that type is not taken.
    pub attestation_algorithms: Vec<String>,
    /// What the issuer wants attested of keys, in `jwt` proofs too; absent: nothing (§12.2.4).
    pub key_attestations_required: Option<KeyAttestationsRequired>,
    /// `alg` values of the issuer.
    pub signing_algorithms: Vec<String>,
    /// Names, one a language.
    pub display: Vec<Display>,
    /// `claims` descriptions as they stand (Appendix B), for display only.
    pub claims: Vec<Value>,
}

impl CredentialConfiguration {
    /// A configuration of one of our types: bound to a key, ES256 and EdDSA.
    #[must_use]
    pub fn key_bound(vct: impl Into<String>, scope: impl Into<String>) -> Self {
        let algorithms = || jose::Algorithm::ALL.iter().map(|one| one.name().to_owned()).collect::<Vec<_>>();
        Self {
            scope: Some(scope.into()),
            vct: vct.into(),
            binding_methods: vec!["jwk".to_owned(), "did:jwk".to_owned(), "did:key".to_owned()],
            proof_algorithms: algorithms(),
            attestation_algorithms: Vec::new(),
            key_attestations_required: None,
            signing_algorithms: algorithms(),
            display: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// Whether its credentials are bound to a key of the wallet.
    #[must_use]
    pub fn is_key_bound(&self) -> bool {
        !self.binding_methods.is_empty()
    }

    fn to_value(&self) -> Value {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("format", Value::from(FORMAT));
        put("vct", Value::from(self.vct.as_str()));
        put("credential_signing_alg_values_supported", json!(self.signing_algorithms));
        if let Some(scope) = &self.scope {
            put("scope", Value::from(scope.as_str()));
        }
        // Both or neither (§12.2.4).
        if self.is_key_bound() {
            put("cryptographic_binding_methods_supported", json!(self.binding_methods));
            put("proof_types_supported", self.proof_types());
        }
        let display: Vec<Value> = self.display.iter().map(Display::to_value).collect();
        let mut metadata = Map::new();
        if !display.is_empty() {
            metadata.insert("display".to_owned(), Value::Array(display));
        }
        if !self.claims.is_empty() {
            metadata.insert("claims".to_owned(), Value::Array(self.claims.clone()));
        }
        if !metadata.is_empty() {
            put("credential_metadata", Value::Object(metadata));
        }
        Value::Object(members)
    }

    fn proof_types(&self) -> Value {
        let described = |algorithms: &[String]| {
            let mut described = json!({"proof_signing_alg_values_supported": algorithms});
            if let (Value::Object(members), Some(required)) =
                (&mut described, &self.key_attestations_required)
            {
                members.insert("key_attestations_required".to_owned(), required.to_value());
            }
            described
        };
        let types = [("jwt", &self.proof_algorithms), ("attestation", &self.attestation_algorithms)];
        types
            .into_iter()
            .filter(|(_, algorithms)| !algorithms.is_empty())
            .map(|(name, algorithms)| (name.to_owned(), described(algorithms)))
            .collect::<Map<_, _>>()
            .into()
    }

    /// `None` for a format that is not spoken or a description that breaks the rules: an offer that names such a
    /// configuration is refused, the others of the issuer are not made unusable by it.
    fn from_value(value: &Value) -> Option<Self> {
        let members = value
            .as_object()
            .filter(|members| members.get("format").is_some_and(|format| format == FORMAT))?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let binding_methods = texts(members, "cryptographic_binding_methods_supported").ok()?;
        let proof_types = members.get("proof_types_supported");
        // Both or neither (§12.2.4).
        if binding_methods.is_empty() != proof_types.is_none() {
            return None;
        }
        let proof_type =
            |name: &str| proof_types.and_then(|types| types.get(name)).and_then(Value::as_object);
        let algorithms = |name: &str| match proof_type(name) {
            None => Some(Vec::new()),
            Some(described) => texts(described, "proof_signing_alg_values_supported").ok(),
        };
        let required = ["jwt", "attestation"]
            .into_iter()
            .filter_map(proof_type)
            .find_map(|described| described.get("key_attestations_required"));
        let metadata = members.get("credential_metadata");
        let list = |name: &str| metadata.and_then(|metadata| metadata.get(name)).and_then(Value::as_array);
        Some(Self {
            scope: text("scope"),
            vct: text("vct")?,
            binding_methods,
            proof_algorithms: algorithms("jwt")?,
            attestation_algorithms: algorithms("attestation")?,
            key_attestations_required: required.map(KeyAttestationsRequired::from_value).transpose().ok()?,
            signing_algorithms: texts(members, "credential_signing_alg_values_supported").ok()?,
            display: list("display")
                .map(|all| all.iter().filter_map(Display::from_value).collect())
                .unwrap_or_default(),
            claims: list("claims").cloned().unwrap_or_default(),
        })
    }
}

/// What an issuer wants attested of the keys it binds credentials to (§12.2.4, Appendix D.2); empty lists: anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyAttestationsRequired {
    /// `key_storage`.
    pub key_storage: Vec<String>,
    /// `user_authentication`.
    pub user_authentication: Vec<String>,
}

impl KeyAttestationsRequired {
    fn to_value(&self) -> Value {
        let lists = [("key_storage", &self.key_storage), ("user_authentication", &self.user_authentication)];
        lists
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| (name.to_owned(), json!(list)))
            .collect::<Map<_, _>>()
            .into()
    }

    fn from_value(value: &Value) -> Result<Self, MetadataError> {
        let members = value.as_object().ok_or(MetadataError::Member("key_attestations_required"))?;
        Ok(Self {
            key_storage: texts(members, "key_storage")?,
            user_authentication: texts(members, "user_authentication")?,
        })
    }
}

/// A member that is a list of strings, empty when absent.
pub(crate) fn texts(members: &Map<String, Value>, name: &'static str) -> Result<Vec<String>, MetadataError> {
    let Some(list) = members.get(name) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or(MetadataError::Member(name))?;
    // Algorithms may be numbers (COSE) in formats that are not spoken; those are passed over.
    Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The metadata of an issuer, as far as it is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerMetadata {
    /// The identifier.
    pub credential_issuer: String,
    /// The authorisation servers; empty: the issuer itself.
    pub authorization_servers: Vec<String>,
    /// The credential endpoint.
    pub credential_endpoint: String,
    /// The nonce endpoint.
    pub nonce_endpoint: Option<String>,
    /// The deferred credential endpoint.
    pub deferred_credential_endpoint: Option<String>,
    /// The notification endpoint.
    pub notification_endpoint: Option<String>,
    /// How requests may, or must, be encrypted; absent: they are not.
    pub request_encryption: Option<RequestEncryption>,
    /// How answers may, or must, be encrypted; absent: they are not.
    pub response_encryption: Option<ResponseEncryption>,
    /// How many credentials one request may ask for, at least 2; absent: one.
    pub batch_size: Option<u64>,
    /// Names of the issuer.
    pub display: Vec<Display>,
    /// What it issues in a format that is spoken.
    pub configurations: BTreeMap<String, CredentialConfiguration>,
}

impl IssuerMetadata {
    /// The request for the metadata of `issuer`, unsigned.
    ///
    /// # Errors
    /// [`MetadataError::Address`].
    pub fn request(issuer: &str) -> Result<Request, MetadataError> {
        Ok(Request::get(address::well_known(issuer, WELL_KNOWN)?, "application/json"))
    }

    /// Reads the answer; `credential_issuer` must be the same text (§12.2.4).
    ///
    /// # Errors
    /// See [`MetadataError`].
    pub fn from_response(response: &Response, issuer: &str) -> Result<Self, MetadataError> {
        Self::from_object(&response.ok_object()?, issuer)
    }

    /// Reads metadata that was read as JSON already.
    ///
    /// # Errors
    /// See [`MetadataError`].
    pub fn from_object(members: &Map<String, Value>, issuer: &str) -> Result<Self, MetadataError> {
        if members.get("credential_issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(MetadataError::OtherIssuer);
        }
        let request_encryption = RequestEncryption::read(members)?;
        let response_encryption = ResponseEncryption::read(members)?;
        encryption::check_together(request_encryption.as_ref(), response_encryption.as_ref())?;
        let authorization_servers = texts(members, "authorization_servers")?;
        for server in &authorization_servers {
            address::parse(server)?;
        }
        let listed = members
            .get("credential_configurations_supported")
            .and_then(Value::as_object)
            .ok_or(MetadataError::Member("credential_configurations_supported"))?;
        let mut configurations = BTreeMap::new();
        for (id, value) in listed {
            if let Some(configuration) = CredentialConfiguration::from_value(value) {
                configurations.insert(id.clone(), configuration);
            }
        }
        let names = members.get("display").and_then(Value::as_array);
        Ok(Self {
            credential_issuer: issuer.to_owned(),
            authorization_servers,
            credential_endpoint: endpoint(members, "credential_endpoint")?
                .ok_or(MetadataError::Member("credential_endpoint"))?,
            nonce_endpoint: endpoint(members, "nonce_endpoint")?,
            deferred_credential_endpoint: endpoint(members, "deferred_credential_endpoint")?,
            notification_endpoint: endpoint(members, "notification_endpoint")?,
            request_encryption,
            response_encryption,
            batch_size: batch_size(members)?,
            display: names
                .map(|all| all.iter().filter_map(Display::from_value).collect())
                .unwrap_or_default(),
            configurations,
        })
    }

    /// The metadata as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut members = Map::new();
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        put("credential_issuer", Value::from(self.credential_issuer.as_str()));
        if !self.authorization_servers.is_empty() {
            put("authorization_servers", json!(self.authorization_servers));
        }
        put("credential_endpoint", Value::from(self.credential_endpoint.as_str()));
        let endpoints = [
            ("nonce_endpoint", &self.nonce_endpoint),
            ("deferred_credential_endpoint", &self.deferred_credential_endpoint),
            ("notification_endpoint", &self.notification_endpoint),
        ];
        for (name, endpoint) in endpoints {
            if let Some(endpoint) = endpoint {
                put(name, Value::from(endpoint.as_str()));
            }
        }
        if let Some(encryption) = &self.request_encryption {
            put("credential_request_encryption", encryption.to_value());
        }
        if let Some(encryption) = &self.response_encryption {
            put("credential_response_encryption", encryption.to_value());
        }
        if let Some(size) = self.batch_size {
            put("batch_credential_issuance", json!({"batch_size": size}));
        }
        if !self.display.is_empty() {
            put("display", Value::Array(self.display.iter().map(Display::to_value).collect()));
        }
        let configurations: Map<String, Value> = self
            .configurations
            .iter()
            .map(|(id, configuration)| (id.clone(), configuration.to_value()))
            .collect();
        put("credential_configurations_supported", Value::Object(configurations));
        Value::Object(members)
    }
}

fn endpoint(members: &Map<String, Value>, name: &'static str) -> Result<Option<String>, MetadataError> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let text = value.as_str().ok_or(MetadataError::Member(name))?;
    address::parse(text)?;
    Ok(Some(text.to_owned()))
}

fn batch_size(members: &Map<String, Value>) -> Result<Option<u64>, MetadataError> {
    let Some(batch) = members.get("batch_credential_issuance") else { return Ok(None) };
    let size = batch
        .get("batch_size")
        .and_then(Value::as_u64)
        .ok_or(MetadataError::Member("batch_credential_issuance"))?;
    if size < 2 { Err(MetadataError::BatchSize) } else { Ok(Some(size)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://office.example";

    fn metadata() -> IssuerMetadata {
        let mut passport = CredentialConfiguration::key_bound("urn:passport-network:passport:1", "passport");
        passport.display.push(Display::named("Passport", Some("en")));
        passport.claims.push(json!({"path": ["number"]}));
        let mut logo = Display::named("Office", None);
        logo.logo_uri = Some("data:image/svg+xml,x".to_owned());
        IssuerMetadata {
            credential_issuer: ISSUER.to_owned(),
            authorization_servers: Vec::new(),
            credential_endpoint: format!("{ISSUER}/credential"),
            nonce_endpoint: Some(format!("{ISSUER}/nonce")),
            deferred_credential_endpoint: None,
            notification_endpoint: Some(format!("{ISSUER}/notification")),
            request_encryption: None,
            response_encryption: None,
            batch_size: Some(10),
            display: vec![logo],
            configurations: BTreeMap::from([("passport".to_owned(), passport)]),
        }
    }

    fn with(name: &str, value: Value) -> Result<IssuerMetadata, MetadataError> {
        let mut metadata = metadata().to_value();
        metadata[name] = value;
        IssuerMetadata::from_object(metadata.as_object().unwrap(), ISSUER)
    }

    #[test]
    fn what_is_written_is_read_back_and_unknown_members_are_ignored() {
        assert_eq!(with("future", json!([1])).unwrap(), metadata());
    }

    #[test]
    fn formats_that_are_not_spoken_are_passed_over() {
        let mut configurations = metadata().to_value()["credential_configurations_supported"].clone();
        configurations["other"] = json!({"format": "future+format", "thing": 1});
        // An mdoc names its algorithms by the numbers of COSE.
        configurations["mdl"] = json!({
            "format": "mso_mdoc", "doctype": "org.iso.18013.5.1.mDL",
            "credential_signing_alg_values_supported": [-7, -9],
            "cryptographic_binding_methods_supported": ["cose_key"],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        });
        assert_eq!(with("credential_configurations_supported", configurations).unwrap(), metadata());
    }

    #[test]
    fn the_identifier_is_compared_as_it_is_written() {
        for other in [json!("https://office.example/"), json!("https://Office.example"), Value::Null] {
            assert_eq!(with("credential_issuer", other), Err(MetadataError::OtherIssuer));
        }
    }

    #[test]
    fn a_configuration_that_breaks_the_rules_is_not_there_and_the_others_are() {
        let good = metadata().to_value()["credential_configurations_supported"]["passport"].clone();
        let without = |name: &str| {
            let mut configuration = good.clone();
            configuration.as_object_mut().unwrap().remove(name);
            configuration
        };
        for broken in [
            without("vct"),
            without("format"),
            without("proof_types_supported"),
            without("cryptographic_binding_methods_supported"),
            json!(1),
        ] {
            let read =
                with("credential_configurations_supported", json!({"good": good, "broken": broken})).unwrap();
            assert_eq!(read.configurations.keys().collect::<Vec<_>>(), ["good"]);
        }
        let list = with("credential_configurations_supported", json!([]));
        assert_eq!(list, Err(MetadataError::Member("credential_configurations_supported")));
    }

    #[test]
    fn a_configuration_without_binding_methods_and_proof_types_is_bound_to_no_key() {
        let mut unbound = metadata().to_value()["credential_configurations_supported"]["passport"].clone();
        for name in ["cryptographic_binding_methods_supported", "proof_types_supported"] {
            unbound.as_object_mut().unwrap().remove(name);
        }
        let read = with("credential_configurations_supported", json!({"unbound": unbound})).unwrap();
        assert!(!read.configurations["unbound"].is_key_bound());
        assert_eq!(read.to_value()["credential_configurations_supported"]["unbound"], unbound, "neither");
        assert!(metadata().configurations["passport"].is_key_bound());
    }

    #[test]
    fn names_and_claims_stand_in_credential_metadata_and_nowhere_else() {
        let written = metadata().to_value()["credential_configurations_supported"]["passport"].clone();
        let described = &written["credential_metadata"];
        assert_eq!(described["display"], json!([{"name": "Passport", "locale": "en"}]));
        assert_eq!(described["claims"], json!([{"path": ["number"]}]));
        assert!(written.get("display").is_none() && written.get("claims").is_none());
        // As drafts had it.
        let mut draft = written.clone();
        let members = draft.as_object_mut().unwrap();
        let Some(Value::Object(moved)) = members.remove("credential_metadata") else { panic!("an object") };
        members.extend(moved);
        let read = with("credential_configurations_supported", json!({"draft": draft})).unwrap();
        assert!(
            read.configurations["draft"].display.is_empty() && read.configurations["draft"].claims.is_empty()
        );
    }

    #[test]
    fn a_batch_of_one_and_required_encryption_are_refused() {
        assert_eq!(
            with("batch_credential_issuance", json!({"batch_size": 1})),
            Err(MetadataError::BatchSize)
        );
        assert_eq!(with("batch_credential_issuance", json!({"batch_size": 2})).unwrap().batch_size, Some(2));
        let required = json!({
            "alg_values_supported": ["RSA-OAEP-256"],
            "enc_values_supported": ["A128CBC-HS256"],
            "jwks": {"keys": []},
            "encryption_required": true,
        });
        for name in ["credential_response_encryption", "credential_request_encryption"] {
            assert_eq!(with(name, required.clone()), Err(MetadataError::EncryptionRequired));
        }
    }

    #[test]
    fn endpoints_must_be_https() {
        let refused = with("credential_endpoint", json!("http://office.example/credential"));
        assert_eq!(refused, Err(MetadataError::Address(AddressError::NotHttps)));
        assert_eq!(with("nonce_endpoint", json!(1)), Err(MetadataError::Member("nonce_endpoint")));
    }
}
