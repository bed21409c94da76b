//! The verifier's service: what the routes and the domain hold.

use std::sync::Arc;

use directory::{Directory, Identity};
use environment::Environment;
use keyring::{KeyId, Keyring};
use openid4vc::timed_nonce::NonceKey;
use store::Tenant;
use trust::ForeignPathCache;

use crate::issuers::ForeignType;
use crate::receiving::Receiving;
use crate::status_lists::StatusLists;
use crate::turns::Turns;

/// Chains of foreign issuers that are remembered: more than the issuers that one space deals with.
const REMEMBERED_FOREIGN_PATHS: usize = 256;

/// How a verifier checks.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether credentials of this network must be bound to one key in one answer: yes at a space. An office is shown a
    /// membership beside a passport at a refill.
    pub one_key: bool,
    /// Types from outside the network, each with the roots under which it is trusted.
    pub foreign: Vec<ForeignType>,
}

/// An OpenID4VP verifier over one tenant of a store.
#[derive(Clone)]
pub struct Presentation {
    pub(crate) inner: Arc<Inner>,
}

/// What a verifier is made of.
pub(crate) struct Inner {
    pub(crate) identity: Arc<Identity>,
    pub(crate) tenant: Tenant,
    pub(crate) environment: Environment,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) nonces: NonceKey,
    pub(crate) directory: Arc<Directory>,
    pub(crate) statuses: Arc<StatusLists>,
    pub(crate) receiving: Arc<dyn Receiving>,
    pub(crate) settings: Settings,
    pub(crate) turns: Turns,
    pub(crate) foreign_paths: ForeignPathCache,
}

impl Presentation {
    /// A verifier that signs with the request key of `identity`. `nonces` is the same for all replicas of a party.
    #[expect(clippy::too_many_arguments, reason = "the composition root hands over each part once")]
    #[must_use]
    pub fn new(
        identity: Arc<Identity>,
        tenant: Tenant,
        keyring: Arc<Keyring>,
        nonces: NonceKey,
        directory: Arc<Directory>,
        statuses: Arc<StatusLists>,
        receiving: Arc<dyn Receiving>,
        settings: Settings,
    ) -> Self {
        let environment = tenant.environment().clone();
        let inner = Inner {
            identity,
            tenant,
            environment,
            keyring,
            nonces,
            directory,
            statuses,
            receiving,
            settings,
            turns: Turns::new(),
            foreign_paths: ForeignPathCache::new(REMEMBERED_FOREIGN_PATHS),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The party that asks.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// The same, to be held by others.
    #[must_use]
    pub fn shared_identity(&self) -> Arc<Identity> {
        Arc::clone(&self.inner.identity)
    }

    /// Who is admitted, as this party sees it.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.inner.directory
    }

    /// The status lists of others.
    #[must_use]
    pub fn statuses(&self) -> &Arc<StatusLists> {
        &self.inner.statuses
    }

    /// The key under which the secrets of requests are sealed.
    pub(crate) fn secrets_key(&self) -> KeyId {
        KeyId::new(self.identity().did.as_str(), "requests", "request-secrets")
    }
}
