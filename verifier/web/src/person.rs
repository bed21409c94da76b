//! The person at the screen: coming back on the same device, the digits on the phone, the digits typed.

use askama::Template;
use axum::Json;
use axum::extract::{FromRequest, RawQuery, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use openid4vc::secret::SecretText;
use openid4vc::vp::verifier::PersonError;
use presentation::PersonRefused;
use serde::Deserialize;
use web::csrf::{self, CsrfForm};
use web::form::Fields;
use web::page::{ErrorPage, LinkButton};
use web::session::SessionSecret;
use web::{ApiError, StrictJson, Words};

use crate::progress::{ANSWER, JOIN, Progress, TypeCode, answer_page, is_about_joining, look, status_of};
use crate::screen::{name_in, name_of};
use crate::signing_in::SIGNING_IN;
use crate::site::{Failed, SpaceWeb};

/// The address that the wallet opens.
pub(crate) struct Returned {
    pub(crate) request: SecretText,
    pub(crate) code: String,
}

impl Returned {
    pub(crate) fn read(query: Option<String>) -> Option<Self> {
        let fields = Fields::parse(query.unwrap_or_default()).ok()?;
        let request = SecretText::new(fields.required("request").ok()?);
        Some(Self { request, code: fields.required("response_code").ok()?.to_owned() })
    }
}

#[derive(Template)]
#[template(path = "refused.html")]
pub(crate) struct RefusedPage {
    pub(crate) said: ErrorPage,
    pub(crate) again: Option<LinkButton>,
}

#[derive(Template)]
#[template(path = "phone.html")]
struct Phone<'a> {
    words: Words,
    space: &'a str,
    first: String,
    second: String,
    care: &'a str,
}

