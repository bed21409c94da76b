//! SD-JWT: what RFC 9901 prints, and the cases of the reference implementation.

use std::fs;
use std::path::Path;

use credentials::sd_jwt::key_binding::{self, Expected};
use credentials::sd_jwt::{SdJwt, Verified};
use environment::Timestamp;
use harness::vectors::{Suite, suite};
use jose::jws::{self, Policy};
use jose::{Algorithm, Jwk, VerifyingKey, json};
use serde_json::Value;

const ANY_TYPE: Policy<'static> = Policy { types: &[], algorithms: Algorithm::ALL };

fn key(jwk: &Value) -> Result<VerifyingKey, String> {
    VerifyingKey::new(&Jwk::from_value(jwk).map_err(|error| error.to_string())?)
        .map_err(|error| error.to_string())
}

fn read(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{error}: {}", path.display()))?;
    Ok(text.trim().to_owned())
}

fn read_json(path: &Path) -> Result<Value, String> {
    json::parse(read(path)?).map_err(|error| error.to_string())
}

fn equal(what: &str, actual: &Value, expected: &Value) -> Result<(), String> {
    if actual == expected { Ok(()) } else { Err(format!("{what} differs: {actual} is not {expected}")) }
}

/// Reads the compact form or a JSON serialisation (RFC 9901 §8).
fn parsed(text: &str) -> Result<SdJwt, String> {
    let parsed = if text.starts_with('{') { SdJwt::parse_json(text) } else { SdJwt::parse(text) };
    parsed.map_err(|error| error.to_string())
}

fn verified(text: &str, issuer: &VerifyingKey) -> Result<Verified, String> {
    parsed(text)?.verify(issuer, &ANY_TYPE).map_err(|error| error.to_string())
}

/// Checks the key binding at the moment it was made, and that another nonce or audience is refused.
fn bound(verified: &Verified, audience: &str, nonce: &str, issued_at: i64) -> Result<(), String> {
    let jwk = verified.claims().get("cnf").and_then(|cnf| cnf.get("jwk")).ok_or("no cnf.jwk")?;
    let holder = key(jwk)?;
    let now = Timestamp::from_seconds(issued_at);
    let good = Expected { audience, nonce, now, oldest: 0, skew: 0 };
    key_binding::verify(verified, &holder, &good).map_err(|error| error.to_string())?;
    for bad in [
        Expected { audience: "https://other.example.org", ..good },
        Expected { nonce: "other", ..good },
        Expected { now: now.plus(1), ..good },
        Expected { now: now.minus(1), ..good },
    ] {
        if key_binding::verify(verified, &holder, &bad).is_ok() {
            return Err("a wrong expectation is met".to_owned());
        }
    }
    Ok(())
}

#[test]
fn what_rfc_9901_prints_is_read_as_it_says() {
    let name = "sd-jwt-rfc9901-rendered";
    let Some(folder) = suite(name) else { return };
    let file = read_json(&folder.join("sd-jwt-rfc9901-rendered.json")).unwrap();
    let issuer = key(&file["issuer_public_jwk"]).unwrap();
    let mut run = Suite::new(name, &[]);
    for (index, vector) in file["vectors"].as_array().unwrap().iter().enumerate() {
        let title = format!("{index} {} {}", vector["section"], vector["kind"]);
        run.case(&title, rendered(vector, &issuer));
    }
    run.finish();
}

