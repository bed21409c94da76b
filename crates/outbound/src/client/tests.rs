mod connections;
mod hostile;
mod looking_up;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Uri};
use axum::response::Redirect;
use axum::routing::{any, get};
use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::{get_json, post_form, post_json};

async fn listen(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn client(policy: Policy) -> HttpClient {
    HttpClient::new(policy).unwrap()
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn request(text: &str) -> Request {
    Request::get(url(text))
}

fn kitchen() -> Router {
    Router::new()
        .route(
            "/echo",
            any(|uri: Uri, headers: HeaderMap, body: String| async move {
                let names: Vec<_> = headers.keys().map(ToString::to_string).collect();
                axum::Json(serde_json::json!({
                    "host": headers["host"].to_str().unwrap(), "uri": uri.to_string(), "body": body, "names": names,
                }))
            }),
        )
        .route("/away", get(|| async { Redirect::temporary("/echo") }))
        .route("/same", get(|| async { StatusCode::NOT_MODIFIED }))
        .route("/plain", get(|| async { "{}" }))
        .route("/double", get(|| async { ([("content-type", "application/json")], r#"{"a":1,"a":2}"#) }))
        .route("/error", get(|| async { (StatusCode::BAD_GATEWAY, "canary-body") }))
        .route("/bytes", get(|| async { vec![0_u8; 1_000] }))
        .route(
            "/chunks",
            get(|| async {
                let (mut writer, reader) = tokio::io::duplex(64);
                tokio::spawn(async move { while writer.write_all(&[0; 64]).await.is_ok() {} });
                Body::new(Chunks(reader))
            }),
        )
        .route("/never", get(std::future::pending::<String>))
}

/// A body whose length is not announced.
struct Chunks(tokio::io::DuplexStream);

impl axum::body::HttpBody for Chunks {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, std::io::Error>>> {
        let mut buffer = [0; 64];
        let mut buffer = tokio::io::ReadBuf::new(&mut buffer);
        let read = std::pin::Pin::new(&mut self.0);
        tokio::io::AsyncRead::poll_read(read, context, &mut buffer).map(|done| {
            Some(done.map(|()| hyper::body::Frame::data(Bytes::copy_from_slice(buffer.filled()))))
        })
    }
}

#[tokio::test]
async fn names_under_localhost_are_spoken_to_over_http_with_their_own_host_header() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    let answer = get_json(&client, url(&format!("http://kiln.localhost:{port}/echo?a=b"))).await.unwrap();
    assert_eq!(answer["host"], format!("kiln.localhost:{port}"));
    assert_eq!(answer["uri"], "/echo?a=b");
    let names = answer["names"].as_array().unwrap();
    for unwanted in ["referer", "cookie", "accept-encoding"] {
        assert!(!names.contains(&unwanted.into()), "{unwanted}");
    }
}

/// A server that answers every request with the number of the connection it came over.
async fn counting() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 1_usize.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = [0; 4_096];
                while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                    let body = format!("{{\"connection\":{number}}}");
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
                    let answer = format!("{head} {}\r\n\r\n{body}", body.len());
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_call_over_a_connection_of_its_own_shares_none_before_or_after() {
    let to = counting().await;
    let policy = Policy::development().with_override(told("told.localhost:80", to));
    let client = client(policy);
    for (at, expected) in [
        (format!("http://kiln.localhost:{}/", to.port()), [1, 1, 2, 3, 1]),
        ("http://told.localhost/".to_owned(), [4, 4, 5, 6, 4]),
    ] {
        let mut seen = Vec::new();
        for is_own in [false, false, true, true, false] {
            let request = request(&at);
            let request = if is_own { request.with_own_connection() } else { request };
            let answer = client.send(request).await.unwrap().json().unwrap();
            seen.push(answer["connection"].as_u64().unwrap());
        }
        assert_eq!(seen, expected, "{at}");
    }
}

#[tokio::test]
async fn a_fragment_stays_here() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    let answer = get_json(&client, url(&format!("http://kiln.localhost:{port}/echo#secret"))).await.unwrap();
    assert_eq!(answer["uri"], "/echo");
}

#[tokio::test]
async fn forms_and_json_are_posted() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    let echo = url(&format!("http://kiln.localhost:{port}/echo"));
    let answer =
        post_form(&client, echo.clone(), &[("a", "1 &2"), ("b", "ñ")]).await.unwrap().json().unwrap();
    assert_eq!(answer["body"], "a=1+%262&b=%C3%B1");
    let answer = post_json(&client, echo, &serde_json::json!({"a": 1})).await.unwrap().json().unwrap();
    assert_eq!(answer["body"], r#"{"a":1}"#);
}

#[tokio::test]
async fn production_calls_neither_http_nor_this_machine() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::public());
    for (address, expected) in [
        (format!("http://kiln.localhost:{port}/echo"), OutboundError::InsecureScheme),
        (format!("http://localhost:{port}/echo"), OutboundError::InsecureScheme),
        (format!("http://127.0.0.1:{port}/echo"), OutboundError::ForbiddenAddress),
        (format!("https://127.0.0.1:{port}/echo"), OutboundError::ForbiddenAddress),
        (format!("https://localhost:{port}/echo"), OutboundError::ForbiddenAddress),
        ("http://example.org/".to_owned(), OutboundError::InsecureScheme),
        ("https://1.1.1.1/".to_owned(), OutboundError::ForbiddenAddress),
        ("https://[::1]/".to_owned(), OutboundError::ForbiddenAddress),
        ("https://2130706433/".to_owned(), OutboundError::ForbiddenAddress),
        ("https://0x7f.1/".to_owned(), OutboundError::ForbiddenAddress),
        ("https://169.254.169.254/latest/meta-data".to_owned(), OutboundError::ForbiddenAddress),
        ("https://ada:secret@example.org/".to_owned(), OutboundError::MalformedUrl),
        ("ftp://example.org/".to_owned(), OutboundError::MalformedUrl),
        ("data:text/plain,x".to_owned(), OutboundError::MalformedUrl),
    ] {
        assert_eq!(client.send(request(&address)).await.unwrap_err(), expected, "{address}");
        assert_eq!(
            client.permits(&url(&address)),
            Err(expected),
            "{address}: it is said before it is called"
        );
    }
    assert_eq!(client.permits(&url("https://example.org/a")), Ok(()));
}

#[tokio::test]
async fn development_opens_no_other_names_and_no_numbers() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    for (address, expected) in [
        (format!("http://127.0.0.1:{port}/echo"), OutboundError::ForbiddenAddress),
        (format!("http://[::ffff:127.0.0.1]:{port}/echo"), OutboundError::ForbiddenAddress),
        (format!("http://localhost.example.org:{port}/echo"), OutboundError::InsecureScheme),
        ("http://example.org/".to_owned(), OutboundError::InsecureScheme),
    ] {
        assert_eq!(client.send(request(&address)).await.unwrap_err(), expected, "{address}");
        assert_eq!(client.permits(&url(&address)), Err(expected), "{address}");
    }
    assert_eq!(client.permits(&url("http://kiln.localhost:1/echo")), Ok(()));
}

#[tokio::test]
async fn insecure_http_opens_loopback_numbers_and_localhost_and_nothing_else() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::public().with_insecure_loopback_http());
    for host in ["127.0.0.1", "localhost"] {
        let answer = client.send(request(&format!("http://{host}:{port}/echo"))).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{host}");
        assert_eq!(client.permits(&url(&format!("http://{host}:{port}/echo"))), Ok(()));
    }
    for (address, expected) in [
        (format!("http://kiln.localhost:{port}/echo"), OutboundError::InsecureScheme),
        ("http://10.0.0.1/".to_owned(), OutboundError::ForbiddenAddress),
        ("http://example.org/".to_owned(), OutboundError::InsecureScheme),
    ] {
        assert_eq!(client.send(request(&address)).await.unwrap_err(), expected, "{address}");
        assert_eq!(client.permits(&url(&address)), Err(expected), "{address}");
    }
}

