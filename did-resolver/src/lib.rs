//! Fetches DID documents and keeps them for a while: the [`did::Resolve`] of servers and commands.
//!
//! did:key and did:jwk resolve by themselves; did:web and did:webvh are fetched through `outbound`, whose guard decides
//! which hosts may be called. What is fetched is judged in `did`. Redirects are never followed, answers are bounded,
//! and the proofs of witnesses are fetched only when a log asks for them. Other methods live elsewhere ([`Forwarding`]).
//!
//! Hosts and DIDs are chosen by strangers. What is fetched is bounded in bytes and in what it takes in memory once read,
//! verified beside the tasks that answer, as much at once as there are cores, and kept for some seconds at least, also
//! when it does not verify. Texts are held within bounds too, from before they are fetched, with what a call takes besides,
//! nothing read is held while a host lets us wait, and no connection outlives its call. Of the room for all that no network has
//! more than half whose questions are known to be its own ([`asked_from`]). The longest log that was seen of a DID is held as
//! long as there is room: whoever asks for more DIDs with real logs than are kept ([`Keeping::entries`]) makes it forgotten, and
//! with it what a host took back.
//!
//! [`RemoteResolver`] asks another resolver instead; the HTTP service for others is `did-resolver/web`.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod cache;
mod forward;
mod networks;
mod remote;
mod room;
#[cfg(test)]
mod tests;
mod whois;
mod work;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use did::resolution::Version;
use did::webvh::{self, Identifier, KnownLog, LogError};
use did::{
    BoxFuture, Did, Document, DocumentMetadata, Resolution, Resolve, ResolveError, SelfContainedResolver,
};
use environment::{Environment, Timestamp};
use http::StatusCode;
use outbound::{BESIDE_BODY, Fetch, OutboundError, Request, is_development_host};

use cache::{Cache, Fetched, Weighed};
pub use forward::{Forwarding, forwarding_address};
pub use networks::{Share, Shares, asked_from};
pub use remote::{EndpointError, LARGEST_RESULT, RemoteResolver};
use room::{Held, Room};
pub use whois::{LARGEST_PRESENTATION, PRESENTATION, Presentations, ServedPresentation, presentation};
use work::{Turn, Workers};

/// Largest did:web document that is read, in bytes.
pub const LARGEST_DOCUMENT: usize = 256 << 10;

/// Largest did:webvh log that is fetched, in bytes: room for hundreds of entries. [`webvh::LARGEST_LOG`] is for logs that a
/// person has at hand; hosts are chosen by strangers.
pub const LARGEST_LOG: usize = 512 << 10;

/// Most memory that one document or log may take once it is read, in bytes ([`did::weight()`]).
const HEAVIEST: usize = 8 << 20;

/// Answers from what takes no more than this in memory are made at once, in bytes: a document is copied in about a thousandth
/// of a second then.
const LIGHT: usize = 1 << 20;

/// What nearly all documents, logs and files of proofs keep below, in bytes.
const USUAL: usize = 64 << 10;

/// Most bytes of documents and logs that are being fetched, with what each call takes besides ([`BESIDE_BODY`]), or wait for
/// their turn: 256 calls to hosts that have not yet served what is usual. With those for proofs, presentations and what is
/// forwarded (96, 64 and 32) and with the 512 connections that a server takes they stay below the 1,024 files that a process
/// may usually open, and leave some for looking names up.
const TEXTS: usize = 256 << 20;
/// Most bytes of witnesses' proofs: 96 calls. They have room of their own: who waits for it has a log already, and no log
/// waits for proofs to go.
const PROOFS: usize = 96 << 20;
/// How long somebody waits for room.
const PATIENCE: Duration = Duration::from_secs(5);

