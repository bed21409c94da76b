//! Invitations: the page with the number, the link, and what the team sees.

use http::{Method, StatusCode};
use verifier::api_keys::Scope;
use verifier::invitations::SIGN_UP_LIFETIME;

use super::outbox::number;
use super::*;
use crate::handle;

/// Has the invitations sent that wait.
async fn work(scene: &Scene) {
    let (space, _) = scene.stage.space();
    while space.send_invitations().await.unwrap() > 0 {}
}

pub(super) async fn ask(scene: &Scene, request: Value) -> Result<Value, String> {
    let (space, presentation) = scene.stage.space();
    handle(&space, &presentation, request).await
}

/// The path of the newest letter's link.
fn link(scene: &Scene) -> String {
    stage::path(&scene.stage.outbox.letters().last().unwrap().1.link)
}

async fn state(scene: &Scene, made: &Value) -> String {
    let all = ask(scene, json!({"command": "verifier.invitations"})).await.unwrap();
    let all = all["invitations"].as_array().unwrap().clone();
    all.iter().find(|one| one["id"] == made["id"]).unwrap()["state"].as_str().unwrap().to_owned()
}

/// An invitation of the team to sign up, with the path of its link.
pub(super) async fn invited(scene: &Scene, seed: u64) -> (Value, String) {
    let made = ask(scene, json!({"command": "verifier.invite", "number": number(seed)})).await.unwrap();
    work(scene).await;
    (made, link(scene))
}

async fn type_number(browser: &mut Browser<'_>, number: &str, email: &str) -> Answered {
    let page = browser.get("/join/number").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let token = csrf(&page);
    let fields = [("number", number), ("email", email), ("csrf", token.as_str())];
    browser.post_form("/join/number", &openid4vc::form::encode(fields)).await
}

#[tokio::test]
async fn whoever_types_a_number_sees_the_same_for_every_one_and_it_goes_out_by_a_job() {
    let scene = Scene::new();
    let mut seen = Vec::new();
    // The first of an hour begins the count.
    type_number(&mut Browser::new(&scene), &number(9), "ada@example.org").await;
    // A number that is typed for the first time, another, and the first again while its invitation is open.
    for seed in [1, 2, 1] {
        let mut browser = Browser::new(&scene);
        let before = scene.stage.memory.entries().len();
        let answered = type_number(&mut browser, &number(seed), "ada@example.org").await;
        let new = scene.stage.memory.entries().len() - before;
        assert_eq!(scene.stage.outbox.letters().len(), 0, "nothing is looked up while somebody waits");
        let page = browser.get(answered.header("location")).await;
        seen.push((answered.status, answered.headers, answered.text, new, page.status, page.text));
    }
    assert_eq!((seen[0].0, seen[0].4), (StatusCode::SEE_OTHER, StatusCode::OK));
    assert!(seen[0].5.contains("Look into your wallet"), "{}", seen[0].5);
    assert!(seen[1..].iter().all(|other| *other == seen[0]), "{seen:?}");
    work(&scene).await;
    let letters = scene.stage.outbox.letters();
    let to: std::collections::BTreeSet<String> = letters.iter().map(|(to, _)| to.clone()).collect();
    let each = [1, 2, 9].map(|seed| number(seed).replace('-', ""));
    assert_eq!((to, letters.len()), (each.into(), 3));
    assert!(letters.iter().all(|(_, letter)| letter.email.as_deref() == Some("ada@example.org")));
}

