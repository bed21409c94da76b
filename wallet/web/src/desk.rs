//! The desk of one wallet: it is open as long as a session is.

use std::sync::{Arc, Weak};

use environment::Environment;
use tokio::sync::Mutex;
use wallet::{
    BoxFuture, Device, Lifetime, LockedVault, PasskeySecret, Passphrase, PresentOptions, RecoveryHalf,
    Secret, SessionKeys, Stretched, Vault, VaultError, VaultId, Wallet,
};
use web::session::{SessionId, SessionSecret};

use crate::flows::Flows;
use crate::signing::BrowserKeys;
use crate::site::Failed;
use crate::tasks::Tasks;

/// What a session's key is for.
const PURPOSE: &str = "wallet-session";

/// Puts a wallet together around an opened vault.
pub trait OpenWallet: Send + Sync {
    /// The wallet of this vault.
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>>;
}

/// A wallet could not be put together, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the wallet could not be put together: {0}")]
pub struct NotOpened(pub String);

/// From where a wallet is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// What the browser calls itself.
    pub(crate) browser: &'a str,
    pub(crate) device: Device,
}

/// One wallet and whoever is at its pages.
pub struct Desk {
    id: VaultId,
    vault: LockedVault,
    opener: Arc<dyn OpenWallet>,
    lifetime: Lifetime,
    /// The wallet while it is open: all sessions use the same one, since some of what it does is done one at a time.
    open: Mutex<Open>,
    flows: Flows,
    tasks: Tasks,
    /// Where the member's browser holds the keys: what is put to it.
    keys: Arc<BrowserKeys>,
}

#[derive(Default)]
struct Open {
    wallet: Option<Arc<Wallet>>,
    /// The one that was locked last: where something of it is still leaving, it is the one that is opened again.
    before: Weak<Wallet>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Desk")
    }
}

impl Desk {
    /// The desk of a wallet that is locked; `opener` puts it together when it is opened.
    #[must_use]
    pub fn new(id: VaultId, vault: LockedVault, opener: Arc<dyn OpenWallet>, lifetime: Lifetime) -> Self {
        Self {
            id,
            vault,
            opener,
            lifetime,
            open: Mutex::default(),
            flows: Flows::default(),
            tasks: Tasks::default(),
            keys: Arc::default(),
        }
    }

    /// Which wallet of its place it is.
    pub(crate) const fn id(&self) -> &VaultId {
        &self.id
    }

    /// The same, of which requests are answered with these options.
    #[must_use]
    pub(crate) fn answering(self, options: PresentOptions) -> Self {
        Self { flows: Flows::answering(options), ..self }
    }

    /// The vault as it is for everybody.
    pub(crate) const fn vault(&self) -> &LockedVault {
        &self.vault
    }

    /// What is under way in it.
    pub(crate) const fn flows(&self) -> &Flows {
        &self.flows
    }

    /// What is put to the browser that holds the keys.
    pub(crate) const fn keys(&self) -> &Arc<BrowserKeys> {
        &self.keys
    }

    /// What is under way at spaces.
    pub(crate) const fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// Opens the wallet by its passphrase, in a session that begins with this.
    ///
    /// # Errors
    /// [`VaultError::WrongSecret`], [`VaultError::TooManyTries`] and others.
    pub(crate) async fn unlock(
        &self,
        passphrase: &Passphrase,
        session: &SessionSecret,
        place: &Place<'_>,
        clock: &Environment,
    ) -> Result<(), Failed> {
        let vault = self.vault.unlock_at_the_door(passphrase).await?;
        self.begin(vault, session, place, clock).await
    }

    /// The same by what a browser made of the passphrase.
    ///
    /// # Errors
    /// As [`Self::unlock`].
    pub(crate) async fn unlock_by_stretched(
        &self,
        stretched: &Stretched,
        session: &SessionSecret,
        place: &Place<'_>,
        clock: &Environment,
    ) -> Result<(), Failed> {
        let vault = self.vault.unlock_at_the_door_by(stretched).await?;
        self.begin(vault, session, place, clock).await
    }

    /// The same by a passkey. Nobody guesses what one gives, so there is nothing to slow down.
    ///
    /// # Errors
    /// [`VaultError::WrongSecret`] and others.
    pub(crate) async fn unlock_by_passkey(
        &self,
        secret: &PasskeySecret,
        session: &SessionSecret,
        place: &Place<'_>,
        clock: &Environment,
    ) -> Result<(), Failed> {
        let vault = self.vault.unlock(Secret::Passkey(secret)).await?;
        self.begin(vault, session, place, clock).await
    }