/// For how long answers are kept, in seconds, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keeping {
    /// Longest time a document is kept, also when its controller suggests longer.
    pub longest: i64,
    /// Shortest time a log is kept, also when its controller suggests none: whoever asks again and again does not make us
    /// verify it again and again.
    pub shortest: i64,
    /// How long it is remembered that a DID was not found or its host not reached.
    pub absent: i64,
    /// How long it is remembered that what a host serves does not verify.
    pub broken: i64,
    /// Most DIDs that are kept.
    pub entries: usize,
    /// Most memory that what is kept may take, in bytes.
    pub bytes: usize,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { longest: 300, shortest: 5, absent: 10, broken: 5, entries: 1_024, bytes: 64 << 20 }
    }
}

impl Keeping {
    /// Nothing is kept: for commands that resolve once.
    #[must_use]
    pub fn nothing() -> Self {
        Self { longest: 0, shortest: 0, absent: 0, broken: 0, entries: 0, bytes: 0 }
    }
}

/// The fetching resolver; cheap to clone, clones share what they keep.
#[derive(Clone)]
pub struct Resolver(Arc<Inner>);

struct Inner {
    fetch: Arc<dyn Fetch>,
    environment: Environment,
    cache: Cache,
    workers: Workers,
    texts: Room,
    proofs: Room,
}

