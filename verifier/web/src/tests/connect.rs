//! A site signs a member in, over two servers and one store: the whole way, and every step of it taken by somebody who may not.

mod as_login;
mod ending;
mod managing;
mod tokens;
mod waiting;

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use jose::jws::{Policy, Unverified};
use jose::{Algorithm, Jwk, VerifyingKey};
use openid4vc::form::encode;
use verifier::forms::ChangedBy;
use verifier::sites::managing::{NewSite, SiteError};
use verifier::team::Role;

use super::console::Console;
use super::portal::signed_in_as;
use super::stage::{ORIGIN, path};
use super::*;

const BACK: &str = "https://book.example.org/back";
const OUT: &str = "https://book.example.org/out";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A browser with all its cookies.
struct Visitor<'a> {
    scene: &'a Scene,
    jar: BTreeMap<String, String>,
}

impl<'a> Visitor<'a> {
    fn new(scene: &'a Scene) -> Self {
        Self { scene, jar: BTreeMap::new() }
    }

    async fn of_member(scene: &'a Scene, sub: &str, seed: u64) -> Self {
        let mut visitor = Self::new(scene);
        visitor.sign_in(sub, seed).await;
        visitor
    }

    async fn sign_in(&mut self, sub: &str, seed: u64) {
        let cookie = signed_in_as(self.scene, sub, seed).await.cookie.unwrap();
        self.take(&cookie);
    }

    fn take(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        if value.is_empty() {
            self.jar.remove(name);
        } else {
            self.jar.insert(name.to_owned(), value.to_owned());
        }
    }

    async fn send(&mut self, mut request: http::request::Builder, body: String) -> Answered {
        let cookies = self.jar.iter().map(|(name, value)| format!("{name}={value}"));
        request = request
            .header("host", "kiln-north.localhost:8097")
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::COOKIE, cookies.collect::<Vec<_>>().join("; "));
        let answered = send(&self.scene.router(), request.body(Body::from(body)).unwrap()).await;
        for cookie in answered.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().to_owned();
            self.take(&cookie);
        }
        answered
    }

    async fn get(&mut self, path: &str) -> Answered {
        self.send(Request::get(path), String::new()).await
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, encode(fields.iter().copied())).await
    }

    /// Presses a button of the page that asks the member.
    async fn press(&mut self, page: &Answered, answer: &str) -> Answered {
        let (csrf, request, shown) = (field(page, "csrf"), field(page, "request"), field(page, "shown"));
        let fields = [("csrf", &*csrf), ("request", &*request), ("shown", &*shown), ("answer", answer)];
        self.post("/connect/consent", &fields).await
    }

    /// The code that the site gets when the member says yes, or has said so before.
    async fn code(&mut self, site: &Registered) -> String {
        let mut answered = self.get(&asks(site, &[])).await;
        if answered.header("location") == "/connect/consent" {
            let page = self.get("/connect/consent").await;
            answered = self.press(&page, "yes").await;
        }
        parameter(&answered, "code").expect("a code")
    }
}

fn field(page: &Answered, name: &str) -> String {
    let (_, after) = page.text.split_once(&format!("name=\"{name}\" value=\"")).expect("a field");
    after.split_once('"').unwrap().0.to_owned()
}

