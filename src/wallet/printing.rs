//! Printing: everything that comes from outside is made harmless first.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use ::wallet::{
    Accepted, Answer, Binding, Collected, HistoryEntry, HistoryKind, ListedCredential, Offered, OwnDetails,
    Possibility, Presented, Question, RecoveryCode, Refilled, ShareProof, Source, SpaceView, shown,
    shown_json,
};
use serde_json::{Value, json};
use trust::NetworkDescriptor;

use super::Failure;
use super::asking::{claim, list};

/// The result of a command, for people and for machines.
pub(super) struct Report {
    pub(super) lines: Vec<String>,
    pub(super) value: Value,
}

pub(super) fn print(report: &Report, json: bool) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let written = if json {
        writeln!(out, "{}", shown_json(&report.value))
    } else {
        report.lines.iter().try_for_each(|line| writeln!(out, "{line}"))
    };
    ExitCode::from(u8::from(written.is_err()))
}

pub(super) fn fail(failure: &Failure, json: bool) -> ExitCode {
    if json {
        let value = json!({"error": {"code": failure.code, "detail": failure.sentence}});
        let _ = writeln!(std::io::stdout(), "{}", shown_json(&value));
    }
    let _ = writeln!(std::io::stderr(), "{}.", shown(failure.sentence.trim_end_matches('.')));
    ExitCode::FAILURE
}

pub(super) fn made(store: &Path, code: &RecoveryCode) -> Report {
    let printed = code.printed();
    Report {
        lines: vec![
            format!("A wallet was made in {}.", shown(&store.to_string_lossy())),
            "Write this recovery code down and keep it away from this machine. It is shown once:".to_owned(),
            format!("    {}", *printed),
        ],
        value: json!({"store": store.to_string_lossy(), "recovery_code": printed.as_str()}),
    }
}

pub(super) fn changed() -> Report {
    Report { lines: vec!["The passphrase was changed.".to_owned()], value: json!({"changed": true}) }
}

pub(super) fn network(descriptor: &NetworkDescriptor) -> Vec<String> {
    let fingerprint: Vec<String> = descriptor
        .root()
        .certificate()
        .sha256()
        .chunks(2)
        .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    vec![
        format!("Network: {} ({})", shown(descriptor.name()), shown(descriptor.network())),
        format!("Its list of spaces: {}", shown(descriptor.list().as_str())),
        format!("Fingerprint of its root: {}", fingerprint.join(" ")),
    ]
}

pub(super) fn joined(descriptor: &NetworkDescriptor) -> Report {
    Report {
        lines: vec![format!("Joined {}.", shown(descriptor.name()))],
        value: json!({"network": descriptor.network(), "name": descriptor.name()}),
    }
}

pub(super) fn offered(offered: &Offered) -> Vec<String> {
    let mut lines = vec![format!("Offered by {}", shown(&offered.issuer))];
    if let Some(name) = &offered.claimed_name {
        lines.push(format!("  which calls itself {}", shown(name)));
    }
    for credential in &offered.credentials {
        let name = credential.claimed_name.as_deref().unwrap_or(&credential.vct);
        lines.push(format!("  {} ({})", shown(name), shown(&credential.vct)));
    }
    lines
}

pub(super) fn accepted(accepted: &Accepted) -> Report {
    let mut lines: Vec<String> = Vec::new();
    let from = accepted.issuer_name.as_deref().unwrap_or(&accepted.issuer);
    for credential in &accepted.credentials {
        let name = credential.label.as_deref().unwrap_or(&credential.vct);
        let copies = if credential.copies == 1 {
            "1 copy".to_owned()
        } else {
            format!("{} copies", credential.copies)
        };
        lines.push(format!("Received {} from {}: {copies}", shown(name), shown(from)));
    }
    for vct in &accepted.deferred {
        lines.push(format!("{} will be ready later; fetch it with `passport wallet collect`", shown(vct)));
    }
    Report { lines, value: value(accepted) }
}

pub(super) fn refilled(refilled: &Refilled) -> Report {
    let mut lines: Vec<String> = refilled.accepted.iter().flat_map(|one| accepted(one).lines).collect();
    lines.extend(refilled.problems.iter().map(|problem| format!("Not refilled: {}", shown(problem))));
    Report { lines, value: value(refilled) }
}

