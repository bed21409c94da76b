mod attacks;
mod meanwhile;
mod rooms;

use std::collections::HashMap;
use std::sync::Mutex;

use did::webvh::{Created, Inception, Settings, Update, witness};
use did::{DocumentBuilder, Relationship};
use environment::{ManualClock, SeededRandomness, SystemRandomness, Timestamp};
use http::{HeaderMap, StatusCode};
use jose::{Algorithm, Signer, SigningKey};
use outbound::{OutboundError, Response, Scripted};

use super::*;

const START: Timestamp = Timestamp::from_seconds(1_790_000_000);

type Files = Arc<Mutex<HashMap<String, Vec<u8>>>>;

struct World {
    files: Files,
    calls: Arc<Scripted>,
    clock: Arc<ManualClock>,
    resolver: Resolver,
}

fn world(keeping: Keeping) -> World {
    let files = Files::default();
    let served = Arc::clone(&files);
    let calls = Arc::new(Scripted::new(move |request| {
        let files = served.lock().unwrap();
        match files.get(request.url.as_str()) {
            Some(body) if body == b"redirect" => Err(OutboundError::Redirected { status: StatusCode::FOUND }),
            Some(body) if body.len() > request.limit => Err(OutboundError::TooLarge { limit: request.limit }),
            Some(body) => Ok(Response::new(StatusCode::OK, HeaderMap::new(), body.clone())),
            None => Ok(Response::new(StatusCode::NOT_FOUND, HeaderMap::new(), "")),
        }
    }));
    let clock = Arc::new(ManualClock::new(START.plus(1_000)));
    let environment = Environment::new(Arc::clone(&clock) as _, Arc::new(SystemRandomness));
    let resolver = Resolver::new(Arc::clone(&calls) as _, environment, keeping);
    World { files, calls, clock, resolver }
}

impl World {
    fn serve(&self, url: &str, body: impl Into<Vec<u8>>) {
        self.files.lock().unwrap().insert(url.to_owned(), body.into());
    }

    fn called(&self) -> Vec<String> {
        self.calls.calls().iter().map(|request| request.url.to_string()).collect()
    }
}

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(seed)).unwrap()
}

fn created(host: &str, settings: Settings) -> Created {
    let location = did::web::Location::new(host, None, &["m"]).unwrap();
    let sign = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(9)).unwrap();
    let document = move |did: &Did| {
        DocumentBuilder::new(did).key("sign", sign.public_jwk(), &[Relationship::Authentication]).build()
    };
    webvh::create(&Inception { location: &location, document: &document, settings }, &key(1), START).unwrap()
}

