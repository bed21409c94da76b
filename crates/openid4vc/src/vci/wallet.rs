//! The wallet's side of an issuance: each request as data, each answer read, nothing carried.
//!
//! ```text
//! offer::Link ─► offer ─► IssuerMetadata ─► server_to_ask ─► ServerMetadata ─► Plan::new
//! Plan::token_request ─► token_response ─► Access ─► nonce_request ─► NewProof … ─► credential_calls
//!   ─► credential_response ─► Issued | Deferred ─► notification_request
//! ```
//! Without a pre-authorised code, as in an offer that has none and for a wallet that begins by itself
//! ([`offer_of_issuer`]), [`Plan::authorization`] and [`authorization`](super::authorization) come before the token.
//!
//! An answer that asks for one more try with a fresh nonce is [`Answer::Again`], once per kind and request
//! ([`Retries`]). Requests get their DPoP proof from the caller (`with_header(dpop::HEADER, …)`), made with
//! [`dpop::NewProof`](crate::dpop::NewProof), because the key may live elsewhere.

use environment::Randomness;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::attestation::{CHALLENGE_HEADER, METHOD as ATTESTATION};
use super::authorization::{NewAuthorization, Pending, Wish};
use super::credential::{CredentialRequest, CredentialResponse, Wanted};
use super::encryption::{self, EncryptionError, ResponseKey};
use super::metadata::{CredentialConfiguration, IssuerMetadata};
use super::notification::{Event, NotificationRequest};
use super::offer::{CredentialOffer, PRE_AUTHORIZED_CODE};
use super::reason::Reason;
use super::server_metadata::{NO_AUTHENTICATION, ServerMetadata};
use super::token::TokenResponse;
use crate::access::{Presented, Scheme};
use crate::dpop;
use crate::form;
use crate::http::{Request, Response};
use crate::secret::SecretText;

/// Longest wait that an issuer may ask for, in seconds.
const LONGEST_INTERVAL: u64 = 31 * 86_400;
/// What is waited when the issuer does not say (as RFC 8628 §3.5 does).
const USUAL_INTERVAL: u64 = 5;
/// The code of an issuer that gives no such credential.
const DENIED: &str = "credential_request_denied";

/// Why a wallet does not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The offer names a configuration that the metadata does not have, or not in a format that is spoken.
    #[error("the offer names a credential that the issuer does not describe in a format spoken here")]
    UnknownConfiguration,
    /// The offer names an authorisation server that the metadata does not list.
    #[error("the offer names an authorisation server that the issuer does not list")]
    ServerNotListed,
    /// The metadata given are of another issuer or server than the one chosen.
    #[error("the metadata belong to another party than the offer")]
    OtherParty,
    /// The offer has no pre-authorised code: a code is to be asked for.
    #[error("the offer has no pre-authorised code; the issuer's page must be visited for one")]
    NoPreAuthorizedCode,
    /// A transaction code is needed.
    #[error("the issuer wants the transaction code of this offer")]
    TxCodeNeeded,
    /// A transaction code was given, and the offer has none.
    #[error("this offer has no transaction code")]
    TxCodeUnexpected,
    /// The issuer has no endpoint for this.
    #[error("the issuer has no {0}")]
    NoEndpoint(&'static str),
    /// The issuer refused, by this code.
    #[error("the issuer refused: {code}")]
    Refused {
        /// The error code, letters and underscores only.
        code: String,
    },
    /// The issuer gives no such credential, and will not (§8.3.1.2).
    #[error("the issuer declined: it gives no such credential ({DENIED})")]
    Denied {
        /// Why, in its words: its text, and nobody else's.
        reason: Option<Reason>,
    },
    /// The issuer asked again for a fresh nonce after it had got one.
    #[error("the issuer refuses its own fresh nonce")]
    NonceRefusedTwice,
    /// Too many requests, or overloaded (429, 503).
    #[error("the issuer is busy; try again later")]
    Busy {
        /// `Retry-After` in seconds, where it is a number.
        retry_after: Option<u64>,
    },
    /// Another status than the protocol has, a redirect among them.
    #[error("the issuer answered with the status {0}")]
    Status(u16),
    /// The answer is not what the standard says.
    #[error("the issuer's {0} response is malformed")]
    Malformed(&'static str),
    /// The server takes only wallets that a provider attests, and nobody attests this one.
    #[error(
        "the issuer takes only wallets that a wallet provider vouches for, and none vouches for this one"
    )]
    AttestationNeeded,
    /// The issuer wants proofs that are not spoken, or of keys in better keeping than a wallet's own.
    #[error("the issuer wants {0}, which this wallet cannot prove")]
    ProofNotSpoken(&'static str),
    /// A request cannot be encrypted, or its answer not opened.
    #[error("{0}")]
    Encryption(#[from] EncryptionError),
    /// The token for a person's code is anybody's who sees it, although the server does DPoP (RFC 9449 §5).
    #[error("the issuer's server proved the wallet's key and gave a token that is not bound to it")]
    NotBound,
    /// More credentials came than proofs went.
    #[error("the issuer sent more credentials than were asked for")]
    MoreThanAsked,
}

impl WalletError {
    /// A stable name of the refusal.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::UnknownConfiguration => "unknown_credential_configuration",
            Self::ServerNotListed => "authorization_server_not_listed",
            Self::OtherParty => "metadata_of_other_party",
            Self::NoPreAuthorizedCode => "authorization_needed",
            Self::TxCodeNeeded => "tx_code_needed",
            Self::TxCodeUnexpected => "tx_code_unexpected",
            Self::NoEndpoint(_) => "endpoint_missing",
            Self::Refused { code } => code,
            Self::Denied { .. } => DENIED,
            Self::NonceRefusedTwice => "invalid_nonce",
            Self::Busy { .. } => "issuer_busy",
            Self::Status(_) => "unexpected_status",
            Self::NotBound => "token_not_bound",
            Self::Malformed(_) => "malformed_response",
            Self::AttestationNeeded => "attestation_needed",
            Self::ProofNotSpoken(_) => "proof_not_spoken",
            Self::Encryption(_) => "encryption",
            Self::MoreThanAsked => "more_credentials_than_asked",
        }
    }
}

