//! The status lists of others, fetched and kept.
//!
//! A list is fetched when the first credential points to it, and afterwards by a timer: never because a certain
//! person showed a credential, so that an issuer cannot watch its holders (design: verifiers refresh lists by timer).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use credentials::status_list::{self, Status, UnverifiedToken, VerifiedToken};
use credentials::vc::StatusReference;
use environment::{Environment, Timestamp};
use jose::{Jwk, VerifyingKey};
use outbound::{Fetch, OutboundError, Request};
use url::Url;

/// Longest token that is read, in bytes.
const LONGEST_TOKEN: usize = 4 << 20;
/// Lists that are kept; beyond it the one used longest ago makes room.
const MOST_LISTS: usize = 1_024;
/// How far clocks may differ, in seconds.
const SKEW: i64 = 60;
/// Lists that nobody pointed to for this many seconds are no longer refreshed.
const UNUSED_AFTER: i64 = 86_400;

/// Why a status cannot be told. A credential whose status cannot be told is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatusListsError {
    /// The address.
    #[error("the status list's address is not a URL")]
    Address,
    /// The list could not be fetched.
    #[error("the status list could not be fetched: {0}")]
    Fetch(#[from] OutboundError),
    /// The token is refused.
    #[error("the status list is refused: {0}")]
    Token(#[from] status_list::TokenError),
    /// The key of the issuer cannot check signatures.
    #[error("the issuer's key cannot check the status list")]
    Key,
}

/// Status lists by address.
pub struct StatusLists {
    fetch: Arc<dyn Fetch>,
    environment: Environment,
    kept: RwLock<HashMap<String, Kept>>,
}

#[derive(Clone)]
struct Kept {
    token: Arc<VerifiedToken>,
    key: Jwk,
    fetched_at: Timestamp,
    used_at: Timestamp,
}

impl Kept {
    /// A list counts as long as its `ttl` and `exp` say, and for an hour if they say nothing (draft -20 §13.7).
    fn is_fresh(&self, now: Timestamp) -> bool {
        let until = self.token.cache_until(self.fetched_at).unwrap_or_else(|| self.fetched_at.plus(3_600));
        now < until
    }
}

impl StatusLists {
    /// Without any list yet.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, environment: Environment) -> Self {
        Self { fetch, environment, kept: RwLock::default() }
    }

    /// The status at `reference`, in a list signed by `issuer_key`: the very key that signed the credential.
    ///
    /// # Errors
    /// See [`StatusListsError`].
    pub async fn status(
        &self,
        reference: &StatusReference,
        issuer_key: &Jwk,
    ) -> Result<Status, StatusListsError> {
        let now = self.environment.now();
        let kept = self.kept(&reference.uri, issuer_key, now);
        let token = match kept {
            Some(token) => token,
            None => self.fetch_list(&reference.uri, issuer_key).await?,
        };
        Ok(token.status(reference.index, now)?)
    }

    /// Fetches anew every list that is due (or all, if `force`); gives how many were fetched.
    pub async fn refresh(&self, force: bool) -> usize {
        let now = self.environment.now();
        let due: Vec<(String, Jwk)> = {
            let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|_, list| now.since(list.used_at) < UNUSED_AFTER);
            kept.iter()
                .filter(|(_, list)| force || !list.is_fresh(now))
                .map(|(uri, list)| (uri.clone(), list.key.clone()))
                .collect()
        };
        let mut fetched = 0_usize;
        for (uri, key) in due {
            match self.fetch_list(&uri, &key).await {
                Ok(_) => fetched = fetched.saturating_add(1),
                Err(error) => tracing::warn!(%error, "a status list was not refreshed"),
            }
        }
        fetched
    }

    fn kept(&self, uri: &str, issuer_key: &Jwk, now: Timestamp) -> Option<Arc<VerifiedToken>> {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let list = kept.get_mut(uri)?;
        if list.key != *issuer_key || !list.is_fresh(now) {
            return None;
        }
        list.used_at = now;
        Some(Arc::clone(&list.token))
    }

    async fn fetch_list(&self, uri: &str, issuer_key: &Jwk) -> Result<Arc<VerifiedToken>, StatusListsError> {
        let url = Url::parse(uri).map_err(|_| StatusListsError::Address)?;
        let request = Request::get(url)
            .with_header(ACCEPT, status_list::MEDIA_TYPE)?
            .with_limit(LONGEST_TOKEN)
            .with_timeout(Duration::from_secs(10));
        let response = self.fetch.fetch(request).await?.successful()?;
        let content_type = response.header(&CONTENT_TYPE).unwrap_or_default();
        let unverified = UnverifiedToken::from_response(content_type, &response.body)?;
        let key = VerifyingKey::new(issuer_key).map_err(|_| StatusListsError::Key)?;
        let now = self.environment.now();
        let token = Arc::new(unverified.verify(&key, uri, now, SKEW)?);
        self.keep(
            uri,
            Kept { token: Arc::clone(&token), key: issuer_key.clone(), fetched_at: now, used_at: now },
        );
        Ok(token)
    }

    fn keep(&self, uri: &str, list: Kept) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_LISTS && !kept.contains_key(uri) {
            let oldest = kept.iter().min_by_key(|(_, list)| list.used_at).map(|(uri, _)| uri.clone());
            oldest.map(|uri| kept.remove(&uri));
        }
        kept.insert(uri.to_owned(), list);
    }
}
