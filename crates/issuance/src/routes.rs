//! The endpoints (OpenID4VCI §5 to §12), thin: bytes to the core's types and back.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use credentials::issuer_key::SignAs;
use openid4vc::access::{AccessError, Presented};
use openid4vc::dpop::{self, DpopError};
use openid4vc::timed_nonce::Purpose;
use openid4vc::vci::attestation::{self, AttestationError};
use openid4vc::vci::credential::{CredentialError, CredentialRequest};
use openid4vc::vci::deferred::DeferredRequest;
use openid4vc::vci::encryption::AskedEncryption;
use openid4vc::vci::notification::{NotificationError, NotificationRequest};
use openid4vc::vci::signed_metadata::{self, NewSignedMetadata};
use openid4vc::vci::token::{TokenError, TokenRequest};
use serde_json::{Value, json};
use store::StoreFault;

use crate::deferring::Granted;
use crate::encrypting::{Posted, answer};
use crate::issue::Refusal;
use crate::service::Issuance;

mod pushed;

/// Seconds for which signed metadata count: a key for encrypted requests is in use for longer.
const SIGNED_METADATA_LIFETIME: i64 = 3_600;
/// Seconds after which to come again when our own side failed.
const OURSELVES_AGAIN: &str = "2";
/// Seconds after which to come again when others could not be asked: a status list that could not be had is asked for again
/// after a minute.
const OTHERS_AGAIN: &str = "60";

impl Issuance {
    /// The issuer's endpoints, to be merged into the party's router beside [`Self::code_flow_routes`].
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/.well-known/openid-credential-issuer", get(issuer_metadata))
            .route("/.well-known/oauth-authorization-server", get(server_metadata))
            // Wallets that began with OpenID Connect look here (OpenID Connect Discovery 1.0 §4).
            .route("/.well-known/openid-configuration", get(server_metadata))
            .route("/credential-offer/{handle}", get(credential_offer))
            .route("/token", post(token))
            .route("/nonce", post(nonce))
            .route("/credential", post(credential))
            .route("/deferred", post(deferred))
            .route("/challenge", post(challenge))
            .route("/notification", post(notification))
            .route("/status/{list}", get(status_list))
            .route("/types/{name}/{version}", get(type_metadata))
            .with_state(self.clone())
    }

    pub(crate) fn fresh_nonce(&self, purpose: Purpose) -> String {
        let inner = &self.inner;
        inner.nonces.issue(purpose, inner.environment.now(), inner.environment.randomness())
    }
}

