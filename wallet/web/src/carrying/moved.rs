//! A wallet that was moved: what it says of itself, what can be done with it, and taking it up again.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use environment::{Date, Timestamp};
use http::{Method, StatusCode};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::page::ErrorSummary;

use crate::frame::{self, ELSEWHERE};
use crate::home::HOME;
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Opened;

/// The page.
pub(crate) const MOVED: &str = "/moved";
/// What leads to somebody else, or begins something, is not shown while the wallet rests.
const NOT_SHOWN: [&str; 5] = ["/scan", "/open", "/authorize", "/asked", "/change"];
/// What can be done while it rests, everything else being for a wallet that is used.
const DONE: [&str; 7] = ["/lock", MOVED, "/export", "/history/export", "/close", "/ways", "/lost"];

/// The form that takes it up again.
pub(crate) struct TakeUp;

impl Purpose for TakeUp {
    const NAME: &'static str = "wallet-take-up";
}

/// Whether a page is for a wallet that is used, and not for one that rests.
pub(crate) fn is_for_use(method: &Method, path: &str) -> bool {
    let is_below =
        |start: &&str| path.strip_prefix(*start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if method == Method::POST { !DONE.iter().any(is_below) } else { NOT_SHOWN.iter().any(is_below) }
}

/// Above each page of such a wallet.
#[derive(Template)]
#[template(path = "moved_banner.html")]
pub(crate) struct Banner {
    pub(crate) words: Words,
    pub(crate) said: String,
}

impl HtmlSafe for Banner {}

/// Two things above a page.
pub(crate) struct Both<A, B>(pub(crate) A, pub(crate) B);

impl<A: fmt::Display, B: fmt::Display> fmt::Display for Both<A, B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.0, self.1)
    }
}

impl<A: HtmlSafe, B: HtmlSafe> HtmlSafe for Both<A, B> {}

/// That it was moved, and when.
pub(crate) fn sentence(words: Words, since: i64) -> String {
    words.say_with("moved-since", &[("date", &Date::of(Timestamp::from_seconds(since)).to_string())])
}

#[derive(Template)]
#[template(path = "moved.html")]
struct MovedPage {
    words: Words,
    csrf: String,
    said: String,
    summary: Option<ErrorSummary>,
}

/// `GET /moved`.
pub(crate) async fn show(State(site): State<WalletWeb>, words: Words, opened: Opened) -> Response {
    page(&site, words, &opened, None)
}

/// `POST /moved`: takes it up again.
pub(crate) async fn take_up(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    form: CsrfForm<TakeUp>,
) -> Response {
    if !form.fields.ticked("sure") {
        let errors = vec![("sure".to_owned(), words.say("moved-unsure"))];
        return page(&site, words, &opened, Some(ErrorSummary { words, errors }));
    }
    match opened.vault.take_up().await {
        Ok(()) => Redirect::to(HOME).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

fn page(site: &WalletWeb, words: Words, opened: &Opened, summary: Option<ErrorSummary>) -> Response {
    let Some(since) = opened.unlocked.rests_since else { return Redirect::to(HOME).into_response() };
    let status = if summary.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = MovedPage {
        words,
        csrf: site.csrf.token::<TakeUp>(&opened.session()),
        said: sentence(words, since),
        summary,
    };
    (status, frame::page(site, words, &opened.unlocked, ELSEWHERE, words.say("moved-title"), body))
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_that_rests_is_looked_at_carried_away_and_closed_and_nothing_else() {
        for path in ["/scan", "/open", "/authorize", "/asked/x", "/change"] {
            assert!(is_for_use(&Method::GET, path), "{path}");
        }
        for path in ["/", "/spaces", "/spaces/x", "/history", "/openly", "/moved", "/close", "/ways"] {
            assert!(!is_for_use(&Method::GET, path), "{path}");
        }
        for path in
            ["/moved", "/lock", "/export", "/close", "/ways/passkeys", "/history/export", "/lost/begin"]
        {
            assert!(!is_for_use(&Method::POST, path), "{path}");
        }
        for path in
            ["/open", "/asked/x", "/details", "/messages/open", "/spaces/x/ask", "/history/delete", "/"]
        {
            assert!(is_for_use(&Method::POST, path), "{path}");
        }
    }
}
