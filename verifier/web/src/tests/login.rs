//! Members who sign in by the space's own login, over two servers and one store: the whole way, and every step of it that is not taken.
//! The login is a stub ([`stub`]); that of another space is one in `connect::as_login`.

mod stub;

use std::sync::Arc;

use http::{Method, StatusCode};
use openid4vc::secret::SecretText;
use verifier::login::{LoginSettings, Mark, Members};
use verifier::members::Check;
use verifier::records::Standing;

use super::members::{access, fetch};
use super::stage::path;
use super::*;
use stub::{CLIENT, ISSUER, SECRET, StubLogin, asked};

const LOGIN: &str = "/no-passport/login";
const RETURN: &str = "/no-passport/login/return";

fn settings() -> LoginSettings {
    LoginSettings {
        issuer: ISSUER.to_owned(),
        client_id: CLIENT.to_owned(),
        secret: Some(SecretText::new(SECRET)),
        label: "Kiln account".to_owned(),
        scope: "openid profile".to_owned(),
        members: Members::With(Mark { claim: "groups".to_owned(), value: "members".to_owned() }),
        check: Some(Check::KnownInPerson),
    }
}

fn ada() -> Value {
    json!({"sub": "248289761001", "groups": ["staff", "members"], "given_name": "Adalinda",
        "family_name": "Exampleson", "birthdate": "1990-01-02"})
}

/// A space with a login.
struct Kiln {
    scene: Scene,
    login: Arc<StubLogin>,
}

impl Kiln {
    fn new() -> Self {
        Self::with(settings(), 100)
    }

    fn with(settings: LoginSettings, most: u32) -> Self {
        let scene = Scene::new();
        let login = Arc::new(StubLogin::new(&scene.stage.environment));
        let router = in_turn_with(|| {
            let (space, presentation) = scene.stage.space();
            let space = space.with_login_of(settings.clone(), login.clone(), most);
            SpaceWeb::new(space, presentation, "{\"versionId\":\"1-x\"}\n", [7; 32])
        });
        *scene.router.lock().unwrap() = router;
        Self { scene, login }
    }

    fn browser(&self) -> Browser<'_> {
        Browser::new(&self.scene)
    }

    async fn members(&self) -> Vec<verifier::records::Member> {
        self.scene.stage.space().0.members(10).await.unwrap()
    }
}

fn in_turn_with(site: impl Fn() -> SpaceWeb) -> Router {
    let replicas = [(); 2].map(|()| crate::router(site().with_budget(1_000)));
    let turn = Arc::new(AtomicUsize::new(0));
    Router::new().fallback(move |request: Request<Body>| {
        let next = turn.fetch_add(1, Ordering::Relaxed) % 2;
        replicas[next].clone().oneshot(request)
    })
}

/// Begins; gives the address at the login.
async fn begin(browser: &mut Browser<'_>) -> String {
    let sent = browser.get(LOGIN).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    sent.header("location").to_owned()
}

/// Signs `person` in, all the way.
async fn signed_in(kiln: &Kiln, browser: &mut Browser<'_>, person: &Value) -> Answered {
    let address = begin(browser).await;
    let back = kiln.login.sign_in(&address, person);
    browser.get(&path(&back)).await
}

/// The offer on a page.
fn offer(page: &Answered) -> String {
    let (_, after) = page.text.split_once("openid-credential-offer://").expect("an offer");
    format!("openid-credential-offer://{}", after.split_once('"').unwrap().0.replace("&#38;", "&"))
}

fn says(answered: &Answered, status: StatusCode, title: &str) {
    assert_eq!(answered.status, status, "{}", answered.text);
    assert!(answered.text.contains(&format!(">{title}</h1>")), "{title}: {}", answered.text);
    assert!(!answered.text.contains("openid-credential-offer"));
    assert_eq!(answered.header("cache-control"), "no-store");
}

fn holds(kiln: &Kiln, text: &str) -> bool {
    let bytes = text.as_bytes();
    let found = |one: &[u8]| one.windows(bytes.len()).any(|window| window == bytes);
    kiln.scene.stage.memory.entries().iter().any(|(key, value)| found(key) || found(value))
}

