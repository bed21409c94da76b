//! Proof Key for Code Exchange (RFC 7636): only who asked for an authorisation can redeem its code. `S256` alone is spoken
//! (HAIP 1.0 §4.3): `plain` shows the verifier to whoever sees the request.

use environment::Randomness;
use jose::{base64url, digest};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::secret::SecretText;

/// The one method that is spoken (§4.2).
pub const METHOD: &str = "S256";
/// Shortest verifier (§4.1).
const SHORTEST: usize = 43;
/// Longest verifier (§4.1).
const LONGEST: usize = 128;

/// Why a challenge or a verifier is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PkceError {
    /// No `code_challenge` (§4.4.1).
    #[error("code_challenge is needed")]
    ChallengeMissing,
    /// `code_challenge` is no base64url of a SHA-256 digest.
    #[error("code_challenge must be the base64url of a SHA-256 digest")]
    ChallengeMalformed,
    /// `code_challenge_method` is missing, which means `plain` (§4.3), or another one than `S256`.
    #[error("code_challenge_method must be S256")]
    Method,
    /// `code_verifier` has not 43 to 128 unreserved characters (§4.1).
    #[error("code_verifier must have 43 to 128 unreserved characters")]
    VerifierMalformed,
}

/// A `code_verifier`, known to its wallet alone until the code is redeemed. It serialises as itself: seal it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifier(SecretText);

impl Verifier {
    /// A fresh verifier of 256 random bits.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        Self(SecretText::random(randomness))
    }

    /// Reads the `code_verifier` of a token request.
    ///
    /// # Errors
    /// [`PkceError::VerifierMalformed`].
    pub fn parse(text: &str) -> Result<Self, PkceError> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let fits = (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(unreserved);
        if fits { Ok(Self(SecretText::new(text))) } else { Err(PkceError::VerifierMalformed) }
    }

    /// What is shown of it beforehand (§4.2).
    #[must_use]
    pub fn challenge(&self) -> Challenge {
        Challenge(digest::sha256(self.expose()))
    }

    /// The verifier itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// A `code_challenge` with the method `S256`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorisation request.
    ///
    /// # Errors
    /// See [`PkceError`].
    pub fn parse(challenge: Option<&str>, method: Option<&str>) -> Result<Self, PkceError> {
        let challenge = challenge.ok_or(PkceError::ChallengeMissing)?;
        if method != Some(METHOD) {
            return Err(PkceError::Method);
        }
        base64url::decode_exact(challenge).map(Self).map_err(|_| PkceError::ChallengeMalformed)
    }

    /// Whether this is the challenge of `verifier` (§4.6), in constant time.
    #[must_use]
    pub fn matches(&self, verifier: &Verifier) -> bool {
        digest::constant_time_equal(&self.0, &digest::sha256(verifier.expose()))
    }

    /// The value of `code_challenge`.
    #[must_use]
    pub fn to_text(self) -> String {
        base64url::encode(self.0)
    }
}

impl Serialize for Challenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for Challenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        base64url::decode_exact(text).map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;

    use super::*;

    /// RFC 7636 Appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_standard_matches_and_what_is_near_it_does_not() {
        let challenge = Challenge::parse(Some(CHALLENGE), Some("S256")).unwrap();
        let verifier = Verifier::parse(VERIFIER).unwrap();
        assert_eq!(verifier.challenge(), challenge);
        assert_eq!(challenge.to_text(), CHALLENGE);
        assert!(challenge.matches(&verifier));
        let near = VERIFIER.replace("dBjf", "dBjg");
        assert!(!challenge.matches(&Verifier::parse(&near).unwrap()));
        // A challenge sent as verifier is what `plain` would have taken.
        assert!(!challenge.matches(&Verifier::parse(CHALLENGE).unwrap()));
    }

    #[test]
    fn no_method_and_every_other_method_is_refused() {
        for method in [None, Some("plain"), Some("s256"), Some("S512"), Some("")] {
            assert_eq!(Challenge::parse(Some(CHALLENGE), method), Err(PkceError::Method), "{method:?}");
        }
        assert_eq!(Challenge::parse(None, Some("S256")), Err(PkceError::ChallengeMissing));
    }

    #[test]
    fn a_challenge_is_the_base64url_of_32_bytes() {
        for wrong in
            ["", "abc", &format!("{CHALLENGE}="), &format!("{CHALLENGE}A"), &CHALLENGE.replace('-', "+")]
        {
            let refused = Challenge::parse(Some(wrong), Some("S256"));
            assert_eq!(refused, Err(PkceError::ChallengeMalformed), "{wrong}");
        }
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for length in [43, 128] {
            assert!(Verifier::parse(&"a".repeat(length)).is_ok());
        }
        for wrong in ["", &"a".repeat(42), &"a".repeat(129), &format!("{}+", "a".repeat(43)), &"é".repeat(43)]
        {
            assert_eq!(Verifier::parse(wrong), Err(PkceError::VerifierMalformed), "{wrong}");
        }
    }

    #[test]
    fn two_verifiers_differ_and_neither_is_printed() {
        let randomness = SeededRandomness::new(1);
        let (one, other) = (Verifier::generate(&randomness), Verifier::generate(&randomness));
        assert_ne!(one, other);
        assert!(Verifier::parse(one.expose()).is_ok());
        assert!(!format!("{one:?}").contains(one.expose()));
        let stored: Challenge =
            serde_json::from_str(&serde_json::to_string(&one.challenge()).unwrap()).unwrap();
        assert!(stored.matches(&one) && !stored.matches(&other));
    }
}
