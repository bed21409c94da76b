//! *Sign in with* the login that the space has already: there, back, and the membership for the wallet (decision 0042).
//!
//! What is under way is bound to the browser by a cookie of its own. Whoever loads the last page again begins again: its code is used.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use issuance::Offered;
use openid4vc::form::Form as Parameters;
use verifier::login::{Browser, BrowserKey, LoginRefused};
use web::Words;
use web::navigation::Navigation;
use web::page::{CopyLink, ErrorPage, LinkButton, QrFigure, WalletButton};
use web::session::SessionSecret;

use crate::join::left;
use crate::no_passport::NO_PASSPORT;
use crate::person::RefusedPage;
use crate::screen::name_of;
use crate::site::{Failed, SpaceWeb};

/// Where it begins.
pub(crate) const LOGIN: &str = "/no-passport/login";
/// The browser's part of it.
const COOKIE: &str = "__Host-login";
/// Seconds for which the browser keeps it, as long as the request waits.
const KEPT: u32 = 600;
/// Longest answer, in bytes.
const LONGEST: usize = 8_192;

/// `GET /no-passport/login`: on to the login.
pub(crate) async fn start(
    State(site): State<SpaceWeb>,
    words: Words,
    _: Navigation,
    headers: HeaderMap,
) -> Response {
    let secret = SessionSecret::of_cookie(&headers, COOKIE)
        .unwrap_or_else(|| SessionSecret::fresh(site.environment().randomness()));
    let response = match site.space.start_login(&browser(&secret)).await {
        Ok(address) => {
            ([(SET_COOKIE, secret.cookie_named(COOKIE, Some(KEPT)))], Redirect::to(&address)).into_response()
        }
        Err(refused) => refused_page(&site, words, refused),
    };
    never_kept(response)
}

/// `GET /no-passport/login/return`: back from the login.
pub(crate) async fn come_back(
    State(site): State<SpaceWeb>,
    words: Words,
    _: Navigation,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let finished = match finish(&site, &query.unwrap_or_default(), &headers).await {
        Ok(offered) => offer_page(&site, words, offered),
        Err(refused) => Ok(refused_page(&site, words, refused)),
    };
    never_kept(finished.unwrap_or_else(|failed| failed.page(words)))
}

async fn finish(site: &SpaceWeb, query: &str, headers: &HeaderMap) -> Result<Offered, LoginRefused> {
    if site.space.login_label().is_none() {
        return Err(LoginRefused::NotHere);
    }
    let secret = SessionSecret::of_cookie(headers, COOKIE);
    let answer = Some(query).filter(|query| query.len() <= LONGEST).map(Parameters::from_query);
    // A parameter that comes twice makes the answer none (RFC 6749 §3.1).
    let (Some(secret), Some(Ok(answer))) = (secret, answer) else { return Err(LoginRefused::NotBegunHere) };
    site.space.finish_login(&answer, &browser(&secret)).await
}

fn browser(secret: &SessionSecret) -> Browser {
    Browser { name: name_of(secret), key: BrowserKey::new(*secret.key("login")) }
}

#[derive(Template)]
#[template(path = "login.html")]
struct OfferPage<'a> {
    words: Words,
    title: String,
    space: &'a str,
    open: WalletButton,
    qr: QrFigure,
    link: CopyLink,
    next: LinkButton,
}

fn offer_page(site: &SpaceWeb, words: Words, offered: Offered) -> Result<Response, Failed> {
    let title = words.say_with("login-offer-title", &[("space", site.name())]);
    let body = OfferPage {
        words,
        title: title.clone(),
        space: site.name(),
        open: WalletButton::new(words, words.say("join-offer-open"), offered.by_value),
        qr: QrFigure::new(words, &offered.by_reference)?,
        link: CopyLink { words, id: "login-offer", link: offered.by_reference },
        next: LinkButton {
            href: NO_PASSPORT.to_owned(),
            label: words.say("login-offer-next"),
            secondary: true,
        },
    };
    let page = site.page(words, title, body).with_copying().with_wallets().wide();
    Ok(([(SET_COOKIE, no_cookie())], page).into_response())
}

fn refused_page(site: &SpaceWeb, words: Words, refused: LoginRefused) -> Response {
    let (status, kind) = match &refused {
        LoginRefused::Space(verifier::SpaceError::Left) => return left(site, words),
        LoginRefused::NotHere => return web::errors::error_page(words, StatusCode::NOT_FOUND),
        LoginRefused::TooMany => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        LoginRefused::Unreachable => (StatusCode::SERVICE_UNAVAILABLE, "silent"),
        LoginRefused::Unusable(_) | LoginRefused::Failed => (StatusCode::BAD_GATEWAY, "failed"),
        LoginRefused::NotBegunHere => (StatusCode::FORBIDDEN, "over"),
        LoginRefused::Denied => (StatusCode::FORBIDDEN, "denied"),
        LoginRefused::NotAMember => (StatusCode::FORBIDDEN, "not-a-member"),
        LoginRefused::Ended => (StatusCode::FORBIDDEN, "ended"),
        LoginRefused::EnoughCopies => (StatusCode::CONFLICT, "enough"),
        LoginRefused::TooOften => (StatusCode::TOO_MANY_REQUESTS, "too-often"),
        _ => {
            tracing::error!(error = %refused, "nobody could be signed in by the space's own login");
            return web::errors::error_page(words, status_of(&refused));
        }
    };
    tracing::info!(reason = kind, "nobody was signed in by the space's own login");
    let login = site.space.login_label().unwrap_or_default();
    let names = [("space", site.name()), ("login", login)];
    let title = words.say_with(&format!("login-{kind}-title"), &names);
    let text = words.say_with(&format!("login-{kind}-text"), &names);
    // Beginning again helps nobody whom the login does not know as a member.
    let helps = !matches!(refused, LoginRefused::Ended | LoginRefused::EnoughCopies | LoginRefused::TooOften);
    let again = helps.then(|| button(words, login, true));
    let body = RefusedPage { said: ErrorPage::of(title.clone(), text), again };
    let mut response = (status, site.page(words, title, body)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}

fn status_of(refused: &LoginRefused) -> StatusCode {
    match refused {
        LoginRefused::Space(verifier::SpaceError::Store(_)) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// *Sign in with …*
pub(crate) fn button(words: Words, login: &str, secondary: bool) -> LinkButton {
    let label = words.say_with("login-button", &[("login", login)]);
    LinkButton { href: LOGIN.to_owned(), label, secondary }
}

fn no_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-login=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

fn never_kept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
