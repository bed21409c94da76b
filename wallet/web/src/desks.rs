//! The desks of all wallets of a place: one for each that somebody is at, and none for the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use environment::Environment;
use tokio::sync::Semaphore;
use wallet::notices::Notifier;
use wallet::{Lifetime, LockedVault, PresentOptions, VaultError, VaultId, Vaults};

use crate::desk::{Desk, OpenWallet};
use crate::keeping::AT_ONCE;

/// The wallets of a place, and whoever is at them.
pub struct Desks {
    vaults: Vaults,
    opener: Arc<dyn OpenWallet>,
    lifetime: Lifetime,
    options: PresentOptions,
    /// Who tells members that something came, where anybody does.
    notifier: Option<Arc<Notifier>>,
    /// Those at which somebody is or was a moment ago: a wallet that nobody looks at takes no memory.
    manned: Mutex<HashMap<VaultId, Arc<Desk>>>,
    /// So many wallets are kept fresh at once.
    places: Arc<Semaphore>,
}

impl std::fmt::Debug for Desks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Desks")
    }
}

impl Desks {
    /// The desks of these vaults; `opener` puts a wallet together when it is opened.
    #[must_use]
    pub fn new(vaults: Vaults, opener: Arc<dyn OpenWallet>, lifetime: Lifetime) -> Self {
        Self {
            vaults,
            opener,
            lifetime,
            options: PresentOptions::default(),
            notifier: None,
            manned: Mutex::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The same, where members are told that something came while their wallet is locked.
    #[must_use]
    pub fn telling(self, notifier: Arc<Notifier>) -> Self {
        Self { notifier: Some(notifier), ..self }
    }

    /// Who tells them.
    #[must_use]
    pub const fn notifier(&self) -> Option<&Arc<Notifier>> {
        self.notifier.as_ref()
    }

    /// The same, of which requests are answered with these options.
    #[must_use]
    pub fn answering(self, options: PresentOptions) -> Self {
        Self { options, ..self }
    }

    /// The vaults.
    #[must_use]
    pub const fn vaults(&self) -> &Vaults {
        &self.vaults
    }

    /// The desk of a wallet; none where there is no such wallet.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn find(&self, id: &VaultId) -> Result<Option<Arc<Desk>>, VaultError> {
        if let Some(desk) = self.manned().get(id) {
            return Ok(Some(Arc::clone(desk)));
        }
        Ok(self.vaults.find(id).await?.map(|vault| self.of(id, vault)))
    }

    /// The desk at which somebody is, or was a moment ago.
    pub(crate) fn manned_at(&self, id: &VaultId) -> Option<Arc<Desk>> {
        self.manned().get(id).cloned()
    }

    /// The desk of this vault, which is there.
    pub(crate) fn of(&self, id: &VaultId, vault: LockedVault) -> Arc<Desk> {
        let mut manned = self.manned();
        let desk = manned.entry(id.clone()).or_insert_with(|| {
            let desk = Desk::new(id.clone(), vault, Arc::clone(&self.opener), self.lifetime);
            Arc::new(desk.answering(self.options).telling(self.notifier.clone(), self.vaults.are_many()))
        });
        Arc::clone(desk)
    }

    /// Locks the wallets at which nobody is any more, and forgets their desks; to be called every now and then, since sessions end
    /// by themselves.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn lock_where_nobody_is(&self) -> Result<(), VaultError> {
        let desks: Vec<Arc<Desk>> = self.manned().values().cloned().collect();
        let mut outcome = Ok(());
        for desk in desks {
            // One that cannot be asked keeps no other from being locked.
            outcome = outcome.and(desk.lock_if_nobody_is_there().await);
        }
        // Nobody gets at a desk but through this map, so that what it alone holds is nobody's.
        self.manned().retain(|_, desk| Arc::strong_count(desk) > 1 || !desk.is_quiet());
        outcome
    }

    /// Closes a wallet: nothing of it is left here.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn close(&self, id: &VaultId) -> Result<(), VaultError> {
        let desk = self.manned().remove(id);
        if let Some(desk) = desk {
            desk.shut().await;
        }
        self.vaults.close(id).await
    }

    /// Keeps the open wallets fresh (decision 0035): begins what is due by now, for a few of them at once; to be called every few
    /// seconds. Gives how many things were begun.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn keep_fresh(&self, clock: &Environment) -> Result<usize, VaultError> {
        let desks: Vec<Arc<Desk>> = self.manned().values().cloned().collect();
        let (mut begun, mut outcome) = (0_usize, Ok(()));
        for desk in desks {
            // One that cannot be read keeps no other from being looked after.
            match desk.keep_fresh(self.vaults.are_many(), &self.places, clock).await {
                Ok(is_begun) => begun = begun.saturating_add(is_begun.into()),
                Err(error) => outcome = Err(error),
            }
        }
        outcome.map(|()| begun)
    }

    /// How many wallets have a desk at this moment.
    #[must_use]
    pub fn manned_now(&self) -> usize {
        self.manned().len()
    }

    fn manned(&self) -> MutexGuard<'_, HashMap<VaultId, Arc<Desk>>> {
        self.manned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
