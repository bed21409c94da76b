//! An office's routers, a home space that only signs, and a member's wallet that speaks the real protocols.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use credentials::issuer_key::SignAs;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::status_list::{self, Bits, Publishing, Status, StatusList};
use credentials::types;
use credentials::vc::{self, Held, Issuing, StatusReference};
use did::{Did, Document, DocumentBuilder, Relationship, StaticResolver};
use directory::Directory;
use jose::{Jwk, Signer, SigningKey};
use openid4vc::dpop;
use openid4vc::http::Method;
use openid4vc::vci::offer::{CredentialOffer, Link};
use openid4vc::vci::proof;
use openid4vc::vci::wallet::{Access, Answer, Plan, Retries};
use openid4vc::vp::client_id::ClientId;
use openid4vc::vp::request::{AuthorizationRequest, Compatibility, Expected, RequestObject};
use openid4vc::vp::transaction_data::TransactionTypes;
use openid4vc::vp::wallet;
use outbound::{Fetch, Fetching, OutboundError, Response};
use presentation::{Presentation, Settings, StatusLists};
use serde_json::{Value, json};
use tower::ServiceExt;
use trust::Role;
use trust::testing::{NOW, TestParty};
use web::csrf::CsrfKey;

use super::scene::{A_DAY, CANARIES, HARBOUR, ORIGIN, Scene};
use crate::{Responsible, Site, router};

const HARBOUR_LIST: &str = "http://harbour.localhost:8080/status/2968";

pub(crate) struct World {
    pub(crate) scene: Scene,
    pub(crate) harbour: TestParty,
    routers: [Router; 2],
    turn: AtomicUsize,
    budget: u32,
}

