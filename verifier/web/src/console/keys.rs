//! The keys by which programs act for the team: for owners.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use openid4vc::secret::SecretText;
use verifier::SpaceError;
use verifier::api_keys::{ApiKey, KeyError, NewKey, Scope};
use verifier::forms::ChangedBy;
use web::Words;
use web::page::{CopyLink, ErrorSummary};

use super::guard::{Acting, Posted};
use super::{frame, words as say};
use crate::site::{Failed, SpaceWeb};

const KEYS: &str = "/console/keys";
const DAY: i64 = 86_400;
/// For how many days a key may be made; 0: until it is revoked.
const DAYS: [u32; 4] = [30, 90, 365, 0];
/// What is chosen at first.
const USUAL_DAYS: u32 = 365;

#[derive(Template)]
#[template(path = "console/keys.html")]
struct Keys {
    words: Words,
    csrf: String,
    summary: ErrorSummary,
    keys: Vec<Line>,
    name: String,
    name_error: Option<String>,
    scopes: Vec<ScopeLine>,
    scope_error: Option<String>,
    ends: Vec<(u32, String, bool)>,
}

struct Line {
    name: String,
    may: String,
    facts: String,
    has_ended: bool,
}

struct ScopeLine {
    scope: &'static str,
    label: String,
    ticked: bool,
}

/// What was typed, to be shown again where something is wrong with it.
#[derive(Clone, Default)]
struct Typed {
    name: String,
    scopes: BTreeSet<Scope>,
    days: Option<u32>,
}

#[derive(Template)]
#[template(path = "console/key_made.html")]
struct Made {
    words: Words,
    title: String,
    key: String,
    description: CopyLink,
}

/// `GET /console/keys`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    listed(&site, words, &acting, &Typed::default(), None).await
}

