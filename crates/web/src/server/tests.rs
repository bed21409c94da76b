mod connections;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Path};
use axum::routing::{get, post};
use outbound::{HttpClient, Policy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::csp;

async fn text(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 22).await.unwrap().to_vec()).unwrap()
}

fn named(name: &'static str) -> Router {
    Router::new().route("/", get(move || async move { name }))
}

/// News that never come, until the server stops.
async fn news(request: Request) -> Response {
    let mut stopping = Stopping::of(request.extensions());
    let (teller, response) = live::stream();
    tokio::spawn(async move {
        stopping.begun().await;
        let _ = teller.tell("stopping", "", "1");
    });
    response
}

/// Much that has to be taken in a time.
async fn within(Path(time): Path<u64>, request: Request) -> Body {
    struct Answer {
        bytes: Vec<u8>,
        _untaken: Option<Untaken>,
    }
    impl AsRef<[u8]> for Answer {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }
    let untaken = Taking::of(request.extensions()).map(|taking| taking.within(Duration::from_millis(time)));
    Body::from(Bytes::from_owner(Answer { bytes: vec![b'a'; 32 << 20], _untaken: untaken }))
}

fn kiln() -> Router {
    named("kiln")
        .route(
            "/panic",
            get(|| async {
                if true {
                    panic!("canary-panic")
                }
            }),
        )
        .route("/slow", get(std::future::pending::<()>))
        .route("/long/{name}", get(|| tokio::time::sleep(Duration::from_millis(400))))
        .route("/large", get(|| async { vec![b'a'; 32 << 20] }))
        .route("/within/{milliseconds}", get(within))
        .route("/news", get(news))
        .route("/length", post(|body: Bytes| async move { body.len().to_string() }))
        .route("/number/{number}", get(|Path(number): Path<u32>| async move { number.to_string() }))
        .route(
            "/own",
            get(|| async {
                ([(csp::HEADER, "default-src 'none'"), (http::header::CACHE_CONTROL, "max-age=60")], "own")
            }),
        )
        .route(
            "/peer",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
        )
        .route(
            "/client",
            get(|request: Request| async move { proxies::client(request.extensions()).to_string() }),
        )
}

fn hosts() -> Router {
    host_router(vec![
        Party::new("kiln.localhost:8080", kiln())
            .with_body_limit(1_000)
            .with_time_limit_at("/long/{name}", Duration::from_secs(20))
            .with_time_limit(Duration::from_millis(200)),
        Party::new("Harbour.localhost", named("harbour")),
    ])
    .unwrap()
}

fn at(host: &str, path: &str) -> http::request::Builder {
    http::Request::get(path).header("host", host)
}

async fn ask(request: http::request::Builder) -> Response {
    hosts().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn each_host_gets_its_own_party_whatever_its_port_and_case() {
    for (host, answer) in [
        ("kiln.localhost", "kiln"),
        ("kiln.localhost:8080", "kiln"),
        ("KILN.localhost:9", "kiln"),
        ("harbour.localhost:8080", "harbour"),
    ] {
        let response = ask(at(host, "/")).await;
        assert_eq!(response.status(), StatusCode::OK, "{host}");
        assert_eq!(text(response).await, answer, "{host}");
    }
    let response = ask(http::Request::get("http://kiln.localhost:8080/")).await;
    assert_eq!(text(response).await, "kiln");
}

#[tokio::test]
async fn unknown_missing_and_contradicting_hosts_are_misdirected() {
    for request in [
        at("other.localhost", "/"),
        at("kiln.localhost.example.org", "/"),
        at("", "/"),
        at("kiln.localhost:8080:8080", "/"),
        http::Request::get("/"),
        at("kiln.localhost", "/").header("host", "harbour.localhost"),
        at("kiln.localhost", "http://harbour.localhost/"),
    ] {
        let shown = format!("{request:?}");
        let response = ask(request).await;
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST, "{shown}");
        let found = text(response).await;
        assert!(found.contains("\"error_description\":\"this host is not served here\""), "{found}");
    }
    let sent = at("other.localhost", "/").method("POST").body(Body::from("canary")).unwrap();
    let response = hosts().oneshot(sent).await.unwrap();
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
    assert!(!text(response).await.contains("canary"));
}

#[tokio::test]
async fn whatever_is_answered_has_the_security_headers() {
    let unknown_coding = at("kiln.localhost", "/").header("transfer-encoding", "gzip, chunked");
    for (case, request, status) in [
        ("a page", at("kiln.localhost", "/"), 200),
        ("no page", at("kiln.localhost", "/none"), 404),
        ("no method", at("kiln.localhost", "/").method("PUT"), 405),
        ("a panic", at("kiln.localhost", "/panic"), 500),
        ("a coding", unknown_coding, 501),
        ("too slow", at("kiln.localhost", "/slow"), 503),
        ("longer, where it may", at("kiln.localhost", "/long/one"), 200),
        ("no host", at("other.localhost", "/"), 421),
        ("two hosts", at("kiln.localhost", "/").header("host", "harbour.localhost"), 421),
    ] {
        let response = ask(request).await;
        assert_eq!(response.status().as_u16(), status, "{case}");
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "x-frame-options",
            "referrer-policy",
            "cross-origin-opener-policy",
            "permissions-policy",
            "cache-control",
            "x-request-id",
        ] {
            assert!(response.headers().contains_key(name), "{case}: {name}");
        }
    }
}

