//! What every page of the open wallet has around it: the wallet's name, the menu that leads to all of its pages and locks it, and
//! what lets a phone keep it as an application. Pages that anybody sees have none of this.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use web::Words;
use web::page::{ErrorPage, Look, Menu, MenuItem, Page, PostButton};

use crate::site::WalletWeb;
use crate::unlock::Lock;
use crate::unlocked::Unlocked;
use crate::{card, details, history, home, messages, scan, signing, spaces, ways};

/// The pages in the menu, in its order, with the keys of their names.
const PAGES: [(&str, &str); 8] = [
    (home::HOME, "menu-home"),
    (scan::SCAN, "scan-title"),
    (messages::MESSAGES, "messages-title"),
    (spaces::SPACES, "spaces-title"),
    (details::DETAILS, "own-details"),
    (history::HISTORY, "history-title"),
    (card::CARD, "card-title"),
    (ways::WAYS, "ways-title"),
];

/// No page of the menu: one that was led to by something else.
pub(crate) const ELSEWHERE: &str = "";

/// A page of the open wallet; `here` is its address in the menu, or [`ELSEWHERE`].
pub(crate) fn page<B: fmt::Display>(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    here: &str,
    title: impl Into<String>,
    body: B,
) -> Page<B> {
    let item =
        |(href, key): &(&'static str, &str)| MenuItem { href, label: words.say(key), is_here: *href == here };
    let menu = Menu { words, items: PAGES.iter().map(item).collect(), last: lock(site, words, unlocked) };
    let page = Page::new(words, title, body).of_site(words.say("wallet-title")).with_menu(menu);
    // At a host the keys are in the browser, and whatever page is open signs.
    let is_at_host = site.desks.vaults().are_many();
    let page = if is_at_host { page.with_script(signing::SCRIPT) } else { page };
    if !unlocked.is_borrowed() {
        let page = if is_at_host { page.with_banner(KeysMissing { words }) } else { page };
        return page.installable();
    }
    // No worker and nothing that it would keep, and a lock on each page.
    let now =
        PostButton { label: words.say("borrowed-lock"), look: Look::Main, ..lock(site, words, unlocked) };
    page.with_banner(Borrowed { words, lock: now, is_at_host }).with_script("/borrowed.js")
}

/// What is above each page at a device that is not the member's.
#[derive(Template)]
#[template(path = "borrowed.html")]
struct Borrowed {
    words: Words,
    lock: PostButton,
    is_at_host: bool,
}

impl HtmlSafe for Borrowed {}

/// That this browser has not the keys of the wallet, which its script shows where that is so.
#[derive(Template)]
#[template(path = "keys_missing.html")]
struct KeysMissing {
    words: Words,
}

impl HtmlSafe for KeysMissing {}

/// A sentence on a page of its own, where what was asked for is not done or not there.
pub(crate) fn sentence(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    status: StatusCode,
    title: String,
    said: String,
) -> Response {
    let body = ErrorPage::of(title.clone(), said);
    (status, page(site, words, unlocked, ELSEWHERE, title, body)).into_response()
}

/// The button that locks the wallet.
fn lock(site: &WalletWeb, words: Words, unlocked: &Unlocked) -> PostButton {
    PostButton {
        action: "/lock".to_owned(),
        csrf: site.csrf.token::<Lock>(&unlocked.session()),
        label: words.say("lock"),
        look: Look::Secondary,
    }
}
