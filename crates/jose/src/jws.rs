//! Compact JWS (RFC 7515 §7.1) under a header policy.
//!
//! A token is parsed into [`Unverified`], which shows its header so that the right key can be found; only
//! [`Unverified::verify`] makes a [`Verified`]. `crit` and `b64` are always refused: no extension is understood here.

use serde_json::{Map, Value};

use crate::key::{Algorithm, VerifyingKey};
use crate::rs256::Rs256Key;
use crate::signing::{Signer, SigningFailed};
use crate::{base64url, json, rs256};

/// Why a compact JWS is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// Not three parts of base64url separated by dots (RFC 7515 §7.1).
    #[error("not a compact JWS of three base64url parts")]
    Malformed,
    /// The protected header is not a JSON object, or a member name is given twice (RFC 7515 §4).
    #[error("the protected header is not a JSON object with unique names")]
    MalformedHeader,
    /// `crit` or `b64` is present: extensions that are not understood must be refused (RFC 7515 §4.1.11).
    #[error("the header declares an extension that is not understood")]
    UnknownExtension,
    /// `typ` is missing or names another kind of token (RFC 8725 §3.11).
    #[error("typ must be {expected}")]
    WrongType {
        /// The types that would have been taken.
        expected: String,
    },
    /// `alg` is missing, `none`, symmetric, not allowed here, or not the algorithm of the key (RFC 8725 §3.1).
    #[error("alg is missing or not allowed here")]
    WrongAlgorithm,
    /// The signature does not fit (RFC 7515 §5.2).
    #[error("the signature does not verify")]
    BadSignature,
    /// The payload is not a JSON object with unique names (RFC 7519 §7.2).
    #[error("the payload is not a JSON object with unique names")]
    MalformedPayload,
}

/// What a token's header must say.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// `typ` must be one of these, compared exactly; empty: `typ` is not looked at.
    pub types: &'a [&'a str],
    /// `alg` must be one of these.
    pub algorithms: &'a [Algorithm],
}

impl<'a> Policy<'a> {
    /// The usual policy: one of `types`, signed with ES256 or EdDSA.
    #[must_use]
    pub const fn typed(types: &'a [&'a str]) -> Self {
        Self { types, algorithms: Algorithm::ALL }
    }
}

/// A parsed token whose signature nobody has checked.
#[derive(Clone, Debug)]
pub struct Unverified {
    header: Map<String, Value>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    signing_input: String,
}

/// A token whose signature and header have been checked.
#[derive(Clone, Debug)]
pub struct Verified {
    header: Map<String, Value>,
    payload: Vec<u8>,
}

impl Unverified {
    /// Splits and decodes a compact JWS.
    ///
    /// # Errors
    /// [`JwsError::Malformed`], [`JwsError::MalformedHeader`], [`JwsError::UnknownExtension`].
    pub fn parse(compact: &str) -> Result<Self, JwsError> {
        let (signing_input, signature) = compact.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwsError::Malformed)?;
        if payload.contains('.') {
            return Err(JwsError::Malformed);
        }
        let decode = |part: &str| base64url::decode(part).map_err(|_| JwsError::Malformed);
        let header = json::parse_object(decode(header)?).map_err(|_| JwsError::MalformedHeader)?;
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(JwsError::UnknownExtension);
        }
        Ok(Self {
            header,
            payload: decode(payload)?,
            signature: decode(signature)?,
            signing_input: signing_input.to_owned(),
        })
    }

    /// The protected header, not yet authenticated: only for finding the key.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The header of a token that was verified before and kept where nobody changes it.
    #[must_use]
    pub fn into_header(self) -> Map<String, Value> {
        self.header
    }

    /// A header member that is a string.
    #[must_use]
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// The payload, not yet authenticated: only for finding the key.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload as a JSON object, not yet authenticated: only for finding the key.
    ///
    /// # Errors
    /// [`JwsError::MalformedPayload`].
    pub fn claims(&self) -> Result<Map<String, Value>, JwsError> {
        json::parse_object(&self.payload).map_err(|_| JwsError::MalformedPayload)
    }

    /// Checks the header against `policy` and the signature with `key`.
    ///
    /// # Errors
    /// [`JwsError::WrongType`], [`JwsError::WrongAlgorithm`], [`JwsError::BadSignature`].
    pub fn verify(self, key: &VerifyingKey, policy: &Policy<'_>) -> Result<Verified, JwsError> {
        self.check_header(key.algorithm(), policy)?;
        if !key.verifies(self.signing_input.as_bytes(), &self.signature) {
            return Err(JwsError::BadSignature);
        }
        Ok(Verified { header: self.header, payload: self.payload })
    }

    /// Checks an ID token of a login outside the network, signed by RS256: see [`rs256`]. `typ` is not looked at.
    ///
    /// # Errors
    /// [`JwsError::WrongAlgorithm`], [`JwsError::BadSignature`].
    pub fn verify_rs256(self, key: &Rs256Key) -> Result<Verified, JwsError> {
        if self.header_text("alg") != Some(rs256::NAME) {
            return Err(JwsError::WrongAlgorithm);
        }
        if !key.verifies(self.signing_input.as_bytes(), &self.signature) {
            return Err(JwsError::BadSignature);
        }
        Ok(Verified { header: self.header, payload: self.payload })
    }

    fn check_header(&self, key: Algorithm, policy: &Policy<'_>) -> Result<(), JwsError> {
        let typ = self.header_text("typ");
        if !policy.types.is_empty() && !typ.is_some_and(|typ| policy.types.contains(&typ)) {
            return Err(JwsError::WrongType { expected: policy.types.join(" or ") });
        }
        match self.header_text("alg").and_then(Algorithm::from_name) {
            Some(algorithm) if algorithm == key && policy.algorithms.contains(&algorithm) => Ok(()),
            _ => Err(JwsError::WrongAlgorithm),
        }
    }
}

impl Verified {
    /// The authenticated header.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The authenticated header alone.
    #[must_use]
    pub fn into_header(self) -> Map<String, Value> {
        self.header
    }

    /// The authenticated payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The authenticated payload as a JSON object.
    ///
    /// # Errors
    /// [`JwsError::MalformedPayload`].
    pub fn claims(&self) -> Result<Map<String, Value>, JwsError> {
        json::parse_object(&self.payload).map_err(|_| JwsError::MalformedPayload)
    }
}

/// The bytes a signature is made over, for keys that are kept elsewhere; finish with [`assemble`].
///
/// `alg` is written into the header, in place of any that stands there.
#[must_use]
pub fn signing_input(mut header: Map<String, Value>, payload: &[u8], algorithm: Algorithm) -> String {
    header.insert("alg".to_owned(), Value::from(algorithm.name()));
    format!("{}.{}", base64url::encode(Value::Object(header).to_string()), base64url::encode(payload))
}

/// The compact JWS of a signing input and its signature.
#[must_use]
pub fn assemble(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", base64url::encode(signature))
}

/// Signs `payload` under `header`; `alg` is written into it.
///
/// # Errors
/// [`SigningFailed`] when the keeper of the key does not sign.
pub fn sign(
    header: Map<String, Value>,
    payload: &[u8],
    signer: &dyn Signer,
) -> Result<String, SigningFailed> {
    let input = signing_input(header, payload, signer.algorithm());
    let signature = signer.sign(input.as_bytes())?;
    Ok(assemble(&input, &signature))
}

#[cfg(test)]
mod tests;