/// What was tried again already; one for each request that goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retries {
    nonce: bool,
    dpop_nonce: bool,
    challenge: bool,
}

/// An answer, or the wish for one more try.
#[derive(Clone, Debug)]
pub enum Answer<T> {
    /// The answer.
    Done(T),
    /// Try once more.
    Again(Again),
}

/// What the next try needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// A fresh c_nonce from the nonce endpoint, and proofs with it (`invalid_nonce`).
    WithFreshNonce,
    /// A DPoP proof with this nonce (`use_dpop_nonce`).
    WithDpopNonce(String),
    /// A proof of possession of the attested key with this challenge (`use_attestation_challenge`).
    WithChallenge(String),
}

/// The authorisation server whose metadata are to be fetched.
///
/// # Errors
/// [`WalletError::ServerNotListed`]; [`WalletError::OtherParty`].
pub fn server_to_ask(offer: &CredentialOffer, metadata: &IssuerMetadata) -> Result<String, WalletError> {
    if offer.credential_issuer != metadata.credential_issuer {
        return Err(WalletError::OtherParty);
    }
    let own = vec![metadata.credential_issuer.clone()];
    let listed =
        if metadata.authorization_servers.is_empty() { &own } else { &metadata.authorization_servers };
    match offer.authorization_server() {
        Some(named) if !listed.iter().any(|one| one == named) => Err(WalletError::ServerNotListed),
        Some(named) => Ok(named.to_owned()),
        None => listed.first().cloned().ok_or(WalletError::ServerNotListed),
    }
}

/// What a wallet that begins by itself asks an issuer for, as an offer without grants: everything is checked as of one that
/// came from outside.
#[must_use]
pub fn offer_of_issuer(metadata: &IssuerMetadata, configuration_ids: Vec<String>) -> CredentialOffer {
    CredentialOffer {
        credential_issuer: metadata.credential_issuer.clone(),
        configuration_ids,
        pre_authorized: None,
        authorization_code: None,
    }
}

/// An offer that can be taken up.
#[derive(Clone, Debug)]
pub struct Plan {
    offer: CredentialOffer,
    metadata: IssuerMetadata,
    server: ServerMetadata,
}

impl Plan {
    /// Puts offer and metadata together.
    ///
    /// # Errors
    /// [`WalletError::UnknownConfiguration`], [`WalletError::ServerNotListed`], [`WalletError::OtherParty`].
    pub fn new(
        offer: CredentialOffer,
        metadata: IssuerMetadata,
        server: ServerMetadata,
    ) -> Result<Self, WalletError> {
        if server_to_ask(&offer, &metadata)? != server.issuer {
            return Err(WalletError::OtherParty);
        }
        if !offer.configuration_ids.iter().all(|id| metadata.configurations.contains_key(id)) {
            return Err(WalletError::UnknownConfiguration);
        }
        Ok(Self { offer, metadata, server })
    }