#[tokio::test]
async fn a_body_in_a_coding_that_is_not_understood_reaches_nobody() {
    let send = |codings: &'static [&'static str]| async move {
        let mut request = http::Request::post("/length").header("host", "kiln.localhost");
        for coding in codings {
            request = request.header("transfer-encoding", *coding);
        }
        hosts().oneshot(request.body(Body::from("abc")).unwrap()).await.unwrap()
    };
    for understood in [&[][..], &["chunked"], &["Chunked"], &[" chunked "]] {
        assert_eq!(text(send(understood).await).await, "3", "{understood:?}");
    }
    for unknown in [
        &["gzip, chunked"][..],
        &["gzip", "chunked"],
        &["chunked", "chunked"],
        &["chunked, chunked"],
        &["chunked, identity"],
        &["identity"],
        &["x-chunked"],
        &["chunked;q=1"],
        &[""],
    ] {
        let response = send(unknown).await;
        assert_eq!(response.status(), StatusCode::NOT_IMPLEMENTED, "{unknown:?}");
        assert_eq!(response.headers()["connection"], "close", "{unknown:?}");
        assert_eq!(response.headers()["content-type"], "application/json", "{unknown:?}");
    }
}

#[test]
fn two_parties_cannot_have_one_host() {
    let twice = host_router(vec![
        Party::new("kiln.localhost:1", named("a")),
        Party::new("KILN.localhost:2", named("b")),
    ]);
    assert!(matches!(twice, Err(ServeError::HostTwice(host)) if host == "kiln.localhost"));
}

#[tokio::test]
async fn every_answer_has_the_security_headers_also_a_refusal() {
    for path in ["/", "/nothing"] {
        let response = ask(at("kiln.localhost", path)).await;
        for (name, value) in [
            ("content-security-policy", csp::STRICT),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(response.headers()[name], value, "{path} {name}");
        }
        assert!(response.headers().contains_key("permissions-policy"));
        assert_eq!(response.headers()["x-request-id"].len(), 12);
        assert!(!response.headers().contains_key("strict-transport-security"));
    }
}

#[tokio::test]
async fn a_route_may_set_its_own_headers_and_assets_are_kept_for_ever() {
    let response = ask(at("kiln.localhost", "/own")).await;
    assert_eq!(response.headers()["content-security-policy"], "default-src 'none'");
    assert_eq!(response.headers()["cache-control"], "max-age=60");
    let response = ask(at("harbour.localhost", assets::assets().style.url())).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
}

#[tokio::test]
async fn a_panic_is_an_internal_error_without_detail() {
    let response = ask(at("kiln.localhost", "/panic")).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = text(response).await;
    assert!(body.contains("\"server_error\"") && !body.contains("canary"), "{body}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_announced_or_not() {
    let send = |length: usize, announced: bool| async move {
        let mut request = http::Request::post("/length").header("host", "kiln.localhost");
        if announced {
            request = request.header("content-length", length);
        }
        hosts().oneshot(request.body(Body::from(vec![b'a'; length])).unwrap()).await.unwrap()
    };
    for announced in [true, false] {
        assert_eq!(text(send(1_000, announced).await).await, "1000");
        let response = send(1_001, announced).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert!(text(response).await.contains("\"invalid_request\""));
    }
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_answered_for() {
    let response = ask(at("kiln.localhost", "/slow")).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.headers().contains_key("retry-after"));
    assert!(text(response).await.contains("temporarily_unavailable"));
}

#[tokio::test]
async fn refusals_of_the_router_and_the_extractors_do_not_repeat_what_was_sent() {
    for (path, status) in [("/canary", 404), ("/number/canary", 400), ("/length", 405)] {
        let response = ask(at("kiln.localhost", path)).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers().contains_key("allow"), status == 405);
        let body = text(response).await;
        assert!(body.starts_with("{\"error\":") && !body.contains("canary"), "{body}");
    }
    let page = ask(at("kiln.localhost", "/canary").header("accept", "text/html")).await;
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(!text(page).await.contains("canary"));
}

async fn running(
    settings: ServeSettings,
) -> (SocketAddr, tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let parties =
        vec![Party::new("kiln.localhost", kiln()), Party::new("harbour.localhost", named("harbour"))];
    let server = tokio::spawn(async move {
        serve(parties, listener, settings, async { stopped.await.unwrap() }).await.unwrap();
    });
    (address, stop, server)
}

