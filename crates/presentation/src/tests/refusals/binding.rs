//! The key binding (RFC 9901 §4.3, §7.3; OpenID4VP §8.6).

use openid4vc::vp::verification::{OLDEST_KEY_BINDING, SKEW};

use super::network::Members;
use super::paper::{stranger, under};
use super::*;

#[tokio::test]
async fn a_key_binding_that_misses_narrowly_is_refused() {
    let members = Members::new();
    let (asked, elsewhere) = (members.ask("a", true).await, members.ask("b", true).await);
    let (now, thief) = (members.scene.now().seconds(), stranger(&members.scene));
    let client = asked.text("client_id");
    let bare = client.trim_start_matches("x509_hash:");
    let paper = || members.profile(&asked);
    let mut stolen = paper();
    stolen.binder = &thief;
    let mut typed = paper();
    typed.binding_header = json!({"typ": "JWT"});
    let mut untyped = paper();
    untyped.binding_header = json!({});
    let hash = jose::digest::sha256_base64url("another credential");
    let cases = [
        ("by a foreign key", stolen, "bad_signature"),
        ("another typ", typed, "wrong_type"),
        ("no typ", untyped, "wrong_type"),
        ("another audience", paper().binding("aud", json!("x509_hash:other")), "wrong_audience"),
        ("an audience without its prefix", paper().binding("aud", json!(bare)), "wrong_audience"),
        ("a list of audiences", paper().binding("aud", json!([client])), "malformed_claim"),
        ("no audience", paper().binding("aud", Value::Null), "missing_claim"),
        ("another request's nonce", paper().binding("nonce", json!(elsewhere.text("nonce"))), "stale_nonce"),
        ("no nonce", paper().binding("nonce", Value::Null), "missing_claim"),
        ("too old", paper().binding("iat", json!(now - OLDEST_KEY_BINDING - 1)), "stale_key_binding"),
        ("from the future", paper().binding("iat", json!(now + SKEW + 1)), "stale_key_binding"),
        ("no time", paper().binding("iat", Value::Null), "missing_claim"),
        ("expired", paper().binding("exp", json!(now - SKEW)), "expired"),
        ("over another credential", paper().binding("sd_hash", json!(hash)), "wrong_sd_hash"),
    ];
    for (case, paper, reason) in cases {
        let token = token("profile", paper.compact());
        refused(&members.scene, "a", || asked.post(&token, asked.text("state")), reason, case).await;
    }
    is_taken(&members.scene, "a", &asked, &members.honest(&asked)).await;
}

#[tokio::test]
async fn what_was_changed_after_binding_is_refused() {
    let members = Members::new();
    let asked = members.ask("a", true).await;
    let paper = members.profile(&asked).disclosing(&json!(["salt", "family_name", "Example"]), true);
    let compact = paper.compact();
    let (unbound, binding) = compact.rsplit_once('~').unwrap();
    let (fewer, _) = unbound.rsplit_once('~').unwrap();
    let other = members.profile(&asked).compact();
    let (other_unbound, _) = other.rsplit_once('~').unwrap();
    let cases = [
        ("without key binding", format!("{unbound}~"), "missing_key_binding"),
        ("a disclosure taken away", format!("{fewer}~{binding}"), "wrong_sd_hash"),
        ("bound to another copy", format!("{other_unbound}~{binding}"), "wrong_sd_hash"),
        ("alg none", format!("{unbound}~{}", under("none", binding, false)), "wrong_algorithm"),
        ("a symmetric alg", format!("{unbound}~{}", under("HS256", binding, true)), "wrong_algorithm"),
        ("no JWS", format!("{unbound}~x"), "malformed_jwt"),
    ];
    for (case, presentation, reason) in cases {
        let token = token("profile", presentation);
        refused(&members.scene, "a", || asked.post(&token, asked.text("state")), reason, case).await;
    }
    is_taken(&members.scene, "a", &asked, &token("profile", compact)).await;
}
