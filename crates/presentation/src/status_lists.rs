//! The status lists of others, fetched and kept.
//!
//! A list is fetched when the first credential points to it, and afterwards by a timer: never because a certain
//! person showed a credential, so that an issuer cannot watch its holders (design: verifiers refresh lists by timer).
//! However short a `ttl` is, a list answers until the timer has a newer one, and what could not be had is not asked for
//! again with the next credential.

mod known;
mod refreshing;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use credentials::status_list::{self, Status, UnverifiedToken, VerifiedToken};
use credentials::vc::StatusReference;
use environment::{Environment, Timestamp};
use jose::{Jwk, VerifyingKey};
use outbound::{Fetch, OutboundError, Request};
use tokio::sync::Mutex;
use url::Url;

use known::{Failed, Kept, Known, Name, keep, make_room};

/// Longest token that is read, in bytes.
const LONGEST_TOKEN: usize = 4 << 20;
/// Longest address of a list that is looked up, in bytes: it is remembered for as long as the list.
const LONGEST_ADDRESS: usize = 2_048;
/// How far clocks may differ, in seconds.
const SKEW: i64 = 60;

/// Why a status cannot be told. A credential whose status cannot be told is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatusListsError {
    /// The address.
    #[error("the status list's address is not a URL, or longer than any")]
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
    NotAgainYet {
        /// Whether it may be had later, without anybody changing anything.
        is_transient: bool,
    },
    /// The key of the issuer cannot check signatures.
    #[error("the issuer's key cannot check the status list")]
    Key,
}

impl StatusListsError {
    /// Whether the same question may be answered differently a moment later, without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Fetch(error) => error.is_transient(),
            Self::NotAgainYet { is_transient } => *is_transient,
            _ => false,
        }
    }
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
    shared: Arc<Shared>,
}

/// What a fetch under way holds on to.
struct Shared {
    fetch: Arc<dyn Fetch>,
    environment: Environment,
    known: RwLock<HashMap<Name, Known>>,
}

/// What is to be done for a status.
enum Use {
    /// Look into this.
    Kept(Kept),
    /// Fetch it when it is one's turn.
    Fetch(Arc<Mutex<()>>),
}

impl StatusLists {
    /// Without any list yet.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, environment: Environment) -> Self {
        Self { shared: Arc::new(Shared { fetch, environment, known: RwLock::default() }) }
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
        if reference.uri.len() > LONGEST_ADDRESS {
            return Err(StatusListsError::Address);
        }
        let now = self.shared.environment.now();
        let name = Name { uri: reference.uri.clone(), issuer: issuer_key.thumbprint() };
        let token = match self.shared.use_list(&name, issuer_key, issued_as, now)? {
            Use::Kept(kept) => kept.token,
            Use::Fetch(turn) => Arc::clone(&self.shared).fetch_once(name, issuer_key.clone(), turn).await?,
        };
        Ok(token.status(reference.index, now)?)
    }
}

impl Shared {
    /// Notes that a list is in use, before it is fetched: one that cannot be had has told its host as much as any other.
    fn use_list(
        &self,
        name: &Name,
        issuer_key: &Jwk,
        issued_as: IssuedAs,
        now: Timestamp,
    ) -> Result<Use, StatusListsError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(name) {
            make_room(&mut known, name, issued_as, now)?;
        }
        let list =
            known.entry(name.clone()).or_insert_with(|| Known::new(issuer_key.clone(), issued_as, now));
        list.used_at = now;
        if issued_as == IssuedAs::Member {
            list.issued_as = issued_as;
        }
        Ok(list.standing(now)?.map_or_else(|| Use::Fetch(Arc::clone(&list.turn)), Use::Kept))
    }

    /// Fetches a list once for all who wait for it, and to the end, also when they have gone: whoever hangs up does not
    /// make it be asked for again.
    async fn fetch_once(
        self: Arc<Self>,
        name: Name,
        issuer_key: Jwk,
        turn: Arc<Mutex<()>>,
    ) -> Result<Arc<VerifiedToken>, StatusListsError> {
        let fetching = async move {
            let _turn = turn.lock().await;
            match self.standing(&name)? {
                Some(kept) => Ok(kept.token),
                None => self.fetch_list(&name, &issuer_key).await,
            }
        };
        tokio::spawn(fetching).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a status list could not be fetched");
            Err(StatusListsError::NotAgainYet { is_transient: true })
        })
    }

    /// As [`Known::standing`]; nothing of what was forgotten.
    fn standing(&self, name: &Name) -> Result<Option<Kept>, StatusListsError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(name).map_or(Ok(None), |list| list.standing(self.environment.now()))
    }

    fn turn(&self, name: &Name) -> Option<Arc<Mutex<()>>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(name).map(|list| Arc::clone(&list.turn))
    }

    async fn fetch_list(
        &self,
        name: &Name,
        issuer_key: &Jwk,
    ) -> Result<Arc<VerifiedToken>, StatusListsError> {
        let fetched = self.fetch_unnoted(name, issuer_key).await;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = known.get_mut(name) {
            let failed = |error: &StatusListsError| Failed {
                at: self.environment.now(),
                is_transient: error.is_transient(),
            };
            list.failed = fetched.as_ref().err().map(failed);
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
            .with_timeout(Duration::from_secs(10))
            .with_connection_closed();
        let response = self.fetch.fetch(request).await?.successful()?;
        let content_type = response.header(&CONTENT_TYPE).unwrap_or_default();
        let unverified = UnverifiedToken::from_response(content_type, &response.body)?;
        let key = VerifyingKey::new(issuer_key).map_err(|_| StatusListsError::Key)?;
        let now = self.environment.now();
        let token = unverified.verify(&key, &name.uri, now, SKEW)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Forgotten meanwhile: then it is fetched again when somebody points to it.
        let Some(list) = known.get(name) else { return Ok(Arc::new(token)) };
        let token = newest(token, list.token.as_ref());
        keep(&mut known, name, Kept { token: Arc::clone(&token), fetched_at: now });
        Ok(token)
    }
}

/// What counts from now on: where a list of before came, the newer one goes on counting, until its own end.
fn newest(fetched: VerifiedToken, kept: Option<&Kept>) -> Arc<VerifiedToken> {
    let Some(kept) = kept else { return Arc::new(fetched) };
    fetched.not_older_than(Some(kept.token.issued_at())).map_or_else(
        |error| {
            tracing::warn!(%error, "a status list of before is not used");
            Arc::clone(&kept.token)
        },
        Arc::new,
    )
}

#[cfg(test)]
mod tests;