    /// The offer.
    #[must_use]
    pub const fn offer(&self) -> &CredentialOffer {
        &self.offer
    }

    /// The issuer's metadata.
    #[must_use]
    pub const fn metadata(&self) -> &IssuerMetadata {
        &self.metadata
    }

    /// Where the token request goes, for its DPoP proof.
    #[must_use]
    pub fn token_endpoint(&self) -> &str {
        &self.server.token_endpoint
    }

    /// Whether the server takes DPoP proofs by ES256; then one should go along.
    #[must_use]
    pub fn takes_dpop(&self) -> bool {
        self.server.dpop_algorithms.iter().any(|name| name == jose::Algorithm::Es256.name())
    }

    /// The authorisation server.
    #[must_use]
    pub const fn server(&self) -> &ServerMetadata {
        &self.server
    }

    /// Whether a code has to be asked for, with the person's say at the issuer.
    #[must_use]
    pub const fn needs_authorization(&self) -> bool {
        self.offer.pre_authorized.is_none()
    }

    /// The authorisation to ask for, by scope where the metadata give one, and the request to push: it gets proofs from the
    /// caller, and goes again with others if need be.
    ///
    /// # Errors
    /// [`WalletError::NoEndpoint`].
    pub fn authorization(
        &self,
        client_id: &str,
        redirect_uri: &str,
        dpop_jkt: Option<&str>,
        randomness: &dyn Randomness,
    ) -> Result<(Pending, Request), WalletError> {
        let grant = self.offer.authorization_code.as_ref();
        let authorization = NewAuthorization {
            server: &self.server,
            client_id,
            redirect_uri,
            wish: &Wish::of(&self.offer.configuration_ids, &self.metadata),
            issuer_state: grant.and_then(|grant| grant.issuer_state.as_ref()),
            dpop_jkt,
        };
        authorization.make(randomness)
    }

    /// Whether the server asks wallets for attestations; and if so, whether it takes others too.
    #[must_use]
    pub fn attestation(&self) -> AttestationAsked {
        let names = |method: &str| self.server.client_authentication.iter().any(|name| name == method);
        match (names(ATTESTATION), names(NO_AUTHENTICATION)) {
            (true, true) => AttestationAsked::Taken,
            (true, false) => AttestationAsked::Needed,
            (false, _) => AttestationAsked::No,
        }
    }

    /// What is offered, with what the issuer says of it.
    pub fn offered(&self) -> impl Iterator<Item = (&str, &CredentialConfiguration)> {
        let configurations = &self.metadata.configurations;
        self.offer.configuration_ids.iter().filter_map(|id| Some((id.as_str(), configurations.get(id)?)))
    }

    /// The token request.
    ///
    /// # Errors
    /// [`WalletError::TxCodeNeeded`], [`WalletError::TxCodeUnexpected`].
    pub fn token_request(&self, tx_code: Option<&SecretText>) -> Result<Request, WalletError> {
        self.token_request_of(None, tx_code)
    }

    /// The token request of a wallet that names itself, because its attestation does.
    ///
    /// # Errors
    /// [`WalletError::TxCodeNeeded`], [`WalletError::TxCodeUnexpected`], [`WalletError::NoPreAuthorizedCode`].
    pub fn token_request_of(
        &self,
        client_id: Option<&str>,
        tx_code: Option<&SecretText>,
    ) -> Result<Request, WalletError> {
        let grant = self.offer.pre_authorized.as_ref().ok_or(WalletError::NoPreAuthorizedCode)?;
        let mut parameters =
            vec![("grant_type", PRE_AUTHORIZED_CODE), ("pre-authorized_code", grant.code.expose())];
        match (&grant.tx_code, tx_code) {
            (Some(_), Some(tx_code)) => parameters.push(("tx_code", tx_code.expose())),
            (Some(_), None) => return Err(WalletError::TxCodeNeeded),
            (None, Some(_)) => return Err(WalletError::TxCodeUnexpected),
            (None, None) => {}
        }
        parameters.extend(client_id.map(|client_id| ("client_id", client_id)));
        Ok(Request::post(self.token_endpoint(), form::MEDIA_TYPE, form::encode(parameters)))
    }

