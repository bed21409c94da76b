//! The spaces as the member sees them: those of which the wallet holds a membership, and those that were given something. Each
//! has a name of its own for addresses of pages, which tells nobody which space it is.

use std::collections::{BTreeMap, BTreeSet};

use credentials::types;
use jose::base64url;
use network::space_pages::SpacePage;
use serde_json::Value;

use crate::flows::origin::origin_of;
use crate::records::{
    Copy, GivenValue, HeldClaim, HeldCredential, KeptPages, OutboxEntry, SpaceView, same_as,
};
use crate::vault::VaultError;
use crate::wallet::{Wallet, content};

/// Bytes of the name of a space in addresses.
const KEY_BYTES: usize = 16;

/// A membership, as its space signed it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its first day, YYYY-MM-DD.
    pub since: Option<String>,
    /// The name of the plan.
    pub plan: Option<String>,
    /// The brand to which the space belongs.
    pub brand: Option<String>,
    /// Whether any of its copies counts: if not, only the space's team can help.
    pub counts: bool,
    /// The origin of the space that issued it: there it is told what is to be done.
    pub at: Option<String>,
}

/// A space as the member sees it.
#[derive(Clone, Debug)]
pub struct OwnSpace {
    /// Its name in addresses of pages.
    pub key: String,
    /// What is known of it.
    pub space: SpaceView,
    /// The membership; none of a space that was left, or of which the member never became one.
    pub membership: Option<Membership>,
    /// Whether nothing of it is shown.
    pub is_muted: bool,
    /// What waits to be done there, the earliest first.
    pub waiting: Vec<OutboxEntry>,
    /// Its pages for members, at its own host: what each is for, and its address.
    pub pages: Vec<(SpacePage, String)>,
    values: BTreeMap<String, Value>,
}

impl OwnSpace {
    /// The value of what it has, as it was given; none where the wallet does not know it any more.
    #[must_use]
    pub fn value_of(&self, claim: &HeldClaim) -> Option<&Value> {
        self.values.get(&claim.same_as)
    }
}

impl Wallet {
    /// The spaces of the member: first those of which they are a member, each group by name. Offices are none.
    ///
    /// # Errors
    /// The vault.
    pub async fn own_spaces(&self) -> Result<Vec<OwnSpace>, VaultError> {
        let copies = self.vault.list::<Copy>().await?;
        let muted = self.muted_spaces().await?;
        let waiting = self.waiting_items().await?;
        let values = self.given_values().await?;
        let pages = self.vault.list::<KeptPages>().await?;
        let mut spaces = self.spaces_with_memberships().await?;
        let names = names_of(&copies, &spaces);
        spaces.retain(|space| !space.is_office);
        let own = |space: SpaceView| {
            let living = newest_membership(&copies, &space.id);
            let is_here = |entry: &OutboxEntry| entry.space_id == space.id;
            OwnSpace {
                key: self.key_of(&space.id),
                membership: living.map(|one| self.membership(one, &copies, &space.id)),
                pages: pages_of(&pages, &space.id),
                is_muted: muted.contains(&space.id),
                waiting: waiting.iter().cloned().map(OutboxEntry::from).filter(is_here).collect(),
                values: values_of(&space, &values, &names),
                space,
            }
        };
        let mut own: Vec<OwnSpace> = spaces.into_iter().map(own).collect();
        own.sort_by(|left, right| order(left).cmp(&order(right)));
        Ok(own)
    }

    /// The space of this name in addresses.
    ///
    /// # Errors
    /// The vault.
    pub async fn own_space(&self, key: &str) -> Result<Option<OwnSpace>, VaultError> {
        Ok(self.own_spaces().await?.into_iter().find(|space| space.key == key))
    }

    /// The passport offices that were given something, by name.
    ///
    /// # Errors
    /// The vault.
    pub async fn offices(&self) -> Result<Vec<SpaceView>, VaultError> {
        let mut offices = self.spaces_with_memberships().await?;
        offices.retain(|space| space.is_office);
        offices.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(offices)
    }

    /// The names of the networks to which the wallet belongs, the first one first.
    ///
    /// # Errors
    /// The vault.
    pub async fn network_names(&self) -> Result<Vec<String>, VaultError> {
        let joined = Self::networks(&self.vault).await?;
        Ok(joined.iter().map(|network| network.name().to_owned()).collect())
    }

    /// The name of a space in addresses: nobody else can tell which space it is, or make it.
    pub(in crate::flows) fn key_of(&self, space: &str) -> String {
        let key = self.vault.derived(&format!("page-of-space/{space}"));
        base64url::encode(key.get(..KEY_BYTES).unwrap_or_default())
    }

