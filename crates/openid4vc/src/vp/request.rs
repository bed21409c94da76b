//! Request objects (OpenID4VP 1.0 §5, RFC 9101): made by a verifier, checked by a wallet.
//!
//! ```text
//! RequestObject::decode ─► authentication(): whose key ─► authenticate(key, …) ─► AuthenticRequest
//!     ─► check(…) ─► AuthorizationRequest
//! ```
//! That the key belongs to somebody who may ask is the caller's decision (`trust`, `did`); here it is checked
//! that the client identifier follows from it.

mod authentic;
mod build;
mod check;

use credentials::dcql;
use did::DidUrl;
use environment::Timestamp;
use jose::jws::{self, JwsError, Policy};
use jose::jwt::ClaimError;
use jose::{Jwk, KeyError, VerifyingKey, digest};
use serde_json::{Map, Value, json};
use trust::{CertificateChain, ChainError};

use super::client_id::{ClientId, ClientIdError, ClientKind};
use super::client_metadata::ClientMetadata;
use super::transaction_data::{Transaction, TransactionDataError, TransactionTypes};
use crate::address::AddressError;
use crate::form::FormError;
use crate::http::AnswerError;

pub use authentic::{AuthenticRequest, Report};
pub use build::{NewRequest, SignAs, SignedRequest};

/// `typ` of a request object.
pub const TYPE: &str = "oauth-authz-req+jwt";
/// The audience under static discovery (§5.8).
pub const AUDIENCE: &str = "https://self-issued.me/v2";
/// The format of a registration certificate in `verifier_info`.
pub const REGISTRATION: &str = "registration_cert";
/// How far a verifier's clock may run ahead, in seconds.
pub const SKEW: i64 = 60;