    /// The same by the recovery code, for somebody who has lost all else.
    ///
    /// # Errors
    /// [`VaultError::WrongSecret`] and others.
    pub(crate) async fn unlock_by_code(
        &self,
        code: &RecoveryHalf,
        session: &SessionSecret,
        place: &Place<'_>,
        clock: &Environment,
    ) -> Result<(), Failed> {
        let vault = self.vault.unlock(Secret::RecoveryHalf(code)).await?;
        self.begin(vault, session, place, clock).await
    }

    /// Begins a session in a vault of this desk that is open.
    ///
    /// # Errors
    /// Those of the store, and of putting the wallet together.
    pub(crate) async fn begin(
        &self,
        vault: Vault,
        session: &SessionSecret,
        place: &Place<'_>,
        clock: &Environment,
    ) -> Result<(), Failed> {
        vault.begin_session(&keys_of(session), self.lifetime, place.device, place.browser).await?;
        vault.note_opening().await?;
        self.wallet(vault, clock).await.map(drop)
    }

    /// The vault, for a session that is open, to change how it is opened.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn vault_of(&self, session: &SessionSecret) -> Result<Option<Vault>, Failed> {
        match self.vault.resume(&keys_of(session)).await {
            // Whoever knows a session's name and not its key has no session.
            Err(VaultError::Damaged) => Ok(None),
            resumed => Ok(resumed?),
        }
    }

    /// The wallet, for a session that is open; none for any other.
    ///
    /// # Errors
    /// Those of the store, and of putting the wallet together.
    pub(crate) async fn of_session(
        &self,
        session: &SessionSecret,
        clock: &Environment,
    ) -> Result<Option<Arc<Wallet>>, Failed> {
        match self.vault_of(session).await? {
            Some(vault) => self.wallet(vault, clock).await,
            None => Ok(None),
        }
    }

    /// At whose device a session is open; that it is looked at is no use of it.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn device_of(&self, session: &SessionSecret) -> Result<Option<Device>, Failed> {
        match self.vault.look(&keys_of(session)).await {
            Err(VaultError::Damaged) => Ok(None),
            looked => Ok(looked?),
        }
    }

    /// Ends a session; with the last one the wallet is locked.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn lock(&self, session: &SessionId) -> Result<(), Failed> {
        self.end(&session.text()).await
    }

    /// The same for a session that is named.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn end(&self, session: &str) -> Result<(), Failed> {
        self.vault.end_session(session).await?;
        Ok(self.lock_if_nobody_is_there().await?)
    }

    /// Forgets the key of a wallet at which nobody is any more; to be called every now and then, since sessions end by themselves.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn lock_if_nobody_is_there(&self) -> Result<(), VaultError> {
        let mut open = self.open.lock().await;
        if open.wallet.is_some() && !self.vault.has_sessions().await? {
            if let Some(wallet) = open.wallet.take() {
                open.before = Arc::downgrade(&wallet);
            }
            self.flows.leave();
            self.tasks.leave();
            self.keys.leave();
        }
        Ok(())
    }

    /// Whether the wallet's key is in memory.
    pub async fn is_open(&self) -> bool {
        self.open.lock().await.wallet.is_some()
    }

    /// Whether nothing of the wallet is in memory, nor anything of it under way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.open.try_lock().is_ok_and(|open| open.wallet.is_none() && open.before.strong_count() == 0)
    }

    /// The wallet of this vault, put together; its keys are used where they lie.
    async fn opened(&self, vault: Vault) -> Result<Wallet, Failed> {
        let keys_are_elsewhere = vault.keys_are_elsewhere().await?;
        let wallet = self.opener.open(Arc::new(vault)).await?;
        let keys = Arc::clone(&self.keys);
        Ok(if keys_are_elsewhere { wallet.with_keys(keys) } else { wallet })
    }

    /// The wallet of this vault; none where the last session has ended since the vault was opened by it.
    async fn wallet(&self, vault: Vault, clock: &Environment) -> Result<Option<Arc<Wallet>>, Failed> {
        let mut open = self.open.lock().await;
        if let Some(wallet) = open.wallet.as_ref() {
            return Ok(Some(Arc::clone(wallet)));
        }
        if !self.vault.has_sessions().await? {
            return Ok(None);
        }
        let wallet = match open.before.upgrade() {
            Some(wallet) => wallet,
            None => Arc::new(self.opened(vault).await?),
        };
        open.wallet = Some(Arc::clone(&wallet));
        self.flows.attend(&wallet, clock);
        self.tasks.attend(&wallet);
        Ok(Some(wallet))
    }
}

fn keys_of(session: &SessionSecret) -> SessionKeys {
    SessionKeys::new(session.id().text(), session.key(PURPOSE))
}

#[cfg(test)]
mod tests;
