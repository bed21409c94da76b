//! The JSON serialisations on input (RFC 9901 §8): flattened and general, read into the type of the compact form.
//!
//! The text is put together again as the compact form, which is what `sd_hash` is made over (§8.1), and read as such:
//! so every bound and every rule is the same. Of several signatures the first is the one that counts: `disclosures`
//! and `kb_jwt` stand with it, and the compact form is made with it (RFC 7515 §5.2 leaves to us which are checked).

use jose::json;
use serde_json::{Map, Value};

use super::{LONGEST, SdJwt, SdJwtError};

/// Why a text is no JSON serialised SD-JWT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SerialisationFault {
    /// Not a JSON object, or a member name is given twice (RFC 7515 §4).
    #[error("it is no JSON object with unique names")]
    NotAnObject,
    /// Members of the flattened and of the general form together (RFC 7515 §7.2.2).
    #[error("it mixes the flattened and the general form")]
    MixedForms,
    /// `signatures` is empty.
    #[error("signatures is empty")]
    NoSignature,
    /// A member is missing, of the wrong type, or not base64url where that belongs.
    #[error("{0} is missing, of the wrong type, or not base64url")]
    Member(&'static str),
    /// The same name in the protected and the unprotected header (RFC 7515 §7.2.1).
    #[error("the protected and the unprotected header share a name")]
    SharedName,
    /// An extension is declared where it is not protected (RFC 7515 §4.1.11).
    #[error("crit stands in an unprotected header")]
    UnprotectedExtension,
    /// `disclosures` or `kb_jwt` with another signature than the first (RFC 9901 §8.1).
    #[error("disclosures and kb_jwt may stand in the first unprotected header only")]
    NotFirst,
}

impl SdJwt {
    /// Reads the flattened or the general JSON serialisation (RFC 9901 §8). Unknown members are ignored.
    ///
    /// For standards that leave the form to the peer; OpenID4VC with HAIP does not, there [`SdJwt::parse`] is the one.
    ///
    /// # Errors
    /// [`SdJwtError::TooLong`], [`SdJwtError::Serialisation`], and those of [`SdJwt::parse`].
    pub fn parse_json(text: &str) -> Result<Self, SdJwtError> {
        if text.len() > LONGEST {
            return Err(SdJwtError::TooLong);
        }
        Self::parse(&compact(text)?)
    }
}

/// The compact form of a JSON serialised SD-JWT.
fn compact(text: &str) -> Result<String, SerialisationFault> {
    let object = json::parse_object(text).map_err(|_| SerialisationFault::NotAnObject)?;
    let payload = part(&object, "payload")?;
    let first = first_signature(&object)?;
    let unprotected = header(first)?;
    let mut compact = format!("{}.{payload}.{}~", part(first, "protected")?, part(first, "signature")?);
    for disclosure in disclosures(unprotected)? {
        compact.push_str(disclosure);
        compact.push('~');
    }
    compact.push_str(key_binding(unprotected)?);
    Ok(compact)
}

/// The signature that `disclosures` and `kb_jwt` stand with; the others are checked for what they must not hold.
fn first_signature(object: &Map<String, Value>) -> Result<&Map<String, Value>, SerialisationFault> {
    let Some(signatures) = object.get("signatures") else {
        check_headers(object)?;
        return Ok(object);
    };
    if ["protected", "header", "signature"].iter().any(|name| object.contains_key(*name)) {
        return Err(SerialisationFault::MixedForms);
    }
    let signatures = signatures.as_array().ok_or(SerialisationFault::Member("signatures"))?;
    let signatures = signatures
        .iter()
        .map(|signature| signature.as_object().ok_or(SerialisationFault::Member("signatures")))
        .collect::<Result<Vec<_>, _>>()?;
    let (first, others) = signatures.split_first().ok_or(SerialisationFault::NoSignature)?;
    check_headers(first)?;
    for other in others {
        check_headers(other)?;
        part(other, "protected")?;
        part(other, "signature")?;
        let unprotected = header(other)?;
        if unprotected
            .is_some_and(|header| header.contains_key("disclosures") || header.contains_key("kb_jwt"))
        {
            return Err(SerialisationFault::NotFirst);
        }
    }
    Ok(first)
}

/// The two headers of a signature have no name in common, and the unprotected one declares no extension.
fn check_headers(signature: &Map<String, Value>) -> Result<(), SerialisationFault> {
    let Some(unprotected) = header(signature)? else { return Ok(()) };
    if unprotected.contains_key("crit") {
        return Err(SerialisationFault::UnprotectedExtension);
    }
    let protected = jose::base64url::decode(part(signature, "protected")?)
        .ok()
        .and_then(|bytes| json::parse_object(bytes).ok())
        .ok_or(SerialisationFault::Member("protected"))?;
    if unprotected.keys().any(|name| protected.contains_key(name)) {
        return Err(SerialisationFault::SharedName);
    }
    Ok(())
}

/// A part of the JWS: base64url alone (RFC 7515 §7.2.1), so that no dot or tilde in it makes another part of it.
fn part<'a>(object: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, SerialisationFault> {
    let alone =
        |text: &&str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    object.get(name).and_then(Value::as_str).filter(alone).ok_or(SerialisationFault::Member(name))
}

fn header(signature: &Map<String, Value>) -> Result<Option<&Map<String, Value>>, SerialisationFault> {
    match signature.get("header") {
        None => Ok(None),
        Some(header) => header.as_object().map(Some).ok_or(SerialisationFault::Member("header")),
    }
}

/// The disclosures; a tilde in one would make two of it in the compact form.
fn disclosures(unprotected: Option<&Map<String, Value>>) -> Result<Vec<&str>, SerialisationFault> {
    let malformed = SerialisationFault::Member("disclosures");
    let Some(disclosures) = unprotected.and_then(|header| header.get("disclosures")) else {
        return Ok(Vec::new());
    };
    let one = |value: &'_ Value| value.as_str().is_some_and(|text| !text.contains('~'));
    let disclosures = disclosures.as_array().filter(|all| all.iter().all(one)).ok_or(malformed)?;
    Ok(disclosures.iter().filter_map(Value::as_str).collect())
}

/// The key binding JWT, or nothing; an empty one would be no key binding in the compact form.
fn key_binding(unprotected: Option<&Map<String, Value>>) -> Result<&str, SerialisationFault> {
    match unprotected.and_then(|header| header.get("kb_jwt")) {
        None => Ok(""),
        Some(jwt) => {
            let one = |text: &&str| !text.is_empty() && !text.contains('~');
            jwt.as_str().filter(one).ok_or(SerialisationFault::Member("kb_jwt"))
        }
    }
}
