//! An issuer twice over one store in memory, a hand on the clock, and a wallet that speaks with the two in turn.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use credentials::vc::{IssuerVerified, Types, Unverified};
use did::Did;
use directory::{Identity, OwnKey};
use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey, VerifyingKey};
use openid4vc::dpop;
use openid4vc::http::Method;
use openid4vc::timed_nonce::NonceKey;
use openid4vc::vci::authorization::Lifetimes;
use openid4vc::vci::proof::NewProof;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::memory::Memory;
use store::{Change, Fault, FieldClass, Key, Range, Reader, Record, Store, StoreFault, Tenant, TenantId, Tx};
use tower::ServiceExt;
use trust::Role;
use trust::testing::{NOW, TestNetwork};
use url::Url;

use crate::status::{PLACES, StatusListTokens};
use crate::{
    BoxFuture, Configuration, Extensions, Issuance, MintError, Minted, Minting, OfferRequest, Offered,
    Settings, StatusEntry,
};

const DID: &str = "did:web:office.example.org";
pub(super) const ISSUER: &str = "https://office.example.org";
pub(super) const PASSPORT: &str = "passport";
pub(super) const PROFILE: &str = "profile";
/// Nonces die before tokens here, so that a token can outlive one.
pub(super) const SETTINGS: Settings =
    Settings { token_lifetime: 300, nonce_lifetime: 60, batch_size: 3, code_flow: Some(CODE_FLOW) };
/// The usual times.
pub(super) const CODE_FLOW: Lifetimes = Lifetimes { request: 90, person: 3_600, code: 60 };
/// Seconds for which an offer is open.
pub(super) const OPEN: i64 = 600;
const A_DAY: i64 = 86_400;
/// So few that lists run full in a test.
pub(super) const FEW_PLACES: u64 = 16;

/// Something that happens in the middle of a request.
type Meanwhile = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// A domain in which everybody carries the same name, and is entitled until it says otherwise.
pub(super) struct Names {
    environment: Environment,
    minted: AtomicUsize,
    instead: Mutex<Option<MintError>>,
    after_minting: Mutex<Option<Meanwhile>>,
    while_storing: Mutex<Option<Meanwhile>>,
}

/// Whose entitlement has ended.
#[derive(Debug, Serialize, Deserialize)]
struct Ended {
    subject: String,
}

impl Record for Ended {
    const CLASS: &'static str = "test-ended";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("subject", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.subject)
    }
}

struct End(Ended);

impl Change for End {
    const NAME: &'static str = "end";
    type Output = ();
    type Refusal = Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Infallible>> {
        Ok(tx.put(&self.0).await?)
    }
}

/// Lets the entitlement of `subject` end.
pub(super) async fn end(tenant: &Tenant, subject: &str) {
    tenant.carry_out(&End(Ended { subject: subject.to_owned() })).await.unwrap();
}

/// A list in which every place is somebody else's.
pub(super) struct Fill<'a>(pub(super) &'a str);

impl Change for Fill<'_> {
    const NAME: &'static str = "fill";
    type Output = ();
    type Refusal = Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Infallible>> {
        for index in 0..FEW_PLACES {
            let list = self.0.to_owned();
            let (subject, configuration) = ("somebody".to_owned(), PASSPORT.to_owned());
            let until = NOW.plus(14 * A_DAY).seconds();
            let _ = tx.insert_new(&StatusEntry { list, index, subject, configuration, until }).await?;
        }
        Ok(())
    }
}

impl Names {
    pub(super) fn minted(&self) -> usize {
        self.minted.load(Ordering::Relaxed)
    }

    /// What the domain says instead of minting, from now on.
    pub(super) fn says(&self, instead: Option<MintError>) {
        *self.instead.lock().unwrap() = instead;
    }

    /// `happens` once, between what the next credential says and its signature.
    pub(super) fn after_minting<F: Future<Output = ()> + Send + 'static>(
        &self,
        happens: impl FnOnce() -> F + Send + 'static,
    ) {
        *self.after_minting.lock().unwrap() = Some(Box::new(|| Box::pin(happens())));
    }

    /// `happens` once, while the next copies are being stored.
    pub(super) fn while_storing<F: Future<Output = ()> + Send + 'static>(
        &self,
        happens: impl FnOnce() -> F + Send + 'static,
    ) {
        *self.while_storing.lock().unwrap() = Some(Box::new(|| Box::pin(happens())));
    }
}

