//! Encrypted credential requests and responses (OpenID4VCI 1.0 §10), for the credential and the deferred endpoint.
//!
//! ```text
//! wallet: seal_request ─► Sealed ─────────► issuer: open_request ─► Opened { members, asked }
//! wallet: ResponseKey::open ◄── application/jwt ── AskedEncryption::seal
//! ```
//! ECDH-ES on P-256 with A128GCM or A256GCM, compressed with `DEF` where both sides say so. Errors are never encrypted.

use std::sync::Arc;

use environment::Randomness;
use jose::jwe::{self, ContentEncryption, EncryptOptions, JweError};
use jose::{DecryptionKey, Jwk, json as strict_json};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::credential::CredentialError;
use super::metadata::{IssuerMetadata, MetadataError};
use crate::http::{self, Response};
use crate::secret::SecretText;

/// The media type of an encrypted message.
pub const MEDIA_TYPE: &str = "application/jwt";
/// The media type of a readable message.
pub const READABLE: &str = "application/json";
/// The member by which a request asks for an encrypted answer.
pub const ASKED: &str = "credential_response_encryption";
/// The one key agreement that is spoken (RFC 7518 §4.6).
const ALGORITHM: &str = "ECDH-ES";
/// The one compression that is spoken (RFC 7516 §4.1.3).
const DEFLATE: &str = "DEF";
/// `kid` of a wallet's key: it is used once, so it needs no name of its own.
const RESPONSE_KEY: &str = "response";

/// Why a message is not encrypted, or not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptionError {
    /// The issuer does not offer this.
    #[error("this issuer does not offer encryption of this")]
    NotOffered,
    /// A readable request where only encrypted ones are taken.
    #[error("this issuer takes encrypted requests only; see credential_request_encryption in its metadata")]
    RequestMustBeEncrypted,
    /// Nothing says how to encrypt the answer where every answer is encrypted.
    #[error("this issuer sends encrypted answers only; credential_response_encryption is needed")]
    ResponseMustBeEncrypted,
    /// An encrypted answer is asked for in a readable request (§8.2): somebody on the way could have put a key in.
    #[error("an encrypted answer can be asked for in an encrypted request only")]
    AskedInReadableRequest,
    /// `credential_response_encryption` is no object with `jwk` and `enc`.
    #[error("credential_response_encryption must be an object with jwk and enc")]
    MalformedParameters,
    /// The key for the answer is not a public P-256 key for ECDH-ES that says so in `alg` (§10), or is for something else.
    #[error("jwk must be a public P-256 key with alg ECDH-ES, and neither use nor key_ops may say otherwise")]
    UnusableKey,
    /// `enc` is not one of those offered.
    #[error("enc is not one of those in the metadata")]
    UnsupportedEncryption,
    /// `zip` is not one of those offered.
    #[error("zip is not one of those in the metadata")]
    UnsupportedCompression,
    /// The JWE does not name its key (§10).
    #[error("the JWE must name its key in kid")]
    KeyNotNamed,
    /// The JWE is for a key that is not in use.
    #[error("kid is of no key in use here; fetch the metadata anew")]
    UnknownKey,
    /// The JWE does not open.
    #[error("the JWE is refused: {0}")]
    Jwe(#[from] JweError),
    /// A readable answer where an encrypted one was asked for (§10).
    #[error("the answer is not encrypted although that was asked for")]
    AnswerNotEncrypted,
    /// The answer is encrypted in another way than was asked for.
    #[error("the answer is encrypted in another way than was asked for")]
    AnswerOtherwise,
    /// What was encrypted is not a JSON object with unique names.
    #[error("what was encrypted is not a JSON object with unique names")]
    NotJson,
    /// The message could not be encrypted.
    #[error("the message could not be encrypted")]
    Failed,
}

impl EncryptionError {
    /// The error code (§8.3.1.2).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotJson => "invalid_credential_request",
            _ => "invalid_encryption_parameters",
        }
    }
}

