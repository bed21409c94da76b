//! How the member is told that something came while the wallet is locked: by the browser, by mail (decision 0034 §3, §4). Also what
//! others call here: the host of an inbox rings, a link of a mail is followed, a browser says that it is called otherwise now.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use environment::{Date, Timestamp};
use http::{HeaderMap, StatusCode};
use network::mailbox::Ring;
use serde_json::json;
use wallet::notices::{LONGEST_ADDRESS, Link, NewsLetters, Notices, Notifier, endpoint};
use wallet::{DetailForm, VaultError, shown};
use web::csrf::{CsrfForm, Purpose, same_origin};
use web::form::{Form, StrictJson};
use web::page::{ErrorPage, ErrorSummary, Look, Page, PostButton};
use web::{ApiError, Language, Words};

use crate::frame::At;
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;
use crate::ways::WAYS;
use crate::{browsers, frame};

/// The page.
pub(crate) const NOTICES: &str = "/notices";
/// The script that turns pushes on and off.
const SCRIPT: &str = "/notices.js";
/// How the page is come back to.
const ASKED: &str = "done=asked";

/// The forms of this page.
pub(crate) struct Wishes;

impl Purpose for Wishes {
    const NAME: &'static str = "wallet-notices";
}

/// The form behind the link of a mail; nobody needs to have opened anything for it.
struct Linked;

#[derive(Template)]
#[template(path = "notices.html")]
struct NoticesPage {
    words: Words,
    csrf: String,
    /// What the script needs, as JSON; none where nobody can be told anything while the wallet is locked.
    push: Option<String>,
    is_borrowed: bool,
    browsers: Vec<Told>,
    /// Whether mails can be sent from here.
    mails: bool,
    mail: Option<Mail>,
    typed: String,
    summary: Option<ErrorSummary>,
    done: Option<String>,
}

struct Told {
    id: String,
    name: String,
    since: String,
}

struct Mail {
    said: String,
    is_confirmed: bool,
}

/// `GET /notices`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    RawQuery(query): RawQuery,
) -> Response {
    let done = (query.as_deref() == Some(ASKED)).then(|| words.say("notices-mail-asked"));
    page(&site, words, &unlocked, String::new(), None, done).await
}

async fn page(
    site: &WalletWeb,
    words: Words,
    unlocked: &Unlocked,
    typed: String,
    wrong: Option<&str>,
    done: Option<String>,
) -> Response {
    let notifier = site.desks.notifier();
    let notices = match notifier {
        Some(notifier) => notifier.notices(unlocked.desk.vault()).await,
        None => Ok(Notices::default()),
    };
    let notices = match notices {
        Ok(notices) => notices,
        Err(error) => return Failed::from(error).page(words),
    };
    let day = |seconds| Date::of(Timestamp::from_seconds(seconds)).to_string();
    let known: Vec<String> = notices.browsers.iter().map(wallet::notices::Browser::id).collect();
    let named = |name: &str| match name.trim().is_empty() {
        true => words.say("ways-unnamed"),
        false => shown(name),
    };
    let body = NoticesPage {
        words,
        csrf: site.csrf.token::<Wishes>(&unlocked.session()),
        push: notifier.map(|notifier| json!({"key": notifier.application_key(), "known": known}).to_string()),
        is_borrowed: unlocked.is_borrowed(),
        browsers: notices
            .browsers
            .iter()
            .map(|one| Told { id: one.id(), name: named(&one.name), since: day(one.since) })
            .collect(),
        mails: notifier.is_some_and(|notifier| notifier.mails()),
        mail: notices.mail.map(|wish| {
            let key = if wish.confirmed { "notices-mail-on" } else { "notices-mail-waits" };
            let said = words.say_with(key, &[("address", &shown(&wish.address))]);
            Mail { said, is_confirmed: wish.confirmed }
        }),
        typed,
        summary: wrong.map(|key| ErrorSummary { words, errors: vec![("email".to_owned(), words.say(key))] }),
        done,
    };
    let page = frame::page(site, words, unlocked, At::Below(WAYS), words.say("notices-title"), body);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    (status, page.with_script(SCRIPT)).into_response()
}

/// `POST /notices/browser`: this browser is told from now on.
pub(crate) async fn add(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    headers: HeaderMap,
    form: CsrfForm<Wishes>,
) -> Response {
    let named = form.fields.optional("endpoint").and_then(|text| endpoint(text).ok());
    // At somebody else's device nothing of the wallet stays.
    let named = named.filter(|_| !unlocked.is_borrowed());
    let (Some(notifier), Some(endpoint)) = (site.desks.notifier(), named) else {
        return refused(&site, words, &unlocked, "notices-not-taken");
    };
    let vault = unlocked.desk.vault();
    let added = notifier.add_browser(vault, &endpoint, &browsers::called(&headers), &site.environment).await;
    changed(words, &unlocked, added, NOTICES)
}

