use std::collections::BTreeSet;

use super::*;

fn did() -> Did {
    Did::parse("did:web:example.org").unwrap()
}

fn answer(error: &Value) -> ResolveError {
    let result =
        json!({"didResolutionMetadata": {"error": error}, "didDocument": null, "didDocumentMetadata": {}});
    read(&did(), result.to_string().as_bytes()).unwrap_err()
}

#[test]
fn the_three_error_dialects_mean_the_same() {
    for error in [
        json!({"type": "https://www.w3.org/ns/did#NOT_FOUND", "title": "Not found"}),
        json!("notFound"),
        json!({"type": "NOT_FOUND", "title": "Not found"}),
    ] {
        assert_eq!(answer(&error), ResolveError::Elsewhere(ErrorCode::NotFound), "{error}");
    }
    assert_eq!(answer(&json!("invalidDid")), ResolveError::Elsewhere(ErrorCode::InvalidDid));
    assert_eq!(
        answer(&json!({"type": "https://elsewhere/NOT_FOUND"})),
        ResolveError::Elsewhere(ErrorCode::InternalError)
    );
    assert_eq!(answer(&json!(7)), ResolveError::Elsewhere(ErrorCode::InternalError));
}

#[test]
fn every_code_is_read_as_it_is_written_and_in_no_other_vocabulary() {
    for code in ErrorCode::ALL {
        for spelled in [code.type_url(), code.name().to_owned(), code.camel_case().to_owned()] {
            assert_eq!(ErrorCode::read(&json!(spelled)), code, "{spelled}");
        }
        let vocabulary = code.type_url().strip_suffix(code.name()).unwrap().to_owned();
        let of_a_key = matches!(code, ErrorCode::InvalidVerificationMethod | ErrorCode::InvalidRelationship);
        let [its_own, other] = if of_a_key {
            ["https://w3id.org/security#", "https://www.w3.org/ns/did#"]
        } else {
            ["https://www.w3.org/ns/did#", "https://w3id.org/security#"]
        };
        assert_eq!(vocabulary, its_own);
        let elsewhere = ErrorCode::read(&json!(format!("{other}{}", code.name())));
        assert_eq!(elsewhere, ErrorCode::InternalError);
        assert_eq!(
            ErrorCode::read(&json!(format!("{vocabulary}{}", code.camel_case()))),
            ErrorCode::InternalError
        );
    }
}

/// RFC 9457 §3.1.4: a short sentence for people, the same for every occurrence of the type.
#[test]
fn every_code_has_a_title_of_its_own() {
    let titles: BTreeSet<&str> = ErrorCode::ALL.into_iter().map(ErrorCode::title).collect();
    assert_eq!(titles.len(), ErrorCode::ALL.len());
    for title in titles {
        assert!(title.len() > 20 && title.contains(' ') && title.ends_with('.'), "{title:?}");
    }
}

#[test]
fn errors_are_written_in_the_w3c_form() {
    let value = to_value(&Err(ResolveError::NotFound));
    assert_eq!(value["didDocument"], Value::Null);
    assert_eq!(value["didDocumentMetadata"], json!({}));
    assert_eq!(value["didResolutionMetadata"]["error"]["type"], "https://www.w3.org/ns/did#NOT_FOUND");
    assert!(value["didResolutionMetadata"]["error"]["title"].is_string());
    assert_eq!(read(&did(), value.to_string().as_bytes()), Err(ResolveError::Elsewhere(ErrorCode::NotFound)));
}

#[test]
fn every_outcome_has_its_status() {
    let document = Document::from_value(json!({"id": did()})).unwrap();
    let found = Resolution { document, metadata: DocumentMetadata::default() };
    for (outcome, expected) in [
        (Ok(found), 200),
        (Err(ResolveError::Deactivated(Box::default())), 410),
        (Err(ResolveError::NotFound), 404),
        (Err(ResolveError::Options), 400),
        (Err(ResolveError::Feature), 501),
        (Err(ResolveError::Method), 501),
        (Err(ResolveError::Unreachable), 500),
        (Err(ResolveError::Development), 500),
        (Err(ResolveError::VerificationMethod), 500),
        (Err(ResolveError::Relationship), 500),
        (Err(ResolveError::Representation), 406),
        (Err(ResolveError::Elsewhere(ErrorCode::RepresentationNotSupported)), 406),
    ] {
        assert_eq!(status(&outcome), expected, "{outcome:?}");
    }
    assert_eq!(ResolveError::NotFound.code_name(), "NOT_FOUND");
    assert_eq!(ResolveError::Relationship.code_name(), "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD");
}

