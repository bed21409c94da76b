//! An issuer twice over one store in memory, a hand on the clock, and a wallet that speaks with the two in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use credentials::vc::{Types, Unverified};
use did::Did;
use directory::{Identity, OwnKey};
use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey, VerifyingKey};
use openid4vc::dpop;
use openid4vc::http::Method;
use openid4vc::timed_nonce::NonceKey;
use openid4vc::vci::proof::NewProof;
use serde_json::{Map, Value, json};
use store::memory::Memory;
use store::{Range, Store, Tenant, TenantId};
use tower::ServiceExt;
use trust::Role;
use trust::testing::{NOW, TestNetwork};
use url::Url;

use crate::{
    BoxFuture, Configuration, Issuance, MintError, Minted, Minting, OfferRequest, Settings, StatusEntry,
};

const DID: &str = "did:web:office.example.org";
pub(super) const ISSUER: &str = "https://office.example.org";
pub(super) const PASSPORT: &str = "passport";
pub(super) const PROFILE: &str = "profile";
/// Nonces die before tokens here, so that a token can outlive one.
pub(super) const SETTINGS: Settings = Settings { token_lifetime: 300, nonce_lifetime: 60, batch_size: 3 };
/// Seconds for which an offer is open.
pub(super) const OPEN: i64 = 600;
const A_DAY: i64 = 86_400;

/// Everybody carries the same name.
struct Names(Environment);

impl Minting for Names {
    fn mint<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<Minted, MintError>> {
        let issued_at = self.0.now().start_of_day();
        let disclosable = Map::from_iter([("given_name".to_owned(), json!("Ada"))]);
        let minted = Minted { disclosable, issued_at, expires_at: issued_at.plus(14 * A_DAY) };
        Box::pin(std::future::ready(Ok(minted)))
    }
}

pub(super) struct Scene {
    pub(super) memory: Memory,
    pub(super) clock: Arc<ManualClock>,
    pub(super) environment: Environment,
    pub(super) replicas: [Issuance; 2],
    pub(super) routers: [Router; 2],
    turn: AtomicUsize,
}

impl Scene {
    pub(super) fn new() -> Self {
        let clock = Arc::new(ManualClock::new(NOW.plus(3_600)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(9)));
        let memory = Memory::new();
        let identity = Arc::new(identity(&TestNetwork::new()));
        let nonces = NonceKey::generate(environment.randomness());
        let replica = || issuance(&identity, tenant(&memory, &environment), &nonces);
        let replicas = [replica(), replica()];
        let routers = replicas.clone().map(|replica| replica.routes());
        Self { memory, clock, environment, replicas, routers, turn: AtomicUsize::new(0) }
    }

    pub(super) fn tenant(&self) -> Tenant {
        tenant(&self.memory, &self.environment)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.environment.now()
    }

    pub(super) fn key(&self) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, self.environment.randomness()).unwrap()
    }

    /// Sends to the router whose turn it is.
    pub(super) async fn send(&self, request: Request<Body>) -> Answered {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % 2;
        send(self.routers[turn].clone(), request).await
    }

    pub(super) async fn offer(&self, configurations: &[&str], tx_code: bool) -> Offer {
        let request = OfferRequest {
            subject: "m-1".to_owned(),
            configurations: configurations.iter().map(|&id| id.to_owned()).collect(),
            tx_code,
            lifetime: OPEN,
        };
        let offered = self.replicas[0].offer(&request).await.unwrap();
        let parameter = |link: &str, name: &str| {
            let link = Url::parse(link).unwrap();
            link.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned()
        };
        let offer: Value = jose::json::parse(parameter(&offered.by_value, "credential_offer")).unwrap();
        let grant = &offer["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"];
        Offer {
            code: grant["pre-authorized_code"].as_str().unwrap().to_owned(),
            tx_code: offered.tx_code.map(|code| code.expose().to_owned()),
            address: parameter(&offered.by_reference, "credential_offer_uri"),
        }
    }

    pub(super) async fn token(&self, code: &str, more: &[(&str, &str)], proof: Option<&str>) -> Answered {
        self.send(token_request(code, more, proof)).await
    }

    /// A bearer token of a fresh offer.
    pub(super) async fn bearer(&self, configurations: &[&str]) -> Token {
        let offer = self.offer(configurations, false).await;
        self.redeem(&offer.code).await
    }

    pub(super) async fn redeem(&self, code: &str) -> Token {
        let answered = self.token(code, &[], None).await;
        assert_eq!(answered.status, StatusCode::OK, "{}", answered.text);
        Token(format!("Bearer {}", answered.json()["access_token"].as_str().unwrap()))
    }

    pub(super) async fn nonce(&self) -> String {
        let answered = self.send(Request::post("/nonce").body(Body::empty()).unwrap()).await;
        assert_eq!(answered.status, StatusCode::OK);
        answered.json()["c_nonce"].as_str().unwrap().to_owned()
    }

    pub(super) fn proof(&self, nonce: &str) -> String {
        let key = self.key();
        let new = NewProof {
            key: key.public_jwk(),
            credential_issuer: ISSUER,
            nonce: Some(nonce),
            client_id: None,
        };
        new.to_sign(self.now()).sign(&key).unwrap()
    }

    /// A DPoP proof by `key` for a POST to `path`.
    pub(super) fn dpop(&self, key: &SigningKey, path: &str, token: Option<&str>) -> String {
        let new = dpop::NewProof {
            key: key.public_jwk(),
            method: Method::Post,
            url: &format!("{ISSUER}{path}"),
            access_token: token,
            nonce: None,
        };
        new.to_sign(self.now(), self.environment.randomness()).sign(key).unwrap()
    }

    /// One copy with a proof over `nonce`.
    pub(super) async fn credential(&self, token: &Token, configuration: &str, nonce: &str) -> Answered {
        self.send(credential_request(token, configuration, &[self.proof(nonce)], None)).await
    }

    pub(super) async fn credential_with_fresh_nonce(&self, token: &Token, configuration: &str) -> Answered {
        self.credential(token, configuration, &self.nonce().await).await
    }

    pub(super) async fn notify(&self, token: &Token, id: &str, event: &str) -> Answered {
        let body = json!({"notification_id": id, "event": event}).to_string();
        let request = Request::post("/notification")
            .header(header::AUTHORIZATION, &token.0)
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// How many copies were issued.
    pub(super) async fn copies(&self) -> usize {
        self.tenant().list::<StatusEntry>(Range::all(), 100).await.unwrap().items.len()
    }

    /// Address and place of the status of a copy, whose signature and key are checked.
    pub(super) fn status_of(&self, compact: &str) -> (String, u64) {
        let key = VerifyingKey::new(self.replicas[0].identity().issuing.signer.public_jwk()).unwrap();
        let copy = Unverified::parse(compact, Types::Current).unwrap().verify(&key, self.now(), 0).unwrap();
        let status = copy.facts().status().unwrap();
        (status.uri.clone(), status.index)
    }
}

