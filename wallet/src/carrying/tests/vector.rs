//! The files that stand beside the specification: whoever reads this form reads these.

use super::browser::{closed_records, secret};
use super::form::{FileOfBrowser, FileSecret, KeysInFile, SealedBy, SealedFor};
use super::*;
use crate::records::Copy;
use crate::testing::{MemberKeys, Split};
use crate::vault::{Kept, SealedToCode, WrappedKeys};

const WALLET: &[u8] = include_bytes!("../../../../specs/vectors/wallet-file/wallet.passport-wallet");
const HISTORY: &[u8] = include_bytes!("../../../../specs/vectors/wallet-file/history.passport-wallet");
/// A wallet that was at a host: its holder keys are sealed, and what opens them goes along.
const AT_HOST: &[u8] = include_bytes!("../../../../specs/vectors/wallet-file/wallet-at-host.passport-wallet");
/// The near misses: the file brings what opens other keys; a sealed key stands beside the public half of another.
const OF_OTHER_KEYS: &[u8] =
    include_bytes!("../../../../specs/vectors/wallet-file/wallet-at-host-of-other-keys.passport-wallet");
const WITH_ANOTHER_HALF: &[u8] =
    include_bytes!("../../../../specs/vectors/wallet-file/wallet-at-host-with-another-half.passport-wallet");
/// Their passphrase and recovery code, as specs/wallet-export.md names them.
const WORDS: &str = "some words for a file";
const CODE: &str = "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ";

#[tokio::test]
async fn the_files_of_the_specification_are_read_with_their_passphrase_and_their_code() {
    let words = passphrase(WORDS);
    let code = RecoveryCode::parse(CODE).unwrap();
    for key in [FileKey::Passphrase(&words), FileKey::RecoveryCode(&code)] {
        let read = WalletFile::open(WALLET, &key).await.unwrap();
        assert_eq!((read.purpose(), read.made()), (Purpose::Move, "2026-11-18"));
        let kinds: Vec<&str> = read.records().iter().map(|one| one.kind.as_str()).collect();
        for kind in ["copy", "given", "own-details", "recovery-commitment", "sealed-to-code", "space"] {
            assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
        }
        let read = HistoryFile::open(HISTORY, &key).await.unwrap();
        assert_eq!(read.content()["spaces"][0]["name"], "Harbour");
    }
    assert!(matches!(
        WalletFile::open(HISTORY, &FileKey::Passphrase(&words)).await,
        Err(FileError::OtherKind(FileKind::History))
    ));
}

/// The keys of the copies in a file, as they stand there.
fn keys_in(file: &WalletFile) -> Vec<Value> {
    let copies = file.records().iter().filter(|one| one.kind == Copy::KIND);
    copies.map(|one| serde_json::from_slice::<Value>(&one.json).unwrap()["key"].take()).collect()
}

#[tokio::test]
async fn the_file_of_a_wallet_that_was_at_a_host_opens_with_its_own_keys_alone() {
    let (words, code) = (passphrase(WORDS), RecoveryCode::parse(CODE).unwrap());
    for key in [FileKey::Passphrase(&words), FileKey::RecoveryCode(&code)] {
        let read = WalletFile::open(AT_HOST, &key).await.unwrap();
        assert_eq!((read.purpose(), read.made()), (Purpose::Move, "2026-11-18"));
        let keys = keys_in(&read);
        assert!(!keys.is_empty());
        for key in keys {
            let key: Value = serde_json::from_str(key.as_str().expect("a private JWK, in the open")).unwrap();
            assert!(key["d"].is_string());
        }
        for near_miss in [OF_OTHER_KEYS, WITH_ANOTHER_HALF] {
            assert!(matches!(WalletFile::open(near_miss, &key).await, Err(FileError::Damaged)));
        }
    }
}

/// Whoever has the key of the file alone, as a host has it, reads the content and no key in it, of the near misses too.
#[tokio::test]
async fn the_key_of_such_a_file_opens_no_key_in_it() {
    for file in [AT_HOST, OF_OTHER_KEYS, WITH_ANOTHER_HALF] {
        let secret = secret(file, WORDS).await.unwrap();
        let secret = FileSecret::of_text(&secret).unwrap();
        let read = WalletFile::open(file, &FileKey::Itself(&secret)).await.unwrap();
        assert!(read.keeps_keys_elsewhere());
        let keys = keys_in(&read);
        assert!(!keys.is_empty());
        for key in keys {
            assert!(key["sealed"].is_string() && key["public"]["x"].is_string(), "{key}");
            assert!(key["public"].get("d").is_none());
        }
    }
}

