//! SHA-256.

use sha2::{Digest, Sha256};

/// The SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// base64url(SHA-256(`bytes`)), the form in which most of our protocols carry digests.
#[must_use]
pub fn sha256_base64url(bytes: impl AsRef<[u8]>) -> String {
    crate::base64url::encode(sha256(bytes))
}

/// Whether `left` and `right` are equal, in time that does not depend on where they differ.
#[must_use]
pub fn constant_time_equal(left: &[u8], right: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    left.ct_eq(right).into()
}
