//! Witnesses: who must approve entries, and the proofs by which they did (did:webvh 1.0, "DID Witnesses").

use std::collections::HashMap;

use environment::Timestamp;
use jose::Signer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::error::{ParameterFault, WitnessFault};
use super::proof::{self, Proof, ProofKey};
use crate::identifier::Did;

/// Largest file of witness proofs that is read, in bytes.
pub const LARGEST_FILE: usize = 1 << 20;

/// Most signatures that are checked for one file; a well-kept file has one a witness.
const MOST_SIGNATURES: usize = 1_024;

const MOST_WITNESSES: usize = 64;

/// The witnesses of a log and how many of them must approve each entry.
#[derive(Clone, Debug)]
pub struct Witnesses {
    threshold: usize,
    keys: Vec<ProofKey>,
}

impl Witnesses {
    /// `threshold` of `witnesses`, each a did:key with an Ed25519 key.
    ///
    /// # Errors
    /// [`ParameterFault::Witness`] for a threshold that is 0 or cannot be met, a DID twice, or another kind of DID.
    pub fn new(threshold: usize, witnesses: &[Did]) -> Result<Self, ParameterFault> {
        let ids: Vec<Value> = witnesses.iter().map(|did| json!({"id": did.as_str()})).collect();
        let parameter = json!({"threshold": threshold, "witnesses": ids});
        Self::parse(&parameter)?.ok_or(ParameterFault::Witness)
    }

    /// Reads the parameter; only `{}` means no witnesses, everything else malformed is an error.
    pub(super) fn parse(value: &Value) -> Result<Option<Self>, ParameterFault> {
        let members = value.as_object().ok_or(ParameterFault::Witness)?;
        if members.is_empty() {
            return Ok(None);
        }
        if members.keys().any(|name| !matches!(name.as_str(), "threshold" | "witnesses")) {
            return Err(ParameterFault::Witness);
        }
        let threshold = members.get("threshold").and_then(Value::as_u64);
        let threshold = threshold.and_then(|threshold| usize::try_from(threshold).ok());
        let witnesses = members.get("witnesses").and_then(Value::as_array);
        let (Some(threshold), Some(witnesses)) = (threshold, witnesses) else {
            return Err(ParameterFault::Witness);
        };
        if threshold < 1 || threshold > witnesses.len() || witnesses.len() > MOST_WITNESSES {
            return Err(ParameterFault::Witness);
        }
        let mut keys: Vec<ProofKey> = Vec::with_capacity(witnesses.len());
        for witness in witnesses {
            let key = witness_key(witness).ok_or(ParameterFault::Witness)?;
            if keys.iter().any(|known| known.multikey == key.multikey) {
                return Err(ParameterFault::Witness);
            }
            keys.push(key);
        }
        Ok(Some(Self { threshold, keys }))
    }

    /// How many must approve.
    #[must_use]
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// The witnesses' DIDs.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.keys.iter().map(|key| format!("did:key:{}", key.multikey)).collect()
    }

    /// The key of a witness of this list.
    pub(super) fn key(&self, multikey: &str) -> Option<&ProofKey> {
        self.keys.iter().find(|key| key.multikey == multikey)
    }

    /// What this list takes in memory.
    pub(super) fn weight(&self) -> usize {
        self.keys.iter().map(ProofKey::weight).fold(size_of::<Self>(), usize::saturating_add)
    }

    pub(super) fn to_value(&self) -> Value {
        let ids: Vec<Value> = self.ids().into_iter().map(|id| json!({"id": id})).collect();
        json!({"threshold": self.threshold, "witnesses": ids})
    }
}

/// The key of a member of `witnesses`; later versions' `weight` and the like are not ours to ignore.
fn witness_key(witness: &Value) -> Option<ProofKey> {
    let members = witness.as_object().filter(|members| members.len() == 1)?;
    ProofKey::parse(members.get("id")?.as_str()?.strip_prefix("did:key:")?)
}

/// A version of a log as witnessing sees it.
pub(super) struct Witnessed<'a> {
    pub(super) version_id: &'a str,
    /// Who must approve it; nobody for most logs.
    pub(super) by: Option<&'a Witnesses>,
}

