//! The history, and what each space has.

use ::wallet::{Given, HistoryEntry, HistoryKind, SpaceView, shown};
use serde_json::{Value, json};

use super::{Report, called, held, moment, value};
use crate::wallet::words::{self, joined_by_commas, list};

pub(in crate::wallet) fn history(entries: &[HistoryEntry], spaces: &[SpaceView]) -> Report {
    let mut lines = Vec::new();
    for entry in entries {
        let host = entry.host.as_deref();
        let party = called(entry.party.as_deref().or(host).unwrap_or("unknown"), host);
        let ending = entry
            .not_completed
            .as_deref()
            .map_or("completed".to_owned(), |code| format!("not completed: {}", why(code)));
        let (kind, requested, presented) = columns(entry.kind);
        lines.push(format!("{} {kind} {party} ({ending})", moment(entry.at)));
        if !entry.requested.is_empty() {
            let nothing = entry.presented.is_empty() && entry.not_completed.is_some();
            let result = if nothing { "nothing".to_owned() } else { named(entry.kind, &entry.presented) };
            lines.push(format!("  {requested}: {}", named(entry.kind, &entry.requested)));
            lines.push(format!("  {presented}: {result}"));
        }
        if !entry.offered_less.is_empty() {
            lines.push(format!("  offered instead: {}", list(&entry.offered_less)));
        }
        if let Some(reason) = &entry.reason {
            lines.push(format!("  it said: {}", shown(reason)));
        }
        if let Some(purpose) = &entry.purpose {
            lines.push(format!("  why: {}", shown(purpose)));
        }
        if let Some(contact) = entry.data_protection_contact.as_ref().filter(|_| !entry.presented.is_empty())
        {
            lines.push(format!("  ask for deletion: {}", shown(contact)));
        }
    }
    for space in spaces {
        lines.push(format!("{} ({})", shown(&space.name), shown(&space.host)));
        lines.extend(space.given.iter().map(given));
        let changes = space.changes.iter();
        lines.extend(
            changes.map(|change| {
                format!("  {} {} (proof of change kept)", moment(change.at), shown(&change.what))
            }),
        );
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

/// Why something was not completed: in words for what members meet, else by its code.
fn why(code: &str) -> String {
    let words = match code {
        "declined" => "you said no",
        "left_open" => "you left it open",
        "beyond_registration" => "it asked for more than it registered",
        "cannot_be_satisfied" => "you did not have what was needed",
        "no_fresh_copy" => "no copy was left that can be shown",
        "offered_less" => "you offered less",
        "counter_offer_declined" => "less was not enough for it",
        "declined_by_space" => "it said no",
        "access_denied" => "it was declined on the issuer's page",
        "not_returned" => "you did not come back from its page",
        "not_taken" => "the answer was not taken",
        "put_off" => "it could not take the answer yet",
        "outcome_unknown" => "the answer was sent, and what became of it is not known",
        "unreachable" => "it could not be reached",
        "still_to_come" => "it will come later",
        "partly" => "a part did not come",
        "promised_anew" => "it was promised anew",
        "never_ready" | "never_came" => "it did not come within 30 days",
        "let_go" => "you let go of it",
        other => return shown(other),
    };
    words.to_owned()
}

/// One answer: what the space was given.
fn given(given: &Given) -> String {
    let names: Vec<String> = given.claims.iter().map(|claim| claim.claim.clone()).collect();
    let names = list(&names);
    let proof = if given.proof.is_some() { "proof of sharing kept" } else { "no proof of sharing" };
    let at = moment(given.at);
    if given.outcome.as_deref() == Some("declined") {
        return format!("  {at} declined, so nothing of it is to be kept there: {names} ({proof})");
    }
    let outcome = given.outcome.as_deref().map(|outcome| format!(", {}", shown(outcome))).unwrap_or_default();
    format!("  {at} {names} ({proof}{outcome})")
}

/// What an entry of the history names: claims of a request, types of an offer.
fn named(kind: HistoryKind, names: &[String]) -> String {
    match kind {
        HistoryKind::Offer => joined_by_commas(names.iter().map(|name| words::kind(name))),
        _ => list(names),
    }
}

/// What a kind of entry is called, and its two lists.
const fn columns(kind: HistoryKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        HistoryKind::Offer => ("credentials of", "offered or asked for", "received"),
        HistoryKind::Request => ("request of", "asked", "given"),
        HistoryKind::FollowUp => ("follow-up of", "awaited", "received"),
        HistoryKind::Mail => ("mail of", "asked", "received"),
        HistoryKind::Change => ("change at", "asked", "done for"),
        HistoryKind::Identity => ("change of your identifier or number at", "wished", "done"),
        HistoryKind::Network => ("network", "asked", "given"),
    }
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