#[tokio::test]
async fn a_member_signs_in_as_always_and_takes_membership_and_statement_into_a_wallet() {
    let kiln = Kiln::new();
    let mut browser = kiln.browser();
    let page = browser.get("/no-passport").await;
    assert!(
        page.text.contains("href=\"/no-passport/login\"") && page.text.contains("Sign in with Kiln account")
    );
    let address = begin(&mut browser).await;
    assert!(address.starts_with("https://login.kiln.example/auth?"), "{address}");
    let asked = asked(&address);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", "http://kiln-north.localhost:8097/no-passport/login/return"),
        ("scope", "openid profile"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(asked.get(name), Some(value), "{name}");
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert_eq!(asked.get(name).unwrap().len(), 43, "{name}");
        assert!(!holds(&kiln, asked.get(name).unwrap()), "{name} is not stored");
    }
    let page = browser.get(&path(&kiln.login.sign_in(&address, &ada()))).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(
        page.text.contains("<h1>Your membership of Kiln North</h1>") && page.text.contains("class=\"qr\"")
    );
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("set-cookie").starts_with("__Host-login=;"));
    for value in ["248289761001", "Adalinda", "Exampleson", "1990-01-02", "the-token"] {
        assert!(!holds(&kiln, value) && !page.text.contains(value), "{value}");
    }
    let members = kiln.members().await;
    let [member] = &members[..] else { panic!("one member") };
    assert!(member.statement.is_some() && member.contact.is_none() && member.standing == Standing::Active);
    let access = access(&kiln.scene, &offer(&page)).await.unwrap();
    for configuration in ["membership", "statement"] {
        assert_eq!(fetch(&kiln.scene, &access, configuration).await, Ok(()), "{configuration}");
    }
}

#[tokio::test]
async fn an_answer_counts_in_the_browser_that_asked_and_once() {
    let kiln = Kiln::new();
    let mut browser = kiln.browser();
    let back = path(&kiln.login.sign_in(&begin(&mut browser).await, &ada()));
    let mut other = kiln.browser();
    begin(&mut other).await;
    let cookie = browser.cookie.clone();
    let before = kiln.scene.stage.memory.entries();
    for stranger in [other.cookie.clone(), None, Some("__Host-login=guessed".to_owned())] {
        for _ in 0..2 {
            let mut stranger = Browser { scene: &kiln.scene, cookie: stranger.clone(), language: "en" };
            says(&stranger.get(&back).await, StatusCode::FORBIDDEN, "This sign-in is over");
        }
    }
    assert!(kiln.scene.stage.memory.entries() == before, "nothing has changed");
    assert_eq!(browser.get(&back).await.status, StatusCode::OK);
    for _ in 0..2 {
        let mut again = Browser { scene: &kiln.scene, cookie: cookie.clone(), language: "en" };
        says(&again.get(&back).await, StatusCode::FORBIDDEN, "This sign-in is over");
    }
    assert_eq!(kiln.members().await.len(), 1);
}

