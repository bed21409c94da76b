//! Invitations: whom one went to is said nowhere.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use verifier::invitations::records::Purpose;
use web::ApiError;

use super::asked::{Named, Query, given, idempotency_key};
use super::body::{self, Part, Sent};
use super::guard::Caller;
use super::refusing::{not_invited, refused};
use super::sign_ups::once;
use super::{page, said};
use crate::commands::inviting;
use crate::site::SpaceWeb;

/// `GET /api/v1/invitations`: the newest first.
pub(super) async fn list(State(site): State<SpaceWeb>, _: Caller, query: Query) -> Response {
    let wanted = match query.read(false) {
        Ok(wanted) => wanted,
        Err(error) => return error.into_response(),
    };
    match site.space.invitations_after(wanted.after.as_ref(), wanted.limit).await {
        Ok(found) => {
            let lines = found.items.iter().map(|one| inviting::invitation(&site.space, one));
            page("invitations", lines.collect(), found.next.as_ref())
        }
        Err(error) => refused(error).into_response(),
    }
}

/// `GET /api/v1/invitations/{id}`.
pub(super) async fn one(State(site): State<SpaceWeb>, _: Caller, Named(id): Named) -> Response {
    match inviting::one(&site.space, &id).await {
        Ok(line) => said(StatusCode::OK, line),
        Err(error) => refused(error).into_response(),
    }
}

/// Whom to invite, and to what.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct New {
    #[serde(default, deserialize_with = "given")]
    number: Option<String>,
    #[serde(default, deserialize_with = "given")]
    email: Option<String>,
    #[serde(default, deserialize_with = "given")]
    purpose: Option<Purpose>,
    #[serde(default, deserialize_with = "given")]
    form: Option<String>,
    #[serde(default, deserialize_with = "given")]
    days: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    language: Option<String>,
}

impl Sent for New {
    const PARTS: &'static [Part] = &[
        Part::optional::<String>("number", "a passport number, as text"),
        Part::optional::<String>("email", "an e-mail address, as text"),
        Part::optional::<Purpose>("purpose", "sign-up or here-i-am"),
        Part::optional::<String>("form", "the name of a form, as text"),
        Part::optional::<u32>("days", "a number of days"),
        Part::optional::<String>("language", "en or es"),
    ];
}

/// `POST /api/v1/invitations`. Under the same `Idempotency-Key` nobody is invited twice.
pub(super) async fn send(State(site): State<SpaceWeb>, caller: Caller, request: Request) -> Response {
    let key = match idempotency_key(request.headers()) {
        Ok(key) => key,
        Err(error) => return error.into_response(),
    };
    let new: New = match body::read(request, &site).await {
        Ok(new) => new,
        Err(error) => return error.into_response(),
    };
    match sent(&site, &caller, key.as_deref(), new).await {
        Ok(line) => said(StatusCode::CREATED, line),
        Err(error) => error.into_response(),
    }
}

async fn sent(
    site: &SpaceWeb,
    caller: &Caller,
    key: Option<&str>,
    new: New,
) -> Result<serde_json::Value, ApiError> {
    let once = once(site, caller, key, "/invitations", &new)?;
    let New { number, email, purpose, form, days, language } = new;
    let wanted = inviting::Wanted { number, email, purpose, form, days, language };
    inviting::invite_once(&site.space, wanted, once.as_ref()).await.map_err(not_invited)
}
