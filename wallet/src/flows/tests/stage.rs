//! The other parties: what they are and how they answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use credentials::issuer_key::SignAs;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::{dcql, types, vc};
use did::webvh::Log;
use did::{Did, DocumentBuilder, Relationship, Resolve, StaticResolver};
use environment::{Environment, ManualClock, SeededRandomness};
use http::{HeaderMap, StatusCode};
use jose::{Jwk, Signer, SigningKey, base64url, digest};
use ledger::{Commitment, CommitmentNonce, Entry, EntryKind, Leaf, LeafId};
use network::claims::Audience;
use network::decision::{DecidedBy, Decision, Outcome};
use network::follow_up::{DidHosting, FollowUp};
use network::sharing_proof::{Confirmation, LogPromise, ProofOfSharing, SharedClaim};
use openid4vc::form::Form;
use openid4vc::vp::request::{NewRequest, SignAs as SignRequestAs, VerifierInfo};
use outbound::{OutboundError, Request, Response, Scripted};
use serde_json::{Map, Value, json};
use trust::registration::{
    Contacts, IntendedUse, LegalBasis, RegisteredClaim, RegistrationContent, SupervisoryAuthority,
};
use trust::testing::{NOW, TestNetwork, TestParty};
use trust::{ClaimPath, Role};

use crate::vault::{Cost, Passphrase, Vault};
use crate::{NetworkTrust, Wallet};

pub(super) const OFFICE: &str = "office.localhost";
pub(super) const SPACE: &str = "kiln.localhost";

/// How the office and the space behave; each member is one thing that may go wrong.
#[derive(Default)]
pub(super) struct Behaviour {
    /// The space signs the office's types.
    pub(super) space_signs: bool,
    /// All credentials are bound to the first key.
    pub(super) one_key: bool,
    /// The type is another one.
    pub(super) other_type: bool,
    /// The e-mail address in what is issued.
    pub(super) email: Option<String>,
    /// The credential endpoint answers 202 first.
    pub(super) deferred: bool,
    /// The request's query.
    pub(super) query: Option<Value>,
    /// The proof of sharing leaves out the last claim.
    pub(super) proof_lacks_a_claim: bool,
    /// The space is known by its DID instead of its certificate.
    pub(super) by_did: bool,
    /// The response is sent elsewhere.
    pub(super) response_host: Option<String>,
    /// The outcome of the sign-up.
    pub(super) outcome: Option<Outcome>,
    /// How much longer than it should the identifier of the proof of sharing is.
    pub(super) proof_padding: usize,
    /// What the follow-up offers.
    pub(super) offer: Option<String>,
    /// Where the DID would be hosted.
    pub(super) did_hosting: bool,
    /// The version of the network list.
    pub(super) list_version: u64,
    /// What came to the response endpoint.
    pub(super) answers: Vec<BTreeMap<String, String>>,
    /// What the notification endpoint heard.
    pub(super) notified: Vec<String>,
    /// The DID log that was left.
    pub(super) did_log: Option<String>,
    /// Status of the reply to an answer.
    pub(super) reply_status: Option<u16>,
}

pub(super) struct Stage {
    pub(super) wallet: Wallet,
    pub(super) vault: Arc<Vault>,
    pub(super) behaviour: Arc<Mutex<Behaviour>>,
    pub(super) clock: Arc<ManualClock>,
}

