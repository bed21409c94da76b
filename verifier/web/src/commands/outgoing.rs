//! What goes out into other software, from the terminal.

use std::collections::{BTreeMap, BTreeSet};

use openid4vc::secret::SecretText;
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::Space;
use verifier::forms::ChangedBy;
use verifier::outgoing::recipients::{NewWebhook, RecipientError};
use verifier::outgoing::records::{Delivery, Event, Recipient, State, Way};
use verifier::outgoing::template::{Replace, Template, TemplateError};
use verifier::team::looks::Looker;
use verifier_connect::address;

use super::time;
use crate::console::outgoing::known;

/// Most deliveries in one answer, of each kind.
const MOST: usize = 100;

/// What is said of an endpoint.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    name: String,
    url: String,
    events: Vec<String>,
    #[serde(default)]
    claims: BTreeSet<String>,
}

/// What is said of an action.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedAction {
    #[serde(default)]
    name: String,
    template: String,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    secret: String,
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Enters an endpoint; its secret is shown this once.
pub(super) async fn add(space: &Space, wanted: Wanted) -> Result<Value, String> {
    let names = || Event::ALL.iter().map(|event| event.name()).collect::<Vec<_>>().join(", ");
    let event = |name: &String| {
        Event::of_name(name).ok_or_else(|| format!("there is no event {name}; there are {}", names()))
    };
    let new = NewWebhook {
        name: wanted.name,
        url: wanted.url,
        events: wanted.events.iter().map(event).collect::<Result<_, _>>()?,
        claims: wanted.claims,
    };
    let (made, secret) = space.add_webhook(new, ChangedBy::Terminal).await.map_err(said)?;
    Ok(json!({"id": made.id, "secret": secret.expose()}))
}

/// Enters an action.
pub(super) async fn add_action(space: &Space, wanted: WantedAction) -> Result<Value, String> {
    let is_known = known::keys().any(|key| key == wanted.template);
    let text = if is_known { known::text(&wanted.template).to_owned() } else { wanted.template };
    let template = Template::parse(&text).and_then(|template| template.with(&wanted.set)).map_err(said)?;
    let secret = SecretText::new(wanted.secret);
    let added = space.add_action(&wanted.name, template, &secret, ChangedBy::Terminal).await;
    let (made, left_out) = added.map_err(|error| match error {
        RecipientError::Template(error) => template_said(&error),
        other => said(other),
    })?;
    Ok(json!({"id": made.id, "claims": made.claims, "left_out": left_out}))
}

/// What is wrong with a template; where texts stand in it that are to be replaced, how that is done.
pub(super) fn template_said(error: &TemplateError) -> String {
    match error {
        TemplateError::Unreplaced(standing) => {
            let one = |replace: &Replace| format!("--set {}=…", replace.text);
            let flags: Vec<String> = standing.iter().map(one).collect();
            format!("{error}; give them with {}, or write yours into the file", flags.join(" "))
        }
        other => other.to_string(),
    }
}

/// A template that comes along.
pub(super) fn template(key: &str) -> Result<Value, String> {
    if !known::keys().any(|one| one == key) {
        return Err(format!("there are {}", known::keys().collect::<Vec<_>>().join(", ")));
    }
    serde_json::from_str(known::text(key)).map_err(said)
}

/// Where things go out to, what is not confirmed, and what went last.
pub(super) async fn list(space: &Space) -> Result<Value, String> {
    let recipients = space.recipients().await.map_err(said)?;
    let open = space.unconfirmed(MOST).await.map_err(said)?;
    let last = space.deliveries(MOST).await.map_err(said)?;
    let may = space.claims_for_recipients().await.map_err(said)?;
    Ok(json!({
        "recipients": recipients.iter().map(recipient).collect::<Vec<_>>(),
        "unconfirmed": open.iter().map(delivery).collect::<Vec<_>>(),
        "last": last.iter().map(delivery).collect::<Vec<_>>(),
        "claims": may,
        "events": Event::ALL.map(Event::name),
    }))
}

