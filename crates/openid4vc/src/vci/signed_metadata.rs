//! Signed metadata of a credential issuer (OpenID4VCI 1.0 §12.2.3), and which form a request asks for (§12.2.2).
//!
//! ```text
//! issuer: NewSignedMetadata ─► application/jwt ─► wallet: SignedMetadata::read ─► key of chain or kid, trusted? ─► verify
//! ```
//! Who the signer is, and whether it is trusted, is decided by the caller: a wallet that cannot tell refuses it.

use credentials::issuer_key::{self, SignAs};
use environment::Timestamp;
use jose::jws::{JwsError, Policy, Unverified};
use jose::jwt::{self, ClaimError};
use jose::{Algorithm, VerifyingKey};
use serde_json::{Map, Value, json};

use super::metadata::{IssuerMetadata, MetadataError};
use crate::http::{self, Response};
use crate::to_sign::ToSign;

/// `typ` of signed metadata.
pub const TYPE: &str = "openidvci-issuer-metadata+jwt";
/// The media type.
pub const MEDIA_TYPE: &str = "application/jwt";
/// How far the issuer's clock may run ahead, in seconds.
const SKEW: i64 = 60;

/// Why signed metadata are not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedMetadataError {
    /// The answer is no 200 of type application/jwt.
    #[error("the answer is not signed metadata")]
    NotSigned,
    /// Not a JWS of the right type and algorithm, or its signature is wrong.
    #[error("the signed metadata are not a valid JWS: {0}")]
    Jws(#[from] JwsError),
    /// Neither a chain nor a DID URL names the signer.
    #[error("the signed metadata name no signer by x5c or by a DID URL in kid")]
    NoSigner,
    /// A claim is missing, of the wrong type or outside its time.
    #[error("the signed metadata are refused: {0}")]
    Claim(#[from] ClaimError),
    /// `sub` is another issuer.
    #[error("sub of the signed metadata is another issuer")]
    OtherSubject,
    /// What was signed are no metadata of this issuer.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// Metadata that are to be signed.
#[derive(Clone, Copy, Debug)]
pub struct NewSignedMetadata<'a> {
    /// The metadata.
    pub metadata: &'a IssuerMetadata,
    /// For how many seconds they count.
    pub lifetime: i64,
}

impl NewSignedMetadata<'_> {
    /// The metadata, to be signed with the key that `signed_as` names. A chain stands without `iss`: the leaf says who it is.
    #[must_use]
    pub fn to_sign(&self, signed_as: SignAs<'_>, algorithm: Algorithm, now: Timestamp) -> ToSign {
        let mut header = signed_as.header();
        header.insert("typ".to_owned(), Value::from(TYPE));
        let Value::Object(mut claims) = self.metadata.to_value() else {
            return ToSign::new(header, &Map::new(), algorithm);
        };
        if let Some(issuer) = signed_as.issuer() {
            claims.insert("iss".to_owned(), Value::from(issuer));
        }
        claims.insert("sub".to_owned(), Value::from(self.metadata.credential_issuer.as_str()));
        claims.insert("iat".to_owned(), json!(now.seconds()));
        claims.insert("exp".to_owned(), json!(now.plus(self.lifetime).seconds()));
        ToSign::new(header, &claims, algorithm)
    }
}

/// How the signer is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// By the certificates of `x5c`, leaf first, in DER.
    X5c(Vec<Vec<u8>>),
    /// By a DID URL in `kid`.
    Did(String),
}

/// Signed metadata as they came, nothing checked yet.
#[derive(Clone, Debug)]
pub struct SignedMetadata {
    token: Unverified,
    signed_by: SignedBy,
}

impl SignedMetadata {
    /// Reads an answer.
    ///
    /// # Errors
    /// [`SignedMetadataError::NotSigned`], [`SignedMetadataError::Jws`], [`SignedMetadataError::NoSigner`].
    pub fn read(response: &Response) -> Result<Self, SignedMetadataError> {
        let is_signed = response.status == 200
            && response.media_type().is_some_and(|given| given.eq_ignore_ascii_case(MEDIA_TYPE));
        let body = std::str::from_utf8(&response.body).ok().filter(|_| is_signed);
        Self::parse(body.ok_or(SignedMetadataError::NotSigned)?)
    }

    /// Reads a compact token.
    ///
    /// # Errors
    /// [`SignedMetadataError::Jws`], [`SignedMetadataError::NoSigner`].
    pub fn parse(compact: &str) -> Result<Self, SignedMetadataError> {
        let token = Unverified::parse(compact)?;
        let chain = issuer_key::x5c(token.header()).map_err(|_| SignedMetadataError::NoSigner)?;
        let signed_by = match (chain, token.header_text("kid")) {
            // Beside a chain, kid is a label.
            (Some(chain), _) => SignedBy::X5c(chain),
            (None, Some(kid)) if did::DidUrl::parse(kid).is_ok() => SignedBy::Did(kid.to_owned()),
            _ => return Err(SignedMetadataError::NoSigner),
        };
        Ok(Self { token, signed_by })
    }

    /// Who is said to have signed.
    #[must_use]
    pub const fn signed_by(&self) -> &SignedBy {
        &self.signed_by
    }

    /// Checks signature, subject and times with the signer's key, and reads the metadata of `issuer`.
    ///
    /// # Errors
    /// See [`SignedMetadataError`].
    pub fn verify(
        self,
        key: &VerifyingKey,
        issuer: &str,
        now: Timestamp,
    ) -> Result<IssuerMetadata, SignedMetadataError> {
        let claims = self.token.verify(key, &Policy::typed(&[TYPE]))?.claims()?;
        if jwt::text(&claims, "sub")? != issuer {
            return Err(SignedMetadataError::OtherSubject);
        }
        let issued_at = jwt::required_date(&claims, "iat")?;
        if issued_at > now.plus(SKEW) {
            let (issued_at, now) = (issued_at.seconds(), now.seconds());
            return Err(ClaimError::IssuedAtOutsideWindow { issued_at, now }.into());
        }
        jwt::check_validity(&claims, now, SKEW)?;
        Ok(IssuerMetadata::from_object(&claims, issuer)?)
    }
}

/// Whether `Accept` asks for signed metadata: only who names the type gets it, and not who likes JSON better. Of two that
/// are liked alike the first is given (RFC 9110 §12.5.1 leaves it open).
#[must_use]
pub fn asks_for_signed(accept: &str) -> bool {
    let mut best = (0_u16, false);
    for range in accept.split(',') {
        let essence = http::essence(range);
        let signed = essence.eq_ignore_ascii_case(MEDIA_TYPE);
        let readable =
            ["application/json", "application/*", "*/*"].iter().any(|one| essence.eq_ignore_ascii_case(one));
        if (signed || readable) && quality(range) > best.0 {
            best = (quality(range), signed);
        }
    }
    best.1
}

/// `q` of a media range in thousandths (RFC 9110 §12.4.2).
fn quality(range: &str) -> u16 {
    let weight = range.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(weight) = weight else { return 1_000 };
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    match whole {
        "1" => 1_000,
        "0" => format!("{fraction:0<3}").parse().ok().filter(|_| fraction.len() <= 3).unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
