//! Ways in: passkeys beside passphrase and recovery code.

use super::*;

const KEY: [u8; 32] = [7; 32];

fn credential(number: u8) -> CredentialId {
    CredentialId::parse(jose::base64url::encode([number; 32])).unwrap()
}

fn secret(number: u8, key: [u8; 32]) -> PasskeySecret {
    PasskeySecret::new(credential(number), key)
}

fn passkey(number: u8, environment: &Environment) -> NewPasskey {
    let salt = jose::base64url::encode(environment.randomness().bytes::<32>());
    let salt = PrfSalt::try_from(salt).unwrap();
    NewPasskey { secret: secret(number, KEY), salt, name: format!("canary-phone-{number}") }
}

/// A vault that a passkey alone opens, but for its recovery code.
async fn by_passkey(environment: &Environment) -> (Arc<dyn Engine>, Vault, RecoveryCode) {
    let engine: Arc<dyn Engine> = Arc::new(store::memory::Memory::new());
    let first = passkey(1, environment);
    let made = Vault::create_on(Arc::clone(&engine), &NewWay::Passkey(&first), environment).await;
    let (vault, code) = made.unwrap();
    vault.put(&note("a")).await.unwrap();
    (engine, vault, code)
}

#[tokio::test]
async fn a_passkey_opens_the_vault_and_no_other_key_of_it_or_passkey_does() {
    let environment = environment();
    let (engine, _, code) = by_passkey(&environment).await;
    let locked = LockedVault::on(engine, &environment).unwrap();
    let opened = locked.unlock(Secret::Passkey(&secret(1, KEY))).await.unwrap();
    assert_eq!(opened.get::<Note>("a").await.unwrap(), Some(note("a")));
    for wrong in [secret(1, [8; 32]), secret(2, KEY)] {
        assert!(matches!(locked.unlock(Secret::Passkey(&wrong)).await, Err(VaultError::WrongSecret)));
    }
    let nothing = locked.unlock(Secret::Passphrase(&passphrase("x"))).await;
    assert!(matches!(nothing, Err(VaultError::NoPassphrase)));
    assert!(locked.unlock(Secret::RecoveryCode(&code)).await.is_ok());
}

#[tokio::test]
async fn before_the_door_the_ways_in_are_told_and_not_what_they_are_called() {
    let folder = TempDir::new().unwrap();
    let environment = environment();
    let (vault, _) = Vault::create(folder.path(), &by(&passphrase("x")), &environment).await.unwrap();
    let (first, second) = (passkey(1, &environment), passkey(2, &environment));
    for new in [&first, &second] {
        vault.add_way(&NewWay::Passkey(new)).await.unwrap();
    }
    let told = vault.locked().ways_in().await.unwrap();
    let passkeys = vec![(credential(1), first.salt.clone()), (credential(2), second.salt.clone())];
    assert!(told.stretching.is_some() && !told.keys_are_elsewhere);
    assert_eq!((told.passphrase, told.passkeys), (true, passkeys));
    assert_ne!(first.salt, second.salt);
    let names: Vec<String> = vault.passkeys().await.unwrap().into_iter().map(|view| view.name).collect();
    assert_eq!(names, ["canary-phone-1", "canary-phone-2"]);
    drop(vault);
    assert!(!holds(&everything_in(folder.path()), "canary"));
}

#[tokio::test]
async fn what_is_taken_away_opens_nothing_any_more_and_the_last_way_is_not_taken_away() {
    let environment = environment();
    let (_, vault, _) = by_passkey(&environment).await;
    assert!(matches!(vault.remove_passkey(&credential(1)).await, Err(VaultError::LastWay)));
    assert!(matches!(vault.remove_passkey(&credential(2)).await, Err(VaultError::NoSuchPasskey)));
    assert!(matches!(vault.remove_passphrase().await, Err(VaultError::NoPassphrase)));
    vault.add_way(&by(&passphrase("x"))).await.unwrap();
    vault.remove_passkey(&credential(1)).await.unwrap();
    let locked = vault.locked();
    let gone = locked.unlock(Secret::Passkey(&secret(1, KEY))).await;
    assert!(matches!(gone, Err(VaultError::WrongSecret)));
    assert!(locked.unlock(Secret::Passphrase(&passphrase("x"))).await.is_ok());
    assert!(matches!(vault.remove_passphrase().await, Err(VaultError::LastWay)));
    assert!(locked.unlock(Secret::Passphrase(&passphrase("x"))).await.is_ok(), "a refusal changes nothing");
}

#[tokio::test]
async fn a_passkey_is_added_once_and_there_are_no_more_than_sixteen() {
    let environment = environment();
    let (_, vault, _) = by_passkey(&environment).await;
    let again = vault.add_way(&NewWay::Passkey(&passkey(1, &environment))).await;
    assert!(matches!(again, Err(VaultError::PasskeyKnown)));
    for number in 2..=16 {
        vault.add_way(&NewWay::Passkey(&passkey(number, &environment))).await.unwrap();
    }
    let more = vault.add_way(&NewWay::Passkey(&passkey(17, &environment))).await;
    assert!(matches!(more, Err(VaultError::TooManyPasskeys)));
    assert_eq!(vault.passkeys().await.unwrap().len(), 16);
}

