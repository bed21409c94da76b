//! The API of the space's team, at `/api/v1` of the space's own host: for whoever holds a key of the space (decision 0039).
//!
//! **How to add an address.** Write a handler that takes [`guard::Caller`] (which key asks), and then:
//!
//! 1. a line in [`routes`]: path, the [`Scope`] that it needs, and the method; without a scope none can be written;
//! 2. an operation in [`description`], which is what `/api/openapi.json` serves;
//! 3. a line in the table of `tests/api.rs`, which tries every address with every scope, and a row in `specs/refusals.md`.
//!
//! The guard looks at key, budget and scope before a handler runs, and before anything is read of what is sent.

mod asked;
mod body;
mod contacts;
pub(crate) mod description;
mod forms;
pub(crate) mod guard;
mod invitations;
mod memberships;
mod refusing;
mod sign_ups;

use axum::Json;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::{Value, json};
use store::Cursor;
use verifier::api_keys::Scope;

use crate::site::SpaceWeb;
use guard::Keyed;

/// What the looks of programs begin with: no identifier of a person has a colon.
pub(crate) const PROGRAM: &str = "token:";

/// Every address, each with the scope that it needs.
pub(crate) fn routes(site: &SpaceWeb) -> Keyed {
    Keyed::new(site.clone())
        .route("/api/v1/forms", Scope::FormsRead, get(forms::list))
        .route("/api/v1/forms/{id}", Scope::FormsRead, get(forms::one))
        .route("/api/v1/sign-ups", Scope::SignUpsRead, get(sign_ups::list))
        .route("/api/v1/sign-ups/{id}", Scope::SignUpsRead, get(sign_ups::one))
        .route("/api/v1/sign-ups/{id}/values", Scope::SignUpsValues, get(sign_ups::values))
        .route("/api/v1/sign-ups/{id}/decision", Scope::SignUpsDecide, post(sign_ups::decide))
        .route("/api/v1/sign-ups/{id}/ask", Scope::SignUpsAsk, post(sign_ups::ask))
        .route("/api/v1/contacts", Scope::ContactsRead, get(contacts::list))
        .route("/api/v1/contacts/{id}", Scope::ContactsRead, get(contacts::one))
        .route("/api/v1/contacts/{id}/values", Scope::ContactsValues, get(contacts::values))
        .route("/api/v1/invitations", Scope::InvitationsRead, get(invitations::list))
        .route("/api/v1/invitations", Scope::InvitationsSend, post(invitations::send))
        .route("/api/v1/invitations/{id}", Scope::InvitationsRead, get(invitations::one))
        .route("/api/v1/memberships", Scope::MembershipsRead, get(memberships::list))
        .route("/api/v1/memberships/{sub}", Scope::MembershipsRead, get(memberships::one))
        .route("/api/v1/memberships/{sub}/end", Scope::MembershipsChange, post(memberships::end))
        .route("/api/v1/memberships/{sub}/offer", Scope::MembershipsOffer, post(memberships::offer))
}

/// The API without the limits of a client.
pub(crate) fn router(site: &SpaceWeb) -> Router<SpaceWeb> {
    let described = Router::new().route("/api/openapi.json", get(described)).layer(web::cors::public());
    routes(site).into_router().merge(described)
}

/// `GET /api/openapi.json`: for anybody.
async fn described() -> Response {
    Json(description::description()).into_response()
}

/// A page of a list: `named`, and where it goes on.
fn page(named: &str, lines: Vec<Value>, next: Option<&Cursor>) -> Response {
    said(StatusCode::OK, json!({(named): lines, "next": next.map(Cursor::to_text)}))
}

/// An answer. That none is stored on the way, the guard sees to.
fn said(status: StatusCode, body: Value) -> Response {
    (status, Json(body)).into_response()
}
