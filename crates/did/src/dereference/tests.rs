use serde_json::json;

use super::*;
use crate::DocumentMetadata;

const DID: &str = "did:web:harbour.example.org";

fn resolved() -> Resolution {
    let document = json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": DID,
        "verificationMethod": [{
            "id": "#sign", "type": "Multikey", "controller": DID,
            "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        }],
        "service": [
            {"id": format!("{DID}#files"), "type": "relativeRef", "serviceEndpoint": "https://files.example.org/f/"},
            {"id": "#whois", "type": "LinkedVerifiablePresentation", "serviceEndpoint": "https://harbour.example.org/whois.vp"},
            {"id": "#messages", "type": ["Messaging", "Other"], "serviceEndpoint": ["https://a.example.org/m/1?q=2", "https://b.example.org/m"]},
            {"id": "#map", "type": "Map", "serviceEndpoint": {"uri": "https://a.example.org"}},
            {"id": "#mail", "type": "Mail", "serviceEndpoint": "mailto:team@harbour.example.org"},
            {"id": "#marked", "type": "Marked", "serviceEndpoint": "https://a.example.org/p#here"},
        ],
    });
    let document = Document::from_value(document).unwrap();
    Resolution { document, metadata: DocumentMetadata::default() }
}

fn read(tail: &str) -> Result<Reference, ResolveError> {
    Reference::read(&DidUrl::parse(&format!("{DID}{tail}")).unwrap())
}

fn find(tail: &str, wanted: Wanted) -> Result<Dereferenced, ResolveError> {
    read(tail)?.find(resolved(), wanted)
}