async fn issuer_metadata(State(issuance): State<Issuance>, headers: HeaderMap) -> Response {
    let accepts: Vec<&str> =
        headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let mut response = if signed_metadata::asks_for_signed(&accepts.join(",")) {
        signed_issuer_metadata(&issuance)
    } else {
        public_json(&issuance.metadata().to_value())
    };
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// OpenID4VCI §12.2.3: by the key and the chain that sign credentials; the leaf names the DID.
fn signed_issuer_metadata(issuance: &Issuance) -> Response {
    let metadata = issuance.metadata();
    let key = &issuance.identity().issuing;
    let new = NewSignedMetadata { metadata: &metadata, lifetime: SIGNED_METADATA_LIFETIME };
    let chain = key.chain_der();
    let signed = new
        .to_sign(SignAs::X5c(&chain), key.signer.public_jwk().algorithm(), issuance.inner.environment.now())
        .sign(key.signer.as_ref());
    match signed {
        Ok(signed) => public_text_of(signed_metadata::MEDIA_TYPE, signed),
        Err(failed) => {
            tracing::error!(%failed, "the metadata could not be signed");
            unavailable("the metadata could not be signed")
        }
    }
}

/// The draft's challenge endpoint; where no wallet is attested there is none.
async fn challenge(State(issuance): State<Issuance>) -> Response {
    match issuance.attestation_challenge() {
        Some(challenge) => private_json(StatusCode::OK, &json!({attestation::CHALLENGE_MEMBER: challenge})),
        None => error(StatusCode::NOT_FOUND, "not_found", "wallets need no attestation here"),
    }
}

async fn server_metadata(State(issuance): State<Issuance>) -> Response {
    public_json(&issuance.server_metadata().to_value())
}

async fn type_metadata(
    State(issuance): State<Issuance>,
    Path((name, version)): Path<(String, String)>,
) -> Response {
    match credentials::type_metadata::document(&name).filter(|_| version == "1") {
        Some(document) => public_text(document.to_owned()),
        None => {
            let detail = format!("{} describes no such type", issuance.identity().origin());
            error(StatusCode::NOT_FOUND, "not_found", &detail)
        }
    }
}

async fn credential_offer(State(issuance): State<Issuance>, Path(handle): Path<String>) -> Response {
    match issuance.offer_by_handle(&handle).await {
        Ok(Some(offer)) => private_json(StatusCode::OK, &offer.to_value()),
        Ok(None) => {
            error(StatusCode::NOT_FOUND, "not_found", "this offer does not exist, was taken up or has ended")
        }
        Err(fault) => store_failed(&fault),
    }
}

async fn nonce(State(issuance): State<Issuance>) -> Response {
    let c_nonce = issuance.fresh_nonce(Purpose::Credential);
    let mut response = private_json(StatusCode::OK, &json!({"c_nonce": c_nonce}));
    attach_nonce(&mut response, &issuance.fresh_nonce(Purpose::Dpop));
    response
}

async fn token(State(issuance): State<Issuance>, headers: HeaderMap, body: Bytes) -> Response {
    let request = match TokenRequest::parse(content_type(&headers), &body) {
        Ok(request) => request,
        Err(refused) => return token_refused(&issuance, &refused),
    };
    let attested = match issuance.attested(&headers, request.client_id.as_deref()).await {
        Ok(attested) => attested,
        Err(Refusal::Refused(refused)) => return token_refused(&issuance, &refused.into()),
        Err(Refusal::Store(fault)) => return store_failed(&fault),
    };
    match issuance.token(&request, &dpop_headers(&headers), attested.as_ref()).await {
        Ok(granted) => {
            let mut response = private_json(StatusCode::OK, &granted.to_value());
            if request.is_by_authorization() {
                attach_nonce(&mut response, &issuance.fresh_nonce(Purpose::Dpop));
            }
            response
        }
        Err(Refusal::Refused(refused)) => token_refused(&issuance, &refused),
        Err(Refusal::Store(fault)) => store_failed(&fault),
    }
}

async fn credential(State(issuance): State<Issuance>, headers: HeaderMap, body: Bytes) -> Response {
    let presented = match presented(&headers) {
        Ok(presented) => presented,
        Err(refused) => return access_refused(&issuance, &refused),
    };
    let posted = Posted::new(content_type(&headers), &body, CredentialRequest::from_members);
    let granted = issuance.credential(&presented, &dpop_headers(&headers), &posted).await;
    credential_answer(&issuance, granted, posted.asked())
}

async fn deferred(State(issuance): State<Issuance>, headers: HeaderMap, body: Bytes) -> Response {
    if !issuance.inner.extensions.defers {
        return error(StatusCode::NOT_FOUND, "not_found", "nothing is issued later here");
    }
    let presented = match presented(&headers) {
        Ok(presented) => presented,
        Err(refused) => return access_refused(&issuance, &refused),
    };
    let posted = Posted::new(content_type(&headers), &body, DeferredRequest::from_members);
    let granted = issuance.deferred(&presented, &dpop_headers(&headers), &posted).await;
    credential_answer(&issuance, granted, posted.asked())
}

fn credential_answer(
    issuance: &Issuance,
    granted: Result<Granted, Refusal<CredentialRefusal>>,
    asked: Option<&AskedEncryption>,
) -> Response {
    match granted {
        Ok(granted) => {
            let status = if granted.is_now() { StatusCode::OK } else { StatusCode::ACCEPTED };
            answer(status, &granted.to_value(), asked)
        }
        Err(Refusal::Refused(CredentialRefusal::Access(refused))) => access_refused(issuance, &refused),
        Err(Refusal::Refused(CredentialRefusal::Credential(refused))) => credential_refused(&refused),
        Err(Refusal::Store(fault)) => store_failed(&fault),
    }
}

/// Errors are never encrypted (OpenID4VCI §8.3.1.2).
pub(crate) fn credential_refused(refused: &CredentialError) -> Response {
    refusal(refused.status(), refused.body())
}

async fn notification(State(issuance): State<Issuance>, headers: HeaderMap, body: Bytes) -> Response {
    let presented = match presented(&headers) {
        Ok(presented) => presented,
        Err(refused) => return access_refused(&issuance, &refused),
    };
    let request = NotificationRequest::parse(content_type(&headers), &body);
    match issuance.notification(&presented, &dpop_headers(&headers), request).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(Refusal::Refused(NotificationRefusal::Access(refused))) => access_refused(&issuance, &refused),
        Err(Refusal::Refused(NotificationRefusal::Notification(refused))) => {
            json_text(status(refused.status()), refused.body())
        }
        Err(Refusal::Store(fault)) => store_failed(&fault),
    }
}