/// A parameter of the address that a browser is sent to.
fn parameter(answered: &Answered, name: &str) -> Option<String> {
    let to = url::Url::parse(answered.header("location")).ok()?;
    to.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

struct Registered {
    id: String,
    secret: Option<String>,
}

impl Registered {
    async fn new(scene: &Scene, claims: &[&str], is_public: bool) -> Self {
        let (space, _) = scene.stage.space();
        let (site, secret) = space.add_site(booking(claims, is_public), ChangedBy::Terminal).await.unwrap();
        Self { id: site.id, secret: secret.map(|secret| secret.expose().to_owned()) }
    }

    async fn call(&self, scene: &Scene, path: &str, fields: &[(&str, &str)]) -> Answered {
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let mut fields = fields.to_vec();
        match &self.secret {
            Some(secret) => {
                let text = format!("{}:{secret}", self.id);
                // Of 86 characters without padding the two alphabets differ in two letters.
                let text = jose::base64url::encode(text).replace('-', "+").replace('_', "/");
                request = request.header(header::AUTHORIZATION, format!("Basic {text}"));
            }
            None => fields.push(("client_id", &self.id)),
        }
        send(&scene.router(), request.body(Body::from(encode(fields))).unwrap()).await
    }

    async fn exchange(&self, scene: &Scene, code: &str) -> Answered {
        self.call(scene, "/connect/token", &code_fields(code, VERIFIER, BACK)).await
    }

    async fn refresh(&self, scene: &Scene, token: &str) -> Answered {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.call(scene, "/connect/token", &fields).await
    }
}

fn booking(claims: &[&str], is_public: bool) -> NewSite {
    NewSite {
        name: "Booking".to_owned(),
        redirect_uris: vec![BACK.to_owned()],
        logout_uris: vec![OUT.to_owned()],
        claims: claims.iter().map(|claim| (*claim).to_owned()).collect(),
        purpose: "Booking rooms".to_owned(),
        sector: None,
        is_public,
    }
}

fn code_fields<'a>(code: &'a str, verifier: &'a str, back: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", back),
    ]
}

/// The address by which a site asks, with changes.
fn asks(site: &Registered, changes: &[(&str, Option<&str>)]) -> String {
    let mut fields = vec![
        ("client_id", site.id.as_str()),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid profile email offline_access"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        fields.retain(|(field, _)| field != name);
        fields.extend(value.map(|value| (*name, value)));
    }
    format!("/connect/authorize?{}", encode(fields))
}

async fn user_info(scene: &Scene, token: &str) -> Answered {
    let request = Request::get("/connect/userinfo").header(header::AUTHORIZATION, format!("Bearer {token}"));
    send(&scene.router(), request.body(Body::empty()).unwrap()).await
}

fn text(answered: &Answered, name: &str) -> String {
    answered.json()[name].as_str().unwrap_or_else(|| panic!("{name} in {}", answered.text)).to_owned()
}

/// Somebody who signed up with name and e-mail address.
async fn member(scene: &Scene) -> String {
    let mut browser = Browser::new(scene);
    let link = browser.ask("link").await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    browser.get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    let (space, _) = scene.stage.space();
    space.members(10).await.unwrap().pop().expect("a member").sub
}

async fn keys(scene: &Scene) -> Vec<Value> {
    let found = send(&scene.router(), Request::get("/connect/jwks").body(Body::empty()).unwrap()).await;
    found.json()["keys"].as_array().unwrap().clone()
}

async fn read(scene: &Scene, id_token: &str) -> serde_json::Map<String, Value> {
    let unverified = Unverified::parse(id_token).unwrap();
    let kid = unverified.header_text("kid").map(str::to_owned);
    let all = keys(scene).await;
    let key = all.iter().find(|key| key["kid"].as_str() == kid.as_deref()).expect("the key is shown");
    let key = VerifyingKey::new(&Jwk::from_value(key).unwrap()).unwrap();
    let policy = Policy { types: &["JWT"], algorithms: &[Algorithm::Es256] };
    unverified.verify(&key, &policy).unwrap().claims().unwrap()
}

