//! Strict readers of what is sent: forms and JSON. One thing has one meaning, or is refused.

use std::collections::BTreeMap;
use std::fmt;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ApiError;

/// Most fields that a form may have.
pub const MOST_FIELDS: usize = 256;

/// Longest body that the readers of this module take, whatever the party's own limit is.
pub const LONGEST: usize = 1 << 20;

/// Why a form is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// Not `application/x-www-form-urlencoded` in UTF-8.
    #[error("the form is not well-formed")]
    Malformed,
    /// A field name is given twice.
    #[error("a parameter is given twice")]
    Twice,
    /// More than [`MOST_FIELDS`].
    #[error("the form has too many parameters")]
    TooMany,
    /// A field that must be there is not, or is empty.
    #[error("the parameter {0} is missing")]
    Missing(&'static str),
}

impl From<FormError> for ApiError {
    fn from(error: FormError) -> Self {
        Self::bad_request("invalid_request", error.to_string())
    }
}

impl axum::response::IntoResponse for FormError {
    fn into_response(self) -> axum::response::Response {
        ApiError::from(self).into_response()
    }
}

/// The fields of a form; its Debug shows names alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Fields(BTreeMap<String, String>);

/// The fields of an address, for pages that are shown as if there were none where nobody can read them: such a query comes of no
/// link or form of ours.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct QueryFields(pub Fields);

impl<S: Sync> axum::extract::FromRequestParts<S> for QueryFields {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(Fields::parse(parts.uri.query().unwrap_or_default()).unwrap_or_default()))
    }
}

impl Fields {
    /// Reads a form or a query string.
    ///
    /// # Errors
    /// [`FormError`].
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, FormError> {
        let mut fields = BTreeMap::new();
        for pair in text.as_ref().split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(halves.next().unwrap_or_default())?;
            let value = decoded(halves.next().ok_or(FormError::Malformed)?)?;
            if name.is_empty() {
                return Err(FormError::Malformed);
            }
            if fields.insert(name, value).is_some() {
                return Err(FormError::Twice);
            }
            if fields.len() > MOST_FIELDS {
                return Err(FormError::TooMany);
            }
        }
        Ok(Self(fields))
    }

    /// A field that must be there and not be empty.
    ///
    /// # Errors
    /// [`FormError::Missing`].
    pub fn required(&self, name: &'static str) -> Result<&str, FormError> {
        self.optional(name).filter(|value| !value.is_empty()).ok_or(FormError::Missing(name))
    }

    /// A field that may be there.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a box is ticked.
    #[must_use]
    pub fn ticked(&self, name: &str) -> bool {
        self.optional(name).is_some_and(|value| !value.is_empty())
    }

    /// Takes a field out.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Every field in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

fn decoded(text: &[u8]) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = rest.next().and_then(|digit| hexadecimal(*digit)).ok_or(FormError::Malformed)?;
                let low = rest.next().and_then(|digit| hexadecimal(*digit)).ok_or(FormError::Malformed)?;
                high << 4 | low
            }
            byte => *byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| FormError::Malformed)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// A strictly read form body.
#[derive(Clone, Debug)]
pub struct Form(pub Fields);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        media_type(&request, |text| text == "application/x-www-form-urlencoded")?;
        Ok(Self(Fields::parse(body(request.into_body()).await?)?))
    }
}

/// A strictly read JSON body: as a value, or as any type that serde reads.
#[derive(Clone, Debug)]
pub struct StrictJson<T = Value>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for StrictJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        media_type(&request, |text| text == "application/json" || text.ends_with("+json"))?;
        let bytes = body(request.into_body()).await?;
        let value = jose::json::parse_as(bytes).map_err(|_| {
            ApiError::bad_request("invalid_request", "the body is not the JSON that is expected")
        })?;
        Ok(Self(value))
    }
}

fn media_type(request: &Request, accepts: impl Fn(&str) -> bool) -> Result<(), ApiError> {
    let mut values = request.headers().get_all(CONTENT_TYPE).iter();
    let text = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if values.next().is_none() && accepts(&essence) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "invalid_request",
        "the content type is not the one that is expected",
    ))
}

