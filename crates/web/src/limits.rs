//! Rate limits: budgets per client address, session, code or any other key, in bounded memory.
//!
//! These protect a process from being flooded. What must be counted exactly and across replicas (tries
//! at a code or a passphrase) is counted in the store.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::Instant;

use crate::errors::{error_page, wants_page};
use crate::session::SessionSecret;
use crate::{ApiError, proxies};

/// How many budgets one limiter keeps. Keys are spread over them by a hash that nobody can predict: two
/// of many keys may share a budget, but no flood of keys takes more memory.
const BUDGETS: u64 = 65_536;

/// How many requests of wallets, of other servers and of waiting pages count as one of a person's.
pub const PROGRAMS: u32 = 100;
/// Within which a client regains its requests.
const PERIOD: Duration = Duration::from_secs(60);

/// The budget of a key is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; try again in {retry_after} seconds")]
pub struct Limited {
    /// Whole seconds until the next try has a chance, at least 1.
    pub retry_after: u32,
}

impl From<Limited> for ApiError {
    fn from(limited: Limited) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "slow_down", "too many requests; try again later")
            .with_header(http::header::RETRY_AFTER, HeaderValue::from(limited.retry_after))
    }
}

impl IntoResponse for Limited {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response()
    }
}

/// Budgets of equal size for any number of keys; cheap to clone.
#[derive(Clone)]
pub struct Limiter(Arc<Inner>);

struct Inner {
    budgets: RateLimiter<u64, DashMapStateStore<u64>, RuntimeClock, NoOpMiddleware<Duration>>,
    hasher: RandomState,
    clock: RuntimeClock,
}

/// The time since the limiter was made, by the clock of the runtime: it never goes back, and a test whose runtime's clock
/// is paused counts what a budget allows, not what it regains on a slow machine.
#[derive(Clone)]
struct RuntimeClock(Instant);

impl Clock for RuntimeClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Limiter {
    /// Every key may act `burst` times at once and regains all of that evenly within `period`.
    #[must_use]
    pub fn new(burst: NonZeroU32, period: Duration) -> Self {
        let each = period.checked_div(burst.get()).unwrap_or(period);
        let quota = Quota::with_period(each).unwrap_or(Quota::per_second(burst)).allow_burst(burst);
        let clock = RuntimeClock(Instant::now());
        let budgets = RateLimiter::dashmap_with_clock(quota, clock.clone());
        Self(Arc::new(Inner { budgets, hasher: RandomState::new(), clock }))
    }

    /// Takes one from the budget of `key`.
    ///
    /// # Errors
    /// [`Limited`] if nothing is left.
    pub fn take(&self, key: &impl Hash) -> Result<(), Limited> {
        let inner = &self.0;
        let key = inner.hasher.hash_one(key).checked_rem(BUDGETS).unwrap_or(0);
        inner.budgets.check_key(&key).map_err(|refusal| {
            let wait = refusal.wait_time_from(inner.clock.now());
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
            Limited { retry_after: seconds.saturating_add(1) }
        })
    }
}

impl std::fmt::Debug for Limiter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Limiter")
    }
}

/// Who a client is, as far as limits care: an IPv4 address, or the /64 network of an IPv6 address, within which a client
/// takes as many addresses as it likes.
#[must_use]
pub fn client_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

/// The network around a client: a /24 of IPv4, a /48 of IPv6, which is what one site is given.
#[must_use]
pub fn network_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 80 << 80).into()),
        IpAddr::V4(address) => IpAddr::V4((address.to_bits() >> 8 << 8).into()),
    }
}

/// `router` where each client may make `requests` requests at once and regains them within a minute.
pub fn limited<S: Clone + Send + Sync + 'static>(router: Router<S>, requests: u32) -> Router<S> {
    limited_within(router, requests, PERIOD)
}

/// `router` where each client may make `requests` requests at once and regains them within `period`: for what one client needs seldom,
/// and what is kept for others as long.
pub fn limited_within<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    requests: u32,
    period: Duration,
) -> Router<S> {
    let budget = Limiter::new(NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN), period);
    router.layer(from_fn_with_state(budget, by_client))
}

/// `router` where each session may make `requests` requests at once and regains them within a minute. For the steps of
/// people who sit behind one address, as in a coworking space: nobody uses up the tries of others. Whoever has no
/// session, or makes ever new ones, meets the limits of the client around it.
pub fn limited_by_session<S: Clone + Send + Sync + 'static>(router: Router<S>, requests: u32) -> Router<S> {
    let budget = Limiter::new(NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN), PERIOD);
    router.layer(from_fn_with_state(budget, by_session))
}