/// A recipient without its secret.
pub(super) fn recipient(one: &Recipient) -> Value {
    let (kind, url, events) = match &one.way {
        Way::Webhook { url, events } => {
            ("webhook", url.as_str(), events.iter().map(|event| event.name()).collect())
        }
        Way::Action { template } => ("action", template.create.url.as_str(), Vec::new()),
    };
    json!({
        "id": one.id,
        "name": one.name,
        "kind": kind,
        "url": url,
        "events": events,
        "claims": one.claims,
        "since": time(one.since),
        "ends": one.is_closing,
    })
}

fn delivery(one: &Delivery) -> Value {
    let state = match one.state {
        State::Waiting => "waiting",
        State::Confirmed => "confirmed",
        State::NothingToSend => "nothing-to-send",
        State::GivenUp => "given-up",
        State::ByHand => "by-hand",
        State::Said { .. } => "said-to-be-done",
    };
    json!({
        "id": one.id,
        "recipient": one.recipient,
        "person": one.person,
        "event": one.event.name(),
        "details": one.names,
        "sent": one.sent,
        "at": time(one.at),
        "state": state,
        "attempts": one.attempts,
        "status": one.last.as_ref().and_then(|last| last.status),
        "code": one.last.as_ref().and_then(|last| last.code.clone()),
        "next": (one.state == State::Waiting).then(|| time(one.next)),
    })
}

/// Gives an endpoint another secret.
pub(super) async fn renew_secret(space: &Space, id: &str) -> Result<Value, String> {
    let secret = space.renew_webhook_secret(id, ChangedBy::Terminal).await.map_err(said)?;
    Ok(json!({"id": id, "secret": secret.expose()}))
}

/// Ends a recipient.
pub(super) async fn remove(space: &Space, id: &str) -> Result<Value, String> {
    let people = space.end_recipient(id, ChangedBy::Terminal).await.map_err(said)?;
    let follows = match people {
        0 => "nobody had gone there, so it is gone",
        _ => {
            "nobody new goes there; what those who are there change and take back, and their erasure, still does, and with the last \
             erasure it is gone. What is not confirmed, webhook list says: do it there by hand, and say so with webhook confirm"
        }
    };
    Ok(json!({"ended": id, "people_still_there": people, "what_follows": follows}))
}

/// Sends a test.
pub(super) async fn test(space: &Space, id: &str) -> Result<Value, String> {
    let delivery = space.send_test(id).await.map_err(said)?;
    let recipients = space.recipients().await.map_err(said)?;
    let to = recipients.iter().find(|one| one.id == id).and_then(|one| match &one.way {
        Way::Webhook { url, .. } => Some(address::origin(url)),
        Way::Action { .. } => None,
    });
    Ok(json!({
        "delivery": delivery,
        "sent": {"type": Event::Test.name(), "data": {}},
        "to": to,
        "result": "it goes out now, about nobody; webhook list says under last whether it was confirmed, and if not, why",
    }))
}

/// Has a delivery sent again.
pub(super) async fn again(space: &Space, id: &str) -> Result<Value, String> {
    space.send_again(id).await.map_err(said)?;
    Ok(json!({"again": id}))
}

/// Says that something was done at the other software by hand.
pub(super) async fn confirm(space: &Space, id: &str, reason: &str) -> Result<Value, String> {
    space.confirm_by_hand(id, reason, None).await.map_err(said)?;
    Ok(json!({"confirmed": id}))
}

/// What an action would send of the last sign-up; nothing is sent.
pub(super) async fn dry_run(space: &Space, id: &str) -> Result<Value, String> {
    let run = space.dry_run(id, Looker::Terminal).await.map_err(said)?;
    let step = |(name, shown): (&str, Result<verifier::outgoing::dry_run::Shown, String>)| match shown {
        Ok(shown) => {
            let body: Value = serde_json::from_str(&shown.body).unwrap_or_default();
            let headers: Vec<String> =
                shown.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            json!({"step": name, "method": shown.method, "url": shown.url, "headers": headers, "body": body})
        }
        Err(code) => json!({"step": name, "none": code}),
    };
    Ok(json!({"person": run.person, "requests": run.steps.into_iter().map(step).collect::<Vec<_>>()}))
}
