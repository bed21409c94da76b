//! The office over HTTP: two replicas over one store, asked in turn.

mod authorizing;
mod mailboxes;
mod mailing;
mod numbers;
mod offering;
mod privacy;
mod refusals;
#[path = "../../src/tests/scene.rs"]
#[expect(dead_code, reason = "the scene serves the tests of the domain too")]
mod scene;
mod world;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use credentials::types;
use credentials::vc::{Facts, Held};
use did::number::PassportNumber;
use issuer::records::{Application, Passport, PassportStanding, RequestKind, Stage};
use jose::{Signer, SigningKey};
use keyring::KeyId;
use openid4vc::http::Method;
use presentation::SignedBy;
use scene::{CANARIES, HARBOUR, OFFICE_DID, ORIGIN};
use serde_json::{Map, Value, json};
use store::Range;
use world::World;

fn claims(credential: &str) -> Map<String, Value> {
    let held = Held::reopen(credential).unwrap();
    held.sd_jwt().revealed(&held.sd_jwt().select_all())
}

async fn application(world: &World) -> Application {
    world.scene.tenant().list::<Application>(Range::all(), 1).await.unwrap().items.remove(0)
}

async fn passport(world: &World) -> Passport {
    world.scene.tenant().list::<Passport>(Range::all(), 1).await.unwrap().items.remove(0)
}

/// A first passport as far as the answer; gives the reply's `sharing_proof_uri`.
async fn applied(world: &World, key: &SigningKey) -> String {
    let asked = world.post_json("/passport/requests", &json!({})).await.json();
    let membership = world.membership(key.public_jwk());
    let statement = world.statement("m-1", key.public_jwk());
    let own = world.own(key);
    let shown = [("membership", &*membership, key), ("statement", &*statement, key), ("own", &*own, key)];
    let response = world.present(&asked, &shown).await;
    let reply: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(response.status, 200, "{reply}");
    assert_eq!(reply["redirect_uri"], Value::Null);
    reply["sharing_proof_uri"].as_str().unwrap().to_owned()
}

