//! What is asked again under the same `Idempotency-Key` is done once and answered the same.
//!
//! A program whose answer got lost asks again; without this somebody would be invited twice. What was asked is kept as a mark under a key
//! of the keyring: a number or an address in it can be found by nobody who has the store.

use environment::Timestamp;
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Key, Reader, Record, StoreFault, Tx};

use super::ApiKey;
use crate::space::{Space, SpaceError};

/// Seconds for which an answer is given again.
const ANSWERED_FOR: i64 = 86_400;
/// Longest `Idempotency-Key`, in characters.
pub const LONGEST_IDEMPOTENCY_KEY: usize = 64;

/// Something that is to be done once.
#[derive(Clone, Debug)]
pub struct Once {
    mark: SecretHash,
    asked: SecretHash,
    until: i64,
}

/// What was done before under the same key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// The same, with what it brought: an identifier, and no value.
    Same(String),
    /// Something else.
    Other,
}

/// What was done once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DoneOnce {
    /// HMAC of the key and the `Idempotency-Key`.
    pub mark: SecretHash,
    /// HMAC of what was asked.
    pub asked: SecretHash,
    /// What it brought: the identifier of an invitation or of a request.
    pub brought: String,
    /// Until when it is answered again, in seconds since the epoch.
    pub until: i64,
}

impl Record for DoneOnce {
    const CLASS: &'static str = "api-done-once";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("mark", FieldClass::Operational),
        ("asked", FieldClass::Operational),
        ("brought", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.mark.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

impl Space {
    /// What the holder of `key` wants done once under `given`: `asked` is all of it, with its address.
    ///
    /// # Errors
    /// The keyring.
    pub fn done_once(&self, key: &ApiKey, given: &str, asked: [&str; 2]) -> Result<Once, SpaceError> {
        let holder = jose::base64url::encode(key.token.as_bytes());
        let [address, body] = asked;
        Ok(Once {
            mark: SecretHash::from_bytes(self.marked(["once", &holder, given])?),
            asked: SecretHash::from_bytes(self.marked(["asked once", address, body])?),
            until: self.environment().now().plus(ANSWERED_FOR).seconds(),
        })
    }

    /// What was done before under the same key, if anything was.
    ///
    /// # Errors
    /// The store.
    pub async fn done_before(&self, once: &Once) -> Result<Option<Before>, SpaceError> {
        let found = self.tenant.get::<DoneOnce>(&once.mark.as_bytes()[..]).await?;
        Ok(found.map(|found| found.compared(once)))
    }
}

impl DoneOnce {
    fn compared(self, once: &Once) -> Before {
        if self.asked == once.asked { Before::Same(self.brought) } else { Before::Other }
    }
}

impl Once {
    /// The same within a transaction: of two at once the second finds the first.
    pub(crate) async fn before(&self, reader: &mut Reader) -> Result<Option<Before>, StoreFault> {
        let found = reader.get::<DoneOnce>(&self.mark.as_bytes()[..]).await?;
        Ok(found.map(|found| found.compared(self)))
    }

    /// Notes that it is done in this transaction.
    pub(crate) async fn done(&self, tx: &mut Tx, brought: &str) -> Result<(), StoreFault> {
        let Self { mark, asked, until } = self;
        tx.put(&DoneOnce { mark: *mark, asked: *asked, brought: brought.to_owned(), until: *until }).await
    }
}
