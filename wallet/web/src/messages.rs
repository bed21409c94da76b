//! What spaces wrote to the member.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use wallet::{MailError, MailItem, MailKind, shown};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::QueryFields;
use web::page::{LinkButton, Look, PostButton};

use crate::asked::address_of;
use crate::failures;
use crate::flows::{LinkKind, TooMany};
use crate::frame;
use crate::hello;
use crate::links;
use crate::site::{Failed, WalletWeb};
use crate::times::day;
use crate::unlocked::Unlocked;

/// The page.
pub(crate) const MESSAGES: &str = "/messages";
/// Messages on one page.
const ON_A_PAGE: usize = 50;

/// The forms of this page.
pub(crate) struct Messages;

impl Purpose for Messages {
    const NAME: &'static str = "wallet-messages";
}

#[derive(Template)]
#[template(path = "messages.html")]
struct MessagesPage {
    words: Words,
    csrf: String,
    /// Looks for what has not come by itself.
    look: PostButton,
    messages: Vec<Message>,
    older: Option<LinkButton>,
    newer: Option<LinkButton>,
}

struct Message {
    id: String,
    title: String,
    space: String,
    /// The space's own words.
    text: Option<String>,
    facts: Vec<String>,
    can_be_opened: bool,
    /// Of another member: who it is and what they say.
    greeter: Option<hello::Told>,
    /// Where a hello is answered.
    answer: Option<String>,
    /// Whether it is an answer that nobody has called read.
    is_unread: bool,
}

/// `GET /messages`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    QueryFields(fields): QueryFields,
) -> Response {
    let mail = match unlocked.wallet.mail().await {
        Ok(mail) => mail,
        Err(error) => return Failed::from(error).page(words),
    };
    let from = fields.optional("from").and_then(|from| from.parse().ok()).unwrap_or(0);
    let look = PostButton {
        action: "/awaited".to_owned(),
        csrf: site.csrf.token::<links::Look>(&unlocked.session()),
        label: words.say("messages-look"),
        look: Look::Secondary,
    };
    let csrf = site.csrf.token::<Messages>(&unlocked.session());
    let body = MessagesPage::new(words, csrf, look, &mail, from);
    frame::page(&site, words, &unlocked, MESSAGES, words.say("messages-title"), body).into_response()
}

impl MessagesPage {
    /// The messages from this one on, the newest first.
    fn new(words: Words, csrf: String, look: PostButton, mail: &[MailItem], from: usize) -> Self {
        let end = from.saturating_add(ON_A_PAGE);
        let link = |from: usize, key: &str| LinkButton {
            href: if from == 0 { MESSAGES.to_owned() } else { format!("{MESSAGES}?from={from}") },
            label: words.say(key),
            secondary: true,
        };
        Self {
            words,
            csrf,
            look,
            messages: mail.iter().skip(from).take(ON_A_PAGE).map(|item| told(words, item)).collect(),
            older: (end < mail.len()).then(|| link(end, "messages-older")),
            newer: (from > 0).then(|| link(from.saturating_sub(ON_A_PAGE), "messages-newer")),
        }
    }
}

fn told(words: Words, item: &MailItem) -> Message {
    let key = match (item.kind, item.outcome.as_deref()) {
        (MailKind::SignUp, _) => "messages-sign-up",
        (MailKind::HereIAm, _) => "messages-here-i-am",
        (MailKind::Decision, Some("approved")) => "messages-approved",
        (MailKind::Decision, Some("declined")) => "messages-declined",
        (MailKind::Decision, _) => "messages-decision",
        (MailKind::Offer, _) => "messages-offer",
        (MailKind::Change, _) => "messages-change",
        (MailKind::Note, _) => "messages-note",
        (MailKind::Hello, Some("answered")) => "messages-hello-answered",
        (MailKind::Hello, _) => "messages-hello",
        (MailKind::HelloAnswer, _) => "messages-hello-answer",
    };
    let space = shown(&item.space_name);
    let name = item.greeter.as_ref().map(|greeter| hello::name_of(words, greeter)).unwrap_or_default();
    let is_open = item.greeter.as_ref().is_some_and(|greeter| greeter.is_open);
    let mut facts = vec![words.say_with("messages-came", &[("date", &day(item.day))])];
    facts.push(words.say_with("messages-until", &[("date", &day(item.expires_at))]));
    if let Some(host) = &item.host {
        facts.push(words.say_with("messages-leads", &[("host", &shown(host))]));
    }
    if item.opened {
        facts.push(words.say("messages-opened"));
    }
    Message {
        id: item.id.clone(),
        title: words.say_with(key, &[("space", &space), ("name", &name)]),
        space,
        text: item.text.as_deref().map(shown),
        facts,
        can_be_opened: item.host.is_some(),
        greeter: item.greeter.as_ref().map(|greeter| hello::Told::of(words, greeter)),
        answer: is_open.then(|| format!("{}?id={}", hello::HELLO, item.id)),
        is_unread: item.kind == MailKind::HelloAnswer && !item.opened,
    }
}

