//! The member's own DID.

use did::Did;
use did::web::Location;
use did::webvh::Identifier;
use jose::{Jwk, KeyError};
use outbound::is_development_host;
use serde::{Deserialize, Serialize};

use super::PrivateKey;
use crate::keys::HolderKey;
use crate::vault::Kept;

/// The next key of the member's DID, by its public part: the private one comes from the recovery code alone. None in a wallet
/// that was made for the code of an earlier one, until the member begins another DID in it.
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
    /// The key of the mailbox that the document names; none in a document of before there were mailboxes.
    #[serde(default)]
    pub(crate) mailbox: Option<PrivateKey>,
    /// The keys before these: what was sealed to them may still be on its way.
    #[serde(default)]
    pub(crate) earlier: Vec<EarlierKeys>,
    /// Whether the office has the log.
    pub(crate) uploaded: bool,
    /// Whether the member has given the DID up. That is for ever.
    #[serde(default)]
    pub(crate) given_up: bool,
    /// The follow-up that named the place: the log is left there again for it, and for no other.
    #[serde(default)]
    pub(crate) follow_up: String,
    /// When that was asked for, in seconds since the epoch.
    #[serde(default)]
    pub(crate) asked_at: i64,
}

/// Keys that the member's DID had before others took their place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EarlierKeys {
    pub(crate) seal: PrivateKey,
    pub(crate) mailbox: Option<PrivateKey>,
    /// The DID, as it was called then; what was addressed to it may be on its way too.
    #[serde(default)]
    pub(crate) did: Option<String>,
    /// The origin at which that mailbox lies.
    pub(crate) office: String,
    /// When others took their place, in seconds since the epoch.
    pub(crate) until: i64,
}

impl MemberDid {
    pub(crate) const NAME: &'static str = "me";

    /// `#sign`: speaks for the DID.
    ///
    /// # Errors
    /// [`KeyError`] for a damaged record.
    pub(crate) fn sign_key(&self) -> Result<HolderKey, KeyError> {
        self.sign.holder_key()
    }

    /// `#seal`: opens what was sealed to the DID.
    ///
    /// # Errors
    /// As [`Self::sign_key`].
    pub(crate) fn seal_key(&self) -> Result<HolderKey, KeyError> {
        self.seal.holder_key()
    }

    /// The key of the mailbox that the document names as `#mailbox`, if it names one.
    ///
    /// # Errors
    /// As [`Self::sign_key`].
    pub(crate) fn mailbox_key(&self) -> Result<Option<HolderKey>, KeyError> {
        self.mailbox.as_ref().map(PrivateKey::holder_key).transpose()
    }

    /// The origin of the office at which the DID lies.
    pub(crate) fn office(&self) -> Option<String> {
        let did = Did::parse(&self.did).ok()?;
        Some(origin_of(Identifier::of(&did).ok()?.location()))
    }

    /// Whether the recovery code was used for it.
    pub(crate) fn is_continued(&self) -> bool {
        self.log.lines().count() > 1
    }

    /// Whether somebody else may know it, so that no other takes its place by itself.
    pub(crate) fn stays(&self) -> bool {
        self.uploaded || self.is_continued()
    }
}

/// The origin of the host at `location`: https, and on this machine's own names http (docs/architecture.md).
pub(crate) fn origin_of(location: &Location) -> String {
    let scheme = if is_development_host(location.host()) { "http" } else { "https" };
    match location.port() {
        Some(port) => format!("{scheme}://{}:{port}", location.host()),
        None => format!("{scheme}://{}", location.host()),
    }
}

/// The address of the inbox of `key` at an office.
pub(crate) fn mailbox_at(office: &str, key: &HolderKey) -> String {
    format!("{office}/mailbox/{}", key.thumbprint())
}

impl Kept for MemberDid {
    const KIND: &'static str = "member-did";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}

/// A log that is still to be left somewhere. It is kept before it is sent, and until it was taken.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LogToLeave {
    /// Where.
    pub(crate) upload_uri: String,
    pub(crate) log: String,
    /// Since when, in seconds since the epoch.
    pub(crate) since: i64,
}

impl Kept for LogToLeave {
    const KIND: &'static str = "log-to-leave";

    fn name(&self) -> String {
        self.upload_uri.clone()
    }
}
