//! DID URLs: parts of documents, services, addresses and `/whois`.

use outbound::Response as Served;

use super::*;

const DID: &str = "did%3Aweb%3Aharbour.example.org";

fn harbour() -> Resolution {
    let document = json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": "did:web:harbour.example.org",
        "verificationMethod": [{
            "id": "#sign", "type": "Multikey", "controller": "did:web:harbour.example.org",
            "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
        }],
        "authentication": ["#sign"],
        "service": [
            {"id": "#files", "type": "relativeRef", "serviceEndpoint": "https://harbour.example.org/"},
            {"id": "#whois", "type": "LinkedVerifiablePresentation", "serviceEndpoint": "https://harbour.example.org/whois.vp"},
            {"id": "#mail", "type": "Mail", "serviceEndpoint": "mailto:team@harbour.example.org"},
        ],
    });
    let mut metadata = DocumentMetadata::default();
    metadata.version_id = Some("1-Qm".to_owned());
    Resolution { document: Document::from_value(document).unwrap(), metadata }
}

/// A service whose hosts serve a presentation, and the calls to them.
fn with_hosts(presentation: Option<(&'static str, &'static [u8])>) -> (Arc<Scripted>, Router) {
    let calls = Arc::new(Scripted::new(move |_| {
        let mut headers = HeaderMap::new();
        let Some((media_type, body)) = presentation else {
            return Ok(Served::new(StatusCode::NOT_FOUND, headers, ""));
        };
        headers.insert("content-type", media_type.parse().unwrap());
        Ok(Served::new(StatusCode::OK, headers, body))
    }));
    let resolver = Arc::new(Fixed { outcome: Ok(harbour()), asked: Mutex::default() });
    let site = Site::new(resolver).with_whois(Arc::clone(&calls) as _);
    (calls, web::Party::new("resolver.example.org", router(site)).into_router())
}

async fn ask(router: &Router, tail: &str, accept: Option<&str>) -> Answer {
    get(router, &format!("/1.0/identifiers/{DID}{tail}"), accept).await
}

fn error(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.media_type(), "application/did-url-dereferencing");
    assert_eq!((&answer.body["content"], &answer.body["contentMetadata"]), (&Value::Null, &json!({})));
    let kind = answer.body["dereferencingMetadata"]["error"]["type"].as_str().unwrap();
    (answer.status, kind.strip_prefix("https://www.w3.org/ns/did#").unwrap_or(kind).to_owned())
}

#[tokio::test]
async fn a_did_may_be_dereferenced_as_well_as_resolved() {
    let (_, router) = with_hosts(None);
    let answer = ask(&router, "", Some("application/did-url-dereferencing")).await;
    assert_eq!((answer.status, answer.media_type()), (200, "application/did-url-dereferencing"));
    assert_eq!(answer.body["content"], harbour().document.to_value());
    assert_eq!(answer.body["dereferencingMetadata"], json!({"contentType": "application/did"}));
    assert_eq!(answer.body["contentMetadata"], json!({"versionId": "1-Qm"}));
    let (_, router) = fixed(Err(ResolveError::NotFound));
    let answer = ask(&router, "", Some("application/did-url-dereferencing")).await;
    assert_eq!(error(&answer), (404, "NOT_FOUND".to_owned()));
    let mut metadata = DocumentMetadata::default();
    metadata.deactivated = true;
    let (_, router) = fixed(Err(ResolveError::Deactivated(Box::new(metadata))));
    let gone = ask(&router, "%23sign", None).await;
    assert_eq!((gone.status, &gone.body["content"]), (410, &Value::Null));
    assert_eq!(gone.body["contentMetadata"]["deactivated"], true);
}

#[tokio::test]
async fn a_fragment_gives_its_part_of_the_document() {
    let (calls, router) = with_hosts(None);
    let whole = ask(&router, "%23sign", None).await;
    assert_eq!((whole.status, whole.media_type()), (200, "application/did-url-dereferencing"));
    assert_eq!(whole.body["content"]["id"], "did:web:harbour.example.org#sign");
    let alone = ask(&router, "%23sign", Some("application/did")).await;
    assert_eq!((alone.status, alone.media_type()), (200, "application/did"));
    assert_eq!(alone.body, whole.body["content"]);
    assert_eq!(error(&ask(&router, "%23none", None).await), (404, "NOT_FOUND".to_owned()));
    let not_a_result = ask(&router, "%23sign", Some("application/did-resolution")).await;
    assert_eq!(error(&not_a_result), (406, "REPRESENTATION_NOT_SUPPORTED".to_owned()));
    assert!(calls.calls().is_empty());
}

