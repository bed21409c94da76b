//! A space is asked something, or has something done: the form that begins it, the page while it is asked, and what came of it.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use network::claims::Audience;
use network::member_api::{ClaimChange, Outcome, WhatToDo};
use serde_json::json;
use wallet::{NotDone, OwnSpace, Seen, SeenDetail, SentChange, shown};
use web::Words;
use web::csrf::CsrfForm;
use web::form::Fields;

use super::said::{
    Became, audience_of, became, change, group_key, kept, until_said, used_for, value, why, word_of,
};
use super::{AtSpaces, Site, answered, detail, sorry, space_of, task_name, waiting};
use crate::desk::Desk;
use crate::site::WalletWeb;
use crate::tasks::{Came, Deed, Job, Task, TooManyTasks};
use crate::times::day;
use crate::unlocked::{Unlocked, desk_if_unlocked};
use crate::words::{detail as name_of, list};

#[derive(Template)]
#[template(path = "working.html")]
pub(super) struct Working {
    pub(super) words: Words,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) status_url: String,
    pub(super) state: String,
}

#[derive(Template)]
#[template(path = "space_seen.html")]
struct SeenPage {
    words: Words,
    title: String,
    /// The space's page.
    address: String,
    /// Address, words, and whether it is what is shown.
    views: Vec<(String, String, bool)>,
    intro: String,
    warnings: Vec<String>,
    details: Vec<Told>,
    nothing: String,
    objections: Vec<String>,
}

/// A detail, by the space's account.
struct Told {
    name: String,
    value: String,
    needed: bool,
    facts: Vec<String>,
    warnings: Vec<String>,
}

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

#[derive(Template)]
#[template(path = "space_sent.html")]
struct SentPage {
    words: Words,
    title: String,
    address: String,
    failed: Option<String>,
    warnings: Vec<String>,
    became: Vec<(String, Became)>,
}

/// Where a task of a space is looked at.
fn address_of(own: &OwnSpace, task: &Task) -> String {
    format!("{}/asked/{}", super::page::address_of(&own.key), task.name)
}

/// Begins a job by the name in its form, and leads to its page.
pub(super) fn begun(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    own: &OwnSpace,
    fields: &Fields,
    job: Job,
) -> Response {
    let name = fields.optional("task").unwrap_or_default();
    match unlocked.desk.tasks().begin(name, job, &unlocked.wallet, site.environment.randomness()) {
        Ok(task) => {
            let viewers = fields.optional("as").and_then(audience_of).filter(|one| *one != Audience::Team);
            let view = viewers.map(|one| format!("?as={}", one.name())).unwrap_or_default();
            Redirect::to(&format!("{}{view}", address_of(own, &task))).into_response()
        }
        Err(TooManyTasks) => {
            sorry(site, words, unlocked, StatusCode::TOO_MANY_REQUESTS, "failed-title", "space-too-many")
        }
    }
}

/// `POST /spaces/{key}/ask`.
pub(crate) async fn ask(
    State(site): Site,
    words: Words,
    unlocked: Unlocked,
    Path(key): Path<String>,
    form: CsrfForm<AtSpaces>,
) -> Response {
    let own = match space_of(&site, words, &unlocked, &key).await {
        Ok(own) => own,
        Err(none) => return none,
    };
    match job(&site, &unlocked.desk, &own, &form.fields) {
        Ok(job) => begun(&site, words, &unlocked, &own, &form.fields, job),
        Err(Unclear::Day(key)) => {
            let claim = form.fields.optional("claim").unwrap_or_default();
            let wrong = Some(("day", words.say(key)));
            detail::page(&site, words, &unlocked, &own, claim, wrong).await
        }
        Err(Unclear::Nothing) => {
            sorry(&site, words, &unlocked, StatusCode::UNPROCESSABLE_ENTITY, "failed-title", "space-unclear")
        }
    }
}

