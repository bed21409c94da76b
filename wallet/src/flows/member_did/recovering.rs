//! Getting the DID back with nothing but the recovery code: the log is public, and says which recovery key comes next.

use did::Did;
use did::webvh::{Identifier, Log};
use openid4vc::http::Request;

use super::continuing::{Continuable, DidChanged, key_of};
use super::leaving::names_before;
use super::making::Keys;
use super::watching::{LONGEST, ServedLog};
use super::{Deed, DidError};
use crate::carrier::send_within;
use crate::records::MemberDid;
use crate::vault::{RecoveryCode, VaultError};
use crate::wallet::Wallet;

/// What the recovery came to.
struct Recovered {
    member: MemberDid,
    /// Whether nothing was written now.
    resumed: bool,
    /// Whether an earlier entry of this wallet was dropped.
    dropped: bool,
}

impl Wallet {
    /// Fetches the log of a DID, by the DID or by the address of any copy of it.
    ///
    /// # Errors
    /// See [`DidError`].
    pub async fn fetch_did_log(&self, did_or_address: &str) -> Result<Vec<u8>, DidError> {
        let address = match Did::parse(did_or_address) {
            Ok(did) => Identifier::of(&did).map_err(|_| DidError::NotALog)?.log_url(),
            Err(_) => did_or_address.to_owned(),
        };
        let request = Request::get(address, "*/*");
        let answer = send_within(self.fetch.as_ref(), request, LONGEST).await?;
        if answer.status == 200 { Ok(answer.body) } else { Err(DidError::NotServed(answer.status)) }
    }

    /// Takes the DID of `log` into this wallet, with fresh keys: those of a lost device speak for it no more.
    ///
    /// An entry that this wallet wrote before on a shorter log, and that was not taken where the DID lies, is dropped for the log
    /// that is given now: whoever served a log without its newest entries keeps nobody from the DID.
    ///
    /// # Errors
    /// See [`DidError`]; a wrong code changes nothing.
    pub async fn recover_did(&self, code: &RecoveryCode, log: &[u8]) -> Result<DidChanged, DidError> {
        let recovered = self.write_recovery(code, log).await?;
        let changed = self.finish(recovered.member, recovered.resumed).await?;
        Ok(DidChanged { dropped: recovered.dropped, ..changed })
    }

    /// Writes and keeps the entry with fresh keys, unless that was done before and has not arrived yet.
    async fn write_recovery(&self, code: &RecoveryCode, bytes: &[u8]) -> Result<Recovered, DidError> {
        let _one_at_a_time = self.choosing.lock().await;
        let log = Log::verify(bytes, self.now())?;
        if log.is_deactivated() {
            return Err(DidError::GivenUp);
        }
        let (index, key) = key_of(code, &log).ok_or(DidError::WrongCode)?;
        // One code is for the wallet and its DID: who keeps one paper must not find later that there were two.
        if !self.vault.is_opened_by(code).await? {
            return Err(DidError::OtherCode);
        }
        let before = self.vault.get::<MemberDid>(MemberDid::NAME).await?;
        let mut dropped = None;
        if let Some(before) = before.as_ref().filter(|before| !before.given_up) {
            match self.beside(before, &log)? {
                ServedLog::AsLeft | ServedLog::Newer => {}
                ServedLog::Older if self.is_unfinished(before).await? => {
                    return Ok(Recovered { member: before.clone(), resumed: true, dropped: false });
                }
                ServedLog::Older => return Err(DidError::OlderLog),
                ServedLog::Other | ServedLog::Nothing => {
                    self.check_droppable(before, &log).await?;
                    dropped = Some(before.log.as_str());
                }
            }
        }
        let lost = self.lost(&log, bytes).await?;
        // A key that a dropped entry named is named by no other one.
        let named = before.as_ref().map_or(0, |before| before.next_recovery_key);
        let lost = MemberDid { next_recovery_key: named, ..lost };
        let rotated = self.rotated(code, Continuable { member: lost, log, key, index }).await?;
        // What was sealed to keys that this wallet had may still be on its way.
        let earlier = before.as_ref().map(|before| match before.office() {
            Some(office) => self.with_keys_of(before, office),
            None => before.earlier.clone(),
        });
        let recovered = MemberDid { earlier: earlier.unwrap_or_default(), ..rotated };
        self.keep_did(&recovered, Deed::Recovered, None, dropped).await?;
        Ok(Recovered { member: recovered, resumed: false, dropped: dropped.is_some() })
    }

    /// What `log` is beside all that the wallet knows of its DID. A wallet that has a DID takes no other one.
    fn beside(&self, before: &MemberDid, log: &Log) -> Result<ServedLog, DidError> {
        let ours = Log::verify(before.log.as_bytes(), self.now()).map_err(|_| VaultError::Damaged)?;
        if scid(&ours) != scid(log) {
            return Err(DidError::OtherDid(before.did.clone()));
        }
        Ok(ServedLog::compare(&ours, Some(log)))
    }

    /// Whether the log that the wallet has may be dropped for `log`, which parts from it: where the DID lies it was not taken. It
    /// may have been at a place that the DID has left meanwhile, and that did not say so.
    async fn check_droppable(&self, before: &MemberDid, log: &Log) -> Result<(), DidError> {
        let is_left_behind = names_before(log).contains(&before.did);
        if is_left_behind || !self.is_taken(before).await? {
            return Ok(());
        }
        Err(DidError::Parted(before.office().unwrap_or_default()))
    }

    /// Whether the office at which the DID lies has the log as this wallet wrote it. The answer that it was taken may have been
    /// lost: so the office is asked too.
    async fn is_taken(&self, before: &MemberDid) -> Result<bool, DidError> {
        let was_taken = before.uploaded && !self.is_unfinished(before).await?;
        let served = self.served_log_of(before).await?;
        Ok(was_taken || matches!(served, ServedLog::AsLeft | ServedLog::Newer))
    }

    /// The DID as it was on the lost device. Which keys it had there does not matter: they are replaced at once.
    async fn lost(&self, log: &Log, bytes: &[u8]) -> Result<MemberDid, DidError> {
        let did = log.did().ok_or(DidError::NotALog)?;
        let identifier = Identifier::of(did).map_err(|_| DidError::NotALog)?;
        let text = std::str::from_utf8(bytes).map_err(|_| DidError::NotALog)?;
        let text = format!("{}\n", text.strip_suffix('\n').unwrap_or(text));
        let keys = Keys::make(self).await?;
        Ok(MemberDid { uploaded: true, ..keys.record(did, identifier.location(), text) })
    }
}

/// What stays the same wherever a DID moves.
fn scid(log: &Log) -> Option<String> {
    Some(Identifier::of(log.did()?).ok()?.scid().to_owned())
}
