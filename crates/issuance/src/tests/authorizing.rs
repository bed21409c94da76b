//! The authorisation code flow over two routers and one store: what each fault is answered with, and what happens once
//! although it is asked for twice.

mod lasting;
mod offering;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jose::{Signer, SigningKey};
use openid4vc::dpop;
use openid4vc::form;
use openid4vc::http::Method;
use openid4vc::secret::{SecretHash, SecretText};
use openid4vc::timed_nonce::Purpose;
use openid4vc::vci::authorization::{Denial, NewAuthorization, OpenError, Pending, Wish};
use openid4vc::vci::issuer::TakenUp;
use openid4vc::vci::offer::{CredentialOffer, Link};
use openid4vc::vci::wallet::{Answer, Retries};
use serde_json::{Value, json};
use store::{Change, Fault, Range, Record, Tx};
use url::Url;

use super::scene::{
    Answered, CODE_FLOW, ISSUER, PASSPORT, PROFILE, SETTINGS, Scene, Token, end, refusal, request, send,
};
use super::{at_once, complete};
use crate::records::AuthorizationRecord;
use crate::{OfferError, OpenFailure, Opened};

const CLIENT: &str = "passport-wallet";
const BACK: &str = "https://wallet.example.org/back";

/// The session of the browser that is at work.
fn browser() -> SecretHash {
    SecretHash::of("a session")
}

fn by_scope(scope: &str) -> Wish {
    Wish::Scope(vec![scope.to_owned()])
}

fn by_details(configurations: &[&str]) -> Wish {
    let configurations = configurations.iter().map(|&id| id.to_owned()).collect();
    Wish::Details { configurations, location: None }
}

/// A wallet that asks for a code.
struct Asking {
    pending: Pending,
    key: SigningKey,
    body: Vec<u8>,
}

impl Asking {
    fn new(scene: &Scene, wish: &Wish, issuer_state: Option<&SecretText>) -> Self {
        let new = NewAuthorization {
            server: &scene.replicas[0].server_metadata(),
            client_id: CLIENT,
            redirect_uri: BACK,
            wish,
            issuer_state,
            dpop_jkt: None,
        };
        let (pending, request) = new.make(scene.environment.randomness()).unwrap();
        Self { pending, key: scene.key(), body: request.body }
    }

    /// The body with one parameter otherwise, or without it.
    fn with(&self, name: &str, value: Option<&str>) -> Vec<u8> {
        changed(&self.body, name, value)
    }
}

fn changed(body: &[u8], name: &str, value: Option<&str>) -> Vec<u8> {
    let honest = form::Form::parse(Some(form::MEDIA_TYPE), body).unwrap();
    let others = honest.iter().filter(|(known, _)| *known != name);
    form::encode(others.chain(value.map(|value| (name, value)))).into_bytes()
}

fn posted(path: &str, body: Vec<u8>, proof: Option<&str>) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, form::MEDIA_TYPE);
    let request = match proof {
        Some(proof) => request.header(dpop::HEADER, proof),
        None => request,
    };
    request.body(Body::from(body)).unwrap()
}

fn answer(answered: &Answered) -> openid4vc::http::Response {
    let header = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    openid4vc::http::Response {
        status: answered.status.as_u16(),
        headers: answered.headers.iter().map(header).collect(),
        body: answered.text.clone().into_bytes(),
    }
}

impl Scene {
    /// A proof for a POST with a nonce of ours.
    fn fresh_proof(&self, key: &SigningKey, path: &str, token: Option<&str>) -> String {
        let nonces = &self.replicas[0].inner.nonces;
        let nonce = nonces.issue(Purpose::Dpop, self.now(), self.environment.randomness());
        self.proof_with(key, path, token, Some(&nonce))
    }

    fn proof_with(&self, key: &SigningKey, path: &str, token: Option<&str>, nonce: Option<&str>) -> String {
        let url = format!("{ISSUER}{path}");
        let new = dpop::NewProof {
            key: key.public_jwk(),
            method: Method::Post,
            url: &url,
            access_token: token,
            nonce,
        };
        new.to_sign(self.now(), self.environment.randomness()).sign(key).unwrap()
    }

