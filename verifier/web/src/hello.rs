//! Saying hello to somebody in the directory, and what the wallet of whoever was greeted says (specs/hello.md).

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use network::hello::{HelloId, HelloResponse, HelloText, LONGEST_RESPONSE, LONGEST_TEXT};
use serde_json::json;
use verifier::community::hello::responding::NotTaken;
use verifier::community::hello::{NotSaid, Standing};
use verifier::community::people::path_of;
use verifier::records::Member;
use web::csrf::{CsrfForm, Purpose};
use web::session::SessionSecret;
use web::{ApiError, Words};

use crate::member_page::day;
use crate::people;
use crate::screen::name_of;
use crate::signing_in::SIGNING_IN;
use crate::site::{Failed, SpaceWeb};

/// The form of a person's page.
pub(crate) struct SayHello;

impl Purpose for SayHello {
    const NAME: &'static str = "space-say-hello";
}

/// What a person's page offers a member who is signed in: to say hello, or why not.
#[derive(Template)]
#[template(path = "say_hello.html")]
pub(crate) struct Hello {
    words: Words,
    action: String,
    csrf: String,
    space: String,
    /// Where a hello can be said: what was typed, and what was wrong with it.
    form: Option<(String, Option<String>)>,
    /// What is so instead.
    said: Option<String>,
    longest: usize,
}

impl Hello {
    /// Without a member, or at one's own page, there is nothing.
    pub(crate) async fn of(
        site: &SpaceWeb,
        words: Words,
        headers: &HeaderMap,
        listing: &str,
        typed: Option<(String, Option<String>)>,
    ) -> Result<Option<Self>, Failed> {
        let Some(session) = SessionSecret::of_request(headers) else { return Ok(None) };
        let Some(signed_in) = site.space.signed_in(&name_of(&session)).await? else { return Ok(None) };
        let Some(standing) = site.space.hello_standing(&signed_in.member, listing).await? else {
            return Ok(None);
        };
        let said = match standing {
            Standing::Yourself => return Ok(None),
            Standing::MaySay => None,
            Standing::Said(at) => Some(words.say_with("hello-said", &[("date", &day(at))])),
            Standing::Nameless => Some(words.say("hello-nameless")),
            Standing::NoInbox => Some(words.say("hello-no-inbox")),
            Standing::Unreachable => Some(words.say("hello-unreachable")),
        };
        Ok(Some(Self {
            words,
            action: format!("{}/hello", path_of(listing)),
            csrf: site.csrf.token::<SayHello>(&session.id()),
            space: site.name().to_owned(),
            form: said.is_none().then(|| typed.unwrap_or_default()),
            said,
            longest: LONGEST_TEXT,
        }))
    }
}

/// A template of its own, which escapes what it shows.
impl HtmlSafe for Hello {}

impl fmt::Debug for Hello {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hello")
    }
}

/// `POST /people/{id}/hello`.
pub(crate) async fn say(
    State(site): State<SpaceWeb>,
    words: Words,
    headers: HeaderMap,
    Path(id): Path<String>,
    form: CsrfForm<SayHello>,
) -> Response {
    let member = match site.space.signed_in(&name_of(&form.session)).await {
        Ok(Some(signed_in)) => signed_in.member,
        Ok(None) => return Redirect::to(SIGNING_IN).into_response(),
        Err(error) => return Failed::from(error).page(words),
    };
    let typed = form.fields.optional("text").unwrap_or_default();
    match said(&site, &member, &id, typed).await {
        Ok(()) => Redirect::to(&path_of(&id)).into_response(),
        Err(Refused::Nobody) => people::nobody(words),
        Err(Refused::Failed(failed)) => failed.page(words),
        Err(Refused::Because(key, status)) => {
            let typed = Some((typed.to_owned(), Some(words.say(key))));
            people::with_hello(&site, words, &headers, &id, typed, status).await
        }
    }
}

enum Refused {
    Nobody,
    Because(&'static str, StatusCode),
    Failed(Failed),
}

async fn said(site: &SpaceWeb, member: &Member, listing: &str, typed: &str) -> Result<(), Refused> {
    let wrong = |key| Refused::Because(key, StatusCode::UNPROCESSABLE_ENTITY);
    let text = HelloText::parse(typed).map_err(|_| wrong("hello-wrong-text"))?;
    site.space.say_hello(member, listing, &text).await.map_err(|refused| match refused {
        NotSaid::Nobody => Refused::Nobody,
        NotSaid::TooMany => Refused::Because("hello-too-many", StatusCode::TOO_MANY_REQUESTS),
        NotSaid::TooManyThere => Refused::Because("hello-too-many-there", StatusCode::TOO_MANY_REQUESTS),
        NotSaid::Space(error) => Refused::Failed(error.into()),
        // The page says by itself why not.
        _ => wrong("hello-not-sent"),
    })
}

/// `POST /hello/{id}`: an answer, a block or a report, by the wallet that knows the identifier. Whatever is so of a hello that is not
/// open, the answer is one.
pub(crate) async fn respond(
    State(site): State<SpaceWeb>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match responded(&site, &id, &headers, &body).await {
        Ok(()) => ([(CACHE_CONTROL, "no-store")], Json(json!({}))).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn responded(site: &SpaceWeb, id: &str, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        let sentence = "a response to a hello is sent as application/json";
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", sentence));
    }
    if body.len() > LONGEST_RESPONSE {
        let sentence = "a response to a hello is shorter than that";
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", sentence));
    }
    let malformed =
        |error: network::hello::HelloError| ApiError::bad_request("invalid_request", error.to_string());
    let response = HelloResponse::from_json(body).map_err(malformed)?;
    let id = HelloId::parse(id).map_err(|_| ApiError::not_found())?;
    site.space.respond_to_hello(&id, &response).await.map_err(|refused| match refused {
        NotTaken::Nothing => ApiError::not_found(),
        NotTaken::Space(error) => Failed::from(error).into(),
        _ => ApiError::not_found(),
    })
}
