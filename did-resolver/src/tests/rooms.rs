//! Hosts that let a resolver wait, and a resolver that itself calls nobody.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use outbound::{Fetching, HttpClient, Policy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::*;

/// What a call to a host takes that has not yet served what is usual.
const CALL: usize = USUAL + BESIDE_BODY;

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
    let rooms = (2 * CALL, PROOFS, Duration::from_millis(50));
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
    let places = 8;
    let (host, resolver) = at_large(String::new(), true, places * CALL);
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

/// A host that answers every request with `head` and goes on when it is asked for more; and how many connections it has had.
async fn real(head: String) -> (u16, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (head, connections) = (Arc::new(head), Arc::new(Mutex::new(0)));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            *counted.lock().unwrap() += 1;
            let head = Arc::clone(&head);
            tokio::spawn(async move {
                let mut heard = [0; 4_096];
                while stream.read(&mut heard).await.is_ok_and(|length| length > 0) {
                    let _ = stream.write_all(head.as_bytes()).await;
                }
            });
        }
    });
    (port, connections)
}

/// A client that gives up after a second.
fn client() -> Arc<HttpClient> {
    let mut policy = Policy::development();
    policy.total_timeout = Duration::from_secs(1);
    Arc::new(HttpClient::new(policy).unwrap())
}

/// A head that does not end.
fn endless() -> String {
    format!("HTTP/1.1 200 OK\r\nx-filler: {}", "a".repeat(400_000))
}

/// What twenty DIDs of names of that host come to, asked for at one time by a resolver with room for three calls.
async fn twenty(port: u16, patience: Duration) -> Vec<Result<Resolution, ResolveError>> {
    let rooms = (3 * CALL, PROOFS, patience);
    let resolver = Resolver::with_room(client(), Environment::system(), Keeping::nothing(), rooms);
    let mut asking = JoinSet::new();
    for number in 0..20 {
        let did = Did::parse(&format!("did:web:h{number}.localhost%3A{port}")).unwrap();
        let resolver = resolver.clone();
        asking.spawn(async move { resolver.resolve(&did).await });
    }
    asking.join_all().await
}

#[tokio::test]
async fn hosts_whose_heads_do_not_end_have_no_more_calls_than_there_is_room_for_what_is_read_ahead() {
    let (port, connections) = real(endless()).await;
    let found = twenty(port, Duration::from_millis(100)).await;
    assert_eq!(*connections.lock().unwrap(), 3);
    let count = |error: ResolveError| found.iter().filter(|found| **found == Err(error.clone())).count();
    assert_eq!((count(ResolveError::Busy), count(ResolveError::Unreachable)), (17, 3));
    // Those whose heads end are called one after another.
    let (port, connections) = real("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned()).await;
    let found = twenty(port, PATIENCE).await;
    assert!(found.iter().all(|found| *found == Err(ResolveError::NotFound)), "{found:?}");
    assert_eq!(*connections.lock().unwrap(), 20);
}

#[tokio::test]
async fn hosts_that_let_wait_for_presentations_have_no_more_calls_than_there_is_room_for() {
    for (head, patience, expected) in [
        (endless(), Duration::from_millis(100), (3, 17)),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned(), PATIENCE, (20, 0)),
    ] {
        let (port, connections) = real(head).await;
        let presentations = Presentations::with_room(client(), Room::new(3 * whois::CALL, patience));
        let mut asking = JoinSet::new();
        for number in 0..20 {
            let presentations = presentations.clone();
            let address = format!("http://h{number}.localhost:{port}/whois.vp");
            asking.spawn(async move { presentations.fetch(&address).await });
        }
        let found = asking.join_all().await;
        let busy = found.iter().filter(|found| **found == Err(ResolveError::Busy)).count();
        assert_eq!((*connections.lock().unwrap(), busy), expected, "{found:?}");
    }
}

#[tokio::test]
async fn a_resolver_that_lets_wait_is_asked_no_more_than_there_is_room_for() {
    let (port, connections) = real(endless()).await;
    let room = Room::new(3 * remote::QUESTION, Duration::from_millis(100));
    let resolver = RemoteResolver::new(client(), &format!("http://more.localhost:{port}")).unwrap();
    let resolver = resolver.with_room(room);
    let mut asking = JoinSet::new();
    for number in 0..20 {
        let did = Did::parse(&format!("did:tz:tz{number}")).unwrap();
        let resolver = resolver.clone();
        asking.spawn(async move { resolver.resolve(&did).await });
    }
    let found = asking.join_all().await;
    let busy = found.iter().filter(|found| **found == Err(ResolveError::Busy)).count();
    assert_eq!((*connections.lock().unwrap(), busy), (3, 17), "{found:?}");
    // What carries its document needs no room.
    let did = Did::parse("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK").unwrap();
    let empty = resolver.with_room(Room::new(0, Duration::ZERO));
    assert!(empty.resolve(&did).await.is_ok());
}

