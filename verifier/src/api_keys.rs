//! Keys by which programs act for the team at the space's API (RFC 6750), each with what it may do ([`Scope`]). The store holds hashes.
//!
//! Nothing of a key is kept in memory: every request reads it anew, so that one that was revoked opens nothing from then on, at any
//! server of the space.

mod once;
mod scope;

use std::collections::BTreeSet;

use environment::Timestamp;
use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::{SecretHash, SecretText};
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Index, IndexEntry, Insertion, Key, Range, Record, Tx};

pub use once::{Before, DoneOnce, LONGEST_IDEMPOTENCY_KEY, Once};
pub use scope::{NoSuchScope, Scope};

use crate::forms::ChangedBy;
use crate::space::{Space, SpaceError};

/// Longest name of a key, in characters.
const LONGEST_NAME: usize = 64;
/// Most keys of a space.
pub const MOST_KEYS: usize = 100;

/// One key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// What the team calls it.
    pub name: String,
    /// Hash of the key.
    pub token: SecretHash,
    /// When it was made, in seconds since the epoch.
    pub made_at: i64,
    /// What it may do.
    #[serde(default = "of_before")]
    pub scopes: BTreeSet<Scope>,
    /// When it ends, in seconds since the epoch; none: when it is revoked.
    #[serde(default)]
    pub until: Option<i64>,
    /// The day on which it was used last, in seconds since the epoch.
    #[serde(default)]
    pub used_on: Option<i64>,
    /// Who made it.
    #[serde(default)]
    pub by: Option<ChangedBy>,
}

/// What a token of the team could do before there were scopes: exactly that it can do still.
fn of_before() -> BTreeSet<Scope> {
    let scopes = [
        Scope::SignUpsRead,
        Scope::InvitationsRead,
        Scope::InvitationsSend,
        Scope::SignUpsDecide,
        Scope::SignUpsValues,
    ];
    scopes.into()
}

impl ApiKey {
    /// Whether its time is up.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now.seconds() >= until)
    }
}

impl Record for ApiKey {
    // The name of before there were scopes: a class keeps its name for ever.
    const CLASS: &'static str = "team-token";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("name", FieldClass::Operational),
        ("token", FieldClass::Operational),
        ("made_at", FieldClass::Operational),
        ("scopes", FieldClass::Operational),
        ("until", FieldClass::Operational),
        ("used_on", FieldClass::Operational),
        ("by", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByToken::NAME];
    // One that was revoked after the backup must not count again.
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.name)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByToken::entry(&self.token.as_bytes()[..])]
    }
}

/// Finds a key by its hash.
struct ByToken;

impl Index for ByToken {
    type Record = ApiKey;
    const NAME: &'static str = "token";
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// What the team calls it.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it ends, in seconds since the epoch, if it does by itself.
    pub until: Option<i64>,
}