fn rendered(vector: &Value, issuer: &VerifyingKey) -> Result<(), String> {
    let text = vector["value"].as_str().ok_or("no value")?;
    if vector["kind"] == "jws" {
        let jws = jws::Unverified::parse(text).and_then(|jws| jws.verify(issuer, &ANY_TYPE));
        let claims = jws.and_then(|jws| jws.claims()).map_err(|error| error.to_string())?;
        return equal("payload", &Value::Object(claims), &vector["payload"]);
    }
    let parsed = SdJwt::parse(text).map_err(|error| error.to_string())?;
    equal("payload", &Value::Object(parsed.payload().clone()), &vector["payload"])?;
    equal("header", &Value::Object(parsed.header().clone()), &vector["header"])?;
    let expected = vector["disclosures"].as_array().ok_or("no disclosures")?;
    if parsed.disclosures().len() != expected.len() {
        return Err("another number of disclosures".to_owned());
    }
    for (disclosure, expected) in parsed.disclosures().iter().zip(expected) {
        equal("disclosure", &Value::from(disclosure.encoded()), &expected["disclosure"])?;
        equal("digest", &Value::from(disclosure.digest(parsed.hash()).as_str()), &expected["digest"])?;
        let value = expected["contents"].as_array().and_then(|contents| contents.last());
        equal("value", disclosure.value(), value.ok_or("no contents")?)?;
    }
    let verified = verified(text, issuer)?;
    match vector["kb_jwt"].get("payload") {
        None if verified.key_binding_jwt().is_none() => Ok(()),
        None => Err("an unexpected key binding".to_owned()),
        Some(claims) => {
            equal("sd_hash", &Value::from(verified.sd_hash()), &claims["sd_hash"])?;
            let text = |name: &str| claims[name].as_str().ok_or("no text");
            bound(&verified, text("aud")?, text("nonce")?, claims["iat"].as_i64().ok_or("no iat")?)
        }
    }
}

#[test]
fn the_cases_of_the_reference_implementation_give_the_same_contents() {
    walk("sd-jwt-python-testcases", "testcases", "https://example.com/verifier");
}

#[test]
fn the_example_specifications_of_rfc_9901_give_the_same_contents() {
    walk("sd-jwt-spec-testcases", "examples", "https://verifier.example.org");
}

fn walk(name: &str, inner: &str, audience: &str) {
    let Some(folder) = suite(name) else { return };
    let folder = folder.join(inner);
    let issuer = issuer_key(&read(&folder.join("settings.yml")).unwrap()).unwrap();
    let mut run = Suite::new(name, &[]);
    let mut cases: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    for case in cases.iter().filter(|path| path.is_dir()) {
        let title = case.file_name().unwrap().to_string_lossy();
        // A case may name issuer keys of its own.
        let own = read(&case.join("specification.yml")).ok().and_then(|text| issuer_key(&text).ok());
        run.case(&title, reference(case, own.as_ref().unwrap_or(&issuer), audience));
    }
    run.finish();
}

/// The first key under `issuer_keys` of a settings file.
fn issuer_key(settings: &str) -> Result<VerifyingKey, String> {
    let keys = settings.split_once("issuer_keys:").ok_or("no issuer_keys")?.1;
    let field = |name: &str| {
        let line = keys.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(": "));
        line.ok_or_else(|| format!("no {name}"))
    };
    key(&serde_json::json!({"kty": "EC", "crv": field("crv")?, "x": field("x")?, "y": field("y")?}))
}

fn reference(case: &Path, issuer: &VerifyingKey, audience: &str) -> Result<(), String> {
    let part = |name: &str| {
        let compact = case.join(format!("{name}.txt"));
        if compact.exists() {
            return read(&compact);
        }
        // The reference implementation writes the JSON serialisation as one JSON string.
        let serialised = read_json(&case.join(format!("{name}.json")))?;
        Ok(serialised.as_str().map_or_else(|| serialised.to_string(), str::to_owned))
    };
    let issuance = parsed(&part("sd_jwt_issuance")?)?;
    equal(
        "payload",
        &Value::Object(issuance.payload().clone()),
        &read_json(&case.join("sd_jwt_payload.json"))?,
    )?;
    let whole = verified(&part("sd_jwt_issuance")?, issuer)?;
    let user_claims = read_json(&case.join("user_claims.json"))?;
    for (name, value) in user_claims.as_object().ok_or("no claims")? {
        equal(name, whole.claims().get(name).ok_or("a claim is gone")?, value)?;
    }
    let presented = verified(&part("sd_jwt_presentation")?, issuer)?;
    equal(
        "verified contents",
        &Value::Object(presented.claims().clone()),
        &read_json(&case.join("verified_contents.json"))?,
    )?;
    let binding = case.join("kb_jwt_payload.json");
    match (binding.exists(), presented.key_binding_jwt()) {
        (false, None) => Ok(()),
        (true, Some(_)) => {
            let claims = read_json(&binding)?;
            equal("aud", &claims["aud"], &Value::from(audience))?;
            bound(&presented, audience, "1234567890", claims["iat"].as_i64().ok_or("no iat")?)
        }
        _ => Err("key binding there or not, other than expected".to_owned()),
    }
}