/// `credential_request_encryption` of the metadata (§12.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestEncryption {
    /// The keys, each with `kid` and `alg`; those of kinds that are not spoken are left out on reading.
    pub keys: Vec<Jwk>,
    /// `enc_values_supported`, as far as they are spoken.
    pub encryptions: Vec<ContentEncryption>,
    /// Whether compressed requests are read (`zip_values_supported` has `DEF`).
    pub deflate: bool,
    /// Whether readable requests are refused.
    pub required: bool,
}

/// `credential_response_encryption` of the metadata (§12.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseEncryption {
    /// Whether ECDH-ES is among `alg_values_supported`, the one that is spoken.
    pub ecdh_es: bool,
    /// `enc_values_supported`, as far as they are spoken.
    pub encryptions: Vec<ContentEncryption>,
    /// Whether answers can be compressed (`zip_values_supported` has `DEF`).
    pub deflate: bool,
    /// Whether every answer is encrypted.
    pub required: bool,
}

impl RequestEncryption {
    const NAME: &'static str = "credential_request_encryption";

    /// What an issuer with this key offers: everything that is spoken here.
    #[must_use]
    pub fn offering(key: Jwk, required: bool) -> Self {
        Self { keys: vec![key], encryptions: ContentEncryption::ALL.to_vec(), deflate: true, required }
    }

    /// The value in the metadata.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let keys: Vec<Value> = self.keys.iter().map(Jwk::to_value).collect();
        let mut value = json!({
            "jwks": {"keys": keys},
            "enc_values_supported": names(&self.encryptions),
            "encryption_required": self.required,
        });
        put_compression(&mut value, self.deflate);
        value
    }

    pub(super) fn read(members: &Map<String, Value>) -> Result<Option<Self>, MetadataError> {
        let Some(value) = members.get(Self::NAME) else { return Ok(None) };
        let malformed = || MetadataError::Member(Self::NAME);
        // A Set, no bare array: RFC 7517 §5.
        let keys = value.pointer("/jwks/keys").and_then(Value::as_array).ok_or_else(malformed)?;
        let read = Self {
            keys: keys.iter().filter_map(usable_key).filter(|key| key.kid().is_some()).collect(),
            encryptions: encryptions(value).ok_or_else(malformed)?,
            deflate: compression(value).ok_or_else(malformed)?,
            required: required(value).ok_or_else(malformed)?,
        };
        match read.usable() {
            None if read.required => Err(MetadataError::EncryptionRequired),
            // What cannot be used is as good as not offered.
            None => Ok(None),
            Some(_) => Ok(Some(read)),
        }
    }

    fn usable(&self) -> Option<(&Jwk, ContentEncryption)> {
        Some((self.keys.first()?, strongest(&self.encryptions)?))
    }
}

impl ResponseEncryption {
    const NAME: &'static str = ASKED;

    /// What is spoken here.
    #[must_use]
    pub fn offering(required: bool) -> Self {
        Self { ecdh_es: true, encryptions: ContentEncryption::ALL.to_vec(), deflate: true, required }
    }

    /// The value in the metadata.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let algorithms: &[&str] = if self.ecdh_es { &[ALGORITHM] } else { &[] };
        let mut value = json!({
            "alg_values_supported": algorithms,
            "enc_values_supported": names(&self.encryptions),
            "encryption_required": self.required,
        });
        put_compression(&mut value, self.deflate);
        value
    }

    pub(super) fn read(members: &Map<String, Value>) -> Result<Option<Self>, MetadataError> {
        let Some(value) = members.get(Self::NAME) else { return Ok(None) };
        let malformed = || MetadataError::Member(Self::NAME);
        let algorithms = value.get("alg_values_supported").and_then(Value::as_array).ok_or_else(malformed)?;
        let read = Self {
            ecdh_es: algorithms.iter().any(|name| name == ALGORITHM),
            encryptions: encryptions(value).ok_or_else(malformed)?,
            deflate: compression(value).ok_or_else(malformed)?,
            required: required(value).ok_or_else(malformed)?,
        };
        match read.usable() {
            None if read.required => Err(MetadataError::EncryptionRequired),
            // What cannot be used is as good as not offered.
            None => Ok(None),
            Some(_) => Ok(Some(read)),
        }
    }

    fn usable(&self) -> Option<ContentEncryption> {
        strongest(&self.encryptions).filter(|_| self.ecdh_es)
    }
}