#[tokio::test]
async fn a_key_comes_only_for_the_purpose_that_its_document_lists_it_for() {
    let (_, router) = with_hosts(None);
    let plain = ask(&router, "%23sign", None).await;
    for accept in [None, Some("application/did-url-dereferencing")] {
        let listed = ask(&router, "%23sign?verificationRelationship=authentication", accept).await;
        assert_eq!((listed.status, &listed.body), (200, &plain.body));
    }
    let alone =
        ask(&router, "%23sign?verificationRelationship=authentication", Some("application/did")).await;
    assert_eq!((alone.status, &alone.body), (200, &plain.body["content"]));
    // Controlled Identifiers 1.0 §3.5; "any other error URI" is 500 (DID Resolution, "HTTP(S) Binding").
    let named = |name: &str| (500, format!("https://w3id.org/security#{name}"));
    for (tail, expected) in [
        (
            "%23sign?verificationRelationship=assertionMethod",
            named("INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"),
        ),
        ("%23whois?verificationRelationship=authentication", named("INVALID_VERIFICATION_METHOD")),
        ("?verificationRelationship=authentication", named("INVALID_VERIFICATION_METHOD")),
        ("%2Fwhois?verificationRelationship=authentication", named("INVALID_VERIFICATION_METHOD")),
        ("%23none?verificationRelationship=authentication", (404, "NOT_FOUND".to_owned())),
        ("%23sign?verificationRelationship=", (400, "INVALID_OPTIONS".to_owned())),
    ] {
        let refused = ask(&router, tail, Some("application/did-url-dereferencing")).await;
        assert_eq!(error(&refused), expected, "{tail}");
        let refused = ask(&router, tail, None).await;
        assert_eq!(refused.status, expected.0, "{tail}");
    }
}

#[tokio::test]
async fn services_come_as_a_document_or_by_redirection_to_who_asked_for_that() {
    let (calls, router) = with_hosts(None);
    let services = ask(&router, "%3Fservice%3Dwhois", None).await;
    assert_eq!(services.status, 200);
    assert_eq!(services.body["content"]["service"].as_array().unwrap().len(), 1);
    let address = ask(&router, "%3Fservice%3Dfiles%26relativeRef%3D%252Fr.pdf", Some("text/uri-list")).await;
    assert_eq!((address.status, address.body), (303, Value::Null));
    assert_eq!(address.headers["location"], "https://harbour.example.org/r.pdf");
    for everything in [None, Some("*/*"), Some("text/html,*/*;q=0.8")] {
        let told = ask(&router, "%2Fa%2Fr.pdf", everything).await;
        assert_eq!(told.status, 200, "nobody is redirected who did not ask for it");
        assert_eq!(told.body["content"], "https://harbour.example.org/a/r.pdf");
        assert_eq!(told.body["dereferencingMetadata"]["contentType"], "text/uri-list");
    }
    let mail = ask(&router, "%3Fservice%3Dmail", Some("text/uri-list")).await;
    assert_eq!(error(&mail), (400, "INVALID_DID".to_owned()), "no redirection off the web");
    let away = ask(
        &router,
        "%3Fservice%3Dfiles%26relativeRef%3D%252F%252Fevil.example.org%252F",
        Some("text/uri-list"),
    )
    .await;
    assert_eq!(
        away.headers["location"], "https://harbour.example.org//evil.example.org/",
        "it stays at the service"
    );
    let away = ask(
        &router,
        "%3Fservice%3Dwhois%26relativeRef%3D%252F%252Fevil.example.org%252F",
        Some("text/uri-list"),
    )
    .await;
    assert_eq!(error(&away), (400, "INVALID_OPTIONS".to_owned()));
    assert_eq!(error(&ask(&router, "%2F..%2Fa", None).await), (400, "INVALID_DID_URL".to_owned()));
    assert_eq!(error(&ask(&router, "%23sign", Some("text/uri-list")).await).0, 406);
    assert!(calls.calls().is_empty(), "no resource is fetched for strangers");
}

