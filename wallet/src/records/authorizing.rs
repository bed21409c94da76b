//! What waits for the person's say at an issuer, and who vouches for this wallet there.

use openid4vc::vci::authorization::Pending;
use serde::{Deserialize, Serialize};

use super::PrivateKey;
use crate::vault::Kept;

/// An authorisation that was begun; the person is on the issuer's page, or will be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AuthorizationAwaited {
    pub(crate) id: String,
    pub(crate) pending: Pending,
    /// The credential issuer's identifier.
    pub(crate) issuer: String,
    /// What it calls itself.
    #[serde(default)]
    pub(crate) claimed_name: Option<String>,
    /// The authorisation server's identifier.
    pub(crate) server: String,
    pub(crate) configuration_ids: Vec<String>,
    /// Their types in the same order, to which the person agreed.
    pub(crate) types: Vec<String>,
    pub(crate) dpop_key: PrivateKey,
    /// Whether the server knew what to do with that key when it was asked.
    #[serde(default)]
    pub(crate) is_bound: bool,
    /// The nonce that the server gave last.
    pub(crate) dpop_nonce: Option<String>,
    /// What the wallet was vouched for with when it asked: the code is for that key alone.
    pub(crate) instance: Option<Instance>,
    /// How many copies the member wants.
    pub(crate) copies: Option<usize>,
    /// Not to be taken up at or after.
    pub(crate) ends_at: i64,
}

impl Kept for AuthorizationAwaited {
    const KIND: &'static str = "awaited-authorization";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// A key of this wallet that its provider vouches for, made for one flow at one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) key: PrivateKey,
    /// The name under which all of the provider's wallets go.
    pub(crate) client_id: String,
    /// The provider's word.
    pub(crate) attestation: String,
}

/// Where the provider that vouches for this wallet is found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ChosenProvider {
    pub(crate) folder: String,
}

impl ChosenProvider {
    pub(crate) const NAME: &'static str = "provider";
}

impl Kept for ChosenProvider {
    const KIND: &'static str = "chosen-provider";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}
