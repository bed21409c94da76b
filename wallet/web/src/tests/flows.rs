//! What is under way when the wallet is locked, and what its pages say when it is over.

use std::sync::Weak;
use std::time::Duration;

use network::follow_up::WaitingFor;
use wallet::{AskedAnew, Device, Door, LeavingIdentifier, OfferChoice, Problem, ShareProof};
use web::session::SessionSecret;

use super::*;
use crate::desk::Place;
use crate::flows::{Decided, Flow, Hitch, LinkKind, Outcome, Said, Shared, Stage, Stopped};

const LINK: &str = "openid4vp://?client_id=decentralized_identifier%3Adid%3Aweb%3Akiln.example&request_uri=https%3A%2F%2Fkiln.example%2Fr";

/// A way out on which nobody ever answers.
struct Silence;

impl Fetch for Silence {
    fn fetch(&self, _: outbound::Request) -> Fetching<'_> {
        Box::pin(std::future::pending())
    }
}

struct SilentOpener(Environment);

impl OpenWallet for SilentOpener {
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>> {
        Box::pin(async move {
            let fetch: Arc<dyn Fetch> = Arc::new(Silence);
            let resolver = Arc::new(did::SelfContainedResolver);
            let trust = NetworkTrust::load(vault.clone(), fetch.clone(), resolver, self.0.clone()).await;
            let trust = trust.map_err(|error| NotOpened(error.to_string()))?;
            Ok(Wallet::new(vault, fetch, Arc::new(trust), self.0.clone()))
        })
    }
}

/// A desk of which every wallet meets silence.
struct SilentDesk {
    desk: Desk,
    environment: Environment,
    session: SessionSecret,
}

