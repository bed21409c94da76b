//! A vault as one of many at a host: what the host keeps beside it, and the end of one that was never used for anything.

use environment::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Record, Tenant, Tx};

use super::header::{self, Header};
use super::place::{VaultId, VaultName};
use super::sealed::Sealed;
use super::sealing_to_code::SealedToCode;
use super::sessions::any_session;
use super::timeline::KINDS_OF_LISTS;
use super::unproven::UnprovenCode;
use super::{Kept, Vault, VaultError};
use crate::records::{HistoryEntry, JoinedNetwork, KeptDetails, KeptSet, RecoveryCommitment, Upkeep};
use crate::wallet::MOST_NETWORKS;

/// After how many seconds without being opened a vault goes in which nothing ever was: 30 days.
const UNUSED: i64 = 2_592_000;
const DAY: i64 = 86_400;
pub(super) const KEY: &str = "tenancy";

/// What a host has to know of a vault that it cannot open.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Tenancy {
    /// When it was last opened, to the day.
    opened_at: i64,
    /// How the names of those sealed records begin that are there although nothing was joined by it.
    beside: Vec<String>,
}

impl Record for Tenancy {
    const CLASS: &'static str = "tenancy";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("opened_at", FieldClass::Operational), ("beside", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(KEY)
    }
}

impl Tenancy {
    /// That of a vault that is made at this moment.
    pub(super) fn new(vault: &Vault) -> Self {
        let beside = [
            RecoveryCommitment::KIND,
            UnprovenCode::KIND,
            SealedToCode::KIND,
            CalledHere::KIND,
            JoinedNetwork::KIND,
            KeptDetails::KIND,
            KeptSet::KIND,
            Upkeep::KIND,
        ];
        let kinds = beside.iter().chain(&KINDS_OF_LISTS).map(|kind| vault.key.kind_prefix(kind));
        // A network that is joined as the vault is made stands in the history, with nothing that the member did.
        let joined = (0..MOST_NETWORKS).map(HistoryEntry::id_of_network);
        let joined = joined.map(|id| vault.key.identifier(HistoryEntry::KIND, &id));
        Self { opened_at: vault.tenant.environment().now().seconds(), beside: kinds.chain(joined).collect() }
    }

    fn is_beside(&self, sealed: &Sealed) -> bool {
        self.beside.iter().any(|prefix| sealed.id().starts_with(prefix.as_str()))
    }
}

/// What its owner calls a vault at its host.
#[derive(Serialize, Deserialize)]
pub(super) struct CalledHere {
    name: String,
}

impl CalledHere {
    const NAME: &'static str = "name";

    pub(super) fn new(name: &VaultName) -> Self {
        Self { name: name.as_str().to_owned() }
    }
}

impl Kept for CalledHere {
    const KIND: &'static str = "called-here";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}

impl Vault {
    /// What its owner calls it at its host; none where it is found in other ways alone.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn called_here(&self) -> Result<Option<String>, VaultError> {
        Ok(self.get::<CalledHere>(CalledHere::NAME).await?.map(|called| called.name))
    }

    pub(super) async fn is_called_here(&self, name: &VaultName) -> Result<(), VaultError> {
        self.put(&CalledHere::new(name)).await
    }

    /// Notes at a host that somebody has opened it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn note_opening(&self) -> Result<(), VaultError> {
        let now = self.tenant.environment().now().seconds();
        Ok(self.tenant.carry_out(&NoteOpening { now }).await?)
    }
}

struct NoteOpening {
    now: i64,
}

impl Change for NoteOpening {
    const NAME: &'static str = "wallet-opened";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let Some(tenancy) = tx.get::<Tenancy>(KEY).await? else { return Ok(()) };
        if (0..DAY).contains(&self.now.saturating_sub(tenancy.opened_at)) {
            return Ok(());
        }
        Ok(tx.put(&Tenancy { opened_at: self.now, ..tenancy }).await?)
    }
}

/// That a host has a vault, or was about to make it.
#[derive(Serialize, Deserialize)]
pub(super) struct Listed {
    id: String,
    made_at: i64,
}

impl Listed {
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl Record for Listed {
    const CLASS: &'static str = "listed";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("id", FieldClass::Operational), ("made_at", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}

/// Lists a vault, before it is made: what is not listed would never be found again.
pub(super) async fn list(host: &Tenant, id: &VaultId) -> Result<(), VaultError> {
    let made_at = host.environment().now().seconds();
    Ok(host.carry_out(&List { listed: Listed { id: id.as_str().to_owned(), made_at } }).await?)
}

struct List {
    listed: Listed,
}

impl Change for List {
    const NAME: &'static str = "wallet-list";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let _ = tx.insert_new(&self.listed).await?;
        Ok(())
    }
}

pub(super) struct Unlist<'a> {
    pub(super) id: &'a VaultId,
}

impl Change for Unlist<'_> {
    const NAME: &'static str = "wallet-unlist";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        tx.delete::<Listed>(self.id.as_str()).await?;
        Ok(())
    }
}

/// Removes a vault in which nothing ever was and which nobody has opened for long; or what is left of one that was never made.
/// Whether there is nothing of it any more.
pub(super) struct RemoveUnused {
    now: i64,
    listed_at: i64,
}

impl RemoveUnused {
    pub(super) fn at(now: Timestamp, listed: &Listed) -> Self {
        Self { now: now.seconds(), listed_at: listed.made_at }
    }

    fn is_long_ago(&self, at: i64) -> bool {
        self.now.saturating_sub(at) > UNUSED
    }
}

impl Change for RemoveUnused {
    const NAME: &'static str = "wallet-remove-unused";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let Some(tenancy) = tx.get::<Tenancy>(KEY).await? else {
            return Ok(self.is_long_ago(self.listed_at) && tx.get::<Header>(header::KEY).await?.is_none());
        };
        if !self.is_long_ago(tenancy.opened_at) || any_session(tx).await? {
            return Ok(false);
        }
        let sealed = tx.list::<Sealed>(Range::all(), store::MAX_PAGE).await?;
        // Anything else is the member's, whatever it is.
        if sealed.next.is_some() || !sealed.items.iter().all(|one| tenancy.is_beside(one)) {
            return Ok(false);
        }
        for one in &sealed.items {
            tx.delete::<Sealed>(one.id()).await?;
        }
        super::notices::forget(tx).await?;
        tx.delete::<Tenancy>(KEY).await?;
        tx.delete::<Header>(header::KEY).await?;
        Ok(true)
    }
}
