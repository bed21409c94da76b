//! What the wallet keeps, each kind sealed on its own.

mod arrived;
mod authorizing;
mod copies;
mod details;
mod held;
mod history;
mod identity;
mod inboxes;
mod network;
mod number;
mod outbox;
mod pending;
mod private_key;
mod spaces;
mod upkeep;

pub(crate) use arrived::{Arrival, ArrivedCredential};
pub(crate) use authorizing::{AuthorizationAwaited, ChosenProvider, Instance};
pub use copies::ListedCredential;
pub(crate) use copies::{Copy, HeldCredential};
pub use details::{DetailName, OwnDetails};
pub use held::HeldClaim;
pub(crate) use held::same_as;
pub use history::{HistoryEntry, HistoryKind};
pub(crate) use identity::{EarlierKeys, LogToLeave, MemberDid, RecoveryCommitment, mailbox_at, origin_of};
pub(crate) use inboxes::{BlockedSpace, HeldMail, KeptMail, MailContent, PairwiseInbox, SeenMail};
pub(crate) use network::JoinedNetwork;
pub(crate) use number::{OwnNumber, Stated};
pub use number::{Warning, WarningKind};
pub use outbox::OutboxEntry;
pub(crate) use outbox::{Errand, KeptAccess, OutboxItem};
pub use pending::PendingSummary;
pub(crate) use pending::{AskedInstead, AwaitedCredentials, FollowUpAwaited};
pub(crate) use private_key::PrivateKey;
pub use spaces::{Given, GivenClaim, ProvenChange, SpaceView};
pub(crate) use spaces::{KeptAnswer, KeptChange, KnownSpace};
pub(crate) use upkeep::Upkeep;
