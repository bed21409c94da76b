//! Mailboxes over HTTP, with two replicas over one store: who may leave something, who may fetch it, and what neither learns.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use did::{Did, DocumentBuilder, Relationship, StaticResolver};
use directory::Directory;
use environment::{ManualPace, SeededRandomness};
use issuer::mailbox::records::{Envelope, Inbox};
use jose::{DecryptionKey, Signer, SigningKey};
use network::http_signature::{Signed, sign};
use network::mailbox::{Address, Deposit, Kind, LISTING_SIZES, Listing, SIZES, Slot, open, seal};
use openid4vc::http::Method;
use outbound::{OutboundError, Scripted};
use presentation::{Presentation, Settings, StatusLists};
use serde_json::{Value, json};
use store::Range;
use tower::ServiceExt;
use trust::network_list::Member;
use trust::testing::TestParty;
use trust::{Role, Standing};
use web::csrf::CsrfKey;

use super::scene::{A_DAY, ORIGIN};
use super::world::{World, responsible};
use crate::{Site, router};

struct Post {
    world: World,
    kiln: TestParty,
    directory: Arc<Directory>,
    routers: [Router; 2],
    turn: AtomicUsize,
    version: AtomicUsize,
    seal: DecryptionKey,
}

#[derive(Clone, Debug, PartialEq)]
struct Said {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Post {
    fn new() -> Self {
        let world = World::new();
        let scene = &world.scene;
        let did = format!("did:webvh:{}:kiln.localhost%3A8080", "K".repeat(46));
        let kiln = scene.network.party(Role::Space, &did, "kiln.localhost");
        let documents = [&scene.party, &kiln].into_iter().map(|party| {
            DocumentBuilder::new(&Did::parse(&party.did).unwrap())
                .key("request", party.request.1.public_jwk(), &[Relationship::Authentication])
                .key("issuing", party.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
                .build()
                .unwrap()
        });
        let resolver = Arc::new(StaticResolver::new(documents));
        let descriptor = scene.network.descriptor().clone();
        let directory = Arc::new(Directory::new(descriptor, None, resolver, scene.environment.clone()));
        let routers = [office(&world, &directory), office(&world, &directory)];
        let seal = DecryptionKey::generate("seal", &SeededRandomness::new(1)).unwrap();
        let (turn, version) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let post = Self { world, kiln, directory, routers, turn, version, seal };
        post.list(Standing::Admitted);
        post
    }

    /// A new list in which the space has this standing.
    fn list(&self, standing: Standing) {
        let version = self.version.fetch_add(1, Ordering::Relaxed) + 1;
        let scene = &self.world.scene;
        let members =
            [scene.party.member(Role::Office), Member { standing, ..self.kiln.member(Role::Space) }];
        let list = scene.network.sign_list(version.try_into().unwrap(), &members, scene.now());
        self.directory.take_list(&list).unwrap();
    }

    /// Every request goes to the other replica than the one before.
    async fn send(&self, request: Request<Body>) -> Said {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let (parts, body) = self.routers[turn % 2].clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, 1 << 20).await.unwrap();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Said { status: parts.status, headers: parts.headers, body }
    }

    fn body(&self, text: &str) -> String {
        let message = seal(text, self.seal.public_jwk(), &SeededRandomness::new(2)).unwrap();
        let expires = self.world.scene.now().plus(10 * A_DAY).seconds();
        let slot = Slot::of([0; 16]);
        serde_json::to_string(&Deposit { kind: Kind::Message, slot, message, expires }).unwrap()
    }

    fn signed(&self, party: &TestParty, path: &str, body: &str) -> Signed {
        let randomness = self.world.scene.environment.randomness();
        let (target, key_id) = (format!("{ORIGIN}{path}"), format!("{}#request", party.did));
        let now = self.world.scene.now();
        sign("POST", &target, body.as_bytes(), &key_id, &party.request.1, now, randomness).unwrap()
    }

    /// The space leaves something.
    async fn leave(&self, inbox: &Address, text: &str) -> Said {
        let (path, body) = (format!("/mailbox/{inbox}"), self.body(text));
        let signed = self.signed(&self.kiln, &path, &body);
        self.send(deposit(&path, &signed, &body)).await
    }