async fn status_list(State(issuance): State<Issuance>, Path(list): Path<String>) -> Response {
    match issuance.inner.status.token(&list).await {
        Ok(Some(token)) => {
            let headers = [
                (header::CONTENT_TYPE, credentials::status_list::MEDIA_TYPE),
                (header::CACHE_CONTROL, "public, max-age=60"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ];
            (headers, token.as_str().to_owned()).into_response()
        }
        Ok(None) => error(StatusCode::NOT_FOUND, "not_found", "there is no such status list"),
        Err(fault) => store_failed(&fault),
    }
}

/// Why a credential request is refused: at the door or inside.
#[derive(Debug)]
pub(crate) enum CredentialRefusal {
    /// The access token or its DPoP proof.
    Access(AccessError),
    /// The request itself.
    Credential(CredentialError),
}

/// Why a notification is refused.
#[derive(Debug)]
pub(crate) enum NotificationRefusal {
    /// The access token or its DPoP proof.
    Access(AccessError),
    /// The notification itself.
    Notification(NotificationError),
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
}

/// A header that is no text is kept as an empty proof, so that it is refused and not overlooked.
fn dpop_headers(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all(dpop::HEADER).iter().map(|value| value.to_str().unwrap_or_default()).collect()
}

fn presented(headers: &HeaderMap) -> Result<Presented, AccessError> {
    Presented::parse(
        headers.get_all(header::AUTHORIZATION).iter().map(|value| value.to_str().unwrap_or_default()),
    )
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST)
}

fn token_refused(issuance: &Issuance, refused: &TokenError) -> Response {
    let mut response = refusal(refused.status(), refused.body());
    if matches!(refused, TokenError::Dpop(DpopError::NonceNeeded)) {
        attach_nonce(&mut response, &issuance.fresh_nonce(Purpose::Dpop));
    }
    if let TokenError::Attestation(refused) = refused {
        attach_challenge(issuance, &mut response, refused);
    }
    response
}

/// A wallet that is not attested as it must be, at the pushed authorisation endpoint.
pub(crate) fn attestation_refused(issuance: &Issuance, refused: &AttestationError) -> Response {
    let mut response = refusal(refused.status(), refused.body());
    attach_challenge(issuance, &mut response, refused);
    response
}

/// Who is told to use a challenge gets one (draft §6.2, §8.1).
fn attach_challenge(issuance: &Issuance, response: &mut Response, refused: &AttestationError) {
    if *refused != AttestationError::ChallengeNeeded {
        return;
    }
    if let Some(Ok(challenge)) = issuance.attestation_challenge().map(|challenge| challenge.parse()) {
        let name = HeaderName::from_static(attestation::CHALLENGE_HEADER);
        response.headers_mut().insert(name, challenge);
    }
}

fn access_refused(issuance: &Issuance, refused: &AccessError) -> Response {
    let body = openid4vc::http::error_body(refused.code(), refused);
    let mut response = json_text(status(refused.status()), body);
    if let Ok(challenge) = refused.challenge().parse() {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if matches!(refused, AccessError::Dpop(DpopError::NonceNeeded)) {
        attach_nonce(&mut response, &issuance.fresh_nonce(Purpose::Dpop));
    }
    response
}

fn store_failed(fault: &StoreFault) -> Response {
    tracing::error!(%fault, "the store did not answer");
    unavailable("this could not be stored; try again in a moment")
}

/// Our own side failed.
fn unavailable(sentence: &str) -> Response {
    let response = error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", sentence);
    again_after(OURSELVES_AGAIN, response)
}

/// A refusal by a rule. Where nothing is wrong and somebody else could not be asked, the wallet is told when to come again.
fn refusal(code: u16, body: String) -> Response {
    let response = json_text(status(code), body);
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        again_after(OTHERS_AGAIN, response)
    } else {
        response
    }
}

fn again_after(seconds: &'static str, mut response: Response) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
    response
}

fn error(status: StatusCode, code: &str, sentence: &str) -> Response {
    json_text(status, openid4vc::http::error_body(code, &sentence))
}

pub(crate) fn private_json(status: StatusCode, value: &Value) -> Response {
    json_text(status, value.to_string())
}

fn json_text(status: StatusCode, body: String) -> Response {
    private_text(status, "application/json", body)
}

pub(crate) fn private_text(status: StatusCode, media_type: &'static str, body: String) -> Response {
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

fn public_json(value: &Value) -> Response {
    public_text(value.to_string())
}

fn public_text(body: String) -> Response {
    public_text_of("application/json", body)
}

fn public_text_of(media_type: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "public, max-age=300"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, body).into_response()
}

/// Whoever is asked for a nonce is given one (RFC 9449 §8, §9).
fn attach_nonce(response: &mut Response, nonce: &str) {
    if let Ok(nonce) = nonce.parse() {
        response.headers_mut().insert(HeaderName::from_static(dpop::NONCE_HEADER), nonce);
    }
}
