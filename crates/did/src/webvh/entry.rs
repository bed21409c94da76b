//! One line of a log: its parts, and the hashes over it.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::SCID_LENGTH;
use super::error::{EntryFault, ProofFault};
use super::parameters::{Changes, Points, multihash};
use super::proof::Proof;
use super::time::VersionTime;
use crate::canonical;

/// The text that stands where the SCID will, while the SCID is computed.
pub(super) const PLACEHOLDER: &str = "{SCID}";

/// A line whose parts are well formed; nothing is verified yet.
pub(super) struct Entry {
    pub(super) version_id: VersionId,
    pub(super) time: VersionTime,
    pub(super) changes: Changes,
    pub(super) state: Map<String, Value>,
    pub(super) proofs: Vec<Proof>,
    pub(super) canonical: Canonical,
}

impl Entry {
    /// Reads a line.
    pub(super) fn parse(line: &[u8], points: Points) -> Result<Self, EntryFault> {
        let mut members = jose::json::parse_object(line).map_err(|_| EntryFault::Json)?;
        let proof = members.remove("proof").ok_or(EntryFault::Proof(ProofFault::Missing))?;
        let version_id = text(&mut members, "versionId")?;
        let time_text = text(&mut members, "versionTime")?;
        let parameters = object(&mut members, "parameters")?;
        let state = object(&mut members, "state")?;
        if !members.is_empty() {
            return Err(EntryFault::Members);
        }
        let time = VersionTime::parse(&time_text).ok_or(EntryFault::VersionTime)?;
        Ok(Self {
            version_id: VersionId::parse(version_id)?,
            time,
            changes: Changes::parse(&parameters, points)?,
            canonical: Canonical::new(&parameters, &state, &time_text)?,
            state,
            proofs: Proof::parse_all(proof)?,
        })
    }
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<String, EntryFault> {
    match members.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(EntryFault::Members),
    }
}

fn object(members: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, EntryFault> {
    match members.remove(name) {
        Some(Value::Object(object)) => Ok(object),
        _ => Err(EntryFault::Members),
    }
}

/// `versionId`: a number without leading zero, one dash, a hash.
pub(super) struct VersionId {
    pub(super) text: String,
    pub(super) number: u64,
}

impl VersionId {
    fn parse(text: String) -> Result<Self, EntryFault> {
        let (number, hash) = text.split_once('-').ok_or(EntryFault::VersionId)?;
        let digits = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || hash.len() != SCID_LENGTH || !hash.bytes().all(super::is_base58) {
            return Err(EntryFault::VersionId);
        }
        let number = number.parse().map_err(|_| EntryFault::VersionId)?;
        Ok(Self { text, number })
    }

    pub(super) fn hash(&self) -> &str {
        self.text.split_once('-').map_or("", |(_, hash)| hash)
    }
}

/// The canonical form of an entry without its proof (RFC 8785), open where `versionId` stands.
///
/// An entry is hashed twice, with the version id before it (its hash) and with its own (its proof). Canonical JSON
/// sorts members, so `versionId` comes after the two large members and the hash of those is computed once.
pub(super) struct Canonical {
    before: Vec<u8>,
    after: String,
    hashed_before: Sha256,
}

impl Canonical {
    /// Of an entry's parts.
    pub(super) fn new(
        parameters: &Map<String, Value>,
        state: &Map<String, Value>,
        time: &str,
    ) -> Result<Self, EntryFault> {
        let mut before = Vec::with_capacity(4_096);
        before.extend_from_slice(br#"{"parameters":"#);
        canonical::write_object(parameters, &mut before).map_err(|_| EntryFault::Json)?;
        before.extend_from_slice(br#","state":"#);
        canonical::write_object(state, &mut before).map_err(|_| EntryFault::Json)?;
        before.extend_from_slice(br#","versionId":""#);
        // The time was parsed: it has no character that JSON would escape.
        let after = format!(r#"","versionTime":"{time}"}}"#);
        let hashed_before = Sha256::new_with_prefix(&before);
        Ok(Self { before, after, hashed_before })
    }

    /// The hash with `version_id`, which has no character that JSON would escape.
    pub(super) fn hash(&self, version_id: &str) -> [u8; 32] {
        self.hashed_before.clone().chain_update(version_id).chain_update(&self.after).finalize().into()
    }

    /// The entry hash, where `previous` is the version id before, or the SCID.
    pub(super) fn entry_hash(&self, previous: &str) -> String {
        multihash(&self.hash(previous))
    }

    /// The SCID that this first entry has ("SCID Generation and Verification"): the hash with every occurrence of
    /// `scid` replaced by the placeholder. Replacing in the canonical text is the same as canonicalising the replaced
    /// one unless a member name holds the SCID; such a log is refused, never accepted wrongly.
    pub(super) fn scid(&self, scid: &str) -> Option<String> {
        let text = std::str::from_utf8(&self.before).ok()?.replace(scid, PLACEHOLDER);
        let hash =
            Sha256::new_with_prefix(text).chain_update(PLACEHOLDER).chain_update(&self.after).finalize();
        Some(multihash(&hash.into()))
    }
}