/// `POST /messages/open`: what the message leads to.
pub(crate) async fn open(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Messages>,
) -> Response {
    let Some(id) = form.fields.optional("id") else {
        return refused(&site, words, &unlocked, words.say("failed-no_such_message"));
    };
    let wallet = unlocked.wallet.clone();
    match unlocked.desk.flows().open(id, LinkKind::Message, wallet, site.environment.randomness()) {
        Ok(flow) => Redirect::to(&address_of(&flow)).into_response(),
        Err(TooMany) => refused(&site, words, &unlocked, words.say("failed-many")),
    }
}

/// `POST /messages/read`: an answer to a hello waits no more.
pub(crate) async fn read(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Messages>,
) -> Response {
    let id = form.fields.optional("id").unwrap_or_default();
    let outcome = unlocked.wallet.put_off_hello(id).await;
    done(&site, words, &unlocked, outcome)
}

/// `POST /messages/delete`.
pub(crate) async fn delete(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Messages>,
) -> Response {
    let id = form.fields.optional("id").unwrap_or_default();
    let outcome = unlocked.wallet.delete_mail(id).await;
    done(&site, words, &unlocked, outcome)
}

/// `POST /messages/block`: nothing more of whoever wrote the message.
pub(crate) async fn block(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Messages>,
) -> Response {
    let id = form.fields.optional("id").unwrap_or_default();
    let outcome = unlocked.wallet.block_mail(id).await.map(drop);
    done(&site, words, &unlocked, outcome)
}

fn done(site: &WalletWeb, words: Words, unlocked: &Unlocked, outcome: Result<(), MailError>) -> Response {
    match outcome {
        Ok(()) => Redirect::to(MESSAGES).into_response(),
        Err(MailError::Vault(error)) => Failed::from(error).page(words),
        Err(error) => {
            tracing::info!(%error, "a message was not dealt with");
            refused(site, words, unlocked, failures::sentence(words, error.code()))
        }
    }
}

/// A sentence for a person; nothing was changed.
fn refused(site: &WalletWeb, words: Words, unlocked: &Unlocked, sentence: String) -> Response {
    let title = words.say("messages-title");
    frame::sentence(site, words, unlocked, StatusCode::UNPROCESSABLE_ENTITY, title, sentence)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn mail(count: usize) -> Vec<MailItem> {
        let item = |number: usize| MailItem {
            id: format!("id-{number}"),
            space_name: format!("<b>Kiln</b>\u{202e}{number}"),
            space: "did:web:kiln.example".to_owned(),
            kind: MailKind::Note,
            outcome: None,
            text: Some("<script>alert(1)</script>".repeat(400)),
            host: Some("xn--kln-jhd.example".to_owned()),
            day: 1_795_000_000,
            expires_at: 1_796_000_000,
            opened: false,
            greeter: None,
        };
        (0..count).map(item).collect()
    }

    #[test]
    fn what_leads_somewhere_waits_until_it_was_opened_and_what_only_tells_waits_for_nobody() {
        let one = mail(1).remove(0);
        assert!(one.waits());
        assert!(!MailItem { opened: true, ..one.clone() }.waits());
        assert!(!MailItem { host: None, ..one }.waits());
    }

    fn page(mail: &[MailItem], from: usize) -> String {
        let look = PostButton {
            action: "/awaited".to_owned(),
            csrf: "token".to_owned(),
            label: "Look".to_owned(),
            look: Look::Secondary,
        };
        MessagesPage::new(Words::default(), "token".to_owned(), look, mail, from).to_string()
    }

    #[test]
    fn ten_thousand_messages_are_pages_of_fifty_each_of_which_is_there_at_once() {
        let mail = mail(10_000);
        let begun = Instant::now();
        let first = page(&mail, 0);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(2), "{took:?}");
        println!("a page of 50 of 10,000 messages: {took:?}, {} characters", first.len());
        assert_eq!(first.matches("name=\"id\" value=\"id-").count(), 50);
        assert!(first.len() < 200_000, "{}", first.len());
        assert!(first.contains("href=\"/messages?from=50\"") && !first.contains("Newer"), "{first}");
        let last = page(&mail, 9_950);
        assert!(last.contains("value=\"id-9999\"") && !last.contains("from=10000"), "{last}");
        assert!(last.contains("href=\"/messages?from=9900\""), "{last}");
        let none = page(&mail, usize::MAX);
        assert_eq!(none.matches("name=\"id\"").count(), 0, "who asks for none sees none");
        for hostile in ["<script", "<b>", "\u{202e}"] {
            assert!(!first.contains(hostile), "{hostile}");
        }
        assert!(first.contains("leads to xn--kln-jhd.example"), "{first}");
    }
}
