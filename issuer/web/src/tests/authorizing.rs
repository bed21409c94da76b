//! A wallet that waits for a code: its person's browser comes, shows who they are, and goes back, over two replicas.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use issuer::records::{Application, Asked, Passport, Stage};
use jose::{Signer, SigningKey};
use openid4vc::dpop;
use openid4vc::form;
use openid4vc::http::Method;
use openid4vc::secret::SecretText;
use openid4vc::vci::authorization::{NewAuthorization, Pending, Wish};
use openid4vc::vci::issuer::TakenUp;
use openid4vc::vci::offer::Link;
use openid4vc::vci::wallet::{Answer, Retries};
use serde_json::Value;
use store::Range;

use super::ORIGIN;
use super::world::{Answered, World, between};

const CLIENT: &str = "passport-wallet";
const BACK: &str = "https://wallet.example.org/back";

/// A wallet elsewhere, and the browser that it sends to the office.
struct Visit<'a> {
    world: &'a World,
    pending: Pending,
    key: SigningKey,
    cookie: String,
    /// The passport page for this authorisation.
    page: String,
}

impl<'a> Visit<'a> {
    /// As far as the passport page.
    async fn of(world: &'a World, scope: &str, issuer_state: Option<&SecretText>) -> Self {
        let (pending, key, authorize) = pushed(world, scope, issuer_state).await;
        let arrived = world.get(&authorize).await;
        assert_eq!(arrived.status, StatusCode::SEE_OTHER, "{}", arrived.text);
        assert_eq!(arrived.headers[header::CACHE_CONTROL], "no-store");
        let cookie = arrived.headers[header::SET_COOKIE].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let page = arrived.headers[header::LOCATION].to_str().unwrap().to_owned();
        Self { world, pending, key, cookie, page }
    }

    async fn get(&self, path: &str, language: &str) -> Answered {
        get_with(self.world, path, &self.cookie, language).await
    }

    fn id(&self) -> &str {
        self.page.strip_prefix("/passport?authorization=").unwrap()
    }

    /// The person's own wallet answers the page, and leaves its log; gives the page that waits.
    async fn answered(&self) -> String {
        let page = self.get(&self.page, "en").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let request = between(&page.text, "/passport/status?request=", "\"").to_owned();
        let scene = &self.world.scene;
        let asked = scene.tenant().get::<Asked>(&*request).await.unwrap().unwrap();
        let key = scene.key();
        scene.give(&scene.first_answer(&asked, key.public_jwk())).await.unwrap();
        let application = self.application().await;
        let (created, _) = scene.member_did("office.localhost", &application.label.unwrap(), true);
        let label = created.did.as_str().rsplit(':').next().unwrap().to_owned();
        let holder = key.public_jwk().thumbprint_base64url();
        scene.office().put_log(&label, &holder, created.text.as_bytes()).await.unwrap();
        self.world.work().await;
        format!("/passport/answer?request={request}")
    }

    async fn application(&self) -> Application {
        self.world.scene.tenant().list::<Application>(Range::all(), 1).await.unwrap().items.remove(0)
    }

    fn mail_path(&self) -> String {
        let mail = self.world.scene.mails.mails().pop().expect("a mail");
        let link = mail.text.split_whitespace().find(|word| word.contains("/email/")).unwrap().to_owned();
        link.strip_prefix(ORIGIN).unwrap().to_owned()
    }

    /// Presses the button of the newest mail in this browser.
    async fn confirm(&self) -> Answered {
        let path = self.mail_path();
        let page = self.get(&path, "en").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("wallet.example.org"), "{}", page.text);
        press(self.world, &path, &self.cookie, between(&page.text, "name=\"csrf\" value=\"", "\"")).await
    }

    async fn redeem(&self, code: &SecretText) -> openid4vc::http::Response {
        let request = self.pending.token_request(code);
        let asked = self.world.carry(with_proof(self.world, request.clone(), &self.key, None, None)).await;
        let nonce = asked.header(dpop::NONCE_HEADER).unwrap().to_owned();
        self.world.carry(with_proof(self.world, request, &self.key, Some(&nonce), None)).await
    }
}

async fn get_with(world: &World, path: &str, cookie: &str, language: &str) -> Answered {
    let request = Request::get(path)
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT_LANGUAGE, language)
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document");
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn press(world: &World, path: &str, cookie: &str, csrf: &str) -> Answered {
    let request =
        Request::post(path).header(header::COOKIE, cookie).header(header::CONTENT_TYPE, form::MEDIA_TYPE);
    world.send(request.body(Body::from(format!("csrf={csrf}"))).unwrap()).await
}

