//! Nonces that need no record until they are used: a time and randomness under a MAC.
//!
//! An anonymous endpoint hands these out (c_nonce, OpenID4VCI 1.0 §7; DPoP nonces, RFC 9449 §8; a wallet's
//! wallet_nonce, OpenID4VP 1.0 §5.10), so it cannot be made to fill a disk. Where a nonce may be used once only,
//! the caller stores [`NonceUse::hash`] until [`NonceUse::expires_at`] and refuses what is there already.

use std::fmt;

use environment::{Randomness, Timestamp};
use jose::{base64url, digest};
use zeroize::Zeroizing;

use crate::mac;
use crate::secret::SecretHash;

/// What a nonce is for; a nonce for one purpose is foreign to every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `c_nonce` of the nonce endpoint.
    Credential,
    /// `DPoP-Nonce`.
    Dpop,
    /// `wallet_nonce` of a wallet.
    Wallet,
    /// A challenge for the proof of an attested wallet.
    Attestation,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Credential => b"passport-network c_nonce",
            Self::Dpop => b"passport-network DPoP nonce",
            Self::Wallet => b"passport-network wallet_nonce",
            Self::Attestation => b"passport-network attestation challenge",
        }
    }
}

/// Why a nonce is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NonceError {
    /// It was not made with this key for this purpose.
    #[error("the nonce is not one of ours; ask for one")]
    Foreign,
    /// It was ours but is too old.
    #[error("the nonce is too old; ask for a fresh one")]
    Stale,
}

/// A nonce that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonceUse {
    /// Under which the use is remembered.
    pub hash: SecretHash,
    /// Until when; afterwards the nonce is stale by itself.
    pub expires_at: Timestamp,
}

/// The key of the MAC, shared by all replicas of one party.
#[derive(Clone)]
pub struct NonceKey(Zeroizing<[u8; 32]>);

impl NonceKey {
    /// A key that was stored.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A fresh key.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        Self(Zeroizing::new(randomness.bytes()))
    }

    /// A fresh nonce: 75 characters that need no escaping.
    #[must_use]
    pub fn issue(&self, purpose: Purpose, now: Timestamp, randomness: &dyn Randomness) -> String {
        let body = [&now.seconds().to_be_bytes()[..], &randomness.bytes::<16>()].concat();
        base64url::encode([body.as_slice(), &self.tag(purpose, &body)].concat())
    }

    /// Takes a nonce that was issued here not longer than `lifetime` seconds ago.
    ///
    /// # Errors
    /// See [`NonceError`].
    pub fn check(
        &self,
        purpose: Purpose,
        nonce: &str,
        now: Timestamp,
        lifetime: i64,
    ) -> Result<NonceUse, NonceError> {
        let bytes: [u8; 56] = base64url::decode_exact(nonce).map_err(|_| NonceError::Foreign)?;
        let (body, tag) = bytes.split_at(24);
        if !digest::constant_time_equal(tag, &self.tag(purpose, body)) {
            return Err(NonceError::Foreign);
        }
        let seconds = body.first_chunk::<8>().map_or(i64::MIN, |first| i64::from_be_bytes(*first));
        let issued_at = Timestamp::from_seconds(seconds);
        let expires_at = issued_at.plus(lifetime);
        // A replica's clock may run a little ahead: a nonce from the near future is not stale.
        if now >= expires_at {
            return Err(NonceError::Stale);
        }
        Ok(NonceUse { hash: SecretHash::of(nonce), expires_at })
    }

    fn tag(&self, purpose: Purpose, body: &[u8]) -> [u8; 32] {
        mac::tag(&self.0, purpose.label(), body)
    }
}

impl fmt::Debug for NonceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NonceKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use environment::SeededRandomness;

    const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn a_nonce_is_fresh_until_its_lifetime_has_passed() {
        let randomness = SeededRandomness::new(1);
        let key = NonceKey::generate(&randomness);
        let nonce = key.issue(Purpose::Credential, START, &randomness);
        let check = |after: i64| key.check(Purpose::Credential, &nonce, START.plus(after), 60);
        assert_eq!(check(59).unwrap().expires_at, START.plus(60));
        assert_eq!(check(60), Err(NonceError::Stale));
    }

    #[test]
    fn a_nonce_of_another_key_purpose_or_spelling_is_foreign() {
        let randomness = SeededRandomness::new(2);
        let key = NonceKey::generate(&randomness);
        let nonce = key.issue(Purpose::Credential, START, &randomness);
        let foreign = Err(NonceError::Foreign);
        assert_eq!(NonceKey::generate(&randomness).check(Purpose::Credential, &nonce, START, 60), foreign);
        assert_eq!(key.check(Purpose::Dpop, &nonce, START, 60), foreign);
        let tampered = format!("{}AAA", nonce.get(..nonce.len() - 3).unwrap());
        for other in [tampered.as_str(), "", "x", &format!("{nonce}="), nonce.get(1..).unwrap()] {
            assert_eq!(key.check(Purpose::Credential, other, START, 60), foreign, "{other}");
        }
    }

    #[test]
    fn two_nonces_of_one_second_differ() {
        let randomness = SeededRandomness::new(3);
        let key = NonceKey::generate(&randomness);
        assert_ne!(
            key.issue(Purpose::Dpop, START, &randomness),
            key.issue(Purpose::Dpop, START, &randomness)
        );
    }
}
