//! What hosts and strangers do to a resolver that keeps logs.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::thread::available_parallelism;

use did::DocumentBuilder;
use serde_json::{Value, json};

use super::*;

const URL: &str = "https://harbour.example.org/m/did.jsonl";

/// A log whose document has one more member.
fn with_member(host: &str, settings: Settings, value: &Value) -> Created {
    let location = did::web::Location::new(host, None, &["m"]).unwrap();
    let document = |did: &Did| {
        let mut members = DocumentBuilder::new(did).build()?.members().clone();
        members.insert("x".to_owned(), value.clone());
        Document::from_value(Value::Object(members))
    };
    webvh::create(&Inception { location: &location, document: &document, settings }, &key(1), START).unwrap()
}

fn zeros(bytes: usize) -> Value {
    Value::from(vec![0; bytes / 2])
}

#[tokio::test]
async fn a_host_that_once_served_the_log_of_another_did_does_not_make_its_did_unresolvable() {
    let world = world(Keeping::default());
    let right = created("harbour.example.org", Settings::default());
    // The same place, another SCID: a valid log, and not the one that was asked for.
    let wrong = created("harbour.example.org", Settings { portable: true, ..Settings::default() });
    assert_ne!(right.did, wrong.did);
    world.serve(URL, wrong.text.clone());
    let refused = world.resolver.resolve(&right.did).await;
    assert_eq!(refused, Err(ResolveError::Log(LogError::OtherDid)));
    world.serve(URL, right.text);
    world.clock.advance(301);
    assert_eq!(world.resolver.resolve(&right.did).await.unwrap().document.id(), &right.did);
    // What was seen counts on: the wrong log does not take its place.
    world.serve(URL, wrong.text);
    world.clock.advance(301);
    assert_eq!(world.resolver.resolve(&right.did).await, Err(ResolveError::Log(LogError::OtherDid)));
}

#[tokio::test]
async fn a_log_is_verified_beside_the_tasks_that_answer() {
    let world = world(Keeping::nothing());
    // Large enough that it cannot be verified while this task looks away for a moment.
    let Created { did, text, .. } =
        with_member("harbour.example.org", Settings::default(), &Value::from("x".repeat(400 << 10)));
    world.serve(URL, text);
    let mut resolving = pin!(world.resolver.resolve(&did));
    let first = poll_fn(|context| Poll::Ready(resolving.as_mut().poll(context))).await;
    assert!(first.is_pending(), "the host answered at once, and still others had their turn");
    assert!(resolving.await.is_ok());
}

#[tokio::test]
async fn what_is_large_is_answered_beside_the_tasks_that_answer_also_when_it_is_kept() {
    let world = world(Keeping::default());
    for (size, is_beside) in [(60_000, true), (600, false)] {
        let Created { did, text, .. } =
            with_member("harbour.example.org", Settings::default(), &json!(vec![0; size]));
        world.serve(URL, text);
        assert!(world.resolver.resolve(&did).await.is_ok());
        let called = world.called().len();
        // As long as others have all the turns, what is made in one has to wait.
        let mut turns = Vec::new();
        for _ in 0..available_parallelism().unwrap().get() {
            turns.push(world.resolver.0.workers.turn().await.unwrap());
        }
        let mut resolving = pin!(world.resolver.resolve(&did));
        let first = poll_fn(|context| Poll::Ready(resolving.as_mut().poll(context))).await;
        assert_eq!(first.is_pending(), is_beside, "{size}");
        drop(turns);
        if first.is_pending() {
            assert!(resolving.await.is_ok());
        }
        assert_eq!(world.called().len(), called, "it was kept");
    }
}

#[tokio::test]
async fn a_log_larger_than_any_of_the_network_is_not_read_for_strangers() {
    let world = world(Keeping::default());
    let Created { did, text, .. } =
        with_member("harbour.example.org", Settings::default(), &Value::from("x".repeat(1 << 20)));
    world.serve(URL, text);
    assert_eq!(world.resolver.resolve(&did).await, Err(ResolveError::Unreachable));
    let Created { did, text, .. } =
        with_member("harbour.example.org", Settings::default(), &Value::from("x".repeat(400 << 10)));
    world.serve(URL, text);
    assert!(world.resolver.resolve(&did).await.is_ok());
}

