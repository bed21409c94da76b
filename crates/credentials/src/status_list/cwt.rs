//! The status list token in CWT form (§5.2): a COSE_Sign1 (RFC 9052 §4.2) over claims of RFC 8392.
//!
//! An SD-JWT VC may not point to one (SD-JWT VC §3.2.2.2), so nothing in this network asks for it: this is for a verifier of
//! a format that may. The claims are put under the names of the JWT form, after which both forms are checked by the
//! same rules.

use coset::cbor::value::Value as Cbor;
use coset::iana::Algorithm as CoseAlgorithm;
use coset::{
    CborSerializable as _, CoseSign1, Header, Label, RegisteredLabelWithPrivate, TaggedCborSerializable as _,
};
use environment::Timestamp;
use jose::{Algorithm, VerifyingKey, base64url};
use serde_json::{Map, Number, Value};

use super::{CWT_MEDIA_TYPE, TokenError, VerifiedToken};

/// The first byte of what is tagged 18: COSE_Sign1.
const TAGGED: u8 = 0xd2;
/// Header parameter `typ` (RFC 9596 §2).
const TYPE: i64 = 16;
/// Header parameter `x5chain` (RFC 9360 §2).
const X5CHAIN: i64 = 33;
/// Longest token that is read, in bytes: less than in JWT form, because each byte can become a value of its own in memory
/// before a signature is checked.
pub const LONGEST_CWT: usize = 1 << 20;
/// Most claims that are looked at.
const MOST_CLAIMS: usize = 64;
/// Most certificates in `x5chain`.
const LONGEST_CHAIN: usize = 10;

/// Why a COSE_Sign1 is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoseFault {
    /// Not one COSE_Sign1 with its payload, tagged 18 or untagged (RFC 9052 §4.2).
    #[error("it is no COSE_Sign1 with a payload, tagged 18 or untagged")]
    Malformed,
    /// `crit` is present: no extension is understood here (RFC 9052 §3.1).
    #[error("the header declares an extension that is not understood")]
    UnknownExtension,
    /// The protected parameter 16 does not name this type (§5.2).
    #[error("the protected header parameter 16 must be application/statuslist+cwt")]
    WrongType,
    /// The protected `alg` is missing, not ES256, or not the algorithm of the key.
    #[error("the protected alg must be ES256")]
    WrongAlgorithm,
    /// `x5chain` is neither a certificate nor an array of them.
    #[error("x5chain is malformed")]
    MalformedChain,
    /// The signature does not fit (RFC 9052 §4.4).
    #[error("the signature does not verify")]
    BadSignature,
    /// The payload is not a CBOR map of few claims with unique keys (RFC 8392 §7.2).
    #[error("the payload is not a CBOR map of few claims with unique keys")]
    MalformedClaims,
}

impl CoseFault {
    /// A short name for reports.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_cwt",
            Self::UnknownExtension => "unknown_extension",
            Self::WrongType => "wrong_type",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::MalformedChain => "malformed_x5chain",
            Self::BadSignature => "bad_signature",
            Self::MalformedClaims => "malformed_claims",
        }
    }
}

/// A CWT whose signer's key is still to be found.
#[derive(Clone, Debug)]
pub struct UnverifiedCwt {
    sign1: CoseSign1,
    chain: Option<Vec<Vec<u8>>>,
}

