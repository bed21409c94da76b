//! The issuer's service: what the routes and the domain hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::Identity;
use environment::Environment;
use openid4vc::timed_nonce::NonceKey;
use openid4vc::vci::metadata::{CredentialConfiguration, Display, IssuerMetadata};
use openid4vc::vci::server_metadata::ServerMetadata;
use store::Tenant;

use crate::minting::Minting;
use crate::status::{PLACES, StatusListTokens};

/// A kind of credential that this party issues.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Its name in the metadata.
    pub id: String,
    /// Its type.
    pub vct: String,
    /// Name in the languages of the catalogue: (language tag, name).
    pub names: Vec<(String, String)>,
}

/// Lifetimes and limits.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// For how many seconds an access token may be used.
    pub token_lifetime: i64,
    /// For how many seconds a c_nonce may be used.
    pub nonce_lifetime: i64,
    /// Most copies of one request (OpenID4VCI §12.2.4 `batch_size`).
    pub batch_size: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { token_lifetime: 300, nonce_lifetime: 300, batch_size: 10 }
    }
}

/// An OpenID4VCI issuer over one tenant of a store.
#[derive(Clone)]
pub struct Issuance {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) identity: Arc<Identity>,
    pub(crate) tenant: Tenant,
    pub(crate) environment: Environment,
    pub(crate) nonces: NonceKey,
    pub(crate) configurations: BTreeMap<String, Configuration>,
    pub(crate) minting: Arc<dyn Minting>,
    pub(crate) settings: Settings,
    pub(crate) status: StatusListTokens,
}

impl Issuance {
    /// An issuer that signs with the issuing key of `identity`. `nonces` is the same for all replicas of a party.
    #[must_use]
    pub fn new(
        identity: Arc<Identity>,
        tenant: Tenant,
        nonces: NonceKey,
        configurations: Vec<Configuration>,
        minting: Arc<dyn Minting>,
        settings: Settings,
    ) -> Self {
        let environment = tenant.environment().clone();
        let status = StatusListTokens::new(Arc::clone(&identity), tenant.clone(), PLACES);
        let configurations = configurations.into_iter().map(|one| (one.id.clone(), one)).collect();
        let inner =
            Inner { identity, tenant, environment, nonces, configurations, minting, settings, status };
        Self { inner: Arc::new(inner) }
    }

    /// The party that issues.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// The issuer's metadata (OpenID4VCI §12.2.4).
    #[must_use]
    pub fn metadata(&self) -> IssuerMetadata {
        let identity = self.identity();
        let configurations = self.inner.configurations.values().map(|configuration| {
            let mut described = CredentialConfiguration::key_bound(&configuration.vct, &configuration.id);
            described.display = configuration
                .names
                .iter()
                .map(|(language, name)| Display::named(name, Some(language)))
                .collect();
            (configuration.id.clone(), described)
        });
        IssuerMetadata {
            credential_issuer: identity.origin(),
            authorization_servers: Vec::new(),
            credential_endpoint: identity.address("/credential"),
            nonce_endpoint: Some(identity.address("/nonce")),
            deferred_credential_endpoint: None,
            notification_endpoint: Some(identity.address("/notification")),
            batch_size: Some(self.inner.settings.batch_size),
            display: vec![Display::named(&identity.name, None)],
            configurations: configurations.collect(),
        }
    }

    /// The metadata of the authorisation server, which is this party itself (RFC 8414).
    #[must_use]
    pub fn server_metadata(&self) -> ServerMetadata {
        let identity = self.identity();
        ServerMetadata {
            issuer: identity.origin(),
            token_endpoint: identity.address("/token"),
            anonymous_access: true,
            dpop_algorithms: vec!["ES256".to_owned(), "EdDSA".to_owned()],
        }
    }
}
