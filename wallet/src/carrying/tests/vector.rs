//! The files that stand beside the specification: whoever reads this form reads these.

use super::*;

const WALLET: &[u8] = include_bytes!("../../../../specs/vectors/wallet-file/wallet.passport-wallet");
const HISTORY: &[u8] = include_bytes!("../../../../specs/vectors/wallet-file/history.passport-wallet");
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
