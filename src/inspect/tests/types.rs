use credentials::issuer_key::SignAs;
use credentials::sd_jwt::{self, Decoys, Frame, Held};
use credentials::type_metadata::Integrity;
use credentials::types;
use credentials::vc::{self, Issuing};

use super::*;

const SIGNER: SignAs<'_> =
    SignAs::Did { did: "did:web:office.example.org", kid: "did:web:office.example.org#k" };
const FOREIGN: &str = "https://pid.example.org/type";

fn credential(vct: &str, claims: Value, frame: Frame) -> String {
    let issuing = Issuing {
        vct,
        claims: object(claims),
        frame,
        decoys: Decoys::default(),
        holder: None,
        issued_at: Some(Timestamp::from_seconds(NOW - 1_000)),
        not_before: None,
        expires: Some(Timestamp::from_seconds(NOW + 1_000)),
        status: None,
    };
    vc::issue(issuing, SIGNER, &key(1), &SeededRandomness::new(5)).unwrap()
}

fn everything() -> Frame {
    Frame::Everything { except: Vec::new() }
}

#[test]
fn a_credential_of_the_network_is_held_to_its_type_and_its_claims_are_named_by_language() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let claims = json!({"number": "n", "did": "did:web:a.example", "since": "2026-01-01"});
    let text = credential(types::PASSPORT, claims.clone(), everything());
    let report = desk.accepted(&["sd-jwt", "-", "--issuer-jwk", &file, "--locale", "es-MX"], &text);
    assert!(report["checked"].as_array().unwrap().contains(&json!("type_metadata")), "{report}");
    let expected = json!({"types": [types::PASSPORT], "name": "Pasaporte de la red", "labels": {
        "number": "Número de pasaporte de la red", "did": "Dirección en la red", "since": "Miembro desde",
    }});
    assert_eq!(report["type_metadata"], expected);
    // A presentation may leave out what is mandatory.
    let held = Held::reopen(&text).unwrap();
    let shown = held.present(&held.select([]).unwrap());
    assert!(desk.run(&["sd-jwt", "-", "--issuer-jwk", &file], shown).0 == Ended::Accepted);
    let visible = credential(types::PASSPORT, claims, Frame::TopLevel { except: vec!["did".to_owned()] });
    let refused = desk.refused(&["sd-jwt", "-", "--issuer-jwk", &file], visible);
    assert_eq!(refused, ("not_disclosable".to_owned(), "SD-JWT VC §6".to_owned()));
}

/// A credential of a type outside of the network, which pins `document`; its one claim is disclosable or not.
fn foreign(vct: &str, document: &str, disclosable: bool) -> String {
    let claims = json!({"iss": "did:web:office.example.org", "vct": vct, "given_name": "Ada",
        "vct#integrity": Integrity::text_of(document.as_bytes())});
    let path = credentials::ClaimsPath::name("given_name");
    let frame = if disclosable { Frame::Paths(vec![path]) } else { Frame::Nothing };
    let header = object(json!({"kid": "did:web:office.example.org#k"}));
    let issuing = sd_jwt::Issuing {
        typ: vc::TYPE,
        header,
        claims: object(claims),
        frame: &frame,
        decoys: Decoys::default(),
    };
    sd_jwt::issue(issuing, &key(1), &SeededRandomness::new(5)).unwrap()
}

#[test]
fn a_foreign_credential_is_held_to_the_documents_that_are_given() {
    let desk = Desk::new();
    let file = desk.put("key.json", public(&key(1)));
    let base = json!({"vct": "https://base.example.org/type", "claims": [
        {"path": ["given_name"], "sd": "always", "display": [{"locale": "en", "label": "First name"}]}]})
    .to_string();
    let child = json!({"vct": FOREIGN, "extends": "https://base.example.org/type",
        "extends#integrity": Integrity::text_of(base.as_bytes())})
    .to_string();
    let (base_file, child_file) = (desk.put("base.json", &base), desk.put("child.json", &child));
    let text = foreign(FOREIGN, &child, true);
    let given =
        ["sd-jwt", "-", "--issuer-jwk", &file, "--type-metadata", &child_file, "--type-metadata", &base_file];
    let report = desk.accepted(&given, &text);
    assert_eq!(report["type_metadata"]["labels"], json!({"given_name": "First name"}));
    assert_eq!(desk.accepted(&given[..4], &text).get("type_metadata"), None, "nothing is fetched");
    for (arguments, text, code) in [
        (&given[..6], text.clone(), "incomplete"),
        (&given[..], foreign(FOREIGN, &base, true), "integrity_mismatch"),
        (&[&given[..4], &given[6..]].concat()[..], text.clone(), "integrity_mismatch"),
        (&given[..], foreign("https://other.example.org/type", &child, true), "wrong_type"),
        (&[&given[..], &given[6..]].concat()[..], text, "not_extended"),
        (&given[..], foreign(FOREIGN, &child, false), "not_disclosable"),
    ] {
        assert_eq!(desk.refused(arguments, text).0, code);
    }
}
