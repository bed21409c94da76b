//! Who is let in at the desk, and who comes a moment too late.

use environment::{ManualClock, SeededRandomness, Timestamp};
use wallet::{Cost, NewWay, OutsideTrust};

use super::*;

const PASSPHRASE: &str = "some right words";
const PLACE: Place<'_> = Place { browser: "a browser", device: Device::Own };

struct Opener(Environment);

impl OpenWallet for Opener {
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>> {
        let resolver = Arc::new(did::SelfContainedResolver);
        let trust = OutsideTrust::new(Vec::new(), Vec::new(), resolver, self.0.clone());
        let fetch: Arc<dyn outbound::Fetch> =
            Arc::new(outbound::Scripted::new(|_| Err(outbound::OutboundError::Unreachable)));
        let wallet = Wallet::new(vault, fetch, Arc::new(trust), self.0.clone());
        Box::pin(std::future::ready(Ok(wallet)))
    }
}

async fn desk() -> (Desk, Environment) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
    let environment = Environment::new(clock, Arc::new(SeededRandomness::new(7)));
    let engine: Arc<dyn store::Engine> = Arc::new(store::memory::Memory::new());
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    let way = NewWay::Passphrase(&passphrase, Cost::LEAST);
    let (vault, _) = Vault::create_on(engine, &way, &environment).await.unwrap();
    let desk =
        Desk::new(VaultId::only(), vault.locked(), Arc::new(Opener(environment.clone())), Lifetime::USUAL);
    (desk, environment)
}

#[tokio::test]
async fn whoever_opened_the_vault_before_the_last_session_ended_gets_no_wallet_of_it_afterwards() {
    let (desk, clock) = desk().await;
    let session = SessionSecret::fresh(clock.randomness());
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    desk.unlock(&passphrase, &Door::default(), &session, &PLACE, &clock).await.unwrap();
    let opened = async || desk.vault_of(&session).await.unwrap().unwrap();
    let (early, late) = (opened().await, opened().await);
    assert!(desk.wallet(early, &clock).await.unwrap().is_some());
    desk.lock(&session.id()).await.unwrap();
    assert!(desk.wallet(late, &clock).await.unwrap().is_none(), "it is open, and nobody is there to lock it");
    assert!(!desk.is_open().await);
}

#[tokio::test]
async fn as_long_as_another_session_is_open_the_vault_that_was_opened_counts() {
    let (desk, clock) = desk().await;
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    let [one, other] = [(); 2].map(|()| SessionSecret::fresh(clock.randomness()));
    for session in [&one, &other] {
        desk.unlock(&passphrase, &Door::default(), session, &PLACE, &clock).await.unwrap();
    }
    let vault = desk.vault_of(&one).await.unwrap().unwrap();
    desk.lock(&one.id()).await.unwrap();
    assert!(desk.wallet(vault, &clock).await.unwrap().is_some());
    assert!(desk.vault_of(&one).await.unwrap().is_none(), "by the session that ended nothing is opened");
}

#[tokio::test]
async fn a_desk_looks_for_what_has_come_while_its_wallet_is_open_and_not_afterwards() {
    let (desk, clock) = desk().await;
    assert_eq!(desk.look_now().await, None, "it is locked");
    let session = SessionSecret::fresh(clock.randomness());
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    desk.unlock(&passphrase, &Door::default(), &session, &PLACE, &clock).await.unwrap();
    assert_eq!(desk.look_now().await, Some(false), "nothing has come");
    desk.lock(&session.id()).await.unwrap();
    assert_eq!(desk.look_now().await, None);
}
