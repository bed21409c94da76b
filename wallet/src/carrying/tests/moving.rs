//! A wallet that moves: all of it or nothing, with the same recovery code, and the old one rests.

use store::Engine;

use super::*;
use crate::records::{Copy, HistoryEntry, HistoryKind};

/// What somebody sees of a wallet.
async fn seen(wallet: &Wallet) -> (Value, Value) {
    let own = wallet.own_details().await.unwrap().to_claims();
    (wallet.history_json().await.unwrap(), Value::Object(own))
}

async fn brought(file: &WalletFile, engine: Arc<dyn Engine>) -> (Vaults, VaultId, Wallet) {
    let environment = environment(9);
    let vaults = Vaults::of_host_on(engine, &environment);
    let id = VaultId::fresh(environment.randomness());
    let new = passphrase("words of after");
    let vault = vaults.bring(&id, &by(&new), None, file).await.unwrap();
    let wallet = wallet_of(vault, &environment).await;
    (vaults, id, wallet)
}

#[tokio::test]
async fn a_wallet_is_at_its_new_place_what_it_was_and_its_recovery_code_opens_it_there() {
    let (wallet, code) = lived_in(7).await;
    let mut entry = HistoryEntry::new("entry".to_owned(), 1_794_000_000, HistoryKind::Request);
    entry.party = Some("Harbour".to_owned());
    wallet.vault.put(&entry).await.unwrap();
    // The list of the old place stays there.
    assert_eq!(wallet.history_page(&Default::default(), 0, 9).await.unwrap().entries.len(), 1);
    let before = seen(&wallet).await;
    let bytes = wallet.export(Purpose::Move, &passphrase(FILE_WORDS), Cost::LEAST).await.unwrap();
    let (vaults, id, moved) = brought(&opened(&bytes).await.unwrap(), Arc::new(Memory::new())).await;
    assert_eq!(seen(&moved).await, before);
    assert_eq!(moved.history_page(&Default::default(), 0, 9).await.unwrap().entries, [entry]);
    let locked = vaults.find(&id).await.unwrap().unwrap();
    assert_eq!(vaults.of_recovery_code(&code.half()).await.unwrap(), Some(id));
    assert!(locked.unlock(Secret::RecoveryCode(&code)).await.is_ok());
    assert!(locked.unlock(Secret::Passphrase(&passphrase("words of after"))).await.is_ok());
    for words in ["words of before", FILE_WORDS] {
        let refused = locked.unlock(Secret::Passphrase(&passphrase(words))).await;
        assert!(matches!(refused, Err(VaultError::WrongSecret)), "{words}");
    }
    let (_, other) = lived_in(8).await;
    assert!(matches!(locked.unlock(Secret::RecoveryCode(&other)).await, Err(VaultError::WrongSecret)));
    // From there it moves on.
    let again = moved.export(Purpose::Move, &passphrase(FILE_WORDS), Cost::LEAST).await.unwrap();
    let (vaults, id, third) = brought(&opened(&again).await.unwrap(), Arc::new(Memory::new())).await;
    assert_eq!(seen(&third).await, before);
    let locked = vaults.find(&id).await.unwrap().unwrap();
    assert!(
        locked.unlock(Secret::RecoveryCode(&code)).await.unwrap().try_recovery_code(&code).await.unwrap()
    );
}

#[tokio::test]
async fn whoever_moves_has_a_wallet_that_calls_nobody_until_it_is_taken_up_again() {
    let (_, wallet, _) = file(Purpose::Move).await;
    let call = async || {
        let url = url::Url::parse("https://harbour.example.org/").unwrap();
        wallet.fetch.fetch(outbound::Request::get_json(url)).await.err()
    };
    assert_eq!(wallet.vault.rests_since().await.unwrap(), Some(1_795_000_000));
    assert!(matches!(call().await, Some(OutboundError::Unreachable)));
    assert_eq!(wallet.spaces().await.unwrap().len(), 1, "it can be looked at");
    // What is exported once more still rests here, and not there.
    let again = wallet.export(Purpose::Move, &passphrase(FILE_WORDS), Cost::LEAST).await.unwrap();
    let (.., moved) = brought(&opened(&again).await.unwrap(), Arc::new(Memory::new())).await;
    assert_eq!(moved.vault.rests_since().await.unwrap(), None);
    wallet.vault.take_up().await.unwrap();
    assert_eq!(wallet.vault.rests_since().await.unwrap(), None);
    assert!(matches!(call().await, Some(OutboundError::Busy)), "it calls again");
    let (_, kept, _) = file(Purpose::Keep).await;
    assert_eq!(kept.vault.rests_since().await.unwrap(), None, "who keeps a file goes on");
}

