//! What the team asks from the command line, over the admin socket of the running server or directly.

mod asking;
pub(crate) mod contacts;
pub(crate) mod counter_offers;
mod doors;
mod exporting;
mod forms;
pub(crate) mod inviting;
mod keys;
mod leaving;
mod members;
mod objections;
mod outgoing;
mod sites;
mod team;

use network::decision::Outcome;
use presentation::Presentation;
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::asking::REQUEST_LIFETIME;
use verifier::leaving::Part;
use verifier::members::Check;
use verifier::team::Role;
use verifier::{Space, SpaceError};

use crate::site::default_form;
use asking::{ClientKind, Method, ResponseMode};

/// Seconds for which an offer to an existing member is open if nothing else is said.
const OFFER_LIFETIME: i64 = 600;
/// Longest lifetime of what a command makes, in seconds.
const LONGEST: i64 = 7 * 86_400;
/// Who it was when somebody decides at the terminal.
const TERMINAL: &str = "terminal";
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
    #[serde(rename = "verifier.export")]
    Export(exporting::Wish),
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
    #[serde(rename = "verifier.team.invite")]
    TeamInvite { name: String, role: Role },
    #[serde(rename = "verifier.team.again")]
    TeamAgain { name: String },
    #[serde(rename = "verifier.team.end")]
    TeamEnd { name: String },
    #[serde(rename = "verifier.team.list")]
    TeamList {},
    #[serde(rename = "verifier.site.add")]
    SiteAdd(sites::Wanted),
    #[serde(rename = "verifier.site.list")]
    SiteList {},
    #[serde(rename = "verifier.site.new-secret")]
    SiteNewSecret { id: String },
    #[serde(rename = "verifier.site.new-key")]
    SiteNewKey {},
    #[serde(rename = "verifier.site.end")]
    SiteEnd { id: String },
    #[serde(rename = "verifier.outgoing.webhook")]
    OutgoingWebhook(outgoing::Wanted),
    #[serde(rename = "verifier.outgoing.action")]
    OutgoingAction(outgoing::WantedAction),
    #[serde(rename = "verifier.outgoing.template")]
    OutgoingTemplate { key: String },
    #[serde(rename = "verifier.outgoing.list")]
    OutgoingList {},
    #[serde(rename = "verifier.outgoing.remove")]
    OutgoingRemove { id: String },
    #[serde(rename = "verifier.outgoing.new-secret")]
    OutgoingNewSecret { id: String },
    #[serde(rename = "verifier.outgoing.test")]
    OutgoingTest { id: String },
    #[serde(rename = "verifier.outgoing.again")]
    OutgoingAgain { id: String },
    #[serde(rename = "verifier.outgoing.confirm")]
    OutgoingConfirm { id: String, reason: String },
    #[serde(rename = "verifier.outgoing.dry-run")]
    OutgoingDryRun { id: String },
    #[serde(rename = "verifier.door.template")]
    DoorTemplate { key: String },
    #[serde(rename = "verifier.door.add")]
    DoorAdd(doors::Wanted),
    #[serde(rename = "verifier.door.list")]
    DoorList {},
    #[serde(rename = "verifier.door.remove")]
    DoorRemove { id: String },
    #[serde(rename = "verifier.online")]
    Online { on: Option<bool> },
    #[serde(rename = "verifier.leave")]
    Leave {},
    #[serde(rename = "verifier.come-back")]
    ComeBack {},
    #[serde(rename = "verifier.carry")]
    Carry { part: Part, after: Option<String> },
    #[serde(rename = "verifier.form.list")]
    FormList {},
    #[serde(rename = "verifier.form.show")]
    FormShow { form: String, version: Option<u32> },
    #[serde(rename = "verifier.form.set")]
    FormSet { form: Value },
    #[serde(rename = "verifier.form.withdraw")]
    FormWithdraw { form: String },
    #[serde(rename = "verifier.key.make")]
    KeyMake(keys::Wanted),
    #[serde(rename = "verifier.key.list")]
    KeyList {},
    #[serde(rename = "verifier.key.revoke")]
    KeyRevoke { name: String },
}

