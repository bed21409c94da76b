use jose::base64url;
use jose::jwe::{EncryptOptions, encrypt};
use jose::{DecryptionKey, digest};

use super::*;

/// A credential of type `vct` with a disclosable name and two disclosable nationalities.
fn credential(vct: &str, name: &str, bound: bool) -> String {
    let name = base64url::encode(json!(["salt", "name", name]).to_string());
    let first = base64url::encode(json!(["salt", "first"]).to_string());
    let mut claims = json!({
        "iss": "https://office.example.org", "vct": vct, "level": 2,
        "_sd": [digest::sha256_base64url(&name)],
        "nationalities": [{"...": digest::sha256_base64url(&first)}, "second"],
    });
    if bound {
        claims["cnf"] = json!({"jwk": key(9).public_jwk().to_value()});
    }
    format!("{}~{name}~{first}~", signed("dc+sd-jwt", &json!({}), &claims, &key(1)))
}

fn query(id: &str, vct: &str, claims: Value) -> Value {
    json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": claims})
}

fn wallet(desk: &Desk) -> [String; 3] {
    [
        desk.put(
            "plain.txt",
            format!("{}~", signed("example+sd-jwt", &json!({}), &json!({"a": 1}), &key(1))),
        ),
        desk.put("ada.txt", credential("urn:profile", "Ada", true)),
        desk.put("ben.txt", format!("{}\n", credential("urn:profile", "Ben", true))),
    ]
}

#[test]
fn matches_name_the_file_and_the_claims_to_disclose() {
    let desk = Desk::new();
    let [plain, ada, ben] = wallet(&desk);
    let asked = json!([{"path": ["name"]}, {"path": ["nationalities", null]}]);
    let query = json!({"credentials": [query("profile", "urn:profile", asked)]}).to_string();
    let claims = json!([["name"], ["nationalities", 0], ["nationalities", 1]]);
    let matches =
        json!({"profile": [{"credential": 1, "claims": claims}, {"credential": 2, "claims": claims}]});
    for arguments in [
        &["dcql", "--query", "-", "--credential", &plain, &ada, &ben][..],
        &["dcql", "--query", "-", "--credential", &plain, "--credential", &ada, "--credential", &ben],
    ] {
        let report = desk.accepted(arguments, &query);
        assert_eq!((&report["valid"], &report["satisfied"]), (&json!(true), &json!(true)));
        assert_eq!((&report["matches"], &report["type"]), (&matches, &json!("dcql_query")));
    }
}

#[test]
fn a_query_that_nothing_satisfies_is_still_a_valid_query() {
    let desk = Desk::new();
    let [_, ada, _] = wallet(&desk);
    let run =
        |query: Value| desk.accepted(&["dcql", "--query", "-", "--credential", &ada], query.to_string());
    for claims in [json!([{"path": ["name"], "values": ["Ben"]}]), json!([{"path": ["missing"]}])] {
        let report = run(json!({"credentials": [query("profile", "urn:profile", claims)]}));
        assert_eq!((&report["matches"], &report["satisfied"]), (&json!({}), &json!(false)));
    }
    let name = json!([{"path": ["name"]}]);
    let both = [query("a", "urn:profile", name.clone()), query("b", "urn:other", name)];
    let report = run(json!({"credentials": both}));
    assert_eq!(report["satisfied"], false);
    assert_eq!(report["matches"], json!({"a": [{"credential": 0, "claims": [["name"]]}]}));
}

#[test]
fn credential_sets_tell_which_option_is_satisfied() {
    let desk = Desk::new();
    let [_, ada, _] = wallet(&desk);
    let name = json!([{"path": ["name"]}]);
    let query = json!({
        "credentials": [query("a", "urn:other", name.clone()), query("b", "urn:profile", name)],
        "credential_sets": [{"options": [["a"], ["b"]]}, {"options": [["a"]], "required": false}],
    });
    let report = desk.accepted(&["dcql", "--query", "-", "--credential", &ada], query.to_string());
    assert_eq!(report["satisfied"], true);
    let sets = json!([{"required": true, "satisfied": true, "option": 1},
                      {"required": false, "satisfied": false, "option": null}]);
    assert_eq!(report["credential_sets"], sets);
}

