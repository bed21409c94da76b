//! Hosts that let a resolver wait, and a resolver that itself calls nobody.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use outbound::Fetching;

use super::*;

/// A host that serves one log as long as it answers; when it does not, calls hang.
struct Host {
    log: String,
    answers: AtomicBool,
    calls: Mutex<usize>,
}

impl Fetch for Host {
    fn fetch(&self, _: Request) -> Fetching<'_> {
        *self.calls.lock().unwrap() += 1;
        if !self.answers.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        let served = Response::new(StatusCode::OK, HeaderMap::new(), self.log.clone());
        Box::pin(std::future::ready(Ok(served)))
    }
}

#[tokio::test]
async fn hosts_that_trickle_do_not_make_more_texts_be_held_than_there_is_room_for() {
    let Created { did, text, .. } = created("harbour.example.org", Settings::default());
    let host = Arc::new(Host { log: text, answers: AtomicBool::new(false), calls: Mutex::default() });
    let environment =
        Environment::new(Arc::new(ManualClock::new(START.plus(1_000))), Arc::new(SystemRandomness));
    let rooms = (2 * USUAL, PROOFS, Duration::from_millis(50));
    let resolver = Resolver::with_room(Arc::clone(&host) as _, environment, Keeping::default(), rooms);
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let (resolver, did) = (resolver.clone(), did.clone());
            tokio::spawn(async move { resolver.resolve(&did).await })
        })
        .collect();
    while *host.calls.lock().unwrap() < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..3 {
        assert_eq!(resolver.resolve(&did).await, Err(ResolveError::Busy));
    }
    assert_eq!(*host.calls.lock().unwrap(), 2, "nobody was called without room for the answer");
    // Who goes gives the room back, and that there was none is not remembered.
    for waiting in waiting {
        waiting.abort();
        assert!(waiting.await.is_err());
    }
    host.answers.store(true, Ordering::SeqCst);
    assert!(resolver.resolve(&did).await.is_ok());
}

/// A host that serves `body` to who allows for it, and lets others wait once it has heard them.
struct Large {
    body: String,
    limits: Mutex<Vec<usize>>,
    lets_wait: bool,
}

impl Fetch for Large {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        self.limits.lock().unwrap().push(request.limit);
        if self.lets_wait {
            return Box::pin(std::future::pending());
        }
        let outcome = if self.body.len() > request.limit {
            Err(OutboundError::TooLarge { limit: request.limit })
        } else {
            Ok(Response::new(StatusCode::OK, HeaderMap::new(), self.body.clone()))
        };
        Box::pin(std::future::ready(outcome))
    }
}

fn at_large(body: String, lets_wait: bool, texts: usize) -> (Arc<Large>, Resolver) {
    let host = Arc::new(Large { body, limits: Mutex::default(), lets_wait });
    let environment =
        Environment::new(Arc::new(ManualClock::new(START.plus(1_000))), Arc::new(SystemRandomness));
    let rooms = (texts, PROOFS, Duration::from_millis(50));
    (Arc::clone(&host), Resolver::with_room(host, environment, Keeping::nothing(), rooms))
}

#[tokio::test]
async fn a_host_that_only_lets_wait_takes_the_room_of_a_usual_log_and_not_of_the_largest() {
    let did = Did::parse("did:web:slow.example.org").unwrap();
    let (host, resolver) = at_large(String::new(), true, LARGEST_LOG);
    let places = LARGEST_LOG / USUAL;
    for _ in 0..places {
        let (resolver, did) = (resolver.clone(), did.clone());
        tokio::spawn(async move { resolver.resolve(&did).await });
    }
    while host.limits.lock().unwrap().len() < places {
        tokio::task::yield_now().await;
    }
    assert_eq!(*host.limits.lock().unwrap(), vec![USUAL; places]);
    assert_eq!(resolver.resolve(&did).await, Err(ResolveError::Busy));
}

/// A host that announces the largest log and serves nothing of it.
struct Announcing(Mutex<Vec<usize>>);

impl Fetch for Announcing {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        self.0.lock().unwrap().push(request.limit);
        if request.length_disbelieved || request.limit >= LARGEST_LOG {
            return Box::pin(std::future::pending());
        }
        Box::pin(std::future::ready(Err(OutboundError::TooLarge { limit: request.limit })))
    }
}

#[tokio::test]
async fn a_host_that_announces_a_large_log_and_serves_nothing_does_not_get_the_room_for_it() {
    let did = created("harbour.example.org", Settings::default()).did;
    let host = Arc::new(Announcing(Mutex::default()));
    let environment =
        Environment::new(Arc::new(ManualClock::new(START.plus(1_000))), Arc::new(SystemRandomness));
    let resolver = Resolver::new(Arc::clone(&host) as _, environment, Keeping::nothing());
    let mut resolving = Box::pin(resolver.resolve(&did));
    for _ in 0..3 {
        let polled = poll_fn(|context| Poll::Ready(resolving.as_mut().poll(context))).await;
        assert!(polled.is_pending());
    }
    assert_eq!(*host.0.lock().unwrap(), [USUAL]);
}

#[tokio::test]
async fn what_is_larger_than_usual_is_asked_for_once_more_and_beyond_the_largest_no_more() {
    let did = Did::parse("did:web:large.example.org").unwrap();
    let document = |padding: usize| {
        format!(
            "{{\"id\":\"{did}\",\"alsoKnownAs\":[\"https://large.example.org/{}\"]}}",
            "a".repeat(padding)
        )
    };
    for (padding, limits, resolves) in [
        (USUAL / 2, vec![USUAL], true),
        (USUAL, vec![USUAL, LARGEST_DOCUMENT], true),
        (LARGEST_DOCUMENT, vec![USUAL, LARGEST_DOCUMENT], false),
    ] {
        let (host, resolver) = at_large(document(padding), false, TEXTS);
        assert_eq!(resolver.resolve(&did).await.is_ok(), resolves, "{padding}");
        assert_eq!(*host.limits.lock().unwrap(), limits);
    }
}

#[tokio::test]
async fn a_refusal_of_our_own_is_not_remembered_as_one_of_the_host() {
    let Created { did, text, .. } = created("harbour.example.org", Settings::default());
    let spares = Arc::new(AtomicBool::new(true));
    let spared = Arc::clone(&spares);
    let calls = Arc::new(Scripted::new(move |_| {
        if spared.load(Ordering::SeqCst) {
            return Err(OutboundError::Status { status: StatusCode::TOO_MANY_REQUESTS });
        }
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), text.clone()))
    }));
    let environment =
        Environment::new(Arc::new(ManualClock::new(START.plus(1_000))), Arc::new(SystemRandomness));
    let resolver = Resolver::new(calls, environment, Keeping::default());
    assert_eq!(resolver.resolve(&did).await, Err(ResolveError::Busy));
    spares.store(false, Ordering::SeqCst);
    assert!(resolver.resolve(&did).await.is_ok(), "within the time in which an absence is remembered");
}
