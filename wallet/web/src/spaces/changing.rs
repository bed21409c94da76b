//! One edit of a detail: which spaces have it, what would be another there, and what each of them answers.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, StatusCode};
use network::member_api::covers;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;
use wallet::{DetailName, MemberApiError, NotDone, OwnSpace, PlannedChange, SentChange, When, shown};
use web::Words;
use web::csrf::CsrfForm;
use web::form::{Fields, QueryFields};
use web::page::ErrorSummary;

use super::asked::{SentPage, Working, status_of};
use super::said::{value, why};
use super::{AtSpaces, SPACES, Site, answered, sorry, task_name, waiting};
use crate::details;
use crate::site::{Failed, WalletWeb};
use crate::tasks::{Came, Job, Task, TooManyTasks};
use crate::unlocked::Unlocked;
use crate::words::detail as name_of;

/// The page.
const CHANGE: &str = "/change";
/// Details that change by other ways than by what the member types.
const NOT_HERE: [&str; 3] = ["number", "did", "picture"];

#[derive(Template)]
#[template(path = "change.html")]
struct EditPage {
    words: Words,
    csrf: String,
    title: String,
    summary: Option<ErrorSummary>,
    claim: String,
    typed: String,
    wrong: Option<String>,
    spaces: Vec<Having>,
}

/// A space that has the detail.
struct Having {
    key: String,
    name: String,
    has: String,
    is_ticked: bool,
}

#[derive(Template)]
#[template(path = "change_difference.html")]
struct DifferencePage {
    words: Words,
    csrf: String,
    task: String,
    title: String,
    claim: String,
    typed: String,
    rows: Vec<Row>,
    /// At a host: what the member agrees to by sending it, for the script that signs, as JSON.
    approves: Option<String>,
    /// The keys of the spaces that are told.
    picked: Vec<String>,
    /// Whether nobody would be told anything.
    is_in_vain: bool,
    /// Whether there is a choice of when.
    several: bool,
    back: String,
}

/// What would be another at one space.
struct Row {
    space: String,
    now: String,
    then: String,
    notes: Vec<String>,
}

/// Where a detail is changed.
pub(super) fn address_of(claim: &str) -> String {
    let claim: String = byte_serialize(claim.as_bytes()).collect();
    format!("{CHANGE}?claim={claim}")
}

/// A detail that the member can say, by its name.
fn detail_of(fields: &Fields) -> Option<DetailName> {
    let name = DetailName::new(fields.optional("claim")?).ok()?;
    (!NOT_HERE.contains(&name.as_str())).then_some(name)
}

/// `GET /change`: the value, and the spaces that have it.
pub(crate) async fn show(
    State(site): Site,
    words: Words,
    unlocked: Unlocked,
    QueryFields(fields): QueryFields,
) -> Response {
    let Some(name) = detail_of(&fields) else { return nothing(&site, words, &unlocked) };
    let own = match unlocked.wallet.own_details().await {
        Ok(own) => own,
        Err(error) => return Failed::from(error).page(words),
    };
    let having = match having(&unlocked, &name).await {
        Ok(having) => having,
        Err(failed) => return failed.page(words),
    };
    // Where each set has its own value, or it was never said here but checked: what the spaces have is where the member begins.
    let common = common_value(&having, &name);
    let said = own.to_claims().remove(name.as_str());
    let typed = match if own.is_shared(name.as_str()) { said.or(common) } else { common.or(said) } {
        Some(value) => match details::fields::said(name.as_str(), &value) {
            Some(typed) => typed,
            None => return nothing(&site, words, &unlocked),
        },
        None => String::new(),
    };
    let keys: Vec<String> = having.iter().map(|own| own.key.clone()).collect();
    edit(&site, words, &unlocked, &name, &having, &typed, &keys, None)
}

/// The spaces of the member that have something of this name.
async fn having(unlocked: &Unlocked, name: &DetailName) -> Result<Vec<OwnSpace>, Failed> {
    let mut spaces = unlocked.wallet.own_spaces().await?;
    let has = |own: &OwnSpace| own.space.held.iter().any(|one| covers(name.as_str(), &one.claim));
    spaces.retain(|own| own.membership.is_some() && has(own));
    Ok(spaces)
}

/// What the first of the spaces has that the wallet knows.
fn common_value(having: &[OwnSpace], name: &DetailName) -> Option<Value> {
    let of = |own: &OwnSpace| {
        let claim =
            own.space.held.iter().filter(|one| one.claim == name.as_str()).max_by_key(|one| one.since)?;
        own.value_of(claim).cloned()
    };
    having.iter().find_map(of)
}

