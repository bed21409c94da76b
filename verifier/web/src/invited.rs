//! The link of an invitation: a page for people, and a fresh request for wallets.
//!
//! Opening it changes nothing but that the team sees it; a link that was never made and one whose time is up are one page.
//! A wallet that fetches the request itself has no screen beside it, so no session follows: what comes of the answer goes to
//! that wallet alone.

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, StatusCode};
use openid4vc::secret::SecretText;
use openid4vc::vp::link::RequestUriMethod;
use presentation::{AskedRequest, Asking, ClientIdentifier, Way, for_use};
use serde_json::json;
use verifier::asking::REQUEST_LIFETIME;
use verifier::invitations::here_i_am::HERE;
use verifier::invitations::opening::Opening;
use verifier::invitations::records::{Invitation, Purpose};
use web::navigation::Navigation;
use web::page::{ErrorPage, Waiting, WaitingStatus};
use web::{ApiError, Words, csrf};

use crate::asked::AskedFor;
use crate::join::{ask, is_answered, left};
use crate::progress::{self, ANSWER, Progress};
use crate::screen::Screen;
use crate::site::{Failed, SpaceWeb};
use crate::two_ways::TwoWays;

#[derive(Template)]
#[template(path = "invited.html")]
struct Invited {
    words: Words,
    title: String,
    text: String,
    ways: TwoWays,
    asked: Option<AskedFor>,
}

/// `GET /join/invited/{token}`.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    Path(token): Path<String>,
    words: Words,
    _: Navigation,
    headers: HeaderMap,
) -> Response {
    match page(&site, words, &token, &headers).await {
        Ok(response) => response,
        Err(failed) => failed.page(words),
    }
}

async fn page(site: &SpaceWeb, words: Words, token: &str, headers: &HeaderMap) -> Result<Response, Failed> {
    let token = SecretText::new(token);
    match site.space.invitation_behind(&token).await? {
        Opening::Open(invitation) => match (invitation.purpose, &invitation.form) {
            (Purpose::SignUp, _) if site.space.left_at().await?.is_some() => Ok(left(site, words)),
            (Purpose::SignUp, Some(form)) => {
                sign_up_page(site, words, &invitation, &token, form, headers).await
            }
            (Purpose::SignUp, None) => Ok(said(site, words, "invited-gone", StatusCode::NOT_FOUND)),
            (Purpose::HereIAm, _) => here_page(site, words, &invitation, &token).await,
        },
        Opening::Answered(_) => Ok(said(site, words, "invited-answered", StatusCode::OK)),
        Opening::Gone => Ok(said(site, words, "invited-gone", StatusCode::NOT_FOUND)),
    }
}

fn said(site: &SpaceWeb, words: Words, key: &str, status: StatusCode) -> Response {
    let title = words.say(&format!("{key}-title"));
    let text = words.say_with(&format!("{key}-text"), &[("space", site.name())]);
    let page = site.page(words, title.clone(), ErrorPage::of(title, text));
    (status, page).into_response()
}

/// As `/join`, with the form of the invitation.
async fn sign_up_page(
    site: &SpaceWeb,
    words: Words,
    invitation: &Invitation,
    token: &SecretText,
    form: &str,
    headers: &HeaderMap,
) -> Result<Response, Failed> {
    if is_answered(site, headers).await? {
        return Ok(Redirect::to(ANSWER).into_response());
    }
    let screen = Screen::for_asking(site, headers).await?;
    let session = screen.name().hash();
    let told = site.space.recipients_told().await?;
    let (asked, here) = ask(site, form, Way::SameDevice { session }, &told).await?;
    let (other, there) = ask(site, form, Way::OtherDevice { session }, &told).await?;
    site.space.invitation_opened(&invitation.id, token, &[&asked.id, &other.id]).await?;
    let title = words.say_with("invited-title", &[("space", site.name())]);
    let waiting = progress::waiting(words, Progress::Waiting);
    let ways = TwoWays::new(words, "invited-link", here.link, there.link, waiting)?;
    let body = Invited {
        words,
        title: title.clone(),
        text: words.say_with("invited-intro", &[("space", site.name())]),
        ways: ways.going_on(ANSWER, words.say("join-next")),
        asked: Some(AskedFor::of(site, words, &asked.form).going_on_to(&asked.form, &told)),
    };
    let page = site.page(words, title, body);
    Ok(screen.give_cookie(page.with_copying().with_wallets().with_waiting_beside_a_form().wide()))
}

