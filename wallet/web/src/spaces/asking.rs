//! A space is asked something, or has something done: the forms by which it begins.

use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use network::claims::Audience;
use network::member_api::{ClaimChange, LONGEST_REASON, Outcome, WhatToDo};
use web::form::Fields;

use super::asked::address_of;
use super::said::audience_of;
use super::visit::{Sent, Visit};
use super::{detail, objecting};
use crate::tasks::{Came, Deed, Job, TooManyTasks};

/// Begins a job by the name in its form, and leads to its page.
pub(super) fn begun(visit: &Visit, fields: &Fields, job: Job) -> Response {
    let name = fields.optional("task").unwrap_or_default();
    let Visit { unlocked, site, .. } = visit;
    match unlocked.desk.tasks().begin(name, job, &unlocked.wallet, site.environment.randomness()) {
        Ok(task) => {
            let viewers = fields.optional("as").and_then(audience_of).filter(|one| *one != Audience::Team);
            let view = viewers.map(|one| format!("?as={}", one.name())).unwrap_or_default();
            Redirect::to(&format!("{}{view}", address_of(visit, &task))).into_response()
        }
        Err(TooManyTasks) => visit.sorry(StatusCode::TOO_MANY_REQUESTS, "failed-title", "space-too-many"),
    }
}

/// `POST /spaces/{key}/ask`.
pub(crate) async fn ask(Sent { visit, fields }: Sent) -> Response {
    match job(&visit, &fields) {
        Ok(job) => begun(&visit, &fields, job),
        Err(Unclear::Day(key)) => {
            let claim = fields.optional("claim").unwrap_or_default();
            let wrong = Some(("day", visit.words.say(key)));
            detail::page(&visit, claim, wrong).await
        }
        Err(Unclear::Reason(key)) => objecting::page(&visit, &fields, Some(key)).await,
        Err(Unclear::Nothing) => {
            visit.sorry(StatusCode::UNPROCESSABLE_ENTITY, "failed-title", "space-unclear")
        }
    }
}

/// Why a form asks nothing that can be done.
enum Unclear {
    /// The day; the key of the sentence.
    Day(&'static str),
    /// The reason of an objection; the key of the sentence.
    Reason(&'static str),
    /// Something that no form of ours sends.
    Nothing,
}

/// What a form asks. What cannot be undone, or shows something to more people, is asked of the space first.
fn job(visit: &Visit, fields: &Fields) -> Result<Job, Unclear> {
    let space = visit.own.space.id.clone();
    let claim = fields.optional("claim").unwrap_or_default();
    let changes = |what: WhatToDo| Deed::Changes(vec![ClaimChange { claim: claim.to_owned(), what }]);
    let what = fields.optional("what").unwrap_or_default();
    let held = visit.own.space.held.iter().filter(|one| one.claim == claim);
    let before = held.map(|one| one.audience).max();
    let (deed, is_asked_first) = match what {
        "see" => return Ok(Job::See { space }),
        "object" => return objection(visit, fields),
        "leave" => (Deed::Leave, true),
        // Only what the wallet knows to be there has a form.
        _ if before.is_none() => return Err(Unclear::Nothing),
        "take-back" => (changes(WhatToDo::TakeBack), true),
        "publish" => {
            let audience = fields.optional("audience").and_then(audience_of).ok_or(Unclear::Nothing)?;
            (changes(WhatToDo::Publish(audience)), before.is_some_and(|before| audience > before))
        }
        "until" => (changes(WhatToDo::Until(Some(end(visit, fields)?))), false),
        "endless" => (changes(WhatToDo::Until(None)), false),
        _ => return Err(Unclear::Nothing),
    };
    if is_asked_first && fields.optional("sure") != Some("yes") {
        return Ok(Job::Would { space, deed });
    }
    let said = said_before(visit, fields, &deed);
    Ok(Job::Do { space, deed, said })
}

/// The end that was typed: a day that the space would take.
fn end(visit: &Visit, fields: &Fields) -> Result<i64, Unclear> {
    let typed = fields.optional("day").unwrap_or_default();
    let day = detail::typed_day(typed).ok_or(Unclear::Day("space-end-no-day"))?;
    if day < visit.site.environment.now().plus(86_400) {
        return Err(Unclear::Day("space-end-too-soon"));
    }
    Ok(day.seconds())
}

/// What the member objects to, and why: a reason that the space would take.
fn objection(visit: &Visit, fields: &Fields) -> Result<Job, Unclear> {
    // Browsers send two characters for the one that they count at the end of a line (HTML §4.10.21.8).
    let reason = fields.optional("reason").unwrap_or_default().replace("\r\n", "\n");
    let reason = reason.trim();
    if !reason.chars().any(char::is_alphanumeric) {
        return Err(Unclear::Reason("space-object-no-reason"));
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(Unclear::Reason("space-object-long"));
    }
    let space = visit.own.space.id.clone();
    Ok(Job::Object { space, about: objecting::ticked(visit, fields), reason: reason.to_owned() })
}

/// What the space said would follow, where it was asked by the page on which the member said yes.
fn said_before(visit: &Visit, fields: &Fields, deed: &Deed) -> Option<Outcome> {
    let task = visit.unlocked.desk.tasks().named(fields.optional("said")?)?;
    let Job::Would { space: asked, deed: of } = &task.job else { return None };
    match task.came()?.as_ref() {
        Came::Would(Ok(outcome)) if *asked == visit.own.space.id && of == deed => Some(outcome.clone()),
        _ => None,
    }
}