impl Resolver {
    /// A resolver that calls out through `fetch` and keeps answers as `keeping` says.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>, environment: Environment, keeping: Keeping) -> Self {
        Self::with_room(fetch, environment, keeping, (TEXTS, PROOFS, PATIENCE))
    }

    fn with_room(
        fetch: Arc<dyn Fetch>,
        environment: Environment,
        keeping: Keeping,
        (texts, proofs, patience): (usize, usize, Duration),
    ) -> Self {
        Self(Arc::new(Inner {
            fetch,
            environment,
            cache: Cache::new(keeping),
            workers: Workers::new(),
            texts: Room::new(texts, patience),
            proofs: Room::new(proofs, patience),
        }))
    }

    async fn find(&self, did: &Did, version: &Version) -> Result<Resolution, ResolveError> {
        if !matches!(did.method(), "web" | "webvh") {
            return SelfContainedResolver::resolve_now(did, version);
        }
        match self.0.cache.get(did, self.0.environment.now()) {
            Some(kept) => self.answered(did, version, kept?).await,
            None => self.answered(did, version, self.fetched(did).await?).await,
        }
    }

    /// What is asked of something that was fetched. Each answer is made anew, and of something large beside the tasks that
    /// answer, as it was verified.
    async fn answered(
        &self,
        did: &Did,
        version: &Version,
        fetched: Fetched,
    ) -> Result<Resolution, ResolveError> {
        if fetched.weight() <= LIGHT {
            return answer(did, version, fetched);
        }
        let turn = self.0.workers.turn().await?;
        let (did, version) = (did.clone(), version.clone());
        turn.work(move || answer(&did, &version, fetched)).await?
    }

    /// What the DID's host serves now, or what was found meanwhile for somebody else who asked at the same time.
    async fn fetched(&self, did: &Did) -> Result<Fetched, ResolveError> {
        let (url, limit) = match did.method() {
            "web" => (did::web::document_url(did)?, LARGEST_DOCUMENT),
            _ => (Identifier::of(did)?.log_url(), LARGEST_LOG),
        };
        let outcome = match self.fetch(&self.0.texts, &url, limit).await {
            Err(error) => Err(error),
            Ok(text) => {
                let text = Arc::new(text);
                let turn = self.0.workers.turn().await?;
                match self.0.cache.get(did, self.0.environment.now()) {
                    // That others got no answer meanwhile says less than the text at hand.
                    None | Some(Err(ResolveError::NotFound | ResolveError::Unreachable)) => {}
                    Some(kept) => return kept,
                }
                match did.method() {
                    "web" => turn.work(document(did, text)).await.flatten().map(Fetched::Document),
                    _ => self.log(did, text, turn).await,
                }
            }
        };
        self.0.cache.put(did, outcome, self.0.environment.now())
    }

    async fn log(&self, did: &Did, text: Arc<Held>, turn: Turn) -> Result<Fetched, ResolveError> {
        let (now, seen) = (self.0.environment.now(), self.0.cache.seen(did));
        let (log, broken) = match turn.work(log(did, &text, seen.clone(), now)).await?? {
            Read::Verified(log, broken) => (log, broken),
            Read::NeedsWitnesses => {
                let proofs = self.fetch_proofs(&Identifier::of(did)?).await?;
                let turn = self.0.workers.turn().await?;
                turn.work(witnessed(did, &text, proofs, seen, now)).await??
            }
        };
        // A log that lacks what was served before, or parts from it, is not the newest, whoever serves it now.
        let held = log.it.log();
        match (self.0.cache.seen(did), broken) {
            (Some(seen), None) if !held.continues(seen.log()) => Err(LogError::OtherHistory.into()),
            (_, None) => Ok(Fetched::Log(log)),
            (Some(seen), Some(_)) if !held.continues(seen.log()) && !seen.log().continues(held) => {
                Err(LogError::OtherHistory.into())
            }
            (_, Some(error)) => Ok(Fetched::Broken(log, error)),
        }
    }

    async fn fetch_proofs(&self, identifier: &Identifier) -> Result<Option<Held>, ResolveError> {
        match self.fetch(&self.0.proofs, &identifier.witness_url(), webvh::witness::LARGEST_FILE).await {
            Ok(text) => Ok(Some(text)),
            Err(ResolveError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fetches at most `limit` bytes, when there is room for them. Hosts may let us wait, so that each first takes little
    /// room; only one that has served that much, and has more, is asked again with all of it. What it announces counts for nothing.
    async fn fetch(&self, room: &Room, url: &str, limit: usize) -> Result<Held, ResolveError> {
        let first = limit.min(USUAL);
        match self.fetch_within(room, url, first).await {
            Err(Missed::TooLarge) if first < limit => Ok(self.fetch_within(room, url, limit).await?),
            fetched => Ok(fetched?),
        }
    }

    async fn fetch_within(&self, room: &Room, url: &str, limit: usize) -> Result<Held, Missed> {
        let url = url.parse().map_err(|_| ResolveError::Unreachable)?;
        let request = Request::get(url).with_limit(limit).with_length_disbelieved().with_connection_closed();
        let of_this_machine = request.url.host_str().is_some_and(is_development_host);
        let place = room.place(limit.saturating_add(BESIDE_BODY)).await?;
        let response = self.0.fetch.fetch(request).await.map_err(|error| {
            // The error says what failed, never what was fetched.
            tracing::debug!(%error, "a DID's host gave no usable answer");
            match error {
                OutboundError::TooLarge { .. } => Missed::TooLarge,
                error => not_fetched(&error, of_this_machine).into(),
            }
        })?;
        match response.status.as_u16() {
            200 => Ok(place.hold(response.body.to_vec())),
            404 | 410 => Err(ResolveError::NotFound.into()),
            _ => Err(ResolveError::Unreachable.into()),
        }
    }
}

/// Why nothing was fetched.
enum Missed {
    /// There is more of it than was asked for.
    TooLarge,
    Refused(ResolveError),
}

impl From<ResolveError> for Missed {
    fn from(error: ResolveError) -> Self {
        Self::Refused(error)
    }
}

impl From<Missed> for ResolveError {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::TooLarge => Self::Unreachable,
            Missed::Refused(error) => error,
        }
    }
}

/// A client gives the answers of hosts as they are, whatever their status. As an error 429 is our own: the host was to be
/// called more often than is kind. So is that nobody had time to look its name up. Names of this machine that may not be called are told as what they are: they are nobody's
/// secret, and whoever runs the demo beside a resolver forgot that it has to be opened for them.
fn not_fetched(error: &OutboundError, of_this_machine: bool) -> ResolveError {
    match error {
        OutboundError::InsecureScheme | OutboundError::ForbiddenAddress if of_this_machine => {
            ResolveError::Development
        }
        OutboundError::Status { status: StatusCode::TOO_MANY_REQUESTS } | OutboundError::Busy => {
            ResolveError::Busy
        }
        _ => ResolveError::Unreachable,
    }
}

