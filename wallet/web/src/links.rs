//! The wallet's own address, and links that were scanned or pasted: both open something in the wallet.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use wallet::{PageAddress, Reading, Unreadable};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::QueryFields;
use web::navigation::Navigation;
use web::page::{ErrorSummary, LinkButton};

use crate::asked::address_of;
use crate::failures;
use crate::flows::{AWAITED, LinkKind, TooMany};
use crate::frame::{self, ELSEWHERE};
use crate::scan;
use crate::site::WalletWeb;
use crate::unlocked::Unlocked;

/// The page where links are pasted.
pub(crate) const OPEN: &str = "/open";

/// The form in which a link is pasted.
pub(crate) struct Open;

impl Purpose for Open {
    const NAME: &'static str = "wallet-open";
}

#[derive(Template)]
#[template(path = "open.html")]
struct OpenPage {
    words: Words,
    csrf: String,
    link: String,
    summary: Option<ErrorSummary>,
    scan: LinkButton,
}

/// A page of somebody else that was read.
#[derive(Template)]
#[template(path = "led_on.html")]
struct LedOn {
    words: Words,
    host: String,
    go: String,
    address: String,
}

/// Whether its person meant to come here. Any page can lead a browser here without them, to learn whether a wallet is open at this
/// address or to have something fetched: then the link waits for a button. Browsers without these headers are taken at their word
/// (W3C Fetch Metadata Request Headers §2.3, §2.4).
fn is_meant(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).map(|value| value.as_bytes());
    match said("sec-fetch-site") {
        None | Some(b"none" | b"same-origin") => true,
        Some(_) => said("sec-fetch-user") == Some(b"?1"),
    }
}

/// `GET /authorize`: the wallet's address, which spaces and offices lead to (OpenID4VP 1.0 §5, OpenID4VCI 1.0 §4.1.3).
pub(crate) async fn authorize(
    _navigation: Navigation,
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let read = Reading::of_query(&query);
    came(&site, words, unlocked, &headers, read, "")
}

/// Opens a link with which somebody came here, or asks them whether they want that.
fn came(
    site: &WalletWeb,
    words: Words,
    unlocked: Unlocked,
    headers: &HeaderMap,
    read: Result<Reading, Unreadable>,
    typed: &str,
) -> Response {
    match read {
        Ok(Reading::Request(link) | Reading::Offer(link)) if !is_meant(headers) => {
            page(site, words, &unlocked, &link, None)
        }
        read => opened(site, words, unlocked, read, typed),
    }
}

/// `GET /open`: the page, or what the operating system hands over in `link`.
pub(crate) async fn show(
    _navigation: Navigation,
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    headers: HeaderMap,
    QueryFields(fields): QueryFields,
) -> Response {
    match fields.optional("link") {
        Some(link) => came(&site, words, unlocked, &headers, Reading::of(link), link),
        None => page(&site, words, &unlocked, "", None),
    }
}

/// `POST /open`.
pub(crate) async fn open(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Open>,
) -> Response {
    let link = form.fields.optional("link").unwrap_or_default();
    opened(&site, words, unlocked, Reading::of(link), link)
}

/// The button that looks whether what is still to come has come.
pub(crate) struct Look;

impl Purpose for Look {
    const NAME: &'static str = "wallet-look";
}

/// `POST /awaited`.
pub(crate) async fn look(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    _form: CsrfForm<Look>,
) -> Response {
    begun(&site, words, unlocked, LinkKind::Awaited, AWAITED, "")
}

/// What is asked behind what was read; or the page, with what is wrong.
fn opened(
    site: &WalletWeb,
    words: Words,
    unlocked: Unlocked,
    read: Result<Reading, Unreadable>,
    typed: &str,
) -> Response {
    match read {
        Ok(Reading::Request(link)) => begun(site, words, unlocked, LinkKind::Request, &link, typed),
        Ok(Reading::Offer(link)) => begun(site, words, unlocked, LinkKind::Offer, &link, typed),
        Ok(Reading::Page(page)) => led_on(site, words, &unlocked, &page),
        Err(unreadable) => page(site, words, &unlocked, typed, Some(seen(words, &unreadable))),
    }
}

/// Where the flow behind a link is looked at.
fn begun(
    site: &WalletWeb,
    words: Words,
    unlocked: Unlocked,
    kind: LinkKind,
    link: &str,
    typed: &str,
) -> Response {
    let wallet = unlocked.wallet.clone();
    match unlocked.desk.flows().open(link, kind, wallet, site.environment.randomness()) {
        Ok(flow) => Redirect::to(&address_of(&flow)).into_response(),
        Err(TooMany) => page(site, words, &unlocked, typed, Some(failures::sentence(words, "many"))),
    }
}

/// Why what was read is nothing to be opened, naming what it is.
fn seen(words: Words, unreadable: &Unreadable) -> String {
    words.say_with(&format!("read-{}", unreadable.code()), &[("seen", unreadable.seen())])
}

/// The page of somebody: its host is said, and the browser goes there if its person wants that.
fn led_on(site: &WalletWeb, words: Words, unlocked: &Unlocked, page: &PageAddress) -> Response {
    let body = LedOn {
        words,
        host: page.host().to_owned(),
        go: words.say_with("done-go-on", &[("host", page.host())]),
        address: page.address().to_owned(),
    };
    frame::page(site, words, unlocked, ELSEWHERE, words.say("read-page-title"), body).into_response()
}

fn page(site: &WalletWeb, words: Words, unlocked: &Unlocked, link: &str, wrong: Option<String>) -> Response {
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = OpenPage {
        words,
        csrf: site.csrf.token::<Open>(&unlocked.session()),
        link: link.to_owned(),
        summary: wrong.map(|said| ErrorSummary { words, errors: vec![("link".to_owned(), said)] }),
        scan: LinkButton {
            href: scan::SCAN.to_owned(),
            label: words.say(if link.is_empty() { "scan-title" } else { "scan-again" }),
            secondary: true,
        },
    };
    let page = frame::page(site, words, unlocked, ELSEWHERE, words.say("open-title"), body);
    (status, page).into_response()
}
