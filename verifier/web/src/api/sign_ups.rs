//! Sign-ups: how they stand, what was given, and the decisions of the space's own software.

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use network::decision::{DecidedBy, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use verifier::SpaceError;
use verifier::api_keys::{Before, Once};
use verifier::counter_offers::InPlace;
use verifier::form::Approval;
use verifier::listing::SignUpState;
use verifier::records::{Decides, SignUp};
use web::ApiError;

use super::asked::{Named, Query, Wanted, given, idempotency_key, wrong};
use super::body::{self, Part, Sent};
use super::guard::Caller;
use super::refusing::{not_asked, refused};
use super::{contacts, page, said};
use crate::commands::counter_offers::{Again, ask_again_once};
use crate::commands::time;
use crate::site::SpaceWeb;

/// Longest reason, in characters.
pub(super) const LONGEST_REASON: usize = 300;
const REASON: &str = "one line of at most 300 characters, for the applicant";
/// Most details that are named at once.
const MOST_NAMED: usize = 100;

/// `GET /api/v1/sign-ups`: of one state; those that wait if none is named.
pub(super) async fn list(State(site): State<SpaceWeb>, _: Caller, query: Query) -> Response {
    let Wanted { after, limit, state } = match query.read(true) {
        Ok(wanted) => wanted,
        Err(error) => return error.into_response(),
    };
    let state = match state.as_deref() {
        None | Some("waiting") => SignUpState::Waiting,
        Some("approved") => SignUpState::Approved,
        Some("declined") => SignUpState::Declined,
        Some(_) => return wrong("state: waiting, approved or declined").into_response(),
    };
    let found = async {
        let found = site.space.sign_ups_in(state, after.as_ref(), limit).await?;
        let mut lines = Vec::with_capacity(found.items.len());
        for sign_up in &found.items {
            lines.push(line(&site, sign_up).await?);
        }
        Ok::<_, SpaceError>((lines, found.next))
    };
    match found.await {
        Ok((lines, next)) => page("sign_ups", lines, next.as_ref()),
        Err(error) => refused(error).into_response(),
    }
}

/// `GET /api/v1/sign-ups/{id}`.
pub(super) async fn one(State(site): State<SpaceWeb>, _: Caller, Named(id): Named) -> Response {
    shown(&site, &id).await
}

async fn shown(site: &SpaceWeb, id: &str) -> Response {
    let found = async {
        let sign_up = site.space.sign_up(id).await?.ok_or(SpaceError::NoSuch("sign-up"))?;
        line(site, &sign_up).await
    };
    match found.await {
        Ok(line) => said(StatusCode::OK, line),
        Err(error) => refused(error).into_response(),
    }
}

async fn line(site: &SpaceWeb, sign_up: &SignUp) -> Result<Value, SpaceError> {
    let state = match SignUpState::of(sign_up) {
        SignUpState::Waiting => "waiting",
        SignUpState::Approved => "approved",
        SignUpState::Declined => "declined",
    };
    let waits_for = match sign_up.decides {
        _ if sign_up.decided.is_some() => None,
        _ if sign_up.waits_for_a_place => Some("a-place"),
        Decides::Rule | Decides::Declined(_) => Some("rule"),
        Decides::Person => Some("person"),
        Decides::Software => Some("elsewhere"),
    };
    let decided_by = sign_up.decided.as_ref().map(|decided| match decided.by {
        DecidedBy::Rule => "rule",
        DecidedBy::Person => "person",
        DecidedBy::Software => "software",
    });
    let again = site.space.asked_again(sign_up).await?;
    Ok(json!({
        "id": sign_up.id,
        "form": sign_up.form,
        "version": sign_up.version,
        "state": state,
        "waits_for": waits_for,
        "answered_at": time(sign_up.answered_at),
        "decided_by": decided_by,
        "membership": sign_up.member,
        "asked_again_at": again.map(|again| time(again.at)),
    }))
}

/// `GET /api/v1/sign-ups/{id}/values`: what was given, while it waits. A look, which is noted with the key's name.
pub(super) async fn values(State(site): State<SpaceWeb>, caller: Caller, Named(id): Named) -> Response {
    let found = async {
        let waits = site.space.sign_up(&id).await?.is_some_and(|found| found.decided.is_none());
        if !waits {
            return Err(SpaceError::NoSuch("sign-up"));
        }
        contacts::opened(&site, &id, &caller).await
    };
    match found.await {
        Ok(line) => said(StatusCode::OK, line),
        Err(error) => refused(error).into_response(),
    }
}

/// What software decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    outcome: Outcome,
    #[serde(default, deserialize_with = "given")]
    reason: Option<String>,
}

impl Sent for Decided {
    const PARTS: &'static [Part] = &[
        Part::needed::<Outcome>("outcome", "approved or declined"),
        Part::optional::<String>("reason", REASON),
    ];
}

