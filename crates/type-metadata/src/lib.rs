//! Fetching the type metadata of foreign credentials (SD-JWT VC draft -19, "Retrieving Type Metadata").
//!
//! [`Retriever::of`] gives a type with all that it extends, or says why not. Our own types are built in and never asked
//! for. A foreign one is fetched when its `vct` is an https address: by GET, without redirects, on public hosts alone (the
//! guard of `outbound`), within bounds of size, number and time. What the documents say is judged in `credentials`.
//!
//! Whoever serves a type learns that somebody looks at such a credential. So this is for moments at which that says
//! nothing new, or for whoever asks for it by hand; nothing here runs by itself. What was fetched is kept for a while, and
//! documents that are pinned by their digest, as long as there is room.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use credentials::type_metadata::{self, Chain, LARGEST_DOCUMENT, MetadataError, TypeMetadata, Wanted};
use credentials::types;
use environment::{Environment, Timestamp};
use http::StatusCode;
use outbound::{Fetch, OutboundError, Request};
use url::Url;

/// For how many seconds a document is kept.
const KEPT: i64 = 3_600;
/// Most documents that are kept.
const MOST_KEPT: usize = 256;
/// Longest time for one document.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no metadata.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RetrieveError {
    /// The type is no https address, so nobody says where its metadata is.
    #[error("the type is no https address, and its metadata is published nowhere that we know")]
    NotPublished,
    /// A document could not be fetched.
    #[error("the type metadata could not be fetched: {0}")]
    Fetch(#[from] OutboundError),
    /// Something else than `application/json` came.
    #[error("what was fetched is not marked as application/json")]
    MediaType,
    /// What was fetched is not taken.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

impl RetrieveError {
    /// Whether what came is at fault, and not the way to it: a credential whose metadata must be processed is refused
    /// either way, but only this says something against it.
    #[must_use]
    pub const fn is_about_the_type(&self) -> bool {
        matches!(self, Self::Metadata(_) | Self::MediaType)
    }
}

/// Fetches type metadata; cheap to clone, clones share what they keep.
#[derive(Clone)]
pub struct Retriever(Arc<Inner>);

struct Inner {
    fetch: Arc<dyn Fetch>,
    environment: Environment,
    kept: Mutex<HashMap<String, Kept>>,
}

struct Kept {
    octets: Arc<[u8]>,
    until: Timestamp,
}

impl Retriever {
    /// A retriever that calls out through `fetch`.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, environment: Environment) -> Self {
        Self(Arc::new(Inner { fetch, environment, kept: Mutex::default() }))
    }

    /// The metadata of `vct` with all that it extends; `integrity` is the credential's `vct#integrity`, if it has one.
    ///
    /// # Errors
    /// [`RetrieveError`].
    pub async fn of(&self, vct: &str, integrity: Option<&str>) -> Result<TypeMetadata, RetrieveError> {
        let mut chain = Chain::new(vct, integrity)?;
        while let Some(wanted) = chain.wanted() {
            let octets = self.octets(wanted).await?;
            let vct = wanted.vct().to_owned();
            chain.take(&octets)?;
            // Only what could be read is kept.
            self.keep(vct, octets);
        }
        Ok(chain.finish()?)
    }

    async fn octets(&self, wanted: &Wanted) -> Result<Arc<[u8]>, RetrieveError> {
        if let Some(ours) = type_metadata::document_of(wanted.vct()) {
            return Ok(ours.as_bytes().into());
        }
        match self.kept(wanted) {
            Some(octets) => Ok(octets),
            None => self.fetch(wanted.vct()).await,
        }
    }

    async fn fetch(&self, vct: &str) -> Result<Arc<[u8]>, RetrieveError> {
        let url = vct.parse::<Url>().ok().filter(|url| url.scheme() == "https");
        let url = url.ok_or(RetrieveError::NotPublished)?;
        let request = Request::get_json(url).with_limit(LARGEST_DOCUMENT).with_timeout(PATIENCE);
        let response = self.0.fetch.fetch(request).await?;
        if response.status != StatusCode::OK {
            return Err(OutboundError::Status { status: response.status }.into());
        }
        if response.media_type().as_deref() != Some("application/json") {
            return Err(RetrieveError::MediaType);
        }
        Ok(response.body.as_ref().into())
    }

    /// What is kept of a type: for a while, or, where the octets are told, as long as it is there.
    fn kept(&self, wanted: &Wanted) -> Option<Arc<[u8]>> {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.0.environment.now();
        kept.get(wanted.vct())
            .filter(|one| now < one.until || wanted.is_meant(&one.octets))
            // Another document may be meant than the one that was fetched before.
            .filter(|one| !wanted.is_pinned() || wanted.is_meant(&one.octets))
            .map(|one| Arc::clone(&one.octets))
    }

    fn keep(&self, vct: String, octets: Arc<[u8]>) {
        if types::is_ours(&vct) {
            return;
        }
        let now = self.0.environment.now();
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.get(&vct).is_some_and(|one| one.octets == octets && now < one.until) {
            return;
        }
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, one| now < one.until);
        }
        if kept.len() < MOST_KEPT {
            kept.insert(vct, Kept { octets, until: now.plus(KEPT) });
        }
    }
}

impl fmt::Debug for Retriever {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Retriever")
    }
}

#[cfg(test)]
mod tests;
