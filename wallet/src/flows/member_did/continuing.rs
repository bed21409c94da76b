//! Continuing the log by the recovery code: other keys, or the end.
//!
//! Entry n+1 is signed by recovery key n, whose hash entry n names, and names the hash of key n+1. What is written is kept
//! before it is sent: whoever is interrupted sends the same entry again and writes no second one.

use did::Did;
use did::webvh::{KeyHash, Log, Update};
use jose::{Signer, SigningKey};
use serde::Serialize;

use super::Deed;
use super::DidError;
use super::leaving::{LeftLog, names_before};
use super::making::Keys;
use super::watching::ServedLog;
use crate::records::{EarlierKeys, LogToLeave, MemberDid, RecoveryCommitment};
use crate::vault::{RecoveryCode, VaultError};
use crate::wallet::Wallet;

/// Recovery keys that are tried; a log that an office takes has fewer entries, and a member few DIDs one after the other.
const MOST_RECOVERY_KEYS: u32 = 1_024;
/// For how long keys are kept that others took the place of, in seconds: what was sealed to them may be on its way.
const KEPT_FOR: i64 = 30 * 86_400;
/// How many of them.
const MOST_EARLIER: usize = 8;

/// What was changed, and who has it.
#[derive(Debug, Serialize)]
pub struct DidChanged {
    /// The DID, as it is now.
    pub did: String,
    /// How many entries its log has.
    pub entries: u64,
    /// Whether nothing was written now: an earlier change had not arrived yet.
    pub resumed: bool,
    /// Whether an entry that this wallet had written was dropped for the log that was given: the office at which the DID lies
    /// has not taken it.
    pub dropped: bool,
    /// Where the log was left.
    pub left: Vec<LeftLog>,
}

/// A DID that can be continued: the wallet's record, its log, and the key that may write the next entry.
pub(super) struct Continuable {
    pub(super) member: MemberDid,
    pub(super) log: Log,
    pub(super) key: SigningKey,
    /// The number of that key.
    pub(super) index: u32,
}

impl Wallet {
    /// Gives the DID other keys: `#sign`, `#seal` and mailbox.
    ///
    /// # Errors
    /// See [`DidError`]; a wrong code changes nothing.
    pub async fn rotate_did(&self, code: &RecoveryCode) -> Result<DidChanged, DidError> {
        let (member, resumed) = self.write_rotation(code).await?;
        self.finish(member, resumed).await
    }

    /// Gives the DID up, for ever, and with it the passport that names it.
    ///
    /// # Errors
    /// See [`DidError`]; a wrong code changes nothing.
    pub async fn deactivate_did(&self, code: &RecoveryCode) -> Result<DidChanged, DidError> {
        let member = self.write_end(code).await?;
        self.retire_passports().await?;
        self.finish(member, false).await
    }

    /// Leaves what is to be left, and tells how that went. Where other keys arrived the number is stated by them at once.
    pub(super) async fn finish(&self, member: MemberDid, resumed: bool) -> Result<DidChanged, DidError> {
        let left = self.leave_logs().await?;
        self.look_after_number().await?;
        let entries = u64::try_from(member.log.lines().count()).unwrap_or(u64::MAX);
        Ok(DidChanged { did: member.did, entries, resumed, dropped: false, left })
    }

    /// Writes and keeps other keys, unless those written before have not arrived yet: then these are given.
    async fn write_rotation(&self, code: &RecoveryCode) -> Result<(MemberDid, bool), DidError> {
        let _one_at_a_time = self.choosing.lock().await;
        let here = self.continuable(code).await?;
        if self.is_unfinished(&here.member).await? {
            return Ok((here.member, true));
        }
        self.check_served(&here.member).await?;
        let rotated = self.rotated(code, here).await?;
        self.keep_did(&rotated, Deed::Rotated, None, None).await?;
        Ok((rotated, false))
    }

    async fn write_end(&self, code: &RecoveryCode) -> Result<MemberDid, DidError> {
        let _one_at_a_time = self.choosing.lock().await;
        let Continuable { member, mut log, key, index } = self.continuable(code).await?;
        self.check_served(&member).await?;
        let line = log.append(&Update { deactivate: true, ..Update::default() }, &key, self.now())?;
        let ended = MemberDid { given_up: true, log: format!("{}{line}", member.log), ..member };
        // Another DID of this wallet begins with a key that nobody has seen.
        let index = index.saturating_add(1);
        let commitment = RecoveryCommitment { index, key: code.did_key(index)?.public_jwk().clone() };
        self.keep_did(&ended, Deed::GivenUp, Some(&commitment), None).await?;
        Ok(ended)
    }

    /// The same, where the office has the log.
    async fn continuable(&self, code: &RecoveryCode) -> Result<Continuable, DidError> {
        let here = self.movable(code).await?;
        if here.member.uploaded { Ok(here) } else { Err(DidError::NotThereYet) }
    }

