//! Errors on the wire: JSON for programs, a page for people.
//!
//! A route returns an [`ApiError`]; the standard layers turn the server's own refusals (404, 405, 413,
//! 500, 503) into the same forms by [`plain_refusal`]. Neither ever repeats what was sent.

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::catalogue::Words;
use crate::page::{ErrorPage, Page};

/// An error as OAuth and its family write it (RFC 6749 §5.2): `{"error", "error_description"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    description: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    /// An error with the standard's code and a plain sentence, which must not hold anything that was sent.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, description: impl Into<String>) -> Self {
        Self { status, code, description: description.into(), headers: Vec::new() }
    }

    /// Status 400 with the standard's code.
    #[must_use]
    pub fn bad_request(code: &'static str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, description)
    }

    /// Status 404.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
    }

    /// Status 500; what happened stays in the log.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the server failed; try again later")
    }

    /// Status 503, to be tried again after `seconds`.
    #[must_use]
    pub fn busy(seconds: u32) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "the server is busy; try again later",
        )
        .with_header(http::header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// This error with a header, such as `WWW-Authenticate` or `DPoP-Nonce`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body =
            serde_json::json!({ "error": self.code, "error_description": printable(&self.description) });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}

/// RFC 6749 §5.2 allows visible ASCII and spaces but neither quotes nor backslashes.
fn printable(description: &str) -> String {
    let allowed = |symbol: char| matches!(symbol, ' ' | '!' | '#'..='[' | ']'..='~');
    description.chars().map(|symbol| if allowed(symbol) { symbol } else { '\'' }).collect()
}

/// Whether the caller is a browser that shows pages.
#[must_use]
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|text| text.contains("text/html"))
}

/// The answer to what the server itself refuses: a page for browsers, JSON for programs.
#[must_use]
pub fn plain_refusal(status: StatusCode, headers: &HeaderMap) -> Response {
    if wants_page(headers) {
        let words = Words::of_request(headers);
        return error_page(words, status);
    }
    refusal(status).into_response()
}

/// A page that says in plain words what a status means and what to do.
#[must_use]
pub fn error_page(words: Words, status: StatusCode) -> Response {
    let kind = match status.as_u16() {
        404 | 405 | 410 => "missing",
        403 => "forbidden",
        413 => "too-large",
        421 => "wrong-host",
        429 => "too-many",
        503 => "busy",
        400..=499 | 501 => "request",
        _ => "server",
    };
    let body = ErrorPage::new(words, kind);
    let title = body.title.clone();
    (status, Page::new(words, title, body)).into_response()
}

fn refusal(status: StatusCode) -> ApiError {
    match status.as_u16() {
        404 => ApiError::not_found(),
        405 => ApiError::new(status, "invalid_request", "this address does not take this method"),
        413 => ApiError::new(status, "invalid_request", "the request is too large"),
        415 => ApiError::new(status, "invalid_request", "this media type is not taken here"),
        421 => ApiError::new(status, "invalid_request", "this host is not served here"),
        429 => ApiError::new(status, "slow_down", "too many requests; try again later"),
        501 => ApiError::new(status, "invalid_request", "this transfer coding is not understood here"),
        503 => ApiError::busy(5),
        400..=499 => ApiError::new(status, "invalid_request", "the request is not understood"),
        _ => ApiError::internal(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn text(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn an_error_is_json_with_its_code_sentence_and_headers() {
        let error = ApiError::bad_request("invalid_grant", "the \"code\" is \\ used\nup, señor")
            .with_header(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("DPoP"));
        assert_eq!((error.status(), error.code()), (StatusCode::BAD_REQUEST, "invalid_grant"));
        let response = error.into_response();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[http::header::WWW_AUTHENTICATE], "DPoP");
        assert_eq!(
            text(response).await,
            r#"{"error":"invalid_grant","error_description":"the 'code' is ' used'up, se'or"}"#
        );
    }

    #[tokio::test]
    async fn a_browser_gets_a_page_in_its_language_and_a_program_json() {
        let mut headers = HeaderMap::new();
        assert_eq!(
            plain_refusal(StatusCode::NOT_FOUND, &headers).headers()[CONTENT_TYPE],
            "application/json"
        );
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml"));
        headers.insert(http::header::ACCEPT_LANGUAGE, HeaderValue::from_static("es"));
        let response = plain_refusal(StatusCode::NOT_FOUND, &headers);
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let page = text(response).await;
        assert!(page.contains("<html lang=\"es\""), "{page}");
        assert!(page.contains("No hay nada"), "{page}");
    }

    #[tokio::test]
    async fn every_status_has_its_page_and_its_json() {
        for status in [400, 401, 403, 404, 405, 413, 415, 421, 429, 500, 501, 502, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            let page = text(error_page(Words::new(crate::Language::English), status)).await;
            assert!(!page.contains("error-"), "an untranslated key on the page of {status}");
            let json = text(refusal(status).into_response()).await;
            assert!(json.contains("error_description"), "{status}");
        }
    }
}
