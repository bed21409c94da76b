//! The member objects to what a space does with their details (GDPR Art. 21): to some of them or to all, with a reason.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use network::member_api::{LONGEST_REASON, covers};
use web::Words;
use web::form::Fields;
use web::page::ErrorSummary;

use super::detail::contact;
use super::page::address_of as address_of_space;
use super::visit::{Called, Visit};
use crate::words::detail as name_of;

#[derive(Template)]
#[template(path = "space_object.html")]
struct ObjectPage {
    words: Words,
    csrf: String,
    task: String,
    title: String,
    summary: Option<ErrorSummary>,
    space: String,
    /// The space's page.
    address: String,
    is_member: bool,
    /// At a host: what the member agrees to by sending it.
    calls: Option<String>,
    /// Where to write to, of a space of which the member is none.
    contact: Option<String>,
    details: Vec<Detail>,
    reason: String,
    longest: usize,
    wrong: Option<String>,
}

/// A detail that the objection can be about.
struct Detail {
    field: String,
    name: String,
    is_ticked: bool,
}

/// Where the member objects.
pub(super) fn address_of(key: &str) -> String {
    format!("{}/object", address_of_space(key))
}

/// `GET /spaces/{key}/object`.
pub(crate) async fn show(visit: Visit) -> Response {
    page(&visit, &Fields::default(), None).await
}

/// The form with what was sent, and the key of what is wrong with its reason.
pub(super) async fn page(visit: &Visit, fields: &Fields, wrong: Option<&str>) -> Response {
    let words = visit.words;
    let is_member = visit.own.membership.is_some();
    let wrong = wrong.map(|key| words.say(key));
    let errors = wrong.clone().map(|said| vec![("reason".to_owned(), said)]);
    let title = words.say_with("space-object-title", &[("space", &visit.name())]);
    let details = held(visit).into_iter().map(|claim| Detail {
        name: name_of(words, claim),
        is_ticked: fields.ticked(&field_of(claim)),
        field: field_of(claim),
    });
    let body = ObjectPage {
        words,
        csrf: visit.csrf(),
        task: visit.task_name(),
        title: title.clone(),
        summary: errors.map(|errors| ErrorSummary { words, errors }),
        space: visit.name(),
        address: visit.address(),
        is_member,
        calls: visit.calls(Called::Objections),
        contact: if is_member { None } else { contact(&visit.unlocked, &visit.own).await },
        details: details.collect(),
        reason: fields.optional("reason").unwrap_or_default().to_owned(),
        longest: LONGEST_REASON,
        wrong,
    };
    let status = if body.wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visit.answered(status, title, body)
}

/// The details that are ticked; none for everything. Of one that lies within another, the other is enough.
pub(super) fn ticked(visit: &Visit, fields: &Fields) -> Vec<String> {
    let all = held(visit).into_iter().filter(|claim| fields.ticked(&field_of(claim))).collect::<Vec<_>>();
    let lies_within = |claim: &str| all.iter().any(|other| *other != claim && covers(other, claim));
    all.iter().filter(|claim| !lies_within(claim)).map(|claim| (*claim).to_owned()).collect()
}

/// What the space has, each once, in the order in which it got it.
fn held(visit: &Visit) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for one in &visit.own.space.held {
        if !names.contains(&one.claim.as_str()) {
            names.push(&one.claim);
        }
    }
    names
}

fn field_of(claim: &str) -> String {
    format!("about-{claim}")
}
