//! What the office does with what it is shown, and who answers for it: the page to which its requests point.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use web::Words;
use web::page::Page;

use crate::site::Site;

/// Who answers for an office, as the network's operator registered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responsible {
    /// The legal name.
    pub legal_name: String,
    /// Ways to reach the office.
    pub contacts: Vec<String>,
    /// Ways to reach whoever answers for data protection.
    pub data_protection: Vec<String>,
    /// The authority to complain to.
    pub authority: String,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy<'a> {
    words: Words,
    office: &'a str,
    responsible: &'a Responsible,
}

/// `GET /privacy`.
pub(crate) async fn show(State(site): State<Site>, words: Words) -> Response {
    let office = site.office.identity().name.as_str();
    let body = Privacy { words, office, responsible: &site.responsible };
    Page::new(words, words.say("privacy-title"), body).of_site(office).into_response()
}
