//! What the team asks from the command line, over the admin socket of the running server or directly.

mod asking;
mod contacts;
mod counter_offers;
pub(crate) mod inviting;
mod members;
mod objections;

use network::decision::Outcome;
use presentation::Presentation;
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::asking::REQUEST_LIFETIME;
use verifier::members::Check;
use verifier::{Space, SpaceError};

use crate::site::default_form;
use asking::{ClientKind, Method, ResponseMode};

/// Seconds for which an offer to an existing member is open if nothing else is said.
const OFFER_LIFETIME: i64 = 600;
/// Longest lifetime of what a command makes, in seconds.
const LONGEST: i64 = 7 * 86_400;
/// Most members or sign-ups in one answer.
pub(crate) const MOST_LISTED: usize = 1_000;

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
    #[serde(rename = "verifier.objections")]
    Objections {},
    #[serde(rename = "verifier.counter-offers")]
    CounterOffers {},
    #[serde(rename = "verifier.ask-again")]
    AskAgain(counter_offers::Again),
    #[serde(rename = "verifier.invite")]
    Invite(inviting::Wanted),
    #[serde(rename = "verifier.invitations")]
    Invitations {},
    #[serde(rename = "verifier.token.make")]
    TokenMake { name: String },
    #[serde(rename = "verifier.token.list")]
    TokenList {},
    #[serde(rename = "verifier.token.revoke")]
    TokenRevoke { name: String },
}

/// Answers one request of the team: `verifier.request`, `.result`, `.member.add|offer|list|revoke`, `.sign-ups`, `.approve`,
/// `.decline`, `.contact`, `.objections`, `.counter-offers`, `.ask-again`, `.invite`, `.invitations`, `.token.make|list|revoke`.
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
            asking::ask(space, presentation, &form, lifetime(seconds, REQUEST_LIFETIME)?, way).await
        }
        Request::Result { session } => asking::result(space, presentation, &session).await,
        Request::MemberAdd { given_name, family_name, birthdate, check, tx_code, seconds } => {
            let vouched = members::vouched(given_name, family_name, birthdate, check)?;
            members::add(space, &vouched, tx_code, lifetime(seconds, OFFER_LIFETIME)?).await
        }
        Request::MemberOffer { sub, tx_code, seconds } => {
            let offered = space.offer_again(&sub, tx_code, lifetime(seconds, OFFER_LIFETIME)?).await;
            Ok(members::offer(&sub, &offered.map_err(said)?))
        }
        Request::MemberList {} => {
            let all = space.members(MOST_LISTED).await.map_err(said)?;
            Ok(json!({"members": all.iter().map(members::member).collect::<Vec<_>>()}))
        }
        Request::MemberRevoke { sub } => {
            Ok(json!({"revoked": space.end_membership(&sub).await.map_err(said)?}))
        }
        Request::SignUps {} => counter_offers::sign_ups(space, presentation).await,
        Request::Objections {} => objections::list(space).await,
        Request::CounterOffers {} => counter_offers::list(space, presentation).await,
        Request::AskAgain(again) => counter_offers::ask_again(space, presentation, again).await,
        Request::Approve { id } => contacts::decide(space, &id, Outcome::Approved, None).await,
        Request::Decline { id, reason } => contacts::decide(space, &id, Outcome::Declined, reason).await,
        Request::Contact { id, values } => contacts::contact(space, &id, values).await,
        Request::Invite(wanted) => {
            inviting::invite(space, wanted).await.map_err(|refused| refused.to_string())
        }
        Request::Invitations {} => inviting::list(space).await.map_err(said),
        Request::TokenMake { name } => inviting::make_token(space, &name).await,
        Request::TokenList {} => inviting::tokens(space).await.map_err(said),
        Request::TokenRevoke { name } => inviting::revoke_token(space, &name).await.map_err(said),
    }
}

fn said(error: SpaceError) -> String {
    error.to_string()
}

fn lifetime(seconds: Option<i64>, usual: i64) -> Result<i64, String> {
    let seconds = seconds.unwrap_or(usual);
    if (1..=LONGEST).contains(&seconds) { Ok(seconds) } else { Err(format!("seconds: from 1 to {LONGEST}")) }
}

/// A moment as people read it.
pub(crate) fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|moment| moment.to_string()).unwrap_or_default()
}
