//! What each space has of the member, and what can be done about it.
//!
//! - here: the list of spaces, networks and offices.
//! - [`page`]: a space's page; [`detail`]: one detail at one space.
//! - [`visit`]: a member at a page of one space.
//! - [`asking`]: a space is asked something or has something done; [`asked`]: what comes of it.
//! - [`objecting`]: the member objects to what a space does.
//! - [`changing`]: one edit at several spaces.
//! - [`proofs`]: each proof in words and as a file.
//! - [`said`]: what all of that is called.

pub(crate) mod asked;
pub(crate) mod asking;
pub(crate) mod changing;
pub(crate) mod detail;
pub(crate) mod objecting;
pub(crate) mod page;
pub(crate) mod proofs;
mod said;
mod visit;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use wallet::{OwnSpace, SpaceView, shown};
use web::Words;
use web::csrf::Purpose;
use web::page::ErrorPage;

use crate::frame::{self, At};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;
use said::facts;
pub(crate) use said::{change, done_at, errand};

/// The page.
pub(crate) const SPACES: &str = "/spaces";
/// Where every other of these pages stands.
const BELOW: At = At::Below(SPACES);

/// The forms of these pages.
pub(crate) struct AtSpaces;

impl Purpose for AtSpaces {
    const NAME: &'static str = "wallet-spaces";
}

#[derive(Template)]
#[template(path = "spaces.html")]
struct SpacesPage {
    words: Words,
    spaces: Vec<Space>,
    networks: Vec<String>,
    offices: Vec<Office>,
}

/// A space on the list.
struct Space {
    address: String,
    name: String,
    host: String,
    facts: Vec<String>,
}

/// An office, which asks for details to check them and keeps none.
struct Office {
    name: String,
    host: String,
    /// What it has: details, and what is known of them.
    has: Vec<(String, Vec<String>)>,
}

/// `GET /spaces`.
pub(crate) async fn show(State(site): Site, words: Words, unlocked: Unlocked) -> Response {
    let wallet = &unlocked.wallet;
    let found = (wallet.own_spaces().await, wallet.network_names().await, wallet.offices().await);
    let (spaces, networks, offices) = match found {
        (Ok(spaces), Ok(networks), Ok(offices)) => (spaces, networks, offices),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => return Failed::from(error).page(words),
    };
    let body = SpacesPage {
        words,
        spaces: spaces.iter().map(|space| listed(words, space)).collect(),
        networks: networks.iter().map(|name| shown(name)).collect(),
        offices: offices.iter().map(|office| told(words, office)).collect(),
    };
    frame::page(&site, words, &unlocked, SPACES, words.say("spaces-title"), body).into_response()
}

fn listed(words: Words, own: &OwnSpace) -> Space {
    let mut facts = vec![said::standing(words, own)];
    let details = u32::try_from(own.space.held.len()).unwrap_or(u32::MAX);
    facts.push(words.count("spaces-has", "details", details));
    for (given_up, key) in [(false, "spaces-waits"), (true, "spaces-given-up")] {
        let changes = own.waiting.iter().filter(|one| one.given_up == given_up).count();
        if changes > 0 {
            facts.push(words.count(key, "changes", u32::try_from(changes).unwrap_or(u32::MAX)));
        }
    }
    if own.is_muted {
        facts.push(words.say("spaces-muted"));
    }
    Space {
        address: page::address_of(&own.key),
        name: shown(&own.space.name),
        host: shown(&own.space.host),
        facts,
    }
}

fn told(words: Words, office: &SpaceView) -> Office {
    let mut has: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for claim in &office.held {
        let facts = facts(words, claim, false);
        match has.iter_mut().find(|(_, known)| *known == facts) {
            Some((names, _)) => names.push(claim.claim.clone()),
            None => has.push((vec![claim.claim.clone()], facts)),
        }
    }
    let has = has.into_iter().map(|(names, facts)| (crate::words::list(words, &names), facts));
    Office { name: shown(&office.name), host: shown(&office.host), has: has.collect() }
}

/// A name for the task that a form begins: whoever sends the form twice begins one.
fn task_name(site: &WalletWeb) -> String {
    jose::base64url::encode(site.environment.randomness().bytes::<16>())
}

/// A page that says what is not there, and where to go on.
fn sorry(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    status: StatusCode,
    title: &str,
    text: &str,
) -> Response {
    let body = ErrorPage::of(words.say(title), words.say(text));
    (status, frame::page(site, words, unlocked, BELOW, words.say(title), body)).into_response()
}

/// A page of these, with its status.
fn answered(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    status: StatusCode,
    title: String,
    body: impl std::fmt::Display,
) -> Response {
    let page = frame::page(site, words, unlocked, BELOW, title, body);
    (status, page.with_script(crate::asked::SCRIPT)).into_response()
}

/// A page of these that waits for what is asked.
fn waiting(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    title: String,
    body: impl std::fmt::Display,
) -> Response {
    frame::page(site, words, unlocked, BELOW, title, body).with_waiting().into_response()
}

/// State of the handlers, where they need the site.
type Site = State<WalletWeb>;
