//! Doors that members open, from the terminal.

use std::collections::{BTreeMap, BTreeSet};

use openid4vc::secret::SecretText;
use serde::Deserialize;
use serde_json::{Value, json};
use verifier::doors::managing::{DoorError, NewDoor};
use verifier::doors::records::{Door, DoorScreen};
use verifier::doors::template::DoorTemplate;
use verifier::forms::ChangedBy;
use verifier::{Space, SpaceError};

use super::outgoing::template_said;
use super::time;
use crate::console::doors::known;
use crate::door::address;

/// What is said of a door.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    name: String,
    template: String,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    plans: BTreeSet<String>,
}

/// A template that comes along.
pub(super) fn template(key: &str) -> Result<Value, String> {
    let Some(text) = known::text(key) else {
        return Err(format!("there are {}", known::keys().collect::<Vec<_>>().join(", ")));
    };
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Enters a door.
pub(super) async fn add(space: &Space, wanted: Wanted) -> Result<Value, String> {
    let template = DoorTemplate::parse(&wanted.template).and_then(|template| template.with(&wanted.set));
    let template = template.map_err(|error| error.to_string())?;
    let new = NewDoor { name: wanted.name, template, plans: wanted.plans };
    let secret = SecretText::new(wanted.secret);
    let made = space.add_door(new, &secret, ChangedBy::Terminal).await.map_err(|error| match error {
        DoorError::Template(error) => template_said(&error),
        other => other.to_string(),
    })?;
    Ok(json!({"id": made.id, "name": made.name, "tag": tag(space, &made)}))
}

/// What a tag at the door says: it opens nothing, and says to scan the screen.
fn tag(space: &Space, door: &Door) -> String {
    space.identity().address(&address(&door.id, ""))
}

/// The doors and their screens, without what opens anything.
pub(super) async fn list(space: &Space) -> Result<Value, SpaceError> {
    let (doors, screens) = (space.doors().await?, space.screens().await?);
    let screen = |one: &DoorScreen| json!({"opened_at": time(one.opened_at), "until": time(one.until)});
    let shown = |door: &Door| {
        json!({
            "id": door.id,
            "name": door.name,
            "lock": door.template.name,
            "request": format!("{} {}", door.template.open.method, door.template.open.url),
            "plans": door.plans,
            "since": time(door.since),
            "tag": tag(space, door),
            "screens": screens.iter().filter(|one| one.door == door.id).map(screen).collect::<Vec<_>>(),
        })
    };
    Ok(json!({"doors": doors.iter().map(shown).collect::<Vec<_>>()}))
}

/// Removes a door.
pub(super) async fn remove(space: &Space, id: &str) -> Result<Value, SpaceError> {
    space.remove_door(id).await?;
    Ok(json!({"removed": id}))
}