#[tokio::test]
async fn a_slip_is_said_beside_its_field_and_what_was_typed_stays() {
    let scene = Scene::new();
    let good = number(1);
    let last = if good.ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{last}", good.strip_suffix(|_| true).unwrap());
    for (typed, email, said, field) in [
        (mistyped.as_str(), "ada@example.org", "one symbol is wrong, or two are swapped", "number"),
        ("HRB1-0000", "ada@example.org", "13 letters and digits", "number"),
        ("HRB1-UUUU-00000", "ada@example.org", "and no U", "number"),
        ("", "ada@example.org", "Type your network passport number", "number"),
        (good.as_str(), "ada", "Type one e-mail address", "email"),
        (good.as_str(), "ada@example.org, ben@example.org", "Type one e-mail address", "email"),
    ] {
        let mut browser = Browser::new(&scene);
        let page = type_number(&mut browser, typed, email).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{typed} {email}");
        assert!(page.text.contains(said), "{said}: {}", page.text);
        let error = format!("id=\"{field}-error\"");
        let described = format!("aria-describedby=\"{field}-hint {field}-error\" aria-invalid=\"true\"");
        assert!(page.text.contains(&error) && page.text.contains(&described), "{}", page.text);
        assert!(page.text.contains(&format!("href=\"#{field}\"")), "the summary leads to the field");
        assert!(page.text.contains(&format!("name=\"email\" value=\"{email}\"")), "{}", page.text);
    }
    work(&scene).await;
    assert_eq!(scene.stage.outbox.letters().len(), 0);
    // Case, spaces and look-alikes are forgiven.
    let mut browser = Browser::new(&scene);
    let spelt = format!(" {} ", good.to_lowercase().replace('-', " "));
    assert_eq!(type_number(&mut browser, &spelt, " ada@example.org ").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_typed_is_escaped_and_the_pages_speak_both_languages_plainly() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let page = type_number(&mut browser, "\"><script>", "'><b>").await;
    assert!(!page.text.contains("<script>") && !page.text.contains("<b>"), "{}", page.text);
    let (_, path) = invited(&scene, 1).await;
    for language in ["en", "es"] {
        let mut browser = Browser { scene: &scene, cookie: None, language };
        for path in ["/join", "/join/number", "/join/number/sent", &path, "/join/invited/nothing"] {
            let page = browser.get(path).await;
            let said = page.text.to_lowercase().replace("href=\"/privacy\"", "");
            for word in
                ["credential", "credencial", "verifier", ">did", "claim", "holder", "number-", "invited-t"]
            {
                let said = said.replace("id=\"number-hint", "").replace("describedby=\"number-hint", "");
                assert!(!said.contains(word), "{word} on {path}: {said}");
            }
            assert_eq!(page.text.matches("<h1").count(), 1, "{path}");
        }
    }
}

#[tokio::test]
async fn whoever_opens_the_link_at_a_screen_signs_up_there() {
    let scene = Scene::new();
    let (made, path) = invited(&scene, 1).await;
    assert_eq!(state(&scene, &made).await, "sent");
    let mut browser = Browser::new(&scene);
    let page = browser.get(&path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("Kiln North invites you"), "{}", page.text);
    assert_eq!(state(&scene, &made).await, "opened");
    let link = page.text.split("href=\"openid4vp://").nth(1).unwrap().split('"').next().unwrap();
    let link = format!("openid4vp://{}", link.replace("&amp;", "&").replace("&#38;", "&"));
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    assert_eq!(state(&scene, &made).await, "opened", "nobody knows yet who was there");
    browser.get(&stage::path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    assert_eq!(browser.state().await, "joined");
    assert_eq!(state(&scene, &made).await, "answered");
    let again = Browser::new(&scene).get(&path).await;
    assert!(again.status == StatusCode::OK && again.text.contains("has been answered"), "{}", again.text);
    assert!(!again.text.contains("openid4vp://"));
}

#[tokio::test]
async fn a_wallet_fetches_a_fresh_request_each_time_and_needs_no_screen() {
    let scene = Scene::new();
    let (made, path) = invited(&scene, 1).await;
    let post = || Request::post(path.clone()).body(Body::empty()).unwrap();
    let first = send(&scene.router(), post()).await;
    assert_eq!((first.status, first.header("cache-control")), (StatusCode::OK, "no-store"), "{}", first.text);
    assert!(!first.headers.contains_key("set-cookie"), "no session begins");
    let second = send(&scene.router(), post()).await;
    assert_ne!(first.json()["request_uri"], second.json()["request_uri"]);
    assert_eq!(state(&scene, &made).await, "opened");
    let reply = scene.wallet().answer(&scene.router(), second.json()["link"].as_str().unwrap()).await;
    assert!(reply.json().get("redirect_uri").is_none() && reply.json().get("sharing_proof_uri").is_some());
    assert_eq!(state(&scene, &made).await, "answered");
    let over = send(&scene.router(), post()).await;
    assert_eq!((over.status, over.json()["error"].as_str()), (StatusCode::GONE, Some("invalid_request")));
}

#[tokio::test]
async fn whoever_answered_may_be_invited_again_by_the_team_and_at_the_page_which_says_the_same_either_way() {
    let scene = Scene::new();
    let (_, path) = invited(&scene, 1).await;
    let wanted = json!({"command": "verifier.invite", "number": number(1)});
    let typed = async || {
        let mut browser = Browser::new(&scene);
        let answered = type_number(&mut browser, &number(1), "ada@example.org").await;
        let page = browser.get(answered.header("location")).await;
        work(&scene).await;
        (answered.status, answered.headers, answered.text, page.status, page.text)
    };
    let answer = async |path: &str| {
        let asked = send(&scene.router(), Request::post(path).body(Body::empty()).unwrap()).await;
        scene.wallet().answer(&scene.router(), asked.json()["link"].as_str().unwrap()).await;
    };
    let while_open = typed().await;
    assert_eq!(scene.stage.outbox.letters().len(), 1);
    let refused = ask(&scene, wanted.clone()).await.unwrap_err();
    assert!(refused.contains("when that was answered or has expired"), "{refused}");
    answer(&path).await;
    assert_eq!(typed().await, while_open, "the page tells nobody which it was");
    assert_eq!(scene.stage.outbox.letters().len(), 2);
    answer(&link(&scene)).await;
    ask(&scene, wanted).await.unwrap();
    work(&scene).await;
    assert_eq!(scene.stage.outbox.letters().len(), 3);
    let over = send(&scene.router(), Request::post(&path).body(Body::empty()).unwrap()).await;
    assert_eq!(over.status, StatusCode::GONE, "the first link stays used up");
}

#[tokio::test]
async fn a_link_that_never_was_and_one_whose_time_is_up_are_one_page() {
    let scene = Scene::new();
    let (_, path) = invited(&scene, 1).await;
    scene.clock.advance(SIGN_UP_LIFETIME);
    let unknown = "/join/invited/AAAAAAAAAAAAAAAAAAAAAA";
    let mut answers = Vec::new();
    for path in [path.as_str(), unknown] {
        let page = Browser::new(&scene).get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(page.text.contains("This invitation does not work"), "{}", page.text);
        let request = Request::post(path).body(Body::empty()).unwrap();
        let posted = send(&scene.router(), request).await;
        let status = Browser::new(&scene).get(&format!("{path}/status")).await;
        assert_eq!(posted.status, StatusCode::NOT_FOUND);
        assert_eq!(status.json(), json!({"state": "gone"}));
        answers.push((page.headers, page.text, posted.headers, posted.text, status.headers));
    }
    assert!(answers[0] == answers[1], "{answers:?}");
}

#[tokio::test]
async fn what_looks_at_a_link_without_a_person_opens_nothing() {
    let scene = Scene::new();
    let (made, path) = invited(&scene, 1).await;
    let before = scene.stage.memory.entries();
    for (name, value) in
        [("sec-fetch-dest", "image"), ("sec-fetch-mode", "no-cors"), ("sec-purpose", "prefetch")]
    {
        let request = Request::get(&path).header(name, value).body(Body::empty()).unwrap();
        assert_eq!(send(&scene.router(), request).await.status, StatusCode::FORBIDDEN, "{name}");
    }
    let head = Request::builder().method(Method::HEAD).uri(&path).body(Body::empty()).unwrap();
    assert_eq!(send(&scene.router(), head).await.status, StatusCode::OK);
    assert!(scene.stage.memory.entries() == before);
    assert_eq!(state(&scene, &made).await, "sent");
}

#[tokio::test]
async fn here_i_am_asks_for_this_spaces_membership_at_the_screen_and_in_the_wallet() {
    let scene = Scene::new();
    let wanted = json!({"command": "verifier.invite", "number": number(1), "purpose": "here-i-am"});
    let made = ask(&scene, wanted).await.unwrap();
    assert_eq!(
        (&made["purpose"], &made["state"], &made["sub"]),
        (&json!("here-i-am"), &json!("sent"), &Value::Null)
    );
    work(&scene).await;
    let path = link(&scene);
    let page = Browser::new(&scene).get(&path).await;
    assert!(
        page.text.contains("is it you?") && page.text.contains("data-waiting=\"/join/invited/"),
        "{}",
        page.text
    );
    let asked = send(&scene.router(), Request::post(&path).body(Body::empty()).unwrap()).await;
    let object = scene.wallet().request(&scene.router(), asked.json()["link"].as_str().unwrap()).await;
    assert_eq!(
        object["dcql_query"]["credentials"][0]["claims"],
        json!([{"path": ["sub"]}, {"path": ["space"], "values": [stage::DID]}])
    );
    assert_eq!(Browser::new(&scene).get(&format!("{path}/status")).await.json(), json!({"state": "open"}));
    assert_eq!(state(&scene, &made).await, "opened");
}

#[tokio::test]
async fn a_mail_says_who_invites_holds_the_link_and_no_code() {
    let scene = Scene::new();
    for (email, language, subject) in [
        ("ada@example.org", "en", "Kiln North invites you"),
        ("ben@example.org", "es", "Kiln North te invita"),
    ] {
        let wanted = json!({"command": "verifier.invite", "email": email, "language": language});
        ask(&scene, wanted).await.unwrap();
        work(&scene).await;
        let mail = scene.stage.outbox.mails().pop().unwrap();
        assert_eq!((mail.to.as_str(), mail.subject.as_str()), (email, subject));
        let links: Vec<&str> = mail.text.split_whitespace().filter(|word| word.contains("://")).collect();
        assert_eq!(links.len(), 1, "{}", mail.text);
        let digits = mail.text.replace(links[0], "");
        assert!(!digits.bytes().any(|byte| byte.is_ascii_digit()), "{}", mail.text);
        let page = Browser::new(&scene).get(&stage::path(links[0])).await;
        assert_eq!(page.status, StatusCode::OK);
    }
}

/// A request of a program of the team.
pub(super) fn with_key(method: Method, path: &str, key: &str, body: Option<&Value>) -> Request<Body> {
    let request =
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
    match body {
        Some(body) => {
            let request = request.header(header::CONTENT_TYPE, "application/json");
            request.body(Body::from(body.to_string())).unwrap()
        }
        None => request.body(Body::empty()).unwrap(),
    }
}

/// A key that may do everything, and has been used today.
pub(super) async fn key(scene: &Scene, name: &str) -> String {
    let key = key_for(scene, name, &Scope::ALL).await;
    let used = send(&scene.router(), with_key(Method::GET, "/api/v1/forms", &key, None)).await;
    assert_eq!(used.status, StatusCode::OK, "{}", used.text);
    key
}

/// A key that may do this and nothing else.
pub(super) async fn key_for(scene: &Scene, name: &str, scopes: &[Scope]) -> String {
    let wanted = json!({"command": "verifier.key.make", "name": name, "scopes": scopes});
    let made = ask(scene, wanted).await.unwrap();
    made["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_page_after_a_number_leads_back_and_names_the_invitation_that_is_there_already() {
    let scene = Scene::new();
    for (language, back, other) in [
        ("en", "Back to the page of Kiln North", "open the invitation that you have already"),
        ("es", "Volver a la página de Kiln North", "abre la invitación que ya tienes"),
    ] {
        let mut browser = Browser { scene: &scene, cookie: None, language };
        let page = browser.get("/join/number/sent").await;
        assert!(page.text.contains(&format!("<a href=\"/\">{back}</a>")), "{}", page.text);
        assert!(page.text.contains(other), "{}", page.text);
    }
}

#[tokio::test]
async fn a_program_of_the_team_invites_and_sees_what_became_of_it() {
    let scene = Scene::new();
    let key = key(&scene, "front desk").await;
    let at = "/api/v1/invitations";
    let mut seen = Vec::new();
    for seed in [1, 2] {
        let wanted = json!({"number": number(seed), "days": 2});
        let made = send(&scene.router(), with_key(Method::POST, at, &key, Some(&wanted))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        assert_eq!((&made.json()["state"], &made.json()["by"]), (&json!("sent"), &json!("team")));
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let one = send(&scene.router(), with_key(Method::GET, &format!("{at}/{id}"), &key, None)).await;
        assert_eq!((one.status, one.text.as_str()), (StatusCode::OK, made.text.as_str()));
        // Known or unknown: status, headers and size are the same.
        seen.push((made.status, made.headers, made.text.len()));
    }
    assert_eq!(seen[0], seen[1]);
    let all = send(&scene.router(), with_key(Method::GET, at, &key, None)).await;
    assert_eq!(all.json()["invitations"].as_array().unwrap().len(), 2);
    assert!(!all.text.contains("HRB1"), "whom they went to stands nowhere");
    let here = json!({"number": number(1), "purpose": "here-i-am"});
    let made = send(&scene.router(), with_key(Method::POST, at, &key, Some(&here))).await;
    assert_eq!((made.status, &made.json()["purpose"]), (StatusCode::CREATED, &json!("here-i-am")));
    assert_eq!(
        ask(&scene, json!({"command": "verifier.key.list"})).await.unwrap()["keys"][0]["name"],
        "front desk"
    );
}
