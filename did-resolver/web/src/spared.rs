//! Sparing the hosts that are called: whoever asks for many DIDs must not make this resolver flood somebody else.

use std::num::NonZeroU32;
use std::time::Duration;

use http::StatusCode;
use outbound::{Fetch, Fetching, OutboundError, Request};
use web::limits::Limiter;

/// Calls to one host within a minute.
const CALLS: u32 = 600;
/// Hosts' worth of calls to all names below one: a zone that answers for every name may lead each to one victim.
const HOSTS: u32 = 4;
const PERIOD: Duration = Duration::from_secs(60);

/// A [`Fetch`] that calls no host more often than its budget allows, nor the names that share their last two labels more
/// often than four hosts together. Which names have one owner nobody can tell without a list of public suffixes: those
/// of one suffix share a budget too (`a.co.example`, `b.co.example`), and who owns many zones has a budget for each.
#[derive(Debug)]
pub struct Spared<F> {
    fetch: F,
    hosts: Limiter,
    zones: Limiter,
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
        let budget = |calls| Limiter::new(NonZeroU32::new(calls).unwrap_or(NonZeroU32::MIN), PERIOD);
        Self { fetch, hosts: budget(calls), zones: budget(calls.saturating_mul(HOSTS)) }
    }
}

/// The last two labels of a name.
fn zone(host: &str) -> &str {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.rmatch_indices('.').nth(1).and_then(|(dot, _)| host.get(dot.saturating_add(1)..)).unwrap_or(host)
}

impl<F: Fetch> Fetch for Spared<F> {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        let host = request.url.host_str().unwrap_or_default();
        if self.hosts.take(&host).is_err() || self.zones.take(&zone(host)).is_err() {
            tracing::warn!("a host was to be called more often than is kind");
            let spared = OutboundError::Status { status: StatusCode::TOO_MANY_REQUESTS };
            return Box::pin(std::future::ready(Err(spared)));
        }
        self.fetch.fetch(request)
    }
}
