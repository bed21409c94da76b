//! What a member does with what spaces hold (specs/member-api.md).
//!
//! - [`beforehand`]: what the wallet's own record says before a space is asked.
//! - [`pages`]: where the space's own pages are.
//! - [`places`]: the spaces as the member sees them, each by a name of its own.
//! - [`comparing`]: what a space says that it has, beside what it was given.
//! - [`muting`]: nothing of a space is shown for a while.
//! - [`calling`]: the way in, by a copy of the membership, and the calls.
//! - [`giving`]: a consent to one new value and to nothing else.
//! - [`outbox`]: what is to be done, each at its time, kept until it is.
//! - [`doing`]: one such thing done, and the proof of it checked and kept.
//! - [`telling`]: the passport as it is now, for those that have an earlier one.

mod beforehand;
mod calling;
mod comparing;
mod doing;
mod giving;
mod muting;
mod outbox;
mod pages;
mod places;
mod telling;

pub(crate) use beforehand::was_left;
pub use beforehand::{LeftSpace, PlannedChange};
pub use comparing::{Seen, SeenDetail};
pub use outbox::When;
pub use places::{Membership, OwnSpace};

use serde::Serialize;

use super::collect::CollectError;
use super::present::PresentError;
use crate::records::{Errand, NotDone};
use crate::trust::TrustError;
use crate::vault::VaultError;

/// What became of something that was to be done at a space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SentChange {
    /// The space's name.
    pub space: String,
    /// The space's DID.
    #[serde(skip)]
    pub space_id: String,
    /// What, in one line: names, no value.
    pub what: String,
    /// The same for whoever says it in another language.
    #[serde(skip)]
    pub errand: Errand,
    /// Whether it is done and proven.
    pub done: bool,
    /// Whether it is in the outbox.
    pub waits: bool,
    /// Whether the membership has ended by it.
    pub membership_ended: bool,
    /// What the space keeps nevertheless: claim, rule, and until when in seconds since the epoch.
    pub kept: Vec<(String, String, i64)>,
    /// Why it is not done.
    pub problem: Option<String>,
    /// The same for whoever says it in another language.
    #[serde(skip)]
    pub why: Option<NotDone>,
    /// When it is tried again, in seconds since the epoch; none if it is done or given up.
    pub again_at: Option<i64>,
}

