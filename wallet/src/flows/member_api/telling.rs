//! Telling spaces the number and the DID as they are now (specs/member-api.md §5).
//!
//! A space that was given an earlier one is told by a new passport in the place of the one it has, each space at a time of its
//! own. What a space was given says the wallet's own record. A wallet that was made again after a loss has none: there the
//! space says itself what it holds, and is believed where that is a DID of this member.

use std::collections::BTreeMap;

use credentials::types;
use did::Did;
use did::webvh::Identifier;
use network::member_api::{Detail, Outcome};
use serde_json::Value;

use super::giving::GivingPassport;
use super::outbox::waiting;
use super::{MemberApiError, SentChange, When};
use crate::flows::matching::text;
use crate::flows::member_did::{CHANGING, InformedSpace};
use crate::records::{
    Copy, Errand, HeldCredential, HistoryEntry, KeptAccess, KnownSpace, MemberDid, OutboxItem,
    RecoveryCommitment, SpaceView,
};
use crate::vault::VaultError;
use crate::wallet::{Wallet, content};

impl Wallet {
    /// Tells spaces the number and the DID as they are now: these, or if none is named all that have an earlier one.
    ///
    /// # Errors
    /// See [`MemberApiError`]; nobody is told anything then.
    pub async fn tell_spaces(
        &self,
        spaces: &[String],
        when: When,
    ) -> Result<Vec<SentChange>, MemberApiError> {
        let spaces =
            if spaces.is_empty() { self.spaces_to_tell().await? } else { self.named_to_tell(spaces).await? };
        let before = self.waiting_items().await?;
        let mut batch = self.vault.batch();
        let mut items = Vec::new();
        for space in spaces {
            let is_it = |item: &&OutboxItem| item.space == space.id && item.errand == Errand::Passport;
            let item = match before.iter().find(is_it) {
                Some(item) if !item.given_up => item.clone(),
                given_up => {
                    if let Some(given_up) = given_up {
                        batch = batch.delete::<OutboxItem>(&given_up.id);
                    }
                    self.new_item(&space, Errand::Passport, when)
                }
            };
            batch = batch.put(&item)?;
            items.push(item);
        }
        batch.commit().await?;
        match when {
            When::Now => self.send_all(items).await,
            When::Apart => Ok(items.iter().map(waiting).collect()),
        }
    }

