//! Joining by number: the number and an e-mail address are typed, and the rest happens in the wallet's mailbox.
//!
//! Whoever types learns nothing about the number but a mistyped symbol: the answer is the same for every number, nothing is
//! looked up before it is given, and the invitation is sent by a job.

use std::convert::Infallible;
use std::net::IpAddr;

use askama::Template;
use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Redirect, Response};
use did::number::{NumberError, PassportNumber};
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use outbound::mail::is_address;
use verifier::invitations::records::{InvitedBy, Purpose as InvitedTo};
use verifier::invitations::{InviteError, NewInvitation, Whom};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::Fields;
use web::limits::client_key;
use web::page::{ErrorPage, ErrorSummary};
use web::proxies;
use web::session::SessionSecret;

use crate::join::nobody_joins;
use crate::site::{Failed, SpaceWeb};

/// Where the number is typed.
pub(crate) const BY_NUMBER: &str = "/join/number";
const SENT: &str = "/join/number/sent";
/// Longest text that is taken for a number or an address.
const LONGEST: usize = 300;

/// The form with the number.
pub(crate) struct TypeNumber;

impl Purpose for TypeNumber {
    const NAME: &'static str = "space-join-by-number";
}

#[derive(Template)]
#[template(path = "by_number.html")]
struct ByNumber<'a> {
    words: Words,
    space: &'a str,
    csrf: String,
    summary: ErrorSummary,
    number: Field,
    email: Field,
}

#[derive(Template)]
#[template(path = "number_sent.html")]
struct Sent<'a> {
    words: Words,
    space: &'a str,
}

/// A field with what was typed, and what is wrong with it.
#[derive(Default)]
struct Field {
    value: String,
    error: Option<String>,
}

/// `GET /join/number`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, headers: HeaderMap) -> Response {
    match site.open_form().await {
        Ok(Some(_)) => {}
        Ok(None) => return nobody_joins(&site, words).await,
        Err(failed) => return failed.page(words),
    }
    let known = SessionSecret::of_request(&headers);
    let is_new = known.is_none();
    let session = known.unwrap_or_else(|| SessionSecret::fresh(site.environment().randomness()));
    let page = form_page(&site, words, &session, StatusCode::OK, Typed::default());
    if is_new { ([(SET_COOKIE, session.cookie(None))], page).into_response() } else { page }
}

/// What was typed.
#[derive(Default)]
struct Typed {
    number: Field,
    email: Field,
}

impl Typed {
    /// Reads both fields; whom to invite, if both can be read.
    fn read(words: Words, fields: &Fields) -> (Self, Option<Whom>) {
        let text = |name| fields.optional(name).unwrap_or_default().trim().chars().take(LONGEST).collect();
        let (number, email): (String, String) = (text("number"), text("email"));
        let read = if number.is_empty() { Err(NumberError::Length) } else { PassportNumber::parse(&number) };
        let number_error =
            read.as_ref().err().map(|error| words.say(wrong_number(*error, number.is_empty())));
        let email_error = (!is_address(&email)).then(|| words.say("number-email-wrong"));
        let whom = read
            .ok()
            .filter(|_| email_error.is_none())
            .map(|number| Whom::NumberAndEmail(number, email.clone()));
        let typed = Self {
            number: Field { value: number, error: number_error },
            email: Field { value: email, error: email_error },
        };
        (typed, whom)
    }
}

/// What is wrong with a number, as a key of the catalogue.
const fn wrong_number(error: NumberError, is_empty: bool) -> &'static str {
    match error {
        _ if is_empty => "number-missing",
        NumberError::Check => "number-mistyped",
        NumberError::Symbol => "number-symbol",
        _ => "number-length",
    }
}

/// The client that sends a form, as far as limits care.
pub(crate) struct Client(pub(crate) IpAddr);

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(client_key(proxies::client(&parts.extensions))))
    }
}

/// `POST /join/number`.
pub(crate) async fn invite(
    State(site): State<SpaceWeb>,
    words: Words,
    Client(client): Client,
    form: CsrfForm<TypeNumber>,
) -> Response {
    let open = match site.open_form().await {
        Ok(Some(open)) => open,
        Ok(None) => return nobody_joins(&site, words).await,
        Err(failed) => return failed.page(words),
    };
    let (typed, whom) = Typed::read(words, &form.fields);
    let Some(whom) = whom else {
        return form_page(&site, words, &form.session, StatusCode::BAD_REQUEST, typed);
    };
    if site.typed.take(&client).is_err() {
        return too_many(&site, words);
    }
    let new = NewInvitation {
        whom,
        purpose: InvitedTo::SignUp,
        form: Some(open.id),
        by: InvitedBy::Page,
        seconds: None,
        language: words.tag().to_owned(),
    };
    match site.space.invite(&new).await {
        Ok(_) => Redirect::to(SENT).into_response(),
        Err(InviteError::TooMany) => too_many(&site, words),
        Err(InviteError::Space(error)) => Failed::from(error).page(words),
        Err(error) => {
            tracing::error!(%error, "an invitation could not be made");
            web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// `GET /join/number/sent`: the same for every number.
pub(crate) async fn sent(State(site): State<SpaceWeb>, words: Words) -> Response {
    let body = Sent { words, space: site.name() };
    site.page(words, words.say("number-sent-title"), body).into_response()
}

fn too_many(site: &SpaceWeb, words: Words) -> Response {
    let title = words.say("number-too-many-title");
    let text = words.say_with("number-too-many-text", &[("space", site.name())]);
    let page = site.page(words, title.clone(), ErrorPage::of(title, text));
    (StatusCode::TOO_MANY_REQUESTS, page).into_response()
}

fn form_page(
    site: &SpaceWeb,
    words: Words,
    session: &SessionSecret,
    status: StatusCode,
    typed: Typed,
) -> Response {
    let wrong = [("number", &typed.number.error), ("email", &typed.email.error)];
    let errors = wrong.into_iter().filter_map(|(name, error)| Some((name.to_owned(), error.clone()?)));
    let is_wrong = typed.number.error.is_some() || typed.email.error.is_some();
    let body = ByNumber {
        words,
        space: site.name(),
        csrf: site.csrf.token::<TypeNumber>(&session.id()),
        summary: ErrorSummary { words, errors: errors.collect() },
        number: typed.number,
        email: typed.email,
    };
    let title = words.say_with("number-title", &[("space", site.name())]);
    let title = if is_wrong { format!("{} – {title}", words.say("error-summary-title")) } else { title };
    (status, site.page(words, title, body)).into_response()
}