/// Why a wallet does not take a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The link is no URL of a known scheme.
    #[error("not a link to a presentation request")]
    NotARequestLink,
    /// The link or the form cannot be read.
    #[error("the parameters cannot be read: {0}")]
    Form(#[from] FormError),
    /// `request` and `request_uri` together.
    #[error("a request is given by value or by reference, not both")]
    ValueAndReference,
    /// `request_uri_method` without `request_uri`.
    #[error("request_uri_method needs a request_uri")]
    MethodWithoutReference,
    /// `request_uri_method` is neither `get` nor `post`.
    #[error("request_uri_method must be get or post")]
    RequestUriMethod,
    /// An address in the request is refused.
    #[error("an address in the request is refused: {0}")]
    Address(#[from] AddressError),
    /// The request could not be fetched.
    #[error("the request could not be fetched: {0}")]
    Fetch(#[from] AnswerError),
    /// A parameter that should be JSON is not.
    #[error("a parameter of the request is not JSON with unique names")]
    NotJson,
    /// The client identifier is not taken.
    #[error("{0}")]
    ClientId(#[from] ClientIdError),
    /// The client identifier of the link is another than the one of the request object.
    #[error("the link names another client than the request object")]
    ClientIdDiffers,
    /// The request must be signed for this client identifier, or must not be.
    #[error(
        "a request of this kind of client must be signed, and one of the prefix redirect_uri must not be"
    )]
    SignatureExpectedOrNot,
    /// Clients of this kind are dealt with only outside the network.
    #[error("clients of the prefix redirect_uri are not taken here")]
    UnauthenticatedClient,
    /// Not a JWS of the right type and algorithm, or its signature is wrong.
    #[error("the request object is not a valid JWS: {0}")]
    Jws(#[from] JwsError),
    /// The certificate chain is missing or malformed.
    #[error("the certificates of the request object cannot be read: {0}")]
    Chain(#[from] ChainError),
    /// The leaf is self-signed (HAIP 1.0 §5).
    #[error("the verifier's certificate is self-signed")]
    SelfSigned,
    /// The leaf does not give the client identifier: another hash, or no such DNS name.
    #[error("the verifier's certificate does not fit its client identifier")]
    CertificateDoesNotFit,
    /// `kid` is no DID URL of the client's DID.
    #[error("kid must be a DID URL of the client identifier's DID")]
    KeyOfOtherDid,
    /// The key cannot be used.
    #[error("the verifier's key is unusable: {0}")]
    Key(#[from] KeyError),
    /// `aud` is not the fixed audience.
    #[error("aud must be https://self-issued.me/v2")]
    WrongAudience,
    /// A claim is missing, of the wrong type, or outside its time window.
    #[error("the request object is refused: {0}")]
    Claim(#[from] ClaimError),
    /// `wallet_nonce` is not the one that was sent.
    #[error("the request object does not repeat the wallet_nonce")]
    WalletNonce,
    /// A parameter is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A parameter is malformed or has a value that is not spoken.
    #[error("{0} is malformed or not spoken")]
    Malformed(&'static str),
    /// Parameters that exclude each other.
    #[error("{0} does not belong into this request")]
    Excluded(&'static str),
    /// The host of `response_uri` is not the one that the client identifier stands for.
    #[error("response_uri does not belong to the client")]
    ResponseUriElsewhere,
    /// The query breaks the rules of DCQL.
    #[error("the query is refused: {0}")]
    Query(#[from] dcql::DcqlError),
    /// The query asks for more than anybody could look through, or than fits into one answer.
    #[error("the request asks for too much at once: {0}")]
    TooMuch(&'static str),
    /// `transaction_data` that is not understood (§5.1).
    #[error("{0}")]
    TransactionData(#[from] TransactionDataError),
    /// An answer without holder binding is bound to its request by `state` alone (§5.3), which is missing or too short.
    #[error(
        "a credential is asked for without holder binding, and state is missing or has less than 128 bits"
    )]
    StateNeeded,
    /// `vp_formats_supported` does not include ours.
    #[error("the verifier does not take the formats spoken here")]
    Formats,
    /// The answer is to be encrypted, but no key or encryption offered can be used.
    #[error("the answer is to be encrypted, but the verifier offers no usable key or encryption")]
    NoEncryption,
}

impl RequestError {
    /// The error code (§8.5).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RequestUriMethod => "invalid_request_uri_method",
            Self::TransactionData(_) => "invalid_transaction_data",
            Self::Formats => "vp_formats_not_supported",
            _ => "invalid_request",
        }
    }

    /// The HTTP status at a verifier's request endpoint, where a wallet's POST may be malformed.
    #[must_use]
    pub const fn status(&self) -> u16 {
        400
    }

    /// The JSON body there.
    #[must_use]
    pub fn body(&self) -> String {
        crate::http::error_body(self.code(), self)
    }
}

/// What is bent for peers that were met. All off by default, and never on in a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compatibility {
    /// `aud` may be the request_uri.
    pub request_uri_as_audience: bool,
    /// Clients of the prefix `redirect_uri` are taken, unauthenticated as they are.
    pub unauthenticated_clients: bool,
}

/// How the answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ResponseMode {
    /// `direct_post`: readable.
    #[serde(rename = "direct_post")]
    DirectPost,
    /// `direct_post.jwt`: encrypted.
    #[serde(rename = "direct_post.jwt")]
    DirectPostJwt,
}

impl ResponseMode {
    /// The value on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DirectPost => "direct_post",
            Self::DirectPostJwt => "direct_post.jwt",
        }
    }
}

/// One entry of `verifier_info` (§5.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierInfo {
    /// `format`.
    pub format: String,
    /// `data`: a string for the registration certificate, anything else for others.
    pub data: Value,
    /// `credential_ids`; absent: all queries.
    pub credential_ids: Option<Vec<String>>,
}

impl VerifierInfo {
    /// A registration certificate.
    #[must_use]
    pub fn registration(certificate: &str) -> Self {
        Self { format: REGISTRATION.to_owned(), data: Value::from(certificate), credential_ids: None }
    }

    fn to_value(&self) -> Value {
        let mut value = json!({"format": self.format, "data": self.data});
        if let (Value::Object(members), Some(ids)) = (&mut value, &self.credential_ids) {
            members.insert("credential_ids".to_owned(), json!(ids));
        }
        value
    }
}

/// A signed request that nobody has checked.
#[derive(Clone, Debug)]
pub struct RequestObject {
    jws: jws::Unverified,
    client_id: ClientId,
    authentication: Authentication,
    digest: [u8; 32],
}

/// Whose key must have signed a request object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// The leaf of a chain; the leaf fits the client identifier already, the chain is for the caller to verify.
    Chain(Box<CertificateChain>),
    /// A verification method of the client's DID (`authentication`), for the caller to resolve.
    Did(DidUrl),
}

