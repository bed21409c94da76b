//! What the space asks.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Value, json};
use verifier::SpaceError;
use verifier::forms::FormVersion;

use super::asked::{Named, Query};
use super::guard::Caller;
use super::refusing::refused;
use super::said;
use crate::site::SpaceWeb;

/// `GET /api/v1/forms`: all, as they hold now; there are at most fifty.
pub(super) async fn list(State(site): State<SpaceWeb>, _: Caller, query: Query) -> Response {
    if let Err(error) = query.read(false) {
        return error.into_response();
    }
    match lines(&site).await {
        Ok(lines) => said(StatusCode::OK, json!({"forms": lines, "next": null})),
        Err(error) => refused(error).into_response(),
    }
}

async fn lines(site: &SpaceWeb) -> Result<Vec<Value>, SpaceError> {
    let mut lines = Vec::new();
    for version in site.space.all_forms().await?.values() {
        lines.push(line(site, version).await?);
    }
    Ok(lines)
}

/// `GET /api/v1/forms/{id}`.
pub(super) async fn one(State(site): State<SpaceWeb>, _: Caller, Named(id): Named) -> Response {
    let found = async {
        let version = site.space.all_forms().await?.remove(&id).ok_or(SpaceError::NoSuch("form"))?;
        line(&site, &version).await
    };
    match found.await {
        Ok(line) => said(StatusCode::OK, line),
        Err(error) => refused(error).into_response(),
    }
}

async fn line(site: &SpaceWeb, version: &FormVersion) -> Result<Value, SpaceError> {
    Ok(json!({
        "id": version.id,
        "version": version.number,
        "is_asked": !version.is_withdrawn,
        "approval": version.form.approval,
        "purpose": version.form.purpose,
        "fields": version.form.fields,
        "places": version.form.places,
        "places_taken": site.space.places_taken(&version.id).await?,
    }))
}
