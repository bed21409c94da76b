//! Signing and checking the JSON messages of this crate.

use environment::Timestamp;
use jose::jws::{JwsError, Policy, Unverified};
use jose::jwt::{self, ClaimError};
use jose::{Signer, SigningFailed, VerifyingKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Clocks of two parties may differ by this much, in seconds.
pub(crate) const SKEW: i64 = 60;

/// Why a message of the network is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The envelope or its signature.
    #[error(transparent)]
    Signature(#[from] JwsError),
    /// A claim of the envelope.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The payload is not this message.
    #[error("the message has missing or malformed members")]
    Malformed,
    /// `kid` does not name a key of the sender.
    #[error("the message is not signed by a key of its sender")]
    ForeignKey,
    /// The message speaks of another request.
    #[error("the message is about another request")]
    OtherRequest,
    /// The message is bound to another key than the one that answered.
    #[error("the message is bound to another key")]
    OtherHolder,
    /// The message is for another reader.
    #[error("the message is for somebody else")]
    OtherAudience,
    /// The message speaks of another passport number.
    #[error("the message is about another passport number")]
    OtherNumber,
    /// The message would count for longer than its kind may.
    #[error("the message would count for too long")]
    LivesTooLong,
    /// The message does not prove what was shared.
    #[error("the proof does not open to what was shared: {claim}")]
    DoesNotOpen {
        /// The claim that does not open.
        claim: String,
    },
    /// The message is signed for more than was shared, or for less.
    #[error("the proof names other claims than were shared")]
    OtherClaims,
}

/// Signs `message` as a JWT of type `typ` under the DID URL `kid`.
pub(crate) fn sign(
    typ: &str,
    kid: &str,
    message: &impl Serialize,
    signer: &dyn Signer,
) -> Result<String, SigningFailed> {
    let Ok(Value::Object(claims)) = serde_json::to_value(message) else { return Err(SigningFailed) };
    let header = Map::from_iter([("kid".to_owned(), Value::from(kid))]);
    jwt::sign(typ, header, &claims, signer)
}

/// The `kid` of a message, so that its key can be found. Nothing is checked yet.
pub(crate) fn kid(message: &str) -> Result<String, MessageError> {
    let unverified = Unverified::parse(message)?;
    unverified.header_text("kid").map(str::to_owned).ok_or(MessageError::ForeignKey)
}

/// When `message` says that it was signed; nothing is checked. Only for finding the key that its sender had then, and only
/// within a time that is known otherwise.
///
/// # Errors
/// [`MessageError`] when it does not say.
pub fn claimed_at(message: &str) -> Result<Timestamp, MessageError> {
    Ok(jwt::required_date(&Unverified::parse(message)?.claims()?, "iat")?)
}

/// Checks type, signature and times of a message, and that `kid` is a key of `sender`.
pub(crate) fn verify<T: DeserializeOwned>(
    message: &str,
    typ: &str,
    sender: &str,
    key: &VerifyingKey,
    now: Timestamp,
) -> Result<T, MessageError> {
    let unverified = Unverified::parse(message)?;
    let of_sender = unverified
        .header_text("kid")
        .and_then(|kid| kid.split_once('#'))
        .is_some_and(|(did, fragment)| did == sender && !fragment.is_empty());
    if !of_sender {
        return Err(MessageError::ForeignKey);
    }
    let claims = unverified.verify(key, &Policy::typed(&[typ]))?.claims()?;
    if jwt::text(&claims, "iss")? != sender {
        return Err(MessageError::ForeignKey);
    }
    jwt::check_validity(&claims, now, SKEW)?;
    if jwt::required_date(&claims, "iat")? > now.plus(SKEW) {
        return Err(MessageError::Malformed);
    }
    serde_json::from_value(Value::Object(claims)).map_err(|_| MessageError::Malformed)
}
