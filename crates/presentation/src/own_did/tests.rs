use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use did::web::Location;
use did::webvh::{Inception, LOG_FILE, Settings, WITNESS_FILE, check_parallel, create};
use did::{Did, Document, DocumentBuilder, Relationship};
use directory::OwnKey;
use environment::{ManualClock, SeededRandomness};
use jose::{Algorithm, Signer, SigningKey, jwt};
use serde_json::{Map, Value};
use tower::ServiceExt;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

fn key(algorithm: Algorithm, seed: u64) -> SigningKey {
    SigningKey::generate(algorithm, &SeededRandomness::new(seed)).unwrap()
}

fn place() -> Location {
    Location::new("kiln.example.org", None, &[]).unwrap()
}

/// The log of a space's DID, whose document names the did:web or does not.
fn own_log(named: bool) -> (Did, String) {
    let document = |did: &Did| {
        let builder = DocumentBuilder::new(did);
        let request = key(Algorithm::Es256, 1);
        let builder = builder.key("request", request.public_jwk(), &[Relationship::Authentication]);
        if named { builder.also_known_as(place().did_web()?.as_str()).build() } else { builder.build() }
    };
    let inception = Inception { location: &place(), document: &document, settings: Settings::default() };
    let created = create(&inception, &key(Algorithm::EdDsa, 2), NOW).unwrap();
    (created.did, created.text)
}

fn certificate(seconds: i64) -> String {
    let claims = Map::from_iter([("exp".to_owned(), Value::from(NOW.plus(seconds).seconds()))]);
    jwt::sign("rc-wrp+jwt", Map::new(), &claims, &key(Algorithm::Es256, 9)).unwrap()
}

struct World {
    identity: Identity,
    clock: Arc<ManualClock>,
    router: Router,
}

fn world(own: &OwnDid, did: &Did, registration: String) -> World {
    let signing = |seed, fragment| OwnKey {
        signer: Arc::new(key(Algorithm::Es256, seed)),
        key_id: did.with_fragment(fragment).unwrap(),
        chain: None.into(),
    };
    let identity = Identity {
        name: "Kiln".to_owned(),
        origin: "https://kiln.example.org".parse().unwrap(),
        request: signing(1, "request"),
        issuing: signing(2, "issuing"),
        log: signing(3, "log"),
        registration: registration.into(),
        did: did.clone(),
    };
    let clock = Arc::new(ManualClock::new(NOW));
    let environment = Environment::new(Arc::clone(&clock) as _, Arc::new(SeededRandomness::new(7)));
    let router = own.routes(&identity, &environment);
    World { identity, clock, router }
}

impl World {
    async fn get(&self, path: &str) -> (u16, String, Vec<u8>) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let media_type = response.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, media_type.unwrap_or_default(), body.to_vec())
    }
}

#[tokio::test]
async fn the_files_of_a_did_lie_where_its_readers_look() {
    let (did, log) = own_log(true);
    let own = OwnDid::new(log.clone(), Some(Bytes::from_static(b"[]")), NOW);
    let world = world(&own, &did, certificate(90_000));
    assert_eq!(place().file_path(LOG_FILE), "/.well-known/did.jsonl");
    assert_eq!(
        world.get(&place().file_path(LOG_FILE)).await,
        (200, LOG.to_owned(), log.clone().into_bytes())
    );
    let proofs = world.get(&place().file_path(WITNESS_FILE)).await;
    assert_eq!(proofs, (200, "application/json".to_owned(), b"[]".to_vec()));
    let (status, media_type, body) = world.get("/.well-known/did.json").await;
    assert_eq!((status, media_type.as_str()), (200, "application/did"));
    let web = Document::from_json(&body).unwrap();
    let webvh = Log::verify(log.as_bytes(), NOW).unwrap().resolve(&did, &Version::Latest).unwrap().document;
    assert_eq!(check_parallel(&webvh, &web), Ok(()));
    let whois = did::webvh::resource_url(&webvh, "/whois").unwrap();
    let path = whois.strip_prefix("https://kiln.example.org").unwrap();
    let (status, media_type, _) = world.get(path).await;
    assert_eq!((status, media_type.as_str()), (200, "application/vp"));
}

#[tokio::test]
async fn what_there_is_not_is_not_found() {
    let (did, log) = own_log(false);
    let world = world(&OwnDid::new(log, None, NOW), &did, certificate(0));
    for path in [
        "/.well-known/did-witness.json",
        "/.well-known/did.json",
        "/whois.vp",
        "/.well-known/whois.vp",
        "/did.jsonl",
        "/did.json",
    ] {
        assert_eq!(world.get(path).await.0, 404, "{path}");
    }
    let request = Request::builder().method(Method::POST).uri("/whois.vp").body(Body::empty()).unwrap();
    assert_eq!(world.router.clone().oneshot(request).await.unwrap().status().as_u16(), 405);
}

#[tokio::test]
async fn what_a_party_tells_is_made_anew_by_the_hour_and_when_its_certificate_is_renewed_or_ends() {
    let (did, log) = own_log(true);
    let world = world(&OwnDid::new(log, None, NOW), &did, certificate(5_000));
    let first = world.get("/whois.vp").await.2;
    world.clock.advance(3_599);
    assert_eq!(world.get("/whois.vp").await.2, first, "nobody makes us sign for every question");
    world.clock.advance(1);
    let second = world.get("/whois.vp").await.2;
    assert_ne!(second, first);
    world.clock.advance(1_399);
    assert_eq!(world.get("/whois.vp").await.2, second);
    world.clock.advance(1);
    assert_eq!(world.get("/whois.vp").await.0, 404, "the certificate has ended");
    world.identity.registration.replace(certificate(20_000));
    assert_eq!(world.get("/whois.vp").await.0, 200, "at once, not after an hour");
}