async fn fetched(client: &HttpClient, url: String) -> outbound::Response {
    client.send(outbound::Request::get(url.parse().unwrap())).await.unwrap()
}

#[tokio::test]
async fn one_listener_serves_all_hosts_over_http_and_stops_when_told() {
    let (address, stop, server) = running(ServeSettings::default()).await;
    let client = HttpClient::new(Policy::development()).unwrap();
    let port = address.port();
    assert_eq!(fetched(&client, format!("http://kiln.localhost:{port}/")).await.body, "kiln");
    assert_eq!(fetched(&client, format!("http://harbour.localhost:{port}/")).await.body, "harbour");
    assert_eq!(fetched(&client, format!("http://kiln.localhost:{port}/peer")).await.body, "127.0.0.1");
    let other = fetched(&client, format!("http://other.localhost:{port}/")).await;
    assert_eq!(other.status, StatusCode::MISDIRECTED_REQUEST);
    stop.send(()).unwrap();
    server.await.unwrap();
    let gone =
        client.send(outbound::Request::get(format!("http://kiln.localhost:{port}/").parse().unwrap())).await;
    assert!(gone.is_err());
}

#[tokio::test]
async fn a_named_proxy_says_who_asks_and_nobody_else_does() {
    let other: TrustedProxies = std::iter::once("127.0.0.2".parse().unwrap()).collect();
    let this: TrustedProxies = std::iter::once("127.0.0.0/8".parse().unwrap()).collect();
    for (proxies, told) in
        [(TrustedProxies::default(), "127.0.0.1"), (other, "127.0.0.1"), (this, "198.51.100.7")]
    {
        let (address, stop, server) = running(ServeSettings { proxies, ..ServeSettings::default() }).await;
        let client = HttpClient::new(Policy::development()).unwrap();
        let url = format!("http://kiln.localhost:{}/client", address.port());
        let mut request = outbound::Request::get(url.parse().unwrap());
        request.headers.insert("x-forwarded-for", HeaderValue::from_static("203.0.113.9, 198.51.100.7"));
        assert_eq!(client.send(request).await.unwrap().body, told);
        stop.send(()).unwrap();
        server.await.unwrap();
    }
}

#[tokio::test]
async fn who_waits_for_news_keeps_no_server_from_stopping() {
    let (address, stop, server) = running(ServeSettings::default()).await;
    let mut waiting = tokio::net::TcpStream::connect(address).await.unwrap();
    waiting.write_all(b"GET /news HTTP/1.1\r\nHost: kiln.localhost\r\n\r\n").await.unwrap();
    let mut taken = String::new();
    while !taken.contains("retry: 3000") {
        let mut piece = [0_u8; 1_024];
        let length = waiting.read(&mut piece).await.unwrap();
        taken.push_str(std::str::from_utf8(&piece[..length]).unwrap());
    }
    let begun = std::time::Instant::now();
    stop.send(()).unwrap();
    server.await.unwrap();
    assert!(begun.elapsed() < GRACE, "{:?}", begun.elapsed());
    waiting.read_to_string(&mut taken).await.unwrap();
    assert!(taken.contains("id: 1\nevent: stopping\ndata: \n\n"), "{taken}");
}

#[tokio::test]
async fn the_same_is_served_over_https_and_browsers_are_told_to_stay_there() {
    let (tls, pem) = certified();
    let settings = ServeSettings { tls: Some(tls), ..ServeSettings::default() };
    let (address, stop, server) = running(settings).await;
    let client = HttpClient::new(Policy::development().with_root(pem)).unwrap();
    let answer = fetched(&client, format!("https://harbour.localhost:{}/", address.port())).await;
    assert_eq!(answer.body, "harbour");
    assert_eq!(answer.headers["strict-transport-security"], "max-age=63072000");
    stop.send(()).unwrap();
    server.await.unwrap();
}

/// A certificate of both hosts with its key, and the root it is trusted under.
fn certified() -> (Tls, String) {
    let ca_key = rcgen::KeyPair::generate().unwrap();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = ca.self_signed(&ca_key).unwrap().pem();
    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["kiln.localhost".to_owned(), "harbour.localhost".to_owned()];
    let leaf = rcgen::CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &rcgen::Issuer::new(ca, ca_key))
        .unwrap();
    (Tls::from_pem(leaf.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap(), pem)
}

#[test]
fn a_certificate_and_a_key_that_are_no_pair_are_refused() {
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let certified = rcgen::generate_simple_self_signed(vec!["kiln.localhost".to_owned()]).unwrap();
    let pem = certified.cert.pem();
    for (chain, key) in
        [(pem.as_str(), "no key"), ("no certificate", other.as_str()), (pem.as_str(), other.as_str())]
    {
        let refused = Tls::from_pem(chain.as_bytes(), key.as_bytes());
        assert!(matches!(refused, Err(ServeError::Certificate)));
    }
}
