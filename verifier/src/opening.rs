//! Whether people may sign up online, which the team turns on and off while the space runs (specs/decisions/0036).
//!
//! Off, the space's own pages make no requests for sign-ups. What somebody at the desk begins goes on all the same: invitations, the
//! team's own requests, and whatever was asked before.

use environment::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Reader, Record, StoreFault, Tx};

use crate::space::{Space, SpaceError};

/// Longest name of whoever turns it, in characters.
const LONGEST_NAME: usize = 128;

/// What the team decided about online sign-up, one record each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Counts what was decided; the highest counts.
    pub version: u64,
    /// Whether people may sign up online.
    pub is_open: bool,
    /// Who decided: somebody of the team as the team is named, or `terminal`.
    pub by: String,
    /// When, in seconds since the epoch.
    pub at: i64,
}

impl Record for Opening {
    const CLASS: &'static str = "online-sign-up";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("version", FieldClass::Operational),
        ("is_open", FieldClass::Operational),
        ("by", FieldClass::Operational),
        ("at", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(self.version)
    }
}

impl Opening {
    async fn newest(reader: &mut Reader) -> Result<Option<Self>, StoreFault> {
        Ok(reader.list::<Self>(Range::all().descending(), 1).await?.items.pop())
    }
}

impl Space {
    /// Whether people may sign up online: yes, as long as nobody has turned it off.
    ///
    /// # Errors
    /// The store.
    pub async fn is_online_sign_up_open(&self) -> Result<bool, SpaceError> {
        Ok(self.online_sign_up(1).await?.first().is_none_or(|newest| newest.is_open))
    }

    /// What was decided about online sign-up, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn online_sign_up(&self, limit: usize) -> Result<Vec<Opening>, SpaceError> {
        Ok(self.tenant.list::<Opening>(Range::all().descending(), limit).await?.items)
    }

    /// Turns online sign-up on or off, as decided `by` somebody of the team; gives what counts now. Where it is so already
    /// nothing is written, and who decided it first stands.
    ///
    /// # Errors
    /// [`SpaceError::Left`] if it is to be opened at a space that has left, or the store.
    pub async fn set_online_sign_up(&self, by: &str, on: bool) -> Result<Opening, SpaceError> {
        if on {
            self.check_here().await?;
        }
        let by = by.chars().take(LONGEST_NAME).collect();
        Ok(self.tenant.carry_out(&Turn { by, on, at: self.environment().now() }).await?)
    }
}

struct Turn {
    by: String,
    on: bool,
    at: Timestamp,
}

impl Change for Turn {
    const NAME: &'static str = "turn-online-sign-up";
    type Output = Opening;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Opening, Fault<Self::Refusal>> {
        let newest = Opening::newest(tx).await?;
        if let Some(newest) = newest.as_ref().filter(|newest| newest.is_open == self.on) {
            return Ok(newest.clone());
        }
        let version = newest.map_or(1, |newest| newest.version.saturating_add(1));
        let opening = Opening { version, is_open: self.on, by: self.by.clone(), at: self.at.seconds() };
        tx.put(&opening).await?;
        Ok(opening)
    }
}