/// `GET /join/return`: the wallet has sent its holder back on the device that asked.
pub(crate) async fn come_back(
    State(site): State<SpaceWeb>,
    words: Words,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(returned) = Returned::read(query) else {
        return web::errors::error_page(words, StatusCode::NOT_FOUND);
    };
    let session = name_in(&headers);
    match site.presentation.come_back(&returned.request, &returned.code, session.as_ref()).await {
        // A request of another kind ends at its own page.
        Ok(subject) if !is_about_joining(&subject) => Redirect::to(SIGNING_IN).into_response(),
        Ok(_) => Redirect::to(ANSWER).into_response(),
        Err(PersonRefused::Person(error)) => not_back(&site, words, session.as_ref(), error).await,
        Err(PersonRefused::Store(fault)) => Failed::from(fault).page(words),
        Err(_) => web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A page that is loaded twice in the right browser goes on; everything else is told.
async fn not_back(
    site: &SpaceWeb,
    words: Words,
    session: Option<&SecretText>,
    error: PersonError,
) -> Response {
    if error == PersonError::NotAwaited && is_signed_in(site, session).await {
        return Redirect::to(ANSWER).into_response();
    }
    let kind = match error {
        PersonError::OtherSession => "other-browser",
        PersonError::TooLate => "too-late",
        _ => "over",
    };
    refused_page(site, words, &format!("return-{kind}"), error, true)
}

async fn is_signed_in(site: &SpaceWeb, session: Option<&SecretText>) -> bool {
    let signed_in = [Progress::Joined, Progress::WithTheTeam, Progress::WaitingForAPlace, Progress::Declined];
    look(site, session).await.is_ok_and(|seen| signed_in.contains(&seen.progress))
}

fn refused_page(site: &SpaceWeb, words: Words, key: &str, error: PersonError, again: bool) -> Response {
    tracing::info!(reason = error.code(), "nobody was signed in");
    let title = words.say(&format!("{key}-title"));
    let text = words.say_with(&format!("{key}-text"), &[("space", site.name())]);
    let again = again.then(|| LinkButton {
        href: JOIN.to_owned(),
        label: words.say("join-start-again"),
        // Whoever was sent the request by somebody else should do nothing.
        secondary: error == PersonError::OtherSession,
    });
    let body = RefusedPage { said: ErrorPage::of(title.clone(), text), again };
    (status(error), site.page(words, title, body)).into_response()
}

pub(crate) fn status(error: PersonError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::FORBIDDEN)
}

/// `GET /join/phone`: the page on the phone after a QR code. It shows the digits; loaded again it shows others.
pub(crate) async fn phone(State(site): State<SpaceWeb>, words: Words, RawQuery(query): RawQuery) -> Response {
    let Some(returned) = Returned::read(query) else {
        return web::errors::error_page(words, StatusCode::NOT_FOUND);
    };
    match site.presentation.digits(&returned.request, &returned.code).await {
        Ok(digits) => digits_page(&site, words, digits.expose(), "phone-care-text"),
        Err(PersonRefused::Person(error)) => {
            let key = if error == PersonError::TooLate { "phone-late" } else { "phone-over" };
            refused_page(&site, words, key, error, false)
        }
        Err(PersonRefused::Store(fault)) => Failed::from(fault).page(words),
        Err(_) => web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// The digits; `care` is the message for whoever is not in front of that screen.
pub(crate) fn digits_page(site: &SpaceWeb, words: Words, digits: &str, care: &str) -> Response {
    let (first, second) = digits.split_at_checked(3).unwrap_or((digits, ""));
    let body = Phone { words, space: site.name(), first: first.to_owned(), second: second.to_owned(), care };
    site.page(words, words.say("phone-title"), body).into_response()
}

/// `GET /join/code`: whoever loads the address of the form again sees how far the sign-up has come.
pub(crate) async fn to_answer() -> Redirect {
    Redirect::to(ANSWER)
}

/// The digits, as a program sends them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    code: String,
}

/// `POST /join/code`: the digits are typed at the waiting screen, in a form or as JSON.
pub(crate) async fn code(State(site): State<SpaceWeb>, words: Words, request: Request) -> Response {
    let is_json = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.trim_start().to_ascii_lowercase().starts_with("application/json"));
    if is_json { code_as_json(&site, request).await } else { code_in_form(&site, words, request).await }
}

async fn code_as_json(site: &SpaceWeb, request: Request) -> Response {
    if csrf::same_origin(request.headers()).is_err() {
        let sentence = "digits are sent by this space's own pages and by programs";
        return ApiError::new(StatusCode::FORBIDDEN, "invalid_request", sentence).into_response();
    }
    let session = SessionSecret::of_request(request.headers());
    let typed = match StrictJson::<Typed>::from_request(request, site).await {
        Ok(StrictJson(typed)) => typed,
        Err(error) => return error.into_response(),
    };
    let Some(digits) = six_digits(&typed.code) else {
        return ApiError::bad_request("invalid_request", "the code has six digits").into_response();
    };
    let Some(session) = session else { return person_error(PersonError::OtherSession).into_response() };
    let name = name_of(&session);
    match site.presentation.type_digits(&name, &digits, is_about_joining).await {
        Ok(_) => match look(site, Some(&name)).await {
            Ok(seen) => Json(status_of(seen.progress)).into_response(),
            Err(failed) => failed.into_response(),
        },
        Err(PersonRefused::Person(error)) => person_error(error).into_response(),
        Err(PersonRefused::Store(fault)) => Failed::from(fault).into_response(),
        Err(_) => ApiError::internal().into_response(),
    }
}

fn person_error(error: PersonError) -> ApiError {
    ApiError::new(status(error), error.code(), error.to_string())
}

async fn code_in_form(site: &SpaceWeb, words: Words, request: Request) -> Response {
    let form = match CsrfForm::<TypeCode>::from_request(request, site).await {
        Ok(form) => form,
        Err(rejection) => return rejection.into_response(),
    };
    let typed = form.fields.optional("code").unwrap_or_default();
    let outcome = match six_digits(typed) {
        Some(digits) => {
            site.presentation.type_digits(&name_of(&form.session), &digits, is_about_joining).await
        }
        None => return again(site, words, &form.session, StatusCode::BAD_REQUEST, "code-digits").await,
    };
    match outcome {
        Ok(_) => Redirect::to(ANSWER).into_response(),
        Err(PersonRefused::Person(error)) => {
            let key = match wrong(site, &form.session, error).await {
                Ok(key) => key,
                Err(failed) => return failed.page(words),
            };
            again(site, words, &form.session, status(error), key).await
        }
        Err(PersonRefused::Store(fault)) => Failed::from(fault).page(words),
        Err(_) => web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// What is wrong with the digits, as a key of the catalogue.
async fn wrong(site: &SpaceWeb, session: &SessionSecret, error: PersonError) -> Result<&'static str, Failed> {
    Ok(match error {
        PersonError::WrongDigits => "code-wrong",
        PersonError::TooManyTries => "code-used-up",
        PersonError::NotAwaited
            if look(site, Some(&name_of(session))).await?.progress == Progress::CodeWanted =>
        {
            "code-not-shown"
        }
        _ => "code-late",
    })
}

async fn again(
    site: &SpaceWeb,
    words: Words,
    session: &SessionSecret,
    status: StatusCode,
    key: &str,
) -> Response {
    match answer_page(site, words, Some(session), status, Some(words.say(key))).await {
        Ok(response) => response,
        Err(failed) => failed.page(words),
    }
}

/// Six digits, typed with or without spaces and dashes.
pub(crate) fn six_digits(typed: &str) -> Option<String> {
    let digits: String =
        typed.chars().filter(|symbol| !symbol.is_whitespace() && *symbol != '-').take(7).collect();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}
