//! What a machine keeps, calls and serves: store, keyring, addresses, mail, forms, cookies, proxies, pages.

use std::io::BufReader;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr as _;
use std::sync::{Mutex, OnceLock};

use environment::Environment;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jose::base64url;
use keyring::{KeyId, Keyring, Sealed};
use outbound::{Override, Policy, Request, Response, is_development_host, is_public, scheme_for_host};
use serde_json::Value;
use store::{Cursor, TenantId, transfer};
use wallet::{
    CredentialId, DetailName, NotACredentialId, PasskeySecret, PrfSalt, RecoveryCode, shown, shown_json,
};
use web::TrustedProxies;
use web::catalogue::Language;
use web::csrf::{CsrfKey, same_origin};
use web::form::Fields;
use web::proxies::ProxyNetwork;
use web::qr::Qr;
use web::session::SessionSecret;

use crate::bytes::{Choices, text, two};
use crate::fixtures::randomness;
use crate::target::Target;

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("store_export", store_export).made(exports).words(&[
        "\"entries\":",
        "\"sha256\":",
        "\"key\":",
        "\n",
    ]),
    Target::new("store_cursor", store_names)
        .made(|| vec![b"00ff".to_vec(), b"did:web:kiln.example".to_vec()]),
    Target::new("keyring_sealed", keyring_sealed),
    Target::new("ip_address", ip_address).made(|| {
        [
            "::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "fe80::1",
            "2606:4700::1111",
            "10.0.0.1",
            "1.1.1.1",
        ]
        .iter()
        .map(|address| address.as_bytes().to_vec())
        .collect()
    }),
    Target::new("outbound_url", outbound_url)
        .made(|| {
            vec![
                b"https://kiln.example/path".to_vec(),
                b"https://0x7f.1/".to_vec(),
                b"https://[::ffff:7f00:1]/".to_vec(),
            ]
        })
        .words(&[
            "http://",
            "hTTps://",
            "localhost",
            ".localhost",
            "127.0.0.1",
            "0177.0.0.1",
            "2130706433",
            "[::1]",
            "@",
            "%6c",
            "。",
            ":80",
            ":0",
        ]),
    Target::new("override", told)
        .made(|| vec![b"office.example:443:[::1]:8443".to_vec(), b"a:1:127.0.0.1".to_vec()]),
    Target::new("mail_address", mail_address).made(|| vec![b"ana@example.org".to_vec()]).words(&[
        "@",
        "..",
        "\"",
        "xn--",
        "[127.0.0.1]",
        "\r\n",
        "<",
        ">",
        ",",
    ]),
    Target::new("json_answer", json_answer).made(|| vec![b"application/json; charset=utf-8\n{}".to_vec()]),
    Target::new("web_form", web_form)
        .made(|| vec![b"a=1&b=%C3%B1+x".to_vec()])
        .words(&["%", "&", "=", "+", "%00"]),
    Target::new("cookie", cookie).made(|| {
        let cookie = SessionSecret::fresh(&randomness(9)).cookie(None);
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        vec![pair.clone().into_bytes(), format!("a=b; {pair}; {pair}").into_bytes()]
    }),
    Target::new("csrf", csrf_token),
    Target::new("forwarded", forwarded)
        .made(|| {
            vec![
                b"x-forwarded-for\n10.0.0.9, 203.0.113.7".to_vec(),
                b"forwarded\nfor=\"[2001:db8::1]:47\";proto=https, for=10.0.0.2".to_vec(),
            ]
        })
        .words(&["for=", "\"[", "]\"", "unknown", "_hidden", ",", ";", "10.0.0.1", "127.0.0.1", "by="]),
    Target::new("headers", headers)
        .made(|| {
            vec![
                b"accept-language\nde-CH, es;q=0.9, *;q=0".to_vec(),
                b"accept\napplication/did, application/did-resolution;q=0.5".to_vec(),
                b"origin\nhttps://a.example".to_vec(),
            ]
        })
        .words(&[
            "q=",
            ";",
            ",",
            "*/*",
            "profile=",
            "es-MX",
            "sec-fetch-site\n",
            "same-origin",
            "0.9999",
            "1.1",
        ]),
    Target::new("qr_and_ndef", qr_and_ndef).made(|| vec![b"https://kiln.example/join".to_vec()]),
    Target::new("recovery_code", recovery_code),
    Target::new("passkey", passkey)
        .made(|| vec![base64url::encode([7; 16]).into_bytes(), base64url::encode([7; 32]).into_bytes()]),
    Target::new("shown", shown_text)
        .made(|| vec!["a\u{1b}[2J\u{202e}b\u{e0041}".as_bytes().to_vec(), br#"{"a":["\u001b"]}"#.to_vec()]),
    Target::new("admission", admission)
        .made(|| vec![br#"{"did":"did:web:a.example","host":"a.example","role":"space"}"#.to_vec()]),
];

fn exports() -> Vec<Vec<u8>> {
    vec![
        b"{\"format\":\"passport store export\",\"version\":1,\"exported_at\":1,\"epoch\":1}\n".to_vec(),
        b"{\"key\":\"00\",\"value\":\"00\"}\n{\"entries\":1,\"sha256\":\"00\"}\n".to_vec(),
    ]
}

fn store_export(input: &[u8]) {
    let mut reader = BufReader::new(input);
    if let Ok(counted) = transfer::check(&mut reader) {
        assert!(counted.entries >= counted.left_out);
        let shorter = &input[..input.len() - 2];
        assert!(transfer::check(&mut BufReader::new(shorter)).is_err(), "a text that was cut off was taken");
    }
}

fn store_names(input: &[u8]) {
    let Some(name) = text(input) else { return };
    if let Some(cursor) = Cursor::from_text(name) {
        assert_eq!(cursor.to_text(), name.to_ascii_lowercase());
    }
    if let Ok(tenant) = TenantId::new(name) {
        assert!(tenant.as_str() == name && !name.starts_with('@'));
    }
}

/// What is sealed opens with its own key and context alone, and not after the change of one bit.
fn keyring_sealed(input: &[u8]) {
    static RING: OnceLock<(Mutex<Keyring>, tempfile::TempDir)> = OnceLock::new();
    let (ring, _) = RING.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        (Mutex::new(Keyring::open(folder.path(), Environment::system()).unwrap()), folder)
    });
    let ring = ring.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut choices = Choices::new(input);
    let (id, other) = (KeyId::new("space", "member", "a"), KeyId::new("space", "member", "b"));
    let (place, bit, context) = (choices.below(65_536), choices.below(8), choices.text());
    let plaintext = choices.rest();
    let sealed = ring.seal(&id, context.as_bytes(), plaintext).expect("the keyring works");
    let open = |id, context: &[u8], sealed| ring.open_sealed(id, context, sealed).ok();
    assert_eq!(open(&id, context.as_bytes(), &sealed).expect("its own key").as_slice(), plaintext);
    assert!(open(&id, &[context.as_bytes(), b"x"].concat(), &sealed).is_none());
    assert!(open(&other, context.as_bytes(), &sealed).is_none());
    let mut bytes = sealed.as_bytes().to_vec();
    let place = place % bytes.len();
    bytes[place] ^= 1 << bit;
    for changed in [bytes, input.to_vec()] {
        let changed = Sealed::from_bytes(changed);
        assert!(ring.open_sealed(&id, context.as_bytes(), &changed).is_err());
    }
}

/// An IPv6 address that holds an IPv4 one is public only if it is written in the one form for that, and the inner one is.
fn ip_address(input: &[u8]) {
    if let Some(Ok(address)) = text(input).map(IpAddr::from_str) {
        check_address(address);
    }
    if let Some(bytes) = input.first_chunk::<4>() {
        let inner = Ipv4Addr::from(*bytes);
        check_address(inner.into());
        assert!(!is_public(inner.to_ipv6_mapped().into()), "mapped addresses are never public");
        assert!(!is_public(inner.to_ipv6_compatible().into()));
        let [a, b, c, d] = inner.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        assert_eq!(
            is_public(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low).into()),
            is_public(inner.into())
        );
        assert!(!is_public(Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1).into()));
    }
    if let Some(bytes) = input.first_chunk::<16>() {
        check_address(Ipv6Addr::from(*bytes).into());
    }
}