/// Everything the script needs.
struct Cast {
    network: TestNetwork,
    office: TestParty,
    space: TestParty,
    space_log: SigningKey,
    behaviour: Arc<Mutex<Behaviour>>,
    clock: Arc<ManualClock>,
    randomness: SeededRandomness,
    issued: Mutex<Vec<String>>,
    /// Signatures differ each time, so the request that was served is the one that was answered.
    served: Mutex<String>,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let network = TestNetwork::new();
        let office = network.party(Role::Office, "did:web:office.localhost", OFFICE);
        let space = network.party(Role::Space, "did:web:kiln.localhost", SPACE);
        let space_log = network.key();
        let resolver = StaticResolver::new([document(&office, None), document(&space, Some(&space_log))]);
        let clock = Arc::new(ManualClock::new(NOW));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(5)));
        let behaviour = Arc::new(Mutex::new(Behaviour { list_version: 1, ..Behaviour::default() }));
        let descriptor = network.descriptor().clone();
        let cast = Cast {
            network,
            office,
            space,
            space_log,
            behaviour: behaviour.clone(),
            clock: clock.clone(),
            randomness: SeededRandomness::new(6),
            issued: Mutex::new(Vec::new()),
            served: Mutex::new(String::new()),
        };
        let fetch = Arc::new(Scripted::new(move |request| cast.answer(request)));
        let engine = Arc::new(store::memory::Memory::new());
        let passphrase = Passphrase::new("passphrase").unwrap();
        let (vault, _) = Vault::create_on(engine, &passphrase, Cost::LEAST, &environment).await.unwrap();
        let vault = Arc::new(vault);
        Wallet::join_network(&vault, &descriptor).await.unwrap();
        let resolve: Arc<dyn Resolve> = Arc::new(resolver);
        let trust =
            NetworkTrust::load(vault.clone(), fetch.clone(), resolve, environment.clone()).await.unwrap();
        let wallet = Wallet::new(vault.clone(), fetch, Arc::new(trust), environment);
        Self { wallet, vault, behaviour, clock }
    }

    pub(super) fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    pub(super) fn seen<T>(&self, look: impl FnOnce(&Behaviour) -> T) -> T {
        look(&self.behaviour.lock().unwrap())
    }
}

/// An offer of the office, by value.
pub(super) fn offer(configurations: &[&str]) -> String {
    let offer = json!({
        "credential_issuer": format!("http://{OFFICE}"),
        "credential_configuration_ids": configurations,
        "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "code"}},
    });
    let encoded: String = url::form_urlencoded::byte_serialize(offer.to_string().as_bytes()).collect();
    format!("openid-credential-offer://?credential_offer={encoded}")
}

/// The link of the space's request when it is known by its DID.
pub(super) fn link_by_did() -> String {
    request().replace("CLIENT", "decentralized_identifier%3Adid%3Aweb%3Akiln.localhost")
}

/// The request of the space, by reference.
fn request() -> String {
    "openid4vp://?client_id=CLIENT&request_uri=http%3A%2F%2Fkiln.localhost%2Frequest%2F1".to_owned()
}

fn document(party: &TestParty, log: Option<&SigningKey>) -> did::Document {
    let did = Did::parse(&party.did).unwrap();
    let mut builder = DocumentBuilder::new(&did)
        .key("request", party.request.1.public_jwk(), &[Relationship::Authentication])
        .key("issuing", party.issuing.1.public_jwk(), &[Relationship::AssertionMethod]);
    if let Some(log) = log {
        builder = builder.key("log", log.public_jwk(), &[Relationship::AssertionMethod]);
    }
    builder.build().unwrap()
}

fn text(status: u16, media_type: &str, body: impl Into<String>) -> Result<Response, OutboundError> {
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, media_type.parse().unwrap())]);
    Ok(Response::new(StatusCode::from_u16(status).unwrap(), headers, body.into()))
}

fn ok(value: &Value) -> Result<Response, OutboundError> {
    Ok(Response::of_json(StatusCode::OK, value))
}