#[tokio::test]
async fn a_did_web_is_fetched_from_its_host_and_must_be_of_that_did() {
    let world = world(Keeping::default());
    let did = Did::parse("did:web:harbour.example.org").unwrap();
    let url = "https://harbour.example.org/.well-known/did.json";
    world.serve(url, r#"{"id":"did:web:harbour.example.org"}"#);
    assert_eq!(world.resolver.resolve(&did).await.unwrap().document.id(), &did);
    assert_eq!(world.called(), [url]);
    assert_eq!(world.resolver.resolve_version(&did, &Version::Number(1)).await, Err(ResolveError::Feature));
    let other = Did::parse("did:web:kiln.example.org").unwrap();
    world.serve("https://kiln.example.org/.well-known/did.json", r#"{"id":"did:web:harbour.example.org"}"#);
    assert_eq!(
        world.resolver.resolve(&other).await,
        Err(ResolveError::Document(did::DocumentError::OtherId))
    );
}

#[tokio::test]
async fn a_log_without_witnesses_is_one_call_and_is_kept() {
    let world = world(Keeping::default());
    let Created { did, text, .. } = created("harbour.example.org", Settings::default());
    world.serve("https://harbour.example.org/m/did.jsonl", text);
    for _ in 0..3 {
        assert!(world.resolver.resolve(&did).await.is_ok());
    }
    assert!(world.resolver.resolve_version(&did, &Version::Number(1)).await.is_ok());
    assert_eq!(world.called(), ["https://harbour.example.org/m/did.jsonl"]);
    world.clock.advance(300);
    assert!(world.resolver.resolve(&did).await.is_ok());
    assert_eq!(world.called().len(), 2);
}

#[tokio::test]
async fn development_names_are_asked_over_http() {
    let world = world(Keeping::default());
    let Created { did, text, .. } = created("harbour.localhost", Settings::default());
    world.serve("http://harbour.localhost/m/did.jsonl", text);
    assert!(world.resolver.resolve(&did).await.is_ok());
}

#[tokio::test]
async fn names_of_this_machine_that_may_not_be_called_are_refused_with_the_flag_that_opens_them() {
    let refusing = |error: OutboundError| {
        let calls = Arc::new(Scripted::new(move |_| Err(error.clone())));
        let environment =
            Environment::new(Arc::new(ManualClock::new(START)) as _, Arc::new(SystemRandomness));
        (Arc::clone(&calls), Resolver::new(calls as _, environment, Keeping::default()))
    };
    let here = [
        created("harbour.localhost", Settings::default()).did,
        Did::parse("did:web:harbour.localhost%3A8080").unwrap(),
    ];
    let elsewhere = created("harbour.example.org", Settings::default()).did;
    for error in [OutboundError::InsecureScheme, OutboundError::ForbiddenAddress] {
        let (calls, resolver) = refusing(error);
        for did in &here {
            let refused = resolver.resolve(did).await;
            assert_eq!(refused, Err(ResolveError::Development));
            assert!(refused.unwrap_err().to_string().contains("--development"));
        }
        assert_eq!(resolver.resolve(&elsewhere).await, Err(ResolveError::Unreachable));
        assert_eq!(calls.calls().len(), 3);
    }
    // Opened, and nobody listens.
    let (_, resolver) = refusing(OutboundError::Unreachable);
    assert_eq!(resolver.resolve(&here[0]).await, Err(ResolveError::Unreachable));
}

#[tokio::test]
async fn proofs_of_witnesses_are_fetched_when_the_log_asks_and_only_then() {
    let world = world(Keeping::default());
    let witness_did = did::key::did(key(5).public_jwk()).unwrap();
    let witnesses = witness::Witnesses::new(1, &[witness_did]).unwrap();
    let created =
        created("harbour.example.org", Settings { witness: Some(witnesses), ..Settings::default() });
    world.serve("https://harbour.example.org/m/did.jsonl", created.text);
    let missing = ResolveError::Log(LogError::Witness(webvh::WitnessFault::Missing));
    assert_eq!(world.resolver.resolve(&created.did).await, Err(missing));
    let approval = witness::approve(created.log.version_id().unwrap(), &key(5), START).unwrap();
    world.serve("https://harbour.example.org/m/did-witness.json", format!("[{approval}]"));
    world.clock.advance(5);
    assert!(world.resolver.resolve(&created.did).await.is_ok(), "what did not verify was not kept for long");
    assert_eq!(world.called().last().unwrap(), "https://harbour.example.org/m/did-witness.json");
}

#[tokio::test]
async fn a_log_that_grew_is_answered_with_what_was_approved_of_it() {
    let world = world(Keeping::default());
    let witnesses = witness::Witnesses::new(1, &[did::key::did(key(5).public_jwk()).unwrap()]).unwrap();
    let settings = Settings { witness: Some(witnesses), ..Settings::default() };
    let mut created = created("harbour.example.org", settings);
    let serve = |log: &str, approved: &[&str]| {
        let approvals = approved.iter().map(|version| witness::approve(version, &key(5), START).unwrap());
        let proofs = serde_json::Value::from_iter(approvals).to_string();
        world.serve("https://harbour.example.org/m/did.jsonl", log);
        world.serve("https://harbour.example.org/m/did-witness.json", proofs);
        world.clock.advance(301);
    };
    let number = |found: Resolution| found.metadata.version_id.unwrap().split('-').next().unwrap().to_owned();
    let first = created.log.version_id().unwrap().to_owned();
    serve(&created.text, &[&first]);
    assert_eq!(number(world.resolver.resolve(&created.did).await.unwrap()), "1");
    created.text.push_str(&created.log.append(&Update::default(), &key(1), START.plus(1)).unwrap());
    let second = created.log.version_id().unwrap().to_owned();
    serve(&created.text, &[&first]);
    let lacking = webvh::WitnessFault::Threshold { number: 2, approvals: 0, threshold: 1 };
    let refused = Err(ResolveError::Log(LogError::Witness(lacking)));
    assert_eq!(world.resolver.resolve(&created.did).await, refused);
    let old = world.resolver.resolve_version(&created.did, &Version::Number(1)).await;
    assert_eq!(number(old.unwrap()), "1", "what was approved before the end still answers");
    let unapproved = world.resolver.resolve_version(&created.did, &Version::Number(2)).await;
    assert_eq!(unapproved, refused);
    serve(&created.text, &[&second]);
    assert_eq!(number(world.resolver.resolve(&created.did).await.unwrap()), "2");
}

#[tokio::test]
async fn absence_is_remembered_for_a_short_time() {
    let world = world(Keeping::default());
    let Created { did, text, .. } = created("harbour.example.org", Settings::default());
    assert_eq!(world.resolver.resolve(&did).await, Err(ResolveError::NotFound));
    world.serve("https://harbour.example.org/m/did.jsonl", text);
    assert_eq!(world.resolver.resolve(&did).await, Err(ResolveError::NotFound));
    world.clock.advance(10);
    assert!(world.resolver.resolve(&did).await.is_ok());
}

#[tokio::test]
async fn redirects_and_answers_that_are_too_large_are_no_answers() {
    let world = world(Keeping::default());
    let did = Did::parse("did:web:harbour.example.org").unwrap();
    world.serve("https://harbour.example.org/.well-known/did.json", "redirect");
    assert_eq!(world.resolver.resolve(&did).await, Err(ResolveError::Unreachable));
    let did = Did::parse("did:web:kiln.example.org").unwrap();
    world.serve("https://kiln.example.org/.well-known/did.json", vec![b' '; LARGEST_DOCUMENT + 1]);
    assert_eq!(world.resolver.resolve(&did).await, Err(ResolveError::Unreachable));
}

#[tokio::test]
async fn a_log_and_the_proofs_of_its_witnesses_are_fetched_within_limits_and_never_from_elsewhere() {
    let (log, proofs) =
        ("https://harbour.example.org/m/did.jsonl", "https://harbour.example.org/m/did-witness.json");
    let witnesses = witness::Witnesses::new(1, &[did::key::did(key(5).public_jwk()).unwrap()]).unwrap();
    let settings = || Settings { witness: Some(witnesses.clone()), ..Settings::default() };
    let Created { did, text, log: written } = created("harbour.example.org", settings());
    let approval = witness::approve(written.version_id().unwrap(), &key(5), START).unwrap();
    let (text, approvals) = (text.into_bytes(), format!("[{approval}]").into_bytes());
    let padded = |bytes: &[u8], to: usize| {
        let mut bytes = bytes.to_vec();
        bytes.resize(to, b' ');
        bytes
    };
    let largest = witness::LARGEST_FILE;
    for (case, served, proven, expected) in [
        ("a redirect instead of the log", b"redirect".to_vec(), approvals.clone(), false),
        ("a log beyond the limit", padded(&text, LARGEST_LOG + 1), approvals.clone(), false),
        ("a redirect instead of the proofs", text.clone(), b"redirect".to_vec(), false),
        ("proofs beyond the limit", text.clone(), padded(&approvals, largest + 1), false),
        ("proofs at the limit", text.clone(), padded(&approvals, largest), true),
    ] {
        let world = world(Keeping::nothing());
        world.serve(log, served);
        world.serve(proofs, proven);
        let found = world.resolver.resolve(&did).await.map(drop);
        assert_eq!(found, if expected { Ok(()) } else { Err(ResolveError::Unreachable) }, "{case}");
        for call in world.calls.calls() {
            let most = [(log, LARGEST_LOG), (proofs, largest)]
                .into_iter()
                .find(|(url, _)| call.url.as_str() == *url);
            let (_, most) = most.expect("nothing else is called");
            assert!([USUAL, most].contains(&call.limit), "{case}");
            assert_eq!(call.headers[http::header::CONNECTION], "close", "{case}");
        }
    }
}

#[tokio::test]
async fn an_old_version_is_given_although_the_end_of_the_log_is_broken() {
    let world = world(Keeping::default());
    let mut created = created("harbour.example.org", Settings::default());
    let line = created.log.append(&Update::default(), &key(1), START.plus(1)).unwrap();
    created.text.push_str(&line.replace("harbour", "horbour"));
    world.serve("https://harbour.example.org/m/did.jsonl", created.text);
    assert!(matches!(world.resolver.resolve(&created.did).await, Err(ResolveError::Log(_))));
    assert!(world.resolver.resolve_version(&created.did, &Version::Number(1)).await.is_ok());
    assert!(world.resolver.resolve_version(&created.did, &Version::Number(2)).await.is_err());
}

#[tokio::test]
async fn a_ttl_of_zero_is_not_kept_for_long_and_the_number_kept_is_bounded() {
    let world = world(Keeping { entries: 2, ..Keeping::default() });
    let zero = created("zero.example.org", Settings { ttl: Some(0), ..Settings::default() });
    world.serve("https://zero.example.org/m/did.jsonl", zero.text);
    for _ in 0..2 {
        assert!(world.resolver.resolve(&zero.did).await.is_ok());
        world.clock.advance(5);
    }
    assert_eq!(world.called().len(), 2);
    let dids: Vec<Did> = ["a.example.org", "b.example.org", "c.example.org"]
        .iter()
        .map(|host| {
            let Created { did, text, .. } = created(host, Settings::default());
            world.serve(&format!("https://{host}/m/did.jsonl"), text);
            did
        })
        .collect();
    for did in &dids {
        assert!(world.resolver.resolve(did).await.is_ok());
        world.clock.advance(1);
    }
    let before = world.called().len();
    assert!(world.resolver.resolve(&dids[2]).await.is_ok());
    assert_eq!(world.called().len(), before, "the newest are kept");
    assert!(world.resolver.resolve(&dids[0]).await.is_ok());
    assert_eq!(world.called().len(), before + 1, "the oldest made room");
}

#[tokio::test]
async fn other_methods_are_not_resolved_and_self_contained_ones_need_no_call() {
    let world = world(Keeping::nothing());
    let did = did::key::did(key(1).public_jwk()).unwrap();
    assert!(world.resolver.resolve(&did).await.is_ok());
    let other = Did::parse("did:ion:abc").unwrap();
    assert_eq!(world.resolver.resolve(&other).await, Err(ResolveError::Method));
    let address = Did::parse("did:web:127.0.0.1").unwrap();
    assert!(matches!(world.resolver.resolve(&address).await, Err(ResolveError::Location(_))));
    assert!(world.called().is_empty());
}

#[tokio::test]
async fn a_host_takes_nothing_back_that_was_served_and_puts_nothing_else_in_its_place() {
    let world = world(Keeping::default());
    let next = webvh::KeyHash::of(key(2).public_jwk());
    let created = created(
        "office.example.org",
        Settings { portable: true, next_keys: vec![next], ..Settings::default() },
    );
    let url = "https://office.example.org/m/did.jsonl";
    let update = |ttl| Update {
        next_keys: Some(vec![webvh::KeyHash::of(key(3).public_jwk())]),
        ttl: Some(ttl),
        ..Update::default()
    };
    let mut log = created.log.clone();
    let line = log.append(&update(60), &key(2), START.plus(10)).unwrap();
    let whole = format!("{}{line}", created.text);
    let parted = created.log.clone().append(&update(90), &key(2), START.plus(10)).unwrap();
    let parted = format!("{}{parted}", created.text);
    world.serve(url, whole.clone());
    world.resolver.resolve(&created.did).await.unwrap();
    // Also when it served nothing in between.
    for served in [Some(created.text.clone()), Some(parted), None, Some(created.text.clone())] {
        world.clock.advance(4_000);
        match served {
            Some(text) => {
                world.serve(url, text);
                let refused = world.resolver.resolve(&created.did).await;
                assert_eq!(refused, Err(ResolveError::Log(LogError::OtherHistory)));
            }
            None => {
                world.files.lock().unwrap().clear();
                assert_eq!(world.resolver.resolve(&created.did).await, Err(ResolveError::NotFound));
            }
        }
    }
    world.clock.advance(4_000);
    let longer =
        log.append(&Update { next_keys: Some(Vec::new()), ..Update::default() }, &key(3), START.plus(20));
    world.serve(url, format!("{whole}{}", longer.unwrap()));
    let found = world.resolver.resolve(&created.did).await.unwrap();
    assert!(found.metadata.version_id.unwrap().starts_with("3-"));
    // Who keeps nothing cannot see it.
    let forgetful = self::world(Keeping::nothing());
    forgetful.serve(url, whole);
    forgetful.resolver.resolve(&created.did).await.unwrap();
    forgetful.serve(url, created.text.clone());
    assert!(forgetful.resolver.resolve(&created.did).await.is_ok());
}
