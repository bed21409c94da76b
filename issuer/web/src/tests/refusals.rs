//! What the office's own addresses refuse: with exact status and code, at both replicas, and with nothing changed.

mod did_logs;
mod email;
mod follow_up;
mod lookups;
mod papers;
mod requests;
mod restart;

use presentation::RequestRecord;

use super::*;
use world::Answered;

/// Both replicas say no with this status and code; not one byte of the store is another.
async fn refused(
    world: &World,
    request: impl Fn() -> Request<Body>,
    (status, code): (u16, &str),
    case: &str,
) {
    let before = world.scene.memory.entries();
    for answered in world.both(&request).await {
        assert_eq!(said(&answered), (status, code.to_owned()), "{case}: {}", answered.text);
    }
    assert!(world.scene.memory.entries() == before, "{case}: the store has changed");
}

/// Status and error code.
fn said(answered: &Answered) -> (u16, String) {
    let code = serde_json::from_str::<Value>(&answered.text).unwrap_or_default();
    (answered.status.as_u16(), code["error"].as_str().unwrap_or("none").to_owned())
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post(path: &str, media_type: &str, body: &str) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, media_type);
    request.body(Body::from(body.to_owned())).unwrap()
}

/// Why the last answer to the request about `session` was refused, as the team is told.
async fn reason(world: &World, session: &Value) -> Option<String> {
    let records = world.scene.tenant().list::<RequestRecord>(Range::all(), 100).await.unwrap().items;
    let record = records.into_iter().find(|record| Some(record.subject.as_str()) == session.as_str());
    record.unwrap().refused
}

async fn applications(world: &World) -> usize {
    world.scene.tenant().list::<Application>(Range::all(), 100).await.unwrap().items.len()
}

/// The place of the DID behind a follow-up.
pub(crate) async fn label(world: &World, uri: &str, key: &SigningKey) -> String {
    let found = world.follow_up(uri, key).await.json();
    found["did_hosting"]["location"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
}
