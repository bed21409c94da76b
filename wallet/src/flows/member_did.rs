//! The member's own DID (specs/decisions/0012): the wallet writes its log, an office keeps and serves it.
//!
//! [`making`] and [`hosting`] give it its beginning, [`beginning_anew`] in a wallet that was made again. Everything later asks for the recovery code: [`continuing`] (other keys,
//! the end), [`moving`] (another office) and [`recovering`] (a lost device). [`leaving`] brings the log to the offices,
//! [`watching`] looks whether they serve it, [`telling`] knows who has to hear of a change.

mod beginning_anew;
mod continuing;
mod hosting;
mod leaving;
mod making;
mod moving;
mod noting;
mod recovering;
mod telling;
mod watching;

use did::DocumentError;
use did::webvh::{LogError, WriteError};

use super::collect::CollectError;
use crate::vault::VaultError;

pub use continuing::DidChanged;
pub(super) use hosting::is_first_passport;
pub use leaving::LeftLog;
pub(super) use noting::Deed;
pub(super) use telling::CHANGING;
pub use telling::InformedSpace;
pub use watching::ServedLog;

/// The media type of a DID log.
const LOG_TYPE: &str = "application/jsonl";

/// Why the member's DID is not changed. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DidError {
    /// There is none.
    #[error("this wallet has no identifier yet; it gets one with its first passport")]
    NoDid,
    /// The office does not have it yet.
    #[error(
        "the office does not have this wallet's identifier yet: leave it there first, with `passport wallet collect`, or \
         where it was about to move, with `passport wallet did move`"
    )]
    NotThereYet,
    /// It was given up.
    #[error("this identifier was given up, and that is for ever; a new one comes with a new passport")]
    GivenUp,
    /// The code is not this DID's.
    #[error("this is not the recovery code of this identifier; nothing was changed. Check what you typed")]
    WrongCode,
    /// The code is the DID's and not this wallet's.
    #[error(
        "this is the recovery code of that identifier, and this wallet has another one; make a wallet for it with \
         `passport wallet init --recover` and the same code"
    )]
    OtherCode,
    /// Another wallet of the member has changed it.
    #[error(
        "another wallet has changed this identifier with the recovery code meanwhile; if that was you, go on there, or take \
         it back here with `passport wallet did recover {0}`"
    )]
    ContinuedElsewhere(String),
    /// The code is not this wallet's.
    #[error("this is not the recovery code of this wallet; nothing was changed. Check what you typed")]
    NotThisWallets,
    /// The wallet has another DID.
    #[error("this wallet has another identifier already: {0}")]
    OtherDid(String),
    /// The log lacks entries that the wallet knows.
    #[error("this log is not the newest one: this wallet knows entries that are not in it")]
    OlderLog,
    /// The log parts from the one that was taken where the DID lies.
    #[error(
        "{0} has taken an entry that this wallet wrote, and this log goes on from before it in another way: there are two \
         histories of this identifier now. It goes on with the one that is served there; whoever kept this log refuses that one"
    )]
    Parted(String),
    /// No office has named a place.
    #[error(
        "no office has named a place for your identifier: ask the new office for a passport first and answer its request \
         with `passport wallet present`, then move"
    )]
    NoPlace,
    /// More than one office has.
    #[error("more than one office has named a place; say which one: {0}")]
    SeveralPlaces(String),
    /// The log has no room.
    #[error("the log of this identifier is full: no office keeps a longer one")]
    Full,
    /// It is no log.
    #[error("this is not the log of a did:webvh identifier")]
    NotALog,
    /// It is not served.
    #[error("the log could not be fetched: the status was {0}; name the address of another copy, or a file")]
    NotServed(u16),
    /// The log does not verify.
    #[error("the log does not verify: {0}")]
    Log(#[from] LogError),
    /// The entry could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The document could not be made.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The office.
    #[error(transparent)]
    Office(#[from] CollectError),
    /// A call.
    #[error("the log could not be fetched: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// A key could not be used.
    #[error("a key of the wallet could not be used")]
    Key(#[from] jose::KeyError),
    /// A holder key could not be made.
    #[error(transparent)]
    Keys(#[from] crate::keys::KeysError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl DidError {
    /// A short name for logs and machine-readable output.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoDid => "no_did",
            Self::NotThereYet => "did_not_there_yet",
            Self::GivenUp => "did_given_up",
            Self::WrongCode | Self::NotThisWallets => "wrong_recovery_code",
            Self::OtherCode => "other_recovery_code",
            Self::ContinuedElsewhere(_) => "did_continued_elsewhere",
            Self::OtherDid(_) => "other_did",
            Self::OlderLog => "older_log",
            Self::Parted(_) => "did_parted",
            Self::NoPlace => "no_place",
            Self::SeveralPlaces(_) => "several_places",
            Self::Full => "log_full",
            Self::NotALog | Self::Log(_) => "not_a_log",
            Self::NotServed(_) | Self::Outbound(_) => "unreachable",
            Self::Office(_) => "not_taken",
            Self::Write(_) | Self::Document(_) | Self::Key(_) | Self::Keys(_) => "not_written",
            Self::Vault(_) => "vault",
        }
    }
}