impl Cast {
    fn answer(&self, request: &Request) -> Result<Response, OutboundError> {
        let host = request.url.host_str().unwrap_or_default();
        match (host, request.url.path()) {
            ("operator.localhost", "/network-list") => self.network_list(),
            (OFFICE, "/.well-known/openid-credential-issuer") => ok(&metadata()),
            (OFFICE, "/.well-known/oauth-authorization-server") => ok(&json!({
                "issuer": format!("http://{OFFICE}"), "token_endpoint": format!("http://{OFFICE}/token"),
                "pre-authorized_grant_anonymous_access_supported": true,
            })),
            (OFFICE, "/token") => {
                ok(&json!({"access_token": "token", "token_type": "Bearer", "expires_in": 60}))
            }
            (OFFICE, "/nonce") => ok(&json!({"c_nonce": "nonce"})),
            (OFFICE, "/credential" | "/deferred") => self.credential(request),
            (OFFICE, "/notification") => {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                self.behaviour.lock().unwrap().notified.push(body["event"].as_str().unwrap().to_owned());
                text(204, "application/json", "")
            }
            (OFFICE, "/refill/requests") => {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let what = body["what"].as_str().unwrap().to_owned();
                let mut behaviour = self.behaviour.lock().unwrap();
                behaviour.offer = Some(offer(&[&what]));
                let vct = vct(&what);
                let claim = if what == "passport" { "number" } else { "email" };
                behaviour.query = Some(json!({"credentials": [{
                    "id": what, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": [{"path": [claim]}],
                }]}));
                ok(&json!({"link": self.link(), "session": "s"}))
            }
            (SPACE, "/request/1") => text(200, "application/oauth-authz-req+jwt", self.request_object()),
            (SPACE, "/response/1") => self.response(request),
            (SPACE, "/follow-up/1") => self.follow_up(request),
            (SPACE, "/did-log/1") => {
                assert_eq!(request.method, http::Method::PUT);
                self.behaviour.lock().unwrap().did_log =
                    Some(String::from_utf8(request.body.to_vec()).unwrap());
                text(201, "application/json", "")
            }
            _ => text(404, "text/plain", ""),
        }
    }

    fn network_list(&self) -> Result<Response, OutboundError> {
        use environment::Clock;
        let members = [self.office.member(Role::Office), self.space.member(Role::Space)];
        let version = self.behaviour.lock().unwrap().list_version;
        text(200, "application/jwt", self.network.sign_list(version, &members, self.clock.now()))
    }

