//! The hashes by which a key binding JWT refers to transactions (OpenID4VP 1.0 Appendix B.3.3.1).

use credentials::sd_jwt::HashAlgorithm;

/// The claim with the hashes.
pub(super) const HASHES: &str = "transaction_data_hashes";
/// The parameter of a request that lists algorithms, and the claim that names the one that was used.
pub(super) const ALGORITHM: &str = "transaction_data_hashes_alg";

/// Which algorithms a transaction may be hashed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hashing {
    /// The request does not say: SHA-256.
    Unsaid,
    /// One of those that it names.
    OneOf(Vec<String>),
}

impl Hashing {
    pub(super) fn takes(&self, algorithm: HashAlgorithm) -> bool {
        match self {
            Self::Unsaid => algorithm == HashAlgorithm::Sha256,
            Self::OneOf(names) => names.iter().any(|name| name == algorithm.name()),
        }
    }

    /// Whether the answer must name the algorithm: it must where the request names some.
    pub(super) const fn is_said(&self) -> bool {
        matches!(self, Self::OneOf(_))
    }
}

/// An algorithm that all of them take; SHA-256 where it is one.
pub(super) fn common<'a>(all: impl Iterator<Item = &'a Hashing> + Clone) -> Option<HashAlgorithm> {
    [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512]
        .into_iter()
        .find(|algorithm| all.clone().all(|one| one.takes(*algorithm)))
}

/// The hash of a transaction as it was received, without decoding it.
pub(super) fn hash(algorithm: HashAlgorithm, encoded: &str) -> String {
    algorithm.base64url(encoded.as_bytes())
}
