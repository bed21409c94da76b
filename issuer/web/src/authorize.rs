//! A browser that a wallet sent here for a code (RFC 6749 §4.1): it comes with a pushed request, its person shows who they
//! are on the passport page, and it goes back.
//!
//! Nothing is redirected to an address of the wallet's before the pushed request was found: until then every refusal is a
//! page (RFC 6749 §4.1.2.1). All steps are links, because a form would not be let through to another host (CSP
//! `form-action`); each names an authorisation that only this browser knows, and takes its session.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use issuance::{OpenFailure, Opened};
use openid4vc::form::Form;
use openid4vc::secret::SecretHash;
use web::Words;
use web::navigation::Navigation;
use web::page::{ErrorPage, LinkButton, Notice, Page};
use web::session::SessionSecret;

use crate::passport::request_id;
use crate::requests::session_hash;
use crate::site::{Failed, Site};

/// What the page says of the wallet that waits.
pub(crate) struct WaitingWallet {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) cancel: LinkButton,
}

impl WaitingWallet {
    pub(crate) fn new(site: &Site, words: Words, opened: &Opened) -> Self {
        let what = named(site, words, opened);
        let office = site.office.identity().name.as_str();
        let facts = [("host", opened.host.as_str()), ("what", what.as_str()), ("office", office)];
        Self {
            title: words.say_with("authorize-title", &facts),
            text: words.say_with("authorize-text", &facts),
            cancel: cancel_link(words, opened),
        }
    }
}

/// The names of what is asked for, as the metadata tell them.
fn named(site: &Site, words: Words, opened: &Opened) -> String {
    let known = site.office.issuance().metadata().configurations;
    let name = |id: &String| {
        let display = &known.get(id)?.display;
        let told = display.iter().find(|one| one.locale.as_deref() == Some(words.tag()));
        told.or(display.first()).map(|one| one.name.clone())
    };
    let names: Vec<String> =
        opened.configurations.iter().map(|id| name(id).unwrap_or_else(|| id.clone())).collect();
    names.join(", ")
}

#[derive(Template)]
#[template(path = "authorize.html")]
struct OfDesk {
    title: String,
    text: String,
    go_on: LinkButton,
    cancel: LinkButton,
}

/// The page for an offer of the staff's: they have seen the person already.
pub(crate) fn desk_page(site: &Site, words: Words, opened: &Opened) -> Response {
    let told = WaitingWallet::new(site, words, opened);
    let office = site.office.identity().name.as_str();
    let facts = [("host", opened.host.as_str()), ("office", office)];
    let body = OfDesk {
        title: told.title.clone(),
        text: words.say_with("authorize-desk-text", &facts),
        go_on: LinkButton {
            href: format!("/authorize/continue?authorization={}", opened.id),
            label: words.say_with("authorize-continue", &facts),
            secondary: false,
        },
        cancel: told.cancel,
    };
    Page::new(words, told.title, body).of_site(office).into_response()
}

/// What is said on the page that waits for the mail.
pub(crate) fn after_mail(words: Words, opened: &Opened) -> Notice {
    let facts = [("host", opened.host.as_str())];
    Notice {
        title: words.say("authorize-browser-title"),
        text: words.say_with("authorize-browser-text", &facts),
        warning: false,
    }
}

/// The link with which the person goes back without anything.
pub(crate) fn cancel_link(words: Words, opened: &Opened) -> LinkButton {
    LinkButton {
        href: format!("/authorize/cancel?authorization={}", opened.id),
        label: words.say_with("authorize-cancel", &[("host", &opened.host)]),
        secondary: true,
    }
}

/// The passport page for one authorisation.
pub(crate) fn page_path(authorization: &str) -> String {
    format!("/passport?authorization={authorization}")
}

/// Where the code is given for an answer.
pub(crate) fn return_path(request: &str) -> String {
    format!("/authorize/return?request={request}")
}

/// Why no page is shown for an authorisation.
pub(crate) enum Refused {
    /// It is unknown, was used, has ended, or belongs to another browser or client.
    Ended,
    /// Our side failed.
    Failed(Failed),
}

impl<E: Into<Failed>> From<E> for Refused {
    fn from(failed: E) -> Self {
        Self::Failed(failed.into())
    }
}

impl Refused {
    pub(crate) fn page(self, site: &Site, words: Words) -> Response {
        match self {
            Self::Failed(failed) => failed.page(words),
            Self::Ended => {
                let title = words.say("authorize-ended-title");
                let body = ErrorPage::of(title.clone(), words.say("authorize-ended-text"));
                let page = Page::new(words, title, body).of_site(&site.office.identity().name);
                (StatusCode::BAD_REQUEST, page).into_response()
            }
        }
    }
}