#[test]
fn a_result_survives_writing_and_reading() {
    let document = Document::from_value(json!({"id": did()})).unwrap();
    let metadata =
        DocumentMetadata { created: Some("2026-01-01T00:00:00Z".to_owned()), ..DocumentMetadata::default() };
    let outcome = Ok(Resolution { document, metadata });
    assert_eq!(read(&did(), to_value(&outcome).to_string().as_bytes()), outcome);
}

#[test]
fn another_documents_result_is_refused() {
    let result = json!({"didDocument": {"id": "did:web:example.com"}, "didDocumentMetadata": {}});
    assert_eq!(
        read(&did(), result.to_string().as_bytes()),
        Err(ResolveError::Document(DocumentError::OtherId))
    );
    assert_eq!(read(&did(), b"<html>"), Err(ResolveError::Elsewhere(ErrorCode::InternalError)));
}

#[test]
fn the_document_of_a_deactivated_did_is_not_used_even_when_given() {
    let result = json!({"didDocument": {"id": did()}, "didDocumentMetadata": {"deactivated": true}});
    assert!(matches!(read(&did(), result.to_string().as_bytes()), Err(ResolveError::Deactivated(_))));
}

#[test]
fn the_document_of_a_did_that_moved_is_taken_where_its_log_is_the_same() {
    let scid = "QmfGEUAcMpzo25kF2Rhn8L5FAXysfGnkzjwdKoNPi615XQ";
    let old = Did::parse(&format!("did:webvh:{scid}:old.example.org")).unwrap();
    let new = format!("did:webvh:{scid}:new.example.org");
    let other = format!("did:webvh:{}:new.example.org", scid.replace('f', "g"));
    let result = |id: &str, canonical: &str| {
        json!({"didDocument": {"id": id}, "didDocumentMetadata": {"canonicalId": canonical}}).to_string()
    };
    let found = read(&old, result(&new, &new).as_bytes()).unwrap();
    assert_eq!(found.document.id().as_str(), new);
    for (id, canonical) in [(&new, &other), (&other, &other), (&other, &new)] {
        let refused = read(&old, result(id, canonical).as_bytes());
        assert_eq!(refused, Err(ResolveError::Document(DocumentError::OtherId)), "{id} {canonical}");
    }
}

#[test]
fn problem_details_beside_the_error_of_did_webvh_change_nothing() {
    let result = json!({"didResolutionMetadata": {
        "error": "invalidDid",
        "problemDetails": {"type": "https://w3id.org/security#INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID", "title": "x"},
    }});
    assert_eq!(
        read(&did(), result.to_string().as_bytes()),
        Err(ResolveError::Elsewhere(ErrorCode::InvalidDid))
    );
}

#[test]
fn metadata_holds_no_numbers() {
    let webvh = WebvhMetadata {
        scid: "Qm".to_owned(),
        portable: true,
        ttl: 60,
        witness: Some((2, vec!["did:key:a".to_owned(), "did:key:b".to_owned()])),
        watchers: Vec::new(),
    };
    let value = DocumentMetadata { webvh: Some(webvh), ..DocumentMetadata::default() }.to_value();
    assert_eq!(value["ttl"], "60");
    assert_eq!(value["witness"]["threshold"], "2");
    assert_eq!(value["deactivated"], false);
}

#[test]
fn queries_ask_for_one_version() {
    assert_eq!(Version::of_query(None), Ok(Version::Latest));
    assert_eq!(Version::of_query(Some("versionId=1-Qm")), Ok(Version::Id("1-Qm".to_owned())));
    assert_eq!(Version::of_query(Some("versionNumber=12")), Ok(Version::Number(12)));
    let time = VersionTime::parse("2026-01-01T00:00:00Z").unwrap();
    assert_eq!(Version::of_query(Some("versionTime=2026-01-01T00:00:00Z")), Ok(Version::Time(time)));
    assert_eq!(
        Version::of_query(Some("versionTime=2026-01-01T00%3A00%3A00%2B00:00")),
        Ok(Version::Time(time))
    );
    for malformed in [
        "",
        "versionId",
        "versionNumber=01",
        "versionNumber=-1",
        "versionNumber=",
        "versionTime=2026-01-01",
        "versionTime=2026-01-01T00:00:00+01:00",
        "versionId=1-Qm&versionNumber=1",
        "versionId=1-Qm&versionId=2-Qm",
    ] {
        assert_eq!(Version::of_query(Some(malformed)), Err(ResolveError::Options), "{malformed}");
    }
    assert_eq!(Version::of_query(Some("service=files")), Err(ResolveError::Feature));
}