/// Reads a document.
fn document(did: &Did, text: Arc<Held>) -> impl FnOnce() -> Result<Weighed<Document>, ResolveError> + use<> {
    let did = did.clone();
    move || {
        let document = did::web::resolve(&did, &text).map_err(ResolveError::Document)?;
        let weight = did::weight(document.members());
        // To us it is as one whose text is too large.
        if weight > HEAVIEST { Err(ResolveError::Unreachable) } else { Ok(Weighed::new(document, weight)) }
    }
}

/// What verifies of a log of `did`, and why the next entry does not.
type Verified = (Weighed<KnownLog>, Option<LogError>);

/// What was read of a log before its witnesses were asked.
enum Read {
    Verified(Weighed<KnownLog>, Option<LogError>),
    /// Their proofs come first. Hosts may let us wait for them: until then the text alone is held.
    NeedsWitnesses,
}

/// Verifies a log; of one that begins with what was `seen`, what follows alone.
fn log(
    did: &Did,
    text: &Arc<Held>,
    seen: Option<Arc<KnownLog>>,
    now: Timestamp,
) -> impl FnOnce() -> Result<Read, LogError> + use<> {
    let (did, text) = (did.clone(), Arc::clone(text));
    move || {
        let (log, broken) = weighed(&did, read(seen.as_deref(), &text, now))?;
        let needs_witnesses = log.it.log().needs_witnesses();
        Ok(if needs_witnesses { Read::NeedsWitnesses } else { Read::Verified(log, broken) })
    }
}

/// Verifies a log once more, and what of it its witnesses approved.
fn witnessed(
    did: &Did,
    text: &Arc<Held>,
    proofs: Option<Held>,
    seen: Option<Arc<KnownLog>>,
    now: Timestamp,
) -> impl FnOnce() -> Result<Verified, LogError> + use<> {
    let (did, text) = (did.clone(), Arc::clone(text));
    move || {
        let (log, broken) = read(seen.as_deref(), &text, now);
        let log = log.ok_or(broken.unwrap_or(LogError::Empty))?;
        let (approved, lacking) = log.approved(&text, proofs.as_deref(), now);
        weighed(&did, (approved, lacking.or(broken)))
    }
}

fn read(seen: Option<&KnownLog>, text: &[u8], now: Timestamp) -> (Option<KnownLog>, Option<LogError>) {
    seen.map_or_else(|| KnownLog::read(text, now), |seen| seen.read_on(text, now))
}

/// A log that does not name the DID is a stranger's: nothing of it counts.
fn weighed(did: &Did, read: (Option<KnownLog>, Option<LogError>)) -> Result<Verified, LogError> {
    let (log, broken) = match read {
        (Some(known), broken) if known.log().names(did) => (known, broken),
        (Some(_), broken) => return Err(broken.unwrap_or(LogError::OtherDid)),
        (None, broken) => return Err(broken.unwrap_or(LogError::Empty)),
    };
    let weight = log.log().weight();
    if weight > HEAVIEST { Err(LogError::TooLarge) } else { Ok((Weighed::new(log, weight), broken)) }
}

fn answer(did: &Did, version: &Version, fetched: Fetched) -> Result<Resolution, ResolveError> {
    match fetched {
        Fetched::Log(log) => log.it.log().resolve(did, version),
        // Older versions may be certain although the end of the log is broken.
        Fetched::Broken(log, _) if log.it.log().answers_in_spite_of_a_broken_end(version) => {
            log.it.log().resolve(did, version)
        }
        Fetched::Broken(_, error) => Err(error.into()),
        // A did:web has no history to choose from.
        Fetched::Document(_) if *version != Version::Latest => Err(ResolveError::Feature),
        Fetched::Document(document) => {
            Ok(Resolution { document: document.it.as_ref().clone(), metadata: DocumentMetadata::default() })
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
