//! Asking another resolver over HTTP (DID Resolution, "HTTP(S) Binding").
//!
//! That resolver is believed: it, and not we, verified what it hands out, and it learns which DIDs are looked for. So this
//! is for whoever chooses it by hand. did:key and did:jwk are never asked for.

use std::fmt;
use std::sync::Arc;

use did::resolution::Version;
use did::resolution::binding::{self, Question};
use did::{BoxFuture, Did, Resolution, Resolve, ResolveError, SelfContainedResolver};
use outbound::{BESIDE_BODY, Fetch, Request};

use crate::PATIENCE;
use crate::room::Room;

/// Largest result that is read, in bytes.
pub const LARGEST_RESULT: usize = 1 << 20;

/// What a question takes, in bytes.
pub(crate) const QUESTION: usize = LARGEST_RESULT + BESIDE_BODY;
/// Most questions to the other resolver under way: it too waits for hosts that strangers name.
const QUESTIONS: usize = 32;

/// What results are called today, and how deployed resolvers call them.
const ACCEPTED: &str = "application/did-resolution, application/ld+json;profile=\"https://w3id.org/did-resolution\";q=0.9, application/json;q=0.8";

/// The text is not the address of a resolver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the address of a resolver, as https://resolver.example.org/1.0/identifiers/, without a query")]
pub struct EndpointError;

/// A resolver that asks another one; clones share the room for its answers.
#[derive(Clone)]
pub struct RemoteResolver {
    fetch: Arc<dyn Fetch>,
    /// Ends with a slash.
    endpoint: String,
    room: Arc<Room>,
}

impl RemoteResolver {
    /// A resolver that asks the one at `endpoint` through `fetch`. An address without a path gets the one of the binding.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub fn new(fetch: Arc<dyn Fetch>, endpoint: &str) -> Result<Self, EndpointError> {
        let (scheme, rest) = endpoint.split_once("://").ok_or(EndpointError)?;
        let plain = matches!(scheme, "http" | "https") && !rest.contains(['?', '#', '@', '\\', ' ']);
        let (authority, path) =
            rest.find('/').and_then(|start| rest.split_at_checked(start)).unwrap_or((rest, ""));
        if !plain || authority.is_empty() {
            return Err(EndpointError);
        }
        let path = if path.trim_matches('/').is_empty() { binding::PATH } else { path };
        let endpoint = format!("{scheme}://{authority}{}/", path.trim_end_matches('/'));
        let room = Arc::new(Room::new(QUESTIONS.saturating_mul(QUESTION), PATIENCE));
        Ok(Self { fetch, endpoint, room })
    }

    #[cfg(test)]
    pub(crate) fn with_room(self, room: Room) -> Self {
        Self { room: Arc::new(room), ..self }
    }

    /// Where it asks.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    async fn ask(&self, did: &Did, version: &Version) -> Result<Resolution, ResolveError> {
        if matches!(did.method(), "key" | "jwk") {
            return SelfContainedResolver::resolve_now(did, version);
        }
        let question = Question { did: did.clone(), version: version.clone() };
        let url = format!("{}{}", self.endpoint, question.address());
        let url = url.parse().map_err(|_| ResolveError::Unreachable)?;
        let request = Request::get(url)
            .with_limit(LARGEST_RESULT)
            .with_header(http::header::ACCEPT, ACCEPTED)
            .map_err(|_| ResolveError::Unreachable)?;
        let _place = self.room.place(QUESTION).await?;
        let response = self.fetch.fetch(request).await.map_err(|error| {
            tracing::debug!(%error, "the other resolver gave no usable answer");
            ResolveError::Unreachable
        })?;
        binding::read_answer(did, response.status.as_u16(), &response.body)
    }
}

impl Resolve for RemoteResolver {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        Box::pin(self.ask(did, version))
    }
}

impl fmt::Debug for RemoteResolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RemoteResolver")
    }
}

#[cfg(test)]
mod tests {
    use did::ErrorCode;
    use http::{HeaderMap, StatusCode};
    use outbound::{OutboundError, Response, Scripted};

    use super::*;

