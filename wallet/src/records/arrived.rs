//! What an issuer gave and nobody has checked yet, as it came: the issuer gives it once (OpenID4VCI 1.0 §9.1). What comes late is
//! written down before anything is found out about it.

use openid4vc::secret::SecretText;
use serde::{Deserialize, Serialize};

use crate::vault::Kept;

/// When credentials came that are not checked yet, and how many.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Arrival {
    /// In seconds since the epoch.
    pub(crate) at: i64,
    /// As many as there are records of [`ArrivedCredential`].
    pub(crate) count: usize,
    /// What the issuer is told by what became of them; of those that came at once it is told nothing.
    pub(crate) notification: Option<SecretText>,
}

/// One of them, not checked yet.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ArrivedCredential {
    pub(crate) id: String,
    pub(crate) compact: SecretText,
}

impl ArrivedCredential {
    /// What came for what was awaited under `awaited`.
    pub(crate) fn all(awaited: &str, credentials: Vec<SecretText>) -> impl Iterator<Item = Self> {
        let numbered = credentials.into_iter().enumerate();
        numbered.map(move |(number, compact)| Self { id: Self::id_of(awaited, number), compact })
    }

    /// The name of the credential of this number that was awaited under `awaited`.
    pub(crate) fn id_of(awaited: &str, number: usize) -> String {
        format!("{awaited}.{number}")
    }
}

impl Kept for ArrivedCredential {
    const KIND: &'static str = "arrived-credential";

    fn name(&self) -> String {
        self.id.clone()
    }
}
