//! What is known of the lists: which answer, which may be asked for, and which make room for others.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use credentials::status_list::VerifiedToken;
use environment::Timestamp;
use jose::Jwk;
use tokio::sync::Mutex;

use super::{IssuedAs, StatusListsError};

/// Lists that are known; beyond it the one used longest ago makes room.
pub(super) const MOST_LISTS: usize = 1_024;
/// Lists of all foreign issuers together, whose keys are as many as they like: the rest is left to members.
pub(super) const MOST_LISTS_OF_FOREIGNERS: usize = 768;
/// Lists of one issuer of the network: a list belongs to a week and holds a million places, copies live for two weeks.
/// More of them would tell members apart.
pub(super) const MOST_LISTS_OF_A_MEMBER: usize = 12;
/// Lists of one foreign issuer; beyond it the one of that issuer that was used longest ago makes room.
pub(super) const MOST_LISTS_OF_A_FOREIGNER: usize = 64;
/// Bytes of the lists of all foreign issuers together, and of one of them, as they lie in memory, where a list may be a thousand
/// times as large as on the way. Beyond them lists are let go of, those used longest ago first.
pub(super) const MOST_BYTES_OF_FOREIGNERS: usize = 128 << 20;
pub(super) const MOST_BYTES_OF_A_FOREIGNER: usize = 16 << 20;
/// Lists that nobody pointed to for this many seconds are no longer refreshed.
pub(super) const UNUSED_AFTER: i64 = 86_400;
/// Seconds for which a list is not fetched again, whatever its `ttl` says: with a shorter one an issuer would be told when
/// its holders are somewhere.
pub(super) const LEAST_TIME: i64 = 300;
/// Seconds for which a list counts that says nothing of it (draft -20 §13.7).
const TIME_UNSAID: i64 = 3_600;
/// Seconds for which a list answers when the timer gets no newer one, unless it ends before.
pub(super) const LONGEST_WITHOUT_NEWS: i64 = 86_400;
/// Seconds for which a list that could not be had is not asked for again.
pub(super) const NOT_AGAIN_FOR: i64 = 60;

/// A list is its issuer's: nobody else's credential that points there changes what is known of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) uri: String,
    pub(super) issuer: [u8; 32],
}

/// A list that was asked for.
pub(super) struct Known {
    pub(super) key: Jwk,
    pub(super) issued_as: IssuedAs,
    pub(super) used_at: Timestamp,
    /// None if it could not be had, or was let go of.
    pub(super) token: Option<Kept>,
    /// When it was fetched, if it was let go of since.
    pub(super) let_go: Option<Timestamp>,
    /// That it could not be had the last time, if not since.
    pub(super) failed: Option<Failed>,
    /// Whoever fetches it, once for all who wait for it.
    pub(super) turn: Arc<Mutex<()>>,
}

/// When a list could not be had, and whether it may be had later.
#[derive(Clone, Copy)]
pub(super) struct Failed {
    pub(super) at: Timestamp,
    pub(super) is_transient: bool,
}

#[derive(Clone)]
pub(super) struct Kept {
    pub(super) token: Arc<VerifiedToken>,
    pub(super) fetched_at: Timestamp,
}

impl Kept {
    fn is_due(&self, now: Timestamp) -> bool {
        let until =
            self.token.cache_until(self.fetched_at).unwrap_or_else(|| self.fetched_at.plus(TIME_UNSAID));
        now >= until.max(self.fetched_at.plus(LEAST_TIME))
    }

    /// Whether it still answers: it has not ended, and the timer had its day to get a newer one.
    fn answers(&self, now: Timestamp) -> bool {
        let has_ended = self.token.expires().is_some_and(|end| now >= end);
        !has_ended && now.since(self.fetched_at) < LONGEST_WITHOUT_NEWS
    }

    /// What it takes in memory.
    pub(super) fn size(&self) -> usize {
        let beside = self.token.aggregation_uri().map_or(0, str::len);
        self.token.list().as_bytes().len().saturating_add(beside)
    }
}

impl Known {
    pub(super) fn new(key: Jwk, issued_as: IssuedAs, now: Timestamp) -> Self {
        Self { key, issued_as, used_at: now, token: None, let_go: None, failed: None, turn: Arc::default() }
    }

    /// What is kept, if it answers; nothing if the list may be fetched for it.
    pub(super) fn standing(&self, now: Timestamp) -> Result<Option<Kept>, StatusListsError> {
        if let Some(kept) = self.token.as_ref().filter(|kept| kept.answers(now)) {
            return Ok(Some(kept.clone()));
        }
        if let Some(failed) = self.failed.filter(|failed| failed.is_recent(now)) {
            return Err(StatusListsError::NotAgainYet { is_transient: failed.is_transient });
        }
        let fetched_at = self.token.as_ref().map(|kept| kept.fetched_at).or(self.let_go);
        let is_young = fetched_at.is_some_and(|fetched_at| now.since(fetched_at) < LEAST_TIME);
        if is_young { Err(StatusListsError::NotAgainYet { is_transient: true }) } else { Ok(None) }
    }

