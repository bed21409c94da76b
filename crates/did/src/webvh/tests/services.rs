//! Services, resources and the parallel did:web.

use super::scene::*;
use super::witnesses::witness_did;
use crate::DidError;

#[test]
fn a_created_did_resolves_to_its_document_with_the_implicit_services() {
    let Created { did, text, .. } =
        created(Settings { portable: true, ttl: Some(60), ..Settings::default() });
    let found = resolve(&did, &text, &Version::Latest).unwrap();
    assert_eq!(found.document.id(), &did);
    let url = did.with_fragment("sign").unwrap();
    assert!(found.document.key(&url, Relationship::Authentication).is_ok());
    let base = "https://harbour.example.org/members/k3v9";
    assert_eq!(found.document.service("files").unwrap().endpoint_url(), Some(format!("{base}/").as_str()));
    assert_eq!(
        found.document.service("whois").unwrap().endpoint_url(),
        Some(format!("{base}/whois.vp").as_str())
    );
    let webvh = found.metadata.webvh.unwrap();
    assert!(webvh.portable && did.method_specific_id().starts_with(&webvh.scid));
    assert_eq!((webvh.ttl, found.metadata.deactivated), (60, false));
    assert_eq!(found.metadata.created, found.metadata.updated);
}

#[test]
fn explicit_services_take_the_place_of_the_implicit_ones() {
    let with_services = |did: &Did| {
        DocumentBuilder::new(did).service("files", "relativeRef", "https://files.example.org/f/").build()
    };
    let inception = Inception { location: &place(), document: &with_services, settings: Settings::default() };
    let Created { did, text, .. } = create(&inception, &key(1), START).unwrap();
    let document = resolve(&did, &text, &Version::Latest).unwrap().document;
    let resource = |path: &str| resource_url(&document, path);
    assert_eq!(document.services().len(), 2);
    assert_eq!(resource("/a/b.json").as_deref(), Ok("https://files.example.org/f/a/b.json"));
    assert_eq!(resource("/whois").as_deref(), Ok("https://harbour.example.org/members/k3v9/whois.vp"));
    assert_eq!(resource(""), Err(ResolveError::NotFound));
    for outside in ["/../a", "/a/../../b", "/%2E%2E/a", "/."] {
        assert_eq!(resource(outside), Err(ResolveError::Did(DidError::Url)), "{outside}");
    }
}

#[test]
fn well_known_is_left_out_of_the_services_of_a_host_without_path() {
    let location = Location::new("harbour.example.org", None, &[]).unwrap();
    let inception = Inception { location: &location, document: &document, settings: Settings::default() };
    let Created { did, text, .. } = create(&inception, &key(1), START).unwrap();
    assert_eq!(Identifier::of(&did).unwrap().log_url(), "https://harbour.example.org/.well-known/did.jsonl");
    assert_eq!(
        Identifier::of(&did).unwrap().witness_url(),
        "https://harbour.example.org/.well-known/did-witness.json"
    );
    let document = resolve(&did, &text, &Version::Latest).unwrap().document;
    assert_eq!(
        document.service("whois").unwrap().endpoint_url(),
        Some("https://harbour.example.org/whois.vp")
    );
    assert_eq!(document.service("files").unwrap().endpoint_url(), Some("https://harbour.example.org/"));
}

#[test]
fn the_parallel_did_web_names_its_origin_and_carries_the_services() {
    let with_name = |did: &Did| {
        DocumentBuilder::new(did).also_known_as("did:web:harbour.example.org:members:k3v9").build()
    };
    let inception = Inception { location: &place(), document: &with_name, settings: Settings::default() };
    let Created { did, text, .. } = create(&inception, &key(1), START).unwrap();
    let document = resolve(&did, &text, &Version::Latest).unwrap().document;
    let web = parallel_did_web(&document).unwrap();
    assert_eq!(web.id(), &place().did_web().unwrap());
    assert_eq!(web.also_known_as().collect::<Vec<_>>(), [did.as_str()]);
    assert!(web.service("files").is_some() && web.service("whois").is_some());
    let of_key = crate::key::resolve(&witness_did(1)).unwrap();
    assert_eq!(parallel_did_web(&of_key), Err(DocumentError::Id));
}

