//! Hosts that mean harm: odd spellings of forbidden addresses, redirects, answers without an end, bombs, and names that
//! resolve otherwise the second time.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A server that hands each connection, its request read, to `serve`; and how many connections there were.
async fn raw<F, S>(serve: S) -> (SocketAddr, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
    S: Fn(TcpStream) -> F + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let mut heard = [0; 4_096];
            if stream.read(&mut heard).await.is_ok_and(|length| length > 0) {
                tokio::spawn(serve(stream));
            }
        }
    });
    (address, connections)
}

/// What a client of a development makes of an answer with these bytes, within `milliseconds`.
async fn answer_of(bytes: Vec<u8>, milliseconds: u64) -> Result<Response, OutboundError> {
    let bytes = Arc::new(bytes);
    let (address, _) = raw(move |mut stream| {
        let bytes = Arc::clone(&bytes);
        async move {
            let _ = stream.write_all(&bytes).await;
        }
    })
    .await;
    let call = request(&format!("http://kiln.localhost:{}/", address.port()));
    client(Policy::development()).send(call.with_timeout(Duration::from_millis(milliseconds))).await
}

/// As [`answer_of`], with `part` again and again after `begin`, `pause` milliseconds apart, for ever.
async fn endless(begin: &'static [u8], part: &'static [u8], pause: u64) -> OutboundError {
    let (address, _) = raw(move |mut stream| async move {
        let _ = stream.write_all(begin).await;
        while stream.write_all(part).await.is_ok() {
            if pause > 0 {
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        }
    })
    .await;
    let start = Instant::now();
    let call = request(&format!("http://kiln.localhost:{}/", address.port()));
    let outcome =
        client(Policy::development()).send(call.with_timeout(Duration::from_millis(400))).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5), "{outcome:?} after {:?}", start.elapsed());
    outcome
}

#[tokio::test]
async fn no_spelling_of_a_forbidden_address_is_called() {
    let client = client(Policy::public());
    for host in [
        // Decimal, octal, hexadecimal, shortened.
        "2130706433",
        "017700000001",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "0",
        "10.1",
        // Percent-encoded, full-width, with other full stops, circled.
        "%31%32%37.0.0.1",
        "127%2e0%2e0%2e1",
        "１２７.0.0.1",
        "127。0。0。1",
        "①②⑦.0.0.1",
        // Metadata of clouds.
        "169.254.169.254",
        "0xa9fea9fe",
        "[fd00:ec2::254]",
        // IPv6: mapped, compatible, NAT64, 6to4, Teredo, link-local, unique-local, multicast, unspecified.
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:a9fe:a9fe]",
        "[0:0:0:0:0:ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::1.1.1.1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fd12:3456::1]",
        "[ff02::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        // A public address that is written as a number is nobody's name either.
        "[2606:4700::1111]",
        "1.1.1.1",
    ] {
        for port in ["", ":443", ":8443", ":22"] {
            let error = client.send(request(&format!("https://{host}{port}/"))).await.unwrap_err();
            assert_eq!(error, OutboundError::ForbiddenAddress, "{host}{port}");
        }
    }
    for unreadable in
        ["https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://127.0.0.256/", "https://1.2.3.4.5/"]
    {
        assert!(unreadable.parse::<Url>().is_err(), "{unreadable}");
    }
}

#[tokio::test]
async fn no_spelling_of_this_machines_own_name_is_called_in_production() {
    let client = client(Policy::public());
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "ⓛocalhost",
        "local%68ost",
        "kiln.localhost",
        "kiln.localhost.",
    ] {
        let error = client.send(request(&format!("https://{host}/"))).await.unwrap_err();
        // Some machines do not resolve the names below localhost at all.
        let is_refused = matches!(error, OutboundError::ForbiddenAddress | OutboundError::Unresolvable);
        assert!(is_refused, "{host}: {error:?}");
    }
}

