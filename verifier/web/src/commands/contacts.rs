//! Sign-ups that wait, decisions about them, and what is known of whom.

use network::decision::Outcome;
use serde_json::{Value, json};
use verifier::records::{Contact, Decides, Provenance, SignUp};
use verifier::{Space, SpaceError};

use super::{said, time};

/// Decides a sign-up.
pub(super) async fn decide(
    space: &Space,
    id: &str,
    outcome: Outcome,
    reason: Option<String>,
) -> Result<Value, String> {
    space.decide(id, outcome, reason).await.map_err(said)?;
    let decision = if outcome == Outcome::Approved { "approved" } else { "declined" };
    Ok(json!({"id": id, "decision": decision}))
}

/// A sign-up that waits, for a list.
pub(crate) fn sign_up(sign_up: &SignUp) -> Value {
    let decides = match sign_up.decides {
        _ if sign_up.waits_for_a_place => "a-place",
        Decides::Rule | Decides::Declined(_) => "rule",
        Decides::Person => "person",
        Decides::Software => "elsewhere",
    };
    json!({"id": sign_up.id, "form": sign_up.form, "version": sign_up.version, "waits_for": decides, "answered_at": time(sign_up.answered_at)})
}

/// What is known of a contact.
pub(super) async fn contact(space: &Space, id: &str, with_values: bool) -> Result<Value, String> {
    if !with_values {
        let contact = space.provenance(id).await.map_err(said)?;
        return known(space, &contact, Vec::new()).await.map_err(said);
    }
    let (contact, values) = space.contact(id).await.map_err(said)?;
    let values = values.0.iter().map(|kept| Some(kept.value().unwrap_or_default())).collect();
    known_with_notes(space, &contact, values).await.map_err(said)
}

/// The same of a contact in hand, with the values that were opened; of a detail that is for others of the team there is none.
pub(crate) async fn known(
    space: &Space,
    contact: &Contact,
    values: Vec<Option<Value>>,
) -> Result<Value, SpaceError> {
    let ends = space.ends_of(contact).await?;
    let now = space.tenant().environment().now().seconds();
    // What is over lies there until its job has come, and is not held any more all the same.
    let in_time = contact.given.iter().zip(ends).filter(|(_, end)| end.is_none_or(|end| now < end));
    let given = in_time.enumerate().map(|(place, (given, end))| {
        let mut line = provenance(given, end);
        if let (Some(Some(value)), Some(members)) = (values.get(place), line.as_object_mut()) {
            members.insert("value".to_owned(), value.clone());
        }
        line
    });
    Ok(
        json!({"id": contact.id, "can_be_written_to": contact.inbox.is_some(), "given": given.collect::<Vec<_>>()}),
    )
}

/// The same with what the team wrote, for whoever had the look at it noted.
pub(crate) async fn known_with_notes(
    space: &Space,
    contact: &Contact,
    values: Vec<Option<Value>>,
) -> Result<Value, SpaceError> {
    let mut line = known(space, contact, values).await?;
    let notes: Vec<Value> = space
        .notes_of(contact)?
        .iter()
        .map(|note| json!({"at": time(note.at), "by": note.by, "text": note.text}))
        .collect();
    if let Some(members) = line.as_object_mut().filter(|_| !notes.is_empty()) {
        members.insert("notes".to_owned(), notes.into());
    }
    Ok(line)
}

/// Where a detail came from, and until when it is kept: `end`, as far as one is known by now.
fn provenance(given: &Provenance, end: Option<i64>) -> Value {
    let kept = match (end, given.kept_days) {
        (Some(end), _) => format!("until {}", time(end)),
        (None, Some(days)) => format!("while a member, and {days} days after"),
        (None, None) => "while a member".to_owned(),
    };
    json!({
        "claim": given.claim,
        "type": given.vct,
        "word_of": given.word_of,
        "needed": given.needed,
        "purpose": given.purpose,
        "who_sees_it": given.audience.name(),
        "seen_in_team": given.seen_in_team.name(),
        "kept_days": given.kept_days,
        "until": end.map(time),
        "kept": kept,
    })
}
