//! Of whom what is held: which details, whose word, until when; and the values by an address of their own.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};
use verifier::SpaceError;
use verifier::listing::{ContactState, ListedContact};
use verifier::team::looks::Looker;

use super::asked::{Named, Query};
use super::guard::Caller;
use super::refusing::refused;
use super::{page, said};
use crate::commands::contacts::known;
use crate::commands::time;
use crate::site::SpaceWeb;

/// `GET /api/v1/contacts`.
pub(super) async fn list(State(site): State<SpaceWeb>, _: Caller, query: Query) -> Response {
    let wanted = match query.read(false) {
        Ok(wanted) => wanted,
        Err(error) => return error.into_response(),
    };
    let found = async {
        let found = site.space.contacts_after(wanted.after.as_ref(), wanted.limit).await?;
        let mut lines = Vec::with_capacity(found.items.len());
        for listed in &found.items {
            lines.push(line(&site, listed).await?);
        }
        Ok::<_, SpaceError>((lines, found.next))
    };
    match found.await {
        Ok((lines, next)) => page("contacts", lines, next.as_ref()),
        Err(error) => refused(error).into_response(),
    }
}

/// `GET /api/v1/contacts/{id}`.
pub(super) async fn one(State(site): State<SpaceWeb>, _: Caller, Named(id): Named) -> Response {
    let found = async { line(&site, &site.space.listed_contact(&id).await?).await };
    match found.await {
        Ok(line) => said(StatusCode::OK, line),
        Err(error) => refused(error).into_response(),
    }
}

async fn line(site: &SpaceWeb, listed: &ListedContact) -> Result<Value, SpaceError> {
    let mut line = known(&site.space, &listed.contact, Vec::new()).await?;
    let state = match listed.state {
        ContactState::Waiting => "waiting",
        ContactState::Member => "member",
        ContactState::Ended => "ended",
    };
    if let Some(members) = line.as_object_mut() {
        members.insert("state".to_owned(), json!(state));
        members.insert("form".to_owned(), json!(listed.sign_up.form));
        members.insert("answered_at".to_owned(), json!(time(listed.sign_up.answered_at)));
        members.insert("membership".to_owned(), json!(listed.sign_up.member));
    }
    Ok(line)
}

/// `GET /api/v1/contacts/{id}/values`: what is held at this moment. A look, which is noted with the key's name.
pub(super) async fn values(State(site): State<SpaceWeb>, caller: Caller, Named(id): Named) -> Response {
    let found = async {
        // A sign-up of which it is not known who was at the screen is nobody's yet.
        site.space.listed_contact(&id).await?;
        opened(&site, &id, &caller).await
    };
    match found.await {
        Ok(line) => said(StatusCode::OK, line),
        Err(error) => refused(error).into_response(),
    }
}

/// What is held, with the values that a program sees, once the look is noted.
pub(super) async fn opened(site: &SpaceWeb, id: &str, caller: &Caller) -> Result<Value, SpaceError> {
    let (contact, values) = site.space.contact_for(id, Looker::Program(&caller.noted_as())).await?;
    known(&site.space, &contact, values).await
}
