//! One push: a request to the push service of a browser that says who asks, and nothing else.
//!
//! It has no body (RFC 8030 §5 lets it be empty), so there is nothing to encrypt and nothing that a push service could keep. It is signed
//! by VAPID (RFC 8292), so that nobody else wakes the browser who comes to know its endpoint.

use environment::Timestamp;
use http::{HeaderName, Method};
use jose::{Signer, base64url, jwt};
use outbound::{OutboundError, Request, is_development_host};
use serde_json::{Map, Value, json};
use url::Url;

/// For how many seconds a push service keeps it for a browser that is off: after a day it is said by another, or by mail.
const TTL: &str = "86400";
/// A push that waits is replaced by the next one (RFC 8030 §5.4).
const TOPIC: &str = "news";
/// For how long its signature counts; at most a day (RFC 8292 §2).
const COUNTS: i64 = 12 * 3_600;
/// Longest endpoint that is taken, in characters.
const LONGEST: usize = 1_024;
/// Longest answer that is read.
const LONGEST_ANSWER: usize = 4_096;

/// The text is no endpoint of a push service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint of a push service is an https address")]
pub struct NotAnEndpoint;

/// Reads the endpoint of a push subscription. Whether it may be called at all is for the client to say, which calls public addresses
/// alone.
///
/// # Errors
/// [`NotAnEndpoint`].
pub fn endpoint(text: &str) -> Result<Url, NotAnEndpoint> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST).ok_or(NotAnEndpoint)?;
    let host = url.host_str().ok_or(NotAnEndpoint)?;
    let is_secure = url.scheme() == "https" || (url.scheme() == "http" && is_development_host(host));
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if is_secure && is_plain { Ok(url) } else { Err(NotAnEndpoint) }
}

/// The request that wakes a browser. `from` is where whoever runs a push service finds who sends it.
pub(super) fn request(
    endpoint: Url,
    from: &str,
    signer: &dyn Signer,
    now: Timestamp,
) -> Result<Request, OutboundError> {
    let claims = json!({
        "aud": endpoint.origin().ascii_serialization(),
        "exp": now.plus(COUNTS).seconds(),
        "sub": from,
    });
    let claims: Map<String, Value> = claims.as_object().cloned().unwrap_or_default();
    let token = jwt::sign("JWT", Map::new(), &claims, signer).map_err(|_| OutboundError::Unwritable)?;
    let key = base64url::encode(signer.public_jwk().to_bytes());
    let mut request = Request::new(Method::POST, endpoint)
        .with_header(HeaderName::from_static("ttl"), TTL)?
        .with_header(HeaderName::from_static("topic"), TOPIC)?
        .with_header(HeaderName::from_static("urgency"), "normal")?
        .with_authorization("vapid", &format!("t={token}, k={key}"))?;
    request.limit = LONGEST_ANSWER;
    Ok(request)
}
