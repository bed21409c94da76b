//! Methods that another resolver answers for.

use did_resolver::{Forwarding, RemoteResolver};
use http::HeaderMap;
use outbound::Response;

use super::*;

const TEZOS: &str = "did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8";
const ELSEWHERE: &str = "http://127.0.0.1:8091/1.0/identifiers/";

/// The service, before another resolver that answers everything alike.
fn forwarding(status: u16, body: Value) -> (Arc<Scripted>, Router) {
    let calls = Arc::new(Scripted::new(move |_| {
        Ok(Response::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), body.to_string()))
    }));
    let more = RemoteResolver::new(Arc::clone(&calls) as _, "http://127.0.0.1:8091").unwrap();
    let own = Arc::new(Fixed { outcome: Ok(found()), asked: Mutex::default() });
    let site = Site::forwarding(Forwarding::new(own, more));
    (calls, web::Party::new("resolver.example.org", router(site)).into_router())
}

#[tokio::test]
async fn a_result_of_another_resolver_says_so_and_one_of_ours_does_not() {
    let document = json!({"id": TEZOS});
    let (calls, router) = forwarding(200, json!({"didDocument": document, "didResolutionMetadata": {}}));
    let forwarded = resolve_at(&router, TEZOS).await;
    assert_eq!((forwarded.status, &forwarded.body["didDocument"]), (200, &document));
    assert_eq!(forwarded.body["didResolutionMetadata"]["resolver"], ELSEWHERE);
    assert_eq!(calls.calls().len(), 1);
    let ours = resolve_at(&router, "did:web:a.example").await;
    assert_eq!((ours.status, ours.body["didResolutionMetadata"].get("resolver")), (200, None));
    assert_eq!(calls.calls().len(), 1, "what is spoken here is not asked for");
}

#[tokio::test]
async fn a_refusal_of_another_resolver_keeps_its_name_and_says_whose_it_is() {
    let error = json!({"type": "https://www.w3.org/ns/did#INVALID_DID", "title": "x"});
    let (_, router) = forwarding(400, json!({"didResolutionMetadata": {"error": error}}));
    let refused = resolve_at(&router, "did:tz:tz1").await;
    assert_eq!((refused.status, refused.error().as_str()), (400, "INVALID_DID"));
    assert_eq!(refused.body["didResolutionMetadata"]["resolver"], ELSEWHERE);
}

#[tokio::test]
async fn without_another_resolver_a_method_is_not_supported() {
    let router = served(Arc::new(did::SelfContainedResolver));
    let refused = resolve_at(&router, TEZOS).await;
    assert_eq!((refused.status, refused.error().as_str()), (501, "METHOD_NOT_SUPPORTED"));
    assert_eq!(refused.body["didResolutionMetadata"].get("resolver"), None);
}