    /// Reads the answer to the token request.
    ///
    /// # Errors
    /// See [`WalletError`].
    pub fn token_response(
        &self,
        response: &Response,
        retries: &mut Retries,
    ) -> Result<Answer<Access>, WalletError> {
        if response.status != 200 {
            return refused(response, retries).map(Answer::Again);
        }
        let members = response.ok_object().map_err(|_| WalletError::Malformed("token"))?;
        let token = TokenResponse::from_object(&members).ok_or(WalletError::Malformed("token"))?;
        Ok(Answer::Done(Access { metadata: self.metadata.clone(), token }))
    }
}

/// Whether a server wants a provider's word for the wallet (`attest_jwt_client_auth`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationAsked {
    /// It does not: nothing of it is sent.
    No,
    /// It takes one, and wallets without one too.
    Taken,
    /// It takes no wallet without one.
    Needed,
}

/// A request to the credential or the deferred endpoint, and what opens its answer.
#[derive(Clone, Debug)]
pub struct Call {
    /// The request, without its DPoP proof.
    pub request: Request,
    /// Opens the answer; absent: it comes readable.
    response_key: Option<ResponseKey>,
}

impl Call {
    /// Encrypted wherever the issuer offers it, under a key that is fresh for this call (§10).
    fn new(
        metadata: &IssuerMetadata,
        endpoint: &str,
        presented: &Presented,
        body: &Value,
        randomness: &dyn Randomness,
    ) -> Result<Self, WalletError> {
        let sealed = encryption::seal_request(metadata, body, randomness)?;
        let accept = if sealed.response_key().is_some() {
            "application/jwt, application/json"
        } else {
            "application/json"
        };
        let request = Request::post(endpoint, sealed.media_type(), sealed.body())
            .with_header("accept", accept)
            .with_header("authorization", presented.header());
        Ok(Self { request, response_key: sealed.response_key().cloned() })
    }

    /// The members of a 200 or 202.
    fn open(&self, response: &Response) -> Result<Map<String, Value>, WalletError> {
        match &self.response_key {
            Some(key) => Ok(key.open(response)?),
            None => response.object().map_err(|_| WalletError::Malformed("credential")),
        }
    }
}

/// An access token and what it opens.
#[derive(Clone, Debug)]
pub struct Access {
    metadata: IssuerMetadata,
    token: TokenResponse,
}

impl Access {
    /// The issuer's identifier, the audience of proofs.
    #[must_use]
    pub fn credential_issuer(&self) -> &str {
        &self.metadata.credential_issuer
    }

    /// Where credential requests go, for their DPoP proof.
    #[must_use]
    pub fn credential_endpoint(&self) -> &str {
        &self.metadata.credential_endpoint
    }

    /// The access token, for `ath` of a DPoP proof; and whether one is needed.
    #[must_use]
    pub fn presented(&self) -> Presented {
        Presented { scheme: self.token.scheme, token: self.token.access_token.clone() }
    }

    /// How many proofs one request may have.
    #[must_use]
    pub fn batch_size(&self) -> u64 {
        self.metadata.batch_size.unwrap_or(1)
    }

    /// The request for a c_nonce; `None` when the issuer has no nonce endpoint.
    #[must_use]
    pub fn nonce_request(&self) -> Option<Request> {
        self.metadata.nonce_endpoint.as_ref().map(|endpoint| Request {
            method: crate::http::Method::Post,
            url: endpoint.clone(),
            headers: vec![("accept", "application/json".to_owned())],
            body: Vec::new(),
        })
    }

    /// Reads the c_nonce.
    ///
    /// # Errors
    /// [`WalletError::Malformed`], [`WalletError::Status`], [`WalletError::Busy`].
    pub fn nonce_response(response: &Response) -> Result<String, WalletError> {
        match response.status {
            200 => {}
            429 | 503 => return Err(busy(response)),
            status => return Err(WalletError::Status(status)),
        }
        let members = response.ok_object().map_err(|_| WalletError::Malformed("nonce"))?;
        let nonce = members.get("c_nonce").and_then(Value::as_str).filter(|nonce| !nonce.is_empty());
        nonce.map(str::to_owned).ok_or(WalletError::Malformed("nonce"))
    }

    /// What is asked for under one configuration: itself, or each of its identifiers if the token response gave some.
    #[must_use]
    pub fn wanted(&self, configuration: &str) -> Vec<Wanted> {
        match self.token.identifiers.get(configuration) {
            Some(identifiers) => identifiers.iter().cloned().map(Wanted::Identifier).collect(),
            None => vec![Wanted::Configuration(configuration.to_owned())],
        }
    }

