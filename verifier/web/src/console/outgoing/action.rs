//! Requests by template: entering one, and what it would send.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use openid4vc::secret::SecretText;
use verifier::forms::ChangedBy;
use verifier::outgoing::recipients::RecipientError;
use verifier::outgoing::template::Template as ActionTemplate;
use verifier::team::Right;
use web::Words;
use web::form::QueryFields;
use web::page::ErrorSummary;

use super::super::fields::{Field, Wrong, summary};
use super::super::guard::{Acting, Posted};
use super::super::replacing::{REPLACE, Replacing};
use super::super::{frame, replacing, words as say};
use super::acting::not_done;
use super::{OUTGOING, Typed, known, lines, said};
use crate::site::{Failed, SpaceWeb};

#[derive(Template)]
#[template(path = "console/outgoing_action.html")]
struct Action {
    words: Words,
    csrf: String,
    title: String,
    summary: ErrorSummary,
    checked: Option<String>,
    notes: Vec<String>,
    fields: [Field; 3],
    replacing: Replacing,
}

/// What was typed; a secret is typed anew.
#[derive(Default)]
struct TypedAction {
    name: String,
    text: String,
    set: BTreeMap<String, String>,
}

/// `GET /console/outgoing/action`: a template to begin with.
pub(crate) async fn show_action(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    QueryFields(query): QueryFields,
) -> Response {
    let text = known::text(query.optional("template").unwrap_or_default()).to_owned();
    page(&site, words, &acting, &TypedAction { text, ..TypedAction::default() }, None)
}

fn page(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    typed: &TypedAction,
    wrong: Option<&Wrong>,
) -> Response {
    let template = ActionTemplate::parse(&typed.text).ok();
    let software = template.as_ref().map_or("…", |template| &template.name);
    let title = words.say_with("console-outgoing-action-title", &[("name", software)]);
    let replace = template.as_ref().map(ActionTemplate::standing).unwrap_or_default();
    let said = wrong.filter(|(field, _)| *field == REPLACE).map(|(_, said)| said.as_str());
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = Action {
        words,
        csrf: acting.csrf(),
        title: title.clone(),
        summary: summary(words, wrong),
        checked: template.as_ref().and_then(|template| template.checked.clone()),
        notes: template.map(|template| template.notes).unwrap_or_default(),
        fields: [
            Field::line(words, "name", "console-outgoing-name", &typed.name, wrong),
            Field::line(words, "template", "console-outgoing-template", &typed.text, wrong).of_lines(24),
            Field::secret(words, wrong),
        ],
        replacing: Replacing::new(words, &replace, &typed.set, said),
    };
    (status, frame::page(site, words, acting, OUTGOING, title, body)).into_response()
}

#[derive(Template)]
#[template(path = "console/outgoing_added.html")]
struct Added {
    words: Words,
    csrf: String,
    title: String,
    id: String,
    left_out: Option<String>,
}

/// `POST /console/outgoing/action`.
pub(crate) async fn add_action(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let typed = TypedAction {
        name: posted.text("name").to_owned(),
        text: posted.text("template").to_owned(),
        set: replacing::typed(&posted),
    };
    let secret = SecretText::new(posted.text("secret"));
    let by = ChangedBy::Team(acting.teammate.id.clone());
    let made = match ActionTemplate::parse(&typed.text).and_then(|template| template.with(&typed.set)) {
        Ok(template) => site.space.add_action(&typed.name, template, &secret, by).await,
        Err(error) => Err(RecipientError::Template(error)),
    };
    match made {
        Ok((made, left_out)) => {
            let title = words.say_with("console-outgoing-added-title", &[("name", &made.name)]);
            let names = say::names(words, left_out.iter().map(String::as_str));
            let left_out = (!left_out.is_empty())
                .then(|| words.say_with("console-outgoing-left-out", &[("details", &names)]));
            let body = Added { words, csrf: acting.csrf(), title: title.clone(), id: made.id, left_out };
            frame::page(&site, words, &acting, OUTGOING, title, body).into_response()
        }
        Err(error) => match said(words, error) {
            Ok((field, told)) => {
                // A detail that is not asked is one of the template, and so is an address.
                let field = if matches!(field, "details" | "url") { "template" } else { field };
                page(&site, words, &acting, &typed, Some(&(field, told)))
            }
            Err(page) => *page,
        },
    }
}

#[derive(Template)]
#[template(path = "console/outgoing_dry_run.html")]
struct DryRunPage {
    words: Words,
    title: String,
    person: Option<String>,
    steps: Vec<Step>,
}

struct Step {
    title: String,
    none: Option<String>,
    request: String,
    headers: Vec<String>,
    body: String,
}

/// `POST /console/outgoing/dry-run`: what would be sent of the last sign-up, once the look is noted.
pub(crate) async fn dry_run(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    // Whoever may connect software sees values by every row of the table of rights; should that change, this still asks.
    if !acting.may(Right::SeeValues) {
        return frame::no_right(&site, words, &acting);
    }
    let id = posted.text("id");
    let run = match site.space.dry_run(id, acting.looker()).await {
        Ok(run) => run,
        Err(error @ verifier::SpaceError::NoSuch(_)) => {
            return not_done(&site, words, &acting, Typed::default(), error.into()).await;
        }
        Err(error) => return Failed::from(error).page(words),
    };
    let all = match site.space.recipients().await {
        Ok(all) => all,
        Err(error) => return Failed::from(error).page(words),
    };
    let name = all.into_iter().find(|one| one.id == id).map(|one| one.name).unwrap_or_default();
    let title = words.say_with("console-outgoing-dry-title", &[("name", &name)]);
    let step = |(step, shown): (&str, Result<verifier::outgoing::dry_run::Shown, String>)| {
        let title = words.say(&format!("console-outgoing-step-{step}"));
        match shown {
            Ok(shown) => Step {
                title,
                none: None,
                request: format!("{} {}", shown.method, shown.url),
                headers: shown.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
                body: shown.body,
            },
            Err(code) => {
                let why = lines::code_words(words, &code);
                let none = Some(words.say_with("console-outgoing-step-none", &[("why", &why)]));
                Step { title, none, request: String::new(), headers: Vec::new(), body: String::new() }
            }
        }
    };
    let body = DryRunPage {
        words,
        title: title.clone(),
        person: run.person,
        steps: run.steps.into_iter().map(step).collect(),
    };
    frame::page(&site, words, &acting, OUTGOING, title, body).into_response()
}
