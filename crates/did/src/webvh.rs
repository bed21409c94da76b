//! did:webvh 1.0: a DID whose history is a log that anyone can verify.
//!
//! - [`resolve_log`] verifies a log from bytes and picks the asked version; [`Log`] keeps a verified log, takes
//!   further entries one by one and writes them ([`create`], [`Log::append`]).
//! - [`Identifier`] is the grammar of the method, [`crate::web::Location`] the place where the log lies.
//! - [`witness`]: who must approve entries, and their proofs.
//! - [`parallel_did_web`]: the did:web document that may lie beside the log.
//!
//! Stricter than the text in one place: `null` parameters are refused, though resolvers may take them as defaults.

mod approvals;
mod entry;
mod error;
mod known;
mod log;
mod parameters;
mod proof;
mod services;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod time;
pub mod witness;
mod write;

use crate::identifier::Did;
use crate::web::{Location, LocationError};

pub use approvals::{ApprovalError, Approvals, Candidate};
pub use error::{EntryFault, LogError, ParameterFault, ProofFault, WitnessFault};
pub use known::KnownLog;
pub use log::{LARGEST_LOG, Log, MOST_ENTRIES, last_did, resolve_log};
pub use parameters::KeyHash;
pub(crate) use services::appended;
pub use services::{ParallelFault, check_parallel, parallel_did_web, resource_url};
pub use time::VersionTime;
pub use write::{Created, Inception, Settings, Update, WriteError, create};

/// The one version of the method that is spoken here.
pub const METHOD: &str = "did:webvh:1.0";

/// The log's file name.
pub const LOG_FILE: &str = "did.jsonl";

/// The file name of the witnesses' proofs.
pub const WITNESS_FILE: &str = "did-witness.json";

const SCID_LENGTH: usize = 46;

/// The parts of a did:webvh identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    scid: String,
    location: Location,
}

impl Identifier {
    /// Reads a did:webvh by the method's grammar.
    ///
    /// # Errors
    /// See [`LocationError`].
    pub fn of(did: &Did) -> Result<Self, LocationError> {
        if did.method() != "webvh" {
            return Err(LocationError::Method);
        }
        let (scid, place) = did.method_specific_id().split_once(':').ok_or(LocationError::Scid)?;
        if scid.len() != SCID_LENGTH || !scid.bytes().all(is_base58) {
            return Err(LocationError::Scid);
        }
        Ok(Self { scid: scid.to_owned(), location: Location::parse(place)? })
    }

    /// The self-certifying identifier.
    #[must_use]
    pub fn scid(&self) -> &str {
        &self.scid
    }

    /// Where the log lies.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// The URL of the log.
    #[must_use]
    pub fn log_url(&self) -> String {
        self.location.file(LOG_FILE)
    }

    /// The URL of the witnesses' proofs.
    #[must_use]
    pub fn witness_url(&self) -> String {
        self.location.file(WITNESS_FILE)
    }
}

const fn is_base58(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l')
}

#[cfg(test)]
mod tests;