async fn body(body: Body) -> Result<axum::body::Bytes, ApiError> {
    to_bytes(body, LONGEST).await.map_err(|_| {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_request",
            "the request is too large or was broken off",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(media_type: &str, body: impl Into<Body>) -> Request {
        http::Request::post("/").header(CONTENT_TYPE, media_type).body(body.into()).unwrap()
    }

    async fn status_of_form(media_type: &str, body: impl Into<Body>) -> StatusCode {
        Form::from_request(request(media_type, body), &())
            .await
            .map_or_else(|error| error.status(), |_| StatusCode::OK)
    }

    async fn status_of_json(media_type: &str, body: impl Into<Body>) -> StatusCode {
        StrictJson::<Value>::from_request(request(media_type, body), &())
            .await
            .map_or_else(|error| error.status(), |_| StatusCode::OK)
    }

    #[test]
    fn a_form_reads_with_spaces_escapes_and_empty_values() {
        let fields = Fields::parse("name=Ada+Ex%61mple&city=M%C3%A1laga&note=&box=on").unwrap();
        assert_eq!(fields.required("name"), Ok("Ada Example"));
        assert_eq!(fields.required("city"), Ok("Málaga"));
        assert_eq!(fields.optional("note"), Some(""));
        assert_eq!(fields.required("note"), Err(FormError::Missing("note")));
        assert_eq!(fields.required("other"), Err(FormError::Missing("other")));
        assert!(fields.ticked("box") && !fields.ticked("note") && !fields.ticked("other"));
        assert_eq!(format!("{fields:?}"), r#"{"box", "city", "name", "note"}"#);
        assert_eq!(Fields::parse(""), Ok(Fields::default()));
        assert_eq!(Fields::parse("a=b=c").unwrap().required("a"), Ok("b=c"));
    }

    #[test]
    fn a_form_with_two_meanings_is_refused() {
        for (text, error) in [
            ("a=1&a=2", FormError::Twice),
            ("a=1&%61=1", FormError::Twice),
            ("a", FormError::Malformed),
            ("=1", FormError::Malformed),
            ("a=%", FormError::Malformed),
            ("a=%4", FormError::Malformed),
            ("a=%zz", FormError::Malformed),
            ("a=%+1", FormError::Malformed),
            ("a=%ff", FormError::Malformed),
        ] {
            assert_eq!(Fields::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_form_may_not_have_more_fields_than_are_read() {
        let form = |count: usize| (0..count).map(|n| format!("f{n}=x")).collect::<Vec<_>>().join("&");
        assert!(Fields::parse(form(MOST_FIELDS)).is_ok());
        assert_eq!(Fields::parse(form(MOST_FIELDS + 1)), Err(FormError::TooMany));
    }

    #[tokio::test]
    async fn forms_and_json_need_their_media_type() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(status_of_form(form, "a=1").await, StatusCode::OK);
        assert_eq!(
            status_of_form("Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=1").await,
            StatusCode::OK
        );
        assert_eq!(status_of_form("text/plain", "a=1").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(status_of_form("", "a=1").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(status_of_json("application/json", "{}").await, StatusCode::OK);
        assert_eq!(status_of_json("application/did-resolution+json", "{}").await, StatusCode::OK);
        assert_eq!(status_of_json(form, "{}").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(status_of_json("text/plain", "{}").await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    #[tokio::test]
    async fn json_with_two_meanings_and_bodies_too_long_are_refused() {
        assert_eq!(status_of_json("application/json", r#"{"a":1,"a":2}"#).await, StatusCode::BAD_REQUEST);
        assert_eq!(status_of_json("application/json", "{").await, StatusCode::BAD_REQUEST);
        assert_eq!(
            status_of_json("application/json", vec![b' '; LONGEST + 1]).await,
            StatusCode::PAYLOAD_TOO_LARGE
        );
        assert_eq!(
            status_of_form("application/x-www-form-urlencoded", vec![b'a'; LONGEST + 1]).await,
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }

    #[tokio::test]
    async fn json_is_read_as_the_type_that_is_asked_for() {
        #[derive(Debug, serde::Deserialize)]
        struct Code {
            code: String,
        }
        let read =
            StrictJson::<Code>::from_request(request("application/json", r#"{"code":"123456"}"#), &()).await;
        assert_eq!(read.unwrap().0.code, "123456");
        let read = StrictJson::<Code>::from_request(request("application/json", r#"{"code":1}"#), &()).await;
        assert_eq!(read.unwrap_err().code(), "invalid_request");
    }
}