    /// The request for one thing that is wanted, encrypted as far as the issuer offers it.
    ///
    /// # Errors
    /// [`WalletError::Encryption`].
    pub fn credential_call(
        &self,
        request: &CredentialRequest,
        randomness: &dyn Randomness,
    ) -> Result<Call, WalletError> {
        let body = request.to_value();
        Call::new(&self.metadata, self.credential_endpoint(), &self.presented(), &body, randomness)
    }

    /// The readable requests for one configuration.
    #[must_use]
    pub fn credential_requests(&self, configuration: &str, proofs: Vec<String>) -> Vec<Request> {
        let request = |wanted| {
            let body = CredentialRequest { wanted, proofs: proofs.clone().into() }.to_value().to_string();
            Request::post(self.credential_endpoint(), "application/json", body)
                .with_header("authorization", self.presented().header())
        };
        self.wanted(configuration).into_iter().map(request).collect()
    }

    /// Reads the answer to a call that asked for `asked` credentials (1 if it had no proofs).
    ///
    /// # Errors
    /// See [`WalletError`].
    pub fn credential_response(
        &self,
        call: &Call,
        response: &Response,
        asked: usize,
        retries: &mut Retries,
    ) -> Result<Answer<Outcome>, WalletError> {
        match response.status {
            200 | 202 => {}
            _ => return refused(response, retries).map(Answer::Again),
        }
        let outcome = read_outcome(response.status, &call.open(response)?, asked, |transaction_id| {
            let endpoint = self.metadata.deferred_credential_endpoint.clone();
            Ok(Deferred {
                endpoint: endpoint.ok_or(WalletError::NoEndpoint("deferred credential endpoint"))?,
                notification_endpoint: self.metadata.notification_endpoint.clone(),
                scheme_is_dpop: self.token.scheme == Scheme::Dpop,
                token: self.token.access_token.clone(),
                transaction_id,
                asked,
            })
        })?;
        Ok(Answer::Done(outcome))
    }

    /// The request that says what became of credentials; `None` when the issuer has no endpoint for it.
    #[must_use]
    pub fn notification_request(&self, id: &SecretText, event: Event) -> Option<Request> {
        notification_request(self.metadata.notification_endpoint.as_deref()?, &self.presented(), id, event)
    }
}

/// What came of a credential request.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The credentials, none of them checked yet: the caller checks signature, `vct` and `cnf`.
    Issued(CredentialResponse),
    /// They will be ready later (202).
    Deferred {
        /// How to ask; sealed before it is stored, it holds the access token.
        next: Deferred,
        /// Not before so many seconds have passed.
        interval: u64,
    },
}

/// Credentials that are to be fetched later. It serialises with its secrets: seal it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deferred {
    endpoint: String,
    notification_endpoint: Option<String>,
    scheme_is_dpop: bool,
    token: SecretText,
    transaction_id: SecretText,
    asked: usize,
}

impl Deferred {
    /// Where the request goes, for its DPoP proof.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The access token, for `ath`.
    #[must_use]
    pub fn presented(&self) -> Presented {
        let scheme = if self.scheme_is_dpop { Scheme::Dpop } else { Scheme::Bearer };
        Presented { scheme, token: self.token.clone() }
    }

    /// The deferred credential request (§9.1). It is encrypted as the issuer's metadata of now offer it, whatever held for
    /// the first request.
    ///
    /// # Errors
    /// [`WalletError::Encryption`].
    pub fn call(&self, metadata: &IssuerMetadata, randomness: &dyn Randomness) -> Result<Call, WalletError> {
        let body = serde_json::json!({"transaction_id": self.transaction_id.expose()});
        Call::new(metadata, &self.endpoint, &self.presented(), &body, randomness)
    }

    /// Reads the answer: the credentials, or the same wish to wait.
    ///
    /// # Errors
    /// See [`WalletError`]; another `transaction_id` than the one asked for is malformed.
    pub fn response(
        &self,
        call: &Call,
        response: &Response,
        retries: &mut Retries,
    ) -> Result<Answer<Outcome>, WalletError> {
        match response.status {
            200 | 202 => {}
            _ => return refused(response, retries).map(Answer::Again),
        }
        let outcome = read_outcome(response.status, &call.open(response)?, self.asked, |transaction_id| {
            if transaction_id == self.transaction_id {
                Ok(self.clone())
            } else {
                Err(WalletError::Malformed("deferred credential"))
            }
        })?;
        Ok(Answer::Done(outcome))
    }

