//! Rate limits: budgets per client address, session, code or any other key, in bounded memory.
//!
//! These protect a process from being flooded. What must be counted exactly and across replicas (tries
//! at a code or a passphrase) is counted in the store.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{HeaderValue, StatusCode};

use crate::ApiError;
use crate::errors::{error_page, wants_page};

/// How many budgets one limiter keeps. Keys are spread over them by a hash that nobody can predict: two
/// of many keys may share a budget, but no flood of keys takes more memory.
const BUDGETS: u64 = 65_536;

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
    budgets: DefaultKeyedRateLimiter<u64>,
    hasher: RandomState,
    clock: DefaultClock,
}

impl Limiter {
    /// Every key may act `burst` times at once and regains all of that evenly within `period`.
    #[must_use]
    pub fn new(burst: NonZeroU32, period: Duration) -> Self {
        let each = period.checked_div(burst.get()).unwrap_or(period);
        let quota = Quota::with_period(each).unwrap_or(Quota::per_second(burst)).allow_burst(burst);
        let budgets = RateLimiter::dashmap(quota);
        Self(Arc::new(Inner { budgets, hasher: RandomState::new(), clock: DefaultClock::default() }))
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

/// Who a request comes from, as far as rate limits care: an IPv4 address, or the /64 network of an IPv6
/// address, within which a client takes as many addresses as it likes.
#[must_use]
pub fn client_key(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    match peer.map(|ConnectInfo(address)| address.ip().to_canonical()) {
        Some(IpAddr::V6(address)) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        Some(address) => address,
        None => IpAddr::from([0, 0, 0, 0]),
    }
}

/// A layer that gives each client address a budget:
/// `router.layer(middleware::from_fn_with_state(limiter, limits::by_client))`.
pub async fn by_client(State(limiter): State<Limiter>, request: Request, next: Next) -> Response {
    let Err(limited) = limiter.take(&client_key(&request)) else { return next.run(request).await };
    if !wants_page(request.headers()) {
        return limited.into_response();
    }
    let mut page = error_page(crate::Words::of_request(request.headers()), StatusCode::TOO_MANY_REQUESTS);
    page.headers_mut().insert(http::header::RETRY_AFTER, HeaderValue::from(limited.retry_after));
    page
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use axum::{Router, middleware};
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
        assert_eq!(client_key(&request("2001:db8:1:2::1")), client_key(&request("2001:db8:1:2:ffff::9")));
        assert_ne!(client_key(&request("2001:db8:1:2::1")), client_key(&request("2001:db8:1:3::1")));
        assert_ne!(client_key(&request("192.0.2.1")), client_key(&request("192.0.2.2")));
        assert_eq!(client_key(&request("::ffff:192.0.2.1")), client_key(&request("192.0.2.1")));
    }

    #[tokio::test]
    async fn a_client_over_its_budget_gets_429_with_a_time() {
        let router = Router::new()
            .route("/", get(|| async { "fine" }))
            .layer(middleware::from_fn_with_state(limiter(1), by_client));
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
}
