//! The desk of one wallet: it is open as long as a session is.

use std::sync::{Arc, Weak};

use environment::{Environment, Randomness, Timestamp};
use tokio::sync::{Mutex, Semaphore, watch};
use wallet::notices::Notifier;
use wallet::{
    Attendance, Bells, BoxFuture, Device, Door, Lifetime, LockedVault, Next, PasskeySecret, Passphrase,
    PresentOptions, RecoveryHalf, Secret, SessionKeys, Stretched, UsedWay, Vault, VaultError, VaultId,
    Wallet,
};
use web::session::{SessionId, SessionSecret};

use crate::flows::Flows;
use crate::keeping::Keeping;
use crate::live::Watching;
use crate::news::{Kind, News};
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
    keeping: Keeping,
    news: News,
    watching: Watching,
    /// Who tells the member of news while the wallet is locked, and at which inboxes bells hang for it.
    notifier: Option<(Arc<Notifier>, Bells)>,
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
        let news = News::default();
        Self {
            id,
            vault,
            opener,
            lifetime,
            open: Mutex::default(),
            flows: Flows::telling(news.clone()),
            tasks: Tasks::telling(news.clone()),
            keeping: Keeping::telling(news.clone()),
            news,
            watching: Watching::default(),
            notifier: None,
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
        Self { flows: self.flows.answering(options), ..self }
    }

    /// The same, of which the member is told of news; `of_many` where the wallets of many are kept.
    #[must_use]
    pub(crate) fn telling(self, notifier: Option<Arc<Notifier>>, of_many: bool) -> Self {
        let bells = if of_many { Bells::All } else { Bells::OfTheDid };
        Self { notifier: notifier.map(|notifier| (notifier, bells)), ..self }
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

    /// A page of the open wallet has asked for something: somebody looks at it.
    pub(crate) fn seen(&self, now: Timestamp) {
        self.keeping.seen(now);
    }

    /// Counts what has come by keeping it fresh.
    pub(crate) fn kept_fresh(&self) -> watch::Receiver<u64> {
        self.keeping.news()
    }

    /// Something may have to be looked after that had not before.
    pub(crate) fn look_again(&self) {
        self.keeping.read_anew();
    }

    /// Does the next thing that keeps the wallet fresh, if its moment has come, somebody is there and one of `places` is free; gives
    /// whether something was begun. No session lasts longer by it.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn keep_fresh(
        &self,
        hosted: bool,
        places: &Arc<Semaphore>,
        clock: &Environment,
    ) -> Result<bool, VaultError> {
        let now = clock.now();
        if self.keeping.rests(now) {
            return Ok(false);
        }
        let Some(wallet) = self.open.lock().await.wallet.clone() else { return Ok(false) };
        let attendance = Attendance {
            unlocked: self.vault.has_sessions().await?,
            hosted,
            seen_at: self.keeping.seen_at(),
            signs: !self.vault.ways_in().await?.keys_are_elsewhere || self.keys.is_there(),
        };
        if !attendance.is_there(now) {
            return Ok(false);
        }
        if self.keeping.is_to_be_read(now) {
            self.keeping.note(&wallet.agenda().await?, clock);
        }
        let Next::Do(care) = self.keeping.next(&attendance, now) else { return Ok(false) };
        let Ok(place) = Arc::clone(places).try_acquire_owned() else { return Ok(false) };
        let open = self.open.lock().await;
        // It may have been locked while it was read what is due.
        let is_open = open.wallet.as_ref().is_some_and(|open| Arc::ptr_eq(open, &wallet));
        if is_open {
            self.keeping.begin(care, wallet, place, clock);
        }
        Ok(is_open)
    }

    /// Waits until what is at work for it is done.
    #[cfg(test)]
    pub(crate) async fn kept(&self) {
        self.keeping.done().await;
    }

    /// Whether anything is to be done for it some time.
    #[cfg(test)]
    pub(crate) fn planned_anything(&self) -> bool {
        self.keeping.plans_anything()
    }

    /// What changes while somebody looks.
    pub(crate) const fn news(&self) -> &News {
        &self.news
    }

    /// The pages that are told of it.
    pub(crate) const fn watching(&self) -> &Watching {
        &self.watching
    }

    /// Looks for what has come, while a page is open: it is nobody's use of a session. Whether there was anything new; none where the
    /// wallet is not open any more. Whatever else is kept fresh while somebody is there belongs in here.
    pub(crate) async fn look_now(&self) -> Option<bool> {
        let wallet = self.open.lock().await.wallet.clone()?;
        // One that was moved calls nobody; where that cannot be read, neither does it.
        if !matches!(wallet.rests_since().await, Ok(None)) {
            return Some(false);
        }
        let mut heard = self.news.listen();
        let locked = async {
            while heard.changed().await.is_ok() {
                if !self.is_open().await {
                    return;
                }
            }
        };
        tokio::select! {
            // Nothing that looks keeps the key of a wallet which was locked meanwhile: what was not taken comes again.
            biased;
            () = locked => None,
            came = async {
                let came = look(&wallet).await;
                self.see_to_bells(&wallet).await;
                came
            } => {
                if came {
                    self.news.note(Kind::Mail);
                }
                Some(came)
            }
        }
    }

    /// Bells hang at the inboxes as long as the member wants to be told of news.
    async fn see_to_bells(&self, wallet: &Wallet) {
        let Some((notifier, bells)) = &self.notifier else { return };
        let wanted = match notifier.notices(&self.vault).await {
            Ok(notices) => notices.tells(),
            Err(error) => {
                return tracing::warn!(%error, "it could not be read what a member wants to be told");
            }
        };
        let told = match wanted {
            true => {
                let ticket = |randomness: &dyn Randomness| notifier.ticket(&self.id, randomness);
                wallet.hang_bells(*bells, notifier.at(), &ticket).await
            }
            false => wallet.take_bells_down().await,
        };
        match told {
            Ok(problems) if problems.is_empty() => {}
            Ok(problems) => tracing::info!(?problems, "not every host of an inbox could be told of a bell"),
            Err(error) => tracing::warn!(%error, "bells could not be seen to"),
        }
    }

    /// Opens the wallet by its passphrase, in a session that begins with this.
    ///
    /// # Errors
    /// [`VaultError::WrongSecret`], [`VaultError::TooManyTries`] and others.
    pub(crate) async fn unlock(
        &self,
        passphrase: &Passphrase,
        door: &Door,
        session: &SessionSecret,
        place: &Place<'_>,
        clock: &Environment,
    ) -> Result<(), Failed> {
        let vault = self.vault.unlock_at(door, passphrase).await?;
        vault.note_way(UsedWay::Passphrase).await?;
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
        vault.note_way(UsedWay::Passphrase).await?;
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
        vault.note_way(UsedWay::Passkey(secret.credential().clone())).await?;
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
        vault.note_way(UsedWay::RecoveryCode).await?;
        // It was right, and it was typed from somewhere.
        vault.try_recovery_half(code).await?;
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

    /// The vault and the wallet for a page's script, which only looks: it is no use of the session.
    ///
    /// # Errors
    /// Likewise.
    pub(crate) async fn looked_at(
        &self,
        session: &SessionSecret,
        clock: &Environment,
    ) -> Result<Option<Arc<Wallet>>, Failed> {
        match self.vault_looked_at(session).await? {
            Some(vault) => self.wallet(vault, clock).await,
            None => Ok(None),
        }
    }

    /// The same, the vault alone.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn vault_looked_at(&self, session: &SessionSecret) -> Result<Option<Vault>, Failed> {
        match self.vault.resume_unused(&keys_of(session)).await {
            Err(VaultError::Damaged) => Ok(None),
            resumed => Ok(resumed?),
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
        let ended = self.lock_if_nobody_is_there().await;
        // Its pages go at once, whichever session it was.
        self.news.note(Kind::Sessions);
        Ok(ended?)
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
            self.keeping.leave().await;
            drop(open);
            self.news.note(Kind::Sessions);
        }
        Ok(())
    }

    /// Ends all sessions but one: of a device that is lost, and of whoever came in by what is no way in any more.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn end_others(&self, session: &SessionId) -> Result<(), VaultError> {
        self.vault.end_other_sessions(&session.text()).await?;
        // Their pages go at once.
        self.news.note(Kind::Sessions);
        Ok(())
    }

    /// Forgets the wallet, which is being closed: nothing of it is in memory, and nothing is under way.
    pub(crate) async fn shut(&self) {
        let mut open = self.open.lock().await;
        *open = Open::default();
        self.flows.leave();
        self.tasks.leave();
        self.keys.leave();
        self.keeping.leave().await;
        drop(open);
        self.news.note(Kind::Sessions);
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

async fn look(wallet: &Wallet) -> bool {
    match wallet.fetch_mail().await {
        Ok(round) => !round.new.is_empty(),
        Err(error) => {
            tracing::warn!(%error, "messages could not be looked for");
            false
        }
    }
}

fn keys_of(session: &SessionSecret) -> SessionKeys {
    SessionKeys::new(session.id().text(), session.key(PURPOSE))
}

#[cfg(test)]
mod tests;
