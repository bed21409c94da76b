//! The monthly digest: who still has what, what was given and what ended. Names of details, never values.

use serde::{Deserialize, Serialize};

use crate::vault::Kept;

/// What happened in one month, and what spaces had at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// The month, as YYYY-MM, in UTC.
    pub month: String,
    /// The spaces that had something at its end, and what.
    pub has: Vec<DigestSpace>,
    /// The spaces that were given something in it, and what.
    pub given: Vec<DigestSpace>,
    /// The spaces of which something ended in it, and what: taken back, left or run out.
    pub ended: Vec<DigestSpace>,
    /// Whether the member has put it away.
    pub seen: bool,
}

/// A space in a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestSpace {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names of the details.
    pub details: Vec<String>,
}

impl Kept for Digest {
    const KIND: &'static str = "digest";

    fn name(&self) -> String {
        self.month.clone()
    }
}

/// What the member wants of digests.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct DigestWish {
    /// None are made.
    pub(crate) off: bool,
}

impl DigestWish {
    /// The logical name of the only record of its kind.
    pub(crate) const NAME: &'static str = "me";
}

impl Kept for DigestWish {
    const KIND: &'static str = "digest-wish";

    fn name(&self) -> String {
        Self::NAME.to_owned()
    }
}
