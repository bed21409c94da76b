mod dereferencing;
mod forwarding;
mod taking;
mod trickling;

use std::sync::Mutex;

use axum::body::{Body, to_bytes};
use did::resolution::Version;
use did::webvh::{self, Created, Inception, Settings, Update};
use did::{BoxFuture, Did, Document, DocumentBuilder, DocumentMetadata, ErrorCode, Relationship, Resolution};
use did_resolver::{Keeping, Resolver};
use environment::{Environment, SeededRandomness, Timestamp};
use http::{Method, Request, StatusCode};
use jose::{Algorithm, Signer, SigningKey};
use outbound::{Fetch, HttpClient, OutboundError, Policy, Scripted};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

const KEY: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

/// Answers every question alike, and keeps them.
struct Fixed {
    outcome: Result<Resolution, ResolveError>,
    asked: Mutex<Vec<(String, Version)>>,
}

impl Resolve for Fixed {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        self.asked.lock().unwrap().push((did.to_string(), version.clone()));
        Box::pin(std::future::ready(self.outcome.clone()))
    }
}

fn served(resolver: Arc<dyn Resolve>) -> Router {
    web::Party::new("resolver.example.org", router(Site::new(resolver))).into_router()
}

fn fixed(outcome: Result<Resolution, ResolveError>) -> (Arc<Fixed>, Router) {
    let resolver = Arc::new(Fixed { outcome, asked: Mutex::default() });
    (Arc::clone(&resolver), served(resolver))
}

fn found() -> Resolution {
    let document = Document::from_value(json!({"id": "did:web:a.example"})).unwrap();
    Resolution { document, metadata: DocumentMetadata::default() }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn media_type(&self) -> &str {
        self.headers["content-type"].to_str().unwrap()
    }

    /// The name of the error; everything that must stand beside one is checked.
    fn error(&self) -> String {
        assert_eq!(self.body["didDocument"], Value::Null);
        assert_eq!(self.body["didDocumentMetadata"], json!({}));
        let error = &self.body["didResolutionMetadata"]["error"];
        assert!(error["title"].is_string(), "{error}");
        let kind = error["type"].as_str().unwrap();
        kind.strip_prefix("https://www.w3.org/ns/did#").unwrap().to_owned()
    }
}

