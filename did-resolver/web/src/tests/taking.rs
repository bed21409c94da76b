//! Clients that ask and do not take the answers.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Bytes;
use h2::RecvStream;
use h2::client::SendRequest;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::sleep;
use web::ServeSettings;

use super::*;

/// Questions of one client under way.
const SHARE: usize = 30;
const LARGE: usize = 100_000;

fn large() -> Resolution {
    let name = format!("https://a.example/{}", "a".repeat(LARGE));
    let document = Document::from_value(json!({"id": "did:web:a.example", "alsoKnownAs": [name]})).unwrap();
    Resolution { document, metadata: DocumentMetadata::default() }
}

async fn running() -> SocketAddr {
    let resolver = Arc::new(Fixed { outcome: Ok(large()), asked: Mutex::default() });
    let party = web::Party::new("resolver.example.org", router(Site::new(resolver)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(web::serve(vec![party], listener, ServeSettings::default(), std::future::pending()));
    address
}

/// A client of HTTP/2 that takes so many bytes of each answer, until it takes everything.
struct Client {
    sending: SendRequest<Bytes>,
    take_all: oneshot::Sender<()>,
}

impl Client {
    async fn to(address: SocketAddr, window: u32) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(window).initial_connection_window_size(1 << 24);
        let (sending, mut connection) = builder.handshake(stream).await.unwrap();
        let (take_all, takes_all) = oneshot::channel();
        tokio::spawn(async move {
            tokio::select! {
                _ = &mut connection => return,
                _ = takes_all => {}
            }
            connection.set_initial_window_size(1 << 20).unwrap();
            let _ = connection.await;
        });
        Self { sending, take_all }
    }

    async fn ask(&self) -> http::Response<RecvStream> {
        let request = Request::get("http://resolver.example.org/1.0/identifiers/did:web:a.example");
        let mut sending = self.sending.clone().ready().await.unwrap();
        sending.send_request(request.body(()).unwrap(), true).unwrap().0.await.unwrap()
    }

    /// Asks until there is an answer.
    async fn is_answered(&self) -> bool {
        for _ in 0..100 {
            if self.ask().await.status() == StatusCode::OK {
                return true;
            }
            sleep(Duration::from_millis(50)).await;
        }
        false
    }
}

async fn taken(answer: http::Response<RecvStream>) -> usize {
    let (mut body, mut length) = (answer.into_body(), 0);
    while let Some(part) = body.data().await {
        let part = part.unwrap();
        body.flow_control().release_capacity(part.len()).unwrap();
        length += part.len();
    }
    length
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_one_of_the_clients_share_until_it_is_taken_or_given_up() {
    // Of the first byte on the whole answer is in the hands of the protocol.
    for (window, takes) in [(0, true), (0, false), (1, true), (1, false)] {
        let address = running().await;
        let client = Client::to(address, window).await;
        let mut untaken = Vec::new();
        for _ in 0..SHARE {
            let answer = client.ask().await;
            assert_eq!(answer.status(), StatusCode::OK);
            untaken.push(answer);
        }
        sleep(Duration::from_millis(100)).await;
        assert_eq!(client.ask().await.status(), StatusCode::TOO_MANY_REQUESTS, "{window}");
        let other = Client::to(address, 1 << 20).await;
        assert_eq!(
            other.ask().await.status(),
            StatusCode::TOO_MANY_REQUESTS,
            "another connection is no other client"
        );
        if takes {
            let Client { sending, take_all } = client;
            take_all.send(()).unwrap();
            for answer in untaken {
                assert!(taken(answer).await > LARGE);
            }
            drop(sending);
        } else {
            drop(untaken);
            assert!(client.is_answered().await, "{window}");
        }
        assert!(other.is_answered().await, "{window}");
    }
}

/// Answers with as many bytes as it is asked for.
fn sizes() -> Router {
    Router::new().route(
        "/{size}",
        axum::routing::get(|axum::extract::Path(size): axum::extract::Path<usize>| async move {
            vec![b'a'; size]
        }),
    )
}

/// What `client` is answered when it asks for the largest answer that is nothing unusual.
async fn usual(router: &Router, client: IpAddr) -> http::Response<Body> {
    let mut request = Request::get("/16384").body(Body::empty()).unwrap();
    request.extensions_mut().insert(axum::extract::ConnectInfo(SocketAddr::new(client, 1)));
    router.clone().oneshot(request).await.unwrap()
}

/// As many answers as `client` is given before it is refused one, and how.
async fn untaken(router: &Router, client: IpAddr) -> (Vec<http::Response<Body>>, StatusCode) {
    let mut untaken = Vec::new();
    loop {
        let answer = usual(router, client).await;
        if answer.status() != StatusCode::OK {
            assert!(answer.headers().contains_key("retry-after"));
            return (untaken, answer.status());
        }
        untaken.push(answer);
    }
}

#[tokio::test]
async fn one_site_with_many_clients_that_take_nothing_leaves_room_for_the_usual_answers_to_others() {
    let of_ipv6 = |site: u16, client: u16| IpAddr::from([0x2001, 0xdb8, site, client, 0, 0, 0, 1]);
    let of_ipv4 =
        |site: u16, client: u16| IpAddr::from([192, 0, site.to_be_bytes()[1], client.to_be_bytes()[1]]);
    for of in [of_ipv6 as fn(u16, u16) -> IpAddr, of_ipv4] {
        let router = client::known(sizes(), 600);
        let mut held = Vec::new();
        for client in 0..40 {
            let (of_client, refused) = untaken(&router, of(1, client)).await;
            // As long as there is plenty, a client has its share whatever its neighbours hold.
            let is_plenty = client < 17;
            assert_eq!(of_client.len() == SHARE, is_plenty, "{client}");
            let expected =
                if is_plenty { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::SERVICE_UNAVAILABLE };
            assert_eq!(refused, expected, "{client}");
            held.extend(of_client);
        }
        // Half of 16 MiB in answers of 16 KiB.
        assert_eq!(held.len(), 512);
        for site in 2..8 {
            assert_eq!(untaken(&router, of(site, 1)).await.0.len(), SHARE, "a client from elsewhere");
        }
        held.truncate(100);
        assert_eq!(untaken(&router, of(1, 39)).await.0.len(), SHARE, "what is gone takes no room");
    }
}

#[tokio::test]
async fn answers_that_nobody_takes_have_no_more_room_than_there_is_and_large_ones_leave_some_for_others() {
    let router = client::counted(sizes(), client::Questions::new(100, 2_000, 200_000));
    // Each from a network of its own: here it is the room that gives out.
    let networks = std::sync::atomic::AtomicU8::new(0);
    let ask = async |size: usize| {
        let network = networks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut request = Request::get(format!("/{size}")).body(Body::empty()).unwrap();
        let client = SocketAddr::new(IpAddr::from([192, 0, network, 1]), 1);
        request.extensions_mut().insert(axum::extract::ConnectInfo(client));
        router.clone().oneshot(request).await.unwrap()
    };
    let large = [ask(LARGE).await, ask(LARGE).await];
    let usual = [ask(1_000).await, ask(1_000).await];
    assert!(large.iter().chain(&usual).all(|answer| answer.status() == StatusCode::OK));
    for size in [LARGE, 1_000] {
        let refused = ask(size).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "{size}");
        assert!(refused.headers().contains_key("retry-after"));
    }
    let [first, _second] = large;
    assert_eq!(to_bytes(first.into_body(), LARGE).await.unwrap().len(), LARGE);
    assert_eq!(ask(LARGE).await.status(), StatusCode::OK);
    assert_eq!(ask(1_000).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(usual);
    assert_eq!(ask(1_000).await.status(), StatusCode::OK);
}