const MIB: usize = 1 << 20;

/// A place for a mebibyte in `room`, for a question from the network of this number.
async fn place(room: &Room, network: u8) -> Result<room::Place, ResolveError> {
    asked_from([192, 0, network, 0].into(), room.place(MIB)).await
}

#[tokio::test]
async fn a_network_with_half_of_the_room_is_refused_at_once_and_others_are_not() {
    let room = Room::new(32 * MIB, PATIENCE);
    let asked = std::time::Instant::now();
    let mut of_one = Vec::new();
    while let Ok(place) = place(&room, 1).await {
        of_one.push(place);
    }
    assert_eq!(of_one.len(), 16);
    let of_another = [place(&room, 2).await, place(&room, 2).await, place(&room, 2).await];
    assert_eq!(of_another.map(|place| place.is_ok()), [true, true, false], "half is taken: it has its part");
    assert!(asked.elapsed() < PATIENCE, "nobody has waited");
    // While no more than half is taken, nobody is refused for the neighbours.
    of_one.pop();
    let again = place(&room, 1).await;
    assert!(again.is_ok());
    assert_eq!(place(&room, 1).await.err(), Some(ResolveError::Busy));
    // What was read and is held takes of the network's part no more than it has bytes.
    of_one.push(again.unwrap());
    let _held: Vec<Held> = of_one.into_iter().map(|place| place.hold(vec![0; 10])).collect();
    for _ in 0..15 {
        std::mem::forget(place(&room, 1).await.unwrap());
    }
    assert!(place(&room, 1).await.is_err());
}

#[tokio::test]
async fn a_network_waits_for_no_more_than_its_part_and_who_comes_after_is_not_behind_all_of_it() {
    let room = Arc::new(Room::new(32 * MIB, PATIENCE));
    // Of nobody's network, as by the commands.
    let mut taken = Vec::new();
    for _ in 0..32 {
        taken.push(room.place(MIB).await.unwrap());
    }
    let mut waiting = JoinSet::new();
    for network in [1, 1, 1, 1, 2] {
        let room = Arc::clone(&room);
        waiting.spawn(async move { (network, place(&room, network).await.map(std::mem::forget)) });
    }
    for _ in 0..2 {
        let refused = waiting.join_next().await.unwrap().unwrap();
        assert_eq!(refused, (1, Err(ResolveError::Busy)));
    }
    tokio::task::yield_now().await;
    assert!(waiting.try_join_next().is_none(), "two of the first and one of the second network wait");
    taken.truncate(29);
    assert!(waiting.join_all().await.iter().all(|(_, found)| found.is_ok()));
    // Who goes while waiting takes nothing of its network's part along.
    let gone = asked_from([192, 0, 3, 0].into(), room.place(32 * MIB));
    assert!(timeout(Duration::from_millis(20), gone).await.is_err());
    drop(taken);
    assert!(place(&room, 3).await.is_ok());
    assert!(place(&room, 3).await.is_ok());
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
    let spared = OutboundError::Status { status: StatusCode::TOO_MANY_REQUESTS };
    for refusal in [spared, OutboundError::Busy] {
        let refuses = Arc::new(AtomicBool::new(true));
        let (refusing, text) = (Arc::clone(&refuses), text.clone());
        let calls = Arc::new(Scripted::new(move |_| {
            if refusing.load(Ordering::SeqCst) {
                return Err(refusal.clone());
            }
            Ok(Response::new(StatusCode::OK, HeaderMap::new(), text.clone()))
        }));
        let environment =
            Environment::new(Arc::new(ManualClock::new(START.plus(1_000))), Arc::new(SystemRandomness));
        let resolver = Resolver::new(calls, environment, Keeping::default());
        assert_eq!(resolver.resolve(&did).await, Err(ResolveError::Busy));
        refuses.store(false, Ordering::SeqCst);
        assert!(resolver.resolve(&did).await.is_ok(), "within the time in which an absence is remembered");
    }
}
