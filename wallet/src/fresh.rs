//! What is looked after next while the wallet is open, and when (decision 0035).
//!
//! Here is what decides, and nothing else: what is due, a clock and randomness go in, and what to do next comes out. What is due is
//! read from the vault by [`Wallet::agenda`](crate::Wallet::agenda), and done by [`Wallet::look_after`](crate::Wallet::look_after).
//!
//! Whatever a wallet does by itself tells somebody that it is open. So nothing is done at the moment at which it falls due, and no two
//! things at once: each waits for a while that is drawn for it alone, so that neither those who are asked can match the moments, nor
//! all wallets come at once where many fall due at midnight. What does not help is tried again ever more rarely.

use std::collections::BTreeMap;

use environment::{Randomness, Timestamp};

/// For how long after a request of its pages a wallet at a host counts as looked at, in seconds.
const LOOKED_AT: i64 = 150;

/// One thing that is looked after.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Care {
    /// Credentials that an issuer promised for later, or that came and could not be checked; by their identifier.
    Promised(String),
    /// Answers that could not be taken, and go again.
    Answers,
    /// What follows an answer; by its identifier.
    FollowUp(String),
    /// Changes at spaces whose time has come.
    Changes,
    /// Whether what is held still counts, by this status list.
    Statuses(String),
    /// New copies from this issuer.
    Copies(String),
    /// The office's word about the member's number.
    Number,
}

/// How something is paced, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The shortest and the longest while that it waits once it is due.
    pub spread: (i64, i64),
    /// After how long it is tried again the first time where it did not help; twice as long each time after that.
    pub again: i64,
    /// The longest such time.
    pub longest: i64,
}

impl Pace {
    /// The longest wait after so many tries in vain; half as much again at most is drawn on top.
    #[must_use]
    pub fn back_off(self, tries: u32) -> i64 {
        let doubled = 2_i64.checked_pow(tries.saturating_sub(1)).unwrap_or(i64::MAX);
        self.again.saturating_mul(doubled).min(self.longest)
    }
}

impl Care {
    /// How it is paced.
    #[must_use]
    pub const fn pace(&self) -> Pace {
        const HOUR: i64 = 3_600;
        match self {
            // The issuer has said itself when it may be asked.
            Self::Promised(_) => Pace { spread: (2, 20), again: 60, longest: 6 * HOUR },
            Self::Answers => Pace { spread: (2, 20), again: 60, longest: 6 * HOUR },
            Self::FollowUp(_) => Pace { spread: (20, 180), again: 600, longest: 6 * HOUR },
            // Their times were drawn when they were put there.
            Self::Changes => Pace { spread: (0, 30), again: 300, longest: HOUR },
            Self::Statuses(_) | Self::Copies(_) => {
                Pace { spread: (10, 180), again: HOUR, longest: 24 * HOUR }
            }
            Self::Number => Pace { spread: (30, 180), again: HOUR, longest: 24 * HOUR },
        }
    }

    /// Whether keys of the member sign for it. A list is fetched like any page.
    #[must_use]
    pub const fn needs_signer(&self) -> bool {
        !matches!(self, Self::Statuses(_))
    }
}

/// Something to look after, and from when on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// What.
    pub care: Care,
    /// Not before, in seconds since the epoch.
    pub at: i64,
}

/// Who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Whether a session is open: without one nothing is done.
    pub unlocked: bool,
    /// Whether others keep the wallet for its member. Then something is done only while the member looks at a page of it.
    pub hosted: bool,
    /// When a page of the open wallet last asked for something, in seconds since the epoch.
    pub seen_at: Option<i64>,
    /// Whether somebody signs for the member.
    pub signs: bool,
}

impl Attendance {
    /// Whether anything may be done now.
    #[must_use]
    pub fn is_there(&self, now: Timestamp) -> bool {
        let is_looked_at =
            || self.seen_at.is_some_and(|at| (0..=LOOKED_AT).contains(&now.seconds().saturating_sub(at)));
        self.unlocked && (!self.hosted || is_looked_at())
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This, now.
    Do(Care),
    /// Something, not before this moment, in seconds since the epoch.
    Wait(i64),
    /// Nothing that is known of.
    Nothing,
}

/// When something is done, as drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Drawn {
    /// From when on it was due when this was drawn.
    due_at: i64,
    at: i64,
    /// How often it was done since it fell due.
    tries: u32,
}

/// Says what of one open wallet is looked after next.
#[derive(Debug, Default)]
pub struct Keeper {
    drawn: BTreeMap<Care, Drawn>,
}

impl Keeper {
    /// Takes note of what is due. What was known already keeps the moment that was drawn for it; where it was done and is due as
    /// before, that did not help, and it waits longer.
    pub fn note(&mut self, agenda: &[Due], now: Timestamp, randomness: &dyn Randomness) {
        let mut drawn = BTreeMap::new();
        for Due { care, at } in agenda {
            let before = self.drawn.get(care).filter(|before| before.due_at == *at).copied();
            let fresh = || Drawn {
                due_at: *at,
                at: now.seconds().max(*at).saturating_add(between(care.pace().spread, randomness)),
                tries: 0,
            };
            drawn.insert(care.clone(), before.unwrap_or_else(fresh));
        }
        self.drawn = drawn;
    }

    /// What comes next, with whoever is there.
    #[must_use]
    pub fn next(&self, attendance: &Attendance, now: Timestamp) -> Next {
        if !attendance.is_there(now) {
            return Next::Nothing;
        }
        let may_be_done = |care: &Care| attendance.signs || !care.needs_signer();
        let first = self.drawn.iter().filter(|(care, _)| may_be_done(care)).min_by_key(|(_, drawn)| drawn.at);
        match first {
            Some((care, drawn)) if drawn.at <= now.seconds() => Next::Do(care.clone()),
            Some((_, drawn)) => Next::Wait(drawn.at),
            None => Next::Nothing,
        }
    }

    /// It is being done. If it is due as before afterwards, it comes again later.
    pub fn begun(&mut self, care: &Care, now: Timestamp, randomness: &dyn Randomness) {
        if let Some(drawn) = self.drawn.get_mut(care) {
            drawn.tries = drawn.tries.saturating_add(1);
            let wait = care.pace().back_off(drawn.tries);
            let more = between((0, wait.checked_div(2).unwrap_or_default()), randomness);
            drawn.at = now.seconds().saturating_add(wait).saturating_add(more);
        }
    }

    /// When it is done, as drawn; none where it is not due at all.
    #[must_use]
    pub fn planned(&self, care: &Care) -> Option<i64> {
        self.drawn.get(care).map(|drawn| drawn.at)
    }
}

/// A number from the first to the last of these.
fn between((first, last): (i64, i64), randomness: &dyn Randomness) -> i64 {
    let wide = u64::try_from(last.saturating_sub(first)).unwrap_or_default().saturating_add(1);
    first.saturating_add(i64::try_from(randomness.below(wide)).unwrap_or_default())
}

#[cfg(test)]
mod tests;
