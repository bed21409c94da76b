//! The portal: its ways in, signing in as far as a browser goes by itself, the member's page, the look and the button.

use credentials::types;
use credentials::vc::Facts;
use environment::SeededRandomness;
use http::StatusCode;
use jose::{Algorithm, Signer, SigningKey};
use presentation::{Answer, Prepared, Presented, Receiving, SignedBy, Way};
use store::{Change, Fault, Tx};
use web::session::SessionSecret;

use super::stage::{DID, ORIGIN};
use super::*;
use crate::SpaceLook;
use crate::screen::name_of;

/// Stores what was prepared, and a copy of the membership at the first place.
struct Shown<'a> {
    prepared: Option<&'a dyn Prepared>,
    sub: &'a str,
}

impl Change for Shown<'_> {
    const NAME: &'static str = "shown";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        if let Some(prepared) = self.prepared {
            return Ok(prepared.apply(tx).await?);
        }
        let until = tx.now().plus(14 * 86_400).seconds();
        let (list, configuration) = ("1".to_owned(), "membership".to_owned());
        let subject = self.sub.to_owned();
        Ok(tx.put(&issuance::StatusEntry { list, index: 0, subject, configuration, until }).await?)
    }
}

/// A browser in which a member is signed in, and the member.
pub(super) async fn signed_in(scene: &Scene) -> (Browser<'_>, String) {
    let (space, _) = scene.stage.space();
    let vouched = verifier::members::Vouched {
        given_name: "Ada".to_owned(),
        family_name: "Canaryfamily".to_owned(),
        birthdate: "1990-01-02".to_owned(),
        check: verifier::members::Check::Document,
    };
    let (sub, _) = space.add_member(&vouched, false, 600).await.unwrap();
    (signed_in_as(scene, &sub, 42).await, sub)
}

/// A browser in which the member `sub` is signed in.
pub(super) async fn signed_in_as<'a>(scene: &'a Scene, sub: &str, seed: u64) -> Browser<'a> {
    let (space, _) = scene.stage.space();
    let tenant = scene.stage.tenant();
    tenant.carry_out(&Shown { prepared: None, sub }).await.unwrap();
    let key = SigningKey::generate(Algorithm::Es256, scene.stage.environment.randomness()).unwrap();
    let now = scene.stage.environment.now();
    let facts = json!({"vct": types::MEMBERSHIP, "cnf": {"jwk": key.public_jwk().to_value()},
        "iat": now.seconds(), "exp": now.plus(300).seconds(),
        "status": {"status_list": {"uri": format!("{ORIGIN}/status/1"), "idx": 0}}});
    let answer = Answer {
        request_id: "request".to_owned(),
        subject: space.sign_in_request().unwrap().subject,
        request_hash: "hash".to_owned(),
        way: Way::SameDevice { session: openid4vc::secret::SecretHash::of("screen") },
        answering_key: Some(key.public_jwk().clone()),
        presented: vec![Presented {
            query: "membership".to_owned(),
            signed_by: SignedBy::Space(DID.to_owned()),
            facts: Facts::of(facts.as_object().unwrap()).unwrap(),
            claims: serde_json::Map::new(),
            disclosed: Vec::new(),
        }],
    };
    let Ok(prepared) = space.prepare(&answer).await else { panic!("the membership counts") };
    tenant.carry_out(&Shown { prepared: Some(prepared.as_ref()), sub }).await.unwrap();
    let secret = SessionSecret::fresh(&SeededRandomness::new(seed));
    space.sign_in(&answer.subject, &name_of(&secret)).await.unwrap().unwrap();
    let mut browser = Browser::new(scene);
    let cookie = secret.cookie(None).to_str().unwrap().to_owned();
    browser.cookie = cookie.split(';').next().map(str::to_owned);
    browser
}

#[tokio::test]
async fn the_first_page_has_each_way_in_and_speaks_both_languages() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    for (language, sign_up, sign_in, none) in [
        ("en", "Sign up with Passport", "Sign in with Passport", "I have no passport yet"),
        ("es", "Registrarse con Passport", "Iniciar sesión con Passport", "Todavía no tengo pasaporte"),
    ] {
        browser.language = language;
        let page = browser.get("/").await;
        assert_eq!(page.status, StatusCode::OK);
        for (href, label) in [("/join", sign_up), ("/sign-in", sign_in), ("/no-passport", none)] {
            let link = format!("href=\"{href}\"");
            assert!(page.text.contains(&link) && page.text.contains(label), "{href} {label}");
        }
        assert!(page.text.contains("href=\"/join/number\"") && page.text.contains("class=\"qr\""));
        assert!(!page.headers.contains_key("set-cookie"), "a visitor gets no session");
        let told = browser.get("/no-passport").await;
        assert_eq!(told.status, StatusCode::OK);
        for text in [&page.text, &told.text] {
            for word in ["DID", "credential", "claim", "verifier", "holder", "disclose", "vault", "pairwise"]
            {
                assert!(!text.split(|symbol: char| !symbol.is_alphabetic()).any(|one| one == word), "{word}");
            }
        }
    }
}

