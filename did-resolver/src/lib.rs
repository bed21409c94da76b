//! Fetches DID documents and keeps them for a while: the [`did::Resolve`] of servers and commands.
//!
//! did:key and did:jwk resolve by themselves; did:web and did:webvh are fetched through `outbound`, whose guard decides
//! which hosts may be called. What is fetched is judged in `did`. Redirects are never followed, answers are bounded,
//! and the proofs of witnesses are fetched only when a log asks for them. Other methods, and the HTTP service for
//! other resolvers, do not live here yet.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod cache;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use did::resolution::Version;
use did::webvh::{self, Identifier, Log, LogError};
use did::{BoxFuture, Did, DocumentMetadata, Resolution, Resolve, ResolveError, SelfContainedResolver};
use environment::Environment;
use outbound::{Fetch, Request};

use cache::{Cache, Fetched};

/// Largest did:web document that is read, in bytes.
pub const LARGEST_DOCUMENT: usize = 256 << 10;

/// For how long answers are kept, in seconds, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keeping {
    /// Longest time a document is kept, also when its controller suggests longer.
    pub longest: i64,
    /// How long it is remembered that a DID was not found or its host not reached.
    pub absent: i64,
    /// Most DIDs that are kept.
    pub entries: usize,
    /// Most bytes of fetched text that are kept.
    pub bytes: usize,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { longest: 300, absent: 10, entries: 1_024, bytes: 64 << 20 }
    }
}

impl Keeping {
    /// Nothing is kept: for commands that resolve once.
    #[must_use]
    pub fn nothing() -> Self {
        Self { longest: 0, absent: 0, entries: 0, bytes: 0 }
    }
}

/// The fetching resolver; cheap to clone, clones share what they keep.
#[derive(Clone)]
pub struct Resolver(Arc<Inner>);

struct Inner {
    fetch: Arc<dyn Fetch>,
    environment: Environment,
    cache: Cache,
}

impl Resolver {
    /// A resolver that calls out through `fetch` and keeps answers as `keeping` says.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, environment: Environment, keeping: Keeping) -> Self {
        Self(Arc::new(Inner { fetch, environment, cache: Cache::new(keeping) }))
    }

    async fn find(&self, did: &Did, version: &Version) -> Result<Resolution, ResolveError> {
        if !matches!(did.method(), "web" | "webvh") {
            return SelfContainedResolver::resolve_now(did, version);
        }
        let now = self.0.environment.now();
        if let Some(kept) = self.0.cache.get(did, now) {
            return answer(did, version, kept?);
        }
        let fetched = match did.method() {
            "web" => self.fetch_document(did).await,
            _ => match self.fetch_log(did).await {
                // Older versions may be certain although the end of the log is broken: then nothing is kept.
                Err(Unkept { log, error: ResolveError::Log(_) }) if *version != Version::Latest => {
                    return self.old_version(did, &log, version).await;
                }
                other => other.map_err(|unkept| unkept.error),
            },
        };
        let now = self.0.environment.now();
        self.0.cache.put(did, &fetched, now);
        answer(did, version, fetched?)
    }

    async fn fetch_document(&self, did: &Did) -> Result<Fetched, ResolveError> {
        let url = did::web::document_url(did)?;
        let text = self.fetch(&url, LARGEST_DOCUMENT).await?;
        let document = did::web::resolve(did, &text).map_err(ResolveError::Document)?;
        Ok(Fetched::Document { document: Arc::new(document), bytes: text.len() })
    }

    async fn fetch_log(&self, did: &Did) -> Result<Fetched, Unkept> {
        let unkept = |error| Unkept { log: Vec::new(), error };
        let identifier = Identifier::of(did).map_err(|error| unkept(error.into()))?;
        let text = self.fetch(&identifier.log_url(), webvh::LARGEST_LOG).await.map_err(unkept)?;
        match self.verify(&identifier, &text).await {
            Ok(log) => Ok(Fetched::Log { log: Arc::new(log), bytes: text.len() }),
            Err(error) => Err(Unkept { log: text, error }),
        }
    }

    async fn verify(&self, identifier: &Identifier, text: &[u8]) -> Result<Log, ResolveError> {
        let log = Log::verify(text, self.0.environment.now())?;
        if log.needs_witnesses() {
            let proofs = self.fetch_proofs(identifier).await?;
            log.check_witnesses(proofs.as_deref())?;
        }
        Ok(log)
    }

    async fn fetch_proofs(&self, identifier: &Identifier) -> Result<Option<Vec<u8>>, ResolveError> {
        match self.fetch(&identifier.witness_url(), webvh::witness::LARGEST_FILE).await {
            Ok(text) => Ok(Some(text)),
            Err(ResolveError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn old_version(
        &self,
        did: &Did,
        log: &[u8],
        version: &Version,
    ) -> Result<Resolution, ResolveError> {
        let now = self.0.environment.now();
        match webvh::resolve_log(did, log, None, version, now) {
            Err(ResolveError::Log(LogError::Witness(webvh::WitnessFault::Missing))) => {
                let proofs = self.fetch_proofs(&Identifier::of(did)?).await?;
                webvh::resolve_log(did, log, proofs.as_deref(), version, now)
            }
            other => other,
        }
    }

    async fn fetch(&self, url: &str, limit: usize) -> Result<Vec<u8>, ResolveError> {
        let url = url.parse().map_err(|_| ResolveError::Unreachable)?;
        let response = self.0.fetch.fetch(Request::get(url).with_limit(limit)).await.map_err(|error| {
            // The error says what failed, never what was fetched.
            tracing::debug!(%error, "a DID's host gave no usable answer");
            ResolveError::Unreachable
        })?;
        match response.status.as_u16() {
            200 => Ok(response.body.to_vec()),
            404 | 410 => Err(ResolveError::NotFound),
            _ => Err(ResolveError::Unreachable),
        }
    }
}

/// A failure, and the log that failed if one was fetched.
struct Unkept {
    log: Vec<u8>,
    error: ResolveError,
}

fn answer(did: &Did, version: &Version, fetched: Fetched) -> Result<Resolution, ResolveError> {
    match fetched {
        Fetched::Log { log, .. } => log.resolve(did, version),
        // A did:web has no history to choose from.
        Fetched::Document { .. } if *version != Version::Latest => Err(ResolveError::Feature),
        Fetched::Document { document, .. } => {
            Ok(Resolution { document: document.as_ref().clone(), metadata: DocumentMetadata::default() })
        }
    }
}

impl Resolve for Resolver {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        Box::pin(self.find(did, version))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Resolver")
    }
}