    /// The values that spaces were given, by what stands for them in the record: those that are kept, and what the member has now.
    pub(super) async fn given_values(&self) -> Result<BTreeMap<String, Value>, VaultError> {
        let kept = self.vault.list::<GivenValue>().await?;
        let mut values: BTreeMap<String, Value> =
            kept.into_iter().map(|one| (one.same_as, one.value)).collect();
        let own = self.own_details().await.map_err(|crate::WalletError::Vault(error)| error)?;
        let copies = self.vault.list::<Copy>().await?;
        let held = copies.iter().flat_map(|copy| &copy.credentials).map(|one| content(&one.compact));
        let own = own.sets().map(|set| own.claims_in(Some(&set.id))).chain([own.to_claims()]);
        for (_, value) in held.chain(own).flatten() {
            values.entry(same_as(&value)).or_insert(value);
        }
        Ok(values)
    }

    /// Forgets the values that nobody has any more.
    pub(in crate::flows) async fn forget_values(&self) -> Result<(), VaultError> {
        let spaces = self.known_spaces().await?;
        let held: BTreeSet<&str> =
            spaces.iter().flat_map(|space| &space.held).map(|one| one.same_as.as_str()).collect();
        let mut batch = self.vault.batch();
        let mut is_needed = false;
        for value in self.vault.list::<GivenValue>().await? {
            if !held.contains(value.same_as.as_str()) {
                batch = batch.delete::<GivenValue>(&value.same_as);
                is_needed = true;
            }
        }
        if is_needed { batch.commit().await } else { Ok(()) }
    }

    /// All that were given something, and those of which there is a membership and nothing else.
    pub(super) async fn spaces_with_memberships(&self) -> Result<Vec<SpaceView>, VaultError> {
        let mut spaces = self.spaces().await.map_err(|crate::WalletError::Vault(error)| error)?;
        for space in self.spaces_of_memberships().await? {
            if !spaces.iter().any(|known| known.id == space.id) {
                spaces.push(space);
            }
        }
        Ok(spaces)
    }

    fn membership(&self, newest: &HeldCredential, copies: &[Copy], space: &str) -> Membership {
        let claims = content(&newest.compact);
        let said = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let now = self.now();
        let mut held = copies.iter().flat_map(|copy| &copy.credentials);
        Membership {
            since: said("since"),
            plan: said("plan"),
            brand: said("brand"),
            counts: held.any(|one| one.is_living_membership_of(space) && one.counts(now)),
            at: origin_of(&newest.issuer),
        }
    }
}

fn order(own: &OwnSpace) -> (bool, bool, &str, &str) {
    (own.membership.is_none(), own.space.held.is_empty(), &own.space.name, &own.space.id)
}

fn newest_membership<'a>(copies: &'a [Copy], space: &str) -> Option<&'a HeldCredential> {
    let held = copies.iter().flat_map(|copy| copy.credentials.iter().map(move |one| (copy.received_at, one)));
    let living = held.filter(|(_, one)| one.vct == types::MEMBERSHIP && one.is_living_membership_of(space));
    living.max_by_key(|(received_at, one)| (*received_at, one.expires_at)).map(|(_, one)| one)
}

fn pages_of(pages: &[KeptPages], space: &str) -> Vec<(SpacePage, String)> {
    pages.iter().find(|kept| kept.space == space).map(|kept| kept.pages.clone()).unwrap_or_default()
}

/// The names of spaces, by their DIDs: of those that were given something, and of those that gave the member something.
fn names_of(copies: &[Copy], spaces: &[SpaceView]) -> BTreeMap<String, String> {
    let credentials = copies.iter().flat_map(|copy| &copy.credentials);
    let issuers = credentials.filter_map(|one| Some((one.issuer_did.clone()?, one.issuer_name.clone())));
    issuers.chain(spaces.iter().map(|space| (space.id.clone(), space.name.clone()))).collect()
}

/// Of all values those that this space has; a space stands there by its name.
fn values_of(
    space: &SpaceView,
    values: &BTreeMap<String, Value>,
    names: &BTreeMap<String, String>,
) -> BTreeMap<String, Value> {
    let told = |one: &HeldClaim, value: &Value| {
        let name = value.as_str().filter(|_| one.claim == "space").and_then(|did| names.get(did));
        name.map_or_else(|| value.clone(), |name| Value::from(name.as_str()))
    };
    let known = |one: &HeldClaim| {
        let value = values.get(&one.same_as)?;
        Some((one.same_as.clone(), told(one, value)))
    };
    space.held.iter().filter_map(known).collect()
}
