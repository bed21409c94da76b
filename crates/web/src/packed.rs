//! Texts that are built into the binary, compressed once: style and scripts, which are the same for everybody.
//!
//! Pages are never compressed. They hold what their reader alone may know (tokens of forms, details) beside what others may have put
//! there, and the length of a compressed answer tells how far one is like the other (BREACH; RFC 8446 §E.3 on lengths).

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

/// A text with its hash and its compressed form.
struct Packed {
    /// As an entity tag (RFC 9110 §8.8.3). It is weak: both forms of the text have it.
    tag: String,
    gzip: Bytes,
}

/// By where the text lies, which never changes.
static PACKED: LazyLock<Mutex<HashMap<usize, Arc<Packed>>>> = LazyLock::new(Mutex::default);

fn packed(text: &'static str) -> Arc<Packed> {
    let mut known = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    let place = text.as_ptr().addr();
    Arc::clone(known.entry(place).or_insert_with(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        // Writing into memory does not fail; if it did, the text would go as it is.
        let gzip = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
        let tag = format!("W/\"{}\"", jose::digest::sha256_base64url(text));
        Arc::new(Packed { tag, gzip: Bytes::from(gzip) })
    }))
}

/// The answer with a text of the binary: nothing where the browser has it, compressed where it takes that (RFC 9110 §12.5.3).
#[must_use]
pub fn answer(
    request: &HeaderMap,
    media_type: &'static str,
    cache: &'static str,
    text: &'static str,
) -> Response {
    let packed = packed(text);
    let tag = HeaderValue::from_str(&packed.tag).unwrap_or(HeaderValue::from_static(""));
    let headers = [
        (ETAG, tag),
        (CACHE_CONTROL, HeaderValue::from_static(cache)),
        (VARY, HeaderValue::from_static("Accept-Encoding")),
    ];
    let list = |name| request.get_all(name).into_iter().filter_map(|value: &HeaderValue| value.to_str().ok());
    if list(IF_NONE_MATCH).flat_map(|tags| tags.split(',')).any(|tag| tag.trim() == packed.tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let kind = (CONTENT_TYPE, HeaderValue::from_static(media_type));
    let takes = list(ACCEPT_ENCODING).flat_map(|codings| codings.split(',')).any(takes_gzip);
    if takes && !packed.gzip.is_empty() {
        let coding = (CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return (headers, [kind, coding], packed.gzip.clone()).into_response();
    }
    (headers, [kind], text).into_response()
}

/// Whether a coding that is listed is this one, and is not listed as one that is not taken.
fn takes_gzip(listed: &str) -> bool {
    let mut parts = listed.split(';').map(str::trim);
    let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
    let refuses = |part: &str| {
        let weight = part.strip_prefix("q=").or(part.strip_prefix("Q="));
        weight.is_some_and(|weight| weight.trim_end_matches(['0', '.']).is_empty())
    };
    is_gzip && !parts.any(refuses)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::body::to_bytes;

    use super::*;

    const TEXT: &str =
        "nothing nothing nothing nothing nothing nothing nothing nothing nothing nothing nothing";

    fn asked(headers: &[(http::HeaderName, &str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        answer(&headers, "text/css; charset=utf-8", "no-cache", TEXT)
    }

    #[tokio::test]
    async fn a_text_goes_compressed_to_whoever_takes_that_and_as_it_is_to_others() {
        for takes in ["gzip", "br, gzip", "deflate, GZIP;q=0.5", "gzip;q=1.0, br"] {
            let response = asked(&[(ACCEPT_ENCODING, takes)]);
            assert_eq!(response.headers()[CONTENT_ENCODING], "gzip", "{takes}");
            assert_eq!(response.headers()[VARY], "Accept-Encoding");
            let body = to_bytes(response.into_body(), 1 << 10).await.unwrap();
            assert!(body.len() < TEXT.len());
            let mut text = String::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
            assert_eq!(text, TEXT);
        }
        for not in ["", "br", "x-gzip2", "gzip;q=0", "gzip; q=0.000", "identity"] {
            let response = asked(&[(ACCEPT_ENCODING, not)]);
            assert!(!response.headers().contains_key(CONTENT_ENCODING), "{not}");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
            assert_eq!(to_bytes(response.into_body(), 1 << 10).await.unwrap(), TEXT, "{not}");
        }
        assert!(!asked(&[]).headers().contains_key(CONTENT_ENCODING));
    }

    #[test]
    fn a_browser_that_has_the_text_gets_nothing_and_one_that_has_another_gets_it() {
        let tag = asked(&[]).headers()[ETAG].to_str().unwrap().to_owned();
        assert!(tag.starts_with("W/\"") && tag.len() == 47, "{tag}");
        for has in [tag.clone(), format!("\"other\", {tag}")] {
            let response = asked(&[(IF_NONE_MATCH, &has)]);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(response.headers()[ETAG], tag.as_str());
        }
        assert_eq!(asked(&[(IF_NONE_MATCH, "W/\"other\"")]).status(), StatusCode::OK);
    }
}
