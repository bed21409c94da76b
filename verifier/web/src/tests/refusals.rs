//! What the space's own addresses refuse: with exact status and code, at both replicas, and with nothing changed.

mod code;
mod follow_up;
mod inviting;
mod lookups;
mod member_api;
mod phone;
mod requests;
mod restart;
mod returning;

use http::StatusCode;

use super::stage::path;
use super::*;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Both replicas say no with this status and code; not one byte of the store is another.
async fn refused(
    scene: &Scene,
    request: impl Fn() -> Request<Body>,
    (status, code): (u16, &str),
    case: &str,
) {
    let before = scene.stage.memory.entries();
    for _ in 0..2 {
        let answered = send(&scene.router(), request()).await;
        assert_eq!(said(&answered), (status, code), "{case}: {}", answered.text);
    }
    assert!(scene.stage.memory.entries() == before, "{case}: the store has changed");
}

/// Status and error code; pages have none.
fn said(answered: &Answered) -> (u16, &'static str) {
    const CODES: [&str; 16] = [
        "invalid_request",
        "not_found",
        "slow_down",
        "other_session",
        "not_awaited",
        "wrong_digits",
        "too_many_tries",
        "too_late",
        "invalid_dpop_proof",
        "use_dpop_nonce",
        "invalid_token",
        "not_held",
        "unknown_audience",
        "until_too_soon",
        "id_used",
        "membership_ended",
    ];
    let code = answered.json()["error"].as_str().map(str::to_owned);
    let known = code.and_then(|code| CODES.into_iter().find(|known| *known == code));
    (answered.status.as_u16(), known.unwrap_or("none"))
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn get_with(path: &str, cookie: &str) -> Request<Body> {
    Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()
}

fn post(path: &str, cookie: Option<&str>, media_type: &str, body: &str) -> Request<Body> {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, media_type);
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

/// The cookie of a browser that has asked for something.
fn cookie<'a>(browser: &'a Browser<'_>) -> &'a str {
    browser.cookie.as_deref().unwrap()
}

/// Somebody asks one way and a wallet answers: where the wallet is sent.
async fn answered(scene: &Scene, browser: &mut Browser<'_>, way: &str) -> String {
    let link = browser.ask(way).await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    path(reply.json()["redirect_uri"].as_str().unwrap())
}

/// The same address with another code.
fn with_code(address: &str, code: &str) -> String {
    let (before, _) = address.split_once("response_code=").unwrap();
    format!("{before}response_code={code}")
}

/// Digits that are not those.
fn other_than(digits: &str) -> &'static str {
    if digits.replace(' ', "") == "000000" { "111111" } else { "000000" }
}
