//! A vault that is made of records that were brought along (decision 0033).
//!
//! They do not fit into one step of the store. So the header, without which nothing opens and nobody says that there is a vault, is
//! written last: what was broken off is no vault, and whoever tries again begins anew.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Insertion, Key, Record, Tenant, Tx};

use super::cipher::VaultKey;
use super::erasing::erase_records;
use super::header::{self, ByCode, Header, NewWay};
use super::keys_of_ways::WrappedKeys;
use super::place::VaultName;
use super::sealed::Sealed;
use super::sealing_to_code::SealedToCode;
use super::tenancy::{CalledHere, Tenancy};
use super::{Vault, VaultError};

/// Records that are written in one step; each may be as large as a value of the store.
const AT_ONCE: usize = 32;

/// A record that is brought along.
pub(crate) trait Brought {
    /// Kind, name and content.
    fn parts(&self) -> (&str, &str, &[u8]);
}

/// That records are being written of which there is no vault yet.
#[derive(Serialize, Deserialize)]
pub(super) struct Arriving {
    since: i64,
}

impl Arriving {
    pub(super) const KEY: &'static str = "arriving";
}

impl Record for Arriving {
    const CLASS: &'static str = "arriving";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("since", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(Self::KEY)
    }
}

/// Makes a vault of these records, or of none of them; `code` is the public half of its recovery code, and, where the member's browser
/// holds the keys, what stands beside it.
pub(super) async fn arrive<R: Brought>(
    tenant: Tenant,
    first: &NewWay<'_>,
    code: (&SealedToCode, Option<&WrappedKeys>),
    records: &[R],
    at_host: Option<Option<&VaultName>>,
) -> Result<Vault, VaultError> {
    let (code, keys) = code;
    let environment = tenant.environment().clone();
    let begin = Begin { arriving: Arriving { since: environment.now().seconds() } };
    tenant.commit(&begin).await.map_err(there_or_fault)?;
    // What an earlier try has left is sealed under a key that nobody has.
    erase_records(&tenant).await?;
    let key = VaultKey::generate(environment.randomness());
    let first = first.prepared(&key, &environment).await?;
    let header = Header::new(&key, first, &ByCode::Sealed(code), keys, environment.randomness())?;
    let vault = Vault::of(key, tenant);
    for some in records.chunks(AT_ONCE) {
        let sealed = some.iter().map(|record| {
            let (kind, name, plain) = record.parts();
            vault.sealed_as_it_is(kind, name, plain)
        });
        let sealed = sealed.collect::<Result<_, _>>()?;
        vault.tenant.carry_out(&WriteSome { sealed }).await?;
    }
    let (mut called, mut tenancy) = (None, None);
    if let Some(name) = at_host {
        tenancy = Some(Tenancy::new(&vault));
        called = name.map(|name| vault.sealed(&CalledHere::new(name))).transpose()?;
    }
    vault.tenant.commit(&Finish { header, called, tenancy }).await.map_err(there_or_fault)?;
    Ok(vault)
}

fn there_or_fault(fault: Fault<()>) -> VaultError {
    match fault {
        Fault::Refused(()) => VaultError::AlreadyThere(PathBuf::new()),
        Fault::Store(fault) => fault.into(),
    }
}

struct Begin {
    arriving: Arriving,
}

impl Change for Begin {
    const NAME: &'static str = "wallet-arrive";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        if tx.get::<Header>(header::KEY).await?.is_some() {
            return Err(Fault::Refused(()));
        }
        Ok(tx.put(&self.arriving).await?)
    }
}

struct WriteSome {
    sealed: Vec<Sealed>,
}

impl Change for WriteSome {
    const NAME: &'static str = "wallet-arrive-some";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for sealed in &self.sealed {
            tx.put(sealed).await?;
        }
        Ok(())
    }
}

struct Finish {
    header: Header,
    called: Option<Sealed>,
    tenancy: Option<Tenancy>,
}

impl Change for Finish {
    const NAME: &'static str = "wallet-arrived";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        if matches!(tx.insert_new(&self.header).await?, Insertion::AlreadyThere) {
            return Err(Fault::Refused(()));
        }
        if let Some(called) = &self.called {
            tx.put(called).await?;
        }
        if let Some(tenancy) = &self.tenancy {
            tx.put(tenancy).await?;
        }
        tx.delete::<Arriving>(Arriving::KEY).await?;
        Ok(())
    }
}
