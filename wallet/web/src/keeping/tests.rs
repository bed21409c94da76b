//! What is done for an open wallet, and that nothing is for any other.

use environment::{ManualClock, SeededRandomness};
use outbound::{Fetch, Fetching, OutboundError, Request};
use tokio::sync::Semaphore;
use wallet::testing::{MadeSpace, MemberKeys, Split, make_member, salt_of_name};
use wallet::{
    BoxFuture, Cost, Device, Door, Lifetime, NewWay, OutsideTrust, Passphrase, Stretched, Vault, VaultId,
    Vaults,
};
use web::form::Fields;
use web::session::SessionSecret;

use super::*;
use crate::desk::{Desk, NotOpened, OpenWallet, Place};
use crate::hosted;

const PASSPHRASE: &str = "some right words";
const PLACE: Place<'_> = Place { browser: "a browser", device: Device::Own };
/// As long as anything waits at most before it is done the first time.
const LONGEST_SPREAD: i64 = 180;

/// A line whose other end does not answer, or refuses at once.
struct Line {
    answers: bool,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Fetch for Line {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        self.calls.lock().unwrap().push(request.url.to_string());
        if self.answers {
            return Box::pin(std::future::ready(Err(OutboundError::Unreachable)));
        }
        Box::pin(std::future::pending())
    }
}

struct Opener {
    environment: Environment,
    line: Arc<Line>,
}

impl OpenWallet for Opener {
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>> {
        let resolver = Arc::new(did::SelfContainedResolver);
        let trust = OutsideTrust::new(Vec::new(), Vec::new(), resolver, self.environment.clone());
        let wallet = Wallet::new(vault, self.line.clone(), Arc::new(trust), self.environment.clone());
        Box::pin(std::future::ready(Ok(wallet)))
    }
}

/// The desk of a member of one space, whose membership is to be renewed.
struct Scene {
    desk: Desk,
    clock: Arc<ManualClock>,
    environment: Environment,
    calls: Arc<Mutex<Vec<String>>>,
    places: Arc<Semaphore>,
    session: SessionSecret,
}

/// A vault whose holder keys the member's browser holds.
async fn vault_at_host(engine: Arc<dyn store::Engine>, environment: &Environment) -> (VaultId, Vault) {
    let salt = salt_of_name("wallet.localhost", "heron");
    let split = Split::passphrase(PASSPHRASE, &salt, Cost::LEAST).await.unwrap();
    let (_, begun) = MemberKeys::begin(&split).unwrap();
    let sent = openid4vc::form::encode(begun.iter().map(|(name, value)| (*name, value.as_str())));
    let mut fields = Fields::parse(sent).unwrap();
    let stretched = Stretched::of_text(&fields.take("stretched").unwrap(), &salt, Cost::LEAST).unwrap();
    let (keys, code) = (hosted::keys_in(&mut fields).unwrap(), hosted::code_in(&mut fields).unwrap());
    let id = VaultId::fresh(environment.randomness());
    let way = NewWay::Stretched(&stretched);
    let vaults = Vaults::of_host_on(engine, environment);
    let vault = vaults.make_for_browser(&id, &NewWay::WithKeys(&way, &keys), None, &code).await.unwrap();
    (id, vault)
}

impl Scene {
    async fn new(answers: bool) -> Self {
        let (engine, clock, environment) = Self::place();
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        let way = NewWay::Passphrase(&passphrase, Cost::LEAST);
        let (vault, _) = Vault::create_on(engine, &way, &environment).await.unwrap();
        Self::of(VaultId::only(), vault, answers, clock, environment).await
    }

    /// The same of a member whose browser holds the keys.
    async fn at_host(answers: bool) -> Self {
        let (engine, clock, environment) = Self::place();
        let (id, vault) = vault_at_host(engine, &environment).await;
        Self::of(id, vault, answers, clock, environment).await
    }

    fn place() -> (Arc<dyn store::Engine>, Arc<ManualClock>, Environment) {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
        let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7)));
        (Arc::new(store::memory::Memory::new()), clock, environment)
    }

    async fn of(
        id: VaultId,
        vault: Vault,
        answers: bool,
        clock: Arc<ManualClock>,
        environment: Environment,
    ) -> Self {
        let space = MadeSpace {
            did: "did:web:kiln.example",
            name: "Kiln",
            host: "kiln.example",
            is_office: false,
            given: &[],
        };
        make_member(&vault, &space).await.unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let line = Arc::new(Line { answers, calls: calls.clone() });
        let opener = Arc::new(Opener { environment: environment.clone(), line });
        let desk = Desk::new(id, vault.locked(), opener, Lifetime::USUAL);
        let session = SessionSecret::fresh(environment.randomness());
        let scene = Self { desk, clock, environment, calls, places: Arc::new(Semaphore::new(1)), session };
        scene.unlock().await;
        scene
    }

    /// A page of the open wallet asks what there is to sign, and is told nothing for as long as it asks.
    async fn asks_to_sign(&self) {
        assert_eq!(self.desk.keys().next("a page").await, None);
    }

    async fn unlock(&self) {
        if self.desk.vault().ways_in().await.unwrap().keys_are_elsewhere {
            let salt = salt_of_name("wallet.localhost", "heron");
            let fields = Split::passphrase(PASSPHRASE, &salt, Cost::LEAST).await.unwrap().fields;
            let stretched = Stretched::of_text(&fields[0].1, &salt, Cost::LEAST).unwrap();
            let opened = self.desk.unlock_by_stretched(&stretched, &self.session, &PLACE, &self.environment);
            return opened.await.unwrap();
        }
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        self.desk
            .unlock(&passphrase, &Door::default(), &self.session, &PLACE, &self.environment)
            .await
            .unwrap();
    }

    async fn keep(&self, hosted: bool) -> bool {
        self.desk.keep_fresh(hosted, &self.places, &self.environment).await.unwrap()
    }

    /// The wallet has been open for as long as anything waits.
    async fn ready(&self) {
        assert!(!self.keep(false).await, "nothing is done at the moment at which it is opened");
        self.clock.advance(LONGEST_SPREAD);
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    fn seen(&self) {
        self.desk.seen(self.environment.now());
    }
}

