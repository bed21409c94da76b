//! The timer's rounds over the lists that are due.
//!
//! Hosts that do not answer cost time, and every issuer may have many of them. So members and foreigners have rounds of
//! their own, several lists are fetched at once, no issuer has more than its share of them, what could not be had the last time
//! comes last, and a round begins nothing more after its minute: a revocation waits for nobody else's host.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError};

use jose::Jwk;
use tokio::task::JoinSet;

use super::known::{Known, Name};
use super::{IssuedAs, Shared, StatusLists};

/// Lists that are fetched at one time.
pub(super) const AT_ONCE: usize = 16;
/// Of those, the lists of one issuer.
pub(super) const SHARE: usize = 4;
/// Seconds after which a round begins nothing more; the next one goes on.
pub(super) const LONGEST_ROUND: i64 = 60;

/// Lists that are to be fetched, in this order.
type Waiting = VecDeque<(Name, Jwk)>;

impl StatusLists {
    /// Fetches anew every list that is due (or all, if `force`); gives how many were fetched.
    pub async fn refresh(&self, force: bool) -> usize {
        let (of_members, of_foreigners) =
            tokio::join!(self.refresh_of(IssuedAs::Member, force), self.refresh_of(IssuedAs::Foreign, force));
        of_members.saturating_add(of_foreigners)
    }

    /// As [`Self::refresh`], of one kind of issuers alone: a round for each, so that foreign hosts hold back no member's list.
    pub async fn refresh_of(&self, issued_as: IssuedAs, force: bool) -> usize {
        let clock = &self.shared.environment;
        let (began, mut waiting) = (clock.now(), self.shared.due(issued_as, force));
        let (mut under_way, mut shares) = (JoinSet::new(), HashMap::<[u8; 32], usize>::new());
        let mut fetched = 0_usize;
        loop {
            while under_way.len() < AT_ONCE && clock.now().since(began) < LONGEST_ROUND {
                let Some((name, key)) = next(&mut waiting, &shares) else { break };
                let share = shares.entry(name.issuer).or_default();
                *share = share.saturating_add(1);
                under_way.spawn(renew(Arc::clone(&self.shared), name, key));
            }
            match under_way.join_next().await {
                Some(Ok((issuer, is_renewed))) => {
                    let share = shares.entry(issuer).or_default();
                    *share = share.saturating_sub(1);
                    fetched = fetched.saturating_add(usize::from(is_renewed));
                }
                Some(Err(error)) => tracing::error!(%error, "a status list could not be refreshed"),
                None => return fetched,
            }
        }
    }
}

impl Shared {
    /// What is to be fetched: what could not be had the last time comes last, what was fetched longest ago first.
    fn due(&self, issued_as: IssuedAs, force: bool) -> Waiting {
        let now = self.environment.now();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, list| list.is_in_use(now));
        let due = known.iter().filter(|(_, list)| {
            list.issued_as == issued_as && (list.is_due(now) || force && list.token.is_some())
        });
        let mut due: Vec<(&Name, &Known)> = due.collect();
        let fetched_at = |list: &Known| list.token.as_ref().map(|kept| kept.fetched_at);
        due.sort_by_key(|(_, list)| (list.failed.is_some(), fetched_at(list)));
        due.into_iter().map(|(name, list)| (name.clone(), list.key.clone())).collect()
    }
}

/// The first that waits whose issuer has not its whole share under way.
fn next(waiting: &mut Waiting, shares: &HashMap<[u8; 32], usize>) -> Option<(Name, Jwk)> {
    let is_free = |name: &Name| shares.get(&name.issuer).is_none_or(|share| *share < SHARE);
    let position = waiting.iter().position(|(name, _)| is_free(name))?;
    waiting.remove(position)
}

/// Gives whose list it was, and whether it was fetched.
async fn renew(shared: Arc<Shared>, name: Name, key: Jwk) -> ([u8; 32], bool) {
    let Some(turn) = shared.turn(&name) else { return (name.issuer, false) };
    // Somebody else fetches it already.
    let Ok(_turn) = turn.try_lock() else { return (name.issuer, false) };
    let renewed = shared.fetch_list(&name, &key).await;
    if let Err(error) = &renewed {
        tracing::warn!(%error, "a status list was not refreshed");
    }
    (name.issuer, renewed.is_ok())
}