#[tokio::test]
async fn small_text_that_becomes_large_in_memory_is_refused() {
    let world = world(Keeping::default());
    for value in [zeros(380 << 10), json!(vec![json!({"": 0}); (450 << 10) / 7])] {
        let Created { did, text, .. } = with_member("harbour.example.org", Settings::default(), &value);
        world.serve(URL, text);
        let refused = world.resolver.resolve(&did).await;
        assert_eq!(refused, Err(ResolveError::Log(LogError::TooLarge)));
    }
}

#[tokio::test]
async fn a_log_that_may_not_be_kept_or_is_broken_is_not_verified_for_every_question() {
    let world = world(Keeping::default());
    let zero = created("harbour.example.org", Settings { ttl: Some(0), ..Settings::default() });
    world.serve(URL, zero.text.clone());
    for _ in 0..100 {
        assert!(world.resolver.resolve(&zero.did).await.is_ok());
    }
    assert_eq!(world.called().len(), 1);
    world.serve(URL, zero.text.replace("authentication", "assertionMethod"));
    world.clock.advance(5);
    for _ in 0..100 {
        assert!(matches!(world.resolver.resolve(&zero.did).await, Err(ResolveError::Log(_))));
        let old = world.resolver.resolve_version(&zero.did, &Version::Number(1)).await;
        assert!(matches!(old, Err(ResolveError::Log(_))));
    }
    assert_eq!(world.called().len(), 2);
    // Mended, it is seen soon.
    world.serve(URL, zero.text);
    world.clock.advance(5);
    assert!(world.resolver.resolve(&zero.did).await.is_ok());
}

#[tokio::test]
async fn what_is_kept_is_counted_as_it_lies_in_memory() {
    let world = world(Keeping { bytes: 10 << 20, ..Keeping::default() });
    let mut dids = Vec::new();
    for place in 0..6 {
        let host = format!("h{place}.example.org");
        let Created { did, text, .. } = with_member(&host, Settings::default(), &zeros(100 << 10));
        assert!(text.len() < 110 << 10, "all six are less than a tenth of what may be kept, as text");
        world.serve(&format!("https://{host}/m/did.jsonl"), text);
        assert!(world.resolver.resolve(&did).await.is_ok());
        world.clock.advance(1);
        dids.push(did);
    }
    assert!(world.resolver.resolve(&dids[5]).await.is_ok());
    // Each is larger than usual, which takes a second call.
    assert_eq!(world.called().len(), 2 * 6, "the newest is kept");
    assert!(world.resolver.resolve(&dids[0]).await.is_ok());
    assert_eq!(world.called().len(), 2 * 7, "the oldest made room");
}

#[tokio::test]
async fn asking_for_many_dids_without_a_log_does_not_make_a_seen_log_forgotten() {
    let world = world(Keeping { entries: 4, ..Keeping::default() });
    let mut created = created("harbour.example.org", Settings::default());
    let first = created.text.clone();
    created.text.push_str(&created.log.append(&Update::default(), &key(1), START.plus(1)).unwrap());
    world.serve(URL, created.text);
    assert!(world.resolver.resolve(&created.did).await.is_ok());
    world.clock.advance(301);
    for place in 0..20 {
        let did = Did::parse(&format!("did:web:h{place}.example.org")).unwrap();
        if place % 2 == 0 {
            let url = format!("https://h{place}.example.org/.well-known/did.json");
            world.serve(&url, format!(r#"{{"id":"{did}"}}"#));
        }
        assert_eq!(world.resolver.resolve(&did).await.is_ok(), place % 2 == 0);
    }
    world.serve(URL, first);
    let refused = world.resolver.resolve(&created.did).await;
    assert_eq!(refused, Err(ResolveError::Log(LogError::OtherHistory)));
}
