//! The page on which somebody joins, and requests for programs.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use openid4vc::secret::SecretHash;
use openid4vc::vp::link::RequestUriMethod;
use presentation::{AskedRequest, Asking, ClientIdentifier, ScreenState, Way};
use serde::Deserialize;
use serde_json::json;
use verifier::asking::REQUEST_LIFETIME;
use verifier::records::Asked;
use web::csrf::CsrfForm;
use web::navigation::Navigation;
use web::page::{CopyLink, LinkButton, Page, QrFigure, Waiting, WalletButton};
use web::session::removal_cookie;
use web::{ApiError, StrictJson, Words, csrf};

use crate::asked::AskedFor;
use crate::by_number::BY_NUMBER;
use crate::progress::{self, ANSWER, BeginAgain, JOIN, Progress};
use crate::screen::{Screen, name_in};
use crate::site::{Failed, SpaceWeb};

#[derive(Template)]
#[template(path = "join.html")]
struct Join<'a> {
    words: Words,
    space: &'a str,
    open: WalletButton,
    qr: QrFigure,
    link: CopyLink,
    waiting: Waiting,
    next: LinkButton,
    by_number: &'static str,
    asked: AskedFor,
}

#[derive(Template)]
#[template(path = "closed.html")]
struct Closed<'a> {
    words: Words,
    space: &'a str,
}

/// `GET /join`: a fresh request for each way, unless somebody has just answered in this browser.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    _: Navigation,
    headers: HeaderMap,
) -> Response {
    let Some(form) = site.form() else { return closed(&site, words) };
    match join_page(&site, words, form, &headers).await {
        Ok(response) => response,
        Err(failed) => failed.page(words),
    }
}

/// `POST /join/again`: whoever waits for digits gives them up and begins again, in another session.
pub(crate) async fn again(_: CsrfForm<BeginAgain>) -> Response {
    ([(SET_COOKIE, removal_cookie())], Redirect::to(JOIN)).into_response()
}

/// The page of a space at which nobody joins.
pub(crate) fn closed(site: &SpaceWeb, words: Words) -> Response {
    let body = Closed { words, space: site.name() };
    let title = words.say("join-closed-title");
    (StatusCode::NOT_FOUND, Page::new(words, title, body).of_site(site.name())).into_response()
}

async fn join_page(
    site: &SpaceWeb,
    words: Words,
    form: &str,
    headers: &HeaderMap,
) -> Result<Response, Failed> {
    if is_answered(site, headers).await? {
        return Ok(Redirect::to(ANSWER).into_response());
    }
    let screen = Screen::for_asking(site, headers).await?;
    let session = screen.name().hash();
    let (asked, here) = ask(site, form, Way::SameDevice { session }).await?;
    let (_, there) = ask(site, form, Way::OtherDevice { session }).await?;
    let body = Join {
        words,
        space: site.name(),
        open: WalletButton::new(words, words.say("join-open"), here.link),
        qr: QrFigure::new(words, &there.link)?,
        link: CopyLink { words, id: "join-link", link: there.link },
        waiting: progress::waiting(words, Progress::Waiting),
        next: LinkButton { href: ANSWER.to_owned(), label: words.say("join-next"), secondary: true },
        by_number: BY_NUMBER,
        asked: AskedFor::of(site, words, &asked.form),
    };
    let title = words.say_with("join-title", &[("space", site.name())]);
    let page = Page::new(words, title, body).of_site(site.name());
    // Loading this page again makes other requests: it goes on by script, or by its button.
    Ok(screen.give_cookie(page.with_copying().with_wallets().with_waiting_beside_a_form().wide()))
}

/// Whether this browser waits for the digits: then it is not at the beginning.
pub(crate) async fn is_answered(site: &SpaceWeb, headers: &HeaderMap) -> Result<bool, Failed> {
    let Some(name) = name_in(headers) else { return Ok(false) };
    let state = site.presentation.screen(&name).await?.map(|(_, state)| state);
    Ok(state == Some(ScreenState::CodeWanted))
}

/// What is asked for by a program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    way: WantedWay,
    form: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WantedWay {
    Link,
    Qr,
}

/// `POST /join/requests`.
pub(crate) async fn requests(
    State(site): State<SpaceWeb>,
    headers: HeaderMap,
    StrictJson(wanted): StrictJson<Wanted>,
) -> Response {
    if csrf::same_origin(&headers).is_err() {
        let sentence = "requests are made by this space's own pages and by programs";
        return ApiError::new(StatusCode::FORBIDDEN, "invalid_request", sentence).into_response();
    }
    let Some(form) = wanted.form.as_deref().or(site.form()) else {
        return ApiError::bad_request("invalid_request", "this space has several forms; name one")
            .into_response();
    };
    if !site.space.forms().contains_key(form) {
        return ApiError::bad_request("invalid_request", "this space has no form of that name")
            .into_response();
    }
    match answer(&site, &headers, wanted.way, form).await {
        Ok(response) => response,
        Err(failed) => failed.into_response(),
    }
}

async fn answer(
    site: &SpaceWeb,
    headers: &HeaderMap,
    way: WantedWay,
    form: &str,
) -> Result<Response, Failed> {
    let screen = Screen::for_asking(site, headers).await?;
    let session = screen.name().hash();
    let way = match way {
        WantedWay::Link => Way::SameDevice { session },
        WantedWay::Qr => Way::OtherDevice { session },
    };
    let (asked, request) = ask(site, form, way).await?;
    let body = json!({
        "link": request.link,
        "client_id": request.client_id,
        "request_uri": request.request_uri,
        "request_uri_method": request.request_uri_method,
        "session": asked.id,
    });
    Ok(screen.give_cookie(([(CACHE_CONTROL, "no-store")], Json(body))))
}

/// Records what is asked and makes the request.
pub(crate) async fn ask(site: &SpaceWeb, form: &str, way: Way) -> Result<(Asked, AskedRequest), Failed> {
    let asked = site.space.ask_at_screen(form, session_of(way)).await?;
    let asking = Asking {
        subject: asked.id.clone(),
        query: asked.compiled.query.clone(),
        way,
        encrypt: true,
        client: ClientIdentifier::default(),
        method: RequestUriMethod::Post,
        lifetime: REQUEST_LIFETIME,
    };
    let request = site.presentation.ask_saying(asking, &site.space.says_with(&asked)).await?;
    Ok((asked, request))
}

const fn session_of(way: Way) -> SecretHash {
    match way {
        Way::SameDevice { session } | Way::OtherDevice { session } => session,
        // Pages ask for somebody at a screen, always.
        Way::NoScreen => SecretHash::from_bytes([0; 32]),
    }
}
