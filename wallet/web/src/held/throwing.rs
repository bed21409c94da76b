//! Throwing something away, or not waiting for it any more; what follows is said before.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use credentials::types;
use http::StatusCode;
use wallet::{HeldState, ListedCredential, shown};
use web::Words;
use web::csrf::CsrfForm;
use web::form::QueryFields;
use web::page::ErrorSummary;

use super::{HELD, Held, none};
use crate::frame::{self, At};
use crate::holding::title;
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;

#[derive(Template)]
#[template(path = "held_throw.html")]
struct ThrowPage {
    words: Words,
    csrf: String,
    kind: String,
    heading: String,
    /// What follows.
    follows: Vec<String>,
    sure: String,
    act: String,
    summary: Option<ErrorSummary>,
}

/// Something that can be got rid of.
enum Thing {
    Held(Box<ListedCredential>),
    Awaited(wallet::AwaitedKind),
}

impl Thing {
    async fn of(unlocked: &Unlocked, key: &str) -> Result<Option<Self>, Failed> {
        let wallet = &unlocked.wallet;
        if let Some(held) = wallet.held().await?.into_iter().find(|one| one.key() == key) {
            return Ok(Some(Self::Held(Box::new(held))));
        }
        Ok(wallet.being_made().await?.into_iter().find(|one| one.id == key).map(Self::Awaited))
    }

    fn page(&self, site: &WalletWeb, words: Words, unlocked: &Unlocked, is_unsure: bool) -> Response {
        let (kind, heading, follows, name) = match self {
            Self::Held(one) => {
                let title = title(words, &one.vct, one.label.as_deref());
                let heading = words.say_with("held-throw-named", &[("kind", &title)]);
                (one.key(), heading, what_follows(words, one), "throw")
            }
            Self::Awaited(one) => {
                let title = title(words, &one.vct, one.label.as_deref());
                let heading = words.say_with("held-let-go-named", &[("kind", &title)]);
                (one.id.clone(), heading, vec![words.say("held-let-go-follows")], "let-go")
            }
        };
        let unsure = || ErrorSummary { words, errors: vec![("sure".to_owned(), words.say("held-unsure"))] };
        let body = ThrowPage {
            words,
            csrf: site.csrf.token::<Held>(&unlocked.session()),
            kind,
            heading: heading.clone(),
            follows,
            sure: words.say("held-sure"),
            act: words.say(&format!("held-{name}")),
            summary: is_unsure.then(unsure),
        };
        let status = if is_unsure { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        (status, frame::page(site, words, unlocked, At::Below(HELD), heading, body)).into_response()
    }
}

fn what_follows(words: Words, one: &ListedCredential) -> Vec<String> {
    let issuer = shown(&one.issuer_name);
    let has_ended = one.state == HeldState::Ended;
    let mut follows = vec![words.say_with("held-throw-follows", &[("issuer", &issuer)])];
    let key = match one.vct.as_str() {
        types::PASSPORT if one.network.is_some() => "held-throw-passport",
        types::MEMBERSHIP if one.network.is_some() && !has_ended => "held-throw-membership",
        _ => return follows,
    };
    follows.push(words.say_with(key, &[("issuer", &issuer)]));
    follows
}

/// `GET /held/throw`: what follows.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    QueryFields(fields): QueryFields,
) -> Response {
    match Thing::of(&unlocked, fields.optional("kind").unwrap_or_default()).await {
        Ok(Some(thing)) => thing.page(&site, words, &unlocked, false),
        Ok(None) => none(&site, words, &unlocked),
        Err(failed) => failed.page(words),
    }
}

/// `POST /held/throw`.
pub(crate) async fn throw(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Held>,
) -> Response {
    let thing = match Thing::of(&unlocked, form.fields.optional("kind").unwrap_or_default()).await {
        Ok(Some(thing)) => thing,
        // Whoever sends it twice has done it.
        Ok(None) => return Redirect::to(HELD).into_response(),
        Err(failed) => return failed.page(words),
    };
    if !form.fields.ticked("sure") {
        return thing.page(&site, words, &unlocked, true);
    }
    let done = match &thing {
        Thing::Held(one) => unlocked.wallet.throw_away(&one.key()).await,
        Thing::Awaited(one) => unlocked.wallet.let_go_of_awaited(&one.id).await,
    };
    match done {
        Ok(_) => Redirect::to(HELD).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}
