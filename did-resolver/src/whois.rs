//! What a DID tells about its controller: the presentation at `/whois` (did:webvh 1.0, "whois LinkedVP Service").
//!
//! Only this resource is fetched for others. A resolver that fetched every path that a DID URL names would call any address
//! of any host for anybody; of those the address alone is told. Whoever answers strangers fetches it only from where the DID
//! itself lies ([`did::dereference::is_own`]).

use std::fmt;
use std::sync::Arc;

use did::ResolveError;
use http::header::{ACCEPT, CONTENT_TYPE};
use outbound::{BESIDE_BODY, Fetch, Request};

use crate::PATIENCE;
use crate::room::Room;

/// Largest presentation that is read, in bytes.
pub const LARGEST_PRESENTATION: usize = 64 << 10;

/// What a call for one takes, in bytes.
pub(crate) const CALL: usize = LARGEST_PRESENTATION + BESIDE_BODY;
/// Most calls for presentations under way. They have room of their own: a document may be kept while the host that it names
/// lets everybody wait, and no document waits for presentations to go.
const CALLS: usize = 64;

/// The media type of a presentation, which the implicit service has.
pub const PRESENTATION: &str = "application/vp";

/// What an explicit service may have besides. Nothing that a browser would show or run, and not what every interface answers.
const TAKEN: [&str; 3] = [PRESENTATION, "application/vp+jwt", "application/ld+json"];

/// A presentation as it was served. Nothing in it is verified: whoever asks for it does that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedPresentation {
    /// Its media type, without parameters.
    pub media_type: &'static str,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Where the presentations of strangers are fetched for others; cheap to clone, clones share the room for them.
#[derive(Clone)]
pub struct Presentations {
    fetch: Arc<dyn Fetch>,
    room: Arc<Room>,
}

impl Presentations {
    /// Presentations that are fetched through `fetch`, as many at once as there is room for.
    #[must_use]
    pub fn new(fetch: Arc<dyn Fetch>) -> Self {
        Self::with_room(fetch, Room::new(CALLS.saturating_mul(CALL), PATIENCE))
    }

    pub(crate) fn with_room(fetch: Arc<dyn Fetch>, room: Room) -> Self {
        Self { fetch, room: Arc::new(room) }
    }

    /// Fetches the presentation at `address`, when there is room for it.
    ///
    /// # Errors
    /// Those of [`presentation`], and [`ResolveError::Busy`] if there is no room.
    pub async fn fetch(&self, address: &str) -> Result<ServedPresentation, ResolveError> {
        let _place = self.room.place(CALL).await?;
        presentation(self.fetch.as_ref(), address).await
    }
}

impl fmt::Debug for Presentations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Presentations")
    }
}

/// Fetches the presentation at `address`. Whoever fetches for many others bounds how many ([`Presentations`]).
///
/// # Errors
/// [`ResolveError::NotFound`] if there is none, [`ResolveError::Representation`] for another media type,
/// [`ResolveError::Unreachable`] for everything else that is no answer.
pub async fn presentation(fetch: &dyn Fetch, address: &str) -> Result<ServedPresentation, ResolveError> {
    let url = address.parse().map_err(|_| ResolveError::Endpoint)?;
    let request = Request::get(url)
        .with_limit(LARGEST_PRESENTATION)
        .with_connection_closed()
        .with_header(ACCEPT, PRESENTATION)
        .map_err(|_| ResolveError::Unreachable)?;
    let response = fetch.fetch(request).await.map_err(|error| {
        tracing::debug!(%error, "a DID's host gave no usable answer");
        ResolveError::Unreachable
    })?;
    match response.status.as_u16() {
        200 => {}
        404 | 410 => return Err(ResolveError::NotFound),
        _ => return Err(ResolveError::Unreachable),
    }
    let served = response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = served.split(';').next().unwrap_or_default().trim();
    let media_type = TAKEN.into_iter().find(|taken| taken.eq_ignore_ascii_case(essence));
    let media_type = media_type.ok_or(ResolveError::Representation)?;
    Ok(ServedPresentation { media_type, body: response.body.to_vec() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{HeaderMap, HeaderValue, StatusCode};
    use outbound::{OutboundError, Response, Scripted};

    use super::*;

    async fn served(
        status: u16,
        media_type: Option<&'static str>,
    ) -> (Result<ServedPresentation, ResolveError>, Arc<Scripted>) {
        let calls = Arc::new(Scripted::new(move |_| {
            let mut headers = HeaderMap::new();
            if let Some(media_type) = media_type {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
            }
            Ok(Response::new(StatusCode::from_u16(status).unwrap(), headers, "{}"))
        }));
        let found = presentation(calls.as_ref(), "https://harbour.example.org/whois.vp").await;
        (found, calls)
    }

    #[tokio::test]
    async fn a_presentation_is_fetched_by_its_media_type() {
        for (served_as, media_type) in [
            ("application/vp", PRESENTATION),
            ("Application/VP; charset=utf-8", PRESENTATION),
            ("application/vp+jwt", "application/vp+jwt"),
        ] {
            let (found, calls) = served(200, Some(served_as)).await;
            assert_eq!(found, Ok(ServedPresentation { media_type, body: b"{}".to_vec() }), "{served_as}");
            let call = calls.calls().remove(0);
            assert_eq!(
                (call.headers[ACCEPT].to_str().unwrap(), call.limit),
                (PRESENTATION, LARGEST_PRESENTATION)
            );
            assert_eq!(call.headers[http::header::CONNECTION], "close");
        }
    }

    #[tokio::test]
    async fn what_is_no_presentation_is_not_handed_on() {
        for served_as in [
            None,
            Some("text/html"),
            Some("application/json"),
            Some("application/vpx"),
            Some("image/svg+xml"),
            Some(""),
        ] {
            let (found, _) = served(200, served_as).await;
            assert_eq!(found, Err(ResolveError::Representation), "{served_as:?}");
        }
        for (status, error) in [
            (404, ResolveError::NotFound),
            (410, ResolveError::NotFound),
            (201, ResolveError::Unreachable),
            (429, ResolveError::Unreachable),
            (500, ResolveError::Unreachable),
        ] {
            assert_eq!(served(status, Some("application/vp")).await.0, Err(error), "{status}");
        }
        for error in [
            OutboundError::Redirected { status: StatusCode::FOUND },
            OutboundError::TooLarge { limit: LARGEST_PRESENTATION },
            OutboundError::ForbiddenAddress,
        ] {
            let calls = Scripted::new(move |_| Err(error.clone()));
            let found = presentation(&calls, "https://harbour.example.org/whois.vp").await;
            assert_eq!(found, Err(ResolveError::Unreachable));
        }
    }
}