pub(super) fn presented(presented: &Presented) -> Report {
    let mut lines =
        vec![format!("Given to {}: {}", shown(&presented.asker.name), list(&presented.disclosed))];
    if !presented.came_along.is_empty() {
        lines.push(format!("  and with it, since it cannot be left out: {}", list(&presented.came_along)));
    }
    if !presented.withheld.is_empty() {
        lines.push(format!("Not given: {}", list(&presented.withheld)));
    }
    lines.push(match &presented.sharing_proof {
        ShareProof::Kept => "The proof of sharing was checked and is kept.".to_owned(),
        ShareProof::None => "No proof of sharing was given.".to_owned(),
        ShareProof::Later => {
            "The proof of sharing is not there yet; fetch it with `passport wallet collect`.".to_owned()
        }
        ShareProof::Wrong(reason) => format!("THE PROOF OF SHARING IS WRONG: {}.", shown(reason)),
    });
    if let Some(address) = &presented.redirect_uri {
        lines.push(format!("Go on at {}", shown(address)));
    }
    if presented.credential_offer.is_some() {
        lines.push("A credential is offered in return.".to_owned());
    }
    let value = json!({
        "to": {"name": presented.asker.name, "did": presented.asker.did, "host": presented.asker.host, "network": presented.asker.admitted_by},
        "requested": presented.requested,
        "disclosed": presented.disclosed,
        "withheld": presented.withheld,
        "came_along": presented.came_along,
        "redirect_uri": presented.redirect_uri,
        "credential_offer": presented.credential_offer,
        "sharing_proof": value(&presented.sharing_proof),
    });
    Report { lines, value }
}

pub(super) fn collected(collected: &Collected) -> Report {
    let mut lines = Vec::new();
    for from in &collected.from {
        lines.push(format!("{}:", shown(&from.party)));
        if from.sharing_proof {
            lines.push("  the proof of sharing is kept".to_owned());
        }
        if let Some(decision) = &from.decision {
            let reason =
                from.reason.as_deref().map(|reason| format!(": {}", shown(reason))).unwrap_or_default();
            lines.push(format!("  {}{reason}", shown(decision)));
        }
        if let Some(received) = &from.accepted {
            lines.extend(accepted(received).lines.iter().map(|line| format!("  {line}")));
        }
        for what in &from.waiting_for {
            lines.push(format!("  waiting for {}", waiting_for(*what)));
        }
        if let Some(seconds) = from.ask_again_in {
            lines.push(format!("  will be ready later; ask again in {seconds} seconds"));
        }
        if let Some(problem) = &from.problem {
            lines.push(format!("  {}", shown(problem)));
        }
    }
    if let Some(did) = &collected.did {
        lines.push(format!("Your identifier: {}", shown(did)));
    }
    if lines.is_empty() {
        lines.push("Nothing is awaited.".to_owned());
    }
    Report { lines, value: value(collected) }
}

const fn waiting_for(what: network::follow_up::WaitingFor) -> &'static str {
    use network::follow_up::WaitingFor;
    match what {
        WaitingFor::EmailLink => "you to open the link in the e-mail",
        WaitingFor::DidLog => "this wallet's identifier",
        WaitingFor::Team => "the team's decision",
        WaitingFor::ScreenCode => "the code to be typed at the waiting screen",
    }
}

pub(super) fn listed(credentials: &[ListedCredential], did: Option<&str>) -> Report {
    let mut lines = Vec::new();
    for credential in credentials {
        let name = credential.label.as_deref().unwrap_or(&credential.vct);
        let network = credential
            .network
            .as_deref()
            .map(|network| format!(", admitted by {}", shown(network)))
            .unwrap_or_default();
        lines.push(format!(
            "{} ({}) from {}{network}",
            shown(name),
            shown(&credential.vct),
            shown(&credential.issuer_name)
        ));
        lines.push(format!(
            "  copies that can still be shown: {} of {}",
            credential.copies_left, credential.copies
        ));
        // An issuer shuffles what it signs; a list does not.
        let mut claims: Vec<(&String, &Value)> = credential.claims.iter().collect();
        claims.sort_by_key(|(name, _)| *name);
        for (name, value) in claims {
            lines.push(format!("  {}: {}", shown(name), shown(&text(value))));
        }
    }
    if let Some(did) = did {
        lines.push(format!("Your identifier: {}", shown(did)));
    }
    if lines.is_empty() {
        lines.push("The wallet is empty.".to_owned());
    }
    Report { lines, value: json!({"credentials": value(&credentials), "did": did}) }
}