#[test]
fn where_a_name_leads_that_was_told_may_be_any_network() {
    let to = "127.0.0.1:8443".parse().unwrap();
    let client = client(Policy::public().with_override(told("relay.localhost:443", to)));
    assert_eq!(client.permits(&url("https://relay.localhost/pulse")), Ok(()));
    for near in ["https://relay.localhost:8443/pulse", "https://other.localhost/pulse"] {
        assert_eq!(client.permits(&url(near)), Err(OutboundError::ForbiddenAddress), "{near}");
    }
}

#[test]
fn one_forbidden_address_among_public_ones_forbids_the_name() {
    let at = |text: &str| SocketAddr::new(text.parse().unwrap(), 0);
    assert!(resolver::checked(vec![at("1.1.1.1"), at("2606:4700::1111")]).is_ok());
    for forbidden in ["10.0.0.1", "127.0.0.1", "::1", "::ffff:127.0.0.1", "fd00::1"] {
        let error = resolver::checked(vec![at("1.1.1.1"), at(forbidden)]).err().unwrap();
        assert!(error.is::<resolver::Forbidden>(), "{forbidden}");
    }
    assert!(resolver::checked(Vec::new()).err().unwrap().is::<resolver::Unresolved>());
}

/// `count` public addresses of one family.
fn public_addresses(is_v6: bool, count: u8) -> Vec<SocketAddr> {
    let text = |number| {
        if is_v6 { format!("2606:4700::{number:x}") } else { format!("1.1.1.{number}") }
    };
    (1..=count).map(|number| SocketAddr::new(text(number).parse().unwrap(), 0)).collect()
}

