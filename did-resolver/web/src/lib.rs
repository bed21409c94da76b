//! The DID resolver as an HTTP service (DID Resolution CR, "HTTP(S) Binding").
//!
//! - `GET /1.0/identifiers/{did}` resolves. The whole result or the document alone, as `Accept` says ([`Form`]); errors in
//!   the W3C form alone. What an address asks and which status an outcome has are pure functions of `did::resolution`.
//! - `GET /1.0/identifiers/{did-url}` dereferences: a part of the document, services, the address of a resource, and what the
//!   DID tells at `/whois`, which alone is fetched.
//! - Not served: POST, which a resolver MAY have (options are few and fit the query, and the DID stands in the address
//!   either way).
//! - A resolver calls hosts that strangers name. It calls public hosts alone (the client it is given sees to that), each
//!   client has a budget, and so has each host that is called ([`Spared`]).
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod accept;
mod answer;
mod dereferencing;
mod spared;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use did::dereference::Reference;
use did::resolution::binding::{self, PATH};
use did::{Resolve, ResolveError};
use http::{HeaderMap, Uri};
use outbound::Fetch;
use web::limits::limited;

pub use accept::Form;
pub use spared::Spared;

/// Requests that a client may make at once; they come back within a minute.
const BUDGET: u32 = 600;

/// What the service holds.
#[derive(Clone)]
pub struct Site {
    resolver: Arc<dyn Resolve>,
    fetch: Option<Arc<dyn Fetch>>,
    budget: u32,
}

impl Site {
    /// A service that resolves by `resolver`.
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolve>) -> Self {
        Self { resolver, fetch: None, budget: BUDGET }
    }

    /// This service, which also fetches through `fetch` what a DID tells at `/whois`.
    #[must_use]
    pub fn with_whois(self, fetch: Arc<dyn Fetch>) -> Self {
        Self { fetch: Some(fetch), ..self }
    }

    /// This service where each client may make `requests` requests at once and regains them within a minute; 600 if not
    /// said.
    #[must_use]
    pub fn with_budget(self, requests: u32) -> Self {
        Self { budget: requests, ..self }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Site")
    }
}

/// Everything at a resolver's host, to be served as a [`web::Party`].
pub fn router(site: Site) -> Router {
    let budget = site.budget;
    let public = Router::new()
        .route("/1.0/identifiers/{*identifier}", get(resolve))
        .layer(web::cors::public())
        .with_state(site);
    // It keeps nothing that could be damaged: while it answers, it works.
    let health = web::operations::health(|| std::future::ready(Ok::<(), std::convert::Infallible>(())));
    limited(public, budget).merge(health)
}

async fn resolve(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let identifier = uri.path().strip_prefix(PATH).unwrap_or_default();
    let asked = binding::reference(identifier, uri.query());
    let is_url = asked.as_ref().is_ok_and(|asked| !asked.is_document());
    let (forms, first) =
        if is_url { (Form::OF_DID_URLS, Form::Dereferencing) } else { (Form::OF_DIDS, Form::Result) };
    match (Form::asked(&headers, forms), asked) {
        (None, _) => answer::refused(first, ResolveError::Representation),
        (Some(form), Err(error)) => answer::refused(form, error),
        (Some(form), Ok(asked)) if is_url || form == Form::Dereferencing => {
            dereferencing::answer(&site, form, &asked).await
        }
        (Some(form), Ok(Reference { did, version, .. })) => {
            answer::answer(form, site.resolver.resolve_version(&did, &version).await)
        }
    }
}
