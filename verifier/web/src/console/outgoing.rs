//! What goes out into other software: to whom, what went last, what is not confirmed.

mod acting;
mod action;
pub(crate) mod known;
mod lines;

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use verifier::SpaceError;
use verifier::outgoing::recipients::RecipientError;
use verifier::outgoing::records::{Event, Recipient, Way};
use web::Words;
use web::form::QueryFields;
use web::page::ErrorSummary;

use super::fields::{Field, Wrong, summary};
use super::guard::Acting;
use super::words as say;
use super::{frame, replacing};
use crate::connect::detail;
use crate::site::{Failed, SpaceWeb};

pub(crate) use acting::{add, again, confirm, end, renew_secret, test};
pub(crate) use action::{add_action, dry_run, show_action};
pub(crate) use lines::{Went, red};

const OUTGOING: &str = "/console/outgoing";
/// Deliveries on the page, of each kind.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "console/outgoing.html")]
struct Outgoing {
    words: Words,
    csrf: String,
    summary: ErrorSummary,
    done: Option<String>,
    open: Vec<lines::Line>,
    recipients: Vec<RecipientLine>,
    last: Vec<lines::Line>,
    inputs: Vec<Field>,
    events: Vec<(&'static str, String, bool)>,
    details: Vec<(&'static str, String, bool)>,
    templates: Vec<(&'static str, String)>,
}

struct RecipientLine {
    id: String,
    name: String,
    kind: String,
    at: String,
    gets: String,
    told: Option<String>,
    closing: bool,
    is_webhook: bool,
}

/// What was typed, to be shown again where something is wrong with it.
#[derive(Clone, Default)]
struct Typed {
    name: String,
    url: String,
    events: BTreeSet<String>,
    claims: BTreeSet<String>,
}

/// `GET /console/outgoing`.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    QueryFields(query): QueryFields,
) -> Response {
    let people = query.optional("people").and_then(|people| people.parse().ok()).unwrap_or(0_u32);
    let done = match query.optional("done") {
        Some("test") => Some(words.say("console-outgoing-done-test")),
        Some("again") => Some(words.say("console-outgoing-done-again")),
        Some("said") => Some(words.say("console-outgoing-done-said")),
        Some("ended") => Some(words.count("console-outgoing-done-ended", "count", people)),
        _ => None,
    };
    listed(&site, words, &acting, Typed::default(), None, done).await
}

async fn listed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    typed: Typed,
    wrong: Option<Wrong>,
    done: Option<String>,
) -> Response {
    match body(site, words, acting, &typed, wrong.as_ref(), done).await {
        Ok(body) => {
            let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            let title = words.say("console-outgoing");
            (status, frame::page(site, words, acting, OUTGOING, title, body)).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn body(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    typed: &Typed,
    wrong: Option<&Wrong>,
    done: Option<String>,
) -> Result<Outgoing, Failed> {
    let space = &site.space;
    let recipients = space.recipients().await?;
    let names = lines::by_identifier(&recipients);
    let open = space.unconfirmed(MOST).await?;
    let last = space.deliveries(MOST).await?;
    let may = space.claims_for_recipients().await?;
    Ok(Outgoing {
        words,
        csrf: acting.csrf(),
        summary: summary(words, wrong),
        done,
        open: lines::of(site, words, &names, open).await?,
        last: lines::of(site, words, &names, last).await?,
        recipients: recipients.into_iter().map(|one| recipient(words, one)).collect(),
        inputs: inputs(words, typed, wrong),
        events: Event::ALL
            .into_iter()
            .filter(|event| *event != Event::Erased)
            .map(|event| (event.name(), lines::event(words, event), typed.events.contains(event.name())))
            .collect(),
        details: may
            .into_iter()
            .map(|claim| (claim, detail(words, claim), typed.claims.contains(claim)))
            .collect(),
        templates: known::all()
            .map(|(key, template)| {
                (key, words.say_with("console-outgoing-begin", &[("name", &template.name)]))
            })
            .chain([(known::EMPTY, words.say("console-outgoing-empty"))])
            .collect(),
    })
}

fn recipient(words: Words, one: Recipient) -> RecipientLine {
    let details: Vec<String> = one.claims.iter().map(|claim| say::name(words, claim)).collect();
    let (kind, at, told) = match &one.way {
        Way::Webhook { url, events } => {
            let events: Vec<String> = events.iter().map(|event| lines::event(words, *event)).collect();
            let told = words.say_with("console-outgoing-told", &[("events", &events.join(", "))]);
            ("console-outgoing-webhook", url.clone(), Some(told))
        }
        Way::Action { template } => ("console-outgoing-action", template.create.url.clone(), None),
    };
    RecipientLine {
        is_webhook: told.is_some(),
        kind: words.say(kind),
        at,
        told,
        gets: match details.is_empty() {
            true => words.say("console-outgoing-gets-names"),
            false => words.say_with("console-outgoing-gets", &[("details", &details.join(", "))]),
        },
        closing: one.is_closing,
        id: one.id,
        name: one.name,
    }
}

fn inputs(words: Words, typed: &Typed, wrong: Option<&Wrong>) -> Vec<Field> {
    let input = |(name, value): (&'static str, &String)| {
        Field::line(words, name, &format!("console-outgoing-{name}"), value, wrong)
    };
    [("name", &typed.name), ("url", &typed.url)].into_iter().map(input).collect()
}

/// The field that is wrong and what to say of it; else the page of a fault.
fn said(words: Words, error: RecipientError) -> Result<Wrong, Box<Response>> {
    let told = |key: &str| words.say(&format!("console-outgoing-{key}"));
    Ok(match error {
        RecipientError::BadName => ("name", told("bad-name")),
        RecipientError::BadAddress => ("url", told("bad-address")),
        RecipientError::NoEvents => ("events", told("bad-events")),
        RecipientError::NotAsked(claim) | RecipientError::BeyondRegistration(claim) => {
            let detail = say::name(words, &claim);
            ("details", words.say_with("console-outgoing-bad-details", &[("detail", &detail)]))
        }
        RecipientError::NotCalled(why) => ("url", replacing::not_called(words, &why)),
        RecipientError::SameName => ("name", told("same-name")),
        RecipientError::Template(why) => replacing::wrong(words, &why),
        RecipientError::BadSecret(_) => ("secret", told("bad-secret")),
        RecipientError::BadReason => ("open", told("bad-reason")),
        RecipientError::TooMany => ("name", told("too-many")),
        RecipientError::NoSecret
        | RecipientError::NothingToDo
        | RecipientError::Space(SpaceError::NoSuch(_)) => ("recipients", told("nothing")),
        RecipientError::Space(error) => return Err(Box::new(Failed::from(error).page(words))),
        _ => return Err(Box::new(web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR))),
    })
}
