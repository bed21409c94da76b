//! Commitments to values that a reviewer may check and nobody can guess.

use std::fmt;

use environment::Randomness;
use jose::{base64url, digest};
use serde::{Deserialize, Serialize};

/// Separates these hashes from every other use of SHA-256 in the network.
const DOMAIN: &[u8] = b"passport-network/commitment/1\0";

/// 32 random bytes that blind one commitment; whoever holds them can show what it commits to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CommitmentNonce([u8; 32]);

impl CommitmentNonce {
    /// A fresh nonce; one is never used for two commitments.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        Self(randomness.bytes())
    }
}

impl From<CommitmentNonce> for String {
    fn from(nonce: CommitmentNonce) -> Self {
        base64url::encode(nonce.0)
    }
}

impl TryFrom<String> for CommitmentNonce {
    type Error = base64url::NotBase64Url;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        base64url::decode_exact(text).map(Self)
    }
}

impl fmt::Debug for CommitmentNonce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CommitmentNonce")
    }
}

/// SHA-256(domain ‖ nonce ‖ digest of the value's disclosure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// Commits to `value_digest`, the SHA-256 of the disclosure as it was sent (RFC 9901 §4.2.3).
    #[must_use]
    pub fn new(nonce: &CommitmentNonce, value_digest: &[u8; 32]) -> Self {
        Self(digest::sha256([DOMAIN, &nonce.0, value_digest].concat()))
    }

    /// Whether this commits to `value_digest` under `nonce`.
    #[must_use]
    pub fn opens_with(&self, nonce: &CommitmentNonce, value_digest: &[u8; 32]) -> bool {
        digest::constant_time_equal(&self.0, &Self::new(nonce, value_digest).0)
    }
}

impl From<Commitment> for String {
    fn from(commitment: Commitment) -> Self {
        base64url::encode(commitment.0)
    }
}

impl TryFrom<String> for Commitment {
    type Error = base64url::NotBase64Url;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        base64url::decode_exact(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;

    use super::*;

    #[test]
    fn a_commitment_opens_with_its_own_nonce_and_value_only() {
        let randomness = SeededRandomness::new(1);
        let (nonce, other) = (CommitmentNonce::generate(&randomness), CommitmentNonce::generate(&randomness));
        let value = digest::sha256("disclosure");
        let commitment = Commitment::new(&nonce, &value);
        assert!(commitment.opens_with(&nonce, &value));
        assert!(!commitment.opens_with(&other, &value));
        assert!(!commitment.opens_with(&nonce, &digest::sha256("another")));
    }

    #[test]
    fn equal_values_give_unequal_commitments() {
        let randomness = SeededRandomness::new(1);
        let value = digest::sha256("disclosure");
        let commit = || Commitment::new(&CommitmentNonce::generate(&randomness), &value);
        assert_ne!(commit(), commit());
    }

    #[test]
    fn the_nonce_is_never_printed() {
        let nonce = CommitmentNonce::generate(&SeededRandomness::new(1));
        assert_eq!(format!("{nonce:?}"), "CommitmentNonce");
    }
}
