//! The differences that are understood, with who is right.

use did::ResolveError;
use did::webvh::{EntryFault, Log, LogError, ParameterFault, ProofFault};
use second_opinion::Kind;

use super::Changed;
use crate::{Verdict, now};

const VERSION_ID: &str = "a version number written another way";
const UNSIGNED: &str = "members that nobody signed";
const TIME: &str = "a time written another way";
const SAME_TIME: &str = "a time written in another of the allowed ways";
const METHOD: &str = "another version of the method";
const DOCUMENT: &str = "a document that is none";
const NULL: &str = "null or empty parameters";
const MISSING: &str = "no method in the first entry";
const NO_KEYS: &str = "an update after all updates were ended";
const KEY: &str = "an update key that is none";
const FIRST_WITNESSES: &str = "the entry that names the first witnesses";
const CREATED: &str = "a proof made at no moment";
const SINGLE: &str = "one proof outside of a list";
const PROOF_MEMBERS: &str = "proofs with an id or a nonce";

pub(crate) const KINDS: &[Kind] = &[
    (
        VERSION_ID,
        "we are right: the number in versionId is written without sign and leading zeros (did:webvh 1.0, \"The DID Log File\"); didwebvh-rs takes `+3` and `03`, so one entry has many ids",
    ),
    (
        UNSIGNED,
        "we are right: an entry, its parameters and its proof have the members of the method; didwebvh-rs drops others before it hashes, so anybody may put them in",
    ),
    (
        TIME,
        "we are right: versionTime is UTC, with `T` and `Z` or `+00:00` (did:webvh 1.0, \"The DID Log File\"); didwebvh-rs takes other zones and spellings",
    ),
    (
        SAME_TIME,
        "we are right: the hash is over the text as it stands; didwebvh-rs writes the time anew before it hashes, so it refuses `+00:00` and fractions where they were signed and takes them where they were not",
    ),
    (
        METHOD,
        "we are right: the version of the method must be one that is known and must not go back (did:webvh 1.0, \"DID Method Version\"); didwebvh-rs lets a later entry name 0.5",
    ),
    (
        DOCUMENT,
        "we are stricter: what is handed out is a DID document (DID Core 1.0 §5); didwebvh-rs leaves that to its caller",
    ),
    (
        NULL,
        "neither is wrong: a resolver may take null for the default (did:webvh 1.0, \"Parameters\"); we refuse it, and lists of witnesses without anybody in them",
    ),
    (MISSING, "we are right: the first entry must have it (did:webvh 1.0, \"Parameters\")"),
    (
        NO_KEYS,
        "we are right: an empty updateKeys ends all updates (did:webvh 1.0, \"Deactivate\"); didwebvh-rs goes on with the keys before",
    ),
    (KEY, "we are stricter: an update key is a multikey when it is named, not only when it is used"),
    (
        FIRST_WITNESSES,
        "we are right: where nobody witnessed before, the list is active at once and its entry must be witnessed (did:webvh 1.0, \"Parameters\", `witness`); didwebvh-rs asks for approval from the next entry on",
    ),
    (
        CREATED,
        "we are right: `created` is a date and time (XML Schema 1.1 Part 2 §3.3.7), whose parts have all their digits; didwebvh-rs takes hours and minutes of one digit and years of three",
    ),
    (
        SINGLE,
        "we are right: `proof` is one proof or a list (schema of a log entry 1.0); didwebvh-rs wants the list",
    ),
    (
        PROOF_MEMBERS,
        "we are right: they are members of a Data Integrity proof (§2.1) and signed with it; didwebvh-rs drops them and then finds the signature wrong",
    ),
];

/// The kind of a difference, if it is one of those.
pub(crate) fn explained(
    changed: &Changed,
    ours: &Verdict<ResolveError>,
    theirs: &Verdict<String>,
) -> Option<&'static str> {
    match (ours, theirs) {
        (Err(error), Ok(_)) => refused_by_us(changed, error),
        (Ok(_), Err(reason)) => refused_by_it(changed, reason),
        _ => None,
    }
}

fn refused_by_us(changed: &Changed, error: &ResolveError) -> Option<&'static str> {
    match error {
        ResolveError::Document(_) => Some(DOCUMENT),
        // A faulty entry is no version to approve: what is wrong with it is the reason.
        ResolveError::Log(LogError::Witness(_)) => match Log::verify(changed.log.as_bytes(), now()) {
            Err(LogError::Entry { fault, .. }) => of_entry(changed, &fault),
            Ok(_) if changed.change.contains("witness is {") => Some(FIRST_WITNESSES),
            _ => None,
        },
        ResolveError::Log(LogError::Entry { fault, .. }) => of_entry(changed, fault),
        _ => None,
    }
}

fn of_entry(changed: &Changed, fault: &EntryFault) -> Option<&'static str> {
    match fault {
        EntryFault::VersionId => Some(VERSION_ID),
        EntryFault::Members | EntryFault::Parameter(ParameterFault::Unknown) => Some(UNSIGNED),
        EntryFault::Proof(ProofFault::Malformed) | EntryFault::Parameter(ParameterFault::Witness)
            if changed.change.contains("another member") =>
        {
            Some(UNSIGNED)
        }
        EntryFault::Proof(ProofFault::Malformed) if changed.change.contains("proof with") => Some(UNSIGNED),
        EntryFault::Proof(ProofFault::Signature) if has_other_proof_members(changed) => Some(UNSIGNED),
        EntryFault::Proof(ProofFault::Malformed) if changed.change.contains("/created is") => Some(CREATED),
        EntryFault::VersionTime => Some(TIME),
        EntryFault::Proof(ProofFault::Signature) | EntryFault::Scid if is_allowed_time(changed) => {
            Some(SAME_TIME)
        }
        EntryFault::Parameter(ParameterFault::Method) => Some(METHOD),
        EntryFault::Parameter(ParameterFault::Missing) => Some(MISSING),
        EntryFault::Parameter(ParameterFault::UpdateKey) => Some(KEY),
        EntryFault::Parameter(ParameterFault::Value | ParameterFault::Witness) if is_empty(changed) => {
            Some(NULL)
        }
        EntryFault::Proof(ProofFault::KeyNotActive) if changed.change.contains("updateKeys is []") => {
            Some(NO_KEYS)
        }
        EntryFault::StateId | EntryFault::Document(_) => Some(DOCUMENT),
        _ => None,
    }
}

fn is_empty(changed: &Changed) -> bool {
    changed.change.contains("null") || changed.change.contains("[]") || changed.change.contains("{}")
}

/// Members that a Data Integrity proof may have and didwebvh-rs does not know.
fn has_other_proof_members(changed: &Changed) -> bool {
    ["proof with id", "proof with nonce", "proof with @context"]
        .iter()
        .any(|what| changed.change.contains(what))
}

/// UTC, but not as didwebvh-rs would write it.
fn is_allowed_time(changed: &Changed) -> bool {
    changed.change.contains("+00:00") || changed.change.contains(".5Z")
}

fn refused_by_it(changed: &Changed, reason: &str) -> Option<&'static str> {
    if reason.contains("expected a sequence") {
        Some(SINGLE)
    } else if is_allowed_time(changed) {
        Some(SAME_TIME)
    } else if has_other_proof_members(changed) {
        Some(PROOF_MEMBERS)
    } else {
        None
    }
}
