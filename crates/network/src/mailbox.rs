//! The mailbox: how a space reaches a member who is not there (specs/mailbox.md).
//!
//! An inbox is a key pair that a wallet made; its [`Address`] is the thumbprint of the public key. The host keeps sealed
//! envelopes of three sizes and learns who sent one, and nothing of what is in it.
//!
//! - [`seal`], [`open`], [`check_envelope`]: the envelope, a padded JWE around a signed message.
//! - [`Invitation`], [`Message`]: what spaces say.
//! - [`Deposit`], [`Listing`], [`Done`], [`Block`], [`Report`], [`BellWish`], [`Ring`]: what travels between the host and those who call it.

mod address;
mod envelope;
mod invitation;
mod message;
mod place;
mod ring;
mod slot;
mod wire;

use crate::{MessageError, signed};

pub use address::{Address, NotAnAddress, path};
pub use envelope::{EnvelopeError, SIZES, check_envelope, open, open_agreed, room, seal, sealed_with};
pub use invitation::{INVITATION_TYPE, Invitation, LONGEST_INVITATION, Purpose};
pub use message::{About, LONGEST_MESSAGE, MESSAGE_TYPE, Message};
pub use place::inbox_at;
pub use ring::{Bell, BellWish, LONGEST_TICKET, RING_PATH, Ring};
pub use slot::{NotASlot, Slot};
pub use wire::{
    Block, Deposit, DepositError, Done, Kind, LISTING_SIZES, LONGEST_DEPOSIT, Listed, Listing, MOST_DONE,
    Reason, Report,
};

/// The DID URL of the key that a message of either kind says it is signed with, so that the key can be found. Nothing is
/// checked yet.
///
/// # Errors
/// [`MessageError::Signature`], [`MessageError::ForeignKey`] when it names none.
pub fn sender_key(message: &str) -> Result<String, MessageError> {
    signed::kid(message)
}
