//! The team, from the terminal: the first owner, and whoever lost every passkey.

use openid4vc::secret::SecretText;
use serde_json::{Value, json};
use verifier::Space;
use verifier::team::people::LINK_LIFETIME;
use verifier::team::{Role, TeamError};

use super::time;

/// Takes somebody in; the link is shown this once.
pub(super) async fn invite(space: &Space, name: &str, role: Role) -> Result<Value, String> {
    let (teammate, token) = space.invite_to_team(name, role).await.map_err(said)?;
    Ok(linked(space, &teammate.name, teammate.role, &token))
}

/// Lets somebody in again: earlier passkeys and sessions end.
pub(super) async fn again(space: &Space, name: &str) -> Result<Value, String> {
    let found = space.teammate_named(name).await.map_err(said)?.ok_or_else(nobody)?;
    let token = space.let_in_again(&found.id).await.map_err(said)?;
    Ok(linked(space, &found.name, found.role, &token))
}

/// Ends somebody's access.
pub(super) async fn end(space: &Space, name: &str) -> Result<Value, String> {
    let found = space.teammate_named(name).await.map_err(said)?.ok_or_else(nobody)?;
    space.end_team_access(&found.id).await.map_err(said)?;
    // They are the space's and go on working: whoever reads this decides about each.
    let keys = space.api_keys_made_by(&found.id).await.map_err(|error| error.to_string())?;
    let keys: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    Ok(json!({"ended": found.name, "keys_that_still_work": keys}))
}

/// Who is in the team.
pub(super) async fn list(space: &Space) -> Result<Value, String> {
    let team = space.team().await.map_err(said)?;
    let line = |one: &verifier::team::people::Listed| {
        json!({
            "name": one.teammate.name,
            "role": one.teammate.role,
            "since": time(one.teammate.since),
            "passkeys": one.passkeys,
            "seen": one.seen_at.map(time),
        })
    };
    Ok(json!({"team": team.iter().map(line).collect::<Vec<_>>()}))
}

fn linked(space: &Space, name: &str, role: Role, token: &SecretText) -> Value {
    let now = space.tenant().environment().now();
    json!({
        "name": name,
        "role": role,
        "link": space.identity().address(&format!("/console/enter/{}", token.expose())),
        "until": time(now.plus(LINK_LIFETIME).seconds()),
    })
}

fn nobody() -> String {
    said(TeamError::Nobody)
}

fn said(error: TeamError) -> String {
    error.to_string()
}
