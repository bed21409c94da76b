//! Sessions: for as long as one lasts, whoever has its key opens the vault without passkey or passphrase. The store holds the
//! vault key wrapped under that key, which is in a browser's cookie and nowhere else; a session that has ended leaves nothing.

use environment::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Reader, Record, StoreFault, Tx, View};
use zeroize::Zeroizing;

use super::cipher::VaultKey;
use super::locked::LockedVault;
use super::{Vault, VaultError};

const BY_SESSION: &str = "passport-wallet/wrapped-by-session/1";
/// How often at most the store is told that a session is in use, in seconds; more often where it ends soon without use, so that
/// nobody who uses it is locked out.
const TOLD_EVERY: i64 = 60;
/// So many times at least within the time after which it ends.
const TOLD_WITHIN: i64 = 10;
/// Most sessions at once; whoever begins another ends the one that was used longest ago.
const MOST_SESSIONS: usize = 16;
/// Most characters of what a session is called.
const LONGEST_NAME: usize = 100;
/// For so many seconds whoever has a session is taken for somebody who opened the vault, and did not find it open.
pub const JUST_OPENED: i64 = 600;

/// The two halves of what a browser holds: a name under which the session lies, and the key that opens it. One tells nothing of
/// the other.
pub struct SessionKeys {
    id: String,
    key: Zeroizing<[u8; 32]>,
}

impl SessionKeys {
    /// The session of this name, opened by this key.
    #[must_use]
    pub fn new(id: impl Into<String>, key: Zeroizing<[u8; 32]>) -> Self {
        Self { id: id.into(), key }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl std::fmt::Debug for SessionKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SessionKeys")
    }
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// Seconds without use after which it ends.
    pub idle: i64,
    /// Seconds after which it ends in any case.
    pub longest: i64,
}

impl Lifetime {
    /// A quarter of an hour without use, half a day in any case.
    pub const USUAL: Self = Self { idle: 900, longest: 43_200 };
    /// Longest time without use at a device that is not the member's.
    const IDLE_AT_A_BORROWED: i64 = 300;

    /// How long such a session lasts at this device: at one that is not the member's, five minutes without use at most.
    #[must_use]
    pub fn at(self, device: Device) -> Self {
        match device {
            Device::Own => self,
            Device::Borrowed => Self { idle: self.idle.min(Self::IDLE_AT_A_BORROWED), ..self },
        }
    }
}

/// Whose device a session is at, as the member said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// The member's.
    #[default]
    Own,
    /// Somebody else's: nothing of the wallet is to stay there.
    Borrowed,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Its name.
    pub id: String,
    /// What it is called: the browser, as it calls itself.
    pub name: String,
    /// When it began, in seconds since the epoch.
    pub begun_at: i64,
    /// When it was last used, to the minute.
    pub used_at: i64,
}

/// What is stored of a session.
#[derive(Clone, Serialize, Deserialize)]
struct Session {
    id: String,
    wrapped: String,
    /// [`About`], sealed under the vault key.
    about: String,
    begun_at: i64,
    used_at: i64,
    lifetime: Lifetime,
    #[serde(default)]
    device: Device,
}

#[derive(Serialize, Deserialize)]
struct About {
    name: String,
}

impl Record for Session {
    const CLASS: &'static str = "session";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("wrapped", FieldClass::Operational),
        ("about", FieldClass::Operational),
        ("begun_at", FieldClass::Operational),
        ("used_at", FieldClass::Operational),
        ("lifetime", FieldClass::Operational),
        ("device", FieldClass::Operational),
    ];
    // A copy of before must not open again what was locked since.
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        let idle = self.used_at.saturating_add(self.lifetime.idle);
        let longest = self.begun_at.saturating_add(self.lifetime.longest);
        Some(Timestamp::from_seconds(idle.min(longest)))
    }
}