/// What a metadata needs beyond its parts: encrypted answers are asked for in encrypted requests alone (§8.2).
pub(super) fn check_together(
    request: Option<&RequestEncryption>,
    response: Option<&ResponseEncryption>,
) -> Result<(), MetadataError> {
    let sealable = request.is_some_and(|request| request.usable().is_some());
    if response.is_some_and(|response| response.required) && !sealable {
        return Err(MetadataError::EncryptionRequired);
    }
    Ok(())
}

fn names(encryptions: &[ContentEncryption]) -> Vec<&'static str> {
    encryptions.iter().map(|one| one.name()).collect()
}

fn put_compression(value: &mut Value, deflate: bool) {
    if let Value::Object(members) = value
        && deflate
    {
        members.insert("zip_values_supported".to_owned(), json!([DEFLATE]));
    }
}

fn encryptions(value: &Value) -> Option<Vec<ContentEncryption>> {
    let listed = value.get("enc_values_supported")?.as_array().filter(|listed| !listed.is_empty())?;
    Some(listed.iter().filter_map(Value::as_str).filter_map(ContentEncryption::from_name).collect())
}

fn compression(value: &Value) -> Option<bool> {
    match value.get("zip_values_supported") {
        None => Some(false),
        Some(listed) => Some(listed.as_array()?.iter().any(|name| name == DEFLATE)),
    }
}

fn required(value: &Value) -> Option<bool> {
    value.get("encryption_required")?.as_bool()
}

fn strongest(encryptions: &[ContentEncryption]) -> Option<ContentEncryption> {
    ContentEncryption::ALL.iter().copied().find(|one| encryptions.contains(one))
}

/// A public P-256 key for ECDH-ES (§10: `alg` must be there).
fn usable_key(value: &Value) -> Option<Jwk> {
    let key = Jwk::from_value(value).ok()?;
    (key.may_agree() && key.alg() == Some(ALGORITHM)).then_some(key)
}

// --- The wallet's side ---

/// The body of a request that is to be sent.
#[derive(Clone, Debug)]
pub enum Sealed {
    /// As `application/json`.
    Readable(String),
    /// As `application/jwt`.
    Encrypted {
        /// The JWE.
        jwe: String,
        /// Opens the answer; absent: the answer comes readable.
        response_key: Option<ResponseKey>,
    },
}

impl Sealed {
    /// The content type of the request.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        match self {
            Self::Readable(_) => READABLE,
            Self::Encrypted { .. } => MEDIA_TYPE,
        }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &str {
        match self {
            Self::Readable(body) => body,
            Self::Encrypted { jwe, .. } => jwe,
        }
    }

    /// Opens the answer.
    #[must_use]
    pub const fn response_key(&self) -> Option<&ResponseKey> {
        match self {
            Self::Encrypted { response_key: Some(key), .. } => Some(key),
            _ => None,
        }
    }
}

/// Seals the body of a request to the credential or the deferred endpoint, as far as the issuer offers it: encrypted
/// wherever it can be, and then asking for an encrypted answer, under a key that is fresh for every request (§10).
///
/// # Errors
/// [`EncryptionError::Failed`]; [`EncryptionError::NotOffered`] for metadata that were not read here and contradict
/// themselves.
pub fn seal_request(
    metadata: &IssuerMetadata,
    body: &Value,
    randomness: &dyn Randomness,
) -> Result<Sealed, EncryptionError> {
    let must = [
        metadata.request_encryption.as_ref().is_some_and(|request| request.required),
        metadata.response_encryption.as_ref().is_some_and(|response| response.required),
    ];
    let Some((request, key, encryption)) = metadata
        .request_encryption
        .as_ref()
        .and_then(|request| request.usable().map(|(key, encryption)| (request, key, encryption)))
    else {
        return if must.contains(&true) {
            Err(EncryptionError::NotOffered)
        } else {
            Ok(Sealed::Readable(body.to_string()))
        };
    };
    let response_key = match &metadata.response_encryption {
        Some(offered) => ResponseKey::fresh(offered, randomness)?,
        None => None,
    };
    let mut body = body.clone();
    if let (Value::Object(members), Some(key)) = (&mut body, &response_key) {
        members.insert(ASKED.to_owned(), key.parameters()?);
    }
    let options = EncryptOptions { encryption, compress: request.deflate, ..EncryptOptions::default() };
    let jwe =
        jwe::encrypt(body.to_string().as_bytes(), key, &options).map_err(|_| EncryptionError::Failed)?;
    Ok(Sealed::Encrypted { jwe, response_key })
}