fn check_address(address: IpAddr) {
    if !is_public(address) {
        return;
    }
    assert!(!address.is_loopback() && !address.is_unspecified() && !address.is_multicast(), "{address}");
    match address {
        IpAddr::V4(address) => assert!(
            !address.is_private()
                && !address.is_link_local()
                && !address.is_broadcast()
                && !address.is_documentation()
        ),
        IpAddr::V6(address) => {
            assert!(
                address.to_ipv4_mapped().is_none()
                    && !address.is_unique_local()
                    && !address.is_unicast_link_local()
            );
        }
    }
}

/// Whatever the address says, a client of production calls nothing that the address itself shows to be forbidden.
fn outbound_url(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let _ = (is_development_host(given), scheme_for_host(given));
    let Ok(url) = url::Url::parse(given) else { return };
    let shown = format!("{:?}", Request::get(url.clone()));
    assert!(!shown.contains('/') && !shown.contains('?'), "the log gets no paths: {shown}");
    let _ = Policy::public();
    if let Some(host) = url.host_str()
        && is_development_host(host)
    {
        // A host of an unknown scheme stays as it was written (URL Standard §3.5), and names have no case.
        let host = host.to_ascii_lowercase();
        assert!(host == "localhost" || host.ends_with(".localhost"), "{host}");
    }
}

