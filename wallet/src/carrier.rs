//! Carries the requests of `openid4vc` over `outbound`.

use http::{HeaderName, Method};
use openid4vc::http::{Request, Response};
use outbound::{Fetch, OutboundError};
use url::Url;

/// Sends a request; a redirect comes back as an error of the client or as its status, and is never followed.
pub(crate) async fn send(fetch: &dyn Fetch, request: Request) -> Result<Response, OutboundError> {
    send_within(fetch, request, outbound::DEFAULT_LIMIT).await
}

/// Sends a request whose answer has at most `limit` bytes.
pub(crate) async fn send_within(
    fetch: &dyn Fetch,
    request: Request,
    limit: usize,
) -> Result<Response, OutboundError> {
    carry(fetch, call_of(request)?.with_limit(limit)).await
}

/// The same over a connection that no other call uses: nothing but what it says ties it to another.
pub(crate) async fn send_alone(
    fetch: &dyn Fetch,
    request: Request,
    limit: usize,
) -> Result<Response, OutboundError> {
    carry(fetch, call_of(request)?.with_limit(limit).with_own_connection()).await
}

fn call_of(request: Request) -> Result<outbound::Request, OutboundError> {
    let url = Url::parse(&request.url).map_err(|_| OutboundError::Unwritable)?;
    let method =
        Method::from_bytes(request.method.name().as_bytes()).map_err(|_| OutboundError::Unwritable)?;
    let mut call = outbound::Request::new(method, url);
    call.body = request.body.into();
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| OutboundError::Unwritable)?;
        call = call.with_header(name, value)?;
    }
    Ok(call)
}

async fn carry(fetch: &dyn Fetch, call: outbound::Request) -> Result<Response, OutboundError> {
    let answer = fetch.fetch(call).await?;
    let headers = answer
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    Ok(Response { status: answer.status.as_u16(), headers, body: answer.body.to_vec() })
}
