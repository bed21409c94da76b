//! What every visitor may see, and what is refused at the door.

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::json;

use super::stage::send;
use super::{Browser, Scene, site};
use crate::Poster;
use web::{Language, Words};

#[tokio::test]
async fn the_first_page_says_what_is_asked_and_leads_to_joining() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let page = browser.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    for said in
        ["What Kiln North asks for", "Becoming a member of this space", "E-mail", "Needed", "Optional"]
    {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(page.text.contains("href=\"/join\""));
    browser.language = "es";
    assert!(browser.get("/").await.text.contains("Hacerte miembro de este espacio"));
}

#[tokio::test]
async fn the_join_page_has_a_link_a_qr_code_and_a_text_alternative() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let page = browser.get("/join").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(browser.cookie.is_some());
    for part in [
        "href=\"openid4vp://",
        "<svg",
        "role=\"img\"",
        "value=\"openid4vp://",
        "data-waiting=\"/join/status\"",
        "no wallet on this device takes such links",
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    // One request for each way.
    let link = page.text.split("href=\"openid4vp://").nth(1).unwrap().split('"').next().unwrap();
    let copy = page.text.split("value=\"openid4vp://").nth(1).unwrap().split('"').next().unwrap();
    assert_ne!(link, copy);
    assert!(!page.text.contains("<noscript><meta"), "loading this page again would make other requests");
}

#[tokio::test]
async fn no_page_uses_a_technical_word_or_an_untranslated_key() {
    let scene = Scene::new();
    for language in ["en", "es"] {
        let mut browser = Browser { scene: &scene, cookie: None, language };
        for path in [
            "/",
            "/privacy",
            "/join",
            "/join/answer",
            "/join/return?request=a&response_code=b",
            "/join/phone?request=a&response_code=b",
        ] {
            let page = browser.get(path).await;
            let text = page.text.to_lowercase();
            for word in [
                "credential",
                "credencial",
                "verifier",
                ">did",
                "claim",
                "holder",
                "sign-up-",
                "join-e",
                "privacy-",
                "phone-o",
                "space-h",
            ] {
                let said = text.replace("openid-credential-offer", "").replace("href=\"/privacy\"", "");
                assert!(!said.contains(word), "{word} on {path}: {said}");
            }
        }
    }
}

