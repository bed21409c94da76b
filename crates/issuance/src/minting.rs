//! The port through which a domain says what a credential holds.

use std::future::Future;
use std::pin::Pin;

use environment::Timestamp;
use openid4vc::vci::reason::Reason;
use serde_json::{Map, Value};
use store::{Reader, StoreFault};

/// A boxed future, so that [`Minting`] can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What all copies of one batch say.
#[derive(Clone, Debug)]
pub struct Minted {
    /// Claims that the holder may disclose one by one.
    pub disclosable: Map<String, Value>,
    /// `iat`, rounded so that it tells nobody apart.
    pub issued_at: Timestamp,
    /// `exp`, rounded likewise.
    pub expires_at: Timestamp,
}

/// Why nothing can be minted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MintError {
    /// The values are gone, or the person is no longer entitled.
    #[error("there is nothing to issue for this offer any more")]
    Gone,
    /// Somebody looked at it and said no, and why.
    #[error("it was declined")]
    Declined(Reason),
    /// It will be there later, because a person looks at it first or something is still being made (OpenID4VCI §9).
    #[error("it is not ready yet")]
    Later {
        /// Seconds after which to ask again.
        interval: u64,
    },
    /// Our side failed.
    #[error("the claims cannot be read at the moment")]
    Unavailable,
}

/// Says what a credential holds.
pub trait Minting: Send + Sync {
    /// The claims of a credential of `configuration` for `subject`, which the domain named in its offer.
    fn mint<'a>(
        &'a self,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<Minted, MintError>>;

    /// Whether `subject` may be given a credential of `configuration`, as the store says it now. It is asked in the
    /// transaction that hands the copies out: whoever has ended an entitlement knows that no copy follows.
    fn is_entitled<'a>(
        &'a self,
        reader: &'a mut Reader,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreFault>>;

    /// Whether `subject` may be offered a credential of `configuration`, though it may be ready only later
    /// ([`MintError::Later`]). Where nothing is ever late, this is the same.
    fn is_expected<'a>(
        &'a self,
        reader: &'a mut Reader,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreFault>> {
        self.is_entitled(reader, subject, configuration)
    }
}
