//! The pages of a door: the screen beside it, and the phone that scanned it (decision 0041).
//!
//! ```text
//! screen: /door/{id}/screen                                  shows /door/{id}?t=CODE, another one every few seconds
//! phone:  /door/{id}?t=CODE ──► a ticket in a cookie ──► /door/{id}/open ──► (signs in) ──► [Open] ──► what became of it
//! ```
//!
//! A link without a code, as on a printed tag, opens nothing: it says to scan the screen.

pub(crate) mod budgets;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use openid4vc::secret::SecretHash;
use verifier::doors::code::TICKET_OF_SIGN_IN;
use verifier::doors::opening::AtDoor;
use verifier::doors::records::Outcome;
use verifier::doors::screens::OpenScreen;
use verifier::portal::MemberSession;
use web::Words;
use web::assets::assets;
use web::csrf::{CsrfForm, Purpose};
use web::form::QueryFields;
use web::page::{ErrorPage, LinkButton, Look, PostButton, QrFigure};
use web::session::{SessionSecret, removal_cookie_named};

use crate::screen::name_of;
use crate::signing_in::SIGNING_IN;
use crate::site::{Failed, SpaceWeb};

/// What a browser holds that scanned a code: the door and its ticket.
const TICKET_COOKIE: &str = "__Host-door";
/// What the browser of a screen holds.
pub(crate) const SCREEN_COOKIE: &str = "__Host-door-screen";
/// Longest cookie that is looked at.
const LONGEST: usize = 256;

/// The button that opens a door.
pub(crate) struct Open;

impl Purpose for Open {
    const NAME: &'static str = "space-open-door";
}

/// The address of a door's page.
pub(crate) fn address(door: &str, page: &str) -> String {
    format!("/door/{door}{page}")
}

/// Where a member goes on to who scanned a code and then signed in, as long as the ticket counts.
pub(crate) async fn waits_here(
    site: &SpaceWeb,
    headers: &HeaderMap,
    session: &MemberSession,
) -> Result<Option<Redirect>, Failed> {
    let Some((door, ticket)) = ticket_in(headers) else { return Ok(None) };
    let found = site.space.door_of_ticket(&door, &ticket, Some(session)).await?;
    Ok(found.map(|door| Redirect::to(&address(&door.id, "/open"))))
}

/// The door and the ticket in a request's cookie; two are none.
fn ticket_in(headers: &HeaderMap) -> Option<(String, String)> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let mut values = pairs
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('=').filter(|(name, _)| *name == TICKET_COOKIE));
    let (_, value) = values.next()?;
    if values.next().is_some() || value.len() > LONGEST {
        return None;
    }
    let (door, ticket) = value.split_once('.')?;
    Some((door.to_owned(), ticket.to_owned()))
}

fn ticket_cookie(door: &str, ticket: &str) -> HeaderValue {
    let text = format!(
        "{TICKET_COOKIE}={door}.{ticket}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={TICKET_OF_SIGN_IN}"
    );
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

/// What stands on the pages of a door is of this moment.
fn never_kept(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[derive(Template)]
#[template(path = "door.html")]
struct DoorPage {
    said: ErrorPage,
    open: Option<PostButton>,
    hint: Option<String>,
}

/// A page that says one thing.
fn told(site: &SpaceWeb, words: Words, status: StatusCode, key: &str, door: &str) -> Response {
    let with = [("door", door), ("space", site.name())];
    let title = words.say_with(&format!("door-{key}-title"), &with);
    let text = words.say_with(&format!("door-{key}-text"), &with);
    let body = DoorPage { said: ErrorPage::of(title.clone(), text), open: None, hint: None };
    never_kept((status, site.page(words, title, body)))
}

/// `GET /door/{id}`: with a code that a screen shows it goes on; without one, or with any other, it says to scan the screen.
pub(crate) async fn arrive(
    State(site): State<SpaceWeb>,
    words: Words,
    Path(id): Path<String>,
    QueryFields(query): QueryFields,
) -> Response {
    let door = match site.space.door(&id).await {
        Ok(Some(door)) => door,
        Ok(None) => return web::errors::error_page(words, StatusCode::NOT_FOUND),
        Err(error) => return Failed::from(error).page(words),
    };
    let Some(code) = query.optional("t") else {
        return told(&site, words, StatusCode::OK, "scan", &door.name);
    };
    match site.space.arrive(&id, code).await {
        Ok(Some(ticket)) => {
            let cookie = [(SET_COOKIE, ticket_cookie(&id, ticket.expose()))];
            never_kept((cookie, Redirect::to(&address(&id, "/open"))))
        }
        Ok(None) => told(&site, words, StatusCode::GONE, "over", &door.name),
        Err(error) => Failed::from(error).page(words),
    }
}

/// `GET /door/{id}/open`: the button, for whoever is signed in.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match button(&site, words, &id, &headers).await {
        Ok(response) => never_kept(response),
        Err(failed) => failed.page(words),
    }
}