#[tokio::test]
async fn what_this_wallet_shows_meanwhile_is_in_no_file_that_is_kept() {
    let (wallet, _) = lived_in(7).await;
    let one: Copy = wallet.vault.list().await.unwrap().remove(0);
    for number in 0..6 {
        wallet.vault.put(&Copy { id: format!("copy-{number}"), ..one.clone() }).await.unwrap();
    }
    let copies = async |purpose| {
        let bytes = wallet.export(purpose, &passphrase(FILE_WORDS), Cost::LEAST).await.unwrap();
        let (.., brought) = brought(&opened(&bytes).await.unwrap(), Arc::new(Memory::new())).await;
        brought.vault.list::<Copy>().await.unwrap().len()
    };
    assert_eq!(copies(Purpose::Keep).await, 2, "those that its own space alone sees");
    assert_eq!(copies(Purpose::Move).await, 7);
}

#[tokio::test]
async fn what_breaks_off_is_no_wallet_and_the_next_try_makes_a_whole_one() {
    let (bytes, wallet, _) = file(Purpose::Move).await;
    let read = opened(&bytes).await.unwrap();
    let writes = read.records().len().div_ceil(32) + 2;
    // Cut off after each step of the store.
    for most in 0..=writes + 3 {
        let engine: Arc<dyn Engine> = Arc::new(Memory::new());
        let environment = environment(9);
        let cut = Arc::new(Cut::new(Arc::clone(&engine), most));
        let vaults = Vaults::of_host_on(cut.clone(), &environment);
        let id = VaultId::fresh(environment.randomness());
        let new = passphrase("words of after");
        let first = vaults.bring(&id, &by(&new), None, &read).await;
        let vaults = Vaults::of_host_on(engine, &environment);
        let there = vaults.find(&id).await.unwrap();
        if first.is_ok() {
            assert!(there.is_some());
            continue;
        }
        if there.is_none() {
            let vault = vaults.bring(&id, &by(&new), None, &read).await.unwrap();
            drop(vault);
        }
        let vault = vaults.find(&id).await.unwrap().unwrap().unlock(Secret::Passphrase(&new)).await.unwrap();
        let again = wallet_of(vault, &environment).await;
        assert_eq!(seen(&again).await, seen(&wallet).await, "{most}");
        // Nothing of the first try is left in it.
        let out = again.export(Purpose::Keep, &passphrase(FILE_WORDS), Cost::LEAST).await;
        assert!(out.is_ok(), "{most}: {out:?}");
        assert!(matches!(vaults.bring(&id, &by(&new), None, &read).await, Err(VaultError::AlreadyThere(_))));
    }
}

#[tokio::test]
async fn a_folder_in_which_it_broke_off_says_so_and_takes_the_file_again() {
    let (bytes, ..) = file(Purpose::Move).await;
    let read = opened(&bytes).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("wallet");
    let environment = environment(9);
    let new = passphrase("words of after");
    {
        let engine: Arc<dyn Engine> = Arc::new(
            store_sled::Sled::open(&{
                std::fs::create_dir(&place).unwrap();
                place.join("vault")
            })
            .unwrap(),
        );
        let cut: Arc<dyn Engine> = Arc::new(Cut::new(engine, 2));
        let vaults = Vaults::of(crate::vault::LockedVault::on(cut, &environment).unwrap(), &environment);
        assert!(vaults.bring(&VaultId::only(), &by(&new), None, &read).await.is_err());
    }
    let open = async || Vault::open(&place, Secret::Passphrase(&new), &environment).await;
    assert!(matches!(open().await, Err(VaultError::BrokenOff)));
    drop(Vault::bring(&place, &by(&new), &read, &environment).await.unwrap());
    assert!(open().await.is_ok());
    let again = Vault::bring(&place, &by(&new), &read, &environment).await;
    assert!(matches!(again, Err(VaultError::AlreadyThere(_))));
}

#[tokio::test]
async fn a_wallet_of_before_needs_its_code_once() {
    let (wallet, code) = lived_in(7).await;
    let without = wallet.vault.batch().delete::<crate::vault::SealedToCode>("code");
    without.commit().await.unwrap();
    let export = async || wallet.export(Purpose::Move, &passphrase(FILE_WORDS), Cost::LEAST).await;
    assert!(matches!(export().await, Err(FileError::CodeNeeded)));
    assert_eq!(wallet.vault.rests_since().await.unwrap(), None, "it was not moved");
    assert!(wallet.vault.try_recovery_code(&code).await.unwrap());
    assert!(export().await.is_ok());
}