/// One request for both ways: no session follows from the answer, so it may come from anywhere.
async fn here_page(
    site: &SpaceWeb,
    words: Words,
    invitation: &Invitation,
    token: &SecretText,
) -> Result<Response, Failed> {
    let Some(request) = ask_for_here(site, invitation, token).await? else {
        return Ok(said(site, words, "invited-gone", StatusCode::NOT_FOUND));
    };
    let title = words.say_with("here-title", &[("space", site.name())]);
    // The token is one of ours, so it needs no escaping.
    let status_url = format!("/join/invited/{}/status", token.expose());
    let waiting = Waiting { words, status_url, state: OPEN.into() };
    let body = Invited {
        words,
        title: title.clone(),
        text: words.say_with("here-intro", &[("space", site.name())]),
        ways: TwoWays::new(words, "invited-link", request.link.clone(), request.link, waiting)?,
        asked: None,
    };
    let page = site.page(words, title, body);
    Ok(page.with_copying().with_wallets().with_waiting_beside_a_form().wide().into_response())
}

async fn ask_for_here(
    site: &SpaceWeb,
    invitation: &Invitation,
    token: &SecretText,
) -> Result<Option<AskedRequest>, Failed> {
    let Some(here) = site.space.here_i_am(&invitation.id) else { return Ok(None) };
    let subject = here.subject.clone();
    let request =
        site.presentation.ask_saying(without_screen(here.subject, here.query), &[for_use(HERE)]).await?;
    site.space.invitation_opened(&invitation.id, token, &[&subject]).await?;
    Ok(Some(request))
}

fn without_screen(subject: String, query: serde_json::Value) -> Asking {
    Asking {
        subject,
        query,
        way: Way::NoScreen,
        encrypt: true,
        client: ClientIdentifier::default(),
        method: RequestUriMethod::Post,
        lifetime: REQUEST_LIFETIME,
    }
}

const OPEN: &str = "open";

/// `GET /join/invited/{token}/status`: whether the page has something else to say.
pub(crate) async fn status(State(site): State<SpaceWeb>, Path(token): Path<String>) -> Response {
    let state = match site.space.invitation_behind(&SecretText::new(token)).await {
        Ok(Opening::Open(_)) => OPEN,
        Ok(Opening::Answered(_)) => "answered",
        Ok(Opening::Gone) => "gone",
        Err(error) => return Failed::from(error).into_response(),
    };
    Json(WaitingStatus { state, location: None }).into_response()
}

/// `POST /join/invited/{token}`: a fresh request for the wallet that found the invitation in its mailbox.
pub(crate) async fn request(
    State(site): State<SpaceWeb>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    if csrf::same_origin(&headers).is_err() {
        let sentence = "requests are made by this space's own pages and by programs";
        return ApiError::new(StatusCode::FORBIDDEN, "invalid_request", sentence).into_response();
    }
    match fresh_request(&site, &token).await {
        Ok(response) => response,
        Err(failed) => failed.into_response(),
    }
}

async fn fresh_request(site: &SpaceWeb, token: &str) -> Result<Response, Failed> {
    let token = SecretText::new(token);
    let invitation = match site.space.invitation_behind(&token).await? {
        Opening::Open(invitation) => invitation,
        Opening::Answered(_) => {
            let sentence = "this invitation has been answered already";
            return Ok(ApiError::new(StatusCode::GONE, "invalid_request", sentence).into_response());
        }
        Opening::Gone => return Ok(ApiError::not_found().into_response()),
    };
    let (request, session) = match (invitation.purpose, &invitation.form) {
        (Purpose::SignUp, Some(form)) => {
            let asked = site.space.ask(form).await?;
            let asking = without_screen(asked.id.clone(), asked.compiled.query.clone());
            let request = site.presentation.ask_saying(asking, &site.space.says_with(&asked)).await?;
            site.space.invitation_opened(&invitation.id, &token, &[&asked.id]).await?;
            (Some(request), Some(asked.id))
        }
        (Purpose::SignUp, None) => (None, None),
        (Purpose::HereIAm, _) => (ask_for_here(site, &invitation, &token).await?, None),
    };
    let Some(request) = request else { return Ok(ApiError::not_found().into_response()) };
    let body = json!({
        "link": request.link,
        "client_id": request.client_id,
        "request_uri": request.request_uri,
        "request_uri_method": request.request_uri_method,
        "session": session,
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}
