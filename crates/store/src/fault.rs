//! What can go wrong: the change said no, or the store could not do it.

use crate::record::FieldClass;

/// Why a commit did not happen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault<R> {
    /// The change itself said no; nothing was written.
    #[error("refused: {0:?}")]
    Refused(R),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl<R> Fault<R> {
    /// The same fault with another type of refusal.
    pub fn map_refusal<S>(self, map: impl FnOnce(R) -> S) -> Fault<S> {
        match self {
            Self::Refused(refusal) => Fault::Refused(map(refusal)),
            Self::Store(fault) => Fault::Store(fault),
        }
    }
}

/// A fault of the store or of the way it was used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFault {
    /// Others changed what this transaction read, and the retries are spent. Ask again later (503 with
    /// `Retry-After`).
    #[error("too many changes at the same time; try again in a moment")]
    Conflict,
    /// The connection was lost while committing and the outcome could not be looked up.
    #[error("the store does not know whether the change was made; look before trying again")]
    OutcomeUnknown,
    /// The engine cannot work now.
    #[error("the store is not available: {reason}")]
    Unavailable {
        /// What the engine said, without any stored value.
        reason: String,
    },
    /// Stored bytes are not what was written.
    #[error(
        "a stored record is damaged ({detail}); stop the server and bring back the last export with `passport store import`"
    )]
    Corrupt {
        /// Which check failed, without any stored value.
        detail: String,
    },
    /// A value, a key or a whole commit is larger than the store takes.
    #[error("{what} is too large: {size}, at most {limit}")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// Its size.
        size: usize,
        /// The largest size allowed.
        limit: usize,
    },
    /// A record holds a field that its type does not declare in [`Record::FIELDS`](crate::Record::FIELDS).
    #[error(
        "records of class {class} do not declare the field {field}; give it a class ({classes})",
        classes = FieldClass::NAMES
    )]
    Undeclared {
        /// The record class.
        class: &'static str,
        /// The undeclared field's name.
        field: String,
    },
    /// A record is not a JSON object, or a declaration of its type is wrong.
    #[error("records of class {class} cannot be stored: {detail}")]
    Unstorable {
        /// The record class.
        class: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A stored record has a schema version that this program does not read.
    #[error(
        "a record of class {class} has schema version {version}, which this version of the program does not read"
    )]
    UnknownVersion {
        /// The record class.
        class: &'static str,
        /// The stored version.
        version: u16,
    },
}

impl StoreFault {
    /// Whether the same request may well succeed a moment later.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Conflict | Self::Unavailable { .. })
    }

    /// An [`StoreFault::Unavailable`] with the given reason.
    #[must_use]
    pub fn unavailable(reason: impl std::fmt::Display) -> Self {
        Self::Unavailable { reason: reason.to_string() }
    }

    pub(crate) fn corrupt(detail: impl std::fmt::Display) -> Self {
        Self::Corrupt { detail: detail.to_string() }
    }
}
