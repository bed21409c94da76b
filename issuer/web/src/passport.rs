//! The page that gives a passport: a QR code and a link, then "now look into your mail", and the mail once more.

use askama::Template;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use issuance::Opened;
use issuer::authorizing::Standing;
use issuer::email::MailAgain;
use issuer::records::{Asked, RequestKind};
use presentation::RequestState;
use web::csrf::{CsrfForm, Purpose};
use web::form::Fields;
use web::navigation::Navigation;
use web::page::{
    CopyLink, LinkButton, Look, Notice, Page, PostButton, QrFigure, Waiting, WaitingStatus, WalletButton,
};
use web::session::SessionSecret;
use web::{ApiError, Words};

use crate::authorize::{self, WaitingWallet};
use crate::requests::{ask, session_hash};
use crate::site::{Failed, Site};

#[derive(Template)]
#[template(path = "passport.html")]
struct Start {
    words: Words,
    qr: QrFigure,
    link: CopyLink,
    open: WalletButton,
    waiting: Waiting,
    next: LinkButton,
    waiting_wallet: Option<WaitingWallet>,
}

#[derive(Template)]
#[template(path = "answer.html")]
struct Answer {
    title: String,
    text: String,
    waiting: Option<Waiting>,
    /// The status address of a page that says how something ended while another answer may come: then it goes on.
    watched: Option<String>,
    state: &'static str,
    notice: Option<Notice>,
    mail_again: Option<PostButton>,
    again: Option<LinkButton>,
    cancel: Option<LinkButton>,
}

/// The form of the button that asks for another mail.
pub(crate) struct AskForMail;

impl Purpose for AskForMail {
    const NAME: &'static str = "office-mail-again";
}

/// How far a request has come, for the browser that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Open,
    Answered,
    /// A wallet waits for the code, and it can be given.
    Ready,
    Refused,
    Ended,
}

impl Progress {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Ready => "ready",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }
}

/// `GET /passport`: a fresh request, for a wallet that waits for a code where the address names an authorisation.
pub(crate) async fn start(
    State(site): State<Site>,
    words: Words,
    RawQuery(query): RawQuery,
    _: Navigation,
    headers: HeaderMap,
) -> Response {
    let opened = match authorize::opened(&site, query, &headers).await {
        Ok(opened) => opened,
        Err(refused) => return refused.page(&site, words),
    };
    if let Some(opened) = opened.as_ref().filter(|opened| opened.offered_to.is_some()) {
        return authorize::desk_page(&site, words, opened);
    }
    let known = SessionSecret::of_request(&headers);
    let is_new = known.is_none();
    let session =
        known.unwrap_or_else(|| SessionSecret::fresh(site.office.tenant().environment().randomness()));
    match start_page(&site, words, &session, opened).await {
        Ok(page) if is_new => ([(SET_COOKIE, session.cookie(None))], page).into_response(),
        Ok(page) => page.into_response(),
        Err(failed) => failed.page(words),
    }
}

async fn start_page(
    site: &Site,
    words: Words,
    session: &SessionSecret,
    opened: Option<Opened>,
) -> Result<Page<Start>, Failed> {
    let authorization = opened.as_ref().map(|opened| opened.id.as_str());
    let session = Some(session_hash(session));
    let (asked, request) = ask(site, RequestKind::FirstPassport, session, words, authorization).await?;
    let body = Start {
        words,
        qr: QrFigure::new(words, &request.link)?,
        link: CopyLink { words, id: "passport-link", link: request.link.clone() },
        open: WalletButton::new(words, words.say("open-wallet"), request.link),
        waiting: Waiting {
            words,
            status_url: format!("/passport/status?request={}", asked.id),
            state: Progress::Open.name().into(),
        },
        next: LinkButton { href: answer_path(&asked.id), label: words.say("passport-next"), secondary: true },
        waiting_wallet: opened.map(|opened| WaitingWallet::new(site, words, &opened)),
    };
    let page = Page::new(words, words.say("passport-title"), body).of_site(&site.office.identity().name);
    // Loading the page again would make another request, so it goes on by script, or by the button.
    Ok(page.with_copying().with_wallets().with_waiting_beside_a_form())
}

/// `GET /passport/status`.
pub(crate) async fn status(
    State(site): State<Site>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let id = match request_id(query) {
        Ok(id) => id,
        Err(error) => return error.into_response(),
    };
    match look(&site, &id, &headers).await {
        Ok((progress, _)) => {
            let location = (progress != Progress::Open).then(|| answer_path(&id));
            Json(WaitingStatus { state: progress.name(), location }).into_response()
        }
        Err(failed) => failed.into_response(),
    }
}

/// `GET /passport/answer`: what became of a request.
pub(crate) async fn answer(
    State(site): State<Site>,
    words: Words,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Ok(id) = request_id(query) else {
        return web::errors::error_page(words, StatusCode::NOT_FOUND);
    };
    match answer_page(&site, words, &id, &headers, None).await {
        Ok(page) => page,
        Err(failed) => failed.page(words),
    }
}

/// `POST /passport/mail`: the button that asks for another mail was pressed.
pub(crate) async fn mail_again(
    State(site): State<Site>,
    words: Words,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    _form: CsrfForm<AskForMail>,
) -> Response {
    let Ok(id) = request_id(query) else {
        return web::errors::error_page(words, StatusCode::NOT_FOUND);
    };
    match ask_for_mail(&site, words, &id, &headers).await {
        Ok(response) => response,
        Err(failed) => failed.page(words),
    }
}

