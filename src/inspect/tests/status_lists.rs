use credentials::issuer_key::SignAs;
use credentials::status_list::{Bits, Publishing, Status, StatusList, sign};

use super::*;

const URI: &str = "https://office.example.org/status/1";

fn token(sign_as: SignAs<'_>) -> String {
    let mut list = StatusList::new(Bits::Two, 8).unwrap();
    list.set(1, Status::Invalid).unwrap();
    list.set(2, Status::Suspended).unwrap();
    list.set(3, Status::ApplicationSpecific(3)).unwrap();
    let moment = |seconds| Timestamp::from_seconds(NOW + seconds);
    let (issued_at, expires) = (moment(-100), Some(moment(100)));
    let publishing =
        Publishing { list: &list, uri: URI, issued_at, expires, ttl: Some(60), aggregation_uri: None };
    sign(&publishing, sign_as, &key(1)).unwrap()
}

fn by_web() -> String {
    token(SignAs::Did { did: "did:web:office.example.org", kid: "did:web:office.example.org#k" })
}

#[test]
fn each_entry_has_its_status() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let names = ["VALID", "INVALID", "SUSPENDED", "APPLICATION_SPECIFIC"];
    for (index, name) in names.iter().enumerate() {
        let entry = index.to_string();
        let report = desk.accepted(&["status-list", "-", "--index", &entry, "--jwk", &file], by_web());
        assert_eq!((&report["valid"], &report["status"]), (&json!(true), &json!(index)));
        assert_eq!((&report["status_name"], &report["type"]), (&json!(name), &json!("statuslist+jwt")));
        assert_eq!(report["document"]["sub"], URI);
        assert!(checks(&report, "issuer_signature"));
    }
}

#[test]
fn an_index_outside_of_the_list_is_refused_with_and_without_a_key() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let outside = pair("index_out_of_range", "Token Status List §8.3");
    assert_eq!(desk.refused(&["status-list", "-", "--index", "8", "--jwk", &file], by_web()), outside);
    assert_eq!(desk.refused(&["status-list", "-", "--index", "8"], by_web()), outside);
    assert_eq!(desk.accepted(&["status-list", "-", "--index", "7"], by_web())["status"], 0);
}

#[test]
fn without_a_key_a_list_is_read_and_not_called_valid_unless_it_names_its_key() {
    let desk = Desk::new();
    let report = desk.accepted(&["status-list", "-", "--index", "1"], format!("{}\n", by_web()));
    assert_eq!((&report["valid"], &report["status"]), (&Value::Null, &json!(1)));
    assert!(!checks(&report, "issuer_signature"));
    let Certified { chain, .. } = certified(50, Purpose::CredentialIssuing, &key(1));
    let der: Vec<Vec<u8>> = chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
    let report = desk.accepted(&["status-list", "-", "--index", "1"], token(SignAs::X5c(&der)));
    assert_eq!(report["valid"], true);
    assert!(checks(&report, "issuer_key_of_x5c_leaf_chain_not_anchored"));
}

#[test]
fn other_keys_types_times_and_the_cwt_form_are_refused() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(2)));
    let index = ["status-list", "-", "--index", "0"];
    let with_key = [&index[..], &["--jwk", &file]].concat();
    assert_eq!(desk.refused(&with_key, by_web()), pair("bad_signature", "Token Status List §5.1"));
    let claims = json!({"sub": URI, "iat": NOW, "status_list": {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}});
    let other = |typ: &str, claims: &Value| desk.refused(&index, signed(typ, &json!({}), claims, &key(1)));
    assert_eq!(other("JWT", &claims), pair("wrong_type", "Token Status List §5.1"));
    let mut three = claims.clone();
    three["status_list"]["bits"] = json!(3);
    assert_eq!(other("statuslist+jwt", &three), pair("malformed_list", "Token Status List §4"));
    let at = |seconds: i64| {
        let moment = seconds.to_string();
        desk.run(&[&index[..], &["--at", &moment]].concat(), by_web()).1["error"]["code"].clone()
    };
    assert_eq!((at(NOW + 99), at(NOW + 100)), (Value::Null, json!("expired")));
    assert_eq!(at(NOW - 101), "not_yet_valid");
    let cwt = pair("cwt_not_supported", "SD-JWT VC §3.2.2.2");
    assert_eq!(desk.refused(&index, [0xd2, 0x84, 0x58]), cwt);
}