    fn credential(&self, request: &Request) -> Result<Response, OutboundError> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let mut behaviour = self.behaviour.lock().unwrap();
        if behaviour.deferred && request.url.path() == "/credential" {
            *self.issued.lock().unwrap() = self.issue(&body, &behaviour);
            return Ok(Response::of_json(
                StatusCode::ACCEPTED,
                &json!({"transaction_id": "later", "interval": 60}),
            ));
        }
        let issued = if behaviour.deferred {
            self.issued.lock().unwrap().clone()
        } else {
            self.issue(&body, &behaviour)
        };
        behaviour.deferred = false;
        let credentials: Vec<Value> = issued.into_iter().map(|one| json!({"credential": one})).collect();
        ok(&json!({"credentials": credentials, "notification_id": "n"}))
    }

    fn issue(&self, body: &Value, behaviour: &Behaviour) -> Vec<String> {
        let configuration = body["credential_configuration_id"].as_str().unwrap();
        let keys: Vec<Jwk> = body["proofs"]["jwt"]
            .as_array()
            .unwrap()
            .iter()
            .map(|proof| proof_key(proof.as_str().unwrap()))
            .collect();
        let first = keys[0].clone();
        let vct = if behaviour.other_type { types::PASSPORT } else { vct(configuration) };
        let (chain, key) = if behaviour.space_signs { &self.space.issuing } else { &self.office.issuing };
        let chain: Vec<Vec<u8>> =
            chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
        keys.iter()
            .map(|holder| {
                let issuing = vc::Issuing {
                    vct,
                    claims: claims(vct, behaviour.email.as_deref()),
                    frame: Frame::TopLevel { except: Vec::new() },
                    decoys: Decoys::default(),
                    holder: Some(if behaviour.one_key { &first } else { holder }),
                    issued_at: Some(NOW.start_of_day()),
                    not_before: None,
                    expires: Some(NOW.plus(14 * 86_400)),
                    status: None,
                };
                vc::issue(issuing, SignAs::X5c(&chain), key, &self.randomness).unwrap()
            })
            .collect()
    }

    fn request_object(&self) -> String {
        let behaviour = self.behaviour.lock().unwrap();
        let query = behaviour.query.clone().unwrap_or_else(usual_query);
        let query = dcql::Query::parse(&query).unwrap();
        let host = behaviour.response_host.clone().unwrap_or_else(|| SPACE.to_owned());
        let (chain, key) = &self.space.request;
        let registration = VerifierInfo::registration(&self.registration());
        let new = NewRequest {
            response_uri: &format!("http://{host}/response/1"),
            nonce: "a-nonce-of-sufficient-length",
            state: "state",
            query: &query,
            client_name: None,
            encryption_key: None,
            verifier_info: &[registration],
            issued_at: NOW,
            expires_at: NOW.plus(86_400 * 20),
            wallet_nonce: None,
        };
        let sign_as = if behaviour.by_did {
            SignRequestAs::Did(did::DidUrl::parse(&format!("{}#request", self.space.did)).unwrap())
        } else {
            SignRequestAs::Chain(Box::new(chain.clone()))
        };
        let object = new.sign(&sign_as, key).unwrap();
        *self.served.lock().unwrap() = object.clone();
        object
    }

    fn registration(&self) -> String {
        let contacts = Contacts { email: Some("team@kiln.example.org".to_owned()), ..Contacts::default() };
        let claim = |name: &str| RegisteredClaim { path: ClaimPath::name(name), retention_days: 30 };
        let content = RegistrationContent {
            did: self.space.did.clone(),
            legal_name: "Kiln Coworking Ltd".to_owned(),
            name: "Kiln".to_owned(),
            brand: None,
            contacts: contacts.clone(),
            data_protection_contact: contacts.clone(),
            supervisory_authority: SupervisoryAuthority { name: "Authority".to_owned(), contacts },
            privacy_policy: "https://kiln.example.org/privacy".to_owned(),
            intended_uses: vec![IntendedUse {
                id: "sign-up".to_owned(),
                purpose: BTreeMap::from([("en".to_owned(), "To know who works here".to_owned())]),
                legal_basis: LegalBasis::Contract,
                claims: ["email", "given_name", "bio", "number"].map(claim).to_vec(),
                credential_types: vec![
                    types::PROFILE.to_owned(),
                    types::OWN.to_owned(),
                    types::PASSPORT.to_owned(),
                ],
            }],
        };
        let (chain, key) = &self.network.registrar;
        trust::registration::sign(&content, &self.network.network, chain, key, NOW, 30 * 86_400).unwrap()
    }

    fn link(&self) -> String {
        let (chain, _) = &self.space.request;
        let client = openid4vc::vp::client_id::ClientId::x509_hash(chain.leaf().der());
        request().replace("CLIENT", client.as_str())
    }

    fn response(&self, request: &Request) -> Result<Response, OutboundError> {
        let form = Form::parse(Some("application/x-www-form-urlencoded"), &request.body).unwrap();
        let fields = form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut behaviour = self.behaviour.lock().unwrap();
        behaviour.answers.push(fields);
        if let Some(status) = behaviour.reply_status {
            return Ok(Response::of_json(
                StatusCode::from_u16(status).unwrap(),
                &json!({"error": "invalid_request"}),
            ));
        }
        let mut reply = json!({
            "redirect_uri": format!("http://{SPACE}/join/phone?response_code=x"),
            "sharing_proof_uri": format!("http://{SPACE}/follow-up/1"),
        });
        if let Some(offer) = &behaviour.offer {
            reply["credential_offer"] = Value::from(offer.as_str());
        }
        ok(&reply)
    }

    fn follow_up(&self, request: &Request) -> Result<Response, OutboundError> {
        let proof = request.headers.get("dpop").unwrap().to_str().unwrap();
        let holder = proof_key(proof).thumbprint_base64url();
        let hash = digest::sha256_base64url(self.served.lock().unwrap().as_str());
        let behaviour = self.behaviour.lock().unwrap();
        let answer = behaviour.answers.last().unwrap();
        let confirmation = Confirmation { thumbprint: holder };
        let kid = format!("{}#log", self.space.did);
        let decision = behaviour.outcome.map(|outcome| {
            let decision = Decision {
                issuer: self.space.did.clone(),
                issued_at: NOW.seconds(),
                request: hash.clone(),
                confirmation: confirmation.clone(),
                outcome,
                by: DecidedBy::Rule,
                reason: Some("Welcome".to_owned()),
                appeal: None,
            };
            decision.sign(&kid, &self.space_log).unwrap()
        });
        let hosting = DidHosting {
            location: format!("{OFFICE}:label"),
            upload_uri: format!("http://{SPACE}/did-log/1"),
        };
        let follow_up = FollowUp {
            sharing_proof: Some(
                self.sharing_proof(answer, &behaviour, hash, confirmation)
                    .sign(&kid, &self.space_log)
                    .unwrap(),
            ),
            decision,
            credential_offer: behaviour.offer.clone(),
            did_hosting: behaviour.did_hosting.then_some(hosting),
            waiting_for: Vec::new(),
        };
        ok(&serde_json::to_value(follow_up).unwrap())
    }

    fn sharing_proof(
        &self,
        answer: &BTreeMap<String, String>,
        behaviour: &Behaviour,
        request: String,
        confirmation: Confirmation,
    ) -> ProofOfSharing {
        let mut shared = shared(answer, &self.randomness);
        if behaviour.proof_lacks_a_claim {
            shared.pop();
        }
        let entry = shared.iter().fold(Entry::new(EntryKind::Answered, NOW), |entry, one| {
            let digest = base64url::decode_exact(&one.digest).unwrap();
            entry.committing(one.claim.clone(), Commitment::new(&one.nonce, &digest))
        });
        ProofOfSharing {
            issuer: self.space.did.clone(),
            issued_at: NOW.seconds(),
            id: format!("id{}", "x".repeat(behaviour.proof_padding)),
            request,
            confirmation,
            shared,
            log: LogPromise {
                log: "http://kiln.localhost/log".to_owned(),
                leaf: Leaf::new(LeafId::generate(&self.randomness), &entry),
                within: 60,
            },
        }
    }
}

