//! The HTTP binding.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt as _;

use super::*;

const TEZOS: &str = "did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8";

async fn get(path: &str, accept: Option<&str>) -> (u16, String, Value) {
    let mut request = Request::get(path);
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    let response = router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, media_type, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn a_did_is_read_as_it_is_or_encoded_and_its_result_says_who_made_it() {
    // As `did-resolver` asks.
    let accept = "application/did-resolution, application/ld+json;profile=\"https://w3id.org/did-resolution\";q=0.9, application/json;q=0.8";
    for written in [TEZOS.to_owned(), TEZOS.replace(':', "%3A")] {
        let (status, media_type, result) = get(&format!("/1.0/identifiers/{written}"), Some(accept)).await;
        assert_eq!((status, media_type.as_str()), (200, "application/did-resolution"));
        assert_eq!(result["didDocument"]["id"], TEZOS);
        assert_eq!(result["didResolutionMetadata"]["contentType"], "application/did");
        assert_eq!(
            result["didResolutionMetadata"]["resolver"],
            format!("more-methods/{}", env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(result["didDocumentMetadata"], json!({}));
    }
    let (status, media_type, document) =
        get(&format!("/1.0/identifiers/{TEZOS}"), Some("application/did")).await;
    assert_eq!((status, media_type.as_str(), &document["id"]), (200, "application/did", &json!(TEZOS)));
    assert_eq!(get("/healthz", None).await.0, 200);
}

#[tokio::test]
async fn every_refusal_has_its_status_and_the_w3c_form() {
    for (written, accept, status, name) in [
        ("did:tz:tz", None, 400, "INVALID_DID"),
        ("nonsense", None, 400, "INVALID_DID"),
        ("did:tz:%FF", None, 400, "INVALID_DID"),
        ("did:web:a.example", None, 501, "METHOD_NOT_SUPPORTED"),
        ("did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8?versionNumber=1", None, 501, "FEATURE_NOT_SUPPORTED"),
        ("did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8/path", None, 501, "FEATURE_NOT_SUPPORTED"),
        ("did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8%23key", None, 501, "FEATURE_NOT_SUPPORTED"),
        (
            "did:tz:tz1TzrmTBSuiVHV2VfMnGRMYvTEPCP42oSM8",
            Some("text/html"),
            406,
            "REPRESENTATION_NOT_SUPPORTED",
        ),
        ("did:tz:tz", Some("application/did"), 400, "INVALID_DID"),
        ("did:ion:EiDyOQbbZAa3aiRzeCkV7LOx3SERjjH93EXoIM3UoN4oWg", None, 404, "NOT_FOUND"),
    ] {
        let (found, media_type, result) = get(&format!("/1.0/identifiers/{written}"), accept).await;
        let error = &result["didResolutionMetadata"]["error"];
        assert_eq!((found, media_type.as_str()), (status, "application/did-resolution"), "{written}");
        assert_eq!(error["type"], format!("https://www.w3.org/ns/did#{name}"), "{written}");
        assert!(error["title"].is_string() && result["didDocument"].is_null());
    }
}
