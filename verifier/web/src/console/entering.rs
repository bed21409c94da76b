//! The ways in: signing in by a passkey, and the link by which somebody makes the first one.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use openid4vc::secret::SecretText;
use serde_json::json;
use verifier::team::passkeys::{AskedOfAuthenticator, Maker};
use verifier::team::{Role, TeamError};
use web::assets::assets;
use web::csrf::same_origin;
use web::form::{Fields, QueryFields};
use web::page::{ErrorPage, Page};
use web::session::{SessionSecret, TEAM_COOKIE_NAME};
use web::{ApiError, Form, Words};

use super::{CONSOLE, guard};
use crate::by_number::Client;
use crate::site::{Failed, SpaceWeb};

/// Where somebody of the team signs in.
pub(crate) const SIGN_IN: &str = "/console/sign-in";
/// How long a browser keeps the cookie, in seconds; the store ends the session in any case.
const COOKIE: u32 = 7 * 86_400;

/// Where to sign in who then goes on to `wanted`.
pub(crate) fn address_before(wanted: &str) -> String {
    let mut address = format!("{SIGN_IN}?next=");
    for byte in wanted.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            address.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            // Writing to a string cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

/// Where somebody goes on to: a page of the console, and nothing else that a link may say.
fn onward(wanted: Option<&str>) -> String {
    let is_own = |wanted: &&str| {
        wanted.strip_prefix(CONSOLE).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && wanted.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
            && !wanted.contains("//")
    };
    wanted.filter(is_own).unwrap_or(CONSOLE).to_owned()
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignIn<'a> {
    words: Words,
    space: &'a str,
    next: String,
}

/// `GET /console/sign-in`.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    headers: HeaderMap,
    QueryFields(query): QueryFields,
) -> Response {
    let next = onward(query.optional("next"));
    match guard::acting(&site, &headers).await {
        Ok(Some(_)) => return Redirect::to(&next).into_response(),
        Ok(None) => {}
        Err(failed) => return failed.page(words),
    }
    let body = SignIn { words, space: site.name(), next };
    outside(&site, words, words.say("console-sign-in-title"), body).into_response()
}

fn outside<B: std::fmt::Display>(site: &SpaceWeb, words: Words, title: String, body: B) -> Page<B> {
    site.page(words, title, body)
        .of_site(words.say_with("console-site", &[("space", site.name())]))
        .below(CONSOLE, words.say("console-foot-outside"))
        .with_script(assets().team_passkey.url())
}

/// `POST /console/sign-in/begin`: what the authenticator is asked.
pub(crate) async fn begin(State(site): State<SpaceWeb>, headers: HeaderMap) -> Response {
    if same_origin(&headers).is_err() {
        return foreign().into_response();
    }
    said(site.space.begin_sign_in().await)
}

/// `POST /console/sign-in/finish`.
pub(crate) async fn finish(
    State(site): State<SpaceWeb>,
    headers: HeaderMap,
    client: Client,
    Form(fields): Form,
) -> Response {
    if same_origin(&headers).is_err() {
        return foreign().into_response();
    }
    if let Err(limited) = site.tries.take(&client.0) {
        return limited.into_response();
    }
    let session = SessionSecret::fresh(site.environment().randomness());
    let ceremony = SecretText::new(fields.optional("ceremony").unwrap_or_default());
    let answer = fields.optional("answer").unwrap_or_default();
    match site.space.finish_sign_in(&ceremony, answer, &session.id().text()).await {
        Ok(_) => signed_in(&session, onward(fields.optional("next"))),
        Err(error) => refusal(error).into_response(),
    }
}

/// The browser gets the cookie of a session that never was another's.
fn signed_in(session: &SessionSecret, to: String) -> Response {
    let cookie = session.cookie_named(TEAM_COOKIE_NAME, Some(COOKIE));
    ([(SET_COOKIE, cookie)], Json(json!({"location": to}))).into_response()
}

#[derive(Template)]
#[template(path = "console/enter.html")]
struct Enter<'a> {
    words: Words,
    space: &'a str,
    name: String,
    role: String,
    role_text: String,
    token: &'a str,
}

