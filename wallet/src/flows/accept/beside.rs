//! What an issuer gives of one configuration in several answers, some at once and some later. A party of the network says one
//! thing by a configuration: whenever they come, its copies have a key each and say the same.

use super::{AcceptError, Checked, marks};
use crate::records::{AwaitedCredentials, Copy, HeldCredential};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// The keys that a party of the network has bound these to. Elsewhere each answer may be something else under the same key.
pub(super) fn taken_by(checked: &[Checked]) -> Vec<String> {
    let of_the_network = checked.iter().filter(|one| one.credential.network.is_some());
    of_the_network.map(|one| one.key_id.clone()).collect()
}

impl Wallet {
    /// Checks what came late beside what came under the same configuration before.
    pub(in crate::flows) async fn check_beside(
        &self,
        awaited: &AwaitedCredentials,
        checked: &[Checked],
    ) -> Result<(), AcceptError> {
        if taken_by(checked).iter().any(|key| awaited.taken.contains(key)) {
            return Err(AcceptError::KeyTwice);
        }
        let is_there = |one: &HeldCredential| {
            (&one.issuer, &one.configuration, &one.vct)
                == (&awaited.issuer, &awaited.configuration, &awaited.vct)
        };
        let copies = self.vault.list::<Copy>().await?;
        let earlier = copies.iter().filter(|copy| awaited.taken.contains(&copy.id));
        let there = earlier.flat_map(|copy| &copy.credentials).filter(|one| is_there(one));
        marks::check_beside(there, checked.iter().map(|one| &one.credential))
    }

    /// What is still awaited of the same errand and configuration, knowing which keys are taken now.
    pub(in crate::flows) async fn besides(
        &self,
        awaited: &AwaitedCredentials,
        checked: &[Checked],
    ) -> Result<Vec<AwaitedCredentials>, VaultError> {
        let taken = taken_by(checked);
        let mut besides = self.vault.list::<AwaitedCredentials>().await?;
        besides.retain(|one| {
            one.id != awaited.id
                && (&one.issuer, &one.configuration) == (&awaited.issuer, &awaited.configuration)
                && one.is_under_one_of(&taken)
        });
        for one in &mut besides {
            one.taken.extend(taken.iter().cloned());
        }
        Ok(besides)
    }
}
