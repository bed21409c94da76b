//! Identifiers, documents, numbers and resolution results.

use did::dereference::{Dereferenced, Reference, Wanted};
use did::number::{OfficePrefix, PassportNumber};
use did::resolution::{self, Version, binding};
use did::web::{self, Location};
use did::webvh::{Identifier, VersionTime};
use did::{Did, DidUrl, Document, DocumentBuilder, Relationship, jwk, key, multikey};
use serde_json::Value;
use url::Url;

use crate::bytes::{text, two};
use crate::fixtures::{log_keys, signer};
use crate::target::{Target, files};

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("did", identifier).made(identifiers).words(DID_WORDS),
    Target::new("did_url", did_url)
        .made(|| {
            vec![b"did:web:a.example/path?versionId=1-z#key".to_vec(), b"did:web:a.example\n#key".to_vec()]
        })
        .words(DID_WORDS),
    Target::new("did_web", did_web).made(identifiers).words(DID_WORDS),
    Target::new("did_key", did_key).made(identifiers),
    Target::new("multikey", multikey_text).made(|| {
        vec![multikey::encode(jose::Signer::public_jwk(signer())).into_bytes(), log_multikey().into_bytes()]
    }),
    Target::new("did_document", document)
        .published(&[
            files("did-key", ".json"),
            files("didwebvh-test-suite", "resolutionResult.json"),
            files("did-resolution", ".json"),
        ])
        .words(&[
            "verificationMethod",
            "publicKeyJwk",
            "publicKeyMultibase",
            "service",
            "serviceEndpoint",
            "controller",
            "#",
        ]),
    Target::new("number", number).made(|| {
        let office = OfficePrefix::parse("HRBR").ok();
        let numbers = office
            .into_iter()
            .map(|office| PassportNumber::generate(office, &crate::fixtures::randomness(4)));
        numbers.flat_map(|number| [number.canonical().into_bytes(), number.printed().into_bytes()]).collect()
    }),
    Target::new("version_time", version_time)
        .made(|| vec![b"2026-11-29T00:00:00Z".to_vec(), b"2026-02-29T23:59:60+00:00".to_vec()]),
    Target::new("resolution_result", resolution_result)
        .published(&[files("didwebvh-test-suite", "resolutionResult.json")])
        .words(&[
            "didDocument",
            "didResolutionMetadata",
            "didDocumentMetadata",
            "error",
            "notFound",
            "NOT_FOUND",
            "type",
            "https://www.w3.org/ns/did#INVALID_DID",
            "deactivated",
            "title",
            "detail",
        ]),
    Target::new("resolution_question", resolution_question)
        .made(|| {
            vec![
                b"did:web:a.example\nversionId=1-z&versionTime=2026-11-29T00:00:00Z&versionNumber=1".to_vec(),
            ]
        })
        .words(&["versionId=", "versionTime=", "versionNumber=", "&", "%3A", "noCache=true"]),
];

const DID_WORDS: &[&str] = &[
    "did:",
    "web:",
    "webvh:",
    "key:z6Mk",
    "jwk:",
    "%3A8080",
    "%2F",
    "..",
    "localhost",
    "xn--",
    "?",
    "#",
    ":",
];

fn log_multikey() -> String {
    multikey::encode(jose::Signer::public_jwk(&log_keys()[0]))
}

fn identifiers() -> Vec<Vec<u8>> {
    let keys = [jose::Signer::public_jwk(signer()), jose::Signer::public_jwk(&log_keys()[0])];
    let mut found: Vec<Vec<u8>> = keys
        .iter()
        .flat_map(|key| [key::did(key), jwk::did(key)])
        .map(|did| did.unwrap().to_string().into_bytes())
        .collect();
    for text in [
        "did:web:a.example:members:ana",
        "did:web:localhost%3A8080",
        "did:webvh:QmPoiuyTreWqLkjHgfDsaMnbVcXz123456789abcdefghi:kiln.example:members:k3v9",
    ] {
        found.push(text.as_bytes().to_vec());
    }
    found
}

