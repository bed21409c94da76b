//! *Sign in with Passport*: the page with a request for each way, and the person at the screen, as where somebody joins
//! (design: who is at the screen?).
//!
//! What is asked is a membership of this space, and what follows is a session under a fresh secret ([`verifier::portal`]).

use askama::Template;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use openid4vc::secret::SecretText;
use openid4vc::vp::link::RequestUriMethod;
use openid4vc::vp::verifier::PersonError;
use presentation::{
    AskedRequest, Asking, ClientIdentifier, PersonRefused, RequestState, ScreenState, Way, for_use,
};
use verifier::asking::REQUEST_LIFETIME;
use verifier::community::visiting::is_about_visiting;
use verifier::portal::{SIGN_IN, is_about_signing_in};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::QueryFields;
use web::navigation::Navigation;
use web::page::{CodeEntry, ErrorPage, LinkButton, Waiting, WaitingStatus};
use web::session::SessionSecret;

use crate::connect;
use crate::member_page::MEMBER;
use crate::people::PEOPLE;
use crate::person::{RefusedPage, Returned, digits_page, six_digits, status};
use crate::screen::{Screen, name_in, name_of};
use crate::site::{Failed, SpaceWeb};
use crate::two_ways::TwoWays;

/// Where somebody signs in.
pub(crate) const SIGNING_IN: &str = "/sign-in";
/// Where a browser looks how far it has come.
const ANSWER: &str = "/sign-in/answer";
const STATUS: &str = "/sign-in/status";
const CODE: &str = "/sign-in/code";

/// The form with the six digits.
pub(crate) struct TypeSignInCode;

impl Purpose for TypeSignInCode {
    const NAME: &'static str = "space-sign-in-code";
}

/// How far a browser has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SigningIn {
    /// Nobody has answered.
    Waiting,
    /// Somebody has answered; the digits on the phone are to be typed here.
    CodeWanted,
    /// The person at this screen is known, and has no session yet: what the request was about.
    Known(String),
    /// Somebody is signed in here.
    Done,
    /// A member of another space of the brand is here, who may see the directory.
    Visiting,
    /// The member chose not to show the membership.
    NotShared,
    /// What was shown could not be taken.
    NotTaken,
    /// The request has ended.
    Expired,
    /// Nothing is open at this screen, or somebody answered who was not shown to be here.
    Ended,
}

impl SigningIn {
    const fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::CodeWanted => "code-wanted",
            Self::Known(_) | Self::Done | Self::Visiting => "signed-in",
            Self::NotShared => "not-shared",
            Self::NotTaken => "not-taken",
            Self::Expired => "expired",
            Self::Ended => "ended",
        }
    }
}

/// The requests to sign in of the browser whose session is named `screen`.
pub(crate) async fn asked_at_screen(
    site: &SpaceWeb,
    screen: &SecretText,
) -> Result<Vec<(String, RequestState)>, Failed> {
    Ok(site.presentation.requests_at_screen(screen, is_about_signing_in).await?)
}

/// How far the browser whose session is named `screen` has come.
pub(crate) async fn look(site: &SpaceWeb, screen: Option<&SecretText>) -> Result<SigningIn, Failed> {
    let Some(screen) = screen else { return Ok(SigningIn::Ended) };
    if site.space.signed_in(screen).await?.is_some() {
        return Ok(SigningIn::Done);
    }
    if site.space.visit(screen).await?.is_some() {
        return Ok(SigningIn::Visiting);
    }
    let Some((subject, state)) = site.presentation.screen(screen, is_about_signing_in).await? else {
        return Ok(SigningIn::Ended);
    };
    Ok(match state {
        ScreenState::Waiting => unless_over(site, screen, SigningIn::Waiting).await?,
        ScreenState::Expired => unless_over(site, screen, SigningIn::Expired).await?,
        ScreenState::CodeWanted => SigningIn::CodeWanted,
        ScreenState::SignedIn => SigningIn::Known(subject),
        ScreenState::Ended => SigningIn::Ended,
    })
}