#[tokio::test]
async fn a_development_opens_its_own_names_in_no_other_spelling_than_theirs() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    for host in
        ["kiln.localhost.", "localhost.", "localhost.example.org", "xlocalhost", "127.1", "%31%32%37.1"]
    {
        let error = client.send(request(&format!("http://{host}:{port}/echo"))).await.unwrap_err();
        let is_refused = matches!(error, OutboundError::InsecureScheme | OutboundError::ForbiddenAddress);
        assert!(is_refused, "{host}: {error:?}");
    }
    // An internationalised name goes out in its ASCII form, as certificates name it (RFC 5890).
    let answer = get_json(&client, url(&format!("http://kíln.localhost:{port}/echo"))).await.unwrap();
    assert_eq!(answer["host"], format!("xn--kln-rma.localhost:{port}"));
}

#[tokio::test]
async fn schemes_are_told_apart_in_any_case_and_names_before_an_at_sign_are_refused() {
    let client = client(Policy::public());
    for (address, expected) in [
        ("hTTp://example.org/", OutboundError::InsecureScheme),
        ("HTTP://example.org:443/", OutboundError::InsecureScheme),
        ("hTTpS://127.0.0.1/", OutboundError::ForbiddenAddress),
        ("FILE:///etc/passwd", OutboundError::MalformedUrl),
        ("file://127.0.0.1/etc/passwd", OutboundError::MalformedUrl),
        ("gopher://127.0.0.1:25/_HELO", OutboundError::MalformedUrl),
        ("ws://example.org/", OutboundError::MalformedUrl),
        ("https://office.example.org@127.0.0.1/", OutboundError::MalformedUrl),
        ("https://office.example.org:443@10.0.0.1/", OutboundError::MalformedUrl),
        ("https://@127.0.0.1/", OutboundError::ForbiddenAddress),
        ("https://:secret@example.org/", OutboundError::MalformedUrl),
    ] {
        assert_eq!(client.send(request(address)).await.unwrap_err(), expected, "{address}");
    }
}

#[tokio::test]
async fn no_redirect_is_followed_wherever_it_leads() {
    let (secret, visits) = raw(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await;
    })
    .await;
    for status in [300_u16, 301, 302, 303, 305, 307, 308] {
        for to in [
            format!("http://127.0.0.1:{}/", secret.port()),
            format!("http://kiln.localhost:{}/", secret.port()),
            format!("//kiln.localhost:{}/", secret.port()),
            "/other".to_owned(),
            "file:///etc/passwd".to_owned(),
            "\u{feff}".to_owned(),
        ] {
            let head = format!("HTTP/1.1 {status} Away\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
            let error = answer_of(head.into_bytes(), 2_000).await.unwrap_err();
            assert_eq!(error, OutboundError::Redirected { status: status.try_into().unwrap() }, "{to}");
        }
    }
    // A refresh is for browsers.
    let head = format!(
        "HTTP/1.1 200 OK\r\nrefresh: 0; url=http://kiln.localhost:{}/\r\ncontent-length: 0\r\n\r\n",
        secret.port()
    );
    assert_eq!(answer_of(head.into_bytes(), 2_000).await.unwrap().status, StatusCode::OK);
    assert_eq!(visits.load(Ordering::SeqCst), 0, "somebody went where a redirect led");
}