fn with_proof(
    world: &World,
    request: openid4vc::http::Request,
    key: &SigningKey,
    nonce: Option<&str>,
    token: Option<&str>,
) -> openid4vc::http::Request {
    let new = dpop::NewProof {
        key: key.public_jwk(),
        method: Method::Post,
        url: &request.url,
        access_token: token,
        nonce,
    };
    let to_sign = new.to_sign(world.scene.now(), world.scene.environment.randomness());
    let proof = to_sign.sign(key).unwrap();
    request.with_header(dpop::HEADER, proof)
}

/// A pushed request: what the wallet keeps, its DPoP key, and the path for the browser.
async fn pushed(
    world: &World,
    scope: &str,
    issuer_state: Option<&SecretText>,
) -> (Pending, SigningKey, String) {
    let key = world.scene.key();
    let jkt = key.public_jwk().thumbprint_base64url();
    let new = NewAuthorization {
        server: &world.scene.office().issuance().server_metadata(),
        client_id: CLIENT,
        redirect_uri: BACK,
        wish: &Wish::Scope(scope.split(' ').map(str::to_owned).collect()),
        issuer_state,
        dpop_jkt: Some(&jkt),
    };
    let (pending, request) = new.make(world.scene.environment.randomness()).unwrap();
    let response = world.carry(request).await;
    let Answer::Done(url) = pending.pushed(&response, &mut Retries::default()).unwrap() else { panic!() };
    let path = url.strip_prefix(ORIGIN).unwrap().to_owned();
    (pending, key, path)
}

fn location(answered: &Answered) -> String {
    assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text);
    answered.headers[header::LOCATION].to_str().unwrap().to_owned()
}

