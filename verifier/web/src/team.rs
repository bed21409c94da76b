//! The team's REST addresses: invitations, for whoever holds a token of the team (RFC 6750).
//!
//! Whoever has none is told so before anything is read of the request.

use axum::Json;
use axum::extract::{FromRequest, Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use openid4vc::access::{AccessError, Presented, Scheme};
use serde_json::Value;
use verifier::SpaceError;
use verifier::invitations::InviteError;
use verifier::invitations::post::Obstacle;
use web::{ApiError, StrictJson};

use crate::commands::inviting::{self, NotInvited};
use crate::site::{Failed, SpaceWeb};

/// `POST /team/invitations`.
pub(crate) async fn invite(State(site): State<SpaceWeb>, request: Request) -> Response {
    if let Err(refused) = authenticate(&site, request.headers()).await {
        return refused.into_response();
    }
    let wanted = match StrictJson::<inviting::Wanted>::from_request(request, &site).await {
        Ok(StrictJson(wanted)) => wanted,
        Err(error) => return error.into_response(),
    };
    match inviting::invite(&site.space, wanted).await {
        Ok(made) => said(StatusCode::CREATED, made),
        Err(refused) => refusal(refused).into_response(),
    }
}

/// `GET /team/invitations`.
pub(crate) async fn list(State(site): State<SpaceWeb>, headers: HeaderMap) -> Response {
    if let Err(refused) = authenticate(&site, &headers).await {
        return refused.into_response();
    }
    shown(inviting::list(&site.space).await)
}

/// `GET /team/invitations/{id}`.
pub(crate) async fn one(
    State(site): State<SpaceWeb>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = authenticate(&site, &headers).await {
        return refused.into_response();
    }
    shown(inviting::one(&site.space, &id).await)
}

fn shown(found: Result<Value, SpaceError>) -> Response {
    match found {
        Ok(found) => said(StatusCode::OK, found),
        Err(error) => Failed::from(error).into_response(),
    }
}

fn said(status: StatusCode, body: Value) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Whether the request carries one of the team's tokens.
async fn authenticate(site: &SpaceWeb, headers: &HeaderMap) -> Result<(), ApiError> {
    let given = headers.get_all(AUTHORIZATION).iter().map(|value| value.to_str().unwrap_or_default());
    let presented = Presented::parse(given).map_err(|error| denied(&error))?;
    if presented.scheme != Scheme::Bearer {
        return Err(denied(&AccessError::WrongScheme));
    }
    match site.space.is_of_the_team(&presented.token).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(denied(&AccessError::InvalidToken)),
        Err(error) => Err(Failed::from(error).into()),
    }
}

/// RFC 6750 §3: without a token the challenge names no error.
fn denied(error: &AccessError) -> ApiError {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    let challenge = match error {
        AccessError::Missing => HeaderValue::from_static("Bearer"),
        AccessError::Repeated => HeaderValue::from_static("Bearer error=\"invalid_request\""),
        _ => HeaderValue::from_static("Bearer error=\"invalid_token\""),
    };
    ApiError::new(status, error.code(), error.to_string()).with_header(WWW_AUTHENTICATE, challenge)
}

fn refusal(refused: NotInvited) -> ApiError {
    let sentence = refused.to_string();
    match refused {
        NotInvited::Invite(InviteError::AlreadyOpen) => {
            ApiError::new(StatusCode::CONFLICT, "already_open", sentence)
        }
        NotInvited::Invite(InviteError::TooMany) => {
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", sentence)
        }
        NotInvited::Invite(InviteError::Obstacle(Obstacle::NotAdmitted)) => {
            ApiError::new(StatusCode::FORBIDDEN, "not_admitted", sentence)
        }
        NotInvited::Invite(InviteError::Obstacle(Obstacle::NoList | Obstacle::NoNetwork)) => {
            ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", sentence)
        }
        NotInvited::Invite(InviteError::Space(SpaceError::NoSuchForm(_))) => {
            ApiError::bad_request("invalid_request", "this space has no form of that name")
        }
        NotInvited::Invite(InviteError::Space(error)) => Failed::from(error).into(),
        _ => ApiError::bad_request("invalid_request", sentence),
    }
}
