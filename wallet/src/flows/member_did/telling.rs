//! Which spaces know the member by a number or DID that is another now.

use credentials::types;
use serde::Serialize;
use serde_json::Value;

use super::DidError;
use crate::flows::matching::same_as;
use crate::records::{Copy, Errand, HeldClaim, MemberDid, OutboxItem, OwnNumber, SpaceView};
use crate::vault::VaultError;
use crate::wallet::{Wallet, content};

/// The claims of a passport that change when the member moves or is given another number.
pub(in crate::flows) const CHANGING: [&str; 2] = ["number", "did"];

/// A space that was shown the passport.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InformedSpace {
    /// Its DID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its host.
    pub host: String,
    /// What it has: `number`, `did`.
    pub has: Vec<String>,
    /// Whether all of that is as it stands in the passport now.
    pub is_current: bool,
    /// When it was told last, in seconds since the epoch.
    pub told_at: i64,
    /// When it is told what is new, in seconds since the epoch; none while nothing waits to be told.
    pub due_at: Option<i64>,
}

impl Wallet {
    /// The spaces that were given the number or the DID, those first that have an old one.
    ///
    /// # Errors
    /// See [`DidError`].
    pub async fn informed_spaces(&self) -> Result<Vec<InformedSpace>, DidError> {
        Ok(self.spaces_informed().await?)
    }

    pub(in crate::flows) async fn spaces_informed(&self) -> Result<Vec<InformedSpace>, VaultError> {
        let current = self.current_values().await?;
        let mut waiting = self.vault.list::<OutboxItem>().await?;
        waiting.retain(|item| item.errand == Errand::Passport && !item.given_up);
        let due =
            |space: &SpaceView| waiting.iter().find(|item| item.space == space.id).map(|item| item.due_at);
        let known = self.known_spaces().await?;
        let mut informed: Vec<InformedSpace> =
            known.iter().filter_map(|space| informed(space, &current, due(space))).collect();
        informed.sort_by(|left, right| (left.is_current, &left.name).cmp(&(right.is_current, &right.name)));
        Ok(informed)
    }

    /// What the number and the DID are now, by what values are compared. Of a DID that was given up nothing is.
    async fn current_values(&self) -> Result<Vec<(&'static str, String)>, VaultError> {
        let mut current = self.values_of_newest_passport().await?;
        let Some(member) = self.vault.get::<MemberDid>(MemberDid::NAME).await? else { return Ok(current) };
        if member.given_up {
            return Ok(Vec::new());
        }
        let mut set = |name: &'static str, value: String| {
            current.retain(|(known, _)| *known != name);
            current.push((name, same_as(&Value::from(value))));
        };
        // Both may be others before a passport shows it.
        let own = self.vault.get::<OwnNumber>(OwnNumber::NAME).await?;
        if let Some(own) = own.filter(|own| own.did == member.did) {
            set("number", own.number);
        }
        set("did", member.did);
        Ok(current)
    }

    async fn values_of_newest_passport(&self) -> Result<Vec<(&'static str, String)>, VaultError> {
        let copies = self.vault.list::<Copy>().await?;
        let newest = copies
            .iter()
            .flat_map(|copy| copy.credentials.iter().map(move |one| (copy.received_at, one)))
            .filter(|(_, one)| one.vct == types::PASSPORT)
            .max_by_key(|(received_at, _)| *received_at);
        let Some((_, passport)) = newest else { return Ok(Vec::new()) };
        let claims = content(&passport.compact);
        Ok(CHANGING.iter().filter_map(|name| Some((*name, same_as(claims.get(*name)?)))).collect())
    }
}

/// What a space has of the passport: of each claim what it was given last.
fn informed(
    space: &SpaceView,
    current: &[(&'static str, String)],
    due_at: Option<i64>,
) -> Option<InformedSpace> {
    let is_of_passport =
        |claim: &&HeldClaim| claim.vct == types::PASSPORT && CHANGING.contains(&claim.claim.as_str());
    let mut last: Vec<&HeldClaim> = Vec::new();
    for claim in space.held.iter().filter(is_of_passport) {
        last.retain(|before| before.claim != claim.claim);
        last.push(claim);
    }
    let told_at = last.iter().map(|claim| claim.since).max()?;
    let is_current = last
        .iter()
        .all(|claim| current.iter().any(|(name, value)| *name == claim.claim && *value == claim.same_as));
    Some(InformedSpace {
        id: space.id.clone(),
        name: space.name.clone(),
        host: space.host.clone(),
        has: last.iter().map(|claim| claim.claim.clone()).collect(),
        is_current,
        told_at,
        due_at: due_at.filter(|_| !is_current),
    })
}
