//! The link in the mail: a page with one button, and what happened when it was pressed.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use issuer::email::{LinkOutcome, LinkStanding};
use openid4vc::secret::{SecretHash, SecretText};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::page::{ErrorPage, Look, Page, PostButton};
use web::session::SessionSecret;

use crate::requests::session_hash;
use crate::site::{Failed, Site};

/// The form behind the link.
pub(crate) struct ConfirmEmail;

impl Purpose for ConfirmEmail {
    const NAME: &'static str = "office-confirm-email";
}

#[derive(Template)]
#[template(path = "email.html")]
struct Confirm {
    words: Words,
    office: String,
    /// What happens then, where a wallet waits for it.
    wallet: Option<String>,
    button: PostButton,
}

/// `GET /email/{token}`: shows the button; looking uses nothing up.
pub(crate) async fn show(
    State(site): State<Site>,
    Path(token): Path<String>,
    words: Words,
    headers: HeaderMap,
) -> Response {
    let token = SecretText::new(token);
    match site.office.link(&token, session_of(&headers)).await {
        Ok(LinkStanding::Open { wallet }) => confirm_page(&site, words, &token, &headers, wallet),
        Ok(LinkStanding::OtherBrowser) => outcome_page(&site, words, LinkOutcome::OtherBrowser),
        Ok(LinkStanding::Over) => outcome_page(&site, words, LinkOutcome::Expired),
        Ok(LinkStanding::UsedUp) => outcome_page(&site, words, LinkOutcome::UsedUp),
        Err(error) => Failed::from(error).page(words),
    }
}

fn session_of(headers: &HeaderMap) -> Option<SecretHash> {
    SessionSecret::of_request(headers).map(|session| session_hash(&session))
}

fn confirm_page(
    site: &Site,
    words: Words,
    token: &SecretText,
    headers: &HeaderMap,
    wallet: Option<String>,
) -> Response {
    let known = SessionSecret::of_request(headers);
    let is_new = known.is_none();
    let session =
        known.unwrap_or_else(|| SessionSecret::fresh(site.office.tenant().environment().randomness()));
    let office = site.office.identity().name.clone();
    let button = PostButton {
        // The token is one of ours, so it needs no escaping.
        action: format!("/email/{}", token.expose()),
        csrf: site.csrf.token::<ConfirmEmail>(&session.id()),
        label: words.say("email-confirm"),
        look: Look::Main,
    };
    let wallet = wallet.map(|host| words.say_with("email-wallet", &[("host", &host)]));
    let body = Confirm { words, office: office.clone(), wallet, button };
    let page = Page::new(words, words.say("email-title"), body).of_site(office);
    if is_new { ([(SET_COOKIE, session.cookie(None))], page).into_response() } else { page.into_response() }
}

/// `POST /email/{token}`: the button was pressed.
pub(crate) async fn confirm(
    State(site): State<Site>,
    Path(token): Path<String>,
    words: Words,
    headers: HeaderMap,
    _form: CsrfForm<ConfirmEmail>,
) -> Response {
    match site.office.confirm_email(&SecretText::new(token), session_of(&headers)).await {
        Ok(outcome) => outcome_page(&site, words, outcome),
        Err(error) => Failed::from(error).page(words),
    }
}

fn outcome_page(site: &Site, words: Words, outcome: LinkOutcome) -> Response {
    let (name, status) = match outcome {
        LinkOutcome::Confirmed => ("done", StatusCode::OK),
        LinkOutcome::Expired => ("old", StatusCode::GONE),
        LinkOutcome::UsedUp => ("expired", StatusCode::GONE),
        LinkOutcome::OtherBrowser => ("elsewhere", StatusCode::FORBIDDEN),
    };
    let title = words.say(&format!("email-{name}-title"));
    let body = ErrorPage::of(title.clone(), words.say(&format!("email-{name}-text")));
    (status, Page::new(words, title, body).of_site(&site.office.identity().name)).into_response()
}
