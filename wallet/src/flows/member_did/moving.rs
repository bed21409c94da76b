//! Moving the DID to another office (did:webvh 1.0, "Portability"), which gives the passport from then on.
//!
//! The member asks the new office for a passport as for a first one. It names a place, and the entry that moves the DID
//! there is written by the recovery code. The history stays, the old name leads to the new one, and the old office need not
//! help: it is told, and takes note or does not.

use credentials::types;
use did::Did;
use did::web::Location;
use did::webvh::{Identifier, Log, Update};
use network::follow_up::{DidHosting, FollowUp};

use super::continuing::{Continuable, DidChanged, check_room, hash_of};
use super::hosting::place;
use super::leaving::names_before;
use super::making::Keys;
use super::{Deed, DidError};
use crate::flows::origin::{host_of, is_same_origin, origin_of};
use crate::records::{Copy, FollowUpAwaited, HeldCredential, MemberDid, origin_of as origin_of_place};
use crate::vault::{RecoveryCode, VaultError};
use crate::wallet::{Wallet, content};

/// An office that has named a place.
struct NewHome {
    awaited: FollowUpAwaited,
    follow_up: FollowUp,
    hosting: DidHosting,
    location: Location,
}

impl Wallet {
    /// Moves the DID to the office that was asked for a passport and has named a place: the one named by `office` (its host,
    /// address or DID), or the only one.
    ///
    /// # Errors
    /// See [`DidError`]; a wrong code changes nothing.
    pub async fn move_did(&self, code: &RecoveryCode, office: Option<&str>) -> Result<DidChanged, DidError> {
        let home = self.new_home(office).await?;
        let resumed = self.write_move(code, &home).await?;
        self.host_did(&home.awaited, &home.follow_up).await?;
        let member = self.vault.get::<MemberDid>(MemberDid::NAME).await?.ok_or(DidError::NoDid)?;
        self.finish(member, resumed).await
    }

    async fn new_home(&self, office: Option<&str>) -> Result<NewHome, DidError> {
        let mut awaited = self.vault.list::<FollowUpAwaited>().await?;
        awaited.retain(|one| one.first_passport && office.is_none_or(|office| is_of(office, one)));
        // Of what one office was asked, the newest counts.
        awaited.sort_by_key(|one| std::cmp::Reverse(one.asked_at));
        let mut homes: Vec<NewHome> = Vec::new();
        for awaited in awaited {
            if homes.iter().any(|home| is_same_origin(&home.awaited.uri, &awaited.uri)) {
                continue;
            }
            homes.extend(self.home_named(awaited).await?);
        }
        match (homes.pop(), homes.is_empty()) {
            (None, _) => Err(DidError::NoPlace),
            (Some(home), true) => Ok(home),
            (Some(last), false) => {
                let named = homes.iter().chain([&last]).map(|home| origin_of_place(&home.location));
                Err(DidError::SeveralPlaces(named.collect::<Vec<_>>().join(", ")))
            }
        }
    }

    /// The place that an office has named, if it has.
    async fn home_named(&self, awaited: FollowUpAwaited) -> Result<Option<NewHome>, DidError> {
        let follow_up = self.fetch_follow_up(&awaited).await?;
        let Some(hosting) = follow_up.did_hosting.clone() else { return Ok(None) };
        let Some(location) = place(&hosting, &awaited.uri) else { return Ok(None) };
        self.check_still_an_office(&awaited).await?;
        Ok(Some(NewHome { awaited, follow_up, hosting, location }))
    }

    /// Writes and keeps the entry that moves the DID, unless it was written for this place before; true then.
    async fn write_move(&self, code: &RecoveryCode, home: &NewHome) -> Result<bool, DidError> {
        let _one_at_a_time = self.choosing.lock().await;
        let here = self.movable(code).await?;
        if here.member.location == home.hosting.location {
            return Ok(true);
        }
        self.check_served(&here.member).await?;
        let moved = self.moved(code, here, home).await?;
        // Nobody is told before the new office has the log.
        let noted = self.noted(Deed::Moved, moved.office().as_deref());
        Ok(self.vault.batch().put(&moved)?.put(&noted)?.commit().await.map(|()| false)?)
    }

