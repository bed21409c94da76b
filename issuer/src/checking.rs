//! What a verified answer must say before the office signs anything on it. Signatures, key bindings, times, statuses and
//! the issuers' places in the network were checked before; here it is whether the pieces belong together.

use credentials::vc::StatusReference;
use environment::{Date, Timestamp};
use jose::Jwk;
use openid4vc::secret::SecretHash;
use presentation::{Answer, Presented, Refused, SignedBy};

use crate::person::Person;
use crate::records::{CheckDone, CheckKind};

/// Longest age of a membership at a refill, in seconds.
const FRESH: i64 = 14 * 86_400;

/// A first passport can be given to this person, once the e-mail address is confirmed.
pub(crate) struct FirstPassport {
    /// Thumbprint of the answering key.
    pub(crate) holder: String,
    /// Hash of the space and the membership's random `sub`.
    pub(crate) membership: SecretHash,
    pub(crate) person: Person,
    /// What the home space checked.
    pub(crate) vouched: CheckDone,
}

/// Fresh copies of this passport are wanted.
pub(crate) struct RefillPassport {
    pub(crate) holder: String,
    pub(crate) number: String,
    pub(crate) did: String,
}

/// Fresh copies of this profile are wanted.
pub(crate) struct RefillProfile {
    pub(crate) holder: String,
    pub(crate) person: Person,
    /// Which copy was shown.
    pub(crate) copy: StatusReference,
}

pub(crate) fn first_passport(answer: &Answer, now: Timestamp) -> Result<FirstPassport, Refused> {
    let membership = counts(needed(answer, "membership")?, now)?;
    let statement = counts(needed(answer, "statement")?, now)?;
    let own = in_time(needed(answer, "own")?, now)?;
    let key = one_key(&[membership, statement, own])?;
    let SignedBy::Space(space) = &membership.signed_by else { return Err(not_by("membership", "a space")) };
    if statement.signed_by != membership.signed_by {
        return Err(not_by("statement", "the space of the membership"));
    }
    if own.signed_by != SignedBy::Holder {
        return Err(not_by("own details", "the member"));
    }
    if text(membership, "space")? != space {
        return Err(malformed("the membership names another space than the one that signed it"));
    }
    if text(statement, "sub")? != text(membership, "sub")? {
        return Err(malformed("the statement is about another member than the membership"));
    }
    Ok(FirstPassport {
        holder: key.thumbprint_base64url(),
        membership: SecretHash::of(&format!("{space} {}", text(membership, "sub")?)),
        person: Person::new(
            text(statement, "given_name")?,
            text(statement, "family_name")?,
            text(statement, "birthdate")?,
            text(own, "email")?,
            now,
        )
        .map_err(|error| malformed(error.to_string()))?,
        vouched: vouched(statement, now)?,
    })
}

pub(crate) fn refill_passport(
    answer: &Answer,
    office: &str,
    now: Timestamp,
) -> Result<RefillPassport, Refused> {
    let passport = ours(counts(needed(answer, "passport")?, now)?, office)?;
    let membership = counts(needed(answer, "membership")?, now)?;
    if !matches!(membership.signed_by, SignedBy::Space(_)) {
        return Err(not_by("membership", "a space"));
    }
    let fresh = membership.facts.issued_at().is_some_and(|issued| now.since(issued) <= FRESH);
    if !fresh {
        return Err(Refused::rejected(
            "expired",
            "the membership is older than 14 days; let your space give you a fresh one",
        ));
    }
    Ok(RefillPassport {
        holder: one_key(&[passport])?.thumbprint_base64url(),
        number: text(passport, "number")?.to_owned(),
        did: text(passport, "did")?.to_owned(),
    })
}

pub(crate) fn refill_profile(
    answer: &Answer,
    office: &str,
    now: Timestamp,
) -> Result<RefillProfile, Refused> {
    let profile = ours(counts(needed(answer, "profile")?, now)?, office)?;
    if profile.claims.get("email_verified") != Some(&true.into()) {
        return Err(missing("email_verified"));
    }
    let person = Person::new(
        text(profile, "given_name")?,
        text(profile, "family_name")?,
        text(profile, "birthdate")?,
        text(profile, "email")?,
        now,
    );
    Ok(RefillProfile {
        holder: one_key(&[profile])?.thumbprint_base64url(),
        person: person.map_err(|error| malformed(error.to_string()))?,
        copy: profile.facts.status().cloned().ok_or_else(no_status)?,
    })
}

/// The home space's check. A check that is to come was not made.
fn vouched(statement: &Presented, now: Timestamp) -> Result<CheckDone, Refused> {
    let kind = match text(statement, "check")? {
        "document" => CheckKind::Document,
        "known-in-person" => CheckKind::KnownInPerson,
        _ => return Err(malformed("the statement names a kind of check that is not known")),
    };
    let on = Date::parse(text(statement, "checked_on")?)
        .filter(|on| *on <= Date::of(now))
        .ok_or_else(|| malformed("checked_on must be a past day, YYYY-MM-DD"))?;
    Ok(CheckDone { kind, on: on.start().seconds() })
}

fn needed<'a>(answer: &'a Answer, query: &'static str) -> Result<&'a Presented, Refused> {
    answer.for_query(query).ok_or_else(|| missing(query))
}

/// A credential that is still valid and can be revoked.
fn counts(presented: &Presented, now: Timestamp) -> Result<&Presented, Refused> {
    if presented.facts.status().is_none() {
        return Err(no_status());
    }
    in_time(presented, now)
}

fn in_time(presented: &Presented, now: Timestamp) -> Result<&Presented, Refused> {
    if presented.facts.expires().is_none_or(|expires| expires <= now) {
        return Err(Refused::rejected("expired", format!("the answer to {} has expired", presented.query)));
    }
    Ok(presented)
}

fn ours<'a>(presented: &'a Presented, office: &str) -> Result<&'a Presented, Refused> {
    match &presented.signed_by {
        SignedBy::Office(did) if did == office => Ok(presented),
        _ => Err(not_by("credential", "this office")),
    }
}

/// Everything under one key, so that nobody brings the papers of two people.
fn one_key<'a>(presented: &[&'a Presented]) -> Result<&'a Jwk, Refused> {
    let mut keys = presented.iter().map(|presented| presented.facts.holder_key());
    let unbound = || Refused::rejected("wrong_key", "nothing in the answer is bound to a key");
    let first = keys.next().flatten().ok_or_else(unbound)?;
    for key in keys {
        if key.ok_or_else(unbound)?.thumbprint() != first.thumbprint() {
            return Err(Refused::rejected(
                "different_keys",
                "the parts of the answer are bound to different keys",
            ));
        }
    }
    Ok(first)
}

fn text<'a>(presented: &'a Presented, claim: &'static str) -> Result<&'a str, Refused> {
    presented.claims.get(claim).and_then(serde_json::Value::as_str).ok_or_else(|| missing(claim))
}

fn missing(what: &'static str) -> Refused {
    Refused::rejected("missing_claims", format!("the answer lacks {what}, or it is of another type"))
}

fn malformed(sentence: impl Into<String>) -> Refused {
    Refused::rejected("malformed_presentation", sentence)
}

fn no_status() -> Refused {
    malformed("a credential without a status cannot be revoked and is not taken")
}

fn not_by(what: &str, whom: &str) -> Refused {
    Refused::rejected("untrusted_issuer", format!("the {what} must be signed by {whom}"))
}
