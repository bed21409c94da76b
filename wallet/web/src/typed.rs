//! What was typed stays in no buffer: a connection over which a form came is closed with its answer, so that what read it is freed, and
//! what is freed is wiped (decision 0028).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::CONNECTION;
use http::{HeaderValue, Method, Version};

/// Closes the connection of a form. Where several requests share one (HTTP/2) there is nothing to close.
pub(crate) async fn close(request: Request, next: Next) -> Response {
    let is_form = request.method() == Method::POST && request.version() <= Version::HTTP_11;
    let mut response = next.run(request).await;
    if is_form {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
