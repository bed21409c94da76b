//! The mails of a network that is tried out as a page: `http://mail.localhost`.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use web::Words;
use web::page::Page;

use super::letter;
use super::mailbox::{Mail, Mailbox};

#[derive(Template)]
#[template(path = "demo_mail.html")]
struct Mails {
    words: Words,
    mails: Vec<Shown>,
}

struct Shown {
    to: String,
    paragraphs: Vec<Paragraph>,
}

/// A link, or words.
struct Paragraph {
    text: String,
    is_link: bool,
}

impl Shown {
    fn of(mail: &Mail) -> Self {
        let body = mail.body().replace("\r\n", "\n");
        let texts = body.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
        let paragraphs = texts
            .map(|text| Paragraph {
                is_link: letter::link(text).as_deref() == Some(text),
                text: text.to_owned(),
            })
            .collect();
        Self { to: mail.to.join(", "), paragraphs }
    }
}

/// The party that shows the mails.
pub(crate) fn party(mailbox: Mailbox) -> web::Party {
    web::Party::new("mail.localhost", Router::new().route("/", get(show)).with_state(mailbox))
}

async fn show(State(mailbox): State<Mailbox>, words: Words) -> Response {
    let mails = mailbox.mails().iter().rev().map(Shown::of).collect();
    let title = words.say("demo-mail-title");
    Page::new(words, title, Mails { words, mails }).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_in_a_paragraph_of_its_own_is_shown_as_one() {
        let body = "Alguien pidi=C3=B3 algo.\r\n\r\nhttp://office.localhost:1/email/abc=\r\ndef\r\n\r\nSee http://a.localhost too.\r\n";
        let text = format!("Content-Transfer-Encoding: quoted-printable\r\n\r\n{body}");
        let shown = Shown::of(&Mail { to: vec!["ada@example.org".to_owned()], text });
        let paragraphs: Vec<_> =
            shown.paragraphs.iter().map(|one| (one.text.as_str(), one.is_link)).collect();
        let expected = [
            ("Alguien pidió algo.", false),
            ("http://office.localhost:1/email/abcdef", true),
            ("See http://a.localhost too.", false),
        ];
        assert_eq!(paragraphs, expected);
    }
}
