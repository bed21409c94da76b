//! `transaction_data`: what the person authorises with an answer (OpenID4VP 1.0 §5.1, §8.4, Appendix B.3.3).
//!
//! ```text
//! verifier: NewTransaction::encode ─► request ─► wallet: read (by the types it knows) ─► Authorising::claims, signed
//!     in the key binding JWT of one credential ─► verifier: check, against what it asked
//! ```
//! No type is known by default: a wallet refuses every request with transaction data until a type is registered.

mod asking;
mod authorising;
mod hashing;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use credentials::dcql::Query;
use jose::{base64url, json};
use serde_json::{Map, Value};

use super::response::MOST_PRESENTATIONS;

pub use asking::{NewTransaction, NotAuthorised, check};
pub use authorising::{Authorising, NothingAuthorises};
use hashing::Hashing;

/// Most transactions in one request: each is to be read by a person.
const MOST: usize = 16;
/// Longest encoded transaction, in bytes.
const LONGEST: usize = 65_536;

/// A type of transaction that a wallet knows.
pub trait TransactionType: Send + Sync {
    /// Its `type`.
    fn name(&self) -> &str;

    /// What the person is to read, of the members of this type alone; `None` when one is missing, unknown or has a wrong
    /// value (§8.5 `invalid_transaction_data`).
    fn read(&self, members: &Map<String, Value>) -> Option<String>;
}

/// The types that a wallet knows.
#[derive(Clone, Default)]
pub struct TransactionTypes(Vec<Arc<dyn TransactionType>>);

impl TransactionTypes {
    /// No type: each request with transaction data is refused.
    pub const NONE: &'static Self = &Self(Vec::new());

    /// These types and one more.
    #[must_use]
    pub fn with(mut self, kind: Arc<dyn TransactionType>) -> Self {
        self.0.push(kind);
        self
    }

    fn of(&self, name: &str) -> Option<&dyn TransactionType> {
        self.0.iter().find(|kind| kind.name() == name).map(AsRef::as_ref)
    }
}

impl fmt::Debug for TransactionTypes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.iter().map(|kind| kind.name())).finish()
    }
}

/// Why a wallet takes no request with this transaction data. The wire code is `invalid_transaction_data` for all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionDataError {
    /// No non-empty array of base64url texts of JSON objects with `type` and `credential_ids`, or too many or too long ones.
    #[error(
        "transaction_data must be a non-empty array of base64url-encoded objects with type and credential_ids"
    )]
    Malformed,
    /// A type that is not known.
    #[error("transaction_data of an unknown type")]
    UnknownType,
    /// The members do not fit the type.
    #[error("transaction_data does not fit its type")]
    DoesNotFit,
    /// `credential_ids` names no credential that is asked for.
    #[error("transaction_data names a credential that is not asked for")]
    UnknownCredential,
    /// Nothing is signed without holder binding, so nothing is authorised (Appendix B.3.3).
    #[error("transaction_data names a credential that is asked for without holder binding")]
    WithoutHolderBinding,
    /// No hash algorithm that is spoken here is named in all of them.
    #[error("transaction_data names no hash algorithm that is spoken")]
    NoHash,
}

/// One transaction of a request that keeps all rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// As it was received: this text is hashed, never what it decodes to.
    encoded: String,
    kind: String,
    credential_ids: Vec<String>,
    hashing: Hashing,
    says: String,
}

impl Transaction {
    /// Reads `transaction_data` by the types that are known.
    ///
    /// # Errors
    /// See [`TransactionDataError`]: one transaction that is not understood refuses all of them (§5.1).
    pub fn read_all(
        value: &Value,
        query: &Query,
        types: &TransactionTypes,
    ) -> Result<Vec<Self>, TransactionDataError> {
        let list = value.as_array().filter(|list| (1..=MOST).contains(&list.len()));
        let transactions = list
            .ok_or(TransactionDataError::Malformed)?
            .iter()
            .map(|one| Self::read(one.as_str().ok_or(TransactionDataError::Malformed)?, query, types))
            .collect::<Result<Vec<_>, _>>()?;
        // One credential may authorise several, under one algorithm.
        match hashing::common(transactions.iter().map(|one| &one.hashing)) {
            Some(_) => Ok(transactions),
            None => Err(TransactionDataError::NoHash),
        }
    }

    fn read(encoded: &str, query: &Query, types: &TransactionTypes) -> Result<Self, TransactionDataError> {
        let parts = Parts::of(encoded).ok_or(TransactionDataError::Malformed)?;
        let known = types.of(&parts.kind).ok_or(TransactionDataError::UnknownType)?;
        for id in &parts.credential_ids {
            let asked = query.credential(id).filter(|_| query.requests(id));
            if !asked.ok_or(TransactionDataError::UnknownCredential)?.require_holder_binding {
                return Err(TransactionDataError::WithoutHolderBinding);
            }
        }
        let says = known.read(&parts.members).ok_or(TransactionDataError::DoesNotFit)?;
        let Parts { kind, credential_ids, hashing, .. } = parts;
        Ok(Self { encoded: encoded.to_owned(), kind, credential_ids, hashing, says })
    }

    /// `type`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// `credential_ids`: one of the answers to these queries authorises it.
    #[must_use]
    pub fn credential_ids(&self) -> &[String] {
        &self.credential_ids
    }

    /// What the person is to read before it is authorised.
    #[must_use]
    pub fn says(&self) -> &str {
        &self.says
    }
}

/// What every transaction has, and the members of its type.
struct Parts {
    kind: String,
    credential_ids: Vec<String>,
    hashing: Hashing,
    members: Map<String, Value>,
}

impl Parts {
    fn of(encoded: &str) -> Option<Self> {
        if encoded.len() > LONGEST {
            return None;
        }
        let mut members = json::parse_object(base64url::decode(encoded).ok()?.as_slice()).ok()?;
        let Value::String(kind) = members.remove("type")? else { return None };
        let credential_ids = texts(&members.remove("credential_ids")?).filter(|ids| is_short(ids))?;
        let hashing = match members.remove(hashing::ALGORITHM) {
            None => Hashing::Unsaid,
            Some(names) => Hashing::OneOf(texts(&names).filter(|names| is_short(names))?),
        };
        Some(Self { kind, credential_ids, hashing, members })
    }
}

/// Whether each stands there once, and there are no more of them than a request may ask for.
fn is_short(texts: &[String]) -> bool {
    let once: BTreeSet<&String> = texts.iter().collect();
    once.len() == texts.len() && texts.len() <= MOST_PRESENTATIONS
}

/// A non-empty array of nothing but strings.
fn texts(value: &Value) -> Option<Vec<String>> {
    let texts = value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned));
    texts.collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty())
}

#[cfg(test)]
mod tests;
