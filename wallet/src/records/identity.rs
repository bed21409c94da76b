//! The member's own DID.

use jose::Jwk;
use serde::{Deserialize, Serialize};

use super::PrivateKey;
use crate::vault::Kept;

/// The next key of the member's DID, by its public part: the private one comes from the recovery code alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RecoveryCommitment {
    pub(crate) index: u32,
    pub(crate) key: Jwk,
}

impl RecoveryCommitment {
    pub(crate) const NAME: &'static str = "recovery";
}

impl Kept for RecoveryCommitment {
    const KIND: &'static str = "recovery-commitment";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}

/// The member's DID and its keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MemberDid {
    pub(crate) did: String,
    /// Host and label behind the SCID.
    pub(crate) location: String,
    /// The log, one entry a line.
    pub(crate) log: String,
    /// Which recovery key signs the next entry.
    pub(crate) next_recovery_key: u32,
    pub(crate) sign: PrivateKey,
    pub(crate) seal: PrivateKey,
    /// Whether the office has the log.
    pub(crate) uploaded: bool,
    /// The follow-up that named the place: the log is left there again for it, and for no other.
    #[serde(default)]
    pub(crate) follow_up: String,
    /// When that was asked for, in seconds since the epoch.
    #[serde(default)]
    pub(crate) asked_at: i64,
}

impl MemberDid {
    pub(crate) const NAME: &'static str = "me";
}

impl Kept for MemberDid {
    const KIND: &'static str = "member-did";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}
