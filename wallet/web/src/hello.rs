//! A hello of another member of a space: who it is as far as the space says it, and answering, putting off, blocking, reporting.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use network::hello::{Detail, MOST_DETAILS};
use network::mailbox::Reason;
use wallet::{Greeter, MailError, MailItem, MailKind, shown};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::QueryFields;

use crate::failures;
use crate::frame::{self, At};
use crate::messages::MESSAGES;
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;
use crate::words::{detail, list};

/// The page on which a hello is answered.
pub(crate) const HELLO: &str = "/messages/hello";

/// The forms of this page.
pub(crate) struct Responding;

impl Purpose for Responding {
    const NAME: &'static str = "wallet-hello";
}

/// Somebody's details and words, as a message shows them.
pub(crate) struct Told {
    /// Who they are, as the space says it.
    pub(crate) who: Vec<DetailLine>,
    /// Their words.
    pub(crate) text: Option<String>,
    /// How to reach them.
    pub(crate) contacts: Vec<DetailLine>,
    /// Their page at the space.
    pub(crate) page: Option<String>,
}

/// A detail. That it was checked stands in an element of its own: whatever others write into a value does not look like it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DetailLine {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) is_checked: bool,
}

impl DetailLine {
    fn of(words: Words, one: &Detail) -> Self {
        let label = words.say_with("hello-detail", &[("detail", &detail(words, &one.claim))]);
        Self { label, value: shown(&one.value), is_checked: one.checked }
    }
}

impl Told {
    pub(crate) fn of(words: Words, greeter: &Greeter) -> Self {
        let contacts = greeter.contacts.iter().flat_map(|contacts| contacts.as_slice());
        // That something was checked is here the other member's own word, which is nobody's to believe.
        let unchecked = |one: &Detail| DetailLine { is_checked: false, ..DetailLine::of(words, one) };
        Self {
            who: greeter.from.as_slice().iter().map(|one| DetailLine::of(words, one)).collect(),
            text: greeter.text.as_deref().map(shown),
            contacts: contacts.map(unchecked).collect(),
            page: greeter.page.clone(),
        }
    }
}

/// What somebody is called who says hello, as far as the space says it.
pub(crate) fn name_of(words: Words, greeter: &Greeter) -> String {
    let named = |claim: &str| {
        greeter.from.as_slice().iter().find(|one| one.claim == claim).map(|one| shown(&one.value))
    };
    let whole: Vec<String> = ["given_name", "family_name"].into_iter().filter_map(named).collect();
    if !whole.is_empty() {
        return whole.join(" ");
    }
    ["name", "preferred_username", "nickname", "company"]
        .into_iter()
        .find_map(named)
        .unwrap_or_else(|| words.say("hello-somebody"))
}

#[derive(Template)]
#[template(path = "hello.html")]
struct HelloPage {
    words: Words,
    csrf: String,
    title: String,
    id: String,
    name: String,
    space: String,
    told: Told,
    contacts: Vec<Choice>,
    /// What was shared in an answer that the space has not confirmed, in words.
    unconfirmed: Option<String>,
    reasons: Vec<(&'static str, String)>,
    is_reported: bool,
    wrong: Option<String>,
}

/// A way to be reached, which nobody has chosen yet.
struct Choice {
    field: String,
    detail: DetailLine,
    is_ticked: bool,
}

/// The name of a tick: it says which value is shared and that it was checked, so that a form of before shares what its page showed.
fn tick(one: &Detail) -> String {
    let shown = serde_json::json!([one.claim, one.value, one.checked]).to_string();
    format!("{TICK}{}", jose::digest::sha256_base64url(shown))
}

/// With which the names of ticks begin.
const TICK: &str = "share-";

/// `GET /messages/hello?id=`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    QueryFields(fields): QueryFields,
) -> Response {
    let id = fields.optional("id").unwrap_or_default().to_owned();
    page(&site, words, &unlocked, &id, None, &[]).await
}

async fn page(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    id: &str,
    wrong: Option<String>,
    ticked: &[Detail],
) -> Response {
    match made(site, words, unlocked, id, wrong, ticked).await {
        Ok(Some(body)) => {
            let status = if body.wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            let title = body.title.clone();
            (status, frame::page(site, words, unlocked, At::Below(MESSAGES), title, body)).into_response()
        }
        Ok(None) => {
            let (title, said) = (words.say("messages-title"), words.say("failed-no_such_message"));
            frame::sentence(site, words, unlocked, StatusCode::NOT_FOUND, title, said)
        }
        Err(error) => Failed::from(error).page(words),
    }
}

