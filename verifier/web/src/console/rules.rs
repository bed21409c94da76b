//! The rules of the space without code: what each form asks, who may answer it, who decides (decision 0036).
//!
//! What lives here: the list, one form in its versions, and the buttons. [`editing`] is from the fields of the page to a form and back;
//! [`preview`] what the member will see of it. Whether a form can be asked `verifier::forms` says.

mod editing;
mod preview;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use verifier::SpaceError;
use verifier::form::{Approval, Form, FormError};
use verifier::forms::{ChangedBy, FormNotChanged, FormVersion};
use verifier::team::Right;
use web::Words;
use web::assets::assets;
use web::page::ErrorSummary;

use super::guard::{Acting, Posted};
use super::{frame, words as say};
use crate::site::{Failed, SpaceWeb};
use editing::Editor;
use preview::Preview;

/// The list of the forms.
pub(super) const RULES: &str = "/console/rules";
/// Most versions of one form that are listed.
const MOST_VERSIONS: usize = 50;

#[derive(Template)]
#[template(path = "console/rules.html")]
struct List {
    words: Words,
    may_change: bool,
    forms: Vec<Line>,
}

/// One form in the list.
struct Line {
    id: String,
    purpose: String,
    asks: String,
    decides: String,
    places: Option<String>,
    notes: Vec<String>,
    version: String,
    is_withdrawn: bool,
}