async fn ask_for_mail(site: &Site, words: Words, id: &str, headers: &HeaderMap) -> Result<Response, Failed> {
    let (_, asked) = look(site, id, headers).await?;
    let outcome = match &asked {
        Some(asked) => site.office.mail_again(asked).await?,
        None => MailAgain::NotAwaited,
    };
    let (name, status) = match outcome {
        MailAgain::Sent => ("sent", StatusCode::OK),
        MailAgain::TooSoon => ("soon", StatusCode::TOO_MANY_REQUESTS),
        MailAgain::TooOften => ("often", StatusCode::TOO_MANY_REQUESTS),
        // The link was used meanwhile, or this is another browser: the page says how things are.
        MailAgain::NotAwaited => return Ok(Redirect::to(&answer_path(id)).into_response()),
    };
    let notice = Notice {
        title: words.say(&format!("passport-mail-{name}-title")),
        text: words.say(&format!("passport-mail-{name}-text")),
        warning: outcome != MailAgain::Sent,
    };
    Ok((status, answer_page(site, words, id, headers, Some(notice)).await?).into_response())
}

/// What became of a request; `said` is what another mail came to.
async fn answer_page(
    site: &Site,
    words: Words,
    id: &str,
    headers: &HeaderMap,
    said: Option<Notice>,
) -> Result<Response, Failed> {
    let (progress, asked) = look(site, id, headers).await?;
    if progress == Progress::Ready {
        return Ok(Redirect::to(&authorize::return_path(id)).into_response());
    }
    let name = progress.name();
    let opened = match &asked {
        Some(asked) => site.office.opened_for(asked).await?,
        None => None,
    };
    let status_url = format!("/passport/status?request={id}");
    let waits_for_mail = progress == Progress::Answered && opened.is_some();
    let office = &site.office.identity().name;
    let title = words.say(&format!("passport-{name}-title"));
    let again = || LinkButton {
        href: opened
            .as_ref()
            .map_or_else(|| "/passport".to_owned(), |opened| authorize::page_path(&opened.id)),
        label: words.say("join-start-again"),
        secondary: false,
    };
    let then = || match &opened {
        None => Notice {
            title: words.say("passport-wallet-title"),
            text: words.say("passport-wallet-text"),
            warning: false,
        },
        Some(opened) => authorize::after_mail(words, opened),
    };
    let body = Answer {
        title: title.clone(),
        text: words.say_with(&format!("passport-{name}-text"), &[("office", office)]),
        waiting: (progress == Progress::Open).then(|| Waiting {
            words,
            status_url: status_url.clone(),
            state: name.into(),
        }),
        watched: (progress == Progress::Refused || waits_for_mail).then_some(status_url),
        state: name,
        notice: said.or_else(|| (progress == Progress::Answered).then(then)),
        mail_again: mail_button(site, words, asked.as_ref(), headers).await?,
        again: matches!(progress, Progress::Refused | Progress::Ended).then(again),
        cancel: opened.as_ref().map(|opened| authorize::cancel_link(words, opened)),
    };
    let page = Page::new(words, title, body).of_site(office);
    Ok(match progress {
        Progress::Open => page.with_waiting(),
        Progress::Answered if waits_for_mail => page.with_waiting(),
        Progress::Refused => page.with_waiting_beside_a_form(),
        _ => page,
    }
    .into_response())
}

/// The button that asks for another mail, as long as one would be sent.
async fn mail_button(
    site: &Site,
    words: Words,
    asked: Option<&Asked>,
    headers: &HeaderMap,
) -> Result<Option<PostButton>, Failed> {
    let (Some(asked), Some(session)) = (asked, SessionSecret::of_request(headers)) else { return Ok(None) };
    if !site.office.may_mail_again(asked).await? {
        return Ok(None);
    }
    Ok(Some(PostButton {
        action: format!("/passport/mail?request={}", asked.id),
        csrf: site.csrf.token::<AskForMail>(&session.id()),
        label: words.say("passport-mail-again"),
        look: Look::Secondary,
    }))
}

/// How far the request has come that this browser asked for, and the request.
async fn look(site: &Site, id: &str, headers: &HeaderMap) -> Result<(Progress, Option<Asked>), Failed> {
    let session = SessionSecret::of_request(headers).map(|session| session_hash(&session));
    let Some(asked) = site.office.asked(id, session).await? else { return Ok((Progress::Ended, None)) };
    if asked.application.is_some() {
        let progress = match site.office.authorizing(&asked).await? {
            _ if asked.authorization.is_none() => Progress::Answered,
            Standing::Awaited => Progress::Answered,
            Standing::Ready | Standing::Refused => Progress::Ready,
            Standing::Over => Progress::Ended,
        };
        return Ok((progress, Some(asked)));
    }
    let progress = match site.presentation.state_at_screen(id).await? {
        Some(RequestState::Waiting) => Progress::Open,
        Some(RequestState::Refused(_)) => Progress::Refused,
        _ => Progress::Ended,
    };
    Ok((progress, Some(asked)))
}

/// The request that a page speaks of: an identifier that needs no escaping, or nothing.
pub(crate) fn request_id(query: Option<String>) -> Result<String, ApiError> {
    let fields = Fields::parse(query.unwrap_or_default())?;
    let id = fields.required("request")?;
    let fits = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits { Ok(id.to_owned()) } else { Err(ApiError::not_found()) }
}

fn answer_path(id: &str) -> String {
    format!("/passport/answer?request={id}")
}