/// Opens the answer to one request. It serialises with its secret: seal it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResponseKey {
    key: SecretText,
    strong: bool,
    deflate: bool,
}

impl ResponseKey {
    fn fresh(
        offered: &ResponseEncryption,
        randomness: &dyn Randomness,
    ) -> Result<Option<Self>, EncryptionError> {
        let Some(encryption) = offered.usable() else { return Ok(None) };
        let key = DecryptionKey::generate(RESPONSE_KEY, randomness).map_err(|_| EncryptionError::Failed)?;
        Ok(Some(Self {
            key: SecretText::new(key.to_private_json().as_str()),
            strong: encryption == ContentEncryption::A256Gcm,
            deflate: offered.deflate,
        }))
    }

    const fn encryption(&self) -> ContentEncryption {
        if self.strong { ContentEncryption::A256Gcm } else { ContentEncryption::A128Gcm }
    }

    fn key(&self) -> Result<DecryptionKey, EncryptionError> {
        DecryptionKey::from_private_json(self.key.expose()).map_err(|_| EncryptionError::Failed)
    }

    /// `credential_response_encryption` of the request.
    fn parameters(&self) -> Result<Value, EncryptionError> {
        let mut value = json!({"jwk": self.key()?.public_jwk().to_value(), "enc": self.encryption().name()});
        if let Value::Object(members) = &mut value
            && self.deflate
        {
            members.insert("zip".to_owned(), Value::from(DEFLATE));
        }
        Ok(value)
    }

    /// Reads the members of a 200 or 202. Other answers are errors, and those are never encrypted (§8.3.1.2): read them as
    /// they are.
    ///
    /// # Errors
    /// [`EncryptionError::AnswerNotEncrypted`], [`EncryptionError::AnswerOtherwise`], [`EncryptionError::Jwe`],
    /// [`EncryptionError::NotJson`].
    pub fn open(&self, response: &Response) -> Result<Map<String, Value>, EncryptionError> {
        if !response.media_type().is_some_and(|given| given.eq_ignore_ascii_case(MEDIA_TYPE)) {
            return Err(EncryptionError::AnswerNotEncrypted);
        }
        let token = std::str::from_utf8(&response.body).map_err(|_| JweError::Malformed)?;
        let header = jwe::header(token)?;
        let as_asked = header.get("enc").is_some_and(|enc| enc == self.encryption().name())
            && header.get("zip").is_none_or(|zip| self.deflate && zip == DEFLATE);
        let plaintext = jwe::decrypt(token, &self.key()?)?;
        if !as_asked {
            return Err(EncryptionError::AnswerOtherwise);
        }
        strict_json::parse_object(plaintext.as_slice()).map_err(|_| EncryptionError::NotJson)
    }
}

// --- The issuer's side ---

/// What an issuer offers, and the keys with which it opens requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offered<'a> {
    /// How requests are encrypted, as the metadata say it.
    pub request: Option<&'a RequestEncryption>,
    /// The keys in use: those published and those published before, each with its `kid`.
    pub keys: &'a [Arc<DecryptionKey>],
    /// How answers are encrypted, as the metadata say it.
    pub response: Option<&'a ResponseEncryption>,
}

/// A request that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its members.
    pub members: Map<String, Value>,
    /// How the answer is to be encrypted; absent: it goes out readable.
    pub asked: Option<AskedEncryption>,
}

