//! An office with one member who has a passport, spaces of every standing, and a hand on the pace.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use did::{Did, DocumentBuilder, Relationship, StaticResolver};
use directory::Directory;
use environment::{ManualPace, Pace, SeededRandomness};
use issuer::records::Passport;
use jose::{Jwk, Signer, SigningKey, VerifyingKey};
use network::http_signature::{Signed, sign};
use network::number_binding::{BLOCKS_PATH, Blocks, HolderStatement, PATH, REPLACE_PATH, Renumber, Stating};
use outbound::{OutboundError, Scripted};
use presentation::{Presentation, Settings, StatusLists};
use serde_json::{Value, json};
use store::Range;
use tower::ServiceExt;
use trust::network_list::Member;
use trust::testing::TestParty;
use trust::{Role, Standing};
use web::csrf::CsrfKey;

use super::super::applied;
use super::super::refusals::label;
use super::super::scene::{OFFICE_DID, ORIGIN};
use super::super::world::{World, responsible};
use crate::{Site, router};

/// Seconds after which a space may ask once more without drawing on its burst.
const REGAINED: i64 = 60;

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) kiln: TestParty,
    /// In no list.
    pub(super) stranger: TestParty,
    pub(super) directory: Arc<Directory>,
    pub(super) pace: Arc<ManualPace>,
    pub(super) router: Router,
    pub(super) sign: SigningKey,
    pub(super) did: String,
    version: std::cell::Cell<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Said {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status and error code.
    pub(super) fn code(&self) -> (u16, String) {
        let body = serde_json::from_str::<Value>(&self.body).unwrap_or_default();
        (self.status.as_u16(), body["error"].as_str().unwrap_or("none").to_owned())
    }
}

impl Stage {
    /// A member whose log lies at the office and whose link is confirmed; nobody waits for ticks.
    pub(super) async fn new() -> Self {
        Self::with_pace(ManualPace::running_ahead()).await
    }

    pub(super) async fn with_pace(pace: ManualPace) -> Self {
        let pace = Arc::new(pace);
        let world = World::new();
        let party = |host: &str, scid: &str| {
            let did = format!("did:webvh:{}:{host}%3A8080", scid.repeat(46));
            world.scene.network.party(Role::Space, &did, host)
        };
        let (kiln, stranger) = (party("kiln.localhost", "K"), party("stranger.localhost", "S"));
        let directory = directory(&world, &[&kiln, &stranger]);
        let router = office(&world, &directory, Arc::clone(&pace) as Arc<dyn Pace>);
        let (sign, answering) = (world.scene.key(), world.scene.key());
        let did = passport(&world, &answering, sign.public_jwk()).await;
        let version = std::cell::Cell::new(0);
        let stage = Self { world, kiln, stranger, directory, pace, router, sign, did, version };
        stage.list(Standing::Admitted);
        stage
    }

    pub(super) fn now(&self) -> environment::Timestamp {
        self.world.scene.now()
    }

    /// A new list in which Kiln has this standing.
    pub(super) fn list(&self, standing: Standing) {
        self.version.set(self.version.get() + 1);
        let scene = &self.world.scene;
        let members = [
            scene.party.member(Role::Office),
            self.world.harbour.member(Role::Space),
            Member { standing, ..self.kiln.member(Role::Space) },
        ];
        let list = scene.network.sign_list(self.version.get(), &members, scene.now());
        self.directory.take_list(&list).unwrap();
    }

