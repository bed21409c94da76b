//! Clients that ask and do not take the answers.

use std::net::SocketAddr;
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

#[tokio::test]
async fn answers_that_nobody_takes_have_no_more_room_than_there_is_and_large_ones_leave_some_for_others() {
    let sizes = Router::new().route(
        "/{size}",
        axum::routing::get(|axum::extract::Path(size): axum::extract::Path<usize>| async move {
            vec![b'a'; size]
        }),
    );
    let router = client::counted(sizes, client::Questions::new(100, 2_000, 200_000));
    let ask = async |size: usize| {
        let request = Request::get(format!("/{size}")).body(Body::empty()).unwrap();
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
