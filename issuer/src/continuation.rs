//! What a log that is sent is beside the one that lies here, said before a signature is checked.
//!
//! A log that lies here is continued by whoever brings a valid continuation, so that anybody may send anything. What lies here
//! was verified when it came: of what is sent, the same entries are compared as text. A first new entry by a key that the last
//! one did not commit to is refused without more work, and nobody but who has the recovery code knows that key. What is refused
//! is not counted under the label: a count that strangers use up would keep the member from replacing stolen keys. How much a
//! client may send at all, the office's pages say.

use did::multikey::{self, PublicKey};
use did::webvh::{EntryFault, KeyHash, LogError, ParameterFault};
use network::member_log::fits;
use serde_json::{Map, Value};

use crate::office::HostingError;

/// Whether `sent` has entries that `there` has not, all behind those that it has. A log that was sent again, or one that was
/// there before, has none.
pub(crate) fn has_new_entries(sent: &[u8], there: &str) -> Result<bool, HostingError> {
    let sent = sent.strip_suffix(b"\n").unwrap_or(sent);
    if sent.is_empty() {
        return Err(LogError::Empty.into());
    }
    if there.as_bytes().strip_prefix(sent).is_some_and(|rest| rest.starts_with(b"\n")) {
        return Ok(false);
    }
    let new = sent.strip_prefix(there.as_bytes()).ok_or(HostingError::OtherLog)?;
    let entries = there.lines().count().saturating_add(lines(new));
    if !fits(sent.len(), u64::try_from(entries).unwrap_or(u64::MAX), true) {
        return Err(HostingError::TooLarge);
    }
    check_committed(there, new)?;
    Ok(true)
}

fn lines(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').count()
}

/// A log that commits to its next keys is continued by these alone (did:webvh 1.0, "Pre-Rotation Key Hash Generation and
/// Verification"). Whether the entry is signed, too, is seen when it is verified.
fn check_committed(there: &str, new: &[u8]) -> Result<(), HostingError> {
    let number = u64::try_from(there.lines().count()).unwrap_or(u64::MAX).saturating_add(1);
    let refused = |fault: EntryFault| HostingError::Log(LogError::Entry { number, fault });
    let committed = there.lines().last().map(|line| parameters(line.as_bytes()));
    let committed = texts(&committed.flatten().unwrap_or_default(), "nextKeyHashes");
    if committed.is_empty() {
        return Ok(());
    }
    let first = new.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let parameters = parameters(first).ok_or_else(|| refused(EntryFault::Json))?;
    let keys = texts(&parameters, "updateKeys");
    let is_committed = |key: &String| {
        let hash = match multikey::decode(key) {
            Ok(PublicKey::Jwk(key)) => KeyHash::of(&key),
            _ => return false,
        };
        committed.iter().any(|committed| committed == hash.as_str())
    };
    // All of them are looked at when the entry is verified; one that is not committed to is enough to refuse it.
    let fault = EntryFault::Parameter(ParameterFault::PreRotationKey);
    if keys.first().is_some_and(is_committed) { Ok(()) } else { Err(refused(fault)) }
}

fn parameters(line: &[u8]) -> Option<Map<String, Value>> {
    match jose::json::parse_object(line).ok()?.remove("parameters")? {
        Value::Object(parameters) => Some(parameters),
        _ => None,
    }
}

fn texts(parameters: &Map<String, Value>, name: &str) -> Vec<String> {
    let items = parameters.get(name).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
