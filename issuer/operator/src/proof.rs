//! Proof that whoever asks for a leaf holds its private key.
//!
//! A compact JWS, `typ: passport-admission-proof+jwt`, by the key in question over
//! `{"did", "host", "jkt", "iat"}`, `jkt` being the thumbprint of the key (RFC 7638).

use environment::Timestamp;
use jose::jws::{self, JwsError, Policy};
use jose::jwt::{self, ClaimError};
use jose::{Jwk, Signer, SigningFailed, VerifyingKey};
use serde_json::{Map, Value};

const TYPE: &str = "passport-admission-proof+jwt";
/// A request travels from hand to hand before somebody looks at it.
const OLDEST: i64 = 30 * 86_400;
const CLOCK_SKEW: i64 = 60;

/// Why a proof of possession is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The token is not such a proof, or another key signed it.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// A claim is missing, or the proof is older than 30 days.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The proof was made for another DID, host or key.
    #[error("the proof of possession was made for another party or key")]
    OtherParty,
    /// There is none.
    #[error(
        "there is none for one of the keys: make the request anew with `passport verifier request-admission`"
    )]
    Missing,
}

impl ProofError {
    /// Whether it would have been taken when it was made.
    pub(crate) const fn is_of_age(&self) -> bool {
        matches!(self, Self::Claim(ClaimError::IssuedAtOutsideWindow { .. }))
    }
}

/// Proves that the caller holds `signer` and wants a leaf for `did` at `host`.
///
/// # Errors
/// [`SigningFailed`] when the keeper of the key does not sign.
pub fn prove_possession(
    signer: &dyn Signer,
    did: &str,
    host: &str,
    now: Timestamp,
) -> Result<String, SigningFailed> {
    let claims = Map::from_iter([
        ("did".to_owned(), Value::from(did)),
        ("host".to_owned(), Value::from(host)),
        ("jkt".to_owned(), Value::from(signer.public_jwk().thumbprint_base64url())),
        ("iat".to_owned(), Value::from(now.seconds())),
    ]);
    jwt::sign(TYPE, Map::new(), &claims, signer)
}

/// Checks a proof made by [`prove_possession`].
pub(crate) fn check(
    compact: &str,
    key: &Jwk,
    did: &str,
    host: &str,
    now: Timestamp,
) -> Result<(), ProofError> {
    let key = VerifyingKey::new(key).map_err(|_| JwsError::WrongAlgorithm)?;
    let claims = jws::Unverified::parse(compact)?.verify(&key, &Policy::typed(&[TYPE]))?.claims()?;
    let is_for_us = jwt::text(&claims, "did")? == did
        && jwt::text(&claims, "host")? == host
        && jwt::text(&claims, "jkt")? == key.jwk().thumbprint_base64url();
    if !is_for_us {
        return Err(ProofError::OtherParty);
    }
    jwt::check_issued_at(&claims, now, OLDEST, CLOCK_SKEW)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use environment::SeededRandomness;
    use jose::{Algorithm, SigningKey};

    const DID: &str = "did:webvh:QmTest:harbour.localhost";
    const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);

    #[test]
    fn a_proof_counts_for_its_own_key_party_and_month_only() {
        let randomness = SeededRandomness::new(1);
        let key = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
        let other = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
        let proof = prove_possession(&key, DID, "harbour.localhost", NOW).unwrap();
        let check =
            |key: &SigningKey, did: &str, host: &str, now| check(&proof, key.public_jwk(), did, host, now);
        assert_eq!(check(&key, DID, "harbour.localhost", NOW), Ok(()));
        assert_eq!(
            check(&other, DID, "harbour.localhost", NOW),
            Err(ProofError::Jws(JwsError::BadSignature))
        );
        assert_eq!(check(&key, "did:web:x", "harbour.localhost", NOW), Err(ProofError::OtherParty));
        assert_eq!(check(&key, DID, "kiln.localhost", NOW), Err(ProofError::OtherParty));
        assert!(matches!(
            check(&key, DID, "harbour.localhost", NOW.plus(OLDEST + 1)),
            Err(ProofError::Claim(ClaimError::IssuedAtOutsideWindow { .. }))
        ));
    }
}
