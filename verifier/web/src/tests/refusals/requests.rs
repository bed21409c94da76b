//! Who may have requests made, and for what.

use super::*;

#[tokio::test]
async fn a_request_names_a_way_and_at_most_a_form_in_json() {
    let scene = Scene::new();
    let at = "/join/requests";
    for (case, body) in [
        ("nothing", ""),
        ("no way", "{}"),
        ("another way", r#"{"way":"card"}"#),
        ("a way that is no text", r#"{"way":["qr"]}"#),
        ("a form that there is not", r#"{"way":"qr","form":"none"}"#),
        ("an unknown member", r#"{"way":"qr","more":1}"#),
        ("a name twice", r#"{"way":"qr","way":"link"}"#),
        ("half of it", r#"{"way""#),
    ] {
        refused(&scene, || post(at, None, JSON, body), (400, "invalid_request"), case).await;
    }
    let good = r#"{"way":"qr"}"#;
    for (media_type, body) in [("text/plain", good), (FORM, "way=qr"), ("", good)] {
        refused(&scene, || post(at, None, media_type, body), (415, "invalid_request"), media_type).await;
    }
    assert_eq!(send(&scene.router(), post(at, None, JSON, good)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refill_names_a_membership_in_json() {
    let scene = Scene::new();
    let at = "/refill/requests";
    for (case, body) in [
        ("nothing", ""),
        ("no kind", "{}"),
        ("another kind", r#"{"what":"passport"}"#),
        ("an unknown member", r#"{"what":"membership","more":1}"#),
        ("a name twice", r#"{"what":"membership","what":"membership"}"#),
        ("half of it", r#"{"what""#),
    ] {
        refused(&scene, || post(at, None, JSON, body), (400, "invalid_request"), case).await;
    }
    let good = r#"{"what":"membership"}"#;
    for media_type in ["text/plain", ""] {
        refused(&scene, || post(at, None, media_type, good), (415, "invalid_request"), media_type).await;
    }
    let asked = send(&scene.router(), post(at, None, JSON, good)).await;
    assert_eq!((asked.status, asked.header("cache-control")), (StatusCode::OK, "no-store"), "{}", asked.text);
    let object = scene.wallet().request(&scene.router(), asked.json()["link"].as_str().unwrap()).await;
    let claims = &object["dcql_query"]["credentials"][0]["claims"];
    assert_eq!(claims, &json!([{"path": ["space"], "values": [stage::DID]}]));
}

#[tokio::test]
async fn a_space_that_has_not_registered_refills_makes_no_request() {
    let scene = Scene::new();
    let forms = vec![form("sign-up", Approval::Automatic)];
    let other = Stage::registered(scene.stage.environment.clone(), forms, false);
    let wanted = || post("/refill/requests", None, JSON, r#"{"what":"membership"}"#);
    let before = other.memory.entries();
    let answered = send(&crate::router(other.site()), wanted()).await;
    assert_eq!(said(&answered), (404, "not_found"));
    assert!(other.memory.entries() == before);
    assert_eq!(send(&scene.router(), wanted()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn pages_of_other_hosts_have_no_requests_made_and_type_no_digits() {
    let scene = Scene::new();
    let foreign: [(&str, &[(&str, &str)]); 4] = [
        ("another site", &[("sec-fetch-site", "cross-site")]),
        ("a site of the same registrable name", &[("sec-fetch-site", "same-site")]),
        ("another origin", &[("origin", "https://other.example.org"), ("host", "kiln-north.localhost:8097")]),
        ("no origin at all", &[("origin", "null"), ("host", "kiln-north.localhost:8097")]),
    ];
    for (path, media_type, body, code) in [
        ("/join/requests", JSON, r#"{"way":"qr"}"#, "invalid_request"),
        ("/refill/requests", JSON, r#"{"what":"membership"}"#, "invalid_request"),
        ("/join/code", JSON, r#"{"code":"123456"}"#, "invalid_request"),
        ("/join/code", FORM, "code=123456&csrf=x", "none"),
    ] {
        for (case, headers) in foreign {
            let request = || {
                let mut request = post(path, None, media_type, body);
                for (name, value) in headers {
                    request.headers_mut().insert(*name, value.parse().unwrap());
                }
                request
            };
            refused(&scene, request, (403, code), &format!("{path}: {case}")).await;
        }
    }
    let honest = post("/join/requests", None, JSON, r#"{"way":"qr"}"#);
    assert_eq!(send(&scene.router(), honest).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_client_over_its_budget_waits_and_has_nothing_made() {
    let scene = Scene::new();
    let router = crate::router(scene.stage.site().with_budget(1));
    let honest = || post("/join/requests", None, JSON, r#"{"way":"qr"}"#);
    for made in [honest(), get("/join"), get("/join")] {
        assert_eq!(send(&router, made).await.status, StatusCode::OK);
    }
    let step = || post("/join/code", None, JSON, r#"{"code":"123456"}"#);
    for _ in 0..100 {
        assert_eq!(said(&send(&router, step()).await), (403, "other_session"));
    }
    let before = scene.stage.memory.entries();
    for request in [
        honest(),
        post("/refill/requests", None, JSON, r#"{"what":"membership"}"#),
        get("/join"),
        get("/join/return?request=a&response_code=b"),
        get("/join/phone?request=a&response_code=b"),
        get("/join/code"),
        step(),
        post("/join/again", None, FORM, "csrf=x"),
    ] {
        let address = request.uri().clone();
        let answered = send(&router, request).await;
        assert_eq!(said(&answered), (429, "slow_down"), "{address}");
        assert!(answered.headers.contains_key("retry-after"), "{address}");
    }
    assert!(scene.stage.memory.entries() == before);
    // Wallets and waiting pages have a hundred times as much.
    for _ in 0..100 {
        assert_eq!(send(&router, get("/join/status")).await.status, StatusCode::OK);
    }
    assert_eq!(said(&send(&router, get("/join/status")).await), (429, "slow_down"));
    let answer = post("/response/guessed", None, FORM, "error=access_denied");
    assert_eq!(said(&send(&router, answer).await), (429, "slow_down"));
}
