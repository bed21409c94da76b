//! The number on a card of paper, to be printed and cut out, and on this device for when there is no network.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use web::Words;

use crate::frame;
use crate::home::Number;
use crate::site::WalletWeb;
use crate::unlocked::Unlocked;

/// The page.
pub(crate) const CARD: &str = "/card";

#[derive(Template)]
#[template(path = "card.html")]
struct CardPage {
    words: Words,
    number: Option<Number>,
    /// Whether it may stay on this device.
    may_stay: bool,
}

/// `GET /card`.
pub(crate) async fn show(State(site): State<WalletWeb>, words: Words, unlocked: Unlocked) -> Response {
    match Number::of(&unlocked.wallet, words).await {
        Ok(number) => {
            let body = CardPage { words, number, may_stay: !unlocked.is_borrowed() };
            frame::page(&site, words, &unlocked, CARD, words.say("card-title"), body)
                .with_script("/card.js")
                .into_response()
        }
        Err(failed) => failed.page(words),
    }
}
