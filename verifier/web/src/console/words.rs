//! How the console says things: names of details, times, reasons.

use std::collections::BTreeMap;

use did::number::NumberError;
use network::claims::Audience;
use serde_json::Value;
use verifier::form::SeenInTeam;
use verifier::forms::FormVersion;
use verifier::invitations::InviteError;
use verifier::records::Provenance;
use verifier::standing::{Called, Due};
use verifier::team::Right;
use web::Words;

use super::guard::Acting;
use crate::asked::label;
use crate::commands::inviting::NotInvited;
use crate::commands::time;
use crate::site::SpaceWeb;

/// A detail by the path of its claim, joined by `.`, in the reader's words.
pub(super) fn name(words: Words, claim: &str) -> String {
    if claim == verifier::notes::NAME {
        return words.say("console-note-text");
    }
    // An age is a name in its path, too: "18", and no index.
    let path: Vec<Value> = claim.split('.').map(Value::from).collect();
    label(words, &path)
}

/// Several of them.
pub(super) fn names<'a>(words: Words, claims: impl Iterator<Item = &'a str>) -> String {
    claims.map(|claim| name(words, claim)).collect::<Vec<_>>().join(", ")
}

/// A moment as it is written on pages.
pub(super) fn when(seconds: i64) -> String {
    let written = time(seconds);
    match written.split_once('T') {
        Some((day, rest)) => format!("{day} {} UTC", rest.get(..5).unwrap_or_default()),
        None => written,
    }
}

/// A time that has passed, in the largest unit that fits.
pub(super) fn duration(words: Words, seconds: i64) -> String {
    let (key, number) = match seconds {
        ..3_600 => ("console-minutes", seconds.max(0) / 60),
        3_600..86_400 => ("console-hours", seconds / 3_600),
        _ => ("console-days", seconds / 86_400),
    };
    words.count(key, "count", u32::try_from(number).unwrap_or(u32::MAX))
}

/// Details that are due, and whose: the way there for whoever may see contacts.
pub(super) fn due_line(words: Words, acting: &Acting, due: &Due, key: &str) -> (Option<String>, String) {
    let said = words.say_with(
        key,
        &[("names", &names(words, due.names.iter().map(String::as_str))), ("at", &when(due.at))],
    );
    (acting.may(Right::SeeContacts).then(|| due.contact.clone()), said)
}

/// Why nobody was invited.
pub(super) fn not_invited(words: Words, error: &NotInvited, is_empty: bool) -> String {
    let key = match error {
        _ if is_empty => "console-invite-missing",
        NotInvited::Number(NumberError::Check) => "number-mistyped",
        NotInvited::Number(NumberError::Symbol) => "number-symbol",
        NotInvited::Number(_) => "number-length",
        NotInvited::Address(_) => "number-email-wrong",
        NotInvited::Invite(InviteError::AlreadyOpen) => "console-invite-open",
        NotInvited::Invite(InviteError::TooMany) => "console-invite-too-many",
        NotInvited::Invite(InviteError::NoForm) => "console-invite-no-form",
        _ => "console-invite-cannot",
    };
    words.say(key)
}

/// A value as people read it.
pub(super) fn value(words: Words, value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with("data:") => words.say("console-value-picture"),
        Value::String(text) => text.clone(),
        Value::Bool(true) => words.say("console-value-yes"),
        Value::Bool(false) => words.say("console-value-no"),
        Value::Array(parts) => {
            parts.iter().map(|part| self::value(words, part)).collect::<Vec<_>>().join(", ")
        }
        Value::Object(parts) => {
            let line = |(name, part): (&String, &Value)| format!("{name}: {}", self::value(words, part));
            parts.iter().map(line).collect::<Vec<_>>().join(", ")
        }
        Value::Null => String::new(),
        Value::Number(number) => number.to_string(),
    }
}

