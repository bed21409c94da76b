//! What went out, line by line.

use std::collections::BTreeMap;
use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use verifier::outgoing::records::{Attempt, Delivery, Event, Recipient, State, TEST, Way};
use verifier::team::Right;
use web::Words;

use super::super::guard::Acting;
use super::super::words as say;
use crate::site::{Failed, SpaceWeb};

/// Most that are counted on the first page.
const COUNTED: usize = 100;
/// Most lines on the page of one person.
const OF_PERSON: usize = 50;

/// One delivery, in words.
pub(super) struct Line {
    pub(super) id: String,
    pub(super) head: String,
    pub(super) contact: Option<String>,
    pub(super) details: String,
    pub(super) state: String,
    pub(super) red: bool,
    pub(super) can_go_again: bool,
}

/// An event in the reader's words.
pub(super) fn event(words: Words, event: Event) -> String {
    words.say(&format!("console-outgoing-event-{}", event.name().replace(['.', '_'], "-")))
}

/// Recipients by identifier: the name, and whether they are endpoints, which may be told what they have confirmed.
pub(super) type Recipients = BTreeMap<String, (String, bool)>;

pub(super) fn by_identifier(all: &[Recipient]) -> Recipients {
    let named = |one: &Recipient| (one.name.clone(), matches!(one.way, Way::Webhook { .. }));
    all.iter().map(|one| (one.id.clone(), named(one))).collect()
}

/// Deliveries in words.
pub(super) async fn of(
    site: &SpaceWeb,
    words: Words,
    recipients: &Recipients,
    deliveries: Vec<Delivery>,
) -> Result<Vec<Line>, Failed> {
    let mut lines = Vec::with_capacity(deliveries.len());
    for one in deliveries {
        let recipient = recipients.get(&one.recipient);
        let to = recipient.map_or("", |(name, _)| name.as_str());
        let is_there = one.person != TEST && site.space.sign_up(&one.person).await?.is_some();
        let state = state(site, words, &one).await?;
        let claims = |claims: &[String]| say::names(words, claims.iter().map(String::as_str));
        lines.push(Line {
            head: format!("{} · {} · {to}", say::when(one.at), event(words, one.event)),
            contact: is_there.then(|| one.person.clone()),
            details: match (one.names.is_empty(), one.sent.is_empty()) {
                (_, false) => words.say_with("console-outgoing-sent", &[("details", &claims(&one.sent))]),
                (false, true) => claims(&one.names),
                (true, true) => String::new(),
            },
            state,
            red: one.is_unconfirmed(),
            can_go_again: match one.state {
                State::Confirmed => recipient.is_some_and(|(_, is_webhook)| *is_webhook),
                State::NothingToSend | State::Said { .. } => false,
                State::Waiting | State::GivenUp | State::ByHand => recipient.is_some(),
            },
            id: one.id,
        });
    }
    Ok(lines)
}

async fn state(site: &SpaceWeb, words: Words, one: &Delivery) -> Result<String, Failed> {
    let why = one.last.as_ref().map(|last| why(words, last)).unwrap_or_default();
    Ok(match &one.state {
        State::Waiting if one.last.is_none() => words.say("console-outgoing-state-waiting"),
        State::Waiting => {
            let said = [("count", one.attempts.to_string()), ("why", why), ("at", say::when(one.next))];
            let said: Vec<(&str, &str)> = said.iter().map(|(name, value)| (*name, value.as_str())).collect();
            words.say_with("console-outgoing-state-trying", &said)
        }
        State::Confirmed => {
            let at = say::when(one.last.as_ref().map_or(one.at, |last| last.at));
            words.say_with("console-outgoing-state-confirmed", &[("at", &at)])
        }
        State::NothingToSend => words.say("console-outgoing-state-nothing"),
        State::GivenUp => words.say_with("console-outgoing-state-given-up", &[("why", &why)]),
        State::ByHand => words.say_with("console-outgoing-state-by-hand", &[("why", &why)]),
        State::Said { by, reason } => {
            let name = match by {
                Some(by) => site.space.teammate(by).await?.map(|teammate| teammate.name),
                None => None,
            };
            let name = name.unwrap_or_else(|| words.say("console-outgoing-terminal"));
            words.say_with("console-outgoing-state-said", &[("name", &name), ("reason", reason)])
        }
    })
}

/// Why an attempt was no success.
fn why(words: Words, last: &Attempt) -> String {
    match (&last.code, last.status) {
        (Some(code), _) => code_words(words, code),
        (None, Some(status)) => {
            words.say_with("console-outgoing-code-status", &[("status", &status.to_string())])
        }
        (None, None) => String::new(),
    }
}

/// A machine code in words.
pub(super) fn code_words(words: Words, code: &str) -> String {
    let key = match code.split(' ').next().unwrap_or_default() {
        known @ ("timed_out" | "unreachable" | "unknown_host" | "not_public" | "redirected" | "too_large"
        | "tls" | "no_token" | "no_identifier" | "no_request" | "cannot_unsay" | "lacks"
        | "outcome_unknown" | "restored") => known,
        _ => "other",
    };
    words.say(&format!("console-outgoing-code-{}", key.replace('_', "-")))
}

/// How much is not confirmed, for the first page; nothing for whoever could do nothing about it.
pub(crate) async fn red(site: &SpaceWeb, words: Words, acting: &Acting) -> Result<Option<String>, Failed> {
    if !acting.may(Right::Connect) {
        return Ok(None);
    }
    let open = site.space.unconfirmed(COUNTED.saturating_add(1)).await?.len();
    Ok(match open {
        0 => None,
        1..=COUNTED => {
            Some(words.count("console-outgoing-red", "count", u32::try_from(open).unwrap_or(u32::MAX)))
        }
        _ => Some(words.say_with("console-outgoing-red-many", &[("count", &COUNTED.to_string())])),
    })
}

/// What went out about one person, for their page.
#[derive(Template)]
#[template(path = "console/went_out.html")]
pub(crate) struct Went {
    words: Words,
    lines: Vec<Line>,
}

impl HtmlSafe for Went {}

impl fmt::Debug for Went {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Went({})", self.lines.len())
    }
}

impl Went {
    /// Nothing where nothing went out.
    pub(crate) async fn about(site: &SpaceWeb, words: Words, contact: &str) -> Result<Option<Self>, Failed> {
        let deliveries = site.space.went_out(contact, OF_PERSON).await?;
        if deliveries.is_empty() {
            return Ok(None);
        }
        let recipients = by_identifier(&site.space.recipients().await?);
        Ok(Some(Self { words, lines: of(site, words, &recipients, deliveries).await? }))
    }
}