/// `GET /console/enter/{token}`: whose link this is. It is used up by the passkey alone, not by looking.
pub(crate) async fn show_link(
    State(site): State<SpaceWeb>,
    words: Words,
    Path(token): Path<String>,
) -> Response {
    let found = match site.space.link_leads_to(&SecretText::new(token.as_str())).await {
        Ok(found) => found,
        Err(error) => return Failed::from(error).page(words),
    };
    let Some(teammate) = found else {
        let title = words.say("console-link-over-title");
        let body = ErrorPage::of(title.clone(), words.say("console-link-over-text"));
        return (StatusCode::GONE, outside(&site, words, title, body)).into_response();
    };
    let body = Enter {
        words,
        space: site.name(),
        role: words.say(&role_key(teammate.role)),
        role_text: words.say(&format!("{}-text", role_key(teammate.role))),
        name: teammate.name,
        token: &token,
    };
    outside(&site, words, words.say("console-enter-title"), body).into_response()
}

pub(super) fn role_key(role: Role) -> String {
    format!("console-role-{}", role.name())
}

/// `POST /console/enter/{token}/begin`.
pub(crate) async fn begin_link(
    State(site): State<SpaceWeb>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    if same_origin(&headers).is_err() {
        return foreign().into_response();
    }
    said(site.space.begin_passkey_by_link(&SecretText::new(token)).await)
}

/// `POST /console/enter/{token}/finish`.
pub(crate) async fn finish_link(
    State(site): State<SpaceWeb>,
    Path(token): Path<String>,
    headers: HeaderMap,
    client: Client,
    Form(fields): Form,
) -> Response {
    if same_origin(&headers).is_err() {
        return foreign().into_response();
    }
    if let Err(limited) = site.tries.take(&client.0) {
        return limited.into_response();
    }
    let session = SessionSecret::fresh(site.environment().randomness());
    let (token, id) = (SecretText::new(token), session.id().text());
    let of = Maker::Link { token: &token, session: &id };
    match kept(&site, &fields, of).await {
        Ok(()) => signed_in(&session, CONSOLE.to_owned()),
        Err(error) => refusal(error).into_response(),
    }
}

/// Keeps the passkey that a form brings.
pub(super) async fn kept(site: &SpaceWeb, fields: &Fields, of: Maker<'_>) -> Result<(), TeamError> {
    let ceremony = SecretText::new(fields.optional("ceremony").unwrap_or_default());
    let answer = fields.optional("answer").unwrap_or_default();
    let label = fields.optional("label").map(str::trim).filter(|label| !label.is_empty()).unwrap_or("1");
    site.space.finish_passkey(&ceremony, answer, label, of).await.map(drop)
}

/// What an authenticator is asked, as the page's script reads it.
pub(super) fn said(asked: Result<AskedOfAuthenticator, TeamError>) -> Response {
    match asked {
        Ok(asked) => {
            Json(json!({"options": asked.options, "ceremony": asked.ceremony.expose()})).into_response()
        }
        Err(error) => refusal(error).into_response(),
    }
}

fn foreign() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "invalid_request", "the form was sent from a page of another host")
}

/// A sentence for a program; people read the page's own.
pub(super) fn refusal(error: TeamError) -> ApiError {
    let sentence = error.to_string();
    match error {
        TeamError::Space(error) => Failed::from(error).into(),
        TeamError::NoLink => ApiError::new(StatusCode::GONE, "no_link", sentence),
        TeamError::NotAccepted => ApiError::new(StatusCode::FORBIDDEN, "access_denied", sentence),
        _ => ApiError::new(StatusCode::CONFLICT, "invalid_request", sentence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_in_goes_on_to_a_page_of_the_console_and_nowhere_else() {
        for own in ["/console", "/console/team", "/console?a=b", "/console/contacts/x?from=2"] {
            assert_eq!(onward(Some(own)), own);
        }
        for other in [
            "",
            "/",
            "/consoles",
            "/join",
            "https://example.org",
            "//example.org",
            "/console//example.org",
            "/console/\\example.org",
            "/console/ä",
            "/console/ x",
        ] {
            assert_eq!(onward(Some(other)), CONSOLE, "{other}");
        }
        assert_eq!(onward(None), CONSOLE);
        assert_eq!(address_before("/console/team?a=b"), "/console/sign-in?next=%2Fconsole%2Fteam%3Fa%3Db");
    }
}
