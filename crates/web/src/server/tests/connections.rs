//! Clients that take their time, and clients that take every connection.

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::*;

/// Long enough for a machine that is busy with other tests.
const LONG: Duration = Duration::from_secs(20);
const ASK: &str = "GET / HTTP/1.1\r\nhost: kiln.localhost\r\n\r\n";

/// One connection for each client, which must ask within 300 ms and may rest for 600 ms.
fn strict() -> ServeSettings {
    let connections = ConnectionLimits {
        most: 8,
        most_of_client: 1,
        most_of_network: 4,
        first_request: Duration::from_millis(300),
        rest: Duration::from_millis(600),
    };
    ServeSettings { connections, ..ServeSettings::default() }
}

struct Client(TcpStream);

impl Client {
    async fn to(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn say(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends a request whose body does not come, which is served until then.
    async fn begins(&mut self) {
        // The server says 100 as soon as a handler reads the body (RFC 9110 §10.1.1).
        self.say("POST /length HTTP/1.1\r\nhost: kiln.localhost\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n").await;
        let mut heard = [0; 12];
        timeout(LONG, self.0.read_exact(&mut heard)).await.unwrap().unwrap();
        assert_eq!(&heard, b"HTTP/1.1 100");
    }

    /// One answer of a handler that says `body`.
    async fn is_told(&mut self, body: &str) {
        let mut heard = String::new();
        while !heard.ends_with(&format!("\r\n\r\n{body}")) {
            let mut buffer = [0; 4_096];
            let count = timeout(LONG, self.0.read(&mut buffer)).await.unwrap().unwrap();
            assert_ne!(count, 0, "closed after {heard:?}");
            heard.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
        assert!(heard.starts_with("HTTP/1.1 200"), "{heard}");
    }

    /// Takes a head and so many bytes of a body.
    async fn takes(&mut self, bytes: usize) {
        let (mut heard, mut all) = (Vec::new(), None);
        while all.is_none_or(|all| heard.len() < all) {
            assert_ne!(timeout(LONG, self.0.read_buf(&mut heard)).await.unwrap().unwrap(), 0);
            let head = || heard.windows(4).position(|end| end == b"\r\n\r\n");
            all = all.or_else(|| Some(head()? + 4 + bytes));
        }
    }

    /// What comes until the server closes.
    async fn until_closed(&mut self) -> Vec<u8> {
        let mut heard = Vec::new();
        // A reset closes too.
        let _ = timeout(LONG, self.0.read_to_end(&mut heard)).await.expect("the server closes");
        heard
    }
}

/// Whether a new connection is served.
async fn has_room(address: SocketAddr) -> bool {
    let mut client = Client::to(address).await;
    let _ = client.0.write_all(ASK.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n").as_bytes()).await;
    client.until_closed().await.starts_with(b"HTTP/1.1 200")
}

/// Waits until a new connection is served.
async fn freed(address: SocketAddr) {
    let waiting = async {
        while !has_room(address).await {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, waiting).await.expect("the place is free again");
}

#[tokio::test]
async fn a_client_has_so_many_connections_and_the_next_is_closed_unheard() {
    let (address, _stop, _server) = running(strict()).await;
    let mut first = Client::to(address).await;
    first.begins().await;
    assert!(!has_room(address).await);
    assert!(!has_room(address).await, "whoever is refused ends nobody");
    drop(first);
    freed(address).await;
}

#[tokio::test]
async fn a_trusted_proxy_may_have_more_connections_than_one_client() {
    let proxies: TrustedProxies = std::iter::once("127.0.0.1".parse().unwrap()).collect();
    let (address, _stop, _server) = running(ServeSettings { proxies, ..strict() }).await;
    let mut all = Vec::new();
    for _ in 0..8 {
        let mut client = Client::to(address).await;
        client.begins().await;
        all.push(client);
    }
    assert!(!has_room(address).await, "but not more than there are");
}

#[tokio::test]
async fn callers_who_only_rest_keep_nobody_out() {
    let (tls, _) = certified();
    for tls in [None, Some(tls)] {
        let connections =
            ConnectionLimits { rest: LONG * 10, first_request: LONG * 10, ..strict().connections };
        let is_plain = tls.is_none();
        let (address, _stop, _server) = running(ServeSettings { connections, tls, ..strict() }).await;
        let mut all = Vec::new();
        for caller in 2..12 {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind(SocketAddr::from(([127, 0, caller, 1], 0))).unwrap();
            let mut client = Client(socket.connect(address).await.unwrap());
            if is_plain {
                client.say(ASK).await;
                client.is_told("kiln").await;
            }
            all.push(client);
        }
        // There are eight: the first two made room.
        for ended in &mut all[..2] {
            assert_eq!(ended.until_closed().await, b"");
        }
        if is_plain {
            assert!(has_room(address).await);
            all[2].until_closed().await;
            all[9].say(ASK).await;
            all[9].is_told("kiln").await;
        }
    }
}

#[tokio::test]
async fn a_first_request_that_does_not_come_in_time_ends_its_connection() {
    for started in ["", "G", "GET / HTTP/1.1\r\nhost: kiln.localhost\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]
    {
        let (address, _stop, _server) = running(strict()).await;
        let mut client = Client::to(address).await;
        client.say(started).await;
        assert!(!client.until_closed().await.starts_with(b"HTTP/1.1 200"), "{started:?}");
        freed(address).await;
    }
}

#[tokio::test]
async fn a_tls_handshake_that_does_not_come_in_time_ends_its_connection() {
    let (tls, _) = certified();
    let (address, _stop, _server) = running(ServeSettings { tls: Some(tls), ..strict() }).await;
    for started in ["", "\u{16}\u{3}\u{1}"] {
        let mut client = Client::to(address).await;
        client.say(started).await;
        assert_eq!(client.until_closed().await, b"", "{started:?}");
    }
}

#[tokio::test]
async fn a_further_head_that_drips_ends_its_connection() {
    let (address, _stop, _server) = running(strict()).await;
    let mut client = Client::to(address).await;
    client.say(ASK).await;
    client.is_told("kiln").await;
    let dripping = async {
        client.say("GET / HTTP/1.1\r\nx: ").await;
        while client.0.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LONG, dripping).await.expect("the server closes");
    freed(address).await;
}

#[tokio::test]
async fn a_connection_that_rests_is_closed_and_one_that_is_used_stays() {
    let (address, _stop, _server) = running(strict()).await;
    let mut client = Client::to(address).await;
    for _ in 0..6 {
        client.say(ASK).await;
        client.is_told("kiln").await;
        sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(client.until_closed().await, b"");
    freed(address).await;
}

#[tokio::test]
async fn a_client_that_does_not_take_what_it_asked_for_loses_its_connection() {
    let (address, _stop, _server) = running(strict()).await;
    let mut client = Client::to(address).await;
    client.say(&ASK.replace("GET / ", "GET /large ")).await;
    // Not one byte is read; only then is the place free.
    freed(address).await;
    let heard = client.until_closed().await;
    assert!(heard.len() < 32 << 20, "{} bytes", heard.len());

    let mut client = Client::to(address).await;
    client
        .say(&ASK.replace("GET / ", "GET /large ").replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"))
        .await;
    let heard = client.until_closed().await;
    assert!(heard.len() > 32 << 20, "whoever takes it gets it: {} bytes", heard.len());
}

#[tokio::test]
async fn an_answer_that_is_not_taken_in_its_time_ends_its_connection_though_something_passes() {
    let connections = ConnectionLimits { rest: LONG * 10, ..strict().connections };
    let proxies: TrustedProxies = std::iter::once("127.0.0.1".parse().unwrap()).collect();
    for (proxies, is_ended) in [(TrustedProxies::default(), true), (proxies, false)] {
        let (address, _stop, _server) =
            running(ServeSettings { connections, proxies, ..ServeSettings::default() }).await;
        let mut client = Client::to(address).await;
        client
            .say(
                &ASK.replace("GET / ", "GET /within/300 ")
                    .replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"),
            )
            .await;
        let mut heard = 0;
        for _ in 0..40 {
            let mut buffer = [0; 4_096];
            heard += client.0.read(&mut buffer).await.unwrap_or(0);
            sleep(Duration::from_millis(10)).await;
        }
        heard += client.until_closed().await.len();
        assert_eq!(heard < 32 << 20, is_ended, "{heard} bytes");
    }
    // What was taken in time ends nothing, also later.
    let (address, _stop, _server) = running(ServeSettings { connections, ..ServeSettings::default() }).await;
    let mut client = Client::to(address).await;
    client.say(&ASK.replace("GET / ", "GET /within/2000 ")).await;
    client.takes(32 << 20).await;
    sleep(Duration::from_millis(2_100)).await;
    client.say(ASK).await;
    client.is_told("kiln").await;
}

#[tokio::test]
async fn a_body_that_drips_is_answered_for_in_the_partys_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let party = Party::new("kiln.localhost", kiln()).with_time_limit(Duration::from_millis(300));
    tokio::spawn(serve(vec![party], listener, strict(), std::future::pending()));
    let mut client = Client::to(address).await;
    client.say("POST /length HTTP/1.1\r\nhost: kiln.localhost\r\ncontent-length: 1000\r\n\r\n").await;
    let (mut reading, mut writing) = client.0.split();
    let dripping = async {
        while writing.write_all(b"a").await.is_ok() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let mut heard = [0; 12];
    let answered = async {
        tokio::select! {
            answered = reading.read_exact(&mut heard) => answered.map(drop),
            () = dripping => panic!("closed without an answer"),
        }
    };
    timeout(LONG, answered).await.unwrap().unwrap();
    assert_eq!(&heard, b"HTTP/1.1 503");
    drop(client);
    freed(address).await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let (address, _stop, _server) = running(strict()).await;
    let mut client = Client::to(address).await;
    client.say(&ASK.replace("\r\n\r\n", &format!("\r\nx: {}\r\n\r\n", "a".repeat(60 * 1_024)))).await;
    client.is_told("kiln").await;
    drop(client);
    freed(address).await;
    let mut client = Client::to(address).await;
    let _ = client
        .0
        .write_all(ASK.replace("\r\n\r\n", &format!("\r\nx: {}", "a".repeat(70 * 1_024))).as_bytes())
        .await;
    assert!(client.until_closed().await.starts_with(b"HTTP/1.1 431"));
}