    async fn fetch(&self, key: &SigningKey, inbox: &Address) -> Said {
        let (request, _) = self.world.proven(Method::Get, &format!("/mailbox/{inbox}"), key);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn tell(&self, key: &SigningKey, inbox: &Address, what: &str, body: &Value) -> Said {
        let (request, _) = self.world.proven(Method::Post, &format!("/mailbox/{inbox}/{what}"), key);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A key and the address of its inbox.
    fn inbox(&self) -> (SigningKey, Address) {
        let key = self.world.scene.key();
        let address = Address::of(key.public_jwk());
        (key, address)
    }

    async fn counted(&self) -> (usize, usize) {
        let tenant = self.world.scene.tenant();
        let inboxes = tenant.list::<Inbox>(Range::all(), 100).await.unwrap().items.len();
        (inboxes, tenant.list::<Envelope>(Range::all(), 100).await.unwrap().items.len())
    }
}

fn office(world: &World, directory: &Arc<Directory>) -> Router {
    let (scene, office) = (&world.scene, world.scene.office());
    let nowhere = Arc::new(Scripted::new(|_| Err(OutboundError::Unreachable)));
    let presentation = Presentation::new(
        Arc::clone(&scene.identity),
        scene.tenant(),
        Arc::clone(&scene.keyring),
        scene.nonces.clone(),
        Arc::clone(directory),
        Arc::new(StatusLists::new(nowhere, scene.environment.clone())),
        Arc::new(office.clone()),
        Settings { one_key: false, foreign: Vec::new() },
    );
    let site = Site::new(office, presentation, CsrfKey::new([7; 32]), "log\n", responsible());
    router(site.with_budget(10_000).with_pace(Arc::new(ManualPace::running_ahead())))
}

fn deposit(path: &str, signed: &Signed, body: &str) -> Request<Body> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header("content-digest", &signed.content_digest)
        .header("signature-input", &signed.signature_input)
        .header("signature", &signed.signature)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn listing(said: &Said) -> Listing {
    assert_eq!(said.status, StatusCode::OK);
    assert!(LISTING_SIZES.contains(&said.body.len()), "{}", said.body.len());
    serde_json::from_str(&said.body).unwrap()
}

#[tokio::test]
async fn what_an_admitted_space_leaves_is_fetched_by_the_key_of_the_inbox_and_erased() {
    let post = Post::new();
    let (key, inbox) = post.inbox();
    for number in 0..20 {
        assert_eq!(post.leave(&inbox, &format!("a.{number}.c")).await.status, StatusCode::ACCEPTED);
    }
    let mut found = Vec::new();
    loop {
        let page = listing(&post.fetch(&key, &inbox).await);
        found.extend(page.messages.iter().map(|one| open(&one.message, &post.seal).unwrap()));
        assert!(page.messages.iter().all(|one| SIZES.contains(&one.message.len())));
        let ids: Vec<&String> = page.messages.iter().map(|one| &one.id).collect();
        assert_eq!(post.tell(&key, &inbox, "done", &json!({"ids": ids})).await.status, StatusCode::OK);
        if !page.more {
            break;
        }
    }
    assert_eq!(found, (0..20).map(|number| format!("a.{number}.c")).collect::<Vec<_>>());
    assert!(listing(&post.fetch(&key, &inbox).await).messages.is_empty());
}

#[tokio::test]
async fn a_space_is_told_the_same_whether_the_inbox_is_unknown_known_full_or_closed_to_it() {
    let post = Post::new();
    let (known_key, known) = post.inbox();
    let first = post.leave(&known, "a.b.c").await;
    assert_eq!((first.status, first.body.as_str()), (StatusCode::ACCEPTED, "{}"));
    let (full_key, full) = post.inbox();
    for _ in 0..33 {
        assert_eq!(post.leave(&full, "a.b.c").await, first);
    }
    let (blocking_key, blocking) = post.inbox();
    post.leave(&blocking, "a.b.c").await;
    let block = json!({"space": post.kiln.did, "blocked": true});
    assert_eq!(post.tell(&blocking_key, &blocking, "blocks", &block).await.status, StatusCode::OK);
    let (_, unknown) = post.inbox();
    for inbox in [&known, &full, &blocking, &unknown] {
        assert_eq!(post.leave(inbox, "a.b.c").await, first, "in status, headers, body and size");
    }
    assert_eq!(listing(&post.fetch(&known_key, &known).await).messages.len(), 2);
    assert_eq!(listing(&post.fetch(&blocking_key, &blocking).await).messages.len(), 0);
    let mut waiting = 0;
    loop {
        let page = listing(&post.fetch(&full_key, &full).await);
        waiting += page.messages.len();
        let ids: Vec<&String> = page.messages.iter().map(|one| &one.id).collect();
        post.tell(&full_key, &full, "done", &json!({"ids": ids})).await;
        if !page.more {
            break;
        }
    }
    assert_eq!(waiting, 32);
}

#[tokio::test]
async fn whoever_is_no_admitted_space_gets_one_answer_and_leaves_nothing() {
    let post = Post::new();
    let (_, inbox) = post.inbox();
    let (path, body) = (format!("/mailbox/{inbox}"), post.body("a.b.c"));
    let json_only = || Request::post(&path).header(header::CONTENT_TYPE, "application/json");
    let nobody = post.send(json_only().body(Body::from(body.clone())).unwrap()).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let scene = &post.world.scene;
    let stranger = scene.network.party(Role::Space, "did:web:stranger.localhost", "stranger.localhost");
    let good = |path: &str, body: &str| post.signed(&post.kiln, path, body);
    let other_path = format!("/mailbox/{}", post.inbox().1);
    let mut twice = deposit(&path, &good(&path, &body), &body);
    let signature = twice.headers()["signature"].clone();
    twice.headers_mut().append("signature", signature);
    let early = good(&path, &body);
    for (who, request) in [
        ("a stranger who signs", deposit(&path, &post.signed(&stranger, &path, &body), &body)),
        ("an office", deposit(&path, &post.signed(&scene.party, &path, &body), &body)),
        ("another address", deposit(&other_path, &good(&path, &body), &body)),
        ("a query that was not signed", deposit(&format!("{path}?a=b"), &good(&path, &body), &body)),
        ("another body", deposit(&path, &good(&path, &body), &post.body("a.c.b"))),
        ("a signature twice", twice),
    ] {
        assert_eq!(post.send(request).await, nobody, "{who}");
    }
    scene.clock.advance(A_DAY);
    post.list(Standing::Admitted);
    let body_now = post.body("a.b.c");
    assert_eq!(post.send(deposit(&path, &early, &body)).await, nobody, "a clock that is a day off");
    for standing in [Standing::Suspended, Standing::Expelled] {
        post.list(standing);
        let request = deposit(&path, &good(&path, &body_now), &body_now);
        assert_eq!(post.send(request).await, nobody, "{standing:?}");
    }
    assert_eq!(post.counted().await, (0, 0));
    post.list(Standing::Admitted);
    assert_eq!(post.leave(&inbox, "a.b.c").await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_deposit_that_comes_again_is_refused_also_at_the_other_replica() {
    let post = Post::new();
    let (_, inbox) = post.inbox();
    let (path, body) = (format!("/mailbox/{inbox}"), post.body("a.b.c"));
    let signed = post.signed(&post.kiln, &path, &body);
    assert_eq!(post.send(deposit(&path, &signed, &body)).await.status, StatusCode::ACCEPTED);
    let nobody = Request::post(&path).header(header::CONTENT_TYPE, "application/json");
    let nobody = post.send(nobody.body(Body::from(body.clone())).unwrap()).await;
    for _ in 0..2 {
        assert_eq!(post.send(deposit(&path, &signed, &body)).await, nobody);
    }
    assert_eq!(post.counted().await, (1, 1));
}

#[tokio::test]
async fn what_is_malformed_is_refused_before_anybody_is_looked_up() {
    let post = Post::new();
    let (_, inbox) = post.inbox();
    let path = format!("/mailbox/{inbox}");
    let good: Value = serde_json::from_str(&post.body("a.b.c")).unwrap();
    let bent = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body.to_string()
    };
    let far = post.world.scene.now().plus(30 * A_DAY + 1).seconds();
    let cut: String = good["message"].as_str().unwrap().chars().skip(1).collect();
    for (status, body) in [
        (400, String::new()),
        (400, "[]".to_owned()),
        (400, bent("kind", json!("letter"))),
        (400, bent("to", json!("ada"))),
        (400, bent("slot", Value::Null)),
        (400, bent("slot", json!("sign-up of ada"))),
        (400, bent("message", json!(cut))),
        (400, bent("message", json!("x".repeat(4_096)))),
        (400, bent("expires", json!(post.world.scene.now().seconds()))),
        (400, bent("expires", json!(far))),
        (413, bent("message", json!("x".repeat(20_000)))),
    ] {
        let signed = post.signed(&post.kiln, &path, &body);
        assert_eq!(post.send(deposit(&path, &signed, &body)).await.status.as_u16(), status, "{body:.80}");
        let unsigned = Request::post(&path).header(header::CONTENT_TYPE, "application/json");
        let said = post.send(unsigned.body(Body::from(body)).unwrap()).await;
        assert_eq!(said.status.as_u16(), status);
    }
    let body = good.to_string();
    let short: String = inbox.as_str().chars().skip(1).collect();
    for near in ["x", &short, &format!("{inbox}A")] {
        let path = format!("/mailbox/{near}");
        let signed = post.signed(&post.kiln, &path, &body);
        assert_eq!(post.send(deposit(&path, &signed, &body)).await.status, StatusCode::BAD_REQUEST);
    }
    let signed = post.signed(&post.kiln, &path, &body);
    let mut text = deposit(&path, &signed, &body);
    text.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(post.send(text).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(post.counted().await, (0, 0));
}

#[tokio::test]
async fn another_key_finds_nothing_whether_or_not_there_is_something() {
    let post = Post::new();
    let (key, inbox) = post.inbox();
    post.leave(&inbox, "a.b.c").await;
    let (other, unknown) = post.inbox();
    let nothing = post.fetch(&key, &unknown).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert_eq!(post.fetch(&other, &inbox).await, nothing);
    for (what, body) in [
        ("done", json!({"ids": []})),
        ("blocks", json!({"space": post.kiln.did, "blocked": true})),
        ("reports", json!({"space": post.kiln.did, "reason": "other"})),
    ] {
        assert_eq!(post.tell(&other, &inbox, what, &body).await, nothing, "{what}");
        assert_eq!(post.tell(&key, &unknown, what, &body).await, nothing, "{what}");
    }
    assert_eq!(listing(&post.fetch(&key, &inbox).await).messages.len(), 1);
}

#[tokio::test]
async fn an_unknown_inbox_is_an_empty_one_to_its_key_and_leaves_no_trace() {
    let post = Post::new();
    let (known_key, known) = post.inbox();
    post.leave(&known, "a.b.c").await;
    let id = listing(&post.fetch(&known_key, &known).await).messages[0].id.clone();
    post.tell(&known_key, &known, "done", &json!({"ids": [id]})).await;
    let emptied = post.fetch(&known_key, &known).await;
    let (key, unknown) = post.inbox();
    assert_eq!(post.fetch(&key, &unknown).await, emptied);
    for (what, body) in [
        ("done", json!({"ids": ["x"]})),
        ("blocks", json!({"space": post.kiln.did, "blocked": true})),
        ("reports", json!({"space": post.kiln.did, "reason": "other"})),
    ] {
        let at_unknown = post.tell(&key, &unknown, what, &body).await;
        assert_eq!(at_unknown, post.tell(&known_key, &known, what, &body).await, "{what}");
        assert_eq!((at_unknown.status, at_unknown.body.as_str()), (StatusCode::OK, "{}"));
    }
    assert_eq!(post.counted().await.0, 1);
}

#[tokio::test]
async fn a_proof_serves_once_at_its_own_address_and_method() {
    let post = Post::new();
    let (key, inbox) = post.inbox();
    post.leave(&inbox, "a.b.c").await;
    let path = format!("/mailbox/{inbox}");
    let (_, proof) = post.world.proven(Method::Get, &path, &key);
    let with = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("dpop", &proof);
        request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{\"ids\":[]}")).unwrap()
    };
    assert_eq!(post.send(with("POST", &format!("{path}/done"))).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(post.send(with("GET", &path)).await.status, StatusCode::OK);
    for _ in 0..2 {
        assert_eq!(post.send(with("GET", &path)).await.status, StatusCode::UNAUTHORIZED);
    }
    let bare = Request::get(&path).body(Body::empty()).unwrap();
    assert_eq!(post.send(bare).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_the_key_of_an_inbox_says_in_another_form_changes_nothing() {
    let post = Post::new();
    let (key, inbox) = post.inbox();
    post.leave(&inbox, "a.b.c").await;
    for (what, body) in [
        ("done", json!({})),
        ("done", json!({"ids": vec!["x"; 65]})),
        ("done", json!({"ids": ["x".repeat(20_000)]})),
        ("blocks", json!({"space": post.kiln.did})),
        ("blocks", json!({"space": post.kiln.did, "blocked": "yes"})),
        ("reports", json!({"space": post.kiln.did, "reason": "rude"})),
        ("reports", json!({"space": post.kiln.did, "reason": "other", "text": "…"})),
        ("bell", json!({})),
        ("bell", json!({"bell": {"at": "https://wallet.example.org/x", "ticket": "a"}})),
        ("bell", json!({"bell": {"at": "https://wallet.example.org", "ticket": ""}})),
        ("bell", json!({"bell": {"at": "https://wallet.example.org", "ticket": "a", "to": "ada"}})),
    ] {
        assert_eq!(post.tell(&key, &inbox, what, &body).await.status, StatusCode::BAD_REQUEST, "{what}");
    }
    assert_eq!(listing(&post.fetch(&key, &inbox).await).messages.len(), 1);
    let nothing = post.world.scene.office().mailbox().reports().await.unwrap();
    assert!(nothing.is_empty());
    let report = json!({"space": post.kiln.did, "reason": "phishing"});
    assert_eq!(post.tell(&key, &inbox, "reports", &report).await.status, StatusCode::OK);
    let office = post.world.scene.office();
    let told = issuer::commands::handle(&office, json!({"command": "issuer.reports"})).await.unwrap();
    assert_eq!(told["reports"][0]["space"], post.kiln.did.as_str());
    assert_eq!(
        (&told["reports"][0]["reason"], told["reports"].as_array().unwrap().len()),
        (&json!("phishing"), 1)
    );
}

#[tokio::test]
async fn whoever_holds_the_key_of_an_inbox_hangs_a_bell_there_also_before_anybody_wrote_and_nobody_else_does()
{
    let post = Post::new();
    let (key, inbox) = post.inbox();
    let bell = json!({"bell": {"at": "https://wallet.example.org", "ticket": "a-ticket"}});
    let hung = async || {
        let tenant = post.world.scene.office().tenant().clone();
        tenant.get::<issuer::mailbox::Hung>(inbox.as_str()).await.unwrap().map(|hung| hung.bell.ticket)
    };
    let (stranger, _) = post.inbox();
    assert_eq!(post.tell(&stranger, &inbox, "bell", &bell).await.status, StatusCode::NOT_FOUND);
    assert_eq!(hung().await, None);
    assert_eq!(post.tell(&key, &inbox, "bell", &bell).await.status, StatusCode::OK);
    assert_eq!(hung().await.as_deref(), Some("a-ticket"));
    assert_eq!(post.tell(&key, &inbox, "bell", &json!({"bell": null})).await.status, StatusCode::OK);
    assert_eq!(hung().await, None);
}

#[tokio::test]
async fn a_space_over_its_days_budget_is_told_so_wherever_it_writes() {
    let post = Post::new();
    let mailbox = post.world.scene.office().mailbox();
    let body: Deposit = serde_json::from_str(&post.body("a.b.c")).unwrap();
    let (_, known) = post.inbox();
    for _ in 0..issuer::mailbox::MOST_DEPOSITS {
        mailbox.deposit(&post.kiln.did, &known, body.clone()).await.unwrap();
    }
    let over = post.leave(&known, "a.b.c").await;
    assert_eq!(over.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(post.leave(&post.inbox().1, "a.b.c").await, over);
}