async fn happen(meanwhile: &Mutex<Option<Meanwhile>>) {
    let taken = meanwhile.lock().unwrap().take();
    if let Some(happens) = taken {
        happens().await;
    }
}

impl Minting for Names {
    fn mint<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<Minted, MintError>> {
        Box::pin(async move {
            self.minted.fetch_add(1, Ordering::Relaxed);
            let issued_at = self.environment.now().start_of_day();
            let disclosable = Map::from_iter([("given_name".to_owned(), json!("Ada"))]);
            happen(&self.after_minting).await;
            if let Some(instead) = self.instead.lock().unwrap().clone() {
                return Err(instead);
            }
            Ok(Minted { disclosable, issued_at, expires_at: issued_at.plus(14 * A_DAY) })
        })
    }

    fn is_entitled<'a>(
        &'a self,
        reader: &'a mut Reader,
        subject: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(async move {
            happen(&self.while_storing).await;
            Ok(reader.get::<Ended>(subject).await?.is_none())
        })
    }
}

pub(super) struct Scene {
    pub(super) memory: Memory,
    pub(super) clock: Arc<ManualClock>,
    pub(super) environment: Environment,
    pub(super) replicas: [Issuance; 2],
    pub(super) routers: [Router; 2],
    pub(super) names: Arc<Names>,
    places: u64,
    settings: Settings,
    extensions: Extensions,
    turn: AtomicUsize,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::over_lists_of(PLACES)
    }

    /// A scene whose status lists have this many places.
    pub(super) fn over_lists_of(places: u64) -> Self {
        Self::built(places, SETTINGS, |_| Extensions::default())
    }

    /// A scene whose issuer does more than every issuer does.
    pub(super) fn extended(extensions: impl FnOnce(&Environment) -> Extensions) -> Self {
        Self::built(PLACES, SETTINGS, extensions)
    }

    /// A scene whose issuer promises, with tokens that live as long as a person may need to approve.
    pub(super) fn approving() -> Self {
        let settings = Settings { token_lifetime: A_DAY, ..SETTINGS };
        Self::built(PLACES, settings, |_| Extensions { defers: true, ..Extensions::default() })
    }

    fn built(places: u64, settings: Settings, extensions: impl FnOnce(&Environment) -> Extensions) -> Self {
        let clock = Arc::new(ManualClock::new(NOW.plus(3_600)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(9)));
        let memory = Memory::new();
        let identity = Arc::new(identity(&TestNetwork::new()));
        let nonces = NonceKey::generate(environment.randomness());
        let names = Arc::new(Names {
            environment: environment.clone(),
            minted: AtomicUsize::new(0),
            instead: Mutex::default(),
            after_minting: Mutex::default(),
            while_storing: Mutex::default(),
        });
        let extensions = extensions(&environment);
        let replica = || {
            let tenant = tenant(&memory, &environment);
            issuance(&identity, tenant, &nonces, &names, (places, settings), &extensions)
        };
        let replicas = [replica(), replica()];
        let routers = replicas.clone().map(|replica| replica.routes().merge(replica.code_flow_routes()));
        Self {
            memory,
            clock,
            environment,
            replicas,
            routers,
            names,
            places,
            settings,
            extensions,
            turn: AtomicUsize::new(0),
        }
    }

    pub(super) fn tenant(&self) -> Tenant {
        tenant(&self.memory, &self.environment)
    }

    /// Both replicas end and begin anew: what they held in memory is gone, the store and the secrets are there.
    pub(super) fn restart(&mut self) {
        let (identity, nonces) = {
            let inner = &self.replicas[0].inner;
            (Arc::clone(&inner.identity), inner.nonces.clone())
        };
        let limits = (self.places, self.settings);
        let replica = || issuance(&identity, self.tenant(), &nonces, &self.names, limits, &self.extensions);
        self.replicas = [replica(), replica()];
        self.routers =
            self.replicas.clone().map(|replica| replica.routes().merge(replica.code_flow_routes()));
    }

    /// Both replicas give no codes any more.
    pub(super) fn close_code_flow(&mut self) {
        for replica in &mut self.replicas {
            let inner = Arc::clone(&replica.inner);
            let settings = Settings { code_flow: None, ..SETTINGS };
            let made = Issuance::new(
                Arc::clone(&inner.identity),
                inner.tenant.clone(),
                inner.nonces.clone(),
                inner.configurations.values().cloned().collect(),
                Arc::clone(&inner.minting),
                settings,
            );
            *replica = made;
        }
        self.routers =
            self.replicas.clone().map(|replica| replica.routes().merge(replica.code_flow_routes()));
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
        let request = OfferRequest { tx_code, ..request("m-1", configurations) };
        Offer::of(&self.replicas[0].offer(&request).await.unwrap())
    }

    /// A bearer token for somebody.
    pub(super) async fn bearer_of(&self, subject: &str, configurations: &[&str]) -> Token {
        let offered = self.replicas[1].offer(&request(subject, configurations)).await.unwrap();
        self.redeem(&Offer::of(&offered).code).await
    }

    /// As many copies as one request may ask for.
    pub(super) async fn whole_batch(&self, token: &Token, configuration: &str) -> Answered {
        let nonce = self.nonce().await;
        let proofs: Vec<String> = (0..SETTINGS.batch_size).map(|_| self.proof(&nonce)).collect();
        self.send(credential_request(token, configuration, &proofs, None)).await
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
            key_attestation: None,
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
        self.tenant().list::<StatusEntry>(Range::all(), 1_000).await.unwrap().items.len()
    }

    /// Address and place of the status of a copy, whose signature and key are checked.
    pub(super) fn status_of(&self, compact: &str) -> (String, u64) {
        let copy = self.verified(compact);
        let status = copy.facts().status().unwrap();
        (status.uri.clone(), status.index)
    }

    /// The key that a copy is bound to, by its thumbprint.
    pub(super) fn holder_of(&self, compact: &str) -> String {
        self.verified(compact).facts().holder_key().unwrap().thumbprint_base64url()
    }

    fn verified(&self, compact: &str) -> IssuerVerified {
        let key = VerifyingKey::new(self.replicas[0].identity().issuing.signer.public_jwk()).unwrap();
        Unverified::parse(compact, Types::Current).unwrap().verify(&key, self.now(), 0).unwrap()
    }
}

