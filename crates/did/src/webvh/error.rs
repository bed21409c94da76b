//! Why a log does not verify.

use crate::document::DocumentError;

/// Why a log is refused. Entry numbers begin with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The log is larger than [`super::LARGEST_LOG`] or has more entries than [`super::MOST_ENTRIES`].
    #[error("the log is too large")]
    TooLarge,
    /// The log has no entry.
    #[error("the log is empty")]
    Empty,
    /// An entry breaks a rule.
    #[error("entry {number}: {fault}")]
    Entry {
        /// The entry's place.
        number: u64,
        /// The rule.
        fault: EntryFault,
    },
    /// No entry is about the DID that is being resolved.
    #[error("no entry of the log is about this DID")]
    OtherDid,
    /// The log lacks entries that were served before, or has others in their place. Who keeps no log cannot see this.
    #[error("the log does not continue the one that was served before")]
    OtherHistory,
    /// The witnesses did not approve as the log demands.
    #[error(transparent)]
    Witness(#[from] WitnessFault),
}

/// The rule of did:webvh 1.0 that an entry breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// Not one line of strict JSON.
    #[error("the line is not a JSON object")]
    Json,
    /// Not exactly versionId, versionTime, parameters, state and proof.
    #[error("the entry must have versionId, versionTime, parameters, state and proof, and nothing else")]
    Members,
    /// Not a number, one dash and a hash.
    #[error("versionId must be a number, one dash and a hash")]
    VersionId,
    /// Numbers begin with 1 and have no gaps.
    #[error("version numbers must begin with 1 and rise by 1")]
    VersionNumber,
    /// The hash is not that of the entry.
    #[error("the entry's hash does not fit its content")]
    EntryHash,
    /// The SCID is not the hash of the first entry.
    #[error("the SCID does not fit the first entry")]
    Scid,
    /// Not a time in UTC.
    #[error("versionTime must be a UTC time with `Z` or `+00:00`")]
    VersionTime,
    /// Not later than the entry before.
    #[error("versionTime must be later than that of the entry before")]
    NotLater,
    /// More than five minutes ahead of the clock.
    #[error("versionTime lies in the future")]
    Future,
    /// A parameter breaks a rule.
    #[error(transparent)]
    Parameter(#[from] ParameterFault),
    /// The proof breaks a rule.
    #[error(transparent)]
    Proof(#[from] ProofFault),
    /// `state.id` is not a did:webvh.
    #[error("state.id must be a did:webvh")]
    StateId,
    /// `state.id` has another SCID than the log.
    #[error("the SCID of state.id must be the one of the log")]
    OtherScid,
    /// `state.id` changed, and the DID is not portable.
    #[error("the DID moved although it is not portable")]
    NotPortable,
    /// `state.id` changed, and `alsoKnownAs` does not name the DID before.
    #[error("a DID that moved must name the one before in alsoKnownAs")]
    MoveNotNamed,
    /// An entry after the one that deactivated the DID.
    #[error("a deactivated DID cannot be updated")]
    AfterDeactivation,
    /// `state` is not a DID document.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// The rule that a parameter breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterFault {
    /// A parameter that the method does not know.
    #[error("the parameters must be those of did:webvh 1.0")]
    Unknown,
    /// A value of the wrong type or range, `null` among them.
    #[error("a parameter has a value that is not allowed")]
    Value,
    /// `method` is another version of the method.
    #[error("the method version must be exactly did:webvh:1.0")]
    Method,
    /// The first entry lacks `method`, `scid` or `updateKeys`.
    #[error("the first entry must have method, scid and updateKeys")]
    Missing,
    /// A later entry has `scid`.
    #[error("scid may stand in the first entry only")]
    ScidAgain,
    /// A later entry sets `portable` to true.
    #[error("portable may be set to true in the first entry only")]
    PortableLate,
    /// An update key is not an Ed25519 multikey.
    #[error("update keys must be Ed25519 multikeys")]
    UpdateKey,
    /// `witness` is malformed: no list, a threshold that cannot be met, or a name twice.
    #[error(
        "witness must be {{}}, or a threshold from 1 to the number of different witnesses and their did:key ids"
    )]
    Witness,
    /// Keys were committed to, and this entry leaves out `updateKeys` or `nextKeyHashes`.
    #[error("while pre-rotation is active, updateKeys and nextKeyHashes must stand in every entry")]
    PreRotationOmitted,
    /// An update key was not committed to by the entry before.
    #[error("an update key is not among those the entry before committed to")]
    PreRotationKey,
}

/// The rule that a Data Integrity proof breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofFault {
    /// No proof, or more than a controller ever needs.
    #[error("the entry must have a proof")]
    Missing,
    /// A member is missing, unknown or malformed.
    #[error("the proof is malformed")]
    Malformed,
    /// Not `eddsa-jcs-2022`.
    #[error("the proof's cryptosuite must be eddsa-jcs-2022")]
    Cryptosuite,
    /// Not `assertionMethod`.
    #[error("the proof's purpose must be assertionMethod")]
    Purpose,
    /// Not `did:key:X#X` with the same key twice.
    #[error("the proof's verificationMethod must be did:key with its own fragment")]
    VerificationMethod,
    /// Made with a key that may not update the DID.
    #[error("the proof's key is not among the active update keys")]
    KeyNotActive,
    /// The signature does not fit.
    #[error("the proof's signature does not fit")]
    Signature,
}

/// Why witnessing is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WitnessFault {
    /// The log asks for witnesses and there is no file of their proofs.
    #[error("the log asks for witnesses, and their proofs are missing")]
    Missing,
    /// The file is not a list of versions and proofs, or too large.
    #[error("the witnesses' proofs are malformed or too many")]
    Malformed,
    /// Fewer witnesses than the threshold approved an entry.
    #[error("entry {number} was approved by {approvals} witnesses of {threshold}")]
    Threshold {
        /// The entry's place.
        number: u64,
        /// How many approved it.
        approvals: usize,
        /// How many must.
        threshold: usize,
    },
}