async fn by_client(State(limiter): State<Limiter>, request: Request, next: Next) -> Response {
    let client = client_key(proxies::client(request.extensions()));
    match limiter.take(&client) {
        Ok(()) => next.run(request).await,
        Err(limited) => slowed(limited, request.headers()),
    }
}

async fn by_session(State(limiter): State<Limiter>, request: Request, next: Next) -> Response {
    let session = SessionSecret::of_request(request.headers()).map(|secret| secret.id());
    match session.map_or(Ok(()), |session| limiter.take(&session)) {
        Ok(()) => next.run(request).await,
        Err(limited) => slowed(limited, request.headers()),
    }
}

/// What is answered in the place of what a budget does not allow: a page for browsers, JSON for programs.
#[must_use]
pub fn slowed(limited: Limited, headers: &HeaderMap) -> Response {
    if !wants_page(headers) {
        return limited.into_response();
    }
    let mut page = error_page(crate::Words::of_request(headers), StatusCode::TOO_MANY_REQUESTS);
    page.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(limited.retry_after));
    page
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    fn limiter(burst: u32) -> Limiter {
        Limiter::new(NonZeroU32::new(burst).unwrap(), Duration::from_secs(86_400))
    }

    #[test]
    fn a_key_has_its_burst_and_then_waits_while_others_go_on() {
        let limiter = limiter(3);
        for _ in 0..3 {
            assert_eq!(limiter.take(&"ada"), Ok(()));
        }
        let limited = limiter.take(&"ada").unwrap_err();
        assert!((28_000..=28_801).contains(&limited.retry_after), "{limited:?}");
        assert_eq!(limiter.take(&"ben"), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_takes_no_more_memory_than_the_budgets() {
        let limiter = limiter(1);
        let refused = (0..200_000).filter(|key| limiter.take(key).is_err()).count();
        let kept = limiter.0.budgets.len();
        assert!(kept <= usize::try_from(BUDGETS).unwrap());
        assert_eq!(refused, 200_000 - kept);
    }

    fn request(peer: &str) -> Request {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        request
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_client() {
        let key = |address: &str| client_key(address.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("::ffff:192.0.2.1"), key("::ffff:192.0.2.2"));
    }

    #[test]
    fn clients_of_one_site_are_one_network() {
        let key = |address: &str| network_key(address.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:2:2::1"));
        assert_eq!(key("192.0.2.1"), key("192.0.2.255"));
        assert_ne!(key("192.0.2.1"), key("192.0.3.1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.9"));
        assert_ne!(key("::ffff:192.0.2.1"), key("::ffff:192.0.3.1"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_over_its_budget_gets_429_with_a_time() {
        let router = limited(Router::new().route("/", get(|| async { "fine" })), 1);
        assert_eq!(router.clone().oneshot(request("192.0.2.1")).await.unwrap().status(), StatusCode::OK);
        let response = router.clone().oneshot(request("192.0.2.1")).await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(response.headers().contains_key("retry-after"));
        assert_eq!(response.headers()["content-type"], "application/json");
        let mut browser = request("192.0.2.1");
        browser.headers_mut().insert("accept", HeaderValue::from_static("text/html"));
        let response = router.clone().oneshot(browser).await.unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(response.headers().contains_key("retry-after"));
        assert_eq!(router.oneshot(request("192.0.2.2")).await.unwrap().status(), StatusCode::OK);
    }

    #[tokio::test(start_paused = true)]
    async fn people_behind_one_address_have_budgets_of_their_own() {
        let router = limited_by_session(Router::new().route("/", get(|| async { "fine" })), 2);
        let router = limited(router, 8);
        let send = |seed: Option<u64>| {
            let mut sent = request("192.0.2.1");
            if let Some(seed) = seed {
                let secret = SessionSecret::fresh(&environment::SeededRandomness::new(seed));
                let cookie = secret.cookie(None).to_str().unwrap().split(';').next().unwrap().to_owned();
                sent.headers_mut().insert("cookie", cookie.parse().unwrap());
            }
            let router = router.clone();
            async move { router.oneshot(sent).await.unwrap().status().as_u16() }
        };
        let mut statuses = Vec::new();
        for session in [Some(1), Some(1), Some(1), Some(2), Some(2), None, None, None, Some(3)] {
            statuses.push(send(session).await);
        }
        // The third of the first session is one too many; the last meets the limit of the address.
        assert_eq!(statuses, [200, 200, 429, 200, 200, 200, 200, 200, 429]);
    }
}