/// Why a form asks nothing that can be done.
enum Unclear {
    /// The day; the key of the sentence.
    Day(&'static str),
    /// Something that no form of ours sends.
    Nothing,
}

/// What a form asks. What cannot be undone, or shows something to more people, is asked of the space first.
fn job(site: &WalletWeb, desk: &Desk, own: &OwnSpace, fields: &Fields) -> Result<Job, Unclear> {
    let space = own.space.id.clone();
    let claim = fields.optional("claim").unwrap_or_default();
    let changes = |what: WhatToDo| Deed::Changes(vec![ClaimChange { claim: claim.to_owned(), what }]);
    let what = fields.optional("what").unwrap_or_default();
    let held = own.space.held.iter().filter(|one| one.claim == claim);
    let before = held.map(|one| one.audience).max();
    let (deed, is_asked_first) = match what {
        "see" => return Ok(Job::See { space }),
        "leave" => (Deed::Leave, true),
        // Only what the wallet knows to be there has a form.
        _ if before.is_none() => return Err(Unclear::Nothing),
        "take-back" => (changes(WhatToDo::TakeBack), true),
        "publish" => {
            let audience = fields.optional("audience").and_then(audience_of).ok_or(Unclear::Nothing)?;
            (changes(WhatToDo::Publish(audience)), before.is_some_and(|before| audience > before))
        }
        "until" => (changes(WhatToDo::Until(Some(end(site, fields)?))), false),
        "endless" => (changes(WhatToDo::Until(None)), false),
        _ => return Err(Unclear::Nothing),
    };
    if is_asked_first && fields.optional("sure") != Some("yes") {
        return Ok(Job::Would { space, deed });
    }
    let said = said_before(desk, fields, &space, &deed);
    Ok(Job::Do { space, deed, said })
}

/// The end that was typed: a day that the space would take.
fn end(site: &WalletWeb, fields: &Fields) -> Result<i64, Unclear> {
    let typed = fields.optional("day").unwrap_or_default();
    let day = detail::typed_day(typed).ok_or(Unclear::Day("space-end-no-day"))?;
    if day < site.environment.now().plus(86_400) {
        return Err(Unclear::Day("space-end-too-soon"));
    }
    Ok(day.seconds())
}

/// What the space said would follow, where it was asked by the page on which the member said yes.
fn said_before(desk: &Desk, fields: &Fields, space: &str, deed: &Deed) -> Option<Outcome> {
    let task = desk.tasks().named(fields.optional("said")?)?;
    let Job::Would { space: asked, deed: of } = &task.job else { return None };
    match task.came()?.as_ref() {
        Came::Would(Ok(outcome)) if asked == space && of == deed => Some(outcome.clone()),
        _ => None,
    }
}

/// `GET /spaces/{key}/asked/{task}`.
pub(crate) async fn show(
    State(site): Site,
    words: Words,
    unlocked: Unlocked,
    Path((key, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let own = match space_of(&site, words, &unlocked, &key).await {
        Ok(own) => own,
        Err(none) => return none,
    };
    let task = unlocked.desk.tasks().named(&name).filter(|task| is_at(task, &own.space.id));
    let Some(task) = task else {
        return sorry(&site, words, &unlocked, StatusCode::NOT_FOUND, "space-gone-title", "space-gone-text");
    };
    let fields = Fields::parse(query.unwrap_or_default()).unwrap_or_default();
    let pages = Pages { site: &site, words, unlocked: &unlocked, own: &own, task: &task };
    match task.settled().await.as_deref() {
        None => pages.working(),
        Some(Came::Seen(Ok(seen))) => {
            let viewers = fields.optional("as").and_then(audience_of).unwrap_or_default();
            pages.seen(seen, viewers)
        }
        Some(Came::Seen(Err(problem))) => pages.failed(problem),
        Some(Came::Would(would)) => pages.would(would.as_ref()),
        Some(Came::Sent(Ok(sent))) => pages.sent(sent),
        Some(Came::Sent(Err(problem))) => pages.failed(problem),
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
        | Job::Send { space: at, .. } => at == space,
        Job::Change { .. } => false,
    }
}

/// The pages of one task, for one browser.
struct Pages<'a> {
    site: &'a WalletWeb,
    words: Words,
    unlocked: &'a Unlocked,
    own: &'a OwnSpace,
    task: &'a Arc<Task>,
}

impl Pages<'_> {
    fn name(&self) -> String {
        shown(&self.own.space.name)
    }

    fn address(&self) -> String {
        super::page::address_of(&self.own.key)
    }

    fn working(&self) -> Response {
        let words = self.words;
        let title = words.say_with("space-asked", &[("space", &self.name())]);
        let body = Working {
            words,
            title: title.clone(),
            text: words.say("space-asked-text"),
            status_url: format!("{}/status", address_of(self.own, self.task)),
            state: "asked".to_owned(),
        };
        waiting(self.site, words, self.unlocked, title, body)
    }

    fn failed(&self, problem: &NotDone) -> Response {
        let said = why(self.words, problem, &self.name());
        self.sent_page(Some(said), Vec::new(), &[])
    }

    fn seen(&self, seen: &Seen, viewers: Audience) -> Response {
        let words = self.words;
        let name = self.name();
        let is_all = viewers == Audience::Team;
        let view = |one: Audience| {
            let address = format!("{}?as={}", address_of(self.own, self.task), one.name());
            (address, words.say(view_key(one)), one == viewers)
        };
        let views = [Audience::Team, Audience::MembersHere, Audience::Brand, Audience::Public];
        let has_brand = self.own.membership.as_ref().is_some_and(|one| one.brand.is_some());
        let views = views.into_iter().filter(|one| *one != Audience::Brand || has_brand);
        let mut warnings = Vec::new();
        if is_all && !seen.missing.is_empty() {
            let names = list(words, &seen.missing);
            warnings.push(words.say_with("space-seen-missing", &[("space", &name), ("details", &names)]));
        }
        let intro = match viewers {
            Audience::Team => "space-seen-all",
            Audience::MembersHere => "space-seen-as-members",
            Audience::Brand => "space-seen-as-brand",
            Audience::Public => "space-seen-as-public",
        };
        let objections = seen.objections.iter().filter(|_| is_all).map(|(at, about)| {
            let about = if about.is_empty() { words.say("space-everything") } else { list(words, about) };
            words.say_with("space-objected", &[("date", &day(*at)), ("details", &about)])
        });
        let body = SeenPage {
            words,
            title: words.say_with("space-seen-title", &[("space", &name)]),
            address: self.address(),
            views: views.map(view).collect(),
            intro: words.say_with(intro, &[("space", &name)]),
            warnings,
            details: seen.seen_by(viewers).map(|one| self.told(one, is_all)).collect(),
            nothing: words.say(if is_all { "spaces-has-nothing" } else { "space-seen-nothing" }),
            objections: objections.collect(),
        };
        answered(
            self.site,
            words,
            self.unlocked,
            StatusCode::OK,
            words.say_with("space-seen-title", &[("space", &name)]),
            body,
        )
    }

    /// What others see is the value alone.
    fn told(&self, one: &SeenDetail, is_all: bool) -> Told {
        let words = self.words;
        let detail = &one.detail;
        let mut facts = Vec::new();
        let mut warnings = Vec::new();
        if is_all {
            facts.push(used_for(words, &self.own.space, &detail.purpose));
            facts.push(words.say_with("spaces-since", &[("date", &day(detail.since))]));
            facts.push(until_said(words, detail));
            facts.push(words.say(super::said::audience_key(detail.audience)));
            facts.push(word_of(words, detail));
            warnings.extend(one.is_unknown.then(|| words.say("space-seen-unknown")));
            warnings.extend(one.is_another_value.then(|| words.say("space-seen-other-value")));
            warnings.extend(one.audience_proven.map(|audience| {
                words.say_with("space-seen-other-group", &[("group", &words.say(group_key(audience)))])
            }));
        }
        Told {
            name: name_of(words, &detail.claim),
            value: value(words, &detail.claim, &detail.value),
            needed: is_all && detail.needed,
            facts,
            warnings,
        }
    }

    /// What would follow; where the space could not be asked, what is known here.
    fn would(&self, would: Result<&Outcome, &NotDone>) -> Response {
        let Job::Would { deed, .. } = &self.task.job else { return self.working() };
        let (words, name) = (self.words, self.name());
        let (what, claim, audience) = asked(deed);
        let failed = would.err().map(|problem| why(words, problem, &name));
        // What only a member can do is not offered to whoever is none, nor what the space has just refused.
        if let Err(problem) = would
            && (problem.is_their_word || matches!(problem.code.as_str(), "left" | "no_membership"))
        {
            return self.failed(problem);
        }
        let outcome = would.ok();
        let needed = || self.own.space.held.iter().any(|one| one.claim == claim && one.needed);
        let ends = match outcome {
            Some(outcome) => outcome.membership_ended,
            None => what == "leave" || (what == "take-back" && needed()),
        };
        let mut hints = Vec::new();
        if failed.is_some() {
            hints.push(words.say_with("space-would-unasked", &[("space", &name)]));
            if ends && what == "take-back" {
                hints.push(words.say_with("space-would-needed", &[("space", &name)]));
            }
        }
        let changes = outcome.map(|outcome| outcome.changes.as_slice()).unwrap_or_default();
        let now: Vec<String> = match (what, outcome) {
            ("leave", Some(_)) => {
                let names: Vec<String> = changes.iter().map(|one| one.claim.clone()).collect();
                let names =
                    if names.is_empty() { words.say("space-would-nothing") } else { list(words, &names) };
                vec![words.say_with("space-would-erase", &[("details", &names)])]
            }
            ("leave", None) => vec![words.say("space-would-leave-unasked")],
            _ => asked_changes(deed).iter().map(|one| change(words, one)).collect(),
        };
        let kept: Vec<String> =
            outcome.into_iter().flat_map(|one| &one.kept).map(|one| kept(words, one)).collect();
        let leaving = ends && what == "take-back" && (!kept.is_empty() || outcome.is_none());
        let title = words.say_with(
            &format!("space-would-{what}"),
            &[("space", &name), ("detail", &name_of(words, claim))],
        );
        let body = WouldPage {
            words,
            title: title.clone(),
            csrf: self.site.csrf.token::<AtSpaces>(&self.unlocked.session()),
            task: task_name(self.site),
            said_in: self.task.name.clone(),
            address: self.address(),
            what,
            claim: claim.to_owned(),
            audience: audience.to_owned(),
            failed,
            now,
            ends,
            kept,
            hints,
            keep: words.say(if what == "leave" { "space-stay" } else { "space-keep" }),
            yes: words.say(match what {
                "leave" => "leave",
                "take-back" => "take-back",
                _ => "space-show-them",
            }),
            is_danger: what != "publish",
            leaving,
        };
        answered(self.site, words, self.unlocked, StatusCode::OK, title, body)
    }

    fn sent(&self, sent: &[SentChange]) -> Response {
        let words = self.words;
        let mut warnings = Vec::new();
        if let Job::Do { said: Some(said), .. } = &self.task.job
            && sent.iter().any(|one| one.done && !is_as_said(one, said))
        {
            warnings.push(words.say_with("space-not-as-said", &[("space", &self.name())]));
        }
        self.sent_page(None, warnings, sent)
    }

    fn sent_page(&self, failed: Option<String>, warnings: Vec<String>, sent: &[SentChange]) -> Response {
        let words = self.words;
        let is_done = failed.is_none() && sent.iter().all(|one| one.done);
        let title = words.say(if is_done { "space-done-title" } else { "space-not-done-title" });
        let body = SentPage {
            words,
            title: title.clone(),
            address: self.address(),
            failed,
            warnings,
            became: sent.iter().map(|one| (shown(&one.space), became(words, one))).collect(),
        };
        answered(self.site, words, self.unlocked, StatusCode::OK, title, body)
    }
}

/// The key of those through whose eyes what a space has is looked at.
const fn view_key(viewers: Audience) -> &'static str {
    match viewers {
        Audience::Team => "space-view-team",
        Audience::MembersHere => "space-view-members",
        Audience::Brand => "space-view-brand",
        Audience::Public => "space-view-public",
    }
}

/// Whether what was done is what the space had said would follow. Of what it keeps the days may have moved on.
fn is_as_said(sent: &SentChange, said: &Outcome) -> bool {
    let told = said.kept.iter().map(|kept| (&kept.claim, &kept.rule));
    sent.membership_ended == said.membership_ended
        && sent.kept.iter().map(|(claim, rule, _)| (claim, rule)).eq(told)
}

/// What is asked, by the words of a form: what, of which detail, and to whom it is shown.
fn asked(deed: &Deed) -> (&'static str, &str, &'static str) {
    match deed {
        Deed::Leave => ("leave", "", ""),
        Deed::Changes(changes) => match changes.first().map(|change| (change.what, change.claim.as_str())) {
            Some((WhatToDo::Publish(audience), claim)) => ("publish", claim, audience.name()),
            Some((_, claim)) => ("take-back", claim, ""),
            None => ("take-back", "", ""),
        },
    }
}

fn asked_changes(deed: &Deed) -> &[ClaimChange] {
    match deed {
        Deed::Changes(changes) => changes,
        Deed::Leave => &[],
    }
}
