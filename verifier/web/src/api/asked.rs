//! What a request of the API says beside its body: which of many, which page of them, and what is to be done once.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use http::HeaderMap;
use http::request::Parts;
use serde::{Deserialize, Deserializer};
use store::Cursor;
use verifier::api_keys::LONGEST_IDEMPOTENCY_KEY;
use web::ApiError;
use web::form::Fields;

/// The header that names what is to be done once.
pub(super) const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Lines of a page if nothing else is said, and most of them.
pub(super) const USUAL: usize = 50;
pub(super) const MOST: usize = 100;
/// Longest name of one of many, in characters.
const LONGEST_ID: usize = 64;
/// Longest `after`, in characters.
pub(super) const LONGEST_CURSOR: usize = 1_024;

/// The name in an address. What cannot be one is the name of nothing.
pub(super) struct Named(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Named {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let named = Path::<String>::from_request_parts(parts, &()).await;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        match named {
            Ok(Path(id)) if (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(fits) => Ok(Self(id)),
            _ => Err(ApiError::not_found()),
        }
    }
}

/// Which page of a list.
pub(super) struct Wanted {
    pub(super) after: Option<Cursor>,
    pub(super) limit: usize,
    /// The word of the parameter `state`, where the list has one.
    pub(super) state: Option<String>,
}

/// The query of an address, unread.
pub(super) struct Query(String);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.uri.query().unwrap_or_default().to_owned()))
    }
}

impl Query {
    /// Reads it strictly: a parameter that there is not, or twice, is refused.
    pub(super) fn read(&self, has_state: bool) -> Result<Wanted, ApiError> {
        let fields = Fields::parse(&self.0)?;
        let is_known = |name: &str| matches!(name, "after" | "limit") || has_state && name == "state";
        if fields.iter().any(|(name, _)| !is_known(name)) {
            return Err(wrong("the address has a parameter that is not known here"));
        }
        Ok(Wanted {
            after: fields.optional("after").map(cursor).transpose()?,
            limit: fields.optional("limit").map_or(Ok(USUAL), limit)?,
            state: fields.optional("state").map(str::to_owned),
        })
    }
}

fn limit(text: &str) -> Result<usize, ApiError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| is_number && (1..=MOST).contains(number));
    number.ok_or_else(|| wrong("limit: a number from 1 to 100"))
}

fn cursor(text: &str) -> Result<Cursor, ApiError> {
    let fits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_one = (2..=LONGEST_CURSOR).contains(&text.len()) && text.bytes().all(fits);
    let cursor = Cursor::from_text(text).filter(|_| is_one);
    cursor.ok_or_else(|| wrong("after: the next of an earlier page, as it was given"))
}

/// What the header `Idempotency-Key` says, with or without the quotes of a structured field.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else { return Ok(None) };
    let text = first.to_str().unwrap_or_default().trim();
    let text = text.strip_prefix('"').unwrap_or(text);
    let text = text.strip_suffix('"').unwrap_or(text);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':');
    let is_one = (1..=LONGEST_IDEMPOTENCY_KEY).contains(&text.len()) && text.bytes().all(fits);
    if given.next().is_some() || !is_one {
        return Err(wrong("Idempotency-Key: once, 1 to 64 letters, digits, _ - . and :"));
    }
    Ok(Some(text.to_owned()))
}

/// A member that may be left out, and is something if it is there.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

pub(super) fn wrong(sentence: &'static str) -> ApiError {
    ApiError::bad_request("invalid_request", sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_by_numbers_and_cursors_that_can_be_ones() {
        let read = |query: &str| Query(query.to_owned()).read(true);
        let wanted = read("").unwrap();
        assert_eq!((wanted.limit, wanted.after, wanted.state), (50, None, None));
        let wanted = read("limit=100&after=00ff&state=waiting").unwrap();
        assert_eq!((wanted.limit, wanted.state.as_deref()), (100, Some("waiting")));
        assert_eq!(wanted.after.unwrap().to_text(), "00ff");
        for query in [
            "limit=0",
            "limit=101",
            "limit=+1",
            "limit=1.0",
            "limit=",
            "limit=-1",
            "limit=x",
            "after=",
            "after=0",
            "after=0g",
            "after=FF",
            "limit=1&limit=1",
            "page=2",
            "limit",
            "%FF=1",
        ] {
            assert_eq!(read(query).err().map(|error| error.code()), Some("invalid_request"), "{query}");
        }
        assert!(Query("state=waiting".to_owned()).read(false).is_err());
        assert!(Query(format!("after={}", "0".repeat(1_026))).read(false).is_err());
    }

    #[test]
    fn what_is_to_be_done_once_is_named_once() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IDEMPOTENCY_KEY, http::HeaderValue::from_static(value));
            }
            idempotency_key(&headers).map_err(|error| error.code())
        };
        assert_eq!(read(&[]), Ok(None));
        for value in ["8e03978e-40d5-43dd-bc93-6894a57f9324", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""] {
            assert_eq!(read(&[value]), Ok(Some("8e03978e-40d5-43dd-bc93-6894a57f9324".to_owned())));
        }
        for values in [&[""][..], &["a b"], &["\"\""], &["a", "a"], &["a,b"]] {
            assert_eq!(read(values), Err("invalid_request"), "{values:?}");
        }
        let long: &'static str = Box::leak("a".repeat(65).into_boxed_str());
        assert_eq!(read(&[long]), Err("invalid_request"));
    }
}
