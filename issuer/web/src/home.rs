//! The first page.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use web::Words;
use web::page::{LinkButton, Page};

use crate::site::Site;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    words: Words,
    office: String,
    start: LinkButton,
}

pub(crate) async fn show(State(site): State<Site>, words: Words) -> Response {
    let office = site.office.identity().name.clone();
    let start =
        LinkButton { href: "/passport".to_owned(), label: words.say("office-start"), secondary: false };
    let body = Home { words, office: office.clone(), start };
    Page::new(words, words.say("office-title"), body).of_site(office).into_response()
}
