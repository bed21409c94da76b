//! Our side of the comparisons with libraries that cannot be built together with it: one line of JSON in, one out.
//!
//! `{"do": "key" | "sign" | "issue" | "present" | "verify" | "did" | "resolve" | "web", …}` gives `{"taken": …}` or `{"refused": "…"}`.

use std::io::{self, BufRead as _, Write as _};

use credentials::ClaimsPath;
use credentials::sd_jwt::key_binding::{self, Expected, KeyBinding};
use credentials::sd_jwt::{Decoys, Frame, Held, Issuing, SdJwt, issue};
use did::resolution::Version;
use did::{Did, SelfContainedResolver};
use environment::{SystemRandomness, Timestamp};
use jose::jws::Policy;
use jose::{Algorithm, Jwk, Signer as _, SigningKey, VerifyingKey};
use serde_json::{Map, Value, json};

type Answer = Result<Value, String>;

fn main() {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line.expect("text")).expect("one JSON value a line");
        let answer = match answer(&question) {
            Ok(taken) => json!({"taken": taken}),
            Err(refused) => json!({"refused": refused}),
        };
        writeln!(output, "{answer}").and_then(|()| output.flush()).expect("somebody reads");
    }
}

fn answer(question: &Value) -> Answer {
    match text(question, "do")? {
        "key" => key(question),
        "sign" => signed(question),
        "issue" => issued(question),
        "present" => presented(question),
        "verify" => verified(question),
        "did" => named(question),
        "resolve" => resolved(question),
        "web" => of_web(question),
        other => Err(format!("{other} is nothing to do")),
    }
}

fn key(question: &Value) -> Answer {
    let algorithm = Algorithm::from_name(text(question, "algorithm")?).ok_or("an unknown algorithm")?;
    let key = SigningKey::generate(algorithm, &SystemRandomness).map_err(said)?;
    jose::json::parse(key.to_private_json().as_bytes()).map_err(said)
}

/// Any header and payload, also such as an issuer must not sign.
fn signed(question: &Value) -> Answer {
    let header = question["header"].as_object().ok_or("no header")?.clone();
    let payload = question["payload"].to_string();
    jose::jws::sign(header, payload.as_bytes(), &signer(&question["key"])?).map(Value::from).map_err(said)
}

fn issued(question: &Value) -> Answer {
    let frame = Frame::Paths(paths(&question["disclosable"])?);
    let decoys = question["decoys"].as_u64().and_then(|count| u8::try_from(count).ok()).unwrap_or(0);
    let issuing = Issuing {
        typ: "dc+sd-jwt",
        header: Map::new(),
        claims: question["claims"].as_object().ok_or("no claims")?.clone(),
        frame: &frame,
        decoys: Decoys { at_least: decoys, at_most: decoys },
    };
    issue(issuing, &signer(&question["key"])?, &SystemRandomness).map(Value::from).map_err(said)
}

fn presented(question: &Value) -> Answer {
    let held = Held::reopen(text(question, "credential")?).map_err(said)?;
    let selection = held.select(&paths(&question["shown"])?).map_err(said)?;
    let key = &question["holder"];
    if key.is_null() {
        return Ok(Value::from(held.present(&selection)));
    }
    let binding = KeyBinding {
        audience: text(question, "audience")?,
        nonce: text(question, "nonce")?,
        issued_at: now(question)?,
    };
    held.present_bound(&selection, &binding, &signer(key)?).map(Value::from).map_err(said)
}

/// All claims of what verifies; with an `audience`, also its key binding by the key in `cnf`.
fn verified(question: &Value) -> Answer {
    let types: Vec<&str> =
        question["types"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let parsed = SdJwt::parse(text(question, "credential")?).map_err(said)?;
    let verified = parsed.verify(&verifier(&question["key"])?, &Policy::typed(&types)).map_err(said)?;
    if question["audience"].is_string() {
        let expected = Expected {
            audience: text(question, "audience")?,
            nonce: text(question, "nonce")?,
            now: now(question)?,
            oldest: 60,
            skew: 60,
        };
        let holder = verifier(&verified.claims()["cnf"]["jwk"])?;
        key_binding::verify(&verified, &holder, &expected).map_err(said)?;
    }
    Ok(Value::Object(verified.claims().clone()))
}

/// The did:key or did:jwk of a public key.
fn named(question: &Value) -> Answer {
    let jwk = Jwk::from_value(&question["key"]).map_err(said)?;
    match text(question, "method")? {
        "key" => did::key::did(&jwk).map(|did| Value::from(did.as_str())).map_err(said),
        _ => did::jwk::did(&jwk).map(|did| Value::from(did.as_str())).map_err(said),
    }
}

fn resolved(question: &Value) -> Answer {
    let did = Did::parse(text(question, "did")?).map_err(said)?;
    let found = SelfContainedResolver::resolve_now(&did, &Version::Latest).map_err(said)?;
    Ok(found.document.to_value())
}

/// Where a did:web lies, or, with a `document`, what it resolves to.
fn of_web(question: &Value) -> Answer {
    let did = Did::parse(text(question, "did")?).map_err(said)?;
    match question["document"].as_str() {
        None => did::web::document_url(&did).map(Value::from).map_err(said),
        Some(served) => {
            did::web::resolve(&did, served.as_bytes()).map(|found| found.to_value()).map_err(said)
        }
    }
}

fn text<'a>(question: &'a Value, name: &str) -> Result<&'a str, String> {
    question[name].as_str().ok_or_else(|| format!("{name} is missing"))
}

fn now(question: &Value) -> Result<Timestamp, String> {
    question["now"].as_i64().map(Timestamp::from_seconds).ok_or_else(|| "now is missing".to_owned())
}

fn paths(list: &Value) -> Result<Vec<ClaimsPath>, String> {
    list.as_array().into_iter().flatten().map(|path| ClaimsPath::from_value(path).map_err(said)).collect()
}

fn signer(jwk: &Value) -> Result<SigningKey, String> {
    SigningKey::from_private_json(jwk.to_string()).map_err(said)
}

/// The key that checks; a private JWK is taken for its public half.
fn verifier(jwk: &Value) -> Result<VerifyingKey, String> {
    match jwk["d"].is_string() {
        true => VerifyingKey::new(signer(jwk)?.public_jwk()).map_err(said),
        false => VerifyingKey::new(&Jwk::from_value(jwk).map_err(said)?).map_err(said),
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