/// The document of a DID that names its did:web, and the parallel document.
fn parallel() -> (Document, Document) {
    let named = |did: &Did| {
        let name = place().did_web().unwrap();
        DocumentBuilder::new(did).also_known_as(name.as_str()).build()
    };
    let inception = Inception { location: &place(), document: &named, settings: Settings::default() };
    let Created { did, text, .. } = create(&inception, &key(1), START).unwrap();
    let webvh = resolve(&did, &text, &Version::Latest).unwrap().document;
    let web = parallel_did_web(&webvh).unwrap();
    (webvh, web)
}

fn with(document: &Document, change: impl FnOnce(&mut Map<String, Value>)) -> Document {
    let mut members = document.members().clone();
    change(&mut members);
    Document::from_members(members).unwrap()
}

#[test]
fn a_did_web_is_parallel_if_each_names_the_other_and_the_document_is_the_one_that_follows() {
    let (webvh, web) = parallel();
    assert_eq!(check_parallel(&webvh, &web), Ok(()));
    let served = Document::from_json(web.to_value().to_string()).unwrap();
    assert_eq!(check_parallel(&webvh, &served), Ok(()), "also once it was served");
    let silent = with(&webvh, |members| drop(members.remove("alsoKnownAs")));
    assert_eq!(check_parallel(&silent, &web), Err(ParallelFault::NotNamed));
    let back = with(&web, |members| drop(members.insert("alsoKnownAs".to_owned(), json!([]))));
    assert_eq!(check_parallel(&webvh, &back), Err(ParallelFault::NotNamedBack));
    let more = with(&web, |members| drop(members.insert("x".to_owned(), json!(1))));
    assert_eq!(check_parallel(&webvh, &more), Err(ParallelFault::Differs));
    let fewer = with(&web, |members| drop(members.remove("service")));
    assert_eq!(check_parallel(&webvh, &fewer), Err(ParallelFault::Differs));
    let elsewhere =
        with(&web, |members| drop(members.insert("id".to_owned(), json!("did:web:kiln.example.org"))));
    assert_eq!(check_parallel(&webvh, &elsewhere), Err(ParallelFault::Differs));
    let of_key = crate::key::resolve(&witness_did(1)).unwrap();
    assert_eq!(check_parallel(&of_key, &web), Err(ParallelFault::Document(DocumentError::Id)));
}

#[test]
fn explicit_services_with_relative_ids_and_whois_elsewhere_take_the_place_too() {
    let explicit = |did: &Did| {
        let mut members = DocumentBuilder::new(did).build()?.members().clone();
        let services = json!([
            {"id": "#whois", "type": "LinkedVerifiablePresentation", "serviceEndpoint": "https://w.example.org/who.vp"},
            {"id": "#files", "type": "relativeRef", "serviceEndpoint": "https://f.example.org"},
        ]);
        members.insert("service".to_owned(), services);
        Document::from_members(members)
    };
    let inception = Inception { location: &place(), document: &explicit, settings: Settings::default() };
    let Created { did, text, .. } = create(&inception, &key(1), START).unwrap();
    let document = resolve(&did, &text, &Version::Latest).unwrap().document;
    assert_eq!(document.services().len(), 2, "none is added beside them");
    assert_eq!(resource_url(&document, "/whois").as_deref(), Ok("https://w.example.org/who.vp"));
    assert_eq!(resource_url(&document, "/a").as_deref(), Ok("https://f.example.org/a"));
    let near = |did: &Did| DocumentBuilder::new(did).service("whois2", "x", "https://w.example.org").build();
    let inception = Inception { location: &place(), document: &near, settings: Settings::default() };
    let Created { did, text, .. } = create(&inception, &key(1), START).unwrap();
    let document = resolve(&did, &text, &Version::Latest).unwrap().document;
    assert_eq!(document.services().len(), 3, "a service of another name is not the explicit one");
}