/// Opens the body of a request to the credential or the deferred endpoint (§8.2, §9.1, §10).
///
/// # Errors
/// [`CredentialError::WrongMediaType`], [`CredentialError::NotJson`], [`CredentialError::Encryption`].
pub fn open_request(
    content_type: Option<&str>,
    body: &[u8],
    offered: &Offered<'_>,
) -> Result<Opened, CredentialError> {
    let is =
        |name: &str| content_type.map(http::essence).is_some_and(|given| given.eq_ignore_ascii_case(name));
    if is(MEDIA_TYPE) {
        let members = open_encrypted(body, offered)?;
        let asked = members.get(ASKED).map(|asked| AskedEncryption::read(asked, offered)).transpose()?;
        if asked.is_none() && offered.response.is_some_and(|response| response.required) {
            return Err(EncryptionError::ResponseMustBeEncrypted.into());
        }
        return Ok(Opened { members, asked });
    }
    if !is(READABLE) {
        return Err(CredentialError::WrongMediaType);
    }
    let members = strict_json::parse_object(body).map_err(|_| CredentialError::NotJson)?;
    if members.contains_key(ASKED) {
        let refused = match offered.response {
            None => EncryptionError::NotOffered,
            Some(_) => EncryptionError::AskedInReadableRequest,
        };
        return Err(refused.into());
    }
    if offered.request.is_some_and(|request| request.required) {
        return Err(EncryptionError::RequestMustBeEncrypted.into());
    }
    if offered.response.is_some_and(|response| response.required) {
        return Err(EncryptionError::ResponseMustBeEncrypted.into());
    }
    Ok(Opened { members, asked: None })
}

fn open_encrypted(body: &[u8], offered: &Offered<'_>) -> Result<Map<String, Value>, EncryptionError> {
    let request = offered.request.ok_or(EncryptionError::NotOffered)?;
    let token = std::str::from_utf8(body).map_err(|_| JweError::Malformed)?;
    let header = jwe::header(token)?;
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    if text("alg") != Some(ALGORITHM) {
        return Err(JweError::WrongAlgorithm.into());
    }
    let encryption = text("enc").and_then(ContentEncryption::from_name);
    if !encryption.is_some_and(|encryption| request.encryptions.contains(&encryption)) {
        return Err(EncryptionError::UnsupportedEncryption);
    }
    if header.contains_key("zip") && !(request.deflate && text("zip") == Some(DEFLATE)) {
        return Err(EncryptionError::UnsupportedCompression);
    }
    let named = text("kid").ok_or(EncryptionError::KeyNotNamed)?;
    let key = offered.keys.iter().find(|key| key.public_jwk().kid() == Some(named));
    let plaintext = jwe::decrypt(token, key.ok_or(EncryptionError::UnknownKey)?)?;
    strict_json::parse_object(plaintext.as_slice()).map_err(|_| EncryptionError::NotJson)
}

/// How a wallet wants the answer encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedEncryption {
    key: Jwk,
    encryption: ContentEncryption,
    deflate: bool,
}

impl AskedEncryption {
    fn read(value: &Value, offered: &Offered<'_>) -> Result<Self, EncryptionError> {
        let response = offered.response.ok_or(EncryptionError::NotOffered)?;
        let members = value.as_object().ok_or(EncryptionError::MalformedParameters)?;
        let member = |name: &str| members.get(name).ok_or(EncryptionError::MalformedParameters);
        let key = usable_key(member("jwk")?).ok_or(EncryptionError::UnusableKey)?;
        let encryption = member("enc")?
            .as_str()
            .and_then(ContentEncryption::from_name)
            .filter(|encryption| response.encryptions.contains(encryption))
            .ok_or(EncryptionError::UnsupportedEncryption)?;
        let deflate = match members.get("zip") {
            None => false,
            Some(zip) if response.deflate && zip == DEFLATE => true,
            Some(_) => return Err(EncryptionError::UnsupportedCompression),
        };
        Ok(Self { key, encryption, deflate })
    }

    /// The body of the answer, to be sent as [`MEDIA_TYPE`].
    ///
    /// # Errors
    /// [`EncryptionError::Failed`].
    pub fn seal(&self, body: &Value) -> Result<String, EncryptionError> {
        let options = EncryptOptions {
            encryption: self.encryption,
            compress: self.deflate,
            ..EncryptOptions::default()
        };
        jwe::encrypt(body.to_string().as_bytes(), &self.key, &options).map_err(|_| EncryptionError::Failed)
    }
}

#[cfg(test)]
mod tests;
