//! Which of a space's invitations takes the place of which.

use environment::Randomness;
use jose::base64url;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a slot is the base64url of 16 bytes, 22 characters")]
pub struct NotASlot;

/// A name that a space gives to what it may replace: of its invitations in an inbox the newest of each slot waits. The host
/// makes nothing of it; a space derives it from a key of its own, so that nobody else can tell which two are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot([u8; Slot::LENGTH]);

impl Slot {
    /// Its bytes.
    pub const LENGTH: usize = 16;

    /// The slot of these bytes.
    #[must_use]
    pub const fn of(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// A slot like no other.
    #[must_use]
    pub fn random(randomness: &dyn Randomness) -> Self {
        Self(randomness.bytes())
    }

    /// Reads a slot.
    ///
    /// # Errors
    /// [`NotASlot`] for anything but the one spelling of 16 bytes.
    pub fn parse(text: &str) -> Result<Self, NotASlot> {
        base64url::decode_exact(text).map(Self).map_err(|_| NotASlot)
    }
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