/// `POST /api/v1/sign-ups/{id}/decision`: of a sign-up whose form leaves the decision to other software. The same again is answered
/// the same.
pub(super) async fn decide(
    State(site): State<SpaceWeb>,
    caller: Caller,
    Named(id): Named,
    request: Request,
) -> Response {
    let decided: Decided = match body::read(request, &site).await {
        Ok(decided) => decided,
        Err(error) => return error.into_response(),
    };
    if let Err(error) = check_reason(decided.reason.as_deref()) {
        return error.into_response();
    }
    let who = caller.noted_as();
    match site.space.decide_elsewhere(&id, decided.outcome, decided.reason, &who).await {
        Ok(()) => shown(&site, &id).await,
        Err(error) => refused(error).into_response(),
    }
}

/// A line that a person reads: no line breaks or signs that hide something.
fn check_reason(reason: Option<&str>) -> Result<(), ApiError> {
    let is_sentence = |text: &str| {
        !text.trim().is_empty()
            && text.chars().count() <= LONGEST_REASON
            && !text.chars().any(char::is_control)
    };
    if reason.is_none_or(is_sentence) {
        return Ok(());
    }
    Err(ApiError::bad_request("invalid_request", format!("reason: {REASON}")))
}

/// What to ask for instead.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Instead {
    #[serde(default, deserialize_with = "given")]
    form: Option<String>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    instead: Vec<Swap>,
    #[serde(default, deserialize_with = "given")]
    reason: Option<String>,
}

/// One detail in another's place.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Swap {
    of: String,
    offer: String,
}

impl Sent for Instead {
    const PARTS: &'static [Part] = &[
        Part::optional::<String>("form", "the name of a form, as text"),
        Part::optional::<Vec<String>>("without", "a list of names of details"),
        Part::optional::<Vec<Swap>>(
            "instead",
            "a list of objects, each with of and offer: what is asked, and what is taken in its place",
        ),
        Part::optional::<String>("reason", REASON),
    ];
}

/// `POST /api/v1/sign-ups/{id}/ask`: something else instead of a no, where the form leaves the decision to other software.
pub(super) async fn ask(
    State(site): State<SpaceWeb>,
    caller: Caller,
    Named(id): Named,
    request: Request,
) -> Response {
    let key = match idempotency_key(request.headers()) {
        Ok(key) => key,
        Err(error) => return error.into_response(),
    };
    let instead: Instead = match body::read(request, &site).await {
        Ok(instead) => instead,
        Err(error) => return error.into_response(),
    };
    match asked(&site, &caller, &id, key.as_deref(), instead).await {
        Ok(request) => said(StatusCode::OK, json!({"id": id, "request": request})),
        Err(error) => error.into_response(),
    }
}

async fn asked(
    site: &SpaceWeb,
    caller: &Caller,
    id: &str,
    key: Option<&str>,
    instead: Instead,
) -> Result<String, ApiError> {
    check_reason(instead.reason.as_deref())?;
    if instead.without.len() > MOST_NAMED || instead.instead.len() > MOST_NAMED {
        return Err(wrong("at most 100 details are named at once"));
    }
    let once = once(site, caller, key, &format!("/sign-ups/{id}/ask"), &instead)?;
    if let Some(once) = &once {
        match site.space.done_before(once).await.map_err(refused)? {
            Some(Before::Same(request)) => return Ok(request),
            Some(Before::Other) => return Err(refused(SpaceError::OtherRequest)),
            None => {}
        }
    }
    let sign_up = site.space.sign_up(id).await.map_err(refused)?;
    let sign_up = sign_up.ok_or_else(ApiError::not_found)?;
    if sign_up.decides != Decides::Software {
        return Err(refused(SpaceError::NotYours));
    }
    let Instead { form, without, instead, reason } = instead;
    // What is asked instead is decided by software, too: a form that a rule or a person decides would let somebody in past both.
    let name = form.as_deref().unwrap_or(&sign_up.form);
    if let Some(version) = site.space.form(name).await.map_err(refused)?
        && (version.form.approval != Approval::Elsewhere || version.form.only.invited)
    {
        return Err(refused(SpaceError::NotYours));
    }
    let instead = instead.into_iter().map(|Swap { of, offer }| InPlace { of, offer }).collect();
    let again = Again { id: id.to_owned(), form, without, instead, reason };
    let made = ask_again_once(&site.space, &site.presentation, again, once.as_ref()).await;
    made.map(|made| made.request).map_err(not_asked)
}

/// What is to be done once, if the program says so.
pub(super) fn once(
    site: &SpaceWeb,
    caller: &Caller,
    key: Option<&str>,
    address: &str,
    body: &impl Serialize,
) -> Result<Option<Once>, ApiError> {
    let Some(key) = key else { return Ok(None) };
    let body = serde_json::to_string(body).map_err(|_| ApiError::internal())?;
    site.space.done_once(&caller.key, key, [address, &body]).map(Some).map_err(refused)
}