#[expect(clippy::too_many_arguments, reason = "what is on the page")]
fn edit(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    name: &DetailName,
    having: &[OwnSpace],
    typed: &str,
    ticked: &[String],
    wrong: Option<(&str, String)>,
) -> Response {
    let claim = name.as_str();
    let has = |own: &OwnSpace| {
        let last = own.space.held.iter().filter(|one| covers(claim, &one.claim)).max_by_key(|one| one.since);
        let known = last.and_then(|one| own.value_of(one)).map(|one| value(words, claim, one));
        known.unwrap_or_else(|| words.say("space-value-unknown"))
    };
    let spaces = having.iter().map(|own| Having {
        key: own.key.clone(),
        name: shown(&own.space.name),
        has: words.say_with("change-has", &[("value", &has(own))]),
        is_ticked: ticked.contains(&own.key),
    });
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let title = words.say_with("change-title", &[("detail", &name_of(words, claim))]);
    let at_value = wrong.as_ref().filter(|(field, _)| *field == "value").map(|(_, said)| said.clone());
    let errors = wrong.map(|(field, said)| vec![(field.to_owned(), said)]);
    let body = EditPage {
        words,
        csrf: site.csrf.token::<AtSpaces>(&unlocked.session()),
        title: title.clone(),
        summary: errors.map(|errors| ErrorSummary { words, errors }),
        claim: claim.to_owned(),
        typed: typed.to_owned(),
        wrong: at_value,
        spaces: spaces.collect(),
    };
    answered(site, words, unlocked, status, title, body)
}

/// What was typed and ticked.
struct Typed {
    name: DetailName,
    text: String,
    picked: Vec<OwnSpace>,
}

impl Typed {
    fn value(&self) -> Value {
        details::fields::value_of(self.name.as_str(), &self.text)
    }

    fn ids(&self) -> Vec<String> {
        self.picked.iter().map(|own| own.space.id.clone()).collect()
    }
}

/// Reads the form, or says at its page what is wrong with it.
async fn typed(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    fields: &Fields,
) -> Result<Typed, Response> {
    let name = detail_of(fields).ok_or_else(|| nothing(site, words, unlocked))?;
    let having = having(unlocked, &name).await.map_err(|failed| failed.page(words))?;
    let is_ticked = |own: &OwnSpace| fields.ticked(&format!("at-{}", own.key));
    let keys: Vec<String> = having.iter().filter(|own| is_ticked(own)).map(|own| own.key.clone()).collect();
    let text = fields.optional("value").unwrap_or_default().trim().to_owned();
    let wrong = if text.is_empty() {
        Some(("value", words.say("change-empty")))
    } else if let Some(key) = details::fields::fault(name.as_str(), &text, site.environment.now()) {
        Some(("value", words.say(key)))
    } else if keys.is_empty() {
        Some(("spaces", words.say("change-nowhere")))
    } else {
        None
    };
    if wrong.is_some() {
        return Err(edit(site, words, unlocked, &name, &having, &text, &keys, wrong));
    }
    let picked = having.into_iter().filter(|own| keys.contains(&own.key)).collect();
    Ok(Typed { name, text, picked })
}

/// `POST /change`: what would be another where. Nothing is sent.
pub(crate) async fn difference(
    State(site): Site,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<AtSpaces>,
) -> Response {
    let typed = match typed(&site, words, &unlocked, &form.fields).await {
        Ok(typed) => typed,
        Err(page) => return page,
    };
    let plan = unlocked.wallet.plan_change(&typed.name, &typed.value(), &typed.ids()).await;
    let plan = match plan {
        Ok(plan) => plan,
        Err(MemberApiError::Vault(error)) => return Failed::from(error).page(words),
        Err(error) => return failed(&site, words, &unlocked, &error.problem()),
    };
    let claim = typed.name.as_str();
    let told: Vec<&PlannedChange> = plan.iter().filter(|one| !one.is_same && !one.is_unheld).collect();
    let is_told = |own: &&OwnSpace| told.iter().any(|one| one.space_id == own.space.id);
    let title = words.say_with("change-difference-title", &[("detail", &name_of(words, claim))]);
    let body = DifferencePage {
        words,
        csrf: site.csrf.token::<AtSpaces>(&unlocked.session()),
        task: task_name(&site),
        title: title.clone(),
        claim: claim.to_owned(),
        rows: plan.iter().map(|one| row(words, &typed, one)).collect(),
        approves: site.desks.vaults().are_many().then(|| {
            let told = typed.picked.iter().filter(is_told);
            let agreed = told.map(|own| json!({"did": own.space.id, "claim": claim}));
            Value::Array(agreed.collect()).to_string()
        }),
        picked: typed.picked.iter().filter(is_told).map(|own| own.key.clone()).collect(),
        is_in_vain: told.is_empty(),
        several: told.len() > 1,
        back: address_of(claim),
        typed: typed.text.clone(),
    };
    answered(&site, words, &unlocked, StatusCode::OK, title, body)
}

