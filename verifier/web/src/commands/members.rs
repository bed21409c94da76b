//! Members that were there before, and their offers.

use environment::Date;
use issuance::Offered;
use openid4vc::secret::SecretText;
use serde_json::{Value, json};
use verifier::Space;
use verifier::members::{Check, Vouched};
use verifier::records::{Member, Standing};

use super::{said, time};

/// What the team vouches for.
pub(super) fn vouched(
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

/// Enters a member.
pub(super) async fn add(
    space: &Space,
    vouched: &Vouched,
    tx_code: bool,
    lifetime: i64,
) -> Result<Value, String> {
    let (sub, offered) = space.add_member(vouched, tx_code, lifetime).await.map_err(said)?;
    Ok(offer(&sub, &offered))
}

/// What is sent to the member `sub`, or shown.
pub(super) fn offer(sub: &str, offered: &Offered) -> Value {
    json!({
        "offer": offered.by_value,
        "offer_uri": offered.by_reference,
        "tx_code": offered.tx_code.as_ref().map(SecretText::expose),
        "sub": sub,
    })
}

/// A member, for a list.
pub(super) fn member(member: &Member) -> Value {
    json!({
        "sub": member.sub,
        "contact": member.contact,
        "since": time(member.since),
        "plan": member.plan,
        "standing": if member.standing == Standing::Active { "active" } else { "ended" },
    })
}
