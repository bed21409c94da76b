//! Status lists: drawing places, revoking, and the signed tokens (Token Status List draft -20, JWT form).
//!
//! A list belongs to a week and has 2^20 places of one bit. Places are drawn at random, so that a place tells
//! nothing about when or to whom its copy was issued (HAIP §6.1). Lists stay with the key that signs credentials.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use credentials::issuer_key::SignAs;
use credentials::status_list::{self, Bits, Publishing, Status, StatusList};
use directory::Identity;
use environment::Timestamp;
use store::{Change, Fault, Lanes, Range, StoreFault, Tenant, Tx};

use crate::records::{BySubject, ListHead, RevokedEntry, StatusEntry};

const PLACES: u64 = 1 << 20;
const WEEK: i64 = 7 * 86_400;
/// Copies live for two weeks at most; a list is served for as long as one may point to it, and a day more.
const SERVED_WEEKS: i64 = 4;
/// Seconds for which a reader may keep a list (`ttl`).
const TIME_TO_LIVE: u32 = 60;
/// Seconds for which a token counts (`exp`).
const LIFETIME: i64 = 12 * 3_600;
/// Copies of one subject that are revoked in one change.
const MOST_COPIES: usize = 300;
const PAGE: usize = 500;

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
    signed: RwLock<HashMap<String, Signed>>,
}

#[derive(Clone)]
struct Signed {
    version: u64,
    at: Timestamp,
    token: Arc<String>,
}

impl StatusListTokens {
    pub(crate) fn new(identity: Arc<Identity>, tenant: Tenant) -> Self {
        Self { identity, tenant, signed: RwLock::default() }
    }

    /// The address of a list, which is also the `sub` of its token.
    pub(crate) fn address(&self, list: &str) -> String {
        self.identity.address(&format!("/status/{list}"))
    }

    /// A random place in this week's list. It may be taken: storing it finds out.
    pub(crate) fn draw_place(&self) -> Place {
        let environment = self.tenant.environment();
        Place { list: week_of(environment.now()).to_string(), index: environment.randomness().below(PLACES) }
    }

    /// The token of `list`; none for a week that no living copy points to.
    pub(crate) async fn token(&self, list: &str) -> Result<Option<Arc<String>>, StoreFault> {
        let now = self.tenant.environment().now();
        if !is_served(list, now) {
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
        all.retain(|list, _| is_served(list, now));
        all.insert(list.to_owned(), signed);
        Ok(Some(token))
    }

    async fn sign(&self, list: &str, now: Timestamp) -> Result<String, StoreFault> {
        let failed = |_| StoreFault::unavailable("the status list could not be signed");
        let mut bits = StatusList::new(Bits::One, PLACES).map_err(failed)?;
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
}

fn week_of(now: Timestamp) -> i64 {
    now.seconds().div_euclid(WEEK)
}

fn is_served(list: &str, now: Timestamp) -> bool {
    let canonical = list.parse::<i64>().ok().filter(|week| week.to_string() == list);
    canonical.is_some_and(|week| {
        let age = week_of(now).saturating_sub(week);
        (0..SERVED_WEEKS).contains(&age)
    })
}

/// Revokes every living copy of `configuration` that `subject` holds; gives how many. For use inside a domain's change.
///
/// # Errors
/// The store; or more copies than one change may touch, which an issuer's batch size rules out.
pub async fn revoke(tx: &mut Tx, subject: &str, configuration: &str) -> Result<usize, StoreFault> {
    let copies = tx
        .page::<BySubject>(Range::prefix(store::Key::from(subject).then(configuration)), MOST_COPIES)
        .await?
        .items;
    let mut lists: Vec<String> = Vec::new();
    for StatusEntry { list, index, until, .. } in &copies {
        tx.put(&RevokedEntry { list: list.clone(), index: *index, until: *until }).await?;
        if !lists.contains(list) {
            lists.push(list.clone());
        }
    }
    for list in lists {
        let version = tx.get::<ListHead>(&list).await?.map_or(0, |head| head.version);
        tx.put(&ListHead { list, version: version.saturating_add(1) }).await?;
    }
    Ok(copies.len())
}

/// Revokes the copies of a subject, as a change of its own.
#[derive(Clone, Debug)]
pub struct RevokeSubject {
    /// The domain's opaque name.
    pub subject: String,
    /// The configuration.
    pub configuration: String,
    /// The entry in the audit log.
    pub leaf: ledger::Leaf,
}

impl Change for RevokeSubject {
    const NAME: &'static str = "revoke-credentials";
    type Output = usize;
    type Refusal = std::convert::Infallible;

    fn lanes(&self) -> Lanes {
        Lanes::of("status-lists")
    }

    async fn apply(&self, tx: &mut Tx) -> Result<usize, Fault<Self::Refusal>> {
        let revoked = revoke(tx, &self.subject, &self.configuration).await?;
        tx.log(self.leaf.clone()).await?;
        Ok(revoked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_served_while_a_copy_may_point_to_them_and_under_one_name_only() {
        let now = Timestamp::from_seconds(WEEK * 100 + 5);
        for served in ["100", "97"] {
            assert!(is_served(served, now), "{served}");
        }
        for other in ["101", "96", "0100", "+100", "", "x", "../100"] {
            assert!(!is_served(other, now), "{other}");
        }
    }
}
