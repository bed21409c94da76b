//! What the command line asks of an office, over the admin socket of a running server or directly.

use did::number::PassportNumber;
use environment::{Date, Timestamp};
use openid4vc::vci::issuer::TakenUp;
use openid4vc::vci::reason::Reason;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::binding::NotBound;
use crate::desk::{DeskOffer, OFFER_LIFETIME};
use crate::office::{Office, OfficeError};
use crate::person::Person;
use crate::records::PassportStanding;

/// A request, told apart by its member `command`.
#[derive(Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
enum Request {
    #[serde(rename = "issuer.offer")]
    Offer {
        given_name: Option<String>,
        family_name: Option<String>,
        birthdate: Option<String>,
        email: Option<String>,
        #[serde(default)]
        tx_code: bool,
        #[serde(default)]
        taken_up: TakenUp,
        seconds: Option<i64>,
    },
    #[serde(rename = "issuer.suspend")]
    Suspend { number: String },
    #[serde(rename = "issuer.reinstate")]
    Reinstate { number: String },
    #[serde(rename = "issuer.renumber")]
    Renumber { number: String },
    #[serde(rename = "issuer.revoke")]
    Revoke { handle: String },
    #[serde(rename = "issuer.reports")]
    Reports,
    #[serde(rename = "issuer.requests")]
    Requests,
    #[serde(rename = "issuer.approve")]
    Approve { request: String },
    #[serde(rename = "issuer.decline")]
    Decline { request: String, reason: Option<String> },
}

/// Whether a request is for [`handle`].
#[must_use]
pub fn is_for_office(request: &Value) -> bool {
    request.get("command").and_then(Value::as_str).is_some_and(|command| command.starts_with("issuer."))
}

/// Answers one request: `issuer.offer`, `issuer.revoke`, `issuer.renumber`, `issuer.suspend`, `issuer.reinstate`,
/// `issuer.reports`, `issuer.requests`, `issuer.approve` and `issuer.decline`.
///
/// # Errors
/// A sentence for the person at the terminal.
pub async fn handle(office: &Office, request: Value) -> Result<Value, String> {
    let request: Request = serde_json::from_value(request)
        .map_err(|_| "the office does not know this command, or one of its members".to_owned())?;
    let answered = match request {
        Request::Offer { given_name, family_name, birthdate, email, tx_code, taken_up, seconds } => {
            let named = [given_name, family_name, birthdate, email];
            offer(office, named, taken_up, tx_code, seconds.unwrap_or(OFFER_LIFETIME)).await
        }
        Request::Suspend { number } => set(office, &number, PassportStanding::Suspended).await,
        Request::Reinstate { number } => set(office, &number, PassportStanding::Active).await,
        Request::Renumber { number } => return renumber(office, &number).await,
        Request::Revoke { handle } => revoke(office, &handle).await,
        Request::Reports => reports(office).await,
        Request::Requests => requests(office).await,
        Request::Approve { request } => office.approve(&request).await.map(|()| json!({"approved": request})),
        Request::Decline { request, reason } => return decline(office, &request, reason.as_deref()).await,
    };
    answered.map_err(|error| error.to_string())
}

async fn offer(
    office: &Office,
    named: [Option<String>; 4],
    taken_up: TakenUp,
    tx_code: bool,
    seconds: i64,
) -> Result<Value, OfficeError> {
    let person = match named {
        [None, None, None, None] => office.test_member()?,
        [Some(given_name), Some(family_name), Some(birthdate), Some(email)] => {
            let now = office.environment().now();
            Person::new(&given_name, &family_name, &birthdate, &email, now)?
        }
        _ => return Err(OfficeError::HalfNamed),
    };
    let DeskOffer { handle, offered } = office.offer_at_desk_by(person, taken_up, tx_code, seconds).await?;
    Ok(json!({
        "offer": offered.by_value,
        "offer_uri": offered.by_reference,
        "tx_code": offered.tx_code.as_ref().map(openid4vc::secret::SecretText::expose),
        "handle": handle,
    }))
}

async fn decline(office: &Office, request: &str, reason: Option<&str>) -> Result<Value, String> {
    let reason = reason.map(Reason::new).transpose().map_err(|error| error.to_string())?;
    office.decline(request, reason.as_ref()).await.map_err(|error| error.to_string())?;
    Ok(json!({"declined": request}))
}

async fn set(office: &Office, number: &str, standing: PassportStanding) -> Result<Value, OfficeError> {
    let number = PassportNumber::parse(number)?;
    Ok(json!({"revoked": office.set_standing(&number, standing).await?}))
}

async fn renumber(office: &Office, number: &str) -> Result<Value, String> {
    let number = PassportNumber::parse(number).map_err(|error| error.to_string())?;
    let replaced = office.replace_number_at_desk(&number).await.map_err(|error| match error {
        NotBound::NoPassport => OfficeError::NoSuch("passport").to_string(),
        other => other.to_string(),
    })?;
    let number = PassportNumber::parse(&replaced.number).map_err(|error| error.to_string())?;
    Ok(json!({"number": number.printed(), "revoked": replaced.revoked}))
}

async fn revoke(office: &Office, handle: &str) -> Result<Value, OfficeError> {
    Ok(json!({"revoked": office.revoke_from_desk(handle).await?}))
}

/// First passports that wait for a person of the office, the oldest first.
async fn requests(office: &Office) -> Result<Value, OfficeError> {
    let now = office.environment().now().seconds();
    let told = office.waiting_for_approval().await?.into_iter().map(|one| {
        let day = |seconds: i64| Date::of(Timestamp::from_seconds(seconds)).to_string();
        let checks: Vec<Value> =
            one.checks.iter().map(|check| json!({"kind": check.kind, "on": day(check.on)})).collect();
        json!({
            "request": one.id,
            "kind": one.kind,
            "person": one.person,
            "checks": checks,
            "seconds_left": one.until.saturating_sub(now),
        })
    });
    Ok(json!({"requests": told.collect::<Vec<_>>()}))
}

/// The complaints about spaces, those with the latest first.
async fn reports(office: &Office) -> Result<Value, OfficeError> {
    let complaints = office.mailbox().reports().await?;
    let told = complaints.into_iter().map(|one| {
        let day = Date::of(Timestamp::from_seconds(one.day)).to_string();
        json!({"space": one.space, "reason": one.reason, "count": one.count, "day": day})
    });
    Ok(json!({"reports": told.collect::<Vec<_>>()}))
}
