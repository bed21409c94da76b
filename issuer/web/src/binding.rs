//! Whose a number is: asked by spaces, stated by members (specs/number.md).
//!
//! Answers to these addresses are given on ticks. The deadline is fixed before anything is looked at, so that neither the words
//! nor the time tell an asker more than the answer.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode, Uri};
use issuer::binding::{BindingFailed, LONGEST_LIST, LONGEST_MESSAGE, NotBound};
use issuer::renumbering::Renumbered;
use serde_json::json;
use web::ApiError;

use crate::callers::signed_call;
use crate::site::Site;

/// The media type of tokens, statements and wishes.
const JWT: &str = "application/jwt";

type Body = Result<Bytes, BytesRejection>;

/// `POST /number-binding`: a space asks.
pub(crate) async fn ask(State(site): State<Site>, uri: Uri, headers: HeaderMap, body: Body) -> Response {
    on_tick(&site, async {
        // A body that cannot be read is one that asks for nothing.
        let body = body.unwrap_or_default();
        let call = signed_call("POST", &uri, &headers, &body);
        match site.office.binding(&site.callers(), &call).await {
            Ok(Some(token)) => jwt(token),
            Ok(None) => not_found(),
            Err(failed) => failure(&failed),
        }
    })
    .await
}

/// `PUT /number-binding`: a member states that a number is theirs.
pub(crate) async fn state(State(site): State<Site>, headers: HeaderMap, body: Body) -> Response {
    on_tick(&site, async {
        let Some(message) = message(&headers, body, LONGEST_MESSAGE) else { return not_bound() };
        match site.office.leave_statement(&message).await {
            Ok(token) => jwt(token),
            Err(error) => refused(&error),
        }
    })
    .await
}

/// `POST /number-binding/replace`: a member wishes another number.
pub(crate) async fn replace(State(site): State<Site>, headers: HeaderMap, body: Body) -> Response {
    on_tick(&site, async {
        let Some(message) = message(&headers, body, LONGEST_MESSAGE) else { return not_bound() };
        match site.office.replace_number(&message).await {
            Ok(Renumbered { number, credential_offer, .. }) => {
                let mut body = json!({"number": number});
                if let (Some(offer), Some(members)) = (credential_offer, body.as_object_mut()) {
                    members.insert("credential_offer".to_owned(), offer.into());
                }
                ([(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
            }
            Err(error) => refused(&error),
        }
    })
    .await
}

/// `PUT /number-binding/blocks`: a member says which spaces learn nothing.
pub(crate) async fn block(State(site): State<Site>, headers: HeaderMap, body: Body) -> Response {
    on_tick(&site, async {
        let Some(message) = message(&headers, body, LONGEST_LIST) else { return not_bound() };
        match site.office.block_spaces(&message).await {
            Ok(()) => StatusCode::NO_CONTENT.into_response(),
            Err(error) => refused(&error),
        }
    })
    .await
}

/// Answers on the tick that was due when the request came.
pub(crate) async fn on_tick(site: &Site, answer: impl Future<Output = Response>) -> Response {
    let deadline = site.pace.deadline();
    let response = answer.await;
    site.pace.reach(deadline).await;
    response
}

/// The JWS in a body that says that it is one.
fn message(headers: &HeaderMap, body: Body, longest: usize) -> Option<String> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let body = body.ok().filter(|body| kind == JWT && body.len() <= longest)?;
    String::from_utf8(body.to_vec()).ok()
}

fn jwt(token: String) -> Response {
    ([(CONTENT_TYPE, JWT), (CACHE_CONTROL, "no-store")], token).into_response()
}

/// The one answer to whoever is not told a number, whatever the reason.
fn not_found() -> Response {
    let sentence = "there is no such number, or none that is told to you";
    ApiError::new(StatusCode::NOT_FOUND, "not_found", sentence).into_response()
}

/// The one answer to whoever is not the holder of a number that counts, whatever the reason.
fn not_bound() -> Response {
    let sentence = "no number that counts here is bound to this DID by this message";
    ApiError::new(StatusCode::FORBIDDEN, "not_bound", sentence).into_response()
}

fn refused(error: &NotBound) -> Response {
    match error {
        NotBound::Office(failed) => {
            tracing::error!(%failed, "what a member said of a number could not be taken");
            ApiError::busy(2).into_response()
        }
        // Only who signed with the DID's key comes this far.
        NotBound::TooOften | NotBound::StatedTooOften => {
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", error.to_string()).into_response()
        }
        _ => not_bound(),
    }
}

fn failure(failed: &BindingFailed) -> Response {
    tracing::error!(%failed, "a number could not be looked up");
    ApiError::busy(2).into_response()
}