/// What a request was answered with.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_budget(1_000)
    }

    /// Replicas at which a client may make so many requests at once.
    pub(crate) fn with_budget(budget: u32) -> Self {
        let scene = Scene::new();
        let harbour = scene.network.party(Role::Space, HARBOUR, "harbour.localhost");
        let routers = replicas(&scene, &harbour, budget);
        Self { scene, harbour, routers, turn: AtomicUsize::new(0), budget }
    }

    /// Both replicas end and begin anew: what they held in memory is gone, the store and the secrets are there.
    pub(crate) fn restart(&mut self) {
        self.routers = replicas(&self.scene, &self.harbour, self.budget);
    }

    /// One request at both replicas.
    pub(crate) async fn both(&self, request: impl Fn() -> Request<Body>) -> [Answered; 2] {
        [self.send(request()).await, self.send(request()).await]
    }

    /// Every request goes to the other replica than the one before.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answered {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        send(self.routers[turn % 2].clone(), request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answered {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A request of the protocol cores.
    pub(crate) async fn carry(&self, request: openid4vc::http::Request) -> openid4vc::http::Response {
        carried(self.send(built(request)).await)
    }

    /// A request with a DPoP proof by `key`; gives the proof too.
    pub(crate) fn proven(
        &self,
        method: Method,
        path: &str,
        key: &SigningKey,
    ) -> (http::request::Builder, String) {
        let url = format!("{ORIGIN}{path}");
        let new =
            dpop::NewProof { key: key.public_jwk(), method, url: &url, access_token: None, nonce: None };
        let to_sign = new.to_sign(self.scene.now(), self.scene.environment.randomness());
        let proof = to_sign.sign(key).unwrap();
        (Request::builder().method(method.name()).uri(path).header(dpop::HEADER, &proof), proof)
    }

    pub(crate) async fn follow_up(&self, uri: &str, key: &SigningKey) -> Answered {
        let path = uri.strip_prefix(ORIGIN).unwrap();
        let (request, _) = self.proven(Method::Get, path, key);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn leave_log(&self, label: &str, key: &SigningKey, log: &str) -> Answered {
        let (request, _) = self.proven(Method::Put, &format!("/did-log/{label}"), key);
        let request = request.header(header::CONTENT_TYPE, "application/jsonl");
        self.send(request.body(Body::from(log.to_owned())).unwrap()).await
    }

    /// A credential by the home space.
    pub(crate) fn by_harbour(&self, vct: &str, claims: Value, key: &Jwk, index: u64) -> String {
        self.by(&self.harbour, vct, claims, key, index)
    }

    /// A credential by the office that it would not make.
    pub(crate) fn by_office(&self, vct: &str, claims: Value, key: &Jwk) -> String {
        self.by(&self.scene.party, vct, claims, key, 7)
    }

    fn by(&self, party: &TestParty, vct: &str, claims: Value, key: &Jwk, index: u64) -> String {
        let (chain, signer) = &party.issuing;
        let chain: Vec<Vec<u8>> = chain.certificates().map(|one| one.der().to_vec()).collect();
        let status = StatusReference { uri: HARBOUR_LIST.to_owned(), index };
        let mut issuing = self.issuing(vct, claims, key);
        issuing.status = Some(&status);
        vc::issue(issuing, SignAs::X5c(&chain), signer, self.scene.environment.randomness()).unwrap()
    }

    pub(crate) fn membership(&self, key: &Jwk) -> String {
        let claims = json!({"sub": "m-1", "since": "2026-01-01", "plan": "member", "space": HARBOUR});
        self.by_harbour(types::MEMBERSHIP, claims, key, 7)
    }

    /// A membership that the space has ended.
    pub(crate) fn ended_membership(&self, key: &Jwk) -> String {
        let claims = json!({"sub": "m-1", "since": "2026-01-01", "space": HARBOUR});
        self.by_harbour(types::MEMBERSHIP, claims, key, 9)
    }

    pub(crate) fn statement(&self, sub: &str, key: &Jwk) -> String {
        let claims = json!({"sub": sub, "given_name": CANARIES[0], "family_name": CANARIES[1],
            "birthdate": CANARIES[2], "check": "known-in-person", "checked_on": "2026-11-25"});
        self.by_harbour(types::STATEMENT, claims, key, 8)
    }

    pub(crate) fn own(&self, key: &SigningKey) -> String {
        let issuing = self.issuing(types::OWN, json!({"email": CANARIES[3]}), key.public_jwk());
        let issuing = Issuing { expires: Some(self.scene.now().plus(300)), ..issuing };
        issuing.issue_as_holder(key, self.scene.environment.randomness()).unwrap()
    }

    fn issuing<'a>(&self, vct: &'a str, claims: Value, key: &'a Jwk) -> Issuing<'a> {
        let now = self.scene.now();
        Issuing {
            vct,
            claims: claims.as_object().unwrap().clone(),
            frame: Frame::TopLevel { except: Vec::new() },
            decoys: Decoys::default(),
            holder: Some(key),
            issued_at: Some(now),
            not_before: None,
            expires: Some(now.plus(A_DAY)),
            status: None,
        }
    }

    /// Fetches and verifies a request object.
    pub(crate) async fn request(&self, asked: &Value) -> AuthorizationRequest {
        let request_uri = asked["request_uri"].as_str().unwrap();
        let object = self.get(request_uri.strip_prefix(ORIGIN).unwrap()).await;
        assert_eq!(object.status, StatusCode::OK);
        let client_id = ClientId::parse(asked["client_id"].as_str().unwrap()).unwrap();
        let expected = Expected {
            client_id: &client_id,
            wallet_nonce: None,
            request_uri: Some(request_uri),
            compatibility: Compatibility::default(),
            transaction_types: &TransactionTypes::default(),
            now: self.scene.now(),
        };
        RequestObject::decode(&object.text).unwrap().verify(None, &expected).unwrap()
    }

    /// Answers a request with whole credentials, each bound to its key.
    pub(crate) async fn present(
        &self,
        asked: &Value,
        shown: &[(&str, &str, &SigningKey)],
    ) -> openid4vc::http::Response {
        let request = self.request(asked).await;
        self.carry(self.answer(&request, shown)).await
    }

    /// The answer to a request with whole credentials, each bound to its key.
    pub(crate) fn answer(
        &self,
        request: &AuthorizationRequest,
        shown: &[(&str, &str, &SigningKey)],
    ) -> openid4vc::http::Request {
        let mut presentations = BTreeMap::new();
        for (query, credential, key) in shown {
            let held = Held::reopen(credential).unwrap();
            let binding = wallet::key_binding(request, self.scene.now());
            let bound = held.sd_jwt().present_bound(&held.sd_jwt().select_all(), &binding, *key).unwrap();
            presentations.insert((*query).to_owned(), vec![bound]);
        }
        wallet::answer(request, presentations).unwrap()
    }

    /// Takes up an offer as far as the access token.
    pub(crate) async fn access(&self, offer: &str) -> Access {
        let Link::ByValue(offer) = Link::parse(offer).unwrap() else { panic!("an offer by value") };
        let offer: CredentialOffer = *offer;
        let office = self.scene.office();
        let plan =
            Plan::new(offer, office.issuance().metadata(), office.issuance().server_metadata()).unwrap();
        let response = self.carry(plan.token_request(None).unwrap()).await;
        match plan.token_response(&response, &mut Retries::default()).unwrap() {
            Answer::Done(access) => access,
            Answer::Again(_) => panic!("a token"),
        }
    }

    /// Status and error of a token request for an offer.
    pub(crate) async fn token(&self, offer: &str) -> (StatusCode, Value) {
        let Link::ByValue(offer) = Link::parse(offer).unwrap() else { panic!("an offer by value") };
        let office = self.scene.office();
        let plan =
            Plan::new(*offer, office.issuance().metadata(), office.issuance().server_metadata()).unwrap();
        let response = self.carry(plan.token_request(None).unwrap()).await;
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        (StatusCode::from_u16(response.status).unwrap(), body["error"].clone())
    }

    /// One copy for each key.
    pub(crate) async fn fetch(
        &self,
        access: &Access,
        configuration: &str,
        keys: &[SigningKey],
    ) -> Result<Vec<String>, Value> {
        let request = self.credential_request(access, configuration, keys).await;
        copies_of(&self.carry(request).await)
    }

    /// The same at a router of one's own.
    pub(crate) async fn fetch_at(
        &self,
        router: &Router,
        access: &Access,
        configuration: &str,
        keys: &[SigningKey],
    ) -> Result<Vec<String>, Value> {
        let request = self.credential_request(access, configuration, keys).await;
        copies_of(&carried(send(router.clone(), built(request)).await))
    }

    async fn credential_request(
        &self,
        access: &Access,
        configuration: &str,
        keys: &[SigningKey],
    ) -> openid4vc::http::Request {
        let nonce = Access::nonce_response(&self.carry(access.nonce_request().unwrap()).await).unwrap();
        let proofs = keys.iter().map(|key| {
            let new = proof::NewProof {
                key: key.public_jwk(),
                credential_issuer: access.credential_issuer(),
                nonce: Some(&nonce),
                client_id: None,
                key_attestation: None,
            };
            new.to_sign(self.scene.now()).sign(key).unwrap()
        });
        access.credential_requests(configuration, proofs.collect()).remove(0)
    }

    pub(crate) async fn work(&self) {
        while crate::work(&self.scene.office(), self.scene.mails.as_ref()).await.unwrap() > 0 {}
    }

    /// Opens the link of the newest mail and presses the button, as a browser does.
    pub(crate) async fn press_button_in_mail(&self) -> Answered {
        let mail = self.scene.mails.mails().pop().expect("a mail");
        let link = mail.text.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned();
        let path = link.strip_prefix(ORIGIN).unwrap().to_owned();
        let page = self.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        let cookie = page.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let token = between(&page.text, "name=\"csrf\" value=\"", "\"");
        assert_eq!(between(&page.text, "<form method=\"post\" action=\"", "\""), path);
        let request = Request::post(&path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(format!("csrf={token}"))).unwrap()).await
    }
}

