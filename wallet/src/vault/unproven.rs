//! The recovery code of a vault that was made without showing it: it lies in there, sealed, until its owner has tried it from the
//! paper on which they wrote it (decision 0027).

use serde::{Deserialize, Serialize};

use super::{JUST_OPENED, Kept, RecoveryCode, Vault, VaultError};

/// The code, and when it was shown.
#[derive(Serialize, Deserialize)]
pub(crate) struct UnprovenCode {
    code: Held,
    shown_at: Option<i64>,
}

/// The code as it is held here.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Held {
    Plain(RecoveryCode),
    /// As the member's browser sealed it.
    Sealed {
        sealed: String,
    },
}

impl UnprovenCode {
    pub(super) const NAME: &'static str = "code";

    pub(super) const fn new(code: RecoveryCode) -> Self {
        Self { code: Held::Plain(code), shown_at: None }
    }

    pub(super) const fn sealed(sealed: String) -> Self {
        Self { code: Held::Sealed { sealed }, shown_at: None }
    }
}

impl Kept for UnprovenCode {
    const KIND: &'static str = "unproven-recovery-code";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}

/// What whoever asks for the recovery code gets.
#[derive(Debug)]
pub enum CodeShown {
    /// The code.
    Code(RecoveryCode),
    /// The code, as the member's browser sealed it and alone can open it.
    Sealed(String),
    /// This session began too long ago, or it was shown already since: the vault has to be opened anew first.
    OpenAnew,
    /// It is on its owner's paper and nowhere else.
    OnPaper,
}

impl Vault {
    /// Whether the recovery code is in here still, because its owner has never tried it.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn keeps_recovery_code(&self) -> Result<bool, VaultError> {
        Ok(self.get::<UnprovenCode>(UnprovenCode::NAME).await?.is_some())
    }

    /// The recovery code, for its owner to write down in the session of this name. It is shown to whoever has just opened the vault,
    /// once; whoever wants to see it later, or again, opens the vault anew before, so that nobody does who finds it open.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn show_recovery_code(&self, session: &str) -> Result<CodeShown, VaultError> {
        let Some(kept) = self.get::<UnprovenCode>(UnprovenCode::NAME).await? else {
            return Ok(CodeShown::OnPaper);
        };
        let Some(age) = self.locked().session_age(session).await? else { return Ok(CodeShown::OpenAnew) };
        let begun_at = self.tenant.environment().now().seconds().saturating_sub(age);
        if age > JUST_OPENED || kept.shown_at.is_some_and(|shown_at| begun_at <= shown_at) {
            return Ok(CodeShown::OpenAnew);
        }
        let shown_at = Some(self.tenant.environment().now().seconds());
        let kept = UnprovenCode { shown_at, ..kept };
        self.put(&kept).await?;
        Ok(match kept.code {
            Held::Plain(code) => CodeShown::Code(code),
            Held::Sealed { sealed } => CodeShown::Sealed(sealed),
        })
    }
}
