use credentials::issuer_key::SignAs;
use credentials::sd_jwt::{Decoys, Frame, Held, key_binding::KeyBinding};
use credentials::vc::{self, Issuing};
use environment::Timestamp;
use jose::base64url;

use super::*;

const AUDIENCE: &str = "x509_hash:kiln";
const NONCE: &str = "nonce-1";

/// A profile of Ada, bound to key 9 and signed with key 1.
fn credential(sign_as: SignAs<'_>) -> String {
    let issuing = Issuing {
        vct: "https://office.example.org/profile",
        claims: object(json!({"given_name": "Ada", "family_name": "Example"})),
        frame: Frame::TopLevel { except: Vec::new() },
        decoys: Decoys::default(),
        holder: Some(&key(9).public_jwk().clone()),
        issued_at: Some(Timestamp::from_seconds(NOW - 1_000)),
        not_before: Some(Timestamp::from_seconds(NOW - 1_000)),
        expires: Some(Timestamp::from_seconds(NOW + 1_000)),
        status: None,
    };
    vc::issue(issuing, sign_as, &key(1), &SeededRandomness::new(5)).unwrap()
}

fn by_web() -> String {
    // did:web is resolved by nobody offline, so the key must be handed in.
    credential(SignAs::Did { did: "did:web:office.example.org", kid: "did:web:office.example.org#k" })
}

/// The presentation of `credential` with everything disclosed, bound with key `holder` at `iat`.
fn presented(credential: &str, holder: u64, iat: i64) -> String {
    let held = Held::reopen(credential).unwrap();
    let binding = KeyBinding { audience: AUDIENCE, nonce: NONCE, issued_at: Timestamp::from_seconds(iat) };
    held.present_bound(&held.select_all(), &binding, &key(holder)).unwrap()
}

fn tampered(text: &str, from: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[from] = if bytes[from] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_credential_shows_its_claims_and_what_was_checked() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let text = by_web();
    for text in [text.clone(), format!("{text}\n"), format!("{text}\r\n")] {
        let report = desk.accepted(&["sd-jwt", "-", "--issuer-jwk", &file], text);
        assert_eq!((&report["valid"], &report["type"]), (&json!(true), &json!("dc+sd-jwt")));
        assert_eq!(report["claims"]["family_name"], "Example");
        assert_eq!(report["claims"].get("_sd"), None);
        assert_eq!(report["disclosed"].as_array().unwrap().len(), 2);
        assert_eq!(report["key_binding"], Value::Null);
        let expected =
            ["form", "issuer_key_given", "issuer_signature", "disclosures", "sd_jwt_vc_claims", "times"];
        assert_eq!(report["checked"], json!(expected));
    }
    for blank in [format!("{text}\n\n"), format!(" {text}"), format!("{text} "), format!("{text}\t\n")] {
        let (ended, _) = desk.run(&["sd-jwt", "-", "--issuer-jwk", &file], &blank);
        assert_eq!(ended, Ended::Refused, "{blank:?}");
    }
}

#[test]
fn a_private_jwk_of_the_issuer_serves_as_its_public_half() {
    let desk = Desk::new();
    let file = desk.put("key.json", key(1).to_private_json().as_bytes());
    desk.accepted(&["sd-jwt", "-", "--issuer-jwk", &file], by_web());
}

#[test]
fn without_any_key_nothing_is_called_valid() {
    let desk = Desk::new();
    let missing = pair("issuer_key_missing", "RFC 9901 §7.1");
    assert_eq!(desk.refused(&["sd-jwt", "-"], by_web()), missing);
    let nobody = format!("{}~", signed("example+sd-jwt", &json!({}), &json!({"sub": "ada"}), &key(1)));
    assert_eq!(desk.refused(&["sd-jwt", "-"], &nobody), missing);
    let name = format!("{}~", signed("example+sd-jwt", &json!({}), &json!({"iss": "Harbour"}), &key(1)));
    assert_eq!(desk.refused(&["sd-jwt", "-"], name), missing);
    let number = format!("{}~", signed("example+sd-jwt", &json!({}), &json!({"iss": 1}), &key(1)));
    assert_eq!(desk.refused(&["sd-jwt", "-"], number), pair("bad_iss", "SD-JWT VC §3.5"));
    let report = desk.accepted(&["sd-jwt", "-", "--decode-only"], &nobody);
    assert_eq!((&report["valid"], &report["type"]), (&Value::Null, &json!("sd-jwt")));
    assert_eq!(report["checked"], json!(["form", "disclosures"]));
}

