//! What the endpoints refuse: with the status and the code of the standard, by both replicas, and with nothing stored.

mod access;
mod credentials;
mod lookups;
mod notifications;
mod proofs;
mod restart;
mod tokens;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jose::{Algorithm, Signer, SigningKey, base64url, jws};
use openid4vc::dpop;
use serde_json::{Map, Value, json};

use super::scene::{Answered, ISSUER, PASSPORT, Scene, Token, refusal, send};

/// Refused with this status and code by either replica; not one byte of the store is another afterwards.
async fn refused(
    scene: &Scene,
    request: impl Fn() -> Request<Body>,
    (status, code): (u16, &str),
    case: &str,
) -> Answered {
    let before = scene.memory.entries();
    let [one, other] = &scene.routers;
    let mut last = None;
    for router in [one, other] {
        let answered = send(router.clone(), request()).await;
        assert_eq!(answered.refusal(), refusal(status, code), "{case}: {}", answered.text);
        assert_eq!(answered.headers[header::CACHE_CONTROL], "no-store", "{case}");
        assert!(scene.memory.entries() == before, "{case}: the store has changed");
        last = Some(answered);
    }
    last.unwrap()
}

/// The honest credential request of the bearer of `token`, after all that was refused.
async fn is_still_issued(scene: &Scene, token: &Token) {
    let before = scene.copies().await;
    let issued = scene.credential_with_fresh_nonce(token, PASSPORT).await;
    assert_eq!(issued.copies().len(), 1);
    assert_eq!(scene.copies().await, before + 1);
}

/// A JWT of any header and claims.
fn jwt(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let header: Map<String, Value> = header.as_object().unwrap().clone();
    jws::sign(header, claims.to_string().as_bytes(), key).unwrap()
}

/// `compact` under another `alg`, with the signature that it had or none.
fn under(algorithm: &str, compact: &str, signed: bool) -> String {
    let parts: Vec<&str> = compact.split('.').collect();
    let mut header: Value = jose::json::parse(base64url::decode(parts[0]).unwrap()).unwrap();
    header["alg"] = json!(algorithm);
    let header = base64url::encode(header.to_string());
    format!("{header}.{}.{}", parts[1], if signed { parts[2] } else { "" })
}

/// `value` with a member put in, or taken away by null.
fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut value = value.clone();
    let members = value.as_object_mut().unwrap();
    if member.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), member);
    }
    value
}

/// The private JWK of a key.
fn private(key: &SigningKey) -> Value {
    jose::json::parse(key.to_private_json().as_bytes()).unwrap()
}

