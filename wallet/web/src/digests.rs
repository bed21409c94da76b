//! The monthly digest: who still has what, what was given and what ended.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use wallet::{Digest, DigestSpace, HistoryEntry, shown};
use web::Words;
use web::csrf::{CsrfForm, Purpose};

use crate::frame::{self, At};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;
use crate::words::list;

/// The page.
pub(crate) const DIGESTS: &str = "/digests";

/// The forms of this page.
pub(crate) struct Digests;

impl Purpose for Digests {
    const NAME: &'static str = "wallet-digests";
}

#[derive(Template)]
#[template(path = "digests.html")]
struct DigestsPage {
    words: Words,
    csrf: String,
    is_on: bool,
    digests: Vec<Told>,
}

struct Told {
    month: String,
    title: String,
    is_seen: bool,
    /// A sentence for each list, and for each space in it what there is to say, with where more of it is told.
    lists: Vec<(String, Vec<(String, String)>)>,
}

/// A digest in one line, for the first page.
pub(crate) fn summary(words: Words, digest: &Digest) -> String {
    let count = |key: &str, all: &[DigestSpace]| {
        words.count(key, "spaces", u32::try_from(all.len()).unwrap_or(u32::MAX))
    };
    let (has, given) = (count("digests-has", &digest.has), count("digests-given", &digest.given));
    let ended = count("digests-ended", &digest.ended);
    let places = [("month", month(words, &digest.month)), ("has", has), ("given", given), ("ended", ended)];
    words.say_with("digests-summary", &places.each_ref().map(|(name, said)| (*name, said.as_str())))
}

/// A month as it is called.
fn month(words: Words, month: &str) -> String {
    let Some((year, number)) = month.split_once('-') else { return shown(month) };
    let name = words.say(&format!("month-{number}"));
    words.say_with("digests-month", &[("month", &name), ("year", year)])
}

/// `GET /digests`.
pub(crate) async fn show(State(site): State<WalletWeb>, words: Words, unlocked: Unlocked) -> Response {
    let wallet = &unlocked.wallet;
    let found = match wallet.make_digest().await {
        Ok(()) => (wallet.digests().await, wallet.makes_digests().await),
        Err(error) => return Failed::from(error).page(words),
    };
    let (digests, is_on) = match found {
        (Ok(digests), Ok(is_on)) => (digests, is_on),
        (Err(error), _) | (_, Err(error)) => return Failed::from(error).page(words),
    };
    let body = DigestsPage {
        words,
        csrf: site.csrf.token::<Digests>(&unlocked.session()),
        is_on,
        digests: digests.iter().map(|digest| told(words, digest)).collect(),
    };
    frame::page(&site, words, &unlocked, At::Below(crate::history::HISTORY), words.say("digests-title"), body)
        .into_response()
}

fn told(words: Words, digest: &Digest) -> Told {
    let each = |key: &str, all: &[DigestSpace]| {
        let lines = all.iter().map(|space| {
            let address = format!("{}?space={}", crate::history::HISTORY, HistoryEntry::party_key(&space.id));
            (format!("{}: {}", shown(&space.name), list(words, &space.details)), address)
        });
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
        (words.count(key, "spaces", count), lines.collect())
    };
    Told {
        title: month(words, &digest.month),
        month: digest.month.clone(),
        is_seen: digest.seen,
        lists: vec![
            each("digests-list-has", &digest.has),
            each("digests-list-given", &digest.given),
            each("digests-list-ended", &digest.ended),
        ],
    }
}

/// `POST /digests/seen`: puts one away.
pub(crate) async fn seen(
    State(_): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Digests>,
) -> Response {
    match unlocked.wallet.put_digest_away(form.fields.optional("month").unwrap_or_default()).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

/// `POST /digests/wish`: whether they are made.
pub(crate) async fn wish(
    State(_): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Digests>,
) -> Response {
    match unlocked.wallet.want_digests(form.fields.optional("wanted") == Some("yes")).await {
        Ok(()) => Redirect::to(DIGESTS).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}
