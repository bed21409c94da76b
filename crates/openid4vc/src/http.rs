//! HTTP requests and answers as data: the pure code writes and reads them, the caller carries them.
//!
//! No redirect is ever followed for any of these requests, and the caller bounds size and time.

use std::fmt;

use jose::json as strict_json;
use serde_json::{Map, Value, json};

/// The methods of these protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT, of our own messages alone.
    Put,
}

impl Method {
    /// The method's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// A request to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute URL.
    pub url: String,
    /// Header fields, names in small letters.
    pub headers: Vec<(&'static str, String)>,
    /// The body, empty for GET.
    pub body: Vec<u8>,
}

impl Request {
    /// A GET that asks for a media type.
    #[must_use]
    pub fn get(url: impl Into<String>, accept: &str) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: vec![("accept", accept.to_owned())],
            body: Vec::new(),
        }
    }

    /// A POST of a body.
    #[must_use]
    pub fn post(url: impl Into<String>, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers =
            vec![("content-type", content_type.to_owned()), ("accept", "application/json".to_owned())];
        Self { method: Method::Post, url: url.into(), headers, body: body.into() }
    }

    /// This request with one more header field, in place of one of that name.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(present, _)| *present != name);
        self.headers.push((name, value.into()));
        self
    }

    /// A header field.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(present, _)| present.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // URLs, headers and bodies carry codes and tokens.
        write!(formatter, "Request({})", self.method.name())
    }
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why an answer is not the JSON it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The status is not the one that was expected.
    #[error("the answer has the status {0}")]
    Status(u16),
    /// The content type is another one.
    #[error("the answer has another media type than it should")]
    WrongMediaType,
    /// The body is not a JSON object with unique names.
    #[error("the answer is not a JSON object with unique names")]
    Malformed,
}

impl Response {
    /// A header field.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(present, _)| present.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The media type without its parameters.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        self.header("content-type").map(essence)
    }

    /// The body of a 200 as a JSON object.
    ///
    /// # Errors
    /// See [`AnswerError`].
    pub fn ok_object(&self) -> Result<Map<String, Value>, AnswerError> {
        if self.status != 200 {
            return Err(AnswerError::Status(self.status));
        }
        self.object()
    }

    /// The body as a JSON object, whatever the status.
    ///
    /// # Errors
    /// [`AnswerError::WrongMediaType`], [`AnswerError::Malformed`].
    pub fn object(&self) -> Result<Map<String, Value>, AnswerError> {
        let json_type = self.media_type().is_none_or(|given| {
            given.eq_ignore_ascii_case("application/json") || given.to_ascii_lowercase().ends_with("+json")
        });
        if !json_type {
            return Err(AnswerError::WrongMediaType);
        }
        strict_json::parse_object(&self.body).map_err(|_| AnswerError::Malformed)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Response({})", self.status)
    }
}

/// The JSON body of an error answer (RFC 6749 §5.2): its code and a sentence without values.
#[must_use]
pub fn error_body(code: &str, sentence: &dyn fmt::Display) -> String {
    // RFC 6749 §5.2 allows neither quotation marks nor backslashes nor other than ASCII in the description.
    let plain = |character: char| matches!(character, ' '..='~') && !matches!(character, '"' | '\\');
    let sentence: String = sentence.to_string().chars().filter(|character| plain(*character)).collect();
    json!({"error": code, "error_description": sentence}).to_string()
}

/// A media type without its parameters.
#[must_use]
pub fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, media_type: &str, body: &str) -> Response {
        let headers = vec![("Content-Type".to_owned(), media_type.to_owned())];
        Response { status, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn only_a_200_with_json_is_read() {
        assert!(answer(200, "application/json; charset=utf-8", "{}").ok_object().is_ok());
        assert_eq!(answer(500, "application/json", "{}").ok_object(), Err(AnswerError::Status(500)));
        assert_eq!(answer(302, "application/json", "{}").ok_object(), Err(AnswerError::Status(302)));
        assert_eq!(answer(200, "text/html", "{}").ok_object(), Err(AnswerError::WrongMediaType));
        assert_eq!(answer(200, "application/json", "[]").ok_object(), Err(AnswerError::Malformed));
        assert_eq!(
            answer(200, "application/json", r#"{"a":1,"a":2}"#).ok_object(),
            Err(AnswerError::Malformed)
        );
    }

    #[test]
    fn nothing_of_a_message_reaches_a_log() {
        let request = Request::post("https://office.example/token?x=canary", "text/plain", "canary");
        assert_eq!(format!("{request:?}"), "Request(POST)");
        assert_eq!(format!("{:?}", answer(200, "canary", "canary")), "Response(200)");
    }
}
