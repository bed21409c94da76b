//! The other parties: what they are and how they answer.

mod asking;
mod code;
mod dying;
mod issuing;
mod mail;
mod member;
mod number;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use did::webvh::Log;
use did::{Did, DocumentBuilder, Relationship, Resolve, StaticResolver};
use environment::{Clock, Environment, ManualClock, SeededRandomness};
use http::{HeaderMap, StatusCode};
use jose::{Jwk, Signer, SigningKey};
use network::decision::Outcome;
use network::follow_up::{CounterOfferOfSpace, DidHosting};
use outbound::{Fetch, Fetching, OutboundError, Request, Response, Scripted};
use serde_json::{Map, Value};
use trust::Role;
use trust::testing::{NOW, TestNetwork, TestParty};

use crate::records::HistoryEntry;
use crate::testing::Holder;
use crate::vault::{Cost, NewWay, Passphrase, RecoveryCode, Vault};
use crate::{NetworkTrust, OutsideTrust, Wallet};
use dying::Dying;

pub(super) use asking::{disclosed, holder_keys, link_by_did, usual_query};
pub(super) use code::{CODE, CodeDesk, Sealing, Signing, returned};
pub(super) use issuing::{Bent, offer, offer_of};
pub(super) use mail::{MailHost, NEIGHBOUR, private};
pub(super) use member::MemberDesk;
pub(super) use number::NumberDesk;

pub(super) const OFFICE: &str = "office.localhost";
pub(super) const SPACE: &str = "kiln.localhost";

/// Changes the copy of that number before it is signed.
type BendCopy = Box<dyn Fn(usize, &mut Bent) + Send>;
/// Changes the claims of a request before it is signed.
type BendRequest = Box<dyn Fn(&mut Map<String, Value>) + Send>;

