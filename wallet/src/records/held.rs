//! What a space has of the member by now: what it was given, and what proven changes have made of that since.
//!
//! Of the past nothing is forgotten by it; it is worked out anew each time. What the space has not signed counts as held.

use std::collections::BTreeMap;

use credentials::types;
use environment::Timestamp;
use jose::{base64url, digest};
use network::claims::Audience;
use network::member_api::{ClaimChange, KeptClaim, WhatToDo, covers};
use network::seen_in_team::SeenInTeam;
use network::sharing_proof::{ProofOfSharing, SharedClaim};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Given, GivenClaim, KeptChange};
use crate::question::Use;

/// By what the vault notices that two values are the same.
pub(crate) fn same_as(value: &Value) -> String {
    base64url::encode(digest::sha256(value.to_string()))
}

/// A claim that a space has.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldClaim {
    /// Its path, joined by `.`.
    pub claim: String,
    /// The type it was shown from.
    #[serde(rename = "type")]
    pub vct: String,
    /// Since when, in seconds since the epoch.
    pub since: i64,
    /// Who may see it, as last proven.
    pub audience: Audience,
    /// Who of the team sees it, as promised, as long as the audience is the team.
    #[serde(default)]
    pub seen_in_team: SeenInTeam,
    /// Days for which it is kept when the membership has ended; of nobody who became a member, days from [`Self::since`] on.
    pub kept_days: Option<u32>,
    /// When it goes at the latest, as last proven, in seconds since the epoch.
    pub until: Option<i64>,
    /// Whether the space has signed that it has it.
    pub proven: bool,
    /// What for: the use that the space has signed, or else all that it said when it asked.
    #[serde(default)]
    pub purpose: Option<String>,
    /// That use, or those that make up all it said, as they were registered.
    #[serde(skip)]
    pub uses: Vec<Use>,
    /// Whether the space has signed that it needs it: taken back, the membership ends.
    #[serde(default)]
    pub needed: bool,
    /// As that of [`GivenClaim`].
    #[serde(skip)]
    pub(crate) same_as: String,
}

impl HeldClaim {
    fn new(given: &Given, claim: &GivenClaim, proof: Option<&ProofOfSharing>) -> Self {
        let is_it = |shared: &&SharedClaim| shared.claim == claim.claim && shared.digest == claim.digest;
        let shared = proof.and_then(|proof| proof.shared.iter().find(is_it));
        let used_for = shared.and_then(|shared| given.use_named(&shared.purpose));
        let purpose = used_for.and_then(Use::usual).map(str::to_owned);
        Self {
            claim: claim.claim.clone(),
            vct: claim.vct.clone(),
            since: given.at,
            audience: shared.map_or(claim.audience, |shared| shared.audience),
            // What the request promised holds, whatever the proof makes of it.
            seen_in_team: shared
                .map_or(claim.seen_in_team, |shared| shared.seen_in_team.min(claim.seen_in_team)),
            kept_days: shared.and_then(|shared| shared.kept_days),
            until: shared.and_then(|shared| shared.kept_until),
            proven: shared.is_some(),
            purpose: purpose
                .or_else(|| given.purpose.clone())
                .or_else(|| shared.map(|shared| shared.purpose.clone())),
            uses: used_for.map_or_else(|| given.uses.clone(), |one| vec![one.clone()]),
            needed: shared.is_some_and(|shared| shared.needed),
            same_as: claim.same_as.clone(),
        }
    }

    /// Whether it is the same claim with the same value.
    fn is(&self, other: &Self) -> bool {
        self.claim == other.claim && !self.same_as.is_empty() && self.same_as == other.same_as
    }
}

impl std::fmt::Debug for HeldClaim {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "HeldClaim({})", self.claim)
    }
}

/// What came of everything up to some moment.
#[derive(Default)]
pub(super) struct Holding {
    pub(super) held: Vec<HeldClaim>,
    /// When the membership ended by what the member did.
    pub(super) left_at: Option<i64>,
}

impl Holding {
    /// What a space has at `now`. Answers and changes come in their order.
    pub(super) fn of(space: &str, given: &[Given], changes: &[&KeptChange], now: Timestamp) -> Self {
        let mut by_answer: BTreeMap<usize, Vec<&KeptChange>> = BTreeMap::new();
        for change in changes {
            by_answer.entry(change.after).or_default().push(change);
        }
        let mut holding = Self::default();
        let own = same_as(&Value::from(space));
        for (position, given) in given.iter().enumerate() {
            holding.take_changes(&by_answer.remove(&position).unwrap_or_default());
            holding.take_answer(given, &own);
        }
        holding.take_changes(&by_answer.into_values().flatten().collect::<Vec<_>>());
        holding.held.retain(|one| one.until.is_none_or(|until| until > now.seconds()));
        holding
    }

    /// An answer adds to what is held, unless the space declined or ended it, and then it goes.
    fn take_answer(&mut self, given: &Given, own: &str) {
        if given.is_kept_no_more() {
            return;
        }
        if given.outcome.as_deref() == Some("approved") {
            self.left_at = None;
        }
        let proof: Option<ProofOfSharing> = given.proven();
        if proof.is_some() {
            self.held.retain(|one| !given.replaces.iter().any(|replaced| covers(replaced, &one.claim)));
        }
        // That a member of a space is one tells that space nothing.
        let is_news = |claim: &&GivenClaim| {
            !(claim.vct == types::MEMBERSHIP && claim.claim == "space" && claim.same_as == own)
        };
        for claim in given.named_claims().filter(is_news) {
            self.take_claim(HeldClaim::new(given, claim, proof.as_ref()));
        }
    }

    /// The same value again counts once, on the terms that were proven last.
    fn take_claim(&mut self, new: HeldClaim) {
        match self.held.iter_mut().find(|one| one.is(&new)) {
            None => self.held.push(new),
            Some(before) if new.proven => *before = HeldClaim { since: before.since, ..new },
            Some(_) => {}
        }
    }

    fn take_changes(&mut self, changes: &[&KeptChange]) {
        for kept in changes {
            let Some(proof) = kept.change.proven() else { continue };
            for change in &proof.outcome.changes {
                self.take_change(change);
            }
            if proof.outcome.membership_ended {
                self.end(kept.change.at, &proof.outcome.kept);
            }
        }
    }

    fn take_change(&mut self, change: &ClaimChange) {
        if change.what == WhatToDo::TakeBack {
            self.held.retain(|one| !covers(&change.claim, &one.claim));
        }
        for one in self.held.iter_mut().filter(|one| covers(&change.claim, &one.claim)) {
            match change.what {
                WhatToDo::Publish(audience) => one.audience = audience,
                WhatToDo::Until(until) => one.until = until,
                WhatToDo::TakeBack => {}
            }
        }
    }

    /// What the proof does not name as kept has gone with the membership.
    fn end(&mut self, at: i64, kept: &[KeptClaim]) {
        self.left_at = Some(at);
        self.held.retain_mut(|one| {
            let until =
                kept.iter().filter(|kept| covers(&kept.claim, &one.claim)).map(|kept| kept.until).max();
            one.kept_days = None;
            one.until = until;
            until.is_some()
        });
    }
}

/// What a signed message says; it was verified when it was kept.
pub(crate) fn proof_of<T: DeserializeOwned>(message: &str) -> Option<T> {
    let claims = jose::jws::Unverified::parse(message).ok()?.claims().ok()?;
    serde_json::from_value(Value::Object(claims)).ok()
}

#[cfg(test)]
mod tests;
