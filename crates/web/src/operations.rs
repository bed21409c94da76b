//! What whoever runs the server looks at: `/healthz` and `/metrics`.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;

/// Most series that are counted; further ones are dropped, so that labels cannot fill the memory.
const MOST_SERIES: usize = 4_096;

static COUNTERS: LazyLock<Mutex<BTreeMap<String, u64>>> = LazyLock::new(Mutex::default);

/// A question to a party's parts: do they work?
pub type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

/// `GET /healthz`: 200 `ok` while `check` says so, else 503.
pub fn health<S: Clone + Send + Sync + 'static>(check: Check) -> Router<S> {
    let answer = move || async move {
        if check().await {
            (StatusCode::OK, "ok\n")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    };
    Router::new().route("/healthz", get(answer))
}

/// A [`Check`] that is content while the process answers at all.
#[must_use]
pub fn alive() -> Check {
    Arc::new(|| Box::pin(std::future::ready(true)))
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

    #[tokio::test]
    async fn health_tells_working_from_not_working() {
        assert_eq!(ask(health(alive()), "/healthz").await, (StatusCode::OK, "ok\n".to_owned()));
        let broken: Check = Arc::new(|| Box::pin(std::future::ready(false)));
        assert_eq!(ask(health(broken), "/healthz").await.0, StatusCode::SERVICE_UNAVAILABLE);
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
