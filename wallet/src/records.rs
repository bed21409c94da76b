//! What the wallet keeps, each kind sealed on its own.

mod copies;
mod details;
mod history;
mod identity;
mod network;
mod pending;
mod private_key;
mod spaces;
mod upkeep;

pub use copies::ListedCredential;
pub(crate) use copies::{Copy, HeldCredential};
pub use details::{DetailName, OwnDetails};
pub use history::{HistoryEntry, HistoryKind};
pub(crate) use identity::{MemberDid, RecoveryCommitment};
pub(crate) use network::JoinedNetwork;
pub use pending::PendingSummary;
pub(crate) use pending::{AwaitedCredentials, FollowUpAwaited};
pub(crate) use private_key::PrivateKey;
pub use spaces::{Given, GivenClaim, SpaceView};
pub(crate) use spaces::{KeptAnswer, KnownSpace};
pub(crate) use upkeep::Upkeep;
