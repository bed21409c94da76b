//! Inboxes that the wallet made for single spaces, and what came into them and into the member's own.

use jose::{Jwk, KeyError};
use network::mailbox::{Invitation, Message};
use serde::{Deserialize, Serialize};

use super::PrivateKey;
use super::identity::mailbox_at;
use crate::keys::HolderKey;
use crate::vault::Kept;

/// An inbox of which one space knows and nobody else: one key reads it at the host, another opens what comes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PairwiseInbox {
    /// The space's DID.
    pub(crate) space: String,
    /// The origin of the host.
    pub(crate) host: String,
    pub(crate) read: PrivateKey,
    pub(crate) seal: PrivateKey,
    /// The public half of [`Self::seal`], as the space was given it.
    pub(crate) seal_public: Jwk,
    /// When it was made, in seconds since the epoch.
    pub(crate) made_at: i64,
}

impl PairwiseInbox {
    /// The key that reads it.
    pub(crate) fn read_key(&self) -> Result<HolderKey, KeyError> {
        self.read.holder_key()
    }

    /// Its address, as the space was given it.
    pub(crate) fn address(&self) -> Result<String, KeyError> {
        Ok(mailbox_at(&self.host, &self.read_key()?))
    }
}

impl Kept for PairwiseInbox {
    const KIND: &'static str = "pairwise-inbox";

    fn name(&self) -> String {
        format!("{} {}", self.host, self.space)
    }
}

/// What a message says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MailContent {
    Invitation(Invitation),
    Message(Message),
}

impl MailContent {
    /// When it counts no more, in seconds since the epoch.
    pub(crate) const fn expires_at(&self) -> i64 {
        match self {
            Self::Invitation(invitation) => invitation.expires_at,
            Self::Message(message) => message.expires_at,
        }
    }
}

/// A message that was checked and is kept until it is opened and deleted, or has expired.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptMail {
    /// Random, and short enough to be typed.
    pub(crate) id: String,
    /// The address of the inbox it came into.
    pub(crate) inbox: String,
    /// The space's DID.
    pub(crate) space: String,
    /// Its name in the network list.
    pub(crate) space_name: String,
    /// The DID URL of the key that signed.
    pub(crate) key_id: String,
    /// When the host got it: the start of that day, in seconds since the epoch.
    pub(crate) day: i64,
    /// Whether the member has opened it.
    pub(crate) opened: bool,
    /// How a sign-up ended, where the decision fits an answer of this wallet.
    /// Of a hello whether it was answered or reported.
    pub(crate) outcome: Option<String>,
    /// What whoever answered a hello shared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contacts: Option<network::hello::Details>,
    /// The answer to a hello that the space has not confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<UnconfirmedAnswer>,
    pub(crate) content: MailContent,
}

/// An answer to a hello, kept before it is sent: whatever the space says, the details may be with the sender, and what goes once more is
/// the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct UnconfirmedAnswer {
    /// As it was sealed.
    pub(crate) sealed: String,
    /// The names of the details in it.
    pub(crate) shared: Vec<String>,
    /// The entry of the history that tells of it.
    pub(crate) entry: String,
}

impl Kept for KeptMail {
    const KIND: &'static str = "mail";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// An envelope whose sender could not be looked up: it is kept as it came, and judged when that can be done. It does not wait
/// at the host, where it would take the room of others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HeldMail {
    /// SHA-256 of inbox and envelope.
    pub(crate) id: String,
    /// The address of the inbox it came into.
    pub(crate) inbox: String,
    /// The DID of the space that is said to have written it.
    pub(crate) space: String,
    pub(crate) envelope: String,
    /// When the host got it: the start of that day, in seconds since the epoch.
    pub(crate) day: i64,
    /// When it was first looked at, in seconds since the epoch.
    pub(crate) since: i64,
}

impl HeldMail {
    /// Under which an envelope of an inbox is held.
    pub(crate) fn id_of(inbox: &str, envelope: &str) -> String {
        // No address holds a line break.
        jose::digest::sha256_base64url(format!("{inbox}\n{envelope}"))
    }
}

impl Kept for HeldMail {
    const KIND: &'static str = "held-mail";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// That a message came, so that it does not come again: kept until it would be refused as expired.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SeenMail {
    /// SHA-256 of space and `jti`.
    pub(crate) id: String,
    /// The space's DID.
    pub(crate) space: String,
    /// In seconds since the epoch.
    pub(crate) until: i64,
}

impl SeenMail {
    /// Under which a message of a space is remembered.
    pub(crate) fn id_of(space: &str, jti: &str) -> String {
        // No DID holds a line break.
        jose::digest::sha256_base64url(format!("{space}\n{jti}"))
    }
}

impl Kept for SeenMail {
    const KIND: &'static str = "seen-mail";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// A space from which the member wants nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BlockedSpace {
    /// Its DID.
    pub(crate) space: String,
    /// The name it had.
    pub(crate) name: String,
}

impl Kept for BlockedSpace {
    const KIND: &'static str = "blocked-space";

    fn name(&self) -> String {
        self.space.clone()
    }
}

/// That a bell hangs at an inbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BellHung {
    /// The address of the inbox.
    pub(crate) inbox: String,
    /// Where it leads.
    pub(crate) at: String,
    /// When it was hung, in seconds since the epoch.
    pub(crate) hung_at: i64,
}

impl Kept for BellHung {
    const KIND: &'static str = "bell-hung";

    fn name(&self) -> String {
        self.inbox.clone()
    }
}
