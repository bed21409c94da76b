//! Further methods, asked of another resolver.
//!
//! A service that resolves for others may stand before one that speaks more methods (`did-resolver/more-methods`): what
//! is resolved here stays here, everything else is forwarded. Who asks is told who answered, because that resolver is
//! believed.

use std::fmt;
use std::sync::Arc;

use did::resolution::Version;
use did::{BoxFuture, Did, Resolution, Resolve, ResolveError};

use crate::{EndpointError, RemoteResolver};

/// The methods that are never forwarded.
const OWN: [&str; 4] = ["jwk", "key", "web", "webvh"];

/// A resolver that forwards the methods it does not speak.
#[derive(Clone)]
pub struct Forwarding {
    own: Arc<dyn Resolve>,
    more: RemoteResolver,
}

impl Forwarding {
    /// `own` for our methods, `more` for all others.
    #[must_use]
    pub fn new(own: Arc<dyn Resolve>, more: RemoteResolver) -> Self {
        Self { own, more }
    }

    /// The address of the resolver that answers for `did`; `None` where it is this one.
    #[must_use]
    pub fn asked_for(&self, did: &Did) -> Option<&str> {
        (!OWN.contains(&did.method())).then(|| self.more.endpoint())
    }
}

impl Resolve for Forwarding {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        match self.asked_for(did) {
            Some(_) => self.more.resolve_version(did, version),
            None => self.own.resolve_version(did, version),
        }
    }
}

impl fmt::Debug for Forwarding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Forwarding").field("more", &self.more).finish_non_exhaustive()
    }
}

/// The address of a resolver that a server may forward to: https, or http on this machine.
///
/// # Errors
/// [`EndpointError`].
pub fn forwarding_address(text: &str) -> Result<String, EndpointError> {
    let (scheme, rest) = text.split_once("://").ok_or(EndpointError)?;
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.split_once(']') {
        Some((address, _)) => address.strip_prefix('[').unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_near = matches!(host, "localhost" | "127.0.0.1" | "::1");
    match scheme {
        "https" => Ok(text.to_owned()),
        "http" if is_near => Ok(text.to_owned()),
        _ => Err(EndpointError),
    }
}

#[cfg(test)]
mod tests {
    use did::{ErrorCode, SelfContainedResolver};
    use http::{HeaderMap, StatusCode};
    use outbound::{Fetch, Response, Scripted};

    use super::*;

    fn forwarding(status: u16, body: &str) -> (Arc<Scripted>, Forwarding) {
        let body = body.to_owned();
        let calls = Arc::new(Scripted::new(move |_| {
            Ok(Response::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.clone()))
        }));
        let fetch: Arc<dyn Fetch> = Arc::clone(&calls) as _;
        let more = RemoteResolver::new(fetch, "http://127.0.0.1:8091").unwrap();
        (calls, Forwarding::new(Arc::new(SelfContainedResolver), more))
    }

    fn did(text: &str) -> Did {
        Did::parse(text).unwrap()
    }

    #[tokio::test]
    async fn a_method_that_is_not_ours_is_asked_of_the_other_resolver_and_ours_never_are() {
        let tz = did("did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8");
        let (calls, forwarding) = forwarding(200, &format!(r#"{{"didDocument":{{"id":"{tz}"}}}}"#));
        assert_eq!(forwarding.resolve(&tz).await.unwrap().document.id(), &tz);
        assert_eq!(forwarding.asked_for(&tz), Some("http://127.0.0.1:8091/1.0/identifiers/"));
        assert_eq!(calls.calls().len(), 1);
        let key = did("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
        assert!(forwarding.resolve(&key).await.is_ok());
        for ours in [key, did("did:web:a.example"), did("did:jwk:e30"), did("did:webvh:Qm:a.example")] {
            let _ = forwarding.resolve(&ours).await;
            assert_eq!(forwarding.asked_for(&ours), None, "{ours}");
        }
        assert_eq!(calls.calls().len(), 1);
    }

    #[tokio::test]
    async fn what_the_other_resolver_refuses_or_says_of_another_did_is_no_document() {
        let asked = did("did:ethr:0xb9c5714089478a327f09197987f16f9e5d936e8a");
        let (_, refusing) = forwarding(
            501,
            r#"{"didResolutionMetadata":{"error":{"type":"https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED"}}}"#,
        );
        let refused = Err(ResolveError::Elsewhere(ErrorCode::MethodNotSupported));
        assert_eq!(refusing.resolve(&asked).await, refused);
        let (_, other) = forwarding(200, r#"{"didDocument":{"id":"did:ethr:0x0"}}"#);
        assert!(other.resolve(&asked).await.is_err());
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for taken in [
            "https://more.example.org",
            "http://127.0.0.1:8091",
            "http://[::1]:8091/1.0/identifiers/",
            "http://localhost",
        ] {
            assert_eq!(forwarding_address(taken).as_deref(), Ok(taken));
        }
        for refused in [
            "http://more.example.org",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "http://127.0.0.2:8091",
            "http://localhost@more.example.org",
            "http://[::2]",
            "ftp://localhost",
            "localhost:8091",
            "",
        ] {
            assert_eq!(forwarding_address(refused), Err(EndpointError), "{refused}");
        }
    }
}