#[test]
fn malformed_queries_and_credentials_are_refused() {
    let desk = Desk::new();
    let [_, ada, _] = wallet(&desk);
    let refused = |query: &str| desk.refused(&["dcql", "--query", "-", "--credential", &ada], query);
    assert_eq!(refused("{"), pair("invalid_request", "OpenID4VP 1.0 §6"));
    assert_eq!(refused(r#"{"credentials":[]}"#), pair("invalid_request", "OpenID4VP 1.0 §6"));
    let empty = json!({"credentials": [query("a", "urn:x", json!([]))]}).to_string();
    assert_eq!(refused(&empty), pair("invalid_request", "OpenID4VP 1.0 §6.1"));
    let path = json!({"credentials": [query("a", "urn:x", json!([{"path": [-1]}]))]}).to_string();
    assert_eq!(refused(&path), pair("invalid_request", "OpenID4VP 1.0 §7"));
    let bad = desk.put("bad.txt", "a.b.c");
    let query = json!({"credentials": [query("a", "urn:x", json!([{"path": ["a"]}]))]}).to_string();
    let (_, report) = desk.run(&["dcql", "--query", "-", "--credential", &ada, &bad], query);
    assert_eq!(report["error"]["code"], "missing_tilde");
    assert!(report["error"]["detail"].as_str().unwrap().starts_with("credential 1:"));
}

fn offer() -> Value {
    json!({
        "credential_issuer": "https://office.example.org",
        "credential_configuration_ids": ["passport"],
        "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "code"}},
        "future": [1],
    })
}

#[test]
fn an_offer_is_shown_as_it_was_written() {
    let desk = Desk::new();
    let form = openid4vc::form::encode([("credential_offer", offer().to_string().as_str())]);
    for text in [format!("{:#}\n", offer()), format!("openid-credential-offer://?{form}\n")] {
        let report = desk.accepted(&["offer", "-"], text);
        assert_eq!((&report["type"], &report["document"]), (&json!("credential_offer"), &offer()));
    }
    let reference =
        "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Foffice.example.org%2Fo%2F1";
    let report = desk.accepted(&["offer", "-"], reference);
    assert_eq!(report["document"], json!({"credential_offer_uri": "https://office.example.org/o/1"}));
}

#[test]
fn offers_that_break_a_rule_are_refused() {
    let desk = Desk::new();
    let refused = |text: &str| desk.refused(&["offer", "-"], text);
    let mut other = offer();
    other["grants"] = json!({"urn:example:grant": {}});
    assert_eq!(refused(&other.to_string()), pair("unsupported_grant_type", "OpenID4VCI 1.0 §4.1.1"));
    let mut twice = offer();
    twice["credential_configuration_ids"] = json!(["a", "a"]);
    assert_eq!(refused(&twice.to_string()), pair("invalid_credential_offer", "OpenID4VCI 1.0 §4.1.1"));
    let link = pair("invalid_credential_offer", "OpenID4VCI 1.0 §4.1");
    for text in [
        "x",
        "",
        "openid4vp://?credential_offer=%7B%7D",
        " openid-credential-offer://?credential_offer=%7B%7D",
    ] {
        assert_eq!(refused(text), link, "{text:?}");
    }
    let plain = "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Foffice.example.org";
    assert_eq!(refused(plain), pair("address_refused", "OpenID4VCI 1.0 §4.1.3"));
}

#[test]
fn an_encrypted_answer_is_opened_with_its_own_key_only() {
    let desk = Desk::new();
    let recipient = |seed| DecryptionKey::generate("k", &SeededRandomness::new(seed)).unwrap();
    let file = desk.put("key.json", recipient(1).to_private_json().as_bytes());
    let seal =
        |plaintext: &[u8]| encrypt(plaintext, recipient(1).public_jwk(), &EncryptOptions::default()).unwrap();
    let arguments = ["jwe", "-", "--jwk", &file];
    let token = seal(br#"{"vp_token":{}}"#);
    let report = desk.accepted(&arguments, &token);
    assert_eq!((&report["valid"], &report["type"]), (&json!(true), &json!("jwe")));
    assert_eq!(report["document"], json!({"vp_token": {}}));
    assert_eq!(desk.accepted(&arguments, seal(b"a.b.c"))["document"], "a.b.c");
    assert_eq!(desk.accepted(&arguments, seal(&[0xff]))["document"], "_w");

    let foreign = desk.put("other.json", recipient(2).to_private_json().as_bytes());
    let failed = pair("decryption_failed", "RFC 7516 §5.2");
    assert_eq!(desk.refused(&["jwe", "-", "--jwk", &foreign], &token), failed);
    let half = desk.put("half.json", recipient(1).public_jwk().to_value().to_string());
    assert_eq!(desk.refused(&["jwe", "-", "--jwk", &half], &token), pair("unusable_key", "RFC 7517 §4"));
    let (start, tag) = token.rsplit_once('.').unwrap();
    let (short, _) = tag.split_at(20);
    assert_eq!(desk.refused(&arguments, format!("{start}.{short}")), pair("bad_lengths", "RFC 7518 §5.3"));
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[2] = "";
    assert_eq!(desk.refused(&arguments, parts.join(".")), pair("bad_lengths", "RFC 7518 §5.3"));
    assert_eq!(desk.refused(&arguments, "a.b.c"), pair("malformed_jwe", "RFC 7516 §7.1"));
    let wrapped = base64url::encode(r#"{"alg":"ECDH-ES+A128KW","enc":"A128GCM"}"#);
    let wrapped = format!("{wrapped}.AAAA.AAAA.AAAA.AAAA");
    assert_eq!(desk.refused(&arguments, wrapped), pair("wrong_algorithm", "RFC 7518 §4.6"));
}
