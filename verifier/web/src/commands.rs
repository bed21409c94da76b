//! What the team asks from the command line, over the admin socket of the running server or directly.

use environment::Date;
use issuance::Offered;
use network::decision::Outcome;
use openid4vc::secret::SecretText;
use openid4vc::vp::link::RequestUriMethod;
use presentation::{Asking, ClientIdentifier, Presentation, Way};
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::asking::REQUEST_LIFETIME;
use verifier::members::{Check, Vouched};
use verifier::records::{Contact, Member, Provenance, SignUp, Standing};
use verifier::{Space, SpaceError};

use crate::site::default_form;

/// Seconds for which an offer to an existing member is open if nothing else is said.
const OFFER_LIFETIME: i64 = 600;
/// Longest lifetime of what a command makes, in seconds.
const LONGEST: i64 = 7 * 86_400;
/// Most members or sign-ups in one answer.
const MOST_LISTED: usize = 1_000;

/// A request, told apart by its member `command`.
#[derive(Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
enum Request {
    #[serde(rename = "verifier.request")]
    Ask {
        form: Option<String>,
        seconds: Option<i64>,
        #[serde(default)]
        response_mode: ResponseMode,
        #[serde(default)]
        client_id: ClientKind,
        #[serde(default)]
        request_uri_method: Method,
    },
    #[serde(rename = "verifier.result")]
    Result { session: String },
    #[serde(rename = "verifier.member.add")]
    MemberAdd {
        given_name: String,
        family_name: String,
        birthdate: String,
        check: Check,
        #[serde(default)]
        tx_code: bool,
        seconds: Option<i64>,
    },
    #[serde(rename = "verifier.member.offer")]
    MemberOffer {
        sub: String,
        #[serde(default)]
        tx_code: bool,
        seconds: Option<i64>,
    },
    #[serde(rename = "verifier.member.list")]
    MemberList {},
    #[serde(rename = "verifier.member.revoke")]
    MemberRevoke { sub: String },
    #[serde(rename = "verifier.sign-ups")]
    SignUps {},
    #[serde(rename = "verifier.approve")]
    Approve { id: String },
    #[serde(rename = "verifier.decline")]
    Decline { id: String, reason: Option<String> },
    #[serde(rename = "verifier.contact")]
    Contact {
        id: String,
        #[serde(default)]
        values: bool,
    },
}

#[derive(Clone, Copy, Deserialize, Default)]
enum ResponseMode {
    #[default]
    #[serde(rename = "direct_post.jwt")]
    Encrypted,
    #[serde(rename = "direct_post")]
    Plain,
}

#[derive(Clone, Copy, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum ClientKind {
    #[default]
    X509Hash,
    DecentralizedIdentifier,
}

#[derive(Clone, Copy, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Method {
    #[default]
    Get,
    Post,
}

/// Answers one request of the team: `verifier.request`, `.result`, `.member.add|offer|list|revoke`, `.sign-ups`, `.approve`,
/// `.decline` and `.contact`.
///
/// # Errors
/// A sentence for the person at the terminal.
pub async fn handle(space: &Space, presentation: &Presentation, request: Value) -> Result<Value, String> {
    let request: Request = serde_json::from_value(request)
        .map_err(|_| "the space does not know this command, or one of its members".to_owned())?;
    match request {
        Request::Ask { form, seconds, response_mode, client_id, request_uri_method } => {
            let form = form
                .or_else(|| default_form(space))
                .ok_or("name a form with --form: this space has several")?;
            let way = (response_mode, client_id, request_uri_method);
            ask(space, presentation, &form, lifetime(seconds, REQUEST_LIFETIME)?, way).await
        }
        Request::Result { session } => result(space, presentation, &session).await,
        Request::MemberAdd { given_name, family_name, birthdate, check, tx_code, seconds } => {
            let vouched = vouched(given_name, family_name, birthdate, check)?;
            add(space, &vouched, tx_code, lifetime(seconds, OFFER_LIFETIME)?).await
        }
        Request::MemberOffer { sub, tx_code, seconds } => {
            let offered = space.offer_again(&sub, tx_code, lifetime(seconds, OFFER_LIFETIME)?).await;
            Ok(offer(&sub, &offered.map_err(said)?))
        }
        Request::MemberList {} => {
            let members = space.members(MOST_LISTED).await.map_err(said)?;
            Ok(json!({"members": members.iter().map(member).collect::<Vec<_>>()}))
        }
        Request::MemberRevoke { sub } => {
            Ok(json!({"revoked": space.end_membership(&sub).await.map_err(said)?}))
        }
        Request::SignUps {} => {
            let waiting = space.waiting(MOST_LISTED).await.map_err(said)?;
            Ok(json!({"sign_ups": waiting.iter().map(sign_up).collect::<Vec<_>>()}))
        }
        Request::Approve { id } => decide(space, &id, Outcome::Approved, None).await,
        Request::Decline { id, reason } => decide(space, &id, Outcome::Declined, reason).await,
        Request::Contact { id, values } => contact(space, &id, values).await,
    }
}

fn said(error: SpaceError) -> String {
    error.to_string()
}

fn lifetime(seconds: Option<i64>, usual: i64) -> Result<i64, String> {
    let seconds = seconds.unwrap_or(usual);
    if (1..=LONGEST).contains(&seconds) { Ok(seconds) } else { Err(format!("seconds: from 1 to {LONGEST}")) }
}