impl SilentDesk {
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
        let environment = Environment::new(clock, Arc::new(SeededRandomness::new(7)));
        let engine: Arc<dyn store::Engine> = Arc::new(store::memory::Memory::new());
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        let way = NewWay::Passphrase(&passphrase, Cost::LEAST);
        let (vault, _) = Vault::create_on(engine, &way, &environment).await.unwrap();
        let opener = Arc::new(SilentOpener(environment.clone()));
        let desk = Desk::new(VaultId::only(), vault.locked(), opener, Lifetime::USUAL);
        let session = SessionSecret::fresh(environment.randomness());
        Self { desk, environment, session }
    }

    async fn unlock(&self) {
        let passphrase = Passphrase::new(PASSPHRASE).unwrap();
        let place = Place { browser: "a browser", device: Device::Own };
        self.desk
            .unlock(&passphrase, &Door::default(), &self.session, &place, &self.environment)
            .await
            .unwrap();
    }

    async fn wallet(&self) -> Arc<Wallet> {
        self.desk.of_session(&self.session, &self.environment).await.unwrap().unwrap()
    }

    fn open(&self, wallet: Arc<Wallet>) -> Arc<Flow> {
        let randomness = self.environment.randomness();
        self.desk.flows().open(LINK, LinkKind::Request, wallet, randomness).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn a_wallet_that_is_locked_is_gone_from_memory_with_all_that_was_under_way() {
    let silent = SilentDesk::new().await;
    silent.unlock().await;
    let flow = silent.open(silent.wallet().await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(matches!(flow.turn().stage, Stage::Working));
    let wallet: Weak<Wallet> = Arc::downgrade(&silent.wallet().await);
    assert!(wallet.upgrade().is_some());

    silent.desk.lock(&silent.session.id()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(wallet.upgrade().is_none(), "its key is in memory");
    assert!(silent.desk.flows().waiting().is_empty());
    assert!(flow.ask(Stage::NeedsCode(String::new())).await.is_none());
    assert!(!flow.waits_for_somebody());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_by_a_wallet_that_was_locked_since() {
    let silent = SilentDesk::new().await;
    silent.unlock().await;
    let wallet = silent.wallet().await;
    silent.desk.lock(&silent.session.id()).await.unwrap();
    assert!(silent.desk.of_session(&silent.session, &silent.environment).await.unwrap().is_none());

    let before = Arc::strong_count(&wallet);
    let flow = silent.open(Arc::clone(&wallet));
    assert!(silent.desk.flows().named(&flow.name).is_none());
    assert_eq!(Arc::strong_count(&wallet), before, "something has begun");

    // While something of it is still there, it is that one which is opened again.
    silent.unlock().await;
    assert!(Arc::ptr_eq(&silent.wallet().await, &wallet));
    let flow = silent.open(wallet);
    assert!(silent.desk.flows().named(&flow.name).is_some());
}

/// A browser at the page of a link of which this came.
async fn over(scene: &Scene, browser: &mut Browser<'_>, outcome: Outcome) -> (Arc<Flow>, Shown) {
    let csrf = browser.get("/open").await.csrf("/open");
    let address = browser.post("/open", &[("csrf", &csrf), ("link", LINK)]).await.location.unwrap();
    browser.get(&address).await;
    let flow = scene.desk.flows().named(address.strip_prefix("/asked/").unwrap()).unwrap();
    flow.stand_at(Stage::Over(Arc::new(outcome)));
    let shown = browser.get(&address).await;
    assert_eq!(shown.status, StatusCode::OK);
    (flow, shown)
}

fn shared() -> Shared {
    Shared {
        asker: "Kiln".to_owned(),
        disclosed: vec!["email".to_owned()],
        came_along: Vec::new(),
        proof: ShareProof::Kept,
        identifier: LeavingIdentifier::NotAsked,
    }
}

fn stopped(kind: LinkKind, stopped: Stopped) -> Outcome {
    Outcome { failed: Some((kind, stopped)), ..Outcome::default() }
}

#[tokio::test]
async fn what_the_member_left_is_no_failure_and_what_others_say_is_not_the_members_word() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let own = |code: &str| Stopped::Own(code.to_owned());
    for (kind, code, title) in [
        (LinkKind::Request, "left_open", "<h1>Nothing was shared</h1>"),
        (LinkKind::Request, "declined", "<h1>You said no</h1>"),
        (LinkKind::Offer, "left_open", "<h1>You did not take it</h1>"),
        (LinkKind::Offer, "declined", "<h1>You did not take it</h1>"),
    ] {
        let (_, page) = over(&scene, &mut browser, stopped(kind, own(code))).await;
        assert!(page.text.contains(title), "{}", page.text);
        assert!(!page.text.contains("role=\"alert\""), "{}", page.text);
    }
    let (_, page) = over(&scene, &mut browser, stopped(LinkKind::Request, own("unreachable"))).await;
    assert!(page.text.contains("That did not work") && page.text.contains("role=\"alert\""));
    for code in ["declined", "left_open", "unreachable"] {
        let theirs = Stopped::Theirs(code.to_owned());
        let (_, page) = over(&scene, &mut browser, stopped(LinkKind::Request, theirs)).await;
        assert!(page.text.contains("What you chose was sent, and they refused it"), "{}", page.text);
        assert!(page.text.contains("That did not work") && page.text.contains("role=\"alert\""));
        assert!(!page.text.contains("You said no") && !page.text.contains("othing was"), "{}", page.text);
    }
}

#[tokio::test]
async fn all_that_became_of_an_answer_is_told() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let outcome = Outcome {
        shared: Some(Shared {
            proof: ShareProof::Wrong("other details".to_owned()),
            identifier: LeavingIdentifier::NotLeft("no room".to_owned()),
            ..shared()
        }),
        decided: Some(Decided {
            is_declined: true,
            reason: Some("<b>Full</b>".to_owned()),
            explained: None,
            party: None,
        }),
        waiting_for: vec![WaitingFor::EmailLink, WaitingFor::ScreenCode],
        asked_anew: Some(AskedAnew {
            request: "openid4vp://?client_id=a&request_uri=b".to_owned(),
            reason: Some("Too young".to_owned()),
            declined: false,
        }),
        problems: vec![
            Hitch { party: None, problem: Problem::NotTrusted },
            Hitch { party: Some("<b>Loft</b>".to_owned()), problem: Problem::Unreachable },
        ],
        ..Outcome::default()
    };
    let (_, page) = over(&scene, &mut browser, outcome).await;
    for said in [
        "Kiln has what you shared",
        "<div class=\"notice warning\"><p>What they signed is not what you shared. Keep",
        "Your identifier was not left there, and they wait for it. Your wallet tries again",
        "They said no: “",
        "open the link in the mail",
        "six digits",
        "<h2>Kiln asks for something else</h2>",
        "It is in the place of what they asked before. They say: “Too young”",
        "href=\"/open?link=openid4vp%3A%2F%2F%3Fclient_id%3Da%26request_uri%3Db\"",
        "Something of what follows did not go on. Whoever signed it is not known to your network.",
        "Loft",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(!page.text.contains("<b>Full") && !page.text.contains("<b>Loft"), "{}", page.text);
}

#[tokio::test]
async fn what_came_of_a_link_is_kept_as_it_is_now_and_leads_on_once() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let answered = Outcome { shared: Some(shared()), ..Outcome::default() };
    let (flow, page) = over(&scene, &mut browser, answered.clone()).await;
    let part = "<div id=\"outcome\" data-live=\"asked\">";
    assert!(page.text.contains(part) && page.text.contains("src=\"/live.js\""), "{}", page.text);
    let address = crate::asked::address_of(&flow);
    let leading = Outcome { go_on: Some("https://kiln.example/".to_owned()), ..answered };
    let elsewhere = Outcome { is_elsewhere: true, ..leading.clone() };
    flow.stand_at(Stage::Over(Arc::new(elsewhere)));
    let page = browser.get(&address).await;
    assert!(
        !page.text.contains("http-equiv=\"refresh\" content=\"0"),
        "only a touch leads to others: {}",
        page.text
    );
    assert!(
        page.text.contains("href=\"https://kiln.example/\" rel=\"noreferrer\">Go on to kiln.example</a>"),
        "{}",
        page.text
    );
    flow.stand_at(Stage::Over(Arc::new(leading)));
    let onward = "http-equiv=\"refresh\" content=\"0; url=https://kiln.example/\"";
    assert!(browser.get(&address).await.text.contains(onward));
    let again = browser.get(&address).await;
    assert!(!again.text.contains(onward) && again.text.contains(part), "{}", again.text);
}

#[tokio::test]
async fn a_code_is_asked_for_with_the_host_and_a_way_out() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let (flow, _) = over(&scene, &mut browser, Outcome::default()).await;
    let asked = Arc::clone(&flow);
    let stage = Stage::NeedsCode("https://office.example/issuer".to_owned());
    let asking = tokio::spawn(async move { asked.ask(stage).await });
    while !flow.waits_for_somebody() {
        tokio::task::yield_now().await;
    }
    let address = crate::asked::address_of(&flow);
    let page = browser.get(&address).await;
    assert!(page.text.contains("at office.example gave you a code"), "{}", page.text);
    assert!(page.text.contains("Not now"), "{}", page.text);
    let (turn, csrf) = (flow.turn().number.to_string(), page.csrf(&address));
    let fields = [("csrf", csrf.as_str()), ("turn", &turn), ("code", ""), ("answer", "later")];
    assert_eq!(browser.post(&address, &fields).await.status, StatusCode::SEE_OTHER);
    assert!(matches!(asking.await.unwrap(), Some(Said::Offer(OfferChoice::LeaveOpen))));
}

#[tokio::test]
async fn an_answer_after_the_session_leads_back_to_its_question_and_says_that_nothing_was_sent() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    let sent = browser.post("/asked/name", &[("answer", "share")]).await;
    assert_eq!(sent.location.as_deref(), Some("/unlock?next=%2Fasked%2Fname%3Funsent%3Dyes"));
    browser.unlock(PASSPHRASE).await;
    let (flow, _) = over(&scene, &mut browser, Outcome::default()).await;
    let asked = Arc::clone(&flow);
    let stage = Stage::Asks(Arc::new(wallet::Question::default()));
    tokio::spawn(async move { asked.ask(stage).await });
    while !flow.waits_for_somebody() {
        tokio::task::yield_now().await;
    }
    let said = "Your wallet was not open any more, and nothing was sent.";
    let address = crate::asked::address_of(&flow);
    assert!(browser.get(&format!("{address}?unsent=yes")).await.text.contains(said));
    assert!(!browser.get(&address).await.text.contains(said));
    assert!(browser.get("/asked/name?unsent=yes").await.text.contains(said));
}

#[tokio::test]
async fn a_page_that_asks_by_itself_does_not_keep_the_wallet_open() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let (flow, _) = over(&scene, &mut browser, Outcome::default()).await;
    let status = format!("{}/status", crate::asked::address_of(&flow));
    for _ in 0..8 {
        scene.clock.advance(100);
        let told = browser.get(&status).await.text;
        assert!(told.contains("\"state\":\"") && !told.contains("gone"), "{told}");
    }
    scene.clock.advance(101);
    assert_eq!(browser.get(&status).await.text, r#"{"state":"gone"}"#);
    scene.desk.lock_if_nobody_is_there().await.unwrap();
    assert!(!scene.desk.is_open().await);
}
