//! Printing: everything that comes from outside is made harmless first.

mod held;
mod history;
mod question;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use ::wallet::{
    Accepted, AwaitedKind, Collected, CollectedFrom, Explained, LateAnswer, LeavingIdentifier,
    ListedCredential, NotGiven, Offered, OwnDetails, PendingSummary, Presented, RecoveryCode, Refilled,
    ShareProof, shown, shown_json,
};
use environment::Timestamp;
use network::decision::{Because, DecidedBy};
use serde_json::{Value, json};
use trust::NetworkDescriptor;
use wallet_web::holding::Kind;

use super::Failure;
use super::words::{self, list};

pub(super) use history::history;
pub(super) use question::{
    about_to_give, about_to_offer, faulty, joins_again, own_sets, possibility, question,
};

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
            "Next, join the network that your space names: `passport wallet network ADDRESS`".to_owned(),
        ],
        value: json!({"store": store.to_string_lossy(), "recovery_code": printed.as_str()}),
    }
}

pub(super) fn made_again(store: &Path) -> Report {
    Report {
        lines: vec![
            format!("A wallet was made in {} for your recovery code.", shown(&store.to_string_lossy())),
            "Join your network with `passport wallet network`, and take your identifier back with `passport wallet did \
             recover`. If there was none, or it was given up, begin another with `passport wallet did new`."
                .to_owned(),
        ],
        value: json!({"store": store.to_string_lossy()}),
    }
}

pub(super) fn changed() -> Report {
    Report { lines: vec!["The passphrase was changed.".to_owned()], value: json!({"changed": true}) }
}

pub(super) fn network(descriptor: &NetworkDescriptor) -> Vec<String> {
    vec![
        format!("Network: {} ({})", shown(descriptor.name()), shown(descriptor.network())),
        format!("Its list of spaces: {}", shown(descriptor.list().as_str())),
        format!("Fingerprint of its root: {}", descriptor.fingerprint()),
    ]
}

/// What joining means to a wallet that belongs to other networks.
pub(super) fn besides(before: &[NetworkDescriptor], descriptor: &NetworkDescriptor) -> Option<String> {
    let others = before.iter().filter(|other| other.network() != descriptor.network());
    let names: Vec<String> = others.map(|other| shown(other.name()).to_string()).collect();
    let sentence = "This wallet belongs to {} already and stays there: whoever either network admits may ask you from now on.";
    (!names.is_empty()).then(|| sentence.replace("{}", &names.join(" and ")))
}

pub(super) fn joined(descriptor: &NetworkDescriptor, again: bool) -> Report {
    let sentence = if again { "This wallet is already a member of" } else { "Joined" };
    Report {
        lines: vec![format!("{sentence} {}.", shown(descriptor.name()))],
        value: json!({"network": descriptor.network(), "name": descriptor.name()}),
    }
}

/// What an issuer offers, or is asked for where it offered nothing.
pub(super) fn offered(offered: &Offered, unoffered: bool) -> Vec<String> {
    let how = if unoffered { "To be asked of" } else { "Offered by" };
    let mut lines = vec![format!("{how} {}", shown(&offered.issuer))];
    if let Some(name) = &offered.claimed_name {
        lines.push(format!("  which calls itself {}", shown(name)));
    }
    for credential in &offered.credentials {
        let name = credential.claimed_name.as_deref().unwrap_or(&credential.vct);
        lines.push(format!("  {} ({})", shown(name), words::kind(&credential.vct)));
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
        lines.push(format!(
            "{} will be ready later; fetch it with `passport wallet collect`",
            words::kind(vct)
        ));
    }
    for vct in &accepted.unchecked {
        lines.push(format!(
            "{} has come and is kept, and could not be checked at this moment; finish it with `passport wallet collect`",
            words::kind(vct)
        ));
    }
    for vct in &accepted.missing {
        lines.push(format!(
            "{} could not be had: the issuer did not answer. `passport wallet collect` takes it where it is offered again; else ask for another offer",
            words::kind(vct)
        ));
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
    match &presented.identifier {
        LeavingIdentifier::NotAsked => {}
        LeavingIdentifier::Left(did) => {
            lines.push(format!("Your identifier was left there: {}", shown(did)));
        }
        LeavingIdentifier::NotLeft(reason) => lines.push(format!(
            "Your identifier was not left there, and {} waits for it: {}. Then run `passport wallet collect`.",
            shown(&presented.asker.name),
            shown(reason)
        )),
    }
    lines.extend(presented.redirect_uri.as_deref().map(go_on).into_iter().flatten());
    if let Some(offer) = &presented.credential_offer {
        lines.extend(offered_in_return(offer));
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
        "identifier": value(&presented.identifier),
    });
    Report { lines, value }
}

