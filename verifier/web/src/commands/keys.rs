//! Keys of programs, from the terminal.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use verifier::api_keys::{ApiKey, NewKey, Scope};
use verifier::forms::ChangedBy;
use verifier::{Space, SpaceError};

use super::time;

const DAY: i64 = 86_400;
/// Longest life of a key that ends by itself, in days.
const LONGEST: u32 = 3_650;

/// What is said of a key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    name: String,
    scopes: BTreeSet<Scope>,
    days: Option<u32>,
}

/// Makes a key; it is shown this once.
pub(super) async fn make(space: &Space, wanted: Wanted) -> Result<Value, String> {
    let until = match wanted.days {
        Some(days) if (1..=LONGEST).contains(&days) => {
            let seconds = i64::from(days).saturating_mul(DAY);
            Some(space.tenant().environment().now().plus(seconds).seconds())
        }
        Some(_) => return Err(format!("days: from 1 to {LONGEST}")),
        None => None,
    };
    let new = NewKey { name: wanted.name.clone(), scopes: wanted.scopes, until };
    let token = space.make_api_key(new, ChangedBy::Terminal).await.map_err(|error| error.to_string())?;
    Ok(json!({"name": wanted.name, "key": token.expose(), "until": until.map(time)}))
}

/// The keys, without what opens anything.
pub(super) async fn list(space: &Space) -> Result<Value, SpaceError> {
    let all = space.api_keys().await?;
    Ok(json!({"keys": all.iter().map(|key| shown(space, key)).collect::<Vec<_>>()}))
}

/// What a key may do, and until when; not what opens anything.
pub(super) fn shown(space: &Space, key: &ApiKey) -> Value {
    json!({
        "name": key.name,
        "scopes": key.scopes,
        "made_at": time(key.made_at),
        "until": key.until.map(time),
        "has_ended": key.has_ended(space.tenant().environment().now()),
        "used_on": key.used_on.map(|day| time(day).chars().take(10).collect::<String>()),
    })
}

/// Revokes a key.
pub(super) async fn revoke(space: &Space, name: &str) -> Result<Value, SpaceError> {
    space.revoke_api_key(name).await?;
    Ok(json!({"revoked": name}))
}
