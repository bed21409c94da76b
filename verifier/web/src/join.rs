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
use verifier::SpaceError;
use verifier::asking::REQUEST_LIFETIME;
use verifier::outgoing::seeing::ToldRecipient;
use verifier::records::Asked;
use web::csrf::CsrfForm;
use web::navigation::Navigation;
use web::page::LinkButton;
use web::session::removal_cookie;
use web::{ApiError, StrictJson, Words, csrf};

use crate::asked::AskedFor;
use crate::by_number::BY_NUMBER;
use crate::progress::{self, ANSWER, BeginAgain, JOIN, Progress, is_about_joining};
use crate::screen::{Screen, name_in};
use crate::signing_in::SIGNING_IN;
use crate::site::{Failed, SpaceWeb};
use crate::two_ways::TwoWays;

#[derive(Template)]
#[template(path = "join.html")]
struct Join<'a> {
    words: Words,
    space: &'a str,
    ways: TwoWays,
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
    let form = match site.open_form().await {
        Ok(form) => form.map(|form| form.id),
        Err(failed) => return failed.page(words),
    };
    let form = match (form, is_answered(&site, &headers).await) {
        (_, Err(failed)) => return failed.page(words),
        (Some(form), Ok(_)) => form,
        (None, Ok(true)) => return Redirect::to(ANSWER).into_response(),
        (None, Ok(false)) => return nobody_joins(&site, words).await,
    };
    match join_page(&site, words, &form, &headers).await {
        Ok(response) => response,
        Err(failed) => failed.page(words),
    }
}

/// `POST /join/again`: whoever waits for digits gives them up and begins again, in another session.
pub(crate) async fn again(_: CsrfForm<BeginAgain>) -> Response {
    ([(SET_COOKIE, removal_cookie())], Redirect::to(JOIN)).into_response()
}

/// The page of a space at which nobody joins.
fn closed(site: &SpaceWeb, words: Words) -> Response {
    let body = Closed { words, space: site.name() };
    let title = words.say("join-closed-title");
    (StatusCode::NOT_FOUND, site.page(words, title, body)).into_response()
}

/// The page where nobody joins by themselves: the space has left, no form is there, or the team takes only whom it invites now.
pub(crate) async fn nobody_joins(site: &SpaceWeb, words: Words) -> Response {
    let stands = async { Ok::<_, SpaceError>((site.space.left_at().await?, site.has_form().await?)) };
    match stands.await {
        Ok((Some(_), _)) => left(site, words),
        Ok((None, true)) => shut(site, words),
        Ok((None, false)) => closed(site, words),
        Err(error) => Failed::from(error).page(words),
    }
}

#[derive(Template)]
#[template(path = "left.html")]
struct Left<'a> {
    words: Words,
    space: &'a str,
    sign_in: Option<LinkButton>,
}

/// The page of a space that has left the network: nobody joins by any way, and members do what they could.
pub(crate) fn left(site: &SpaceWeb, words: Words) -> Response {
    let body = Left { words, space: site.name(), sign_in: sign_in(site, words) };
    let title = words.say_with("has-left-title", &[("space", site.name())]);
    (StatusCode::GONE, site.page(words, title, body)).into_response()
}

fn sign_in(site: &SpaceWeb, words: Words) -> Option<LinkButton> {
    site.space.sign_in_request().map(|_| LinkButton {
        href: SIGNING_IN.to_owned(),
        label: words.say("sign-in-with-passport"),
        secondary: true,
    })
}

#[derive(Template)]
#[template(path = "shut.html")]
struct Shut<'a> {
    words: Words,
    space: &'a str,
    sign_in: Option<LinkButton>,
}

/// The page of a space whose team has turned online sign-up off: what to do instead. A tag and a poster lead here, too.
fn shut(site: &SpaceWeb, words: Words) -> Response {
    let body = Shut { words, space: site.name(), sign_in: sign_in(site, words) };
    let title = words.say_with("shut-title", &[("space", site.name())]);
    (StatusCode::FORBIDDEN, site.page(words, title, body)).into_response()
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
    let told = site.space.recipients_told().await?;
    let (asked, here) = ask(site, form, Way::SameDevice { session }, &told).await?;
    let (_, there) = ask(site, form, Way::OtherDevice { session }, &told).await?;
    let waiting = progress::waiting(words, Progress::Waiting);
    let ways = TwoWays::new(words, "join-link", here.link, there.link, waiting)?;
    let ways = ways.going_on(ANSWER, words.say("join-next"));
    let body = Join {
        words,
        space: site.name(),
        ways,
        by_number: BY_NUMBER,
        asked: AskedFor::of(site, words, &asked.form).going_on_to(&asked.form, &told),
    };
    let title = words.say_with("join-title", &[("space", site.name())]);
    let page = site.page(words, title, body);
    // Loading this page again makes other requests: it goes on by script, or by its button.
    Ok(screen.give_cookie(page.with_copying().with_wallets().with_waiting_beside_a_form().wide()))
}

/// Whether this browser waits for the digits: then it is not at the beginning.
pub(crate) async fn is_answered(site: &SpaceWeb, headers: &HeaderMap) -> Result<bool, Failed> {
    let Some(name) = name_in(headers) else { return Ok(false) };
    let state = site.presentation.screen(&name, is_about_joining).await?.map(|(_, state)| state);
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
    match form_of(&site, wanted.form).await {
        Err(refused) => refused.into_response(),
        Ok(form) => match answer(&site, &headers, wanted.way, &form).await {
            Ok(response) => response,
            Err(failed) => failed.into_response(),
        },
    }
}

/// The form that is named, or that of the page, if anybody may answer it.
async fn form_of(site: &SpaceWeb, named: Option<String>) -> Result<String, ApiError> {
    let name = match named {
        Some(name) => Some(name),
        None => site.form_name().await.map_err(Failed::from)?,
    };
    if site.space.left_at().await.map_err(Failed::from)?.is_some() {
        let sentence = "this space has left the network: it takes no sign-ups and invites nobody";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "space_left", sentence));
    }
    if !site.space.is_online_sign_up_open().await.map_err(Failed::from)? {
        let sentence = "this space takes no sign-ups online now; its team can invite you";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "sign_up_closed", sentence));
    }
    let invalid = |sentence| ApiError::bad_request("invalid_request", sentence);
    let name = name.ok_or_else(|| invalid("this space has several forms; name one"))?;
    let found = site.space.form(&name).await.map_err(Failed::from)?;
    let found = found.ok_or_else(|| invalid("this space has no form of that name"))?;
    if found.form.only.invited {
        let sentence = "this form is answered by invitation only: ask the space's team for one";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "by_invitation", sentence));
    }
    Ok(name)
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
    // What a program shows to whom it asks is not known here.
    let (asked, request) = ask(site, form, way, &[]).await?;
    let body = json!({
        "link": request.link,
        "client_id": request.client_id,
        "request_uri": request.request_uri,
        "request_uri_method": request.request_uri_method,
        "session": asked.id,
    });
    Ok(screen.give_cookie(([(CACHE_CONTROL, "no-store")], Json(body))))
}

/// Records what is asked, with what the page says of who else gets it, and makes the request.
pub(crate) async fn ask(
    site: &SpaceWeb,
    form: &str,
    way: Way,
    told: &[ToldRecipient],
) -> Result<(Asked, AskedRequest), Failed> {
    let asked = site.space.ask_at_screen(form, session_of(way), told).await?;
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
