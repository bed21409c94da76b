//! What members object to, for the team.

use serde_json::{Value, json};
use verifier::Space;

use super::{MOST_LISTED, said, time};

/// The objections on file, with their reasons.
pub(super) async fn list(space: &Space) -> Result<Value, String> {
    let filed = space.objections(MOST_LISTED).await.map_err(said)?;
    let line = |read: &verifier::member_api::ReadObjection| {
        let objection = &read.objection;
        json!({
            "sub": objection.sub,
            "id": objection.id,
            "at": time(objection.at),
            "about": objection.about,
            "reason": read.reason,
        })
    };
    Ok(json!({"objections": filed.iter().map(line).collect::<Vec<_>>()}))
}
