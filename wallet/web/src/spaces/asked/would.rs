//! What a space says would follow of what its member is about to have done.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use network::member_api::{ClaimChange, Outcome, WhatToDo};
use wallet::NotDone;
use web::Words;

use super::super::said::{change_to_do, kept, why};
use super::super::visit::{Called, Visit};
use super::{failed, working};
use crate::tasks::{Deed, Job, Task};
use crate::words::{detail as name_of, list};

#[derive(Template)]
#[template(path = "space_would.html")]
struct WouldPage {
    words: Words,
    title: String,
    csrf: String,
    /// The task that is begun by a yes, and the one in which the space said what follows.
    task: String,
    said_in: String,
    address: String,
    /// At a host: what the member agrees to by a yes, and by looking at leaving instead.
    calls: Option<String>,
    leaves: Option<String>,
    what: &'static str,
    claim: String,
    audience: String,
    /// Why the space did not say what follows.
    failed: Option<String>,
    /// What follows at once.
    now: Vec<String>,
    ends: bool,
    kept: Vec<String>,
    hints: Vec<String>,
    keep: String,
    yes: String,
    is_danger: bool,
    /// Where leaving is offered instead.
    leaving: bool,
}

/// What would follow; where the space could not be asked, what is known here.
pub(super) fn page(visit: &Visit, task: &Task, would: Result<&Outcome, &NotDone>) -> Response {
    let Job::Would { deed, .. } = &task.job else { return working(visit, task) };
    // What only a member can do is not offered to whoever is none, nor what the space has just refused.
    if let Err(problem) = would
        && (problem.is_their_word || matches!(problem.code.as_str(), "left" | "no_membership"))
    {
        return failed(visit, problem);
    }
    let (words, name) = (visit.words, visit.name());
    let (what, claim, audience) = asked(deed);
    let outcome = would.ok();
    let needed = || visit.own.space.held.iter().any(|one| one.claim == claim && one.needed);
    let ends = match outcome {
        Some(outcome) => outcome.membership_ended,
        None => what == "leave" || (what == "take-back" && needed()),
    };
    let mut hints = Vec::new();
    if outcome.is_none() {
        hints.push(words.say_with("space-would-unasked", &[("space", &name)]));
        if ends && what == "take-back" {
            hints.push(words.say_with("space-would-needed", &[("space", &name)]));
        }
    }
    let kept: Vec<String> =
        outcome.into_iter().flat_map(|one| &one.kept).map(|one| kept(words, one)).collect();
    let title = words
        .say_with(&format!("space-would-{what}"), &[("space", &name), ("detail", &name_of(words, claim))]);
    let body = WouldPage {
        words,
        title: title.clone(),
        csrf: visit.csrf(),
        task: visit.task_name(),
        said_in: task.name.clone(),
        address: visit.address(),
        calls: visit.calls(if what == "leave" { Called::Leave } else { Called::Changes }),
        leaves: visit.calls(Called::Leave),
        what,
        claim: claim.to_owned(),
        audience: audience.to_owned(),
        failed: would.err().map(|problem| why(words, problem, &name)),
        now: now(words, deed, outcome),
        ends,
        leaving: ends && what == "take-back" && (!kept.is_empty() || outcome.is_none()),
        kept,
        hints,
        keep: words.say(if what == "leave" { "space-stay" } else { "space-keep" }),
        yes: words.say(match what {
            "leave" => "leave",
            "take-back" => "take-back",
            _ => "space-show-them",
        }),
        is_danger: what != "publish",
    };
    visit.answered(StatusCode::OK, title, body)
}

/// What follows at once.
fn now(words: Words, deed: &Deed, outcome: Option<&Outcome>) -> Vec<String> {
    match (deed, outcome) {
        (Deed::Changes(changes), _) => changes.iter().map(|one| to_do(words, one)).collect(),
        (_, Some(outcome)) => {
            let names: Vec<String> = outcome.changes.iter().map(|one| one.claim.clone()).collect();
            let names = if names.is_empty() { words.say("space-would-nothing") } else { list(words, &names) };
            vec![words.say_with("space-would-erase", &[("details", &names)])]
        }
        (_, None) => vec![words.say("space-would-leave-unasked")],
    }
}

/// What follows at once of a change.
fn to_do(words: Words, change: &ClaimChange) -> String {
    match change.what {
        WhatToDo::TakeBack => {
            words.say_with("space-would-erase", &[("details", &name_of(words, &change.claim))])
        }
        _ => change_to_do(words, change),
    }
}

/// What is asked, by the words of a form: what, of which detail, and to whom it is shown.
fn asked(deed: &Deed) -> (&'static str, &str, &'static str) {
    let Deed::Changes(changes) = deed else { return ("leave", "", "") };
    match changes.first() {
        Some(ClaimChange { what: WhatToDo::Publish(audience), claim }) => ("publish", claim, audience.name()),
        Some(one) => ("take-back", &one.claim, ""),
        None => ("take-back", "", ""),
    }
}