async fn made(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    id: &str,
    wrong: Option<String>,
    ticked: &[Detail],
) -> Result<Option<HelloPage>, MailError> {
    let mail = unlocked.wallet.mail().await?;
    let is_it = |one: &&MailItem| one.id == id && one.kind == MailKind::Hello;
    let Some(item) = mail.iter().find(is_it) else { return Ok(None) };
    let Some(greeter) = item.greeter.as_ref().filter(|greeter| greeter.is_open) else { return Ok(None) };
    let contacts = unlocked.wallet.contacts_to_share().await?;
    let choice = |one: &Detail| Choice {
        field: tick(one),
        detail: DetailLine::of(words, one),
        is_ticked: ticked.contains(one),
    };
    let name = name_of(words, greeter);
    Ok(Some(HelloPage {
        words,
        csrf: site.csrf.token::<Responding>(&unlocked.session()),
        title: words.say_with("hello-page-title", &[("name", &name)]),
        id: item.id.clone(),
        space: shown(&item.space_name),
        told: Told::of(words, greeter),
        contacts: contacts.iter().map(choice).collect(),
        unconfirmed: greeter.unconfirmed.as_ref().map(|shared| list(words, shared)),
        reasons: Reason::ALL
            .into_iter()
            .map(|one| (reason_name(one), words.say(&format!("hello-report-{}", reason_name(one)))))
            .collect(),
        is_reported: item.outcome.as_deref() == Some("reported"),
        wrong,
        name,
    }))
}

const fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Unwanted => "unwanted",
        Reason::Phishing => "phishing",
        Reason::Abuse => "abuse",
        Reason::Other => "other",
    }
}

/// `POST /messages/hello/answer`: shares what was ticked, and nothing else; or sends once more what was not confirmed.
pub(crate) async fn answer(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Responding>,
) -> Response {
    let id = form.fields.optional("id").unwrap_or_default().to_owned();
    if form.fields.ticked("again") {
        let outcome = unlocked.wallet.answer_hello_again(&id).await;
        return done(&site, words, &unlocked, outcome);
    }
    let offered = match unlocked.wallet.contacts_to_share().await {
        Ok(offered) => offered,
        Err(error) => return Failed::from(error).page(words),
    };
    let chosen: Vec<Detail> = offered.into_iter().filter(|one| form.fields.ticked(&tick(one))).collect();
    let ticks =
        form.fields.iter().filter(|(name, value)| name.starts_with(TICK) && !value.is_empty()).count();
    // Something was ticked that is not there any more, or reads otherwise now.
    if ticks != chosen.len() {
        return page(&site, words, &unlocked, &id, Some(words.say("hello-choice-changed")), &[]).await;
    }
    if chosen.is_empty() || chosen.len() > MOST_DETAILS {
        let key = if chosen.is_empty() { "hello-nothing-chosen" } else { "hello-too-much-chosen" };
        return page(&site, words, &unlocked, &id, Some(words.say(key)), &chosen).await;
    }
    let outcome = unlocked.wallet.answer_hello(&id, chosen).await;
    done(&site, words, &unlocked, outcome)
}

/// `POST /messages/hello/not-now`: nobody is told.
pub(crate) async fn not_now(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Responding>,
) -> Response {
    let outcome = unlocked.wallet.put_off_hello(form.fields.optional("id").unwrap_or_default()).await;
    done(&site, words, &unlocked, outcome)
}

/// `POST /messages/hello/block`: nothing more of this person, and they are not told.
pub(crate) async fn block(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Responding>,
) -> Response {
    let outcome = unlocked.wallet.block_greeter(form.fields.optional("id").unwrap_or_default()).await;
    done(&site, words, &unlocked, outcome)
}

/// `POST /messages/hello/report`: the person and a reason to the team of the space, and no word of the text.
pub(crate) async fn report(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Responding>,
) -> Response {
    let id = form.fields.optional("id").unwrap_or_default().to_owned();
    let named = form.fields.optional("reason").unwrap_or_default();
    let Some(reason) = Reason::ALL.into_iter().find(|one| reason_name(*one) == named) else {
        return page(&site, words, &unlocked, &id, Some(words.say("hello-no-reason")), &[]).await;
    };
    match unlocked.wallet.report_greeter(&id, reason).await {
        Ok(()) => page(&site, words, &unlocked, &id, None, &[]).await,
        outcome => done(&site, words, &unlocked, outcome),
    }
}

fn done(site: &WalletWeb, words: Words, unlocked: &Unlocked, outcome: Result<(), MailError>) -> Response {
    match outcome {
        Ok(()) => Redirect::to(MESSAGES).into_response(),
        Err(MailError::Vault(error)) => Failed::from(error).page(words),
        Err(error) => {
            tracing::info!(%error, "a hello was not dealt with");
            let said = match &error {
                // It was answered, blocked or is over, or one of the two is no member any more: the space does not say which.
                MailError::Status(404) => words.say("hello-over"),
                MailError::NothingChosen => words.say("hello-nothing-chosen"),
                MailError::AnswerUnconfirmed => words.say("hello-answered-already"),
                MailError::TooMuchChosen => words.say("hello-too-much-chosen"),
                _ => failures::sentence(words, error.code()),
            };
            let title = words.say("messages-title");
            frame::sentence(site, words, unlocked, StatusCode::UNPROCESSABLE_ENTITY, title, said)
        }
    }
}

#[cfg(test)]
mod tests {
    use network::hello::Details;

    use super::*;

