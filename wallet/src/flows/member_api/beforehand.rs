//! What the wallet's own record says before a space is asked: that it was left, that it has nothing of a name, or that it has a
//! detail from an office's copy.

use std::collections::BTreeMap;

use credentials::types;
use network::member_api::covers;
use serde_json::Value;

use super::MemberApiError;
use crate::records::{Copy, DetailName, HeldClaim, HistoryEntry, NotDone, SpaceView, same_as};
use crate::vault::{VaultError, Wanted};
use crate::wallet::{Wallet, content};

/// Entries of the history in which the contact of a space is looked for, the latest first.
const LOOKED_AT: usize = 100;

/// A space whose membership ended by what the member did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftSpace {
    /// Its name.
    pub space: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// What it still keeps, as it has proven: claim, and until when in seconds since the epoch.
    pub kept: Vec<(String, Option<i64>)>,
    /// Where to write about one's data.
    pub contact: Option<String>,
}

/// What keeps a space from being told a new value later.
#[derive(Clone)]
pub(super) struct KeptFromIt {
    pub(super) sentence: String,
    pub(super) why: NotDone,
}

impl KeptFromIt {
    fn new(code: &str, claim: &str, sentence: String) -> Self {
        let claims = vec![claim.to_owned()];
        Self { sentence, why: NotDone { code: code.to_owned(), is_their_word: false, claims } }
    }
}

/// What an edit would come to at one space, by the wallet's own record.
#[derive(Clone, PartialEq, Eq)]
pub struct PlannedChange {
    /// The space's DID.
    pub space_id: String,
    /// The space's name.
    pub space: String,
    /// What it has now, where the wallet knows the value.
    pub now: Option<Value>,
    /// Whether it has the new value already.
    pub is_same: bool,
    /// Whether it has what it has from an office's copy, and no copy shows the new value: an office has to check that first.
    pub needs_check: bool,
    /// Whether it has nothing of this name.
    pub is_unheld: bool,
}

impl std::fmt::Debug for PlannedChange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PlannedChange({})", self.space)
    }
}

impl Wallet {
    /// What an edit would come to at these spaces. Nothing is changed and nobody is asked.
    ///
    /// # Errors
    /// [`MemberApiError::UnknownSpace`] and others where a space is none of the member's; the vault.
    pub async fn plan_change(
        &self,
        name: &DetailName,
        value: &Value,
        spaces: &[String],
    ) -> Result<Vec<PlannedChange>, MemberApiError> {
        let mut named = Vec::new();
        for space in spaces {
            let space = self.space_named(space).await?;
            self.check_not_left(&space).await?;
            named.push(space);
        }
        let claim = name.as_str();
        let unheld = self.that_hold_nothing_of(&named, claim).await?;
        let unchecked = self.that_want_it_checked(&named, claim, value).await?;
        let values = self.given_values().await?;
        let new = same_as(value);
        let plan = |space: SpaceView| {
            let last = last_of(&space, claim);
            PlannedChange {
                now: last.and_then(|one| values.get(&one.same_as)).cloned(),
                is_same: last.is_some_and(|one| one.same_as == new),
                needs_check: unchecked.contains(&space.id),
                is_unheld: unheld.contains(&space.id),
                space_id: space.id,
                space: space.name,
            }
        };
        Ok(named.into_iter().map(plan).collect())
    }

    /// Refuses what only a member can do, where the membership was ended and none that counts came since.
    pub(super) async fn check_not_left(&self, space: &SpaceView) -> Result<(), MemberApiError> {
        let Some(at) = space.left_at else { return Ok(()) };
        if !was_left(space, &self.vault.list::<Copy>().await?) {
            return Ok(());
        }
        let left = LeftSpace {
            space: space.name.clone(),
            at,
            kept: space.held.iter().map(|one| (one.claim.clone(), one.until)).collect(),
            contact: self.contact_of(&space.id).await?,
        };
        Err(MemberApiError::Left(Box::new(left)))
    }

    /// As [`Self::check_not_left`], by the space's identifier.
    pub(super) async fn check_not_left_by_id(&self, space: &str) -> Result<(), MemberApiError> {
        match self.known_spaces().await?.iter().find(|known| known.id == space) {
            Some(known) => self.check_not_left(known).await,
            None => Ok(()),
        }
    }

    /// Where the space said last to ask for deletion.
    ///
    /// # Errors
    /// The vault.
    pub async fn contact_of(&self, space: &str) -> Result<Option<String>, VaultError> {
        let key = HistoryEntry::party_key(space);
        let wanted = Wanted { about: Some(&key), ..Wanted::default() };
        let entries = self.vault.listed::<HistoryEntry>(&wanted, 0, LOOKED_AT).await?.records;
        Ok(entries.into_iter().find_map(|entry| entry.data_protection_contact))
    }