    /// The request that says what became of the credentials.
    #[must_use]
    pub fn notification_request(&self, id: &SecretText, event: Event) -> Option<Request> {
        notification_request(self.notification_endpoint.as_deref()?, &self.presented(), id, event)
    }
}

fn notification_request(
    endpoint: &str,
    presented: &Presented,
    id: &SecretText,
    event: Event,
) -> Option<Request> {
    let body = NotificationRequest { id: id.clone(), event }.to_value().to_string();
    let request = Request::post(endpoint, "application/json", body);
    Some(request.with_header("authorization", presented.header()))
}

fn read_outcome(
    status: u16,
    members: &Map<String, Value>,
    asked: usize,
    deferred: impl FnOnce(SecretText) -> Result<Deferred, WalletError>,
) -> Result<Outcome, WalletError> {
    let malformed = || WalletError::Malformed("credential");
    if status == 202 {
        let id = members.get("transaction_id").and_then(Value::as_str).filter(|id| !id.is_empty());
        let next = deferred(SecretText::new(id.ok_or_else(malformed)?))?;
        let interval = match members.get("interval") {
            None => USUAL_INTERVAL,
            Some(seconds) => seconds.as_u64().filter(|seconds| *seconds > 0).ok_or_else(malformed)?,
        };
        return Ok(Outcome::Deferred { next, interval: interval.min(LONGEST_INTERVAL) });
    }
    let issued = CredentialResponse::from_object(members).ok_or_else(malformed)?;
    if issued.credentials.len() > asked.max(1) {
        return Err(WalletError::MoreThanAsked);
    }
    Ok(Outcome::Issued(issued))
}

/// The nonce that a server gave for the next DPoP proof (RFC 9449 §8.2).
#[must_use]
pub fn next_dpop_nonce(response: &Response) -> Option<String> {
    response.header(dpop::NONCE_HEADER).filter(|nonce| !nonce.is_empty()).map(str::to_owned)
}

/// An answer that is no success: one more try, or an end.
pub(super) fn refused(response: &Response, retries: &mut Retries) -> Result<Again, WalletError> {
    match response.status {
        400 | 401 | 403 => {}
        429 | 503 => return Err(busy(response)),
        status => return Err(WalletError::Status(status)),
    }
    let code = error_code(response).ok_or(WalletError::Status(response.status))?;
    match code.as_str() {
        "invalid_nonce" => {
            if std::mem::replace(&mut retries.nonce, true) {
                return Err(WalletError::NonceRefusedTwice);
            }
            Ok(Again::WithFreshNonce)
        }
        "use_dpop_nonce" => {
            let nonce = next_dpop_nonce(response).ok_or(WalletError::Malformed("error"))?;
            if std::mem::replace(&mut retries.dpop_nonce, true) {
                return Err(WalletError::NonceRefusedTwice);
            }
            Ok(Again::WithDpopNonce(nonce))
        }
        "use_attestation_challenge" => {
            let challenge = response.header(CHALLENGE_HEADER).filter(|challenge| !challenge.is_empty());
            let challenge = challenge.ok_or(WalletError::Malformed("error"))?.to_owned();
            if std::mem::replace(&mut retries.challenge, true) {
                return Err(WalletError::NonceRefusedTwice);
            }
            Ok(Again::WithChallenge(challenge))
        }
        DENIED => {
            let reason = response.object().ok().and_then(|members| Reason::heard(&members));
            Err(WalletError::Denied { reason })
        }
        _ => Err(WalletError::Refused { code }),
    }
}

fn busy(response: &Response) -> WalletError {
    let retry_after = response.header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
    WalletError::Busy { retry_after }
}

/// The code of the body or, at protected endpoints, of `WWW-Authenticate`. Descriptions are the issuer's text and
/// go nowhere, but for why it denies a credential.
fn error_code(response: &Response) -> Option<String> {
    let of_body = response
        .object()
        .ok()
        .and_then(|members| members.get("error").and_then(Value::as_str).map(str::to_owned));
    let of_header = || {
        let challenge = response.header("www-authenticate")?;
        let (_, rest) = challenge.split_once("error=\"")?;
        rest.split('"').next().map(str::to_owned)
    };
    let plain = |code: &String| {
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    of_body.or_else(of_header).filter(plain)
}

#[cfg(test)]
mod tests;
