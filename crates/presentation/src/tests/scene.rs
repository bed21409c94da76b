//! A verifier twice over one store in memory, a hand on the clock, and a wallet that speaks with the two in turn.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use credentials::sd_jwt::key_binding::KeyBinding;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::{types, vc};
use did::resolution::Version;
use did::{Did, Resolution, Resolve, ResolveError};
use directory::{Directory, Identity, OwnKey};
use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use jose::jwe::{self, EncryptOptions};
use jose::{Algorithm, Jwk, Signer, SigningKey, jws};
use keyring::Keyring;
use openid4vc::http::Method;
use openid4vc::timed_nonce::NonceKey;
use openid4vc::vp::link::RequestUriMethod;
use outbound::{OutboundError, Scripted};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::memory::Memory;
use store::{FieldClass, Key, MAX_VALUE_BYTES, Range, Record, Store, StoreFault, Tenant, TenantId, Tx};
use tempfile::TempDir;
use tower::ServiceExt;
use trust::Role;
use trust::testing::{NOW, TestNetwork};
use url::Url;

use crate::{
    Answer, AskedRequest, Asking, BoxFuture, ClientIdentifier, NothingToStore, Prepared, Presentation,
    Receiving, Refused, Reply, RequestState, Settings, Settlement, StatusLists, Way,
};

const DID: &str = "did:web:kiln.example.org";
pub(super) const VERIFIER: &str = "https://kiln.example.org";
/// Seconds for which a request is open.
pub(super) const OPEN: i64 = 300;

/// What the domain stores of an answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Taken {
    id: String,
    text: String,
}

impl Record for Taken {
    const CLASS: &'static str = "test-taken";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("id", FieldClass::Operational), ("text", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}

/// What the domain keeps of an answer about `subject`: of one about `long` nearly as much as the store takes, and of one about
/// `endless` more.
fn text_about(subject: &str) -> String {
    let length = match subject {
        "long" => MAX_VALUE_BYTES - 256,
        "endless" => MAX_VALUE_BYTES,
        _ => 0,
    };
    "x".repeat(length)
}

struct PutTaken(Taken);

impl Prepared for PutTaken {
    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(async move { tx.put(&self.0).await })
    }

    fn reply(&self) -> Reply {
        Reply { sharing_proof_uri: Some(format!("{VERIFIER}/follow-up/1")), ..Reply::default() }
    }
}

/// A domain that stores one record for each answer it takes, and takes none about `closed`. Of what is `stuck` nothing can be settled
/// until it is mended.
#[derive(Default)]
pub(super) struct Domain {
    prepared: AtomicUsize,
    pub(super) is_mended: AtomicBool,
    /// What was settled, in that order.
    pub(super) settled: Mutex<Vec<String>>,
    answers: Mutex<Vec<Answer>>,
}

impl Receiving for Domain {
    fn prepare<'a>(&'a self, answer: &'a Answer) -> BoxFuture<'a, Result<Box<dyn Prepared>, Refused>> {
        let count = self.prepared.fetch_add(1, Ordering::Relaxed);
        self.answers.lock().unwrap().push(answer.clone());
        let prepared: Result<Box<dyn Prepared>, Refused> = match answer.subject.as_str() {
            "closed" => Err(Refused::rejected("missing_claims", "nobody is taken in today")),
            subject => {
                let (id, text) = (format!("{subject}-{count}"), text_about(subject));
                Ok(Box::new(PutTaken(Taken { id, text })))
            }
        };
        Box::pin(std::future::ready(prepared))
    }

    fn settle<'a>(
        &'a self,
        subject: &'a str,
        _: Settlement,
    ) -> BoxFuture<'a, Result<Box<dyn Prepared>, Refused>> {
        let settled = match subject {
            "stuck" if !self.is_mended.load(Ordering::Relaxed) => {
                Err(Refused::Store(StoreFault::unavailable("stuck")))
            }
            _ => {
                self.settled.lock().unwrap().push(subject.to_owned());
                Ok(Box::new(NothingToStore) as Box<dyn Prepared>)
            }
        };
        Box::pin(std::future::ready(settled))
    }
}

pub(super) struct Scene {
    pub(super) memory: Memory,
    pub(super) clock: Arc<ManualClock>,
    pub(super) environment: Environment,
    pub(super) replicas: [Presentation; 2],
    pub(super) routers: [Router; 2],
    pub(super) wallet: SigningKey,
    pub(super) domain: Arc<Domain>,
    turn: AtomicUsize,
    _folder: TempDir,
}

