//! What one vault of a host has and no other can have too: a name, an invitation, and a recovery code.

use environment::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Record, Tenant, Tx};

use super::place::{VaultId, VaultName};
use super::sealing_to_code::SealedToCode;
use super::{RecoveryHalf, VaultError};

/// For how long something is another's whose vault is not there yet, in seconds.
const BEING_MADE: i64 = 600;

/// Why a name or an invitation is not had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotClaimed {
    /// Another vault has it.
    #[error("another wallet has it")]
    Taken,
    /// The store does not answer.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// That a vault has something. What it is stands there as a hash: a list of names is not what a host needs.
#[derive(Serialize, Deserialize)]
pub(super) struct Claim {
    key: String,
    vault: String,
    at: i64,
}

impl Record for Claim {
    const CLASS: &'static str = "claim";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("key", FieldClass::Operational),
        ("vault", FieldClass::Operational),
        ("at", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(&self.key)
    }
}

impl Claim {
    /// Where it stands who has a name.
    pub(super) fn of_name(name: &VaultName) -> String {
        format!("name/{}", jose::digest::sha256_base64url(name.as_str()))
    }

    /// Where it stands who has used an invitation.
    pub(super) fn of_invitation(code: &str) -> String {
        format!("invitation/{}", jose::digest::sha256_base64url(code))
    }

    /// Where it stands whose recovery code this is.
    pub(super) fn of_code(code: &RecoveryHalf) -> String {
        format!("code/{}", code.locator())
    }

    /// The same for a code of which its public half alone is known.
    pub(super) fn of_locator(sealed: &SealedToCode) -> String {
        format!("code/{}", sealed.locator())
    }

    pub(super) fn vault(&self) -> &str {
        &self.vault
    }

    /// Whether its vault may not have been made after all.
    pub(super) fn may_be_gone(&self, now: Timestamp) -> bool {
        now.seconds().saturating_sub(self.at) > BEING_MADE
    }
}

/// Who has what stands there.
pub(super) async fn holder(host: &Tenant, key: &str) -> Result<Option<Claim>, VaultError> {
    Ok(host.get::<Claim>(key).await?)
}

/// Takes it for this vault; `free` is a vault that has it and is not there.
pub(super) async fn take(
    host: &Tenant,
    key: &str,
    id: &VaultId,
    free: Option<String>,
) -> Result<(), NotClaimed> {
    let at = host.environment().now().seconds();
    let change = Take { key, vault: id.as_str(), free, at };
    host.commit(&change).await.map_err(|fault| match fault {
        Fault::Refused(()) => NotClaimed::Taken,
        Fault::Store(fault) => NotClaimed::Vault(fault.into()),
    })
}

/// Lets go of it, if it is this vault's.
pub(super) async fn leave(host: &Tenant, key: &str, id: &VaultId) -> Result<(), VaultError> {
    Ok(host.carry_out(&Leave { key, vault: id.as_str() }).await?)
}

/// Lets go of everything that is this vault's.
pub(super) async fn leave_all(host: &Tenant, id: &VaultId) -> Result<(), VaultError> {
    let mut range = Range::all();
    loop {
        let page = host.list::<Claim>(range.clone(), store::MAX_PAGE).await?;
        for claim in page.items.iter().filter(|claim| claim.vault == id.as_str()) {
            leave(host, &claim.key, id).await?;
        }
        match page.next {
            Some(cursor) => range = range.after(&cursor),
            None => return Ok(()),
        }
    }
}

struct Take<'a> {
    key: &'a str,
    vault: &'a str,
    free: Option<String>,
    at: i64,
}

impl Change for Take<'_> {
    const NAME: &'static str = "wallet-claim";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        match tx.get::<Claim>(self.key).await? {
            Some(claim) if claim.vault == self.vault => return Ok(()),
            Some(claim) if self.free.as_ref() != Some(&claim.vault) => return Err(Fault::Refused(())),
            _ => {}
        }
        let claim = Claim { key: self.key.to_owned(), vault: self.vault.to_owned(), at: self.at };
        Ok(tx.put(&claim).await?)
    }
}

struct Leave<'a> {
    key: &'a str,
    vault: &'a str,
}

impl Change for Leave<'_> {
    const NAME: &'static str = "wallet-claim-end";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if tx.get::<Claim>(self.key).await?.is_some_and(|claim| claim.vault == self.vault) {
            tx.delete::<Claim>(self.key).await?;
        }
        Ok(())
    }
}