/// What a wallet knows when it checks a request.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The client identifier of the link.
    pub client_id: &'a ClientId,
    /// The nonce that was sent with the POST, if one was.
    pub wallet_nonce: Option<&'a str>,
    /// Where the request object was fetched, if it was.
    pub request_uri: Option<&'a str>,
    /// What is bent.
    pub compatibility: Compatibility,
    /// The types of transactions that are known.
    pub transaction_types: &'a TransactionTypes,
    /// The present moment.
    pub now: Timestamp,
}

impl RequestObject {
    /// Reads a compact request object up to the question whose key must have signed it.
    ///
    /// # Errors
    /// [`RequestError::Jws`], also for another `typ`; those of the client identifier and its key.
    pub fn decode(compact: &str) -> Result<Self, RequestError> {
        let jws = jws::Unverified::parse(compact)?;
        if jws.header_text("typ") != Some(TYPE) {
            return Err(JwsError::WrongType { expected: TYPE.to_owned() }.into());
        }
        let claims = jws.claims()?;
        let client_id = claims.get("client_id").ok_or(RequestError::Missing("client_id"))?;
        let client_id = ClientId::parse(client_id.as_str().ok_or(RequestError::Malformed("client_id"))?)?;
        let authentication = authentication(&jws, &client_id)?;
        Ok(Self { jws, client_id, authentication, digest: digest_of(compact) })
    }

    /// The client identifier, not yet authenticated.
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Whose key must have signed.
    #[must_use]
    pub const fn authentication(&self) -> &Authentication {
        &self.authentication
    }

    /// Checks the signature and every rule of the request.
    ///
    /// `did_key` is the key of [`Authentication::Did`] as the caller resolved it; for a chain the leaf's key counts.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub fn verify(
        self,
        did_key: Option<&Jwk>,
        expected: &Expected<'_>,
    ) -> Result<AuthorizationRequest, RequestError> {
        self.authenticate(did_key, expected)?.check(expected.transaction_types)
    }

    /// Checks who signed, for whom and when, and not yet what is asked: whoever made a request that breaks a rule can be told
    /// so ([`AuthenticRequest::report`]).
    ///
    /// # Errors
    /// Those of the client identifier, the signature, `aud`, the times and `wallet_nonce`. Nobody is told of them.
    pub fn authenticate(
        self,
        did_key: Option<&Jwk>,
        expected: &Expected<'_>,
    ) -> Result<AuthenticRequest, RequestError> {
        if self.client_id != *expected.client_id {
            return Err(RequestError::ClientIdDiffers);
        }
        let key = match (&self.authentication, did_key) {
            (Authentication::Chain(chain), _) => {
                VerifyingKey::new(chain.leaf().public_key().map_err(|_| KeyError::Unsupported)?)?
            }
            (Authentication::Did(_), Some(key)) => VerifyingKey::new(key)?,
            (Authentication::Did(_), None) => return Err(RequestError::KeyOfOtherDid),
        };
        let claims = self.jws.verify(&key, &Policy::typed(&[TYPE]))?.claims()?;
        check::object(&claims, expected)?;
        let chain = match self.authentication {
            Authentication::Chain(chain) => Some(*chain),
            Authentication::Did(_) => None,
        };
        Ok(AuthenticRequest { claims, client_id: self.client_id, chain, digest: self.digest })
    }
}

/// The hash by which a request object is known afterwards: SHA-256 of its JWS Signing Input (RFC 7515 §2), which is
/// everything that is signed. The signature itself is not in it: it may be another each time that the same is signed.
#[must_use]
pub fn digest_of(compact: &str) -> [u8; 32] {
    digest::sha256(compact.rsplit_once('.').map_or(compact, |(signing_input, _)| signing_input))
}