impl LockedVault {
    /// Opens the vault by a session; none if there is no such session any more. It counts as used.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where the record is not what this key sealed, and those of the store.
    pub async fn resume(&self, keys: &SessionKeys) -> Result<Option<Vault>, VaultError> {
        let Some(session) = self.tenant().get::<Session>(&keys.id).await? else { return Ok(None) };
        let vault = self.opened_by(&session, keys)?;
        let now = self.tenant().environment().now().seconds();
        // The clock may have been put back; then it is told at once.
        let told_every = session.lifetime.idle.checked_div(TOLD_WITHIN).unwrap_or(TOLD_EVERY).min(TOLD_EVERY);
        if (now.saturating_sub(told_every)..=now).contains(&session.used_at) {
            return Ok(Some(vault));
        }
        let is_there = self.tenant().carry_out(&UseSession { id: &keys.id, now }).await?;
        Ok(is_there.then_some(vault))
    }

    /// The same where a page only looks whether it is still as it was: it does not count as used.
    ///
    /// # Errors
    /// Likewise.
    pub async fn resume_unused(&self, keys: &SessionKeys) -> Result<Option<Vault>, VaultError> {
        let Some(session) = self.tenant().get::<Session>(&keys.id).await? else { return Ok(None) };
        Ok(Some(self.opened_by(&session, keys)?))
    }

    fn opened_by(&self, session: &Session, keys: &SessionKeys) -> Result<Vault, VaultError> {
        let key = VaultKey::unwrap_with(&session.wrapped, &keys.key, &bound_to(&keys.id));
        Ok(Vault::of(key.ok_or(VaultError::Damaged)?, self.tenant().clone()))
    }

    /// At whose device such a session is, as long as there is one; it does not count as used.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] where the record is not what this key sealed, and those of the store.
    pub async fn look(&self, keys: &SessionKeys) -> Result<Option<Device>, VaultError> {
        let Some(session) = self.tenant().get::<Session>(&keys.id).await? else { return Ok(None) };
        self.opened_by(&session, keys).map(|_| Some(session.device))
    }

    /// When a session began, in seconds since the epoch; none if there is no such session any more.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn session_begun_at(&self, id: &str) -> Result<Option<i64>, VaultError> {
        Ok(self.tenant().get::<Session>(id).await?.map(|session| session.begun_at))
    }

    /// How many seconds ago a session began; none if there is no such session any more, or the clock was put back since.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn session_age(&self, id: &str) -> Result<Option<i64>, VaultError> {
        let now = self.tenant().environment().now().seconds();
        let age = self.session_begun_at(id).await?.map(|begun_at| now.saturating_sub(begun_at));
        Ok(age.filter(|age| *age >= 0))
    }

    /// Whether any session is open.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn has_sessions(&self) -> Result<bool, VaultError> {
        Ok(!self.tenant().list::<Session>(Range::all(), 1).await?.items.is_empty())
    }

    /// Ends a session, whether the vault can be opened or not.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn end_session(&self, id: &str) -> Result<(), VaultError> {
        Ok(self.tenant().carry_out(&EndSessions::One(id)).await?)
    }

    /// Ends all sessions but this one: whoever has one by a way in that is no more is there no longer.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn end_other_sessions(&self, id: &str) -> Result<(), VaultError> {
        Ok(self.tenant().carry_out(&EndSessions::AllBut(id)).await?)
    }

    /// Ends all sessions.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn end_sessions(&self) -> Result<(), VaultError> {
        Ok(self.tenant().carry_out(&EndSessions::All).await?)
    }
}