/// An offer as the wallet knows it.
pub(super) struct Offer {
    pub(super) code: String,
    pub(super) tx_code: Option<String>,
    pub(super) address: String,
}

impl Offer {
    pub(super) fn of(offered: &Offered) -> Self {
        let parameter = |link: &str, name: &str| {
            let link = Url::parse(link).unwrap();
            link.query_pairs().find(|(known, _)| known == name).unwrap().1.into_owned()
        };
        let offer: Value = jose::json::parse(parameter(&offered.by_value, "credential_offer")).unwrap();
        let grant = &offer["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"];
        Self {
            code: grant["pre-authorized_code"].as_str().unwrap().to_owned(),
            tx_code: offered.tx_code.as_ref().map(|code| code.expose().to_owned()),
            address: parameter(&offered.by_reference, "credential_offer_uri"),
        }
    }
}

/// What is offered to somebody.
pub(super) fn request(subject: &str, configurations: &[&str]) -> OfferRequest {
    OfferRequest {
        subject: subject.to_owned(),
        configurations: configurations.iter().map(|&id| id.to_owned()).collect(),
        tx_code: false,
        lifetime: OPEN,
    }
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

fn issuance(
    identity: &Arc<Identity>,
    tenant: Tenant,
    nonces: &NonceKey,
    names: &Arc<Names>,
    (places, settings): (u64, Settings),
    extensions: &Extensions,
) -> Issuance {
    let configuration = |id: &str| Configuration {
        id: id.to_owned(),
        vct: format!("urn:passport-network:{id}:1"),
        names: Vec::new(),
    };
    let configurations = vec![configuration(PASSPORT), configuration(PROFILE)];
    let minting = Arc::clone(names) as Arc<dyn Minting>;
    let made = Issuance::extended(
        Arc::clone(identity),
        tenant.clone(),
        nonces.clone(),
        configurations,
        minting,
        settings,
        extensions.clone(),
    );
    let mut inner = Arc::into_inner(made.inner).unwrap();
    inner.status = StatusListTokens::new(Arc::clone(identity), tenant, places);
    Issuance { inner: Arc::new(inner) }
}

fn identity(network: &TestNetwork) -> Identity {
    let did = Did::parse(DID).unwrap();
    let party = network.party(Role::Office, DID, "office.example.org");
    let key = |fragment: &str, (chain, key): (trust::CertificateChain, SigningKey)| OwnKey {
        signer: Arc::new(key),
        key_id: did.with_fragment(fragment).unwrap(),
        chain: Some(chain).into(),
    };
    Identity {
        name: "Test office".to_owned(),
        origin: Url::parse(ISSUER).unwrap(),
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