#[test]
fn of_a_name_with_many_addresses_a_few_of_both_families_are_tried() {
    let (v4, v6) = (public_addresses(false, 99), public_addresses(true, 99));
    let in_turn = |first: &[SocketAddr], other: &[SocketAddr]| -> Vec<_> {
        first.iter().zip(other).flat_map(|(first, other)| [*first, *other]).collect()
    };
    let tried = |found: &[&[SocketAddr]]| resolver::checked(found.concat()).unwrap().collect::<Vec<_>>();
    // Of both families half each, in the order in which they came, however few the last are.
    assert_eq!(tried(&[&v4[..50], &v6[..50]]), in_turn(&v4[..4], &v6[..4]));
    assert_eq!(tried(&[&v6, &v4[..50]]), in_turn(&v6[..4], &v4[..4]));
    assert_eq!(tried(&[&v4, &v6[..1]]), [&v4[..1], &v6[..1], &v4[1..7]].concat());
    assert_eq!(tried(&[&v6[..1], &v4]), [&v6[..1], &v4[..7]].concat());
    // Of one family alone as many.
    assert_eq!(tried(&[&v4]), v4[..8]);
    assert_eq!(tried(&[&v6]), v6[..8]);
    // Of few none is left out.
    assert_eq!(tried(&[&v4[..3], &v6[..2]]), [v4[0], v6[0], v4[1], v6[1], v4[2]]);
}

#[test]
fn a_forbidden_address_forbids_the_name_also_where_it_would_not_be_tried() {
    for forbidden in ["10.0.0.1", "::1"] {
        let mut found = public_addresses(false, 100);
        found[99].set_ip(forbidden.parse().unwrap());
        let error = resolver::checked(found).err().unwrap();
        assert!(error.is::<resolver::Forbidden>(), "{forbidden}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_unresolvable() {
    let error = client(Policy::public()).send(request("https://nobody.invalid/")).await.unwrap_err();
    assert_eq!(error, OutboundError::Unresolvable);
    assert!(error.is_transient());
}

#[tokio::test]
async fn redirects_are_never_followed_and_an_unchanged_answer_is_none() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    let error = client.send(request(&format!("http://kiln.localhost:{port}/away"))).await.unwrap_err();
    assert_eq!(error, OutboundError::Redirected { status: StatusCode::TEMPORARY_REDIRECT });
    let answer = client.send(request(&format!("http://kiln.localhost:{port}/same"))).await.unwrap();
    assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_body_ends_at_its_limit_announced_or_not() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    let at = |path: &str| request(&format!("http://kiln.localhost:{port}{path}"));
    let answer = client.send(at("/bytes").with_limit(1_000)).await.unwrap();
    assert_eq!(answer.body.len(), 1_000);
    let error = client.send(at("/bytes").with_limit(999)).await.unwrap_err();
    assert_eq!(error, OutboundError::TooLarge { limit: 999 });
    let error = client.send(at("/chunks")).await.unwrap_err();
    assert_eq!(error, OutboundError::TooLarge { limit: DEFAULT });
}

#[tokio::test]
async fn a_host_that_announces_much_and_serves_nothing_has_not_served_too_much() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4_096]).await.unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 524288\r\n\r\n").await.unwrap();
            open.push(stream);
        }
    });
    let client = client(Policy::development());
    let at = |port: u16, path: &str| request(&format!("http://kiln.localhost:{port}{path}")).with_limit(999);
    let believed = at(port, "/").with_timeout(Duration::from_secs(30));
    assert_eq!(client.send(believed).await.unwrap_err(), OutboundError::TooLarge { limit: 999 });
    let disbelieved = at(port, "/").with_timeout(Duration::from_millis(200)).with_length_disbelieved();
    assert_eq!(client.send(disbelieved).await.unwrap_err(), OutboundError::TimedOut);
    // One that serves what it announces has.
    let port = listen(kitchen()).await.port();
    let served = client.send(at(port, "/bytes").with_length_disbelieved()).await.unwrap_err();
    assert_eq!(served, OutboundError::TooLarge { limit: 999 });
    let all = client.send(at(port, "/bytes").with_limit(1_000).with_length_disbelieved()).await.unwrap();
    assert_eq!(all.body.len(), 1_000);
}