pub(super) fn history(entries: &[HistoryEntry], spaces: &[SpaceView]) -> Report {
    let mut lines = Vec::new();
    for entry in entries {
        let party = entry.party.as_deref().or(entry.host.as_deref()).unwrap_or("unknown");
        let ending = entry
            .not_completed
            .as_deref()
            .map_or("completed".to_owned(), |code| format!("not completed: {}", shown(code)));
        let (kind, requested, presented) = words(entry.kind);
        lines.push(format!("{} {kind} {} ({ending})", moment(entry.at), shown(party)));
        if !entry.requested.is_empty() {
            let nothing = entry.presented.is_empty() && entry.not_completed.is_some();
            let result = if nothing { "nothing".to_owned() } else { list(&entry.presented) };
            lines.push(format!("  {requested}: {}", list(&entry.requested)));
            lines.push(format!("  {presented}: {result}"));
        }
        if let Some(purpose) = &entry.purpose {
            lines.push(format!("  why: {}", shown(purpose)));
        }
        if let Some(contact) = &entry.data_protection_contact {
            lines.push(format!("  ask for deletion: {}", shown(contact)));
        }
    }
    for space in spaces {
        lines.push(format!("{} ({})", shown(&space.name), shown(&space.host)));
        for given in &space.given {
            let names: Vec<String> = given.claims.iter().map(|claim| claim.claim.clone()).collect();
            let proof = if given.proof.is_some() { "proof of sharing kept" } else { "no proof of sharing" };
            let outcome =
                given.outcome.as_deref().map(|outcome| format!(", {}", shown(outcome))).unwrap_or_default();
            lines.push(format!("  {} {} ({proof}{outcome})", moment(given.at), list(&names)));
        }
    }
    if lines.is_empty() {
        lines.push("Nothing has happened yet.".to_owned());
    }
    Report {
        lines,
        value: json!({"history": value(&entries), "spaces": spaces.iter().map(space).collect::<Vec<_>>()}),
    }
}

/// What a kind of entry is called, and its two lists.
const fn words(kind: HistoryKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        HistoryKind::Offer => ("offer of", "offered", "received"),
        HistoryKind::Request => ("request of", "asked", "given"),
        HistoryKind::FollowUp => ("follow-up of", "awaited", "received"),
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
    json!({"id": space.id, "name": space.name, "host": space.host, "network": space.network, "given": given.collect::<Vec<_>>()})
}

pub(super) fn own(details: &OwnDetails) -> Report {
    let claims = details.to_claims();
    let mut lines: Vec<String> =
        claims.iter().map(|(name, value)| format!("{}: {}", shown(name), shown(&text(value)))).collect();
    if lines.is_empty() {
        lines.push("You have said nothing about yourself yet.".to_owned());
    }
    Report { lines, value: json!({"own": claims}) }
}

