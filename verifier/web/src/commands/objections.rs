//! What members object to, for the team.

use serde_json::{Value, json};
use verifier::Space;
use verifier::member_api::ReadObjection;

use super::{MOST_LISTED, said, time};

/// The objections on file, with their reasons.
pub(super) async fn list(space: &Space) -> Result<Value, String> {
    let filed = space.objections(MOST_LISTED).await.map_err(said)?;
    Ok(json!({"objections": filed.iter().map(objection).collect::<Vec<_>>()}))
}

/// One of them.
pub(super) fn objection(read: &ReadObjection) -> Value {
    let objection = &read.objection;
    json!({
        "sub": objection.sub,
        "id": objection.id,
        "at": time(objection.at),
        "about": objection.about,
        "reason": read.reason,
    })
}