    /// The member's number that counts.
    pub(super) async fn number(&self) -> String {
        let found = self.world.scene.tenant().list::<Passport>(Range::all(), 100).await.unwrap().items;
        let active = |passport: &Passport| passport.successor.is_none() && passport.did.is_some();
        found.into_iter().find(active).unwrap().number
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Said {
        send(self.router.clone(), request).await
    }

    /// A question about a number, signed by a party, a minute after the one before.
    pub(super) fn question(&self, by: &TestParty, body: &str) -> Request<Body> {
        self.world.scene.clock.advance(REGAINED);
        self.question_now(by, body)
    }

    pub(super) fn question_now(&self, by: &TestParty, body: &str) -> Request<Body> {
        let key_id = format!("{}#request", by.did);
        let signed = self.signed(&key_id, &by.request.1, body);
        post(&signed, body)
    }

    pub(super) fn signed(&self, key_id: &str, key: &dyn Signer, body: &str) -> Signed {
        let randomness = self.world.scene.environment.randomness();
        let target = format!("{ORIGIN}{PATH}");
        sign("POST", &target, body.as_bytes(), key_id, key, self.now(), randomness).unwrap()
    }

    /// Kiln asks about a number.
    pub(super) async fn ask(&self, number: &str) -> Said {
        let question = self.question(&self.kiln, &about(number));
        self.send(question).await
    }

    /// The member states that a number is theirs.
    pub(super) async fn state(&self, number: &str) -> Said {
        self.leave(&self.statement(number)).await
    }

    pub(super) fn statement(&self, number: &str) -> String {
        HolderStatement::new(&self.did, number, self.now()).sign(&self.sign).unwrap()
    }

    /// The member leaves this statement, by a wish of now.
    pub(super) async fn leave(&self, statement: &str) -> Said {
        self.send(jws("PUT", PATH, &self.stating(statement))).await
    }

    pub(super) fn stating(&self, statement: &str) -> String {
        let randomness = self.world.scene.environment.randomness();
        let wish = Stating::new(&self.did, OFFICE_DID, statement.to_owned(), self.now(), randomness);
        wish.sign(&self.sign).unwrap()
    }

    pub(super) async fn block(&self, spaces: &[&str]) -> Said {
        let spaces = spaces.iter().map(|space| (*space).to_owned()).collect();
        let randomness = self.world.scene.environment.randomness();
        let list = Blocks::new(&self.did, OFFICE_DID, spaces, self.now(), randomness);
        self.send(jws("PUT", BLOCKS_PATH, &list.sign(&self.sign).unwrap())).await
    }

    pub(super) fn wish(&self, number: &str) -> String {
        let randomness = self.world.scene.environment.randomness();
        Renumber::new(&self.did, OFFICE_DID, number, self.now(), randomness).sign(&self.sign).unwrap()
    }

    pub(super) async fn replace(&self, number: &str) -> Said {
        self.send(jws("POST", REPLACE_PATH, &self.wish(number))).await
    }

    pub(super) fn member_key(&self) -> VerifyingKey {
        VerifyingKey::new(self.sign.public_jwk()).unwrap()
    }

    pub(super) fn office_key(&self) -> VerifyingKey {
        VerifyingKey::new(self.world.scene.party.issuing.1.public_jwk()).unwrap()
    }
}

pub(super) fn about(number: &str) -> String {
    json!({"number": number}).to_string()
}

pub(super) fn post(signed: &Signed, body: &str) -> Request<Body> {
    Request::post(PATH)
        .header(header::CONTENT_TYPE, "application/json")
        .header("content-digest", &signed.content_digest)
        .header("signature-input", &signed.signature_input)
        .header("signature", &signed.signature)
        .body(Body::from(body.to_owned()))
        .unwrap()
}

pub(super) fn jws(method: &str, path: &str, message: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    request.header(header::CONTENT_TYPE, "application/jwt").body(Body::from(message.to_owned())).unwrap()
}

pub(super) async fn send(router: Router, request: Request<Body>) -> Said {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    Said { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// A first passport as far as the confirmed link, with this key as `#sign`; gives the DID.
async fn passport(world: &World, answering: &SigningKey, sign: &Jwk) -> String {
    let uri = applied(world, answering).await;
    let label = label(world, &uri, answering).await;
    let log = world.scene.member_did_of("office.localhost", &label, true, sign).0;
    assert_eq!(world.leave_log(&label, answering, &log.text).await.status, StatusCode::NO_CONTENT);
    world.work().await;
    assert_eq!(world.press_button_in_mail().await.status, StatusCode::OK);
    log.did.as_str().to_owned()
}

fn directory(world: &World, spaces: &[&TestParty]) -> Arc<Directory> {
    let documents =
        [&world.scene.party, &world.harbour].into_iter().chain(spaces.iter().copied()).map(|party| {
            DocumentBuilder::new(&Did::parse(&party.did).unwrap())
                .key("request", party.request.1.public_jwk(), &[Relationship::Authentication])
                .key("issuing", party.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
                .build()
                .unwrap()
        });
    let resolver = Arc::new(StaticResolver::new(documents));
    let descriptor = world.scene.network.descriptor().clone();
    Arc::new(Directory::new(descriptor, None, resolver, world.scene.environment.clone()))
}

/// One more replica of the office, with this directory and pace.
pub(super) fn office(world: &World, directory: &Arc<Directory>, pace: Arc<dyn Pace>) -> Router {
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
    let site = Site::new(office, presentation, CsrfKey::new([7; 32]), "the office's log\n", responsible());
    router(site.with_budget(10_000).with_pace(pace))
}

/// A number with a check symbol that fits, and that nobody has.
pub(super) fn unknown(prefix: &str, seed: u64) -> String {
    let prefix = did::number::OfficePrefix::parse(prefix).unwrap();
    did::number::PassportNumber::generate(prefix, &SeededRandomness::new(seed)).canonical()
}