/// What an answer discloses, as a space lists it.
fn shared(answer: &BTreeMap<String, String>, randomness: &SeededRandomness) -> Vec<SharedClaim> {
    let mut shared = Vec::new();
    for (_, vct, disclosures) in disclosed(answer) {
        for (claim, encoded) in disclosures {
            if vct == types::TERMS {
                continue;
            }
            shared.push(SharedClaim {
                claim,
                vct: vct.clone(),
                digest: digest::sha256_base64url(encoded),
                nonce: CommitmentNonce::generate(randomness),
                needed: true,
                purpose: "sign-up".to_owned(),
                audience: Audience::Team,
                kept_until: None,
            });
        }
    }
    shared
}

/// Query, type, and the disclosures (name and text) of one presentation.
pub(super) type Shown = (String, String, Vec<(String, String)>);

/// Every presentation in an answer.
pub(super) fn disclosed(answer: &BTreeMap<String, String>) -> Vec<Shown> {
    let token: Value = serde_json::from_str(&answer["vp_token"]).unwrap();
    let mut all = Vec::new();
    for (query, presentations) in token.as_object().unwrap() {
        for presentation in presentations.as_array().unwrap() {
            let parsed = credentials::sd_jwt::SdJwt::parse(presentation.as_str().unwrap()).unwrap();
            let vct = parsed.payload()["vct"].as_str().unwrap().to_owned();
            let disclosures = parsed
                .disclosures()
                .iter()
                .map(|one| (one.name().unwrap_or_default().to_owned(), one.encoded().to_owned()));
            all.push((query.clone(), vct, disclosures.collect()));
        }
    }
    all
}