/// What is offered for an answer, and how it is taken.
fn offered_in_return(offer: &str) -> [String; 2] {
    [
        "Something is offered to you in return. Take it with".to_owned(),
        format!("  passport wallet accept-offer {}", as_word(offer)),
    ]
}

/// A link of somebody else's as one word of a command line that is copied, whole: what could end the word or steer a terminal is
/// percent-encoded, and it is the same link (RFC 3986 §2.1).
fn as_word(link: &str) -> String {
    let mut word = String::from("'");
    for byte in link.bytes() {
        if byte.is_ascii_graphic() && byte != b'\'' {
            word.push(char::from(byte));
        } else {
            word.push_str(&format!("%{byte:02X}"));
        }
    }
    word.push('\'');
    word
}

/// The page at which the member goes on.
fn go_on(address: &str) -> [String; 2] {
    [
        format!("Go on at {}", shown(address)),
        "  Open it now: it can be opened for a few minutes only. If another screen waits for you, this page shows six \
         digits: type them there. Otherwise open it in the browser in which you began: if nobody does in time, what you gave \
         is erased there and nothing comes of it."
            .to_owned(),
    ]
}

/// What a member reads who waits at the terminal for an answer to be taken.
pub(super) fn waiting(asker: &str, seconds: i64) -> String {
    format!("{} cannot take the answer at this moment: the same one goes again in {seconds} s.", shown(asker))
}

pub(super) fn collected(collected: &Collected) -> Report {
    let mut lines: Vec<String> = collected.from.iter().flat_map(collected_from).collect();
    if let Some(did) = &collected.did {
        lines.push(format!("Your identifier: {}", shown(did)));
    }
    lines.extend(collected.changes.iter().flat_map(super::member::change_lines));
    if lines.is_empty() {
        lines.push(NOTHING.to_owned());
    }
    Report { lines, value: value(collected) }
}

const NOTHING: &str = "Nothing is awaited.";

/// The report with the issuers on whose pages the member still has their say.
pub(super) fn with_open_pages(mut report: Report, pending: &[PendingSummary]) -> Report {
    let mut open =
        pending.iter().filter(|one| one.awaited.iter().any(|what| what == "authorization")).peekable();
    if open.peek().is_some() {
        report.lines.retain(|line| line != NOTHING);
    }
    report.lines.extend(open.map(|one| {
        format!(
            "{}: waits for your say on its own page. Give the address at which your browser ends to `passport wallet finish`, \
             unless a `passport wallet get` or `accept-offer` waits there",
            called(one.claimed_name.as_deref().unwrap_or(&one.from), Some(&one.from))
        )
    }));
    report
}