/// DPoP proofs that miss a good one narrowly: what is wrong, the headers, the code.
fn spoilt_dpop(
    scene: &Scene,
    key: &SigningKey,
    path: &str,
    token: Option<&str>,
    foreign_nonces: &[String],
) -> Vec<(&'static str, Vec<String>, &'static str)> {
    let now = scene.now().seconds();
    let header = json!({"typ": dpop::TYPE, "jwk": key.public_jwk().required_members()});
    let mut claims =
        json!({"jti": "of-this-test", "htm": "POST", "htu": format!("{ISSUER}{path}"), "iat": now});
    if let Some(token) = token {
        claims["ath"] = json!(jose::digest::sha256_base64url(token));
    }
    let good = jwt(&header, &claims, key);
    let header_with = |name: &str, member: Value| jwt(&with(&header, name, member), &claims, key);
    let claims_with = |name: &str, member: Value| jwt(&header, &with(&claims, name, member), key);
    let signed_by_another = jwt(&header, &claims, &scene.key());
    let mut cases: Vec<(&str, Vec<String>, &str)> = [
        ("another typ", header_with("typ", json!("JWT"))),
        ("no typ", header_with("typ", Value::Null)),
        ("alg none", under("none", &good, false)),
        ("alg none over a signature", under("none", &good, true)),
        ("a symmetric alg", under("HS256", &good, true)),
        ("signed by another key", signed_by_another),
        ("no key", header_with("jwk", Value::Null)),
        ("a private key", header_with("jwk", private(key))),
        ("a critical extension", header_with("crit", json!(["x"]))),
        ("another method", claims_with("htm", json!("GET"))),
        ("another endpoint", claims_with("htu", json!(format!("{ISSUER}/elsewhere")))),
        ("another host", claims_with("htu", json!(format!("https://other.example.org{path}")))),
        ("too old", claims_with("iat", json!(now - dpop::OLDEST - 1))),
        ("from the future", claims_with("iat", json!(now + dpop::SKEW + 1))),
        ("expired", claims_with("exp", json!(now - dpop::SKEW))),
        ("no jti", claims_with("jti", Value::Null)),
        ("an empty jti", claims_with("jti", json!(""))),
        ("no JWS", "x".to_owned()),
        ("nothing", String::new()),
    ]
    .into_iter()
    .map(|(case, proof)| (case, vec![proof], "invalid_dpop_proof"))
    .collect();
    cases.push(("two proofs", vec![good.clone(), good], "invalid_dpop_proof"));
    for nonce in foreign_nonces {
        cases.push(("a nonce that is none", vec![claims_with("nonce", json!(nonce))], "use_dpop_nonce"));
    }
    if token.is_some() {
        let another = jose::digest::sha256_base64url("another");
        cases.push(("no ath", vec![claims_with("ath", Value::Null)], "invalid_dpop_proof"));
        cases.push(("another token's ath", vec![claims_with("ath", json!(another))], "invalid_dpop_proof"));
        let thief = SigningKey::generate(Algorithm::Es256, scene.environment.randomness()).unwrap();
        let header = json!({"typ": dpop::TYPE, "jwk": thief.public_jwk().required_members()});
        cases.push(("a thief's key", vec![jwt(&header, &claims, &thief)], "invalid_token"));
        cases.push(("no proof", Vec::new(), "invalid_dpop_proof"));
    }
    cases
}

/// Nonces that no DPoP proof may carry: stale, of another purpose, of another server, no nonce at all.
async fn foreign_nonces(scene: &Scene) -> Vec<String> {
    let answered = scene.send(Request::post("/nonce").body(Body::empty()).unwrap()).await;
    let stale = answered.headers[dpop::NONCE_HEADER].to_str().unwrap().to_owned();
    scene.clock.advance(dpop::NONCE_LIFETIME);
    vec![stale, scene.nonce().await, "x".to_owned(), String::new()]
}

/// `request` with these `DPoP` headers.
fn with_proofs(mut request: axum::http::request::Builder, proofs: &[String]) -> axum::http::request::Builder {
    for proof in proofs {
        request = request.header(dpop::HEADER, proof);
    }
    request
}

/// Where a server asks for a nonce it gives one (RFC 9449 §8).
fn gives_a_nonce(answered: &Answered) -> bool {
    answered.headers.get(dpop::NONCE_HEADER).is_some_and(|nonce| !nonce.is_empty())
}

/// A request for one passport as JSON.
fn asking(proofs: &[String]) -> Value {
    json!({"credential_configuration_id": PASSPORT, "proofs": {"jwt": proofs}})
}

/// A POST of JSON under an access token.
fn protected(path: &str, token: &Token, body: &Value) -> Request<Body> {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, &token.0)
        .header(header::CONTENT_TYPE, "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

/// A DPoP-bound token for the passport: how it is presented, the bare token, its key.
async fn bound_token(scene: &Scene) -> (Token, String, SigningKey) {
    let (offer, key) = (scene.offer(&[PASSPORT], false).await, scene.key());
    let granted = scene.token(&offer.code, &[], Some(&scene.dpop(&key, "/token", None))).await;
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.text);
    let token = granted.json()["access_token"].as_str().unwrap().to_owned();
    (Token(format!("DPoP {token}")), token, key)
}
