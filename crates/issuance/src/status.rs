//! Status lists: drawing places, and the signed tokens (Token Status List draft -20, JWT form).
//!
//! A list belongs to a week and has 2^20 places of one bit. Places are drawn at random, so that a place tells
//! nothing about when or to whom its copy was issued (HAIP §6.1). A copy that finds four places taken goes on to the
//! week's next list: one copy in sixteen as soon as half of a list is taken, and most of them when it is nearly full, so
//! that no list runs full. Lists stay with the key that signs credentials.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use credentials::issuer_key::SignAs;
use credentials::status_list::{self, Bits, Publishing, Status, StatusList};
use directory::Identity;
use environment::Timestamp;
use network::weekly_list::{WeeklyList, week_of};
use store::{Range, Reader, StoreFault, Tenant, View};

use crate::records::{ListHead, RevokedEntry, StatusEntry};

/// Places of a list.
pub(crate) const PLACES: u64 = 1 << 20;
/// Copies live for two weeks at most; a list is served for as long as one may point to it, and a day more.
const SERVED_WEEKS: i64 = 4;
/// Seconds for which a reader may keep a list (`ttl`).
const TIME_TO_LIVE: u32 = 60;
/// Seconds for which a token counts (`exp`).
const LIFETIME: i64 = 12 * 3_600;
const PAGE: usize = 500;
/// Places that are tried for a copy in one list.
const DRAWS: usize = 4;

/// A place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) list: String,
    pub(crate) index: u64,
}

/// The signed tokens of a party's lists.
pub(crate) struct StatusListTokens {
    identity: Arc<Identity>,
    tenant: Tenant,
    places: u64,
    signed: RwLock<HashMap<String, Signed>>,
}

#[derive(Clone)]
struct Signed {
    version: u64,
    at: Timestamp,
    token: Arc<String>,
}

impl StatusListTokens {
    /// `places` is how many a list has.
    pub(crate) fn new(identity: Arc<Identity>, tenant: Tenant, places: u64) -> Self {
        Self { identity, tenant, places, signed: RwLock::default() }
    }

    /// The address of a list, which is also the `sub` of its token.
    pub(crate) fn address(&self, list: &str) -> String {
        self.identity.address(&format!("/status/{list}"))
    }

    /// Random places in this week's lists, one for each of `copies`, that nobody has. Somebody may be faster: storing
    /// them finds out.
    pub(crate) async fn draw_places(&self, copies: usize) -> Result<Vec<Place>, StoreFault> {
        let environment = self.tenant.environment();
        let week = week_of(environment.now());
        let mut found: Vec<Option<Place>> = vec![None; copies];
        for list in WeeklyList::of_week(week) {
            let without: Vec<&mut Option<Place>> = found.iter_mut().filter(|place| place.is_none()).collect();
            if without.is_empty() {
                break;
            }
            let draw = || environment.randomness().below(self.places);
            let drawn = without.iter().map(|_| std::iter::repeat_with(draw).take(DRAWS).collect()).collect();
            let drawn = Drawn { list: list.to_string(), drawn };
            for (place, index) in without.into_iter().zip(self.tenant.read(&drawn).await?) {
                *place = index.map(|index| Place { list: drawn.list.clone(), index });
            }
        }
        let places: Option<Vec<Place>> = found.into_iter().collect();
        places.ok_or_else(|| StoreFault::unavailable("every status list of this week is full"))
    }

    /// The token of `list`; none for a week that no living copy points to.
    pub(crate) async fn token(&self, list: &str) -> Result<Option<Arc<String>>, StoreFault> {
        let now = self.tenant.environment().now();
        if !self.is_served(list, now).await? {
            return Ok(None);
        }
        let version = self.tenant.get::<ListHead>(list).await?.map_or(0, |head| head.version);
        let known = self.signed.read().unwrap_or_else(PoisonError::into_inner).get(list).cloned();
        if let Some(signed) = known
            && signed.version == version
            && now.since(signed.at) < i64::from(TIME_TO_LIVE)
        {
            return Ok(Some(signed.token));
        }
        let token = Arc::new(self.sign(list, now).await?);
        let signed = Signed { version, at: now, token: Arc::clone(&token) };
        let mut all = self.signed.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|list, _| is_current(list, now));
        all.insert(list.to_owned(), signed);
        Ok(Some(token))
    }

    async fn sign(&self, list: &str, now: Timestamp) -> Result<String, StoreFault> {
        let failed = |_| StoreFault::unavailable("the status list could not be signed");
        let mut bits = StatusList::new(Bits::One, self.places).map_err(failed)?;
        let mut range = Range::prefix(list);
        loop {
            let page = self.tenant.list::<RevokedEntry>(range.clone(), PAGE).await?;
            for entry in &page.items {
                // A place outside the list was never given out.
                let _ = bits.set(entry.index, Status::Invalid);
            }
            match page.next {
                Some(cursor) => range = range.after(&cursor),
                None => break,
            }
        }
        let uri = self.address(list);
        let publishing = Publishing {
            list: &bits,
            uri: &uri,
            issued_at: now,
            expires: Some(now.plus(LIFETIME)),
            ttl: Some(TIME_TO_LIVE),
            aggregation_uri: None,
        };
        let chain = self.identity.issuing.chain_der();
        status_list::sign(&publishing, SignAs::X5c(&chain), self.identity.issuing.signer.as_ref())
            .map_err(|_| StoreFault::unavailable("the status list could not be signed"))
    }

    /// Whether a living copy may point to `list`. The first list of a week is there before anything is issued.
    async fn is_served(&self, list: &str, now: Timestamp) -> Result<bool, StoreFault> {
        if !is_current(list, now) {
            return Ok(false);
        }
        if list.parse::<i64>().is_ok() {
            return Ok(true);
        }
        Ok(!self.tenant.list::<StatusEntry>(Range::prefix(list), 1).await?.items.is_empty())
    }
}

/// Places that were drawn in a list, some for each copy.
struct Drawn {
    list: String,
    drawn: Vec<Vec<u64>>,
}

impl View for Drawn {
    const NAME: &'static str = "draw-status-places";
    type Output = Vec<Option<u64>>;

    /// For each copy the first of its places that nobody has, no place twice.
    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        let mut found = Vec::with_capacity(self.drawn.len());
        for places in &self.drawn {
            let mut free = None;
            for index in places {
                let key = store::Key::from(&self.list).then(*index);
                if !found.contains(&Some(*index)) && reader.get::<StatusEntry>(key).await?.is_none() {
                    free = Some(*index);
                    break;
                }
            }
            found.push(free);
        }
        Ok(found)
    }
}

/// Whether this is the one name of a list of a week that counts.
fn is_current(list: &str, now: Timestamp) -> bool {
    WeeklyList::parse(list)
        .is_some_and(|list| (0..SERVED_WEEKS).contains(&week_of(now).saturating_sub(list.week())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: i64 = 7 * 86_400;

    #[test]
    fn lists_count_while_a_copy_may_point_to_them_and_under_one_name_only() {
        let now = Timestamp::from_seconds(WEEK * 100 + 5);
        for served in ["100", "97", "100-1", "97-3"] {
            assert!(is_current(served, now), "{served}");
        }
        for other in [
            "101", "96", "0100", "+100", "", "x", "../100", "100-0", "100-01", "100-+1", "100-4", "100-",
            "100-1-1", "101-1", "96-1", "-1", "-100", "100--1",
        ] {
            assert!(!is_current(other, now), "{other}");
        }
    }
}
