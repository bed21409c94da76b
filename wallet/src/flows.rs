//! What a member does: accept, present, collect, refill.

mod accept;
mod answering;
mod asked_anew;
mod collect;
mod counter_offer;
mod deferred;
mod follow_up;
mod held;
mod looking_after;
mod mailbox;
mod matching;
mod member_api;
mod member_did;
mod minting;
mod networks;
mod number;
mod offices;
mod origin;
mod present;
mod refill;
mod repertoire;
mod upkeep;

pub use accept::{AcceptError, AcceptOptions, Accepted, AcceptedCredential, Begun, LookedAt, Mark};
pub use answering::LateAnswer;
pub use asked_anew::AskedAnew;
pub(crate) use collect::UnderWay;
pub use collect::{CollectError, Collected, CollectedFrom, Explained, Problem};
pub use held::{AwaitedKind, AwaitedState};
pub use mailbox::{
    Bells, Greeter, HeldCount, MailError, MailItem, MailKind, MailRound, OpenedMail, RefusedCount,
    RefusedMail, SpaceBlocked,
};
pub(crate) use member_api::was_left;
pub use member_api::{
    LeftSpace, MemberApiError, Membership, OwnSpace, PlannedChange, Seen, SeenDetail, SentChange, When,
};
pub use member_did::{DidChanged, DidError, InformedSpace, LeftLog, ServedLog};
pub use number::{NumberError, NumberReplaced, NumberView};
pub use offices::HandOutError;
pub use present::{LeavingIdentifier, PresentError, PresentOptions, Presented, ShareProof};
pub(crate) use refill::shown_sooner;
pub use refill::{RefillError, Refilled};
pub(crate) use refill::{expires_soon, kept_back_from};

#[cfg(test)]
mod tests;