#[tokio::test]
async fn what_is_no_answer_to_a_request_of_this_browser_changes_nothing_and_asks_nobody() {
    let kiln = Kiln::new();
    let mut browser = kiln.browser();
    let address = begin(&mut browser).await;
    let back = path(&kiln.login.sign_in(&address, &ada()));
    let state = asked(&address).get("state").unwrap().to_owned();
    let (before, calls) = (kiln.scene.stage.memory.entries(), kiln.login.calls());
    for near in [
        RETURN.to_owned(),
        format!("{RETURN}?code=c"),
        format!("{RETURN}?code=c&state="),
        format!("{RETURN}?code=c&state={}", state.replace(char::is_alphanumeric, "A")),
        format!("{RETURN}?code=c&state={}", jose::digest::sha256_base64url(&state)),
        format!("{back}&state={state}"),
        format!("{back}&x={}", "x".repeat(8_192)),
    ] {
        says(&browser.get(&near).await, StatusCode::FORBIDDEN, "This sign-in is over");
    }
    assert!(kiln.scene.stage.memory.entries() == before && kiln.login.calls() == calls);
    kiln.scene.clock.advance(600);
    says(&browser.get(&back).await, StatusCode::FORBIDDEN, "This sign-in is over");
    assert!(kiln.members().await.is_empty());
    assert_eq!(signed_in(&kiln, &mut browser, &ada()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_error_of_the_login_is_told_and_ends_the_request() {
    for (error, status, title) in [
        ("access_denied", StatusCode::FORBIDDEN, "You were not signed in"),
        ("server_error", StatusCode::BAD_GATEWAY, "Kiln account could not sign you in"),
        ("<script>", StatusCode::BAD_GATEWAY, "Kiln account could not sign you in"),
    ] {
        let kiln = Kiln::new();
        let mut browser = kiln.browser();
        let address = begin(&mut browser).await;
        let asked = asked(&address);
        let more = [("error", error), ("state", asked.get("state").unwrap()), ("iss", ISSUER)];
        let back = format!("{RETURN}?{}", openid4vc::form::encode(more));
        says(&browser.get(&back).await, status, title);
        says(&browser.get(&back).await, StatusCode::FORBIDDEN, "This sign-in is over");
        // A code that comes after it counts no more.
        let late = path(&kiln.login.sign_in(&address, &ada()));
        says(&browser.get(&late).await, StatusCode::FORBIDDEN, "This sign-in is over");
        assert!(kiln.members().await.is_empty());
    }
}

#[tokio::test]
async fn an_answer_of_another_login_or_one_that_does_not_say_whose_it_is_is_not_taken() {
    let iss = format!("&{}", openid4vc::form::encode([("iss", ISSUER)]));
    for other in ["", "&iss=https%3A%2F%2Fevil.example", "&iss="] {
        let kiln = Kiln::new();
        let mut browser = kiln.browser();
        let back = path(&kiln.login.sign_in(&begin(&mut browser).await, &ada()));
        let calls = kiln.login.calls();
        let near = back.replace(&iss, other);
        assert_ne!(near, back);
        says(&browser.get(&near).await, StatusCode::BAD_GATEWAY, "Kiln account could not sign you in");
        assert_eq!(kiln.login.calls(), calls, "the code went nowhere");
        assert!(kiln.members().await.is_empty());
    }
}

#[tokio::test]
async fn nobody_is_a_member_whom_the_login_does_not_mark_so() {
    let kiln = Kiln::new();
    kiln.login.says_of_everybody(json!({"sub": "248289761001"}));
    for groups in [json!(["staff"]), json!([]), json!("members of the club"), Value::Null] {
        let mut browser = kiln.browser();
        let mut person = ada();
        person["groups"] = groups;
        let told = signed_in(&kiln, &mut browser, &person).await;
        says(&told, StatusCode::FORBIDDEN, "You are not a member of Kiln North yet");
    }
    assert!(kiln.members().await.is_empty());
    let mut browser = kiln.browser();
    assert_eq!(signed_in(&kiln, &mut browser, &ada()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_the_token_does_not_say_userinfo_of_the_same_person_does() {
    let kiln = Kiln::new();
    let person = json!({"sub": "248289761001"});
    for (said, status) in [
        (json!({"sub": "248289761002", "groups": ["members"]}), StatusCode::BAD_GATEWAY),
        (json!({"groups": ["members"]}), StatusCode::BAD_GATEWAY),
        (json!([]), StatusCode::BAD_GATEWAY),
        (ada(), StatusCode::OK),
    ] {
        kiln.login.says_of_everybody(said.clone());
        let mut browser = kiln.browser();
        let answered = signed_in(&kiln, &mut browser, &person).await;
        assert_eq!(answered.status, status, "{said}");
    }
    assert!(kiln.members().await.pop().unwrap().statement.is_some());
}

#[tokio::test]
async fn a_statement_is_made_only_where_the_space_vouches_and_the_login_knows_the_person() {
    let everybody = LoginSettings { members: Members::Everybody, ..settings() };
    let silent = LoginSettings { check: None, ..everybody.clone() };
    let mut nameless = ada();
    nameless["birthdate"] = json!("1990");
    for (settings, person, has_statement) in
        [(everybody.clone(), ada(), true), (everybody, nameless, false), (silent, ada(), false)]
    {
        let kiln = Kiln::with(settings, 100);
        kiln.login.says_of_everybody(json!({"sub": "248289761001"}));
        let mut browser = kiln.browser();
        let page = signed_in(&kiln, &mut browser, &person).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert_eq!(kiln.members().await.pop().unwrap().statement.is_some(), has_statement);
        let access = access(&kiln.scene, &offer(&page)).await.unwrap();
        assert_eq!(fetch(&kiln.scene, &access, "membership").await, Ok(()));
    }
}

#[tokio::test]
async fn the_same_person_is_the_same_member_and_offered_it_five_times_a_day() {
    let kiln = Kiln::new();
    let mut browser = kiln.browser();
    let first = offer(&signed_in(&kiln, &mut browser, &ada()).await);
    let mut last = String::new();
    for _ in 0..5 {
        let mut browser = kiln.browser();
        last = offer(&signed_in(&kiln, &mut browser, &ada()).await);
    }
    let mut browser = kiln.browser();
    let told = signed_in(&kiln, &mut browser, &ada()).await;
    says(&told, StatusCode::TOO_MANY_REQUESTS, "Offered too often today");
    assert_eq!(access(&kiln.scene, &first).await.unwrap_err(), "invalid_grant");
    let taken = access(&kiln.scene, &last).await.unwrap();
    for configuration in ["membership", "statement"] {
        assert_eq!(fetch(&kiln.scene, &taken, configuration).await, Ok(()));
    }
    let mut other = ada();
    other["sub"] = json!("248289761002");
    assert_eq!(signed_in(&kiln, &mut browser, &other).await.status, StatusCode::OK);
    assert_eq!(kiln.members().await.len(), 2, "another account is another member, whatever it is called");
    kiln.scene.clock.advance(86_400);
    assert_eq!(signed_in(&kiln, &mut browser, &ada()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn of_two_that_come_at_once_with_one_account_one_member_is_made() {
    let kiln = Kiln::new();
    let (mut one, mut two) = (kiln.browser(), kiln.browser());
    let first = path(&kiln.login.sign_in(&begin(&mut one).await, &ada()));
    let second = path(&kiln.login.sign_in(&begin(&mut two).await, &ada()));
    let (first, second) = tokio::join!(one.get(&first), two.get(&second));
    assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(kiln.members().await.len(), 1);
}

#[tokio::test]
async fn a_membership_that_the_team_has_ended_does_not_come_back_by_signing_in() {
    let kiln = Kiln::new();
    let mut browser = kiln.browser();
    signed_in(&kiln, &mut browser, &ada()).await;
    let sub = kiln.members().await.pop().unwrap().sub;
    kiln.scene.stage.space().0.end_membership(&sub).await.unwrap();
    for _ in 0..2 {
        let told = signed_in(&kiln, &mut browser, &ada()).await;
        says(&told, StatusCode::FORBIDDEN, "Your membership has ended");
    }
    let members = kiln.members().await;
    assert!(members.len() == 1 && members[0].standing == Standing::Ended);
}

#[tokio::test]
async fn an_id_token_that_does_not_fit_signs_nobody_in() {
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another")),
        ("aud", json!(["another", CLIENT])),
        ("azp", json!("another")),
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("exp", json!(1)),
        ("iat", json!(1)),
        ("at_hash", json!("77QmUPtjPfzWtF2AnpK9RQ")),
        ("sub", Value::Null),
    ] {
        let kiln = Kiln::new();
        kiln.login.says_in_tokens(name, value.clone());
        let mut browser = kiln.browser();
        let told = signed_in(&kiln, &mut browser, &ada()).await;
        says(&told, StatusCode::BAD_GATEWAY, "Kiln account could not sign you in");
        assert!(kiln.members().await.is_empty(), "{name} {value}");
    }
}

#[tokio::test]
async fn a_login_that_does_not_answer_or_is_another_stores_nothing() {
    let kiln = Kiln::new();
    let mut browser = kiln.browser();
    let before = kiln.scene.stage.memory.entries();
    kiln.login.is_silent(true);
    let told = browser.get(LOGIN).await;
    says(&told, StatusCode::SERVICE_UNAVAILABLE, "Kiln account does not answer");
    assert_eq!(told.header("retry-after"), "60");
    kiln.login.is_silent(false);
    kiln.login.says_of_itself("issuer", json!("https://evil.example"));
    says(&browser.get(LOGIN).await, StatusCode::BAD_GATEWAY, "Kiln account could not sign you in");
    assert!(kiln.scene.stage.memory.entries() == before);
    kiln.login.says_of_itself("issuer", json!(ISSUER));
    let back = path(&kiln.login.sign_in(&begin(&mut browser).await, &ada()));
    kiln.login.is_silent(true);
    says(&browser.get(&back).await, StatusCode::SERVICE_UNAVAILABLE, "Kiln account does not answer");
    assert!(kiln.members().await.is_empty());
}

#[tokio::test]
async fn so_many_begin_and_no_more_and_nothing_but_a_person_begins() {
    let kiln = Kiln::with(settings(), 1);
    let mut browser = kiln.browser();
    begin(&mut browser).await;
    begin(&mut browser).await;
    let (before, calls) = (kiln.scene.stage.memory.entries(), kiln.login.calls());
    for _ in 0..2 {
        let told = browser.get(LOGIN).await;
        says(&told, StatusCode::SERVICE_UNAVAILABLE, "Very many people are signing in");
    }
    for path in [LOGIN, RETURN] {
        for (name, value) in
            [("sec-fetch-dest", "image"), ("sec-fetch-mode", "cors"), ("sec-purpose", "prefetch")]
        {
            let request = Request::get(path).header(name, value).body(Body::empty()).unwrap();
            assert_eq!(
                send(&kiln.scene.router(), request).await.status,
                StatusCode::FORBIDDEN,
                "{path} {name}"
            );
        }
        let request = Request::head(path).body(Body::empty()).unwrap();
        assert_eq!(send(&kiln.scene.router(), request).await.status, StatusCode::OK, "{path}");
    }
    assert!(kiln.scene.stage.memory.entries() == before && kiln.login.calls() == calls);
    kiln.scene.clock.advance(600);
    begin(&mut browser).await;
}

#[tokio::test]
async fn a_space_that_has_left_makes_nobody_a_member_by_it_also_not_who_is_on_the_way() {
    let kiln = Kiln::new();
    let (space, _) = kiln.scene.stage.space();
    let mut browser = kiln.browser();
    let address = begin(&mut browser).await;
    let back = kiln.login.sign_in(&address, &ada());
    space.leave_network().await.unwrap();
    let calls = kiln.login.calls();
    for path in [LOGIN, &path(&back)] {
        says(&browser.get(path).await, StatusCode::GONE, "Kiln North has left the Passport network");
    }
    assert_eq!((kiln.login.calls(), kiln.members().await.len()), (calls, 0), "nothing is asked of the login");
    space.come_back().await.unwrap();
    assert_eq!(browser.get(&path(&back)).await.status, StatusCode::OK, "it waited meanwhile");
    assert_eq!(kiln.members().await.len(), 1);
}

#[tokio::test]
async fn a_space_that_leaves_while_the_login_is_asked_makes_nobody_a_member() {
    let kiln = Kiln::new();
    let (space, _) = kiln.scene.stage.space();
    let mut browser = kiln.browser();
    let address = begin(&mut browser).await;
    let back = kiln.login.sign_in(&address, &ada());
    kiln.login.on_token(move || {
        let space = space.clone();
        Box::pin(async move {
            space.leave_network().await.unwrap();
        })
    });
    says(&browser.get(&path(&back)).await, StatusCode::GONE, "Kiln North has left the Passport network");
    assert_eq!(kiln.members().await, []);
    assert!(!holds(&kiln, "Adalinda"));
}

#[tokio::test]
async fn a_space_without_a_login_has_no_way_to_one() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    assert!(!browser.get("/no-passport").await.text.contains("/no-passport/login"));
    for path in [LOGIN, RETURN] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        let request = Request::builder().method(Method::POST).uri(path).body(Body::empty()).unwrap();
        assert_eq!(send(&scene.router(), request).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}
