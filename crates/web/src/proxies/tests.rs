use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use http::HeaderValue;
use tower::ServiceExt;

use super::*;

const PROXY: &str = "10.0.0.1";
const CLIENT: &str = "198.51.100.7";

fn proxies(networks: &[&str]) -> TrustedProxies {
    networks.iter().map(|network| network.parse::<ProxyNetwork>().unwrap()).collect()
}

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

/// Who a request comes from that `peer` brings to a server behind the proxies 10.0.0.0/8 and `fd00::/8`.
fn from(peer: &str, fields: &[(&'static str, &str)]) -> String {
    let trusted = proxies(&["10.0.0.0/8", "fd00::/8"]);
    trusted.client(peer.parse().unwrap(), &headers(fields)).to_string()
}

#[test]
fn whoever_is_no_trusted_proxy_cannot_say_who_they_are() {
    for name in ["x-forwarded-for", "forwarded"] {
        for value in [CLIENT, "for=198.51.100.7", "10.0.0.1", "for=10.0.0.1", "127.0.0.1, 10.0.0.1"] {
            assert_eq!(from("203.0.113.9", &[(name, value)]), "203.0.113.9", "{name}: {value}");
            assert_eq!(from("2001:db8::9", &[(name, value)]), "2001:db8::9", "{name}: {value}");
            let nobody = TrustedProxies::default();
            let peer: IpAddr = PROXY.parse().unwrap();
            assert_eq!(nobody.client(peer, &headers(&[(name, value)])), peer, "nobody is trusted at first");
        }
    }
}

#[test]
fn behind_a_proxy_the_last_address_that_is_no_proxy_counts() {
    for value in [
        CLIENT,
        "203.0.113.9, 198.51.100.7",
        "198.51.100.7, 10.9.9.9",
        "198.51.100.7,10.9.9.9 , fd00::1,10.0.0.1",
        "10.0.0.1, unknown, 198.51.100.7",
        "a\"b, 198.51.100.7",
        ",, 198.51.100.7",
        "198.51.100.7:4711",
        "::ffff:198.51.100.7",
    ] {
        assert_eq!(from(PROXY, &[("x-forwarded-for", value)]), CLIENT, "{value}");
    }
    for value in [
        "for=198.51.100.7",
        "For=\"198.51.100.7:4711\";proto=https;by=10.0.0.1",
        "proto=https; FOR=198.51.100.7",
        "for=203.0.113.9, for=198.51.100.7, for=10.9.9.9",
        "for=_hidden, for=unknown,for=198.51.100.7",
        "for=203.0.113.9;host=\"a,b;for=c\\\"\", for=198.51.100.7",
        ";, for=198.51.100.7;",
    ] {
        assert_eq!(from(PROXY, &[("forwarded", value)]), CLIENT, "{value}");
    }
    let six = "2001:db8:cafe::17";
    for (name, value) in [
        ("x-forwarded-for", "2001:db8:cafe::17"),
        ("x-forwarded-for", "[2001:db8:cafe::17]"),
        ("x-forwarded-for", "[2001:db8:cafe::17]:4711"),
        ("forwarded", "for=\"[2001:db8:cafe::17]:4711\""),
        ("forwarded", "for=\"[2001:db8:cafe::17]\", for=\"[fd00::2]\""),
    ] {
        assert_eq!(from("fd00::1", &[(name, value)]), six, "{value}");
    }
}

#[test]
fn several_fields_are_one_list_in_their_order() {
    let x = "x-forwarded-for";
    assert_eq!(from(PROXY, &[(x, "203.0.113.9"), (x, CLIENT)]), CLIENT);
    assert_eq!(from(PROXY, &[(x, CLIENT), (x, "203.0.113.9")]), "203.0.113.9");
    assert_eq!(from(PROXY, &[(x, CLIENT), (x, "10.0.0.2")]), CLIENT);
    assert_eq!(from(PROXY, &[("forwarded", "for=203.0.113.9"), ("forwarded", "for=198.51.100.7")]), CLIENT);
}

#[test]
fn what_the_proxy_did_not_write_as_an_address_counts_as_the_proxy() {
    let x = "x-forwarded-for";
    for value in [
        "",
        " ",
        "unknown",
        "198.51.100.7, unknown",
        "198.51.100.7,",
        "198.51.100",
        "198.51.100.007",
        "198.51.100.7:",
        "198.51.100.7:99999",
        "localhost",
        "for=198.51.100.7",
        "\"198.51.100.7\"",
        "198.51.100.7 203.0.113.9",
        "[198.51.100.7]",
        "2001:db8::1%eth0",
        "\u{e9}",
    ] {
        assert_eq!(from(PROXY, &[(x, value)]), PROXY, "{value:?}");
    }
    // The proxy between is named, what lies behind it is not.
    assert_eq!(from(PROXY, &[(x, "198.51.100.7, unknown, 10.9.9.9")]), "10.9.9.9");
    assert_eq!(from(PROXY, &[(x, "10.3.3.3, 10.2.2.2")]), "10.3.3.3", "a request of a proxy's own");
    for value in [
        "",
        "198.51.100.7",
        "for=_hidden",
        "for=unknown",
        "by=198.51.100.7",
        "for=198.51.100.7, proto=https",
        "for=198.51.100.7;for=203.0.113.9",
        "for=203.0.113.9;by=\", for=198.51.100.7",
        "for=203.0.113.9;by=\", for=\"[2001:db8::1]\"",
        "for=203.0.113.9;by=\"\\, for=\"[2001:db8::1]\"",
        "for=198.51.100.7 for=203.0.113.9",
        "for=\"198.51.100.7\"x",
        "for=\"2001:db8::1",
        "for =198.51.100.7 = x",
        "\u{e9}=1, for=198.51.100.7",
    ] {
        assert_eq!(from(PROXY, &[("forwarded", value)]), PROXY, "{value:?}");
    }
}

#[test]
fn the_other_field_that_a_proxy_passes_on_unread_gives_nobody_another_name() {
    let both = |x: &str, forwarded: &str| from(PROXY, &[("x-forwarded-for", x), ("forwarded", forwarded)]);
    assert_eq!(both(CLIENT, "for=198.51.100.7;proto=https"), CLIENT);
    assert_eq!(both(CLIENT, "for=203.0.113.9"), PROXY);
    assert_eq!(both("203.0.113.9", "for=198.51.100.7"), PROXY);
    assert_eq!(both(CLIENT, ""), PROXY);
}

#[test]
fn proxies_are_named_by_address_or_network() {
    for (network, inside, outside) in [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("192.0.2.1/32", "::ffff:192.0.2.1", "192.0.2.0"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::192.0.2.1"),
        ("172.16.0.0/12", "172.31.255.255", "172.32.0.0"),
        ("128.0.0.0/1", "255.255.255.255", "127.255.255.255"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
        ("fd00::/8", "fdff::1", "10.0.0.1"),
        ("::1", "::1", "127.0.0.1"),
    ] {
        let trusted = proxies(&[network]);
        assert!(trusted.hold(inside.parse().unwrap()), "{network} {inside}");
        assert!(!trusted.hold(outside.parse().unwrap()), "{network} {outside}");
    }
    for (text, expected) in [
        ("", ProxyNetworkError::Address),
        ("localhost", ProxyNetworkError::Address),
        ("10.0.0/8", ProxyNetworkError::Address),
        ("10.0.0.1:80", ProxyNetworkError::Address),
        (" 10.0.0.1", ProxyNetworkError::Address),
        ("::ffff:10.0.0.0/104", ProxyNetworkError::Address),
        ("10.0.0.0/", ProxyNetworkError::Prefix),
        ("10.0.0.0/33", ProxyNetworkError::Prefix),
        ("10.0.0.0/+8", ProxyNetworkError::Prefix),
        ("10.0.0.0/256", ProxyNetworkError::Prefix),
        ("::/129", ProxyNetworkError::Prefix),
        ("0.0.0.0/0", ProxyNetworkError::Prefix),
        ("::/0", ProxyNetworkError::Prefix),
        ("10.0.0.1/8", ProxyNetworkError::HostBits),
        ("fd00::1/8", ProxyNetworkError::HostBits),
    ] {
        assert_eq!(text.parse::<ProxyNetwork>(), Err(expected), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn behind_a_proxy_each_client_has_a_budget_and_a_forged_field_gives_no_other() {
    let router = crate::limits::limited(Router::new().route("/", get(|| async { "fine" })), 1)
        .layer(from_fn_with_state(proxies(&["10.0.0.1"]), tell_client));
    let ask = |peer: &str, field: &str| {
        let mut request = Request::builder().header("x-forwarded-for", field).body(Body::empty()).unwrap();
        let peer = SocketAddr::new(peer.parse().unwrap(), 1);
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move { router.oneshot(request).await.unwrap().status().as_u16() }
    };
    assert_eq!(ask(PROXY, "198.51.100.7").await, 200);
    assert_eq!(ask(PROXY, "198.51.100.8").await, 200);
    for forged in ["198.51.100.7", "203.0.113.1, 198.51.100.7", "203.0.113.2, 198.51.100.8"] {
        assert_eq!(ask(PROXY, forged).await, 429, "{forged}");
    }
    assert_eq!(ask(PROXY, "2001:db8:1:2::1").await, 200);
    assert_eq!(ask(PROXY, "2001:db8:1:2:3::4").await, 429, "one IPv6 network is one client");
    assert_eq!(ask("203.0.113.9", "198.51.100.9").await, 200);
    assert_eq!(ask("203.0.113.9", "198.51.100.10").await, 429, "no proxy");
    assert_eq!(ask(PROXY, "198.51.100.9").await, 200, "whom the stranger named has its budget still");
}

#[tokio::test]
async fn without_the_layer_the_connection_counts() {
    let router = Router::new()
        .route("/", get(|request: Request| async move { client(request.extensions()).to_string() }));
    let mut request = Request::builder().header("x-forwarded-for", CLIENT).body(Body::empty()).unwrap();
    let ask = async |request: Request| {
        let response = router.clone().oneshot(request).await.unwrap();
        to_bytes(response.into_body(), 100).await.unwrap()
    };
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(PROXY.parse().unwrap(), 1)));
    assert_eq!(ask(request).await, PROXY);
    assert_eq!(ask(Request::new(Body::empty())).await, "0.0.0.0");
}