/// `POST /notices/browser/remove`: one is told no more.
pub(crate) async fn remove(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Wishes>,
) -> Response {
    let Some(notifier) = site.desks.notifier() else {
        return refused(&site, words, &unlocked, "notices-not-taken");
    };
    let id = form.fields.optional("browser").unwrap_or_default();
    let removed = notifier.remove_browser(unlocked.desk.vault(), id, &site.environment).await;
    changed(words, &unlocked, removed, NOTICES)
}

/// `POST /notices/mail`: mails go to this address once whoever reads them there says so.
pub(crate) async fn ask_for_mail(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Wishes>,
) -> Response {
    let typed = form.fields.optional("email").unwrap_or_default().trim().to_owned();
    let Some(notifier) = site.desks.notifier().filter(|notifier| notifier.mails()) else {
        return refused(&site, words, &unlocked, "notices-not-taken");
    };
    if typed.len() > LONGEST_ADDRESS || !DetailForm::MailAddress.fits(&json!(typed), site.environment.now()) {
        return page(&site, words, &unlocked, shown(&typed), Some("notices-mail-wrong"), None).await;
    }
    let (vaults, desk) = (site.desks.vaults(), &unlocked.desk);
    let asked =
        notifier.ask_for_mail(vaults, desk.id(), desk.vault(), &typed, words.tag(), &site.environment).await;
    changed(words, &unlocked, asked, &format!("{NOTICES}?{ASKED}"))
}

/// `POST /notices/mail/remove`: no mails any more, and the address is gone.
pub(crate) async fn forget_mail(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    _form: CsrfForm<Wishes>,
) -> Response {
    let Some(notifier) = site.desks.notifier() else {
        return refused(&site, words, &unlocked, "notices-not-taken");
    };
    let forgotten = notifier.forget_mail(unlocked.desk.vault(), &site.environment).await;
    changed(words, &unlocked, forgotten, NOTICES)
}

/// What hangs at the inboxes follows from what is wanted.
fn changed(words: Words, unlocked: &Unlocked, outcome: Result<(), VaultError>, to: &str) -> Response {
    match outcome {
        Ok(()) => {
            look(&unlocked.desk);
            Redirect::to(to).into_response()
        }
        Err(error) => Failed::from(error).page(words),
    }
}

fn look(desk: &Arc<crate::Desk>) {
    let desk = Arc::clone(desk);
    tokio::spawn(async move { desk.look_now().await });
}

fn refused(site: &WalletWeb, words: Words, unlocked: &Unlocked, key: &str) -> Response {
    let title = words.say("notices-title");
    frame::sentence(site, words, unlocked, StatusCode::UNPROCESSABLE_ENTITY, title, words.say(key))
}

/// `POST /notices/renewed`: a browser's worker says that its endpoint is another one. It has no session, since the wallet may be
/// locked; that it knows the endpoint before is what shows that it may. Whoever does not learns nothing.
pub(crate) async fn renewed(State(site): State<WalletWeb>, headers: HeaderMap, form: Form) -> Response {
    if let Err(error) = same_origin(&headers) {
        return ApiError::new(StatusCode::FORBIDDEN, "forbidden", error.to_string()).into_response();
    }
    let named = |name: &str| form.0.optional(name).and_then(|text| endpoint(text).ok());
    let (Some(before), Some(now)) = (named("before"), named("now")) else {
        return ApiError::bad_request("invalid_request", "two endpoints of a push service are expected")
            .into_response();
    };
    let moved = async {
        let (Some(notifier), Some(desk)) = (site.desks.notifier(), site.desk_of(&headers).await?) else {
            return Ok(());
        };
        notifier.move_browser(desk.vault(), &before, &now, &site.environment).await?;
        Ok::<(), Failed>(())
    };
    match moved.await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::warn!(%error, "a browser could not be told of under its new endpoint");
            ApiError::internal().into_response()
        }
    }
}

