//! The example credentials: an SD-JWT VC and its key binding, one with linked data inside, and W3C ones.

use std::path::Path;

use credentials::sd_jwt::key_binding::{self, Expected, KeyBindingError};
use credentials::sd_jwt::{SdJwt, Verified};
use credentials::vc;
use environment::Timestamp;
use jose::jws::Policy;
use jose::{Algorithm, Jwk, Signer, VerifyingKey, base64url, jws};
use serde_json::{Map, Value, json};

use super::messages::{parsed, signer};
use crate::walk::{self, UNKNOWN, refused, said, same};

const TYPED: Policy<'static> = Policy { types: &[vc::TYPE], algorithms: Algorithm::ALL };

pub(super) fn check(name: &str, file: &Path) -> Result<(), String> {
    let printed = walk::value(file)?;
    match name {
        "sd_jwt_vc.json" => {
            let claims = verified(&printed)?;
            let unsecured = walk::value(&file.with_file_name("sd_jwt_vc_unsecured.json"))?;
            holds(&unsecured, &claims)?;
            same("further claims", claims.len(), unsecured.as_object().ok_or("no object")?.len() + 4)
        }
        "sd_jwt_vc_unsecured.json" => {
            holds(&printed, &verified(&walk::value(&file.with_file_name("sd_jwt_vc.json"))?)?)
        }
        // A W3C credential in a JWT is no SD-JWT VC, and one with a data integrity proof is no JWT at all.
        "jwt_vc.json" => {
            same("refused", parsed(&format!("{}~", signed("JWT", &printed))), "wrong_type".to_owned())
        }
        "ldp_vc.json" => same("refused", parsed(&printed.to_string()), "json_serialisation".to_owned()),
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn holds(expected: &Value, claims: &Map<String, Value>) -> Result<(), String> {
    for (name, value) in expected.as_object().ok_or("no object")? {
        same(name, claims.get(name), Some(value))?;
    }
    Ok(())
}

fn signed(typ: &str, claims: &Value) -> String {
    let header = Map::from_iter([("typ".to_owned(), json!(typ))]);
    jws::sign(header, claims.to_string().as_bytes(), &signer()).unwrap()
}

/// The payload of the example, signed here, with the three disclosures of Appendix B.3 (the salts of RFC 9901).
fn verified(payload: &Value) -> Result<Map<String, Value>, String> {
    Ok(presented(payload)?.claims().clone())
}

fn presented(payload: &Value) -> Result<Verified, String> {
    let mut compact = signed(vc::TYPE, payload);
    for disclosure in [
        r#"["2GLC42sKQveCfGfryNRN9w", "given_name", "John"]"#,
        r#"["eluV5Og3gSNII8EYnsxA_A", "family_name", "Doe"]"#,
        r#"["6Ij7tM-a5iVPGboS5tmvVA", "birthdate", "1940-01-01"]"#,
    ] {
        compact.push('~');
        compact.push_str(&base64url::encode(disclosure));
    }
    compact.push('~');
    let key = VerifyingKey::new(signer().public_jwk()).map_err(said)?;
    SdJwt::parse(&compact).map_err(said)?.verify(&key, &TYPED).map_err(said)
}

/// The claims of a key binding JWT as Appendix B.3 prints them: all its members fit but the hash, which is of a
/// presentation that is not printed; with the right hash it is taken.
pub(super) fn key_binding(claims: &Value) -> Result<(), String> {
    let credential = signed(vc::TYPE, &json!({"vct": "t", "cnf": {"jwk": signer().public_jwk().to_value()}}));
    let key = VerifyingKey::new(signer().public_jwk()).map_err(said)?;
    let moment = Timestamp::from_seconds(claims["iat"].as_i64().ok_or("no iat")?);
    let expected = Expected {
        audience: "x509_san_dns:client.example.org",
        nonce: "n-0S6_WzA2Mj",
        now: moment,
        oldest: 0,
        skew: 0,
    };
    let bound = |claims: &Value| {
        let compact = format!("{credential}~{}", signed(key_binding::TYPE, claims));
        SdJwt::parse(&compact).map_err(said)?.verify(&key, &TYPED).map_err(said)
    };
    refused(key_binding::verify(&bound(claims)?, &key, &expected), KeyBindingError::WrongHash)?;
    let mut fitting = claims.clone();
    fitting["sd_hash"] = json!(bound(claims)?.sd_hash());
    key_binding::verify(&bound(&fitting)?, &key, &expected).map_err(said)?;
    for (member, error) in [("aud", KeyBindingError::WrongAudience), ("nonce", KeyBindingError::WrongNonce)] {
        let mut other = fitting.clone();
        other[member] = json!("x509_san_dns:other.example.org");
        refused(key_binding::verify(&bound(&other)?, &key, &expected), error)?;
    }
    Ok(())
}

/// The SD-JWT VC with linked data: each file is one part of the same credential, and says the same as the others.
pub(super) fn linked_data(name: &str, file: &Path) -> Result<(), String> {
    let part = |name: &str| file.with_file_name(name);
    let settings = || {
        let beside = part("settings.yml");
        walk::text(&if beside.exists() {
            beside
        } else {
            file.parent().unwrap().with_file_name("settings.yml")
        })
    };
    let whole = || opened(&walk::unbroken(&part("sd_jwt_issuance.txt"))?, &settings()?);
    let shown = || opened(&walk::unbroken(&part("sd_jwt_presentation.txt"))?, &settings()?);
    match name {
        "README.md" => {
            same("it says where the examples are from", walk::text(file)?.contains("SD-JWT"), true)
        }
        "settings.yml" => {
            let text = walk::text(file)?;
            same("issuer", issuer(&text)?.algorithm(), Algorithm::Es256)?;
            same("nonce", text.contains("key_binding_nonce: \"1234567890\""), true)
        }
        "specification.yml" => same("typ", text_holds(file, "typ: \"dc+sd-jwt\"")?, true),
        "user_claims.json" => holds(&walk::value(file)?, whole()?.claims()),
        "verified_contents.json" => {
            same("contents", Value::Object(shown()?.claims().clone()), walk::value(file)?)
        }
        "sd_jwt_issuance.txt" => whole().map(|_| ()),
        "sd_jwt_jws_part.txt" => {
            let issuance = walk::unbroken(&part("sd_jwt_issuance.txt"))?;
            same(
                "the part before the first tilde",
                issuance.split('~').next(),
                Some(walk::unbroken(file)?.as_str()),
            )
        }
        "sd_jwt_payload.json" => {
            let jws = walk::unbroken(&part("sd_jwt_jws_part.txt"))?;
            let claims = jws::Unverified::parse(&jws).and_then(|jws| jws.claims()).map_err(said)?;
            same("payload", Value::Object(claims), walk::value(file)?)
        }
        "disclosures.md" => disclosures(&walk::text(file)?, &walk::unbroken(&part("sd_jwt_issuance.txt"))?),
        "sd_jwt_presentation.txt" => bound(&shown()?),
        "kb_jwt_serialized.txt" => same(
            "the part behind the last tilde",
            shown()?.key_binding_jwt(),
            Some(walk::unbroken(file)?.as_str()),
        ),
        "kb_jwt_header.json" | "kb_jwt_payload.json" => {
            let jws =
                jws::Unverified::parse(&walk::unbroken(&part("kb_jwt_serialized.txt"))?).map_err(said)?;
            let ours = if name == "kb_jwt_header.json" {
                jws.header().clone()
            } else {
                jws.claims().map_err(said)?
            };
            same(name, Value::Object(ours), walk::value(file)?)
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn text_holds(file: &Path, part: &str) -> Result<bool, String> {
    Ok(walk::text(file)?.contains(part))
}

fn issuer(settings: &str) -> Result<VerifyingKey, String> {
    let keys = settings.split_once("issuer_keys:").ok_or("no issuer_keys")?.1;
    let field = |name: &str| {
        let found = keys
            .lines()
            .find_map(|line| line.trim().trim_start_matches("- ").strip_prefix(name)?.strip_prefix(": "));
        found.ok_or_else(|| format!("no {name}"))
    };
    let jwk = json!({"kty": "EC", "crv": field("crv")?, "x": field("x")?, "y": field("y")?});
    VerifyingKey::new(&Jwk::from_value(&jwk).map_err(said)?).map_err(said)
}

fn opened(compact: &str, settings: &str) -> Result<Verified, String> {
    SdJwt::parse(compact).map_err(said)?.verify(&issuer(settings)?, &TYPED).map_err(said)
}

fn bound(shown: &Verified) -> Result<(), String> {
    let holder = shown.claims().get("cnf").and_then(|cnf| cnf.get("jwk")).ok_or("no cnf")?;
    let holder = VerifyingKey::new(&Jwk::from_value(holder).map_err(said)?).map_err(said)?;
    let now = Timestamp::from_seconds(1_744_743_394);
    let expected =
        Expected { audience: "https://verifier.example.org", nonce: "1234567890", now, oldest: 0, skew: 0 };
    key_binding::verify(shown, &holder, &expected).map_err(said)?;
    let other = Expected { nonce: "1234567891", ..expected };
    refused(key_binding::verify(shown, &holder, &other), KeyBindingError::WrongNonce)
}

/// Each disclosure as the page prints it: hash, encoded text, contents.
fn disclosures(page: &str, issuance: &str) -> Result<(), String> {
    let parsed = SdJwt::parse(issuance).map_err(said)?;
    let sections: Vec<&str> = page.split("__Claim ").skip(1).collect();
    same("number", parsed.disclosures().len(), sections.len())?;
    for (section, disclosure) in sections.iter().zip(parsed.disclosures()) {
        let section: String = section.split_whitespace().collect();
        let name = disclosure.name().ok_or("no name")?;
        same("name", section.starts_with(&format!("`{name}`__:")), true)?;
        let digest = format!("Hash:`{}`", disclosure.digest(parsed.hash()).as_str());
        same("digest", section.contains(&digest), true)?;
        same("text", section.replace("`\\`", "").contains(&format!("`{}`", disclosure.encoded())), true)?;
        let value = disclosure.value().as_str().ok_or("no text")?;
        same("contents", section.contains(&format!("\"{name}\",\"{value}\"]")), true)?;
    }
    Ok(())
}