/// Writes them: `cargo test -p wallet --lib carrying::tests::vector::write -- --ignored`.
#[tokio::test]
#[ignore = "writes the files of the specification anew"]
async fn write() {
    let environment = environment(7);
    let code = RecoveryCode::parse(CODE).unwrap();
    let words = passphrase("words of before");
    let engine: Arc<dyn store::Engine> = Arc::new(Memory::new());
    let vault = Vault::create_on_with_code(engine, &by(&words), &code, &environment).await.unwrap();
    let given = [("email", "profile", Value::from("ada@example.org"))];
    let space =
        MadeSpace { did: DID, name: "Harbour", host: "harbour.example.org", is_office: false, given: &given };
    make_member(&vault, &space).await.unwrap();
    let key = jose::Signer::public_jwk(&code.did_key(1).unwrap()).clone();
    vault.put(&crate::records::RecoveryCommitment { index: 1, key }).await.unwrap();
    let wallet = wallet_of(vault, &environment).await;
    wallet.set_own_detail(DetailName::new("bio").unwrap(), Value::from("Potter")).await.unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/vectors/wallet-file");
    std::fs::create_dir_all(&folder).unwrap();
    let file = wallet.export(Purpose::Move, &passphrase(WORDS), Cost::LEAST).await.unwrap();
    std::fs::write(folder.join("wallet.passport-wallet"), file).unwrap();
    let file = wallet.export_history(&passphrase(WORDS), Cost::LEAST).await.unwrap();
    std::fs::write(folder.join("history.passport-wallet"), file).unwrap();
}

/// Writes those of a host out of the one that is there: `cargo test -p wallet --lib carrying::tests::vector::at_host -- --ignored`.
#[tokio::test]
#[ignore = "writes the files of the specification anew"]
async fn at_host() {
    let (words, code) = (passphrase(WORDS), RecoveryCode::parse(CODE).unwrap());
    let environment = environment(7);
    let opened = form::read(WALLET).unwrap().open(&FileKey::Passphrase(&words)).await.unwrap();
    let mut records = content::read(&opened.content).unwrap();
    let (keys, others) = (MemberKeys::fresh(), MemberKeys::fresh());
    closed_records(&mut records, &keys).unwrap();
    let sealed_to = records.iter().find(|one| one.kind == SealedToCode::KIND).unwrap();
    let sealed_to: SealedToCode = serde_json::from_slice(&sealed_to.json).unwrap();
    let split = Split::file(WORDS, Cost::LEAST).await.unwrap();
    let field = |name: &str| split.fields.iter().find(|(known, _)| *known == name).unwrap().1.clone();
    let sealed = async |records: Vec<content::Record>, keys: &MemberKeys| {
        let wrapped = |by: &Split| WrappedKeys::parse(keys.wrapped(by).unwrap()).unwrap();
        let in_file = KeysInFile { passphrase: wrapped(&split), recovery: wrapped(&Split::code(&code)) };
        let (key, salt, by_words) = (field("file_key"), field("file_salt"), field("file_wrapped"));
        let begun = FileOfBrowser::of_text(&key, salt, by_words, Cost::LEAST, None).unwrap();
        let by = SealedFor { by: SealedBy::Browser(&begun), code: Some(&sealed_to), keys: Some(in_file) };
        let content = content::write(records).unwrap();
        form::seal(FileKind::Wallet, &content, &by, environment.now(), environment.randomness())
            .await
            .unwrap()
    };
    let copies = || -> Vec<content::Record> {
        let copy = |one: &content::Record| content::Record::new(&one.kind, &one.name, one.json.clone());
        records.iter().map(copy).collect()
    };
    let mut other_half = copies();
    for record in other_half.iter_mut().filter(|one| one.kind == Copy::KIND) {
        let mut copy: Value = serde_json::from_slice(&record.json).unwrap();
        let other = jose::SigningKey::generate(jose::Algorithm::Es256, environment.randomness()).unwrap();
        copy["key"]["public"] = jose::Signer::public_jwk(&other).to_value();
        record.json = zeroize::Zeroizing::new(serde_json::to_vec(&copy).unwrap());
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/vectors/wallet-file");
    for (name, file) in [
        ("wallet-at-host", sealed(copies(), &keys).await),
        ("wallet-at-host-of-other-keys", sealed(copies(), &others).await),
        ("wallet-at-host-with-another-half", sealed(other_half, &keys).await),
    ] {
        std::fs::write(folder.join(format!("{name}.passport-wallet")), file).unwrap();
    }
}
