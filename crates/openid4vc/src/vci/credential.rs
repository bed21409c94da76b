//! The credential endpoint (OpenID4VCI 1.0 §8): requests read strictly, responses built and read.

use serde_json::{Map, Value, json};

use super::encryption::{self, EncryptionError, Offered};
use super::proof::ProofError;
use super::reason::Reason;
use crate::http;
use crate::secret::SecretText;

/// Most proofs that are read at all.
const MOST_PROOFS: usize = 1_000;

/// Why no credential is issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The content type is neither `application/json` nor `application/jwt`.
    #[error("the content type must be application/json, or application/jwt for an encrypted request")]
    WrongMediaType,
    /// Not a JSON object with unique names.
    #[error("the request is not a JSON object with unique names")]
    NotJson,
    /// Not exactly one of `credential_identifier` and `credential_configuration_id`.
    #[error("exactly one of credential_identifier and credential_configuration_id is needed")]
    NotOneIdentifier,
    /// `credential_identifier` must be used because the token response gave some, or must not because it did not.
    #[error(
        "the token response decides whether credential_identifier or credential_configuration_id is used"
    )]
    WrongKindOfIdentifier,
    /// A member of the drafts.
    #[error("{0} is a member of drafts; the final standard has proofs and credential_configuration_id")]
    Draft(&'static str),
    /// `proofs` is no object with exactly one proof type and a list.
    #[error("proofs must be an object with one proof type and a list of proofs")]
    MalformedProofs,
    /// More proofs than `batch_size`.
    #[error("more proofs than batch_size allows")]
    TooManyProofs,
    /// The configuration is not known, or not granted.
    #[error("credential_configuration_id is not one of those granted")]
    UnknownConfiguration,
    /// The identifier is not one of those granted.
    #[error("credential_identifier is not one of those granted")]
    UnknownIdentifier,
    /// No proof although the credential is to be bound to a key.
    #[error("a proof is needed")]
    ProofMissing,
    /// A type of proof that is not spoken.
    #[error("proofs of this type are not taken for this credential")]
    ProofType,
    /// A proof is wrong.
    #[error("{0}")]
    Proof(#[from] ProofError),
    /// What the request says of encryption, or how it is encrypted.
    #[error("{0}")]
    Encryption(#[from] EncryptionError),
    /// A deferred credential request without `transaction_id` (§9.1).
    #[error("transaction_id is missing or malformed")]
    NoTransaction,
    /// `transaction_id` is not one that this access token got, or its credentials came (§9.3).
    #[error("transaction_id is not one that this access token got, or it has ended")]
    UnknownTransaction,
    /// The credential was issued already.
    #[error("this credential was issued already")]
    AlreadyIssued,
    /// The issuer decided not to.
    #[error("the issuer does not issue this credential")]
    Denied,
    /// Somebody at the issuer decided not to, and says why.
    #[error("the issuer does not issue this credential, and said why")]
    Declined(Reason),
}

impl CredentialError {
    /// The error code (§8.3.1.2).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongMediaType
            | Self::NoTransaction
            | Self::NotJson
            | Self::NotOneIdentifier
            | Self::WrongKindOfIdentifier
            | Self::Draft(_)
            | Self::MalformedProofs
            | Self::TooManyProofs => "invalid_credential_request",
            Self::UnknownConfiguration => "unknown_credential_configuration",
            Self::UnknownIdentifier => "unknown_credential_identifier",
            Self::ProofMissing | Self::ProofType => "invalid_proof",
            Self::Proof(error) => error.code(),
            Self::Encryption(error) => error.code(),
            Self::UnknownTransaction => "invalid_transaction_id",
            Self::AlreadyIssued | Self::Denied | Self::Declined(_) => "credential_request_denied",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Proof(error) => error.status(),
            _ => 400,
        }
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::Declined(reason) => reason.body(self.code()),
            other => http::error_body(other.code(), other),
        }
    }
}

/// Which credential is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `credential_identifier`.
    Identifier(String),
    /// `credential_configuration_id`.
    Configuration(String),
}

/// A credential request. Unknown members are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRequest {
    /// Which credential.
    pub wanted: Wanted,
    /// Proofs; none when there was no `proofs` at all.
    pub proofs: Proofs,
}

/// Proofs of one type (Appendix F).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proofs {
    /// Type `jwt`: one for each key; none when the request has no proofs.
    Jwt(Vec<String>),
    /// Type `attestation`: a key attestation for all keys, exactly one.
    Attestation(String),
}

impl Proofs {
    /// No proofs.
    #[must_use]
    pub const fn none() -> Self {
        Self::Jwt(Vec::new())
    }

