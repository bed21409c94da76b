//! Another DID in a wallet that was made for the recovery code of an earlier one.
//!
//! Such a wallet makes none by itself: its member may have a DID, and the log of that one names the first keys of the code. A
//! second log that named the same keys would tell strangers that both are one member's. So the member recovers the DID that
//! there is, or says that there is none; then the new one begins with a key somewhere behind those.

use jose::Signer;

use super::DidError;
use crate::records::{MemberDid, RecoveryCommitment};
use crate::vault::RecoveryCode;
use crate::wallet::Wallet;

/// The least number of the first key: no log of a DID that began with key 1 gets as far.
const FIRST: u32 = 67;
/// How many numbers may be first. A log behind the last of them still has keys that a wallet looks for.
const SPAN: u64 = 512;

impl Wallet {
    /// Lets the first passport bring another DID, although the wallet was made for the recovery code of an earlier one.
    ///
    /// # Errors
    /// See [`DidError`]; a wrong code changes nothing.
    pub async fn begin_new_did(&self, code: &RecoveryCode) -> Result<(), DidError> {
        let _one_at_a_time = self.choosing.lock().await;
        if let Some(member) = self.vault.get::<MemberDid>(MemberDid::NAME).await? {
            return Err(DidError::OtherDid(member.did));
        }
        if !self.vault.is_opened_by(code).await? {
            return Err(DidError::NotThisWallets);
        }
        if self.vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await?.is_some() {
            return Ok(());
        }
        let further = u32::try_from(self.environment.randomness().below(SPAN)).unwrap_or_default();
        let index = FIRST.saturating_add(further);
        let key = code.did_key(index)?.public_jwk().clone();
        Ok(self.vault.put(&RecoveryCommitment { index, key }).await?)
    }
}
