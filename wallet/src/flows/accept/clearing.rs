//! Clearing away copies that are over.
//!
//! Under the key of a copy something may come later than the copy did. Two parties that were shown one key know that they speak of
//! one member: that a key was shown is not forgotten before nothing can come under it any more.

use std::collections::BTreeSet;

use environment::Timestamp;

use super::Checked;
use crate::records::{AwaitedCredentials, Copy, HeldCredential};
use crate::vault::{Batch, VaultError};
use crate::wallet::Wallet;

/// The thumbprints of the keys under which something is awaited.
pub(in crate::flows) struct AwaitedKeys(BTreeSet<String>);

impl AwaitedKeys {
    pub(super) fn of<'a>(awaited: impl Iterator<Item = &'a AwaitedCredentials>) -> Self {
        Self(awaited.flat_map(AwaitedCredentials::thumbprints).collect())
    }

    /// Writes down what is left of a copy: nothing where nothing is bound to its key, unless the key was shown and is awaited.
    pub(in crate::flows) fn put_or_clear<'a>(
        &self,
        batch: Batch<'a>,
        copy: &Copy,
    ) -> Result<Batch<'a>, VaultError> {
        let is_remembered = copy.used_at.is_some() && self.0.contains(&copy.id);
        if copy.credentials.is_empty() && !is_remembered {
            return Ok(batch.delete::<Copy>(&copy.id));
        }
        batch.put(copy)
    }
}

impl Wallet {
    /// The keys under which something is awaited now.
    pub(in crate::flows) async fn awaited_keys(&self) -> Result<AwaitedKeys, VaultError> {
        Ok(AwaitedKeys::of(self.vault.list::<AwaitedCredentials>().await?.iter()))
    }
}

/// Takes everything out of the copies that were used or have expired, if there are others of the same kind. Gives the copies
/// that hold nothing now.
pub(super) fn take_out_stale(copies: &mut [Copy], new: &[Checked], now: Timestamp) -> Vec<String> {
    let same =
        |one: &HeldCredential, other: &HeldCredential| one.vct == other.vct && one.issuer == other.issuer;
    let comes_now = |stale: &HeldCredential| new.iter().any(|new| same(&new.credential, stale));
    let there_again = |stale: &HeldCredential| {
        let mut fresh = copies.iter().filter(|copy| copy.is_fresh(now)).flat_map(|copy| &copy.credentials);
        comes_now(stale) || fresh.any(|other| same(other, stale))
    };
    // Other kinds stay, so that a list can say how many of how many are left.
    let is_stale = |copy: &&Copy| {
        !copy.is_fresh(now)
            && (copy.credentials.is_empty() || copy.credentials.iter().any(comes_now))
            && copy.credentials.iter().all(there_again)
    };
    let stale: Vec<String> = copies.iter().filter(is_stale).map(|copy| copy.id.clone()).collect();
    for copy in copies.iter_mut().filter(|copy| stale.contains(&copy.id)) {
        copy.credentials.clear();
    }
    stale
}