    fn to_value(&self) -> Option<Value> {
        match self {
            Self::Jwt(proofs) if proofs.is_empty() => None,
            Self::Jwt(proofs) => Some(json!({"jwt": proofs})),
            Self::Attestation(attestation) => Some(json!({"attestation": [attestation]})),
        }
    }
}

impl From<Vec<String>> for Proofs {
    fn from(proofs: Vec<String>) -> Self {
        Self::Jwt(proofs)
    }
}

impl CredentialRequest {
    /// Reads the body of a request to an issuer that offers no encryption.
    ///
    /// # Errors
    /// See [`CredentialError`].
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, CredentialError> {
        Self::from_members(&encryption::open_request(content_type, body, &Offered::default())?.members)
    }

    /// Reads the members of a request, which was opened if it was encrypted.
    ///
    /// # Errors
    /// See [`CredentialError`].
    pub fn from_members(members: &Map<String, Value>) -> Result<Self, CredentialError> {
        for draft in ["proof", "format"] {
            if members.contains_key(draft) {
                return Err(CredentialError::Draft(draft));
            }
        }
        let wanted = wanted(members)?;
        let proofs = members.get("proofs").map(read_proofs).transpose()?.unwrap_or(Proofs::none());
        Ok(Self { wanted, proofs })
    }

    /// The JSON body.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let (name, value) = match &self.wanted {
            Wanted::Identifier(identifier) => ("credential_identifier", identifier),
            Wanted::Configuration(configuration) => ("credential_configuration_id", configuration),
        };
        let mut members = Map::new();
        members.insert(name.to_owned(), Value::from(value.as_str()));
        if let Some(proofs) = self.proofs.to_value() {
            members.insert("proofs".to_owned(), proofs);
        }
        Value::Object(members)
    }
}

fn wanted(members: &Map<String, Value>) -> Result<Wanted, CredentialError> {
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(CredentialError::NotOneIdentifier);
    match (members.get("credential_identifier"), members.get("credential_configuration_id")) {
        (Some(identifier), None) => text(identifier).map(Wanted::Identifier),
        (None, Some(configuration)) => text(configuration).map(Wanted::Configuration),
        _ => Err(CredentialError::NotOneIdentifier),
    }
}

fn read_proofs(proofs: &Value) -> Result<Proofs, CredentialError> {
    let types = proofs.as_object().ok_or(CredentialError::MalformedProofs)?;
    let mut types = types.iter();
    let (Some((name, list)), None) = (types.next(), types.next()) else {
        return Err(CredentialError::MalformedProofs);
    };
    if name != "jwt" && name != "attestation" {
        return Err(CredentialError::ProofType);
    }
    let list = list.as_array().ok_or(CredentialError::MalformedProofs)?;
    if list.is_empty() {
        return Err(CredentialError::ProofMissing);
    }
    if list.len() > MOST_PROOFS {
        return Err(CredentialError::TooManyProofs);
    }
    let list: Vec<String> = list
        .iter()
        .map(|one| one.as_str().map(str::to_owned).ok_or(CredentialError::MalformedProofs))
        .collect::<Result<_, _>>()?;
    match (name.as_str(), list.as_slice()) {
        ("jwt", _) => Ok(Proofs::Jwt(list)),
        // Appendix F: exactly one.
        (_, [attestation]) => Ok(Proofs::Attestation(attestation.clone())),
        _ => Err(CredentialError::MalformedProofs),
    }
}

/// Credentials that are handed over.
#[derive(Clone, Debug)]
pub struct CredentialResponse {
    /// The credentials, compact.
    pub credentials: Vec<SecretText>,
    /// Under which the wallet says what became of them.
    pub notification_id: Option<SecretText>,
}

