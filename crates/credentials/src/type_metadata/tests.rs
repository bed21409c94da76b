use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::*;

#[test]
fn each_of_our_types_has_a_document_with_labels_in_english_and_spanish() {
    assert_eq!(BUILT_IN.map(|(_, vct, _)| vct), types::ALL);
    for vct in types::ALL {
        let document = built_in(vct).unwrap();
        let locales = |tags: Vec<&str>| assert_eq!(tags, ["en", "es"], "{vct}");
        locales(document.display.iter().map(|entry| entry.locale.as_str()).collect());
        assert!(!document.claims.is_empty());
        let mut paths = BTreeSet::new();
        for claim in &document.claims {
            locales(claim.display.iter().map(|entry| entry.locale.as_str()).collect());
            assert!(claim.display.iter().all(|entry| !entry.label.is_empty()));
            assert_eq!(claim.sd, SelectiveDisclosure::Always, "every claim of ours is disclosable");
            assert!(paths.insert(claim.path.clone()), "{} is described twice", claim.path);
        }
    }
}

#[test]
fn the_copies_in_specs_are_the_documents_that_are_served() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/type-metadata");
    let mut copies: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "json"))
        .collect();
    copies.sort_unstable();
    let mut served: Vec<String> = names().map(|name| format!("{name}.json")).collect();
    served.sort_unstable();
    assert_eq!(copies, served);
    for name in names() {
        let copy = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        assert_eq!(copy, document(name).unwrap(), "{name}");
    }
    assert_eq!(document("card"), None);
}

#[test]
fn labels_fall_back_to_the_first_language() {
    let passport = built_in(types::PASSPORT).unwrap();
    let number = ClaimsPath::name("number");
    assert_eq!(passport.label_of(&number, "es"), Some("Número de pasaporte de la red"));
    assert_eq!(passport.label_of(&number, "fr"), Some("Network passport number"));
    assert_eq!(passport.label_of(&ClaimsPath::name("other"), "en"), None);
    assert_eq!(passport.name_in("es"), Some("Pasaporte de la red"));
}

#[test]
fn a_foreign_document_is_read_and_unknown_members_are_ignored() {
    let text = json!({
        "vct": "https://pid.example.org/1", "name": "PID", "svg_future": {},
        "claims": [{"path": ["given_name"]}, {"path": ["nationalities", null], "sd": "never", "mandatory": true}]
    })
    .to_string();
    let document = TypeMetadata::parse(&text, "https://pid.example.org/1", None).unwrap();
    assert_eq!(document.claims[0].sd, SelectiveDisclosure::Allowed);
    assert!(document.claims[1].mandatory);
    let wrong = TypeMetadata::parse(&text, "https://pid.example.org/2", None);
    assert_eq!(wrong, Err(MetadataError::WrongType));
}

#[test]
fn what_needs_full_processing_is_refused_by_name() {
    let extending = json!({"vct": "https://a.example.org", "extends": "https://b.example.org"}).to_string();
    assert_eq!(
        TypeMetadata::parse(&extending, "https://a.example.org", None),
        Err(MetadataError::ExtendsNotSupported)
    );
    let plain = json!({"vct": "https://a.example.org"}).to_string();
    assert_eq!(
        TypeMetadata::parse(&plain, "https://a.example.org", Some("sha256-AAAA")),
        Err(MetadataError::IntegrityNotSupported)
    );
    assert!(TypeMetadata::parse(&plain, "https://a.example.org", None).is_ok());
}

#[test]
fn malformed_documents_are_refused() {
    for bad in [
        "",
        "[]",
        "{}",
        r#"{"vct": 1}"#,
        r#"{"vct": "a", "vct": "a"}"#,
        r#"{"vct": "a", "claims": [{}]}"#,
        r#"{"vct": "a", "claims": [{"path": []}]}"#,
        r#"{"vct": "a", "claims": [{"path": ["x"], "sd": "sometimes"}]}"#,
        r#"{"vct": "a", "display": [{"lang": "en", "name": "x"}]}"#,
    ] {
        assert_eq!(TypeMetadata::parse(bad, "a", None), Err(MetadataError::Malformed), "{bad}");
    }
}