fn told(input: &[u8]) {
    if let Some(Ok(told)) = text(input).map(Override::from_str) {
        let again = format!("{}:{}:{}", told.host, told.port, told.to);
        assert_eq!(again.parse::<Override>().as_ref(), Ok(&told), "{again}");
    }
}

/// An address that mail is sent to has nothing in it that a mail server reads as more than one, or as a command.
fn mail_address(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if outbound::mail::is_address(given) {
        assert!(given.is_ascii() && given.len() <= 254, "{given}");
        assert!(
            !given.contains([' ', ',', ';', '<', '>', '"', '\r', '\n', '\0', '(', ')', '[', ']', '\\']),
            "{given}"
        );
        assert_eq!(given.matches('@').count(), 1);
    }
}

fn json_answer(input: &[u8]) {
    let (media_type, body) = two(input);
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(media_type) {
        headers.insert(http::header::CONTENT_TYPE, value);
    }
    let response = Response::new(StatusCode::OK, headers, body.to_vec());
    if let Ok(value) = response.json() {
        assert_eq!(jose::json::parse(body).as_ref(), Ok(&value));
        assert!(response.media_type().is_some_and(|kind| kind.contains("json")));
    }
}

fn web_form(input: &[u8]) {
    let Ok(fields) = Fields::parse(input) else { return };
    let written = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields.iter()).finish();
    assert!(Fields::parse(&written).expect("written by us") == fields);
    assert!(fields.iter().count() <= web::form::MOST_FIELDS);
}

fn header_map(name: &str, input: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return headers };
    for line in input.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name.clone(), value);
        }
    }
    headers
}

/// A session that is found is one that stands there, and is set again by the same text.
fn cookie(input: &[u8]) {
    let headers = header_map("cookie", input);
    let Some(secret) = SessionSecret::of_request(&headers) else { return };
    let cookie = secret.cookie(Some(60));
    let pair = cookie.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    let again = header_map("cookie", pair);
    assert!(SessionSecret::of_request(&again).is_some_and(|again| again.id() == secret.id()));
}

struct Saving;

impl web::csrf::Purpose for Saving {
    const NAME: &'static str = "saving";
}

struct Erasing;

impl web::csrf::Purpose for Erasing {
    const NAME: &'static str = "erasing";
}

fn csrf_token(input: &[u8]) {
    let key = CsrfKey::fresh(&randomness(12));
    let session = SessionSecret::fresh(&randomness(13)).id();
    let token = key.token::<Saving>(&session);
    assert!(key.accepts::<Saving>(&session, &token) && !key.accepts::<Erasing>(&session, &token));
    if let Some(given) = text(input) {
        assert!(!key.accepts::<Saving>(&session, given) || given == token);
    }
    if let Some(changed) = crate::bytes::one_byte_changed(&token, &mut Choices::new(input)) {
        assert!(!key.accepts::<Saving>(&session, &changed));
    }
}

