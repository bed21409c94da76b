//! The drill for the day on which a device is lost: its owner says which one they do without, and opens the vault in another way.

use serde::{Deserialize, Serialize};

use super::{CredentialId, Kept, Vault, VaultError};

/// A way in that was used, or that is done without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsedWay {
    /// The passphrase.
    Passphrase,
    /// The recovery code.
    RecoveryCode,
    /// This passkey.
    Passkey(CredentialId),
}

/// How far a drill is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillView {
    /// Without which way it is tried out, as long as it is under way.
    pub without: Option<UsedWay>,
    /// When it was last done, in seconds since the epoch, and by which way.
    pub done: Option<(i64, UsedWay)>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct LostDrill {
    without: Option<UsedWay>,
    done: Option<(i64, UsedWay)>,
}

impl LostDrill {
    const NAME: &'static str = "device";
}

impl Kept for LostDrill {
    const KIND: &'static str = "lost-drill";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}

impl Vault {
    /// How far the drill is.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn drill(&self) -> Result<DrillView, VaultError> {
        let LostDrill { without, done } = self.lost_drill().await?;
        Ok(DrillView { without, done })
    }

    /// Begins a drill without this way.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn begin_drill(&self, without: UsedWay) -> Result<(), VaultError> {
        let before = self.lost_drill().await?;
        self.put(&LostDrill { without: Some(without), ..before }).await
    }

    /// Notes by which way the vault was opened. With another one than is done without, a drill that is under way is done.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn note_way(&self, used: UsedWay) -> Result<(), VaultError> {
        let before = self.lost_drill().await?;
        if before.without.as_ref().is_none_or(|without| *without == used) {
            return Ok(());
        }
        let at = self.environment().now().seconds();
        self.put(&LostDrill { without: None, done: Some((at, used)) }).await
    }

    async fn lost_drill(&self) -> Result<LostDrill, VaultError> {
        Ok(self.get::<LostDrill>(LostDrill::NAME).await?.unwrap_or_default())
    }
}