/// The question, as a person must see it before deciding.
pub(super) fn question(question: &Question) -> Vec<String> {
    let asker = &question.asker;
    let mut lines = vec![String::new(), format!("{} asks you", shown(&asker.name))];
    if let Some(legal_name) = &asker.legal_name {
        lines.push(format!("  legal name: {}", shown(legal_name)));
    }
    lines.push(format!(
        "  place: {}{}",
        shown(&asker.host),
        asker.did.as_deref().map(|did| format!(", {}", shown(did))).unwrap_or_default()
    ));
    let inside = asker.admitted_by.is_some();
    let bound: Vec<&str> = asker.bound_by.iter().map(|binding| bound(*binding, inside)).collect();
    lines.push(format!("  known by: {}", bound.join(" and ")));
    lines.push(match &asker.admitted_by {
        Some(network) => format!("  admitted by: {}", shown(network)),
        None => "  admitted by: NO NETWORK".to_owned(),
    });
    if let Some(brand) = &asker.brand {
        lines.push(format!("  belongs to: {}", shown(brand)));
    }
    match &question.purpose {
        Some(purpose) => {
            let basis = purpose
                .legal_basis
                .as_deref()
                .map(|basis| format!(" ({})", shown(basis)))
                .unwrap_or_default();
            lines.push(format!("  why: {}{basis}", shown(&purpose.text)));
            if let Some(days) = purpose.kept_days {
                lines.push(format!("  kept: at most {}, unless you agree on something else", in_days(days)));
            }
        }
        None => lines.extend(["  why: NOT SAID".to_owned(), "  kept: NOT SAID".to_owned()]),
    }
    lines.push(match (question.asks_for_terms, inside) {
        (true, _) => "  who sees it: the team, unless you say otherwise".to_owned(),
        (false, true) => "  who sees it: the team".to_owned(),
        (false, false) => "  who sees it: NOT SAID".to_owned(),
    });
    if let Some(contact) = &asker.data_protection_contact {
        lines.push(format!("  about your data: {}", shown(contact)));
    }
    if let Some(policy) = &asker.privacy_policy {
        lines.push(format!("  privacy policy: {}", shown(policy)));
    }
    for group in &question.groups {
        if group.is_terms() {
            lines.push("- you may say who sees what".to_owned());
            continue;
        }
        lines.push(format!("- {}", if group.needed { "needed" } else { "optional" }));
        for (position, option) in group.options.iter().enumerate() {
            if position > 0 {
                lines.push("  or".to_owned());
            }
            lines.extend(option.answers.iter().flat_map(answer));
        }
    }
    lines.push(String::new());
    lines
}

fn answer(answer: &Answer) -> Vec<String> {
    let source = source(answer);
    let mut lines = Vec::new();
    if answer.claims.is_empty() {
        lines.push(format!("    that you have {}, {source}", list(&answer.types)));
    }
    for asked in &answer.claims {
        let mut line = format!("    {}", claim(asked));
        // A claim that is not there has no source, and says so itself.
        if answer.source != Source::Missing {
            line.push_str(&format!(", {source}"));
        }
        if let Some(days) = asked.kept_days {
            line.push_str(&format!(", kept {}", in_days(days)));
        }
        if asked.beyond_registration || answer.beyond_registration {
            line.push_str(", NOT REGISTERED");
        }
        if !asked.also_given_to.is_empty() {
            line.push_str(&format!(", also known to {}", list(&asked.also_given_to)));
        }
        lines.push(line);
    }
    for (name, value) in &answer.comes_along {
        lines.push(format!("    {}: {}, which cannot be left out", shown(name), shown(value)));
    }
    lines
}

fn in_days(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// One way to answer, in a line.
pub(super) fn possibility(option: &Possibility) -> String {
    let parts = option.answers.iter().map(|answer| {
        let names: Vec<String> = answer.claims.iter().map(claim).collect();
        let what = if names.is_empty() {
            format!("that you have {}", list(&answer.types))
        } else {
            names.join(", ")
        };
        let along = along(answer);
        let along = if along.is_empty() { along } else { format!(", together with {along}") };
        format!("{what}, {}{along}", source(answer))
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// What is shown although nobody asked for it, with its values: two credentials may differ in nothing else.
fn along(answer: &Answer) -> String {
    let parts = answer.comes_along.iter().map(|(name, value)| format!("{}: {}", shown(name), shown(value)));
    parts.collect::<Vec<_>>().join(", ")
}

fn source(answer: &Answer) -> String {
    match &answer.source {
        Source::CheckedBy(name) => format!("checked by {}", shown(name)),
        Source::OwnDetails => "your own word".to_owned(),
        Source::Terms => "your terms".to_owned(),
        Source::Missing => "which you do not have".to_owned(),
    }
}

const fn bound(binding: Binding, inside: bool) -> &'static str {
    match (binding, inside) {
        (Binding::Certificate, true) => "its certificate",
        (Binding::Certificate, false) => "a certificate of the authorities you named",
        (Binding::Did, true) => "its identifier",
        (Binding::Did, false) => "an identifier you named",
        (Binding::AddressOnly, _) => "NOTHING but the address the answer goes to",
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn value<T: serde::Serialize>(from: &T) -> Value {
    serde_json::to_value(from).unwrap_or_default()
}

/// Seconds since the epoch as a date and time in UTC.
fn moment(seconds: i64) -> String {
    did::webvh::VersionTime::of(environment::Timestamp::from_seconds(seconds))
        .map_or_else(|| seconds.to_string(), |time| time.to_string())
}