#[tokio::test]
async fn a_site_signs_a_member_in_who_said_yes_and_gets_what_was_given_and_nothing_else() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email", "name", "birthdate"], false).await;
    let mut visitor = Visitor::new(&scene);
    let sent = visitor.get(&asks(&site, &[])).await;
    assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(sent.header("set-cookie").contains("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900"));
    assert_eq!(visitor.get("/connect/consent").await.header("location"), "/sign-in");
    let told = "You sign in here for Booking (https://book.example.org)";
    let asked = visitor.get("/sign-in").await;
    assert!(asked.text.contains(told), "{}", asked.text);
    let stranger = Visitor::new(&scene).get("/sign-in").await;
    assert!(
        stranger.status == StatusCode::OK && !stranger.text.contains("for-site"),
        "who came by themselves"
    );
    visitor.sign_in(&sub, 42).await;
    assert_eq!(visitor.get("/member").await.header("location"), "/connect/consent");
    let page = visitor.get("/connect/consent").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("<h1>Booking wants to sign you in</h1>"), "{}", page.text);
    assert!(page.text.contains("<li>E-mail address</li>") && page.text.contains("<li>Name</li>"));
    assert!(!page.text.contains("Date of birth"), "it was not given");
    assert!(!page.text.contains("ada@example.org"), "names of details, no values");
    assert!(page.header("content-security-policy").contains("form-action 'self' https://book.example.org;"));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    let back = visitor.press(&page, "yes").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    assert!(back.header("location").starts_with("https://book.example.org/back?code="));
    assert_eq!(parameter(&back, "state").as_deref(), Some("the-state"));
    assert_eq!(parameter(&back, "iss"), Some(format!("{ORIGIN}/connect")));
    assert!(!visitor.jar.contains_key("__Host-connect"));

    let given = site.exchange(&scene, &parameter(&back, "code").unwrap()).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    assert_eq!(given.header("cache-control"), "no-store");
    assert_eq!((&given.json()["token_type"], &given.json()["expires_in"]), (&json!("Bearer"), &json!(600)));
    let claims = read(&scene, &text(&given, "id_token")).await;
    let now = scene.stage.environment.now().seconds();
    assert_eq!(claims["iss"], format!("{ORIGIN}/connect"));
    assert_eq!((&claims["aud"], &claims["nonce"]), (&json!(site.id), &json!("the-nonce")));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 600)));
    assert_eq!((&claims["auth_time"], &claims["amr"]), (&json!(now), &json!(["pop"])));
    assert!(claims.get("email").is_none(), "what a scope names is in userinfo alone");
    assert_ne!(claims["sub"], json!(sub));
    let info = user_info(&scene, &text(&given, "access_token")).await;
    let wanted =
        json!({"sub": claims["sub"], "email": "ada@example.org", "email_verified": false, "name": "Ada Ada"});
    assert_eq!(info.json(), wanted);

    // The second time the member is not asked.
    let again = visitor.get(&asks(&site, &[("prompt", Some("none"))])).await;
    assert!(parameter(&again, "code").is_some(), "{}", again.header("location"));
    let shown = visitor.get("/member").await;
    assert!(shown.text.contains("<strong>Booking</strong> <span class=\"hint\">E-mail address, Name</span>"));
}

#[tokio::test]
async fn whoever_says_no_goes_back_and_nothing_is_given() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    visitor.get(&asks(&site, &[])).await;
    let page = visitor.get("/connect/consent").await;
    let back = visitor.press(&page, "no").await;
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&back, "state").as_deref(), Some("the-state"));
    assert_eq!(parameter(&back, "iss"), Some(format!("{ORIGIN}/connect")));
    let silent = visitor.get(&asks(&site, &[("prompt", Some("none"))])).await;
    assert_eq!(parameter(&silent, "error").as_deref(), Some("consent_required"));
    // The form of before answers nothing any more.
    let late = visitor.press(&page, "yes").await;
    assert_eq!(late.header("location"), "/connect/consent");
    assert!(!visitor.get("/member").await.text.contains("<strong>Booking</strong>"));
}