#[tokio::test]
async fn an_answer_that_trickles_ends_with_the_time_of_the_call() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
    assert_eq!(endless(head, b"x", 20).await, OutboundError::TimedOut, "a body, byte by byte");
    assert_eq!(
        endless(b"HTTP/1.1 200 OK\r\n", b"a", 20).await,
        OutboundError::TimedOut,
        "a header, byte by byte"
    );
    assert_eq!(endless(b"", b"\r\n", 20).await, OutboundError::TimedOut, "nothing but line ends");
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(endless(chunked, b"1\r\nx\r\n", 20).await, OutboundError::TimedOut, "chunk by chunk");
    assert_eq!(endless(chunked, b"0", 20).await, OutboundError::TimedOut, "a chunk's length, digit by digit");
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let is_cut = |error: &OutboundError| matches!(error, OutboundError::Broken | OutboundError::TimedOut);
    for (what, begin, part) in [
        (
            "headers",
            &b"HTTP/1.1 200 OK\r\n"[..],
            &b"x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"[..],
        ),
        (
            "one header",
            b"HTTP/1.1 200 OK\r\nx-filler: ",
            b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        ("interim answers", b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
        ("a reason", b"HTTP/1.1 200 ", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ] {
        let error = endless(begin, part, 0).await;
        assert!(is_cut(&error), "{what}: {error:?}");
    }
    let limit = DEFAULT;
    for (what, begin) in [
        ("a body until the connection closes", &b"HTTP/1.1 200 OK\r\n\r\n"[..]),
        ("a body of an announced length", b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n"),
    ] {
        let error = endless(begin, &[b'x'; 8_192], 0).await;
        assert_eq!(error, OutboundError::TooLarge { limit }, "{what}");
    }
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffff0\r\n";
    let error = endless(chunked, &[b'x'; 8_192], 0).await;
    assert!(
        is_cut(&error) || error == OutboundError::TooLarge { limit },
        "one chunk without an end: {error:?}"
    );
}

#[tokio::test]
async fn a_head_that_is_longer_than_any_honest_one_is_refused_and_what_else_stands_in_it_does_not_stay() {
    let answer = |reason: usize, value: usize| {
        let (reason, value) = ("a".repeat(reason), "b".repeat(value));
        format!("HTTP/1.1 200 {reason}\r\nx-filler: {value}\r\ncontent-length: 2\r\n\r\n{{}}").into_bytes()
    };
    let room = LARGEST_HEAD - "x-filler".len() - "content-length".len() - "2".len();
    for (what, bytes, expected) in [
        ("a usual head", answer(2, 4_096), Some(4_096)),
        ("the longest head", answer(2, room), Some(room)),
        ("one byte more", answer(2, room + 1), None),
        ("ten times as much", answer(2, 10 * room), None),
        ("many words beside the status, which nobody reads", answer(300 << 10, 4_096), Some(4_096)),
        ("more than is read ahead", answer(2, 500 << 10), None),
    ] {
        match (answer_of(bytes, 5_000).await, expected) {
            (Ok(answer), Some(length)) => {
                assert_eq!(answer.headers["x-filler"].len(), length, "{what}");
                assert_eq!(&answer.body[..], b"{}", "{what}");
            }
            (outcome, expected) => {
                assert!(expected.is_none(), "{what}: {outcome:?}");
                assert_eq!(outcome.unwrap_err(), OutboundError::Broken, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_whose_length_is_said_twice_is_not_believed() {
    for (what, head) in [
        ("two lengths", "content-length: 2\r\ncontent-length: 3\r\n"),
        ("a list of lengths", "content-length: 2, 3\r\n"),
        ("a negative length", "content-length: -1\r\n"),
        ("a length in words", "content-length: two\r\n"),
        ("a length beyond all numbers", "content-length: 99999999999999999999999\r\n"),
    ] {
        let error =
            answer_of(format!("HTTP/1.1 200 OK\r\n{head}\r\n{{}}").into_bytes(), 2_000).await.unwrap_err();
        assert_eq!(error, OutboundError::Broken, "{what}");
    }
    let nonsense: [&[u8]; 4] = [b"", b"\0\0\0\0", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 20x OK\r\n\r\n"];
    for bytes in nonsense {
        assert_eq!(answer_of(bytes.to_vec(), 2_000).await.unwrap_err(), OutboundError::Broken, "{bytes:?}");
    }
}

#[tokio::test]
async fn a_compressed_bomb_stays_closed() {
    // 10 MB of zeros in 10 kB; nothing is ever unpacked, for nothing packed was asked for.
    let mut bomb = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    bomb.extend([
        0xed, 0xc1, 0x01, 0x0d, 0, 0, 0, 0xc2, 0xa0, 0xf7, 0x4f, 0x6d, 0x0e, 0x37, 0xa0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip"] {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n",
            bomb.len()
        );
        let answer = answer_of([head.as_bytes(), &bomb].concat(), 2_000).await.unwrap();
        assert_eq!(answer.body, bomb, "{encoding}");
        assert_eq!(answer.json().unwrap_err(), OutboundError::NotJson, "{encoding}");
    }
}

#[tokio::test]
async fn nothing_in_an_address_or_a_value_becomes_a_header() {
    let port = listen(kitchen()).await.port();
    let client = client(Policy::development());
    for (path, seen) in [
        ("/echo?a=%0d%0ax-evil:%201", "/echo?a=%0d%0ax-evil:%201"),
        ("/echo?a=\r\nx-evil: 1", "/echo?a=x-evil:%201"),
        ("/echo?a= HTTP/1.1%0d%0a", "/echo?a=%20HTTP/1.1%0d%0a"),
    ] {
        let answer = get_json(&client, url(&format!("http://kiln.localhost:{port}{path}"))).await.unwrap();
        assert_eq!(answer["uri"], seen);
        assert!(!answer["names"].as_array().unwrap().contains(&"x-evil".into()));
    }
    let ask = || request("https://office.example.org/");
    for value in ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "a\u{7f}b"] {
        let accept = ask().with_header(http::header::ACCEPT, value).unwrap_err();
        assert_eq!(accept, OutboundError::Unwritable, "{value:?}");
        let token = ask().with_authorization("DPoP", value).unwrap_err();
        assert_eq!(token, OutboundError::Unwritable, "{value:?}");
        let body = ask().with_body(value, "x").unwrap_err();
        assert_eq!(body, OutboundError::Unwritable, "{value:?}");
    }
}

/// A name server that answers otherwise each time, and the judge that our own resolver has.
#[derive(Clone)]
struct Changing(Arc<Answers>);

struct Answers {
    left: Mutex<VecDeque<Vec<SocketAddr>>>,
    asked: AtomicUsize,
    /// Which addresses count as public here: those of this test's servers are all loopback.
    public: SocketAddr,
}

impl Resolve for Changing {
    fn resolve(&self, _: Name) -> Resolving {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        let found = self.0.left.lock().unwrap().pop_front().unwrap_or_default();
        let public = self.0.public;
        Box::pin(async move {
            // As in `resolver::checked`: one forbidden address forbids the name.
            if found.iter().all(|address| *address == public) && !found.is_empty() {
                return Ok(Box::new(found.into_iter()) as Addrs);
            }
            resolver::checked(found)
        })
    }
}

#[tokio::test]
async fn a_name_that_answers_otherwise_the_second_time_gains_nothing() {
    let (public, seen_in_public) = raw(|mut stream| async move {
        let _ =
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}").await;
    })
    .await;
    let (secret, visits) = raw(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await;
    })
    .await;
    let names = Changing(Arc::new(Answers {
        left: Mutex::new(VecDeque::from([
            vec![public],
            vec![secret],
            vec![public, secret],
            vec![secret, public],
            Vec::new(),
        ])),
        asked: AtomicUsize::new(0),
        public,
    }));
    let client = build(&Policy::public(), &[], names.clone()).unwrap();
    let call = || client.get("http://rebinding.example.org/").send();
    // One look-up a call: what was judged is what is connected to.
    assert_eq!(call().await.unwrap().text().await.unwrap(), "{}");
    assert_eq!((names.0.asked.load(Ordering::SeqCst), seen_in_public.load(Ordering::SeqCst)), (1, 1));
    for look_up in 2..=4 {
        let error = failure(&call().await.unwrap_err());
        assert_eq!(error, OutboundError::ForbiddenAddress, "look-up {look_up}");
        assert_eq!(names.0.asked.load(Ordering::SeqCst), look_up);
    }
    assert_eq!(failure(&call().await.unwrap_err()), OutboundError::Unresolvable);
    assert_eq!(visits.load(Ordering::SeqCst), 0, "the secret was visited");
    assert_eq!(seen_in_public.load(Ordering::SeqCst), 1, "half of an answer was used");
}

#[test]
fn every_way_to_write_a_forbidden_ipv4_address_in_ipv6_is_forbidden() {
    for inner in
        ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"]
    {
        let [a, b, c, d] = inner.parse::<std::net::Ipv4Addr>().unwrap().octets();
        let hexadecimal = format!("{:x}:{:x}", u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        for outer in [
            format!("::ffff:{inner}"),
            format!("::{inner}"),
            format!("::ffff:0:{inner}"),
            format!("64:ff9b::{inner}"),
            format!("64:ff9b:1::{inner}"),
            format!("2002:{hexadecimal}::1"),
            format!("2001:0:{hexadecimal}::1"),
            format!("fe80::5efe:{inner}"),
        ] {
            assert!(!is_public(outer.parse::<IpAddr>().unwrap()), "{outer}");
        }
    }
}