/// One of the page's requests may be over while the other is open, as where somebody joins.
async fn unless_over(
    site: &SpaceWeb,
    screen: &SecretText,
    otherwise: SigningIn,
) -> Result<SigningIn, Failed> {
    for (_, state) in asked_at_screen(site, screen).await? {
        match state {
            // This screen is neither signed in nor waits for digits: they were not typed.
            RequestState::Accepted => return Ok(SigningIn::Ended),
            RequestState::Refused(code) => match code.as_str() {
                "temporarily_unavailable" | "status_unknown" | "session_mismatch" => {}
                "access_denied" => return Ok(SigningIn::NotShared),
                _ => return Ok(SigningIn::NotTaken),
            },
            RequestState::Waiting | RequestState::Expired => {}
        }
    }
    Ok(otherwise)
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    words: Words,
    space: &'a str,
    intro: String,
    /// Which site wants it, where one does.
    asks: Option<String>,
    ways: TwoWays,
    join: bool,
}

/// `GET /sign-in`: a fresh request for each way.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    _: Navigation,
    headers: HeaderMap,
    QueryFields(query): QueryFields,
) -> Response {
    let whose = if query.optional("of") == Some("brand") { Whose::OfBrand } else { Whose::Here };
    match sign_in_page(&site, words, &headers, whose).await {
        Ok(response) => response,
        Err(failed) => failed.page(words),
    }
}

/// A membership of which space is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Of this one.
    Here,
    /// Of another one of the brand, for the directory alone.
    OfBrand,
}

async fn sign_in_page(
    site: &SpaceWeb,
    words: Words,
    headers: &HeaderMap,
    whose: Whose,
) -> Result<Response, Failed> {
    let before = name_in(headers);
    match look(site, before.as_ref()).await? {
        SigningIn::Done => return Ok(Redirect::to(MEMBER).into_response()),
        SigningIn::CodeWanted => return Ok(Redirect::to(ANSWER).into_response()),
        // What was shown may have been used, as by a browser that never got the answer to it: then it begins anew.
        SigningIn::Known(subject) => {
            if let Some((cookie, to)) = begin_session(site, &subject, before.as_ref()).await? {
                return Ok(([(SET_COOKIE, cookie)], Redirect::to(to)).into_response());
            }
        }
        _ => {}
    }
    let screen = Screen::for_signing_in(site, headers).await?;
    let session = screen.name().hash();
    let here = ask(site, Way::SameDevice { session }, whose).await?;
    let there = ask(site, Way::OtherDevice { session }, whose).await?;
    let (Some(here), Some(there)) = (here, there) else { return Ok(not_here(site, words)) };
    let ways = TwoWays::new(words, "sign-in-link", here.link, there.link, waiting(words))?;
    let body = SignInPage {
        words,
        space: site.name(),
        intro: words.say_with(whose.intro(), &[("space", site.name())]),
        asks: connect::asks_here(site, headers).await?.map(|(name, host)| {
            words.say_with("sign-in-for-site", &[("site", &name), ("host", &host), ("space", site.name())])
        }),
        ways: ways.going_on(ANSWER, words.say("sign-in-next")),
        join: site.may_join().await?,
    };
    let title = words.say_with("sign-in-title", &[("space", site.name())]);
    let page = site.page(words, title, body);
    // Loading this page again makes other requests: it goes on by script, or by its button.
    Ok(screen.give_cookie(page.with_copying().with_wallets().with_waiting_beside_a_form().wide()))
}

/// Where the network's operator has not registered that this space signs members in.
fn not_here(site: &SpaceWeb, words: Words) -> Response {
    let title = words.say("sign-in-not-here-title");
    let text = words.say_with("sign-in-not-here-text", &[("space", site.name())]);
    let page = site.page(words, title.clone(), ErrorPage::of(title, text));
    (StatusCode::NOT_FOUND, page).into_response()
}

impl Whose {
    const fn intro(self) -> &'static str {
        match self {
            Self::Here => "sign-in-intro",
            Self::OfBrand => "sign-in-brand-intro",
        }
    }
}

async fn ask(site: &SpaceWeb, way: Way, whose: Whose) -> Result<Option<AskedRequest>, Failed> {
    let request = match whose {
        Whose::Here => site.space.sign_in_request(),
        Whose::OfBrand => site.space.visit_request(),
    };
    let Some(request) = request else { return Ok(None) };
    let asking = Asking {
        subject: request.subject,
        query: request.query,
        way,
        encrypt: true,
        client: ClientIdentifier::default(),
        method: RequestUriMethod::Post,
        lifetime: REQUEST_LIFETIME,
    };
    Ok(Some(site.presentation.ask_saying(asking, &[for_use(SIGN_IN)]).await?))
}

