//! `POST /par` (RFC 9126 §2), of a party that gives codes.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use openid4vc::dpop::DpopError;
use openid4vc::timed_nonce::Purpose;
use openid4vc::vci::authorization::{AuthorizationError, PushedRequest};

use super::{
    again_after, attach_nonce, attestation_refused, content_type, dpop_headers, json_text, private_json,
    status, store_failed,
};
use crate::attesting::AttestedWallet;
use crate::issue::Refusal;
use crate::service::Issuance;

/// Longest pushed request, in bytes (RFC 9126 §2.3: a longer one is answered with 413).
const LONGEST: usize = 1 << 16;
/// Seconds after which a wallet tries again when too many were pushed: some have ended then.
const TOO_MANY_FOR: &str = "90";

impl Issuance {
    /// What a party that gives codes has besides; its page is the domain's. Anybody may push, and each request is stored: the
    /// domain gives clients a smaller budget for these routes than for [`Self::routes`].
    pub fn code_flow_routes(&self) -> Router {
        if self.inner.settings.code_flow.is_none() {
            return Router::new();
        }
        Router::new().route("/par", post(push).layer(DefaultBodyLimit::max(LONGEST))).with_state(self.clone())
    }
}

async fn push(State(issuance): State<Issuance>, headers: HeaderMap, body: Bytes) -> Response {
    let request = match PushedRequest::parse(content_type(&headers), &body) {
        Ok(request) => request,
        Err(error) => return refused(&issuance, &error),
    };
    let attested = match issuance.attested(&headers, Some(&request.client_id)).await {
        Ok(attested) => attested.as_ref().map(AttestedWallet::of),
        Err(Refusal::Refused(error)) => return attestation_refused(&issuance, &error),
        Err(Refusal::Store(fault)) => return store_failed(&fault),
    };
    match issuance.push(&request, &dpop_headers(&headers), attested).await {
        Ok(pushed) => {
            let mut response = private_json(StatusCode::CREATED, &pushed.to_value());
            // The wallet needs one for its token request.
            attach_nonce(&mut response, &issuance.fresh_nonce(Purpose::Dpop));
            response
        }
        Err(Refusal::Refused(error)) => refused(&issuance, &error),
        Err(Refusal::Store(fault)) => store_failed(&fault),
    }
}

/// An answer, never a redirect: nothing of the request is believed before all of it was read.
fn refused(issuance: &Issuance, error: &AuthorizationError) -> Response {
    let mut response = json_text(status(error.status()), error.body());
    if matches!(error, AuthorizationError::TooMany) {
        response = again_after(TOO_MANY_FOR, response);
    }
    if matches!(error, AuthorizationError::Dpop(DpopError::NonceNeeded)) {
        attach_nonce(&mut response, &issuance.fresh_nonce(Purpose::Dpop));
    }
    response
}