#[tokio::test]
async fn what_is_due_is_done_once_and_not_again_before_its_time() {
    let scene = Scene::new(true).await;
    scene.ready().await;
    assert!(scene.keep(false).await);
    scene.desk.kept().await;
    assert_eq!(*scene.calls.lock().unwrap(), ["https://kiln.example/refill/requests"]);
    for _ in 0..3 {
        scene.clock.advance(60);
        assert!(!scene.keep(false).await, "it is tried once a day");
    }
    assert_eq!(scene.calls(), 1);
}

#[tokio::test]
async fn a_wallet_that_was_locked_or_whose_session_has_ended_is_left_alone() {
    let scene = Scene::new(true).await;
    scene.ready().await;
    scene.desk.lock(&scene.session.id()).await.unwrap();
    assert!(!scene.keep(false).await);
    let scene = Scene::new(true).await;
    assert!(!scene.keep(false).await);
    scene.clock.advance(900);
    assert!(!scene.keep(false).await, "nobody has noticed yet that the session has ended");
    assert_eq!(scene.calls(), 0);
    let scene = Scene::new(true).await;
    assert!(!scene.keep(false).await);
    scene.clock.advance(899);
    assert!(scene.keep(false).await, "the near miss");
}

#[tokio::test]
async fn at_a_host_nothing_is_done_while_no_page_is_open() {
    let scene = Scene::new(true).await;
    scene.ready().await;
    assert!(!scene.keep(true).await, "no page was seen");
    scene.seen();
    scene.clock.advance(151);
    assert!(!scene.keep(true).await, "the page was closed");
    scene.seen();
    scene.clock.advance(150);
    assert!(scene.keep(true).await, "it is open");
    scene.desk.kept().await;
    assert_eq!(scene.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_the_browser_signs_nothing_is_begun_that_needs_it_before_a_page_asks_for_it() {
    let scene = Scene::at_host(true).await;
    assert!(!scene.keep(true).await);
    scene.clock.advance(LONGEST_SPREAD);
    // A page was seen, and none asks what there is to sign: its scripts do not run, or it has not the keys.
    scene.seen();
    assert!(!scene.keep(true).await, "nobody would sign");
    assert_eq!(scene.calls(), 0, "and nobody is called to find that out");
    scene.asks_to_sign().await;
    scene.seen();
    scene.clock.advance(LONGEST_SPREAD - 60);
    assert!(scene.keep(true).await, "a page signs");
    scene.desk.kept().await;
    assert_eq!(*scene.calls.lock().unwrap(), ["https://kiln.example/refill/requests"]);
}

#[tokio::test(start_paused = true)]
async fn where_the_page_that_signed_is_gone_nothing_is_begun_any_more() {
    let scene = Scene::at_host(true).await;
    assert!(!scene.keep(true).await);
    scene.clock.advance(LONGEST_SPREAD);
    scene.asks_to_sign().await;
    tokio::time::advance(Duration::from_secs(26)).await;
    scene.seen();
    assert!(!scene.keep(true).await, "it asked last 26 seconds ago");
    assert_eq!(scene.calls(), 0);
    scene.clock.advance(LONGEST_SPREAD);
    scene.seen();
    scene.asks_to_sign().await;
    assert!(scene.keep(true).await);
}

#[tokio::test]
async fn being_kept_fresh_is_no_use_of_a_session() {
    let scene = Scene::new(true).await;
    scene.ready().await;
    assert!(scene.keep(false).await);
    scene.desk.kept().await;
    for _ in 0..12 {
        scene.clock.advance(60);
        scene.keep(false).await;
        scene.desk.kept().await;
    }
    scene.desk.lock_if_nobody_is_there().await.unwrap();
    assert!(!scene.desk.is_open().await, "fifteen minutes are over");
}

#[tokio::test]
async fn one_thing_is_done_at_a_time_and_no_more_than_there_are_places() {
    let scene = Scene::new(false).await;
    scene.ready().await;
    let taken = Arc::clone(&scene.places).try_acquire_owned().unwrap();
    assert!(!scene.keep(false).await, "others have all places");
    drop(taken);
    assert!(scene.keep(false).await);
    tokio::task::yield_now().await;
    scene.clock.advance(10);
    assert!(!scene.keep(false).await, "it is at work");
    assert_eq!(scene.places.available_permits(), 0);
}

#[tokio::test(start_paused = true)]
async fn locking_gives_up_what_is_at_work_and_leaves_nothing_of_the_wallet_behind() {
    let scene = Scene::new(false).await;
    scene.ready().await;
    assert!(scene.keep(false).await);
    while scene.calls() == 0 {
        tokio::task::yield_now().await;
    }
    scene.desk.lock(&scene.session.id()).await.unwrap();
    assert!(!scene.desk.is_open().await);
    assert!(scene.desk.is_quiet(), "something holds the wallet still");
    assert_eq!(scene.places.available_permits(), 1);
    // What was given up comes again.
    scene.unlock().await;
    assert!(!scene.keep(false).await);
    assert!(scene.desk.planned_anything(), "nothing was forgotten");
}
