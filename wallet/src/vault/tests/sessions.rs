//! Sessions: who has one opens the vault until it ends.

use super::*;
use crate::vault::sessions::fresh_keys;

struct Scene {
    clock: Arc<ManualClock>,
    environment: Environment,
    vault: Vault,
}

async fn scene() -> Scene {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
    let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7)));
    let engine: Arc<dyn Engine> = Arc::new(store::memory::Memory::new());
    let (vault, _) = Vault::create_on(engine, &by(&passphrase("x")), &environment).await.unwrap();
    vault.put(&note("a")).await.unwrap();
    Scene { clock, environment, vault }
}

impl Scene {
    async fn begun(&self, name: &str) -> SessionKeys {
        let keys = fresh_keys(&self.environment);
        self.vault.begin_session(&keys, Lifetime::USUAL, Device::Own, name).await.unwrap();
        keys
    }

    async fn is_open(&self, keys: &SessionKeys) -> bool {
        self.vault.locked().resume(keys).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn a_session_opens_the_vault_until_it_is_ended() {
    let scene = scene().await;
    let (keys, other) = (scene.begun("phone").await, scene.begun("desk").await);
    let opened = scene.vault.locked().resume(&keys).await.unwrap().unwrap();
    assert_eq!(opened.get::<Note>("a").await.unwrap(), Some(note("a")));
    scene.vault.locked().end_session(keys.id()).await.unwrap();
    assert!(!scene.is_open(&keys).await && scene.is_open(&other).await);
    let third = scene.begun("third").await;
    scene.vault.locked().end_sessions().await.unwrap();
    assert!(!scene.is_open(&other).await && !scene.is_open(&third).await);
}

#[tokio::test]
async fn nobody_opens_a_session_without_its_key_or_in_the_place_of_another() {
    let scene = scene().await;
    let keys = scene.begun("phone").await;
    let other = fresh_keys(&scene.environment);
    assert!(scene.vault.locked().resume(&other).await.unwrap().is_none(), "there is no such session");
    let guessed = SessionKeys::new(keys.id(), Zeroizing::new([7; 32]));
    assert!(matches!(scene.vault.locked().resume(&guessed).await, Err(VaultError::Damaged)));
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_half_a_day_in_any_case() {
    let scene = scene().await;
    let (used, unused) = (scene.begun("used").await, scene.begun("unused").await);
    for _ in 0..3 {
        scene.clock.advance(450);
        assert!(scene.is_open(&used).await);
    }
    assert!(!scene.is_open(&unused).await, "22 minutes without use");
    let mut seconds = 1_350;
    while seconds + 800 < 43_200 {
        scene.clock.advance(800);
        seconds += 800;
        assert!(scene.is_open(&used).await, "{seconds}");
    }
    scene.clock.advance(43_200 - seconds);
    assert!(!scene.is_open(&used).await);
}

#[tokio::test]
async fn sessions_are_listed_by_their_last_use_under_the_names_of_their_browsers() {
    let scene = scene().await;
    let phone = scene.begun("canary phone").await;
    scene.clock.advance(61);
    scene.begun("canary desk").await;
    let listed = async || {
        let views = scene.vault.sessions().await.unwrap();
        views.into_iter().map(|view| (view.name, view.used_at - view.begun_at)).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [("canary desk".to_owned(), 0), ("canary phone".to_owned(), 0)]);
    scene.clock.advance(61);
    assert!(scene.is_open(&phone).await);
    assert_eq!(listed().await[0], ("canary phone".to_owned(), 122));
    scene.clock.advance(61);
    for _ in 0..20 {
        scene.begun("another").await;
    }
    assert_eq!(listed().await.len(), 16);
    assert!(!scene.is_open(&phone).await, "the one that was used longest ago has ended");
}

#[tokio::test]
async fn nothing_of_a_session_lies_readable_on_the_disk() {
    let folder = TempDir::new().unwrap();
    let environment = environment();
    let (vault, _) = Vault::create(folder.path(), &by(&passphrase("x")), &environment).await.unwrap();
    let keys = fresh_keys(&environment);
    vault.begin_session(&keys, Lifetime::USUAL, Device::Own, "canary browser").await.unwrap();
    drop(vault);
    let bytes = everything_in(folder.path());
    assert!(!holds(&bytes, "canary"));
    let again = LockedVault::in_folder(folder.path(), &environment).unwrap();
    assert!(again.resume(&keys).await.unwrap().is_some(), "it goes on after a restart");
}

#[tokio::test]
async fn at_a_device_that_is_not_the_members_a_session_ends_after_five_minutes_without_use() {
    let scene = scene().await;
    let keys = fresh_keys(&scene.environment);
    let usual = Lifetime::USUAL;
    scene.vault.begin_session(&keys, usual, Device::Borrowed, "phone of a friend").await.unwrap();
    let own = scene.begun("own").await;
    let locked = scene.vault.locked();
    assert_eq!(locked.look(&keys).await.unwrap(), Some(Device::Borrowed));
    assert_eq!(locked.look(&own).await.unwrap(), Some(Device::Own));
    for _ in 0..4 {
        scene.clock.advance(269);
        assert!(scene.is_open(&keys).await, "in use");
    }
    scene.clock.advance(300);
    assert!(!scene.is_open(&keys).await);
    assert_eq!(locked.look(&keys).await.unwrap(), None);
    // What is shorter anyway is not made longer.
    let short = Lifetime { idle: 60, longest: 100 };
    assert_eq!((short.at(Device::Borrowed), usual.at(Device::Own)), (short, usual));
}

#[tokio::test]
async fn a_session_that_ends_soon_without_use_is_open_as_long_as_it_is_used() {
    let scene = scene().await;
    let keys = fresh_keys(&scene.environment);
    let short = Lifetime { idle: 60, ..Lifetime::USUAL };
    scene.vault.begin_session(&keys, short, Device::Own, "phone").await.unwrap();
    for _ in 0..10 {
        scene.clock.advance(20);
        assert!(scene.is_open(&keys).await);
    }
    scene.clock.advance(60);
    assert!(!scene.is_open(&keys).await);
}

#[tokio::test]
async fn a_page_that_only_looks_keeps_no_session_open() {
    let scene = scene().await;
    let keys = scene.begun("phone").await;
    for _ in 0..2 {
        scene.clock.advance(400);
        let looked = scene.vault.locked().resume_unused(&keys).await.unwrap().unwrap();
        assert_eq!(looked.get::<Note>("a").await.unwrap(), Some(note("a")));
    }
    let guessed = SessionKeys::new(keys.id(), Zeroizing::new([7; 32]));
    assert!(matches!(scene.vault.locked().resume_unused(&guessed).await, Err(VaultError::Damaged)));
    scene.clock.advance(100);
    assert!(
        scene.vault.locked().resume_unused(&keys).await.unwrap().is_none(),
        "it was not used since it began"
    );
}

#[tokio::test]
async fn all_sessions_but_one_end_together() {
    let scene = scene().await;
    let (kept, other, third) = (scene.begun("a").await, scene.begun("b").await, scene.begun("c").await);
    scene.vault.locked().end_other_sessions(kept.id()).await.unwrap();
    assert!(scene.is_open(&kept).await && !scene.is_open(&other).await && !scene.is_open(&third).await);
}

#[tokio::test]
async fn how_long_ago_a_session_began_is_known_of_one_that_is_there_and_not_before_it_began() {
    let scene = scene().await;
    let keys = scene.begun("phone").await;
    let age = async |id: &str| scene.vault.locked().session_age(id).await.unwrap();
    assert_eq!(age(keys.id()).await, Some(0));
    scene.clock.advance(601);
    assert_eq!((age(keys.id()).await, age("no session").await), (Some(601), None));
    scene.clock.set(Timestamp::from_seconds(1_794_999_999));
    assert_eq!(age(keys.id()).await, None, "the clock was put back");
}
