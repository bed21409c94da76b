//! What travels between the host of mailboxes and those who call it.

use environment::Timestamp;
use serde::{Deserialize, Serialize};

use super::envelope::{EnvelopeError, check_envelope};
use super::message::LONGEST_MESSAGE;
use super::slot::Slot;

/// Longest body of a deposit, in bytes: the largest envelope and its frame.
pub const LONGEST_DEPOSIT: usize = 16_384 + 512;
/// The sizes that the body of a listing may have, in bytes; `pad` fills it up.
pub const LISTING_SIZES: [usize; 4] = [8_192, 16_384, 32_768, 65_536];
/// How many messages one [`Done`] names at most.
pub const MOST_DONE: usize = 64;

/// What kind of message an envelope holds, as far as its sender says: the host counts them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An [invitation](super::Invitation): one of a space waits in each [`Slot`], the newest.
    Invitation,
    /// A [message](super::Message).
    Message,
}

/// What a space leaves at an inbox: the body of `POST /mailbox/ADDRESS`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deposit {
    /// The kind.
    pub kind: Kind,
    /// Of invitations the newest of a slot waits. In a message it says nothing, and is there so that both look alike.
    pub slot: Slot,
    /// The envelope.
    pub message: String,
    /// When the host throws it away unread, in seconds since the epoch; at most 30 days ahead.
    pub expires: i64,
}

/// Why a deposit is malformed, whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DepositError {
    /// The body is not a [`Deposit`].
    #[error("a deposit is a JSON object of kind, slot, message and expires")]
    Malformed,
    /// The body is longer than [`LONGEST_DEPOSIT`].
    #[error("a deposit is too long")]
    TooLong,
    /// The envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// `expires` has passed, or lies more than 30 days ahead.
    #[error("expires must lie ahead, and by 30 days at most")]
    Expires,
}

impl Deposit {
    /// Reads the body of a deposit, and checks all that can be said without knowing who sent it or to whom.
    ///
    /// # Errors
    /// See [`DepositError`].
    pub fn read(body: &[u8], now: Timestamp) -> Result<Self, DepositError> {
        if body.len() > LONGEST_DEPOSIT {
            return Err(DepositError::TooLong);
        }
        let deposit: Self = jose::json::parse_as(body).map_err(|_| DepositError::Malformed)?;
        check_envelope(&deposit.message)?;
        let life = Timestamp::from_seconds(deposit.expires).since(now);
        if (1..=LONGEST_MESSAGE).contains(&life) { Ok(deposit) } else { Err(DepositError::Expires) }
    }
}

/// One message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// By which it is called done.
    pub id: String,
    /// The envelope.
    pub message: String,
    /// When it came: the start of that day, in seconds since the epoch.
    pub day: i64,
}

/// What waits in an inbox, the oldest first: the answer to `GET /mailbox/ADDRESS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The messages.
    pub messages: Vec<Listed>,
    /// Whether more wait than fit: they come when these are done.
    pub more: bool,
    /// Fills the body up to one of [`LISTING_SIZES`].
    #[serde(default)]
    pub pad: String,
}

impl Listing {
    /// As many of `waiting` as fit, and whether others are left.
    #[must_use]
    pub fn of(waiting: impl IntoIterator<Item = Listed>) -> Self {
        let mut listing = Self::default();
        let largest = LISTING_SIZES.iter().copied().max().unwrap_or_default();
        let mut length = length_of(&listing);
        for one in waiting {
            // And a comma.
            length = length.saturating_add(length_of(&one)).saturating_add(1);
            if length > largest {
                listing.more = true;
                break;
            }
            listing.messages.push(one);
        }
        listing
    }

    /// The body, padded.
    #[must_use]
    pub fn body(mut self) -> String {
        self.pad.clear();
        let length = length_of(&self);
        let size = LISTING_SIZES.iter().copied().find(|size| *size >= length).unwrap_or(length);
        self.pad = "0".repeat(size.saturating_sub(length));
        serde_json::to_string(&self).unwrap_or_default()
    }
}

fn length_of(value: &impl Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}

/// Messages that the wallet has: the host erases them. The body of `POST /mailbox/ADDRESS/done`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// At most [`MOST_DONE`].
    pub ids: Vec<String>,
}

/// Nothing more from a space, or again: the body of `POST /mailbox/ADDRESS/blocks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The space's DID.
    pub space: String,
    /// Whether it is blocked from now on.
    pub blocked: bool,
}

/// What a member complains of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nobody asked for it.
    Unwanted,
    /// It wants to get something by pretending.
    Phishing,
    /// It threatens or insults.
    Abuse,
    /// Something else.
    Other,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Unwanted, Self::Phishing, Self::Abuse, Self::Other];

    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unwanted => "unwanted",
            Self::Phishing => "phishing",
            Self::Abuse => "abuse",
            Self::Other => "other",
        }
    }
}