/// `GET /authorize` (RFC 9126 §4): the browser comes with a pushed request, once, and goes on at the passport page.
pub(crate) async fn arrive(
    State(site): State<Site>,
    words: Words,
    RawQuery(query): RawQuery,
    _: Navigation,
    headers: HeaderMap,
) -> Response {
    let known = SessionSecret::of_request(&headers);
    let is_new = known.is_none();
    let session =
        known.unwrap_or_else(|| SessionSecret::fresh(site.office.tenant().environment().randomness()));
    match open(&site, &query.unwrap_or_default(), session_hash(&session)).await {
        Ok(opened) => {
            let mut response = unstored(Redirect::to(&page_path(&opened.id)).into_response());
            if is_new {
                response.headers_mut().insert(SET_COOKIE, session.cookie(None));
            }
            response
        }
        Err(refused) => refused.page(&site, words),
    }
}

async fn open(site: &Site, query: &str, browser: SecretHash) -> Result<Opened, Refused> {
    // A parameter given twice is refused, and unknown ones are ignored (RFC 6749 §3.1).
    let parameters = Form::from_query(query).map_err(|_| Refused::Ended)?;
    let (Some(client_id), Some(request_uri)) = (parameters.get("client_id"), parameters.get("request_uri"))
    else {
        return Err(Refused::Ended);
    };
    match site.office.issuance().open(client_id, request_uri, browser).await {
        Ok(opened) => Ok(opened),
        Err(OpenFailure::Store(fault)) => Err(fault.into()),
        Err(_) => Err(Refused::Ended),
    }
}

/// The authorisation that the passport page is opened for, if its address names one.
pub(crate) async fn opened(
    site: &Site,
    query: Option<String>,
    headers: &HeaderMap,
) -> Result<Option<Opened>, Refused> {
    let parameters = Form::from_query(query.as_deref().unwrap_or_default()).map_err(|_| Refused::Ended)?;
    let Some(id) = parameters.get("authorization") else { return Ok(None) };
    let browser = browser(headers).ok_or(Refused::Ended)?;
    let found = site.office.issuance().authorization(id, browser).await?;
    found.map(Some).ok_or(Refused::Ended)
}

fn browser(headers: &HeaderMap) -> Option<SecretHash> {
    SessionSecret::of_request(headers).map(|session| session_hash(&session))
}

/// `GET /authorize/return`: everything was shown and confirmed, the browser takes the code back.
pub(crate) async fn give_code(
    State(site): State<Site>,
    words: Words,
    RawQuery(query): RawQuery,
    _: Navigation,
    headers: HeaderMap,
) -> Response {
    answered(&site, words, code_for(&site, query, &headers).await)
}

async fn code_for(site: &Site, query: Option<String>, headers: &HeaderMap) -> Result<String, Refused> {
    let id = request_id(query).map_err(|_| Refused::Ended)?;
    let browser = browser(headers).ok_or(Refused::Ended)?;
    let asked = site.office.asked(&id, Some(browser)).await?.ok_or(Refused::Ended)?;
    site.office.give_code(&asked).await?.ok_or(Refused::Ended)
}

/// `GET /authorize/continue`: the person goes on with what the staff checked.
pub(crate) async fn give_code_of_desk(
    State(site): State<Site>,
    words: Words,
    RawQuery(query): RawQuery,
    _: Navigation,
    headers: HeaderMap,
) -> Response {
    let going_on = async || {
        let (id, browser) = named_in(query, &headers)?;
        site.office.give_code_of_desk(&id, browser).await?.ok_or(Refused::Ended)
    };
    answered(&site, words, going_on().await)
}

/// `GET /authorize/cancel`: the person goes back without anything.
pub(crate) async fn cancel(
    State(site): State<Site>,
    words: Words,
    RawQuery(query): RawQuery,
    _: Navigation,
    headers: HeaderMap,
) -> Response {
    let cancelling = async || {
        let (id, browser) = named_in(query, &headers)?;
        site.office.cancel(&id, browser).await?.ok_or(Refused::Ended)
    };
    answered(&site, words, cancelling().await)
}

fn named_in(query: Option<String>, headers: &HeaderMap) -> Result<(String, SecretHash), Refused> {
    let parameters = Form::from_query(query.as_deref().unwrap_or_default()).map_err(|_| Refused::Ended)?;
    let id = parameters.get("authorization").ok_or(Refused::Ended)?.to_owned();
    Ok((id, browser(headers).ok_or(Refused::Ended)?))
}

/// Back to the wallet. 303, so that nothing is ever sent along (RFC 9700 §4.12).
fn answered(site: &Site, words: Words, location: Result<String, Refused>) -> Response {
    match location {
        Ok(location) => match HeaderValue::from_str(&location) {
            Ok(location) => unstored((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()),
            Err(_) => Refused::Ended.page(site, words),
        },
        Err(refused) => refused.page(site, words),
    }
}

/// The address holds a code, or what leads to one (RFC 6749 §5.1 likewise).
fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