    /// The DID of this wallet, if this is its recovery code.
    pub(super) async fn movable(&self, code: &RecoveryCode) -> Result<Continuable, DidError> {
        let member = self.vault.get::<MemberDid>(MemberDid::NAME).await?.ok_or(DidError::NoDid)?;
        if member.given_up {
            return Err(DidError::GivenUp);
        }
        let log = Log::verify(member.log.as_bytes(), self.now()).map_err(|_| VaultError::Damaged)?;
        let (index, key) = key_of(code, &log).ok_or(DidError::WrongCode)?;
        Ok(Continuable { member, log, key, index })
    }

    /// One more entry with fresh keys in the document.
    pub(super) async fn rotated(
        &self,
        code: &RecoveryCode,
        here: Continuable,
    ) -> Result<MemberDid, DidError> {
        let Continuable { member, mut log, key, index } = here;
        let did = Did::parse(&member.did).map_err(|_| VaultError::Damaged)?;
        let keys = Keys::make(self).await?;
        let office = member.office().ok_or(VaultError::Damaged)?;
        let names = names_before(&log);
        let document = keys.document(&did, &office, names.iter().map(String::as_str))?;
        let next = index.max(member.next_recovery_key).saturating_add(1);
        let update = Update {
            document: Some(document),
            next_keys: Some(vec![hash_of(code, next)?]),
            ..Update::default()
        };
        let line = log.append(&update, &key, self.now())?;
        let text = format!("{}{line}", member.log);
        check_room(&text, &log)?;
        let earlier = self.with_keys_of(&member, office);
        Ok(MemberDid { log: text, next_recovery_key: next, earlier, ..keys.put_into(member) })
    }

    /// The earlier keys, and those that others take the place of now.
    pub(super) fn with_keys_of(&self, member: &MemberDid, office: String) -> Vec<EarlierKeys> {
        let now = self.now().seconds();
        let of_now = EarlierKeys {
            seal: member.seal.clone(),
            mailbox: member.mailbox.clone(),
            did: Some(member.did.clone()),
            office,
            until: now,
        };
        let recent = |keys: &&EarlierKeys| now.saturating_sub(keys.until) <= KEPT_FOR;
        let before = member.earlier.iter().filter(recent).take(MOST_EARLIER.saturating_sub(1)).cloned();
        std::iter::once(of_now).chain(before).collect()
    }

    /// Keeps what was written, together with what is to be done with it. A log that was `dropped` for it goes nowhere any more.
    pub(super) async fn keep_did(
        &self,
        member: &MemberDid,
        deed: Deed,
        commitment: Option<&RecoveryCommitment>,
        dropped: Option<&str>,
    ) -> Result<(), DidError> {
        let mut batch = self.vault.batch().put(member)?.put(&self.noted(deed, member.office().as_deref()))?;
        for log in self.vault.list::<LogToLeave>().await?.iter().filter(|log| dropped == Some(&log.log)) {
            batch = batch.delete::<LogToLeave>(&log.upload_uri);
        }
        for log in self.log_for_home(member).into_iter().chain(self.logs_for_earlier_places(member)) {
            batch = batch.put(&log)?;
        }
        if let Some(commitment) = commitment {
            batch = batch.put(commitment)?;
        }
        Ok(batch.commit().await?)
    }

    /// Whether the newest entry has not arrived where the DID lies.
    pub(in crate::flows) async fn is_unfinished(&self, member: &MemberDid) -> Result<bool, VaultError> {
        let Some(home) = self.log_for_home(member) else { return Ok(false) };
        let there = self.vault.get::<LogToLeave>(&home.upload_uri).await?;
        Ok(there.is_some_and(|there| there.log == member.log))
    }

    /// An entry beside another one would part the log, and no office would take it.
    pub(super) async fn check_served(&self, member: &MemberDid) -> Result<(), DidError> {
        match self.served_log_of(member).await? {
            ServedLog::Newer => Err(DidError::ContinuedElsewhere(member.did.clone())),
            _ => Ok(()),
        }
    }
}

/// The recovery key that may write the next entry, and its number.
pub(super) fn key_of(code: &RecoveryCode, log: &Log) -> Option<(u32, SigningKey)> {
    (1..=MOST_RECOVERY_KEYS).find_map(|index| {
        let key = code.did_key(index).ok()?;
        log.commits_to(key.public_jwk()).then_some((index, key))
    })
}

/// What an entry names for the one after it.
pub(super) fn hash_of(code: &RecoveryCode, index: u32) -> Result<KeyHash, DidError> {
    Ok(KeyHash::of(code.did_key(index)?.public_jwk()))
}

/// Whether an office takes the log.
pub(super) fn check_room(text: &str, log: &Log) -> Result<(), DidError> {
    let fits = network::member_log::fits(text.len(), log.number(), log.is_deactivated());
    if fits { Ok(()) } else { Err(DidError::Full) }
}