/// Why something is not done at a space.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemberApiError {
    /// No such space.
    #[error(
        "this wallet knows no space {0:?}; `passport wallet history` lists those that were given something"
    )]
    UnknownSpace(String),
    /// Several spaces go by that name.
    #[error("several spaces go by the name {0:?}; name one by its host or DID")]
    SeveralSpaces(String),
    /// The wallet holds no membership of the space.
    #[error("this wallet holds no membership of {0}, and only a member can ask it")]
    NoMembership(String),
    /// The member left the space.
    #[error("you left {}", .0.space)]
    Left(Box<LeftSpace>),
    /// An office has to check the new value first, at every space that was named.
    #[error("{spaces}: nothing is changed: {}", beforehand::check_first_or_now(claim))]
    CheckFirst {
        /// The claim.
        claim: String,
        /// The spaces' names.
        spaces: String,
    },
    /// By the wallet's record these spaces have nothing of that name, and no other that was named can be told.
    #[error("{spaces}: nothing is changed: {}", beforehand::not_held(claim))]
    NotHeld {
        /// The claim.
        claim: String,
        /// The spaces' names.
        spaces: String,
    },
    /// No such thing waits.
    #[error("nothing of that name waits; `passport wallet outbox list` lists what does")]
    NoSuchItem,
    /// The space could not be reached.
    #[error("the space could not be reached: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// The space does not do it now.
    #[error("the space answered with the status {0}")]
    NotNow(u16),
    /// The space gives no access.
    #[error("the space takes no access token for this; it may have no member API")]
    NoAccess,
    /// The space refuses, in the words of the member API (specs/member-api.md §4): by this request nothing was done.
    #[error("the space refuses ({code}): {sentence}")]
    Refused {
        /// Its code.
        code: String,
        /// Its sentence, for a member to read.
        sentence: String,
        /// The claims it names.
        claims: Vec<String>,
    },
    /// What the space says is malformed, or leads elsewhere.
    #[error("the space's answer is malformed")]
    Malformed,
    /// The wallet cannot show the new value.
    #[error(
        "the wallet has nothing to show {claim} by as it is to be: where the space wants it checked, {}",
        beforehand::check_first(claim)
    )]
    NothingToShow {
        /// The claim.
        claim: String,
    },
    /// The space would show the new value to more of its team than it promised of what it has.
    #[error(
        "the space asks for {claim} under another word than before: more of its team would see the new value than it promised. \
         Nothing was given. Ask the space why; what you give it by a question of its own says before who sees it"
    )]
    SeenByMore {
        /// The claim.
        claim: String,
    },
    /// The space has no earlier number or DID.
    #[error(
        "{0} has no earlier number or identifier of yours, as far as this wallet knows: there is nothing to tell it"
    )]
    NothingToTell(String),
    /// No passport says yet what the number and the DID are now.
    #[error(
        "the wallet holds no passport yet that shows your number and identifier as they are now; it comes with \
         `passport wallet collect`, or with new copies from your office"
    )]
    NoPassportYet,
    /// The membership was not shown, or the new value.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// The proof does not prove what was asked.
    #[error("the space's proof is not one: {0}")]
    Proof(#[from] network::MessageError),
    /// The proof is signed by somebody else.
    #[error("the proof is not signed by a key of the space")]
    ForeignSigner,
    /// The signer is not trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A key could not be used.
    #[error("a key of the wallet could not be used")]
    Key,
    /// Whoever holds the holder keys did not use them.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeysError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl MemberApiError {
    /// Whether the code is what the space said, and no word of this wallet.
    pub(in crate::flows) const fn is_their_word(&self) -> bool {
        match self {
            Self::Refused { .. } => true,
            Self::Present(error) => error.is_their_word(),
            _ => false,
        }
    }

    /// Why it is not done, for whoever has words of their own for it.
    #[must_use]
    pub fn problem(&self) -> NotDone {
        let claims = match self {
            Self::Refused { claims, .. } => claims.clone(),
            Self::CheckFirst { claim, .. }
            | Self::NotHeld { claim, .. }
            | Self::NothingToShow { claim }
            | Self::SeenByMore { claim } => vec![claim.clone()],
            _ => Vec::new(),
        };
        NotDone { code: self.code().to_owned(), is_their_word: self.is_their_word(), claims }
    }

    /// A short name for the history and for machine-readable output.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::UnknownSpace(_) | Self::SeveralSpaces(_) => "no_such_space",
            Self::NoMembership(_) => "no_membership",
            Self::Left(_) => "left",
            Self::CheckFirst { .. } => "check_first",
            Self::NotHeld { .. } => "not_held",
            Self::NoSuchItem => "no_such_change",
            Self::Outbound(_) => "unreachable",
            Self::NotNow(_) => "not_now",
            Self::NoAccess => "no_access",
            Self::Refused { code, .. } => code,
            Self::Malformed => "malformed",
            Self::NothingToShow { .. } => "nothing_to_show",
            Self::SeenByMore { .. } => "seen_by_more",
            Self::NothingToTell(_) => "nothing_to_tell",
            Self::NoPassportYet => "no_passport_yet",
            Self::Present(error) => error.code(),
            Self::Proof(_) | Self::ForeignSigner => "wrong_proof",
            Self::Trust(error) => error.code(),
            Self::Key => "key",
            Self::Keys(error) => error.code(),
            Self::Vault(_) => "vault",
        }
    }

    /// Whether it is of no use to ask the same again. What more of the team would see stays in sight, and the member may try again.
    fn is_final(&self) -> bool {
        self.is_a_no()
            || self.is_id_used()
            || matches!(self, Self::Proof(_) | Self::ForeignSigner | Self::SeenByMore { .. })
    }

    /// Whether it is of no use to ask the same again because this try did nothing and no other will. What came with a wrong proof, or
    /// is refused because of its identifier, may have been done all the same: that stays in sight until the member takes it out.
    fn is_a_no(&self) -> bool {
        !self.is_id_used()
            && matches!(
                self,
                Self::UnknownSpace(_)
                    | Self::SeveralSpaces(_)
                    | Self::NoMembership(_)
                    | Self::Left(_)
                    | Self::CheckFirst { .. }
                    | Self::NotHeld { .. }
                    | Self::Refused { .. }
                    | Self::NothingToShow { .. }
                    | Self::NothingToTell(_)
            )
    }

    /// Whether the space says that something was done under this identifier.
    fn is_id_used(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == calling::ID_USED)
    }
}

impl From<jose::KeyError> for MemberApiError {
    fn from(_: jose::KeyError) -> Self {
        Self::Key
    }
}

impl From<jose::SigningFailed> for MemberApiError {
    fn from(_: jose::SigningFailed) -> Self {
        Self::Key
    }
}

/// Of looking for the key that signed a proof.
impl From<CollectError> for MemberApiError {
    fn from(error: CollectError) -> Self {
        match error {
            CollectError::Trust(error) => Self::Trust(error),
            CollectError::Message(error) => Self::Proof(error),
            CollectError::Vault(error) => Self::Vault(error),
            CollectError::Key => Self::Key,
            CollectError::Keys(error) => Self::Keys(error),
            _ => Self::ForeignSigner,
        }
    }
}