impl Scene {
    pub(super) fn new() -> Self {
        let clock = Arc::new(ManualClock::new(NOW.plus(3_600)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(9)));
        let folder = tempfile::tempdir().unwrap();
        let keyring = Keyring::open(&folder.path().join("keyring"), environment.clone()).unwrap();
        let keyring = Arc::new(keyring);
        let (memory, network) = (Memory::new(), TestNetwork::new());
        let identity = Arc::new(identity(&network));
        let nonces = NonceKey::generate(environment.randomness());
        let domain = Arc::new(Domain::default());
        let replica = || {
            let descriptor = network.descriptor().clone();
            let directory = Directory::new(descriptor, None, Arc::new(Nowhere), environment.clone());
            let fetch = Arc::new(Scripted::new(|_| Err(OutboundError::Unreachable)));
            Presentation::new(
                Arc::clone(&identity),
                tenant(&memory, &environment),
                Arc::clone(&keyring),
                nonces.clone(),
                Arc::new(directory),
                Arc::new(StatusLists::new(fetch, environment.clone())),
                Arc::clone(&domain) as Arc<dyn Receiving>,
                Settings { one_key: true, foreign: Vec::new() },
            )
        };
        let replicas = [replica(), replica()];
        Self {
            routers: replicas.clone().map(|replica| replica.routes()),
            wallet: SigningKey::generate(Algorithm::Es256, environment.randomness()).unwrap(),
            turn: AtomicUsize::new(0),
            _folder: folder,
            memory,
            clock,
            environment,
            replicas,
            domain,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.environment.now()
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answered {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % 2;
        send(self.routers[turn].clone(), request).await
    }

    /// A request about `subject` for one detail of the member's own word, and what a wallet finds behind it.
    pub(super) async fn ask(&self, subject: &str, encrypt: bool) -> Asked {
        self.ask_by(subject, encrypt, Way::NoScreen).await
    }

    /// The same of somebody who is there.
    pub(super) async fn ask_by(&self, subject: &str, encrypt: bool, way: Way) -> Asked {
        let query = json!({"credentials": [{"id": "own", "format": "dc+sd-jwt",
            "meta": {"vct_values": [types::OWN]}, "claims": [{"path": ["company"]}]}]});
        let asking = Asking {
            subject: subject.to_owned(),
            query,
            way,
            encrypt,
            client: ClientIdentifier::X509Hash,
            method: RequestUriMethod::Get,
            lifetime: OPEN,
        };
        let request = self.replicas[0].ask(asking).await.unwrap();
        let fetched = self.fetch(&request).await;
        assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.text);
        Asked { object: claims_of(&fetched.text), compact: fetched.text, request }
    }

    pub(super) async fn fetch(&self, request: &AskedRequest) -> Answered {
        self.send(Request::get(path(&request.request_uri)).body(Body::empty()).unwrap()).await
    }

    pub(super) async fn fetch_by_post(&self, request: &AskedRequest, fields: &[(&str, &str)]) -> Answered {
        self.send(form(&request.request_uri, fields)).await
    }

    /// A presentation of the member's own word, bound to this audience and nonce.
    pub(super) fn presentation(&self, audience: &str, nonce: &str) -> String {
        self.presentation_by(&self.wallet, audience, nonce)
    }

    pub(super) fn presentation_by(&self, binder: &SigningKey, audience: &str, nonce: &str) -> String {
        let now = self.now();
        let issuing = vc::Issuing {
            vct: types::OWN,
            claims: Map::from_iter([("company".to_owned(), json!("Example Ltd"))]),
            frame: Frame::Everything { except: Vec::new() },
            decoys: Decoys::default(),
            holder: Some(self.wallet.public_jwk()),
            issued_at: Some(now),
            not_before: None,
            expires: Some(now.plus(300)),
            status: None,
        };
        let compact = issuing.issue_as_holder(&self.wallet, self.environment.randomness()).unwrap();
        let held = vc::Held::reopen(&compact).unwrap();
        let binding = KeyBinding { audience, nonce, issued_at: now };
        held.sd_jwt().present_bound(&held.sd_jwt().select_all(), &binding, binder).unwrap()
    }

    /// The honest answer.
    pub(super) fn answer(&self, asked: &Asked) -> Request<Body> {
        let presentation = self.presentation(asked.text("client_id"), asked.text("nonce"));
        asked.post(&json!({"own": [presentation]}), asked.text("state"))
    }

    /// How many answers the domain has stored.
    pub(super) async fn taken(&self) -> usize {
        let tenant = tenant(&self.memory, &self.environment);
        tenant.list::<Taken>(Range::all(), 100).await.unwrap().items.len()
    }

    /// The answer that the domain was shown last.
    pub(super) fn last_answer(&self) -> Answer {
        self.domain.answers.lock().unwrap().last().unwrap().clone()
    }

    /// How the request about `subject` stands, as either replica knows it.
    pub(super) async fn state(&self, subject: &str) -> Option<RequestState> {
        let [one, other] = &self.replicas;
        let state = one.state(subject).await.unwrap();
        assert_eq!(state, other.state(subject).await.unwrap());
        state
    }

    /// What either replica tells the screen that waits for the request about `subject`.
    pub(super) async fn state_at_screen(&self, subject: &str) -> Option<RequestState> {
        let [one, other] = &self.replicas;
        let state = one.state_at_screen(subject).await.unwrap();
        assert_eq!(state, other.state_at_screen(subject).await.unwrap());
        state
    }

    /// Why the last answer about `subject` was refused, as either replica knows it.
    pub(super) async fn reason(&self, subject: &str) -> Option<String> {
        let [one, other] = &self.replicas;
        let reason = one.refusal(subject).await.unwrap();
        assert_eq!(reason, other.refusal(subject).await.unwrap());
        reason
    }
}

/// A request and its object.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) request: AskedRequest,
    pub(super) object: Value,
    pub(super) compact: String,
}