fn identifier(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let Ok(did) = Did::parse(given) else { return };
    assert_eq!(did.as_str(), given);
    assert_eq!(format!("did:{}:{}", did.method(), did.method_specific_id()), given);
    let url = DidUrl::parse(given).expect("a DID is a DID URL");
    assert!(url.is_plain() && *url.did() == did);
    if let Ok(with) = did.with_fragment("key") {
        assert_eq!(DidUrl::parse(&with.to_string()).as_ref(), Ok(&with));
    }
    if let Ok(parts) = Identifier::of(&did) {
        check_address(&parts.log_url(), parts.location());
        assert!(parts.witness_url().ends_with("did-witness.json"));
    }
}

/// What is called is at the host that the identifier names, and nowhere else.
fn check_address(address: &str, location: &Location) {
    let url = Url::parse(address).expect("an address");
    assert_eq!(
        url.host_str().map(str::to_ascii_lowercase),
        Some(location.host().to_ascii_lowercase()),
        "{address}"
    );
    assert!(
        url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    );
    assert!(matches!(url.scheme(), "https" | "http"));
    assert!(url.scheme() == "https" || location.is_development(), "{address}");
    assert!(
        !url.path_segments().into_iter().flatten().any(|segment| segment == "." || segment == ".."),
        "{address}"
    );
    if let Some(port) = location.port() {
        assert_eq!(url.port_or_known_default(), Some(port));
    }
}

fn did_url(input: &[u8]) {
    if let Some(Ok(url)) = text(input).map(DidUrl::parse) {
        assert_eq!(url.to_string().as_bytes(), input);
        assert_eq!(DidUrl::parse(&url.to_string()).as_ref(), Ok(&url));
        let _ = (url.path(), url.query(), url.fragment());
        dereferenced(&url);
    }
    let (base, relative) = two(input);
    if let (Some(Ok(base)), Some(relative)) = (text(base).map(Did::parse), text(relative))
        && let Ok(url) = DidUrl::parse_relative(&base, relative)
    {
        assert!(relative.starts_with("did:") || *url.did() == base);
    }
}

fn did_web(input: &[u8]) {
    let Some(Ok(did)) = text(input).map(Did::parse) else { return };
    let Ok(location) = Location::of_did_web(&did) else { return };
    let address = web::document_url(&did).expect("a place that was read");
    check_address(&address, &location);
    let again = location.did_web().expect("written by us");
    assert_eq!(Location::of_did_web(&again).expect("read again"), location);
    assert!(location.file_path("did.json").starts_with('/'));
}

fn did_key(input: &[u8]) {
    let Some(Ok(did)) = text(input).map(Did::parse) else { return };
    for document in [key::resolve(&did).ok(), jwk::resolve(&did).ok()].into_iter().flatten() {
        assert_eq!(*document.id(), did);
        check_document(&document);
    }
    let _ = key::public_key(&did);
}

fn multikey_text(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if let Ok(key) = multikey::decode(given) {
        assert_eq!(key.to_multikey(), given, "one spelling");
    }
}

fn check_document(document: &Document) {
    let again = Document::from_value(document.to_value()).expect("written by us");
    assert_eq!(again, *document);
    for method in document.verification_methods() {
        let _ = (method.id(), method.kind(), method.jwk());
        let _ = document.verification_method(method.id());
    }
    for relationship in Relationship::ALL {
        for (url, key) in document.keys(*relationship) {
            assert!(document.key(&url, *relationship).is_ok_and(|found| found == key), "{url}");
            assert!(document.lists(&key, *relationship).is_some());
        }
        let _ = document.references(*relationship);
    }
    for service in document.services() {
        let _ = (service.id(), service.endpoint_url(), service.is("LinkedDomains"));
    }
    let _ = document.also_known_as().count();
}

