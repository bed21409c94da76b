use openid4vc::form;
use openid4vc::vp::client_id::ClientId;

use super::*;

const TYPE: &str = "oauth-authz-req+jwt";

fn claims(client_id: &str) -> Value {
    json!({
        "client_id": client_id,
        "aud": "https://self-issued.me/v2",
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "response_uri": "https://kiln.example.org/answer",
        "nonce": "nonce-1",
        "state": "state-1",
        "iat": NOW,
        "exp": NOW + 300,
        "dcql_query": {"credentials": [{"id": "p", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:p"]}}]},
        "client_metadata": {"vp_formats_supported": {"dc+sd-jwt": {}}},
    })
}

struct Space {
    certified: Certified,
    client_id: String,
}

/// A space with a leaf for `purpose` and key 1.
fn space(purpose: Purpose) -> Space {
    let certified = certified(60, purpose, &key(1));
    let client_id = ClientId::x509_hash(certified.chain.leaf().der()).as_str().to_owned();
    Space { certified, client_id }
}

impl Space {
    fn request(&self, claims: &Value) -> String {
        signed(TYPE, &header(&self.certified.chain), claims, &key(1))
    }
}

#[test]
fn a_request_of_a_certified_verifier_leads_to_the_root_that_was_given() {
    let desk = Desk::new();
    let space = space(Purpose::RequestSigning);
    let root = desk.put("root.pem", &space.certified.root);
    let other = desk.put("other.pem", certified(70, Purpose::RequestSigning, &key(1)).root);
    for client_id in [space.client_id.as_str(), "x509_san_dns:kiln.example.org"] {
        let text = space.request(&claims(client_id));
        let report = desk.accepted(&["request", "-", "--ca", &root], format!("{text}\n"));
        assert_eq!((&report["valid"], &report["type"]), (&json!(true), &json!(TYPE)));
        assert_eq!(report["document"], claims(client_id));
        assert_eq!(report["certificate"]["uris"], json!(["did:web:kiln.example.org"]));
        assert!(checks(&report, "certificate_chain") && checks(&report, "signature"));
        let untrusted = pair("untrusted_chain", "RFC 5280 §6.1");
        assert_eq!(desk.refused(&["request", "-", "--ca", &other], &text), untrusted);
        let report = desk.accepted(&["request", "-"], &text);
        assert!(checks(&report, "certificate_chain_not_anchored") && !checks(&report, "certificate_chain"));
    }
    let none = desk.put("none.pem", "no certificate");
    let text = space.request(&claims(&space.client_id));
    assert_eq!(desk.refused(&["request", "-", "--ca", &none], text), pair("unusable_ca", "RFC 7468 §5"));
}

#[test]
fn certificates_that_do_not_fit_and_keys_for_something_else_are_refused() {
    let desk = Desk::new();
    let space = space(Purpose::RequestSigning);
    let refused = |text: &str| desk.refused(&["request", "-"], text);
    let does_not_fit = pair("certificate_does_not_fit", "OpenID4VP 1.0 §5.9.3");
    let other = ClientId::x509_hash(b"another leaf");
    for client_id in [other.as_str(), "x509_san_dns:harbour.example.org"] {
        assert_eq!(refused(&space.request(&claims(client_id))), does_not_fit);
    }
    let issuing = self::space(Purpose::CredentialIssuing);
    let text = issuing.request(&claims(&issuing.client_id));
    assert_eq!(refused(&text), pair("wrong_purpose", "RFC 5280 §4.2.1.12"));
    let foreign = signed(TYPE, &header(&space.certified.chain), &claims(&space.client_id), &key(2));
    assert_eq!(refused(&foreign), pair("bad_signature", "RFC 7515 §5.2"));
    let without = signed(TYPE, &json!({}), &claims(&space.client_id), &key(1));
    assert_eq!(refused(&without), pair("malformed_x5c", "RFC 7515 §4.1.6"));
}

#[test]
fn a_self_signed_leaf_and_an_anchor_that_was_sent_along_are_refused() {
    let desk = Desk::new();
    let chain = self_signed(&key(1));
    let client_id = ClientId::x509_hash(chain.leaf().der());
    let text = signed(TYPE, &header(&chain), &claims(client_id.as_str()), &key(1));
    assert_eq!(desk.refused(&["request", "-"], text), pair("self_signed", "HAIP 1.0 §5"));

    let space = space(Purpose::RequestSigning);
    let root = desk.put("root.pem", &space.certified.root);
    let anchor = trust::Certificate::from_pem(&space.certified.root).unwrap();
    let above = [space.certified.chain.above(), &anchor].concat();
    let whole = CertificateChain::new(space.certified.chain.leaf().clone(), above);
    let text = signed(TYPE, &header(&whole), &claims(&space.client_id), &key(1));
    let refused = desk.refused(&["request", "-", "--ca", &root], text);
    assert_eq!(refused, pair("anchor_included", "HAIP 1.0 §6.1.1"));
}

#[test]
fn parameters_that_break_a_rule_are_refused() {
    let desk = Desk::new();
    let space = space(Purpose::RequestSigning);
    let with = |name: &str, value: Value| {
        let mut claims = claims(&space.client_id);
        claims[name] = value;
        desk.refused(&["request", "-"], space.request(&claims))
    };
    assert_eq!(with("aud", json!("https://kiln.example.org")), pair("wrong_audience", "OpenID4VP 1.0 §5.8"));
    assert_eq!(
        with("redirect_uri", json!("https://x.example")),
        pair("invalid_request", "OpenID4VP 1.0 §8.2")
    );
    assert_eq!(
        with("transaction_data", json!(["e30"])),
        pair("invalid_transaction_data", "OpenID4VP 1.0 §8.4")
    );
    assert_eq!(with("dcql_query", json!({"credentials": []})), pair("invalid_request", "OpenID4VP 1.0 §6"));
    assert_eq!(with("exp", json!(NOW - 100)), pair("expired", "RFC 7519 §4.1.4"));
    assert_eq!(with("client_id", json!("kiln.example.org")), pair("invalid_request", "OpenID4VP 1.0 §5.9.2"));
    let typ = signed("JWT", &header(&space.certified.chain), &claims(&space.client_id), &key(1));
    assert_eq!(desk.refused(&["request", "-"], typ), pair("wrong_type", "RFC 8725 §3.11"));
    let late = (NOW + 400).to_string();
    let text = space.request(&claims(&space.client_id));
    assert_eq!(desk.refused(&["request", "-", "--at", &late], text), pair("expired", "RFC 7519 §4.1.4"));
}

#[test]
fn a_did_that_carries_its_key_is_verified_and_others_are_refused_by_name() {
    let desk = Desk::new();
    let text = |did: &str, kid: &str, signer: u64| {
        let claims = claims(&format!("decentralized_identifier:{did}"));
        signed(TYPE, &json!({"kid": kid}), &claims, &key(signer))
    };
    let by_jwk = did::jwk::did(key(3).public_jwk()).unwrap().to_string();
    let by_key = did::key::did(key(3).public_jwk()).unwrap();
    let fragment = format!("{by_key}#{}", by_key.method_specific_id());
    for (did, kid) in [(by_jwk.clone(), format!("{by_jwk}#0")), (by_key.to_string(), fragment)] {
        let report = desk.accepted(&["request", "-"], text(&did, &kid, 3));
        assert!(checks(&report, "key_of_did") && checks(&report, "signature"), "{report}");
        assert_eq!(report["certificate"], Value::Null);
        let foreign = desk.refused(&["request", "-"], text(&did, &kid, 4));
        assert_eq!(foreign, pair("bad_signature", "RFC 7515 §5.2"));
    }
    let other = desk.refused(&["request", "-"], text(&by_jwk, "did:web:kiln.example.org#k", 3));
    assert_eq!(other, pair("key_of_other_did", "OpenID4VP 1.0 §5.9.3"));
    let log = "did:webvh:QmaJp6pmb6RUk4oaDyWQcjeqYbvxsc3kvmHWPpz7B5JwDU:kiln.example.org";
    let refused = desk.refused(&["request", "-"], text(log, &format!("{log}#k"), 3));
    assert_eq!(refused, pair("did_method_not_offline", "OpenID4VP 1.0 §5.9.3"));
}

#[test]
fn links_show_their_parameters_or_the_request_they_carry() {
    let desk = Desk::new();
    let space = space(Purpose::RequestSigning);
    let link =
        |parameters: &[(&str, &str)]| format!("openid4vp://?{}", form::encode(parameters.iter().copied()));
    let client_id = ("client_id", space.client_id.as_str());
    let reference =
        link(&[client_id, ("request_uri", "https://kiln.example.org/r/1"), ("request_uri_method", "post")]);
    let report = desk.accepted(&["request", "-"], reference);
    assert_eq!(report["type"], "authorization_request");
    assert_eq!(report["document"]["request_uri"], "https://kiln.example.org/r/1");
    assert_eq!(report["document"]["client_id"], space.client_id);

    let request = space.request(&claims(&space.client_id));
    let report = desk.accepted(&["request", "-"], link(&[client_id, ("request", &request)]));
    assert_eq!((&report["type"], &report["document"]["nonce"]), (&json!(TYPE), &json!("nonce-1")));
    let other = link(&[("client_id", "x509_san_dns:kiln.example.org"), ("request", &request)]);
    assert_eq!(desk.refused(&["request", "-"], other), pair("client_id_differs", "RFC 9101 §6.3"));

    let both = link(&[client_id, ("request", "a.b.c"), ("request_uri", "https://kiln.example.org")]);
    assert_eq!(desk.refused(&["request", "-"], both), pair("invalid_request", "RFC 9101 §5"));
    let method =
        link(&[client_id, ("request_uri", "https://kiln.example.org"), ("request_uri_method", "put")]);
    let refused = pair("invalid_request_uri_method", "OpenID4VP 1.0 §5.10");
    assert_eq!(desk.refused(&["request", "-"], method), refused);
    let blank = format!(" {}", link(&[client_id, ("request", &request)]));
    assert_eq!(desk.refused(&["request", "-"], blank), pair("invalid_request", "OpenID4VP 1.0 §5.1"));
}

#[test]
fn an_unsigned_request_is_shown_and_said_to_come_from_nobody_in_particular() {
    let desk = Desk::new();
    let client_id = "redirect_uri:https://kiln.example.org/answer";
    let claims = claims(client_id);
    let link = |response_uri: &str| {
        let query = claims["dcql_query"].to_string();
        let parameters = [
            ("client_id", client_id),
            ("response_type", "vp_token"),
            ("response_mode", "direct_post"),
            ("response_uri", response_uri),
            ("nonce", "nonce-1"),
            ("dcql_query", query.as_str()),
        ];
        format!("openid4vp://?{}", form::encode(parameters))
    };
    let report = desk.accepted(&["request", "-"], link("https://kiln.example.org/answer"));
    assert!(checks(&report, "client_not_authenticated"), "{report}");
    assert_eq!(report["document"]["dcql_query"], claims["dcql_query"]);
    let elsewhere = desk.refused(&["request", "-"], link("https://kiln.example.org/other"));
    assert_eq!(elsewhere, pair("invalid_request", "OpenID4VP 1.0 §5.9.3"));
}