/// A client behind a trusted proxy is an address that stands in its field, or the proxy; without the proxy it is the peer.
fn forwarded(input: &[u8]) {
    let proxy: IpAddr = Ipv4Addr::new(10, 0, 0, 1).into();
    let stranger: IpAddr = Ipv4Addr::new(203, 0, 113, 5).into();
    let proxies: TrustedProxies = ["10.0.0.0/8".parse::<ProxyNetwork>().unwrap()].into_iter().collect();
    let (name, value) = two(input);
    let headers = header_map(text(name).unwrap_or("x-forwarded-for"), value);
    assert_eq!(proxies.client(stranger, &headers), stranger, "nobody else is believed");
    let client = proxies.client(proxy, &headers);
    if client != proxy {
        let written = String::from_utf8_lossy(value).to_ascii_lowercase();
        let stands = written.contains(&client.to_string()) || client.is_ipv6() || written.contains("::ffff:");
        assert!(stands, "{client} stands nowhere in {written}");
    }
    if let Some(Ok(network)) = text(input).map(ProxyNetwork::from_str) {
        let _ = [network].into_iter().collect::<TrustedProxies>().hold(proxy);
    }
}

fn headers(input: &[u8]) {
    let (name, value) = two(input);
    let Some(name) = text(name) else { return };
    let headers = header_map(name, value);
    let language = Language::of_request(&headers);
    assert_eq!(Language::of_tag(language.tag()), Some(language));
    let _ = same_origin(&headers);
    if let Some(form) = did_resolver_web::Form::asked(&headers, did_resolver_web::Form::OF_DIDS) {
        assert!(form.media_type().starts_with("application/"));
    }
    let _ = web::errors::wants_page(&headers);
}

/// What is painted has a border, and what is written to a tag says how long it is.
fn qr_and_ndef(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if let Ok(qr) = Qr::new(given) {
        assert!((21..=177).contains(&(qr.side() - qr.side() % 2 + 1)) || qr.side() > 0);
        let svg = qr.svg("<label>\"&");
        assert!(!svg.contains("<label>"), "{svg}");
        assert!(qr.png(1).starts_with(b"\x89PNG"));
    }
    if let Ok(record) = verifier_web::uri_record(given) {
        let length = usize::from(record[2]);
        assert_eq!(record.len(), 4 + length);
        let prefix = if record[4] == 4 { "https://" } else { "http://" };
        assert_eq!([prefix.as_bytes(), &record[5..]].concat(), given.as_bytes());
    }
}

fn recovery_code(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if let Ok(code) = RecoveryCode::parse(given) {
        let printed = code.printed();
        assert!(RecoveryCode::parse(&printed).is_ok_and(|again| *again.printed() == *printed));
    }
    if let Ok(name) = DetailName::new(given) {
        assert_eq!(name.as_str(), given);
    }
}

/// What a page says of a passkey: nothing but one spelling of a sensible number of bytes is taken.
fn passkey(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let bytes = base64url::decode(given);
    match CredentialId::parse(given) {
        Ok(credential) => {
            let length = bytes.as_ref().map_or(0, Vec::len);
            assert!((16..=1_023).contains(&length));
            assert_eq!(credential.as_str(), given);
            let secret = PasskeySecret::of_text(credential, given);
            assert_eq!(secret.is_some(), length == 32);
        }
        Err(NotACredentialId) => assert!(!bytes.is_ok_and(|bytes| (16..=1_023).contains(&bytes.len()))),
    }
    if let Ok(salt) = PrfSalt::try_from(given.to_owned()) {
        assert_eq!(String::from(salt), given);
    }
}

/// Nothing that is shown steers a terminal or turns the reading direction.
fn shown_text(input: &[u8]) {
    let lossy = String::from_utf8_lossy(input);
    let harmless = shown(&lossy);
    assert!(
        !harmless
            .chars()
            .any(|one| one.is_control() || matches!(one, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    );
    assert_eq!(
        shown(&harmless).chars().take(100).collect::<String>(),
        harmless.chars().take(100).collect::<String>()
    );
    if let Ok(value) = jose::json::parse(input) {
        let line = shown_json(&value);
        assert!(!line.chars().any(char::is_control));
        assert_eq!(
            serde_json::from_str::<Value>(&line).expect("it stays JSON").to_string(),
            value.to_string()
        );
    }
}

fn admission(input: &[u8]) {
    if let Ok(admission) = operator::Admission::from_json(input) {
        let _ = admission.registration_content().check();
    }
    if let Ok(brand) = jose::json::parse_as::<operator::BrandRecord>(input) {
        let _ = serde_json::to_value(&brand);
    }
}