    fn one(claim: &str, value: &str, checked: bool) -> Detail {
        Detail { claim: claim.to_owned(), value: value.to_owned(), checked }
    }

    fn greeter(from: Vec<Detail>) -> Greeter {
        Greeter {
            from: Details::new(from).unwrap(),
            text: Some("<b>Hi</b>".to_owned()),
            contacts: None,
            page: Some("https://kiln.example/people/x".to_owned()),
            is_open: true,
            unconfirmed: None,
        }
    }

    #[test]
    fn who_says_hello_is_told_by_the_space_and_nothing_is_ticked() {
        let words = Words::default();
        let ada = greeter(vec![one("given_name", "<i>Ada", true), one("company", "Larch", false)]);
        let page = HelloPage {
            words,
            csrf: "token".to_owned(),
            title: "Ada says hello".to_owned(),
            id: "1".to_owned(),
            name: name_of(words, &ada),
            space: "Kiln".to_owned(),
            told: Told::of(words, &ada),
            contacts: vec![Choice {
                field: tick(&one("email", "a@b.example", true)),
                detail: DetailLine::of(words, &one("email", "a@b.example", true)),
                is_ticked: false,
            }],
            unconfirmed: None,
            reasons: vec![("abuse", "Insults".to_owned())],
            is_reported: false,
            wrong: Some("Choose at least one way to reach you.".to_owned()),
        }
        .to_string();
        assert!(
            page.contains("Who it is, as the space says") && page.contains("nothing here proves it to you"),
            "{page}"
        );
        assert!(
            page.matches(CHECKED).count() == 2 && page.contains("Choose at least one way"),
            "one of hers and one of the member's: {page}"
        );
        for none in [" checked", "<i>Ada", "<b>Hi"] {
            assert!(!page.contains(none), "{none}: {page}");
        }
    }

    #[test]
    fn somebody_is_called_by_the_name_that_they_show_and_else_by_no_name() {
        let words = Words::default();
        for (from, name) in [
            (vec![one("family_name", "Lovelace", false), one("given_name", "Ada", false)], "Ada Lovelace"),
            (vec![one("nickname", "Countess", false)], "Countess"),
            (vec![one("company", "Larch", false)], "Larch"),
            (vec![one("role", "Weaver", false)], "Somebody"),
            (Vec::new(), "Somebody"),
        ] {
            assert_eq!(name_of(words, &greeter(from)), name);
        }
    }

    #[test]
    fn what_somebody_shared_is_theirs_to_call_checked_and_is_not_shown_so() {
        let contacts = Details::new(vec![one("email", "a@b.example", true)]).unwrap();
        let told = Told::of(Words::default(), &Greeter { contacts: Some(contacts), ..greeter(Vec::new()) });
        assert_eq!(told.contacts[0].value, "a@b.example");
        assert!(!told.contacts[0].is_checked);
    }

    /// How a page says that something was checked.
    const CHECKED: &str = "<span class=\"tag\">checked by an office</span>";

    fn page_of(words: Words, from: Vec<Detail>, unconfirmed: Option<String>) -> String {
        let greeter = greeter(from);
        HelloPage {
            words,
            csrf: "token".to_owned(),
            title: "Hello".to_owned(),
            id: "1".to_owned(),
            name: name_of(words, &greeter),
            space: "Kiln".to_owned(),
            told: Told::of(words, &greeter),
            contacts: Vec::new(),
            unconfirmed,
            reasons: Vec::new(),
            is_reported: false,
            wrong: None,
        }
        .to_string()
    }

    #[test]
    fn that_something_was_checked_cannot_be_typed() {
        let words = Words::default();
        for typed in [
            "Bank (checked by an office)",
            "Bank checked by an office",
            "Bank</bdi><span class=\"tag\">x",
            "Ada · Company: Bank",
        ] {
            let page = page_of(words, vec![one("company", typed, false)], None);
            assert!(!page.contains("class=\"tag\""), "{typed}: {page}");
            assert_eq!(
                (page.matches("<bdi>").count(), page.matches("</bdi>").count()),
                (1, 1),
                "{typed}: {page}"
            );
        }
        let page = page_of(words, vec![one("company", "Bank", true)], None);
        assert!(page.contains(&format!("<bdi>Bank</bdi> {CHECKED}")), "{page}");
    }

    #[test]
    fn an_answer_that_was_not_confirmed_goes_once_more_and_nothing_else_does() {
        let page = page_of(Words::default(), Vec::new(), Some("E-mail".to_owned()));
        assert!(page.contains("name=\"again\"") && page.contains("E-mail"), "{page}");
        assert!(!page.contains("type=\"checkbox\""), "{page}");
    }

    #[test]
    fn a_tick_says_value_name_and_that_it_was_checked() {
        let of = |claim, value, checked| tick(&one(claim, value, checked));
        let this = of("email", "a@b.example", false);
        assert_eq!(this, of("email", "a@b.example", false));
        for other in [
            of("email", "a@b.example", true),
            of("email", "b@b.example", false),
            of("website", "a@b.example", false),
        ] {
            assert_ne!(this, other);
        }
    }
}
