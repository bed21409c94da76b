//! What the endpoints refuse: with the status and the code of the standard, for one reason, by both replicas; the
//! domain stores nothing, and the honest answer is taken afterwards.

mod answers;
mod binding;
mod encryption;
mod issuers;
mod lookups;
mod network;
mod paper;
mod papers;
mod queries;
mod restart;
mod status;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::scene::{Asked, Scene, refusal, send};

/// Refused by either replica with 400 and `invalid_request`, for this reason; the domain stored nothing.
async fn refused(
    scene: &Scene,
    subject: &str,
    request: impl Fn() -> Request<Body>,
    reason: &str,
    case: &str,
) {
    refused_with(scene, subject, request, (400, "invalid_request"), reason, case).await;
}

/// Put off by either replica with 503, for this reason: the same answer may be taken later.
async fn put_off(
    scene: &Scene,
    subject: &str,
    request: impl Fn() -> Request<Body>,
    reason: &str,
    case: &str,
) {
    refused_with(scene, subject, request, (503, "temporarily_unavailable"), reason, case).await;
}

async fn refused_with(
    scene: &Scene,
    subject: &str,
    request: impl Fn() -> Request<Body>,
    (status, code): (u16, &str),
    reason: &str,
    case: &str,
) {
    let before = scene.taken().await;
    for router in &scene.routers {
        let answered = send(router.clone(), request()).await;
        assert_eq!(answered.refusal(), refusal(status, code), "{case}: {}", answered.text);
        assert_eq!(answered.headers["cache-control"], "no-store", "{case}");
        assert_eq!(scene.reason(subject).await.as_deref(), Some(reason), "{case}: {}", answered.text);
        assert_eq!(scene.taken().await, before, "{case}: something was stored");
    }
}

/// The honest answer is taken, once.
async fn is_taken(scene: &Scene, subject: &str, asked: &Asked, token: &Value) {
    let before = scene.taken().await;
    let answered = scene.send(asked.post(token, asked.text("state"))).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    assert_eq!((scene.taken().await, scene.reason(subject).await), (before + 1, None));
}

/// `value` with a member put in, or taken away by null.
fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut value = value.clone();
    let members = value.as_object_mut().unwrap();
    if member.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), member);
    }
    value
}

/// A VP token of one presentation.
fn token(query: &str, presentation: impl Into<String>) -> Value {
    json!({query: [presentation.into()]})
}