/// A complaint about a space that wrote to this inbox: the body of `POST /mailbox/ADDRESS/reports`. It names no message,
/// so that the host need not remember any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The space's DID.
    pub space: String,
    /// What is complained of.
    pub reason: Reason,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(number: usize, size: usize) -> Listed {
        Listed { id: format!("{number:022}"), message: "a".repeat(size), day: 1_795_564_800 }
    }

    #[test]
    fn a_listing_has_one_of_four_sizes_whatever_is_in_it() {
        for (count, size, length) in [
            (0, 4_096, 8_192),
            (1, 4_096, 8_192),
            (2, 4_096, 16_384),
            (3, 4_096, 16_384),
            (1, 16_384, 32_768),
            (15, 4_096, 65_536),
            (256, 4_096, 65_536),
        ] {
            let listing = Listing::of((0..count).map(|number| listed(number, size)));
            assert_eq!(listing.more, listing.messages.len() < count);
            let body = listing.clone().body();
            assert_eq!(body.len(), length, "{count} of {size}");
            let again: Listing = serde_json::from_str(&body).unwrap();
            assert_eq!((again.messages, again.more), (listing.messages, listing.more));
        }
    }

    #[test]
    fn the_largest_page_holds_three_of_the_largest_envelopes_and_says_that_more_wait() {
        let listing = Listing::of((0..5).map(|number| listed(number, 16_384)));
        assert_eq!((listing.messages.len(), listing.more), (3, true));
        let exact = Listing::of((0..3).map(|number| listed(number, 16_384)));
        assert_eq!((exact.messages.len(), exact.more), (3, false));
    }

    #[test]
    fn reasons_are_called_on_the_wire_as_in_the_program() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }

    #[test]
    fn a_deposit_is_one_envelope_for_thirty_days_at_most() {
        let now = Timestamp::from_seconds(1_000);
        let key = jose::DecryptionKey::generate("k", &environment::SeededRandomness::new(1)).unwrap();
        let randomness = environment::SeededRandomness::new(2);
        let envelope = super::super::seal("a.b.c", key.public_jwk(), &randomness).unwrap();
        let read = |message: &str, expires: i64| {
            let slot = Slot::of([1; 16]);
            let deposit = Deposit { kind: Kind::Message, slot, message: message.to_owned(), expires };
            Deposit::read(&serde_json::to_vec(&deposit).unwrap(), now)
        };
        assert!(read(&envelope, 1_001).is_ok() && read(&envelope, 1_000 + LONGEST_MESSAGE).is_ok());
        for expires in [1_000, 1_001 + LONGEST_MESSAGE, i64::MIN, i64::MAX] {
            assert_eq!(read(&envelope, expires), Err(DepositError::Expires));
        }
        let short: String = envelope.chars().skip(1).collect();
        assert_eq!(read(&short, 1_001), Err(DepositError::Envelope(EnvelopeError::WrongSize)));
        assert_eq!(Deposit::read(b"{}", now), Err(DepositError::Malformed));
        let long = vec![b' '; LONGEST_DEPOSIT + 1];
        assert_eq!(Deposit::read(&long, now), Err(DepositError::TooLong));
        assert_eq!(Deposit::read(&long[1..], now), Err(DepositError::Malformed));
    }

    #[test]
    fn what_is_called_otherwise_is_refused() {
        let right = r#"{"kind":"message","slot":"AQEBAQEBAQEBAQEBAQEBAQ","message":"","expires":1}"#;
        assert!(serde_json::from_str::<Deposit>(right).is_ok());
        for (from, to) in [
            (r#""kind":"message""#, r#""kind":"letter""#),
            (r#""expires":1"#, r#""expires":1,"to":"ada""#),
            (r#","expires":1"#, ""),
            (r#""slot":"AQEBAQEBAQEBAQEBAQEBAQ","#, ""),
            // One bit more than 16 bytes, 15 bytes, and none.
            ("AQEBAQEBAQEBAQEBAQEBAQ", "AQEBAQEBAQEBAQEBAQEBAR"),
            ("AQEBAQEBAQEBAQEBAQEBAQ", "AQEBAQEBAQEBAQEBAQEB"),
            ("AQEBAQEBAQEBAQEBAQEBAQ", ""),
        ] {
            let near = right.replace(from, to);
            assert!(serde_json::from_str::<Deposit>(&near).is_err(), "{near}");
        }
        assert!(serde_json::from_str::<Report>(r#"{"space":"x","reason":"rude"}"#).is_err());
    }
}
