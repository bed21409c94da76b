//! From what a member asks to what follows. Nothing is written here.

use std::collections::BTreeSet;

use environment::Timestamp;
use network::change_proof::{Deed, NewChangeProof};
use network::claims::Audience;
use network::member_api::{
    ClaimChange, KeptClaim, LONGEST_CLAIM, LONGEST_REASON, MOST_CLAIMS, Objection as Objecting, Outcome,
    REGISTRATION, WhatToDo, covers,
};

use super::access::Caller;
use super::carrying::Standstill;
use super::records::Objection;
use super::{DAY, NotDone};
use crate::keeping::{Basis, end_of, registered_end};
use crate::members::EndMembership;
use crate::records::{Contact, Provenance};
use crate::space::Space;

/// Furthest end that makes sense: the last second of the year 9999.
const LAST: i64 = 253_402_300_799;

/// What follows, ready to be written.
pub(super) struct Plan {
    /// The contact on which it was planned.
    pub(super) found: Option<Contact>,
    /// What takes its place.
    pub(super) next: Next,
    pub(super) end: Option<EndMembership>,
    pub(super) objection: Option<Objection>,
    pub(super) erases_objections: bool,
    pub(super) deed: Deed,
    pub(super) outcome: Outcome,
}

/// What becomes of a contact.
pub(super) enum Next {
    /// It stays as it is.
    Same,
    /// This takes its place.
    Other(Box<Contact>),
    /// This without what is taken back, under a key of its own.
    Without { changed: Box<Contact>, taken_back: Vec<bool> },
    /// Nothing is left of it.
    Gone,
}

impl Plan {
    /// A proof of it that waits to be signed.
    pub(super) fn proof<'a>(
        &self,
        space: &'a Space,
        caller: &'a Caller<'_>,
        id: &'a str,
    ) -> NewChangeProof<'a> {
        NewChangeProof {
            issuer: space.identity.did.as_str(),
            holder: &caller.access.key,
            id,
            deed: self.deed,
            outcome: self.outcome.clone(),
        }
    }
}

/// What changes ask must be something, each claim once.
pub(super) fn check_changes(changes: &[ClaimChange]) -> Result<(), NotDone> {
    check_claims(changes.iter().map(|change| change.claim.as_str()))?;
    if changes.is_empty() { Err(NotDone::Malformed("name at least one change")) } else { Ok(()) }
}

/// Names of claims are paths of a sensible length, each once.
pub(super) fn check_claims<'a>(claims: impl Iterator<Item = &'a str>) -> Result<(), NotDone> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for claim in claims {
        if claim.is_empty() || claim.len() > LONGEST_CLAIM || claim.chars().any(char::is_control) {
            return Err(NotDone::Malformed("a claim is named by its path"));
        }
        if seen.iter().any(|before| covers(before, claim) || covers(claim, before)) {
            return Err(NotDone::Malformed("each claim is named once, and none beside what lies below it"));
        }
        seen.insert(claim);
    }
    if seen.len() > MOST_CLAIMS { Err(NotDone::Malformed("name fewer claims at once")) } else { Ok(()) }
}

/// The first rule that some of the claims break, with all of those.
fn all_keep<'a>(
    claims: impl Iterator<Item = &'a str>,
    rule: impl Fn(&str) -> bool,
    broken: fn(Vec<String>) -> NotDone,
) -> Result<(), NotDone> {
    let breaking: Vec<String> = claims.filter(|claim| !rule(claim)).map(str::to_owned).collect();
    if breaking.is_empty() { Ok(()) } else { Err(broken(breaking)) }
}

/// All of these must be held.
pub(super) fn check_held<'a>(
    contact: Option<&Contact>,
    claims: impl Iterator<Item = &'a str>,
) -> Result<(), NotDone> {
    let given = contact.map(|contact| contact.given.as_slice()).unwrap_or_default();
    all_keep(claims, |claim| given.iter().any(|one| covers(claim, &one.claim)), NotDone::NotHeld)
}

impl Space {
    /// Plans changes of details.
    pub(super) fn plan_changes(
        &self,
        standstill: &Standstill,
        changes: &[ClaimChange],
    ) -> Result<Plan, NotDone> {
        let found = standstill.contact.clone();
        check_held(found.as_ref(), changes.iter().map(|change| change.claim.as_str()))?;
        let contact = found.clone().ok_or_else(|| NotDone::NotHeld(Vec::new()))?;
        self.check_audiences(changes)?;
        check_ends(&contact, changes, standstill.basis, self.environment().now())?;
        let (changed, taken_back) = changed(&contact, changes);
        let is_needed = |(given, back): (&Provenance, &bool)| *back && given.needed;
        let ends = changed.given.iter().zip(&taken_back).any(is_needed);
        let kept = if ends { kept(&changed, &taken_back, self.environment().now()) } else { Vec::new() };
        let outcome = Outcome { changes: changes.to_vec(), about: Vec::new(), membership_ended: ends, kept };
        let changed = Box::new(changed);
        let next = if taken_back.iter().all(|back| *back) {
            Next::Gone
        } else if taken_back.contains(&true) {
            Next::Without { changed, taken_back }
        } else {
            Next::Other(changed)
        };
        Ok(Plan {
            found,
            next,
            end: ends.then(|| self.ending(&standstill.member.sub)),
            objection: None,
            erases_objections: false,
            deed: Deed::Changed,
            outcome,
        })
    }

