use environment::SeededRandomness;
use jose::{Algorithm, Signer, SigningKey};

use super::*;

fn did() -> Did {
    Did::parse("did:web:harbour.example.org").unwrap()
}

fn key(algorithm: Algorithm, seed: u64) -> Jwk {
    SigningKey::generate(algorithm, &SeededRandomness::new(seed)).unwrap().public_jwk().clone()
}

fn url(fragment: &str) -> DidUrl {
    did().with_fragment(fragment).unwrap()
}

fn with_method(method: Value) -> Document {
    Document::from_value(json!({
        "id": did(), "verificationMethod": [method], "assertionMethod": ["#k"],
    }))
    .unwrap()
}

fn assertion_key(method: Value) -> Result<Jwk, KeyLookupError> {
    with_method(method).key(&url("k"), Relationship::AssertionMethod)
}

#[test]
fn a_built_document_gives_each_key_for_its_purpose_only() {
    let (sign, seal) = (key(Algorithm::Es256, 1), key(Algorithm::Es256, 2));
    let document = DocumentBuilder::new(&did())
        .key("sign", &sign, &[Relationship::Authentication, Relationship::AssertionMethod])
        .key("seal", &seal, &[Relationship::KeyAgreement])
        .key("log", &key(Algorithm::EdDsa, 3), &[])
        .service("mailbox", "PassportMailbox", "https://harbour.example.org/mailbox")
        .also_known_as("https://harbour.example.org")
        .build()
        .unwrap();
    assert_eq!(document.key(&url("sign"), Relationship::Authentication), Ok(sign.clone()));
    assert_eq!(
        document.key(&url("sign"), Relationship::KeyAgreement),
        Err(KeyLookupError::NotForThisPurpose)
    );
    assert_eq!(
        document.key(&url("log"), Relationship::Authentication),
        Err(KeyLookupError::NotForThisPurpose)
    );
    assert_eq!(document.key(&url("other"), Relationship::Authentication), Err(KeyLookupError::NotFound));
    assert_eq!(document.lists(&seal, Relationship::KeyAgreement), Some(url("seal")));
    assert_eq!(document.lists(&seal, Relationship::AssertionMethod), None);
    assert_eq!(document.keys(Relationship::AssertionMethod), [(url("sign"), sign)]);
    let service = document.service("mailbox").unwrap();
    assert!(service.is("PassportMailbox") && !service.is("Mailbox"));
    assert_eq!(service.endpoint_url(), Some("https://harbour.example.org/mailbox"));
    assert_eq!(document.also_known_as().collect::<Vec<_>>(), ["https://harbour.example.org"]);
    assert_eq!(Document::from_value(document.to_value()), Ok(document));
}

#[test]
fn a_fragment_used_twice_or_malformed_is_refused() {
    let one = key(Algorithm::Es256, 1);
    let twice = DocumentBuilder::new(&did()).key("k", &one, &[]).key("k", &one, &[]).build();
    assert_eq!(twice, Err(DocumentError::DuplicateId));
    let malformed = DocumentBuilder::new(&did()).key("a b", &one, &[]).build();
    assert_eq!(malformed, Err(DocumentError::VerificationMethod));
}

#[test]
fn every_supported_method_type_gives_its_key() {
    let (p256, ed25519) = (key(Algorithm::Es256, 1), key(Algorithm::EdDsa, 1));
    for kind in ["JsonWebKey", "JsonWebKey2020"] {
        let method = json!({"id": "#k", "type": kind, "publicKeyJwk": p256.required_members()});
        assert_eq!(assertion_key(method), Ok(p256.clone()));
    }
    let multikey = |kind: &str, key: &Jwk| {
        assertion_key(json!({"id": "#k", "type": kind, "publicKeyMultibase": multikey::encode(key)}))
    };
    assert_eq!(multikey("Multikey", &p256), Ok(p256.clone()));
    assert_eq!(multikey("Multikey", &ed25519), Ok(ed25519.clone()));
    assert_eq!(multikey("Ed25519VerificationKey2020", &ed25519), Ok(ed25519));
    assert_eq!(multikey("Ed25519VerificationKey2020", &p256), Err(KeyLookupError::Unsupported));
    assert_eq!(multikey("Ed25519VerificationKey2018", &p256), Err(KeyLookupError::Unsupported));
}

