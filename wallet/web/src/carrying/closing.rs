//! Closing a wallet: what spaces still have and what else is lost is said before, and then nothing of it is left here.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderValue, StatusCode};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::Fields;
use web::page::{ErrorSummary, Page, PostButton};
use web::session::removal_cookie;

use super::lock_first;
use crate::site::{Failed, WalletWeb};
use crate::spaces::page::address_of;
use crate::unlocked::Opened;
use crate::{doors, frame, known};

/// The page.
pub(crate) const CLOSE: &str = "/close";
/// The page that says that it is done.
pub(crate) const CLOSED: &str = "/closed";
/// The field of its address that says that the wallet goes on at another place.
const GOES_ON: &str = "goes-on";

/// The form that closes it.
pub(crate) struct Close;

impl Purpose for Close {
    const NAME: &'static str = "wallet-close";
}

#[derive(Template)]
#[template(path = "close.html")]
struct ClosePage {
    words: Words,
    csrf: String,
    anew: Option<PostButton>,
    /// Whether it goes on at another place: then nothing ends but what is here.
    is_moved: bool,
    /// The spaces that still have details and of which the member is one: their pages and names.
    members_at: Vec<(String, String)>,
    /// Those that the member has left, and that keep details by their own rules.
    left: Vec<(String, String)>,
    has_number: bool,
    is_of_many: bool,
    summary: Option<ErrorSummary>,
}

/// `GET /close`.
pub(crate) async fn show(State(site): State<WalletWeb>, words: Words, opened: Opened) -> Response {
    page(&site, words, &opened, None).await
}

/// `POST /close`.
pub(crate) async fn close(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    form: CsrfForm<Close>,
) -> Response {
    match opened.was_just_opened().await {
        Ok(true) => {}
        Ok(false) => return page(&site, words, &opened, None).await,
        Err(error) => return Failed::from(error).page(words),
    }
    if !form.fields.ticked("sure") {
        return page(&site, words, &opened, Some(("sure", "close-unsure"))).await;
    }
    let id = opened.unlocked.desk.id().clone();
    let is_moved = opened.unlocked.rests_since.is_some();
    drop(opened);
    if let Err(error) = site.desks.close(&id).await {
        return Failed::from(error).page(words);
    }
    let done = if is_moved { format!("{CLOSED}?{GOES_ON}=yes") } else { CLOSED.to_owned() };
    let mut response = Redirect::to(&done).into_response();
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, removal_cookie());
    headers.append(SET_COOKIE, known::forgetting());
    headers.append(SET_COOKIE, doors::forgetting());
    // Nothing that this host kept in the browser is left either (Clear Site Data §3.2).
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    response
}

async fn page(site: &WalletWeb, words: Words, opened: &Opened, wrong: Option<(&str, &str)>) -> Response {
    let wallet = &opened.unlocked.wallet;
    let is_lately = match opened.was_just_opened().await {
        Ok(is_lately) => is_lately,
        Err(error) => return Failed::from(error).page(words),
    };
    let (spaces, number) = match (wallet.own_spaces().await, wallet.number().await) {
        (Ok(spaces), Ok(number)) => (spaces, number),
        (Err(error), _) => return Failed::from(error).page(words),
        (_, Err(error)) => return Failed::from(error).page(words),
    };
    let having = |is_member| {
        let having =
            spaces.iter().filter(move |own| own.space.has_details() && own.membership.is_some() == is_member);
        having.map(|own| (address_of(&own.key), wallet::shown(&own.space.name))).collect()
    };
    let body = ClosePage {
        words,
        csrf: site.csrf.token::<Close>(&opened.session()),
        anew: (!is_lately).then(|| lock_first(site, words, opened)),
        is_moved: opened.unlocked.rests_since.is_some(),
        members_at: having(true),
        left: having(false),
        has_number: number.is_some(),
        is_of_many: site.desks.vaults().are_many(),
        summary: wrong
            .map(|(field, key)| ErrorSummary { words, errors: vec![(field.to_owned(), words.say(key))] }),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (status, frame::page(site, words, &opened.unlocked, CLOSE, words.say("close-title"), body))
        .into_response()
}

#[derive(Template)]
#[template(path = "closed.html")]
struct Closed {
    words: Words,
    goes_on: bool,
}

/// `GET /closed`: it is anybody's, and says nothing of anybody.
pub(crate) async fn closed(words: Words, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::parse(query.unwrap_or_default()).unwrap_or_default();
    let goes_on = fields.optional(GOES_ON).is_some();
    let page = Page::new(words, words.say("closed-title"), Closed { words, goes_on });
    page.of_site(words.say("wallet-title")).into_response()
}
