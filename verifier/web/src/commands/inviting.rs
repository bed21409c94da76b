//! Invitations. The API of the team answers with the same.

use did::number::{NumberError, PassportNumber};
use environment::Timestamp;
use outbound::mail::{AddressError, check_address};
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::api_keys::Once;
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
    pub(crate) number: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) form: Option<String>,
    pub(crate) days: Option<u32>,
    pub(crate) language: Option<String>,
}

impl Wanted {
    /// What somebody typed at the console, as a number or as an address.
    pub(crate) fn to_sign_up(whom: &str, is_mail: bool, language: &str) -> Self {
        Self {
            number: (!is_mail).then(|| whom.to_owned()),
            email: is_mail.then(|| whom.to_owned()),
            purpose: Some(Purpose::SignUp),
            form: None,
            days: None,
            language: Some(language.to_owned()),
        }
    }
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
    invite_once(space, wanted, None).await
}

/// The same for a program that may ask twice.
pub(crate) async fn invite_once(
    space: &Space,
    wanted: Wanted,
    once: Option<&Once>,
) -> Result<Value, NotInvited> {
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
    let form = match (purpose, wanted.form) {
        (Purpose::HereIAm, _) => None,
        (Purpose::SignUp, Some(form)) => Some(form),
        (Purpose::SignUp, None) => default_form(space).await.map_err(InviteError::from)?,
    };
    let new = NewInvitation {
        whom,
        purpose,
        form,
        by: InvitedBy::Team,
        seconds: wanted.days.map(|days| i64::from(days).saturating_mul(DAY)),
        language: language.tag().to_owned(),
    };
    let invitation = space.invite_once(&new, once).await?;
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

/// An invitation, as the team sees it.
pub(crate) fn invitation(space: &Space, invitation: &Invitation) -> Value {
    shown(invitation, now(space))
}