#[tokio::test]
async fn nobody_is_sent_on_before_site_and_address_are_known() {
    let scene = Scene::new();
    let site = Registered::new(&scene, &[], false).await;
    let before = scene.stage.memory.entries();
    let mut visitor = Visitor::new(&scene);
    let whole = asks(&site, &[]);
    let (client, missing, other, unreadable) = (
        "no site here has this client_id",
        "client_id is missing",
        "redirect_uri is missing, or is not letter by letter",
        "a parameter stands there twice, or the request is too long",
    );
    for (address, said) in [
        ("/connect/authorize".to_owned(), missing),
        (asks(&site, &[("client_id", None)]), missing),
        (asks(&site, &[("client_id", Some("other"))]), client),
        (asks(&site, &[("client_id", Some(&"c".repeat(1_100)))]), client),
        (asks(&site, &[("client_id", Some(&"c".repeat(65)))]), client),
        (asks(&site, &[("redirect_uri", None)]), other),
        (asks(&site, &[("redirect_uri", Some("https://evil.example/back"))]), other),
        (asks(&site, &[("redirect_uri", Some("https://book.example.org/back/../evil"))]), other),
        (asks(&site, &[("redirect_uri", Some("https://book.example.org/back?x=1"))]), other),
        (asks(&site, &[("redirect_uri", Some("javascript:alert(1)"))]), other),
        (format!("{whole}&redirect_uri=https%3A%2F%2Fevil.example"), unreadable),
        (format!("{whole}&state=2"), unreadable),
        (asks(&site, &[("scope", Some(&format!("openid {}", "x".repeat(8_192))))]), unreadable),
        (
            format!("{whole}{}", (0..1_000).map(|number| format!("&x{number}=")).collect::<String>()),
            unreadable,
        ),
    ] {
        let answered = visitor.get(&address).await;
        assert_eq!(answered.status, StatusCode::BAD_REQUEST, "{address:.200}");
        assert_eq!(answered.header("location"), "");
        assert!(
            answered.text.contains("This link does not lead on") && answered.text.contains(said),
            "{said}"
        );
        assert!(!answered.text.contains("evil"), "nothing that was sent is shown");
    }
    let long = "s".repeat(2_049);
    for (change, code) in [
        (("response_type", Some("token")), "unsupported_response_type"),
        (("scope", Some("email")), "invalid_scope"),
        (("code_challenge", None), "invalid_request"),
        (("code_challenge_method", Some("plain")), "invalid_request"),
        (("prompt", Some("none")), "login_required"),
        (("request_uri", Some("https://evil.example")), "request_uri_not_supported"),
        (("nonce", Some(long.get(..513).unwrap())), "invalid_request"),
        (("state", Some(long.as_str())), "invalid_request"),
    ] {
        let answered = visitor.get(&asks(&site, &[change])).await;
        // RFC 6749 §4.1.2.1 says which signs a description has.
        let description = parameter(&answered, "error_description").unwrap();
        let is_allowed = |sign: char| matches!(sign, ' '..='~') && sign != '"' && sign != '\\';
        assert!(description.len() > 10 && description.chars().all(is_allowed), "{change:?}: {description}");
        assert!(
            answered.header("location").starts_with("https://book.example.org/back?error="),
            "{change:?}"
        );
        assert_eq!(parameter(&answered, "error").as_deref(), Some(code));
        assert_eq!(parameter(&answered, "iss"), Some(format!("{ORIGIN}/connect")));
    }
    for (name, value) in
        [("sec-fetch-dest", "iframe"), ("sec-fetch-mode", "no-cors"), ("sec-purpose", "prefetch")]
    {
        let answered = visitor.send(Request::get(&whole).header(name, value), String::new()).await;
        assert_eq!(answered.status, StatusCode::FORBIDDEN, "{name}");
    }
    for address in [whole.as_str(), "/connect/consent"] {
        assert_eq!(visitor.send(Request::head(address), String::new()).await.status, StatusCode::OK);
    }
    assert!(scene.stage.memory.entries() == before);
    // A form of the site is the same as its link.
    let fields: Vec<(String, String)> =
        url::form_urlencoded::parse(whole.split_once('?').unwrap().1.as_bytes()).into_owned().collect();
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let posted = visitor.post("/connect/authorize", &fields).await;
    assert!(posted.header("location").starts_with("/connect/authorize?client_id="));
}