#[tokio::test]
async fn whois_is_fetched_and_handed_on() {
    let (calls, router) = with_hosts(Some(("application/vp", b"{\"type\":\"VerifiablePresentation\"}")));
    let alone = ask(&router, "%2Fwhois", Some("application/vp")).await;
    assert_eq!((alone.status, alone.media_type()), (200, "application/vp"));
    assert_eq!(alone.body["type"], "VerifiablePresentation");
    let whole = ask(&router, "%2Fwhois", None).await;
    assert_eq!(whole.body["content"], alone.body);
    assert_eq!(whole.body["dereferencingMetadata"], json!({"contentType": "application/vp"}));
    let called: Vec<String> = calls.calls().iter().map(|call| call.url.to_string()).collect();
    assert_eq!(called, ["https://harbour.example.org/whois.vp"; 2]);
    let address = ask(&router, "%2Fwhois", Some("text/uri-list")).await;
    assert_eq!(address.headers["location"], "https://harbour.example.org/whois.vp");
    assert_eq!(calls.calls().len(), 2, "an address needs no call");
    assert_eq!(error(&ask(&router, "%2Fwhois", Some("application/did")).await).0, 406);
    assert_eq!(error(&ask(&router, "%2Fwho", Some("application/vp")).await).0, 406);
}

#[tokio::test]
async fn a_whois_service_at_another_host_is_told_and_not_fetched_for_strangers() {
    let victim = "https://victim.example.org/api?x=1";
    let document = json!({
        "id": "did:web:harbour.example.org",
        "service": [{"id": "#whois", "type": "LinkedVerifiablePresentation", "serviceEndpoint": victim}],
    });
    let document = Document::from_value(document).unwrap();
    let outcome = Ok(Resolution { document, metadata: DocumentMetadata::default() });
    let resolver = Arc::new(Fixed { outcome, asked: Mutex::default() });
    let calls = Arc::new(Scripted::new(|_| Err(OutboundError::Unreachable)));
    let site = Site::new(resolver).with_whois(Arc::clone(&calls) as _);
    let router = web::Party::new("resolver.example.org", router(site)).into_router();
    let told = ask(&router, "%2Fwhois", None).await;
    assert_eq!((told.status, &told.body["content"]), (200, &Value::from(victim)));
    assert_eq!(told.body["dereferencingMetadata"]["contentType"], "text/uri-list");
    let refused = (406, "REPRESENTATION_NOT_SUPPORTED".to_owned());
    assert_eq!(error(&ask(&router, "%2Fwhois", Some("application/vp")).await), refused);
    assert!(calls.calls().is_empty());
}

#[tokio::test]
async fn a_whois_that_is_absent_or_no_presentation_is_an_error_by_its_name() {
    let (_, router) = with_hosts(None);
    assert_eq!(error(&ask(&router, "%2Fwhois", None).await), (404, "NOT_FOUND".to_owned()));
    let (_, router) = with_hosts(Some(("text/html", b"<script>")));
    let refused = (406, "REPRESENTATION_NOT_SUPPORTED".to_owned());
    assert_eq!(error(&ask(&router, "%2Fwhois", Some("application/vp")).await), refused);
    let (_, router) = with_hosts(Some(("application/vp", b"\xff\xfe")));
    assert_eq!(error(&ask(&router, "%2Fwhois", None).await), refused);
    // A service that was given no client tells the address alone.
    let (_, router) = fixed(Ok(harbour()));
    assert_eq!(error(&ask(&router, "%2Fwhois", None).await), (501, "FEATURE_NOT_SUPPORTED".to_owned()));
    assert_eq!(ask(&router, "%2Fwhois", Some("text/uri-list")).await.status, 303);
}

#[tokio::test]
async fn what_is_refused_before_anybody_is_asked_repeats_nothing() {
    let (resolver, router) = fixed(Ok(harbour()));
    for (tail, expected) in [
        ("%2Fcanary%3Fservice%3Dfiles", (400, "INVALID_OPTIONS")),
        ("%2Fa%3Fcanary%3D1", (501, "FEATURE_NOT_SUPPORTED")),
    ] {
        let answer = ask(&router, tail, Some("application/did-url-dereferencing")).await;
        assert_eq!(error(&answer), (expected.0, expected.1.to_owned()), "{tail}");
        assert!(!answer.body.to_string().contains("canary"), "{tail}");
    }
    assert!(resolver.asked.lock().unwrap().is_empty());
}
