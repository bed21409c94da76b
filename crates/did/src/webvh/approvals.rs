//! Both sides of witnessing: the file in which a controller keeps its witnesses' proofs, and what a witness looks at before it
//! approves (did:webvh 1.0, "The Witness Proofs File", "Witnessing a DID Version Update").

use environment::Timestamp;
use jose::Signer;
use serde_json::{Value, json};

use super::error::{LogError, WitnessFault};
use super::known::beginning;
use super::log::Log;
use super::proof::Proof;
use super::witness::{LARGEST_FILE, Witnesses, approve, document_hash};
use crate::multikey;

/// Why an approval is not taken or not given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// The file or the approval is not a list of versions and proofs, or too large.
    #[error("the approval must be a JSON object with versionId and proof, or a list of such")]
    Malformed,
    /// The approval is about a version that is not in the log.
    #[error("the approval is about a version that is not in this log")]
    OtherVersion,
    /// A proof by a key that is not a witness of that version.
    #[error("the approval is by a key that is not among the witnesses of this version")]
    NotAWitness,
    /// A proof that does not verify.
    #[error("the approval's signature does not fit")]
    Signature,
    /// The log does not verify, or its earlier entries were not approved.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Nobody asks this key to approve the entry.
    #[error("this key is not among the witnesses of the newest entry")]
    NotAsked,
    /// A witness knows the published log before it approves another entry.
    #[error("this witness does not know the published log yet: let it keep that first")]
    Unknown,
    /// The log has another entry in the place of one that this witness knows, or lacks it.
    #[error("the log does not continue the one that this witness knows: it approves no second history")]
    OtherHistory,
    /// More than one entry is new.
    #[error("more than one entry is new: a witness approves one after the other")]
    TooManyNew,
    /// The witness's key is not Ed25519 or does not sign.
    #[error("the witness's key must be Ed25519 and ready to sign")]
    Signer,
}

/// The proofs that a controller holds.
#[derive(Clone, Debug, Default)]
pub struct Approvals(Vec<Approval>);

#[derive(Clone, Debug)]
struct Approval {
    version_id: String,
    multikey: String,
    proof: Value,
}

impl Approvals {
    /// Reads `did-witness.json`, or one approval of it.
    ///
    /// # Errors
    /// [`ApprovalError::Malformed`].
    pub fn read(text: &[u8]) -> Result<Self, ApprovalError> {
        if text.len() > LARGEST_FILE {
            return Err(ApprovalError::Malformed);
        }
        let items = match jose::json::parse(text) {
            Ok(Value::Array(items)) => items,
            Ok(item @ Value::Object(_)) => vec![item],
            _ => return Err(ApprovalError::Malformed),
        };
        let mut approvals = Vec::new();
        for item in items {
            let version_id = item.get("versionId").and_then(Value::as_str).ok_or(ApprovalError::Malformed)?;
            let proofs = item.get("proof").and_then(Value::as_array).ok_or(ApprovalError::Malformed)?;
            for proof in proofs {
                let multikey = Proof::parse(proof.clone()).map_err(|_| ApprovalError::Malformed)?.multikey;
                approvals.push(Approval {
                    version_id: version_id.to_owned(),
                    multikey,
                    proof: proof.clone(),
                });
            }
        }
        Ok(Self(approvals))
    }

    /// Takes `others`, each of which must be by a witness of the version of `log` that it is about. A proof for a version by a
    /// witness whose proof for it is there already is left.
    ///
    /// # Errors
    /// [`ApprovalError`]; then nothing is taken.
    pub fn take(&mut self, others: Self, log: &Log) -> Result<(), ApprovalError> {
        for other in &others.0 {
            let witnesses = log.witnesses_of(&other.version_id).ok_or(ApprovalError::OtherVersion)?;
            let key = witnesses.and_then(|witnesses| witnesses.key(&other.multikey));
            let key = key.ok_or(ApprovalError::NotAWitness)?;
            let proof = Proof::parse(other.proof.clone()).map_err(|_| ApprovalError::Malformed)?;
            if !proof.verifies(key, &document_hash(&other.version_id)) {
                return Err(ApprovalError::Signature);
            }
        }
        for other in others.0 {
            let is_there =
                |one: &Approval| one.version_id == other.version_id && one.multikey == other.multikey;
            if !self.0.iter().any(is_there) {
                self.0.push(other);
            }
        }
        Ok(())
    }

