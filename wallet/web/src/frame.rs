//! What every page of the open wallet has around it: the wallet's name, the menu that leads to all of its pages and locks it, and
//! what lets a phone keep it as an application. Pages that anybody sees have none of this.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use web::Words;
use web::page::{ErrorPage, Here, Look, Menu, MenuGroup, MenuItem, Page, PostButton};

use crate::carrying::moved::{self, Both};
use crate::carrying::{closing, leaving};
use crate::site::WalletWeb;
use crate::unlock::Lock;
use crate::unlocked::Unlocked;
use crate::{card, details, held, history, home, live, lost, messages, scan, signing, spaces, ways};

/// The pages in the menu, in its order, with the keys of their names.
const PAGES: [(&str, &str); 12] = [
    (home::HOME, "menu-home"),
    (scan::SCAN, "scan-title"),
    (messages::MESSAGES, "messages-title"),
    (spaces::SPACES, "spaces-title"),
    (held::HELD, "held-title"),
    (details::DETAILS, "own-details"),
    (history::HISTORY, "history-title"),
    (card::CARD, "card-title"),
    (ways::WAYS, "ways-title"),
    (lost::LOST, "phone-lost-title"),
    (leaving::EXPORT, "carry-title"),
    (closing::CLOSE, "close-title"),
];

/// No page of the menu: one that was led to by something else.
pub(crate) const ELSEWHERE: At = At::Elsewhere;

/// Where a page stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// It is the page of the menu with this address.
    Menu(&'static str),
    /// It is reached by the page of the menu with this address, and tells more of the same.
    Below(&'static str),
    /// It belongs to none of them.
    Elsewhere,
}

impl At {
    /// As the line of the menu with this address sees it.
    fn seen_by(self, address: &str) -> Here {
        match self {
            Self::Menu(at) if at == address => Here::Page,
            Self::Below(at) if at == address => Here::Below,
            _ => Here::No,
        }
    }
}

impl From<&'static str> for At {
    fn from(address: &'static str) -> Self {
        Self::Menu(address)
    }
}

/// A page of the open wallet; `at` is where it stands, or the address of the page of the menu that it is.
pub(crate) fn page<B: fmt::Display>(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    at: impl Into<At>,
    title: impl Into<String>,
    body: B,
) -> Page<B> {
    let at = at.into();
    let item =
        |(href, key): &(&'static str, &str)| MenuItem { href, label: words.say(key), here: at.seen_by(href) };
    let group = MenuGroup { title: None, items: PAGES.iter().map(item).collect() };
    let menu = Menu { words, groups: vec![group], last: lock(site, words, unlocked) };
    let page = Page::new(words, title, body).of_site(words.say("wallet-title")).with_menu(menu);
    let so_far = unlocked.desk.news().so_far().text();
    let page = page.kept_live(so_far, words.say("live-news")).with_script(live::SCRIPT);
    // At a host the keys are in the browser, and whatever page is open signs.
    let is_at_host = site.desks.vaults().are_many();
    let page = if is_at_host { page.with_script(signing::SCRIPT) } else { page };
    let rests =
        unlocked.rests_since.map(|since| moved::Banner { words, said: moved::sentence(words, since) });
    if !unlocked.is_borrowed() {
        let page = page.installable();
        return match (is_at_host, rests) {
            (false, None) => page,
            (false, Some(rests)) => page.with_banner(rests),
            (true, None) => page.with_banner(WithoutKeys::of(words, unlocked)),
            (true, Some(rests)) => page.with_banner(Both(WithoutKeys::of(words, unlocked), rests)),
        };
    }
    // No worker and nothing that it would keep, and a lock on each page.
    let now =
        PostButton { label: words.say("borrowed-lock"), look: Look::Main, ..lock(site, words, unlocked) };
    let page = page.with_script("/borrowed.js");
    let without_keys = is_at_host.then(|| WithoutKeys::of(words, unlocked));
    let borrowed = Borrowed { words, lock: now, without_keys };
    match rests {
        Some(rests) => page.with_banner(Both(borrowed, rests)),
        None => page.with_banner(borrowed),
    }
}

/// What is above each page at a device that is not the member's.
#[derive(Template)]
#[template(path = "borrowed.html")]
struct Borrowed {
    words: Words,
    lock: PostButton,
    without_keys: Option<WithoutKeys>,
}

impl HtmlSafe for Borrowed {}

/// That this browser has not the keys of the wallet, which its script shows where that is so; and of a wallet of before, that no browser
/// has them.
#[derive(Template)]
#[template(path = "keys_missing.html")]
struct WithoutKeys {
    said: String,
    is_of_before: bool,
}

impl WithoutKeys {
    fn of(words: Words, unlocked: &Unlocked) -> Self {
        Self { said: words.say(unlocked.without_keys()), is_of_before: !unlocked.keys_are_elsewhere }
    }
}

impl HtmlSafe for WithoutKeys {}

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