fn waiting(words: Words) -> Waiting {
    Waiting { words, status_url: STATUS.to_owned(), state: SigningIn::Waiting.name().into() }
}

/// `GET /sign-in/status`.
pub(crate) async fn progress(State(site): State<SpaceWeb>, headers: HeaderMap) -> Response {
    match look(&site, name_in(&headers).as_ref()).await {
        Ok(seen) => {
            let location = match seen {
                SigningIn::Waiting => None,
                SigningIn::Done => Some(MEMBER.to_owned()),
                SigningIn::Visiting => Some(PEOPLE.to_owned()),
                _ => Some(ANSWER.to_owned()),
            };
            Json(WaitingStatus { state: seen.name(), location }).into_response()
        }
        Err(failed) => failed.into_response(),
    }
}

/// `GET /sign-in/return`: the wallet has sent its holder back on the device that asked.
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
        Ok(subject) if !is_about_signing_in(&subject) => Redirect::to("/join/answer").into_response(),
        Ok(subject) => finished(&site, words, &subject, session.as_ref()).await,
        Err(PersonRefused::Person(PersonError::NotAwaited)) => goes_on(&site, words, session.as_ref()).await,
        Err(PersonRefused::Person(error)) => refused_page(&site, words, error),
        Err(PersonRefused::Store(fault)) => Failed::from(fault).page(words),
        Err(_) => web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A page that is loaded twice in the right browser goes on; everything else is told.
async fn goes_on(site: &SpaceWeb, words: Words, session: Option<&SecretText>) -> Response {
    match look(site, session).await {
        Ok(SigningIn::Done) => Redirect::to(MEMBER).into_response(),
        Ok(SigningIn::Visiting) => Redirect::to(PEOPLE).into_response(),
        Ok(SigningIn::Known(subject)) => finished(site, words, &subject, session).await,
        Ok(_) => refused_page(site, words, PersonError::NotAwaited),
        Err(failed) => failed.page(words),
    }
}

fn refused_page(site: &SpaceWeb, words: Words, error: PersonError) -> Response {
    tracing::info!(reason = error.code(), "nobody was signed in");
    let kind = match error {
        PersonError::OtherSession => "other-browser",
        PersonError::TooLate => "too-late",
        _ => "over",
    };
    let title = words.say(&format!("return-{kind}-title"));
    let text = words.say_with(&format!("sign-in-return-{kind}"), &[("space", site.name())]);
    let again = LinkButton {
        href: SIGNING_IN.to_owned(),
        label: words.say("join-start-again"),
        // Whoever was sent the request by somebody else should do nothing.
        secondary: error == PersonError::OtherSession,
    };
    let body = RefusedPage { said: ErrorPage::of(title.clone(), text), again: Some(again) };
    (status(error), site.page(words, title, body)).into_response()
}

/// The person at the screen is known: a session under a fresh secret, and the one of before counts no more.
async fn finished(site: &SpaceWeb, words: Words, subject: &str, before: Option<&SecretText>) -> Response {
    match begin_session(site, subject, before).await {
        Ok(Some((cookie, to))) => ([(SET_COOKIE, cookie)], Redirect::to(to)).into_response(),
        Ok(None) => refused_page(site, words, PersonError::NotAwaited),
        Err(failed) => failed.page(words),
    }
}

async fn begin_session(
    site: &SpaceWeb,
    subject: &str,
    before: Option<&SecretText>,
) -> Result<Option<(http::HeaderValue, &'static str)>, Failed> {
    let session = SessionSecret::fresh(site.environment().randomness());
    let (has_begun, to) = if is_about_visiting(subject) {
        (site.space.begin_visit(subject, &name_of(&session)).await?.is_some(), PEOPLE)
    } else {
        (site.space.sign_in(subject, &name_of(&session)).await?.is_some(), MEMBER)
    };
    if !has_begun {
        return Ok(None);
    }
    if let Some(before) = before {
        site.space.sign_out(before).await?;
    }
    Ok(Some((session.cookie(None), to)))
}

