//! Requests without a screen, and how they stand.

use openid4vc::vp::link::RequestUriMethod;
use presentation::{Asking, ClientIdentifier, Presentation, Way};
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::{Space, SpaceError};

use super::said;

#[derive(Clone, Copy, Deserialize, Default)]
pub(super) enum ResponseMode {
    #[default]
    #[serde(rename = "direct_post.jwt")]
    Encrypted,
    #[serde(rename = "direct_post")]
    Plain,
}

#[derive(Clone, Copy, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(super) enum ClientKind {
    #[default]
    X509Hash,
    DecentralizedIdentifier,
}

#[derive(Clone, Copy, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    #[default]
    Get,
    Post,
}

/// Makes a request.
pub(super) async fn ask(
    space: &Space,
    presentation: &Presentation,
    form: &str,
    lifetime: i64,
    (mode, client, method): (ResponseMode, ClientKind, Method),
) -> Result<Value, String> {
    let asked = space.ask_for(form, lifetime).await.map_err(said)?;
    let asking = Asking {
        subject: asked.id.clone(),
        query: asked.compiled.query.clone(),
        way: Way::NoScreen,
        encrypt: matches!(mode, ResponseMode::Encrypted),
        client: match client {
            ClientKind::X509Hash => ClientIdentifier::X509Hash,
            ClientKind::DecentralizedIdentifier => ClientIdentifier::DecentralizedIdentifier,
        },
        method: match method {
            Method::Get => RequestUriMethod::Get,
            Method::Post => RequestUriMethod::Post,
        },
        lifetime,
    };
    let made = presentation.ask_saying(asking, &space.says_with(&asked)).await;
    let made = made.map_err(|error| error.to_string())?;
    Ok(json!({
        "link": made.link,
        "client_id": made.client_id,
        "request_uri": made.request_uri,
        "request_uri_method": made.request_uri_method,
        "session": asked.id,
        "warning": space.beyond_registration(&asked.form),
    }))
}

/// `accepted`, `declined`, `waiting` or `expired`, or the reason for which the last answer was refused.
pub(super) async fn result(
    space: &Space,
    presentation: &Presentation,
    session: &str,
) -> Result<Value, String> {
    const UNKNOWN: &str = "unknown_request";
    let result = match space.result(session).await {
        Ok(Some(result)) => result.to_owned(),
        Ok(None) => {
            let state = presentation.state(session).await.map_err(|fault| fault.to_string())?;
            state.map_or_else(|| UNKNOWN.to_owned(), |state| state.name().to_owned())
        }
        Err(SpaceError::NoSuch(_)) => UNKNOWN.to_owned(),
        Err(error) => return Err(error.to_string()),
    };
    Ok(json!({"result": result}))
}
