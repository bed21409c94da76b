//! Sparing the hosts that are called: whoever asks for many DIDs must not make this resolver flood somebody else, nor use up
//! what others may ask of that host.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use outbound::{Fetch, Fetching, OutboundError, Request, zone};
use url::Url;
use web::limits::Limiter;

use crate::client;

/// Calls to one host within a minute.
const CALLS: u32 = 600;
/// Hosts' worth of calls to all names below one: a zone that answers for every name may lead each to one victim.
const HOSTS: u32 = 4;
const PERIOD: Duration = Duration::from_secs(60);

/// One of so many calls to a host is for the questions of one client.
const CLIENTS: u32 = 4;
/// One of so many calls to a host is for addresses that answered before.
const RESERVE: u32 = 5;
/// Most addresses of which is known that they answered.
const KNOWN: usize = 1 << 14;

/// A [`Fetch`] that calls no host more often than its budget allows, nor the names that share their last two labels more
/// often than four hosts together. Which names have one owner nobody can tell without a list of public suffixes: those
/// of one suffix share a budget too (`a.co.example`, `b.co.example`), and who owns many zones has a budget for each.
///
/// One client has a quarter of each budget, and a fifth is left for addresses that answered before: whoever asks for DIDs
/// that do not exist does not silence the host for those that do.
#[derive(Debug)]
pub struct Spared<F> {
    fetch: F,
    hosts: Budget,
    zones: Budget,
    known: Known,
}

/// What may be asked of each host, or of each zone.
#[derive(Debug)]
struct Budget {
    anything: Limiter,
    known: Limiter,
    of_client: Limiter,
}

/// Addresses that answered, by hashes that nobody can predict. A new one may take the place of another.
struct Known {
    places: Vec<AtomicU64>,
    hasher: RandomState,
}

impl<F: Fetch> Spared<F> {
    /// `fetch`, with 600 calls to each host within a minute.
    #[must_use]
    pub fn new(fetch: F) -> Self {
        Self::with_budget(fetch, CALLS)
    }

    /// `fetch`, with `calls` calls to each host within a minute.
    #[must_use]
    pub fn with_budget(fetch: F, calls: u32) -> Self {
        let zones = Budget::new(calls.saturating_mul(HOSTS));
        Self { fetch, hosts: Budget::new(calls), zones, known: Known::new() }
    }

    fn may_call(&self, url: &Url) -> bool {
        let (host, known) = (url.host_str().unwrap_or_default(), self.known.holds(url));
        self.hosts.take(&host, known) && self.zones.take(&zone(host), known)
    }
}

impl Budget {
    fn new(calls: u32) -> Self {
        let limiter = |calls: u32| Limiter::new(NonZeroU32::new(calls).unwrap_or(NonZeroU32::MIN), PERIOD);
        let part = |parts: u32| calls.checked_div(parts).unwrap_or(0);
        let reserve = part(RESERVE);
        Self {
            anything: limiter(calls.saturating_sub(reserve)),
            known: limiter(reserve),
            of_client: limiter(part(CLIENTS)),
        }
    }

    fn take<K: Hash>(&self, key: &K, known: bool) -> bool {
        let of_client = |client: IpAddr| self.of_client.take(&(client, key)).is_ok();
        client::current().is_none_or(of_client)
            && (self.anything.take(key).is_ok() || (known && self.known.take(key).is_ok()))
    }
}

impl Known {
    fn new() -> Self {
        let places = std::iter::repeat_with(AtomicU64::default).take(KNOWN).collect();
        Self { places, hasher: RandomState::new() }
    }

    fn place(&self, url: &Url) -> Option<(&AtomicU64, u64)> {
        let hash = self.hasher.hash_one(url.as_str());
        let place = usize::try_from(hash.checked_rem(u64::try_from(KNOWN).ok()?)?).ok()?;
        self.places.get(place).map(|place| (place, hash))
    }

    fn add(&self, url: &Url) {
        if let Some((place, hash)) = self.place(url) {
            place.store(hash, Ordering::Relaxed);
        }
    }

    fn holds(&self, url: &Url) -> bool {
        self.place(url).is_some_and(|(place, hash)| place.load(Ordering::Relaxed) == hash)
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Known")
    }
}

impl<F: Fetch> Fetch for Spared<F> {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        if !self.may_call(&request.url) {
            tracing::warn!("a host was to be called more often than is kind");
            let spared = OutboundError::Status { status: StatusCode::TOO_MANY_REQUESTS };
            return Box::pin(std::future::ready(Err(spared)));
        }
        let url = request.url.clone();
        Box::pin(async move {
            let answer = self.fetch.fetch(request).await;
            if answer.as_ref().is_ok_and(|answer| answer.status == StatusCode::OK) {
                self.known.add(&url);
            }
            answer
        })
    }

    fn permits(&self, url: &Url) -> Result<(), OutboundError> {
        self.fetch.permits(url)
    }
}
