//! A page of every component, as a space's page for joining uses them.

use askama::Template;
use web::page::{
    CodeEntry, CopyLink, ErrorSummary, Look, Notice, Page, PostButton, QrFigure, Waiting, WalletButton,
};
use web::qr::TooLong;
use web::{Language, Words};

/// A page of every component, as a space's page for joining uses them.
#[derive(Template)]
#[template(path = "example.html")]
pub(crate) struct Example {
    words: Words,
    space: &'static str,
    summary: ErrorSummary,
    qr: QrFigure,
    link: CopyLink,
    open: WalletButton,
    leave: PostButton,
    waiting: Waiting,
    code: CodeEntry,
    notice: Notice,
}

const LINK: &str = "https://kiln-north.example.org/join/4f0c?a=1&b=<2>";

pub(crate) fn example(language: Language, space: &'static str, csrf: &str) -> Result<Page<Example>, TooLong> {
    let words = Words::new(language);
    let qr = QrFigure::new(words, LINK)?;
    let wrong = words.say("code-wrong");
    let body = Example {
        words,
        space,
        summary: ErrorSummary { words, errors: vec![("code".to_owned(), wrong.clone())] },
        qr,
        link: CopyLink { words, id: "join-link", link: LINK.to_owned() },
        open: WalletButton::new(words, words.say("open-wallet"), "openid4vp://?request_uri=x".to_owned()),
        leave: PostButton {
            action: "/cancel".to_owned(),
            csrf: csrf.to_owned(),
            label: words.say("cancel"),
            look: Look::Secondary,
        },
        waiting: Waiting { words, status_url: "/status".to_owned(), state: "asked".into() },
        code: CodeEntry {
            words,
            action: "/join/4f0c/code".to_owned(),
            csrf: csrf.to_owned(),
            error: Some(wrong),
        },
        notice: Notice {
            title: words.say_with("join-waiting-title", &[("space", space)]),
            text: words.say("join-waiting-text"),
            warning: false,
        },
    };
    let title = words.say_with("join-title", &[("space", space)]);
    Ok(Page::new(words, title, body).of_site(space).with_copying().with_waiting_beside_a_form().wide())
}