/// `GET /sign-in/phone`: the page on the phone after a QR code. It shows the digits; loaded again it shows others.
pub(crate) async fn phone(State(site): State<SpaceWeb>, words: Words, RawQuery(query): RawQuery) -> Response {
    let Some(returned) = Returned::read(query) else {
        return web::errors::error_page(words, StatusCode::NOT_FOUND);
    };
    match site.presentation.digits(&returned.request, &returned.code).await {
        Ok(digits) => digits_page(&site, words, digits.expose(), "sign-in-phone-care-text"),
        Err(PersonRefused::Person(error)) => {
            tracing::info!(reason = error.code(), "no digits were shown");
            let key = if error == PersonError::TooLate { "phone-late" } else { "phone-over" };
            let title = words.say(&format!("{key}-title"));
            let body = RefusedPage {
                said: ErrorPage::of(title.clone(), words.say("sign-in-phone-over")),
                again: None,
            };
            (status(error), site.page(words, title, body)).into_response()
        }
        Err(PersonRefused::Store(fault)) => Failed::from(fault).page(words),
        Err(_) => web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR),
    }
}

#[derive(Template)]
#[template(path = "sign_in_answer.html")]
struct AnswerPage {
    title: String,
    text: String,
    code: Option<CodeEntry>,
    waiting: Option<Waiting>,
    again: Option<LinkButton>,
}

/// `GET /sign-in/answer`: the page of whatever state signing in is in.
pub(crate) async fn answer(State(site): State<SpaceWeb>, words: Words, headers: HeaderMap) -> Response {
    let session = SessionSecret::of_request(&headers);
    answer_page(&site, words, session.as_ref(), StatusCode::OK, None).await
}

/// `GET /sign-in/code`: whoever loads the address of the form again sees how far it has come.
pub(crate) async fn to_answer() -> Redirect {
    Redirect::to(ANSWER)
}

async fn answer_page(
    site: &SpaceWeb,
    words: Words,
    session: Option<&SessionSecret>,
    status: StatusCode,
    wrong: Option<String>,
) -> Response {
    let name = session.map(name_of);
    let seen = match look(site, name.as_ref()).await {
        Ok(SigningIn::Done) => return Redirect::to(MEMBER).into_response(),
        Ok(SigningIn::Visiting) => return Redirect::to(PEOPLE).into_response(),
        Ok(SigningIn::Known(subject)) => return finished(site, words, &subject, name.as_ref()).await,
        Ok(seen) => seen,
        Err(failed) => return failed.page(words),
    };
    let space = &[("space", site.name())];
    let title = words.say_with(&format!("sign-in-{}-title", seen.name()), space);
    let code_wanted = session.filter(|_| seen == SigningIn::CodeWanted);
    let is_waiting = seen == SigningIn::Waiting;
    let body = AnswerPage {
        title: title.clone(),
        text: words.say_with(&format!("sign-in-{}-text", seen.name()), space),
        code: code_wanted.map(|session| CodeEntry {
            words,
            action: CODE.to_owned(),
            csrf: site.csrf.token::<TypeSignInCode>(&session.id()),
            error: wrong,
        }),
        waiting: is_waiting.then(|| waiting(words)),
        again: code_wanted.is_none().then(|| LinkButton {
            href: SIGNING_IN.to_owned(),
            label: words.say("join-start-again"),
            secondary: is_waiting,
        }),
    };
    let page = site.page(words, title, body);
    let page = if is_waiting { page.with_waiting() } else { page };
    (status, page).into_response()
}

/// `POST /sign-in/code`: the digits are typed at the waiting screen.
pub(crate) async fn code(
    State(site): State<SpaceWeb>,
    words: Words,
    form: CsrfForm<TypeSignInCode>,
) -> Response {
    let again = async |status, key: &str| {
        answer_page(&site, words, Some(&form.session), status, Some(words.say(key))).await
    };
    let Some(digits) = six_digits(form.fields.optional("code").unwrap_or_default()) else {
        return again(StatusCode::BAD_REQUEST, "code-digits").await;
    };
    let name = name_of(&form.session);
    match site.presentation.type_digits(&name, &digits, is_about_signing_in).await {
        Ok(subject) => finished(&site, words, &subject, Some(&name)).await,
        Err(PersonRefused::Person(error)) => {
            let key = match error {
                PersonError::WrongDigits => "code-wrong",
                PersonError::TooManyTries => "code-used-up",
                PersonError::NotAwaited => "code-not-shown",
                _ => "code-late",
            };
            again(status(error), key).await
        }
        Err(PersonRefused::Store(fault)) => Failed::from(fault).page(words),
        Err(_) => web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR),
    }
}