/// How the office and the space behave; each member is one thing that may go wrong.
#[derive(Default)]
pub(super) struct Behaviour {
    /// The space signs the office's types.
    pub(super) space_signs: bool,
    /// The copies say what they should under a signature that is not theirs.
    pub(super) spoils_signatures: bool,
    /// All credentials are bound to the first key.
    pub(super) one_key: bool,
    /// The type is another one.
    pub(super) other_type: bool,
    /// The e-mail address in what is issued.
    pub(super) email: Option<String>,
    /// What is done to copies before they are signed.
    pub(super) bend_copy: Option<BendCopy>,
    /// The credential endpoint answers 202 first.
    pub(super) deferred: bool,
    /// What the issuer wants to be told under, if not `n`.
    pub(super) notification_id: Option<String>,
    /// What it gives in the place of each credential.
    pub(super) gives_instead: Option<String>,
    /// It answers so many requests at once and promises the others; what is promised is made when it is fetched.
    pub(super) defers_after: Option<usize>,
    /// It answers so many requests for credentials and then 503.
    pub(super) busy_after: Option<usize>,
    /// The requests that it promised to.
    pub(super) promised: Vec<Value>,
    /// The request's query.
    pub(super) query: Option<Value>,
    /// A use that the party registers beside its usual one.
    pub(super) registers_also: Option<trust::registration::IntendedUse>,
    /// What is done to the request before it is signed.
    pub(super) bend_request: Option<BendRequest>,
    /// Of what is asked after a counter-offer.
    pub(super) bend_request_anew: Option<BendRequest>,
    /// The proof of sharing leaves out the last claim.
    pub(super) proof_lacks_a_claim: bool,
    /// The space is known by its DID instead of its certificate.
    pub(super) by_did: bool,
    /// The response is sent elsewhere.
    pub(super) response_host: Option<String>,
    /// Where the follow-up is said to be.
    pub(super) follow_up_uri: Option<String>,
    /// Nothing that follows an answer can be had now.
    pub(super) no_follow_ups: bool,
    /// What follows an answer is answered with this status.
    pub(super) follow_up_gone: Option<u16>,
    /// The outcome of the sign-up.
    pub(super) outcome: Option<Outcome>,
    /// The follow-up has no proof of sharing.
    pub(super) no_proof: bool,
    /// How much longer than it should the identifier of the proof of sharing is.
    pub(super) proof_padding: usize,
    /// What the reply and the follow-up offer.
    pub(super) offer: Option<String>,
    /// What the office offers at a refill instead of what was asked; an empty one does not come with the reply.
    pub(super) refill_offer: Option<String>,
    /// The office makes no requests for refills.
    pub(super) no_refills: bool,
    /// The space makes no requests for refills.
    pub(super) no_refills_at_the_space: bool,
    /// What the office asks for at a refill beside a copy of what is refilled.
    pub(super) refill_asks_for: Option<Value>,
    /// The query of the refill that is under way, and what is offered for it.
    pub(super) refilling: Option<(Value, String)>,
    /// Copies that count no longer: all that were issued until now.
    pub(super) revoked: bool,
    /// Copies that do not count at present: all that were issued until now.
    pub(super) suspended: bool,
    /// Places that were given out.
    pub(super) places: Vec<(String, u64)>,
    /// So many seconds ago the status lists were signed.
    pub(super) lists_signed_ago: i64,
    /// The status lists are signed by the space whoever serves them.
    pub(super) lists_by_space: bool,
    /// The office hands out the space's request at a refill.
    pub(super) refill_by_space: bool,
    /// Where the DID would be hosted.
    pub(super) did_hosting: Option<DidHosting>,
    /// The version of the network list.
    pub(super) list_version: u64,
    /// Where the space stands, if not admitted.
    pub(super) space_stands: Option<trust::Standing>,
    /// Where the office stands, if not admitted.
    pub(super) office_stands: Option<trust::Standing>,
    /// The operator cannot be reached.
    pub(super) no_list: bool,
    /// This host cannot be reached.
    pub(super) down: Option<&'static str>,
    /// Why the office's DID is not resolved.
    pub(super) office_unresolved: Option<did::ResolveError>,
    /// The host of mailboxes.
    pub(super) mail: MailHost,
    /// The space's member API.
    pub(super) member: MemberDesk,
    /// The authorisation server, and what else an issuer asks for.
    pub(super) code: CodeDesk,
    /// What the office says of numbers.
    pub(super) number: NumberDesk,
    /// What the space asks for after a counter-offer; without it it says no.
    pub(super) asks_anew: Option<Value>,
    /// Where that request is said to be.
    pub(super) link_anew: Option<String>,
    /// The counter-offers that came.
    pub(super) counter_offers: Vec<Value>,
    /// What the space's team asks for instead of deciding.
    pub(super) asks_instead: Option<CounterOfferOfSpace>,
    /// What came to the response endpoint.
    pub(super) answers: Vec<BTreeMap<String, String>>,
    /// The notification endpoint hears nothing, and answers with this status.
    pub(super) unheard: Option<u16>,
    /// The places of what was promised and given, of which nobody has said that it came.
    pub(super) unconfirmed: Vec<(String, u64)>,
    /// Of those, what another offer in a follow-up has revoked.
    pub(super) lost: Vec<(String, u64)>,
    /// What the notification endpoint heard.
    pub(super) notified: Vec<String>,
    /// Where DID logs were left, and what they were.
    pub(super) did_logs: Vec<(String, String)>,
    /// The proofs of control beside them.
    pub(super) did_controls: Vec<Option<String>>,
    /// The log that is served under the member's DID.
    pub(super) served_log: Option<String>,
    /// Status of the answer to a DID log.
    pub(super) did_log_status: Option<u16>,
    /// How many copies of a batch are handed out at most.
    pub(super) most_copies: Option<usize>,
    /// Status of the reply to an answer.
    pub(super) reply_status: Option<u16>,
    /// The code with which an answer is refused then, if not the usual one.
    pub(super) reply_code: Option<&'static str>,
    /// So many answers cannot be taken, and may come again after so many seconds; without a number, where none is said.
    pub(super) puts_off: (usize, Option<u64>),
    /// The answers that were taken: none is taken twice.
    pub(super) taken: Vec<BTreeMap<String, String>>,
    /// What happens to an answer instead of a reply.
    pub(super) reply_error: Option<OutboundError>,
    /// When the space took another log key, in seconds since the epoch.
    pub(super) rotated_at: Option<i64>,
    /// What the space's messages say of when they were signed, if not that they were signed at first.
    pub(super) signed_at: Option<i64>,
    /// What a token gives for each configuration: so many identifiers.
    pub(super) identifiers: Option<usize>,
    /// Each answer has one copy, for the next of the keys.
    pub(super) halves: bool,
    /// How many copies were given that way.
    pub(super) halved: usize,
}

