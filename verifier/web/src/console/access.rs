//! One's own passkeys and sessions.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde_json::json;
use verifier::team::TeamError;
use verifier::team::passkeys::Maker;
use verifier::team::records::{TeamPasskey, TeamSession};
use web::Words;
use web::assets::assets;
use web::page::{CopyLink, ErrorPage, QrFigure};
use web::session::team_removal_cookie;

use super::entering::{self, SIGN_IN};
use super::guard::{Acting, Posted};
use super::people::link_page;
use super::{frame, words as say};
use crate::site::{Failed, SpaceWeb};

pub(super) const ACCESS: &str = "/console/access";

#[derive(Template)]
#[template(path = "console/access.html")]
struct Access {
    words: Words,
    csrf: String,
    passkeys: Vec<Passkey>,
    sessions: Vec<Session>,
}

struct Passkey {
    id: String,
    label: String,
    made: String,
    used: String,
    is_last: bool,
}

struct Session {
    id: String,
    opened_with: String,
    began: String,
    seen: String,
    is_this: bool,
}

/// `GET /console/access`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    match access(&site, words, &acting).await {
        Ok(body) => frame::page(&site, words, &acting, ACCESS, words.say("console-access"), body)
            .with_script(assets().team_passkey.url())
            .into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

async fn access(site: &SpaceWeb, words: Words, acting: &Acting) -> Result<Access, TeamError> {
    let passkeys = site.space.passkeys_of(&acting.teammate.id).await?;
    let is_last = passkeys.len() < 2;
    let passkey = |one: TeamPasskey| Passkey {
        made: say::when(one.made_at),
        used: one.used_at.map_or_else(|| words.say("console-never"), say::when),
        id: one.id,
        label: one.label,
        is_last,
    };
    let session = |one: TeamSession| Session {
        began: say::when(one.began_at),
        seen: say::when(one.seen_at),
        is_this: one.id == acting.session.id,
        id: one.id,
        opened_with: one.opened_with,
    };
    Ok(Access {
        words,
        csrf: acting.csrf(),
        passkeys: passkeys.into_iter().map(passkey).collect(),
        sessions: site.space.team_sessions_of(&acting.teammate.id).await?.into_iter().map(session).collect(),
    })
}

/// `POST /console/sign-out`.
pub(crate) async fn sign_out(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    match site.space.end_team_session(&acting.teammate.id, &acting.session.id).await {
        Ok(()) => ([(SET_COOKIE, team_removal_cookie())], Redirect::to(SIGN_IN)).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

/// `POST /console/access/sessions/end`.
pub(crate) async fn end_session(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match site.space.end_team_session(&acting.teammate.id, posted.text("id")).await {
        Ok(()) => Redirect::to(ACCESS).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

/// `POST /console/access/passkeys/begin`.
pub(crate) async fn begin_passkey(State(site): State<SpaceWeb>, acting: Acting) -> Response {
    entering::said(site.space.begin_passkey(&acting.teammate).await)
}

/// `POST /console/access/passkeys/finish`.
pub(crate) async fn finish_passkey(
    State(site): State<SpaceWeb>,
    acting: Acting,
    Posted(fields): Posted,
) -> Response {
    match entering::kept(&site, &fields, Maker::SignedIn(&acting.teammate.id)).await {
        Ok(()) => Json(json!({"location": ACCESS})).into_response(),
        Err(error) => entering::refusal(error).into_response(),
    }
}

/// `POST /console/access/passkeys/remove`.
pub(crate) async fn remove_passkey(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match site.space.remove_passkey(&acting.session, posted.text("id")).await {
        Ok(()) => Redirect::to(ACCESS).into_response(),
        Err(TeamError::LastPasskey) => {
            let title = words.say("console-passkey-last-title");
            let body = ErrorPage::of(title.clone(), words.say("console-passkey-last-text"));
            let page = frame::page(&site, words, &acting, ACCESS, title, body);
            (StatusCode::CONFLICT, page).into_response()
        }
        Err(error) => Failed::from(error).page(words),
    }
}

/// `POST /console/access/link`: a link for another device of one's own, shown this once.
pub(crate) async fn link(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    let token = match site.space.link_for_device(&acting.teammate.id).await {
        Ok(token) => token,
        Err(error) => return Failed::from(error).page(words),
    };
    let text = words.say("console-device-link-text");
    link_page(&site, words, &acting, ACCESS, &token, words.say("console-device-link-title"), text)
}

/// A link with its QR code.
pub(super) fn shown(words: Words, link: String) -> Result<(QrFigure, CopyLink), Failed> {
    let qr = QrFigure::of(&link, &words.say("qr-alternative"), words.say("console-link-qr"))?;
    Ok((qr, CopyLink { words, id: "team-link", link }))
}
