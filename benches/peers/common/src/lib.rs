//! The loop and the fixture that the peers share.
//!
//! A peer first checks that its answers are right and that it refuses a changed input; then it prints one line a job:
//! name, median in microseconds, number of runs. `PEER_FIXTURE` names the folder that `benches` wrote.

use std::hint::black_box;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

/// As in our own jobs, so that no library is faster by its allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long one job is repeated.
const LONG_ENOUGH: Duration = Duration::from_millis(600);

/// Runs `job` for a while and prints its median.
pub fn measure<T>(name: &str, mut job: impl FnMut() -> T) {
    let warm = Instant::now();
    while warm.elapsed() < LONG_ENOUGH / 4 {
        black_box(job());
    }
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < LONG_ENOUGH || times.len() < 3 {
        let one = Instant::now();
        black_box(job());
        times.push(one.elapsed().as_nanos() as f64 / 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!("{name}\t{:.3}\t{}", times[times.len() / 2], times.len());
}

/// Text of a file of the fixture.
pub fn file(name: &str) -> String {
    let folder = std::env::var("PEER_FIXTURE").expect("PEER_FIXTURE names the folder of the fixture");
    std::fs::read_to_string(format!("{folder}/{name}")).expect("cargo xtask bench --peers writes the fixture")
}

/// The credential, its keys and the request.
pub fn fixture() -> Value {
    serde_json::from_str(&file("fixture.json")).expect("the fixture is JSON")
}

/// A member of the fixture that is a list of texts.
pub fn texts<'a>(fixture: &'a Value, name: &str) -> Vec<&'a str> {
    fixture[name].as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

/// The public members of a private JWK.
pub fn public(jwk: &Value) -> Value {
    let mut public = jwk.clone();
    public.as_object_mut().expect("a JWK").remove("d");
    public
}

/// The uncompressed point of a P-256 JWK.
pub fn point(jwk: &Value) -> Vec<u8> {
    let mut point = vec![4];
    point.extend(decode(&jwk["x"]));
    point.extend(decode(&jwk["y"]));
    point
}

/// A private P-256 JWK as PKCS #8 (RFC 5208, RFC 5915).
pub fn pkcs8(jwk: &Value) -> Vec<u8> {
    const BEFORE_SCALAR: &[u8] = &[
        0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01,
        0x04, 0x20,
    ];
    const BEFORE_POINT: &[u8] = &[0xa1, 0x44, 0x03, 0x42, 0x00];
    [BEFORE_SCALAR, &decode(&jwk["d"]), BEFORE_POINT, &point(jwk)].concat()
}

fn decode(text: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text.as_str().expect("a text")).expect("base64url")
}

/// The compact text with one character of its last signature changed.
pub fn tampered(compact: &str) -> String {
    let mut bytes = compact.as_bytes().to_vec();
    let place = bytes.len() - 5;
    bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("ASCII")
}

/// Panics unless exactly the five asked claims came back.
pub fn check_claims(claims: &Value) {
    assert_eq!(claims["given_name"], "Ada");
    assert_eq!(claims["address"]["locality"], "Harbour");
    assert!(claims["address"].get("country").is_none());
    assert!(claims.get("email").is_none());
}

/// One entry in a hundred set, the same in every language.
pub fn status_bits(entries: usize) -> Vec<u8> {
    let mut state: u32 = 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        u8::from(state.is_multiple_of(100))
    };
    (0..entries).map(next).collect()
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("a clock after 1970").as_secs()
}