async fn listed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    typed: &Typed,
    wrong: Option<(&'static str, String)>,
) -> Response {
    let keys = match lines(site, words).await {
        Ok(keys) => keys,
        Err(failed) => return failed.page(words),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let error_of =
        |name: &str| wrong.as_ref().filter(|(field, _)| *field == name).map(|(_, said)| said.clone());
    let chosen = typed.days.unwrap_or(USUAL_DAYS);
    let body = Keys {
        words,
        csrf: acting.csrf(),
        summary: ErrorSummary {
            words,
            errors: wrong.iter().map(|(field, said)| ((*field).to_owned(), said.clone())).collect(),
        },
        keys,
        name: typed.name.clone(),
        name_error: error_of("name"),
        scopes: Scope::ALL
            .map(|scope| ScopeLine {
                scope: scope.name(),
                label: words.say(&word_of(scope)),
                ticked: typed.scopes.contains(&scope),
            })
            .into(),
        scope_error: error_of("scopes"),
        ends: DAYS.map(|days| (days, ends(words, days), days == chosen)).into(),
    };
    (status, frame::page(site, words, acting, KEYS, words.say("console-api-keys"), body)).into_response()
}

fn ends(words: Words, days: u32) -> String {
    if days == 0 { words.say("console-key-no-end") } else { words.count("console-days", "count", days) }
}

/// What a key may do, in words.
pub(super) fn may(words: Words, key: &ApiKey) -> String {
    key.scopes.iter().map(|scope| words.say(&word_of(*scope))).collect::<Vec<_>>().join(" · ")
}

/// The key of a scope's words.
fn word_of(scope: Scope) -> String {
    format!("console-scope-{}", scope.name().replace(':', "-"))
}

async fn lines(site: &SpaceWeb, words: Words) -> Result<Vec<Line>, Failed> {
    let mut lines = Vec::new();
    for key in site.space.api_keys().await? {
        let maker = match &key.by {
            Some(ChangedBy::Team(id)) => site.space.teammate(id).await?.map(|found| found.name),
            _ => None,
        };
        lines.push(line(site, words, &key, maker));
    }
    Ok(lines)
}

fn line(site: &SpaceWeb, words: Words, key: &ApiKey, maker: Option<String>) -> Line {
    let has_ended = key.has_ended(site.environment().now());
    let day = |seconds: i64| say::when(seconds).chars().take(10).collect::<String>();
    let end = match key.until {
        Some(until) if has_ended => words.say_with("console-key-ended", &[("at", &day(until))]),
        Some(until) => words.say_with("console-key-ends", &[("at", &day(until))]),
        None => words.say("console-key-no-end"),
    };
    let used = match key.used_on {
        Some(used_on) => words.say_with("console-key-used", &[("at", &day(used_on))]),
        None => words.say("console-key-unused"),
    };
    let made_at = day(key.made_at);
    let made = match maker {
        Some(by) => words.say_with("console-key-made-by", &[("at", &made_at), ("by", &by)]),
        None => {
            let made = words.say_with("console-key-made", &[("at", &made_at)]);
            // Tokens of before say no maker: they were made at the terminal, too.
            format!("{made} {}", words.say("console-look-terminal"))
        }
    };
    Line { name: key.name.clone(), may: may(words, key), facts: [made, end, used].join(" · "), has_ended }
}

/// `POST /console/keys`: makes a key, and shows it this once.
pub(crate) async fn make(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let ticked = posted.0.iter().filter_map(|(name, _)| name.strip_prefix("scope-"));
    let typed = Typed {
        name: posted.text("name").to_owned(),
        scopes: ticked.filter_map(Scope::named).collect(),
        days: posted.text("days").parse().ok().filter(|days| DAYS.contains(days)),
    };
    let Some(days) = typed.days else {
        let wrong = ("days", words.say("console-key-bad-end"));
        return listed(&site, words, &acting, &typed, Some(wrong)).await;
    };
    let seconds = i64::from(days).saturating_mul(DAY);
    let new = NewKey {
        name: typed.name.clone(),
        scopes: typed.scopes.clone(),
        until: (days > 0).then(|| site.environment().now().plus(seconds).seconds()),
    };
    match site.space.make_api_key(new, ChangedBy::Team(acting.teammate.id.clone())).await {
        Ok(key) => made(&site, words, &acting, &typed.name, &key),
        Err(error) => not_made(&site, words, &acting, &typed, error).await,
    }
}

fn made(site: &SpaceWeb, words: Words, acting: &Acting, name: &str, key: &SecretText) -> Response {
    let title = words.say_with("console-key-made-title", &[("name", name)]);
    let body = Made {
        words,
        title: title.clone(),
        key: key.expose().to_owned(),
        description: CopyLink {
            words,
            id: "description",
            link: site.space.identity().address("/api/openapi.json"),
        },
    };
    frame::page(site, words, acting, KEYS, title, body).with_copying().into_response()
}

async fn not_made(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    typed: &Typed,
    error: KeyError,
) -> Response {
    let (field, key) = match error {
        KeyError::BadName => ("name", "console-key-bad-name"),
        KeyError::Taken => ("name", "console-key-taken"),
        KeyError::NoScope => ("scopes", "console-key-no-scope"),
        KeyError::TooMany => ("name", "console-key-too-many"),
        KeyError::Space(error) => return Failed::from(error).page(words),
        _ => ("days", "console-key-bad-end"),
    };
    listed(site, words, acting, typed, Some((field, words.say(key)))).await
}

/// `POST /console/keys/revoke`.
pub(crate) async fn revoke(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    // As it is stored: a name of before may have a space at its end.
    let name = posted.0.optional("name").unwrap_or_default();
    match site.space.revoke_api_key(name).await {
        Ok(()) => Redirect::to(KEYS).into_response(),
        Err(SpaceError::NoSuch(_)) => {
            let wrong = ("keys", words.say("console-key-gone"));
            listed(&site, words, &acting, &Typed::default(), Some(wrong)).await
        }
        Err(error) => Failed::from(error).page(words),
    }
}