    async fn push(&self, asking: &Asking) -> Answered {
        let proof = self.fresh_proof(&asking.key, "/par", None);
        self.send(posted("/par", asking.body.clone(), Some(&proof))).await
    }

    /// The parameters with which a browser comes.
    async fn pushed(&self, asking: &Asking) -> (String, String) {
        let answered = self.push(asking).await;
        assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text);
        let read = asking.pending.pushed(&answer(&answered), &mut Retries::default()).unwrap();
        let Answer::Done(url) = read else { panic!() };
        let url = Url::parse(&url).unwrap();
        assert_eq!(url.path(), "/authorize");
        let parameter =
            |name: &str| url.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned();
        (parameter("client_id"), parameter("request_uri"))
    }

    async fn opened(&self, asking: &Asking) -> Opened {
        let (client_id, request_uri) = self.pushed(asking).await;
        self.replicas[1].open(&client_id, &request_uri, browser()).await.unwrap()
    }

    /// The address to which the browser goes back with a code for `subject`.
    async fn granted(&self, asking: &Asking, subject: &str) -> String {
        let opened = self.opened(asking).await;
        self.replicas[0].grant(&opened.id, browser(), subject).await.unwrap().unwrap()
    }

    async fn code(&self, asking: &Asking) -> SecretText {
        asking.pending.returned(&self.granted(asking, "m-1").await).unwrap()
    }

    fn redeeming(&self, asking: &Asking, code: &SecretText) -> Request<Body> {
        let body = asking.pending.token_request(code).body;
        posted("/token", body, Some(&self.fresh_proof(&asking.key, "/token", None)))
    }

    async fn access(&self, asking: &Asking) -> Token {
        let code = self.code(asking).await;
        let answered = self.send(self.redeeming(asking, &code)).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
        assert_eq!(answered.json()["token_type"], "DPoP");
        Token(answered.json()["access_token"].as_str().unwrap().to_owned())
    }

    /// A request for one copy by what `wanted` names.
    async fn one_copy(&self, asking: &Asking, token: &Token, wanted: (&str, &str)) -> Answered {
        let nonce = self.nonce().await;
        let body = json!({wanted.0: wanted.1, "proofs": {"jwt": [self.proof(&nonce)]}}).to_string();
        let proof = self.fresh_proof(&asking.key, "/credential", Some(&token.0));
        let request = Request::post("/credential")
            .header(header::AUTHORIZATION, format!("DPoP {}", token.0))
            .header(header::CONTENT_TYPE, "application/json")
            .header(dpop::HEADER, proof);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn passport(&self, asking: &Asking, token: &Token) -> Answered {
        self.one_copy(asking, token, ("credential_configuration_id", PASSPORT)).await
    }
}

fn no_store(answered: &Answered) -> bool {
    answered.headers[header::CACHE_CONTROL] == "no-store"
}

#[tokio::test]
async fn the_metadata_name_the_flow_and_lie_where_wallets_look() {
    let scene = Scene::new();
    let mut found = Vec::new();
    for name in ["oauth-authorization-server", "openid-configuration"] {
        let get = Request::get(format!("/.well-known/{name}")).body(Body::empty()).unwrap();
        found.push(scene.send(get).await.json());
    }
    assert_eq!(found[0], found[1]);
    for (name, value) in [
        ("issuer", json!(ISSUER)),
        ("authorization_endpoint", json!(format!("{ISSUER}/authorize"))),
        ("pushed_authorization_request_endpoint", json!(format!("{ISSUER}/par"))),
        ("require_pushed_authorization_requests", json!(true)),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("response_types_supported", json!(["code"])),
        ("scopes_supported", json!([PASSPORT, PROFILE])),
    ] {
        assert_eq!(found[0][name], value, "{name}");
    }
}