#[test]
fn decoding_checks_no_signature_and_still_refuses_what_cannot_be_read() {
    let desk = Desk::new();
    let text = by_web();
    let (jwt, rest) = text.split_once('~').unwrap();
    let forged = format!("{}~{rest}", tampered(jwt, jwt.len() - 5));
    assert_eq!(desk.accepted(&["sd-jwt", "-", "--decode-only"], &forged)["valid"], Value::Null);
    let foreign = format!("{text}{}~", base64url::encode(r#"["salt","role","admin"]"#));
    let unreferenced = pair("unreferenced_disclosure", "RFC 9901 §7.1");
    assert_eq!(desk.refused(&["sd-jwt", "-", "--decode-only"], foreign), unreferenced);
}

#[test]
fn the_leaf_of_x5c_or_the_issuers_own_did_gives_the_key() {
    let desk = Desk::new();
    let Certified { chain, .. } = certified(30, Purpose::CredentialIssuing, &key(1));
    let der: Vec<Vec<u8>> = chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
    let report = desk.accepted(&["sd-jwt", "-"], credential(SignAs::X5c(&der)));
    assert!(checks(&report, "issuer_key_of_x5c_leaf_chain_not_anchored"), "{report}");

    let did = did::jwk::did(key(1).public_jwk()).unwrap().to_string();
    let text = credential(SignAs::Did { did: &did, kid: &format!("{did}#0") });
    assert!(checks(&desk.accepted(&["sd-jwt", "-"], text), "issuer_key_of_did"));

    let own = did::jwk::did(key(9).public_jwk()).unwrap().to_string();
    let claims = json!({"iss": own, "vct": "urn:own", "cnf": {"jwk": key(9).public_jwk().to_value()}});
    let signed_by =
        |signer: u64| format!("{}~", signed(vc::TYPE, &json!({"kid": "#0"}), &claims, &key(signer)));
    assert!(checks(&desk.accepted(&["sd-jwt", "-"], signed_by(9)), "issuer_key_of_cnf_self_issued"));
    assert_eq!(desk.refused(&["sd-jwt", "-"], signed_by(1)), pair("bad_signature", "RFC 9901 §7.1"));
}

#[test]
fn x5c_that_does_not_name_the_issuer_or_stands_beside_a_did_is_refused() {
    let desk = Desk::new();
    let Certified { chain, .. } = certified(40, Purpose::CredentialIssuing, &key(1));
    let text = |issuer: &str| {
        format!("{}~", signed(vc::TYPE, &header(&chain), &json!({"iss": issuer, "vct": "urn:x"}), &key(1)))
    };
    desk.accepted(&["sd-jwt", "-"], text("https://kiln.example.org/issuer"));
    let refused = |issuer: &str| desk.refused(&["sd-jwt", "-"], text(issuer));
    let other = pair("issuer_not_in_certificate", "SD-JWT VC §3.5");
    assert_eq!(refused("https://harbour.example.org"), other);
    assert_eq!(refused("did:web:kiln.example.org"), pair("x5c_beside_did", "SD-JWT VC §3.5"));
    let malformed = signed(vc::TYPE, &json!({"x5c": []}), &json!({"vct": "urn:x"}), &key(1));
    assert_eq!(
        desk.refused(&["sd-jwt", "-"], format!("{malformed}~")),
        pair("malformed_x5c", "SD-JWT VC §3.5")
    );
}

#[test]
fn a_self_signed_leaf_is_nobodys_word() {
    let desk = Desk::new();
    let chain = self_signed(&key(1));
    let text = format!("{}~", signed(vc::TYPE, &header(&chain), &json!({"vct": "urn:x"}), &key(1)));
    assert_eq!(desk.refused(&["sd-jwt", "-"], &text), pair("self_signed", "HAIP 1.0 §6.1.1"));
    let file = desk.put("key.json", public(&key(1)));
    desk.accepted(&["sd-jwt", "-", "--issuer-jwk", &file], text);
}

#[test]
fn a_credential_that_is_json_serialised_reads_as_its_compact_form() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let text = presented(&by_web(), 9, NOW);
    let (before, binding) = text.rsplit_once('~').unwrap();
    let (jwt, disclosures) = before.split_once('~').unwrap();
    let parts: Vec<_> = jwt.split('.').collect();
    let header = json!({"disclosures": disclosures.split('~').collect::<Vec<_>>(), "kb_jwt": binding});
    let flattened =
        json!({"protected": parts[0], "payload": parts[1], "signature": parts[2], "header": header});
    let asked = ["sd-jwt", "-", "--issuer-jwk", &file, "--nonce", NONCE, "--aud", AUDIENCE];
    let report = desk.accepted(&asked, flattened.to_string());
    assert_eq!(report, desk.accepted(&asked, text));
}

#[test]
fn signatures_types_and_disclosures_that_are_wrong_are_refused_by_their_section() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let refused = |text: &str| desk.refused(&["sd-jwt", "-", "--issuer-jwk", &file], text);
    let text = by_web();
    let (jwt, rest) = text.split_once('~').unwrap();
    let first = rest.split('~').next().unwrap();
    assert_eq!(refused(jwt), pair("missing_tilde", "RFC 9901 §4"));
    assert_eq!(refused(&format!("{jwt}~~")), pair("empty_part", "RFC 9901 §4"));
    assert_eq!(refused(&format!("{text}{first}~")), pair("unreferenced_disclosure", "RFC 9901 §7.1"));
    assert_eq!(refused(&format!("{jwt}~AAAA~")), pair("malformed_disclosure", "RFC 9901 §4.2"));
    let forged = format!("{}~{rest}", tampered(jwt, jwt.len() - 5));
    assert_eq!(refused(&forged), pair("bad_signature", "RFC 9901 §7.1"));
    assert_eq!(refused(r#"{"payload":"x"}"#), pair("malformed_json_serialisation", "RFC 9901 §8"));
    for json in [r#""{\"payload\":\"x\"}""#, "[]"] {
        assert_eq!(refused(json), pair("json_serialisation", "RFC 9901 §8"));
    }
    let twice = json!({"_sd": ["AAAA", "AAAA"], "vct": "urn:x"});
    let twice = format!("{}~", signed(vc::TYPE, &json!({}), &twice, &key(1)));
    assert_eq!(refused(&twice), pair("digest_twice", "RFC 9901 §7.1"));
    let none = base64url::encode(r#"{"alg":"none","typ":"example+sd-jwt"}"#);
    assert_eq!(refused(&format!("{none}.e30.~")), pair("wrong_algorithm", "RFC 9901 §7.1"));
}

#[test]
fn the_rules_of_credentials_hold_for_their_type_and_for_whatever_has_a_vct() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let text = |typ: &str, claims: Value| format!("{}~", signed(typ, &json!({}), &claims, &key(1)));
    let refused = |text: String| desk.refused(&["sd-jwt", "-", "--issuer-jwk", &file], text);
    for typ in ["vc+sd-jwt", "JWT", "kb+jwt"] {
        assert_eq!(
            refused(text(typ, json!({"vct": "urn:x"}))),
            pair("wrong_type", "RFC 8725 §3.11"),
            "{typ}"
        );
    }
    assert_eq!(refused(text("dc+sd-jwt", json!({}))), pair("missing_claim", "SD-JWT VC §3.2.2.2"));
    assert_eq!(refused(text("kb+jwt", json!({}))), pair("wrong_type", "RFC 8725 §3.11"));
    for typ in ["example+sd-jwt", "vc+sd-jwt"] {
        let report = desk.accepted(&["sd-jwt", "-", "--issuer-jwk", &file], text(typ, json!({"a": 1})));
        assert_eq!(report["type"], "sd-jwt", "{typ}");
    }
    let disclosure = base64url::encode(r#"["salt","cnf",{}]"#);
    let digest = jose::digest::sha256_base64url(&disclosure);
    let hidden = text("dc+sd-jwt", json!({"vct": "urn:x", "_sd": [digest]}));
    assert_eq!(refused(format!("{hidden}{disclosure}~")), pair("disclosable_claim", "SD-JWT VC §3.2.2.2"));
}

#[test]
fn times_are_checked_now_or_at_the_named_moment() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let text = by_web();
    let at = |seconds: i64| {
        desk.run(&["sd-jwt", "-", "--issuer-jwk", &file, "--at", &seconds.to_string()], &text).1
    };
    assert_eq!(at(NOW + 999)["valid"], true);
    assert_eq!(at(NOW + 1_000)["error"]["code"], "expired");
    assert_eq!(at(NOW + 1_000)["error"]["source"], "RFC 7519 §4.1.4");
    assert_eq!(at(NOW - 1_000)["valid"], true);
    assert_eq!(at(NOW - 1_001)["error"]["code"], "not_yet_valid");
    assert_eq!(at(NOW - 1_001)["error"]["source"], "RFC 7519 §4.1.5");
}

#[test]
fn a_key_binding_that_comes_is_checked_even_when_none_is_required() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let arguments = ["sd-jwt", "-", "--issuer-jwk", &file];
    let good = presented(&by_web(), 9, NOW - 100_000);
    let report = desk.accepted(&arguments, &good);
    assert!(checks(&report, "key_binding_sd_hash") && !checks(&report, "key_binding_nonce"), "{report}");
    assert_eq!(report["key_binding"]["aud"], AUDIENCE);
    let foreign = presented(&by_web(), 8, NOW);
    assert_eq!(desk.refused(&arguments, foreign), pair("bad_signature", "RFC 9901 §7.3"));
    let (first, rest) = good.split_once('~').unwrap();
    let (_, fewer) = rest.split_once('~').unwrap();
    assert_eq!(desk.refused(&arguments, format!("{first}~{fewer}")), pair("wrong_sd_hash", "RFC 9901 §4.3"));
    let unbound = format!("{}~", signed("example+sd-jwt", &json!({}), &json!({}), &key(1)));
    let binding = good.rsplit('~').next().unwrap();
    assert_eq!(desk.refused(&arguments, format!("{unbound}{binding}")), pair("not_bound", "RFC 9901 §7.3"));
}

#[test]
fn nonce_and_audience_make_a_key_binding_required_and_are_compared_exactly() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let asking = |nonce: &str, audience: &str, text: &str| {
        let arguments = ["sd-jwt", "-", "--issuer-jwk", &file, "--nonce", nonce, "--aud", audience];
        desk.run(&arguments, text).1
    };
    let bound = presented(&by_web(), 9, NOW - 100_000);
    let report = asking(NONCE, AUDIENCE, &bound);
    assert_eq!(report["valid"], true);
    assert!(checks(&report, "key_binding_nonce") && !checks(&report, "key_binding_age"));
    assert_eq!(asking("nonce-2", AUDIENCE, &bound)["error"]["code"], "wrong_nonce");
    assert_eq!(asking(NONCE, "kiln", &bound)["error"]["code"], "wrong_audience");
    let missing = asking(NONCE, AUDIENCE, &by_web());
    assert_eq!(missing["error"]["code"], "missing_key_binding");
    assert_eq!(missing["error"]["source"], "RFC 9901 §7.3");
    let ahead = presented(&by_web(), 9, NOW + 3_600);
    assert_eq!(asking(NONCE, AUDIENCE, &ahead)["error"]["code"], "stale_key_binding");
}

#[test]
fn the_age_of_a_key_binding_counts_as_of_a_named_moment() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let bound = presented(&by_web(), 9, NOW - 950);
    let at = |seconds: i64| {
        let (moment, base) = (seconds.to_string(), ["sd-jwt", "-", "--issuer-jwk", &file]);
        let more = ["--nonce", NONCE, "--aud", AUDIENCE, "--at", &moment];
        desk.run(&[&base[..], &more[..]].concat(), &bound).1
    };
    assert!(checks(&at(NOW - 50), "key_binding_age"));
    assert_eq!(at(NOW - 49)["error"]["code"], "stale_key_binding");
}
