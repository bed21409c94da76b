#![allow(warnings, clippy::all, clippy::pedantic, clippy::restriction)]
use credentials::issuer_key::did_jwk;
use credentials::sd_jwt::HashAlgorithm;
use credentials::vc::{Types, Unverified};
use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey, base64url, jws};
use serde_json::{Map, Value, json};

fn hwm() -> String {
    std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmHWM") || l.starts_with("VmRSS")).collect::<Vec<_>>().join(" ")
}

#[test]
fn blowup() {
    let scale: usize = std::env::var("X2").ok().and_then(|s| s.parse().ok()).unwrap_or(100);
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let did = did_jwk(key.public_jwk());
    let k = 6000 * scale / 100;
    let n = 370_000 * scale / 100;
    let mut sd = Vec::new();
    let mut disclosures = String::new();
    for i in 0..k {
        let d = base64url::encode(format!("[\"\",\"{i:x}\",0]"));
        sd.push(HashAlgorithm::Sha256.base64url(d.as_bytes()));
        disclosures.push_str(&d);
        disclosures.push('~');
    }
    let now = 1_790_000_000_i64;
    let mut payload = json!({"iss": did, "vct": credentials::types::OWN, "iat": now, "exp": now + 60,
        "cnf": {"jwk": key.public_jwk().required_members()}});
    payload["x".repeat(n)] = json!({"_sd": sd});
    let header = Map::from_iter([("typ".to_owned(), json!("dc+sd-jwt")), ("kid".to_owned(), json!(format!("{did}#0")))]);
    let compact = jws::sign(header, payload.to_string().as_bytes(), &key).unwrap() + "~" + &disclosures;
    drop(payload);
    println!("text {} bytes; before {}", compact.len(), hwm());
    let started = std::time::Instant::now();
    let unverified = Unverified::parse(&compact, Types::Current).unwrap();
    println!("parsed {:?} {}", started.elapsed(), hwm());
    let verified = unverified.verify_self_issued(Timestamp::from_seconds(now), 60).unwrap();
    println!("verified {:?} {}", started.elapsed(), hwm());
    if std::env::var("X2A").is_ok() {
        let _ = verified.processed().always_disclosed();
        println!("always_disclosed {:?} {}", started.elapsed(), hwm());
    }
}