#[test]
fn a_multikey_that_is_none_is_told_from_one_of_a_kind_that_is_not_used_here() {
    let of_text =
        |text: String| assertion_key(json!({"id": "#k", "type": "Multikey", "publicKeyMultibase": text}));
    let of = |codec: [u8; 2], key: &[u8]| {
        of_text(format!("z{}", bs58::encode([&codec[..], key].concat()).into_string()))
    };
    let (ed25519, secp256k1) = ([0xed, 0x01], [0xe7, 0x01]);
    assert_eq!(of(secp256k1, &[2; 33]), Err(KeyLookupError::Unsupported));
    assert_eq!(of(ed25519, &[0; 32]), Err(KeyLookupError::Key(KeyError::NotOnCurve)));
    assert_eq!(of(ed25519, &[9; 31]), Err(KeyLookupError::Key(KeyError::Malformed)));
    assert_eq!(of_text("u1234".to_owned()), Err(KeyLookupError::Key(KeyError::Malformed)));
}

#[test]
fn an_embedded_method_counts_for_its_relationship_only() {
    let jwk = key(Algorithm::Es256, 1);
    let document = Document::from_value(json!({
        "id": did(),
        "authentication": [{"id": "#k", "type": "JsonWebKey2020", "publicKeyJwk": jwk.required_members()}],
    }))
    .unwrap();
    assert_eq!(document.key(&url("k"), Relationship::Authentication), Ok(jwk));
    assert_eq!(
        document.key(&url("k"), Relationship::AssertionMethod),
        Err(KeyLookupError::NotForThisPurpose)
    );
}

#[test]
fn keys_that_are_ambiguous_private_or_of_another_controller_are_refused() {
    let jwk = key(Algorithm::EdDsa, 1);
    let multibase = multikey::encode(&jwk);
    let jwk = jwk.required_members();
    let mut private = jwk.clone();
    private["d"] = json!("AA");
    for (method, error) in [
        (
            json!({"id": "#k", "type": "Multikey", "publicKeyJwk": jwk, "publicKeyMultibase": multibase}),
            KeyLookupError::Key(KeyError::Malformed),
        ),
        (
            json!({"id": "#k", "type": "JsonWebKey", "publicKeyJwk": private}),
            KeyLookupError::Key(KeyError::Private),
        ),
        (
            json!({"id": "#k", "type": "JsonWebKey", "controller": "did:web:a.b", "publicKeyJwk": jwk}),
            KeyLookupError::OtherController,
        ),
        (json!({"id": "#k", "type": "Multikey", "publicKeyJwk": jwk}), KeyLookupError::Unsupported),
        (json!({"id": "#k", "type": "JsonWebKey"}), KeyLookupError::Unsupported),
    ] {
        assert_eq!(assertion_key(method.clone()), Err(error), "{method}");
    }
}

#[test]
fn a_did_url_of_another_document_or_with_more_than_a_fragment_is_elsewhere() {
    let document = with_method(json!({"id": "#k", "type": "JsonWebKey"}));
    for text in ["did:web:a.b#k", "did:web:harbour.example.org/p#k", "did:web:harbour.example.org?v=1#k"] {
        let url = DidUrl::parse(text).unwrap();
        assert_eq!(document.verification_method(&url).err(), Some(KeyLookupError::Elsewhere));
    }
    let bare = DidUrl::from(did());
    assert_eq!(document.verification_method(&bare).err(), Some(KeyLookupError::Elsewhere));
}