impl CredentialResponse {
    /// The JSON body of the 200; it goes out with `Cache-Control: no-store`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let credentials: Vec<Value> =
            self.credentials.iter().map(|credential| json!({"credential": credential.expose()})).collect();
        let mut value = json!({"credentials": credentials});
        if let (Value::Object(members), Some(id)) = (&mut value, &self.notification_id) {
            members.insert("notification_id".to_owned(), Value::from(id.expose()));
        }
        value
    }

    /// Reads the members of a 200. `None` when it has no credentials of our format; drafts' `credential` is not read.
    #[must_use]
    pub fn from_object(members: &Map<String, Value>) -> Option<Self> {
        let listed = members.get("credentials")?.as_array().filter(|listed| !listed.is_empty())?;
        let credentials = listed
            .iter()
            .map(|one| one.get("credential").and_then(Value::as_str).map(SecretText::new))
            .collect::<Option<Vec<_>>>()?;
        let notification_id = match members.get("notification_id") {
            None => None,
            Some(id) => Some(SecretText::new(id.as_str().filter(|id| !id.is_empty())?)),
        };
        Some(Self { credentials, notification_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &Value) -> Result<CredentialRequest, CredentialError> {
        CredentialRequest::parse(Some("application/json"), value.to_string().as_bytes())
    }

    fn honest() -> Value {
        json!({"credential_configuration_id": "passport", "proofs": {"jwt": ["a.b.c"]}})
    }

    fn with(name: &str, value: Value) -> CredentialError {
        let mut request = honest();
        request[name] = value;
        read(&request).unwrap_err()
    }

    #[test]
    fn a_request_is_read_back_and_unknown_members_are_ignored() {
        let mut value = honest();
        value["unheard_of"] = json!(true);
        let request = read(&value).unwrap();
        assert_eq!(request.to_value(), honest());
        let identifier =
            CredentialRequest { wanted: Wanted::Identifier("i".to_owned()), proofs: Proofs::none() };
        assert_eq!(read(&identifier.to_value()).unwrap(), identifier);
    }

    #[test]
    fn exactly_one_identifier_is_taken() {
        assert_eq!(with("credential_identifier", json!("passport")), CredentialError::NotOneIdentifier);
        assert_eq!(
            with("credential_configuration_id", json!({"$ne": ""})),
            CredentialError::NotOneIdentifier
        );
        assert_eq!(read(&json!({"proofs": {"jwt": ["x"]}})), Err(CredentialError::NotOneIdentifier));
    }

    #[test]
    fn proofs_are_one_list_of_one_type() {
        for (proofs, error) in [
            (json!({"jwt": []}), CredentialError::ProofMissing),
            (json!({"jwt": "a.b.c"}), CredentialError::MalformedProofs),
            (json!({"jwt": [1]}), CredentialError::MalformedProofs),
            (json!({"jwt": ["a"], "di_vp": [{}]}), CredentialError::MalformedProofs),
            (json!({}), CredentialError::MalformedProofs),
            (json!({"cwt": ["a"]}), CredentialError::ProofType),
            (json!({"attestation": []}), CredentialError::ProofMissing),
            (json!({"attestation": ["a", "b"]}), CredentialError::MalformedProofs),
            (json!("x"), CredentialError::MalformedProofs),
        ] {
            assert_eq!(with("proofs", proofs), error);
        }
    }

    #[test]
    fn the_drafts_are_refused_by_name() {
        let proof = json!({"proof_type": "jwt", "jwt": "a.b.c"});
        assert_eq!(with("proof", proof.clone()).code(), "invalid_credential_request");
        assert_eq!(
            read(&json!({"format": "vc+sd-jwt", "proof": proof})),
            Err(CredentialError::Draft("proof"))
        );
    }

    #[test]
    fn encryption_that_is_not_offered_is_refused_by_name() {
        let refused = CredentialError::Encryption(EncryptionError::NotOffered);
        let asked = with("credential_response_encryption", json!({"jwk": {}, "enc": "A128GCM"}));
        assert_eq!((&asked, asked.code()), (&refused, "invalid_encryption_parameters"));
        let jwt = CredentialRequest::parse(Some("application/jwt"), b"a.b.c.d.e");
        assert_eq!(jwt, Err(refused));
    }

    #[test]
    fn what_is_not_a_json_object_is_an_invalid_request() {
        for body in ["", "null", "[]", "{", r#"{"a":1,"a":2}"#, "{}x"] {
            let error = CredentialRequest::parse(Some("application/json"), body.as_bytes()).unwrap_err();
            assert_eq!(
                (&error, error.code()),
                (&CredentialError::NotJson, "invalid_credential_request"),
                "{body}"
            );
        }
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        let error = CredentialRequest::parse(Some("application/json"), deep.as_bytes());
        assert_eq!(error, Err(CredentialError::NotJson));
        for other in [Some("text/plain"), Some("application/x-www-form-urlencoded"), None] {
            assert_eq!(CredentialRequest::parse(other, b"{}"), Err(CredentialError::WrongMediaType));
        }
    }

    #[test]
    fn a_response_needs_credentials_in_the_final_form() {
        let response = |value: Value| CredentialResponse::from_object(value.as_object().unwrap());
        let read = response(json!({"credentials": [{"credential": "x"}], "notification_id": "n"})).unwrap();
        assert_eq!(read.to_value(), json!({"credentials": [{"credential": "x"}], "notification_id": "n"}));
        for wrong in [
            json!({"credential": "x"}),
            json!({"credentials": []}),
            json!({"credentials": ["x"]}),
            json!({"credentials": [{"credential": {}}]}),
        ] {
            assert!(response(wrong).is_none());
        }
    }
}