/// That a refusal is a page of the office's, and no redirect.
fn is_page(answered: &Answered, status: StatusCode) {
    assert_eq!(answered.status, status, "{}", answered.text);
    assert!(!answered.headers.contains_key(header::LOCATION));
    assert!(answered.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn the_browser_goes_back_with_a_code_once_the_person_has_shown_who_they_are() {
    let world = World::new();
    let visit = Visit::of(&world, "passport profile", None).await;
    let page = visit.get(&visit.page, "en").await;
    assert!(page.text.contains("A wallet at wallet.example.org asks for: Network passport, Checked details"));
    assert!(
        visit.get(&visit.page, "es").await.text.contains("Una cartera en wallet.example.org pide: Pasaporte")
    );
    let answer = visit.answered().await;
    let waiting = visit.get(&answer, "en").await;
    assert_eq!(waiting.status, StatusCode::OK);
    assert!(waiting.text.contains("Open the link in this browser"), "{}", waiting.text);
    assert!(waiting.text.contains("http-equiv=\"refresh\""), "it goes on without script");
    assert_eq!(visit.confirm().await.status, StatusCode::OK);
    let status = visit.get(&answer.replace("answer", "status"), "en").await.json();
    assert_eq!((&status["state"], status["location"].as_str()), (&"ready".into(), Some(&*answer)));
    let onward = location(&visit.get(&answer, "en").await);
    let returned = visit.get(&onward, "en").await;
    assert_eq!(returned.headers[header::CACHE_CONTROL], "no-store");
    let code = visit.pending.returned(&location(&returned)).unwrap();
    is_page(&visit.get(&onward, "en").await, StatusCode::BAD_REQUEST);

    let token: Value = serde_json::from_slice(&visit.redeem(&code).await.body).unwrap();
    assert_eq!(token["token_type"], "DPoP", "{token}");
    let again: Value = serde_json::from_slice(&visit.redeem(&code).await.body).unwrap();
    assert_eq!(again["error"], "invalid_grant");
}

#[tokio::test]
async fn a_stranger_who_has_a_member_answer_gets_no_code() {
    let world = World::new();
    // The stranger began; the member answers what the stranger shows, and opens the link in a browser of their own.
    let stranger = Visit::of(&world, "passport", None).await;
    let answer = stranger.answered().await;
    let path = stranger.mail_path();
    let elsewhere = world.get(&path).await;
    is_page(&elsewhere, StatusCode::FORBIDDEN);
    assert!(elsewhere.text.contains("Open this link where you began"));
    let own = Visit::of(&world, "passport", None).await;
    is_page(&own.get(&path, "en").await, StatusCode::FORBIDDEN);
    let waiting = stranger.get(&answer, "en").await;
    assert_eq!(waiting.status, StatusCode::OK);
    let request = answer.split_once('=').unwrap().1;
    let early = stranger.get(&format!("/authorize/return?request={request}"), "en").await;
    is_page(&early, StatusCode::BAD_REQUEST);
    // A press with another session's token uses nothing up either.
    let token = |page: &Answered| between(&page.text, "name=\"csrf\" value=\"", "\"").to_owned();
    let csrf = token(&stranger.get(&path, "en").await);
    let forged = press(&world, &path, &own.cookie, &csrf).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(stranger.confirm().await.status, StatusCode::OK, "the link still works where it began");
}

#[tokio::test]
async fn what_is_asked_for_a_waiting_wallet_is_not_offered_to_the_one_that_answers() {
    let world = World::new();
    let visit = Visit::of(&world, "passport", None).await;
    visit.answered().await;
    assert_eq!(visit.confirm().await.status, StatusCode::OK);
    let application = visit.application().await;
    let holder = application.holder.clone().unwrap();
    let found = world.scene.office().follow_up(application.follow_up.unwrap(), &holder).await.unwrap();
    assert_eq!((found.credential_offer, found.waiting_for.len()), (None, 0));
    assert!(found.sharing_proof.is_some());
}

#[tokio::test]
async fn the_person_goes_back_without_anything_and_the_wallet_is_told() {
    let world = World::new();
    let visit = Visit::of(&world, "passport", None).await;
    let cancel = format!("/authorize/cancel?authorization={}", visit.id());
    assert!(visit.get(&visit.page, "en").await.text.contains(&cancel));
    is_page(&world.get(&cancel).await, StatusCode::BAD_REQUEST);
    let back = location(&visit.get(&cancel, "en").await);
    assert_eq!(visit.pending.returned(&back).unwrap_err().code(), "access_denied");
    is_page(&visit.get(&visit.page, "en").await, StatusCode::BAD_REQUEST);
    is_page(&visit.get(&cancel, "en").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_cannot_be_trusted_is_a_page_and_never_a_redirect() {
    let world = World::new();
    let (_, _, authorize) = pushed(&world, "passport", None).await;
    let evil = "redirect_uri=https%3A%2F%2Fevil.example";
    for path in [
        "/authorize".to_owned(),
        format!("/authorize?client_id={CLIENT}&{evil}&response_type=code&code_challenge=x"),
        format!("/authorize?client_id={CLIENT}&request_uri=urn:ietf:params:oauth:request_uri:unknown&{evil}"),
        format!("/authorize?client_id={CLIENT}&request_uri=https%3A%2F%2Fevil.example%2Frequest"),
        authorize.replace(CLIENT, "other"),
        format!("{authorize}&request_uri=again"),
        format!("/authorize?{}", authorize.split_once("&").unwrap().1),
    ] {
        is_page(&world.get(&path).await, StatusCode::BAD_REQUEST);
    }
    let head = world.send(Request::head(&authorize).body(Body::empty()).unwrap()).await;
    assert_eq!(head.status, StatusCode::OK);
    let image = Request::get(&authorize).header("sec-fetch-dest", "image").body(Body::empty()).unwrap();
    assert_eq!(world.send(image).await.status, StatusCode::FORBIDDEN);
    // None of these used it up, and what is unknown beside it is ignored.
    let honest = world.get(&format!("{authorize}&{evil}&prompt=none")).await;
    assert!(location(&honest).starts_with("/passport?authorization="));
    is_page(&world.get(&authorize).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_page_of_an_authorisation_is_for_its_browser_alone() {
    let world = World::new();
    let visit = Visit::of(&world, "passport", None).await;
    let other = Visit::of(&world, "passport", None).await;
    is_page(&world.get(&visit.page).await, StatusCode::BAD_REQUEST);
    is_page(&other.get(&visit.page, "en").await, StatusCode::BAD_REQUEST);
    is_page(&other.get("/passport?authorization=unknown", "en").await, StatusCode::BAD_REQUEST);
    assert_eq!(visit.get(&visit.page, "en").await.status, StatusCode::OK);
    assert_eq!(world.get("/passport").await.status, StatusCode::OK, "the page itself is as it was");
}

#[tokio::test]
async fn an_offer_of_the_desk_is_taken_up_at_the_page_by_going_on() {
    let world = World::new();
    let office = world.scene.office();
    let made = office.offer_at_desk_by(world.scene.ada(), TakenUp::Either, false, 600).await.unwrap();
    let Link::ByValue(offer) = Link::parse(&made.offered.by_value).unwrap() else { panic!() };
    let state = offer.authorization_code.unwrap().issuer_state.unwrap();
    let visit = Visit::of(&world, "profile", Some(&state)).await;
    let page = visit.get(&visit.page, "en").await;
    assert!(page.text.contains("have checked your details"), "{}", page.text);
    let onward = format!("/authorize/continue?authorization={}", visit.id());
    assert!(page.text.contains(&onward));
    is_page(&world.get(&onward).await, StatusCode::BAD_REQUEST);
    let back = location(&visit.get(&onward, "en").await);
    let code = visit.pending.returned(&back).unwrap();
    assert_eq!(visit.redeem(&code).await.status, 200);
    is_page(&visit.get(&onward, "en").await, StatusCode::BAD_REQUEST);
    let taken = world.token(&made.offered.by_value).await;
    assert_eq!(taken, (StatusCode::BAD_REQUEST, "invalid_grant".into()));
    // Whoever comes without an offer is not let through as one of the desk's.
    let plain = Visit::of(&world, "profile", None).await;
    let refused = plain.get(&format!("/authorize/continue?authorization={}", plain.id()), "en").await;
    is_page(&refused, StatusCode::BAD_REQUEST);
    let guarded = office.offer_at_desk_by(world.scene.ada(), TakenUp::Either, true, 600).await;
    assert!(guarded.is_err(), "a transaction code is not gone round");
}

#[tokio::test]
async fn an_authorisation_outlives_a_restart_and_ends_after_an_hour() {
    let mut world = World::new();
    let (pending, _, authorize) = pushed(&world, "passport", None).await;
    world.restart();
    let arrived = world.get(&authorize).await;
    let cookie = arrived.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = location(&arrived);
    world.restart();
    assert_eq!(get_with(&world, &page, &cookie, "en").await.status, StatusCode::OK);
    world.scene.clock.advance(3_600);
    is_page(&get_with(&world, &page, &cookie, "en").await, StatusCode::BAD_REQUEST);
    assert!(!pending.state().expose().is_empty());
}

#[tokio::test]
async fn whoever_asks_for_the_head_or_another_way_moves_nothing() {
    let world = World::new();
    let visit = Visit::of(&world, "passport", None).await;
    let answer = visit.answered().await;
    assert_eq!(visit.confirm().await.status, StatusCode::OK);
    let request = answer.split_once('=').unwrap().1;
    let (_, _, authorize) = pushed(&world, "passport", None).await;
    let paths = [
        authorize,
        format!("/authorize/return?request={request}"),
        format!("/authorize/continue?authorization={}", visit.id()),
        format!("/authorize/cancel?authorization={}", visit.id()),
    ];
    for path in &paths {
        for (method, status) in [
            ("HEAD", StatusCode::OK),
            ("POST", StatusCode::METHOD_NOT_ALLOWED),
            ("PUT", StatusCode::METHOD_NOT_ALLOWED),
            ("DELETE", StatusCode::METHOD_NOT_ALLOWED),
        ] {
            let asked = Request::builder().method(method).uri(path).header(header::COOKIE, &visit.cookie);
            let answered = world.send(asked.body(Body::empty()).unwrap()).await;
            assert_eq!(answered.status, status, "{method} {path}");
        }
        let ahead =
            Request::get(path).header(header::COOKIE, &visit.cookie).header("sec-purpose", "prefetch");
        assert_eq!(world.send(ahead.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
    }
    let returned = visit.get(&paths[1], "en").await;
    assert!(visit.pending.returned(&location(&returned)).is_ok());
}

impl Visit<'_> {
    /// Nothing of the application is left that nobody waits for, and its link confirms nothing.
    async fn is_over(&self, keys_before: usize) {
        let application = self.application().await;
        assert_eq!((application.stage, application.values), (Stage::Ended, None));
        assert_eq!((application.number, application.for_wallet), (None, None));
        let scene = &self.world.scene;
        assert_eq!(scene.tenant().list::<Passport>(Range::all(), 1).await.unwrap().items.len(), 0);
        assert!(scene.sealing_keys() < keys_before, "the key is gone, too");
        is_page(&self.get(&self.mail_path(), "en").await, StatusCode::GONE);
    }
}

#[tokio::test]
async fn who_goes_back_leaves_no_application_that_nobody_waits_for() {
    let world = World::new();
    let visit = Visit::of(&world, "passport", None).await;
    visit.answered().await;
    let before = visit.get(&visit.mail_path(), "en").await;
    let csrf = between(&before.text, "name=\"csrf\" value=\"", "\"").to_owned();
    let cancel = format!("/authorize/cancel?authorization={}", visit.id());
    let keys = world.scene.sealing_keys();
    let back = location(&visit.get(&cancel, "en").await);
    assert_eq!(visit.pending.returned(&back).unwrap_err().code(), "access_denied");
    visit.is_over(keys).await;
    // Who has the link's page open still confirms nothing.
    is_page(&press(&world, &visit.mail_path(), &visit.cookie, &csrf).await, StatusCode::GONE);
    assert_eq!(visit.application().await.stage, Stage::Ended);
}

#[tokio::test]
async fn after_the_hour_no_application_waits_and_a_late_answer_makes_none() {
    let world = World::new();
    let visit = Visit::of(&world, "passport", None).await;
    visit.answered().await;
    let late = visit.get(&visit.page, "en").await;
    let request = between(&late.text, "/passport/status?request=", "\"").to_owned();
    let asked = world.scene.tenant().get::<Asked>(&*request).await.unwrap().unwrap();
    world.scene.clock.advance(3_599);
    world.work().await;
    assert!(visit.application().await.values.is_some());
    world.scene.clock.advance(1);
    let answer = world.scene.first_answer(&asked, world.scene.key().public_jwk());
    assert_eq!(world.scene.give(&answer).await.unwrap_err(), "unknown_request");
    let keys = world.scene.sealing_keys();
    world.scene.clock.advance(120);
    world.work().await;
    visit.is_over(keys).await;
}

#[tokio::test]
async fn a_code_that_was_given_at_the_last_moment_leads_to_the_passport() {
    let world = World::new();
    let visit = Visit::of(&world, "passport", None).await;
    let answer = visit.answered().await;
    assert_eq!(visit.confirm().await.status, StatusCode::OK);
    world.scene.clock.advance(3_590);
    let request = answer.split_once('=').unwrap().1;
    let returned = visit.get(&format!("/authorize/return?request={request}"), "en").await;
    let code = visit.pending.returned(&location(&returned)).unwrap();
    assert_eq!(visit.redeem(&code).await.status, 200);
    world.scene.clock.advance(130);
    world.work().await;
    let application = visit.application().await;
    assert_eq!((application.stage, application.values.is_some()), (Stage::AwaitingIssue, true));
    world.scene.office().erase_issued(&application.id).await.unwrap();
    assert_eq!(visit.application().await.for_wallet, None, "the browser is not kept beside the number");
}

#[tokio::test]
async fn a_wallet_is_told_when_its_person_is_refused() {
    let world = World::new();
    let visit = Visit::of(&world, "passport", None).await;
    let answer = visit.answered().await;
    assert_eq!(visit.confirm().await.status, StatusCode::OK);
    world.scene.office().decline(&visit.application().await.id, None).await.unwrap();
    let onward = location(&visit.get(&answer, "en").await);
    let back = location(&visit.get(&onward, "en").await);
    assert!(back.contains("iss=") && back.contains("state="), "{back}");
    assert_eq!(visit.pending.returned(&back).unwrap_err().code(), "access_denied");
    is_page(&visit.get(&onward, "en").await, StatusCode::BAD_REQUEST);

    // The same at the desk's page, of an offer that was taken up by its code meanwhile.
    let made =
        world.scene.office().offer_at_desk_by(world.scene.ada(), TakenUp::Either, false, 600).await.unwrap();
    let Link::ByValue(offer) = Link::parse(&made.offered.by_value).unwrap() else { panic!() };
    let state = offer.authorization_code.unwrap().issuer_state.unwrap();
    let visit = Visit::of(&world, "profile", Some(&state)).await;
    assert_eq!(world.token(&made.offered.by_value).await.0, StatusCode::OK);
    let onward = format!("/authorize/continue?authorization={}", visit.id());
    let back = location(&visit.get(&onward, "en").await);
    assert_eq!(visit.pending.returned(&back).unwrap_err().code(), "access_denied");
}

#[tokio::test(start_paused = true)]
async fn a_client_pushes_thirty_times_as_often_as_it_asks_for_pages() {
    let world = World::with_budget(1);
    let push = || {
        let request = Request::post("/par").header(header::CONTENT_TYPE, form::MEDIA_TYPE);
        world.send(request.body(Body::from("client_id=x")).unwrap())
    };
    let mut statuses = Vec::new();
    // Two replicas, each with a budget of its own.
    for _ in 0..62 {
        statuses.push(push().await.status);
    }
    assert_eq!(statuses[..60], [StatusCode::BAD_REQUEST; 60]);
    assert_eq!(statuses[60..], [StatusCode::TOO_MANY_REQUESTS; 2]);
    let nonce = Request::post("/nonce").body(Body::empty()).unwrap();
    assert_eq!(world.send(nonce).await.status, StatusCode::OK, "other endpoints have theirs");
}
