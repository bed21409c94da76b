//! What the pages of others get of this host: somebody who comes from there, and nothing else (W3C Fetch Metadata Request Headers §2).
//!
//! Browsers send this host's cookies along with what pages of sibling hosts load (`SameSite` knows sites, not hosts). A picture in one of
//! those, loaded every few minutes, would be a use of the session, which would never end then; and whether something loads tells whether
//! the wallet is open.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use web::{Words, errors};

/// Says to browsers that no other host shows anything of this one (Fetch §3.7).
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Lets in what this host's own pages ask for and whoever comes to a page. Browsers without these headers, and programs, are let in.
pub(crate) async fn kept_out(request: Request, next: Next) -> Response {
    let mut response = if is_loaded_by_others(request.headers()) {
        tracing::debug!("what another site loads was refused");
        errors::error_page(Words::of_request(request.headers()), StatusCode::FORBIDDEN)
    } else {
        next.run(request).await
    };
    response.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn is_loaded_by_others(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let is_foreign = !matches!(said("sec-fetch-site"), None | Some(b"same-origin" | b"none"));
    let is_visit = matches!(said("sec-fetch-mode"), None | Some(b"navigate"))
        && matches!(said("sec-fetch-dest"), None | Some(b"document"));
    is_foreign && !is_visit
}