fn document(input: &[u8]) {
    if let Ok(document) = Document::from_json(input) {
        check_document(&document);
        assert!(web::resolve(document.id(), input).is_ok_and(|same| same == document));
    }
    let inner = jose::json::parse(input).ok().and_then(|value| value.get("didDocument").cloned());
    if let Some(Ok(document)) = inner.map(Document::from_value) {
        check_document(&document);
    }
}

fn number(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if let Ok(number) = PassportNumber::parse(given) {
        for written in [number.canonical(), number.printed()] {
            assert_eq!(PassportNumber::parse(&written), Ok(number), "{written}");
        }
        assert_eq!(OfficePrefix::parse(&number.office().to_string()), Ok(number.office()));
    }
    if let Ok(prefix) = OfficePrefix::parse(given) {
        assert_eq!(OfficePrefix::parse(&prefix.to_string()), Ok(prefix));
    }
}

fn version_time(input: &[u8]) {
    let Some(time) = text(input).and_then(VersionTime::parse) else { return };
    // What is written has no fraction of a second, as DID metadata demand.
    let written = VersionTime::parse(&time.to_string()).expect("written by us");
    assert_eq!(written.timestamp(), time.timestamp());
    assert_eq!(written.to_string(), time.to_string());
}

fn resolution_result(input: &[u8]) {
    let named = jose::json::parse(input).ok().and_then(|value| {
        Did::parse(value.pointer("/didDocument/id").or_else(|| value.get("id")).and_then(Value::as_str)?).ok()
    });
    let did = named.unwrap_or_else(|| Did::parse("did:web:a.example").unwrap());
    let outcome = resolution::read(&did, input);
    if let Ok(found) = &outcome {
        let written = resolution::to_value(&outcome).to_string();
        let again = resolution::read(&did, written.as_bytes()).expect("written by us");
        assert_eq!(again.document, found.document);
        assert_eq!(again.metadata.deactivated, found.metadata.deactivated);
    }
    for status in [200_u16, 400, 404, 406, 410, 500] {
        if let Ok(found) = binding::read_answer(&did, status, input) {
            assert!(found.document.id() == &did || found.metadata.canonical_id.is_some());
            assert_eq!(status, 200, "a failure is no document");
        }
    }
    assert!((200..600).contains(&resolution::status(&outcome)));
}

fn resolution_question(input: &[u8]) {
    let (identifier, query) = two(input);
    let (Some(identifier), Some(query)) = (text(identifier), text(query)) else { return };
    let _ = Version::of_query(Some(query));
    if let Ok(question) = binding::Question::read(identifier, Some(query)) {
        let address = question.address();
        let (path, query) =
            address.split_once('?').map_or((address.as_str(), None), |(path, query)| (path, Some(query)));
        let identifier = path.rsplit('/').next().unwrap_or_default();
        assert_eq!(binding::Question::read(identifier, query).as_ref(), Ok(&question), "{address}");
    }
}

/// What a DID URL asks for is found in its own document or nowhere; an address that comes out is one.
fn dereferenced(url: &DidUrl) {
    let Ok(reference) = Reference::read(url) else { return };
    assert_eq!(reference.did, *url.did());
    let Ok(document) = DocumentBuilder::new(url.did())
        .key("key", jose::Signer::public_jwk(signer()), &[Relationship::Authentication])
        .service("files", "relativeRef", "https://files.example/base/")
        .build()
    else {
        return;
    };
    let resolved =
        || did::Resolution { document: document.clone(), metadata: did::DocumentMetadata::default() };
    for wanted in [Wanted::Document, Wanted::Addresses] {
        match reference.find(resolved(), wanted) {
            Ok(Dereferenced::Addresses(addresses)) => {
                assert!(addresses.iter().all(|address| Url::parse(address).is_ok()), "{addresses:?}");
            }
            Ok(Dereferenced::Resource(address)) => {
                let address = Url::parse(&address).expect("a resource has an address");
                assert!(matches!(address.scheme(), "https" | "http"), "{address}");
            }
            _ => {}
        }
    }
}