/// Answers one request of the team: `verifier.request`, `.result`, `.member.add|offer|list|revoke`, `.sign-ups`, `.approve`,
/// `.decline`, `.contact`, `.export`, `.objections`, `.counter-offers`, `.ask-again`, `.invite`, `.invitations`, `.online`, `.leave`, `.come-back`, `.carry`,
/// `.site.add|list|new-secret|new-key|end`, `.outgoing.webhook|action|template|list|remove|new-secret|test|again|confirm|dry-run`, `.door.template|add|list|remove`, `.team.invite|again|end|list`, `.key.make|list|revoke`.
///
/// # Errors
/// A sentence for the person at the terminal.
pub async fn handle(space: &Space, presentation: &Presentation, request: Value) -> Result<Value, String> {
    let request: Request = serde_json::from_value(request)
        .map_err(|_| "the space does not know this command, or one of its members".to_owned())?;
    match request {
        Request::Ask { form, seconds, response_mode, client_id, request_uri_method } => {
            let form = match form {
                Some(form) => Some(form),
                None => default_form(space).await.map_err(said)?,
            };
            let form = form.ok_or("name a form with --form: this space has several")?;
            let way = (response_mode, client_id, request_uri_method);
            asking::ask(space, presentation, &form, lifetime(seconds, REQUEST_LIFETIME)?, way).await
        }
        Request::Result { session } => asking::result(space, presentation, &session).await,
        Request::MemberAdd { given_name, family_name, birthdate, check, tx_code, seconds } => {
            let vouched = members::vouched(given_name, family_name, birthdate, check)?;
            members::add(space, &vouched, tx_code, lifetime(seconds, OFFER_LIFETIME)?).await
        }
        Request::MemberOffer { sub, tx_code, seconds } => {
            let offered =
                space.offer_again(&sub, tx_code, lifetime(seconds, OFFER_LIFETIME)?, "terminal").await;
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
        Request::Export(wish) => exporting::export(space, wish).await.map_err(said),
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
        Request::TeamInvite { name, role } => team::invite(space, &name, role).await,
        Request::TeamAgain { name } => team::again(space, &name).await,
        Request::TeamEnd { name } => team::end(space, &name).await,
        Request::TeamList {} => team::list(space).await,
        Request::SiteAdd(wanted) => sites::add(space, wanted).await,
        Request::SiteList {} => sites::list(space).await,
        Request::SiteNewSecret { id } => sites::renew_secret(space, &id).await,
        Request::SiteNewKey {} => sites::renew_key(space).await,
        Request::SiteEnd { id } => sites::end(space, &id).await,
        Request::OutgoingWebhook(wanted) => outgoing::add(space, wanted).await,
        Request::OutgoingAction(wanted) => outgoing::add_action(space, wanted).await,
        Request::OutgoingTemplate { key } => outgoing::template(&key),
        Request::OutgoingList {} => outgoing::list(space).await,
        Request::OutgoingRemove { id } => outgoing::remove(space, &id).await,
        Request::OutgoingNewSecret { id } => outgoing::renew_secret(space, &id).await,
        Request::OutgoingTest { id } => outgoing::test(space, &id).await,
        Request::OutgoingAgain { id } => outgoing::again(space, &id).await,
        Request::OutgoingConfirm { id, reason } => outgoing::confirm(space, &id, &reason).await,
        Request::OutgoingDryRun { id } => outgoing::dry_run(space, &id).await,
        Request::DoorTemplate { key } => doors::template(&key),
        Request::DoorAdd(wanted) => doors::add(space, wanted).await,
        Request::DoorList {} => doors::list(space).await.map_err(said),
        Request::DoorRemove { id } => doors::remove(space, &id).await.map_err(said),
        Request::Online { on } => online(space, on).await.map_err(said),
        Request::Leave {} => Ok(json!({"left_at": time(space.leave_network().await.map_err(said)?)})),
        Request::ComeBack {} => Ok(json!({"had_left": space.come_back().await.map_err(said)?})),
        Request::Carry { part, after } => leaving::carry(space, part, after.as_deref()).await.map_err(said),
        Request::FormList {} => forms::list(space).await,
        Request::FormShow { form, version } => forms::show(space, &form, version).await,
        Request::FormSet { form } => forms::set(space, form).await,
        Request::FormWithdraw { form } => forms::withdraw(space, &form).await,
        Request::KeyMake(wanted) => keys::make(space, wanted).await,
        Request::KeyList {} => keys::list(space).await.map_err(said),
        Request::KeyRevoke { name } => keys::revoke(space, &name).await.map_err(said),
    }
}

/// Turns online sign-up on or off, or tells how it stands.
async fn online(space: &Space, on: Option<bool>) -> Result<Value, SpaceError> {
    if let Some(on) = on {
        space.set_online_sign_up(TERMINAL, on).await?;
    }
    let newest = space.online_sign_up(1).await?.pop();
    Ok(match newest {
        Some(newest) => json!({"online": newest.is_open, "by": newest.by, "since": time(newest.at)}),
        None => json!({"online": true}),
    })
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