async fn button(site: &SpaceWeb, words: Words, id: &str, headers: &HeaderMap) -> Result<Response, Failed> {
    let Some(door) = site.space.door(id).await? else {
        return Ok(web::errors::error_page(words, StatusCode::NOT_FOUND));
    };
    let ticket = ticket_in(headers).filter(|(door, _)| door == id);
    let signed_in = site.who_is_signed_in(headers).await?;
    let since = signed_in.as_ref().map(|signed_in| &signed_in.session);
    let counts = match &ticket {
        Some((_, ticket)) => site.space.door_of_ticket(id, ticket, since).await?.is_some(),
        None => false,
    };
    if !counts {
        return Ok(told(site, words, StatusCode::GONE, "over", &door.name));
    }
    let (Some(session), Some(_)) = (SessionSecret::of_request(headers), signed_in) else {
        return Ok(Redirect::to(SIGNING_IN).into_response());
    };
    let with = [("door", door.name.as_str()), ("space", site.name())];
    let title = words.say_with("door-open-title", &with);
    let body = DoorPage {
        said: ErrorPage::of(title.clone(), words.say_with("door-open-text", &with)),
        open: Some(PostButton {
            action: address(id, "/open"),
            csrf: site.csrf.token::<Open>(&session.id()),
            label: words.say("door-open"),
            look: Look::Main,
        }),
        hint: Some(words.say_with("door-open-hint", &with)),
    };
    Ok(site.page(words, title, body).into_response())
}

/// `POST /door/{id}/open`.
pub(crate) async fn open(
    State(site): State<SpaceWeb>,
    words: Words,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: CsrfForm<Open>,
) -> Response {
    // Whatever becomes of it, this ticket has been used.
    let mut response = match opened(&site, words, id, &headers, &form.session).await {
        Ok(response) => response,
        Err(failed) => return failed.page(words),
    };
    response.headers_mut().append(SET_COOKIE, removal_cookie_named(TICKET_COOKIE));
    response
}

async fn opened(
    site: &SpaceWeb,
    words: Words,
    id: String,
    headers: &HeaderMap,
    session: &SessionSecret,
) -> Result<Response, Failed> {
    let Some(door) = site.space.door(&id).await? else {
        return Ok(web::errors::error_page(words, StatusCode::NOT_FOUND));
    };
    let told = |status, key: &str| Ok(told(site, words, status, key, &door.name));
    let ticket = ticket_in(headers).filter(|(door, _)| *door == id);
    let Some((_, ticket)) = ticket else { return told(StatusCode::GONE, "over") };
    let name = name_of(session);
    if let Some(signed_in) = site.who_is_signed_in(headers).await?
        && site.doors.take(&signed_in.member.sub).is_err()
    {
        return told(StatusCode::TOO_MANY_REQUESTS, "often");
    }
    // A browser that goes away stops no request that is under way, and what became of it is written.
    let space = site.space.clone();
    let opening = tokio::spawn(async move { space.open_door(&id, &ticket, &name).await });
    let Ok(opening) = opening.await else {
        return Ok(web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR));
    };
    match opening? {
        AtDoor::Asked(Outcome::Opened) => told(StatusCode::OK, "opened"),
        AtDoor::Asked(_) => told(StatusCode::BAD_GATEWAY, "silent"),
        AtDoor::NotSignedIn => told(StatusCode::FORBIDDEN, "no-member"),
        AtDoor::NotForPlan => told(StatusCode::FORBIDDEN, "plan"),
        AtDoor::Used => told(StatusCode::CONFLICT, "used"),
        AtDoor::TooOften => told(StatusCode::TOO_MANY_REQUESTS, "enough"),
        AtDoor::Over => told(StatusCode::GONE, "over"),
    }
}

#[derive(Template)]
#[template(path = "door_screen.html")]
struct ScreenPage {
    words: Words,
    door: String,
    qr: QrFigure,
    link: String,
    again: LinkButton,
}

/// `GET /door/{id}/screen`: what a tablet at the door shows. Its script fetches it anew every few seconds.
pub(crate) async fn screen(
    State(site): State<SpaceWeb>,
    words: Words,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match screen_page(&site, words, &id, &headers).await {
        Ok(response) => never_kept(response),
        Err(failed) => failed.page(words),
    }
}

async fn screen_page(
    site: &SpaceWeb,
    words: Words,
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, Failed> {
    let Some(open) = screen_in(site, headers).await?.filter(|open| open.door.id == id) else {
        return Ok(told(site, words, StatusCode::FORBIDDEN, "screen-over", ""));
    };
    let code = site.space.code_at(&open)?;
    let path = format!("{}?t={}", address(id, ""), code.expose());
    let link = site.space.identity().address(&path);
    let with = [("door", open.door.name.as_str()), ("space", site.name())];
    let title = words.say_with("door-screen-title", &with);
    let body = ScreenPage {
        words,
        qr: QrFigure::of(&link, &words.say_with("door-screen-qr", &with), words.say("door-screen-caption"))?,
        link,
        again: LinkButton {
            href: address(id, "/screen"),
            label: words.say("door-screen-again"),
            secondary: true,
        },
        door: open.door.name,
    };
    Ok(site.page(words, title, body).with_script(assets().door.url()).into_response())
}

async fn screen_in(site: &SpaceWeb, headers: &HeaderMap) -> Result<Option<OpenScreen>, Failed> {
    let Some(secret) = SessionSecret::of_cookie(headers, SCREEN_COOKIE) else { return Ok(None) };
    let found = site.space.screen_of(cookie_of(&secret)).await?;
    if found.is_some() {
        site.known.learn(secret.id());
    }
    Ok(found)
}

/// What the store knows a screen's browser by.
pub(crate) fn cookie_of(secret: &SessionSecret) -> SecretHash {
    SecretHash::from_bytes(*secret.id().bytes())
}