/// `POST /ring`: the host of an inbox says that something came, by the ticket that the wallet left there. Who lacks one learns nothing.
pub(crate) async fn ring(State(site): State<WalletWeb>, StrictJson(ring): StrictJson<Ring>) -> Response {
    let Some(notifier) = site.desks.notifier() else { return ApiError::not_found().into_response() };
    match notifier.ring(site.desks.vaults(), &ring.ticket, &site.environment).await {
        Ok(Some(id)) => {
            // Whoever has a page open sees it there at once.
            if let Some(desk) = site.desks.manned_at(&id) {
                look(&desk);
            }
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(None) => ApiError::new(StatusCode::GONE, "gone", "nobody is told by this ticket").into_response(),
        Err(error) => {
            tracing::warn!(%error, "it could not be kept that something came");
            ApiError::busy(5).into_response()
        }
    }
}

/// `GET /notices/confirm/{token}`: the link of a mail, with one button; looking uses nothing up.
pub(crate) async fn confirm(state: State<WalletWeb>, words: Words, Path(token): Path<String>) -> Response {
    linked(&state.0, words, Link::Confirm, &token).await
}

/// `GET /notices/stop/{token}`, likewise.
pub(crate) async fn stop(state: State<WalletWeb>, words: Words, Path(token): Path<String>) -> Response {
    linked(&state.0, words, Link::Stop, &token).await
}

/// `POST /notices/confirm/{token}`: the button was pressed. Who holds the link needs nothing else: it stands in a mail to them alone.
pub(crate) async fn confirmed(state: State<WalletWeb>, words: Words, Path(token): Path<String>) -> Response {
    follow(&state.0, words, Link::Confirm, &token).await
}

/// `POST /notices/stop/{token}`: likewise, and by mail programs (RFC 8058 §3.2), which send neither cookies nor anything to be shown.
pub(crate) async fn stopped(state: State<WalletWeb>, words: Words, Path(token): Path<String>) -> Response {
    follow(&state.0, words, Link::Stop, &token).await
}

impl Linked {
    const fn name(link: Link) -> &'static str {
        match link {
            Link::Confirm => "confirm",
            Link::Stop => "stop",
        }
    }
}

#[derive(Template)]
#[template(path = "notices_link.html")]
struct LinkPage {
    title: String,
    text: String,
    button: PostButton,
}

async fn linked(site: &WalletWeb, words: Words, link: Link, token: &str) -> Response {
    let there = match site.desks.notifier() {
        Some(notifier) => notifier.is_link_of_wish(site.desks.vaults(), link, token).await,
        None => Ok(false),
    };
    let name = Linked::name(link);
    match there {
        Ok(true) => {
            let title = words.say(&format!("notices-{name}-title"));
            let body = LinkPage {
                title: title.clone(),
                text: words.say(&format!("notices-{name}-text")),
                button: PostButton {
                    // The token is one of ours, so it needs no escaping.
                    action: format!("{NOTICES}/{name}/{token}"),
                    csrf: String::new(),
                    label: words.say(&format!("notices-{name}-button")),
                    look: Look::Main,
                },
            };
            Page::new(words, title, body).of_site(words.say("wallet-title")).into_response()
        }
        Ok(false) => gone(words),
        Err(error) => Failed::from(error).page(words),
    }
}

async fn follow(site: &WalletWeb, words: Words, link: Link, token: &str) -> Response {
    let done = match site.desks.notifier() {
        Some(notifier) => notifier.follow_link(site.desks.vaults(), link, token, &site.environment).await,
        None => Ok(false),
    };
    match done {
        Ok(true) => {
            let name = Linked::name(link);
            sentence(
                words,
                StatusCode::OK,
                &format!("notices-{name}-done"),
                &format!("notices-{name}-done-text"),
            )
        }
        Ok(false) => gone(words),
        Err(error) => Failed::from(error).page(words),
    }
}

/// The same for a link that was never one.
fn gone(words: Words) -> Response {
    sentence(words, StatusCode::GONE, "notices-gone", "notices-gone-text")
}

fn sentence(words: Words, status: StatusCode, title: &str, text: &str) -> Response {
    let title = words.say(title);
    let body = ErrorPage::of(title.clone(), words.say(text));
    (status, Page::new(words, title, body).of_site(words.say("wallet-title"))).into_response()
}

/// Writes the mails with the words of the catalogue.
#[derive(Clone, Copy, Debug, Default)]
pub struct CatalogueLetters;

impl NewsLetters for CatalogueLetters {
    fn asks(&self, language: &str, link: &str) -> (String, String) {
        let words = Words::new(Language::of_tag(language).unwrap_or_default());
        (words.say("notices-asks-subject"), words.say_with("notices-asks-mail", &[("link", link)]))
    }

    fn news(&self, language: &str, wallet: &str, stop: &str) -> (String, String) {
        let words = Words::new(Language::of_tag(language).unwrap_or_default());
        let text = words.say_with("notices-news-mail", &[("wallet", wallet), ("stop", stop)]);
        (words.say("notices-news-subject"), text)
    }
}

/// What the look of a member ends.
pub(crate) async fn note_look(notifier: &Notifier, unlocked: &Unlocked, site: &WalletWeb) {
    if let Err(error) = notifier.note_look(unlocked.desk.vault(), &site.environment).await {
        tracing::warn!(%error, "it could not be kept that the member looked");
    }
}
