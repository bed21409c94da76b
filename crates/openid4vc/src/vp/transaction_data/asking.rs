//! The verifier's side: asking for a transaction to be authorised, and checking that it was.

use std::collections::BTreeSet;

use credentials::sd_jwt::HashAlgorithm;
use jose::base64url;
use serde_json::{Map, Value};

use super::hashing::{ALGORITHM, HASHES, hash};
use super::{Parts, texts};

/// A transaction that is to be authorised.
#[derive(Clone, Debug)]
pub struct NewTransaction<'a> {
    /// `type`.
    pub kind: &'a str,
    /// `credential_ids`: the queries one of whose answers authorises it.
    pub credential_ids: &'a [&'a str],
    /// `transaction_data_hashes_alg`; empty: not said, which is SHA-256.
    pub algorithms: &'a [HashAlgorithm],
    /// The members of its type.
    pub members: &'a Map<String, Value>,
}

impl NewTransaction<'_> {
    /// The text that goes into the request and is hashed. The members of its type never take the place of the common ones.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut object = self.members.clone();
        object.insert("type".to_owned(), Value::from(self.kind));
        object.insert("credential_ids".to_owned(), Value::from(self.credential_ids.to_vec()));
        object.remove(ALGORITHM);
        if !self.algorithms.is_empty() {
            let names = self.algorithms.iter().map(|algorithm| Value::from(algorithm.name()));
            object.insert(ALGORITHM.to_owned(), names.collect());
        }
        base64url::encode(Value::Object(object).to_string())
    }
}

/// Why an answer authorises not exactly what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAuthorised {
    /// A transaction that no credential authorises that may.
    #[error("a transaction is not authorised")]
    Missing,
    /// A transaction under more than one credential (§5.1).
    #[error("a transaction is authorised by more than one credential")]
    Twice,
    /// `transaction_data_hashes` or its algorithm is malformed, or another algorithm than was asked for.
    #[error("transaction_data_hashes is malformed or by an algorithm that was not asked for")]
    Malformed,
    /// A hash of nothing that was asked for, or under a credential that may not authorise it.
    #[error("something was authorised that was not asked for")]
    Unasked,
}

/// Checks that each of the transactions `asked` is authorised by exactly one credential of those that may, in its key binding
/// JWT; `presented` holds the query and those claims of each presentation.
///
/// # Errors
/// See [`NotAuthorised`].
pub fn check(
    asked: &[String],
    presented: &[(&str, Option<&Map<String, Value>>)],
) -> Result<(), NotAuthorised> {
    // Where nothing was to be authorised, a claim about it is one that is not known.
    if asked.is_empty() {
        return Ok(());
    }
    let asked: Vec<(&str, Parts)> = asked
        .iter()
        .map(|encoded| Some((encoded.as_str(), Parts::of(encoded)?)))
        .collect::<Option<_>>()
        .ok_or(NotAuthorised::Malformed)?;
    let mut authorised: BTreeSet<&str> = BTreeSet::new();
    for (query, claims) in presented {
        let Some(claims) = claims.filter(|claims| claims.contains_key(HASHES)) else { continue };
        authorise(&asked, query, claims, &mut authorised)?;
    }
    if asked.iter().all(|(encoded, _)| authorised.contains(encoded)) {
        Ok(())
    } else {
        Err(NotAuthorised::Missing)
    }
}

/// Adds the transactions that the answer to `query` authorises. It ends with the first that is authorised twice, so that a
/// long list of the same costs no more than one of each.
fn authorise<'a>(
    asked: &[(&'a str, Parts)],
    query: &str,
    claims: &Map<String, Value>,
    authorised: &mut BTreeSet<&'a str>,
) -> Result<(), NotAuthorised> {
    let algorithm = match claims.get(ALGORITHM) {
        None => None,
        Some(name) => {
            let known = name.as_str().and_then(HashAlgorithm::from_name);
            Some(known.ok_or(NotAuthorised::Malformed)?)
        }
    };
    let used = algorithm.unwrap_or_default();
    for given in claims.get(HASHES).and_then(texts).ok_or(NotAuthorised::Malformed)? {
        let may = |parts: &Parts| parts.credential_ids.iter().any(|id| id == query);
        let found = asked.iter().find(|(encoded, parts)| may(parts) && hash(used, encoded) == given);
        let (encoded, parts) = found.ok_or(NotAuthorised::Unasked)?;
        let is_named = algorithm.is_some() || !parts.hashing.is_said();
        if !(parts.hashing.takes(used) && is_named) {
            return Err(NotAuthorised::Malformed);
        }
        if !authorised.insert(encoded) {
            return Err(NotAuthorised::Twice);
        }
    }
    Ok(())
}