#[tokio::test]
async fn a_page_that_asks_answers_its_own_request_from_its_own_browser() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let (site, other) =
        (Registered::new(&scene, &["email"], false).await, Registered::new(&scene, &["name"], false).await);
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    visitor.get(&asks(&site, &[])).await;
    let first = visitor.get("/connect/consent").await;
    // Another tab comes with another site's request: the first page agrees to nothing of it.
    visitor.get(&asks(&other, &[])).await;
    let pressed = visitor.press(&first, "yes").await;
    assert_eq!(pressed.header("location"), "/connect/consent");
    let page = visitor.get("/connect/consent").await;
    let request = field(&page, "request");
    let forged = [("csrf", "AAAA"), ("request", request.as_str()), ("answer", "yes"), ("shown", "name")];
    assert_eq!(visitor.post("/connect/consent", &forged).await.status, StatusCode::FORBIDDEN);
    let csrf = field(&page, "csrf");
    let fields =
        encode([("csrf", csrf.as_str()), ("request", &request), ("answer", "yes"), ("shown", "name")]);
    for from in ["cross-site", "same-site"] {
        let foreign = Request::post("/connect/consent")
            .header("sec-fetch-site", from)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        assert_eq!(visitor.send(foreign, fields.clone()).await.status, StatusCode::FORBIDDEN, "{from}");
    }
    // Who has the session and not the browser's part of the request agrees to nothing.
    let mut thief = Visitor::new(&scene);
    thief.jar = visitor.jar.clone();
    thief.jar.remove("__Host-connect");
    assert_eq!(thief.press(&page, "yes").await.header("location"), "/connect/consent");
    // And who has that and no session neither.
    let mut stranger = Visitor::new(&scene);
    stranger.jar = visitor.jar.clone();
    stranger.jar.remove("__Host-session");
    assert_eq!(stranger.press(&page, "yes").await.status, StatusCode::FORBIDDEN);
    assert_eq!(stranger.get("/connect/consent").await.header("location"), "/sign-in");
    assert!(parameter(&visitor.press(&page, "yes").await, "code").is_some());
}

#[tokio::test]
async fn a_site_that_wants_a_new_sign_in_gets_one() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    visitor.code(&site).await;
    scene.clock.advance(100);
    let young = visitor.get(&asks(&site, &[("max_age", Some("100"))])).await;
    assert!(parameter(&young, "code").is_some());
    let silent = visitor.get(&asks(&site, &[("max_age", Some("99")), ("prompt", Some("none"))])).await;
    assert_eq!(parameter(&silent, "error").as_deref(), Some("login_required"));
    let old = visitor.get(&asks(&site, &[("max_age", Some("99"))])).await;
    assert_eq!(old.header("location"), "/sign-in");
    assert_eq!(visitor.get("/member").await.header("location"), "/sign-in", "the old session has ended");
    visitor.sign_in(&sub, 43).await;
    assert_eq!(visitor.get("/member").await.header("location"), "/connect/consent");
    let back = visitor.get("/connect/consent").await;
    let tokens = site.exchange(&scene, &parameter(&back, "code").unwrap()).await;
    let now = scene.stage.environment.now().seconds();
    assert_eq!(read(&scene, &text(&tokens, "id_token")).await["auth_time"], json!(now));
    let login = visitor.get(&asks(&site, &[("prompt", Some("login"))])).await;
    assert_eq!(login.header("location"), "/sign-in");
}

#[tokio::test]
async fn a_member_has_one_name_in_a_sector_and_another_outside() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let (space, _) = scene.stage.space();
    let site = Registered::new(&scene, &[], false).await;
    let same = Registered::new(&scene, &[], false).await;
    let new = NewSite { sector: Some("others.example.org".to_owned()), ..booking(&[], true) };
    let (apart, _) = space.add_site(new, ChangedBy::Terminal).await.unwrap();
    let apart = Registered { id: apart.id, secret: None };
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    let mut subjects = Vec::new();
    for site in [&site, &same, &apart] {
        let tokens = site.exchange(&scene, &visitor.code(site).await).await;
        subjects.push(text(&user_info(&scene, &text(&tokens, "access_token")).await, "sub"));
    }
    assert_eq!(subjects[0], subjects[1]);
    assert_ne!(subjects[0], subjects[2]);
    assert!(!subjects.contains(&sub));
}
