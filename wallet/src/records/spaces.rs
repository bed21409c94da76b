//! What each space was given, with the proofs.

use network::claims::Audience;
use serde::{Deserialize, Serialize};

use crate::vault::Kept;

/// A space as the member knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceView {
    /// The DID, or the client identifier outside any network.
    pub id: String,
    /// The name.
    pub name: String,
    /// The host.
    pub host: String,
    /// The network that admitted it.
    pub network: Option<String>,
    /// What it was given, oldest first.
    pub given: Vec<Given>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// When, in seconds since the epoch.
    pub at: i64,
    /// base64url SHA-256 of the request object.
    pub request: String,
    /// The stated purpose.
    pub purpose: Option<String>,
    /// The claims.
    pub claims: Vec<GivenClaim>,
    /// The proof of sharing, checked.
    pub proof: Option<String>,
    /// The decision, checked.
    pub decision: Option<String>,
    /// The outcome in one word, once decided.
    pub outcome: Option<String>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenClaim {
    /// Its path, joined by `.`.
    pub claim: String,
    /// The type it was shown from.
    pub vct: String,
    /// base64url SHA-256 of the disclosure.
    pub digest: String,
    /// Who may see it.
    pub audience: Audience,
    /// SHA-256 of the value, to notice when another space is given the same. Never leaves the vault.
    #[serde(default)]
    pub(crate) same_as: String,
}

impl Kept for SpaceView {
    const KIND: &'static str = "space";

    fn name(&self) -> String {
        self.id.clone()
    }
}