async fn send(router: Router, request: Request<Body>) -> Answered {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 1 << 22).await.unwrap();
    Answered {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

fn built(request: openid4vc::http::Request) -> Request<Body> {
    let path = request.url.strip_prefix(ORIGIN).expect("a request to the office").to_owned();
    let mut built = Request::builder().method(request.method.name()).uri(path);
    for (name, value) in &request.headers {
        built = built.header(*name, value);
    }
    built.body(Body::from(request.body)).unwrap()
}

fn carried(answered: Answered) -> openid4vc::http::Response {
    let headers = answered.headers.iter();
    openid4vc::http::Response {
        status: answered.status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.as_str().to_owned(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: answered.text.into_bytes(),
    }
}

fn copies_of(response: &openid4vc::http::Response) -> Result<Vec<String>, Value> {
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    if response.status != 200 {
        return Err(body);
    }
    let copies = body["credentials"].as_array().unwrap().iter();
    Ok(copies.map(|copy| copy["credential"].as_str().unwrap().to_owned()).collect())
}

pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).and_then(|(_, rest)| rest.split_once(after)).expect("the page has it").0
}

fn replicas(scene: &Scene, harbour: &TestParty, budget: u32) -> [Router; 2] {
    let net = Arc::new(Net { harbour_list: harbour_list(harbour), office: OnceLock::new() });
    let routers = [replica(scene, harbour, &net, budget), replica(scene, harbour, &net, budget)];
    net.office.set(routers[0].clone()).unwrap();
    routers
}