    /// One more entry, at the new place.
    async fn moved(
        &self,
        code: &RecoveryCode,
        here: Continuable,
        home: &NewHome,
    ) -> Result<MemberDid, DidError> {
        let Continuable { member, mut log, key, index } = here;
        let before = Did::parse(&member.did).map_err(|_| VaultError::Damaged)?;
        let scid = Identifier::of(&before).map_err(|_| VaultError::Damaged)?.scid().to_owned();
        let did = format!("did:webvh:{scid}:{}", home.location.identifier());
        let did = Did::parse(&did).map_err(|_| DidError::NoPlace)?;
        let keys = Keys::of(&member, self).await?;
        let names = names_before(&log);
        let office = origin_of_place(&home.location);
        let document = keys.document(&did, &office, names.iter().map(String::as_str))?;
        let next = index.saturating_add(1);
        let update = Update {
            document: Some(document),
            next_keys: Some(vec![hash_of(code, next)?]),
            move_to: Some(home.location.clone()),
            ..Update::default()
        };
        let line = log.append(&update, &key, self.now())?;
        let text = format!("{}{line}", member.log);
        check_room(&text, &log)?;
        let old_office = member.office().ok_or(VaultError::Damaged)?;
        let earlier = self.with_keys_of(&member, old_office);
        Ok(MemberDid {
            did: did.as_str().to_owned(),
            location: home.location.identifier(),
            log: text,
            next_recovery_key: next,
            earlier,
            uploaded: false,
            follow_up: home.awaited.id.clone(),
            asked_at: home.awaited.asked_at,
            ..keys.put_into(member)
        })
    }

    /// Takes the copies of passports out of the wallet that name the DID as it was before it moved, as soon as a passport
    /// names it as it is, or the office has replaced the former itself; and of a DID that was given up, all. The profiles that
    /// came with them go along. A passport that names anything else stays, for the member is to be warned of it.
    pub(in crate::flows) async fn retire_passports(&self) -> Result<(), VaultError> {
        let Some(member) = self.vault.get::<MemberDid>(MemberDid::NAME).await? else { return Ok(()) };
        let former = self.former_names(&member)?;
        if former.is_empty() {
            return Ok(());
        }
        let _one_at_a_time = self.choosing.lock().await;
        let copies = self.vault.list::<Copy>().await?;
        let is_replaced = copies.iter().flat_map(|copy| &copy.credentials).any(|one| names(one, &member.did));
        let home = member.office().unwrap_or_default();
        let is_over = |one: &HeldCredential| {
            let is_due = member.given_up || is_replaced || is_same_origin(&one.issuer, &home);
            is_due && former.iter().any(|former| names(one, former))
        };
        let awaited_keys = self.awaited_keys().await?;
        let mut batch = self.vault.batch();
        for mut copy in copies {
            let over = copy.credentials.iter().find(|one| is_over(one)).map(|one| one.issuer.clone());
            let Some(issuer) = over else { continue };
            copy.credentials.retain(|one| one.issuer != issuer);
            batch = awaited_keys.put_or_clear(batch, &copy)?;
        }
        batch.commit().await
    }

    /// The names by which the DID went and goes no more.
    fn former_names(&self, member: &MemberDid) -> Result<Vec<String>, VaultError> {
        let log = Log::verify(member.log.as_bytes(), self.now()).map_err(|_| VaultError::Damaged)?;
        let mut former = names_before(&log);
        if member.given_up {
            former.push(member.did.clone());
        }
        Ok(former)
    }
}

/// Whether it is a passport that names this DID.
fn names(one: &HeldCredential, did: &str) -> bool {
    one.vct == types::PASSPORT
        && content(&one.compact).get("did").and_then(serde_json::Value::as_str) == Some(did)
}

/// Whether the office that is awaited goes by this name.
fn is_of(office: &str, awaited: &FollowUpAwaited) -> bool {
    let origin = origin_of(&awaited.uri);
    let by_address = origin.is_some() && origin_of(office) == origin;
    let by_host = host_of(&awaited.uri).is_some_and(|host| host == office)
        || origin.is_some_and(|origin| origin.split_once("://").is_some_and(|(_, host)| host == office));
    by_address || by_host || awaited.did.as_deref() == Some(office)
}
