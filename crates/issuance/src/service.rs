//! The issuer's service: what the routes and the domain hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::Identity;
use environment::Environment;
use openid4vc::timed_nonce::NonceKey;
use openid4vc::vci::attestation;
use openid4vc::vci::authorization::Lifetimes;
use openid4vc::vci::metadata::{CredentialConfiguration, Display, IssuerMetadata};
use openid4vc::vci::server_metadata::{CodeFlow, NO_AUTHENTICATION, ServerMetadata};
use store::Tenant;

use crate::allowance::Allowance;
use crate::attesting::WalletProviders;
use crate::encrypting::Encryption;
use crate::minting::Minting;
use crate::status::{PLACES, StatusListTokens};
use crate::unopened::MOST;

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
    /// How long the steps of an authorisation may take, where codes are given out at a page of the domain's.
    pub code_flow: Option<Lifetimes>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { token_lifetime: 300, nonce_lifetime: 300, batch_size: 10, code_flow: None }
    }
}

/// What an issuer may do beside what every issuer does; nothing of it by default.
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    /// Requests and answers may, or must, be encrypted.
    pub encryption: Option<Encryption>,
    /// Only wallets of these providers are taken.
    pub wallets: Option<WalletProviders>,
    /// Credentials may be ready later: there is a deferred endpoint, and as access tokens then live long, they are bound to
    /// a key (OpenID4VCI §13.10).
    pub defers: bool,
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
    pub(crate) extensions: Extensions,
    pub(crate) status: StatusListTokens,
    pub(crate) pushed: Allowance,
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
        Self::extended(identity, tenant, nonces, configurations, minting, settings, Extensions::default())
    }

    /// The same, with what it does beside.
    #[must_use]
    pub fn extended(
        identity: Arc<Identity>,
        tenant: Tenant,
        nonces: NonceKey,
        configurations: Vec<Configuration>,
        minting: Arc<dyn Minting>,
        settings: Settings,
        extensions: Extensions,
    ) -> Self {
        let environment = tenant.environment().clone();
        let status = StatusListTokens::new(Arc::clone(&identity), tenant.clone(), PLACES);
        let configurations = configurations.into_iter().map(|one| (one.id.clone(), one)).collect();
        let inner = Inner {
            identity,
            tenant,
            environment,
            nonces,
            configurations,
            minting,
            settings,
            extensions,
            status,
            pushed: Allowance::new(MOST),
        };
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
        let encryption = self.offered_encryption();
        let configurations = self.inner.configurations.values().map(|configuration| {
            let mut described = CredentialConfiguration::key_bound(&configuration.vct, &configuration.id);
            described.key_attestations_required =
                self.inner.extensions.wallets.as_ref().and_then(|wallets| wallets.keys.clone());
            if described.key_attestations_required.is_some() {
                described.attestation_algorithms = described.proof_algorithms.clone();
            }
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
            deferred_credential_endpoint: self.inner.extensions.defers.then(|| identity.address("/deferred")),
            notification_endpoint: Some(identity.address("/notification")),
            request_encryption: encryption.as_ref().map(|offered| offered.request.clone()),
            response_encryption: encryption.as_ref().map(|offered| offered.response.clone()),
            batch_size: Some(self.inner.settings.batch_size),
            display: vec![Display::named(&identity.name, None)],
            configurations: configurations.collect(),
        }
    }

    /// The metadata of the authorisation server, which is this party itself (RFC 8414).
    #[must_use]
    pub fn server_metadata(&self) -> ServerMetadata {
        let identity = self.identity();
        let attested = self.inner.extensions.wallets.is_some();
        let authentication = if attested { attestation::METHOD } else { NO_AUTHENTICATION };
        ServerMetadata {
            issuer: identity.origin(),
            token_endpoint: identity.address("/token"),
            anonymous_access: !attested,
            dpop_algorithms: vec!["ES256".to_owned(), "EdDSA".to_owned()],
            client_authentication: vec![authentication.to_owned()],
            challenge_endpoint: attested.then(|| identity.address("/challenge")),
            code_flow: self.inner.settings.code_flow.map(|_| self.code_flow()),
        }
    }

    fn code_flow(&self) -> CodeFlow {
        let identity = self.identity();
        CodeFlow {
            authorization_endpoint: identity.address("/authorize"),
            pushed_endpoint: Some(identity.address("/par")),
            is_pushing_required: true,
            names_issuer: true,
            takes_s256: true,
            scopes: self.scopes().into_values().collect(),
        }
    }

    /// The `scope` of each configuration.
    pub(crate) fn scopes(&self) -> BTreeMap<String, String> {
        let configurations = self.metadata().configurations.into_iter();
        configurations.filter_map(|(id, described)| Some((id, described.scope?))).collect()
    }
}
