//! The history, and what each space has.

use ::wallet::{Given, HistoryEntry, SpaceView, shown};
use serde_json::{Value, json};
use wallet_web::told::{Told, change_in_words};

use super::{Report, held, moment, value};
use crate::wallet::words::{catalogue, list, within};

pub(in crate::wallet) fn history(entries: &[HistoryEntry], spaces: &[SpaceView]) -> Report {
    let mut lines = Vec::new();
    for entry in entries {
        let told = Told::of(catalogue(), entry);
        let ending =
            told.ending.map_or("completed".to_owned(), |why| format!("not completed: {}", within(&why)));
        lines.push(format!("{} {} ({ending})", moment(entry.at), told.title));
        lines.extend(told.facts.iter().map(|fact| format!("  {}: {}", within(&fact.label), fact.said)));
    }
    for space in spaces {
        lines.push(format!("{} ({})", shown(&space.name), shown(&space.host)));
        lines.extend(space.given.iter().map(given));
        let changes = space.changes.iter();
        lines.extend(changes.map(|change| {
            let did = change_in_words(catalogue(), &change.what);
            format!("  {} {} (proof of change kept)", moment(change.at), within(&did))
        }));
        lines.extend(held::lines(space));
    }
    if lines.is_empty() {
        lines.push("Nothing has happened yet.".to_owned());
    }
    Report {
        lines,
        value: json!({"history": value(&entries), "spaces": spaces.iter().map(space).collect::<Vec<_>>()}),
    }
}

/// One answer: what the space was given.
fn given(given: &Given) -> String {
    let names: Vec<String> = given.named_claims().map(|claim| claim.claim.clone()).collect();
    let names = list(&names);
    let proof = if given.proof.is_some() { "proof of sharing kept" } else { "no proof of sharing" };
    let at = moment(given.at);
    if given.outcome.as_deref() == Some("declined") {
        return format!("  {at} declined, so nothing of it is to be kept there: {names} ({proof})");
    }
    if given.is_kept_no_more() {
        return format!("  {at} ended there, and erased by its own word: {names} ({proof})");
    }
    let outcome = given.outcome.as_deref().map(|outcome| format!(", {}", shown(outcome))).unwrap_or_default();
    format!("  {at} {names} ({proof}{outcome})")
}

/// A space without what only the vault uses.
fn space(space: &SpaceView) -> Value {
    let given = space.given.iter().map(|given| {
        let claims = given.claims.iter().map(|claim| json!({"claim": claim.claim, "type": claim.vct, "audience": claim.audience.name(), "digest": claim.digest}));
        json!({
            "at": given.at, "request": given.request, "purpose": given.purpose, "claims": claims.collect::<Vec<_>>(),
            "proof": given.proof, "decision": given.decision, "outcome": given.outcome,
        })
    });
    json!({"id": space.id, "name": space.name, "host": space.host, "network": space.network, "given": given.collect::<Vec<_>>(), "changes": value(&space.changes), "held": value(&space.held), "left_at": space.left_at})
}
