//! The browsers in which a vault was opened, each by a name that it alone has. It opens nothing: whoever brings it tries passphrases at a
//! door of their own, so that strangers keep nobody out of a browser that was let in before.

use environment::Timestamp;
use jose::base64url;
use jose::digest::sha256;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Record, StoreFault, Tx};

use super::VaultError;
use super::locked::LockedVault;
use super::tries::Door;

/// As long as browsers keep a cookie at most: 400 days (RFC 6265bis §5.5), in seconds.
const KNOWN_FOR: i64 = 34_560_000;
/// Most browsers that are known; one more takes the place of the one that came longest ago.
const MOST: usize = 16;

/// A browser, by the hash of its name.
#[derive(Clone, Serialize, Deserialize)]
struct KnownBrowser {
    hash: String,
    opened_at: i64,
}

impl Record for KnownBrowser {
    const CLASS: &'static str = "known-browser";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("hash", FieldClass::Operational), ("opened_at", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.hash)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.opened_at.saturating_add(KNOWN_FOR)))
    }
}

fn hash_of(name: &str) -> String {
    base64url::encode(sha256(format!("passport-wallet/known-browser/1\n{name}")))
}

impl LockedVault {
    /// Remembers the browser of this name, in which the vault has just been opened.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn know_browser(&self, name: &str) -> Result<(), VaultError> {
        let opened_at = self.tenant().environment().now().seconds();
        let browser = KnownBrowser { hash: hash_of(name), opened_at };
        Ok(self.tenant().carry_out(&Know { browser }).await?)
    }

    /// The door of the browser of this name; none if the vault was not opened in it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn door_of_browser(&self, name: &str) -> Result<Option<Door>, VaultError> {
        let known = self.tenant().get::<KnownBrowser>(&hash_of(name)).await?;
        Ok(known.map(|browser| Door::of_browser(&browser.hash)))
    }
}

struct Know {
    browser: KnownBrowser,
}

impl Change for Know {
    const NAME: &'static str = "wallet-know-browser";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let mut others = tx.list::<KnownBrowser>(Range::all(), store::MAX_PAGE).await?.items;
        others.retain(|other| other.hash != self.browser.hash);
        others.sort_by_key(|other| std::cmp::Reverse(other.opened_at));
        for other in others.iter().skip(MOST.saturating_sub(1)) {
            tx.delete::<KnownBrowser>(&other.hash).await?;
        }
        Ok(tx.put(&self.browser).await?)
    }
}

/// Forgets all of them.
pub(super) async fn forget(tx: &mut Tx) -> Result<(), StoreFault> {
    for browser in tx.list::<KnownBrowser>(Range::all(), store::MAX_PAGE).await?.items {
        tx.delete::<KnownBrowser>(&browser.hash).await?;
    }
    Ok(())
}
