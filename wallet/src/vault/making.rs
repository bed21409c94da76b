//! The making of a vault: its ways in and what is in it from the first moment, in one step.

use std::path::PathBuf;

use store::{Change, Fault, Insertion, Tenant, Tx};

use super::cipher::VaultKey;
use super::header::{ByCode, Header, NewWay};
use super::keys_of_ways::{CodeOfBrowser, WrappedKeys};
use super::place::VaultName;
use super::recovery::RecoveryHalf;
use super::sealed::Sealed;
use super::sealing_to_code::SealedToCode;
use super::tenancy::{CalledHere, Tenancy};
use super::unproven::UnprovenCode;
use super::{RecoveryCode, Vault, VaultError};
use crate::records::RecoveryCommitment;

/// The recovery key that signs the second entry of the member's DID log.
const FIRST_RECOVERY_KEY: u32 = 1;

/// How a vault begins.
pub(super) enum Begins<'a> {
    /// Its owner sees the recovery code at this moment.
    Written,
    /// With the recovery code of a vault of before. Nothing is said about the first entry of a DID: a DID of this code may lie
    /// somewhere, whose log names its first keys, and by the same names strangers would know two DIDs for one member's.
    WithCodeOfBefore,
    /// Its owner sees the recovery code later. At a host, where there are many, with what its owner calls it.
    Unwritten(Option<Option<&'a VaultName>>),
}

/// The recovery code of a vault that is made.
#[derive(Clone, Copy)]
pub(super) enum CodeGiven<'a> {
    /// It was made here.
    Here(&'a RecoveryCode),
    /// The member's browser made it.
    OfBrowser(&'a CodeOfBrowser),
}

impl CodeGiven<'_> {
    pub(super) fn half(&self) -> (RecoveryHalf, Option<&WrappedKeys>) {
        match self {
            Self::Here(code) => (code.half(), None),
            Self::OfBrowser(code) => (code.half.again(), Some(&code.keys)),
        }
    }

    /// The public part of the first recovery key, so that the DID's first entry can commit to it without the code.
    fn commitment(&self) -> Result<RecoveryCommitment, VaultError> {
        use jose::Signer;
        let key = match self {
            Self::Here(code) => {
                let key = code.did_key(FIRST_RECOVERY_KEY).map_err(|_| VaultError::Unstorable)?;
                key.public_jwk().clone()
            }
            Self::OfBrowser(code) => code.first_key.clone(),
        };
        Ok(RecoveryCommitment { index: FIRST_RECOVERY_KEY, key })
    }

    /// The public half of the code, to which files are sealed.
    fn sealed_to(&self) -> Result<SealedToCode, VaultError> {
        match self {
            Self::Here(code) => SealedToCode::of(&code.half()),
            Self::OfBrowser(code) => Ok(SealedToCode::told(code.sealed_to.clone(), code.half.locator())),
        }
    }

    fn unproven(&self) -> UnprovenCode {
        match self {
            Self::Here(code) => UnprovenCode::new((*code).clone()),
            Self::OfBrowser(code) => UnprovenCode::sealed(code.sealed.clone()),
        }
    }
}

/// Makes a vault.
pub(super) async fn make(
    tenant: Tenant,
    first: &NewWay<'_>,
    code: CodeGiven<'_>,
    begins: Begins<'_>,
) -> Result<Vault, VaultError> {
    let environment = tenant.environment().clone();
    let key = VaultKey::generate(environment.randomness());
    let first = first.prepared(&key, &environment).await?;
    let (half, keys) = code.half();
    let header = Header::new(&key, first, &ByCode::Told(&half), keys, environment.randomness())?;
    let vault = Vault::of(key, tenant);
    let mut batch = vault.batch().put(&code.sealed_to()?)?;
    if !matches!(begins, Begins::WithCodeOfBefore) {
        batch = batch.put(&code.commitment()?)?;
    }
    let mut tenancy = None;
    if let Begins::Unwritten(at_host) = begins {
        batch = batch.put(&code.unproven())?;
        if let Some(name) = at_host {
            tenancy = Some(Tenancy::new(&vault));
            if let Some(name) = name {
                batch = batch.put(&CalledHere::new(name))?;
            }
        }
    }
    let change = Make { header, sealed: batch.into_puts(), tenancy };
    match vault.tenant.commit(&change).await {
        Ok(()) => Ok(vault),
        Err(Fault::Refused(())) => Err(VaultError::AlreadyThere(PathBuf::new())),
        Err(Fault::Store(fault)) => Err(fault.into()),
    }
}

struct Make {
    header: Header,
    sealed: Vec<Sealed>,
    tenancy: Option<Tenancy>,
}

impl Change for Make {
    const NAME: &'static str = "wallet-make";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        if matches!(tx.insert_new(&self.header).await?, Insertion::AlreadyThere) {
            return Err(Fault::Refused(()));
        }
        for sealed in &self.sealed {
            tx.put(sealed).await?;
        }
        if let Some(tenancy) = &self.tenancy {
            tx.put(tenancy).await?;
        }
        Ok(())
    }
}