    fn answering(status: u16, body: &str) -> (Arc<Scripted>, RemoteResolver) {
        let body = body.to_owned();
        let calls = Arc::new(Scripted::new(move |_| {
            Ok(Response::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.clone()))
        }));
        let fetch: Arc<dyn Fetch> = Arc::clone(&calls) as _;
        (calls, RemoteResolver::new(fetch, "https://resolver.example.org").unwrap())
    }

    fn did() -> Did {
        Did::parse("did:web:harbour.example.org%3A8443").unwrap()
    }

    #[tokio::test]
    async fn the_did_is_sent_encoded_with_its_version_and_all_names_of_a_result_are_taken() {
        let body =
            r#"{"didDocument":{"id":"did:web:harbour.example.org%3A8443"},"didResolutionMetadata":{}}"#;
        let (calls, resolver) = answering(200, body);
        assert!(resolver.resolve_version(&did(), &Version::Number(2)).await.is_ok());
        let call = calls.calls().remove(0);
        assert_eq!(
            call.url.as_str(),
            "https://resolver.example.org/1.0/identifiers/did%3Aweb%3Aharbour.example.org%253A8443?versionNumber=2"
        );
        assert_eq!(call.headers["accept"], ACCEPTED);
        assert!(call.body.is_empty());
    }

    #[tokio::test]
    async fn the_errors_of_all_dialects_become_one() {
        for body in [
            r#"{"didResolutionMetadata":{"error":{"type":"https://www.w3.org/ns/did#NOT_FOUND","title":"x"}}}"#,
            r#"{"didResolutionMetadata":{"error":"notFound","problemDetails":{"type":"about:blank"}}}"#,
            r#"{"didResolutionMetadata":{"error":{"type":"NOT_FOUND","title":"x"}},"didDocument":null}"#,
            "not even JSON",
        ] {
            let (_, resolver) = answering(404, body);
            let refused = resolver.resolve(&did()).await;
            assert_eq!(refused, Err(ResolveError::Elsewhere(ErrorCode::NotFound)), "{body}");
        }
    }

    #[tokio::test]
    async fn what_carries_its_document_is_not_asked_for() {
        let (calls, resolver) = answering(404, "");
        let did = Did::parse("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK").unwrap();
        assert!(resolver.resolve(&did).await.is_ok());
        assert!(calls.calls().is_empty());
    }

    #[tokio::test]
    async fn a_resolver_that_redirects_or_says_too_much_gives_no_answer() {
        for error in [
            OutboundError::Redirected { status: StatusCode::FOUND },
            OutboundError::TooLarge { limit: LARGEST_RESULT },
            OutboundError::ForbiddenAddress,
        ] {
            let fetch = Arc::new(Scripted::new(move |_| Err(error.clone())));
            let resolver =
                RemoteResolver::new(fetch, "https://resolver.example.org/1.0/identifiers/").unwrap();
            assert_eq!(resolver.resolve(&did()).await, Err(ResolveError::Unreachable));
        }
    }

    #[test]
    fn an_endpoint_is_an_address_with_or_without_its_path() {
        let endpoint = |text: &str| {
            let fetch = Arc::new(Scripted::new(|_| Err(OutboundError::Unreachable)));
            RemoteResolver::new(fetch, text).map(|resolver| resolver.endpoint)
        };
        for (text, read) in [
            ("https://r.example.org", "https://r.example.org/1.0/identifiers/"),
            ("https://r.example.org/", "https://r.example.org/1.0/identifiers/"),
            ("http://r.localhost:8080/did/", "http://r.localhost:8080/did/"),
            ("https://r.example.org/a/b", "https://r.example.org/a/b/"),
        ] {
            assert_eq!(endpoint(text).as_deref(), Ok(read));
        }
        for text in [
            "",
            "r.example.org",
            "ftp://r.example.org",
            "https://",
            "https:///1.0",
            "https://r.example.org?x",
            "https://r.example.org/#x",
            "https://a@r.example.org",
        ] {
            assert_eq!(endpoint(text), Err(EndpointError), "{text}");
        }
    }
}