fn replica(scene: &Scene, harbour: &TestParty, net: &Arc<Net>, budget: u32) -> Router {
    let environment = scene.environment.clone();
    let documents = [document(&scene.party), document(harbour)];
    let directory = Directory::new(
        scene.network.descriptor().clone(),
        None,
        Arc::new(StaticResolver::new(documents)),
        environment.clone(),
    );
    let members = [scene.party.member(Role::Office), harbour.member(Role::Space)];
    directory.take_list(&scene.network.sign_list(1, &members, NOW)).unwrap();
    let office = scene.office();
    let presentation = Presentation::new(
        Arc::clone(&scene.identity),
        scene.tenant(),
        Arc::clone(&scene.keyring),
        scene.nonces.clone(),
        Arc::new(directory),
        Arc::new(StatusLists::new(Arc::clone(net) as Arc<dyn Fetch>, environment)),
        Arc::new(office.clone()),
        Settings { one_key: false, foreign: Vec::new() },
    );
    router(
        Site::new(office, presentation, CsrfKey::new([7; 32]), "the office's log\n", responsible())
            .with_budget(budget),
    )
}

pub(crate) fn responsible() -> Responsible {
    let one = |text: &str| vec![text.to_owned()];
    Responsible {
        legal_name: "Passport Office <Ltd>".to_owned(),
        contacts: one("office@example.org"),
        data_protection: one("privacy@example.org"),
        authority: "The authority of this country".to_owned(),
    }
}

fn document(party: &TestParty) -> Document {
    let did = Did::parse(&party.did).unwrap();
    DocumentBuilder::new(&did)
        .key("request", party.request.1.public_jwk(), &[Relationship::Authentication])
        .key("issuing", party.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
        .build()
        .unwrap()
}

/// The home space's status list: its member 9 was revoked.
fn harbour_list(harbour: &TestParty) -> String {
    let mut list = StatusList::new(Bits::One, 1 << 10).unwrap();
    list.set(9, Status::Invalid).unwrap();
    let publishing = Publishing {
        list: &list,
        uri: HARBOUR_LIST,
        issued_at: NOW,
        expires: Some(NOW.plus(7 * A_DAY)),
        ttl: None,
        aggregation_uri: None,
    };
    let (chain, key) = &harbour.issuing;
    let chain: Vec<Vec<u8>> = chain.certificates().map(|one| one.der().to_vec()).collect();
    status_list::sign(&publishing, SignAs::X5c(&chain), key).unwrap()
}

/// What the office can reach: the space's list, and itself.
struct Net {
    harbour_list: String,
    office: OnceLock<Router>,
}

impl Fetch for Net {
    fn fetch(&self, request: outbound::Request) -> Fetching<'_> {
        Box::pin(async move {
            let (headers, body) = if request.url.as_str() == HARBOUR_LIST {
                let kind = status_list::MEDIA_TYPE.parse().unwrap();
                (HeaderMap::from_iter([(header::CONTENT_TYPE, kind)]), self.harbour_list.clone().into())
            } else {
                let office = self.office.get().ok_or(OutboundError::Unreachable)?.clone();
                let asked = Request::get(request.url.path()).body(Body::empty()).unwrap();
                let (parts, body) = office.oneshot(asked).await.unwrap().into_parts();
                (parts.headers, to_bytes(body, 1 << 22).await.unwrap())
            };
            Ok(Response::new(StatusCode::OK, headers, body))
        })
    }
}