impl UnverifiedCwt {
    /// Reads the body of a response.
    ///
    /// # Errors
    /// [`TokenError::WrongMediaType`], and those of [`UnverifiedCwt::parse`].
    pub fn from_response(content_type: &str, body: &[u8]) -> Result<Self, TokenError> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(CWT_MEDIA_TYPE) {
            return Err(TokenError::WrongMediaType);
        }
        Self::parse(body)
    }

    /// Reads a COSE_Sign1, tagged or untagged.
    ///
    /// # Errors
    /// [`TokenError::TooLong`], and [`TokenError::Cose`] for everything else.
    pub fn parse(token: &[u8]) -> Result<Self, TokenError> {
        if token.len() > LONGEST_CWT {
            return Err(TokenError::TooLong);
        }
        let sign1 = match token.first() {
            Some(&TAGGED) => CoseSign1::from_tagged_slice(token),
            _ => CoseSign1::from_slice(token),
        };
        let sign1 = sign1.map_err(|_| CoseFault::Malformed)?;
        if sign1.payload.is_none() {
            return Err(CoseFault::Malformed.into());
        }
        if [&sign1.protected.header, &sign1.unprotected].iter().any(|header| !header.crit.is_empty()) {
            return Err(CoseFault::UnknownExtension.into());
        }
        let chain = parameter(&sign1.protected.header, X5CHAIN)
            .or_else(|| parameter(&sign1.unprotected, X5CHAIN))
            .map(chain)
            .transpose()?;
        Ok(Self { sign1, chain })
    }

    /// `kid`, not yet authenticated: only for finding the key.
    #[must_use]
    pub fn kid(&self) -> Option<&[u8]> {
        [&self.sign1.protected.header, &self.sign1.unprotected]
            .map(|header| header.key_id.as_slice())
            .into_iter()
            .find(|kid| !kid.is_empty())
    }

    /// The certificates of `x5chain` in DER, leaf first.
    #[must_use]
    pub fn x5chain(&self) -> Option<&[Vec<u8>]> {
        self.chain.as_deref()
    }

    /// Checks the token of the list at `uri` (§8.3), which is compared exactly.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(
        self,
        key: &VerifyingKey,
        uri: &str,
        now: Timestamp,
        skew: i64,
    ) -> Result<VerifiedToken, TokenError> {
        self.check_header(key.algorithm())?;
        self.sign1.verify_signature(&[], |signature, signed| {
            if key.verifies(signed, signature) { Ok(()) } else { Err(CoseFault::BadSignature) }
        })?;
        let claims = claims(self.sign1.payload.as_deref().unwrap_or_default())?;
        VerifiedToken::checked(&claims, uri, now, skew)
    }

    fn check_header(&self, key: Algorithm) -> Result<(), CoseFault> {
        let protected = &self.sign1.protected.header;
        if parameter(protected, TYPE).and_then(Cbor::as_text) != Some(CWT_MEDIA_TYPE) {
            return Err(CoseFault::WrongType);
        }
        let es256 = RegisteredLabelWithPrivate::Assigned(CoseAlgorithm::ES256);
        if protected.alg != Some(es256) || key != Algorithm::Es256 {
            return Err(CoseFault::WrongAlgorithm);
        }
        Ok(())
    }
}

fn parameter(header: &Header, label: i64) -> Option<&Cbor> {
    header.rest.iter().find(|(name, _)| *name == Label::Int(label)).map(|(_, value)| value)
}

/// RFC 9360 §2: one certificate as a byte string, several as an array of them.
fn chain(value: &Cbor) -> Result<Vec<Vec<u8>>, CoseFault> {
    let one = |value: &Cbor| value.as_bytes().cloned().ok_or(CoseFault::MalformedChain);
    match value {
        Cbor::Array(several) if (2..=LONGEST_CHAIN).contains(&several.len()) => {
            several.iter().map(one).collect()
        }
        Cbor::Array(_) => Err(CoseFault::MalformedChain),
        single => one(single).map(|single| vec![single]),
    }
}

/// The claims under the names of the JWT form (§5.1, §5.2); others are ignored.
fn claims(payload: &[u8]) -> Result<Map<String, Value>, CoseFault> {
    let Ok(Cbor::Map(entries)) = Cbor::from_slice(payload) else { return Err(CoseFault::MalformedClaims) };
    if entries.len() > MOST_CLAIMS {
        return Err(CoseFault::MalformedClaims);
    }
    let mut claims = Map::new();
    let mut seen = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let name = match key.as_integer().and_then(|key| i64::try_from(key).ok()) {
            Some(2) => Some("sub"),
            Some(4) => Some("exp"),
            Some(5) => Some("nbf"),
            Some(6) => Some("iat"),
            Some(65_534) => Some("ttl"),
            Some(65_533) => Some("status_list"),
            _ => None,
        };
        if seen.contains(&key) {
            return Err(CoseFault::MalformedClaims);
        }
        seen.push(key);
        if let Some(name) = name {
            claims.insert(name.to_owned(), json(value)?);
        }
    }
    Ok(claims)
}

/// A value in JSON. What has no equal there becomes `null`, which is of the wrong type wherever it stands.
fn json(value: Cbor) -> Result<Value, CoseFault> {
    Ok(match value {
        Cbor::Integer(number) => i64::try_from(number).map_or(Value::Null, Value::from),
        Cbor::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Cbor::Text(text) => Value::String(text),
        // `lst` is the byte string whose base64url the JWT form has (§4.3).
        Cbor::Bytes(bytes) => Value::String(base64url::encode(bytes)),
        Cbor::Map(entries) => Value::Object(members(entries)?),
        _ => Value::Null,
    })
}

/// The members of `status_list`; a byte string where text belongs, or the reverse, must not pass for it.
fn members(entries: Vec<(Cbor, Cbor)>) -> Result<Map<String, Value>, CoseFault> {
    let mut members = Map::new();
    for (key, value) in entries {
        let Cbor::Text(name) = key else { continue };
        let fits = match name.as_str() {
            "lst" => value.is_bytes(),
            "bits" => value.is_integer(),
            "aggregation_uri" => value.is_text(),
            _ => continue,
        };
        let value = if fits { json(value)? } else { Value::Null };
        if members.insert(name, value).is_some() {
            return Err(CoseFault::MalformedClaims);
        }
    }
    Ok(members)
}

#[cfg(test)]
mod tests;
