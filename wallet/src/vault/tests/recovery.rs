//! The recovery code of a vault that was made without showing it.

use super::*;
use crate::vault::sessions::fresh_keys;

struct Scene {
    clock: Arc<ManualClock>,
    environment: Environment,
    vault: Vault,
    folder: TempDir,
}

async fn scene() -> Scene {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
    let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7)));
    let folder = TempDir::new().unwrap();
    let vaults = Vaults::in_folder(&folder.path().join("wallet"), &environment).unwrap();
    let vault = vaults.make(&VaultId::only(), &by(&passphrase("some words")), None).await.unwrap();
    Scene { clock, environment, vault, folder }
}

impl Scene {
    async fn session(&self) -> String {
        let keys = fresh_keys(&self.environment);
        self.vault.begin_session(&keys, Lifetime::USUAL, Device::Own, "").await.unwrap();
        keys.id().to_owned()
    }

    async fn shown_in(&self, session: &str) -> Option<String> {
        match self.vault.show_recovery_code(session).await.unwrap() {
            CodeShown::Code(code) => Some(code.printed().to_string()),
            CodeShown::OpenAnew => None,
            CodeShown::OnPaper | CodeShown::Sealed(_) => {
                panic!("it is in the vault, and the vault can read it")
            }
        }
    }
}

#[tokio::test]
async fn the_code_is_shown_once_and_again_to_whoever_opens_the_vault_anew() {
    let scene = scene().await;
    let session = scene.session().await;
    let code = scene.shown_in(&session).await.unwrap();
    assert_eq!(scene.shown_in(&session).await, None, "whoever finds it open sees nothing");
    assert_eq!(scene.shown_in("no session").await, None);
    scene.clock.advance(1);
    let anew = scene.session().await;
    assert_eq!(scene.shown_in(&session).await, None, "the session of before is no newer by it");
    assert_eq!(scene.shown_in(&anew).await, Some(code));
    assert_eq!(scene.shown_in(&anew).await, None);
}

#[tokio::test]
async fn whoever_finds_the_vault_open_is_not_shown_a_code_that_its_owner_has_never_looked_at() {
    let scene = scene().await;
    let session = scene.session().await;
    scene.clock.advance(601);
    assert_eq!(scene.shown_in(&session).await, None);
    let anew = scene.session().await;
    scene.clock.advance(600);
    assert!(scene.shown_in(&anew).await.is_some());
}

#[tokio::test]
async fn once_it_was_tried_and_right_the_code_is_on_paper_alone() {
    let scene = scene().await;
    let code = scene.shown_in(&scene.session().await).await.unwrap();
    assert!(!holds(&everything_in(scene.folder.path()), &code), "sealed as all else");
    let wrong = RecoveryCode::generate(scene.environment.randomness());
    assert!(!scene.vault.try_recovery_code(&wrong).await.unwrap());
    assert!(scene.vault.keeps_recovery_code().await.unwrap());
    let right = RecoveryCode::parse(&code).unwrap();
    assert!(scene.vault.try_recovery_code(&right).await.unwrap());
    assert!(!scene.vault.keeps_recovery_code().await.unwrap());
    scene.clock.advance(1);
    let after = scene.vault.show_recovery_code(&scene.session().await).await.unwrap();
    assert!(matches!(after, CodeShown::OnPaper));
    let known = scene.vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await.unwrap().unwrap();
    assert_eq!(known.key.thumbprint(), right.did_key(1).unwrap().public_jwk().thumbprint());
}

#[tokio::test]
async fn a_vault_of_the_terminal_never_holds_its_code() {
    let engine: Arc<dyn Engine> = Arc::new(store::memory::Memory::new());
    let (vault, _) = Vault::create_on(engine, &by(&passphrase("x")), &environment()).await.unwrap();
    assert!(!vault.keeps_recovery_code().await.unwrap());
    assert!(matches!(vault.show_recovery_code("any").await.unwrap(), CodeShown::OnPaper));
}
