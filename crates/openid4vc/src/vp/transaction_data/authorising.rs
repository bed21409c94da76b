//! The wallet's side: which credential authorises which transaction, and what is signed with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Transaction;
use super::hashing::{ALGORITHM, HASHES, common, hash};

/// No credential that is shown may authorise a transaction of the request: it would be given without what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing that is shown authorises what the request is to have authorised")]
pub struct NothingAuthorises;

/// Which query's answer authorises which transactions.
#[derive(Clone, Debug, Default)]
pub struct Authorising<'a>(BTreeMap<&'a str, Vec<&'a Transaction>>);

impl<'a> Authorising<'a> {
    /// Chooses for each transaction the first of its credentials that is shown, and no further one (§5.1).
    ///
    /// # Errors
    /// [`NothingAuthorises`].
    pub fn choose(
        transactions: &'a [Transaction],
        answered: &BTreeSet<&str>,
    ) -> Result<Self, NothingAuthorises> {
        let mut chosen: BTreeMap<&str, Vec<&Transaction>> = BTreeMap::new();
        for transaction in transactions {
            let query = transaction.credential_ids.iter().find(|id| answered.contains(id.as_str()));
            chosen.entry(query.ok_or(NothingAuthorises)?).or_default().push(transaction);
        }
        Ok(Self(chosen))
    }

    /// What goes into the key binding JWT of the answer to `query`; nothing where it authorises nothing. Where a query has
    /// several answers, the first alone authorises.
    #[must_use]
    pub fn claims(&self, query: &str) -> Map<String, Value> {
        let Some(transactions) = self.0.get(query) else { return Map::new() };
        let hashings = transactions.iter().map(|one| &one.hashing);
        // All that a request may ask for together has an algorithm in common.
        let Some(algorithm) = common(hashings.clone()) else { return Map::new() };
        let hashes = transactions.iter().map(|one| Value::from(hash(algorithm, &one.encoded)));
        let mut claims = Map::from_iter([(HASHES.to_owned(), hashes.collect())]);
        if hashings.clone().any(super::Hashing::is_said) {
            claims.insert(ALGORITHM.to_owned(), Value::from(algorithm.name()));
        }
        claims
    }
}
