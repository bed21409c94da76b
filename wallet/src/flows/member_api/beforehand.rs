//! What the wallet's own record says before a space is asked: that it was left, or that it has a detail from an office's copy.

use credentials::types;
use network::member_api::covers;
use serde_json::Value;

use super::MemberApiError;
use crate::records::{Copy, HeldClaim, HistoryEntry, SpaceView};
use crate::vault::VaultError;
use crate::wallet::{Wallet, content};

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

impl Wallet {
    /// Refuses what only a member can do, where the membership was ended and none that counts came since.
    pub(super) async fn check_not_left(&self, space: &SpaceView) -> Result<(), MemberApiError> {
        let Some(at) = space.left_at else { return Ok(()) };
        let copies = self.vault.list::<Copy>().await?;
        let is_member = copies.iter().flat_map(|copy| &copy.credentials).any(|one| {
            one.vct == types::MEMBERSHIP
                && one.issuer_did.as_deref() == Some(space.id.as_str())
                && !one.revoked
        });
        if is_member {
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
    async fn contact_of(&self, space: &str) -> Result<Option<String>, VaultError> {
        let mut entries = self.vault.list::<HistoryEntry>().await?;
        entries
            .retain(|entry| entry.did.as_deref() == Some(space) && entry.data_protection_contact.is_some());
        Ok(entries.into_iter().max_by_key(|entry| entry.at).and_then(|entry| entry.data_protection_contact))
    }

    /// Of these spaces the identifiers of those that have the claim from an office's copy, while no copy shows the new value.
    pub(super) async fn that_want_it_checked(
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

/// Whether the space has the claim by its last answer from an office's copy.
fn has_from_office(space: &SpaceView, claim: &str) -> bool {
    let of_claim = |one: &&HeldClaim| covers(claim, &one.claim);
    let last = space.held.iter().filter(of_claim).max_by_key(|one| one.since);
    last.is_some_and(|one| one.vct == types::PROFILE)
}

/// What to do about a value that no office has checked.
pub(super) fn check_first(claim: &str) -> String {
    let new = if claim == "email" { "new address" } else { "new value" };
    format!(
        "your passport office has to check the {new} first: say it with `passport wallet own set {claim} …`, apply there again \
         (open its /passport page), then change it"
    )
}
