//! What a member does: accept, present, collect, refill.

mod accept;
mod answering;
mod collect;
mod deferred;
mod follow_up;
mod matching;
mod member_did;
mod minting;
mod origin;
mod present;
mod refill;
mod repertoire;
mod upkeep;

pub use accept::{AcceptError, AcceptOptions, Accepted, AcceptedCredential, Mark};
pub use collect::{CollectError, Collected, CollectedFrom};
pub use present::{PresentError, PresentOptions, Presented, ShareProof};
pub use refill::{RefillError, Refilled};

#[cfg(test)]
mod tests;
