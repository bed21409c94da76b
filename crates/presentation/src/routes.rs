//! The endpoints of OpenID4VP (§5.10, §8.2), and the guarded door of the follow-up.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use environment::Timestamp;
use openid4vc::dpop::{self, DpopError};
use openid4vc::http::{Method, error_body};
use openid4vc::secret::{SecretHash, SecretText};
use openid4vc::timed_nonce::Purpose;
use openid4vc::vp::link::{MEDIA_TYPE, PostedByWallet};
use openid4vc::vp::response::Submission;

use crate::answering::AnswerRefused;
use crate::asking::AskError;
use crate::service::Presentation;

/// Whoever holds the key of a DPoP proof that fits, which is not used up yet.
#[derive(Debug)]
pub struct ProvenHolder {
    proof: dpop::Verified,
    thumbprint: String,
}

impl ProvenHolder {
    /// Thumbprint of the key (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Under which its use is remembered by whoever stores it with its own data, and until when.
    #[must_use]
    pub const fn use_until(&self) -> (SecretHash, Timestamp) {
        (self.proof.use_hash(), self.proof.expires_at())
    }
}

/// The access token that goes along with a proof, and the key to which it is bound.
#[derive(Clone, Copy, Debug)]
pub struct BoundToken<'a> {
    /// The token.
    pub token: &'a SecretText,
    /// Thumbprint of its key (RFC 7638).
    pub key: [u8; 32],
}

impl Presentation {
    /// The verifier's endpoints, to be merged into the party's router.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/request/{id}", get(request_object).post(request_object_for_wallet))
            .route("/response/{id}", post(response))
            .with_state(self.clone())
    }

    /// Checks the DPoP proof with which `path` of this party is asked (RFC 9449, without an access token). Nothing is
    /// stored: everybody can make a key and proofs by it. Who finds that it is the key that may ask here uses the proof up
    /// ([`Self::use_proof`]) before anything is told or done.
    ///
    /// # Errors
    /// The response to be sent instead: 401 with the code of RFC 9449.
    pub fn proof_at(
        &self,
        headers: &HeaderMap,
        method: Method,
        path: &str,
    ) -> Result<ProvenHolder, Box<Response>> {
        self.proof_with(headers, method, path, None)
    }

    /// As [`Self::proof_at`], beside an access token that is bound to a key (RFC 9449 §7.1).
    ///
    /// # Errors
    /// As [`Self::proof_at`].
    pub fn proof_of_token(
        &self,
        headers: &HeaderMap,
        method: Method,
        path: &str,
        bound: BoundToken<'_>,
    ) -> Result<ProvenHolder, Box<Response>> {
        self.proof_with(headers, method, path, Some(bound))
    }

    fn proof_with(
        &self,
        headers: &HeaderMap,
        method: Method,
        path: &str,
        bound: Option<BoundToken<'_>>,
    ) -> Result<ProvenHolder, Box<Response>> {
        let proofs: Vec<&str> =
            headers.get_all(dpop::HEADER).iter().map(|value| value.to_str().unwrap_or_default()).collect();
        let url = self.identity().address(path);
        let expected = dpop::Expected {
            method,
            url: &url,
            access_token: bound.map(|bound| bound.token.expose()),
            bound_to: bound.map(|bound| bound.key),
            nonces: &self.inner.nonces,
            nonce_required: false,
            now: self.inner.environment.now(),
        };
        let proof = dpop::verify(proofs, &expected).map_err(|error| Box::new(self.proof_refused(&error)))?;
        Ok(ProvenHolder { thumbprint: proof.key().thumbprint_base64url(), proof })
    }

    /// Uses a proof up (RFC 9449 §11.1).
    ///
    /// # Errors
    /// The response to be sent instead: 401 if it was used before, or 503.
    pub async fn use_proof(&self, holder: &ProvenHolder) -> Result<(), Box<Response>> {
        match self.store_use(&holder.proof).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Box::new(self.proof_refused(&DpopError::Replayed))),
            Err(fault) => Err(Box::new(refused(&AnswerRefused::Store(fault)))),
        }
    }

    /// What is answered to a proof that is not taken.
    #[must_use]
    pub fn proof_refused(&self, error: &DpopError) -> Response {
        let environment = &self.inner.environment;
        let nonce = self.inner.nonces.issue(Purpose::Dpop, environment.now(), environment.randomness());
        let mut response = json(StatusCode::UNAUTHORIZED, error_body(error.code(), error));
        let challenge = format!("DPoP error=\"{}\"", error.code());
        for (name, value) in [("www-authenticate", challenge), (dpop::NONCE_HEADER, nonce)] {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(header::HeaderName::from_static(name), value);
            }
        }
        response
    }
}

async fn request_object(State(presentation): State<Presentation>, Path(id): Path<String>) -> Response {
    send_object(&presentation, id, &PostedByWallet::default()).await
}

async fn request_object_for_wallet(
    State(presentation): State<Presentation>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match PostedByWallet::parse(content_type(&headers), &body) {
        Ok(posted) => send_object(&presentation, id, &posted).await,
        Err(error) => json(StatusCode::BAD_REQUEST, error_body("invalid_request", &error)),
    }
}

async fn send_object(presentation: &Presentation, id: String, posted: &PostedByWallet) -> Response {
    match presentation.request_object(&SecretText::new(id), posted).await {
        Ok(Some(object)) => {
            let headers = [(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "no-store")];
            (headers, object).into_response()
        }
        Ok(None) => refused(&AnswerRefused::UnknownRequest),
        Err(AskError::Store(fault)) => refused(&AnswerRefused::Store(fault)),
        Err(error) => {
            tracing::error!(%error, "a request object could not be made");
            refused(&AnswerRefused::NotNow)
        }
    }
}

async fn response(
    State(presentation): State<Presentation>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (length, content_type) = (body.len(), content_type(&headers).map(str::to_owned));
    let parse = move || Submission::parse(content_type.as_deref(), &body);
    let submission = match presentation.inner.turns.look(length, parse).await {
        Ok(submission) => submission,
        Err(not_now) => return refused(&not_now.into()),
    };
    match presentation.answer(&SecretText::new(id), submission).await {
        Ok(reply) => json(StatusCode::OK, reply.to_value().to_string()),
        Err(error) => refused(&error),
    }
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())
}

fn refused(error: &AnswerRefused) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let sentence = match error {
        AnswerRefused::Store(fault) => {
            tracing::error!(%fault, "the store did not answer");
            "this could not be stored; send it again in a moment".to_owned()
        }
        error => error.to_string(),
    };
    let mut response = json(status, error_body(error.code(), &sentence));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        // A status list that could not be had is asked for again after a minute.
        let seconds = if matches!(error, AnswerRefused::StatusUnknown { .. }) { "60" } else { "2" };
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(seconds));
    }
    response
}

fn json(status: StatusCode, body: String) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}
