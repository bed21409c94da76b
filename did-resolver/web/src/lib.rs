//! The DID resolver as an HTTP service (DID Resolution CR, "HTTP(S) Binding").
//!
//! - `GET /1.0/identifiers/{did}` resolves. The whole result or the document alone, as `Accept` says ([`Form`]); errors in
//!   the W3C form alone. What an address asks and which status an outcome has are pure functions of `did::resolution`.
//! - `GET /1.0/identifiers/{did-url}` dereferences: a part of the document, services, the address of a resource, and what the
//!   DID tells at `/whois`, which alone is fetched, and only from where the DID itself lies.
//! - Not served: POST, which a resolver MAY have (options are few and fit the query, and the DID stands in the address
//!   either way).
//! - A resolver calls hosts that strangers name. It calls public hosts alone (the client it is given sees to that), each
//!   client has a budget and a share of the questions under way, and so has each host that is called ([`Spared`]). A
//!   question is under way until its answer has been taken. One network has no more than half of the room for calls, and of that
//!   for answers.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod accept;
mod answer;
mod client;
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
use did::{Did, Resolve, ResolveError};
use did_resolver::{Forwarding, Presentations};
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
    forwarding: Option<Forwarding>,
    presentations: Option<Presentations>,
    budget: u32,
}

impl Site {
    /// A service that resolves by `resolver`.
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolve>) -> Self {
        Self { resolver, forwarding: None, presentations: None, budget: BUDGET }
    }

    /// A service that forwards the methods it does not speak, and says in their results who answered.
    #[must_use]
    pub fn forwarding(forwarding: Forwarding) -> Self {
        Self { forwarding: Some(forwarding.clone()), ..Self::new(Arc::new(forwarding)) }
    }

    /// This service, which also fetches through `fetch` what a DID tells at `/whois`.
    #[must_use]
    pub fn with_whois(self, fetch: Arc<dyn Fetch>) -> Self {
        Self { presentations: Some(Presentations::new(fetch)), ..self }
    }

    /// This service where each client may make `requests` requests at once and regains them within a minute; 600 if not
    /// said.
    #[must_use]
    pub fn with_budget(self, requests: u32) -> Self {
        Self { budget: requests, ..self }
    }

    /// The other resolver that answers for `did`, if one does.
    fn asked_for(&self, did: &Did) -> Option<&str> {
        self.forwarding.as_ref().and_then(|forwarding| forwarding.asked_for(did))
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
    limited(client::known(public, budget), budget).merge(health)
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
            let outcome = site.resolver.resolve_version(&did, &version).await;
            answer::answer(form, outcome, site.asked_for(&did))
        }
    }
}