async fn ask(
    space: &Space,
    presentation: &Presentation,
    form: &str,
    lifetime: i64,
    (mode, client, method): (ResponseMode, ClientKind, Method),
) -> Result<Value, String> {
    let asked = space.ask_for(form, lifetime).await.map_err(said)?;
    let asking = Asking {
        subject: asked.id.clone(),
        query: asked.compiled.query.clone(),
        way: Way::NoScreen,
        encrypt: matches!(mode, ResponseMode::Encrypted),
        client: match client {
            ClientKind::X509Hash => ClientIdentifier::X509Hash,
            ClientKind::DecentralizedIdentifier => ClientIdentifier::DecentralizedIdentifier,
        },
        method: match method {
            Method::Get => RequestUriMethod::Get,
            Method::Post => RequestUriMethod::Post,
        },
        lifetime,
    };
    let made = presentation.ask(asking).await.map_err(|error| error.to_string())?;
    Ok(json!({
        "link": made.link,
        "client_id": made.client_id,
        "request_uri": made.request_uri,
        "request_uri_method": made.request_uri_method,
        "session": asked.id,
    }))
}

/// `accepted`, `declined`, `waiting` or `expired`, or the reason for which the last answer was refused.
async fn result(space: &Space, presentation: &Presentation, session: &str) -> Result<Value, String> {
    const UNKNOWN: &str = "unknown_request";
    let result = match space.result(session).await {
        Ok(Some(result)) => result.to_owned(),
        Ok(None) => {
            let state = presentation.state(session).await.map_err(|fault| fault.to_string())?;
            state.map_or_else(|| UNKNOWN.to_owned(), |state| state.name().to_owned())
        }
        Err(SpaceError::NoSuch(_)) => UNKNOWN.to_owned(),
        Err(error) => return Err(error.to_string()),
    };
    Ok(json!({"result": result}))
}

fn vouched(
    given_name: String,
    family_name: String,
    birthdate: String,
    check: Check,
) -> Result<Vouched, String> {
    if given_name.trim().is_empty() || family_name.trim().is_empty() {
        return Err("a member has a first and a last name".to_owned());
    }
    if Date::parse(&birthdate).is_none() {
        return Err("the date of birth is written YYYY-MM-DD".to_owned());
    }
    Ok(Vouched { given_name, family_name, birthdate, check })
}

async fn add(space: &Space, vouched: &Vouched, tx_code: bool, lifetime: i64) -> Result<Value, String> {
    let (sub, offered) = space.add_member(vouched, tx_code, lifetime).await.map_err(said)?;
    Ok(offer(&sub, &offered))
}

/// What is sent to the member `sub`, or shown.
fn offer(sub: &str, offered: &Offered) -> Value {
    json!({
        "offer": offered.by_value,
        "offer_uri": offered.by_reference,
        "tx_code": offered.tx_code.as_ref().map(SecretText::expose),
        "sub": sub,
    })
}

async fn decide(space: &Space, id: &str, outcome: Outcome, reason: Option<String>) -> Result<Value, String> {
    space.decide(id, outcome, reason).await.map_err(said)?;
    let decision = if outcome == Outcome::Approved { "approved" } else { "declined" };
    Ok(json!({"id": id, "decision": decision}))
}

fn member(member: &Member) -> Value {
    json!({
        "sub": member.sub,
        "contact": member.contact,
        "since": time(member.since),
        "plan": member.plan,
        "standing": if member.standing == Standing::Active { "active" } else { "ended" },
    })
}

fn sign_up(sign_up: &SignUp) -> Value {
    json!({"id": sign_up.id, "form": sign_up.form, "answered_at": time(sign_up.answered_at)})
}

async fn contact(space: &Space, id: &str, with_values: bool) -> Result<Value, String> {
    let (contact, values): (Contact, Vec<Value>) = if with_values {
        let (contact, values) = space.contact(id).await.map_err(said)?;
        (contact, values.0.iter().map(|kept| kept.value().unwrap_or_default()).collect())
    } else {
        (space.provenance(id).await.map_err(said)?, Vec::new())
    };
    let ends = space.ends_of(&contact).await.map_err(said)?;
    let given = contact.given.iter().zip(ends).enumerate().map(|(place, (given, end))| {
        let mut line = provenance(given, end);
        if let (Some(value), Some(members)) = (values.get(place), line.as_object_mut()) {
            members.insert("value".to_owned(), value.clone());
        }
        line
    });
    Ok(
        json!({"id": contact.id, "can_be_written_to": contact.inbox.is_some(), "given": given.collect::<Vec<_>>()}),
    )
}

/// Where a detail came from, and until when it is kept: `end`, as far as one is known by now.
fn provenance(given: &Provenance, end: Option<i64>) -> Value {
    let kept = match (end, given.kept_days) {
        (Some(end), _) => format!("until {}", time(end)),
        (None, Some(days)) => format!("while a member, and {days} days after"),
        (None, None) => "while a member".to_owned(),
    };
    json!({
        "claim": given.claim,
        "type": given.vct,
        "word_of": given.word_of,
        "needed": given.needed,
        "purpose": given.purpose,
        "who_sees_it": given.audience.name(),
        "kept_days": given.kept_days,
        "until": end.map(time),
        "kept": kept,
    })
}

/// A moment as people read it.
fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|moment| moment.to_string()).unwrap_or_default()
}