/// An offer as the wallet knows it.
pub(super) struct Offer {
    pub(super) code: String,
    pub(super) tx_code: Option<String>,
    pub(super) address: String,
}

/// What stands in `Authorization`.
pub(super) struct Token(pub(super) String);

pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answered {
    pub(super) fn json(&self) -> Value {
        jose::json::parse(&self.text).unwrap()
    }

    /// Status and error code.
    pub(super) fn refusal(&self) -> (u16, String) {
        let code = self.json()["error"].as_str().unwrap_or("none").to_owned();
        (self.status.as_u16(), code)
    }

    pub(super) fn copies(&self) -> Vec<String> {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        let copies = self.json()["credentials"].as_array().unwrap().clone();
        copies.iter().map(|copy| copy["credential"].as_str().unwrap().to_owned()).collect()
    }

    pub(super) fn notification_id(&self) -> String {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()["notification_id"].as_str().unwrap().to_owned()
    }
}

pub(super) fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

pub(super) async fn send(router: Router, request: Request<Body>) -> Answered {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 1 << 22).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Answered { status: parts.status, headers: parts.headers, text }
}

pub(super) fn token_request(code: &str, more: &[(&str, &str)], proof: Option<&str>) -> Request<Body> {
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:pre-authorized_code"),
        ("pre-authorized_code", code),
    ];
    let body = openid4vc::form::encode(fields.into_iter().chain(more.iter().copied()));
    let request = Request::post("/token").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    with_proof(request, proof).body(Body::from(body)).unwrap()
}

pub(super) fn credential_request(
    token: &Token,
    configuration: &str,
    proofs: &[String],
    proof: Option<&str>,
) -> Request<Body> {
    let body = json!({"credential_configuration_id": configuration, "proofs": {"jwt": proofs}}).to_string();
    let request = Request::post("/credential")
        .header(header::AUTHORIZATION, &token.0)
        .header(header::CONTENT_TYPE, "application/json");
    with_proof(request, proof).body(Body::from(body)).unwrap()
}

fn with_proof(request: axum::http::request::Builder, proof: Option<&str>) -> axum::http::request::Builder {
    match proof {
        Some(proof) => request.header(dpop::HEADER, proof),
        None => request,
    }
}

fn tenant(memory: &Memory, environment: &Environment) -> Tenant {
    Store::new(Arc::new(memory.clone()), environment.clone()).tenant(&TenantId::new("office").unwrap())
}

fn issuance(identity: &Arc<Identity>, tenant: Tenant, nonces: &NonceKey) -> Issuance {
    let configuration = |id: &str| Configuration {
        id: id.to_owned(),
        vct: format!("urn:passport-network:{id}:1"),
        names: Vec::new(),
    };
    let minting = Arc::new(Names(tenant.environment().clone()));
    let configurations = vec![configuration(PASSPORT), configuration(PROFILE)];
    Issuance::new(Arc::clone(identity), tenant, nonces.clone(), configurations, minting, SETTINGS)
}

fn identity(network: &TestNetwork) -> Identity {
    let did = Did::parse(DID).unwrap();
    let party = network.party(Role::Office, DID, "office.example.org");
    let key = |fragment: &str, (chain, key): (trust::CertificateChain, SigningKey)| OwnKey {
        signer: Arc::new(key),
        key_id: did.with_fragment(fragment).unwrap(),
        chain: Some(chain),
    };
    Identity {
        name: "Test office".to_owned(),
        origin: Url::parse(ISSUER).unwrap(),
        request: key("request", party.request),
        issuing: key("issuing", party.issuing),
        log: OwnKey {
            signer: Arc::new(network.key()),
            key_id: did.with_fragment("log").unwrap(),
            chain: None,
        },
        did,
        registration: "e30.e30.e30".to_owned(),
    }
}