/// `GET /console/rules`.
pub(super) async fn list(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    match lines(&site, words).await {
        Ok(forms) => {
            let body = List { words, may_change: acting.may(Right::ChangeRules), forms };
            frame::page(&site, words, &acting, RULES, words.say("console-rules"), body).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn lines(site: &SpaceWeb, words: Words) -> Result<Vec<Line>, Failed> {
    let who = Names::of(site, words).await?;
    let mut lines = Vec::new();
    for (id, version) in site.space.all_forms().await? {
        let form = &version.form;
        let mut notes = Vec::new();
        if form.only.invited {
            notes.push(words.say("rules-invited-note"));
        }
        if form.only.brand {
            notes.push(words.say("rules-brand-note"));
        }
        if !form.only.email_domains.is_empty() {
            let domains = form.only.email_domains.join(", ");
            notes.push(words.say_with("rules-domains-note", &[("domains", &domains)]));
        }
        if site.space.beyond_registration(form).is_some() {
            notes.push(words.say("rules-beyond-note"));
        }
        lines.push(Line {
            purpose: preview::purpose(site, words, form),
            asks: preview::names(words, form),
            decides: words.say(decides(form.approval)),
            places: places(site, words, form).await?,
            notes,
            version: who.version(words, &version),
            is_withdrawn: version.is_withdrawn,
            id,
        });
    }
    Ok(lines)
}

/// Who decides, as a key of the catalogue.
const fn decides(approval: Approval) -> &'static str {
    match approval {
        Approval::Automatic => "rules-approval-automatic",
        Approval::Person => "rules-approval-person",
        Approval::Elsewhere => "rules-approval-elsewhere",
    }
}

async fn places(site: &SpaceWeb, words: Words, form: &Form) -> Result<Option<String>, Failed> {
    let Some(limit) = form.places else { return Ok(None) };
    let taken = site.space.places_taken(&form.id).await?.unwrap_or(0);
    let (taken, limit) = (taken.to_string(), limit.to_string());
    Ok(Some(words.say_with("rules-places-taken", &[("taken", &taken), ("limit", &limit)])))
}

/// Who made which version, in words.
struct Names(Vec<(String, String)>);

impl Names {
    async fn of(site: &SpaceWeb, _: Words) -> Result<Self, Failed> {
        let team = site.space.team().await.map_err(Failed::from)?;
        Ok(Self(team.into_iter().map(|one| (one.teammate.id, one.teammate.name)).collect()))
    }

    fn who(&self, words: Words, by: &ChangedBy) -> String {
        match by {
            ChangedBy::File => words.say("rules-by-file"),
            ChangedBy::Terminal => words.say("rules-by-terminal"),
            ChangedBy::Team(id) => {
                let known = self.0.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
                known.unwrap_or_else(|| words.say("rules-by-former"))
            }
        }
    }

    fn version(&self, words: Words, version: &FormVersion) -> String {
        if version.number == 0 {
            return words.say("rules-version-file");
        }
        let (number, at, by) =
            (version.number.to_string(), say::when(version.at), self.who(words, &version.by));
        let key = if version.is_withdrawn { "rules-version-withdrawn" } else { "rules-version" };
        words.say_with(key, &[("number", &number), ("at", &at), ("by", &by)])
    }
}

#[derive(Template)]
#[template(path = "console/rule.html")]
struct One {
    words: Words,
    title: String,
    csrf: String,
    may_change: bool,
    summary: ErrorSummary,
    done: Option<String>,
    editor: Editor,
    preview: Preview,
    /// What keeps it from being asked, with what to do.
    obstacle: Option<String>,
    versions: Vec<VersionLine>,
    /// Whether there is a form that can be withdrawn.
    can_be_withdrawn: bool,
}

struct VersionLine {
    number: u32,
    said: String,
    is_current: bool,
}

/// What a page about one form shows.
struct Shown {
    form: Form,
    /// The version that it was made from; none for a new form.
    from: Option<u32>,
    status: StatusCode,
    error: Option<(&'static str, String)>,
    done: Option<String>,
}

impl Shown {
    const fn of(form: Form, from: Option<u32>) -> Self {
        Self { form, from, status: StatusCode::OK, error: None, done: None }
    }
}

/// `GET /console/rules/new`.
pub(super) async fn new(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    let purpose = editing::usual_purpose(&site);
    // What a person decides is the choice that lets in nobody whom the team did not mean.
    let form = Form { purpose, approval: Approval::Person, ..Form::default() };
    page(&site, words, &acting, Shown::of(form, None)).await
}

/// `GET /console/rules/form/{id}`.
pub(super) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path(id): Path<String>,
) -> Response {
    match known(&site, &id).await {
        Ok(version) => page(&site, words, &acting, Shown::of(version.form, Some(version.number))).await,
        Err(failed) => failed.page(words),
    }
}

async fn known(site: &SpaceWeb, id: &str) -> Result<FormVersion, Failed> {
    let mut all = site.space.all_forms().await?;
    all.remove(id).ok_or_else(|| Failed::Space(SpaceError::NoSuchForm(id.to_owned())))
}

/// `POST /console/rules/preview`: what is on the page, unsaved, as the member would see it.
pub(super) async fn look(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match read(&site, &posted).await {
        Ok((form, from, wrong)) => {
            let error = wrong.map(|wrong| (wrong.field(), wrong.sentence(words)));
            page(&site, words, &acting, Shown { error, ..Shown::of(form, from) }).await
        }
        Err(failed) => failed.page(words),
    }
}

/// `POST /console/rules`: the newest version from now on.
pub(super) async fn save(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let (form, from, wrong) = match read(&site, &posted).await {
        Ok(read) => read,
        Err(failed) => return failed.page(words),
    };
    let not_saved = |form, error| Shown {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        error: Some(error),
        ..Shown::of(form, from)
    };
    if let Some(wrong) = wrong {
        let error = (wrong.field(), wrong.sentence(words));
        return page(&site, words, &acting, not_saved(form, error)).await;
    }
    let by = ChangedBy::Team(acting.teammate.id.clone());
    match site.space.change_form(form.clone(), from, by).await {
        Ok(version) => saved(&site, words, &acting, version).await,
        Err(FormNotChanged::Space(SpaceError::Store(fault))) => Failed::from(fault).page(words),
        Err(error) => {
            let error = (place(&error), sentence(&site, words, &form, &error));
            page(&site, words, &acting, not_saved(form, error)).await
        }
    }
}

async fn saved(site: &SpaceWeb, words: Words, acting: &Acting, version: FormVersion) -> Response {
    let done = words.say_with("rules-saved", &[("number", &version.number.to_string())]);
    page(site, words, acting, Shown { done: Some(done), ..Shown::of(version.form, Some(version.number)) })
        .await
}

/// `POST /console/rules/form/{id}/withdraw`: nobody is asked it any more.
pub(super) async fn withdraw(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let from = posted.text("from").parse().unwrap_or(0);
    let by = ChangedBy::Team(acting.teammate.id.clone());
    match site.space.withdraw_form(&id, from, by).await {
        Ok(_) => Redirect::to(RULES).into_response(),
        Err(error) => not_changed(&site, words, &acting, &id, error).await,
    }
}

/// `GET /console/rules/form/{id}/versions/{number}`.
pub(super) async fn version(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path((id, number)): Path<(String, u32)>,
) -> Response {
    let found = match one_version(&site, &id, number).await {
        Ok(found) => found,
        Err(failed) => return failed.page(words),
    };
    let who = match Names::of(&site, words).await {
        Ok(who) => who,
        Err(failed) => return failed.page(words),
    };
    let body = Past {
        words,
        csrf: acting.csrf(),
        may_change: acting.may(Right::ChangeRules),
        said: who.version(words, &found),
        preview: Preview::of(&site, words, &found.form),
        decides: words.say(decides(found.form.approval)),
        id,
        number,
    };
    let title = words.say_with("rules-past-title", &[("form", &found.id)]);
    frame::page(&site, words, &acting, RULES, title, body).into_response()
}

#[derive(Template)]
#[template(path = "console/rule_past.html")]
struct Past {
    words: Words,
    csrf: String,
    may_change: bool,
    id: String,
    number: u32,
    said: String,
    decides: String,
    preview: Preview,
}

async fn one_version(site: &SpaceWeb, id: &str, number: u32) -> Result<FormVersion, Failed> {
    let found = site.space.form_version(id, number).await?;
    found.ok_or_else(|| Failed::Space(SpaceError::NoSuchForm(id.to_owned())))
}

/// `POST /console/rules/form/{id}/versions/{number}`: that version once more, as the newest.
pub(super) async fn put_back(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path((id, number)): Path<(String, u32)>,
) -> Response {
    let found = match (one_version(&site, &id, number).await, known(&site, &id).await) {
        (Ok(found), Ok(current)) => (found, current.number),
        (Err(failed), _) | (_, Err(failed)) => return failed.page(words),
    };
    let by = ChangedBy::Team(acting.teammate.id.clone());
    match site.space.change_form(found.0.form, Some(found.1), by).await {
        Ok(version) => saved(&site, words, &acting, version).await,
        Err(error) => not_changed(&site, words, &acting, &id, error).await,
    }
}

/// The form as it is now, with why it was not changed.
async fn not_changed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    id: &str,
    error: FormNotChanged,
) -> Response {
    if let FormNotChanged::Space(SpaceError::Store(fault)) = error {
        return Failed::from(fault).page(words);
    }
    let current = match known(site, id).await {
        Ok(current) => current,
        Err(failed) => return failed.page(words),
    };
    let shown = Shown {
        status: StatusCode::CONFLICT,
        error: Some((place(&error), sentence(site, words, &current.form, &error))),
        ..Shown::of(current.form, Some(current.number))
    };
    page(site, words, acting, shown).await
}

/// What stands in the fields of the page, over what it was made from.
async fn read(
    site: &SpaceWeb,
    posted: &Posted,
) -> Result<(Form, Option<u32>, Option<editing::Wrong>), Failed> {
    let from = posted.text("from").parse().ok();
    let id = posted.text("id");
    let base = match from {
        Some(_) => known(site, id).await?.form,
        None => Form { id: id.to_owned(), ..Form::default() },
    };
    let (form, wrong) = editing::read(base, posted);
    Ok((form, from, wrong))
}

async fn page(site: &SpaceWeb, words: Words, acting: &Acting, shown: Shown) -> Response {
    match one(site, words, acting, &shown).await {
        Ok(body) => {
            let title = body.title.clone();
            let page = frame::page(site, words, acting, RULES, title, body);
            (shown.status, page.with_script(assets().rules.url())).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn one(site: &SpaceWeb, words: Words, acting: &Acting, shown: &Shown) -> Result<One, Failed> {
    let form = &shown.form;
    let who = Names::of(site, words).await?;
    let versions = match shown.from {
        Some(_) => site.space.form_versions(&form.id, MOST_VERSIONS).await?,
        None => Vec::new(),
    };
    let current = match shown.from {
        Some(_) => site.space.form(&form.id).await?,
        None => None,
    };
    let lines = versions.iter().map(|version| VersionLine {
        number: version.number,
        said: who.version(words, version),
        is_current: current.as_ref().is_some_and(|current| current.number == version.number),
    });
    let obstacle = match site.space.check_form(form) {
        // Where nothing was named yet there is nothing to say.
        Err(SpaceError::Form(FormError::BadId)) if form.id.is_empty() => None,
        Err(error) => Some(sentence(site, words, form, &FormNotChanged::Space(error))),
        Ok(()) => None,
    };
    let title = match shown.from {
        Some(_) => words.say_with("rules-title", &[("form", &form.id)]),
        None => words.say("rules-new"),
    };
    let errors = shown.error.iter().map(|(field, said)| ((*field).to_owned(), said.clone())).collect();
    Ok(One {
        words,
        title,
        csrf: acting.csrf(),
        may_change: acting.may(Right::ChangeRules),
        summary: ErrorSummary { words, errors },
        done: shown.done.clone(),
        editor: Editor::of(site, words, form, shown.from),
        preview: Preview::of(site, words, form),
        obstacle,
        versions: lines.collect(),
        can_be_withdrawn: current.is_some_and(|current| current.number > 0),
    })
}

/// The field that an error is about.
const fn place(error: &FormNotChanged) -> &'static str {
    match error {
        FormNotChanged::Space(SpaceError::Form(FormError::BadId)) => "id",
        FormNotChanged::Space(SpaceError::Form(
            FormError::BadDomain(_) | FormError::DomainsNeedAnAddress,
        )) => "domains",
        FormNotChanged::Space(SpaceError::Form(FormError::BrandNeedsMembership)) => "brand",
        _ => "details",
    }
}

/// Why a form is not what was typed, in the reader's words.
fn sentence(site: &SpaceWeb, words: Words, form: &Form, error: &FormNotChanged) -> String {
    let about = |key: &str, claim: &str| words.say_with(key, &[("detail", &say::name(words, claim))]);
    match error {
        FormNotChanged::Meanwhile => words.say("rules-meanwhile"),
        FormNotChanged::TooMany => words.say("rules-too-many"),
        FormNotChanged::Space(SpaceError::Form(error)) => match error {
            FormError::Empty => words.say("rules-empty"),
            FormError::Twice(claim) => about("rules-twice", claim),
            FormError::NeverChecked(claim) => about("rules-never-checked", claim),
            FormError::BadId => words.say("rules-bad-id"),
            FormError::DomainsNeedAnAddress => words.say("rules-domains-need-address"),
            FormError::BrandNeedsMembership => words.say("rules-brand-needs-membership"),
            FormError::BadDomain(domain) => words.say_with("rules-bad-domain", &[("domain", domain)]),
            FormError::KeptDays(claim) => about("rules-kept-wrong", claim),
            _ => words.say("rules-not-asked"),
        },
        FormNotChanged::Space(SpaceError::BeyondRegistration(_)) => {
            let details = site.space.not_registered(form);
            let details = say::names(words, details.iter().map(String::as_str));
            words.say_with("rules-beyond", &[("details", &details)])
        }
        _ => words.say("rules-not-asked"),
    }
}
