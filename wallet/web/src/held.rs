//! What the member can show, what is being made for them, and what was not given.
//!
//! - here: the page, and what is done at once.
//! - [`throwing`]: throwing something away, after what follows was said.

pub(crate) mod throwing;

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use serde_json::json;
use wallet::{AwaitedKind, ListedCredential, NotGiven, Wallet};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::QueryFields;
use web::page::{LinkButton, Look, PostButton};

use crate::asked::address_of;
use crate::flows::{LinkKind, TooMany};
use crate::frame;
use crate::holding::{self, End, Kind};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::{Unlocked, desk_if_unlocked};

/// The page.
pub(crate) const HELD: &str = "/held";
/// Kinds on one page.
const ON_A_PAGE: usize = 25;
/// How long the lists may take that say what still counts, before the page goes on without them.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(8);

/// The forms of these pages.
pub(crate) struct Held;

impl Purpose for Held {
    const NAME: &'static str = "wallet-held";
}

#[derive(Template)]
#[template(path = "held.html")]
struct HeldPage {
    words: Words,
    csrf: String,
    look: PostButton,
    /// What is being made, what was not given, and what is held, in this order.
    kinds: Vec<Kind>,
    is_empty: bool,
    older: Option<LinkButton>,
    newer: Option<LinkButton>,
    state: String,
}

/// What the wallet has to show here.
struct Seen {
    awaited: Vec<AwaitedKind>,
    not_given: Vec<NotGiven>,
    held: Vec<ListedCredential>,
}

impl Seen {
    async fn of(wallet: &Wallet) -> Result<Self, Failed> {
        let mut held = wallet.held().await?;
        held.sort_by_key(holding::rank);
        let not_given = wallet.not_given_lately(&held).await?;
        Ok(Self { awaited: wallet.being_made().await?, not_given, held })
    }
}

/// Of how many kinds nothing can be shown until the member does something.
pub(crate) async fn waiting(wallet: &Wallet) -> Result<u32, Failed> {
    let held = wallet.held().await?;
    let count = held.iter().filter(|one| one.needs_its_member()).count();
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// `GET /held`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    QueryFields(fields): QueryFields,
) -> Response {
    // What comes while this is read makes the page be loaded once more, and is not missed.
    let state = unlocked.desk.kept_fresh().borrow().to_string();
    let mut seen = match Seen::of(&unlocked.wallet).await {
        Ok(seen) => seen,
        Err(failed) => return failed.page(words),
    };
    let from: usize = fields.optional("from").and_then(|from| from.parse().ok()).unwrap_or(0);
    let (end, others) =
        (from.saturating_add(ON_A_PAGE), seen.awaited.len().saturating_add(seen.not_given.len()));
    // To read what they say takes long, so it is read of those alone that are on this page.
    for (place, one) in seen.held.iter_mut().enumerate() {
        if (from..end).contains(&others.saturating_add(place)) {
            one.read();
        }
    }
    let kinds = seen.awaited.iter().map(|one| Kind::awaited(words, one));
    let kinds = kinds.chain(seen.not_given.iter().map(|one| Kind::not_given(words, one)));
    let kinds: Vec<Kind> = kinds.chain(seen.held.iter().map(|one| Kind::held(words, one))).collect();
    let count = kinds.len();
    let link = |from: usize, key: &str| LinkButton {
        href: if from == 0 { HELD.to_owned() } else { format!("{HELD}?from={from}") },
        label: words.say(key),
        secondary: true,
    };
    let csrf = site.csrf.token::<Held>(&unlocked.session());
    let body = HeldPage {
        words,
        look: PostButton {
            action: "/held/look".to_owned(),
            csrf: csrf.clone(),
            label: words.say("held-look"),
            look: Look::Secondary,
        },
        csrf,
        is_empty: count == 0,
        kinds: kinds.into_iter().skip(from).take(ON_A_PAGE).collect(),
        older: (end < count).then(|| link(end, "held-more")),
        newer: (from > 0).then(|| link(from.saturating_sub(ON_A_PAGE), "held-before")),
        state,
    };
    frame::page(&site, words, &unlocked, HELD, words.say("held-title"), body).with_waiting().into_response()
}

/// `GET /held/status`: whether something has come, for the script of the page. Asking is no use of a session.
pub(crate) async fn status(State(site): State<WalletWeb>, words: Words, headers: HeaderMap) -> Response {
    match desk_if_unlocked(&site, &headers).await {
        Ok(Some(desk)) => Json(json!({ "state": desk.kept_fresh().borrow().to_string() })).into_response(),
        Ok(None) => Json(json!({ "state": "gone" })).into_response(),
        Err(failed) => failed.page(words),
    }
}

/// `POST /held/look`: whether all of it still counts.
pub(crate) async fn look(
    State(_): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    _: CsrfForm<Held>,
) -> Response {
    unlocked.desk.look_again();
    match tokio::time::timeout(PATIENCE, unlocked.wallet.look_at_statuses()).await {
        Ok(Err(error)) => Failed::from(error).page(words),
        // What takes longer is looked for another time, by itself.
        Ok(Ok(())) | Err(_) => Redirect::to(HELD).into_response(),
    }
}

/// `POST /held/anew`: new copies of a kind.
pub(crate) async fn anew(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Held>,
) -> Response {
    let Some(kind) = form.fields.optional("kind") else { return none(&site, words, &unlocked) };
    let wallet = unlocked.wallet.clone();
    let flows = unlocked.desk.flows();
    match flows.open(kind, LinkKind::Renewal, wallet, site.environment.randomness()) {
        Ok(flow) => Redirect::to(&address_of(&flow)).into_response(),
        Err(TooMany) => {
            let (title, said) = (words.say("held-title"), words.say("failed-many"));
            frame::sentence(&site, words, &unlocked, StatusCode::UNPROCESSABLE_ENTITY, title, said)
        }
    }
}

/// `POST /held/put-away`: that something was not given.
pub(crate) async fn put_away(words: Words, unlocked: Unlocked, form: CsrfForm<Held>) -> Response {
    match unlocked.wallet.put_not_given_away(form.fields.optional("kind").unwrap_or_default()).await {
        Ok(()) => Redirect::to(HELD).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

/// There is no such kind.
fn none(site: &WalletWeb, words: Words, unlocked: &Unlocked) -> Response {
    let (title, said) = (words.say("held-title"), words.say("held-gone"));
    frame::sentence(site, words, unlocked, StatusCode::NOT_FOUND, title, said)
}