    /// What keeps which of these spaces, by its identifier, from being told a new value later.
    ///
    /// # Errors
    /// [`MemberApiError::NotHeld`] or [`MemberApiError::CheckFirst`] where it keeps all of them.
    pub(super) async fn kept_from_later(
        &self,
        spaces: &[SpaceView],
        claim: &str,
        value: &Value,
    ) -> Result<BTreeMap<String, KeptFromIt>, MemberApiError> {
        let unheld = self.that_hold_nothing_of(spaces, claim).await?;
        let unchecked = self.that_want_it_checked(spaces, claim, value).await?;
        let names = |ids: &[String]| {
            let named = spaces.iter().filter(|space| ids.contains(&space.id));
            named.map(|space| space.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let claim = claim.to_owned();
        if !spaces.is_empty() && unheld.len().saturating_add(unchecked.len()) == spaces.len() {
            return Err(if unheld.is_empty() {
                MemberApiError::CheckFirst { claim, spaces: names(&unchecked) }
            } else {
                MemberApiError::NotHeld { claim, spaces: names(&unheld) }
            });
        }
        let kept = |code: &str, sentence: String| KeptFromIt::new(code, &claim, sentence);
        let unheld = unheld.into_iter().map(|space| (space, kept("not_held", not_held(&claim))));
        let unchecked =
            unchecked.into_iter().map(|space| (space, kept("check_first", check_first_or_now(&claim))));
        Ok(unheld.chain(unchecked).collect())
    }

    /// Of these spaces the identifiers of those that have nothing of this name, by the record of what they were given. A wallet that
    /// has no record of a space, or took the place of another one, does not know.
    async fn that_hold_nothing_of(
        &self,
        spaces: &[SpaceView],
        claim: &str,
    ) -> Result<Vec<String>, VaultError> {
        if self.is_made_again().await? {
            return Ok(Vec::new());
        }
        let holds = |space: &SpaceView| space.held.iter().any(|one| covers(claim, &one.claim));
        let unheld = spaces.iter().filter(|space| was_given_details(space) && !holds(space));
        Ok(unheld.map(|space| space.id.clone()).collect())
    }

    /// Of these spaces the identifiers of those that have the claim from an office's copy, while no copy shows the new value.
    async fn that_want_it_checked(
        &self,
        spaces: &[SpaceView],
        claim: &str,
        value: &Value,
    ) -> Result<Vec<String>, VaultError> {
        let now = self.now();
        let copies = self.vault.list::<Copy>().await?;
        let is_checked = copies.iter().flat_map(|copy| &copy.credentials).any(|one| {
            one.vct == types::PROFILE
                && one.network.is_some()
                && one.counts(now)
                && content(&one.compact).get(claim) == Some(value)
        });
        let wants = |space: &&SpaceView| !is_checked && has_from_office(space, claim);
        Ok(spaces.iter().filter(wants).map(|space| space.id.clone()).collect())
    }
}

/// Whether there is a record of details that the space was given. That the membership was shown there says nothing of others: a team
/// may have added the member by hand.
fn was_given_details(space: &SpaceView) -> bool {
    space.given.iter().flat_map(|given| &given.claims).any(|claim| claim.vct != types::MEMBERSHIP)
}

/// Whether the membership of the space was ended by the member, and no other one came since.
pub(crate) fn was_left(space: &SpaceView, copies: &[Copy]) -> bool {
    let mut held = copies.iter().flat_map(|copy| &copy.credentials);
    space.left_at.is_some() && !held.any(|one| one.is_living_membership_of(&space.id))
}

/// Whether the space has the claim by its last answer from an office's copy.
fn has_from_office(space: &SpaceView, claim: &str) -> bool {
    last_of(space, claim).is_some_and(|one| one.vct == types::PROFILE)
}

/// What the space was given last of a claim.
fn last_of<'a>(space: &'a SpaceView, claim: &str) -> Option<&'a HeldClaim> {
    let of_claim = |one: &&HeldClaim| covers(claim, &one.claim);
    space.held.iter().filter(of_claim).max_by_key(|one| one.since)
}

/// What to do about a value that no office has checked.
pub(super) fn check_first(claim: &str) -> String {
    // The address alone is the member's own word at the office; the rest of a passport stands in the statement of a space.
    if claim == "email" {
        return "your passport office has to check the new address first: say it with `passport wallet own set email …`, apply \
                there again (open its /passport page), then change it"
            .to_owned();
    }
    "your passport office has to check the new value first, and takes it from a statement of your home space: have its team correct \
     it, apply at the office again with the new statement (open its /passport page), then change it"
        .to_owned()
}

/// The same to a member who could also tell the space at once.
pub(super) fn check_first_or_now(claim: &str) -> String {
    format!("{}; a space that takes your own word as well takes it at once, with `--now`", check_first(claim))
}

/// What is said of a space that has nothing of a name, by this wallet's record: only the space itself knows better.
pub(super) fn not_held(claim: &str) -> String {
    format!(
        "by this wallet's record there is no {claim} of yours to change there (`passport wallet space see` asks what it holds); \
         `--now` tries it all the same"
    )
}
