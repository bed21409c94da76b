//! What an issuer gave and nobody has checked yet, as it came: the issuer gives it once (OpenID4VCI 1.0 §9.1). What comes late is
//! written down before anything is found out about it.

use openid4vc::secret::SecretText;
use openid4vc::vci::wallet::Deferred;
use serde::{Deserialize, Serialize};

use super::PrivateKey;
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

/// What came late is among the member's copies, and its issuer has not been told so, while something more is to follow from it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptLate {
    /// That of the promise.
    pub(crate) id: String,
    pub(crate) follow_up: String,
    pub(crate) deferred: Deferred,
    pub(crate) dpop_key: PrivateKey,
    pub(crate) notification: SecretText,
    pub(crate) issuer: String,
    pub(crate) configuration: String,
    /// Since when its issuer is tried in vain, in seconds since the epoch; none before it was tried.
    #[serde(default)]
    pub(crate) since: Option<i64>,
    /// The names of its copies.
    pub(crate) copies: Vec<String>,
}

impl Kept for KeptLate {
    const KIND: &'static str = "kept-late";

    fn name(&self) -> String {
        self.id.clone()
    }
}

impl Kept for ArrivedCredential {
    const KIND: &'static str = "arrived-credential";

    fn name(&self) -> String {
        self.id.clone()
    }
}