async fn get(router: &Router, path: &str, accept: Option<&str>) -> Answer {
    let mut request = Request::get(path);
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

async fn resolve_at(router: &Router, identifier: &str) -> Answer {
    get(router, &format!("/1.0/identifiers/{identifier}"), None).await
}

#[tokio::test]
async fn every_outcome_has_its_status_and_the_w3c_form() {
    for (error, status, name) in [
        (ResolveError::Did(did::DidError::Url), 400, "INVALID_DID_URL"),
        (ResolveError::Did(did::DidError::Scheme), 400, "INVALID_DID"),
        (ResolveError::Log(webvh::LogError::Empty), 400, "INVALID_DID"),
        (ResolveError::Options, 400, "INVALID_OPTIONS"),
        (ResolveError::NotFound, 404, "NOT_FOUND"),
        (ResolveError::Representation, 406, "REPRESENTATION_NOT_SUPPORTED"),
        (ResolveError::Document(did::DocumentError::OtherId), 500, "INVALID_DID_DOCUMENT"),
        (ResolveError::Unreachable, 500, "INTERNAL_ERROR"),
        (ResolveError::Busy, 500, "INTERNAL_ERROR"),
        (ResolveError::Development, 500, "INTERNAL_ERROR"),
        (ResolveError::Method, 501, "METHOD_NOT_SUPPORTED"),
        (ResolveError::Feature, 501, "FEATURE_NOT_SUPPORTED"),
        (ResolveError::Elsewhere(ErrorCode::NotFound), 404, "NOT_FOUND"),
    ] {
        for accept in [None, Some("application/did"), Some("application/did-resolution")] {
            let (_, router) = fixed(Err(error.clone()));
            let answer = get(&router, "/1.0/identifiers/did:web:a.example", accept).await;
            assert_eq!((answer.status, answer.error().as_str()), (status, name));
            assert_eq!(answer.media_type(), "application/did-resolution", "an error is never a document");
        }
    }
}

#[tokio::test]
async fn a_deactivated_did_is_gone_and_has_no_document() {
    let mut metadata = DocumentMetadata::default();
    metadata.deactivated = true;
    let (_, router) = fixed(Err(ResolveError::Deactivated(Box::new(metadata))));
    for accept in ["application/did", "application/did-resolution"] {
        let answer = get(&router, "/1.0/identifiers/did:web:a.example", Some(accept)).await;
        assert_eq!((answer.status, answer.media_type()), (410, "application/did-resolution"));
        assert_eq!(answer.body["didDocument"], Value::Null);
        assert_eq!(answer.body["didDocumentMetadata"]["deactivated"], true);
        assert_eq!(answer.body["didResolutionMetadata"].get("error"), None, "it is a result");
    }
}

#[tokio::test]
async fn the_result_or_the_document_comes_as_it_was_asked_for() {
    let (_, router) = fixed(Ok(found()));
    for form in [
        "application/did-resolution",
        "application/json",
        "application/ld+json;profile=\"https://w3id.org/did-resolution\"",
    ] {
        let answer = get(&router, "/1.0/identifiers/did:web:a.example", Some(form)).await;
        assert_eq!((answer.status, answer.media_type()), (200, form));
        assert_eq!(answer.body["didDocument"]["id"], "did:web:a.example");
        assert_eq!(answer.body["didResolutionMetadata"], json!({"contentType": "application/did"}));
    }
    for form in ["application/did", "application/did+json"] {
        let answer = get(&router, "/1.0/identifiers/did:web:a.example", Some(form)).await;
        assert_eq!((answer.status, answer.media_type()), (200, form));
        assert_eq!(answer.body, json!({"id": "did:web:a.example"}));
    }
    let plain = get(&router, "/1.0/identifiers/did:web:a.example", None).await;
    assert_eq!(plain.media_type(), "application/did-resolution");
}

#[tokio::test]
async fn a_form_that_is_not_ours_is_refused_before_anybody_is_asked() {
    let (resolver, router) = fixed(Ok(found()));
    for accept in ["text/html", "text/uri-list", "application/vp", "application/did;q=0"] {
        let answer = get(&router, "/1.0/identifiers/did:web:a.example", Some(accept)).await;
        assert_eq!(
            (answer.status, answer.error().as_str()),
            (406, "REPRESENTATION_NOT_SUPPORTED"),
            "{accept}"
        );
        assert_eq!(answer.media_type(), "application/did-resolution");
    }
    assert!(resolver.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_document_without_a_context_is_not_given_as_json_ld() {
    let (_, router) = fixed(Ok(found()));
    let answer = get(&router, "/1.0/identifiers/did:web:a.example", Some("application/did+ld+json")).await;
    assert_eq!((answer.status, answer.error().as_str()), (406, "REPRESENTATION_NOT_SUPPORTED"));
    let document = json!({"@context": ["https://www.w3.org/ns/did/v1"], "id": "did:web:a.example"});
    let document = Document::from_value(document).unwrap();
    let (_, router) = fixed(Ok(Resolution { document, metadata: DocumentMetadata::default() }));
    let answer = get(&router, "/1.0/identifiers/did:web:a.example", Some("application/did+ld+json")).await;
    assert_eq!((answer.status, answer.media_type()), (200, "application/did+ld+json"));
}

#[tokio::test]
async fn the_did_and_its_version_reach_the_resolver_and_malformed_ones_do_not() {
    let (resolver, router) = fixed(Ok(found()));
    for sent in [
        "did%3Aweb%3Aa.example%253A8443?versionNumber=2",
        "did%3Aweb%3Aa.example%253A8443%3FversionNumber%3D2",
        "did:web:a.example%3A8443?versionNumber=2",
    ] {
        assert_eq!(resolve_at(&router, sent).await.status, 200, "{sent}");
    }
    let asked = std::mem::take(&mut *resolver.asked.lock().unwrap());
    assert_eq!(asked, vec![("did:web:a.example%3A8443".to_owned(), Version::Number(2)); 3]);
    for (sent, status, name) in [
        ("nonsense", 400, "INVALID_DID"),
        ("did", 400, "INVALID_DID"),
        ("did:web", 400, "INVALID_DID"),
        ("did:web:a%", 400, "INVALID_DID"),
        ("did%3Aweb%3Aa%", 400, "INVALID_DID"),
        ("did%3Aweb%3Aa%FF", 400, "INVALID_DID"),
        ("did%3Aweb%3Aa%00b", 400, "INVALID_DID"),
        ("did%3Aweb%3Aa%0d%0ab", 400, "INVALID_DID"),
        ("did%253Aweb%253Aa", 400, "INVALID_DID"),
        ("%2E%2E/did:web:a", 400, "INVALID_DID"),
        ("did%3Aweb%3Aa.example%3Fservice%3D", 400, "INVALID_OPTIONS"),
        ("did%3Aweb%3Aa.example%2Fpath%3Fservice%3Dfiles", 400, "INVALID_OPTIONS"),
        ("did%3Aweb%3Aa.example%3FverificationRelationship%3DkeyAgreement", 501, "FEATURE_NOT_SUPPORTED"),
        ("did%3Aweb%3Aa.example%3Fa%3D%5B", 400, "INVALID_DID_URL"),
        ("did:web:a.example?versionNumber=0x1", 400, "INVALID_OPTIONS"),
        ("did:web:a.example?versionId=1&versionTime=2026-01-01T00:00:00Z", 400, "INVALID_OPTIONS"),
        ("did:web:a.example?expandRelativeUrls=true", 501, "FEATURE_NOT_SUPPORTED"),
    ] {
        let answer = resolve_at(&router, sent).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, name), "{sent}");
    }
    let long = format!("did%3Aweb%3A{}", "a".repeat(60_000));
    let answer = resolve_at(&router, &long).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "INVALID_DID"));
    assert!(resolver.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_error_repeats_nothing_that_was_sent() {
    let (_, router) = fixed(Err(ResolveError::NotFound));
    for sent in ["canary", "did:web:canary.example", "did:web:a?canary=1", "did%3Aweb%3Aa%2Fcanary"] {
        let answer = resolve_at(&router, sent).await;
        assert!(answer.status >= 400);
        assert!(!answer.body.to_string().contains("canary"), "{sent}");
    }
}

#[tokio::test]
async fn what_was_found_may_be_kept_for_a_while_and_errors_may_not() {
    let kept = |answer: &Answer| answer.headers["cache-control"].to_str().unwrap().to_owned();
    let (_, router) = fixed(Ok(found()));
    let answer = resolve_at(&router, "did:web:a.example").await;
    assert_eq!(kept(&answer), "public, max-age=60");
    assert_eq!(answer.headers["vary"], "accept");
    for (error, expected) in [
        (ResolveError::NotFound, "public, max-age=10"),
        (ResolveError::Unreachable, "no-store"),
        (ResolveError::Options, "no-store"),
    ] {
        let (_, router) = fixed(Err(error));
        assert_eq!(kept(&resolve_at(&router, "did:web:a.example").await), expected);
    }
    let router = served(Arc::new(did::SelfContainedResolver));
    assert_eq!(kept(&resolve_at(&router, KEY).await), "public, max-age=86400");
}

#[tokio::test]
async fn pages_of_any_origin_may_read_and_nothing_may_be_written() {
    let (_, router) = fixed(Ok(found()));
    let request =
        Request::get("/1.0/identifiers/did:web:a.example").header("origin", "https://other.example.org");
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert!(!response.headers().contains_key("access-control-allow-credentials"));
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let request = Request::builder().method(&method).uri("/1.0/identifiers/did:web:a.example");
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(response.headers()["allow"], "GET,HEAD");
    }
    let request = Request::head("/1.0/identifiers/did:web:a.example").body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(get(&router, "/1.0/identifiers/", None).await.status, 404);
    assert_eq!(get(&router, "/1.0/identifiers", None).await.status, 404);
}

