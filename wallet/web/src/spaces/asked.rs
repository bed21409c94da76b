//! What came of what a space was asked: the page while it is asked, and the page of each answer.
//!
//! - here: waiting, what was done, and what failed.
//! - [`seen`]: what the space says it has.
//! - [`would`]: what it says would follow.

mod seen;
mod would;

use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use network::member_api::Outcome;
use serde_json::json;
use wallet::{NotDone, SentChange, shown};
use web::Words;
use web::form::QueryFields;

use super::Site;
use super::said::{Became, audience_of, became, why};
use super::visit::Visit;
use crate::site::WalletWeb;
use crate::tasks::{Came, Job, Task};
use crate::unlocked::desk_if_unlocked;

#[derive(Template)]
#[template(path = "working.html")]
pub(super) struct Working {
    pub(super) words: Words,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) status_url: String,
    pub(super) state: String,
}

/// What became of what was sent.
#[derive(Template)]
#[template(path = "space_sent.html")]
pub(super) struct SentPage {
    pub(super) words: Words,
    pub(super) title: String,
    /// Why nothing was sent at all.
    pub(super) failed: Option<String>,
    pub(super) warnings: Vec<String>,
    /// Each space, and what became of it there.
    pub(super) became: Vec<(String, Became)>,
    /// Where to go on: the address, and what the link says.
    pub(super) on: (String, String),
}

impl SentPage {
    pub(super) fn new(words: Words, title: &str, sent: &[SentChange], on: (String, String)) -> Self {
        let became = sent.iter().map(|one| (shown(&one.space), became(words, one))).collect();
        Self { words, title: words.say(title), failed: None, warnings: Vec::new(), became, on }
    }
}

/// Where a task of a space is looked at.
pub(super) fn address_of(visit: &Visit, task: &Task) -> String {
    format!("{}/asked/{}", visit.address(), task.name)
}

/// `GET /spaces/{key}/asked/{task}`.
pub(crate) async fn show(
    visit: Visit,
    Path((_, name)): Path<(String, String)>,
    QueryFields(fields): QueryFields,
) -> Response {
    let task = visit.unlocked.desk.tasks().named(&name).filter(|task| is_at(task, &visit.own.space.id));
    let Some(task) = task else {
        return visit.sorry(StatusCode::NOT_FOUND, "space-gone-title", "space-gone-text");
    };
    match task.settled().await.as_deref() {
        None => working(&visit, &task),
        Some(Came::Seen(Ok(seen))) => {
            seen::page(&visit, &task, seen, fields.optional("as").and_then(audience_of).unwrap_or_default())
        }
        Some(Came::Would(came)) => would::page(&visit, &task, came.as_ref()),
        Some(Came::Sent(Ok(sent))) => done(&visit, &task, sent),
        Some(Came::Seen(Err(problem)) | Came::Sent(Err(problem))) => failed(&visit, problem),
    }
}

/// `GET /spaces/{key}/asked/{task}/status`, for the script of the page that waits.
pub(crate) async fn status(
    State(site): Site,
    words: Words,
    headers: HeaderMap,
    Path((_, name)): Path<(String, String)>,
) -> Response {
    status_of(&site, words, &headers, &name).await
}

/// Whether something came of a task.
pub(super) async fn status_of(site: &WalletWeb, words: Words, headers: &HeaderMap, name: &str) -> Response {
    let task = match desk_if_unlocked(site, headers).await {
        Ok(desk) => desk.and_then(|desk| desk.tasks().named(name)),
        Err(failed) => return failed.page(words),
    };
    let state = match task.map(|task| task.came().is_some()) {
        Some(false) => "asked",
        Some(true) => "came",
        None => "gone",
    };
    Json(json!({ "state": state })).into_response()
}

/// Whether a task is about this space: at the page of another one nothing of it is shown.
fn is_at(task: &Task, space: &str) -> bool {
    match &task.job {
        Job::See { space: at }
        | Job::Would { space: at, .. }
        | Job::Do { space: at, .. }
        | Job::Object { space: at, .. }
        | Job::Send { space: at, .. } => at == space,
        Job::Change { .. } => false,
    }
}

fn working(visit: &Visit, task: &Task) -> Response {
    let words = visit.words;
    let title = words.say_with("space-asked", &[("space", &visit.name())]);
    let body = Working {
        words,
        title: title.clone(),
        text: words.say("space-asked-text"),
        status_url: format!("{}/status", address_of(visit, task)),
        state: "asked".to_owned(),
    };
    visit.waiting(title, body)
}

fn failed(visit: &Visit, problem: &NotDone) -> Response {
    let page = sent_page(visit, "space-not-done-title", &[]);
    let failed = Some(why(visit.words, problem, &visit.name()));
    visit.answered(StatusCode::OK, page.title.clone(), SentPage { failed, ..page })
}

fn done(visit: &Visit, task: &Task, sent: &[SentChange]) -> Response {
    let mut warnings = Vec::new();
    if let Job::Do { said: Some(said), .. } = &task.job
        && sent.iter().any(|one| one.done && !is_as_said(one, said))
    {
        warnings.push(visit.words.say_with("space-not-as-said", &[("space", &visit.name())]));
    }
    let is_done = sent.iter().all(|one| one.done);
    let page = sent_page(visit, if is_done { "space-done-title" } else { "space-not-done-title" }, sent);
    visit.answered(StatusCode::OK, page.title.clone(), SentPage { warnings, ..page })
}

fn sent_page(visit: &Visit, title: &str, sent: &[SentChange]) -> SentPage {
    SentPage::new(visit.words, title, sent, (visit.address(), visit.words.say("space-to-page")))
}

/// Whether what was done is what the space had said would follow. Of what it keeps the days may have moved on.
fn is_as_said(sent: &SentChange, said: &Outcome) -> bool {
    let told = said.kept.iter().map(|kept| (&kept.claim, &kept.rule));
    sent.membership_ended == said.membership_ended
        && sent.kept.iter().map(|(claim, rule, _)| (claim, rule)).eq(told)
}
