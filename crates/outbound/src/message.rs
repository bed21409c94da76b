//! Requests and responses.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;
use url::Url;

use crate::OutboundError;

/// Longest answer that is read if the call does not say otherwise: 1 MiB.
pub const DEFAULT_LIMIT: usize = 1 << 20;

/// Most bytes of the headers of an answer; whoever sends more does not speak HTTP with us.
pub const LARGEST_HEAD: usize = 32 << 10;

/// Most memory in bytes to count for a call beside the body of its answer: the headers, and what hyper reads ahead before it
/// gives up on a head that does not end, which is 408 KiB (8,192 and 100 times 4,096 bytes) in a buffer that doubles as it
/// grows. Whoever makes many calls to hosts that strangers name counts it.
pub const BESIDE_BODY: usize = 960 << 10;

/// One call.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: Url,
    /// The headers; host, length and user agent are added.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Longest answer in bytes.
    pub limit: usize,
    /// Longest time for this call, if it differs from the policy's.
    pub timeout: Option<Duration>,
    /// Whether it goes over a connection of its own, see [`Request::with_own_connection`].
    pub own_connection: bool,
    /// Whether a length that is announced counts for nothing, see [`Request::with_length_disbelieved`].
    pub length_disbelieved: bool,
}

impl Request {
    /// A call without headers and body.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            limit: DEFAULT_LIMIT,
            timeout: None,
            own_connection: false,
            length_disbelieved: false,
        }
    }

    /// A GET.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// A GET that asks for JSON.
    #[must_use]
    pub fn get_json(url: Url) -> Self {
        Self::get(url).with_static_header(ACCEPT, "application/json")
    }

    /// A POST of a form.
    #[must_use]
    pub fn post_form<K: AsRef<str>, V: AsRef<str>>(url: Url, fields: &[(K, V)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self { body: body.into(), ..Self::new(Method::POST, url) }
            .with_static_header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .with_static_header(ACCEPT, "application/json")
    }

    /// A POST of JSON.
    #[must_use]
    pub fn post_json(url: Url, value: &Value) -> Self {
        Self { body: value.to_string().into(), ..Self::new(Method::POST, url) }
            .with_static_header(CONTENT_TYPE, "application/json")
            .with_static_header(ACCEPT, "application/json")
    }

    /// This call with another body and its media type.
    ///
    /// # Errors
    /// [`OutboundError::Unwritable`] if the media type cannot stand in a header.
    pub fn with_body(self, media_type: &str, body: impl Into<Bytes>) -> Result<Self, OutboundError> {
        let mut request = self.with_header(CONTENT_TYPE, media_type)?;
        request.body = body.into();
        Ok(request)
    }

    /// This call with a header, which replaces one of the same name.
    ///
    /// # Errors
    /// [`OutboundError::Unwritable`] if the value cannot stand in a header.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Result<Self, OutboundError> {
        let value = HeaderValue::from_str(value).map_err(|_| OutboundError::Unwritable)?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// This call with `Authorization: SCHEME TOKEN`, marked as not to be shown.
    ///
    /// # Errors
    /// [`OutboundError::Unwritable`] if the token cannot stand in a header.
    pub fn with_authorization(mut self, scheme: &str, token: &str) -> Result<Self, OutboundError> {
        let mut value =
            HeaderValue::from_str(&format!("{scheme} {token}")).map_err(|_| OutboundError::Unwritable)?;
        value.set_sensitive(true);
        self.headers.insert(http::header::AUTHORIZATION, value);
        Ok(self)
    }

    /// This call with another longest answer.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// This call with another longest time.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// This call over a connection that no other call used or will use, also without a TLS session of an earlier one: the other
    /// side cannot tell by the connection that two calls come from the same place.
    #[must_use]
    pub fn with_own_connection(self) -> Self {
        Self { own_connection: true, ..self }
    }

    /// This call, whose connection is closed when it ends (RFC 9112 §9.6), whatever the other side says. For hosts that
    /// strangers name: there is no end of them, and each would have its connection kept.
    #[must_use]
    pub fn with_connection_closed(self) -> Self {
        self.with_static_header(CONNECTION, "close")
    }

    /// This call, whose answer is too large only once more than its limit has come: an announcement costs the other side
    /// nothing.
    #[must_use]
    pub fn with_length_disbelieved(self) -> Self {
        Self { length_disbelieved: true, ..self }
    }

    fn with_static_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }
}

impl fmt::Debug for Request {
    /// Method and host alone: paths, headers and bodies carry codes and tokens.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Request({} {})", self.method, self.url.host_str().unwrap_or_default())
    }
}

/// One answer.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// The status; never a redirect.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Response {
    /// An answer, for tests that play the other side.
    #[must_use]
    pub fn new(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self { status, headers, body: body.into() }
    }

    /// A JSON answer, for tests that play the other side.
    #[must_use]
    pub fn of_json(status: StatusCode, value: &Value) -> Self {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        Self::new(status, headers, value.to_string())
    }

    /// A header's text, if it is there once and visible ASCII.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        values.next().is_none().then(|| value.to_str().ok())?
    }

    /// The media type in lower case without its parameters.
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        let value = self.header(&CONTENT_TYPE)?;
        Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
    }

    /// The body as strict JSON, whatever the status, if it is marked as JSON (also `+json`).
    ///
    /// # Errors
    /// [`OutboundError::NotJson`].
    pub fn json(&self) -> Result<Value, OutboundError> {
        let media_type = self.media_type().ok_or(OutboundError::NotJson)?;
        if media_type != "application/json" && !media_type.ends_with("+json") {
            return Err(OutboundError::NotJson);
        }
        jose::json::parse(&self.body).map_err(|_| OutboundError::NotJson)
    }

    /// This answer if its status is a success.
    ///
    /// # Errors
    /// [`OutboundError::Status`].
    pub fn successful(self) -> Result<Self, OutboundError> {
        if self.status.is_success() { Ok(self) } else { Err(OutboundError::Status { status: self.status }) }
    }
}

impl fmt::Debug for Response {
    /// Status and length alone.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Response({}, {} bytes)", self.status, self.body.len())
    }
}
