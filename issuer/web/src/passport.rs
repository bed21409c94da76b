//! The page that gives a passport: a QR code and a link, then "now look into your mail".

use askama::Template;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use issuer::asking::REQUEST_LIFETIME;
use issuer::records::{AskedState, RequestKind};
use web::form::Fields;
use web::page::{CopyLink, LinkButton, Notice, Page, QrFigure, Waiting, WaitingStatus};
use web::session::SessionSecret;
use web::{ApiError, Words};

use crate::requests::{ask, session_hash};
use crate::site::{Failed, Site};

#[derive(Template)]
#[template(path = "passport.html")]
struct Start {
    words: Words,
    qr: QrFigure,
    link: CopyLink,
    open: LinkButton,
    waiting: Waiting,
    next: LinkButton,
}

#[derive(Template)]
#[template(path = "answer.html")]
struct Answer {
    title: String,
    text: String,
    waiting: Option<Waiting>,
    notice: Option<Notice>,
    again: Option<LinkButton>,
}

/// How far a request has come, for the browser that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Open,
    Answered,
    Refused,
    Ended,
}

impl Progress {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }
}

/// `GET /passport`: a fresh request.
pub(crate) async fn start(State(site): State<Site>, words: Words, headers: HeaderMap) -> Response {
    let known = SessionSecret::of_request(&headers);
    let is_new = known.is_none();
    let session =
        known.unwrap_or_else(|| SessionSecret::fresh(site.office.tenant().environment().randomness()));
    match start_page(&site, words, &session).await {
        Ok(page) if is_new => ([(SET_COOKIE, session.cookie(None))], page).into_response(),
        Ok(page) => page.into_response(),
        Err(failed) => failed.page(words),
    }
}

async fn start_page(site: &Site, words: Words, session: &SessionSecret) -> Result<Page<Start>, Failed> {
    let (asked, request) = ask(site, RequestKind::FirstPassport, Some(session_hash(session)), words).await?;
    let body = Start {
        words,
        qr: QrFigure::new(words, &request.link)?,
        link: CopyLink { words, id: "passport-link", link: request.link.clone() },
        open: LinkButton { href: request.link, label: words.say("open-wallet"), secondary: false },
        waiting: Waiting {
            words,
            status_url: format!("/passport/status?request={}", asked.id),
            state: Progress::Open.name(),
        },
        next: LinkButton { href: answer_path(&asked.id), label: words.say("passport-next"), secondary: true },
    };
    let page = Page::new(words, words.say("passport-title"), body).of_site(&site.office.identity().name);
    // Loading the page again would make another request, so it goes on by script, or by the button.
    Ok(page.with_copying().with_waiting_beside_a_form())
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
    match progress(&site, &id, &headers).await {
        Ok(progress) => {
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
        return web::errors::error_page(words, http::StatusCode::NOT_FOUND);
    };
    match progress(&site, &id, &headers).await {
        Ok(progress) => answer_page(&site, words, &id, progress),
        Err(failed) => failed.page(words),
    }
}

fn answer_page(site: &Site, words: Words, id: &str, progress: Progress) -> Response {
    let name = progress.name();
    let office = &site.office.identity().name;
    let title = words.say(&format!("passport-{name}-title"));
    let again = || LinkButton {
        href: "/passport".to_owned(),
        label: words.say("join-start-again"),
        secondary: false,
    };
    let body = Answer {
        title: title.clone(),
        text: words.say_with(&format!("passport-{name}-text"), &[("office", office)]),
        waiting: (progress == Progress::Open).then(|| Waiting {
            words,
            status_url: format!("/passport/status?request={id}"),
            state: name,
        }),
        notice: (progress == Progress::Answered).then(|| Notice {
            title: words.say("passport-wallet-title"),
            text: words.say("passport-wallet-text"),
            warning: false,
        }),
        again: matches!(progress, Progress::Refused | Progress::Ended).then(again),
    };
    let page = Page::new(words, title, body).of_site(office);
    if progress == Progress::Open { page.with_waiting().into_response() } else { page.into_response() }
}

async fn progress(site: &Site, id: &str, headers: &HeaderMap) -> Result<Progress, Failed> {
    let session = SessionSecret::of_request(headers).map(|session| session_hash(&session));
    let Some(asked) = site.office.asked(id, session).await? else { return Ok(Progress::Ended) };
    if asked.state == AskedState::Answered {
        return Ok(Progress::Answered);
    }
    if site.presentation.refusal(id).await?.is_some() {
        return Ok(Progress::Refused);
    }
    let now = site.office.tenant().environment().now().seconds();
    let ends = asked.at.saturating_add(REQUEST_LIFETIME);
    Ok(if now < ends { Progress::Open } else { Progress::Ended })
}

/// The request that a page speaks of: an identifier that needs no escaping, or nothing.
fn request_id(query: Option<String>) -> Result<String, ApiError> {
    let fields = Fields::parse(query.unwrap_or_default())?;
    let id = fields.required("request")?;
    let fits = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits { Ok(id.to_owned()) } else { Err(ApiError::not_found()) }
}

fn answer_path(id: &str) -> String {
    format!("/passport/answer?request={id}")
}