#[tokio::test]
async fn the_privacy_page_says_who_why_and_how_long() {
    let scene = Scene::new();
    let page = Browser::new(&scene).get("/privacy").await;
    for said in [
        "Kiln North Ltd",
        "team@example.org",
        "Data protection authority",
        "Kept while you are a member and 90 days after",
        "First name",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    // The terms of a sharing are registered like what is shared, and are no detail of a person.
    for term in ["Until", "request", "audiences", "inbox"] {
        assert!(!page.text.contains(&format!("<strong>{term}")), "{term}: {}", page.text);
    }
}

#[tokio::test]
async fn every_page_says_both_ways_to_have_something_erased() {
    let scene = Scene::new();
    for (language, by_wallet, by_team, rights) in [
        (
            "en",
            "you take back in your wallet",
            "ask its team to erase it",
            "see, change, take back, leave, object",
        ),
        (
            "es",
            "lo retiras en tu cartera",
            "pides a su equipo que lo borre",
            "ver, cambiar, retirar, salir, oponerte",
        ),
    ] {
        let mut browser = Browser { scene: &scene, cookie: None, language };
        for path in ["/", "/privacy", "/join"] {
            let page = browser.get(path).await;
            let footer = page.text.split_once("<footer").unwrap().1;
            assert!(footer.contains(by_wallet) && footer.contains(by_team), "{path}: {footer}");
        }
        let page = browser.get("/privacy").await;
        assert!(page.text.contains(rights), "{}", page.text);
        // A poster is read by whoever is no member yet.
        let words = Words::new(Language::of_tag(language).unwrap());
        let poster = Poster::new(words, "Kiln", "https://kiln.example.org").unwrap().html();
        assert!(!poster.contains(by_wallet), "{poster}");
    }
}

#[test]
fn what_is_registered_for_no_day_is_said_not_to_be_kept() {
    for (language, none, one) in [
        ("en", "and not after that; if you do not become one, not kept", "1 day after"),
        ("es", "y no después; si no llegas a serlo, no se guarda", "1 día más"),
    ] {
        let words = Words::new(Language::of_tag(language).unwrap());
        let said = words.count("privacy-days", "days", 0);
        assert!(said.contains(none) && !said.contains('0'), "{said}");
        assert!(words.count("privacy-days", "days", 1).contains(one));
    }
}

#[tokio::test]
async fn a_browser_without_a_session_has_nothing_open() {
    let scene = Scene::new();
    let status = Browser::new(&scene).get("/join/status").await;
    assert_eq!(status.json(), json!({"state": "ended", "location": "/join/answer"}));
    assert_eq!(Browser::new(&scene).get("/join/code").await.header("location"), "/join/answer");
}

#[tokio::test]
async fn a_request_is_made_for_a_known_way_and_form_only() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let made = browser.post_json("/join/requests", &json!({"way": "qr"})).await;
    assert_eq!(made.header("cache-control"), "no-store");
    let members: Vec<String> = made.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["link", "client_id", "request_uri", "request_uri_method", "session"]);
    for refused in [
        json!({"way": "card"}),
        json!({}),
        json!({"way": "qr", "form": "none"}),
        json!({"way": "qr", "x": 1}),
    ] {
        let answer = browser.post_json("/join/requests", &refused).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (StatusCode::BAD_REQUEST, Some("invalid_request"))
        );
    }
    let twice = Request::post("/join/requests")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"way":"qr","way":"link"}"#))
        .unwrap();
    assert_eq!(send(&scene.router(), twice).await.status, StatusCode::BAD_REQUEST);
    let form = browser.post_form("/join/requests", "way=qr").await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn pages_of_other_hosts_make_no_requests_and_type_no_codes() {
    let scene = Scene::new();
    for (path, media_type, body) in [
        ("/join/requests", "application/json", r#"{"way":"qr"}"#),
        ("/join/code", "application/json", r#"{"code":"123456"}"#),
        ("/join/code", "application/x-www-form-urlencoded", "code=123456&csrf=x"),
    ] {
        let request = Request::post(path)
            .header("host", "kiln-north.localhost:8097")
            .header("sec-fetch-site", "cross-site")
            .header(header::CONTENT_TYPE, media_type)
            .body(Body::from(body))
            .unwrap();
        assert_eq!(send(&scene.router(), request).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn a_code_in_a_form_needs_the_token_of_its_session() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let _ = browser.ask("qr").await;
    for body in ["code=123456", "code=123456&csrf=", "code=123456&csrf=AAAA"] {
        assert_eq!(browser.post_form("/join/code", body).await.status, StatusCode::FORBIDDEN, "{body}");
    }
}

#[tokio::test]
async fn the_log_of_the_spaces_identifier_is_for_everybody() {
    let scene = Scene::new();
    let request = Request::get("/.well-known/did.jsonl").header("origin", "https://wallet.example.org");
    let log = send(&scene.router(), request.body(Body::empty()).unwrap()).await;
    assert_eq!((log.status, log.text.as_str()), (StatusCode::OK, "{\"versionId\":\"1-x\"}\n"));
    assert_eq!(log.header("content-type"), "text/jsonl; charset=utf-8");
    assert_eq!(log.header("access-control-allow-origin"), "*");
}

#[tokio::test(start_paused = true)]
async fn a_client_over_its_budget_waits_and_programs_have_a_larger_one() {
    let scene = Scene::new();
    let router = crate::router(site(&scene).with_budget(2));
    let get = |path: &str| Request::get(path).header("accept", "text/html").body(Body::empty()).unwrap();
    for _ in 0..4 {
        assert_eq!(send(&router, get("/join")).await.status, StatusCode::OK);
    }
    let refused = send(&router, get("/join")).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text.contains("Too many tries"));
    for _ in 0..20 {
        assert_eq!(send(&router, get("/join/status")).await.status, StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn a_room_full_of_people_behind_one_address_keeps_nobody_from_the_digits() {
    let scene = Scene::new();
    let router = crate::router(site(&scene));
    let load = || Request::get("/join").body(Body::empty()).unwrap();
    for _ in 0..120 {
        assert_eq!(send(&router, load()).await.status, StatusCode::OK);
    }
    assert_eq!(send(&router, load()).await.status, StatusCode::TOO_MANY_REQUESTS);
    let typed = |cookie: &str| {
        let request = Request::post("/join/code")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, format!("__Host-session={cookie}"));
        request.body(Body::from(r#"{"code":"123456"}"#)).unwrap()
    };
    let session = |number: u8| jose::base64url::encode([number; 32]);
    for number in 0..100 {
        assert_eq!(send(&router, typed(&session(number))).await.status, StatusCode::GONE, "{number}");
        let phone = Request::get("/join/phone?request=a&response_code=b").body(Body::empty()).unwrap();
        assert_eq!(send(&router, phone).await.status, StatusCode::GONE, "{number}");
    }
    // One browser's steps are its own.
    let mut statuses = Vec::new();
    for _ in 0..25 {
        statuses.push(send(&router, typed(&session(200))).await.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 410).count(), 20, "{statuses:?}");
    assert_eq!(send(&router, typed(&session(201))).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn only_whoever_comes_to_the_page_has_requests_made() {
    let scene = Scene::new();
    let before = scene.stage.memory.entries();
    let load = |method: &str, dest: &str, mode: &str| {
        let request = Request::builder().method(method).uri("/join");
        let request = request.header("sec-fetch-dest", dest).header("sec-fetch-mode", mode);
        request.header("sec-fetch-site", "cross-site").body(Body::empty()).unwrap()
    };
    for (method, dest, mode, status) in [
        ("GET", "image", "no-cors", StatusCode::FORBIDDEN),
        ("GET", "script", "no-cors", StatusCode::FORBIDDEN),
        ("GET", "empty", "cors", StatusCode::FORBIDDEN),
        ("GET", "iframe", "navigate", StatusCode::FORBIDDEN),
        ("HEAD", "document", "navigate", StatusCode::OK),
    ] {
        let answered = send(&scene.router(), load(method, dest, mode)).await;
        assert_eq!(answered.status, status, "{method} {dest}");
        assert!(!answered.headers.contains_key(header::SET_COOKIE), "{method} {dest}");
    }
    assert!(scene.stage.memory.entries() == before);
    let person = send(&scene.router(), load("GET", "document", "navigate")).await;
    assert_eq!(person.status, StatusCode::OK);
    assert!(scene.stage.memory.entries() != before);
}

#[tokio::test]
async fn asking_for_the_head_of_an_address_takes_no_step() {
    let scene = Scene::new();
    for (way, goes_on) in [("link", StatusCode::SEE_OTHER), ("qr", StatusCode::OK)] {
        let mut browser = Browser::new(&scene);
        let link = browser.ask(way).await;
        let reply = scene.wallet().answer(&scene.router(), &link).await;
        let address = super::stage::path(reply.json()["redirect_uri"].as_str().unwrap());
        let before = scene.stage.memory.entries();
        for _ in 0..2 {
            let head = browser.send(Request::head(&address), Body::empty()).await;
            assert_eq!(head.status, StatusCode::OK);
        }
        assert!(scene.stage.memory.entries() == before, "{way}");
        assert_eq!(browser.get(&address).await.status, goes_on, "{way}");
    }
}

#[tokio::test]
async fn a_space_whose_form_is_not_clear_says_so() {
    let scene = Scene::new();
    let router = crate::router(site(&scene).with_form("none"));
    let request = Request::get("/join").header("accept", "text/html").body(Body::empty()).unwrap();
    assert_eq!(send(&router, request).await.status, StatusCode::NOT_FOUND);
}

#[test]
fn the_poster_is_whole_in_itself_and_names_the_tags_bytes() {
    for language in Language::ALL.iter().copied() {
        let words = Words::new(language);
        let html = Poster::new(words, "Kiln <North>", "https://kiln.example.org").unwrap().html();
        assert!(html.contains("https://kiln.example.org/join"));
        assert!(html.contains("D1 01 16 55 04 6B 69 6C 6E"), "{html}");
        assert!(html.contains("Kiln &#60;North&#62;") || html.contains("Kiln &lt;North&gt;"), "{html}");
        for outside in ["src=", "<link", "<script", "url("] {
            assert!(!html.contains(outside), "{outside}");
        }
    }
    assert!(Poster::new(Words::new(Language::English), "Kiln", "ftp://kiln.example.org").is_err());
}
