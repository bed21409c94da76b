//! The port through which drivers call out, its helpers and its stand-in for tests.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use serde_json::Value;
use url::Url;

use crate::{OutboundError, Request, Response};

/// A call under way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Response, OutboundError>> + Send + 'a>>;

/// Whoever can make a call: the guarded client, or a script in a test.
pub trait Fetch: Send + Sync {
    /// Makes one call.
    fn fetch(&self, request: Request) -> Fetching<'_>;

    /// Whether it would call `url` at all, as far as the address itself says: where its name leads is looked at in each call.
    ///
    /// # Errors
    /// [`OutboundError::InsecureScheme`], [`OutboundError::MalformedUrl`] or [`OutboundError::ForbiddenAddress`].
    fn permits(&self, url: &Url) -> Result<(), OutboundError> {
        let _ = url;
        Ok(())
    }
}

impl<T: Fetch + ?Sized> Fetch for std::sync::Arc<T> {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        (**self).fetch(request)
    }

    fn permits(&self, url: &Url) -> Result<(), OutboundError> {
        (**self).permits(url)
    }
}

/// Fetches strict JSON from `url`; only a success marked as JSON will do.
///
/// # Errors
/// [`OutboundError`].
pub async fn get_json(fetch: &dyn Fetch, url: Url) -> Result<Value, OutboundError> {
    fetch.fetch(Request::get_json(url)).await?.successful()?.json()
}

/// Posts a form to `url` and gives the answer whatever its status.
///
/// # Errors
/// [`OutboundError`].
pub async fn post_form<K: AsRef<str> + Sync, V: AsRef<str> + Sync>(
    fetch: &dyn Fetch,
    url: Url,
    fields: &[(K, V)],
) -> Result<Response, OutboundError> {
    fetch.fetch(Request::post_form(url, fields)).await
}

/// Posts JSON to `url` and gives the answer whatever its status.
///
/// # Errors
/// [`OutboundError`].
pub async fn post_json(fetch: &dyn Fetch, url: Url, value: &Value) -> Result<Response, OutboundError> {
    fetch.fetch(Request::post_json(url, value)).await
}

type Script = dyn FnMut(&Request) -> Result<Response, OutboundError> + Send;

/// A [`Fetch`] that never leaves the process, for tests: a closure answers, and the calls are kept.
pub struct Scripted {
    script: Mutex<Box<Script>>,
    calls: Mutex<Vec<Request>>,
}

impl Scripted {
    /// A stand-in whose answers come from `script`.
    pub fn new(script: impl FnMut(&Request) -> Result<Response, OutboundError> + Send + 'static) -> Self {
        Self { script: Mutex::new(Box::new(script)), calls: Mutex::new(Vec::new()) }
    }

    /// The calls made so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Request> {
        self.calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Fetch for Scripted {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        let answer = {
            let mut script = self.script.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            script(&request)
        };
        self.calls.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(request);
        Box::pin(std::future::ready(answer))
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scripted")
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_script_answers_and_keeps_the_calls() {
        let fetch = Scripted::new(|request| match request.url.path() {
            "/here" => Ok(Response::of_json(StatusCode::OK, &json!({ "a": 1 }))),
            _ => Err(OutboundError::Unreachable),
        });
        let at = |path: &str| format!("https://office.example.org{path}").parse().unwrap();
        assert_eq!(get_json(&fetch, at("/here")).await, Ok(json!({ "a": 1 })));
        let error = post_form(&fetch, at("/there"), &[("a", "b")]).await.unwrap_err();
        assert_eq!(error, OutboundError::Unreachable);
        let calls = fetch.calls();
        assert_eq!(calls.len(), 2);
        assert_eq!((calls[1].method.as_str(), &calls[1].body[..]), ("POST", &b"a=b"[..]));
    }

    #[tokio::test]
    async fn a_header_given_twice_or_a_foreign_media_type_is_no_json() {
        let mut response = Response::of_json(StatusCode::OK, &json!({}));
        assert!(response.json().is_ok());
        response
            .headers
            .append(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        assert_eq!(response.json(), Err(OutboundError::NotJson));
        let plain = Response::new(StatusCode::OK, http::HeaderMap::new(), "{}");
        assert_eq!(plain.json(), Err(OutboundError::NotJson));
    }
}