    fn failed_lately(&self, now: Timestamp) -> bool {
        self.failed.is_some_and(|failed| failed.is_recent(now))
    }

    /// Whether the timer is to fetch it anew.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.token.as_ref().is_some_and(|kept| kept.is_due(now)) && !self.failed_lately(now)
    }

    pub(super) fn is_in_use(&self, now: Timestamp) -> bool {
        now.since(self.used_at) < UNUSED_AFTER
    }

    /// Whether forgetting it would have it asked for again sooner than it may be.
    fn is_held(&self, now: Timestamp) -> bool {
        let is_young = self.let_go.is_some_and(|fetched_at| now.since(fetched_at) < LEAST_TIME);
        is_young || self.failed_lately(now) || self.turn.try_lock().is_err()
    }
}

impl Failed {
    fn is_recent(self, now: Timestamp) -> bool {
        now.since(self.at) < NOT_AGAIN_FOR
    }
}

/// Makes room for a list that is not known yet. A foreign issuer makes nobody forget what could not be had a moment ago,
/// or it would be told of each who comes by as many addresses as it likes.
pub(super) fn make_room(
    known: &mut HashMap<Name, Known>,
    name: &Name,
    issued_as: IssuedAs,
    now: Timestamp,
) -> Result<(), StatusListsError> {
    known.retain(|_, list| list.is_in_use(now));
    let of_issuer = known.keys().filter(|other| other.issuer == name.issuer).count();
    if issued_as == IssuedAs::Member {
        if of_issuer >= MOST_LISTS_OF_A_MEMBER {
            return Err(StatusListsError::TooMany);
        }
        if known.len() >= MOST_LISTS {
            forget(known, now, |_, _| true);
        }
        return Ok(());
    }
    let of_foreigners = known.values().filter(|list| list.issued_as == IssuedAs::Foreign).count();
    let has_room = if of_issuer >= MOST_LISTS_OF_A_FOREIGNER {
        forget(known, now, |other, list| other.issuer == name.issuer && !list.is_held(now))
    } else if of_foreigners >= MOST_LISTS_OF_FOREIGNERS {
        forget(known, now, |_, list| list.issued_as == IssuedAs::Foreign && !list.is_held(now))
    } else {
        known.len() < MOST_LISTS || forget(known, now, |_, list| !list.is_held(now))
    };
    if has_room { Ok(()) } else { Err(StatusListsError::NotAgainYet { is_transient: true }) }
}

/// Keeps what was fetched of a list that is known. For a foreign issuer's list others of such issuers may have to be let go of,
/// never one of a member.
pub(super) fn keep(known: &mut HashMap<Name, Known>, name: &Name, kept: Kept) {
    let Some(list) = known.get_mut(name) else { return };
    (list.token, list.let_go) = (Some(kept), None);
    if list.issued_as == IssuedAs::Foreign {
        let_go(known, name, MOST_BYTES_OF_A_FOREIGNER, |other| other.issuer == name.issuer);
        let_go(known, name, MOST_BYTES_OF_FOREIGNERS, |_| true);
    }
}

/// Lets go of foreign issuers' lists among these until the rest takes no more than `most` bytes: those used longest ago go first,
/// and what was just `fetched` last. What else is known of them stays, so that what could not be had is not asked for sooner.
fn let_go(known: &mut HashMap<Name, Known>, fetched: &Name, most: usize, among: impl Fn(&Name) -> bool) {
    let lists = known.iter_mut().filter(|(name, list)| list.issued_as == IssuedAs::Foreign && among(name));
    let mut lists: Vec<(&Name, &mut Known)> = lists.collect();
    lists.sort_by_key(|(name, list)| (*name != fetched, Reverse(list.used_at)));
    let mut bytes = 0_usize;
    for (_, list) in lists {
        bytes = bytes.saturating_add(list.token.as_ref().map_or(0, Kept::size));
        if bytes > most {
            // Also what is not kept is not fetched again before its time, or showing two lists in turn would fetch each anew.
            list.let_go = list.token.take().map(|kept| kept.fetched_at).or(list.let_go);
        }
    }
}

/// Forgets, among these, a list of a foreign issuer before one of a member, then the one used longest ago; false if there
/// is none.
fn forget(known: &mut HashMap<Name, Known>, now: Timestamp, among: impl Fn(&Name, &Known) -> bool) -> bool {
    let first = known
        .iter()
        .filter(|(name, list)| among(name, list))
        .min_by_key(|(_, list)| (list.issued_as == IssuedAs::Member, list.is_held(now), list.used_at));
    let Some(name) = first.map(|(name, _)| name.clone()) else { return false };
    known.remove(&name).is_some()
}