#[tokio::test]
async fn a_code_leads_through_any_replica_to_a_credential_and_the_store_holds_hashes_only() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let answered = scene.push(&asking).await;
    assert!(no_store(&answered) && answered.headers.contains_key(dpop::NONCE_HEADER));
    assert_eq!(answered.json()["expires_in"], json!(90));
    let opened = scene.opened(&asking).await;
    assert_eq!(
        (opened.host.as_str(), &*opened.configurations),
        ("wallet.example.org", &[PASSPORT.to_owned()][..])
    );
    assert_eq!(opened.offered_to, None);
    assert_eq!(scene.replicas[0].authorization(&opened.id, browser()).await.unwrap().unwrap(), opened);
    let back = scene.replicas[0].grant(&opened.id, browser(), "m-1").await.unwrap().unwrap();
    let code = asking.pending.returned(&back).unwrap();
    let redeemed = scene.send(scene.redeeming(&asking, &code)).await;
    assert!(no_store(&redeemed) && redeemed.headers.contains_key(dpop::NONCE_HEADER));
    assert_eq!(redeemed.json().get("authorization_details"), None);
    let token = Token(redeemed.json()["access_token"].as_str().unwrap().to_owned());
    assert_eq!(scene.passport(&asking, &token).await.copies().len(), 1);
    assert_eq!((scene.copies().await, complete(&scene).await), (1, 1));
    let entries = scene.memory.entries();
    let uri = answered.json()["request_uri"].as_str().unwrap().to_owned();
    for secret in [code.expose(), token.0.as_str(), uri.rsplit(':').next().unwrap()] {
        let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!entries.iter().any(|(key, value)| found(key) || found(value)));
    }
}

#[tokio::test]
async fn details_are_answered_with_identifiers_which_are_then_needed() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_details(&[PROFILE]), None);
    let code = scene.code(&asking).await;
    let redeemed = scene.send(scene.redeeming(&asking, &code)).await.json();
    let detail = &redeemed["authorization_details"][0];
    assert_eq!(
        (&detail["type"], &detail["credential_configuration_id"]),
        (&json!("openid_credential"), &json!(PROFILE))
    );
    let identifier = detail["credential_identifiers"][0].as_str().unwrap();
    let token = Token(redeemed["access_token"].as_str().unwrap().to_owned());
    let by_name = scene.one_copy(&asking, &token, ("credential_configuration_id", PROFILE)).await;
    assert_eq!(by_name.refusal(), refusal(400, "invalid_credential_request"));
    let unknown = scene.one_copy(&asking, &token, ("credential_identifier", "passport:1")).await;
    assert_eq!(unknown.refusal(), refusal(400, "unknown_credential_identifier"));
    let issued = scene.one_copy(&asking, &token, ("credential_identifier", identifier)).await;
    assert_eq!(issued.copies().len(), 1);
    let scoped = Asking::new(&scene, &by_scope(PASSPORT), None);
    let token = scene.access(&scoped).await;
    let identified = scene.one_copy(&scoped, &token, ("credential_identifier", "passport:1")).await;
    assert_eq!(identified.refusal(), refusal(400, "unknown_credential_identifier"));
}