pub(super) struct Stage {
    pub(super) wallet: Wallet,
    pub(super) vault: Arc<Vault>,
    pub(super) behaviour: Arc<Mutex<Behaviour>>,
    pub(super) clock: Arc<ManualClock>,
    /// The member's recovery code, as it is kept on paper.
    pub(super) code: RecoveryCode,
    /// Who holds the member's keys: all flows are gone through as they are at a host.
    pub(super) holder: Arc<Holder>,
    engine: Arc<Dying>,
    line: Arc<Scripted>,
    resolver: Arc<dyn Resolve>,
    links: [String; 2],
    /// Request keys of space and office, the space's log key, and the neighbour's request key.
    signers: [SigningKey; 4],
}

/// A line that leads to one path and never back.
struct Cut {
    line: Arc<Scripted>,
    path: &'static str,
    reached: Arc<tokio::sync::Notify>,
}

impl Fetch for Cut {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        Box::pin(async move {
            let is_cut = request.url.path() == self.path;
            let answer = self.line.fetch(request).await;
            if is_cut {
                self.reached.notify_one();
                std::future::pending::<()>().await;
            }
            answer
        })
    }
}

/// A party with all its keys.
struct Actor {
    role: Role,
    party: TestParty,
    log: SigningKey,
}

/// Everything the script needs.
struct Cast {
    network: TestNetwork,
    office: Actor,
    space: Actor,
    neighbour: Actor,
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
        let office = Actor::new(&network, Role::Office, OFFICE);
        let space = Actor::new(&network, Role::Space, SPACE);
        let neighbour = Actor::new(&network, Role::Space, NEIGHBOUR);
        let known = StaticResolver::new([office.document(), space.document(), neighbour.document()]);
        let rotated = StaticResolver::new([space.document_with(&network.key())]);
        let links = [space.link(), office.link()];
        let keys = [&space.party.request.1, &office.party.request.1, &space.log];
        let signers = [keys[0], keys[1], keys[2], &neighbour.party.request.1].map(mail::again);
        let clock = Arc::new(ManualClock::new(NOW));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(5)));
        let behaviour = Arc::new(Mutex::new(Behaviour { list_version: 1, ..Behaviour::default() }));
        let resolver = mail::Resolver { known, rotated, behaviour: behaviour.clone() };
        let descriptor = network.descriptor().clone();
        let cast = Cast {
            network,
            office,
            space,
            neighbour,
            behaviour: behaviour.clone(),
            clock: clock.clone(),
            randomness: SeededRandomness::new(6),
            issued: Mutex::new(Vec::new()),
            served: Mutex::new(String::new()),
        };
        let line = Arc::new(Scripted::new(move |request| cast.answer(request)));
        let engine = Arc::new(Dying::default());
        let passphrase = Passphrase::new("passphrase").unwrap();
        let (vault, code) =
            Vault::create_on(engine.clone(), &NewWay::Passphrase(&passphrase, Cost::LEAST), &environment)
                .await
                .unwrap();
        let vault = Arc::new(vault);
        Wallet::join_network(&vault, &descriptor).await.unwrap();
        // What is told of the tests begins after that.
        for joined in vault.list::<HistoryEntry>().await.unwrap() {
            let batch = vault.batch().delete_listed::<HistoryEntry>(&joined.id, joined.at);
            batch.commit().await.unwrap();
        }
        let resolve: Arc<dyn Resolve> = Arc::new(resolver);
        let trust = NetworkTrust::load(vault.clone(), line.clone(), resolve.clone(), environment.clone())
            .await
            .unwrap();
        let holder = Holder::new(11);
        let wallet = Wallet::new(vault.clone(), line.clone(), Arc::new(trust), environment);
        let wallet = wallet.with_keys(holder.clone());
        let resolver = resolve;
        Self { wallet, vault, behaviour, clock, code, holder, engine, line, resolver, links, signers }
    }

    /// Another wallet of the same member, made for this recovery code, in no network.
    pub(super) async fn another_wallet(&self, code: &RecoveryCode, seed: u64) -> Wallet {
        let environment = Environment::new(self.clock.clone(), Arc::new(SeededRandomness::new(seed)));
        let engine = Arc::new(store::memory::Memory::new());
        let passphrase = Passphrase::new("another passphrase").unwrap();
        let vault = Vault::create_on_with_code(
            engine,
            &NewWay::Passphrase(&passphrase, Cost::LEAST),
            code,
            &environment,
        )
        .await
        .unwrap();
        let resolver = Arc::new(did::SelfContainedResolver);
        let trust = OutsideTrust::new(Vec::new(), Vec::new(), resolver, environment.clone());
        Wallet::new(Arc::new(vault), self.line.clone(), Arc::new(trust), environment)
    }

    /// The same member's wallet after a restart: nothing but the vault is the same.
    pub(super) async fn same_vault(&self) -> Wallet {
        self.same_vault_over(self.line.clone()).await
    }

    async fn same_vault_over(&self, line: Arc<dyn Fetch>) -> Wallet {
        let environment = Environment::new(self.clock.clone(), Arc::new(SeededRandomness::new(8)));
        let trust =
            NetworkTrust::load(self.vault.clone(), line.clone(), self.resolver.clone(), environment.clone());
        let wallet = Wallet::new(self.vault.clone(), line, Arc::new(trust.await.unwrap()), environment);
        wallet.with_keys(self.holder.clone())
    }

    /// The same wallet does this, and is killed when a call to `path` has arrived and before its answer comes back.
    pub(super) async fn killed_at(&self, path: &'static str, work: impl AsyncFnOnce(&Wallet)) {
        let reached = Arc::new(tokio::sync::Notify::new());
        let cut = Arc::new(Cut { line: self.line.clone(), path, reached: reached.clone() });
        let wallet = self.same_vault_over(cut).await;
        tokio::select! {
            () = work(&wallet) => panic!("{path} was not called"),
            () = reached.notified() => {}
        }
    }

    /// The wallet does this, and is killed after so many of the commits that it would make; whether it came to that.
    pub(super) async fn killed_after(&self, commits: usize, work: impl AsyncFnOnce(&Wallet)) -> bool {
        self.engine.dies_after(commits);
        let was_killed = tokio::select! {
            biased;
            () = self.engine.dead() => true,
            () = work(&self.wallet) => false,
        };
        self.engine.lives();
        was_killed
    }

    pub(super) fn set(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    pub(super) fn seen<T>(&self, look: impl FnOnce(&Behaviour) -> T) -> T {
        look(&self.behaviour.lock().unwrap())
    }

    /// The link of the space's request.
    pub(super) fn link(&self) -> String {
        self.links[0].clone()
    }

    /// The link of the office's request.
    pub(super) fn office_link(&self) -> String {
        self.links[1].clone()
    }

    /// The same vault for one call outside the network, with the network's root as that of strangers.
    pub(super) fn outside(&self) -> Wallet {
        let root = TestNetwork::new().descriptor().root().certificate().to_pem();
        let environment = Environment::new(self.clock.clone(), Arc::new(SeededRandomness::new(7)));
        let anchors = vec![trust::ForeignAnchors::from_pem(&root).unwrap()];
        let resolver = Arc::new(did::SelfContainedResolver);
        let trust = OutsideTrust::new(anchors, Vec::new(), resolver, environment.clone());
        let wallet = Wallet::new(self.vault.clone(), self.line.clone(), Arc::new(trust), environment);
        wallet.with_keys(self.holder.clone())
    }

    pub(super) fn clock_seconds(&self) -> i64 {
        self.clock.now().seconds()
    }

    /// Every call so far: method and address.
    pub(super) fn calls(&self) -> Vec<String> {
        self.line.calls().iter().map(|call| format!("{} {}", call.method, call.url)).collect()
    }
}

