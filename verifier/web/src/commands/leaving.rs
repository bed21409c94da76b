//! What a space has, a piece at a time, as lines of its export (specs/space-export.md).

use serde_json::{Value, json};
use verifier::leaving::{Carried, Part};
use verifier::outgoing::records::Way;
use verifier::records::SignUp;
use verifier::{Space, SpaceError};

use super::inviting::invitation;
use super::{contacts, counter_offers, keys, members, objections, outgoing, sites, time};

/// Most things in one answer.
const MOST: usize = 100;

/// A piece, and where to go on.
pub(super) async fn carry(space: &Space, part: Part, after: Option<&str>) -> Result<Value, SpaceError> {
    let piece = space.carried(part, after, MOST).await?;
    let mut lines = Vec::with_capacity(piece.items.len());
    for item in &piece.items {
        lines.push(line(space, item).await?);
    }
    Ok(json!({"lines": lines, "next": piece.next}))
}

async fn line(space: &Space, item: &Carried) -> Result<Value, SpaceError> {
    Ok(match item {
        Carried::Member(member) => of_kind("member", members::member(member)),
        Carried::SignUp(sign_up) => of_kind("sign-up", whole_sign_up(sign_up)),
        Carried::Contact(contact, values) => {
            let values = values.0.iter().map(|kept| Some(kept.value().unwrap_or_default())).collect();
            of_kind("contact", contacts::known_with_notes(space, contact, values).await?)
        }
        Carried::Imported(one) => json!({
            "kind": "imported", "id": one.record.id, "details": one.details, "source": one.record.source.name(),
            "purpose": one.record.purpose, "legal_basis": one.record.basis, "form": one.record.form,
            "at": time(one.record.at), "until": time(one.record.until), "invited_at": one.record.invited_at.map(time),
        }),
        Carried::Objection(read) => of_kind("objection", objections::objection(read)),
        Carried::Form(version) => json!({
            "kind": "form-version", "form": version.form, "version": version.number, "by": version.by,
            "at": time(version.at), "is_withdrawn": version.is_withdrawn,
        }),
        Carried::CounterOffer(offered) => of_kind("counter-offer", counter_offers::offered(offered)),
        Carried::Invitation(one) => of_kind("invitation", invitation(space, one)),
        Carried::Site(site) => of_kind("site", sites::shown(site)),
        Carried::Recipient(one) => {
            let mut line = of_kind("recipient", outgoing::recipient(one));
            let (way, template) = match &one.way {
                Way::Action { template } => ("action", serde_json::to_value(template).unwrap_or_default()),
                Way::Webhook { .. } => ("webhook", Value::Null),
            };
            if let Some(members) = line.as_object_mut() {
                members.extend([("way".to_owned(), way.into()), ("template".to_owned(), template)]);
            }
            line
        }
        Carried::Door(door) => json!({
            "kind": "door", "id": door.id, "name": door.name, "plans": door.plans, "since": time(door.since),
            "template": serde_json::to_value(&door.template).unwrap_or_default(),
        }),
        Carried::ApiKey(key) => of_kind("key", keys::shown(space, key)),
        Carried::Leaf(leaf) => {
            json!({"kind": "log", "at": time(leaf.logged_at().seconds()), "leaf": serde_json::to_value(leaf.leaf()).unwrap_or_default()})
        }
        _ => Value::Null,
    })
}

fn of_kind(kind: &str, mut line: Value) -> Value {
    if let Some(members) = line.as_object_mut() {
        members.insert("kind".to_owned(), kind.into());
    }
    line
}

fn whole_sign_up(sign_up: &SignUp) -> Value {
    json!({
        "id": sign_up.id,
        "form": sign_up.form,
        "answered_at": time(sign_up.answered_at),
        "member": sign_up.member,
        "decision": sign_up.decided.as_ref().map(|decided| &decided.decision),
        "sharing_proof": sign_up.sharing_proof,
    })
}
