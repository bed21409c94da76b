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
    intro: String,
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

/// Who sees the mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Whoever uses this machine.
    Here,
    /// Everybody, and so is every address confirmed that anybody types.
    Everywhere,
}

/// The party that shows the mails.
pub(crate) fn party(host: &str, mailbox: Mailbox, seen: Seen) -> web::Party {
    web::Party::new(
        host,
        Router::new().route("/", get(move |mails, words| show(mails, words, seen))).with_state(mailbox),
    )
}

async fn show(State(mailbox): State<Mailbox>, words: Words, seen: Seen) -> Response {
    let mails = mailbox.mails().iter().rev().map(Shown::of).collect();
    let title = words.say("demo-mail-title");
    let intro = match seen {
        Seen::Here => "demo-mail-intro",
        Seen::Everywhere => "demo-mail-public",
    };
    Page::new(words, title, Mails { words, intro: words.say(intro), mails }).into_response()
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