impl Actor {
    fn new(network: &TestNetwork, role: Role, host: &str) -> Self {
        let party = network.party(role, &format!("did:web:{host}"), host);
        Self { role, party, log: network.key() }
    }

    fn document(&self) -> did::Document {
        self.document_with(&self.log)
    }

    /// The document with this log key.
    fn document_with(&self, log: &SigningKey) -> did::Document {
        let did = Did::parse(&self.party.did).unwrap();
        DocumentBuilder::new(&did)
            .key("request", self.party.request.1.public_jwk(), &[Relationship::Authentication])
            .key("issuing", self.party.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
            .key("log", log.public_jwk(), &[Relationship::AssertionMethod])
            .build()
            .unwrap()
    }
}

fn text(status: u16, media_type: &str, body: impl Into<String>) -> Result<Response, OutboundError> {
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, media_type.parse().unwrap())]);
    Ok(Response::new(StatusCode::from_u16(status).unwrap(), headers, body.into()))
}

fn ok(value: &Value) -> Result<Response, OutboundError> {
    Ok(Response::of_json(StatusCode::OK, value))
}

impl Cast {
    fn actor(&self, host: &str) -> &Actor {
        if host == OFFICE { &self.office } else { &self.space }
    }

    fn answer(&self, request: &Request) -> Result<Response, OutboundError> {
        let host = request.url.host_str().unwrap_or_default();
        if host == "operator.localhost" {
            return self.network_list();
        }
        if self.behaviour.lock().unwrap().down == Some(host) {
            return Err(OutboundError::Unreachable);
        }
        if host != OFFICE && host != SPACE {
            return text(404, "text/plain", "");
        }
        match request.url.path() {
            "/.well-known/openid-credential-issuer" => self.issuer_metadata(host, request),
            "/.well-known/oauth-authorization-server" => self.server_metadata(host),
            "/par" => self.par(request),
            "/token" => self.token_of_a_code(request),
            "/nonce" => ok(&issuing::nonce()),
            "/credential" | "/deferred" => self.sealed(host, request),
            "/notification" => self.notification(request),
            "/refill/requests" => self.refill(host, request),
            "/passport/requests" => self.first_passport(host, request),
            "/request/1" => text(200, "application/oauth-authz-req+jwt", self.request_object(host)),
            "/response/1" => self.response(host, request),
            "/counter-offer/1" if host == SPACE => self.counter_offer(request),
            "/follow-up/1" => self.follow_up(host, request),
            path if path.starts_with("/member/") => self.member_api(host, request),
            path if path.starts_with("/mailbox/") => self.mailbox(host, request),
            path if path.starts_with("/join/invited/") => self.invited(host, request),
            path if path.starts_with("/hello/") => self.hello(host, request),
            path if path.starts_with("/number-binding") => self.number(host, request),
            path if path.starts_with("/did-log/") => self.did_log(request),
            path if path.ends_with("/did.jsonl") => self.served_log(),
            path if path.starts_with("/status/") => self.status_list(host, path),
            _ => text(404, "text/plain", ""),
        }
    }

