//! Who may have requests made, and for what.

use issuer::records::Asked;

use super::*;

const JSON: &str = "application/json";

#[tokio::test]
async fn pages_of_other_hosts_have_no_requests_made() {
    let world = World::new();
    let foreign: [(&str, &[(&str, &str)]); 4] = [
        ("another site", &[("sec-fetch-site", "cross-site")]),
        ("a site of the same registrable name", &[("sec-fetch-site", "same-site")]),
        ("another origin", &[("origin", "https://other.example.org"), ("host", "office.localhost:8080")]),
        ("no origin at all", &[("origin", "null"), ("host", "office.localhost:8080")]),
    ];
    for (path, body) in [("/passport/requests", "{}"), ("/refill/requests", r#"{"what":"passport"}"#)] {
        for (case, headers) in foreign {
            let request = || {
                let mut request = Request::post(path).header(header::CONTENT_TYPE, JSON);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                request.body(Body::from(body)).unwrap()
            };
            refused(&world, request, (403, "invalid_request"), &format!("{path}: {case}")).await;
        }
        assert_eq!(world.send(post(path, JSON, body)).await.status, StatusCode::OK, "{path}");
    }
    let asked = world.scene.tenant().list::<Asked>(Range::all(), 10).await.unwrap().items;
    assert_eq!(asked.len(), 2, "one for each honest request");
}

#[tokio::test]
async fn only_whoever_comes_to_the_page_has_a_request_made() {
    let world = World::new();
    let load = |method: &str, headers: &[(&str, &str)]| {
        let mut request = Request::builder().method(method).uri("/passport");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    };
    let person = [("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")];
    for (case, headers) in [
        ("an image", &[("sec-fetch-dest", "image"), ("sec-fetch-mode", "no-cors")][..]),
        ("a script", &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors")]),
        ("a frame", &[("sec-fetch-dest", "iframe"), ("sec-fetch-mode", "navigate")]),
        ("loaded ahead", &[person[0], person[1], ("sec-purpose", "prefetch")]),
    ] {
        refused(&world, || load("GET", headers), (403, "invalid_request"), case).await;
    }
    let before = world.scene.memory.entries();
    for answered in world.both(|| load("HEAD", &person)).await {
        assert_eq!((answered.status, answered.text.as_str()), (StatusCode::OK, ""));
        assert!(!answered.headers.contains_key(header::SET_COOKIE));
    }
    assert!(world.scene.memory.entries() == before, "the head of the page makes nothing");
    assert_eq!(world.send(load("GET", &person)).await.status, StatusCode::OK);
    assert!(world.scene.memory.entries() != before);
}

#[tokio::test]
async fn a_refill_names_a_passport_or_a_profile_in_json() {
    let world = World::new();
    let path = "/refill/requests";
    for (case, body) in [
        ("nothing", ""),
        ("no kind", "{}"),
        ("another kind", r#"{"what":"card"}"#),
        ("a kind that is no text", r#"{"what":["passport"]}"#),
        ("an unknown member", r#"{"what":"passport","more":1}"#),
        ("a name twice", r#"{"what":"passport","what":"profile"}"#),
        ("half of it", r#"{"what""#),
    ] {
        refused(&world, || post(path, JSON, body), (400, "invalid_request"), case).await;
    }
    let good = r#"{"what":"profile"}"#;
    for media_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        refused(&world, || post(path, media_type, good), (415, "invalid_request"), media_type).await;
    }
    assert_eq!(world.send(post(path, JSON, good)).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_client_over_its_budget_waits_and_has_nothing_made() {
    let world = World::with_budget(2);
    let honest = || post("/passport/requests", JSON, "{}");
    for _ in 0..2 {
        for answered in world.both(honest).await {
            assert_eq!(answered.status, StatusCode::OK);
        }
    }
    refused(&world, honest, (429, "slow_down"), "a request").await;
    refused(&world, || post("/refill/requests", JSON, "{}"), (429, "slow_down"), "a refill").await;
    refused(&world, || get("/email/guessed"), (429, "slow_down"), "a guessed link").await;
    let mail = || post("/passport/mail?request=guessed", "application/x-www-form-urlencoded", "csrf=x");
    refused(&world, mail, (429, "slow_down"), "a mail").await;
    let log = || Request::put("/did-log/guessed").body(Body::empty()).unwrap();
    refused(&world, log, (429, "slow_down"), "a log").await;
    assert_eq!(world.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn garbage_at_the_answers_address_leaves_the_page_waiting() {
    let world = World::new();
    let asked = world.post_json("/passport/requests", &json!({})).await.json();
    let id = asked["request_uri"].as_str().unwrap().rsplit('/').next().unwrap();
    let status = format!("/passport/status?request={}", asked["session"].as_str().unwrap());
    for body in ["response=x", "", "error=access_denied", "error=access_denied&state=guessed"] {
        let garbage = || post(&format!("/response/{id}"), "application/x-www-form-urlencoded", body);
        for answered in world.both(garbage).await {
            assert_eq!(said(&answered), (400, "invalid_request".to_owned()), "{body}");
        }
        assert!(reason(&world, &asked["session"]).await.is_some(), "the team is told of {body:?}");
        for answered in world.both(|| get(&status)).await {
            assert_eq!(answered.json()["state"], "open", "{body}");
        }
    }
}
