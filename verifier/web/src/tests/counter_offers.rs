//! Less than was asked, offered by an applicant.

use http::{Request, StatusCode, header};
use jose::{base64url, digest};
use serde_json::{Value, json};

use super::stage::{Answered, Wallet, path, send};
use super::{Browser, Scene};
use crate::handle;

const FORM: &str = "ask-too-much";
/// Everything that is needed but the address.
const ENOUGH: [&str; 3] = ["email", "given_name", "family_name"];

/// A request of the form that asks too much, at a screen.
async fn too_much(browser: &mut Browser<'_>, way: &str) -> String {
    let asked = browser.post_json("/join/requests", &json!({"way": way, "form": FORM})).await;
    asked.json()["link"].as_str().unwrap_or_else(|| panic!("{}", asked.text)).to_owned()
}

/// The counter-offer as a wallet makes it of the request object behind `link`, and where it goes.
async fn message(scene: &Scene, wallet: &Wallet, link: &str) -> (String, Value) {
    let router = scene.router();
    let compact = wallet.compact(&router, link).await;
    let object = Value::Object(jose::jws::Unverified::parse(&compact).unwrap().claims().unwrap());
    let info = object["verifier_info"].as_array().unwrap();
    let entry = info.iter().find(|entry| entry["format"] == "passport_counter_offer").expect("an entry");
    let uses: Vec<&Value> = info.iter().filter(|entry| entry["format"] == "passport_intended_use").collect();
    assert_eq!(uses, [&json!({"format": "passport_intended_use", "data": {"id": "membership"}})]);
    let (signed, _) = compact.rsplit_once('.').unwrap();
    let message = json!({
        "request": base64url::encode(digest::sha256(signed)),
        "state": object["state"],
        "offered": ENOUGH.map(|claim| json!([claim])),
        "instead": [{"of": ["address"], "offer": ["address", "country"]}],
    });
    (path(entry["data"]["uri"].as_str().unwrap()), message)
}

async fn offer(scene: &Scene, path: &str, message: &Value) -> Answered {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    send(&scene.router(), request.body(message.to_string().into()).unwrap()).await
}

async fn listed(scene: &Scene) -> Value {
    let (space, presentation) = scene.stage.space();
    handle(&space, &presentation, json!({"command": "verifier.counter-offers"})).await.unwrap()
}

