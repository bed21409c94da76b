//! What several who ask for one DID at the same time find, when its host answers them in another order.

use outbound::Fetching;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

type Outcome = Result<Response, OutboundError>;

/// Hosts that answer each call when the test says so.
#[derive(Default)]
struct Prompted(Mutex<Vec<(String, Option<oneshot::Sender<Outcome>>)>>);

impl Fetch for Prompted {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        let (sender, receiver) = oneshot::channel();
        self.0.lock().unwrap().push((request.url.path().to_owned(), Some(sender)));
        Box::pin(async move { receiver.await.unwrap() })
    }
}

struct Scene {
    hosts: Arc<Prompted>,
    clock: Arc<ManualClock>,
    resolver: Resolver,
    did: Did,
}

fn scene(did: &Did) -> Scene {
    let hosts = Arc::new(Prompted::default());
    let clock = Arc::new(ManualClock::new(START.plus(1_000)));
    let environment = Environment::new(Arc::clone(&clock) as _, Arc::new(SystemRandomness));
    let resolver = Resolver::new(Arc::clone(&hosts) as _, environment, Keeping::default());
    Scene { hosts, clock, resolver, did: did.clone() }
}

impl Scene {
    /// Somebody asks, whose call is the one after `calls`.
    async fn asks(&self, calls: usize) -> JoinHandle<Result<Resolution, ResolveError>> {
        let (resolver, did) = (self.resolver.clone(), self.did.clone());
        let asking = tokio::spawn(async move { resolver.resolve(&did).await });
        self.called(calls + 1, ".jsonl").await;
        asking
    }

    /// Waits until there were so many calls; the last one was for this.
    async fn called(&self, calls: usize, what: &str) {
        while self.calls() < calls {
            tokio::task::yield_now().await;
        }
        let last = self.hosts.0.lock().unwrap().last().unwrap().0.clone();
        assert!(last.ends_with(what), "{last}");
    }

    fn calls(&self) -> usize {
        self.hosts.0.lock().unwrap().len()
    }

    /// Answers a call.
    fn answer(&self, call: usize, outcome: Outcome) {
        let sender = self.hosts.0.lock().unwrap()[call].1.take().unwrap();
        assert!(sender.send(outcome).is_ok());
    }
}

fn with_status(status: u16) -> Outcome {
    Ok(Response::new(StatusCode::from_u16(status).unwrap(), HeaderMap::new(), ""))
}

fn with_body(body: impl Into<String>) -> Outcome {
    Ok(Response::new(StatusCode::OK, HeaderMap::new(), body.into()))
}

#[tokio::test]
async fn a_failure_that_comes_late_takes_the_place_of_no_answer_that_is_in_force() {
    let Created { did, text, .. } = created("harbour.example.org", Settings::default());
    let spared = || Err(OutboundError::Status { status: StatusCode::TOO_MANY_REQUESTS });
    for (what, late, error) in [
        ("a host that is busy", with_status(503), ResolveError::Unreachable),
        ("a host that says no", with_status(404), ResolveError::NotFound),
        ("a host that is silent", Err(OutboundError::TimedOut), ResolveError::Unreachable),
        ("a host that is spared", spared(), ResolveError::Busy),
    ] {
        // The answer that somebody else got is in force for five minutes.
        for (passed, expected) in [(0, None), (299, None), (300, Some(error))] {
            let scene = scene(&did);
            let (first, second) = (scene.asks(0).await, scene.asks(1).await);
            scene.answer(1, with_body(text.clone()));
            assert!(second.await.unwrap().is_ok());
            scene.clock.advance(passed);
            scene.answer(0, late.clone());
            assert_eq!(first.await.unwrap().err(), expected, "{what}, {passed} seconds later");
            if expected.is_none() {
                assert!(scene.resolver.resolve(&did).await.is_ok(), "{what}, {passed} seconds later");
                assert_eq!(scene.calls(), 2);
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_given_in_the_place_of_a_failure_is_kept_no_longer_for_it() {
    let Created { did, text, .. } = created("harbour.example.org", Settings::default());
    let scene = scene(&did);
    let (first, second) = (scene.asks(0).await, scene.asks(1).await);
    scene.answer(1, with_body(text));
    assert!(second.await.unwrap().is_ok());
    scene.clock.advance(299);
    scene.answer(0, with_status(503));
    assert!(first.await.unwrap().is_ok());
    scene.clock.advance(1);
    let third = scene.asks(2).await;
    scene.answer(2, with_status(503));
    assert_eq!(third.await.unwrap(), Err(ResolveError::Unreachable));
}

#[tokio::test]
async fn a_text_at_hand_counts_more_than_that_somebody_else_reached_nobody() {
    let Created { did, text, .. } = created("harbour.example.org", Settings::default());
    for (status, error) in [(503, ResolveError::Unreachable), (404, ResolveError::NotFound)] {
        let scene = scene(&did);
        let (first, second) = (scene.asks(0).await, scene.asks(1).await);
        scene.answer(1, with_status(status));
        assert_eq!(second.await.unwrap(), Err(error));
        scene.answer(0, with_body(text.clone()));
        assert!(first.await.unwrap().is_ok());
        assert!(scene.resolver.resolve(&did).await.is_ok());
        assert_eq!(scene.calls(), 2);
    }
    // That it does not verify is not found out twice.
    let scene = scene(&did);
    let (first, second) = (scene.asks(0).await, scene.asks(1).await);
    scene.answer(1, with_body("{}\n"));
    let refused = second.await.unwrap();
    assert!(matches!(refused, Err(ResolveError::Log(_))));
    scene.answer(0, with_body(text));
    assert_eq!(first.await.unwrap(), refused);
}

#[tokio::test]
async fn a_log_that_grew_while_its_proofs_were_awaited_is_answered_as_it_is_now() {
    let witnesses = witness::Witnesses::new(1, &[did::key::did(key(5).public_jwk()).unwrap()]).unwrap();
    let settings = Settings { witness: Some(witnesses), ..Settings::default() };
    let Created { did, text, mut log } = created("harbour.example.org", settings);
    let approval = |version: &str| witness::approve(version, &key(5), START).unwrap();
    let first_approval = approval(log.version_id().unwrap());
    let grown = format!("{text}{}", log.append(&Update::default(), &key(1), START.plus(1)).unwrap());
    let second_approval = approval(log.version_id().unwrap());
    let scene = scene(&did);
    let number = |found: Result<Resolution, ResolveError>| {
        found.map(|found| found.metadata.version_id.unwrap().split('-').next().unwrap().to_owned())
    };
    let first = scene.asks(0).await;
    scene.answer(0, with_body(text));
    scene.called(2, "did-witness.json").await;
    let second = scene.asks(2).await;
    scene.answer(2, with_body(grown));
    scene.called(4, "did-witness.json").await;
    scene.answer(3, with_body(format!("[{first_approval},{second_approval}]")));
    assert_eq!(number(second.await.unwrap()).unwrap(), "2");
    scene.answer(1, with_body(format!("[{first_approval}]")));
    assert_eq!(number(first.await.unwrap()).unwrap(), "2");
    assert_eq!(number(scene.resolver.resolve(&did).await).unwrap(), "2");
    assert_eq!(scene.calls(), 4);
}