#[tokio::test]
async fn each_fault_of_a_pushed_request_is_answered_and_leaves_nothing() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let other_detail = r#"[{"type":"openid_credential","credential_configuration_id":"membership"}]"#;
    for (name, value, code) in [
        ("client_id", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("redirect_uri", Some("http://wallet.example.org/back"), "invalid_request"),
        ("redirect_uri", Some("javascript:alert(1)"), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("scope", Some("membership"), "invalid_scope"),
        ("scope", None, "invalid_scope"),
        ("authorization_details", Some(other_detail), "invalid_authorization_details"),
        ("issuer_state", Some("unknown"), "invalid_request"),
        ("state", Some(&*"s".repeat(1_025)), "invalid_request"),
        ("client_id", Some(&*"c".repeat(257)), "invalid_request"),
        ("redirect_uri", Some(&*format!("{BACK}/{}", "r".repeat(2_048 - BACK.len()))), "invalid_request"),
        ("request_uri", Some("urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
        ("dpop_jkt", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "invalid_dpop_proof"),
    ] {
        let proof = scene.fresh_proof(&asking.key, "/par", None);
        let answered = scene.send(posted("/par", asking.with(name, value), Some(&proof))).await;
        assert_eq!(answered.refusal(), refusal(400, code), "{name}");
        assert!(no_store(&answered) && !answered.headers.contains_key(header::LOCATION));
    }
    let json = Request::post("/par").header(header::CONTENT_TYPE, "application/json");
    let json = scene.send(json.body(Body::from(asking.body.clone())).unwrap()).await;
    assert_eq!(json.refusal(), refusal(400, "invalid_request"));
    let long = asking.with("unheard_of", Some(&"x".repeat(1 << 16)));
    assert_eq!(scene.send(posted("/par", long, None)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let get = scene.send(Request::get("/par").body(Body::empty()).unwrap()).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    let kept = scene.tenant().list::<AuthorizationRecord>(Range::all(), 10).await.unwrap();
    assert_eq!(kept.items.len(), 0);
    let unknown = scene.send(posted("/par", asking.with("unheard_of", Some("x")), None)).await;
    assert_eq!(unknown.status, StatusCode::CREATED, "unknown parameters are ignored");
    for (name, longest) in [
        ("state", "s".repeat(1_024)),
        ("client_id", "c".repeat(256)),
        ("redirect_uri", format!("{BACK}/{}", "r".repeat(2_047 - BACK.len()))),
    ] {
        let taken = scene.send(posted("/par", asking.with(name, Some(&longest)), None)).await;
        assert_eq!(taken.status, StatusCode::CREATED, "{name}: {}", taken.text);
    }
}

#[tokio::test]
async fn a_proof_at_each_endpoint_needs_a_nonce_and_counts_once() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let bare = scene.dpop(&asking.key, "/par", None);
    let asked = scene.send(posted("/par", asking.body.clone(), Some(&bare))).await;
    assert_eq!(asked.refusal(), refusal(400, "use_dpop_nonce"));
    let nonce = asked.headers[dpop::NONCE_HEADER].to_str().unwrap().to_owned();
    let proof = scene.proof_with(&asking.key, "/par", None, Some(&nonce));
    let pushed = scene.send(posted("/par", asking.body.clone(), Some(&proof))).await;
    assert_eq!(pushed.status, StatusCode::CREATED, "{}", pushed.text);
    let replayed = scene.send(posted("/par", asking.body.clone(), Some(&proof))).await;
    assert_eq!(replayed.refusal(), refusal(400, "invalid_dpop_proof"));
    let elsewhere = scene.fresh_proof(&asking.key, "/token", None);
    let refused = scene.send(posted("/par", asking.body.clone(), Some(&elsewhere))).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_dpop_proof"));

    let code = scene.code(&asking).await;
    let body = asking.pending.token_request(&code).body;
    let asked =
        scene.send(posted("/token", body.clone(), Some(&scene.dpop(&asking.key, "/token", None)))).await;
    assert_eq!(asked.refusal(), refusal(400, "use_dpop_nonce"));
    let nonce = asked.headers[dpop::NONCE_HEADER].to_str().unwrap().to_owned();
    let proof = scene.proof_with(&asking.key, "/token", None, Some(&nonce));
    let redeemed = scene.send(posted("/token", body, Some(&proof))).await;
    let token = Token(redeemed.json()["access_token"].as_str().unwrap().to_owned());

    let without = scene.dpop(&asking.key, "/credential", Some(&token.0));
    let request = Request::post("/credential")
        .header(header::AUTHORIZATION, format!("DPoP {}", token.0))
        .header(header::CONTENT_TYPE, "application/json")
        .header(dpop::HEADER, without);
    let asked = scene.send(request.body(Body::from("{}")).unwrap()).await;
    assert_eq!(asked.refusal(), refusal(401, "use_dpop_nonce"));
    assert!(asked.headers.contains_key(dpop::NONCE_HEADER));
    let bearer = scene.credential_with_fresh_nonce(&Token(format!("Bearer {}", token.0)), PASSPORT).await;
    assert_eq!(bearer.refusal(), refusal(401, "invalid_token"));
    assert_eq!(scene.passport(&asking, &token).await.copies().len(), 1);
}

#[tokio::test]
async fn a_request_uri_opens_once_and_only_for_its_client_and_in_time() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let (client, uri) = scene.pushed(&asking).await;
    let open = async |client: &str, uri: &str| scene.replicas[0].open(client, uri, browser()).await.map(drop);
    let refused = |error: OpenError| Err(OpenFailure::Request(error));
    assert_eq!(open("other", &uri).await, refused(OpenError::OtherClient));
    assert_eq!(open(&client, &format!("{uri}x")).await, refused(OpenError::Ended));
    assert_eq!(open(&client, "https://wallet.example.org/request").await, refused(OpenError::Ended));
    assert_eq!(open(&client, &uri).await, Ok(()));
    assert_eq!(open(&client, &uri).await, refused(OpenError::Ended));
    let (client, late) = scene.pushed(&asking).await;
    scene.clock.advance(CODE_FLOW.request - 1);
    assert_eq!(open(&client, &late).await, Ok(()));
    let (client, late) = scene.pushed(&asking).await;
    scene.clock.advance(CODE_FLOW.request);
    assert_eq!(open(&client, &late).await, refused(OpenError::Ended));
}

#[tokio::test]
async fn of_two_browsers_at_two_replicas_one_opens_a_request() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    for _ in 0..20 {
        let (client, uri) = scene.pushed(&asking).await;
        let open = |replica: usize| scene.replicas[replica].open(&client, &uri, browser());
        let (one, other) = tokio::join!(open(0), open(1));
        assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
    }
}

#[tokio::test]
async fn a_code_is_for_its_client_address_verifier_and_key_and_survives_who_has_not_got_them() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let code = scene.code(&asking).await;
    let honest = asking.pending.token_request(&code).body;
    let other_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    for (name, value, error) in [
        ("client_id", Some("other"), "invalid_grant"),
        ("client_id", None, "invalid_request"),
        ("redirect_uri", Some("https://wallet.example.org/back?"), "invalid_grant"),
        ("redirect_uri", None, "invalid_request"),
        ("code_verifier", Some(other_verifier), "invalid_grant"),
        ("code_verifier", Some("short"), "invalid_request"),
        ("code_verifier", None, "invalid_request"),
        ("code", Some("other"), "invalid_grant"),
        ("grant_type", Some("refresh_token"), "unsupported_grant_type"),
    ] {
        let proof = scene.fresh_proof(&asking.key, "/token", None);
        let refused = scene.send(posted("/token", changed(&honest, name, value), Some(&proof))).await;
        assert_eq!(refused.refusal(), refusal(400, error), "{name}");
    }
    let thief = scene.fresh_proof(&scene.key(), "/token", None);
    let stolen = scene.send(posted("/token", honest.clone(), Some(&thief))).await;
    assert_eq!(stolen.refusal(), refusal(400, "invalid_dpop_proof"));
    let bare = scene.send(posted("/token", honest, None)).await;
    assert_eq!(bare.refusal(), refusal(400, "invalid_dpop_proof"));
    let as_offered = scene.token(code.expose(), &[], None).await;
    assert_eq!(as_offered.refusal(), refusal(400, "invalid_grant"));
    assert_eq!(scene.send(scene.redeeming(&asking, &code)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_ends_after_its_seconds() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let (last, late) = (scene.code(&asking).await, scene.code(&asking).await);
    scene.clock.advance(CODE_FLOW.code - 1);
    assert_eq!(scene.send(scene.redeeming(&asking, &last)).await.status, StatusCode::OK);
    scene.clock.advance(1);
    assert_eq!(scene.send(scene.redeeming(&asking, &late)).await.refusal(), refusal(400, "invalid_grant"));
}

#[tokio::test]
async fn a_code_that_comes_twice_gives_one_token_which_then_gives_nothing() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let code = scene.code(&asking).await;
    let first = scene.send(scene.redeeming(&asking, &code)).await;
    let token = Token(first.json()["access_token"].as_str().unwrap().to_owned());
    let again = scene.send(scene.redeeming(&asking, &code)).await;
    assert_eq!(again.refusal(), refusal(400, "invalid_grant"));
    let refused = scene.passport(&asking, &token).await;
    assert_eq!(refused.refusal(), refusal(401, "invalid_token"));
    assert_eq!(scene.copies().await, 0);
}

#[tokio::test]
async fn who_saw_the_redirect_cannot_end_the_token_of_the_wallet_that_redeemed_its_code() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let code = scene.code(&asking).await;
    let redeemed = scene.send(scene.redeeming(&asking, &code)).await;
    let token = Token(redeemed.json()["access_token"].as_str().unwrap().to_owned());
    let honest = asking.pending.token_request(&code).body;
    let other_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let as_offered = scene.token(code.expose(), &[], None).await;
    assert_eq!(as_offered.refusal(), refusal(400, "invalid_grant"));
    for (name, value) in [
        ("client_id", "other"),
        ("redirect_uri", "https://wallet.example.org/back?"),
        ("code_verifier", other_verifier),
    ] {
        let proof = scene.fresh_proof(&asking.key, "/token", None);
        let refused = scene.send(posted("/token", changed(&honest, name, Some(value)), Some(&proof))).await;
        assert_eq!(refused.refusal(), refusal(400, "invalid_grant"), "{name}");
    }
    let thief = scene.fresh_proof(&scene.key(), "/token", None);
    for proof in [None, Some(thief.as_str())] {
        let refused = scene.send(posted("/token", honest.clone(), proof)).await;
        assert_eq!(refused.refusal(), refusal(400, "invalid_grant"));
    }
    assert_eq!(scene.passport(&asking, &token).await.copies().len(), 1);
}

#[tokio::test]
async fn one_code_at_two_routers_at_once_gives_at_most_one_token() {
    let scene = Scene::new();
    for _ in 0..10 {
        let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
        let code = scene.code(&asking).await;
        let crowd: Vec<_> = (0..6).map(|_| scene.redeeming(&asking, &code)).collect();
        let answers = at_once(&scene, crowd).await;
        let given = answers.iter().filter(|answered| answered.status == StatusCode::OK).count();
        assert_eq!(given, 1);
        let others = answers.iter().filter(|answered| answered.status != StatusCode::OK);
        assert!(others.into_iter().all(|answered| answered.refusal() == refusal(400, "invalid_grant")));
        let given = answers.iter().find(|answered| answered.status == StatusCode::OK).unwrap();
        let token = Token(given.json()["access_token"].as_str().unwrap().to_owned());
        assert_eq!(scene.passport(&asking, &token).await.refusal(), refusal(401, "invalid_token"));
    }
    assert_eq!(scene.copies().await, 0);
}

#[tokio::test]
async fn one_proof_at_two_routers_at_once_counts_once() {
    let scene = Scene::new();
    for _ in 0..10 {
        let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
        let proof = scene.fresh_proof(&asking.key, "/par", None);
        let crowd = (0..6).map(|_| posted("/par", asking.body.clone(), Some(&proof)));
        let answers = at_once(&scene, crowd.collect::<Vec<_>>()).await;
        let pushed = answers.iter().filter(|answered| answered.status == StatusCode::CREATED).count();
        assert_eq!(pushed, 1);
    }
}

#[tokio::test]
async fn one_authorisation_gives_one_code_or_one_denial() {
    let scene = Scene::new();
    for _ in 0..10 {
        let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
        let opened = scene.opened(&asking).await;
        let (granted, again, denied) = tokio::join!(
            scene.replicas[0].grant(&opened.id, browser(), "m-1"),
            scene.replicas[1].grant(&opened.id, browser(), "m-1"),
            scene.replicas[1].deny(&opened.id, browser(), Denial::Cancelled),
        );
        let given = [granted.unwrap(), again.unwrap(), denied.unwrap()];
        assert_eq!(given.iter().flatten().count(), 1);
        assert_eq!(scene.replicas[0].authorization(&opened.id, browser()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_denial_goes_back_with_state_and_issuer_and_ends_it() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let opened = scene.opened(&asking).await;
    let back = scene.replicas[1].deny(&opened.id, browser(), Denial::Cancelled).await.unwrap().unwrap();
    assert_eq!(asking.pending.returned(&back).unwrap_err().code(), "access_denied");
    assert!(back.contains("iss=https%3A%2F%2Foffice.example.org"));
    assert_eq!(scene.replicas[0].grant(&opened.id, browser(), "m-1").await.unwrap(), None);
    assert_eq!(scene.replicas[0].deny(&opened.id, browser(), Denial::Cancelled).await.unwrap(), None);
    let late = scene.opened(&asking).await;
    scene.clock.advance(CODE_FLOW.person);
    assert_eq!(scene.replicas[0].grant(&late.id, browser(), "m-1").await.unwrap(), None);
    assert_eq!(scene.replicas[0].deny(&late.id, browser(), Denial::Refused).await.unwrap(), None);
}

#[tokio::test]
async fn another_browser_than_the_one_that_came_neither_goes_on_nor_ends_it() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let opened = scene.opened(&asking).await;
    let other = SecretHash::of("another session");
    assert_eq!(scene.replicas[0].authorization(&opened.id, other).await.unwrap(), None);
    assert_eq!(scene.replicas[0].grant(&opened.id, other, "m-1").await.unwrap(), None);
    assert_eq!(scene.replicas[0].deny(&opened.id, other, Denial::Cancelled).await.unwrap(), None);
    assert!(scene.replicas[0].grant(&opened.id, browser(), "m-1").await.unwrap().is_some());
}

#[tokio::test]
async fn who_is_not_entitled_gets_no_code_and_who_is_no_longer_no_credential() {
    let scene = Scene::new();
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    end(&scene.tenant(), "m-2").await;
    let opened = scene.opened(&asking).await;
    assert_eq!(scene.replicas[0].grant(&opened.id, browser(), "m-2").await.unwrap(), None);
    assert!(scene.replicas[0].grant(&opened.id, browser(), "m-1").await.unwrap().is_some());
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    let token = scene.access(&asking).await;
    end(&scene.tenant(), "m-1").await;
    let refused = scene.passport(&asking, &token).await;
    assert_eq!(refused.refusal(), refusal(400, "credential_request_denied"));
}

#[tokio::test]
async fn a_party_that_gives_no_codes_says_so_nowhere_and_takes_no_request() {
    let mut scene = Scene::new();
    let metadata = |scene: &Scene| scene.replicas[0].server_metadata().to_value();
    assert!(metadata(&scene).get("authorization_endpoint").is_some());
    let asking = Asking::new(&scene, &by_scope(PASSPORT), None);
    scene.close_code_flow();
    let said: Value = metadata(&scene);
    for name in ["authorization_endpoint", "pushed_authorization_request_endpoint", "scopes_supported"] {
        assert_eq!(said.get(name), None, "{name}");
    }
    let refused = send(scene.routers[0].clone(), posted("/par", asking.body.clone(), None)).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let body = asking.pending.token_request(&SecretText::new("code")).body;
    let refused = send(scene.routers[0].clone(), posted("/token", body, None)).await;
    assert_eq!(refused.refusal(), refusal(400, "unsupported_grant_type"));
    let refused = scene.replicas[0].prepare_offer_by(&request("m-1", &[PASSPORT]), TakenUp::Either);
    assert_eq!(refused.unwrap_err(), OfferError::NoCodeFlow);
    assert!(SETTINGS.code_flow.is_some());
}