    /// What of these a published `log` needs: the latest proof of each witness, which covers all entries before.
    #[must_use]
    pub fn pruned(&self, log: &Log) -> Self {
        let latest = |approval: &&Approval| {
            let place = log.place_of_id(&approval.version_id);
            place.is_some()
                && !self.0.iter().any(|other| {
                    other.multikey == approval.multikey && log.place_of_id(&other.version_id) > place
                })
        };
        Self(self.0.iter().filter(latest).cloned().collect())
    }

    /// The file: one item for each version.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut items: Vec<(&str, Vec<&Value>)> = Vec::new();
        for approval in &self.0 {
            match items.iter_mut().find(|(version_id, _)| *version_id == approval.version_id) {
                Some((_, proofs)) => proofs.push(&approval.proof),
                None => items.push((&approval.version_id, vec![&approval.proof])),
            }
        }
        let items =
            items.into_iter().map(|(version_id, proof)| json!({"versionId": version_id, "proof": proof}));
        format!("{}\n", items.collect::<Value>())
    }
}

/// What a witness looks at: the log with the new entry, the log as it knows it, and the proofs for the entries before.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The log, whose last entry is to be approved.
    pub log: &'a [u8],
    /// The log as this witness knows it: as it was published, or as it approved it before.
    pub known: Option<&'a [u8]>,
    /// The witnesses' proofs for the entries before the last one.
    pub proofs: Option<&'a [u8]>,
}

impl Candidate<'_> {
    /// Verifies everything and approves the last entry: an item of `did-witness.json`. Keep the log durably before handing
    /// the approval out, so that no other entry is ever approved in its place. An entry that was approved is approved again.
    ///
    /// Whether the entry should be, is not looked at: that is for people.
    ///
    /// # Errors
    /// See [`ApprovalError`].
    pub fn approve(&self, witness: &dyn Signer, now: Timestamp) -> Result<Value, ApprovalError> {
        let log = Log::verify(self.log, now)?;
        self.check_history(&log, now)?;
        self.check_earlier(&log, now)?;
        let version_id = log.version_id().unwrap_or_default();
        let key = multikey::encode(witness.public_jwk());
        let is_asked = |witnesses: &Witnesses| witnesses.key(&key).is_some();
        if !log.witnesses_of(version_id).flatten().is_some_and(is_asked) {
            return Err(ApprovalError::NotAsked);
        }
        approve(version_id, witness, now).ok_or(ApprovalError::Signer)
    }

    fn check_history(&self, log: &Log, now: Timestamp) -> Result<(), ApprovalError> {
        let Some(known) = self.known else {
            return if log.number() == 1 { Ok(()) } else { Err(ApprovalError::Unknown) };
        };
        let known = Log::verify(known, now)?;
        if !log.continues(&known) {
            return Err(ApprovalError::OtherHistory);
        }
        if log.number() > known.number().saturating_add(1) { Err(ApprovalError::TooManyNew) } else { Ok(()) }
    }

    fn check_earlier(&self, log: &Log, now: Timestamp) -> Result<(), ApprovalError> {
        let Some(earlier) = log.number().checked_sub(1).filter(|number| *number > 0) else { return Ok(()) };
        let earlier = beginning(self.log, earlier).ok_or(LogError::Empty)?;
        Ok(Log::verify(earlier, now)?.check_witnesses(self.proofs)?)
    }
}

impl From<WitnessFault> for ApprovalError {
    fn from(fault: WitnessFault) -> Self {
        Self::Log(fault.into())
    }
}