fn row(words: Words, typed: &Typed, one: &PlannedChange) -> Row {
    let claim = typed.name.as_str();
    let mut notes = Vec::new();
    if one.is_unheld {
        notes.push(words.say("change-unheld"));
    } else if one.is_same {
        notes.push(words.say("change-same"));
    } else if one.needs_check {
        let key = if claim == "email" { "change-check-mail" } else { "change-check-other" };
        notes.push(words.say(key));
    }
    let now = one.now.as_ref().map(|one| value(words, claim, one));
    Row {
        space: shown(&one.space),
        now: now.unwrap_or_else(|| words.say("space-value-unknown")),
        then: value(words, claim, &typed.value()),
        notes,
    }
}

/// `POST /change/send`.
pub(crate) async fn send(
    State(site): Site,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<AtSpaces>,
) -> Response {
    let typed = match typed(&site, words, &unlocked, &form.fields).await {
        Ok(typed) => typed,
        Err(page) => return page,
    };
    let when = match form.fields.optional("when") {
        Some("now") => When::Now,
        _ => When::Apart,
    };
    let job = Job::Change { value: typed.value(), spaces: typed.ids(), name: typed.name, when };
    let name = form.fields.optional("task").unwrap_or_default();
    match unlocked.desk.tasks().begin(name, job, &unlocked.wallet, site.environment.randomness()) {
        Ok(task) => Redirect::to(&address_of_task(&task)).into_response(),
        Err(TooManyTasks) => {
            sorry(&site, words, &unlocked, StatusCode::TOO_MANY_REQUESTS, "failed-title", "space-too-many")
        }
    }
}

fn address_of_task(task: &Task) -> String {
    format!("{CHANGE}/{}", task.name)
}

/// `GET /change/{task}`: what each space answered.
pub(crate) async fn sent(
    State(site): Site,
    words: Words,
    unlocked: Unlocked,
    Path(name): Path<String>,
) -> Response {
    let task = unlocked.desk.tasks().named(&name).filter(|task| matches!(task.job, Job::Change { .. }));
    let Some(task) = task else {
        return sorry(&site, words, &unlocked, StatusCode::NOT_FOUND, "space-gone-title", "space-gone-text");
    };
    match task.settled().await.as_deref() {
        Some(Came::Sent(Ok(sent))) => told(&site, words, &unlocked, sent),
        Some(Came::Sent(Err(problem))) => failed(&site, words, &unlocked, problem),
        _ => working(&site, words, &unlocked, &task),
    }
}

/// `GET /change/{task}/status`, for the script of the page that waits.
pub(crate) async fn status(
    State(site): Site,
    words: Words,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Response {
    status_of(&site, words, &headers, &name).await
}

fn working(site: &WalletWeb, words: Words, unlocked: &Unlocked, task: &Task) -> Response {
    let title = words.say("change-asked");
    let body = Working {
        words,
        title: title.clone(),
        text: words.say("space-asked-text"),
        status_url: format!("{}/status", address_of_task(task)),
        state: "asked".to_owned(),
    };
    waiting(site, words, unlocked, title, body)
}

fn failed(site: &WalletWeb, words: Words, unlocked: &Unlocked, problem: &NotDone) -> Response {
    let page = sent_page(words, "space-not-done-title", &[]);
    let failed = Some(why(words, problem, &words.say("change-the-space")));
    answered(site, words, unlocked, StatusCode::OK, page.title.clone(), SentPage { failed, ..page })
}

fn told(site: &WalletWeb, words: Words, unlocked: &Unlocked, sent: &[SentChange]) -> Response {
    // What has its time ahead was asked of nobody yet.
    let is_ahead = |one: &SentChange| one.waits && one.why.is_none() && one.again_at.is_some();
    let title = if sent.iter().all(|one| one.done) {
        "space-done-title"
    } else if sent.iter().any(is_ahead) {
        "change-told-apart"
    } else {
        "change-answers-title"
    };
    let page = sent_page(words, title, sent);
    answered(site, words, unlocked, StatusCode::OK, page.title.clone(), page)
}

fn sent_page(words: Words, title: &str, sent: &[SentChange]) -> SentPage {
    SentPage::new(words, title, sent, (SPACES.to_owned(), words.say("spaces-title")))
}

fn nothing(site: &WalletWeb, words: Words, unlocked: &Unlocked) -> Response {
    sorry(site, words, unlocked, StatusCode::NOT_FOUND, "change-none-title", "change-none-text")
}