fn addresses(tail: &str) -> Result<Vec<String>, ResolveError> {
    match find(tail, Wanted::Addresses)? {
        Dereferenced::Addresses(addresses) => Ok(addresses),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_did_is_its_document_and_a_fragment_a_part_of_it_with_its_whole_id() {
    assert_eq!(find("", Wanted::Document), Ok(Dereferenced::Document(Box::new(resolved()))));
    for (fragment, member) in [("sign", "publicKeyMultibase"), ("whois", "serviceEndpoint")] {
        let Ok(Dereferenced::Part(part)) = find(&format!("#{fragment}"), Wanted::Document) else {
            panic!("{fragment} is a part");
        };
        assert_eq!(part["id"], json!(format!("{DID}#{fragment}")));
        assert_eq!(part["@context"], resolved().document.members()["@context"]);
        assert!(part.get(member).is_some(), "{fragment}");
    }
    assert_eq!(find("#none", Wanted::Document), Err(ResolveError::NotFound));
    assert_eq!(find("#Sign", Wanted::Document), Err(ResolveError::NotFound));
}

#[test]
fn a_key_that_is_expected_for_a_purpose_is_listed_for_it_and_is_the_dids_own() {
    let key = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    let method = |id: &str, controller: &str| json!({"id": id, "type": "Multikey", "controller": controller, "publicKeyMultibase": key});
    let mut members = resolved().document.members().clone();
    members.insert(
        "verificationMethod".to_owned(),
        json!([method("#sign", DID), method("#theirs", "did:web:b.example")]),
    );
    members.insert("authentication".to_owned(), json!(["#sign", "#theirs", method("#inside", DID)]));
    members.insert("assertionMethod".to_owned(), json!([format!("{DID}#inside")]));
    let document = Document::from_members(members).unwrap();
    let find = |tail: &str, relationship: &str| {
        let resolution = Resolution { document: document.clone(), metadata: DocumentMetadata::default() };
        let found =
            read(tail)?.of_relationship(relationship.to_owned()).find(resolution, Wanted::Document)?;
        match found {
            Dereferenced::Part(part) => Ok(part["id"].as_str().unwrap().to_owned()),
            other => panic!("{other:?}"),
        }
    };
    for (fragment, relationship) in
        [("sign", "authentication"), ("inside", "authentication"), ("inside", "assertionMethod")]
    {
        let found = find(&format!("#{fragment}"), relationship);
        assert_eq!(found, Ok(format!("{DID}#{fragment}")), "{relationship}");
    }
    for (fragment, relationship) in [
        ("sign", "assertionMethod"),
        ("inside", "keyAgreement"),
        ("sign", "Authentication"),
        ("sign", "verificationMethod"),
        ("sign", "service"),
    ] {
        let refused = find(&format!("#{fragment}"), relationship);
        assert_eq!(refused, Err(ResolveError::Relationship), "{fragment} {relationship}");
    }
    for tail in ["#files", "#theirs", "", "/a", "/a#sign", "?service=files", "?service=files#sign"] {
        assert_eq!(find(tail, "authentication"), Err(ResolveError::VerificationMethod), "{tail}");
    }
    assert_eq!(find("#none", "authentication"), Err(ResolveError::NotFound));
    assert!(!read("").unwrap().of_relationship("authentication".to_owned()).is_document());
}

#[test]
fn a_path_is_below_files_and_whois_at_its_own_service() {
    let resource = |tail| find(tail, Wanted::Document);
    let at = |url: &str| Ok(Dereferenced::Resource(url.to_owned()));
    assert_eq!(resource("/a/b%20c.json"), at("https://files.example.org/f/a/b%20c.json"));
    assert_eq!(resource("/a.html#part"), at("https://files.example.org/f/a.html#part"));
    assert_eq!(resource("/whois"), at("https://harbour.example.org/whois.vp"));
    assert_eq!(resource("/whois/"), at("https://files.example.org/f/whois/"), "one slash more is a file");
    assert!(read("/whois").unwrap().is_whois() && !read("/whois/").unwrap().is_whois());
    assert!(!read("/whois#vc").unwrap().is_whois());
    for outside in ["/../a", "/a/%2e%2e/b", "/a%2F..%2F..", "/.", "/a%5C..%5C"] {
        assert_eq!(resource(outside), Err(ResolveError::Did(DidError::Url)), "{outside}");
    }
}

#[test]
fn a_document_without_the_service_has_no_resources_and_one_off_the_web_is_an_invalid_did() {
    let with = |services: Value| {
        let mut members = resolved().document.members().clone();
        members.insert("service".to_owned(), services);
        let document = Document::from_members(members).unwrap();
        let resolution = Resolution { document, metadata: DocumentMetadata::default() };
        move |tail: &str| read(tail).unwrap().find(resolution.clone(), Wanted::Document)
    };
    let none = with(json!([]));
    assert_eq!((none("/whois"), none("/a")), (Err(ResolveError::NotFound), Err(ResolveError::NotFound)));
    for endpoint in [
        json!("ipfs://a"),
        json!("https://"),
        json!(["https://a.b", "https://c.d"]),
        json!({"uri": "https://a.b"}),
    ] {
        let odd = with(json!([
            {"id": "#files", "type": "relativeRef", "serviceEndpoint": endpoint},
            {"id": "#whois", "type": "LinkedVerifiablePresentation", "serviceEndpoint": endpoint},
        ]));
        assert_eq!(odd("/a"), Err(ResolveError::Endpoint), "{endpoint}");
        assert_eq!(odd("/whois"), Err(ResolveError::Endpoint), "{endpoint}");
    }
    let query = with(json!([{"id": "#files", "type": "relativeRef", "serviceEndpoint": "https://a.b/?f="}]));
    assert_eq!(query("/a"), Err(ResolveError::Endpoint), "nothing is appended to a query");
    assert_eq!(ResolveError::Endpoint.code(), ErrorCode::InvalidDid);
}

#[test]
fn services_are_chosen_by_id_and_type_and_left_alone_in_the_document() {
    for tail in [
        "?service=messages",
        "?service=%23messages",
        "?service=did:web:harbour.example.org%23messages",
        "?serviceType=Other",
        "?service=messages&serviceType=Messaging",
    ] {
        let Ok(Dereferenced::Document(found)) = find(tail, Wanted::Document) else { panic!("{tail}") };
        assert_eq!(found.document.services().len(), 1, "{tail}");
        assert!(found.document.service("messages").is_some(), "{tail}");
        assert_eq!(
            addresses(tail).unwrap(),
            ["https://a.example.org/m/1?q=2", "https://b.example.org/m"],
            "{tail}"
        );
    }
    for tail in [
        "?service=none",
        "?serviceType=messaging",
        "?service=messages&serviceType=Map",
        "?service=did:web:kiln.example.org%23messages",
    ] {
        assert_eq!(find(tail, Wanted::Document), Err(ResolveError::NotFound), "{tail}");
        assert_eq!(addresses(tail), Err(ResolveError::NotFound), "{tail}");
    }
    assert_eq!(addresses("?service=map"), Err(ResolveError::NotFound), "a map has no address");
}

#[test]
fn a_relative_reference_stays_at_its_service() {
    let one = |tail: &str| addresses(tail).map(|mut found| found.remove(0));
    assert_eq!(
        one("?service=files&relativeRef=%2Fr.pdf%3Fv%3D1"),
        Ok("https://files.example.org/f/r.pdf?v=1".to_owned())
    );
    assert_eq!(one("?service=whois&relativeRef=other"), Ok("https://harbour.example.org/other".to_owned()));
    assert_eq!(one("?service=messages&relativeRef=%2Fx#frag"), Ok("https://a.example.org/x#frag".to_owned()));
    for away in [
        "https%3A%2F%2Fevil.example.org%2F",
        "%2F%2Fevil.example.org%2F",
        "%5C%5Cevil.example.org",
        "http:%2F%2Fharbour.example.org%2F",
        "javascript:alert(1)",
        "%2F%2Fu@harbour.example.org%2F",
        "%2F%2Fharbour.example.org:8443%2F",
    ] {
        assert_eq!(one(&format!("?service=whois&relativeRef={away}")), Err(ResolveError::Options), "{away}");
    }
    assert_eq!(one("?service=files&relativeRef=%2F..%2Fx"), Err(ResolveError::Did(DidError::Url)));
    assert_eq!(one("?service=marked#again"), Err(ResolveError::Options), "two fragments");
    assert_eq!(one("?service=marked"), Ok("https://a.example.org/p#here".to_owned()));
}

#[test]
fn parameters_that_are_doubled_contradicting_or_unknown_are_refused() {
    for tail in [
        "?service=a&service=b",
        "?service=",
        "?relativeRef=%2Fa",
        "/a?service=files",
        "?service=%FF",
        "?service",
        "?versionNumber=1&versionId=x",
    ] {
        assert_eq!(read(tail), Err(ResolveError::Options), "{tail}");
    }
    for tail in ["?verificationRelationship=authentication", "?hl=x", "/a?v=1"] {
        assert_eq!(read(tail), Err(ResolveError::Feature), "{tail}");
    }
    let dated = read("?versionNumber=2&service=files").unwrap();
    assert_eq!(dated.version, Version::Number(2));
    assert_eq!(dated.clone().of_version(Version::Number(2)), Err(ResolveError::Options), "asked for twice");
    assert_eq!(read("/a?versionNumber=2").unwrap().version, Version::Number(2));
    assert!(read("?versionNumber=2").unwrap().is_document() && !dated.is_document());
    assert_eq!(read("#k").unwrap().of_version(Version::Number(3)).unwrap().version, Version::Number(3));
}

#[test]
fn the_result_is_written_as_the_openapi_describes_it() {
    let metadata = json!({"versionId": "1-Qm"}).as_object().unwrap().clone();
    let found = to_value(&Ok((json!({"a": 1}), "application/did", metadata)));
    assert_eq!(
        found,
        json!({
            "dereferencingMetadata": {"contentType": "application/did"}, "content": {"a": 1},
            "contentMetadata": {"versionId": "1-Qm"},
        })
    );
    let missing = to_value(&Err(ResolveError::NotFound));
    assert_eq!(
        missing["dereferencingMetadata"]["error"]["type"],
        json!("https://www.w3.org/ns/did#NOT_FOUND")
    );
    assert_eq!((&missing["content"], &missing["contentMetadata"]), (&Value::Null, &json!({})));
    let gone = DocumentMetadata { deactivated: true, ..DocumentMetadata::default() };
    let gone = to_value(&Err(ResolveError::Deactivated(Box::new(gone))));
    assert_eq!(gone["contentMetadata"]["deactivated"], json!(true));
}

#[test]
fn an_address_is_the_dids_own_at_its_host_and_below_its_folder_alone() {
    let member = Did::parse("did:web:harbour.example.org:members:m").unwrap();
    let host = Did::parse(DID).unwrap();
    for own in
        ["https://harbour.example.org/members/m/whois.vp", "https://HARBOUR.example.org:443/members/m/a?b=1"]
    {
        assert!(is_own(&member, own) && is_own(&host, own), "{own}");
    }
    assert!(is_own(&host, "https://harbour.example.org/whois.vp"));
    for other in [
        "https://harbour.example.org/whois.vp",
        "https://harbour.example.org/members/mm/whois.vp",
        "https://harbour.example.org/members/m/../../api?x=1",
        "https://harbour.example.org/members/m/%2e%2e/api",
        "https://harbour.example.org/members/m\\..\\api",
        "https://harbour.example.org/members/m/..%2f..%2fapi",
        "https://harbour.example.org/members/m/..%2F..%2Fapi",
        "https://harbour.example.org/members/m/..%5c..%5capi",
        "https://harbour.example.org/members/m/.%2e%2fapi",
    ] {
        assert!(!is_own(&member, other), "{other}");
    }
    for other in [
        "https://victim.example.org/api?x=1",
        "https://harbour.example.org:8443/whois.vp",
        "http://harbour.example.org/whois.vp",
        "https://name@harbour.example.org/whois.vp",
        "https://harbour.example.org.victim.example/whois.vp",
        "no address",
    ] {
        assert!(!is_own(&host, other), "{other}");
    }
    assert!(!is_own(&Did::parse("did:key:z6Mk").unwrap(), "https://harbour.example.org/"));
}
