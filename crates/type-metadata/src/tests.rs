use credentials::type_metadata::{Integrity, IntegrityError};
use environment::{ManualClock, SystemRandomness};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use outbound::{HttpClient, Policy, Response, Scripted};
use serde_json::{Value, json};

use super::*;

struct World {
    calls: Arc<Scripted>,
    clock: Arc<ManualClock>,
    retriever: Retriever,
}

fn answer(status: StatusCode, media_type: &str, body: &str) -> Response {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, media_type.parse().unwrap())]);
    Response::new(status, headers, body.to_owned())
}

fn world(script: impl FnMut(&Request) -> Result<Response, OutboundError> + Send + 'static) -> World {
    let calls = Arc::new(Scripted::new(script));
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_790_000_000)));
    let environment = Environment::new(Arc::clone(&clock) as _, Arc::new(SystemRandomness));
    let retriever = Retriever::new(Arc::clone(&calls) as _, environment);
    World { calls, clock, retriever }
}

fn serving(documents: Vec<Value>) -> World {
    world(move |request| {
        let found = documents.iter().find(|document| document["vct"] == request.url.as_str());
        match found {
            Some(document) => {
                Ok(answer(StatusCode::OK, "application/json; charset=utf-8", &document.to_string()))
            }
            None => Ok(answer(StatusCode::NOT_FOUND, "application/json", "{}")),
        }
    })
}

const CHILD: &str = "https://child.example.org/type";
const BASE: &str = "https://base.example.org/type";

#[tokio::test]
async fn a_foreign_type_is_fetched_with_all_that_it_extends_and_kept_for_a_while() {
    let world = serving(vec![
        json!({"vct": CHILD, "extends": BASE}),
        json!({"vct": BASE, "claims": [{"path": ["x"]}]}),
    ]);
    for _ in 0..3 {
        let metadata = world.retriever.of(CHILD, None).await.unwrap();
        assert_eq!(metadata.types(), [CHILD, BASE]);
    }
    let called: Vec<String> = world.calls.calls().iter().map(|call| call.url.to_string()).collect();
    assert_eq!(called, [CHILD, BASE]);
    assert!(
        world
            .calls
            .calls()
            .iter()
            .all(|call| call.limit == LARGEST_DOCUMENT && call.timeout == Some(PATIENCE))
    );
    world.clock.advance(KEPT);
    assert!(world.retriever.of(CHILD, None).await.is_ok());
    assert_eq!(world.calls.calls().len(), 4);
}

#[tokio::test]
async fn a_document_that_is_pinned_is_kept_for_longer_and_another_one_is_not_taken_for_it() {
    let document = json!({"vct": BASE});
    let pinned = Integrity::text_of(document.to_string().as_bytes());
    let world = serving(vec![document]);
    assert!(world.retriever.of(BASE, Some(&pinned)).await.is_ok());
    world.clock.advance(10 * KEPT);
    assert!(world.retriever.of(BASE, Some(&pinned)).await.is_ok());
    assert_eq!(world.calls.calls().len(), 1);
    let other = Integrity::text_of(b"another document");
    let mismatch = RetrieveError::Metadata(MetadataError::Integrity(IntegrityError::Mismatch));
    assert_eq!(world.retriever.of(BASE, Some(&other)).await, Err(mismatch));
    assert_eq!(world.calls.calls().len(), 2, "it is looked for once more");
}

#[tokio::test]
async fn our_own_types_are_built_in_and_no_other_names_are_asked_for() {
    let world = serving(Vec::new());
    for vct in types::ALL {
        assert_eq!(world.retriever.of(vct, None).await.unwrap().vct(), vct);
    }
    for vct in [
        "urn:passport-network:card:1",
        "urn:eudi:pid:1",
        "http://child.example.org/type",
        "data:application/json,{}",
        "file:///etc/passwd",
        "nonsense",
        "",
    ] {
        assert_eq!(world.retriever.of(vct, None).await, Err(RetrieveError::NotPublished), "{vct}");
    }
    assert!(world.calls.calls().is_empty());
}

#[tokio::test]
async fn a_foreign_type_may_extend_one_of_ours_and_nothing_is_fetched_for_that() {
    let world = serving(vec![json!({"vct": CHILD, "extends": types::PASSPORT})]);
    let metadata = world.retriever.of(CHILD, None).await.unwrap();
    assert_eq!(metadata.types(), [CHILD, types::PASSPORT]);
    assert_eq!(world.calls.calls().len(), 1);
    let plain = serving(vec![json!({"vct": CHILD, "extends": "http://base.example.org/type"})]);
    assert_eq!(plain.retriever.of(CHILD, None).await, Err(RetrieveError::NotPublished), "https all the way");
}

#[tokio::test]
async fn circles_other_types_and_what_is_no_document_are_refused_and_not_kept() {
    let circle =
        serving(vec![json!({"vct": CHILD, "extends": BASE}), json!({"vct": BASE, "extends": CHILD})]);
    assert_eq!(circle.retriever.of(CHILD, None).await, Err(MetadataError::Circular.into()));
    for (status, media_type, body, refused) in [
        (
            StatusCode::OK,
            "application/json",
            r#"{"vct":"https://other.example.org"}"#,
            MetadataError::WrongType.into(),
        ),
        (StatusCode::OK, "application/json", "<html>", MetadataError::Malformed.into()),
        (StatusCode::OK, "text/html", r#"{"vct":"https://base.example.org/type"}"#, RetrieveError::MediaType),
        (
            StatusCode::NOT_FOUND,
            "application/json",
            r#"{"vct":"https://base.example.org/type"}"#,
            OutboundError::Status { status: StatusCode::NOT_FOUND }.into(),
        ),
    ] {
        let world = world(move |_| Ok(answer(status, media_type, body)));
        for _ in 0..2 {
            assert_eq!(world.retriever.of(BASE, None).await, Err(refused.clone()), "{body}");
        }
        assert_eq!(world.calls.calls().len(), 2);
    }
}

#[tokio::test]
async fn redirects_size_and_addresses_inside_are_refused_by_the_guard() {
    for error in [
        OutboundError::Redirected { status: StatusCode::FOUND },
        OutboundError::TooLarge { limit: LARGEST_DOCUMENT },
    ] {
        let expected = RetrieveError::Fetch(error.clone());
        assert!(!expected.is_about_the_type());
        let world = world(move |_| Err(error.clone()));
        assert_eq!(world.retriever.of(BASE, None).await, Err(expected));
    }
    let client = HttpClient::new(Policy::public()).unwrap();
    let retriever = Retriever::new(Arc::new(client), Environment::system());
    for vct in [
        "https://127.0.0.1/type",
        "https://[::1]/type",
        "https://169.254.169.254/latest",
        "https://user@base.example.org/type",
    ] {
        assert!(matches!(retriever.of(vct, None).await, Err(RetrieveError::Fetch(_))), "{vct}");
    }
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let world = world(|request| {
        Ok(answer(StatusCode::OK, "application/json", &json!({"vct": request.url.as_str()}).to_string()))
    });
    for at in 0..(MOST_KEPT + 10) {
        assert!(world.retriever.of(&format!("https://base.example.org/{at}"), None).await.is_ok());
    }
    assert_eq!(world.retriever.0.kept.lock().unwrap().len(), MOST_KEPT);
}