fn collected_from(from: &CollectedFrom) -> Vec<String> {
    let mut lines: Vec<String> = from.answer.iter().flat_map(|answer| late(answer, from)).collect();
    if from.sharing_proof {
        lines.push("  the proof of sharing is kept".to_owned());
    }
    if let Some(decision) = &from.decision {
        let reason = from.reason.as_deref().map(|reason| format!(": {}", shown(reason))).unwrap_or_default();
        lines.push(format!("  {}{reason}", shown(decision)));
        lines.extend(from.explained.iter().map(explained));
    }
    if let Some(received) = &from.accepted {
        lines.extend(accepted(received).lines.iter().map(|line| format!("  {line}")));
    }
    if let Some(asked) = &from.asked_anew {
        let reason = asked.reason.as_deref().map(|reason| format!(": {}", shown(reason))).unwrap_or_default();
        let said = if asked.declined { "; you said no to it" } else { "" };
        lines.push(format!("  its team asks for something else instead{reason}{said}"));
        lines.push(format!("    passport wallet present {}", as_word(&asked.request)));
    }
    lines.extend(from.waiting_for.iter().map(|what| format!("  {}", waiting_for(*what))));
    if let Some(seconds) = from.ask_again_in.filter(|_| from.answer.is_none()) {
        let what = from.promised.as_deref().map(|vct| format!("{} ", words::kind(vct))).unwrap_or_default();
        lines.push(format!("  {what}will be ready later; run this again in {seconds} seconds"));
    }
    if let Some(problem) = &from.problem {
        let what = from.promised.as_deref().map(|vct| format!("{}: ", words::kind(vct))).unwrap_or_default();
        lines.push(format!("  {what}{}", shown(problem)));
        let said = from.reason.as_deref().filter(|_| from.decision.is_none());
        lines.extend(said.map(|reason| format!("    it says: \u{201c}{}\u{201d}", shown(reason))));
    }
    if lines.is_empty() {
        lines.push("  nothing new; run this again later".to_owned());
    }
    lines.insert(0, format!("{}:", called(&from.party, from.host.as_deref())));
    lines
}

/// What became of an answer that could not be taken before; a problem is told apart.
fn late(answer: &LateAnswer, from: &CollectedFrom) -> Vec<String> {
    match (answer, from.ask_again_in) {
        (LateAnswer::Taken { redirect_uri, credential_offer }, _) => {
            let mut lines = vec!["  your answer was taken".to_owned()];
            lines.extend(
                redirect_uri.as_deref().map(go_on).into_iter().flatten().map(|line| format!("  {line}")),
            );
            if let Some(offer) = credential_offer.as_deref().filter(|_| from.accepted.is_none()) {
                lines.extend(offered_in_return(offer).map(|line| format!("  {line}")));
            }
            lines
        }
        (LateAnswer::NotYet, Some(seconds)) => {
            vec![format!("  your answer could not be taken yet; run this again in {seconds} seconds")]
        }
        (LateAnswer::NotYet | LateAnswer::NotTaken | LateAnswer::Unknown, _) => Vec::new(),
    }
}

/// A name with the host or address that it is claimed at, since anybody may call itself anything.
fn called(name: &str, at: Option<&str>) -> String {
    match at {
        Some(at) if at != name => format!("{} ({})", shown(name), shown(at)),
        _ => shown(name),
    }
}

/// Who or what decided and why, and where to appeal.
fn explained(explained: &Explained) -> String {
    let who = match (explained.by, explained.because) {
        (DecidedBy::Person, _) => "decided by a person of the team",
        (DecidedBy::Software, _) => "decided by the space's own software, not by a person",
        (DecidedBy::Rule, Some(Because::Complete)) => "decided by a rule: all that is needed was shared",
        (DecidedBy::Rule, Some(Because::PlaceFree)) => "decided by a rule: a place was free",
        (DecidedBy::Rule, Some(Because::EmailDomain)) => {
            "decided by a rule: the checked e-mail address is of none of the domains that are taken there"
        }
        (DecidedBy::Rule, None) => "decided by a rule, not by a person",
    };
    let appeal = explained.appeal.as_deref().map(|address| format!("; appeal to {}", shown(address)));
    format!("    {who}{}", appeal.unwrap_or_default())
}