/// The `cnf` keys of all presentations in an answer.
pub(super) fn holder_keys(answer: &BTreeMap<String, String>) -> Vec<Value> {
    let token: Value = serde_json::from_str(&answer["vp_token"]).unwrap();
    let presentations = token.as_object().unwrap().values().flat_map(|list| list.as_array().unwrap().clone());
    presentations
        .map(|presentation| {
            credentials::sd_jwt::SdJwt::parse(presentation.as_str().unwrap()).unwrap().payload()["cnf"]["jwk"]
                .clone()
        })
        .collect()
}

/// The log that was left, verified.
pub(super) fn verified_log(text: &str) -> Log {
    Log::verify(text.as_bytes(), NOW).unwrap()
}

fn proof_key(proof: &str) -> Jwk {
    Jwk::from_value(jose::jws::Unverified::parse(proof).unwrap().header().get("jwk").unwrap()).unwrap()
}

fn vct(configuration: &str) -> &'static str {
    match configuration {
        "passport" => types::PASSPORT,
        _ => types::PROFILE,
    }
}

fn claims(vct: &str, email: Option<&str>) -> Map<String, Value> {
    let claims = if vct == types::PASSPORT {
        json!({"number": "HRB1", "did": "did:example:me", "since": "2026"})
    } else {
        json!({"email": email.unwrap_or("ada@example.org"), "given_name": "Ada", "family_name": "Example", "birthdate": "1990-01-01", "address": {"locality": "Leiden", "country": "NL"}})
    };
    claims.as_object().unwrap().clone()
}

fn metadata() -> Value {
    let configuration = |vct: &str| {
        json!({
            "format": "dc+sd-jwt", "vct": vct, "cryptographic_binding_methods_supported": ["jwk"],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        })
    };
    let at = |path: &str| format!("http://{OFFICE}{path}");
    json!({
        "credential_issuer": at(""), "credential_endpoint": at("/credential"), "nonce_endpoint": at("/nonce"),
        "deferred_credential_endpoint": at("/deferred"), "notification_endpoint": at("/notification"),
        "batch_credential_issuance": {"batch_size": 4},
        "credential_configurations_supported": {
            "passport": configuration(types::PASSPORT), "profile": configuration(types::PROFILE),
        },
    })
}

/// E-mail checked, name checked or own, bio own and optional, terms.
pub(super) fn usual_query() -> Value {
    let query = |id: &str, vct: &str, claims: &[&str]| {
        let claims: Vec<Value> = claims.iter().map(|claim| json!({"path": [claim]})).collect();
        json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": claims})
    };
    json!({
        "credentials": [
            query("profile", types::PROFILE, &["email"]),
            query("profile_given_name", types::PROFILE, &["given_name"]),
            query("own_given_name", types::OWN, &["given_name"]),
            query("own_bio", types::OWN, &["bio"]),
            query("terms", types::TERMS, &["request", "audiences", "until", "inbox"]),
        ],
        "credential_sets": [
            {"options": [["profile"]]},
            {"options": [["profile_given_name"], ["own_given_name"]]},
            {"options": [["own_bio"]], "required": false},
            {"options": [["terms"]], "required": false},
        ],
    })
}

impl Stage {
    /// The link of the space's request.
    pub(super) fn link(&self) -> String {
        // The same seed makes the same certificates.
        let network = TestNetwork::new();
        let _office = network.party(Role::Office, "did:web:office.localhost", OFFICE);
        let space = network.party(Role::Space, "did:web:kiln.localhost", SPACE);
        let client = openid4vc::vp::client_id::ClientId::x509_hash(space.request.0.leaf().der());
        request().replace("CLIENT", client.as_str())
    }
}
