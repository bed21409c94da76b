//! The mails of the demo as a page: `http://mail.localhost`.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use web::Words;
use web::page::Page;

use super::mailbox::Mailbox;

#[derive(Template)]
#[template(path = "demo_mail.html")]
struct Mails {
    words: Words,
    mails: Vec<Shown>,
}

struct Shown {
    to: String,
    text: String,
    link: Option<String>,
}

/// The party that shows the mails.
pub(crate) fn party(mailbox: Mailbox) -> web::Party {
    web::Party::new("mail.localhost", Router::new().route("/", get(show)).with_state(mailbox))
}

async fn show(State(mailbox): State<Mailbox>, words: Words) -> Response {
    let mails = mailbox
        .mails()
        .into_iter()
        .rev()
        .map(|mail| Shown { link: mail.link(), to: mail.to.join(", "), text: body(&mail.text) })
        .collect();
    let title = words.say("demo-mail-title");
    Page::new(words, title, Mails { words, mails }).into_response()
}

/// The text behind the header lines.
fn body(mail: &str) -> String {
    mail.split_once("\r\n\r\n").map_or(mail, |(_, body)| body).to_owned()
}