/// Checks that every version was approved by enough of its witnesses. `versions` have passed all other checks.
pub(super) fn check(versions: &[Witnessed<'_>], file: Option<&[u8]>) -> Result<(), WitnessFault> {
    if versions.iter().all(|version| version.by.is_none()) {
        return Ok(());
    }
    let latest = latest_approvals(versions, file.ok_or(WitnessFault::Missing)?)?;
    for (place, version) in versions.iter().enumerate() {
        let Some(witnesses) = version.by else { continue };
        // A proof over a later version approves all before it.
        let approved =
            |key: &&ProofKey| latest.get(key.multikey.as_str()).is_some_and(|latest| *latest >= place);
        let approvals = witnesses.keys.iter().filter(approved).count();
        if approvals < witnesses.threshold {
            let number = u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1);
            return Err(WitnessFault::Threshold { number, approvals, threshold: witnesses.threshold });
        }
    }
    Ok(())
}

/// For each witness the last version of this log that it approved. Each key appears once however many proofs it made;
/// proofs that do not verify or belong to nobody listed count nothing.
fn latest_approvals<'a>(
    versions: &[Witnessed<'a>],
    file: &[u8],
) -> Result<HashMap<&'a str, usize>, WitnessFault> {
    let keys: HashMap<&str, &ProofKey> = versions
        .iter()
        .filter_map(|version| version.by)
        .flat_map(|witnesses| &witnesses.keys)
        .map(|key| (key.multikey.as_str(), key))
        .collect();
    let mut proofs = parse_file(versions, file)?;
    // Newest first: what a witness approved last decides, so most proofs need no check.
    proofs.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    let mut latest = HashMap::new();
    let mut checked = 0_usize;
    for (place, proof) in proofs {
        let Some((name, key)) = keys.get_key_value(proof.multikey.as_str()) else { continue };
        if latest.contains_key(name) {
            continue;
        }
        checked = checked.saturating_add(1);
        if checked > MOST_SIGNATURES {
            return Err(WitnessFault::Malformed);
        }
        let version_id = versions.get(place).map_or("", |version| version.version_id);
        if proof.verifies(key, &document_hash(version_id)) {
            latest.insert(*name, place);
        }
    }
    Ok(latest)
}

/// The proofs over versions of this log, each with the version's place. Versions that are not in the log (not yet
/// published, or of another log) are left out: a proof over them approves nothing here.
fn parse_file(versions: &[Witnessed<'_>], file: &[u8]) -> Result<Vec<(usize, Proof)>, WitnessFault> {
    if file.len() > LARGEST_FILE {
        return Err(WitnessFault::Malformed);
    }
    let places: HashMap<&str, usize> =
        versions.iter().enumerate().map(|(place, version)| (version.version_id, place)).collect();
    let Ok(Value::Array(items)) = jose::json::parse(file) else { return Err(WitnessFault::Malformed) };
    let mut found = Vec::new();
    for item in items {
        let Value::Object(mut members) = item else { return Err(WitnessFault::Malformed) };
        let version_id = members.remove("versionId");
        let place = version_id.as_ref().and_then(Value::as_str).ok_or(WitnessFault::Malformed)?;
        let place = places.get(place).copied();
        let proofs = match members.remove("proof") {
            Some(Value::Array(proofs)) => proofs,
            None => Vec::new(),
            Some(_) => return Err(WitnessFault::Malformed),
        };
        let Some(place) = place else { continue };
        found.extend(proofs.into_iter().filter_map(|proof| Some((place, Proof::parse(proof).ok()?))));
    }
    Ok(found)
}

/// The hash of `{"versionId": …}`, what a witness signs.
pub(super) fn document_hash(version_id: &str) -> [u8; 32] {
    Sha256::digest(format!(r#"{{"versionId":"{version_id}"}}"#)).into()
}

/// A witness's approval of `version_id` and all versions before it: one item of `did-witness.json`. Verify the log
/// with the new entry first ([`super::Log::verify`]).
#[must_use]
pub fn approve(version_id: &str, witness: &dyn Signer, now: Timestamp) -> Option<Value> {
    let proof = proof::make(&document_hash(version_id), witness, now)?;
    Some(json!({"versionId": version_id, "proof": [proof]}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_signs_the_version_that_it_approves() {
        let hash: String = document_hash("1-abc").iter().map(|byte| format!("{byte:02x}")).collect();
        // As told by another program: printf '{"versionId":"1-abc"}' | sha256sum
        assert_eq!(hash, "a6681d780f7fc1fa995fb5a3f4121495529afb9991582796eb29b03bc97f7b6b");
        assert_ne!(document_hash("1-abc"), document_hash("2-abc"));
    }
}
