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
/// Lists that are known; beyond it the one used longest ago makes room.
const MOST_LISTS: usize = 1_024;
/// Lists of one issuer of the network: a list belongs to a week and holds a million places, copies live for two weeks.
/// More of them would tell members apart.
const MOST_LISTS_OF_A_MEMBER: usize = 12;
/// Lists of one foreign issuer; beyond it the one of that issuer that was used longest ago makes room.
const MOST_LISTS_OF_A_FOREIGNER: usize = 64;
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
    /// An issuer of the network has too many lists.
    #[error("the issuer uses too many status lists")]
    TooMany,
    /// The key of the issuer cannot check signatures.
    #[error("the issuer's key cannot check the status list")]
    Key,
}

/// As whom an issuer signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuedAs {
    /// As an office or a space of the network: it has few lists, and what points to yet another is not looked up.
    Member,
    /// As somebody outside, whose lists may be many.
    Foreign,
}

/// Status lists by address and issuer.
pub struct StatusLists {
    fetch: Arc<dyn Fetch>,
    environment: Environment,
    known: RwLock<HashMap<Name, Known>>,
}

/// A list is its issuer's: nobody else's credential that points there changes what is known of it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Name {
    uri: String,
    issuer: [u8; 32],
}

/// A list that was asked for.
#[derive(Clone)]
struct Known {
    key: Jwk,
    used_at: Timestamp,
    /// None if it could not be had.
    token: Option<Kept>,
}

#[derive(Clone)]
struct Kept {
    token: Arc<VerifiedToken>,
    fetched_at: Timestamp,
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
        Self { fetch, environment, known: RwLock::default() }
    }

    /// The status at `reference`, in a list signed by `issuer_key`: the very key that signed the credential.
    ///
    /// # Errors
    /// See [`StatusListsError`].
    pub async fn status(
        &self,
        reference: &StatusReference,
        issuer_key: &Jwk,
        issued_as: IssuedAs,
    ) -> Result<Status, StatusListsError> {
        let now = self.environment.now();
        let name = Name { uri: reference.uri.clone(), issuer: issuer_key.thumbprint() };
        let kept = self.use_list(&name, issuer_key, issued_as, now)?;
        let token = match kept {
            Some(kept) if kept.is_fresh(now) => kept.token,
            _ => self.fetch_list(&name, issuer_key).await?,
        };
        Ok(token.status(reference.index, now)?)
    }

    /// Fetches anew every list that is due (or all, if `force`); gives how many were fetched.
    pub async fn refresh(&self, force: bool) -> usize {
        let now = self.environment.now();
        let due: Vec<(Name, Jwk)> = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.retain(|_, list| list.is_in_use(now));
            let is_due = |list: &Known| list.token.as_ref().is_some_and(|kept| force || !kept.is_fresh(now));
            let due = known.iter().filter(|(_, list)| is_due(list));
            due.map(|(name, list)| (name.clone(), list.key.clone())).collect()
        };
        let mut fetched = 0_usize;
        for (name, key) in due {
            match self.fetch_list(&name, &key).await {
                Ok(_) => fetched = fetched.saturating_add(1),
                Err(error) => tracing::warn!(%error, "a status list was not refreshed"),
            }
        }
        fetched
    }

    /// Notes that a list is in use, before it is fetched: one that cannot be had has told its host as much as any other.
    fn use_list(
        &self,
        name: &Name,
        issuer_key: &Jwk,
        issued_as: IssuedAs,
        now: Timestamp,
    ) -> Result<Option<Kept>, StatusListsError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = known.get_mut(name) {
            list.used_at = now;
            return Ok(list.token.clone());
        }
        known.retain(|_, list| list.is_in_use(now));
        let of_issuer = known.keys().filter(|other| other.issuer == name.issuer).count();
        match issued_as {
            IssuedAs::Member if of_issuer >= MOST_LISTS_OF_A_MEMBER => return Err(StatusListsError::TooMany),
            IssuedAs::Foreign if of_issuer >= MOST_LISTS_OF_A_FOREIGNER => {
                forget_oldest(&mut known, |other| other.issuer == name.issuer);
            }
            _ if known.len() >= MOST_LISTS => forget_oldest(&mut known, |_| true),
            _ => {}
        }
        known.insert(name.clone(), Known { key: issuer_key.clone(), used_at: now, token: None });
        Ok(None)
    }

    async fn fetch_list(
        &self,
        name: &Name,
        issuer_key: &Jwk,
    ) -> Result<Arc<VerifiedToken>, StatusListsError> {
        let url = Url::parse(&name.uri).map_err(|_| StatusListsError::Address)?;
        let request = Request::get(url)
            .with_header(ACCEPT, status_list::MEDIA_TYPE)?
            .with_limit(LONGEST_TOKEN)
            .with_timeout(Duration::from_secs(10));
        let response = self.fetch.fetch(request).await?.successful()?;
        let content_type = response.header(&CONTENT_TYPE).unwrap_or_default();
        let unverified = UnverifiedToken::from_response(content_type, &response.body)?;
        let key = VerifyingKey::new(issuer_key).map_err(|_| StatusListsError::Key)?;
        let now = self.environment.now();
        let token = Arc::new(unverified.verify(&key, &name.uri, now, SKEW)?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Forgotten meanwhile: then it is fetched again when somebody points to it.
        if let Some(list) = known.get_mut(name) {
            list.token = Some(Kept { token: Arc::clone(&token), fetched_at: now });
        }
        Ok(token)
    }
}

impl Known {
    fn is_in_use(&self, now: Timestamp) -> bool {
        now.since(self.used_at) < UNUSED_AFTER
    }
}

fn forget_oldest(known: &mut HashMap<Name, Known>, among: impl Fn(&Name) -> bool) {
    let oldest = known.iter().filter(|(name, _)| among(name)).min_by_key(|(_, list)| list.used_at);
    if let Some(name) = oldest.map(|(name, _)| name.clone()) {
        known.remove(&name);
    }
}

#[cfg(test)]
mod tests;