impl Asked {
    pub(super) fn text(&self, name: &str) -> &str {
        self.object[name].as_str().unwrap()
    }

    /// An answer in the response mode that was asked for.
    pub(super) fn post(&self, vp_token: &Value, state: &str) -> Request<Body> {
        if self.text("response_mode") == "direct_post" {
            return self.form(&[("vp_token", &vp_token.to_string()), ("state", state)]);
        }
        self.encrypted(&json!({"vp_token": vp_token, "state": state}), false)
    }

    /// An encrypted answer that has to wait for a turn, for it is compressed.
    pub(super) fn compressed(&self, vp_token: &Value) -> Request<Body> {
        self.encrypted(&json!({"vp_token": vp_token, "state": self.text("state")}), true)
    }

    /// A wallet's error with the `state` of this object, which may come readable also where encryption was asked for
    /// (OpenID4VP 1.0 §8.3).
    pub(super) fn error(&self, code: &str, is_encrypted: bool) -> Request<Body> {
        let state = self.text("state");
        if is_encrypted {
            self.encrypted(&json!({"error": code, "state": state}), false)
        } else {
            self.form(&[("error", code), ("state", state)])
        }
    }

    fn encrypted(&self, content: &Value, compress: bool) -> Request<Body> {
        let recipient = Jwk::from_value(&self.object["client_metadata"]["jwks"]["keys"][0]).unwrap();
        let options = EncryptOptions { compress, ..EncryptOptions::default() };
        let jwe = jwe::encrypt(content.to_string().as_bytes(), &recipient, &options).unwrap();
        self.form(&[("response", &jwe)])
    }

    pub(super) fn form(&self, fields: &[(&str, &str)]) -> Request<Body> {
        form(self.text("response_uri"), fields)
    }
}

pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answered {
    pub(super) fn json(&self) -> Value {
        jose::json::parse(&self.text).unwrap()
    }

    pub(super) fn refusal(&self) -> (u16, String) {
        let code = self.json()["error"].as_str().unwrap_or("none").to_owned();
        (self.status.as_u16(), code)
    }
}

pub(super) fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

pub(super) fn claims_of(compact: &str) -> Value {
    Value::Object(jws::Unverified::parse(compact).unwrap().claims().unwrap())
}

pub(super) async fn send(router: Router, request: Request<Body>) -> Answered {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 1 << 22).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Answered { status: parts.status, headers: parts.headers, text }
}

/// Sends all requests at once, half of them to each router.
pub(super) async fn at_once(scene: &Scene, requests: Vec<Request<Body>>) -> Vec<Answered> {
    let sent: Vec<_> = requests
        .into_iter()
        .enumerate()
        .map(|(position, request)| tokio::spawn(send(scene.routers[position % 2].clone(), request)))
        .collect();
    let mut answers = Vec::new();
    for answer in sent {
        answers.push(answer.await.unwrap());
    }
    answers
}

/// What a party does where it waits for the key of the proof: gives the key's thumbprint.
pub(super) async fn let_in(
    replica: &Presentation,
    headers: &HeaderMap,
    path: &str,
) -> Result<String, Box<Response>> {
    let holder = replica.proof_at(headers, Method::Get, path)?;
    replica.use_proof(&holder).await?;
    Ok(holder.thumbprint().to_owned())
}

pub(super) fn form(uri: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = openid4vc::form::encode(fields.iter().copied());
    let request = Request::post(path(uri)).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Body::from(body)).unwrap()
}

pub(super) fn path(uri: &str) -> &str {
    uri.strip_prefix(VERIFIER).unwrap()
}

fn tenant(memory: &Memory, environment: &Environment) -> Tenant {
    Store::new(Arc::new(memory.clone()), environment.clone()).tenant(&TenantId::new("kiln").unwrap())
}

struct Nowhere;

impl Resolve for Nowhere {
    fn resolve_version<'a>(
        &'a self,
        _: &'a Did,
        _: &'a Version,
    ) -> did::BoxFuture<'a, Result<Resolution, ResolveError>> {
        Box::pin(std::future::ready(Err(ResolveError::Unreachable)))
    }
}

fn identity(network: &TestNetwork) -> Identity {
    let did = Did::parse(DID).unwrap();
    let party = network.party(Role::Space, DID, "kiln.example.org");
    let key = |fragment: &str, (chain, key): (trust::CertificateChain, SigningKey)| OwnKey {
        signer: Arc::new(key),
        key_id: did.with_fragment(fragment).unwrap(),
        chain: Some(chain).into(),
    };
    Identity {
        name: "Kiln".to_owned(),
        origin: Url::parse(VERIFIER).unwrap(),
        request: key("request", party.request),
        issuing: key("issuing", party.issuing),
        log: OwnKey {
            signer: Arc::new(network.key()),
            key_id: did.with_fragment("log").unwrap(),
            chain: None.into(),
        },
        did,
        registration: "e30.e30.e30".to_owned().into(),
    }
}
