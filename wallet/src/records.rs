//! What the wallet keeps, each kind sealed on its own.

mod arrived;
mod authorizing;
mod copies;
mod deeds;
mod details;
mod digest;
mod given_values;
mod held;
mod history;
mod identity;
mod inboxes;
mod listed;
mod muted;
mod network;
mod number;
mod outbox;
mod pages;
mod pending;
mod private_key;
mod sent;
mod spaces;
mod upkeep;

pub(crate) use arrived::{Arrival, ArrivedCredential, KeptLate};
pub(crate) use authorizing::{AuthorizationAwaited, ChosenProvider, Instance};
pub(crate) use copies::{Copy, HeldCredential, Noted};
pub use deeds::Deed;
pub use details::{DetailName, DetailSet, NotASetName, OwnDetails, Place, SetError, SetName};
pub(crate) use details::{KeptDetails, KeptSet};
pub(crate) use digest::DigestWish;
pub use digest::{Digest, DigestSpace};
pub(crate) use given_values::GivenValue;
pub use held::HeldClaim;
pub(crate) use held::{proof_of, same_as};
pub use history::{HistoryEntry, HistoryKind};
pub(crate) use identity::{EarlierKeys, LogToLeave, MemberDid, RecoveryCommitment, mailbox_at, origin_of};
pub(crate) use inboxes::{
    BellHung, BlockedSpace, HeldMail, KeptMail, MailContent, PairwiseInbox, SeenMail, UnconfirmedAnswer,
};
pub use listed::{Anew, HeldState, ListedCredential};
pub(crate) use muted::MutedSpace;
pub(crate) use network::JoinedNetwork;
pub(crate) use number::{OwnNumber, Stated};
pub use number::{Warning, WarningKind};
pub use outbox::{Errand, NotDone, OutboxEntry};
pub(crate) use outbox::{KeptAccess, OutboxItem};
pub(crate) use pages::KeptPages;
pub(crate) use pending::{AskedInstead, AwaitedCredentials, FollowUpAwaited};
pub use pending::{NotGiven, PendingSummary};
pub(crate) use private_key::PrivateKey;
pub(crate) use sent::{GivenFor, SentAnswer};
pub(crate) use spaces::{AGES, ENDED, is_age};
pub use spaces::{Given, GivenClaim, ProvenChange, SpaceView};
pub(crate) use spaces::{KeptAnswer, KeptChange, KnownSpace};
pub(crate) use upkeep::Upkeep;