/// Why no key is made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The name.
    #[error("a key's name has 1 to 64 letters, digits, spaces, - and _")]
    BadName,
    /// It may do nothing.
    #[error("say what the key may do")]
    NoScope,
    /// Its end has passed.
    #[error("a key ends in the future")]
    BadEnd,
    /// There is one of that name.
    #[error("there is a key of this name; revoke it first, or take another name")]
    Taken,
    /// There are as many as there may be.
    #[error("there are as many keys as there may be; revoke one that is not used any more")]
    TooMany,
    /// Our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl Space {
    /// Makes a key. It is shown this once.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub async fn make_api_key(&self, new: NewKey, by: ChangedBy) -> Result<SecretText, KeyError> {
        let fits = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, ' ' | '-' | '_');
        let name = new.name.trim();
        if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits) {
            return Err(KeyError::BadName);
        }
        if new.scopes.is_empty() {
            return Err(KeyError::NoScope);
        }
        let now = self.environment().now().seconds();
        if new.until.is_some_and(|until| until <= now) {
            return Err(KeyError::BadEnd);
        }
        let token = SecretText::random(self.environment().randomness());
        let key = ApiKey {
            name: name.to_owned(),
            token: token.hash(),
            made_at: now,
            scopes: new.scopes,
            until: new.until,
            used_on: None,
            by: Some(by),
        };
        let leaf = self.key_leaf("key-made");
        match self.tenant.commit(&MakeKey { key, leaf }).await {
            Ok(()) => Ok(token),
            Err(Fault::Refused(NotMade::Taken)) => Err(KeyError::Taken),
            Err(Fault::Refused(NotMade::TooMany)) => Err(KeyError::TooMany),
            Err(Fault::Store(fault)) => Err(SpaceError::from(fault).into()),
        }
    }

    /// The keys, in the order of their names; those whose time is up, too.
    ///
    /// # Errors
    /// The store.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, SpaceError> {
        Ok(self.tenant.list::<ApiKey>(Range::all(), MOST_KEYS).await?.items)
    }

    /// The keys that somebody of the team made and that still count, in the order of their names.
    ///
    /// # Errors
    /// The store.
    pub async fn api_keys_made_by(&self, teammate: &str) -> Result<Vec<ApiKey>, SpaceError> {
        let now = self.environment().now();
        let is_theirs = |key: &ApiKey| matches!(&key.by, Some(ChangedBy::Team(id)) if id == teammate);
        let all = self.api_keys().await?.into_iter();
        Ok(all.filter(|key| is_theirs(key) && !key.has_ended(now)).collect())
    }

    /// Revokes the key named `name`: from now on it opens nothing.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or the store.
    pub async fn revoke_api_key(&self, name: &str) -> Result<(), SpaceError> {
        let leaf = self.key_leaf("key-revoked");
        let was_there = self.tenant.carry_out(&RevokeKey { name, leaf }).await?;
        if was_there { Ok(()) } else { Err(SpaceError::NoSuch("key")) }
    }

    /// The key that `token` is, if it is one that counts now.
    ///
    /// # Errors
    /// The store.
    pub async fn api_key(&self, token: &SecretText) -> Result<Option<ApiKey>, SpaceError> {
        let found = self.tenant.find::<ByToken>(&token.hash().as_bytes()[..]).await?;
        let now = self.environment().now();
        Ok(found.filter(|key| !key.has_ended(now)))
    }

    /// Notes the day on which `key` is used: one write a day.
    ///
    /// # Errors
    /// The store.
    pub async fn api_key_used(&self, key: &ApiKey) -> Result<(), SpaceError> {
        let day = self.environment().now().start_of_day().seconds();
        if key.used_on.is_none_or(|used_on| used_on < day) {
            self.tenant.carry_out(&UseKey { name: &key.name, token: key.token, day }).await?;
        }
        Ok(())
    }

    /// That a key was made or revoked. Which one and by whom says its record: a name of the team's stands in no log.
    fn key_leaf(&self, code: &str) -> Leaf {
        let entry = Entry::new(EntryKind::RuleChanged, self.environment().now()).with_code(code);
        Leaf::new(LeafId::generate(self.environment().randomness()), &entry)
    }
}

struct MakeKey {
    key: ApiKey,
    leaf: Leaf,
}

/// What stands in the way of a key at that moment.
enum NotMade {
    Taken,
    TooMany,
}

impl Change for MakeKey {
    const NAME: &'static str = "make-api-key";
    type Output = ();
    type Refusal = NotMade;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NotMade>> {
        if tx.list::<ApiKey>(Range::all(), MOST_KEYS).await?.items.len() >= MOST_KEYS {
            return Err(Fault::Refused(NotMade::TooMany));
        }
        if tx.insert_new(&self.key).await? == Insertion::AlreadyThere {
            return Err(Fault::Refused(NotMade::Taken));
        }
        Ok(tx.log(self.leaf.clone()).await?)
    }
}

struct RevokeKey<'a> {
    name: &'a str,
    leaf: Leaf,
}

impl Change for RevokeKey<'_> {
    const NAME: &'static str = "revoke-api-key";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let was_there = tx.delete::<ApiKey>(self.name).await?;
        if was_there {
            tx.log(self.leaf.clone()).await?;
        }
        Ok(was_there)
    }
}

/// One that was revoked meanwhile stays so, and another of its name is not meant.
struct UseKey<'a> {
    name: &'a str,
    token: SecretHash,
    day: i64,
}

impl Change for UseKey<'_> {
    const NAME: &'static str = "use-api-key";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let Some(mut key) = tx.get::<ApiKey>(self.name).await? else { return Ok(()) };
        if key.token == self.token && key.used_on.is_none_or(|used_on| used_on < self.day) {
            key.used_on = Some(self.day);
            tx.put(&key).await?;
        }
        Ok(())
    }
}
