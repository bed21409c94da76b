//! The end of a vault. What opens it goes first, in one step: from then on nobody opens it, whatever is left of it, and what is left goes
//! step by step. Where that is cut off it goes on later.

use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Record, Tenant, Tx};

use super::arriving::Arriving;
use super::header::{self, Header};
use super::sealed::Sealed;
use super::sessions::end_all_sessions;
use super::tenancy::{self, Tenancy};
use super::{VaultError, known_browsers, notices, tries};

/// Records that are erased in one step.
const AT_ONCE: usize = 500;

/// That a vault is being erased.
#[derive(Serialize, Deserialize)]
pub(super) struct Closing {
    since: i64,
}

impl Closing {
    const KEY: &'static str = "closing";
}

impl Record for Closing {
    const CLASS: &'static str = "closing";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("since", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(Self::KEY)
    }
}

/// Takes away what opens the vault. From then on it is no vault.
pub(super) async fn begin_closing(tenant: &Tenant) -> Result<(), VaultError> {
    let closing = Closing { since: tenant.environment().now().seconds() };
    Ok(tenant.carry_out(&BeginClosing { closing }).await?)
}

/// Whether a vault is being erased.
pub(super) async fn is_closing(tenant: &Tenant) -> Result<bool, VaultError> {
    Ok(tenant.get::<Closing>(Closing::KEY).await?.is_some())
}

/// Erases what is left of a vault that nobody opens any more.
pub(super) async fn finish_closing(tenant: &Tenant) -> Result<(), VaultError> {
    erase_records(tenant).await?;
    Ok(tenant.carry_out(&EndClosing).await?)
}

/// Erases all sealed records of a tenant that has no header.
pub(super) async fn erase_records(tenant: &Tenant) -> Result<(), VaultError> {
    while tenant.carry_out(&EraseSome).await? {}
    Ok(())
}

struct BeginClosing {
    closing: Closing,
}

impl Change for BeginClosing {
    const NAME: &'static str = "wallet-close";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        tx.put(&self.closing).await?;
        tx.delete::<Header>(header::KEY).await?;
        tx.delete::<Tenancy>(tenancy::KEY).await?;
        tries::forget(tx).await?;
        known_browsers::forget(tx).await?;
        tx.delete::<Arriving>(Arriving::KEY).await?;
        notices::forget(tx).await?;
        Ok(end_all_sessions(tx).await?)
    }
}

/// Whether there may be more.
struct EraseSome;

impl Change for EraseSome {
    const NAME: &'static str = "wallet-erase";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        if tx.get::<Header>(header::KEY).await?.is_some() {
            return Ok(false);
        }
        let some = tx.list::<Sealed>(Range::all(), AT_ONCE).await?.items;
        for one in &some {
            tx.delete::<Sealed>(one.id()).await?;
        }
        Ok(!some.is_empty())
    }
}

struct EndClosing;

impl Change for EndClosing {
    const NAME: &'static str = "wallet-closed";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        tx.delete::<Closing>(Closing::KEY).await?;
        Ok(())
    }
}
