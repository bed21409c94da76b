//! The key of whoever keeps wallets, and what follows from it: tickets for the hosts of inboxes, links in mails, and the name by which
//! push services know who pushes. Nothing of it opens a vault.

use std::io::Write;
use std::path::{Path, PathBuf};

use environment::{Environment, Randomness};
use jose::{Algorithm, Signer, SigningKey, base64url};
use zeroize::Zeroizing;

use super::kept::{MailWish, Notices, ToDo, id_of};
use super::working;
use crate::vault::{LockedVault, VaultError, VaultId, Vaults, derive_from, open_under, seal_under};

/// The file of the key, in the folder of the wallets and beside their store: a copy of the store opens nothing of it.
const FILE: &str = "notices.key";
const NOTICES: &str = "passport-wallet/notices/1";
const TICKETS: &str = "passport-wallet/tickets/1";
const LINKS: &str = "passport-wallet/notice-links/1";
const VAPID: &str = "passport-wallet/vapid/1";
/// What is sealed has the length of a multiple of this, so that it says little.
const BLOCK: usize = 512;
/// How often a change is made anew because another came between.
const MOST_TRIES: usize = 16;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotifierError {
    /// The file cannot be read or made.
    #[error("{file} cannot be used: {source}")]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is something else in it.
    #[error("{0} holds no key")]
    NoKey(PathBuf),
}

/// What a link in a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Whoever reads mail there wants it.
    Confirm,
    /// They want no more of it.
    Stop,
}

impl Link {
    const fn path(self) -> &'static str {
        match self {
            Self::Confirm => "/notices/confirm/",
            Self::Stop => "/notices/stop/",
        }
    }
}

/// Whoever tells members that something came.
pub struct Notifier {
    key: Zeroizing<[u8; 32]>,
    vapid: SigningKey,
    /// The origin at which the wallets are.
    at: String,
    mails: bool,
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Notifier")
    }
}