/// Whose word a detail is.
pub(super) fn word_of(words: Words, word_of: &str) -> String {
    match word_of.split_once(' ') {
        Some(("office", _)) => words.say("console-word-office"),
        Some(("space", _)) => words.say("console-word-space"),
        Some(("foreign", who)) => words.say_with("console-word-foreign", &[("who", who)]),
        _ => words.say("console-word-own"),
    }
}

/// A registered purpose in the reader's words.
pub(super) fn purpose(site: &SpaceWeb, words: Words, purpose: &str) -> String {
    let uses = &site.space.registration().content().intended_uses;
    let found = uses.iter().find(|one| one.id == purpose);
    found.map_or_else(|| purpose.to_owned(), |one| one.purpose_in(&[words.tag()]).to_owned())
}

/// What a form is for, in the reader's words, and its name where another form is for the same.
pub(super) fn form(site: &SpaceWeb, words: Words, forms: &BTreeMap<String, FormVersion>, id: &str) -> String {
    let Some(found) = forms.get(id) else { return id.to_owned() };
    let said = purpose(site, words, &found.form.purpose);
    let same = forms.values().filter(|other| other.form.purpose == found.form.purpose);
    if same.count() > 1 { format!("{said} ({id})") } else { said }
}

/// Who may see a detail.
pub(super) fn audience(site: &SpaceWeb, words: Words, audience: Audience) -> String {
    match audience {
        Audience::Team => words.say("audience-team"),
        Audience::MembersHere => words.say("audience-members"),
        Audience::Brand => {
            let content = site.space.registration().content();
            let brand = content.brand.as_ref().map_or(site.name(), |brand| brand.name.as_str());
            words.say_with("audience-brand", &[("brand", brand)])
        }
        Audience::Public => words.say("audience-public"),
    }
}

/// Who may see a detail, and of the team who, as long as nobody else does.
pub(super) fn seen_by(site: &SpaceWeb, words: Words, given: &Provenance) -> String {
    match (given.audience, given.seen_in_team) {
        (Audience::Team, SeenInTeam::OwnerAndManagers) => words.say("audience-owner-and-managers"),
        (Audience::Team, SeenInTeam::Owner) => words.say("audience-owner"),
        (Audience::Team, SeenInTeam::Team)
        | (Audience::MembersHere | Audience::Brand | Audience::Public, _) => {
            audience(site, words, given.audience)
        }
    }
}

/// What a person is called, or who reads that.
pub(super) fn called(words: Words, called: Called) -> String {
    match called {
        Called::Name(name) => name,
        Called::For(SeenInTeam::Owner) => words.say("console-name-hidden-owner"),
        Called::For(SeenInTeam::OwnerAndManagers) => words.say("console-name-hidden-owner-and-managers"),
        Called::For(SeenInTeam::Team) => words.say("console-name-hidden"),
        Called::Nameless => words.say("console-nameless"),
    }
}

/// What stands in the place of a value that is for others of the team.
pub(super) fn hidden(words: Words, seen: SeenInTeam) -> String {
    words.say(match seen {
        SeenInTeam::Owner => "console-hidden-owner",
        SeenInTeam::OwnerAndManagers => "console-hidden-owner-and-managers",
        SeenInTeam::Team => "console-hidden",
    })
}

/// Why an answer was refused, and what to do: the keys of both sentences.
pub(crate) fn refused(code: &str) -> &'static str {
    match code {
        "expired" => "expired",
        "access_denied" => "access-denied",
        "session_mismatch" => "session-mismatch",
        "replay" | "stale_nonce" | "wrong_audience" | "wrong_state" | "request_expired"
        | "unknown_request" => "stale",
        "revoked" | "suspended" => "revoked",
        "missing_claims" | "query_not_satisfied" | "wrong_credential_type" => "missing",
        "invalid_claim" | "too_long" => "invalid",
        "untrusted_issuer" | "wrong_kind_of_issuer" | "different_keys" => "untrusted",
        "status_unknown" | "temporarily_unavailable" => "later",
        _ => "other",
    }
}