    /// Nothing is shown to a brand where there is none.
    fn check_audiences(&self, changes: &[ClaimChange]) -> Result<(), NotDone> {
        let has_brand = self.registration().content().brand.is_some();
        let to_brand = |change: &&ClaimChange| change.what == WhatToDo::Publish(Audience::Brand);
        let claims = changes.iter().filter(to_brand).map(|change| change.claim.as_str());
        all_keep(claims, |_| has_brand, NotDone::UnknownAudience)
    }

    /// Plans that a member leaves: nothing stays but what a law makes the space keep, and none of that is held yet.
    pub(super) fn plan_leaving(&self, standstill: &Standstill) -> Plan {
        let found = standstill.contact.clone();
        let mut claims: BTreeSet<&str> = BTreeSet::new();
        let given = found.as_ref().map(|contact| contact.given.as_slice()).unwrap_or_default();
        claims.extend(given.iter().map(|given| given.claim.as_str()));
        let back = |claim: &&str| ClaimChange { claim: (*claim).to_owned(), what: WhatToDo::TakeBack };
        let outcome = Outcome {
            changes: claims.iter().map(back).collect(),
            membership_ended: true,
            ..Outcome::default()
        };
        Plan {
            next: if found.is_some() { Next::Gone } else { Next::Same },
            found,
            end: Some(self.ending(&standstill.member.sub)),
            objection: None,
            erases_objections: true,
            deed: Deed::Left,
            outcome,
        }
    }

    /// Plans that an objection is filed.
    pub(super) fn plan_objection(&self, standstill: &Standstill, asked: &Objecting) -> Result<Plan, NotDone> {
        check_held(standstill.contact.as_ref(), asked.about.iter().map(String::as_str))?;
        let objection = self.sealed_objection(&standstill.member.sub, asked)?;
        Ok(Plan {
            found: standstill.contact.clone(),
            next: Next::Same,
            end: None,
            objection: Some(objection),
            erases_objections: false,
            deed: Deed::Objected,
            outcome: Outcome { about: asked.about.clone(), ..Outcome::default() },
        })
    }
}

/// An objection says why, and about what.
pub(super) fn check_objection(asked: &Objecting) -> Result<(), NotDone> {
    check_claims(asked.about.iter().map(String::as_str))?;
    let length = asked.reason.chars().count();
    let says_something = asked.reason.chars().any(char::is_alphanumeric) && length <= LONGEST_REASON;
    if says_something {
        Ok(())
    } else {
        Err(NotDone::Malformed("an objection gives a reason of at most 4,000 characters"))
    }
}

/// An end lies at least a day ahead, and not behind the one that is registered.
fn check_ends(
    contact: &Contact,
    changes: &[ClaimChange],
    basis: Basis,
    now: Timestamp,
) -> Result<(), NotDone> {
    let ends = || {
        changes.iter().filter_map(|change| match change.what {
            WhatToDo::Until(Some(until)) => Some((change.claim.as_str(), until)),
            _ => None,
        })
    };
    let until_of = |claim: &str| ends().find(|(one, _)| *one == claim).map_or(0, |(_, until)| until);
    let claims = || ends().map(|(claim, _)| claim);
    all_keep(claims(), |claim| until_of(claim) >= now.plus(DAY).seconds(), NotDone::UntilTooSoon)?;
    let is_registered = |claim: &str| {
        let of_claim = contact.given.iter().filter(|given| covers(claim, &given.claim));
        let registered = of_claim.filter_map(|given| registered_end(given, basis)).min();
        until_of(claim) <= registered.unwrap_or(LAST)
    };
    all_keep(claims(), is_registered, NotDone::UntilTooLate)
}

/// The contact with other rules for its details, and which of them are taken back.
fn changed(contact: &Contact, changes: &[ClaimChange]) -> (Contact, Vec<bool>) {
    let mut changed = contact.clone();
    let mut taken_back = Vec::with_capacity(changed.given.len());
    for given in &mut changed.given {
        let change = changes.iter().find(|change| covers(&change.claim, &given.claim));
        match change.map(|change| change.what) {
            Some(WhatToDo::Publish(audience)) => given.audience = audience,
            Some(WhatToDo::Until(until)) => given.until = until,
            Some(WhatToDo::TakeBack) | None => {}
        }
        taken_back.push(change.is_some_and(|change| change.what == WhatToDo::TakeBack));
    }
    (changed, taken_back)
}

/// What stays for its registered days when the membership ends now.
fn kept(changed: &Contact, taken_back: &[bool], now: Timestamp) -> Vec<KeptClaim> {
    let rest = changed.given.iter().zip(taken_back).filter(|(_, back)| !**back).map(|(given, _)| given);
    let kept = rest.filter_map(|given| {
        let until = end_of(given, Basis::Ended(now.seconds()))?;
        let claim = given.claim.clone();
        (until > now.seconds()).then(|| KeptClaim { claim, rule: REGISTRATION.to_owned(), until })
    });
    kept.collect()
}