    /// Spaces of which the wallet holds a membership and does not know whether they have a number or DID, by name: after a loss
    /// it has no record of what they were given before.
    ///
    /// # Errors
    /// The vault.
    pub async fn spaces_without_record(&self) -> Result<Vec<String>, MemberApiError> {
        let knowledge = self.knowledge().await?;
        let spaces = self.spaces_of_memberships().await?.into_iter();
        let unknown = spaces.filter(|space| knowledge.made_again && knowledge.of(&space.id).is_none());
        let mut names: Vec<String> = unknown.map(|space| space.name).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// All that have something that is another now, and in a wallet that was made again those of which it cannot know.
    async fn spaces_to_tell(&self) -> Result<Vec<SpaceView>, MemberApiError> {
        let knowledge = self.knowledge().await?;
        let mut spaces = self.spaces_of_memberships().await?;
        spaces.retain(|space| knowledge.may_have_earlier(&space.id));
        Ok(spaces)
    }

    async fn named_to_tell(&self, names: &[String]) -> Result<Vec<SpaceView>, MemberApiError> {
        let knowledge = self.knowledge().await?;
        let mut spaces: Vec<SpaceView> = Vec::new();
        for name in names {
            let space = self.member_of(name).await?;
            if !knowledge.may_have_earlier(&space.id) {
                return Err(MemberApiError::NothingToTell(space.name));
            }
            if !spaces.iter().any(|known| known.id == space.id) {
                spaces.push(space);
            }
        }
        Ok(spaces)
    }

    /// The space of this DID, host or name of which the wallet holds a membership.
    async fn member_of(&self, name: &str) -> Result<SpaceView, MemberApiError> {
        let spaces = self.spaces_of_memberships().await?;
        let exact = |space: &&SpaceView| space.id == name || space.host == name;
        if let Some(space) = spaces.iter().find(exact) {
            return Ok(space.clone());
        }
        let mut named = spaces.iter().filter(|space| space.name.eq_ignore_ascii_case(name));
        match (named.next(), named.next()) {
            (Some(space), None) => Ok(space.clone()),
            (Some(_), Some(_)) => Err(MemberApiError::SeveralSpaces(name.to_owned())),
            (None, _) => {
                // Known, it is no member's; else nobody's.
                let space = self.space_named(name).await?;
                Err(MemberApiError::NoMembership(space.name))
            }
        }
    }

    /// The spaces of which the wallet holds a membership that was not ended, with what they were given.
    pub(super) async fn spaces_of_memberships(&self) -> Result<Vec<SpaceView>, VaultError> {
        let known = self.known_spaces().await?;
        let copies = self.vault.list::<Copy>().await?;
        let held = copies.iter().flat_map(|copy| &copy.credentials);
        let found = held.filter(|one| one.vct == types::MEMBERSHIP && !one.revoked).filter_map(space_of);
        let spaces: BTreeMap<String, KnownSpace> = found.map(|space| (space.id.clone(), space)).collect();
        let view = |space: KnownSpace| match known.iter().find(|known| known.id == space.id) {
            Some(known) => vec![known.clone()],
            None => SpaceView::all(vec![space], Vec::new(), Vec::new(), self.now()),
        };
        Ok(spaces.into_values().flat_map(view).collect())
    }

    async fn knowledge(&self) -> Result<Knowledge, VaultError> {
        Ok(Knowledge { informed: self.spaces_informed().await?, made_again: self.is_made_again().await? })
    }

    /// Whether this wallet took the place of another one, whose records it does not have.
    pub(super) async fn is_made_again(&self) -> Result<bool, VaultError> {
        Ok(self.vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await?.is_none())
    }

    /// Gives a space the passport in the place of the one it has; nothing if it has none, or this one.
    pub(super) async fn give_passport(
        &self,
        item: &OutboxItem,
        access: &KeptAccess,
        entry: &HistoryEntry,
    ) -> Result<Outcome, MemberApiError> {
        let now = self.shown_now().await?.ok_or(MemberApiError::NoPassportYet)?;
        let held = self.details(access).await?.details;
        let believed = self.believed(&item.space, &held).await?;
        let is_earlier = |one: &&Detail| {
            believed.contains(&one.claim)
                && now.iter().any(|(name, value)| *name == one.claim && *value != text(&one.value))
        };
        let claims: Vec<String> = held.iter().filter(is_earlier).map(|one| one.claim.clone()).collect();
        if claims.is_empty() {
            self.vault.batch().delete::<OutboxItem>(&item.id).put(entry)?.commit().await?;
            return Ok(Outcome::default());
        }
        let giving = GivingPassport { values: &now };
        self.give_new(item, access, &claims, &giving, entry).await.map_err(|error| match error {
            MemberApiError::NothingToShow { .. } => MemberApiError::NoPassportYet,
            other => other,
        })
    }

    /// Of what a space says it holds, the claims of a passport that it was given: by the wallet's record, or, where that is
    /// lost, because the space knows a DID of this member's. A space that was never given a number does not get one by saying so.
    async fn believed(&self, space: &str, held: &[Detail]) -> Result<Vec<String>, MemberApiError> {
        let of_passport =
            |one: &&Detail| CHANGING.contains(&one.claim.as_str()) && one.word_of.starts_with("office ");
        let said: Vec<&Detail> = held.iter().filter(of_passport).collect();
        let knowledge = self.knowledge().await?;
        if let Some(informed) = knowledge.of(space) {
            let given = informed.has.iter().filter(|claim| said.iter().any(|one| one.claim == **claim));
            return Ok(given.cloned().collect());
        }
        let member = self.vault.get::<MemberDid>(MemberDid::NAME).await?;
        let own = member.as_ref().and_then(|member| scid_of(&member.did));
        let is_of_member = |one: &&Detail| {
            one.claim == "did" && own.is_some() && one.value.as_str().and_then(scid_of) == own
        };
        let is_proven = knowledge.made_again && said.iter().any(is_of_member);
        Ok(if is_proven { said.iter().map(|one| one.claim.clone()).collect() } else { Vec::new() })
    }

    /// What the newest passport shows, if it names the DID as it is now.
    async fn shown_now(&self) -> Result<Option<Vec<(&'static str, String)>>, VaultError> {
        let member = self.vault.get::<MemberDid>(MemberDid::NAME).await?;
        let now = self.now();
        let copies = self.vault.list::<Copy>().await?;
        let passports =
            copies.iter().flat_map(|copy| copy.credentials.iter().map(move |one| (copy.received_at, one)));
        let newest = passports
            .filter(|(_, one)| one.vct == types::PASSPORT && one.network.is_some() && one.counts(now))
            .max_by_key(|(received_at, _)| *received_at);
        let Some((_, passport)) = newest else { return Ok(None) };
        let claims = content(&passport.compact);
        let names_did =
            |member: &MemberDid| claims.get("did").and_then(Value::as_str) == Some(member.did.as_str());
        if !member.as_ref().is_none_or(names_did) {
            return Ok(None);
        }
        Ok(Some(CHANGING.iter().filter_map(|name| Some((*name, text(claims.get(*name)?)))).collect()))
    }
}

/// What the wallet knows of what spaces have.
struct Knowledge {
    informed: Vec<InformedSpace>,
    /// Whether it took the place of another wallet, whose records it does not have.
    made_again: bool,
}

impl Knowledge {
    fn of(&self, space: &str) -> Option<&InformedSpace> {
        self.informed.iter().find(|one| one.id == space)
    }

    fn may_have_earlier(&self, space: &str) -> bool {
        self.of(space).map_or(self.made_again, |informed| !informed.is_current)
    }
}

/// The space that issued a membership.
fn space_of(membership: &HeldCredential) -> Option<KnownSpace> {
    Some(KnownSpace {
        id: membership.issuer_did.clone()?,
        name: membership.issuer_name.clone(),
        host: crate::flows::origin::host_of(&membership.issuer)?,
        network: Some(membership.network.clone()?),
        is_office: false,
    })
}

/// What stays the same wherever a DID moves.
fn scid_of(did: &str) -> Option<String> {
    Some(Identifier::of(&Did::parse(did).ok()?).ok()?.scid().to_owned())
}
