//! Sign-ups that wait, decisions about them, and what is known of whom.

use network::decision::Outcome;
use serde_json::{Value, json};
use verifier::Space;
use verifier::records::{Contact, Provenance, SignUp};

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
pub(super) fn sign_up(sign_up: &SignUp) -> Value {
    json!({"id": sign_up.id, "form": sign_up.form, "answered_at": time(sign_up.answered_at)})
}

/// What is known of a contact.
pub(super) async fn contact(space: &Space, id: &str, with_values: bool) -> Result<Value, String> {
    let (contact, values): (Contact, Vec<Value>) = if with_values {
        let (contact, values) = space.contact(id).await.map_err(said)?;
        (contact, values.0.iter().map(|kept| kept.value().unwrap_or_default()).collect())
    } else {
        (space.provenance(id).await.map_err(said)?, Vec::new())
    };
    let ends = space.ends_of(&contact).await.map_err(said)?;
    let given = contact.given.iter().zip(ends).enumerate().map(|(place, (given, end))| {
        let mut line = provenance(given, end);
        if let (Some(value), Some(members)) = (values.get(place), line.as_object_mut()) {
            members.insert("value".to_owned(), value.clone());
        }
        line
    });
    Ok(
        json!({"id": contact.id, "can_be_written_to": contact.inbox.is_some(), "given": given.collect::<Vec<_>>()}),
    )
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
        "kept_days": given.kept_days,
        "until": end.map(time),
        "kept": kept,
    })
}