#[tokio::test]
async fn two_who_change_the_ways_in_at_once_both_do() {
    let environment = environment();
    let (engine, vault, _) = by_passkey(&environment).await;
    let other = LockedVault::on(engine, &environment).unwrap();
    let other = other.unlock(Secret::Passkey(&secret(1, KEY))).await.unwrap();
    let (second, third) = (passkey(2, &environment), passkey(3, &environment));
    let (left, right) = (NewWay::Passkey(&second), NewWay::Passkey(&third));
    let (left, right) = tokio::join!(vault.add_way(&left), other.add_way(&right));
    assert!(left.is_ok() && right.is_ok());
    assert_eq!(vault.passkeys().await.unwrap().len(), 3);
}

#[tokio::test]
async fn each_wrong_passphrase_makes_the_next_try_wait_longer_and_the_right_one_ends_that() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
    let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7)));
    let engine: Arc<dyn Engine> = Arc::new(store::memory::Memory::new());
    let (vault, _) = Vault::create_on(engine, &by(&passphrase("right")), &environment).await.unwrap();
    let locked = vault.locked();
    let tried = async |text: &str| locked.unlock_at_the_door(&passphrase(text)).await.map(drop);
    for _ in 0..5 {
        assert!(matches!(tried("wrong").await, Err(VaultError::WrongSecret)));
    }
    // Also the right one: whoever does not hear whether it was right has tried in vain.
    assert!(matches!(tried("right").await, Err(VaultError::TooManyTries { seconds: 1 })));
    clock.advance(1);
    assert!(matches!(tried("wrong").await, Err(VaultError::WrongSecret)));
    clock.advance(1);
    assert!(matches!(tried("right").await, Err(VaultError::TooManyTries { seconds: 1 })));
    clock.advance(1);
    tried("right").await.unwrap();
    assert!(matches!(tried("wrong").await, Err(VaultError::WrongSecret)), "all is forgotten");
    tried("right").await.unwrap();
}

#[tokio::test]
async fn many_tries_at_once_are_as_many_tries() {
    let environment = environment();
    let engine: Arc<dyn Engine> = Arc::new(store::memory::Memory::new());
    let (vault, _) = Vault::create_on(engine, &by(&passphrase("right")), &environment).await.unwrap();
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let locked = vault.locked();
        tries.spawn(async move { locked.unlock_at_the_door(&passphrase("wrong")).await.map(drop) });
    }
    let outcomes = tries.join_all().await;
    let wrong = outcomes.iter().filter(|outcome| matches!(outcome, Err(VaultError::WrongSecret))).count();
    assert_eq!(wrong, 5);
}

fn clocked() -> (Environment, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
    (Environment::new(clock.clone(), Arc::new(SeededRandomness::new(7))), clock)
}

#[tokio::test]
async fn strangers_have_500_tries_a_day_together_and_take_none_from_who_is_known() {
    let (environment, clock) = clocked();
    let engine: Arc<dyn Engine> = Arc::new(store::memory::Memory::new());
    let (vault, _) = Vault::create_on(engine, &by(&passphrase("right")), &environment).await.unwrap();
    let locked = vault.locked();
    let tries = async |door: &Door, text: &str| locked.unlock_at(door, &passphrase(text)).await.map(drop);
    let stranger = |number: u32| Door::of_stranger(&number.to_string());
    for number in 0..500 {
        // One who tries too often is not heard, and that is no try of all.
        let door = stranger(number / 5);
        assert!(matches!(tries(&door, "wrong").await, Err(VaultError::WrongSecret)), "{number}");
        if number % 5 == 4 {
            assert!(matches!(tries(&door, "wrong").await, Err(VaultError::TooManyTries { seconds: 1 })));
        }
    }
    let Err(VaultError::TooManyTries { seconds }) = tries(&stranger(100), "right").await else {
        panic!("all strangers wait")
    };
    locked.know_browser("a browser").await.unwrap();
    let known = locked.door_of_browser("a browser").await.unwrap().unwrap();
    assert_eq!(locked.door_of_browser("another browser").await.unwrap(), None);
    tries(&known, "right").await.unwrap();
    tries(&Door::default(), "right").await.unwrap();
    clock.advance(seconds - 1);
    assert!(matches!(tries(&stranger(100), "right").await, Err(VaultError::TooManyTries { seconds: 1 })));
    clock.advance(1);
    tries(&stranger(100), "right").await.unwrap();
}

#[tokio::test]
async fn sixteen_browsers_are_known_and_the_one_that_came_longest_ago_is_forgotten_first() {
    let (environment, clock) = clocked();
    let engine: Arc<dyn Engine> = Arc::new(store::memory::Memory::new());
    let (vault, _) = Vault::create_on(engine, &by(&passphrase("right")), &environment).await.unwrap();
    let locked = vault.locked();
    for number in 0..17 {
        clock.advance(1);
        locked.know_browser(&number.to_string()).await.unwrap();
    }
    let knows = async |name: &str| locked.door_of_browser(name).await.unwrap().is_some();
    assert!(!knows("0").await && knows("1").await && knows("16").await);
    clock.advance(34_560_000 - 15);
    assert!(!knows("1").await && knows("2").await, "for 400 days");
}