const DEFAULT: usize = crate::DEFAULT_LIMIT;

#[tokio::test]
async fn a_silent_host_times_out_and_a_closed_port_is_unreachable() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    let never =
        request(&format!("http://kiln.localhost:{port}/never")).with_timeout(Duration::from_millis(50));
    assert_eq!(client.send(never).await.unwrap_err(), OutboundError::TimedOut);
    let closed = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let error = client.send(request(&format!("http://kiln.localhost:{closed}/"))).await.unwrap_err();
    assert_eq!(error, OutboundError::Unreachable);
}

#[tokio::test]
async fn a_host_that_breaks_off_is_broken() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = [0; 16];
        stream.read_exact(&mut heard).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").await.unwrap();
    });
    let error = client(Policy::development()).send(request(&format!("http://kiln.localhost:{port}/"))).await;
    assert_eq!(error.unwrap_err(), OutboundError::Broken);
}

#[tokio::test]
async fn only_marked_and_strict_json_of_a_success_is_taken() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    for (path, expected) in [
        ("/plain", OutboundError::NotJson),
        ("/double", OutboundError::NotJson),
        ("/error", OutboundError::Status { status: StatusCode::BAD_GATEWAY }),
    ] {
        let error = get_json(&client, url(&format!("http://kiln.localhost:{port}{path}"))).await.unwrap_err();
        assert_eq!(error, expected, "{path}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

struct Authority {
    pem: String,
    chain: Vec<u8>,
    key: Vec<u8>,
}

fn authority(host: &str) -> Authority {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    Authority { pem, chain: leaf.pem().into_bytes(), key: key.serialize_pem().into_bytes() }
}

async fn listen_tls(authority: &Authority) -> SocketAddr {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config =
        axum_server::tls_rustls::RustlsConfig::from_pem(authority.chain.clone(), authority.key.clone())
            .await
            .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let server = axum_server::from_tcp_rustls(listener, config).unwrap();
    tokio::spawn(async move { server.serve(kitchen().into_make_service()).await.unwrap() });
    address
}

fn told(text: &str, to: SocketAddr) -> Override {
    format!("{text}:{}:{}", to.ip(), to.port()).parse().unwrap()
}

#[tokio::test]
async fn an_https_host_is_called_where_it_is_told_to_be_and_sees_its_own_name() {
    let authority = authority("office.example.org");
    let address = listen_tls(&authority).await;
    let policy = Policy::public()
        .with_root(authority.pem.clone())
        .with_override(told("office.example.org:443", address))
        .with_override(told("office.example.org:8443", address));
    let client = client(policy);
    let answer = get_json(&client, url("https://office.example.org/echo")).await.unwrap();
    assert_eq!(answer["host"], "office.example.org");
    let answer = get_json(&client, url("https://office.example.org:8443/echo")).await.unwrap();
    assert_eq!(answer["host"], "office.example.org:8443");
    let error = client.send(request("http://office.example.org:443/echo")).await.unwrap_err();
    assert_eq!(error, OutboundError::InsecureScheme);
}

#[tokio::test]
async fn a_certificate_of_a_stranger_or_for_another_name_is_refused() {
    let office = authority("office.example.org");
    let address = listen_tls(&office).await;
    let stranger = client(
        Policy::public()
            .with_root(authority("office.example.org").pem)
            .with_override(told("office.example.org:443", address)),
    );
    let error = stranger.send(request("https://office.example.org/echo")).await.unwrap_err();
    assert!(matches!(error, OutboundError::Tls(rustls::Error::InvalidCertificate(_))), "{error:?}");
    let other =
        client(Policy::public().with_root(office.pem).with_override(told("kiln.example.org:443", address)));
    let error = other.send(request("https://kiln.example.org/echo")).await.unwrap_err();
    assert!(matches!(error, OutboundError::Tls(rustls::Error::InvalidCertificate(_))), "{error:?}");
}

/// A host under TLS that turns bad when it has read this much of a request; what it had read by then comes back.
fn turning_bad_after(
    authority: &Authority,
    read: &'static str,
    first: &'static str,
) -> (SocketAddr, std::thread::JoinHandle<String>) {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use std::io::{Read, Write};

    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let chain = vec![CertificateDer::from_pem_slice(&authority.chain).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(&authority.key).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let host = std::thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let mut got = String::new();
        if !read.is_empty() {
            let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = rustls::Stream::new(&mut tls, &mut tcp);
            let mut buffer = [0; 4_096];
            while !got.contains(read) {
                let length = stream.read(&mut buffer).unwrap();
                got.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
            }
            stream.write_all(first.as_bytes()).unwrap();
            stream.flush().unwrap();
        }
        // A record that no key opens.
        tcp.write_all(&[0x17, 3, 3, 0, 32]).unwrap();
        tcp.write_all(&[7; 32]).unwrap();
        got
    });
    (address, host)
}

#[tokio::test]
async fn a_host_that_read_the_whole_request_and_then_breaks_tls_has_read_it() {
    let office = authority("office.example.org");
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc";
    for (read, first, is_refused) in [("", "", true), ("whole", "", false), ("whole", answer, false)] {
        let (address, host) = turning_bad_after(&office, read, first);
        let policy = Policy::public()
            .with_root(office.pem.clone())
            .with_override(told("office.example.org:443", address));
        let mut request = Request::new(http::Method::POST, url("https://office.example.org/response"));
        request.body = Bytes::from_static(b"the whole");
        let error = client(policy).send(request).await.unwrap_err();
        assert!(host.join().unwrap().ends_with(if is_refused { "" } else { "the whole" }));
        // Only while connecting nothing can have arrived.
        if is_refused {
            assert!(matches!(error, OutboundError::Tls(_)), "{error:?}");
        } else {
            assert_eq!(error, OutboundError::Broken, "{first}");
        }
    }
}

#[test]
fn a_root_that_is_no_certificate_is_refused() {
    for pem in ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = HttpClient::new(Policy::public().with_root(pem)).err();
        assert!(matches!(error, Some(ClientError::NotCertificates | ClientError::Tls)), "{pem:?} {error:?}");
    }
}

#[test]
fn debug_output_shows_neither_path_nor_token() {
    let request = request("https://office.example.org/canary-path?canary-query=1")
        .with_authorization("DPoP", "canary-token")
        .unwrap()
        .with_body("text/plain", "canary-body")
        .unwrap();
    assert_eq!(format!("{request:?}"), "Request(GET office.example.org)");
    assert_eq!(request.headers[http::header::AUTHORIZATION], "DPoP canary-token");
    assert!(request.headers[http::header::AUTHORIZATION].is_sensitive());
}

#[test]
fn a_header_that_would_split_is_unwritable() {
    let request = request("https://office.example.org/");
    assert_eq!(
        request.with_header(http::header::ACCEPT, "a\r\nb: c").unwrap_err(),
        OutboundError::Unwritable
    );
}