#[tokio::test]
async fn over_less_the_space_asks_anew_and_the_person_at_the_page_goes_on() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let wallet = scene.wallet();
    for (way, landing) in [("link", "/join/return?"), ("qr", "/join/phone?")] {
        let link = too_much(&mut browser, way).await;
        let (path, message) = message(&scene, &wallet, &link).await;
        let answered = offer(&scene, &path, &message).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
        assert_eq!(answered.header("cache-control"), "no-store");
        assert_eq!(answered.json()["outcome"], "new_request");
        let anew = answered.json()["request"]["link"].as_str().unwrap().to_owned();
        let object = wallet.request(&scene.router(), &anew).await;
        let query = object["dcql_query"].to_string();
        assert!(query.contains(r#"["address","country"]"#) && !query.contains(r#"["address"]"#), "{query}");
        assert!(!query.contains("company"), "what was not offered is not asked any more: {query}");
        let said: Vec<&Value> =
            object["verifier_info"].as_array().unwrap().iter().map(|one| &one["format"]).collect();
        assert_eq!(said, ["registration_cert", "passport_intended_use"], "it takes no counter-offer itself");
        let country = ("own", "address", json!({"country": "DE"}));
        let reply = wallet.answer_with(&scene.router(), &anew, &[country]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        assert!(super::stage::path(reply.json()["redirect_uri"].as_str().unwrap()).starts_with(landing));
        if way == "link" {
            let back = super::stage::path(reply.json()["redirect_uri"].as_str().unwrap());
            browser.get(&back).await;
            assert_eq!(browser.state().await, "with-the-team");
        }
        browser = Browser::new(&scene);
    }
    let listed = listed(&scene).await;
    let one = &listed["counter_offers"][1];
    assert_eq!(one["form"], FORM);
    assert_eq!(one["offered"], json!(ENOUGH));
    assert_eq!(one["instead"], json!([{"of": "address", "offer": "address.country"}]));
    assert_eq!(one["left_out"], json!(["birthdate", "company", "bio"]));
    assert_eq!((&one["outcome"], &one["then"]), (&json!("asked_anew"), &json!("accepted")));
}

#[tokio::test]
async fn what_is_not_enough_is_declined_with_the_reason_and_the_request_stays_open() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let wallet = scene.wallet();
    let link = too_much(&mut browser, "link").await;
    let (path, mut message) = message(&scene, &wallet, &link).await;
    message["instead"] = json!([]);
    let answered = offer(&scene, &path, &message).await;
    let reason = "address is needed; in its place address.country would be taken";
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
    assert_eq!(answered.json(), json!({"outcome": "declined", "reason": reason}));
    message["instead"] = json!([{"of": ["address"], "offer": ["ada@example.org"]}]);
    let answered = offer(&scene, &path, &message).await;
    assert_eq!(answered.json()["outcome"], "declined");
    let listed = listed(&scene).await;
    assert_eq!(listed["counter_offers"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("ada@example.org"), "what is no claim's name is not kept: {listed}");
    assert!(listed.to_string().contains("something unknown"));
    let address = ("own", "address", json!({"locality": "Town"}));
    let reply = wallet.answer_with(&scene.router(), &link, &[address]).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(offer(&scene, &path, &message).await.status, StatusCode::NOT_FOUND, "it was answered");
}

#[tokio::test]
async fn a_request_takes_three_counter_offers_and_no_more() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let link = too_much(&mut browser, "link").await;
    let (path, message) = message(&scene, &scene.wallet(), &link).await;
    for _ in 0..3 {
        assert_eq!(offer(&scene, &path, &message).await.status, StatusCode::OK);
    }
    let before = scene.stage.memory.entries();
    let fourth = offer(&scene, &path, &message).await;
    assert_eq!(
        (fourth.status, fourth.json()["error"].as_str()),
        (StatusCode::TOO_MANY_REQUESTS, Some("too_many"))
    );
    assert_eq!(scene.stage.memory.entries(), before);
    let other = too_much(&mut browser, "link").await;
    let (path, message) = super::counter_offers::message(&scene, &scene.wallet(), &other).await;
    assert_eq!(offer(&scene, &path, &message).await.status, StatusCode::OK, "each request has its own");
}

#[tokio::test]
async fn whoever_does_not_know_the_request_finds_nothing_and_leaves_nothing() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let link = too_much(&mut browser, "link").await;
    let other = too_much(&mut browser, "link").await;
    let (path, honest) = message(&scene, &scene.wallet(), &link).await;
    let (other_path, other) = message(&scene, &scene.wallet(), &other).await;
    let before = scene.stage.memory.entries();
    let with = |name: &str, value: &Value| {
        let mut message = honest.clone();
        message[name] = value.clone();
        message
    };
    let unknown = offer(&scene, "/counter-offer/AAAAAAAAAAAAAAAAAAAAAA", &honest).await;
    assert_eq!(
        (unknown.status, unknown.json()["error"].as_str()),
        (StatusCode::NOT_FOUND, Some("not_found"))
    );
    for (path, message) in [
        (path.as_str(), with("state", &json!("guessed"))),
        (path.as_str(), with("state", &other["state"])),
        (other_path.as_str(), honest.clone()),
        ("/counter-offer/", honest.clone()),
    ] {
        let refused = offer(&scene, path, &message).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}: {}", refused.text);
    }
    let refused = offer(&scene, &other_path, &honest).await;
    assert_eq!(refused.text, unknown.text, "one answer");
    let refused = offer(&scene, &path, &with("request", &other["request"])).await;
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (StatusCode::BAD_REQUEST, Some("invalid_request"))
    );
    assert_eq!(scene.stage.memory.entries(), before);
    assert_eq!(offer(&scene, &path, &honest).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_counter_offer_to_a_request_that_has_ended_finds_nothing() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let link = too_much(&mut browser, "link").await;
    let (path, message) = message(&scene, &scene.wallet(), &link).await;
    scene.clock.advance(299);
    assert_eq!(offer(&scene, &path, &message).await.status, StatusCode::OK);
    scene.clock.advance(1);
    assert_eq!(offer(&scene, &path, &message).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_no_counter_offer_to_this_request_is_refused_and_not_counted() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let link = too_much(&mut browser, "link").await;
    let (path, honest) = message(&scene, &scene.wallet(), &link).await;
    let before = scene.stage.memory.entries();
    let everything = ["email", "given_name", "family_name", "birthdate", "company", "bio", "address"];
    let changes: [(&str, Value); 5] = [
        ("offered", json!([["email"], ["phone_number"]])),
        ("offered", json!([["email", {"value": "ada@example.org"}]])),
        ("instead", json!([{"of": ["number"], "offer": ["address", "country"]}])),
        ("email", json!("ada@example.org")),
        ("offered", json!([])),
    ];
    for (name, value) in changes {
        let mut message = honest.clone();
        message[name] = value;
        if name == "offered" && message["offered"] == json!([]) {
            message["instead"] = json!([]);
        }
        let refused = offer(&scene, &path, &message).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{message}");
        assert_eq!(refused.json()["error"], "invalid_request");
        assert!(!refused.text.contains("ada@example.org"), "{}", refused.text);
    }
    let mut long = honest.clone();
    long["request"] = json!("r".repeat(16 * 1_024));
    assert_eq!(offer(&scene, &path, &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let form = Request::post(path.as_str()).header(header::CONTENT_TYPE, "text/plain");
    let refused = send(&scene.router(), form.body(honest.to_string().into()).unwrap()).await;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(scene.stage.memory.entries(), before);

    let usual = browser.ask("link").await;
    let (path, mut all) = message(&scene, &scene.wallet(), &usual).await;
    all["offered"] = everything[..6].iter().map(|claim| json!([claim])).collect();
    all["instead"] = json!([]);
    let refused = offer(&scene, &path, &all).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "no less than was asked: {}", refused.text);
}

#[tokio::test]
async fn a_form_beyond_the_registration_is_asked_only_where_it_says_so_and_the_team_is_told() {
    let scene = Scene::new();
    let (space, presentation) = scene.stage.space();
    let asked = handle(&space, &presentation, json!({"command": "verifier.request", "form": FORM})).await;
    let warning = asked.unwrap()["warning"].as_str().unwrap().to_owned();
    assert!(warning.starts_with("this form asks for [\"address\"], which is not registered"), "{warning}");
    let asked =
        handle(&space, &presentation, json!({"command": "verifier.request", "form": "sign-up"})).await;
    assert_eq!(asked.unwrap()["warning"], Value::Null);
    let warned = listed(&scene).await["beyond_registration"].clone();
    assert_eq!(warned.as_array().unwrap().len(), 1);
    assert_eq!((&warned[0]["form"], &warned[0]["is_asked"]), (&json!(FORM), &json!(true)));
}