/// As far as the offer: the log is left and the link confirmed. Gives also the follow-up's address.
async fn offered(world: &World, key: &SigningKey) -> (String, String) {
    let uri = applied(world, key).await;
    let found = world.follow_up(&uri, key).await.json();
    assert_eq!(found["waiting_for"], json!(["email-link", "did-log"]));
    let label = found["did_hosting"]["location"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let (created, _) = world.scene.member_did("office.localhost", &label, true);
    assert_eq!(world.leave_log(&label, key, &created.text).await.status, StatusCode::NO_CONTENT);
    world.work().await;
    let confirmed = world.press_button_in_mail().await;
    assert_eq!(confirmed.status, StatusCode::OK);
    assert!(confirmed.text.contains("Your address is confirmed"), "{}", confirmed.text);
    let found = world.follow_up(&uri, key).await.json();
    (uri, found["credential_offer"].as_str().unwrap().to_owned())
}

/// As far as the copies of passport and profile under `keys`.
async fn issued(world: &World, key: &SigningKey, keys: &[SigningKey]) -> (Vec<String>, Vec<String>) {
    let (uri, offer) = offered(world, key).await;
    let access = world.access(&offer).await;
    let passports = world.fetch(&access, "passport", keys).await.unwrap();
    let again = world.follow_up(&uri, key).await.json();
    assert_eq!(again["credential_offer"], Value::Null, "half of it is being fetched");
    let profiles = world.fetch(&access, "profile", keys).await.unwrap();
    assert_eq!(world.follow_up(&uri, key).await.json()["credential_offer"], Value::Null);
    (passports, profiles)
}

#[tokio::test]
async fn a_member_gets_a_passport_and_the_office_forgets_the_values() {
    let world = World::new();
    let (key, keys) = (world.scene.key(), [world.scene.key(), world.scene.key()]);
    let (passports, profiles) = issued(&world, &key, &keys).await;
    let sealed = application(&world).await.values.expect("values until the job is done");
    let id = KeyId::new(OFFICE_DID, application(&world).await.id, "application");
    assert!(world.scene.keyring.open_sealed(&id, b"application values", &sealed).is_ok());
    world.work().await;

    let kept = application(&world).await;
    assert_eq!((kept.stage, kept.values), (Stage::Issued, None));
    assert!(!world.scene.keyring.holds(&id).unwrap());
    assert!(world.scene.keyring.open_sealed(&id, b"application values", &sealed).is_err());
    assert_eq!(world.scene.traces(), Vec::<String>::new());

    let passport = passport(&world).await;
    for (copy, key) in passports.iter().zip(&keys) {
        let said = claims(copy);
        assert_eq!(said["number"], json!(passport.number));
        assert_eq!(said["did"], json!(passport.did));
        assert_eq!(said["since"], json!("2026-11-25"));
        let facts = Held::reopen(copy).unwrap().facts().clone();
        assert_eq!(facts.holder_key(), Some(key.public_jwk()));
        let (from, until) = (facts.issued_at().unwrap(), facts.expires().unwrap());
        assert_eq!((from, until), (from.start_of_day(), from.plus(14 * 86_400)));
    }
    let said = claims(&profiles[1]);
    assert_eq!((said["email"].as_str(), &said["email_verified"]), (Some(CANARIES[3]), &json!(true)));
    assert_eq!(said["given_name"], json!(CANARIES[0]));
    assert_eq!(said["age_equal_or_over"], json!({"16": true, "18": true, "21": true}));
}

#[tokio::test]
async fn values_that_are_erased_are_issued_no_more() {
    let world = World::new();
    let (key, keys) = (world.scene.key(), [world.scene.key()]);
    let uri = applied(&world, &key).await;
    let found = world.follow_up(&uri, &key).await.json();
    let label = found["did_hosting"]["location"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let (created, _) = world.scene.member_did("office.localhost", &label, true);
    world.leave_log(&label, &key, &created.text).await;
    world.work().await;
    world.press_button_in_mail().await;
    let offer = |found: Value| found["credential_offer"].as_str().unwrap().to_owned();
    let first = world.access(&offer(world.follow_up(&uri, &key).await.json())).await;
    let stray = issuance::OfferRequest {
        subject: application(&world).await.id,
        configurations: vec!["passport".to_owned(), "profile".to_owned()],
        tx_code: false,
        lifetime: 600,
    };
    let stray = world.scene.office().issuance().offer(&stray).await.unwrap();
    let second = world.access(&stray.by_value).await;
    for configuration in ["passport", "profile"] {
        world.fetch(&first, configuration, &keys).await.unwrap();
    }
    world.work().await;
    for configuration in ["passport", "profile"] {
        let refused = world.fetch(&second, configuration, &keys).await.unwrap_err();
        assert_eq!(refused["error"], "credential_request_denied");
    }
}

/// Whether the key under which the application's values lie is still there.
async fn opens(world: &World) -> bool {
    let id = KeyId::new(OFFICE_DID, application(world).await.id, "application");
    world.scene.keyring.holds(&id).unwrap()
}

/// How many copies of each configuration the office has signed.
async fn copies(world: &World) -> (usize, usize) {
    let entries =
        world.scene.tenant().list::<issuance::StatusEntry>(Range::all(), 1_000).await.unwrap().items;
    let of = |configuration: &str| entries.iter().filter(|one| one.configuration == configuration).count();
    (of("passport"), of("profile"))
}

#[tokio::test]
async fn values_go_without_any_notification_when_everything_was_fetched() {
    let world = World::new();
    issued(&world, &world.scene.key(), &[world.scene.key()]).await;
    assert!(opens(&world).await);
    world.work().await;
    assert_eq!((application(&world).await.stage, opens(&world).await), (Stage::Issued, false));
}

#[tokio::test]
async fn values_go_at_the_deadline_without_any_notification_when_only_half_was_fetched() {
    let world = World::new();
    let key = world.scene.key();
    let (uri, offer) = offered(&world, &key).await;
    let access = world.access(&offer).await;
    world.fetch(&access, "passport", &[world.scene.key()]).await.unwrap();
    world.work().await;
    let until = environment::Timestamp::from_seconds(application(&world).await.until);
    // A minute more, so that nothing that was signed just before is still on its way.
    world.scene.clock.set(until.plus(59));
    world.work().await;
    assert_eq!((application(&world).await.stage, opens(&world).await), (Stage::AwaitingIssue, true));
    assert_eq!(world.follow_up(&uri, &key).await.json()["credential_offer"], Value::Null);
    world.scene.clock.set(until.plus(60));
    world.work().await;
    let kept = application(&world).await;
    assert_eq!((kept.stage, kept.values, opens(&world).await), (Stage::Issued, None, false));
    assert_eq!(world.scene.traces(), Vec::<String>::new());
    assert_eq!(passport(&world).await.standing, PassportStanding::Active, "copies of it are about");
}

#[tokio::test]
async fn a_request_that_comes_again_because_its_reply_was_lost_is_refused_and_signs_nothing() {
    let world = World::new();
    let key = world.scene.key();
    let (uri, offer) = offered(&world, &key).await;
    let access = world.access(&offer).await;
    let keys = [world.scene.key(), world.scene.key()];
    let refused = async |configuration: &str, keys: &[SigningKey]| {
        let refusal = world.fetch(&access, configuration, keys).await.unwrap_err();
        assert_eq!(refusal["error"], "credential_request_denied", "{configuration}");
        assert_eq!(refusal["error_description"], "this credential was issued already", "{configuration}");
    };
    let others = [world.scene.key(), world.scene.key()];
    let _lost = world.fetch(&access, "passport", &keys).await.unwrap();
    for again in [&keys, &others] {
        refused("passport", again).await;
        assert_eq!(copies(&world).await, (2, 0));
    }
    let _lost_too = world.fetch(&access, "profile", &keys).await.unwrap();
    for worked in [false, true] {
        if worked {
            world.work().await;
            assert_eq!(application(&world).await.stage, Stage::Issued);
        }
        for configuration in ["passport", "profile"] {
            for again in [&keys, &others] {
                refused(configuration, again).await;
            }
        }
        assert_eq!(world.follow_up(&uri, &key).await.json()["credential_offer"], Value::Null);
        assert_eq!(copies(&world).await, (2, 2));
    }
}

#[tokio::test]
async fn present_copies_are_refilled_and_a_suspended_passport_is_not() {
    let world = World::new();
    let (key, keys) = (world.scene.key(), [world.scene.key(), world.scene.key(), world.scene.key()]);
    let (passports, profiles) = issued(&world, &key, &keys).await;
    world.work().await;
    let other = world.scene.key();
    let membership = world.membership(other.public_jwk());
    let refill = async |place: usize, what: &str| {
        let asked = world.post_json("/refill/requests", &json!({"what": what})).await.json();
        let shown = [("passport", &*passports[place], &keys[place]), ("membership", &*membership, &other)];
        let profile = [("profile", &*profiles[place], &keys[place])];
        let response = world.present(&asked, if what == "passport" { &shown } else { &profile }).await;
        (response.status, serde_json::from_slice::<Value>(&response.body).unwrap(), asked)
    };
    for what in ["passport", "profile"] {
        let (status, reply, asked) = refill(0, what).await;
        assert_eq!(status, 200, "{reply}");
        let access = world.access(reply["credential_offer"].as_str().unwrap()).await;
        let fresh = world.fetch(&access, what, &[world.scene.key()]).await.unwrap();
        let before = if what == "passport" { &passports[0] } else { &profiles[0] };
        let names = |copy: &str| {
            let mut said = claims(copy);
            for own in ["cnf", "status"] {
                said.remove(own);
            }
            said
        };
        assert_eq!(names(&fresh[0]), names(before));
        let proof = world.follow_up(reply["sharing_proof_uri"].as_str().unwrap(), &keys[0]).await.json();
        assert!(proof["sharing_proof"].is_string());
        // The same answer again: the request is used up.
        let again = world.get(asked["request_uri"].as_str().unwrap().strip_prefix(ORIGIN).unwrap()).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
    world.work().await;
    assert_eq!(world.scene.traces(), Vec::<String>::new());
    for (_, value) in world.scene.memory.entries() {
        let text = String::from_utf8_lossy(&value);
        assert!(!text.contains(HARBOUR) && !text.contains("\"m-1\""), "space and sub are not kept");
    }

    let number = PassportNumber::parse(&passport(&world).await.number).unwrap();
    let revoked = world.scene.office().set_standing(&number, PassportStanding::Suspended).await.unwrap();
    assert_eq!(revoked, 3 + 3 + 1 + 1);
    for what in ["passport", "profile"] {
        let (status, reply, _) = refill(1, what).await;
        assert_eq!((status, &reply["error"]), (400, &json!("invalid_request")));
    }
}

#[tokio::test]
async fn a_profile_is_not_refilled_beside_a_suspended_passport_even_before_readers_know() {
    let world = World::new();
    let (key, keys) = (world.scene.key(), [world.scene.key(), world.scene.key()]);
    let (_, profiles) = issued(&world, &key, &keys).await;
    let shown = async |facts: Option<Facts>| {
        let asked = world.scene.ask(RequestKind::RefillProfile).await;
        let mut said = claims(&profiles[0]);
        said.retain(|name, _| !matches!(name.as_str(), "cnf" | "status" | "age_equal_or_over"));
        let office = SignedBy::Office(OFFICE_DID.to_owned());
        let holder = keys[0].public_jwk();
        let mut presented = world.scene.presented("profile", types::PROFILE, office, holder, said.into());
        presented.facts = facts.unwrap_or(presented.facts);
        world.scene.give(&scene::answer(&asked, Some(holder.clone()), vec![presented])).await.map(drop)
    };
    let of_copy = || Some(Held::reopen(&profiles[0]).unwrap().facts().clone());
    assert_eq!(shown(of_copy()).await, Ok(()));
    // A copy whose place in the lists was never given out.
    assert_eq!(shown(None).await, Err("revoked"));
    let number = PassportNumber::parse(&passport(&world).await.number).unwrap();
    world.scene.office().set_standing(&number, PassportStanding::Suspended).await.unwrap();
    assert_eq!(shown(of_copy()).await, Err("revoked"));
}

#[tokio::test]
async fn papers_of_two_members_or_keys_are_refused_over_the_wire() {
    let world = World::new();
    let (key, other) = (world.scene.key(), world.scene.key());
    let before = world.scene.tenant().list::<Application>(Range::all(), 1).await.unwrap().items.len();
    assert_eq!(before, 0);
    let membership = world.membership(key.public_jwk());
    let own = world.own(&key);
    let (of_other_member, of_other_key) =
        (world.statement("m-2", key.public_jwk()), world.statement("m-1", other.public_jwk()));
    let good = world.statement("m-1", key.public_jwk());
    let ended = world.ended_membership(key.public_jwk());
    let cases =
        [(&membership, &of_other_member, &key), (&membership, &of_other_key, &other), (&ended, &good, &key)];
    for (membership, statement, holder) in cases {
        let asked = world.post_json("/passport/requests", &json!({})).await.json();
        let shown = [
            ("membership", membership.as_str(), &key),
            ("statement", statement.as_str(), holder),
            ("own", &*own, &key),
        ];
        let response = world.present(&asked, &shown).await;
        assert_eq!(response.status, 400);
    }
    assert!(world.scene.tenant().list::<Application>(Range::all(), 1).await.unwrap().items.is_empty());
    assert!(world.scene.mails.mails().is_empty());
}

#[tokio::test]
async fn follow_up_and_log_are_for_the_answering_key_and_each_proof_counts_once() {
    let world = World::new();
    let (key, other) = (world.scene.key(), world.scene.key());
    let uri = applied(&world, &key).await;
    let path = uri.strip_prefix(ORIGIN).unwrap();
    assert_eq!(world.get(path).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.follow_up(&uri, &other).await.status, StatusCode::NOT_FOUND);
    let (request, proof) = world.proven(Method::Get, path, &key);
    let label = {
        let found = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(found.headers[header::CACHE_CONTROL], "no-store");
        let found = found.json();
        found["did_hosting"]["location"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
    };
    let replayed = Request::get(path).header("dpop", &proof).body(Body::empty()).unwrap();
    assert_eq!(world.send(replayed).await.status, StatusCode::UNAUTHORIZED);

    let (created, _) = world.scene.member_did("office.localhost", &label, true);
    assert_eq!(world.leave_log(&label, &other, &created.text).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.leave_log("0123", &key, &created.text).await.status, StatusCode::NOT_FOUND);
    let unproven = Request::put(format!("/did-log/{label}")).header("content-type", "application/jsonl");
    let unproven = world.send(unproven.body(Body::from(created.text.clone())).unwrap()).await;
    assert_eq!(unproven.status, StatusCode::UNAUTHORIZED);
    let (request, _) = world.proven(Method::Put, &format!("/did-log/{label}"), &key);
    let request =
        request.header("content-type", "text/plain").body(Body::from(created.text.clone())).unwrap();
    assert_eq!(world.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(world.get(&format!("/{label}/did.jsonl")).await.status, StatusCode::NOT_FOUND);
    for _ in 0..2 {
        assert_eq!(world.leave_log(&label, &key, &created.text).await.status, StatusCode::NO_CONTENT);
    }
    let (second, _) = world.scene.member_did("office.localhost", &label, true);
    assert_eq!(world.leave_log(&label, &key, &second.text).await.status, StatusCode::CONFLICT);
    // What does not continue the log that lies there is not looked into any further.
    assert_eq!(world.leave_log(&label, &key, "{}").await.status, StatusCode::CONFLICT);
    let log = Request::get(format!("/{label}/did.jsonl")).header("origin", "https://other.example.org");
    let log = world.send(log.body(Body::empty()).unwrap()).await;
    assert_eq!(log.text, created.text);
    assert_eq!(log.headers[header::CONTENT_TYPE], "text/jsonl; charset=utf-8");
    assert_eq!(log.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(world.get("/.well-known/did.jsonl").await.text, "the office's log\n");
}

#[tokio::test]
async fn a_link_is_confirmed_by_the_button_of_its_own_page_once() {
    let world = World::new();
    applied(&world, &world.scene.key()).await;
    world.work().await;
    let mail = world.scene.mails.mails().remove(0);
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), (CANARIES[3], "Confirm your e-mail address"));
    let link = mail.text.split_whitespace().find(|word| word.starts_with("http")).unwrap();
    let path = link.strip_prefix(ORIGIN).unwrap();
    let forged = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(world.send(forged.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.press_button_in_mail().await.status, StatusCode::OK);
    let used = world.get(path).await;
    assert_eq!(used.status, StatusCode::GONE);
    assert!(used.text.contains("This link is used up"));
    assert_eq!(world.get("/email/never").await.status, StatusCode::GONE);
}

#[tokio::test]
async fn the_page_waits_for_its_own_browser_and_then_says_to_look_into_the_mail() {
    let world = World::new();
    let page = world.get("/passport").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("<svg") && page.text.contains("openid4vp://"));
    let cookie = page.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let status_url = world::between(&page.text, "data-waiting=\"", "\"").to_owned();
    let id = status_url.split_once('=').unwrap().1;
    let ask = async |cookie: Option<&str>| {
        let mut request = Request::get(&status_url);
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        world.send(request.body(Body::empty()).unwrap()).await.json()
    };
    assert_eq!(ask(Some(&cookie)).await, json!({"state": "open"}));
    assert_eq!(ask(None).await["state"], "ended");
    let asked = world.scene.office().asked(id, None).await.unwrap();
    assert_eq!(asked, None);
    let kept = world.scene.tenant().get::<issuer::records::Asked>(id).await.unwrap().unwrap();
    let answer = world.scene.first_answer(&kept, world.scene.key().public_jwk());
    world.scene.give(&answer).await.unwrap();
    let next = format!("/passport/answer?request={id}");
    assert_eq!(ask(Some(&cookie)).await, json!({"state": "answered", "location": next}));
    let request = Request::get(&next).header("cookie", &cookie).header("accept-language", "es");
    let page = world.send(request.body(Body::empty()).unwrap()).await;
    assert!(page.text.contains("Ahora mira tu correo"), "{}", page.text);

    let page = world.get("/passport").await;
    let cookie = page.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let status_url = world::between(&page.text, "data-waiting=\"", "\"").to_owned();
    world.scene.clock.advance(300);
    let request = Request::get(&status_url).header("cookie", &cookie).body(Body::empty()).unwrap();
    assert_eq!(world.send(request).await.json()["state"], "ended");
    for broken in
        ["/passport/status", "/passport/status?request=a%22b", "/passport/status?request=a&request=b"]
    {
        assert!(world.get(broken).await.status.is_client_error(), "{broken}");
    }
}

#[tokio::test]
async fn programs_get_requests_and_strangers_pages_do_not() {
    let world = World::new();
    let answered = world.post_json("/passport/requests", &json!({"way": "link"})).await;
    assert_eq!(answered.headers[header::CACHE_CONTROL], "no-store");
    let asked = answered.json();
    assert!(asked["link"].as_str().unwrap().starts_with("openid4vp://"));
    assert!(asked["client_id"].as_str().unwrap().starts_with("x509_hash:"));
    assert_eq!(asked["request_uri_method"], "post");
    assert!(asked["session"].is_string());
    let request = world.request(&asked).await;
    assert_eq!(request.query().credentials().len(), 3);
    let bare = Request::post("/passport/requests").body(Body::empty()).unwrap();
    assert_eq!(world.send(bare).await.status, StatusCode::OK);
    for body in [json!({}), json!({"what": "card"}), json!({"what": "passport", "more": 1})] {
        assert_eq!(world.post_json("/refill/requests", &body).await.status, StatusCode::BAD_REQUEST);
    }
    let foreign = Request::post("/passport/requests").header("sec-fetch-site", "cross-site");
    assert_eq!(world.send(foreign.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_too_often_is_slowed_down_wherever_there_is_work_to_do() {
    let world = World::with_budget(1);
    let asked = async |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        world.send(request).await
    };
    for (method, path) in [
        ("GET", "/passport"),
        ("POST", "/passport/requests"),
        ("POST", "/passport/mail"),
        ("POST", "/refill/requests"),
        ("GET", "/email/never"),
        ("POST", "/email/never"),
        ("PUT", "/did-log/never"),
        ("GET", "/passport/answer?request=never"),
        ("GET", "/passport/status?request=never"),
        ("GET", "/follow-up/never"),
        ("GET", "/never/did.jsonl"),
        ("GET", "/.well-known/openid-credential-issuer"),
        ("GET", "/.well-known/oauth-authorization-server"),
        ("GET", "/credential-offer/never"),
        ("POST", "/token"),
        ("POST", "/nonce"),
        ("POST", "/credential"),
        ("POST", "/notification"),
        ("GET", "/status/1"),
        ("GET", "/types/passport/1"),
        ("GET", "/request/never"),
        ("POST", "/request/never"),
        ("POST", "/response/never"),
    ] {
        assert_ne!(asked(method, path).await.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let mut slowed = None;
        // Two replicas, each with a hundred for programs, some of which come back meanwhile.
        for _ in 0..400 {
            slowed =
                Some(asked(method, path).await).filter(|one| one.status == StatusCode::TOO_MANY_REQUESTS);
            if slowed.is_some() {
                break;
            }
        }
        let slowed = slowed.unwrap_or_else(|| panic!("{method} {path} has no limit"));
        assert!(slowed.headers.contains_key(header::RETRY_AFTER), "{method} {path}");
    }
    for path in ["/", "/healthz", "/.well-known/did.jsonl"] {
        assert_eq!(asked("GET", path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn programs_may_ask_more_often_than_people() {
    let world = World::with_budget(1);
    for _ in 0..2 {
        assert_eq!(world.get("/email/never").await.status, StatusCode::GONE);
    }
    assert_eq!(world.get("/email/never").await.status, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..200 {
        assert_eq!(world.get("/never/did.jsonl").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn every_page_has_its_words_in_every_language() {
    let world = World::new();
    for language in ["en", "es"] {
        for path in ["/", "/passport", "/passport/answer?request=none", "/email/never"] {
            let request = Request::get(path).header("accept-language", language);
            let page = world.send(request.body(Body::empty()).unwrap()).await;
            assert!(page.text.contains(&format!("<html lang=\"{language}\"")), "{path}");
            for key in
                ["office-", "passport-open", "passport-ended", "passport-title", "passport-next", "email-"]
            {
                let visible = page.text.replace("passport-link", "").replace("/email/", "");
                assert!(!visible.contains(key), "an untranslated {key} at {path}");
            }
        }
    }
}
