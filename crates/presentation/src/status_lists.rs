//! The status lists of others, fetched and kept.
//!
//! A list is fetched when the first credential points to it, and afterwards by a timer: never because a certain
//! person showed a credential, so that an issuer cannot watch its holders (design: verifiers refresh lists by timer).
//! However short a `ttl` is, a list answers until the timer has a newer one, and what could not be had is not asked for
//! again with the next credential.

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
/// Seconds for which a list is not fetched again, whatever its `ttl` says: with a shorter one an issuer would be told when
/// its holders are somewhere.
const LEAST_TIME: i64 = 300;
/// Seconds for which a list counts that says nothing of it (draft -20 §13.7).
const TIME_UNSAID: i64 = 3_600;
/// Seconds for which a list answers when the timer gets no newer one, unless it ends before.
const LONGEST_WITHOUT_NEWS: i64 = 86_400;
/// Seconds for which a list that could not be had is not asked for again.
const NOT_AGAIN_FOR: i64 = 60;

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
    /// It could not be had a moment ago, or had ended as soon as it was had: that somebody shows a credential does not make
    /// it be asked for again.
    #[error("the status list could not be had a moment ago and is not asked for again yet")]
    NotAgainYet,
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
    /// When it could not be had the last time, if not since.
    failed_at: Option<Timestamp>,
}

#[derive(Clone)]
struct Kept {
    token: Arc<VerifiedToken>,
    fetched_at: Timestamp,
}

impl Kept {
    fn is_due(&self, now: Timestamp) -> bool {
        let until =
            self.token.cache_until(self.fetched_at).unwrap_or_else(|| self.fetched_at.plus(TIME_UNSAID));
        now >= until.max(self.fetched_at.plus(LEAST_TIME))
    }

    /// Whether it still answers: it has not ended, and the timer had its day to get a newer one.
    fn answers(&self, now: Timestamp) -> bool {
        let has_ended = self.token.expires().is_some_and(|end| now >= end);
        !has_ended && now.since(self.fetched_at) < LONGEST_WITHOUT_NEWS
    }

    /// Whether it is too early to fetch it anew, however soon it ended.
    fn is_young(&self, now: Timestamp) -> bool {
        now.since(self.fetched_at) < LEAST_TIME
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
        let token = match self.use_list(&name, issuer_key, issued_as, now)? {
            Some(kept) => kept.token,
            None => self.fetch_list(&name, issuer_key).await?,
        };
        Ok(token.status(reference.index, now)?)
    }

    /// Fetches anew every list that is due (or all, if `force`); gives how many were fetched.
    pub async fn refresh(&self, force: bool) -> usize {
        let now = self.environment.now();
        let due: Vec<(Name, Jwk)> = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.retain(|_, list| list.is_in_use(now));
            let due = known.iter().filter(|(_, list)| list.is_due(now) || force && list.token.is_some());
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
    /// Gives what is kept of it; nothing if it is to be fetched.
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
            return list.standing(now);
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
        known.insert(
            name.clone(),
            Known { key: issuer_key.clone(), used_at: now, token: None, failed_at: None },
        );
        Ok(None)
    }

    async fn fetch_list(
        &self,
        name: &Name,
        issuer_key: &Jwk,
    ) -> Result<Arc<VerifiedToken>, StatusListsError> {
        let fetched = self.fetch_unnoted(name, issuer_key).await;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = known.get_mut(name) {
            list.failed_at = fetched.is_err().then(|| self.environment.now());
        }
        fetched
    }

    async fn fetch_unnoted(
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
        let mut token = Arc::new(unverified.verify(&key, &name.uri, now, SKEW)?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Forgotten meanwhile: then it is fetched again when somebody points to it.
        if let Some(list) = known.get_mut(name) {
            // Whoever can answer in the host's place, or a cache before it, could make good what was taken back with a list
            // of before. The newer one goes on counting, until its own end.
            let newer = list.token.take().filter(|kept| kept.token.issued_at() > token.issued_at());
            if let Some(newer) = newer {
                token = newer.token;
            }
            list.token = Some(Kept { token: Arc::clone(&token), fetched_at: now });
        }
        Ok(token)
    }
}

impl Known {
    /// What is kept, if it answers; nothing if the list may be fetched for it.
    fn standing(&self, now: Timestamp) -> Result<Option<Kept>, StatusListsError> {
        if let Some(kept) = self.token.as_ref().filter(|kept| kept.answers(now)) {
            return Ok(Some(kept.clone()));
        }
        let is_young = self.token.as_ref().is_some_and(|kept| kept.is_young(now));
        if is_young || self.failed_lately(now) { Err(StatusListsError::NotAgainYet) } else { Ok(None) }
    }

    fn failed_lately(&self, now: Timestamp) -> bool {
        self.failed_at.is_some_and(|at| now.since(at) < NOT_AGAIN_FOR)
    }

    /// Whether the timer is to fetch it anew.
    fn is_due(&self, now: Timestamp) -> bool {
        self.token.as_ref().is_some_and(|kept| kept.is_due(now)) && !self.failed_lately(now)
    }

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