/// What is awaited, and what to do about it.
const fn waiting_for(what: network::follow_up::WaitingFor) -> &'static str {
    use network::follow_up::WaitingFor;
    match what {
        WaitingFor::EmailLink => {
            "confirm your e-mail address by the link in the mail, then run `passport wallet collect` again"
        }
        WaitingFor::DidLog => "waiting for this wallet's identifier; run `passport wallet collect` again",
        WaitingFor::Team => "waiting for the team's decision; run `passport wallet collect` again later",
        WaitingFor::Place => {
            "no place is free there; the next one is yours: run `passport wallet collect` again later"
        }
        WaitingFor::ScreenCode => {
            "type the six digits at the waiting screen, then run `passport wallet collect` again"
        }
    }
}

/// What the member holds, what is being made for them, and what was not given.
pub(super) struct Holding {
    pub(super) held: Vec<ListedCredential>,
    pub(super) being_made: Vec<AwaitedKind>,
    pub(super) not_given: Vec<NotGiven>,
}

pub(super) fn listed(holding: &Holding, did: Option<&str>) -> Report {
    let words = words::catalogue();
    let mut lines = Vec::new();
    for credential in &holding.held {
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
        let kind = Kind::held(words, credential);
        lines.push(standing(&kind));
        let revoked = match credential.copies_revoked {
            0 => String::new(),
            number => format!("; {number} revoked by the issuer"),
        };
        lines.push(format!(
            "  copies that can still be shown: {} of {} left{revoked}",
            credential.copies_left, credential.copies
        ));
        let says = kind.says.iter();
        lines.extend(says.map(|(what, said)| format!("  {}: {said}", words::within(what))));
    }
    let to_come = holding.being_made.iter().map(|one| Kind::awaited(words, one));
    for kind in to_come.chain(holding.not_given.iter().map(|one| Kind::not_given(words, one))) {
        lines.push(format!("{}, {}", kind.title, words::within(&kind.from)));
        lines.push(standing(&kind));
    }
    if let Some(did) = did {
        lines.push(format!("Your identifier: {}", shown(did)));
    }
    if lines.is_empty() {
        lines.push("The wallet is empty.".to_owned());
    }
    let value = json!({
        "credentials": value(&holding.held),
        "being_made": value(&holding.being_made),
        "not_given": value(&holding.not_given),
        "did": did,
    });
    Report { lines, value }
}

/// How it stands with something, in the words of the wallet's page.
fn standing(kind: &Kind) -> String {
    format!("  {}. {}", kind.state, kind.facts.join(" "))
}

pub(super) fn own(details: &OwnDetails) -> Report {
    let claims = details.to_claims();
    let line = |(name, value): (&String, &Value)| format!("{}: {}", shown(name), shown(&text(value)));
    let mut lines: Vec<String> = Vec::new();
    let mut sets = serde_json::Map::new();
    for set in details.sets() {
        let claims = details.claims_in(Some(&set.id));
        lines.push(format!("{}:", shown(set.name.as_str())));
        lines.extend(claims.iter().map(|detail| format!("  {}", line(detail))));
        sets.insert(set.name.as_str().to_owned(), Value::Object(claims));
    }
    if sets.is_empty() {
        lines.extend(claims.iter().map(line));
    }
    if lines.is_empty() {
        lines.push("You have said nothing about yourself yet.".to_owned());
    }
    let value = if sets.is_empty() { json!({"own": claims}) } else { json!({"own": claims, "sets": sets}) };
    Report { lines, value }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn value<T: serde::Serialize>(from: &T) -> Value {
    serde_json::to_value(from).unwrap_or_default()
}

/// Seconds since the epoch as a date and time in UTC.
pub(super) fn moment(seconds: i64) -> String {
    did::webvh::VersionTime::of(Timestamp::from_seconds(seconds))
        .map_or_else(|| seconds.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests;
