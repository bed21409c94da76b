mod place;
mod recovery;
mod sessions;
mod ways;

use std::os::unix::fs::PermissionsExt;

use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use jose::Signer;
use serde::Deserialize;
use tempfile::TempDir;

use super::*;
use crate::records::RecoveryCommitment;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    about: String,
    text: String,
}

impl Kept for Note {
    const KIND: &'static str = "canary-kind";

    fn name(&self) -> String {
        self.about.clone()
    }
}

fn environment() -> Environment {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
    Environment::new(clock, Arc::new(SeededRandomness::new(7)))
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text).unwrap()
}

/// A way in that costs little.
const fn by(passphrase: &Passphrase) -> NewWay<'_> {
    NewWay::Passphrase(passphrase, Cost::LEAST)
}

fn note(about: &str) -> Note {
    Note { about: about.to_owned(), text: format!("canary-text-{about}") }
}

/// Every byte of every file below a folder.
fn everything_in(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend_from_slice(path.to_string_lossy().as_bytes());
        if path.is_dir() {
            bytes.extend(everything_in(&path));
        } else if path.is_file() {
            bytes.extend(std::fs::read(&path).unwrap());
        }
    }
    bytes
}

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[tokio::test]
async fn nothing_readable_lies_on_the_disk() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("wallet");
    let environment = environment();
    let (vault, code) =
        Vault::create(&place, &by(&passphrase("canary-passphrase")), &environment).await.unwrap();
    vault.put(&note("canary-harbour.example.org")).await.unwrap();
    drop(vault);
    let bytes = everything_in(&place);
    assert!(holds(&bytes, "vault"), "the search itself works");
    let printed = code.printed();
    for canary in ["canary", "harbour", printed.as_str(), "did:", "kind"] {
        assert!(!holds(&bytes, canary), "{canary} is on the disk");
    }
    assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn passphrase_and_recovery_code_open_the_vault_and_nothing_else_does() {
    let folder = TempDir::new().unwrap();
    let environment = environment();
    let (vault, code) = Vault::create(folder.path(), &by(&passphrase("right")), &environment).await.unwrap();
    vault.put(&note("a")).await.unwrap();
    drop(vault);
    let wrong = Vault::open(folder.path(), Secret::Passphrase(&passphrase("Right")), &environment).await;
    assert!(matches!(wrong, Err(VaultError::WrongSecret)));
    let vault =
        Vault::open(folder.path(), Secret::Passphrase(&passphrase("right")), &environment).await.unwrap();
    assert_eq!(vault.get::<Note>("a").await.unwrap(), Some(note("a")));
    drop(vault);
    let other = RecoveryCode::generate(environment.randomness());
    assert!(matches!(
        Vault::open(folder.path(), Secret::RecoveryCode(&other), &environment).await,
        Err(VaultError::WrongSecret)
    ));
    let typed = RecoveryCode::parse(&code.printed()).unwrap();
    let vault = Vault::open(folder.path(), Secret::RecoveryCode(&typed), &environment).await.unwrap();
    vault.add_way(&by(&passphrase("new"))).await.unwrap();
    drop(vault);
    assert!(matches!(
        Vault::open(folder.path(), Secret::Passphrase(&passphrase("right")), &environment).await,
        Err(VaultError::WrongSecret)
    ));
    let vault =
        Vault::open(folder.path(), Secret::Passphrase(&passphrase("new")), &environment).await.unwrap();
    assert_eq!(vault.list::<Note>().await.unwrap(), [note("a")]);
}

#[tokio::test]
async fn a_folder_holds_one_wallet_and_one_without_is_named() {
    let folder = TempDir::new().unwrap();
    let environment = environment();
    let absent = Vault::open(folder.path(), Secret::Passphrase(&passphrase("x")), &environment).await;
    assert!(matches!(absent, Err(VaultError::NotThere(_))));
    let _ = Vault::create(folder.path(), &by(&passphrase("x")), &environment).await.unwrap();
    let again = Vault::create(folder.path(), &by(&passphrase("y")), &environment).await;
    assert!(matches!(again, Err(VaultError::AlreadyThere(_))));
    assert!(matches!(Passphrase::new(""), Err(VaultError::EmptyPassphrase)));
}

#[tokio::test]
async fn a_batch_is_written_whole_and_kinds_do_not_mix() {
    let environment = environment();
    let engine: Arc<dyn Engine> = Arc::new(store::memory::Memory::new());
    let (vault, _) = Vault::create_on(engine, &by(&passphrase("x")), &environment).await.unwrap();
    vault.batch().put(&note("a")).unwrap().put(&note("b")).unwrap().commit().await.unwrap();
    vault.batch().delete::<Note>("a").put(&note("c")).unwrap().commit().await.unwrap();
    let mut names: Vec<String> =
        vault.list::<Note>().await.unwrap().into_iter().map(|note| note.about).collect();
    names.sort_unstable();
    assert_eq!(names, ["b", "c"]);
    assert_eq!(vault.get::<Note>("a").await.unwrap(), None);
}

#[tokio::test]
async fn a_vault_for_a_code_of_before_commits_to_no_key_of_it_and_a_new_one_to_the_first() {
    let (new, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let environment = environment();
    let (vault, code) = Vault::create(new.path(), &by(&passphrase("x")), &environment).await.unwrap();
    let commitment =
        async |vault: &Vault| vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await.unwrap();
    let known = commitment(&vault).await.unwrap();
    let first = code.did_key(1).unwrap().public_jwk().thumbprint();
    assert_eq!((known.index, known.key.thumbprint()), (1, first));
    let again =
        Vault::create_with_code(old.path(), &by(&passphrase("x")), &code, &environment).await.unwrap();
    assert!(again.is_opened_by(&code).await.unwrap() && commitment(&again).await.is_none());
}