#[tokio::test]
async fn a_space_without_the_registered_use_signs_nobody_in() {
    let scene = Scene::new();
    let stage =
        Stage::registered(scene.stage.environment.clone(), vec![form("sign-up", Approval::Automatic)], false);
    let router = crate::router(stage.site());
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert!(!send(&router, get("/")).await.text.contains("Sign in with Passport"));
    let page = send(&router, get("/sign-in")).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text.contains("Nobody can sign in here yet"));
    assert!(send(&router, get("/passport-button.js")).await.text.contains("\"sign-in\":null"));
}

#[tokio::test]
async fn the_page_to_sign_in_asks_for_a_membership_of_this_space_for_each_way() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let page = browser.get("/sign-in").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let (_, after) = page.text.split_once("id=\"sign-in-link\"").unwrap();
    let link = after.split_once("value=\"").unwrap().1.split_once('"').unwrap().0.replace("&#38;", "&");
    let request = scene.wallet().request(&scene.router(), &link).await;
    let asked = &request["dcql_query"]["credentials"];
    assert_eq!(asked.as_array().unwrap().len(), 1);
    assert_eq!(asked[0]["claims"], json!([{"path": ["space"], "values": [DID]}]));
    assert_eq!(asked[0]["meta"]["vct_values"], json!([types::MEMBERSHIP]));
    let state = browser.get("/sign-in/status").await.json();
    assert_eq!(state, json!({"state": "waiting"}));
    let session = browser.cookie.clone();
    // Another tab that joins shares the browser's session, and neither sees what belongs to the other.
    assert_eq!(browser.get("/join").await.status, StatusCode::OK);
    assert_eq!((browser.state().await.as_str(), browser.cookie.clone()), ("waiting", session.clone()));
    let declined = scene.wallet().decline(&scene.router(), &link).await;
    assert_eq!(declined.status, StatusCode::OK, "{}", declined.text);
    assert_eq!(browser.state().await, "waiting", "the tab that joins");
    let state = browser.get("/sign-in/status").await.json();
    assert_eq!(state, json!({"state": "not-shared", "location": "/sign-in/answer"}));
    let said = browser.get("/sign-in/answer").await;
    assert!(said.text.contains("You chose not to show it"), "{}", said.text);
    browser.get("/sign-in").await;
    assert_ne!(browser.cookie, session, "what is over is left behind");
    scene.clock.advance(301);
    assert_eq!(browser.get("/sign-in/status").await.json()["state"], "expired");
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_it_and_sees_nothing() {
    let scene = Scene::new();
    let before = scene.stage.memory.entries();
    for cookie in [None, Some("__Host-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned())] {
        let mut browser = Browser::new(&scene);
        browser.cookie = cookie;
        let page = browser.get("/member").await;
        assert_eq!((page.status, page.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
        assert_eq!(browser.get("/sign-in/status").await.json()["state"], "ended");
    }
    let mut browser = Browser::new(&scene);
    for path in ["/sign-in/return", "/sign-in/return?request=a", "/sign-in/phone?request=a"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/sign-in/return?request=a&response_code=b", "/sign-in/phone?request=a&response_code=b"] {
        assert_eq!(browser.get(path).await.status, StatusCode::GONE, "{path}");
    }
    assert!(scene.stage.memory.entries() == before);
}

#[tokio::test]
async fn a_member_sees_what_the_membership_says_and_signs_out() {
    let scene = Scene::new();
    let (mut browser, sub) = signed_in(&scene).await;
    let page = browser.get("/member").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Welcome back to Kiln North"), "{}", page.text);
    for hidden in ["Ada", "Canaryfamily", "1990-01-02", sub.as_str()] {
        assert!(!page.text.contains(hidden), "{hidden}");
    }
    assert_eq!(browser.get("/sign-in").await.header("location"), "/member");
    assert_eq!(
        browser.get("/sign-in/status").await.json(),
        json!({"state": "signed-in", "location": "/member"})
    );
    let home = browser.get("/").await;
    assert!(home.text.contains("To your pages") && !home.text.contains("Sign in with Passport"));
    let session = browser.cookie.clone();
    assert_eq!(browser.get("/join").await.status, StatusCode::OK);
    assert_eq!(browser.cookie, session, "looking at the page for joining signs nobody out");

    let token = csrf(&page);
    for wrong in ["csrf=", "csrf=AAAA", ""] {
        assert_eq!(browser.post_form("/sign-out", wrong).await.status, StatusCode::FORBIDDEN, "{wrong}");
    }
    assert_eq!(browser.get("/member").await.status, StatusCode::OK, "still signed in");
    let out = browser.post_form("/sign-out", &format!("csrf={token}")).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/"));
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    browser.cookie = session;
    assert_eq!(browser.get("/member").await.header("location"), "/sign-in", "the old cookie counts no more");
}

#[tokio::test]
async fn a_member_whose_membership_ends_is_out_at_once_at_both_servers() {
    let scene = Scene::new();
    let (mut browser, sub) = signed_in(&scene).await;
    let (space, _) = scene.stage.space();
    for _ in 0..2 {
        assert_eq!(browser.get("/member").await.status, StatusCode::OK);
    }
    space.end_membership(&sub).await.unwrap();
    for _ in 0..2 {
        assert_eq!(browser.get("/member").await.header("location"), "/sign-in");
    }
}

#[tokio::test]
async fn digits_to_sign_in_need_a_form_of_their_own_session() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    browser.get("/sign-in").await;
    let number = browser.get("/join/number").await;
    for token in ["", "AAAA", &csrf(&number)] {
        let sent = browser.post_form("/sign-in/code", &format!("csrf={token}&code=123456")).await;
        assert_eq!(sent.status, StatusCode::FORBIDDEN, "{token}");
    }
    assert_eq!(browser.get("/sign-in/code").await.header("location"), "/sign-in/answer");
    assert_eq!(browser.get("/sign-in/status").await.json()["state"], "waiting");
}

#[tokio::test]
async fn only_whoever_comes_to_the_page_has_requests_to_sign_in_made() {
    let scene = Scene::new();
    let before = scene.stage.memory.entries();
    let router = scene.router();
    for (name, value) in
        [("sec-fetch-dest", "image"), ("sec-fetch-mode", "no-cors"), ("sec-purpose", "prefetch")]
    {
        let request = Request::get("/sign-in").header(name, value).body(Body::empty()).unwrap();
        assert_eq!(send(&router, request).await.status, StatusCode::FORBIDDEN, "{name}");
    }
    for path in ["/sign-in", "/sign-in/return", "/sign-in/phone", "/sign-in/answer"] {
        let request = Request::head(path).body(Body::empty()).unwrap();
        assert_eq!(send(&router, request).await.status, StatusCode::OK, "{path}");
    }
    assert!(scene.stage.memory.entries() == before);
}

const LOGO: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";

#[tokio::test]
async fn a_space_wears_its_colour_and_its_logo_is_a_picture_and_nothing_else() {
    let scene = Scene::new();
    let look = SpaceLook::new(Some("#ffcc00"), Some(LOGO.to_vec())).unwrap();
    let router = crate::router(
        scene
            .stage
            .site()
            .with_look(look.clone())
            .with_wallets(vec!["https://wallet.example.org/".to_owned()]),
    );
    let get = async |path: &str| send(&router, Request::get(path).body(Body::empty()).unwrap()).await;
    let (style, logo) = (look.style().unwrap(), look.logo().unwrap());
    for path in ["/", "/join", "/sign-in", "/no-passport", "/privacy", "/join/answer"] {
        let page = get(path).await;
        assert!(page.text.contains(&format!("<link rel=\"stylesheet\" href=\"{style}\">")), "{path}");
        assert!(page.text.contains(&format!("<img class=\"logo\" src=\"{logo}\" alt=\"\"")), "{path}");
        assert!(!page.text.contains("alert(1)") && !page.text.contains("style=\""), "{path}");
    }
    assert!(get("/no-passport").await.text.contains("href=\"https://wallet.example.org/\""));
    let picture = get(&logo).await;
    assert_eq!(picture.status, StatusCode::OK);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert_eq!(picture.header("content-security-policy"), "sandbox; default-src 'none'");
    let css = get(&style).await;
    assert_eq!(css.header("content-type"), "text/css; charset=utf-8");
    assert!(css.text.contains("background:#ffcc00;color:#000000"), "{}", css.text);
    for path in ["/look/logo.svg", "/look/", "/look/..%2Fparty.json", &style.replace("style", "logo")] {
        assert_eq!(get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let plain = Browser::new(&scene).get("/").await;
    assert!(!plain.text.contains("/look/"));
}

#[tokio::test]
async fn the_button_is_one_script_for_any_site_and_is_not_sent_twice() {
    let scene = Scene::new();
    let router = scene.router();
    let script = send(&router, Request::get("/passport-button.js").body(Body::empty()).unwrap()).await;
    assert_eq!(script.status, StatusCode::OK);
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("cache-control", "public, max-age=300"),
    ] {
        assert_eq!(script.header(name), value);
    }
    assert!(!script.headers.contains_key("set-cookie"));
    assert!(!script.headers.contains_key("access-control-allow-credentials"));
    assert!(script.text.contains(&format!("\"sign-in\":\"{ORIGIN}/sign-in\"")), "{}", script.text);
    assert!(script.text.len() < 4_096, "{} bytes", script.text.len());
    let again = |tag: String| {
        Request::get("/passport-button.js").header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap()
    };
    let known = send(&router, again(format!("W/{}", script.header("etag")))).await;
    assert_eq!((known.status, known.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(send(&router, again("\"other\"".to_owned())).await.status, StatusCode::OK);
}