fn authentication(jws: &jws::Unverified, client_id: &ClientId) -> Result<Authentication, RequestError> {
    match client_id.kind() {
        ClientKind::RedirectUri(_) => Err(RequestError::SignatureExpectedOrNot),
        ClientKind::DecentralizedIdentifier(did) => {
            let kid = jws.header_text("kid").ok_or(RequestError::KeyOfOtherDid)?;
            let url = DidUrl::parse(kid).map_err(|_| RequestError::KeyOfOtherDid)?;
            if url.did() != did || url.fragment().is_none() || !url.is_plain() {
                return Err(RequestError::KeyOfOtherDid);
            }
            Ok(Authentication::Did(url))
        }
        kind => {
            let chain = CertificateChain::from_header(jws.header())?;
            let leaf = chain.leaf();
            if leaf.is_self_issued() {
                return Err(RequestError::SelfSigned);
            }
            let fits = match kind {
                ClientKind::X509Hash(hash) => digest::constant_time_equal(leaf.sha256(), hash),
                ClientKind::X509SanDns(name) => {
                    leaf.dns_names().iter().any(|own| own.eq_ignore_ascii_case(name))
                }
                _ => false,
            };
            if fits {
                Ok(Authentication::Chain(Box::new(chain)))
            } else {
                Err(RequestError::CertificateDoesNotFit)
            }
        }
    }
}

/// A request that keeps all rules. Only parameters of the signed object are in it.
#[derive(Clone, Debug)]
pub struct AuthorizationRequest {
    client_id: ClientId,
    chain: Option<CertificateChain>,
    response_mode: ResponseMode,
    response_uri: String,
    nonce: String,
    state: Option<String>,
    query: dcql::Query,
    metadata: ClientMetadata,
    verifier_info: Vec<VerifierInfo>,
    transactions: Vec<Transaction>,
    expires_at: Option<Timestamp>,
    digest: [u8; 32],
}

impl AuthorizationRequest {
    /// Takes unsigned parameters, as clients of the prefix `redirect_uri` send them.
    ///
    /// # Errors
    /// [`RequestError::UnauthenticatedClient`] unless the compatibility switch is on, and all others.
    pub fn unsigned(parameters: &Map<String, Value>, expected: &Expected<'_>) -> Result<Self, RequestError> {
        let ClientKind::RedirectUri(own) = expected.client_id.kind() else {
            return Err(RequestError::SignatureExpectedOrNot);
        };
        if !expected.compatibility.unauthenticated_clients {
            return Err(RequestError::UnauthenticatedClient);
        }
        if parameters.get("response_uri").and_then(Value::as_str) != Some(own) {
            return Err(RequestError::ResponseUriElsewhere);
        }
        let digest = digest::sha256(Value::Object(parameters.clone()).to_string());
        let (claims, client_id) = (parameters.clone(), expected.client_id.clone());
        AuthenticRequest { claims, client_id, chain: None, digest }.check(expected.transaction_types)
    }

    /// The client identifier, the audience of the answer.
    #[must_use]
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// The chain whose leaf signed, not yet verified against any anchor; `None` for a DID or an unsigned request.
    #[must_use]
    pub const fn chain(&self) -> Option<&CertificateChain> {
        self.chain.as_ref()
    }

    /// How to answer.
    #[must_use]
    pub const fn response_mode(&self) -> ResponseMode {
        self.response_mode
    }

    /// Where to answer.
    #[must_use]
    pub fn response_uri(&self) -> &str {
        &self.response_uri
    }

    /// The nonce of key binding JWTs.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// To be sent back.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// What is asked for.
    #[must_use]
    pub const fn query(&self) -> &dcql::Query {
        &self.query
    }

    /// What the verifier says of itself.
    #[must_use]
    pub const fn metadata(&self) -> &ClientMetadata {
        &self.metadata
    }

    /// What others say of the verifier.
    #[must_use]
    pub fn verifier_info(&self) -> &[VerifierInfo] {
        &self.verifier_info
    }

    /// What is to be authorised with the answer.
    #[must_use]
    pub fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// The registration certificate, if there is exactly one.
    #[must_use]
    pub fn registration(&self) -> Option<&str> {
        let mut certificates = self.verifier_info.iter().filter(|info| info.format == REGISTRATION);
        let one = certificates.next()?;
        if certificates.next().is_some() { None } else { one.data.as_str() }
    }

    /// When the request ends, if it says.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// [`digest_of`] the request object: what the member's terms, the proof of sharing and the decision refer to.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

#[cfg(test)]
mod tests;
