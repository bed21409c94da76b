//! What whoever runs the server looks at: `/healthz` and `/metrics`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
/// Most series that are counted; further ones are dropped, so that labels cannot fill the memory.
const MOST_SERIES: usize = 4_096;

static COUNTERS: LazyLock<Mutex<BTreeMap<String, u64>>> = LazyLock::new(Mutex::default);

/// How long an answer about the health holds for whoever asks next: anybody may ask, and finding out may cost a write.
const ANSWER_HOLDS: Duration = Duration::from_secs(1);
/// A party that takes longer to say that it works does not work.
const PATIENCE: Duration = Duration::from_secs(5);

/// `GET /healthz`: 200 `ok` while `ask` finds that the party can do its work, else 503 `not ready`. It is asked once a second
/// at most.
pub fn health<S, E, F>(ask: impl Fn() -> F + Send + Sync + 'static) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    E: Display + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
{
    shown(Health { ask, holds: ANSWER_HOLDS, patience: PATIENCE, last: tokio::sync::Mutex::new(None) })
}

fn shown<S, A, E, F>(health: Health<A>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    A: Fn() -> F + Send + Sync + 'static,
    E: Display + Send + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
{
    let health = Arc::new(health);
    let answer = move || async move {
        if health.is_good().await {
            (StatusCode::OK, "ok\n")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    };
    Router::new().route("/healthz", get(answer))
}

struct Health<A> {
    ask: A,
    holds: Duration,
    patience: Duration,
    /// When an answer was found last, and whether it was a good one.
    last: tokio::sync::Mutex<Option<(Instant, bool)>>,
}

impl<A> Health<A> {
    /// Those who come while an answer is looked for wait for it.
    async fn is_good<E: Display, F: Future<Output = Result<(), E>>>(&self) -> bool
    where
        A: Fn() -> F,
    {
        let mut last = self.last.lock().await;
        if let Some((found, good)) = *last
            && found.elapsed() < self.holds
        {
            return good;
        }
        let good = match tokio::time::timeout(self.patience, (self.ask)()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "not ready");
                false
            }
            Err(_) => {
                tracing::warn!("not ready: no answer in time");
                false
            }
        };
        *last = Some((Instant::now(), good));
        good
    }
}

/// `GET /metrics`: the process's counters as Prometheus reads them. For an address that only the
/// operator reaches.
pub fn metrics<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/metrics", get(|| async { rendered() }))
}

/// Adds one to a counter. Names and labels are of fixed sets (an outcome, a way), never of people.
pub fn count(name: &'static str, labels: &[(&'static str, &str)]) {
    let labels: Vec<String> =
        labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
    let series = if labels.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", labels.join(",")) };
    let mut counters = COUNTERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(counter) = counters.get_mut(&series) {
        *counter = counter.saturating_add(1);
    } else if counters.len() < MOST_SERIES {
        counters.insert(series, 1);
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn rendered() -> Response {
    let counters = COUNTERS.lock().unwrap_or_else(PoisonError::into_inner);
    let lines: String = counters.iter().map(|(series, value)| format!("{series} {value}\n")).collect();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], lines).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::{Body, to_bytes};
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: Router, path: &str) -> (StatusCode, String) {
        let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// A router that says what `works` says, and how often it was asked.
    fn checked(works: bool, holds: Duration) -> (Router, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let ask = move || {
            counter.fetch_add(1, Ordering::SeqCst);
            std::future::ready(if works { Ok(()) } else { Err("the disk is full: canary") })
        };
        (shown(Health { ask, holds, patience: PATIENCE, last: tokio::sync::Mutex::default() }), asked)
    }

    #[tokio::test]
    async fn health_tells_working_from_not_working_and_not_why() {
        let good = ask(checked(true, ANSWER_HOLDS).0, "/healthz").await;
        assert_eq!(good, (StatusCode::OK, "ok\n".to_owned()));
        let broken = ask(checked(false, ANSWER_HOLDS).0, "/healthz").await;
        assert_eq!(broken, (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned()));
    }

    #[tokio::test]
    async fn a_crowd_that_asks_for_the_health_costs_one_look_as_long_as_its_answer_holds() {
        for (works, holds, looks) in [
            (true, Duration::from_secs(3_600), 1),
            (false, Duration::from_secs(3_600), 1),
            (true, Duration::ZERO, 50),
            (false, Duration::ZERO, 50),
        ] {
            let (router, asked) = checked(works, holds);
            for _ in 0..50 {
                ask(router.clone(), "/healthz").await;
            }
            assert_eq!(asked.load(Ordering::SeqCst), looks);
        }
    }

    #[tokio::test]
    async fn a_party_that_hangs_is_not_ready() {
        let health = Health {
            ask: std::future::pending::<Result<(), String>>,
            holds: ANSWER_HOLDS,
            patience: Duration::from_millis(1),
            last: tokio::sync::Mutex::default(),
        };
        assert_eq!(ask(shown(health), "/healthz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test]
    async fn counters_are_shown_with_their_labels_escaped() {
        count("passport_test_total", &[("outcome", "accepted")]);
        count("passport_test_total", &[("outcome", "accepted")]);
        count("passport_test_total", &[("outcome", "a\"b\nc")]);
        let (status, text) = ask(metrics(), "/metrics").await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains("passport_test_total{outcome=\"accepted\"} 2\n"), "{text}");
        assert!(text.contains("passport_test_total{outcome=\"a\\\"b\\nc\"} 1\n"), "{text}");
    }
}
