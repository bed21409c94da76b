//! A JWT that waits for its signature: the key may live in a browser or a hardware module.

use jose::{Algorithm, Signer, SigningFailed, jws};
use serde_json::{Map, Value};

/// What a signature is to be made over.
#[derive(Clone, PartialEq, Eq)]
pub struct ToSign {
    input: String,
    algorithm: Algorithm,
}

impl ToSign {
    /// The JWT of `header` and `claims`, to be signed with `algorithm`.
    #[must_use]
    pub fn new(header: Map<String, Value>, claims: &Map<String, Value>, algorithm: Algorithm) -> Self {
        let payload = serde_json::to_vec(claims).unwrap_or_default();
        Self { input: jws::signing_input(header, &payload, algorithm), algorithm }
    }

    /// The bytes to sign.
    #[must_use]
    pub fn input(&self) -> &[u8] {
        self.input.as_bytes()
    }

    /// With which algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The compact JWT, given its signature (64 bytes, R‖S for ES256).
    #[must_use]
    pub fn finish(&self, signature: &[u8]) -> String {
        jws::assemble(&self.input, signature)
    }

    /// The compact JWT, signed by a key that is at hand.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        Ok(self.finish(&signer.sign(self.input())?))
    }
}

impl std::fmt::Debug for ToSign {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ToSign({})", self.algorithm.name())
    }
}
