//! Who calls: a space that signs its request (RFC 9421), admitted and in good standing right now.

use did::web::Location;
use did::webvh::Identifier;
use did::{Did, DidUrl};
use environment::Timestamp;
use jose::VerifyingKey;
use network::http_signature::{HttpSignatureError, Unverified};
use trust::{Admitted, Purpose, Space};

use crate::{Directory, DirectoryError};

/// Why a signed request is not one of an admitted space.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallerError {
    /// `keyid` is no DID URL.
    #[error("the key id is not a DID URL")]
    KeyId,
    /// The space is not admitted, or its key is not one of its DID document under `authentication`.
    #[error(transparent)]
    NotAdmitted(#[from] DirectoryError),
    /// The signature or its times.
    #[error(transparent)]
    Signature(#[from] HttpSignatureError),
}

impl CallerError {
    /// Whether the same request may be taken a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::NotAdmitted(error) if error.is_transient())
    }
}

/// An admitted space that signed a request. That the request comes for the first time is for the reader to see, by
/// [`Self::key_id`] and [`Self::nonce`].
#[derive(Clone, Debug)]
pub struct Caller {
    /// The space.
    pub space: Admitted<Space>,
    /// The DID URL of the key that signed.
    pub key_id: String,
    /// The nonce.
    pub nonce: [u8; 16],
    /// The first moment at which the request is taken no longer.
    pub expires_at: Timestamp,
}

impl Directory {
    /// Admits the space that signed `request`. The network list is looked into first, so that a stranger makes nobody fetch
    /// anything; then the key must stand in the space's DID document under `authentication`.
    ///
    /// # Errors
    /// See [`CallerError`].
    pub async fn admit_caller(&self, request: Unverified) -> Result<Caller, CallerError> {
        let key_id = DidUrl::parse(request.key_id()).map_err(|_| CallerError::KeyId)?;
        let space = self.admit_key::<Space>(&key_id, Purpose::RequestSigning).await?;
        let key = VerifyingKey::new(space.key()).map_err(|_| DirectoryError::NoSuchKey)?;
        let verified = request.verify(&key, self.now())?;
        Ok(Caller { space, key_id: verified.key_id, nonce: verified.nonce, expires_at: verified.expires_at })
    }
}

/// The address of `path` (which begins with `/`) at the party with this DID, as both sides of a signed call spell it: scheme,
/// host and port are those of the DID. None if the DID names no host of its own.
#[must_use]
pub fn address_at(party: &Did, path: &str) -> Option<String> {
    let location = match party.method() {
        "webvh" => Identifier::of(party).ok()?.location().clone(),
        _ => Location::of_did_web(party).ok()?,
    };
    location.segments().is_empty().then(|| format!("{}{path}", location.base()))
}

#[cfg(test)]
mod tests;
