//! Invitations and tokens of the team. The REST addresses of the team answer with the same.

use did::number::{NumberError, PassportNumber};
use environment::Timestamp;
use outbound::mail::{AddressError, check_address};
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::invitations::records::{Invitation, InvitedBy, Purpose};
use verifier::invitations::{InviteError, NewInvitation, Whom};
use verifier::{Space, SpaceError};
use web::Language;

use super::{MOST_LISTED, time};
use crate::site::default_form;

const DAY: i64 = 86_400;

/// Whom to invite, and to what.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    number: Option<String>,
    email: Option<String>,
    purpose: Option<Purpose>,
    form: Option<String>,
    days: Option<u32>,
    language: Option<String>,
}

/// Why nobody is invited.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotInvited {
    /// Neither or both.
    #[error("name a passport number or an e-mail address, and not both")]
    Whom,
    /// The number.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The language.
    #[error("a mail is written in one of the languages {}", spoken())]
    Language,
    /// The rules.
    #[error(transparent)]
    Invite(#[from] InviteError),
}

/// Makes an invitation for the team.
pub(crate) async fn invite(space: &Space, wanted: Wanted) -> Result<Value, NotInvited> {
    let whom = match (wanted.number, wanted.email) {
        (Some(number), None) => Whom::Number(PassportNumber::parse(&number)?),
        (None, Some(email)) => {
            check_address(&email)?;
            Whom::Mail(email)
        }
        _ => return Err(NotInvited::Whom),
    };
    let language = language(wanted.language.as_deref())?;
    let purpose = wanted.purpose.unwrap_or(Purpose::SignUp);
    let form = wanted.form.or_else(|| default_form(space)).filter(|_| purpose == Purpose::SignUp);
    let new = NewInvitation {
        whom,
        purpose,
        form,
        by: InvitedBy::Team,
        seconds: wanted.days.map(|days| i64::from(days).saturating_mul(DAY)),
        language: language.tag().to_owned(),
    };
    let invitation = space.invite(&new).await?;
    Ok(shown(&invitation, now(space)))
}

/// The language of a mail: one of those that are spoken, by its tag.
fn language(tag: Option<&str>) -> Result<Language, NotInvited> {
    let Some(tag) = tag else { return Ok(Language::default()) };
    Language::ALL.into_iter().find(|language| language.tag() == tag).ok_or(NotInvited::Language)
}

fn spoken() -> String {
    Language::ALL.map(Language::tag).join(", ")
}

/// All invitations, the newest first.
pub(crate) async fn list(space: &Space) -> Result<Value, SpaceError> {
    let all = space.invitations(MOST_LISTED).await?;
    Ok(json!({"invitations": all.iter().map(|one| shown(one, now(space))).collect::<Vec<_>>()}))
}

/// One invitation.
pub(crate) async fn one(space: &Space, id: &str) -> Result<Value, SpaceError> {
    Ok(shown(&space.invitation(id).await?, now(space)))
}

fn now(space: &Space) -> Timestamp {
    space.tenant().environment().now()
}

/// What the team sees. Whom it went to stands nowhere.
fn shown(invitation: &Invitation, now: Timestamp) -> Value {
    json!({
        "id": invitation.id,
        "purpose": invitation.purpose.name(),
        "by": invitation.by.name(),
        "form": invitation.form,
        "state": invitation.state(now).name(),
        "made_at": time(invitation.made_at),
        "until": time(invitation.until),
        "sub": invitation.answered.as_ref().and_then(|answered| answered.sub.as_deref()),
    })
}

/// Makes a token; it is shown this once.
pub(super) async fn make_token(space: &Space, name: &str) -> Result<Value, String> {
    let token = space.make_team_token(name).await.map_err(|error| error.to_string())?;
    Ok(json!({"name": name, "token": token.expose()}))
}

/// The tokens' names.
pub(super) async fn tokens(space: &Space) -> Result<Value, SpaceError> {
    let all = space.team_tokens(MOST_LISTED).await?;
    let shown = |token: &verifier::team_tokens::TeamToken| json!({"name": token.name, "made_at": time(token.made_at)});
    Ok(json!({"tokens": all.iter().map(shown).collect::<Vec<_>>()}))
}

/// Revokes a token.
pub(super) async fn revoke_token(space: &Space, name: &str) -> Result<Value, SpaceError> {
    space.revoke_team_token(name).await?;
    Ok(json!({"revoked": name}))
}