#[test]
fn malformed_documents_are_refused() {
    for (value, error) in [
        (json!([]), DocumentError::NotAnObject),
        (json!({}), DocumentError::Id),
        (json!({"id": "did:web:a.b#k"}), DocumentError::Id),
        (json!({"id": did(), "verificationMethod": {}}), DocumentError::VerificationMethod),
        (json!({"id": did(), "verificationMethod": [{"id": "#k"}]}), DocumentError::VerificationMethod),
        (json!({"id": did(), "authentication": "#k"}), DocumentError::VerificationMethod),
        (json!({"id": did(), "authentication": [1]}), DocumentError::VerificationMethod),
        (json!({"id": did(), "service": [{"id": "#s", "type": "T"}]}), DocumentError::Service),
        (
            json!({"id": did(), "service": [
                {"id": "#s", "type": "T", "serviceEndpoint": "https://a.b"},
                {"id": format!("{}#s", did()), "type": "T", "serviceEndpoint": "https://c.d"},
            ]}),
            DocumentError::DuplicateId,
        ),
    ] {
        assert_eq!(Document::from_value(value.clone()), Err(error), "{value}");
    }
    let document = Document::from_value(json!({"id": did()})).unwrap();
    assert_eq!(document.of(&Did::parse("did:web:a.b").unwrap()), Err(DocumentError::OtherId));
    assert_eq!(Document::from_json(r#"{"id":"did:a:b","id":"did:a:c"}"#), Err(DocumentError::NotAnObject));
}

/// A document of very many methods and services, under a DID nearly as long as can be.
fn crowded(last: &str) -> Value {
    let did = format!("did:a:{}", "b".repeat(4_000));
    let ids = (0..4_000).map(|number| format!("#{number}")).chain([last.replace("did", &did)]);
    let methods: Vec<Value> = ids.clone().map(|id| json!({"id": id, "type": "none"})).collect();
    let services: Vec<Value> = ids
        .clone()
        .map(|id| json!({"id": id, "type": "none", "serviceEndpoint": "https://a.example"}))
        .collect();
    let references: Vec<String> = ids.collect();
    json!({"id": did, "verificationMethod": methods, "service": services, "assertionMethod": references})
}

#[test]
fn in_a_crowd_of_methods_and_services_each_is_found_once() {
    let document = Document::from_value(crowded("#last")).unwrap();
    assert_eq!(document.keys(Relationship::AssertionMethod), [], "none of them is a key of ours");
    for twice in ["#7", "did#7"] {
        assert_eq!(Document::from_value(crowded(twice)), Err(DocumentError::DuplicateId), "{twice}");
        let mut services = crowded(twice);
        services["verificationMethod"] = json!([]);
        assert_eq!(Document::from_value(services), Err(DocumentError::DuplicateId), "{twice}");
    }
    for other in ["did/path#7", "did?x#7"] {
        assert!(Document::from_value(crowded(other)).is_ok(), "{other}");
    }
}

#[test]
fn the_keys_of_a_relationship_are_those_that_each_lookup_gives() {
    let (one, two) = (key(Algorithm::Es256, 1), key(Algorithm::Es256, 2));
    let jwk =
        |id: &str, key: &Jwk| json!({"id": id, "type": "JsonWebKey", "publicKeyJwk": key.required_members()});
    let mut foreign = jwk("#foreign", &two);
    foreign["controller"] = json!("did:web:other.example.org");
    let document = Document::from_value(json!({
        "id": did(),
        "verificationMethod": [jwk("#one", &one), foreign, {"id": "#odd", "type": "none"}, jwk("did:web:other.example.org#k", &two)],
        "assertionMethod": [
            "#one", "did:web:harbour.example.org#one", "#foreign", "#odd", "#missing", "did:web:other.example.org#k", jwk("#embedded", &two),
        ],
    }))
    .unwrap();
    let keys = document.keys(Relationship::AssertionMethod);
    assert_eq!(keys, [(url("one"), one.clone()), (url("one"), one), (url("embedded"), two)]);
    for reference in document.references(Relationship::AssertionMethod) {
        let listed = keys.iter().find(|(url, _)| *url == reference).map(|(_, key)| key.clone());
        assert_eq!(document.key(&reference, Relationship::AssertionMethod).ok(), listed, "{reference}");
    }
}
