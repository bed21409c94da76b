//! The files of a party's own DID, which lies at its host: the log, the witnesses' proofs, the parallel did:web and what
//! the party tells about itself (did:webvh 1.0, "The DID to HTTPS Transformation", "Publishing a Parallel `did:web` DID",
//! "whois LinkedVP Service").

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use did::resolution::Version;
use did::webvh::{Log, parallel_did_web};
use directory::{Identity, whois};
use environment::{Environment, Timestamp};

const LOG: &str = "text/jsonl; charset=utf-8";
const PROOFS: &str = "application/json";
const DOCUMENT: &str = "application/did";
const PRESENTATION: &str = "application/vp";

/// After how many seconds a presentation is made anew: signing for every question would let strangers keep a party busy.
const RENEWED: i64 = 3_600;

/// The files of a party's own DID.
#[derive(Clone, Debug, Default)]
pub struct OwnDid {
    log: Bytes,
    proofs: Option<Bytes>,
    did_web: Option<Bytes>,
}

impl OwnDid {
    /// The files beside `log`, a verified one at `now`, with the witnesses' proofs if there are any. The did:web is served if the
    /// document names it: only then do the two name each other.
    #[must_use]
    pub fn new(log: impl Into<Bytes>, proofs: Option<Bytes>, now: Timestamp) -> Self {
        let log = log.into();
        let did_web = did_web(&log, now);
        Self { log, proofs, did_web }
    }

    /// Everything that is served of it, for pages of every origin to read: the caller adds that, and limits.
    pub fn routes(&self, identity: &Identity, environment: &Environment) -> Router {
        let served = Served {
            files: self.clone(),
            whois: Arc::new(Whois {
                identity: identity.clone(),
                environment: environment.clone(),
                made: Mutex::new(None),
            }),
        };
        Router::new()
            .route("/.well-known/did.jsonl", get(log))
            .route("/.well-known/did-witness.json", get(proofs))
            .route("/.well-known/did.json", get(document))
            .route("/whois.vp", get(who))
            .with_state(served)
    }
}

impl From<&'static str> for OwnDid {
    /// A log alone.
    fn from(log: &'static str) -> Self {
        Self { log: Bytes::from_static(log.as_bytes()), ..Self::default() }
    }
}

/// The document of the parallel did:web, if the newest one of the did:webvh names it.
fn did_web(log: &[u8], now: Timestamp) -> Option<Bytes> {
    let log = Log::verify(log, now).ok()?;
    let resolved = log.resolve(log.did()?, &Version::Latest).ok()?.document;
    let parallel = parallel_did_web(&resolved).ok()?;
    let is_named = resolved.also_known_as().any(|name| name == parallel.id().as_str());
    is_named.then(|| parallel.to_value().to_string().into())
}

#[derive(Clone)]
struct Served {
    files: OwnDid,
    whois: Arc<Whois>,
}

/// The presentation, made when it is asked for and kept for a while.
struct Whois {
    identity: Identity,
    environment: Environment,
    made: Mutex<Option<Made>>,
}

struct Made {
    until: Timestamp,
    of: String,
    body: Option<Bytes>,
}

impl Whois {
    fn body(&self) -> Result<Option<Bytes>, jose::SigningFailed> {
        let (now, certificate) = (self.environment.now(), self.identity.registration.get());
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        match made.as_ref() {
            Some(made) if made.of == certificate && now < made.until => Ok(made.body.clone()),
            _ => {
                let shown = whois::presentation(&self.identity, now)?;
                let renewed = now.plus(RENEWED);
                let until = shown.as_ref().map_or(renewed, |shown| shown.until.min(renewed));
                let body: Option<Bytes> = shown.map(|shown| shown.presentation.to_string().into());
                *made = Some(Made { until, of: certificate, body: body.clone() });
                Ok(body)
            }
        }
    }
}

/// `GET /.well-known/did.jsonl`: the log.
async fn log(State(served): State<Served>) -> Response {
    file(LOG, Some(served.files.log))
}

/// `GET /.well-known/did-witness.json`: the witnesses' proofs, of a DID that has witnesses.
async fn proofs(State(served): State<Served>) -> Response {
    file(PROOFS, served.files.proofs)
}

/// `GET /.well-known/did.json`: the parallel did:web, if the did:webvh names it.
async fn document(State(served): State<Served>) -> Response {
    file(DOCUMENT, served.files.did_web)
}

/// `GET /whois.vp`: what the party tells about itself. Below a host without path `.well-known` is left out.
async fn who(State(served): State<Served>) -> Response {
    match served.whois.body() {
        Ok(body) => file(PRESENTATION, body),
        Err(error) => {
            tracing::error!(%error, "what the party tells about itself could not be signed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn file(media_type: &'static str, body: Option<Bytes>) -> Response {
    let kept = (CACHE_CONTROL, "public, max-age=60");
    match body {
        Some(body) => ([(CONTENT_TYPE, media_type), kept], body).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests;
