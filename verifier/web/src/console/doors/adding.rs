//! Entering a door.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use openid4vc::secret::SecretText;
use verifier::doors::managing::{DoorError, NewDoor};
use verifier::doors::template::DoorTemplate;
use verifier::forms::ChangedBy;
use web::Words;
use web::form::QueryFields;
use web::page::ErrorSummary;

use super::super::fields::{Field, Wrong, summary};
use super::super::guard::{Acting, Posted};
use super::super::replacing::{REPLACE, Replacing};
use super::super::{frame, replacing};
use super::{DOORS, known};
use crate::site::{Failed, SpaceWeb};

#[derive(Template)]
#[template(path = "console/door_new.html")]
struct NewPage {
    words: Words,
    csrf: String,
    title: String,
    summary: ErrorSummary,
    checked: Option<String>,
    notes: Vec<String>,
    fields: [Field; 4],
    replacing: Replacing,
}

/// What was typed; a secret is typed anew.
#[derive(Clone, Default)]
struct Typed {
    name: String,
    plans: String,
    template: String,
    set: BTreeMap<String, String>,
}

/// `GET /console/doors/new`: a template to begin with.
pub(crate) async fn show_adding(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    QueryFields(query): QueryFields,
) -> Response {
    let text = query.optional("template").and_then(known::text).or_else(|| known::text("relay"));
    let typed = Typed { template: text.unwrap_or_default().to_owned(), ..Typed::default() };
    page(&site, words, &acting, &typed, None)
}

fn page(site: &SpaceWeb, words: Words, acting: &Acting, typed: &Typed, wrong: Option<&Wrong>) -> Response {
    let template = DoorTemplate::parse(&typed.template).ok();
    let title = words.say("console-door-new");
    let replace = template.as_ref().map(DoorTemplate::standing).unwrap_or_default();
    let said = wrong.filter(|(field, _)| *field == REPLACE).map(|(_, said)| said.as_str());
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = NewPage {
        words,
        csrf: acting.csrf(),
        title: title.clone(),
        summary: summary(words, wrong),
        checked: template.as_ref().and_then(|template| template.checked.clone()),
        notes: template.map(|template| template.notes).unwrap_or_default(),
        fields: [
            Field::line(words, "name", "console-door-name", &typed.name, wrong),
            Field::line(words, "plans", "console-door-plans", &typed.plans, wrong),
            Field::line(words, "template", "console-door-template", &typed.template, wrong).of_lines(18),
            Field::secret(words, wrong),
        ],
        replacing: Replacing::new(words, &replace, &typed.set, said),
    };
    (status, frame::page(site, words, acting, DOORS, title, body)).into_response()
}

/// The plans in a line, between commas.
fn plans(line: &str) -> BTreeSet<String> {
    line.split(',').map(str::trim).filter(|plan| !plan.is_empty()).map(str::to_owned).collect()
}

/// `POST /console/doors`.
pub(crate) async fn add(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let typed = Typed {
        name: posted.text("name").to_owned(),
        plans: posted.text("plans").to_owned(),
        template: posted.text("template").to_owned(),
        set: replacing::typed(&posted),
    };
    let secret = SecretText::new(posted.text("secret"));
    let by = ChangedBy::Team(acting.teammate.id.clone());
    let made = match DoorTemplate::parse(&typed.template).and_then(|template| template.with(&typed.set)) {
        Ok(template) => {
            let new = NewDoor { name: typed.name.clone(), template, plans: plans(&typed.plans) };
            site.space.add_door(new, &secret, by).await
        }
        Err(error) => Err(DoorError::Template(error)),
    };
    let wrong = match made {
        Ok(_) => return Redirect::to(DOORS).into_response(),
        Err(DoorError::BadName) => ("name", words.say("console-door-bad-name")),
        Err(DoorError::TooMany) => ("name", words.say("console-door-too-many")),
        Err(DoorError::BadPlans) => ("plans", words.say("console-door-bad-plans")),
        Err(DoorError::BadSecret(_)) => ("secret", words.say("console-door-bad-secret")),
        Err(DoorError::NotCalled(why)) => ("template", replacing::not_called(words, &why)),
        Err(DoorError::Template(why)) => replacing::wrong(words, &why),
        Err(DoorError::Space(error)) => return Failed::from(error).page(words),
        Err(_) => return web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR),
    };
    page(&site, words, &acting, &typed, Some(&wrong))
}