#[tokio::test]
async fn a_client_over_its_budget_waits_and_the_health_is_told_all_the_same() {
    let resolver = Arc::new(Fixed { outcome: Ok(found()), asked: Mutex::default() });
    let router = router(Site::new(Arc::clone(&resolver) as _).with_budget(2));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let request = Request::get("/1.0/identifiers/did:web:a.example").body(Body::empty()).unwrap();
        statuses.push(router.clone().oneshot(request).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(resolver.asked.lock().unwrap().len(), 2);
    let request = Request::get("/healthz").body(Body::empty()).unwrap();
    assert_eq!(router.oneshot(request).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_host_is_called_no_more_often_than_its_budget_allows() {
    let spared = Spared::with_budget(Scripted::new(|_| Err(OutboundError::Unreachable)), 2);
    let call = |url: &str| spared.fetch(outbound::Request::get(url.parse().unwrap()));
    let mut errors = Vec::new();
    for _ in 0..3 {
        errors.push(call("https://a.example.org/x").await.unwrap_err());
    }
    let too_many = OutboundError::Status { status: StatusCode::TOO_MANY_REQUESTS };
    assert_eq!(errors, [OutboundError::Unreachable, OutboundError::Unreachable, too_many]);
    assert_eq!(call("https://b.example.org/x").await.unwrap_err(), OutboundError::Unreachable);
}

#[tokio::test]
async fn one_client_does_not_silence_a_host_for_others_by_asking_for_dids_that_do_not_exist() {
    let fetch = Scripted::new(|request| {
        let status = if request.url.path() == "/known" { StatusCode::OK } else { StatusCode::NOT_FOUND };
        Ok(outbound::Response::new(status, HeaderMap::new(), ""))
    });
    let spared = Spared::with_budget(fetch, 20);
    let call = |client: u8, path: String| {
        let url = format!("https://a.example.org/{path}").parse().unwrap();
        client::of([192, 0, 2, client].into(), async {
            spared.fetch(outbound::Request::get(url)).await.is_ok()
        })
    };
    assert!(call(1, "known".to_owned()).await);
    let mut answered = Vec::new();
    for client in 2..=5 {
        let mut of_client = 0;
        for place in 0..20 {
            of_client += u32::from(call(client, format!("x{place}")).await);
        }
        answered.push(of_client);
    }
    // A quarter each, and the last fifth is for what answered before.
    assert_eq!(answered, [5, 5, 5, 0]);
    assert!(!call(6, "unknown".to_owned()).await);
    assert!(call(6, "known".to_owned()).await);
}

#[tokio::test]
async fn one_client_does_not_take_all_the_room_with_hosts_that_trickle() {
    struct Never;
    impl Resolve for Never {
        fn resolve_version<'a>(
            &'a self,
            _: &'a Did,
            _: &'a Version,
        ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
            Box::pin(std::future::pending())
        }
    }
    let router = router(Site::new(Arc::new(Never)).with_budget(100));
    let ask = |client: u8| {
        let mut request = Request::get("/1.0/identifiers/did:web:a.example").body(Body::empty()).unwrap();
        let peer = std::net::SocketAddr::from(([192, 0, 2, client], 1));
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        tokio::spawn(router.clone().oneshot(request))
    };
    let waiting: Vec<_> = (0..5).map(|_| ask(1)).collect();
    tokio::task::yield_now().await;
    assert_eq!(ask(1).await.unwrap().unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
    let other = ask(2);
    tokio::task::yield_now().await;
    assert!(!other.is_finished(), "another client is answered as before");
    for waiting in waiting {
        waiting.abort();
        assert!(waiting.await.is_err());
    }
    let again = ask(1);
    tokio::task::yield_now().await;
    assert!(!again.is_finished(), "who goes may ask again");
}

#[tokio::test]
async fn a_zone_that_gives_one_host_a_name_for_every_call_is_spared_too() {
    let spared = Spared::with_budget(Scripted::new(|_| Err(OutboundError::Unreachable)), 2);
    let call = async |host: &str| {
        let url = format!("https://{host}/x");
        spared.fetch(outbound::Request::get(url.parse().unwrap())).await.unwrap_err()
    };
    // Of eight one is left for addresses that answered before.
    for name in 0..7 {
        assert_eq!(call(&format!("h{name}.deep.example.org")).await, OutboundError::Unreachable);
    }
    let too_many = OutboundError::Status { status: StatusCode::TOO_MANY_REQUESTS };
    for host in ["h8.deep.example.org", "example.org", "other.example.org."] {
        assert_eq!(call(host).await, too_many, "{host}");
    }
    assert_eq!(call("other.example.net").await, OutboundError::Unreachable);
}

#[tokio::test]
async fn the_health_is_told_while_logs_are_verified() {
    let key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
    let location = did::web::Location::new("a.example.org", None, &["m"]).unwrap();
    let document = |did: &Did| DocumentBuilder::new(did).build();
    let start = Timestamp::from_seconds(1_790_000_000);
    let inception = Inception { location: &location, document: &document, settings: Settings::default() };
    let Created { did, mut log, mut text } = webvh::create(&inception, &key, start).unwrap();
    for place in 1..200 {
        text.push_str(&log.append(&Update::default(), &key, start.plus(place)).unwrap());
    }
    let fetch =
        Scripted::new(move |_| Ok(outbound::Response::new(StatusCode::OK, HeaderMap::new(), text.clone())));
    let router = served(Arc::new(Resolver::new(Arc::new(fetch), Environment::system(), Keeping::nothing())));
    let sent = did.as_str().replace(':', "%3A");
    let finished = Mutex::new(Vec::new());
    let resolving = async {
        assert_eq!(resolve_at(&router, &sent).await.status, 200);
        finished.lock().unwrap().push("log");
    };
    let asking = async {
        assert_eq!(get(&router, "/healthz", None).await.status, 200);
        finished.lock().unwrap().push("health");
    };
    // One thread serves both, and the log comes first.
    tokio::join!(biased; resolving, asking);
    assert_eq!(*finished.lock().unwrap(), ["health", "log"]);
}

/// The fetching resolver with the client of production.
fn guarded() -> Router {
    let fetch = Spared::new(HttpClient::new(Policy::public()).unwrap());
    served(Arc::new(Resolver::new(Arc::new(fetch), Environment::system(), Keeping::nothing())))
}

#[tokio::test]
async fn names_of_machines_inside_are_not_called() {
    let router = guarded();
    for did in [
        "did:web:127.0.0.1",
        "did:web:10.0.0.1",
        "did:web:169.254.169.254:latest:meta-data",
        "did:web:2130706433",
        "did:web:0x7f.1",
        "did:web:%5B%3A%3A1%5D",
        "did:web:localhost",
        "did:web:user%40a.example.org",
        "did:web:a.example.org%2F..%2Fadmin",
        "did:webvh:QmfGEUAcMpzo25kF2Rhn8L5FAXysfGnkzjwdKoNPi615XQ:127.0.0.1",
    ] {
        let sent = did.replace('%', "%25").replace(':', "%3A");
        let answer = resolve_at(&router, &sent).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "INVALID_DID"), "{did}");
    }
    // Names of this machine are names; whoever serves strangers does not call them.
    for did in ["did:web:office.localhost", "did:web:office.localhost%253A9"] {
        let answer = resolve_at(&router, did).await;
        assert_eq!((answer.status, answer.error().as_str()), (500, "INTERNAL_ERROR"), "{did}");
    }
}

#[tokio::test]
async fn a_log_is_fetched_verified_and_served_in_every_version() {
    let key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
    let sign = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(2)).unwrap();
    let location = did::web::Location::new("a.example.org", None, &["m"]).unwrap();
    let document = move |did: &Did| {
        DocumentBuilder::new(did).key("sign", sign.public_jwk(), &[Relationship::Authentication]).build()
    };
    let start = Timestamp::from_seconds(1_790_000_000);
    let settings = Settings { ttl: Some(30), ..Settings::default() };
    let inception = Inception { location: &location, document: &document, settings };
    let Created { did, mut log, mut text } = webvh::create(&inception, &key, start).unwrap();
    text.push_str(&log.append(&Update::default(), &key, start.plus(60)).unwrap());
    let fetch =
        Scripted::new(move |_| Ok(outbound::Response::new(StatusCode::OK, HeaderMap::new(), text.clone())));
    let router = served(Arc::new(Resolver::new(Arc::new(fetch), Environment::system(), Keeping::default())));
    let sent = did.as_str().replace(':', "%3A");
    let answer = resolve_at(&router, &sent).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["didDocument"]["id"], did.as_str());
    assert!(answer.body["didDocumentMetadata"]["versionId"].as_str().unwrap().starts_with("2-"));
    assert_eq!(answer.headers["cache-control"], "public, max-age=30", "its controller says how long");
    let first = resolve_at(&router, &format!("{sent}?versionNumber=1")).await;
    assert!(first.body["didDocumentMetadata"]["versionId"].as_str().unwrap().starts_with("1-"));
    let third = resolve_at(&router, &format!("{sent}?versionNumber=3")).await;
    assert_eq!((third.status, third.error().as_str()), (404, "NOT_FOUND"));
    let key = resolve_at(&router, &format!("{KEY}?versionNumber=1")).await;
    assert_eq!((key.status, key.error().as_str()), (501, "FEATURE_NOT_SUPPORTED"));
    let other = resolve_at(&router, "did:ion:abc").await;
    assert_eq!((other.status, other.error().as_str()), (501, "METHOD_NOT_SUPPORTED"));
}
