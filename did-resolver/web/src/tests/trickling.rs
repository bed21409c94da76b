//! Many clients on one line, and hosts that trickle.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

use super::*;

/// Questions of one client under way.
const SHARE: usize = 30;
/// Calls for texts that there is room for.
const CALLS: usize = 256;

/// Hosts of which those named `trickles` never come to an end, and the others answer at once.
#[derive(Default)]
struct Hosts {
    trickling: AtomicUsize,
}

impl Fetch for Hosts {
    fn fetch(&self, request: outbound::Request) -> outbound::Fetching<'_> {
        let host = request.url.host_str().unwrap_or_default();
        if host.starts_with("trickles") {
            self.trickling.fetch_add(1, Ordering::SeqCst);
            return Box::pin(std::future::pending());
        }
        let document = json!({"id": format!("did:web:{host}")}).to_string();
        Box::pin(std::future::ready(Ok(outbound::Response::new(StatusCode::OK, HeaderMap::new(), document))))
    }
}

struct World {
    hosts: Arc<Hosts>,
    router: Router,
}

impl World {
    fn new() -> Self {
        let hosts = Arc::new(Hosts::default());
        let fetch = Arc::clone(&hosts);
        let resolver = Resolver::new(fetch, Environment::system(), Keeping::nothing());
        Self { hosts, router: router(Site::new(Arc::new(resolver))) }
    }

    /// What the client of this number in a site is answered when it asks for the DID of a host.
    fn ask(&self, site: u16, client: u16, host: &str) -> JoinHandle<u16> {
        let address = IpAddr::from([0x2001, 0xdb8, site, client, 0, 0, 0, 1]);
        let mut request =
            Request::get(format!("/1.0/identifiers/did:web:{host}")).body(Body::empty()).unwrap();
        request.extensions_mut().insert(axum::extract::ConnectInfo(SocketAddr::new(address, 1)));
        let router = self.router.clone();
        tokio::spawn(async move { router.oneshot(request).await.unwrap().status().as_u16() })
    }

    /// What a client of this site is answered at once about a host that answers.
    async fn asks(&self, site: u16) -> u16 {
        let answer = self.ask(site, 99, "answers.example.org");
        timeout(Duration::from_secs(2), answer).await.expect("nobody is let wait").unwrap()
    }

    /// A whole share of questions of this client whose hosts trickle.
    fn trickle(&self, site: u16, client: u16) -> Vec<JoinHandle<u16>> {
        let host = |name: usize| format!("trickles{}.c{client}.example.org", name % 2);
        (0..SHARE).map(|name| self.ask(site, client, &host(name))).collect()
    }

    fn trickling(&self) -> usize {
        self.hosts.trickling.load(Ordering::SeqCst)
    }
}

/// The questions that are not answered once all that can be has been, and what the others were answered.
async fn settled(asked: Vec<JoinHandle<u16>>) -> (Vec<JoinHandle<u16>>, Vec<u16>) {
    for _ in 0..asked.len() * 4 {
        yield_now().await;
    }
    let (answered, waiting): (Vec<_>, Vec<_>) = asked.into_iter().partition(JoinHandle::is_finished);
    let mut answers = Vec::new();
    for answer in answered {
        answers.push(answer.await.unwrap());
    }
    (waiting, answers)
}

#[tokio::test]
async fn one_site_with_many_clients_whose_hosts_trickle_leaves_calls_for_others() {
    let world = World::new();
    let asked = (1..=12).flat_map(|client| world.trickle(1, client)).collect();
    let (mut waiting, refused) = settled(asked).await;
    // None of them waits for a place: whoever comes after would stand behind it.
    assert_eq!((waiting.len(), world.trickling()), (CALLS / 2, CALLS / 2));
    assert_eq!(refused, vec![500; 12 * SHARE - CALLS / 2]);
    assert_eq!(world.asks(2).await, 200, "a client from elsewhere");
    assert_eq!(world.asks(1).await, 500, "a neighbour, while half is taken");
    waiting.pop().unwrap().abort();
    yield_now().await;
    assert_eq!(world.asks(1).await, 200, "a neighbour, when less is");
}

#[tokio::test]
async fn as_many_sites_as_there_are_parts_take_all_calls_and_not_before() {
    let world = World::new();
    let mut held = Vec::new();
    for site in 1..=9 {
        assert_eq!(world.asks(99).await, 200, "before site {site}");
        let asked = (1..=12).flat_map(|client| world.trickle(site, client)).collect();
        held.extend(settled(asked).await.0);
    }
    assert_eq!((held.len(), world.trickling()), (CALLS, CALLS));
    let answer = world.ask(99, 1, "answers.example.org");
    let (mut waiting, _) = settled(vec![answer]).await;
    let waiting = waiting.pop().expect("who has nothing yet waits a while");
    held.pop().unwrap().abort();
    assert_eq!(waiting.await.unwrap(), 200);
}