    fn network_list(&self) -> Result<Response, OutboundError> {
        let actors = [&self.office, &self.space, &self.neighbour];
        let mut members = actors.map(|actor| actor.party.member(actor.role));
        let behaviour = self.behaviour.lock().unwrap();
        if behaviour.no_list {
            return Err(OutboundError::Unreachable);
        }
        for (member, stands) in members.iter_mut().zip([behaviour.office_stands, behaviour.space_stands]) {
            member.standing = stands.unwrap_or(member.standing);
        }
        let version = behaviour.list_version;
        text(200, "application/jwt", self.network.sign_list(version, &members, self.clock.now()))
    }

    fn served_log(&self) -> Result<Response, OutboundError> {
        match &self.behaviour.lock().unwrap().served_log {
            Some(log) => text(200, "text/jsonl", log.as_str()),
            None => text(404, "text/plain", ""),
        }
    }

    fn did_log(&self, request: &Request) -> Result<Response, OutboundError> {
        assert_eq!(request.method, http::Method::PUT);
        let mut behaviour = self.behaviour.lock().unwrap();
        let log = String::from_utf8(request.body.to_vec()).unwrap();
        behaviour.did_logs.push((request.url.to_string(), log));
        let control = request.headers.get("passport-did-control").map(|it| it.to_str().unwrap().to_owned());
        behaviour.did_controls.push(control);
        text(behaviour.did_log_status.unwrap_or(201), "application/json", "")
    }
}

/// The log that was left, verified.
pub(super) fn verified_log(text: &str) -> Log {
    Log::verify(text.as_bytes(), NOW).unwrap()
}

fn proof_key(proof: &str) -> Jwk {
    Jwk::from_value(jose::jws::Unverified::parse(proof).unwrap().header().get("jwk").unwrap()).unwrap()
}
