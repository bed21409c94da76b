//! How often something may be had within a day.

use openid4vc::secret::SecretHash;
use presentation::Refused;
use store::{Reader, StoreFault, Tx};

use crate::records::{RequestKind, Spent};

/// How often one membership may be brought for a first passport within a day.
pub const MOST_APPLICATIONS: u32 = 5;
/// How often within a day one passport, or one profile, is refilled: once an hour, where a wallet needs it as seldom as its
/// copies are used up.
pub const MOST_REFILLS: u32 = 24;
/// How many messages a space leaves in mailboxes within a day.
pub const MOST_DEPOSITS: u32 = 1_000;

/// What is counted, and how often it may be had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    of: SecretHash,
    most: u32,
    spent: &'static str,
}

impl Budget {
    /// What is known by this hash may be had `most` times within a day; `spent` says so when that is used up.
    pub(crate) const fn new(of: SecretHash, most: u32, spent: &'static str) -> Self {
        Self { of, most, spent }
    }

    /// First passports for one membership: no member takes numbers by the dozen, or makes the office write to strangers.
    pub(crate) const fn applications(membership: SecretHash) -> Self {
        let spent = "this membership was brought too often today; try again tomorrow";
        Self { of: membership, most: MOST_APPLICATIONS, spent }
    }

    /// Refills of one kind for one passport, or for one check at the desk.
    pub(crate) fn refills(kind: RequestKind, of: &str) -> Self {
        let of = SecretHash::of(&format!("{} {of}", kind.counted_as()));
        Self { of, most: MOST_REFILLS, spent: "this was refilled too often today; try again tomorrow" }
    }

    /// Deposits of one space, wherever they go.
    pub(crate) fn deposits(space: &str) -> Self {
        let of = SecretHash::of(&format!("mailbox-deposits {space}"));
        Self { of, most: MOST_DEPOSITS, spent: "too many deposits today; try again tomorrow" }
    }

    /// Whether it may be had once more.
    pub(crate) async fn is_left(&self, reader: &mut Reader) -> Result<bool, StoreFault> {
        let found = reader.get::<Spent>(&self.of.as_bytes()[..]).await?;
        Ok(found.is_none_or(|found| found.times < self.most))
    }

    /// Once more; the count begins anew a day after its first, at `until`.
    pub(crate) async fn spend(&self, tx: &mut Tx, until: i64) -> Result<(), StoreFault> {
        let found = tx.get::<Spent>(&self.of.as_bytes()[..]).await?;
        let mut spent = found.unwrap_or(Spent { of: self.of, times: 0, until });
        spent.times = spent.times.saturating_add(1);
        tx.put(&spent).await
    }

    pub(crate) fn refusal(&self) -> Refused {
        Refused::rejected("too_many", self.spent)
    }
}

impl RequestKind {
    const fn counted_as(self) -> &'static str {
        match self {
            Self::FirstPassport => "first-passport",
            Self::RefillPassport => "refill-passport",
            Self::RefillProfile => "refill-profile",
        }
    }
}
