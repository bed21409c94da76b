//! Cross-origin reading of what is public anyway: well-known metadata, DID documents, status lists, types.

use http::Method;
use tower_http::cors::{Any, CorsLayer};

/// Lets pages of any origin read, without cookies. For public documents alone.
pub fn public() -> CorsLayer {
    CorsLayer::new().allow_origin(Any).allow_methods([Method::GET, Method::HEAD]).allow_headers(Any)
}

/// Lets pages of any origin call an endpoint of a protocol (token, credential, response), without
/// cookies; such endpoints authenticate each call by what it carries.
pub fn protocol() -> CorsLayer {
    let exposed =
        ["dpop-nonce", "location", "retry-after", "www-authenticate"].map(http::HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(Any)
        .expose_headers(exposed)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn any_origin_may_read_without_cookies() {
        let router = Router::new().route("/", get(|| async { "public" })).layer(public());
        let request =
            Request::get("/").header("origin", "https://other.example.org").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert!(!response.headers().contains_key("access-control-allow-credentials"));
    }

    #[tokio::test]
    async fn a_public_document_is_not_opened_for_writing_and_a_protocol_endpoint_is() {
        for (layer, expected) in [(public(), "GET,HEAD"), (protocol(), "GET,POST")] {
            let router = Router::new().route("/", get(|| async { "public" })).layer(layer);
            let request = Request::options("/")
                .header("origin", "https://other.example.org")
                .header("access-control-request-method", "POST")
                .body(Body::empty())
                .unwrap();
            let response = router.oneshot(request).await.unwrap();
            assert_eq!(response.headers()["access-control-allow-methods"], expected);
        }
    }
}
