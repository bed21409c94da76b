//! Whether a person comes to a page, or something else loads its address: an image on another host, a script, a browser
//! that loads ahead (W3C Fetch Metadata Request Headers §2.1, §2.2; Fetch §2.2.6 for `Sec-Purpose`).
//!
//! A page that makes something when it is loaded takes [`Navigation`] as a parameter, so that nobody else has it made,
//! and `.head(only_the_head)` beside its `get`: axum would run the page itself for HEAD, which makes nothing
//! (RFC 9110 §9.2.1).

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::ApiError;

/// A person comes to this page, or a program without any of these headers asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Navigation(());

impl<S: Sync> FromRequestParts<S> for Navigation {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        if is_navigation(&parts.headers) {
            return Ok(Self(()));
        }
        let sentence =
            "this page is for people who come to it, and nothing is made for whatever else loads it";
        Err(ApiError::new(StatusCode::FORBIDDEN, "invalid_request", sentence))
    }
}

/// What a page of [`Navigation`] answers to HEAD.
pub async fn only_the_head() -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], ()).into_response()
}

/// Browsers name where a response goes and how it is asked for; frames are no way to show a page of ours.
fn is_navigation(headers: &HeaderMap) -> bool {
    let is = |name: &str, value: &[u8]| headers.get_all(name).iter().all(|found| found.as_bytes() == value);
    is("sec-fetch-dest", b"document")
        && is("sec-fetch-mode", b"navigate")
        && !headers.contains_key("sec-purpose")
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;

    async fn status(method: &str, headers: &[(&str, &str)]) -> u16 {
        let made = |_: Navigation| async { (StatusCode::CREATED, "made") };
        let router: Router = Router::new().route("/", get(made).head(only_the_head));
        let mut request = http::Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn people_and_programs_have_it_made_and_nothing_else() {
        let document = ("sec-fetch-dest", "document");
        let navigate = ("sec-fetch-mode", "navigate");
        for person in [
            &[][..],
            &[document, navigate],
            &[document, navigate, ("sec-fetch-site", "cross-site"), ("sec-fetch-user", "?1")],
            &[navigate],
            &[document],
        ] {
            assert_eq!(status("GET", person).await, 201, "{person:?}");
            assert_eq!(status("HEAD", person).await, 200, "{person:?}");
        }
        for dest in
            ["image", "script", "style", "iframe", "frame", "embed", "object", "empty", "Document", ""]
        {
            assert_eq!(status("GET", &[("sec-fetch-dest", dest), navigate]).await, 403, "{dest}");
        }
        for mode in ["no-cors", "cors", "same-origin", "websocket", ""] {
            assert_eq!(status("GET", &[document, ("sec-fetch-mode", mode)]).await, 403, "{mode}");
        }
        for other in [
            &[document, ("sec-fetch-dest", "image")][..],
            &[document, navigate, ("sec-purpose", "prefetch")],
            &[document, navigate, ("sec-purpose", "prefetch;prerender")],
        ] {
            assert_eq!(status("GET", other).await, 403, "{other:?}");
        }
    }
}