impl Vault {
    /// Begins a session, which lasts as long as one does at this device. Where there are very many, the one that was used longest ago ends.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn begin_session(
        &self,
        keys: &SessionKeys,
        lifetime: Lifetime,
        device: Device,
        name: &str,
    ) -> Result<(), VaultError> {
        let environment = self.tenant.environment();
        let randomness = environment.randomness();
        let about = About { name: name.chars().take(LONGEST_NAME).collect() };
        let about = serde_json::to_vec(&about).map_err(|_| VaultError::Unstorable)?;
        let now = environment.now().seconds();
        let session = Session {
            id: keys.id.clone(),
            wrapped: self.key.wrap(&keys.key, &bound_to(&keys.id), randomness)?,
            about: self.key.seal(&place_of(&keys.id), &about, randomness)?,
            begun_at: now,
            used_at: now,
            lifetime: lifetime.at(device),
            device,
        };
        Ok(self.tenant.carry_out(&BeginSession { session }).await?)
    }

    /// The sessions that are open, the one that was used last first.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn sessions(&self) -> Result<Vec<SessionView>, VaultError> {
        let mut views = Vec::new();
        for session in self.tenant.read(&OpenSessions).await? {
            let about = self.key.open(&place_of(&session.id), &session.about)?;
            let About { name } = serde_json::from_slice(&about).map_err(|_| VaultError::Damaged)?;
            let Session { id, begun_at, used_at, .. } = session;
            views.push(SessionView { id, name, begun_at, used_at });
        }
        views.sort_by(|left, right| (right.used_at, &right.id).cmp(&(left.used_at, &left.id)));
        Ok(views)
    }
}

/// The context of a wrapped key: in the place of another session it does not open.
fn bound_to(id: &str) -> String {
    format!("{BY_SESSION}/{id}")
}

/// What the words about a session are bound to.
fn place_of(id: &str) -> String {
    format!("session/{id}")
}

struct BeginSession {
    session: Session,
}

impl Change for BeginSession {
    const NAME: &'static str = "wallet-session-begin";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let mut open = tx.list::<Session>(Range::all(), store::MAX_PAGE).await?.items;
        open.sort_by_key(|session| std::cmp::Reverse(session.used_at));
        for ended in open.iter().skip(MOST_SESSIONS.saturating_sub(1)) {
            tx.delete::<Session>(&ended.id).await?;
        }
        Ok(tx.put(&self.session).await?)
    }
}

struct UseSession<'a> {
    id: &'a str,
    now: i64,
}

impl Change for UseSession<'_> {
    const NAME: &'static str = "wallet-session-use";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let Some(session) = tx.get::<Session>(self.id).await? else { return Ok(false) };
        tx.put(&Session { used_at: self.now, ..session }).await?;
        Ok(true)
    }
}

enum EndSessions<'a> {
    One(&'a str),
    AllBut(&'a str),
    All,
}

impl Change for EndSessions<'_> {
    const NAME: &'static str = "wallet-session-end";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let kept = match self {
            Self::One(id) => {
                tx.delete::<Session>(*id).await?;
                return Ok(());
            }
            Self::AllBut(id) => *id,
            Self::All => return Ok(end_all_sessions(tx).await?),
        };
        for session in tx.list::<Session>(Range::all(), store::MAX_PAGE).await?.items {
            if session.id != kept {
                tx.delete::<Session>(&session.id).await?;
            }
        }
        Ok(())
    }
}

/// Ends all sessions.
pub(super) async fn end_all_sessions(tx: &mut Tx) -> Result<(), StoreFault> {
    for session in tx.list::<Session>(Range::all(), store::MAX_PAGE).await?.items {
        tx.delete::<Session>(&session.id).await?;
    }
    Ok(())
}

/// Whether any session is open.
pub(super) async fn any_session(tx: &mut Tx) -> Result<bool, StoreFault> {
    Ok(!tx.list::<Session>(Range::all(), 1).await?.items.is_empty())
}

struct OpenSessions;

impl View for OpenSessions {
    const NAME: &'static str = "wallet-sessions";
    type Output = Vec<Session>;

    async fn read(&self, reader: &mut Reader) -> Result<Vec<Session>, StoreFault> {
        Ok(reader.list::<Session>(Range::all(), store::MAX_PAGE).await?.items)
    }
}

/// Fresh keys of a session, for callers that hold no cookie.
#[cfg(test)]
pub(super) fn fresh_keys(environment: &environment::Environment) -> SessionKeys {
    let id = jose::base64url::encode(environment.randomness().bytes::<16>());
    SessionKeys::new(id, Zeroizing::new(environment.randomness().bytes()))
}
