//! Hosts that let a resolver wait, and a resolver that itself calls nobody.

use std::sync::atomic::{AtomicBool, Ordering};

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
    let rooms = (2 * LARGEST_LOG, PROOFS, Duration::from_millis(50));
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