impl Notifier {
    /// The one whose key lies in this folder, made now if there is none; the wallets are at the origin `at`.
    ///
    /// # Errors
    /// [`NotifierError`].
    pub fn in_folder(folder: &Path, at: &str, environment: &Environment) -> Result<Self, NotifierError> {
        let file = folder.join(FILE);
        let failed = |source| NotifierError::File { file: file.clone(), source };
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = Zeroizing::new(environment.randomness().bytes::<32>());
                let text = Zeroizing::new(base64url::encode(key.as_slice()));
                write(&file, &text).map_err(failed)?;
                text
            }
            Err(error) => return Err(failed(error)),
        };
        let key = base64url::decode_exact::<32>(text.trim()).map(Zeroizing::new);
        let key = key.map_err(|_| NotifierError::NoKey(file.clone()))?;
        Self::of(key, at).ok_or(NotifierError::NoKey(file))
    }

    /// The one with this key; none for the few keys from which no other follows.
    #[must_use]
    pub fn of(key: Zeroizing<[u8; 32]>, at: &str) -> Option<Self> {
        let vapid = SigningKey::from_secret_bytes(Algorithm::Es256, &derive_from(&key, VAPID)).ok()?;
        Some(Self { key, vapid, at: at.to_owned(), mails: false })
    }

    /// The same, where mails can be sent.
    #[must_use]
    pub fn with_mails(self, mails: bool) -> Self {
        Self { mails, ..self }
    }

    /// Whether mails can be sent.
    #[must_use]
    pub const fn mails(&self) -> bool {
        self.mails
    }

    /// The origin at which the wallets are.
    #[must_use]
    pub fn at(&self) -> &str {
        &self.at
    }

    /// The key by which push services know who pushes, as browsers take it (`applicationServerKey`).
    #[must_use]
    pub fn application_key(&self) -> String {
        base64url::encode(self.vapid.public_jwk().to_bytes())
    }

    /// A ticket for this vault; each looks different, and none says anything to others.
    #[must_use]
    pub fn ticket(&self, id: &VaultId, randomness: &dyn Randomness) -> Option<String> {
        seal_under(&derive_from(&self.key, TICKETS), TICKETS, id.as_str().as_bytes(), randomness).ok()
    }

    fn vault_of_ticket(&self, ticket: &str) -> Option<VaultId> {
        read_id(&open_under(&derive_from(&self.key, TICKETS), TICKETS, ticket)?)
    }

    /// What a link in a mail leads to, for the wish that a member has.
    pub(super) fn link(
        &self,
        link: Link,
        id: &VaultId,
        wish: &MailWish,
        randomness: &dyn Randomness,
    ) -> Result<String, VaultError> {
        let said = format!("{} {}", id.as_str(), wish.stamp);
        let token = seal_under(&derive_from(&self.key, LINKS), link.path(), said.as_bytes(), randomness)?;
        Ok(format!("{}{}{token}", self.at, link.path()))
    }

    fn read_link(&self, link: Link, token: &str) -> Option<(VaultId, String)> {
        let said = open_under(&derive_from(&self.key, LINKS), link.path(), token)?;
        let (id, stamp) = std::str::from_utf8(&said).ok()?.split_once(' ')?;
        Some((read_id(id.as_bytes())?, stamp.to_owned()))
    }

    pub(super) const fn signer(&self) -> &SigningKey {
        &self.vapid
    }

    /// What a member wants.
    ///
    /// # Errors
    /// Those of the store. What another key sealed is nothing.
    pub async fn notices(&self, vault: &LockedVault) -> Result<Notices, VaultError> {
        Ok(self.open(vault.sealed_notices().await?.as_deref()))
    }

    fn open(&self, sealed: Option<&str>) -> Notices {
        let opened = sealed.and_then(|sealed| open_under(&derive_from(&self.key, NOTICES), NOTICES, sealed));
        opened.and_then(|plain| serde_json::from_slice(&plain).ok()).unwrap_or_default()
    }

    /// Changes what is kept, whatever others change meanwhile.
    pub(super) async fn change<T>(
        &self,
        vault: &LockedVault,
        environment: &Environment,
        change: impl Fn(&mut Notices) -> T,
    ) -> Result<T, VaultError> {
        for _ in 0..MOST_TRIES {
            let before = vault.sealed_notices().await?;
            let known = self.open(before.as_deref());
            let mut notices = known.clone();
            let outcome = change(&mut notices);
            if notices == known {
                return Ok(outcome);
            }
            let after = match notices.is_empty() {
                true => None,
                false => Some(self.seal(&notices, environment.randomness())?),
            };
            if vault.replace_notices(before, after).await? {
                return Ok(outcome);
            }
        }
        Err(VaultError::Store(store::StoreFault::Conflict))
    }

    fn seal(&self, notices: &Notices, randomness: &dyn Randomness) -> Result<String, VaultError> {
        let mut plain = Zeroizing::new(serde_json::to_vec(notices).map_err(|_| VaultError::Unstorable)?);
        // White space after a JSON text is none of it.
        let length = plain.len().next_multiple_of(BLOCK);
        plain.resize(length, b' ');
        seal_under(&derive_from(&self.key, NOTICES), NOTICES, &plain, randomness)
    }

    /// A browser is told from now on.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn add_browser(
        &self,
        vault: &LockedVault,
        endpoint: &url::Url,
        name: &str,
        environment: &Environment,
    ) -> Result<(), VaultError> {
        let now = environment.now().seconds();
        self.change(vault, environment, |notices| notices.add(endpoint.to_string(), name, now)).await
    }

    /// A browser has another endpoint now, as it says itself; whether the one before was known.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn move_browser(
        &self,
        vault: &LockedVault,
        before: &url::Url,
        now: &url::Url,
        environment: &Environment,
    ) -> Result<bool, VaultError> {
        let known = |notices: &mut Notices| {
            let known = notices.browsers.iter_mut().find(|one| one.endpoint == before.as_str());
            known.map(|one| now.as_str().clone_into(&mut one.endpoint)).is_some()
        };
        self.change(vault, environment, known).await
    }

    /// A browser is told no more.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn remove_browser(
        &self,
        vault: &LockedVault,
        id: &str,
        environment: &Environment,
    ) -> Result<(), VaultError> {
        self.change(vault, environment, |notices| notices.browsers.retain(|one| one.id() != id)).await
    }

    pub(super) async fn remove_endpoint(
        &self,
        vault: &LockedVault,
        endpoint: &str,
        environment: &Environment,
    ) -> Result<(), VaultError> {
        self.remove_browser(vault, &id_of(endpoint), environment).await
    }

    /// Mails go to this address from when whoever reads them there has said so; they are asked now.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn ask_for_mail(
        &self,
        vaults: &Vaults,
        id: &VaultId,
        vault: &LockedVault,
        address: &str,
        language: &str,
        environment: &Environment,
    ) -> Result<(), VaultError> {
        let wish = MailWish {
            address: address.to_owned(),
            language: language.to_owned(),
            confirmed: false,
            stamp: base64url::encode(environment.randomness().bytes::<9>()),
        };
        self.change(vault, environment, |notices| notices.mail = Some(wish.clone())).await?;
        working::enqueue_confirmation(vaults, id, &wish.stamp).await
    }

    /// No mails any more; the address is gone.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn forget_mail(
        &self,
        vault: &LockedVault,
        environment: &Environment,
    ) -> Result<(), VaultError> {
        self.change(vault, environment, Notices::forget_mail).await
    }

    /// Whether a link of a mail leads to a wish that there is. Looking changes nothing: mail servers look at links.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn is_link_of_wish(
        &self,
        vaults: &Vaults,
        link: Link,
        token: &str,
    ) -> Result<bool, VaultError> {
        let Some((id, stamp)) = self.read_link(link, token) else { return Ok(false) };
        let Some(vault) = vaults.find(&id).await? else { return Ok(false) };
        Ok(self.notices(&vault).await?.mail.is_some_and(|wish| wish.stamp == stamp))
    }

    /// Does what a link of a mail is for; whether there was such a wish. Who holds the link needs no wallet.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn follow_link(
        &self,
        vaults: &Vaults,
        link: Link,
        token: &str,
        environment: &Environment,
    ) -> Result<bool, VaultError> {
        let Some((id, stamp)) = self.read_link(link, token) else { return Ok(false) };
        let Some(vault) = vaults.find(&id).await? else { return Ok(false) };
        self.change(&vault, environment, |notices| {
            let is_it = notices.mail.as_ref().is_some_and(|wish| wish.stamp == stamp);
            match (is_it, link) {
                (true, Link::Stop) => notices.forget_mail(),
                (true, Link::Confirm) => notices.confirm_mail(),
                (false, _) => {}
            }
            is_it
        })
        .await
    }

    /// The member looked.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn note_look(&self, vault: &LockedVault, environment: &Environment) -> Result<(), VaultError> {
        let now = environment.now().seconds();
        self.change(vault, environment, |notices| notices.look(now)).await.map(drop)
    }

    /// Something came, as whoever has this ticket says: what is to be done is on its way then. Gives whose it is; none where nobody is
    /// to be told.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn ring(
        &self,
        vaults: &Vaults,
        ticket: &str,
        environment: &Environment,
    ) -> Result<Option<VaultId>, VaultError> {
        let Some(id) = self.vault_of_ticket(ticket) else { return Ok(None) };
        let Some(vault) = vaults.find(&id).await? else { return Ok(None) };
        let now = environment.now().seconds();
        let done = self.change(&vault, environment, |notices| {
            let tells = notices.tells();
            (tells, if tells { notices.ring(now) } else { ToDo::default() }, notices.browsers.clone())
        });
        let (tells, to_do, browsers) = done.await?;
        if to_do.pushes {
            let endpoints: Vec<String> = browsers.iter().map(super::Browser::id).collect();
            working::enqueue_pushes(vaults, &id, &endpoints, now).await?;
        }
        if let Some(at) = to_do.mail_at {
            working::enqueue_mail(vaults, &id, at).await?;
        }
        Ok(tells.then_some(id))
    }
}

fn read_id(bytes: &[u8]) -> Option<VaultId> {
    let text = std::str::from_utf8(bytes).ok()?;
    VaultId::parse(text).or_else(|| (text == VaultId::only().as_str()).then(VaultId::only))
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(file)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()
}
